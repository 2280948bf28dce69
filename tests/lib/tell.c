/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tell WORD…: sends each word as a datagram to $NOTIFY_SOCKET, then waits to be killed. "-" waits a second, "big" is more than a message may have, "fd" sends a
 * descriptor along. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_one(int fd, struct sockaddr_un *to, char *word)
{
    char big[5000];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {.bytes = {0}};
    struct iovec iov = {word, strlen(word)};
    struct msghdr message = {.msg_name = to, .msg_namelen = sizeof(*to), .msg_iov = &iov, .msg_iovlen = 1};

    if (strcmp(word, "big") == 0) {
        memset(big, 'x', sizeof(big));
        memcpy(big, "READY=1\n", 8);
        iov = (struct iovec){big, sizeof(big)};
    }
    if (strcmp(word, "fd") == 0) {
        static char store[] = "FDSTORE=1";
        int given = open("/", O_RDONLY | O_CLOEXEC);
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &given, sizeof(given));
        iov = (struct iovec){store, sizeof(store) - 1};
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
    }
    if (sendmsg(fd, &message, 0) < 0)
        perror(word);
}

int main(int argc, char **argv)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char *name = getenv("NOTIFY_SOCKET");

    if (!name || strlen(name) >= sizeof(to.sun_path) || fd < 0)
        return 3;
    memcpy(to.sun_path, name, strlen(name));
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-") == 0)
            (void)sleep(1);
        else
            send_one(fd, &to, argv[i]);
    (void)pause();
    return 0;
}
