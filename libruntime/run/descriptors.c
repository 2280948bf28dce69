/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See descriptors.h. Hostile: the environment and the descriptors themselves; engines and service managers leak (CVE-2024-21626), and what is passed on here
 * ends up in the hands of whoever wrote the image.
 */
#include "run/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/str.h"
#include "base/sys.h"
#include "plan/filesystems.h"
#include "run/test_hooks.h"

/* Not in every linux/magic.h: nsfs, pidfs (Linux 6.9). */
#define MAGIC_NSFS 0x6e736673u
#define MAGIC_PIDFS 0x50494446u

/* What the kernel says about a descriptor. */
struct subject {
    const struct cm_runtime *runtime;
    int fd, flags;
    struct stat st;
    unsigned int magic;
    char name[128]; /* where it leads, as /proc shows it */
};

/* Each says why its kind of descriptor is not passed on, or NULL. */

static const char *judge_path(const struct subject *s)
{
    return s->flags & O_PATH ? "it was opened with O_PATH and names a place in the host's file tree" : NULL;
}

static const char *judge_directory(const struct subject *s)
{
    return S_ISDIR(s->st.st_mode) ? "it is a directory: everything below and above it in the host's file tree could be reached" : NULL;
}

static const char *judge_process(const struct subject *s)
{
    bool pidfd = s->magic == MAGIC_PIDFS || strcmp(s->name, "anon_inode:[pidfd]") == 0;

    return pidfd ? "it is a pidfd: a process of the host could be signalled" : NULL;
}

static const char *judge_namespace(const struct subject *s)
{
    return s->magic == MAGIC_NSFS ? "it is a namespace: it could be entered or examined" : NULL;
}

static const char *judge_block(const struct subject *s)
{
    return S_ISBLK(s->st.st_mode) ? "it is a block device of the host: its file systems could be read past every permission" : NULL;
}

static const char *judge_character(const struct subject *s)
{
    static const unsigned int harmless[] = {3, 5, 7, 8, 9}; /* null, zero, full, random, urandom */

    if (!S_ISCHR(s->st.st_mode) || isatty(s->fd))
        return NULL;
    for (size_t i = 0; i < CM_ARRAY_LEN(harmless); i++)
        if (s->st.st_rdev == makedev(1, harmless[i]))
            return NULL;
    return "it is a character device of the host: drivers are reached past the container's device rules";
}

/* Most are handles of kernel machinery (an io_uring works with its maker's credentials, a mount context can be mounted, …); one is a plain counter. */
static const char *judge_anonymous(const struct subject *s)
{
    bool anonymous = (s->st.st_mode & S_IFMT) == 0 || s->magic == ANON_INODE_FS_MAGIC;

    return anonymous && strcmp(s->name, "anon_inode:[eventfd]") != 0 ? "it is a handle of the kernel that is neither file, pipe nor socket" : NULL;
}

static const char *judge_filesystem(const struct subject *s)
{
    if (!S_ISREG(s->st.st_mode))
        return NULL;
    return cm_fs_is_forbidden(s->magic) ? "it is a file of the kernel (procfs, sysfs, cgroup, …): the host's settings and processes" : NULL;
}

/* Local ends of services that do for their clients what a container must not be able to do. By address: another name for the same socket is not seen. */
static bool is_control_socket(int fd)
{
    static const char *const places[] = {"/run/docker", "/run/containerd/", "/run/crio/",    "/run/podman/",        "/run/dbus/",        "/run/systemd/private",
                                         "/run/cri-",   "/run/k3s/",        "/run/libvirt/", "/var/lib/kubelet/",   "/run/udev/control", "/run/buildkit/",
                                         "/run/snapd",  "/run/lxd",         "/run/incus/",   "/run/systemd/userdb/"};
    for (size_t side = 0; side < 2; side++) {
        struct sockaddr_un address = {0};
        socklen_t size = sizeof(address) - 1;
        char text[sizeof(address.sun_path) + 1] = "";
        int r = side == 0 ? getsockname(fd, (struct sockaddr *)&address, &size) : getpeername(fd, (struct sockaddr *)&address, &size);
        if (r < 0)
            continue; /* not connected */
        memcpy(text, address.sun_path, sizeof(address.sun_path));
        const char *path = cm_has_prefix(text, "/var/run/") ? text + strlen("/var") : text;
        for (size_t i = 0; i < CM_ARRAY_LEN(places); i++)
            if (cm_has_prefix(path, places[i]))
                return true;
    }
    return false;
}

