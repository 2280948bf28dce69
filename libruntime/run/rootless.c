/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rootless: the same launch one level down. An unprivileged caller first becomes root of an outer user namespace (its own id and its subordinate ids, mapped by
 * newuidmap) with a mount namespace of its own; there the launch runs unchanged, and the container's user namespace is nested in it. Because the caller's files
 * are that root's, our own executable would be writable from a container (CVE-2019-5736): it is executed again from a read-only mount first. Hostile: nothing;
 * the caller attacks only himself here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/io.h"
#include "base/sys.h"
#include "idmap/subid.h"
#include "ns/identity.h"
#include "run/look.h"
#include "run/runtime.h"

#define MAX_RANGES 8
/* Told to ourselves across the execution. Whoever sets it himself only changes what his own ids are called: they are judged either way. */
#define MADE_OUTER "CASEMATE_MADE_OUTER"
#define ID_FILE_MAX ((size_t)4 << 20)

/* The caller's name in /etc/passwd; subuid lines may use it instead of the number. No NSS in a static program. */
static void find_name(uid_t uid, char *name, size_t size)
{
    CM_AUTO_FREE char *text = NULL;
    size_t length;

    name[0] = '\0';
    if (cm_read_file_at(AT_FDCWD, "/etc/passwd", ID_FILE_MAX, true, &text, &length) < 0)
        return;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *colon = strchr(line, ':'), *number = colon ? strchr(colon + 1, ':') : NULL;
        uint32_t id;
        if (!number)
            continue;
        number[1 + strcspn(number + 1, ":")] = '\0';
        if (cm_parse_u32(number + 1, &id) == 0 && id == uid) {
            *colon = '\0';
            (void)snprintf(name, size, "%s", line);
            return;
        }
    }
}

/* Arguments for newuidmap or newgidmap: PID 0 CALLER 1, then the subordinate ranges one after the other. */
struct map_command {
    const char *program;
    char text[3 + 3 * (MAX_RANGES + 1)][16];
    char *argv[3 + 3 * (MAX_RANGES + 1)];
};

static void add_extent(struct map_command *command, size_t *n, uint32_t inside, uint32_t outside, uint32_t count)
{
    const uint32_t numbers[] = {inside, outside, count};

    for (size_t i = 0; i < CM_ARRAY_LEN(numbers); i++) {
        (void)snprintf(command->text[*n], sizeof(command->text[0]), "%u", numbers[i]);
        command->argv[*n] = command->text[*n];
        (*n)++;
    }
}

static int prepare_map(struct map_command *command, const char *program, const char *file, const char *name, uint32_t id, pid_t pid, struct cm_error *err)
{
    CM_AUTO_FREE char *text = NULL;
    struct cm_subid ranges[MAX_RANGES];
    size_t size, n = 0, count = 0;
    uint32_t inside = 1;

    if (cm_read_file_at(AT_FDCWD, file, ID_FILE_MAX, true, &text, &size) == 0)
        count = cm_subid_of(text, size, name, cm_euid(), ranges, MAX_RANGES);
    if (count == 0)
        return cm_fail(err, EPERM, NULL, "user %s has no subordinate ids in %s; add a line such as \"%s:100000:65536\" as root", *name ? name : "(unnamed)",
                       file, name);
    command->program = program;
    (void)snprintf(command->text[n], sizeof(command->text[0]), "%s", strrchr(program, '/') + 1);
    command->argv[n] = command->text[n];
    n++;
    (void)snprintf(command->text[n], sizeof(command->text[0]), "%d", (int)pid);
    command->argv[n] = command->text[n];
    n++;
    add_extent(command, &n, 0, id, 1);
    for (size_t i = 0; i < count; i++) {
        add_extent(command, &n, inside, ranges[i].start, ranges[i].count);
        if (__builtin_add_overflow(inside, ranges[i].count, &inside))
            return cm_fail(err, ERANGE, NULL, "the ranges of %s in %s are larger than 2^32 ids together", name, file);
    }
    command->argv[n] = NULL;
    return 0;
}

