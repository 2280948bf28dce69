/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See notify.h. Hostile: everything that comes out of the container's socket, and how fast it comes. */
#include "run/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/socket.h"

#define SOCKET_NAME CM_NOTIFY_DIRECTORY "/notify.sock"
#define BARRIER_MS 30000
#define SEND_SECONDS 5
/* After a message that is not the one: a flood costs its sender, not us. */
#define PAUSE_MS 5

static int connect_host(const char *name, struct cm_error *err)
{
    const struct timeval patience = {.tv_sec = SEND_SECONDS};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || size >= sizeof(address.sun_path) || size < 2)
        return cm_fail(err, EINVAL, NULL, "NOTIFY_SOCKET=%.128s is neither an absolute path nor an abstract name of at most %zu bytes; correct or unset it",
                       name, sizeof(address.sun_path) - 1);
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, name, size);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        connect(fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0)
        return cm_fail_errno(err, errno, NULL, "connecting to NOTIFY_SOCKET=%s; unset it if nobody listens", name);
    return CM_TAKE_FD(fd);
}

/* An address holds 107 bytes, which a state directory's path may exceed: the name is relative to it. */
static int bind_inside(int entry, struct cm_error *err)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_NAME};
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CM_AUTO_CLOSE int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)unlinkat(entry, SOCKET_NAME, 0); /* of a start that was killed */
    if (fd < 0 || here < 0 || fchdir(entry) < 0)
        return cm_fail_errno(err, errno, NULL, "preparing the container's notify socket");
    int r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    if (fchdir(here) < 0) /* relative paths would mean something else from here on */
        return cm_fail_errno(err, errno, NULL, "returning to the working directory");
    /* Sending needs write permission on it, and who sends is an id of the container. Nobody else gets to the state directory. */
    if (r == 0 && fchmodat(entry, SOCKET_NAME, 0666, 0) < 0)
        r = -errno;
    return r < 0 ? cm_fail_errno(err, -r, NULL, "binding the container's notify socket") : CM_TAKE_FD(fd);
}

bool cm_notify_wanted(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct cm_error reason;

    if (!name || !*name)
        return false;
    int host = connect_host(name, &reason);
    if (host < 0)
        cm_log(CM_LOG_WARNING, "nobody will hear that the container is ready: %s", reason.message);
    (void)cm_close(host);
    return host >= 0;
}

int cm_notify_open(int entry, struct cm_notify *ret, struct cm_error *err)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct stat st;

    *ret = CM_NOTIFY_NONE;
    if (!name || !*name)
        return 0;
    if (fstatat(entry, CM_NOTIFY_DIRECTORY, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        cm_log(CM_LOG_WARNING, "NOTIFY_SOCKET is set, but the container was created without it and cannot say that it is ready");
        return 0;
    }
    ret->host = connect_host(name, err);
    if (ret->host >= 0)
        ret->inside = bind_inside(entry, err);
    if (ret->host >= 0 && ret->inside >= 0)
        return 0;
    cm_notify_close(ret);
    return -err->errnum;
}

void cm_notify_close(struct cm_notify *notify)
{
    notify->host = cm_close(notify->host);
    notify->inside = cm_close(notify->inside);
}

/* A whole line of it, exactly: what else there is may be meant for the manager, but is not for the container to say. */
static bool says_ready(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strcspn(line, "\n") == strlen("READY=1") && strncmp(line, "READY=1", strlen("READY=1")) == 0)
            return true;
    return false;
}

static void tell(const struct cm_notify *notify, const char *text)
{
    if (send(notify->host, text, strlen(text), MSG_NOSIGNAL) < 0)
        cm_log(CM_LOG_WARNING, "the service manager was not told \"%.*s\": %s", (int)strcspn(text, "\n"), text, strerror(errno));
}

/* recv(2) without room for control data: the kernel drops descriptors that come along. Longer messages are cut and do not count. */
static bool receive_ready(const struct cm_notify *notify)
{
    char text[4097];
    ssize_t n = recv(notify->inside, text, sizeof(text), MSG_TRUNC);

    if (n < 0 || (size_t)n >= sizeof(text))
        return false;
    text[n] = '\0';
    return strlen(text) == (size_t)n && says_ready(text);
}

bool cm_notify_take(struct cm_notify *notify)
{
    if (!receive_ready(notify)) {
        (void)poll(NULL, 0, PAUSE_MS);
        return false;
    }
    tell(notify, "READY=1\n");
    cm_notify_close(notify);
    return true;
}

/* The manager closes the pipe when it has worked off what came before (sd_notify_barrier(3)): it looks up the sender, which must exist until then. */
static void pass_barrier(const struct cm_notify *notify)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    int r = cm_socket_send_fd(notify->host, "BARRIER=1", strlen("BARRIER=1"), ends[1]);
    (void)close(ends[1]); /* really: the manager's copy must be the last */
    struct pollfd end = {.fd = ends[0]};
    if (r == 0 && poll(&end, 1, BARRIER_MS) == 0)
        cm_log(CM_LOG_WARNING, "the service manager did not take the notification within %d s", BARRIER_MS / 1000);
    (void)close(ends[0]);
}

void cm_notify_wait(struct cm_notify *notify, int pidfd, pid_t pid)
{
    char text[32];

    for (;;) {
        struct pollfd wait[] = {{.fd = pidfd, .events = POLLIN}, {.fd = notify->inside, .events = POLLIN}};
        int n = poll(wait, CM_ARRAY_LEN(wait), -1);
        if (n < 0 && errno != EINTR)
            return;
        if (n > 0 && wait[1].revents && receive_ready(notify))
            break;
        if (n > 0 && wait[0].revents)
            return;
        if (n > 0)
            (void)poll(NULL, 0, PAUSE_MS);
    }
    (void)snprintf(text, sizeof(text), "MAINPID=%d\n", (int)pid);
    tell(notify, "READY=1\n");
    tell(notify, text);
    pass_barrier(notify);
}
