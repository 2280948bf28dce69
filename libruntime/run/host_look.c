/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what the host has set for its containers' sake, and looks at what casemate itself depends on: its program, state directory, ids and policy. The
 * kernel's files are trusted; names of other files are quoted only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/io.h"
#include "base/sys.h"
#include "idmap/slots.h"
#include "idmap/subid.h"
#include "lsm/lsm.h"
#include "ns/identity.h"
#include "path/procfs.h"
#include "path/trusted.h"
#include "run/facts.h"
#include "run/host.h"
#include "run/policy_files.h"

#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"
#define ETC_MAX ((size_t)16 << 20)
#define SYS_LSM_LIST_MODULES 461 /* Linux 6.8 */

static void read_numbers(const struct cm_runtime *runtime, struct cm_host_facts *facts)
{
    char path[64];

    for (size_t i = 0; i < CM_HOST_NUMBERS; i++) {
        struct cm_host_number_fact *fact = &facts->numbers[i];
        (void)snprintf(path, sizeof(path), "sys/%s", cm_host_number_paths[i]);
        int r = cm_facts_number(runtime->proc, path, &fact->value);
        fact->errnum = r < 0 ? -r : 0;
    }
}

/* ---- security modules ---- */

static const struct {
    uint64_t id;
    const char *name;
} module_names[] = {
    {100, "capability"}, {101, "selinux"},  {102, "smack"}, {103, "tomoyo"},   {104, "apparmor"}, {105, "yama"}, {106, "loadpin"},
    {107, "safesetid"},  {108, "lockdown"}, {109, "bpf"},   {110, "landlock"}, {111, "ima"},      {112, "evm"},  {113, "ipe"},
};

static const char *list_modules(struct cm_arena *arena)
{
    uint64_t ids[64];
    uint32_t size = sizeof(ids);
    CM_AUTO_STR struct cm_str list = {0};
    char text[512];
    long n = syscall(SYS_LSM_LIST_MODULES, ids, &size, 0);

    if (n < 0 && cm_read_small_at(AT_FDCWD, "/sys/kernel/security/lsm", text, sizeof(text)) > 0) {
        for (char *c = text; *c; c++)
            *c = *c == ',' ? ' ' : *c;
        return cm_arena_strdup(arena, text);
    }
    for (long i = 0; i < n; i++) {
        const char *name = "(unknown)";
        for (size_t k = 0; k < CM_ARRAY_LEN(module_names); k++)
            name = module_names[k].id == ids[i] ? module_names[k].name : name;
        cm_str_addf(&list, "%s%s", i > 0 ? " " : "", name);
    }
    return n < 0 || list.failed ? NULL : cm_arena_strdup(arena, list.data ? list.data : "");
}

static void look_at_modules(struct cm_host_facts *facts)
{
    char value[32];

    facts->landlock_abi = cm_landlock_abi();
    facts->apparmor = cm_lsm_apparmor_active();
    facts->selinux = cm_lsm_selinux_active();
    facts->modules = list_modules(&facts->arena);
    CM_AUTO_FREE char *profiles = NULL;
    if (facts->apparmor && cm_facts_profiles(&profiles) == 0)
        facts->default_profile = cm_apparmor_mode(profiles, CM_APPARMOR_DEFAULT);
    if (facts->selinux && cm_read_small_at(AT_FDCWD, "/sys/fs/selinux/enforce", value, sizeof(value)) > 0)
        facts->label_enforced = value[0] == '1' ? CM_ANSWER_YES : CM_ANSWER_NO;
    if (facts->apparmor && cm_read_small_at(AT_FDCWD, "/sys/module/apparmor/parameters/mode", value, sizeof(value)) > 0)
        facts->label_enforced = strcmp(value, "enforce") == 0 || strcmp(value, "kill") == 0 ? CM_ANSWER_YES : CM_ANSWER_NO;
}

/* ---- the kernel ---- */

#ifdef __x86_64__
static void no_ia32(int signal)
{
    (void)signal;
    _exit(ENOSYS);
}

/* In a child, because the kernel answers with a signal where it takes none. getpid(2) is 20 there. */
static enum cm_answer takes_ia32(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        long result = 20;
        (void)signal(SIGSEGV, no_ia32);
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        _exit(result > 0 ? 0 : ENOSYS);
    }
    if (pid < 0)
        return CM_ANSWER_UNKNOWN;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return CM_ANSWER_UNKNOWN;
    return !WIFEXITED(status) ? CM_ANSWER_UNKNOWN : WEXITSTATUS(status) == 0 ? CM_ANSWER_YES : CM_ANSWER_NO;
}
#else
static enum cm_answer takes_ia32(void)
{
    return CM_ANSWER_NO;
}
#endif