/* Runs one of the two set-user-id programs to the end, in a process that stayed outside. */
static int run_map_command(const struct map_command *command)
{
    static char *const no_environment[] = {NULL};
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0) {
        (void)execve(command->program, command->argv, no_environment);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The process that stays outside: waits until we are in the new namespace, then writes both maps. Its exit status says what went wrong. */
static pid_t start_mapper(const struct map_command commands[2], const int ready[2])
{
    pid_t parent = getpid(), pid = fork();
    char byte;

    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)cm_close(ready[1]); /* or the end would never be read */
    if (getppid() != parent || cm_read_full(ready[0], &byte, 1) != 1)
        _exit(126);
    for (int i = 0; i < 2; i++) {
        int status = run_map_command(&commands[i]);
        if (status != 0)
            _exit(status == 127 ? 127 : 1);
    }
    _exit(0);
}

static int collect_mapper(pid_t pid, struct cm_error *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return cm_fail_errno(err, errno, NULL, "waiting for newuidmap");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return cm_fail(err, ENOENT, NULL, "newuidmap and newgidmap are not installed; install the package uidmap");
    return cm_fail(err, EPERM, NULL, "newuidmap or newgidmap refused the caller's subordinate ids; compare /etc/subuid and /etc/subgid");
}

static int enter_outer(struct cm_error *err)
{
    struct map_command commands[2] = {0};
    char name[64];
    int ready[2];
    uid_t uid = cm_euid();
    gid_t gid = getegid();

    find_name(uid, name, sizeof(name));
    int r = prepare_map(&commands[0], "/usr/bin/newuidmap", "/etc/subuid", name, uid, getpid(), err);
    if (r == 0)
        r = prepare_map(&commands[1], "/usr/bin/newgidmap", "/etc/subgid", name, gid, getpid(), err);
    if (r < 0)
        return r;
    if (pipe2(ready, O_CLOEXEC) < 0)
        return cm_fail_errno(err, errno, NULL, "making a pipe");
    CM_AUTO_CLOSE int read_end = ready[0];
    CM_AUTO_CLOSE int write_end = ready[1];
    pid_t mapper = start_mapper(commands, ready);
    if (mapper < 0)
        return cm_fail_errno(err, errno, NULL, "starting newuidmap");
    read_end = cm_close(read_end);

    /* newuidmap only serves a process whose /proc directory is the caller's: dumpable for this moment. */
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
        const char *hint = errno == ENOSPC || errno == EPERM || errno == EUSERS
                               ? "; unprivileged user namespaces must be allowed (sysctl user.max_user_namespaces)"
                               : "";
        (void)cm_fail_errno(err, errno, NULL, "making the outer user namespace%s", hint);
        write_end = cm_close(write_end); /* the mapper reads the end and exits */
        (void)waitpid(mapper, NULL, 0);
        return -err->errnum;
    }
    r = cm_write_full(write_end, "1", 1);
    write_end = cm_close(write_end);
    int collected = collect_mapper(mapper, err);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (r < 0 || collected < 0)
        return collected < 0 ? collected : cm_fail_errno(err, -r, NULL, "waking newuidmap");
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "becoming root of the outer user namespace");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "hiding the process");
    return setenv(MADE_OUTER, "1", 1) < 0 ? cm_fail_errno(err, errno, NULL, "adding " MADE_OUTER " to the environment") : 0;
}

bool cm_rootless_made_outer(void)
{
    return getenv(MADE_OUTER) != NULL;
}

/* Is our executable's owner somebody in this namespace (and so perhaps in a container)? Unmapped owners read as the overflow id. */
static bool executable_is_exposed(void)
{
    struct statvfs fs;
    struct stat st;
    CM_AUTO_CLOSE int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
        return true;
    return st.st_uid != 65534 && !(fs.f_flag & ST_RDONLY);
}

/* Our own executable. */
struct executable {
    char path[PATH_MAX];
    struct stat file;
};

/* To be asked before the mount namespace is left: if nobody else is in it, its mounts come apart, and the path begins at that of the executable. */
static int find_executable(struct executable *ret, struct cm_error *err)
{
    ssize_t n = readlink("/proc/self/exe", ret->path, sizeof(ret->path) - 1);

    if (n < 0 || stat("/proc/self/exe", &ret->file) < 0)
        return cm_fail_errno(err, errno, NULL, "looking at our own executable");
    ret->path[n] = '\0';
    return 0;
}

