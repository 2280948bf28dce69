/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole-buffer I/O. Hostile: size and type of the files read; see io.h. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

int cm_write_full(int fd, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t n = write(fd, next, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EIO;
        next += n;
        size -= (size_t)n;
    }
    return 0;
}

ssize_t cm_read_full(int fd, void *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, (char *)data + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

ssize_t cm_read_to_end(int fd, size_t limit, char **ret)
{
    CM_AUTO_STR struct cm_str text = {0};
    char block[8192];
    ssize_t n;

    cm_str_add(&text, "");
    do {
        n = read(fd, block, sizeof(block));
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            cm_str_add_bytes(&text, block, (size_t)n);
        if (text.size > limit)
            return -EFBIG;
        if (text.failed)
            return -ENOMEM;
    } while (n != 0);
    *ret = CM_TAKE_PTR(text.data);
    return (ssize_t)text.size;
}

int cm_read_file_at(int dir, const char *path, size_t limit, bool follow, char **ret_data, size_t *ret_size)
{
    CM_AUTO_CLOSE int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    if (st.st_size < 0 || (unsigned long long)st.st_size > limit)
        return -EFBIG;

    /* An ordinary file is read as long as it was when it was opened. procfs says 0: read one byte more than allowed to notice the limit. */
    size_t room = st.st_size > 0 ? (size_t)st.st_size : CM_MIN(limit, (size_t)65536) + 1;
    CM_AUTO_FREE char *data = malloc(room + 1);
    if (!data)
        return -ENOMEM;
    ssize_t n = cm_read_full(fd, data, room);
    if (n < 0)
        return (int)n;
    if (st.st_size == 0 && (size_t)n >= room)
        return -EFBIG;
    data[n] = '\0';
    *ret_data = CM_TAKE_PTR(data);
    *ret_size = (size_t)n;
    return 0;
}

ssize_t cm_read_small_at(int dir, const char *path, char *buffer, size_t size)
{
    CM_AUTO_CLOSE int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    ssize_t n = cm_read_full(fd, buffer, size - 1);
    if (n < 0)
        return n;
    if (n > 0 && buffer[n - 1] == '\n')
        n--;
    buffer[n] = '\0';
    return n;
}

int cm_write_small_at(int dir, const char *path, const char *value)
{
    CM_AUTO_CLOSE int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return -errno;
    size_t size = strlen(value);
    ssize_t n = write(fd, value, size); /* a kernel file takes its value in one call or not at all */
    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

/* Not of AT_RANDOM: that is where the stack protector's secret comes from. */
static bool random_name(char *name, size_t size)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
        return false;
    (void)snprintf(name, size, ".%016llx.tmp", (unsigned long long)random);
    return true;
}

int cm_replace_file_at(int dir, const char *name, mode_t mode, const void *data, size_t size)
{
    char temporary[NAME_MAX + 1];
    int n = snprintf(temporary, sizeof(temporary), ".%s.tmp", name);

    if (n < 0 || (size_t)n >= sizeof(temporary))
        return -ENAMETOOLONG;
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    CM_AUTO_CLOSE int fd = openat(dir, temporary, flags, mode);
    if (fd < 0 && errno == EEXIST) {
        /* Left by a killed process; or made by somebody else in a directory like /tmp, who cannot guess another name. */
        if (unlinkat(dir, temporary, 0) < 0 && !random_name(temporary, sizeof(temporary)))
            return -EEXIST;
        fd = openat(dir, temporary, flags, mode);
    }
    if (fd < 0)
        return -errno;
    int r = cm_write_full(fd, data, size);
    if (r == 0 && renameat(dir, temporary, dir, name) < 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(dir, temporary, 0); /* the first error is the one to report */
    return r;
}
