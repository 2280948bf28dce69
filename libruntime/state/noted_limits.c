/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See noted_limits.h. Names of files come from a bundle or a request in part; the cgroup module took them only without a slash. */
#include "state/noted_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/dir.h"
#include "base/io.h"
#include "base/str.h"
#include "state/file.h"

#define PREFIX "limit."
#define TEXT_MAX ((size_t)64 << 10)
#define FILES_MAX ((size_t)256)

int cm_limit_note(const struct cm_entry *entry, const char *file, const char *text)
{
    char name[NAME_MAX + 1];
    int n = snprintf(name, sizeof(name), PREFIX "%s", file);

    if (strchr(file, '/'))
        return -EINVAL;
    return n < 0 || (size_t)n >= sizeof(name) ? -ENAMETOOLONG : cm_replace_file_at(entry->fd, name, 0600, text, strlen(text));
}

static int read_one(const struct cm_entry *entry, const char *name, struct cm_arena *arena, struct cm_noted_limit *ret)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size = 0;
    struct cm_error ignored;

    cm_error_init(&ignored);
    int r = state_read_file(entry->fd, name, TEXT_MAX, &text, &size, &ignored);
    if (r < 0)
        return r;
    *ret = (struct cm_noted_limit){cm_arena_strdup(arena, name + strlen(PREFIX)), cm_arena_strndup(arena, text, size)};
    return ret->file && ret->text ? 0 : -ENOMEM;
}

int cm_limits_noted(const struct cm_entry *entry, struct cm_arena *arena, struct cm_noted_limit **ret, size_t *ret_n)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *found;
    int copy = openat(entry->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = cm_dir_take(copy < 0 ? -errno : copy, &dir);

    *ret_n = 0;
    *ret = cm_arena_array(arena, FILES_MAX, sizeof(**ret));
    if (r == 0 && !*ret)
        r = -ENOMEM;
    while (r >= 0 && (r = cm_dir_next(dir, &found)) > 0) {
        if (!cm_has_prefix(found->d_name, PREFIX))
            continue;
        if (*ret_n == FILES_MAX)
            return -E2BIG;
        r = read_one(entry, found->d_name, arena, &(*ret)[*ret_n]);
        *ret_n += r == 0;
    }
    return r;
}
