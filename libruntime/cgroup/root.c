/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where cgroup v2 is mounted and where a process is in it. The mount table is the host's; a process's own cgroup path may have been
 * chosen by whoever delegated it, so it is taken as text and only ever resolved by cm_cgroup_open.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "path/procfs.h"

#define MOUNTINFO_MAX ((size_t)16 << 20)
#define CGROUP_FILE_MAX 16384

static int open_if_cgroup2(const char *path)
{
    CM_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct statfs fs;

    if (fd < 0 || fstatfs(fd, &fs) < 0)
        return -errno;
    if (fs.f_type != CGROUP2_SUPER_MAGIC)
        return -ENODEV;
    return CM_TAKE_FD(fd);
}

/* proc(5): blanks, newlines and backslashes of a path are written as three octal digits. In place. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        uint32_t value = 0;
        char digits[4] = {0};
        if (from[0] == '\\' && from[1] && from[2] && from[3]) {
            memcpy(digits, from + 1, 3);
            if (cm_parse_mode(digits, &value) == 0 && value > 0 && value < 256) {
                *to = (char)value;
                from += 4;
                continue;
            }
        }
        *to = *from++;
    }
    *to = '\0';
}

/* "id parent major:minor root mountpoint options [optional…] - type source options" */
static int open_mountinfo_line(char *line)
{
    char *type = strstr(line, " - ");
    char *field = line;

    if (!type || !cm_has_prefix(type, " - cgroup2 "))
        return -ENODEV;
    for (int i = 0; i < 3; i++) {
        field = strchr(field, ' ');
        if (!field)
            return -ENODEV;
        field++;
    }
    if (!cm_has_prefix(field, "/ ")) /* only a part of the hierarchy: paths of /proc/PID/cgroup would not fit */
        return -ENODEV;
    char *place = field + 2;
    char *end = strchr(place, ' ');
    if (!end)
        return -ENODEV;
    *end = '\0';
    unescape(place);
    return open_if_cgroup2(place);
}

static int find_in_mountinfo(int proc)
{
    CM_AUTO_FREE char *text = NULL;
    char path[64], *save = NULL;
    long self = cm_procfs_self(proc);

    if (self < 0)
        return (int)self;
    (void)snprintf(path, sizeof(path), "%ld/mountinfo", self);
    long size = cm_procfs_read(proc, path, MOUNTINFO_MAX, &text);
    if (size < 0)
        return (int)size;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        int fd = open_mountinfo_line(line);
        if (fd >= 0)
            return fd;
    }
    return -ENODEV;
}

int cm_cgroup_open_usual_root(void)
{
    static const char *const usual[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

    for (size_t i = 0; i < CM_ARRAY_LEN(usual); i++) {
        int fd = open_if_cgroup2(usual[i]);
        if (fd >= 0)
            return fd;
    }
    return -ENODEV;
}

int cm_cgroup_open_root(int proc, struct cm_error *err)
{
    int fd = cm_cgroup_open_usual_root();
    if (fd < 0)
        fd = find_in_mountinfo(proc);
    if (fd == -ENODEV)
        return cm_fail(
            err, ENODEV, NULL,
            "no cgroup2 filesystem is mounted; casemate needs cgroup v2: mount one at /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1");
    return fd < 0 ? cm_fail_errno(err, -fd, NULL, "looking for a cgroup2 mount in mountinfo") : fd;
}

int cm_cgroup_of(int proc, const char *pid, char **ret_path)
{
    static const char deleted[] = " (deleted)";
    CM_AUTO_FREE char *text = malloc(CGROUP_FILE_MAX);
    char path[64], *save = NULL;
    uint32_t number;

    if (!text)
        return -ENOMEM;

    if (cm_streq(pid, "self")) {
        long self = cm_procfs_self(proc);
        if (self < 0)
            return (int)self;
        number = (uint32_t)self;
    } else if (cm_parse_u32(pid, &number) < 0)
        return -EINVAL;
    (void)snprintf(path, sizeof(path), "%u/cgroup", number);
    int size = cm_procfs_read_value(proc, path, text, CGROUP_FILE_MAX); /* the kernel shows it in one piece (proc_cgroup_show) */
    if (size < 0)
        return size;
    if (size == CGROUP_FILE_MAX - 1)
        return -EFBIG;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (!cm_has_prefix(line, "0::/"))
            continue;
        char *place = line + 3;
        size_t length = strlen(place), suffix = sizeof(deleted) - 1;
        if (length > suffix && cm_streq(place + length - suffix, deleted))
            return -ENOENT;
        if (cm_path_is_below(place, "/..")) /* outside our cgroup namespace: there is no path to it */
            return -EXDEV;
        char *copy = strdup(place);
        if (!copy)
            return -ENOMEM;
        *ret_path = copy;
        return 0;
    }
    return -ENODEV;
}
