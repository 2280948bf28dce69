/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stopwatch: starts commands for a script and times them, adding as little as possible.
 *
 * stopwatch [STDERR-FILE [NULL-DEVICE]]: a request on stdin is one line: the words of a command separated by tabs. The answer is one line:
 * wall, user and system microseconds, peak memory in KiB, exit status (or 128 + signal). Small and static on purpose: a started process
 * inherits its starter's peak memory figure, and a large starter is slow to fork.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    static char line[65536];
    int null = open(argc > 2 ? argv[2] : "/dev/null", O_RDWR | O_CLOEXEC), err = null;
    if (argc > 1)
        err = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    while (fgets(line, sizeof line, stdin)) {
        char *args[256], *save = NULL;
        int n = 0, st = 0;
        struct rusage ru;
        line[strcspn(line, "\n")] = 0;
        for (char *w = strtok_r(line, "\t", &save); w && n < 255; w = strtok_r(NULL, "\t", &save))
            args[n++] = w;
        args[n] = NULL;
        double t = now();
        pid_t pid = vfork();
        if (pid == 0) {
            dup2(null, 0);
            dup2(null, 1);
            dup2(err, 2);
            execvp(args[0], args);
            _exit(127);
        }
        if (pid < 0 || wait4(pid, &st, 0, &ru) != pid)
            return 1;
        t = now() - t;
        printf("%.1f %ld %ld %ld %d\n", t, ru.ru_utime.tv_sec * 1000000L + ru.ru_utime.tv_usec,
               ru.ru_stime.tv_sec * 1000000L + ru.ru_stime.tv_usec, ru.ru_maxrss,
               WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st));
        fflush(stdout);
    }
    return 0;
}
