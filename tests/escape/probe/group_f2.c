/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group F, rows 00 and 01: every file below a directory of the kernel's, and whether it can be written or read. What is not on the list that is checked in
 * (writable.txt and readable.txt of data, in the container in /escape) is an escape and is named: so a file that a later kernel adds does not pass unseen.
 *
 * A list has patterns of fnmatch(3), in which * matches everything, one a line; "!" before one says never, whatever the others say. The pid of the process is
 * written "self", a thread's "N".
 */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LIST_SIZE (64 * 1024)
#define DEPTH_MAX 24

static char list[LIST_SIZE];
static char findings[1800];
static long n_found;

static bool list_matches(const char *path, char kind)
{
    char pattern[256];

    for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t size = strcspn(line, "\n"), skip = kind == '!';
        if (size == 0 || size >= sizeof(pattern) || line[0] == '#' || (line[0] == '!') != (kind == '!'))
            continue;
        memcpy(pattern, line + skip, size - skip);
        pattern[size - skip] = '\0';
        if (fnmatch(pattern, path, 0) == 0)
            return true;
    }
    return false;
}

/* /proc/self/task/123/x: the same wherever it runs. */
static void plain_name(const char *path, char *name, size_t size)
{
    static const char prefix[] = "/proc/self/task/";

    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0) {
        const char *rest = path + sizeof(prefix) - 1;
        rest += strspn(rest, "0123456789");
        (void)snprintf(name, size, "%sN%s", prefix, rest);
    } else {
        (void)snprintf(name, size, "%s", path);
    }
}

static void found(const char *path)
{
    char name[512];
    size_t used = strlen(findings);

    plain_name(path, name, sizeof(name));
    if (list_matches(name, ' ') && !list_matches(name, '!'))
        return;
    n_found++;
    (void)snprintf(findings + used, sizeof(findings) - used, "%s ", name);
}

/* A mask over a file is the null device: its content is nobody's. */
static bool is_mask(const char *path, const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3) && strncmp(path, "/dev/", 5) != 0;
}

static void try_write(const char *path, const struct stat *st)
{
    long fd;

    if (S_ISDIR(st->st_mode)) {
        char below[512];
        (void)snprintf(below, sizeof(below), "%s/escape-probe", path);
        if (mkdir(below, 0700) == 0) {
            (void)rmdir(below);
            found(path);
        }
        return;
    }
    fd = open_path(path, O_WRONLY);
    if (fd >= 0) {
        (void)close((int)fd);
        found(path);
    }
}

static void try_read(const char *path, const struct stat *st)
{
    char bytes[16];
    long fd = S_ISDIR(st->st_mode) ? -1 : open_path(path, O_RDONLY);

    if (fd < 0)
        return;
    if (read((int)fd, bytes, sizeof(bytes)) > 0)
        found(path);
    (void)close((int)fd);
}

static void walk(const char *path, int depth, void (*visit)(const char *, const struct stat *));

/* /proc/self is a link, which a walk does not follow: so its members are walked. */
static void walk_own_process(int depth, void (*visit)(const char *, const struct stat *))
{
    char below[512];
    const struct dirent *entry;
    DIR *dir = opendir("/proc/self");

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(below, sizeof(below), "/proc/self/%s", entry->d_name);
        walk(below, depth + 1, visit);
    }
    if (dir)
        (void)closedir(dir);
}

static void walk(const char *path, int depth, void (*visit)(const char *, const struct stat *))
{
    char below[512];
    struct stat st;
    const struct dirent *entry;
    DIR *dir;

    if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) || S_ISSOCK(st.st_mode) || is_mask(path, &st))
        return;
    visit(path, &st);
    dir = S_ISDIR(st.st_mode) && depth < DEPTH_MAX ? opendir(path) : NULL;
    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (strcmp(path, "/proc") == 0 && entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            continue; /* processes: one of them is enough */
        (void)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        walk(below, depth + 1, visit);
    }
    if (dir)
        (void)closedir(dir);
    if (strcmp(path, "/proc") == 0)
        walk_own_process(depth, visit);
}

static long scan(const char *place, const char *allowed, void (*visit)(const char *, const struct stat *))
{
    if (read_path(allowed, list, sizeof(list)) < 0)
        return -1;
    walk(place, 0, visit);
    if (n_found > 0)
        detail("%ld not on the list: %s", n_found, findings);
    return n_found;
}

static long scan_writable(const char *place)
{
    return scan(place, "/escape/writable.txt", try_write);
}

static long scan_readable(const char *place)
{
    return scan(place, "/escape/readable.txt", try_read);
}

const struct attempt group_f2[] = {
    {.row = "F00", .name = "writable", .run = scan_writable, .each = "/proc /sys /dev", .counts = true},
    {.row = "F01", .name = "readable", .run = scan_readable, .each = "/proc /sys /dev", .counts = true},
    {.name = NULL},
};
