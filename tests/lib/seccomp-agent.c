/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seccomp-agent SOCKET LOG ANSWER: listens on SOCKET, takes a seccomp listener with each connection, and answers every call it hears with ANSWER: "continue" or
 * a number, the errno. LOG gets one line a message ("state JSON") and one a call ("call NUMBER pid PID"). Runs until it is killed or the test that started it
 * ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int log_fd;
static int answer; /* 0: continue */

static int take_listener(int connection)
{
    static char text[65536];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {text, sizeof(text) - 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fd;
    ssize_t n = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    if (n <= 0 || !c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
        return -1;
    memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    text[n] = '\0';
    (void)dprintf(log_fd, "state %s\n", text);
    return fd;
}

static void serve(int listener)
{
    struct pollfd wait = {.fd = listener, .events = POLLIN};

    for (;;) {
        struct seccomp_notif call;
        struct seccomp_notif_resp response;
        memset(&call, 0, sizeof(call));
        if (poll(&wait, 1, -1) > 0 && wait.revents & POLLHUP) /* nobody has the filter any more; receiving would fail with ENOENT for ever */
            return;
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
            if (errno == EINTR || errno == ENOENT)
                continue;
            return;
        }
        (void)dprintf(log_fd, "call %d pid %u\n", call.data.nr, call.pid);
        memset(&response, 0, sizeof(response));
        response.id = call.id;
        response.error = -answer;
        response.flags = answer == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (argc != 4 || strlen(argv[1]) >= sizeof(address.sun_path) || server < 0)
        return 2;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    answer = strcmp(argv[3], "continue") == 0 ? 0 : atoi(argv[3]);
    log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    strcpy(address.sun_path, argv[1]);
    if (log_fd < 0 || bind(server, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 8) < 0) {
        perror("seccomp-agent");
        return 1;
    }
    for (;;) {
        int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC), listener;
        if (connection < 0)
            continue;
        listener = take_listener(connection);
        (void)close(connection);
        if (listener >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(server);
            serve(listener);
            _exit(0);
        }
        if (listener >= 0)
            (void)close(listener);
    }
}
