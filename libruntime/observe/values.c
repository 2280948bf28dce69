/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values out of cgroup files; see values.h. */
#include "observe/values.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "cgroup/files.h"

#define TEXT_MAX ((size_t)1 << 20)

int cm_value_text(int cgroup, const char *file, char **ret)
{
    CM_AUTO_CLOSE int fd = cm_cgfile_open(cgroup, file, O_RDONLY | O_NONBLOCK);
    CM_AUTO_FREE char *text = NULL;

    if (fd < 0)
        return fd;
    ssize_t size = cm_read_to_end(fd, TEXT_MAX, &text);
    if (size < 0)
        return size == -ENODEV ? -ENOENT : (int)size;
    if (strlen(text) != (size_t)size)
        return -EPROTO;
    *ret = CM_TAKE_PTR(text);
    return 0;
}

bool cm_value_parse(const char *digits, size_t size, uint64_t *ret)
{
    char number[24] = {0};

    if (size == 3 && memcmp(digits, "max", 3) == 0) {
        *ret = UINT64_MAX;
        return true;
    }
    if (size == 0 || size >= sizeof(number))
        return false;
    memcpy(number, digits, size);
    return cm_parse_u64(number, ret) == 0;
}

bool cm_value_number(int cgroup, const char *file, uint64_t *ret)
{
    char text[64];
    ssize_t n = cm_cgfile_read(cgroup, file, text, sizeof(text));

    return n > 0 && cm_value_parse(text, (size_t)n, ret);
}

bool cm_value_next(const char **text, const char **ret_key, size_t *ret_size, uint64_t *ret)
{
    const char *line = *text;
    size_t size = strcspn(line, "\n"), key = strcspn(line, " \n");

    *text = line + size + (line[size] == '\n');
    *ret_key = line;
    *ret_size = key;
    return key > 0 && key < size && cm_value_parse(line + key + 1, size - key - 1, ret);
}

uint64_t cm_value_of(const char *text, const char *key)
{
    size_t size = strlen(key), found;
    const char *name;
    uint64_t value;

    while (*text)
        if (cm_value_next(&text, &name, &found, &value) && found == size && memcmp(name, key, size) == 0)
            return value;
    return 0;
}

uint64_t cm_value_add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

uint64_t cm_value_times(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}
