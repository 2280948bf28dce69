/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MASKED "\"/proc/acpi\",\"/proc/asound\",\"/proc/interrupts\",\"/proc/kcore\",\"/proc/key-users\",\"/proc/keys\",\"/proc/latency_stats\"," \
               "\"/proc/sched_debug\",\"/proc/scsi\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/sys/devices/virtual/powercap\",\"/sys/firmware\"," \
               "\"/sys/kernel/notes\",\"/sys/kernel/vmcoreinfo\""

static const char good[] =
    "{\"ociVersion\":\"1.3.0\","
    "\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
    "\"hostname\":\"box\","
    "\"mounts\":["
    "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
    "{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},"
    "{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},"
    "{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
    "{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
    "{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
    "{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]},"
    "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]}],"
    "\"process\":{\"terminal\":false,\"user\":{\"uid\":1000,\"gid\":1000,\"additionalGids\":[1000,44]},\"args\":[\"sh\",\"-c\",\"true\"],"
    "\"env\":[\"PATH=/bin\",\"TERM=xterm\"],\"cwd\":\"/app\",\"noNewPrivileges\":true,"
    "\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]},"
    "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":1024}],\"oomScoreAdj\":100},"
    "\"hooks\":{},\"annotations\":{},"
    "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"cgroup\"}],"
    "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
    "\"cgroupsPath\":\"tenant/box\",\"devices\":[],\"sysctl\":{},\"rootfsPropagation\":\"private\","
    "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"memory\":{\"limit\":1000000,\"swap\":1000000},\"pids\":{\"limit\":100},\"unified\":{}},"
    "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]},"
    "\"maskedPaths\":[" MASKED "],"
    "\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/pressure\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}";

static char *change_text(const char *find, const char *with)
{
    const char *at = find ? strstr(good, find) : NULL;
    CM_AUTO_STR struct cm_str text = {0};

    if (!find)
        return strdup(good);
    if (!at || strstr(at + 1, find)) {
        printf("# %s: %s\n", at ? "more than once" : "not there", find);
        return NULL;
    }
    cm_str_add_bytes(&text, good, (size_t)(at - good));
    cm_str_add(&text, with);
    cm_str_add(&text, at + strlen(find));
    return text.failed ? NULL : strdup(text.data);
}

static void invent_mounts(struct fixture *f)
{
    f->facts.n_mounts = f->config->n_mounts;
    f->facts.mounts = cm_arena_array(&f->facts.arena, f->config->n_mounts + 1, sizeof(*f->facts.mounts));
    for (size_t i = 0; f->facts.mounts && i < f->config->n_mounts; i++) {
        struct cm_mount_fact *m = &f->facts.mounts[i];
        const struct oci_mount *mount = &f->config->mounts[i];
        m->target = CM_TARGET_DIRECTORY;
        m->target_plain = true;
        m->source_fd = -1;
        if (!cm_streq(mount->type, "bind") && !cm_streq(mount->type, "none"))
            continue;
        m->source_fd = 100;
        m->source_places = cm_arena_array(&f->facts.arena, 2, sizeof(*m->source_places));
        m->n_source_places = m->n_source_places_below = 1;
        m->source_real = mount->source ? cm_arena_strdup(&f->facts.arena, mount->source) : NULL;
        m->source_places[0] = m->source_real;
        m->source_mode = S_IFDIR | 0755;
        m->source_fs_magic = EXT4_SUPER_MAGIC;
        m->source_can_idmap = true;
    }
}

static void invent_host(struct cm_facts *facts)
{
    facts->memory_total = UINT64_C(8000000000);
    facts->controllers = 0xff;
    facts->cgroup_available = true;
    facts->cgroup_parent = "/engine";
    facts->landlock_abi = 7;
    facts->last_cap = 40;
    facts->device_program = true;
    for (size_t i = 0; i < CM_ARRAY_LEN(facts->rlimit_hard); i++)
        facts->rlimit_hard[i] = UINT64_MAX;
    facts->can_raise_rlimits = true;
    facts->ids_available = true;
    for (uint64_t i = 0; i < OCI_NS_TYPES; i++) {
        facts->own_ns[i] = (struct cm_ns_id){4, 1000 + i};
        facts->init_ns[i] = (struct cm_ns_id){4, 2000 + i};
        facts->ns_path[i] = (struct cm_ns_path_fact){.exists = true, .is_nsfs = true, .type_matches = true, .id = {4, 3000 + i}};
        facts->ns_path[i].owner = (struct cm_ns_id){4, 1000 + OCI_NS_USER};
    }
    facts->bundle = "/b";
    facts->rootfs_exists = facts->rootfs_is_directory = true;
    facts->rootfs_real = "/b/rootfs";
    facts->rootfs_fs_magic = EXT4_SUPER_MAGIC;
    facts->cwd = facts->target_proc = facts->target_dev = facts->target_sys = CM_TARGET_DIRECTORY;
    facts->apparmor = true;
}

bool fixture_read(struct fixture *f, const char *text)
{
    struct cm_error err;

    cm_error_init(&err);
    if (oci_config_parse(text, strlen(text), &f->config, &err) < 0) {
        printf("# the parser refuses it: %s: %s\n", err.field, err.message);
        return false;
    }
    invent_host(&f->facts);
    invent_mounts(f);
    return true;
}

void fixture_make(struct fixture *f, enum cm_policy_level level, const char *find, const char *with, facts_change change)
{
    *f = (struct fixture){.policy = *cm_policy_builtin(level)};
    CM_AUTO_FREE char *text = change_text(find, with);
    if (!text || !fixture_read(f, text))
        return;
    if (change)
        change(&f->facts, &f->policy);
    if (cm_plan_make(f->config, &f->policy, &f->facts, "box", &f->arena, &f->plan) < 0)
        f->plan = NULL;
}

void fixture_free(struct fixture *f)
{
    cm_arena_free(&f->arena);
    cm_arena_free(&f->facts.arena);
    oci_config_free(f->config);
}

const struct cm_finding *fixture_find(const struct fixture *f, const char *code)
{
    for (size_t i = 0; f->plan && i < f->plan->n_findings; i++)
        if (cm_streq(f->plan->findings[i].code, code))
            return &f->plan->findings[i];
    return NULL;
}
