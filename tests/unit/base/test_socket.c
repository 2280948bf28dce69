/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Local sockets: long and dead paths, descriptors through them, and what a hostile other end sends. */
#include "check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/socket.h"

static int listen_in(const char *directory, const char *name, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CM_AUTO_CLOSE int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
    CHECK_INT(chdir(directory), 0);
    CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(listen(fd, backlog), 0);
    CHECK_INT(fchdir(here), 0);
    return fd;
}

static int connect_to(const char *path, struct cm_error *err)
{
    cm_error_init(err);
    return cm_socket_connect(path, err);
}

TEST(a_socket_is_reached_by_a_path_of_any_length)
{
    char top[] = "/tmp/casemate-socket-XXXXXX", path[600], cwd[4096], now[4096];
    struct cm_error err;

    CHECK(mkdtemp(top) != NULL);
    CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
    int n = snprintf(path, sizeof(path), "%s", top);
    for (int i = 0; i < 3; i++) {
        n += snprintf(path + n, sizeof(path) - (size_t)n, "/%0100d", i);
        CHECK_INT(mkdir(path, 0700), 0);
    }
    CM_AUTO_CLOSE CM_UNUSED int listener = listen_in(path, "socket", 5);
    (void)snprintf(path + n, sizeof(path) - (size_t)n, "/socket");
    CM_AUTO_CLOSE int fd = connect_to(path, &err);
    CHECK(fd >= 0);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK(getcwd(now, sizeof(now)) != NULL);
    CHECK_STR(now, cwd);

    CHECK_INT(unlink(path), 0);
    CHECK_INT(connect_to(path, &err), -ENOENT);
    CHECK(strncmp(err.message, "dial unix /tmp/casemate-socket-", 31) == 0);
    CHECK(getcwd(now, sizeof(now)) != NULL);
    CHECK_STR(now, cwd);
    for (; strlen(path) > strlen(top); *strrchr(path, '/') = '\0')
        (void)remove(path);
    CHECK_INT(rmdir(top), 0);
}

TEST(what_is_no_living_socket)
{
    char top[] = "/tmp/casemate-socket-XXXXXX", path[128], name[300];
    struct cm_error err;

    CHECK(mkdtemp(top) != NULL);
    (void)snprintf(path, sizeof(path), "%s/socket", top);
    CHECK_INT(connect_to(path, &err), -ENOENT);
    CHECK(strstr(err.message, "dial unix /tmp/") == err.message && strstr(err.message, ": connect: No such file"));
    (void)close(listen_in(top, "socket", 5)); /* a dead one */
    CHECK_INT(connect_to(path, &err), -ECONNREFUSED);
    (void)unlink(path);
    (void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    CHECK_INT(connect_to(path, &err), -ECONNREFUSED);
    CHECK_INT(connect_to(top, &err), -ECONNREFUSED);
    CHECK_INT(connect_to("", &err), -ENOENT);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    CHECK_INT(connect_to(name, &err), -ENAMETOOLONG);
    (void)unlink(path);
    CHECK_INT(rmdir(top), 0);
}

TEST(nobody_accepts)
{
    char top[] = "/tmp/casemate-socket-XXXXXX", path[128];
    struct timespec before, after;
    struct cm_error err;
    int held[8], n = 0;

    CHECK(mkdtemp(top) != NULL);
    (void)snprintf(path, sizeof(path), "%s/socket", top);
    CM_AUTO_CLOSE CM_UNUSED int listener = listen_in(top, "socket", 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    while (n < 8 && (held[n] = connect_to(path, &err)) >= 0)
        n++;
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(n > 0 && n < 8);
    CHECK_INT(err.errnum, ETIMEDOUT);
    CHECK(after.tv_sec - before.tv_sec < 30);
    while (n > 0)
        (void)close(held[--n]);
    (void)unlink(path);
    CHECK_INT(rmdir(top), 0);
}

TEST(a_descriptor_passes)
{
    int pair[2], fd = CM_FD_NONE;
    char text[8];
    struct stat a, b;

    CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    CHECK_INT(cm_socket_send_fd(pair[0], "name", 4, STDIN_FILENO), 0);
    CHECK_INT(cm_socket_receive_fd(pair[1], text, sizeof(text), &fd), 4);
    CHECK(memcmp(text, "name", 4) == 0);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK_INT(fstat(fd, &a) | fstat(STDIN_FILENO, &b), 0);
    CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    (void)close(fd);
    CHECK_INT(send(pair[0], "x", 1, 0), 1);
    CHECK_INT(cm_socket_receive_fd(pair[1], text, sizeof(text), &fd), 1);
    CHECK_INT(fd, CM_FD_NONE);
    CHECK_INT(send(pair[0], "longer than that", 16, 0), 16);
    CHECK_INT(cm_socket_receive_fd(pair[1], text, sizeof(text), &fd), -EPROTO);
    (void)close(pair[0]);
    CHECK_INT(cm_socket_receive_fd(pair[1], text, sizeof(text), &fd), 0);
    (void)close(pair[1]);
}

static int first_free(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

    (void)close(fd);
    return fd;
}

TEST(a_flood_of_descriptors_is_refused_and_none_is_kept)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(20 * sizeof(int))];
    } control = {0};
    int pair[2], fds[20], fd = CM_FD_NONE;
    char byte = 'x';
    struct iovec iov = {&byte, 1};

    CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    int before = first_free();
    for (size_t n = 2; n <= 20; n += 6) {
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
        memset(fds, 0, sizeof(fds)); /* standard input, many times */
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(n * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, n * sizeof(int));
        CHECK_INT(sendmsg(pair[0], &message, 0), 1);
        CHECK_INT(cm_socket_receive_fd(pair[1], &byte, 1, &fd), -EPROTO);
        CHECK_INT(fd, CM_FD_NONE);
        CHECK_INT(first_free(), before);
    }
    (void)close(pair[0]);
    (void)close(pair[1]);
}
