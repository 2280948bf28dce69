/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See tunables.h. */
#include "policy/tunables.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "oci/capnames.h"
#include "policy/floors.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define AT(member) .offset = offsetof(struct cm_policy, member)
#define LIST(where, number, elements, behind, what)                                                                                                            \
    {                                                                                                                                                          \
        .pointer = (where), .kind = CM_TUNABLE_LIST, AT(elements), .count = offsetof(struct cm_policy, number),                                                \
        .size = sizeof(*((struct cm_policy *)0)->elements), .floor = CM_FLOOR_##behind, .meaning = (what)                                                      \
    }
#define NAME(where, member, behind, what)                                                                                                                      \
    {                                                                                                                                                          \
        .pointer = (where), .kind = CM_TUNABLE_NAME, AT(member), .floor = CM_FLOOR_##behind, .meaning = (what)                                                 \
    }
#define VALUE(kind_, where, member, strict_end, loose_hardened, loose_strict, behind, what)                                                                    \
    .pointer = (where), .kind = CM_TUNABLE_##kind_, AT(member), .strictest = (strict_end), .loosest = {(loose_hardened), (loose_strict)},                      \
    .floor = CM_FLOOR_##behind, .meaning = (what)
#define RLIMIT(name, resource, strict_end, loose_hardened, loose_strict, behind)                                                                               \
    {                                                                                                                                                          \
        VALUE(NUMBER, "/rlimits/" name, rlimit_max[resource], strict_end, loose_hardened, loose_strict, behind, "the most that a process may ask for")         \
    }

