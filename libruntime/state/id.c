/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Container ids come from the command line and become directory names. Hostile: all of it. */
#include "state/store.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"

static bool is_id_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '+' || c == '-' || c == '.';
}

int cm_id_check(const char *id, struct cm_error *err)
{
    size_t n = id ? strnlen(id, CM_ID_MAX + 1) : 0;

    if (n == 0)
        return cm_fail(err, EINVAL, NULL, "container id cannot be empty");
    if (n > CM_ID_MAX)
        return cm_fail(err, EINVAL, NULL, "invalid container ID format: more than %d characters", CM_ID_MAX);
    for (size_t i = 0; i < n; i++)
        if (!is_id_char(id[i]))
            return cm_fail(err, EINVAL, NULL, "invalid container ID format: \"%s\" has characters other than letters, digits and _+-.", id);
    if (cm_streq(id, ".") || cm_streq(id, ".."))
        return cm_fail(err, EINVAL, NULL, "invalid container ID format: \"%s\" names a directory", id);
    if (n > NAME_MAX)
        return cm_fail(err, ENAMETOOLONG, NULL, "the container ID has %zu characters, and a directory is named after it: use at most %d", n, NAME_MAX);
    return 0;
}
