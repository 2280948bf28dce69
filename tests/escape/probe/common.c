/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attempts of many groups need: reading and writing files of the kernel. See escape.h. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *control_kind(void)
{
    return getenv("ESCAPE_CONTROL");
}

long aim(const char *variable)
{
    const char *value = getenv(variable);

    return value ? strtol(value, NULL, 10) : -1;
}

long open_path(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

long mount_call(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
    return syscall(SYS_mount, source, target, type, flags, data);
}

static void close_keeping_errno(long fd)
{
    int saved = errno;

    (void)close((int)fd);
    errno = saved;
}

long read_path(const char *path, char *buffer, unsigned long size)
{
    long fd = open_path(path, O_RDONLY), n = 0, got = 1;

    buffer[0] = '\0';
    if (fd < 0)
        return -1;
    while (got > 0 && (unsigned long)n + 1 < size) {
        got = read((int)fd, buffer + n, size - 1 - (unsigned long)n);
        n += got > 0 ? got : 0;
    }
    close_keeping_errno(fd);
    buffer[n] = '\0';
    return got < 0 && n == 0 ? -1 : n;
}

long write_back_path(const char *path)
{
    char value[4096];
    long n = read_path(path, value, sizeof(value)), fd, r;

    if (n < 0)
        return -1;
    fd = open_path(path, O_WRONLY);
    if (fd < 0)
        return -1;
    r = write((int)fd, value, (size_t)n);
    close_keeping_errno(fd);
    return r;
}

bool status_field(const char *field, char *buffer, unsigned long size)
{
    char text[8192];
    size_t length = strlen(field);

    if (read_path("/proc/self/status", text, sizeof(text)) < 0)
        return false;
    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, field, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            (void)snprintf(buffer, size, "%.*s", (int)strcspn(value, "\n"), value);
            return true;
        }
    return false;
}