#define MOUNT_ROOT(name, word, place)                                                                                                                          \
    [CM_TUNABLE_MOUNT_ROOTS + CM_MOUNT_ROOT_##name] = NAME("/mounts/roots/" word, mount_roots[CM_MOUNT_ROOT_##name], HOST_TREES, "where that tree lies"),

static const char *const root_modes[] = {[CM_ROOT_READONLY] = "readonly", [CM_ROOT_EPHEMERAL] = "ephemeral", NULL};
static const char *const unconfined[] = {[CM_UNCONFINED_REFUSE] = "refuse", [CM_UNCONFINED_TIGHTEN] = "tighten", NULL};
static const char *const exhaustion[] = {[CM_EXHAUSTION_REFUSE] = "refuse", [CM_EXHAUSTION_REUSE] = "reuse", NULL};

/* the kernel's PID_MAX_LIMIT and the largest fs.nr_open */
#define PIDS_MOST 4194304
#define NOFILE_MOST 1073741816

const struct cm_tunable cm_tunables[CM_TUNABLE_COUNT] = {
    [CM_TUNABLE_CAP_CEILING] = {VALUE(CAPS, "/capabilities/ceiling", cap_ceiling, 0, CM_CAPS_MOST, CM_CAPS_MOST_STRICT, CAPABILITIES,
                                      "capabilities that a container may have")},
    [CM_TUNABLE_NON_ROOT] = {VALUE(SWITCH, "/user/nonRoot", require_non_root, true, false, true, STRICT, "processes of uid 0 are refused")},
    [CM_TUNABLE_SECCOMP_PROFILE] = NAME("/seccomp/profile", seccomp_profile, SECCOMP, "the built-in system call filter"),
    [CM_TUNABLE_SECCOMP_LOG] = {VALUE(SWITCH, "/seccomp/log", seccomp_log, true, false, false, SECCOMP, "the kernel logs what that filter denies")},
    [CM_TUNABLE_SECCOMP_UNCONFINED] = {VALUE(WORD, "/seccomp/onUnconfined", seccomp_unconfined, CM_UNCONFINED_REFUSE, CM_UNCONFINED_TIGHTEN,
                                             CM_UNCONFINED_TIGHTEN, SECCOMP, "what happens to a configuration without a filter of its own"),
                                       .words = unconfined},
    [CM_TUNABLE_SECCOMP_LISTENER_PATHS] = LIST("/seccomp/listenerPaths", n_listener_paths, listener_paths, SECCOMP, "sockets of agents for system calls"),
    [CM_TUNABLE_DENY_WRITE_EXEC] = {VALUE(SWITCH, "/memory/denyWriteExec", memory_deny_write_exec, true, false, false, STRICT,
                                          "no memory is both writable and executable")},
    [CM_TUNABLE_ROOT_MODE] = {VALUE(WORD, "/root/mode", root_mode, CM_ROOT_READONLY, CM_ROOT_EPHEMERAL, CM_ROOT_READONLY, ROOT,
                                    "the root filesystem when no annotation asks"),
                              .words = root_modes},
    [CM_TUNABLE_ALLOW_EPHEMERAL] = {VALUE(SWITCH, "/root/allowEphemeral", allow_ephemeral, false, true, false, ROOT,
                                          "whether casemate.rootfs=ephemeral is granted")},
    [CM_TUNABLE_EPHEMERAL_SIZE] = {VALUE(NUMBER, "/root/ephemeralSize", ephemeral_size, MIB, 64 * GIB, GIB, ROOT, "bytes of an ephemeral root")},
    [CM_TUNABLE_PIDS_DEFAULT] = {VALUE(NUMBER, "/limits/pids/default", pids_default, 1, PIDS_MOST, 32768, LIMITS, "processes when nothing is asked for")},
    [CM_TUNABLE_PIDS_MAX] = {VALUE(NUMBER, "/limits/pids/max", pids_max, 1, PIDS_MOST, 32768, LIMITS, "processes that may be asked for")},
    [CM_TUNABLE_MEMORY_DEFAULT] = {VALUE(AMOUNT, "/limits/memory/default", memory_default, MIB, CM_NO_MAX, CM_NO_MAX, LIMITS,
                                         "memory when nothing is asked for")},
    [CM_TUNABLE_MEMORY_MAX] = {VALUE(AMOUNT, "/limits/memory/max", memory_max, MIB, CM_NO_MAX, CM_NO_MAX, LIMITS, "memory that may be asked for")},
    [CM_TUNABLE_SWAP_MAX] = {VALUE(NUMBER, "/limits/swap/max", swap_max, 0, CM_NO_MAX, CM_NO_MAX, LIMITS,
                                   "bytes of swap that may be asked for, besides as many as of memory")},
    [CM_TUNABLE_REFUSE_UNENFORCEABLE] = {VALUE(SWITCH, "/limits/refuseUnenforceable", refuse_unenforceable_defaults, true, false, true, STRICT,
                                               "a default limit that the host cannot enforce is refused")},
    [CM_TUNABLE_RLIMIT_AS] = RLIMIT("as", RLIMIT_AS, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_CORE] = RLIMIT("core", RLIMIT_CORE, 1, 1, 1, CORE_DUMPS),
    [CM_TUNABLE_RLIMIT_CPU] = RLIMIT("cpu", RLIMIT_CPU, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_DATA] = RLIMIT("data", RLIMIT_DATA, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_FSIZE] = RLIMIT("fsize", RLIMIT_FSIZE, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_LOCKS] = RLIMIT("locks", RLIMIT_LOCKS, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_MEMLOCK] = RLIMIT("memlock", RLIMIT_MEMLOCK, 0, 64 * GIB, GIB, LOCKED_MEMORY),
    [CM_TUNABLE_RLIMIT_MSGQUEUE] = RLIMIT("msgqueue", RLIMIT_MSGQUEUE, 0, 64 * MIB, 64 * MIB, LOCKED_MEMORY),
    [CM_TUNABLE_RLIMIT_NICE] = RLIMIT("nice", RLIMIT_NICE, 0, 20, 20, SCHEDULING),
    [CM_TUNABLE_RLIMIT_NOFILE] = RLIMIT("nofile", RLIMIT_NOFILE, 0, NOFILE_MOST, 1048576, LIMITS),
    [CM_TUNABLE_RLIMIT_NPROC] = RLIMIT("nproc", RLIMIT_NPROC, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_RSS] = RLIMIT("rss", RLIMIT_RSS, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_RTPRIO] = RLIMIT("rtprio", RLIMIT_RTPRIO, 0, 0, 0, SCHEDULING),
    [CM_TUNABLE_RLIMIT_RTTIME] = RLIMIT("rttime", RLIMIT_RTTIME, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_SIGPENDING] = RLIMIT("sigpending", RLIMIT_SIGPENDING, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_RLIMIT_STACK] = RLIMIT("stack", RLIMIT_STACK, 0, CM_NO_MAX, CM_NO_MAX, LIMITS),
    [CM_TUNABLE_OOM_SCORE_MIN] = {VALUE(NUMBER, "/oomScoreAdj/min", oom_score_adj_min, 1000, -998, -998, OOM_SCORE, "the least that may be asked for")},
    [CM_TUNABLE_REQUIRE_LABEL] = {VALUE(SWITCH, "/lsm/require", require_label, true, false, false, LABELS,
                                        "containers without a label of AppArmor or SELinux are refused")},
    [CM_TUNABLE_APPARMOR_DEFAULT] = NAME("/lsm/apparmor/default", apparmor_default, LABELS, "the profile of a configuration that names none"),
    [CM_TUNABLE_APPARMOR_ALLOW] = LIST("/lsm/apparmor/allow", n_apparmor_profiles, apparmor_profiles, LABELS, "the profiles that may be named"),
    [CM_TUNABLE_SELINUX_TYPES] = LIST("/lsm/selinux/types", n_selinux_types, selinux_types, LABELS, "the types that labels may have"),
    [CM_TUNABLE_REUSE_DELAY] = {VALUE(NUMBER, "/ids/reuseDelay", id_reuse_delay, 30 * 86400, 60, 60, ID_REUSE,
                                      "seconds before the ids of a container go to another one")},
    [CM_TUNABLE_EXHAUSTION] = {VALUE(WORD, "/ids/onExhaustion", id_exhaustion, CM_EXHAUSTION_REFUSE, CM_EXHAUSTION_REUSE, CM_EXHAUSTION_REUSE, ID_REUSE,
                                     "what happens when no ids are left that waited as long"),
                               .words = exhaustion},
    [CM_TUNABLE_SYSCTLS_ALLOW] = LIST("/sysctls/allow", n_sysctls, sysctls, SYSCTLS, "sysctls besides those that are always allowed"),
    [CM_TUNABLE_HOOKS_ALLOW] = LIST("/hooks/allow", n_hook_rules, hook_rules, HOOKS, "programs that a bundle may name as hooks"),
    [CM_TUNABLE_DEVICES_ALLOW] = LIST("/devices/allow", n_devices, devices, HOST_DEVICES, "character devices besides the default set"),
    [CM_TUNABLE_MOUNTS_ALLOW] = LIST("/mounts/allow", n_mount_rules, mount_rules, HOST_TREES, "places of the host that bind mounts may come from"),
    [CM_TUNABLE_MOUNT_CLASSES] = LIST("/mounts/classes", n_mount_classes, mount_classes, HOST_TREES, "what of kubelet's and the engines' may be mounted"),
    CM_MOUNT_ROOTS(MOUNT_ROOT)
    [CM_TUNABLE_CONFIG_EXEC] = {VALUE(SWITCH, "/mounts/configExec", config_exec, false, true, true, MOUNT_FLAGS,
                                      "programs can be executed from configMap, secret, projected and downwardAPI volumes")},
    [CM_TUNABLE_UNMAPPED] = LIST("/mounts/unmapped", n_unmapped, unmapped, MOUNT_FLAGS,
                                 "filesystems whose volumes are mounted with the host's ids where they cannot be idmapped"),
    [CM_TUNABLE_AUDIT_SINKS] = LIST("/audit/sinks", n_audit_sinks, audit_sinks, AUDIT, "where a record of every operation goes"),
    [CM_TUNABLE_AUDIT_PER_MINUTE] = {VALUE(NUMBER, "/audit/perMinute", audit_per_minute, 1000000, 1, 1, AUDIT, "records that all commands together may write")},
    [CM_TUNABLE_EXCEPTIONS] = LIST("/exceptions", n_exceptions, exceptions, EXCEPTIONS, "time-limited permissions to be less strict"),
};

static const void *place(const struct cm_policy *policy, const struct cm_tunable *row)
{
    return (const char *)policy + row->offset;
}

int64_t cm_tunable_value(const struct cm_policy *policy, enum cm_tunable_id id)
{
    const struct cm_tunable *row = &cm_tunables[id];

    switch (row->kind) {
    case CM_TUNABLE_SWITCH:
        return *(const bool *)place(policy, row);
    case CM_TUNABLE_WORD:
        return *(const unsigned int *)place(policy, row);
    case CM_TUNABLE_NUMBER:
    case CM_TUNABLE_AMOUNT:
    case CM_TUNABLE_CAPS:
        return *(const int64_t *)place(policy, row);
    case CM_TUNABLE_NAME:
    case CM_TUNABLE_LIST:
        break;
    }
    return 0;
}

void cm_tunable_set(struct cm_policy *policy, enum cm_tunable_id id, int64_t value)
{
    const struct cm_tunable *row = &cm_tunables[id];
    void *at = (char *)policy + row->offset;

    switch (row->kind) {
    case CM_TUNABLE_SWITCH:
        *(bool *)at = value != 0;
        break;
    case CM_TUNABLE_WORD:
        *(unsigned int *)at = (unsigned int)value;
        break;
    case CM_TUNABLE_NUMBER:
    case CM_TUNABLE_AMOUNT:
    case CM_TUNABLE_CAPS:
        *(int64_t *)at = value;
        break;
    case CM_TUNABLE_NAME:
    case CM_TUNABLE_LIST:
        break;
    }
}

bool cm_tunable_is_looser(const struct cm_tunable *row, int64_t a, int64_t b)
{
    if (row->kind == CM_TUNABLE_CAPS)
        return (a & ~b) != 0;
    if (row->kind == CM_TUNABLE_AMOUNT)
        return (a < 0) == (b < 0) && (a < 0 ? a < b : a > b);
    return row->loosest[CM_POLICY_HARDENED] >= row->strictest ? a > b : a < b;
}

bool cm_tunable_is_beyond(const struct cm_tunable *row, enum cm_policy_level level, int64_t value)
{
    if (row->kind == CM_TUNABLE_AMOUNT && value < 0)
        return value < -100;
    return cm_tunable_is_looser(row, value, row->loosest[level]);
}

static void caps_text(uint64_t caps, struct cm_str *out)
{
    size_t n = 0;

    cm_str_add(out, "[");
    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        if (caps >> i & 1)
            cm_str_addf(out, "%s\"%s\"", n++ > 0 ? ", " : "", cm_cap_name(i) + strlen("CAP_"));
    cm_str_add(out, "]");
}

void cm_tunable_value_text(const struct cm_tunable *row, int64_t value, struct cm_str *out)
{
    switch (row->kind) {
    case CM_TUNABLE_SWITCH:
        cm_str_add(out, value ? "true" : "false");
        break;
    case CM_TUNABLE_WORD:
        cm_str_addf(out, "\"%s\"", row->words[value]);
        break;
    case CM_TUNABLE_CAPS:
        caps_text((uint64_t)value, out);
        break;
    case CM_TUNABLE_AMOUNT:
    case CM_TUNABLE_NUMBER:
        if (value == CM_NO_MAX)
            cm_str_add(out, "null");
        else if (row->kind == CM_TUNABLE_AMOUNT && value < 0)
            cm_str_addf(out, "\"%" PRId64 "%%\"", -value);
        else
            cm_str_addf(out, "%" PRId64, value);
        break;
    case CM_TUNABLE_NAME:
    case CM_TUNABLE_LIST:
        break;
    }
}

void cm_tunable_text(const struct cm_policy *policy, enum cm_tunable_id id, struct cm_str *out)
{
    const struct cm_tunable *row = &cm_tunables[id];

    if (row->kind == CM_TUNABLE_NAME) {
        const char *name = *(const char *const *)place(policy, row);
        cm_str_addf(out, name ? "\"%s\"" : "null", name); /* plain text: their readers take nothing that needs escapes */
    } else if (row->kind == CM_TUNABLE_LIST) {
        cm_str_addf(out, "%zu", *(const size_t *)((const char *)policy + row->count));
    } else {
        cm_tunable_value_text(row, cm_tunable_value(policy, id), out);
    }
}

uint64_t cm_amount_bytes(int64_t amount, uint64_t whole)
{
    if (amount < 0)
        return whole / 100 * (uint64_t)-amount;
    return whole > 0 ? CM_MIN((uint64_t)amount, whole) : (uint64_t)amount;
}
