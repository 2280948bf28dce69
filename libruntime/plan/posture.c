/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The effective posture of a plan, one line a subject. */
#include <inttypes.h>
#include <linux/mount.h>

#include "oci/capnames.h"
#include "plan/report.h"

const struct cm_posture_name cm_posture_names[CM_POSTURE_ROWS] = {
    [CM_POSTURE_USER_NS] = {"userNamespace", "user namespace"},
    [CM_POSTURE_NAMESPACES] = {"namespaces", "namespaces"},
    [CM_POSTURE_USER] = {"user", "user"},
    [CM_POSTURE_TERMINAL] = {"terminal", "terminal"},
    [CM_POSTURE_CAPS] = {"capabilities", "capabilities"},
    [CM_POSTURE_SECCOMP] = {"seccomp", "seccomp"},
    [CM_POSTURE_ROOT] = {"root", "root"},
    [CM_POSTURE_MOUNTS] = {"mounts", "mounts"},
    [CM_POSTURE_MASKS] = {"masks", "masks"},
    [CM_POSTURE_LIMITS] = {"limits", "limits"},
    [CM_POSTURE_LANDLOCK] = {"landlock", "Landlock"},
    [CM_POSTURE_LABEL] = {"label", "label"},
};

static void add_map(struct cm_str *out, const char *name, const struct oci_id_mappings *map)
{
    cm_str_addf(out, "%s ", name);
    for (size_t i = 0; i < map->n; i++)
        cm_str_addf(out, "%s%u-%u -> %u", i > 0 ? ", " : "", map->v[i].container_id, map->v[i].container_id + (map->v[i].size - 1), map->v[i].host_id);
}

static void user_namespace(const struct cm_plan *plan, struct cm_str *out)
{
    if (plan->allocate_ids) {
        cm_str_add(out, "own, 65536 ids allocated at start");
        return;
    }
    if (plan->join_user)
        cm_str_addf(out, "joined: %s, ", plan->join_user);
    else
        cm_str_add(out, "own, ");
    add_map(out, "users", &plan->uid_map);
    add_map(out, "; groups", &plan->gid_map);
}

static void caps(const struct cm_plan *plan, struct cm_str *out)
{
    size_t n = 0;

    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        if (plan->caps.bounding & (UINT64_C(1) << i))
            cm_str_addf(out, "%s%s", n++ > 0 ? " " : "", cm_cap_name(i));
    cm_str_add(out, n == 0 ? "none; no_new_privs" : "; no_new_privs");
    if (plan->caps.ambient)
        cm_str_add(out, "; some ambient");
}

static void terminal(const struct cm_plan *plan, struct cm_str *out)
{
    cm_str_add(out, plan->terminal ? "own" : "none");
    if (plan->console_rows > 0 && plan->console_columns > 0)
        cm_str_addf(out, ", %u rows, %u columns", plan->console_rows, plan->console_columns);
}

static void root(const struct cm_plan *plan, struct cm_str *out)
{
    if (plan->root_mode == CM_ROOT_EPHEMERAL)
        cm_str_addf(out, "writable, thrown away at delete, at most %" PRIu64 " MiB", plan->root_scratch_size >> 20);
    else
        cm_str_addf(out, "read-only%s", plan->root_scratch ? " (missing mount points in a scratch layer)" : "");
    cm_str_add(out, plan->root_layers ? ", from idmapped layers" : plan->root_idmap ? ", idmapped" : "");
}

static void mounts(const struct cm_plan *plan, struct cm_str *out)
{
    for (size_t i = 0; i < plan->n_mounts; i++)
        cm_str_addf(out, "%s%s (%s%s%s)", i > 0 ? ", " : "", plan->mounts[i].target, plan->mounts[i].attributes & MOUNT_ATTR_RDONLY ? "ro" : "rw",
                    plan->mounts[i].kind == CM_MOUNT_BIND ? ", bind" : "", plan->mounts[i].attributes & MOUNT_ATTR_NOEXEC ? ", noexec" : "");
}

static void limits(const struct cm_plan *plan, struct cm_str *out)
{
    for (size_t i = 0; i < plan->n_limits; i++)
        cm_str_addf(out, "%s%s %s", i > 0 ? ", " : "", plan->limits[i].file, plan->limits[i].value);
    if (plan->n_limits == 0)
        cm_str_add(out, "none in a cgroup");
    cm_str_addf(out, "; %zu rlimits", plan->n_rlimits);
}

static void label(const struct cm_plan *plan, struct cm_str *out)
{
    if (plan->apparmor_profile)
        cm_str_addf(out, "AppArmor %s", plan->apparmor_profile);
    if (plan->selinux_label)
        cm_str_addf(out, "%sSELinux %s%s", plan->apparmor_profile ? ", " : "", plan->selinux_label, plan->selinux_needs_pair ? " with categories of its own" : "");
    if (!plan->apparmor_profile && !plan->selinux_label)
        cm_str_add(out, "none");
}

static void add_value(const struct cm_plan *plan, enum cm_posture_row row, struct cm_str *out)
{
    switch (row) {
    case CM_POSTURE_USER_NS:
        user_namespace(plan, out);
        break;
    case CM_POSTURE_NAMESPACES:
        cm_str_addf(out, "own pid, mount, ipc, uts%s and cgroup; network ", plan->new_time ? ", time" : "");
        cm_str_add(out, plan->join_network ? "joined: " : "own");
        cm_str_add(out, plan->join_network ? plan->join_network : "");
        break;
    case CM_POSTURE_USER:
        cm_str_addf(out, "%u:%u, %zu more groups, umask %03o", plan->uid, plan->gid, plan->n_groups, plan->umask);
        break;
    case CM_POSTURE_TERMINAL:
        terminal(plan, out);
        break;
    case CM_POSTURE_CAPS:
        caps(plan, out);
        break;
    case CM_POSTURE_SECCOMP:
        cm_str_addf(out, "built-in profile \"%s\"%s%s%s", plan->seccomp_profile, plan->seccomp_log ? ", denials logged" : "",
                    plan->seccomp_extra ? " and the bundle's on top" : "", plan->memory_deny_write_exec ? "; no writable and executable memory" : "");
        break;
    case CM_POSTURE_ROOT:
        root(plan, out);
        break;
    case CM_POSTURE_MOUNTS:
        mounts(plan, out);
        break;
    case CM_POSTURE_MASKS:
        cm_str_addf(out, "%zu masked, %zu read-only paths", plan->masked_paths.n, plan->readonly_paths.n);
        break;
    case CM_POSTURE_LIMITS:
        limits(plan, out);
        break;
    case CM_POSTURE_LANDLOCK:
        cm_str_add(out, plan->landlock ? "on" : "not available");
        break;
    case CM_POSTURE_LABEL:
        label(plan, out);
        break;
    case CM_POSTURE_ROWS:
        break;
    }
}

void cm_posture_value(const struct cm_plan *plan, enum cm_posture_row row, struct cm_str *out)
{
    add_value(plan, row, out);
    if (out->data)
        cm_printable(out->data);
}
