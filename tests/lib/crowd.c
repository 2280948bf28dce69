/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crowd GROUPS PROCESSES: runs inside a container and makes /proc/PID/status as long as the kernel lets it: so many additional groups (the same one again and
 * again, of the highest number that is mapped), in so many processes. Prints "ready", and waits to be killed.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    size_t groups = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long processes = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    gid_t *list = calloc(groups + 1, sizeof(*list));

    for (size_t i = 0; list && i < groups; i++)
        list[i] = 65535;
    if (!list || setgroups(groups, list) < 0) {
        perror("setgroups");
        return 1;
    }
    for (unsigned long i = 1; i < processes; i++) {
        pid_t pid = fork();
        if (pid < 0)
            perror("fork");
        if (pid <= 0)
            break;
    }
    if (getpid() == 1 || processes == 1)
        (void)puts("ready");
    (void)fflush(stdout);
    for (;;)
        (void)pause();
}
