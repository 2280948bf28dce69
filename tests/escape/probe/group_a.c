/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group A: hostile images and what they leave inside; and the one who exchanges files of an image while containers are made of it. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEVELS 40
#define EXCHANGE 2

/* ---- A07: where the working directory is ---- */

/* From the working directory upwards, at every level: is there a way to the host's canary directory? */
static long walk_upwards(const char *argument)
{
    const char *canary = getenv("ESCAPE_CANARY");
    char here[4096];
    struct stat s, last = {0};
    int fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)argument;
    if (!canary || fd < 0)
        return absent("no canary to look for");
    if (syscall(SYS_getcwd, here, sizeof(here)) < 0 || here[0] != '/') /* "(unreachable)/…" */
        return held(false, "the working directory is outside of the root: %s", strerror(errno));
    for (int level = 0; level < LEVELS && fd >= 0; level++) {
        if (fstatat(fd, canary + 1, &s, 0) == 0)
            return held(false, "%s is there %d levels above the working directory", canary, level);
        if (fstat(fd, &s) != 0 || (level > 0 && s.st_ino == last.st_ino && s.st_dev == last.st_dev))
            break;
        last = s;
        fd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    return held(true, "%s", here);
}

/* ---- A16: the cgroup filesystem ---- */

static long make_cgroup(const char *argument)
{
    const char *path = "/sys/fs/cgroup/escape-probe";
    int r = mkdir(path, 0755), saved = errno;

    (void)argument;
    if (r == 0)
        (void)rmdir(path);
    errno = saved;
    return r;
}

static long write_cgroup(const char *argument)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", argument);
    return open_path(path, O_WRONLY);
}

/* ---- A27, A28: what an image brings along; the driver put it into /escape ---- */

static long open_node(const char *argument)
{
    char path[128];
    struct stat s;
    const char *colon = strchr(argument, ':');

    (void)snprintf(path, sizeof(path), "/escape/%.*s", colon ? (int)(colon - argument) : (int)strlen(argument), argument);
    if (lstat(path, &s) != 0)
        return absent("%s is not there", path);
    return open_path(path, colon ? O_WRONLY : O_RDONLY);
}

/* Runs a program of the image as uid 1000; its exit status says what it gained. */
static long gains(const char *program, const char *what)
{
    int status;
    pid_t pid = fork();

    if (access(program, F_OK) != 0)
        return absent("%s is not there", program);
    if (pid == 0) {
        char *const arguments[] = {(char *)program, (char *)"--agent", (char *)what, NULL}, *const none[] = {NULL};
        if (geteuid() != 1000 && (setgroups(0, NULL) != 0 || setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0))
            _exit(99);
        (void)execve(program, arguments, none);
        _exit(98);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    if (WEXITSTATUS(status) == 98) /* not even executed */
        return held(true, "not executed");
    if (WEXITSTATUS(status) == 99)
        return absent("cannot become uid 1000 here");
    return held(WEXITSTATUS(status) == 0, "%s", what);
}

static long run_set_id(const char *argument)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "/escape/%s", argument);
    return gains(path, "effective-ids");
}

static long run_file_capability(const char *argument)
{
    (void)argument;
    return gains("/escape/file-capability", "effective-capabilities");
}

static long no_new_privs(const char *argument)
{
    char value[16];

    (void)argument;
    return held(status_field("NoNewPrivs", value, sizeof(value)) && strcmp(value, "1") == 0, "NoNewPrivs");
}

const struct attempt group_a[] = {
    {.row = "A07", .name = "walk", .run = walk_upwards},
    {.row = "A16", .name = "mkdir", .run = make_cgroup},
    {.row = "A16", .name = "open-w", .run = write_cgroup, .each = "cgroup.procs cgroup.subtree_control cgroup.threads"},
    {.row = "A27", .name = "node", .run = open_node, .each = "mem mem:w kmsg disk disk:w null:w"},
    {.row = "A27", .name = "set-id", .run = run_set_id, .each = "set-user-id set-group-id"},
    {.row = "A27", .name = "no-new-privs", .run = no_new_privs},
    {.row = "A28", .name = "file-capability", .run = run_file_capability},
    {.name = NULL},
};

/* ---- agents ---- */

static int effective_ids(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return geteuid() == 1000 && getegid() == 1000 ? 0 : 1;
}

static int effective_capabilities(int argc, char **argv)
{
    char value[64];

    (void)argc;
    (void)argv;
    return status_field("CapEff", value, sizeof(value)) && strtoull(value, NULL, 16) == 0 ? 0 : 1;
}

/* swap COUNTER SEED A B [A B]...: exchanges each pair with random pauses below 100 µs until it is killed; how often is in the file, as a 64-bit integer. */
static int swap(int argc, char **argv)
{
    int fd = argc > 4 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    volatile uint64_t *counter = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    if (counter == MAP_FAILED)
        return 2;
    for (;;)
        for (int i = 3; i + 1 < argc; i += 2) {
            if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], EXCHANGE) != 0 && errno != ENOENT) /* the driver may take them away */
                return 1;
            ++*counter;
            state = state * 6364136223846793005U + 1442695040888963407U;
            struct timespec pause = {.tv_nsec = (long)(state >> 40) % 100000};
            (void)nanosleep(&pause, NULL);
        }
}

/* measured FILE COMMAND...: runs the command and writes its largest resident set in KiB to the file. Small itself: a process begins as large as its maker. */
static int measured(int argc, char **argv)
{
    int status;
    struct rusage usage;
    pid_t pid = argc > 2 ? fork() : -1;

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        return 126;
    FILE *file = fopen(argv[1], "we");
    if (file) {
        (void)fprintf(file, "%ld\n", usage.ru_maxrss);
        (void)fclose(file);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const struct agent agents_a[] = {
    {"effective-ids", effective_ids}, {"effective-capabilities", effective_capabilities}, {"swap", swap}, {"measured", measured}, {NULL, NULL},
};
