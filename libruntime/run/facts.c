/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gathers the host facts that the planner judges. Looks, never changes. Hostile: the bundle's paths; they are opened without blocking and what is found is
 * reported as a fact, not as an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"
#include "idmap/slots.h"
#include "lsm/lsm.h"
#include "ns/identity.h"
#include "ns/usermaps.h"
#include "path/procfs.h"
#include "plan/pod.h"
#include "run/bundle.h"
#include "run/facts.h"
#include "run/hook.h"
#include "run/notify.h"
#include "run/peers.h"
#include "run/runtime.h"
#include "run/test_hooks.h"

#define APPARMOR_PROFILES "/sys/kernel/security/apparmor/profiles"
#define LIMITS_NAME_WIDTH 26
#define SYSTEMD_IS_THERE "/run/systemd/system" /* sd_booted(3) */
#define PROFILES_MAX ((size_t)1 << 20)

int cm_facts_number(int proc, const char *path, int64_t *ret)
{
    char text[32];
    int n = cm_procfs_read_value(proc, path, text, sizeof(text));

    if (n < 0)
        return n;
    text[strcspn(text, "\n")] = '\0';
    return cm_parse_i64(text, ret);
}

static const char *read_limit(const char *text, uint64_t *ret)
{
    char digits[24] = {0};
    size_t size = strcspn(text, " \n");

    memcpy(digits, text, CM_MIN(size, sizeof(digits) - 1));
    if (cm_streq(digits, "unlimited"))
        *ret = UINT64_MAX; /* RLIM64_INFINITY */
    else if (size >= sizeof(digits) || cm_parse_u64(digits, ret) < 0)
        return NULL;
    return text + size + strspn(text + size, " ");
}

/* A heading, then one line for every resource in the order of their numbers (fs/proc/base.c, proc_pid_limits). */
int cm_facts_limits(int proc, pid_t pid, struct cm_limit_pair ret[CM_RLIMITS])
{
    char path[32], text[4096];

    (void)snprintf(path, sizeof(path), "%d/limits", (int)pid);
    int r = cm_procfs_read_value(proc, path, text, sizeof(text));
    const char *line = text;
    for (int i = 0; r >= 0 && i < CM_RLIMITS; i++) {
        line = strchr(line, '\n');
        if (!line || strlen(++line) < LIMITS_NAME_WIDTH)
            return -EPROTO;
        const char *next = read_limit(line + LIMITS_NAME_WIDTH, &ret[i].soft);
        if (!next || !read_limit(next, &ret[i].hard))
            return -EPROTO;
    }
    return r < 0 ? r : 0;
}