/* "ffffffffff600000-ffffffffff601000 r-xp …": it can be read, where "--xp" can only be executed. */
static enum cm_answer vsyscall_is_readable(const struct cm_runtime *runtime)
{
    CM_AUTO_FREE char *maps = NULL;
    char path[32];

    (void)snprintf(path, sizeof(path), "%d/maps", runtime->pid);
    if (cm_procfs_read(runtime->proc, path, 1 << 20, &maps) < 0)
        return CM_ANSWER_UNKNOWN;
    char *at = strstr(maps, "[vsyscall]");
    if (!at)
        return CM_ANSWER_NO;
    while (at > maps && at[-1] != '\n')
        at--;
    const char *permissions = strchr(at, ' ');
    return permissions && permissions[1] == 'r' ? CM_ANSWER_YES : CM_ANSWER_NO;
}

static enum cm_answer has_swap(const struct cm_runtime *runtime)
{
    CM_AUTO_FREE char *text = NULL;

    if (cm_procfs_read(runtime->proc, "swaps", 1 << 16, &text) < 0)
        return CM_ANSWER_UNKNOWN;
    const char *second = strchr(text, '\n'); /* behind the heads of its columns */
    return second && second[1] ? CM_ANSWER_YES : CM_ANSWER_NO;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t list_names(int dir, struct cm_arena *arena, const char **names, size_t room)
{
    CM_AUTO_DIR DIR *list = NULL;
    const struct dirent *entry;
    size_t n = 0;

    if (cm_dir_take(dir, &list) < 0)
        return 0;
    while (n < room && cm_dir_next(list, &entry) > 0)
        if ((names[n] = cm_arena_strdup(arena, entry->d_name)) != NULL)
            n++;
    qsort(names, n, sizeof(*names), by_name);
    return n;
}

static void look_at_vulnerabilities(struct cm_host_facts *facts)
{
    const char *names[64];
    CM_AUTO_STR struct cm_str open_ones = {0}, mitigated = {0};
    CM_AUTO_CLOSE int dir = open(VULNERABILITIES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int copy = dir < 0 ? dir : fcntl(dir, F_DUPFD_CLOEXEC, 3);
    char text[512];

    if (copy < 0)
        return;
    size_t n = list_names(copy, &facts->arena, names, CM_ARRAY_LEN(names));
    for (size_t i = 0; i < n; i++) {
        if (cm_read_small_at(dir, names[i], text, sizeof(text)) <= 0 || cm_has_prefix(text, "Not affected"))
            continue;
        struct cm_str *list = cm_has_prefix(text, "Mitigation") ? &mitigated : &open_ones; /* "Vulnerable", "Unknown" */
        cm_str_addf(list, "%s%s", list->size > 0 ? ", " : "", names[i]);
    }
    facts->vulnerable = cm_arena_strdup(&facts->arena, open_ones.data ? open_ones.data : "");
    facts->affected = cm_arena_strdup(&facts->arena, mitigated.data ? mitigated.data : "");
}

static void look_at_kernel(const struct cm_runtime *runtime, struct cm_host_facts *facts)
{
    char pattern[256];

    if (cm_procfs_read_value(runtime->proc, "sys/kernel/core_pattern", pattern, sizeof(pattern)) >= 0) {
        pattern[strcspn(pattern, "\n")] = '\0';
        facts->core_pattern = cm_arena_strdup(&facts->arena, pattern);
    }
    facts->ia32 = takes_ia32();
    facts->vsyscall = vsyscall_is_readable(runtime);
    facts->swap = has_swap(runtime);
    look_at_vulnerabilities(facts);
}

/* ---- ids ---- */

/* Lines of kubelet, and whether its ids are casemate's too. */
static void look_at_kubelet(struct cm_host_facts *facts)
{
    static const char *const files[] = {"/etc/subuid", "/etc/subgid"};
    bool lines = false;

    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++) {
        CM_AUTO_FREE char *text = NULL;
        struct cm_subid ranges[8];
        size_t size = 0;
        int r = cm_read_file_at(AT_FDCWD, files[i], ETC_MAX, true, &text, &size);
        if (r < 0 && r != -ENOENT)
            return;
        size_t n = r < 0 ? 0 : cm_subid_of(text, size, "kubelet", UINT32_MAX, ranges, CM_ARRAY_LEN(ranges));
        lines = lines || n > 0;
        for (size_t k = 0; k < n && facts->ids_errnum == 0 && !facts->rootless; k++)
            if (ranges[k].start < facts->ids_end && (uint64_t)ranges[k].start + ranges[k].count > facts->ids_base)
                facts->kubelet_problem = cm_arena_printf(&facts->arena, "its ids %u-%u in %s are among those that casemate hands out", ranges[k].start,
                                                         ranges[k].start + (ranges[k].count - 1), files[i]);
    }
    facts->kubelet = lines ? CM_ANSWER_YES : CM_ANSWER_NO;
}

static void look_at_ids(const struct cm_runtime *runtime, struct cm_host_facts *facts)
{
    struct cm_facts ids = {.rootfs_fd = CM_FD_NONE};

    if (facts->outer_problem) {
        facts->ids_errnum = EPERM;
        facts->ids_reason = facts->outer_problem;
    } else {
        cm_facts_ids(runtime, &ids);
        facts->ids_errnum = ids.ids_available ? 0 : ids.ids_errnum != 0 ? ids.ids_errnum : EPERM;
        facts->ids_reason = ids.ids_reason ? cm_arena_strdup(&facts->arena, ids.ids_reason) : NULL;
        facts->ids_base = ids.id_pool_base;
        facts->ids_end = ids.id_pool_base + (uint64_t)ids.id_pool_slots * CM_SLOT_IDS;
        facts->ids_configured = ids.id_pool_configured;
        cm_facts_done(&ids);
    }
    look_at_kubelet(facts);
}

/* ---- what is our own ---- */

static void look_at_exe(const struct cm_runtime *runtime, struct cm_host_facts *facts)
{
    struct cm_trusted trusted = {.initial = !runtime->rootless, .consequence = "so that somebody else decides what runs as root"};
    char path[PATH_MAX];
    struct cm_error err;
    struct stat st;
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    cm_error_init(&err);
    if (n <= 0 || runtime->rootless) /* there it is a read-only copy by now, and only the caller's own business */
        return;
    path[n] = '\0';
    facts->exe = cm_arena_strdup(&facts->arena, path);
    const char *slash = strrchr(path, '/');
    CM_AUTO_CLOSE int dir = slash ? cm_trusted_walk(&trusted, path, (size_t)(slash - path), &err) : -ENOENT;
    CM_AUTO_CLOSE int fd = dir < 0 ? dir : cm_trusted_open(&trusted, dir, slash + 1, path, O_RDONLY, 0, false, &st, &err);
    if (fd < 0)
        facts->exe_problem = cm_arena_strdup(&facts->arena, err.message);
}

/* The nearest directory above that is there: where it will be made. */
static int open_above(const char *path)
{
    char above[PATH_MAX];
    int fd;

    (void)snprintf(above, sizeof(above), "%s", path);
    while ((fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == ENOENT && strrchr(above, '/')) {
        char *slash = strrchr(above, '/');
        if (slash == above)
            return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        *slash = '\0';
    }
    return fd;
}

static void look_at_state(const struct cm_runtime *runtime, const struct cm_host_request *request, struct cm_host_facts *facts)
{
    const char *path = request->state_root;
    struct statfs fs;
    struct stat st;
    CM_AUTO_CLOSE int there = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int errnum = errno;
    CM_AUTO_CLOSE int above = there < 0 && errnum == ENOENT ? open_above(path) : CM_FD_NONE;
    int fd = there >= 0 ? there : above;

    if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0) {
        facts->state_problem = cm_arena_printf(&facts->arena, "%s cannot be looked at: %s", path, strerror(fd < 0 ? errnum : errno));
        return;
    }
    facts->state_root = cm_arena_strdup(&facts->arena, path);
    facts->state_made = there >= 0 ? CM_ANSWER_YES : CM_ANSWER_NO;
    if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
        facts->state_problem = cm_arena_printf(&facts->arena, "%s is not on a tmpfs, so that what it says outlives a boot", path);
    else if (there >= 0 && st.st_uid != (runtime->rootless ? st.st_uid : 0))
        facts->state_problem = cm_arena_printf(&facts->arena, "%s belongs to uid %u", path, st.st_uid);
    else if (there >= 0 && st.st_mode & 077)
        facts->state_problem = cm_arena_printf(&facts->arena, "%s is open to others (mode %04o)", path, st.st_mode & 07777u);
}

static void look_at_policy(const struct cm_runtime *runtime, const struct cm_host_request *request, struct cm_host_facts *facts)
{
    const struct cm_policy_source source = {request->policy, cm_ns_user_is_initial(runtime->proc, "self/ns/user")};
    struct cm_error err;

    cm_error_init(&err);
    if (cm_policy_load(&source, &facts->arena, &facts->policy, &err) < 0) {
        facts->policy = NULL;
        facts->policy_problem = cm_arena_strdup(&facts->arena, err.message);
    }
}

void cm_host_look(struct cm_runtime *runtime, const struct cm_host_request *request, struct cm_host_facts *facts)
{
    facts->rootless = runtime->rootless;
    facts->outer_problem = request->outer_problem;
    read_numbers(runtime, facts);
    look_at_modules(facts);
    look_at_kernel(runtime, facts);
    look_at_ids(runtime, facts);
    look_at_exe(runtime, facts);
    look_at_state(runtime, request, facts);
    look_at_policy(runtime, request, facts);
}