static const char *judge_socket(const struct subject *s)
{
    int domain, type;
    socklen_t size = sizeof(domain);

    if (!S_ISSOCK(s->st.st_mode))
        return NULL;
    if (getsockopt(s->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || getsockopt(s->fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return "the kernel does not say what kind of socket it is";
    if (domain == AF_UNIX)
        return is_control_socket(s->fd) ? "it is a control socket of the host: its service does what the container must not" : NULL;
    if ((domain == AF_INET || domain == AF_INET6) && (type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET))
        return NULL;
    return "it is a netlink, packet, raw or other special socket of the host's network, which could be configured or listened in on";
}

/* In this order: the first that objects is the reason. What none objects to is a regular file, a pipe, a terminal, a harmless memory device, an eventfd, a
 * local socket or one of an internet protocol. */
static const char *(*const judges[])(const struct subject *) = {
    judge_path, judge_directory, judge_process, judge_namespace, judge_block, judge_character, judge_anonymous, judge_filesystem, judge_socket,
};

static const char *objection(const struct cm_runtime *runtime, int fd)
{
    struct subject s = {.runtime = runtime, .fd = fd, .flags = fcntl(fd, F_GETFL)};
    struct statfs fs;
    char link[48];

    if (s.flags < 0 || fstat(fd, &s.st) < 0 || fstatfs(fd, &fs) < 0)
        return "the kernel does not say what it is";
    s.magic = (unsigned int)fs.f_type;
    (void)snprintf(link, sizeof(link), "%d/fd/%d", runtime->pid, fd);
    if (readlinkat(runtime->proc, link, s.name, sizeof(s.name) - 1) < 0)
        return "the kernel does not say where it leads";
    for (size_t i = 0; i < CM_ARRAY_LEN(judges); i++) {
        const char *why = judges[i](&s);
        if (why)
            return why;
    }
    return NULL;
}

/* Nothing that is inherited through execve(2) can be close-on-exec, and everything we open is: so this tells the caller's descriptors from ours. */
static bool is_callers(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static uint32_t activated(const struct cm_runtime *runtime)
{
    const char *n = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    uint32_t count, process;

    if (!n || !pid || cm_parse_u32(pid, &process) < 0 || cm_parse_u32(n, &count) < 0)
        return 0;
    return process == (uint32_t)runtime->pid ? count : 0;
}

int cm_passed_judge(const struct cm_runtime *runtime, uint32_t preserve, struct cm_passed *ret, struct cm_error *err)
{
    struct cm_passed passed = {.listen = activated(runtime)};

    /* podman names the descriptors of its own activation in both ways (podman #10443): then they are there once. */
    if (passed.listen > 0 && passed.listen == preserve && preserve <= CM_PASSED_MAX && !is_callers(CM_PASSED_FIRST + (int)passed.listen))
        preserve = 0;
    if (passed.listen > CM_PASSED_MAX || preserve > CM_PASSED_MAX - passed.listen)
        return cm_fail(err, E2BIG, NULL, "%u descriptors of LISTEN_FDS and %u of --preserve-fds are more than the %u that are passed on", passed.listen,
                       preserve, CM_PASSED_MAX);
    passed.n = passed.listen + preserve;
    for (uint32_t i = 0; i < passed.n; i++) {
        int fd = CM_PASSED_FIRST + (int)i;
        bool listening = i < passed.listen;
        uint32_t at = listening ? i : i - passed.listen;
        if (!is_callers(fd) && listening)
            return cm_fail(err, EBADF, NULL, "LISTEN_FDS=%u promises descriptor %d, but it is not open", passed.listen, fd);
        if (!is_callers(fd))
            return cm_fail(err, EBADF, NULL, "unable to stat preserved-fd %u (of %u): descriptor %d is not open", at, preserve, fd);
        const char *why = cm_test_without("passed") ? NULL : objection(runtime, fd);
        if (why)
            return cm_fail(err, EPERM, NULL, "descriptor %d (%s %u of %u) is not passed into a container: %s; leave it out", fd,
                           listening ? "LISTEN_FDS" : "preserved-fd", at, listening ? passed.listen : preserve, why);
    }
    *ret = passed;
    return 0;
}

void cm_passed_close(const struct cm_passed *passed)
{
    if (passed->n > 0)
        (void)cm_close_range(CM_PASSED_FIRST, CM_PASSED_FIRST + passed->n - 1, 0); /* cannot fail with these arguments */
}

int cm_passed_environment(const struct cm_passed *passed, struct cm_plan *plan, struct cm_error *err)
{
    char count[24];

    if (passed->listen == 0)
        return 0;
    (void)snprintf(count, sizeof(count), "LISTEN_FDS=%u", passed->listen);
    int r = cm_plan_set_env(plan, count);
    if (r == 0)
        r = cm_plan_set_env(plan, "LISTEN_PID=1");
    return r < 0 ? cm_fail_errno(err, -r, NULL, "building the environment") : 0;
}
