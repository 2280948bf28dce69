/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control arm: an attempt without protection, in namespaces made for it alone.
 *
 *   userns   a user namespace first and all others in it, as other runtimes do it; its root has every capability there, no filter, no masks, nothing read-only
 *   masked   the same with masks and read-only binds that belong to it, as runc leaves them
 *   host     the same without a user namespace: root of the host. Only attempts that harm nobody are made there (see escape.h)
 *   bare     like host, and among the processes and cgroups of the host
 *
 * The root is a bind of the given directory with /proc, /sys, /dev, /tmp and a cgroup2 mounted as a container has them, but writable. Run by root of the host.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_ID 2000000000U
#define N_IDS 65536U
#define NEW_TIME 0x80

static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};

static int complain(const char *what)
{
    (void)fprintf(stderr, "escape-probe: control arm: %s: %s\n", what, strerror(errno));
    return -1;
}

static int mount_at(const char *root, const char *at, const char *source, const char *type, unsigned long flags, const char *data)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s%s", root, at);
    return mount(source, path, type, flags, data);
}

static int make_dev(const char *root)
{
    char path[512], host[64];

    if (mount_at(root, "/dev", "tmpfs", "tmpfs", MS_NOSUID, "mode=755") != 0)
        return complain("/dev");
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/dev/%s", root, nodes[i]);
        (void)snprintf(host, sizeof(host), "/dev/%s", nodes[i]);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
        if (fd < 0 || close(fd) != 0 || mount(host, path, NULL, MS_BIND, NULL) != 0)
            return complain(path);
    }
    (void)snprintf(path, sizeof(path), "%s/dev/pts", root);
    (void)mkdir(path, 0755);
    (void)mount("devpts", path, "devpts", 0, "newinstance,ptmxmode=0666,mode=0620");
    (void)snprintf(path, sizeof(path), "%s/dev/shm", root);
    (void)mkdir(path, 0755);
    (void)mount("tmpfs", path, "tmpfs", 0, "mode=1777");
    (void)snprintf(path, sizeof(path), "%s/dev/mqueue", root);
    (void)mkdir(path, 0755);
    (void)mount("mqueue", path, "mqueue", 0, NULL);
    return 0;
}

/* What an unmasking attack aims at. */
static int make_masks(const char *root)
{
    static const char *const files[] = {"/proc/keys", "/proc/kcore", "/proc/timer_list"}, *const readonly[] = {"/proc/sys", "/proc/irq", "/sys", "/sys/fs/cgroup"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)mount_at(root, files[i], "/dev/null", NULL, MS_BIND, NULL); /* not every kernel has all */
    if (mount_at(root, "/sys/firmware", "tmpfs", "tmpfs", MS_RDONLY, NULL) != 0)
        return complain("masks");
    for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++) {
        char path[512];
        bool below_proc = strncmp(readonly[i], "/proc", 5) == 0; /* the others are mounts already */
        (void)snprintf(path, sizeof(path), "%s%s", root, readonly[i]);
        if ((below_proc && mount(path, path, NULL, MS_BIND, NULL) != 0) || mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
            return complain(path);
    }
    return 0;
}

static int make_root(const struct control *control)
{
    const char *root = control->root;


    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0 || mount(root, root, NULL, MS_BIND | MS_REC, NULL) != 0)
        return complain(root);
    if (mount_at(root, "/proc", "proc", "proc", 0, NULL) != 0)
        return complain("proc");
    if (mount_at(root, "/sys", "sysfs", "sysfs", 0, NULL) != 0 || mount_at(root, "/sys/fs/cgroup", "cgroup2", "cgroup2", 0, NULL) != 0)
        return complain("sysfs and cgroup2");
    (void)mount_at(root, "/tmp", "tmpfs", "tmpfs", 0, "mode=1777");
    if (make_dev(root) != 0)
        return -1;
    if (strcmp(control->kind, "masked") == 0 && make_masks(root) != 0)
        return -1;
    if (chdir(root) != 0 || mount(root, "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
        return complain("changing the root");
    return 0;
}

static int write_map(pid_t pid, const char *name)
{
    char path[64], text[64];
    int size = snprintf(text, sizeof(text), "0 %u %u\n", FIRST_ID, N_IDS), fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, (size_t)size) != size)
        return complain(path);
    return close(fd);
}

/* Maps the ids of its parent, which waits for it in a user namespace of its own. */
static int map_parent(int ready)
{
    char byte;
    pid_t parent = getppid();

    if (read(ready, &byte, 1) != 1)
        _exit(1);
    _exit(write_map(parent, "uid_map") != 0 || write_map(parent, "gid_map") != 0);
}

static int enter_userns(void)
{
    int ready[2], status;

    if (pipe2(ready, O_CLOEXEC) != 0)
        return complain("pipe");
    pid_t helper = fork();
    if (helper == 0)
        map_parent(ready[0]);
    if (helper < 0 || unshare(CLONE_NEWUSER) != 0)
        return complain("user namespace");
    if (write(ready[1], "", 1) != 1 || waitpid(helper, &status, 0) != helper || status != 0)
        return complain("id maps");
    if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        return complain("becoming root");
    return prctl(PR_SET_DUMPABLE, 1); /* the change of ids took that away; a container's init has it again after execve */
}

/* Runs as pid 1 of the new pid namespace: a child makes the attempt, as an attempt in a container is no pid 1 either. */
static int first_process(const struct control *control, void (*function)(void *), void *argument)
{
    int status = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (make_root(control) != 0 || setenv("ESCAPE_CONTROL", control->kind, 1) != 0)
        return 120;
    pid_t pid = fork();
    if (pid == 0) {
        function(argument);
        _exit(0);
    }
    for (pid_t ended = 0; pid > 0 && ended != pid;)
        if ((ended = waitpid(-1, &status, 0)) < 0)
            return 121;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 0;
}

static int outer_process(const struct control *control, void (*function)(void *), void *argument)
{
    bool bare = strcmp(control->kind, "bare") == 0, host = bare || strcmp(control->kind, "host") == 0;
    int status, flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | NEW_TIME | (bare ? 0 : CLONE_NEWPID | CLONE_NEWCGROUP);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!host && enter_userns() != 0)
        return 122;
    if (unshare(flags) != 0)
        return (void)complain("namespaces"), 123;
    pid_t pid = fork();
    if (pid == 0)
        _exit(first_process(control, function, argument));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 124;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int in_control_arm(const struct control *control, void (*function)(void *), void *argument)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(outer_process(control, function, argument));
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    if (WEXITSTATUS(status) >= 128) /* as if waited for */
        return WEXITSTATUS(status) - 128;
    return WEXITSTATUS(status) == 0 ? 0 : -1;
}