/* Executes the same program again from a detached read-only mount of its file. Returns only on failure. */
static int execute_readonly_copy(const struct executable *self, char *const argv[], struct cm_error *err)
{
    struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY}, private = {.propagation = (uint64_t)MS_PRIVATE};
    const char *path = self->path;
    struct stat got;

    if (cm_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private) < 0)
        return cm_fail_errno(err, errno, NULL, "making the outer mounts private");
    CM_AUTO_CLOSE int mount = cm_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
    if (mount < 0 || fstat(mount, &got) < 0 || cm_mount_setattr(mount, "", AT_EMPTY_PATH, &readonly) < 0)
        return cm_fail_errno(err, errno, NULL, "making a read-only mount of %s", path);
    if (self->file.st_dev != got.st_dev || self->file.st_ino != got.st_ino)
        return cm_fail(err, ESTALE, NULL, "%s is not the running program any more; start it again", path);
    (void)cm_execveat(mount, "", argv, environ, AT_EMPTY_PATH);
    return cm_fail_errno(err, errno, NULL, "executing the read-only copy of %s", path);
}

int cm_rootless_enter(char *const argv[], struct cm_error *err)
{
    bool root = cm_euid() == 0;
    struct executable self;

    if (root && cm_ns_user_is_initial(AT_FDCWD, "/proc/self/ns/user"))
        return 0; /* host root */
    int r = find_executable(&self, err);
    if (r < 0)
        return r;
    if (!root) {
        r = enter_outer(err);
        /* Always by a new execution: the /proc files of a hidden process belong to the root of the namespace it was executed in, which so becomes the outer
         * one. */
        return r < 0 ? r : execute_readonly_copy(&self, argv, err);
    } else if (executable_is_exposed() && unshare(CLONE_NEWNS) < 0) {
        return cm_fail_errno(err, errno, NULL, "making an outer mount namespace");
    }
    return executable_is_exposed() ? execute_readonly_copy(&self, argv, err) : 0;
}

/* The user namespace that owns the container's mount namespace: the outer one in which it was made. *ret_own: we are in it. */
static int open_outer(const struct cm_runtime *runtime, const struct cm_record *record, bool *ret_own, struct cm_error *err)
{
    CM_AUTO_CLOSE int pidfd = cm_record_pidfd(record, runtime->proc);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    struct cm_ns_id outer, own;
    char path[32];

    if (pidfd < 0)
        return pidfd; /* exec says that it is stopped */
    (void)snprintf(path, sizeof(path), "%d/ns/mnt", (int)record->pid);
    CM_AUTO_CLOSE int mounts = openat(runtime->proc, path, O_RDONLY | O_CLOEXEC); /* a magic link: following it is the point */
    if (mounts < 0)
        return cm_fail_errno(err, errno, NULL, "opening the mount namespace of container %s; only the user who made it may join it", record->id);
    if (poll(&ended, 1, 0) != 0) /* the number was that process's while we looked, if it still is */
        return -ESRCH;
    CM_AUTO_CLOSE int fd = ioctl(mounts, NS_GET_USERNS);
    (void)snprintf(path, sizeof(path), "%d", runtime->pid);
    int r = fd < 0 ? -errno : cm_ns_identify(fd, &outer);
    if (r == 0)
        r = cm_ns_identify_of(runtime->proc, path, OCI_NS_USER, &own);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "finding the user namespace that container %s was made in; only the user who made it may join it", record->id);
    *ret_own = cm_ns_same(&outer, &own);
    return CM_TAKE_FD(fd);
}

int cm_rootless_join(const char *root, const char *id, char *const argv[], struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CM_RUNTIME_NONE;
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    struct executable self;
    bool own = false;

    if (cm_euid() == 0 && cm_ns_user_is_initial(AT_FDCWD, "/proc/self/ns/user"))
        return 0; /* host root */
    int r = cm_runtime_open(&(struct cm_runtime_options){.root = root, .root_is_default = true, .need_root = true}, &runtime, err);
    if (r == 0)
        r = cm_look_open(&runtime, id, false, &entry, err);
    if (r == 0)
        r = cm_record_read(&entry, &record, err);
    if (r < 0)
        return r;
    CM_AUTO_CLOSE int outer = open_outer(&runtime, record, &own, err);
    if (outer < 0)
        return outer == -ESRCH ? 0 : outer;
    if (own)
        return cm_rootless_enter(argv, err);
    r = find_executable(&self, err);
    if (r < 0)
        return r;
    /* Who made a user namespace has every capability in it (user_namespaces(7)); newuidmap is not needed, its map is there. */
    if (setns(outer, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
        return cm_fail_errno(err, errno, NULL, "entering the user namespace that container %s was made in", id);
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "becoming root of the outer user namespace");
    return execute_readonly_copy(&self, argv, err);
}
