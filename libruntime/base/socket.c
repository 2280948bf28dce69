/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See socket.h. Hostile: whoever holds the other end. */
#include "base/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

/* An engine listens before it calls us, with room in its queue: whoever has none for this long is stuck. */
#define PATIENCE_SECONDS 5

static int fail_dial(struct cm_error *err, int errnum, const char *path)
{
    if (errnum == EAGAIN)
        return cm_fail(err, ETIMEDOUT, NULL, "dial unix %s: connect: nobody accepted a connection within %d s", path, PATIENCE_SECONDS);
    return cm_fail_errno(err, errnum, NULL, "dial unix %s: connect", path);
}

static int connect_name(int socket, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);

    if (size >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, name, size);
    int r;
    do
        r = connect(socket, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1));
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

/* An address holds 107 bytes; a longer path is taken apart, and the socket named from its directory. */
static int connect_from_directory(int socket, const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;

    if (!slash || size >= sizeof(directory))
        return -ENAMETOOLONG;
    memcpy(directory, path, size);
    directory[size] = '\0';
    CM_AUTO_CLOSE int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CM_AUTO_CLOSE int there = open(size > 0 ? directory : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0 || there < 0 || fchdir(there) < 0)
        return -errno;
    int r = connect_name(socket, slash + 1);
    if (fchdir(here) < 0) /* relative paths would mean something else from here on */
        return -errno;
    return r;
}

int cm_socket_connect(const char *path, struct cm_error *err)
{
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return cm_fail_errno(err, errno, NULL, "dial unix %s: socket", path);
    if (!path[0]) /* the kernel would bind us to a name of its choice */
        return fail_dial(err, ENOENT, path);
    /* bounds connect(2) as well as sendmsg(2): unix(7) sockets wait for the peer's queue with it */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
        return cm_fail_errno(err, errno, NULL, "dial unix %s: setsockopt", path);
    int r = connect_name(fd, path);
    if (r == -ENAMETOOLONG)
        r = connect_from_directory(fd, path);
    return r < 0 ? fail_dial(err, -r, path) : CM_TAKE_FD(fd);
}

int cm_socket_send_fd(int socket, const void *data, size_t size, int fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)data, size};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n;

    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    do
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

/* Closes all descriptors of a message but the first, which it returns. */
static int take_descriptors(struct msghdr *message, int *ret_n)
{
    int first = CM_FD_NONE;

    *ret_n = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
            *ret_n += 1;
            if (first < 0)
                first = fd;
            else
                (void)close(fd); /* really, also when descriptors are only forgotten: these are not ours */
        }
    }
    return first;
}

ssize_t cm_socket_receive_fd(int socket, void *data, size_t size, int *ret_fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec iov = {data, size};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int count;
    ssize_t n;

    do
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    int fd = take_descriptors(&message, &count);
    if (count > 1 || message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) {
        if (fd >= 0)
            (void)close(fd);
        return -EPROTO;
    }
    *ret_fd = fd;
    return n;
}