/* Where the manager's slices are: in the root for the host's, in the caller's own service without privilege. */
static void gather_manager(struct cm_runtime *runtime, int root, struct cm_facts *facts)
{
    char base[96] = "";

    facts->cgroup_available = false;
    if (runtime->rootless)
        (void)snprintf(base, sizeof(base), "/user.slice/user-%u.slice/user@%u.service", facts->host_uid, facts->host_uid);
    facts->systemd_base = cm_arena_strdup(&facts->arena, base);
    if (base[0])
        facts->cgroup_parent = facts->systemd_base;
    CM_AUTO_CLOSE int dir = openat(root, base[0] ? base + 1 : ".", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0 || !cm_systemd_is_there(runtime->rootless))
        return;
    facts->controllers = cm_cgroup_controllers(dir);
    facts->delegated_in = runtime->rootless ? facts->systemd_base : NULL;
    facts->cgroup_available = !runtime->rootless || faccessat(dir, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

void cm_facts_cgroup(struct cm_runtime *runtime, struct cm_facts *facts)
{
    struct cm_error ignored;
    CM_AUTO_FREE char *own = NULL;
    int root = cm_runtime_cgroup_root(runtime, &ignored);
    char pid[16];

    facts->cgroup_parent = "/";
    facts->systemd_driver = runtime->systemd_driver;
    if (root < 0) {
        facts->cgroup_v1_only = root == -ENODEV;
        return;
    }
    if (runtime->systemd_driver) {
        gather_manager(runtime, root, facts);
        return;
    }
    (void)snprintf(pid, sizeof(pid), "%d", runtime->pid);
    if (cm_cgroup_of(runtime->proc, pid, &own) < 0)
        return;
    char *slash = strrchr(own, '/');
    if (slash && slash != own) {
        *slash = '\0';
        facts->cgroup_parent = cm_arena_strdup(&facts->arena, own);
    }
    bool below = facts->cgroup_parent[1] != '\0';
    CM_AUTO_CLOSE int opened = below ? openat(root, facts->cgroup_parent + 1, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : CM_FD_NONE;
    int parent = below ? opened : root;
    if (parent < 0)
        return;
    /* Host root switches controllers on level by level from the top; without privilege it is what was delegated. */
    facts->controllers = cm_cgroup_controllers(runtime->rootless ? parent : root);
    facts->delegated_in = runtime->rootless ? facts->cgroup_parent : NULL;
    /* Rootless: only in a delegated subtree, and CLONE_INTO_CGROUP needs write access to the common ancestor's cgroup.procs. */
    facts->cgroup_available = !runtime->rootless || (faccessat(parent, ".", W_OK, AT_EACCESS) == 0 && faccessat(parent, "cgroup.procs", W_OK, AT_EACCESS) == 0);
}

/* Our effective capabilities. */
static uint64_t capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    return syscall(SYS_capget, &header, data) == 0 ? data[0].effective | (uint64_t)data[1].effective << 32 : 0;
}

static unsigned int last_capability(void)
{
    unsigned int cap = 40; /* CAP_CHECKPOINT_RESTORE, Linux 5.9 */

    while (prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
        cap++;
    return cap;
}

/* Only those that the config or a default of ours may set; nobody asks for the others. */
static void gather_limits(const struct oci_process *process, struct cm_facts *facts)
{
    unsigned int wanted = 1u << RLIMIT_CORE | 1u << RLIMIT_NPROC;

    for (size_t i = 0; process && i < process->n_rlimits; i++) {
        int number = cm_rlimit_number(process->rlimits[i].type);
        if (number >= 0)
            wanted |= 1u << number;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(facts->rlimit_hard); i++) {
        struct rlimit limit = {.rlim_max = RLIM_INFINITY};
        if (wanted >> i & 1 && getrlimit((__rlimit_resource_t)i, &limit) < 0)
            limit.rlim_max = i == RLIMIT_CORE; /* unknown: the stricter answer, which is 1 for dumps (a program that takes them is started with 0) */
        facts->rlimit_hard[i] = limit.rlim_max;
    }
}

void cm_facts_ids(const struct cm_runtime *runtime, struct cm_facts *facts)
{
    static struct cm_error err;

    if (runtime->rootless) {
        struct oci_id_mappings uids = {0}, gids = {0}; /* the outer map; an error leaves it empty */
        (void)!cm_usermaps_read(runtime->proc, runtime->pid, "uid_map", &facts->arena, &uids);
        (void)!cm_usermaps_read(runtime->proc, runtime->pid, "gid_map", &facts->arena, &gids);
        facts->outer_uid_map = uids.v;
        facts->outer_gid_map = gids.v;
        facts->n_outer_map = uids.n;
        facts->n_outer_gid_map = gids.n;
        facts->outer_is_callers = !cm_rootless_made_outer();
        facts->ids_available = facts->n_outer_map > 0 && facts->n_outer_gid_map > 0;
        for (size_t i = 0; i < facts->n_outer_map; i++) /* who its root is outside */
            if (facts->outer_uid_map[i].container_id == 0)
                facts->host_uid = facts->outer_uid_map[i].host_id;
        facts->ids_reason = "no ids are mapped in the outer user namespace";
        return;
    }
    struct cm_id_pool pool; /* also for a config that brings its own map: the map must keep out of it */
    CM_AUTO_CLOSE int etc = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int r = etc < 0 ? cm_fail_errno(&err, errno, NULL, "opening /etc") : cm_id_pool_find(etc, &pool, &err);
    if (r < 0) {
        facts->ids_errnum = -r;
        facts->ids_reason = cm_arena_strdup(&facts->arena, err.message);
        return;
    }
    facts->ids_available = true;
    facts->id_pool_base = pool.base;
    facts->id_pool_slots = pool.slots;
    facts->id_pool_configured = pool.configured;
}

/* Maps of a user namespace that somebody else made. Only of one that we may enter at all: made in our own, and not our own. */
static void gather_user_maps(const struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts)
{
    static struct cm_error err;
    const struct oci_namespace *user = oci_config_namespace(config, OCI_NS_USER);
    const struct cm_ns_path_fact *fact = &facts->ns_path[OCI_NS_USER];
    struct cm_usermaps maps = {0};

    facts->ns_maps_errnum = EPERM;
    if (!user || !user->path || runtime->rootless || !fact->type_matches || !cm_ns_same(&fact->owner, &facts->own_ns[OCI_NS_USER]))
        return;
    CM_AUTO_CLOSE int fd = cm_ns_open_checked(runtime->proc, runtime->pid, user->path, &fact->id, &fact->owner);
    int r = fd < 0 ? fd : cm_usermaps_enter(runtime->proc, runtime->pid, fd, &facts->arena, &maps, NULL, &err);
    facts->ns_maps_errnum = -r;
    facts->ns_uid_map = maps.uids;
    facts->ns_gid_map = maps.gids;
}

/* Namespace paths need something to be compared with; without paths nobody looks at these. */
static void gather_namespaces(const struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts)
{
    char pid[16];
    bool any = false;

    for (size_t i = 0; i < config->linux_->n_namespaces; i++) {
        const struct oci_namespace *ns = &config->linux_->namespaces[i];
        if (!ns->path)
            continue;
        cm_ns_examine_path(runtime->proc, runtime->pid, ns->path, ns->type, &facts->ns_path[ns->type]);
        any = true;
    }
    if (!any)
        return;
    (void)snprintf(pid, sizeof(pid), "%d", runtime->pid);
    for (int type = 0; type < OCI_NS_TYPES; type++) {
        (void)cm_ns_identify_of(runtime->proc, pid, (enum oci_namespace_type)type, &facts->own_ns[type]);
        if (cm_ns_identify_of(runtime->proc, "1", (enum oci_namespace_type)type, &facts->init_ns[type]) < 0)
            facts->init_ns[type] = facts->own_ns[type];
    }
    gather_user_maps(runtime, config, facts);
    cm_peers_facts(runtime, config, facts);
}

/* Where our executable is mapped in the container: root of the outer namespace owns it in rootless mode. */
static bool exe_owner_mapped(const struct cm_facts *facts)
{
    struct stat st;

    if (!facts->rootless || stat("/proc/self/exe", &st) < 0)
        return false;
    for (size_t i = 0; i < facts->n_outer_map; i++)
        if (st.st_uid >= facts->outer_uid_map[i].container_id && st.st_uid - facts->outer_uid_map[i].container_id < facts->outer_uid_map[i].size)
            return true;
    return false;
}

#define HUGE_PAGES "/sys/kernel/mm/hugepages"
#define HUGE_PAGE_SIZES_MAX ((size_t)16)
#define MEMINFO_MAX ((size_t)16 << 10)

/* Which of the page sizes that are to be limited the kernel has not got. */
static void gather_page_sizes(const struct oci_resources *resources, struct cm_facts *facts)
{
    char path[sizeof(HUGE_PAGES) + 48];
    struct stat st;

    if (!resources || resources->n_hugepage_limits == 0 || stat(HUGE_PAGES, &st) < 0)
        return;
    facts->page_size_missing = cm_arena_array(&facts->arena, resources->n_hugepage_limits, sizeof(*facts->page_size_missing));
    for (size_t i = 0; facts->page_size_missing && i < resources->n_hugepage_limits; i++) {
        (void)snprintf(path, sizeof(path), HUGE_PAGES "/hugepages-%" PRIu64 "kB", cm_page_size_kib(resources->hugepage_limits[i].page_size));
        facts->page_size_missing[i] = stat(path, &st) < 0;
    }
}

/* What init has unless the configuration says otherwise; a process that joins has init's. */
static void gather_oom_score(const struct cm_runtime *runtime, struct cm_facts *facts)
{
    char path[32];
    int64_t score;

    (void)snprintf(path, sizeof(path), "%d/oom_score_adj", runtime->pid);
    if (cm_facts_number(runtime->proc, path, &score) == 0)
        facts->own_oom_score_adj = (int32_t)score;
}

/* Whether the host has set huge pages aside, of any size. */
static bool has_huge_pages(int proc)
{
    static const char label[] = "\nHugetlb:";
    CM_AUTO_FREE char *text = NULL;

    if (cm_procfs_read(proc, "meminfo", MEMINFO_MAX, &text) < 0)
        return false;
    const char *value = strstr(text, label);
    value = value ? value + sizeof(label) - 1 : "";
    value += strspn(value, " ");
    return strspn(value, "0") != strspn(value, "0123456789");
}

static void gather_huge_pages(const struct cm_runtime *runtime, struct cm_facts *facts)
{
    static const char prefix[] = "hugepages-";
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;

    if (!(facts->controllers & CM_CTRL_HUGETLB) || !has_huge_pages(runtime->proc) ||
        cm_dir_take(open(HUGE_PAGES, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &dir) < 0)
        return;
    facts->huge_page_sizes = cm_arena_array(&facts->arena, HUGE_PAGE_SIZES_MAX, sizeof(*facts->huge_page_sizes));
    while (facts->huge_page_sizes && facts->n_huge_page_sizes < HUGE_PAGE_SIZES_MAX && cm_dir_next(dir, &entry) > 0) {
        char size[32];
        if (!cm_has_prefix(entry->d_name, prefix) || strlen(entry->d_name) >= sizeof(size))
            continue;
        (void)snprintf(size, sizeof(size), "%s", entry->d_name + sizeof(prefix) - 1);
        size[strcspn(size, "k")] = '\0';
        facts->n_huge_page_sizes += cm_parse_u64(size, &facts->huge_page_sizes[facts->n_huge_page_sizes]) == 0;
    }
}

static bool asks_for_more(const struct oci_resources *r)
{
    return r && (r->cpu || r->block_io || r->n_hugepage_limits > 0 || r->n_rdma > 0 || r->unified.n > 0);
}

/* What only some configurations ask for. */
static void gather_asked(const struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts)
{
    const struct oci_linux *linux_ = config->linux_;
    struct timespec monotonic, boottime;
    struct cm_ns_id id;
    char pid[16];

    facts->systemd_is_manager = asks_for_more(linux_->resources) && access(SYSTEMD_IS_THERE, F_OK) == 0;
    if (oci_config_namespace(config, OCI_NS_TIME)) {
        (void)snprintf(pid, sizeof(pid), "%d", runtime->pid);
        facts->time_namespaces = cm_ns_identify_of(runtime->proc, pid, OCI_NS_TIME, &id) == 0;
    }
    if ((linux_->monotonic.set || linux_->boottime.set) && clock_gettime(CLOCK_MONOTONIC, &monotonic) == 0 && clock_gettime(CLOCK_BOOTTIME, &boottime) == 0) {
        facts->monotonic_now = monotonic.tv_sec;
        facts->boottime_now = boottime.tv_sec;
    }
    gather_page_sizes(linux_->resources, facts);
    if (facts->selinux)
        facts->selinux_mount_label_unknown = cm_lsm_selinux_unknown(cm_selinux_wanted_of_mounts(linux_->mount_label, facts->selinux_mls));
    if (linux_->memory_policy)
        facts->numa = syscall(SYS_get_mempolicy, NULL, facts->mems_allowed, (unsigned long)CM_MEMORY_NODES, NULL, MPOL_F_MEMS_ALLOWED) == 0;
}

static bool names_sandbox(const struct oci_config *config, const char *sandbox)
{
    for (size_t i = 0; i < config->n_mounts; i++)
        if (config->mounts[i].source && strstr(config->mounts[i].source, sandbox))
            return true;
    return false;
}

/* Whether the sandbox that an annotation names is one of this pod: containers of one pod have their cgroups side by side. */
static void gather_sandbox(struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts)
{
    struct cm_error ignored;
    struct cm_pod pod;
    char path[PATH_MAX];

    cm_pod_of(config, &pod);
    if (!pod.sandbox || pod.crio || !names_sandbox(config, pod.sandbox) ||
        !cm_pod_sandbox_cgroup(config, facts->cgroup_parent, pod.sandbox, path, sizeof(path)))
        return;
    int root = cm_runtime_cgroup_root(runtime, &ignored);
    CM_AUTO_CLOSE int fd = root < 0 ? CM_FD_NONE : cm_openat2(root, path + 1, O_PATH | O_DIRECTORY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    facts->sandbox_is_neighbour = fd >= 0;
}

int cm_facts_profiles(char **ret)
{
    CM_AUTO_FREE char *list = malloc(PROFILES_MAX);
    CM_AUTO_CLOSE int fd = open(APPARMOR_PROFILES, O_RDONLY | O_CLOEXEC);

    if (!list)
        return -ENOMEM;
    ssize_t n = fd < 0 ? -errno : cm_read_full(fd, list, PROFILES_MAX - 1);
    if (n < 0)
        return (int)n;
    list[n] = '\0';
    *ret = CM_TAKE_PTR(list);
    return 0;
}

/* Without privilege the list cannot be read: then nobody knows. */
static void gather_labels(const struct cm_runtime *runtime, const struct oci_process *process, struct cm_facts *facts)
{
    CM_AUTO_FREE char *list = NULL;

    facts->apparmor = cm_lsm_apparmor_active();
    facts->selinux = cm_lsm_selinux_active();
    if (facts->apparmor) {
        int r = cm_facts_profiles(&list);
        if (r == 0)
            facts->apparmor_mode = cm_apparmor_mode(list, cm_apparmor_wanted(process ? process->apparmor_profile : NULL, runtime->policy));
        else if (r == -ENOMEM)
            facts->apparmor_mode = CM_PROFILE_VOID; /* the stricter answer */
        facts->apparmor_confined = cm_lsm_apparmor_confined(runtime->proc);
    }
    if (facts->selinux) {
        facts->selinux_mls = cm_lsm_selinux_mls();
        const char *label = cm_selinux_wanted(process ? process->selinux_label : NULL, runtime->policy, facts->selinux_mls, &facts->arena);
        facts->selinux_label_unknown = !label || cm_lsm_selinux_unknown(label);
    }
}

void cm_facts_host(const struct cm_runtime *runtime, const struct oci_process *process, struct cm_facts *facts)
{
    struct sysinfo info;
    int64_t number;

    if (runtime->policy->n_exceptions > 0)
        facts->now = (int64_t)time(NULL);
    facts->rootless = runtime->rootless;
    facts->host_uid = runtime->caller_uid;
    if (sysinfo(&info) == 0)
        facts->memory_total = (uint64_t)info.totalram * info.mem_unit;
    facts->landlock_abi = cm_landlock_abi();
    gather_labels(runtime, process, facts);
    if (cm_facts_number(runtime->proc, "sys/fs/suid_dumpable", &number) == 0)
        facts->suid_dumpable = (int)number;
    facts->last_cap = last_capability();
    uint64_t caps = runtime->rootless ? 0 : capabilities();
    facts->can_raise_rlimits = caps >> CAP_SYS_RESOURCE & 1;
    /* Since Linux 5.8 either capability loads such a program; a user namespace never does. */
    facts->device_program = (caps >> CAP_SYS_ADMIN & 1) || (caps >> 39 /* CAP_BPF */ & 1);
    gather_limits(process, facts);
}

/* startContainer hooks are looked up in the container, as its program. */
static int gather_hooks(const struct cm_runtime *runtime, const struct oci_hooks *hooks, struct cm_facts *facts, struct cm_error *err)
{
    const struct cm_policy *policy = cm_test_policy(runtime->policy);

    for (size_t kind = 0; hooks && kind < OCI_HOOK_KINDS; kind++) {
        size_t n = kind == OCI_HOOK_START_CONTAINER ? 0 : CM_MIN(hooks->n[kind], CM_HOOKS_MAX);
        facts->hooks[kind] = cm_arena_array(&facts->arena, n + 1, sizeof(*facts->hooks[kind]));
        if (!facts->hooks[kind])
            return cm_fail_errno(err, ENOMEM, NULL, "looking at the hooks");
        for (size_t *i = &facts->n_hooks[kind]; *i < n; ++*i) {
            const char *path = hooks->v[kind][*i].path, *program = cm_hook_program(runtime, path, (enum oci_hook_kind)kind, &facts->arena);
            cm_hook_look(runtime, program ? program : path, cm_hook_wants_content(policy, program ? program : path), &facts->hooks[kind][*i]);
            facts->hooks[kind][*i].program = program;
        }
    }
    return 0;
}

void cm_facts_done(struct cm_facts *facts)
{
    for (size_t i = 0; facts->mounts && i < facts->n_mounts; i++)
        facts->mounts[i].source_fd = cm_close(facts->mounts[i].source_fd);
    for (size_t kind = 0; kind < OCI_HOOK_KINDS; kind++)
        for (size_t i = 0; i < facts->n_hooks[kind]; i++)
            facts->hooks[kind][i].fd = cm_close(facts->hooks[kind][i].fd);
    for (size_t i = 0; i < facts->n_rootfs_layers; i++)
        facts->rootfs_layer_fds[i] = cm_close(facts->rootfs_layer_fds[i]);
    facts->n_rootfs_layers = 0;
    facts->rootfs_fd = cm_close(facts->rootfs_fd);
    cm_arena_free(&facts->arena);
}

static const char *digest_of(const struct cm_str *text, struct cm_arena *arena)
{
    char hex[CM_SHA256_HEX_MAX];

    cm_sha256_of(text->data, text->size, hex);
    return text->failed ? NULL : cm_arena_strdup(arena, hex);
}

int cm_load_bundle(struct cm_runtime *runtime, const struct cm_bundle_name *name, struct oci_config **ret_config, struct cm_facts *ret_facts,
                   struct cm_error *err)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;
    struct cm_facts facts = {.rootfs_fd = CM_FD_NONE};
    CM_AUTO_CLOSE int dir = CM_FD_NONE;
    CM_AUTO_STR struct cm_str own = {0};
    bool audited = runtime->policy->n_audit_sinks > 0;
    struct cm_str *text = audited && !name->text ? &own : name->text;

    int r = cm_bundle_open(runtime, name->bundle, &facts.arena, &dir, &facts.bundle, err);
    if (r == 0)
        r = cm_bundle_config(dir, facts.bundle, name->config, &config, text, err);
    if (r == 0) {
        facts.config_sha256 = audited ? digest_of(text, &facts.arena) : NULL;
        facts.state_root = runtime->store.fd >= 0 ? cm_bundle_real_path(runtime, runtime->store.fd, &facts.arena) : NULL;
        cm_facts_host(runtime, config->process, &facts);
        gather_oom_score(runtime, &facts);
        gather_asked(runtime, config, &facts);
        cm_facts_ids(runtime, &facts);
        cm_facts_cgroup(runtime, &facts);
        gather_huge_pages(runtime, &facts);
        gather_sandbox(runtime, config, &facts);
        gather_namespaces(runtime, config, &facts);
        facts.exe_owner_mapped = exe_owner_mapped(&facts);
        facts.notify = cm_notify_wanted();
        r = cm_bundle_facts(runtime, dir, config, &facts, err);
        if (r == 0)
            r = gather_hooks(runtime, config->hooks, &facts, err);
    }
    if (r < 0) {
        cm_facts_done(&facts);
        return r;
    }
    *ret_config = CM_TAKE_PTR(config);
    *ret_facts = facts;
    return 0;
}
