/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formatting of error objects. Messages may quote hostile text (paths, ids, JSON values); see cm_printable.
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

void cm_error_init(struct cm_error *err)
{
    err->errnum = 0;
    err->field[0] = '\0';
    err->message[0] = '\0';
}

void cm_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static void CM_PRINTF(4, 0) set_error(struct cm_error *err, int errnum, const char *field, const char *fmt, va_list args)
{
    err->errnum = errnum;
    (void)snprintf(err->field, sizeof(err->field), "%s", field ? field : ""); /* a cut pointer is still a pointer */
    cm_printable(err->field);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, args);
    cm_printable(err->message);
}

int cm_fail(struct cm_error *err, int errnum, const char *field, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        set_error(err, errnum, field, fmt, args);
        va_end(args);
    }
    return -errnum;
}

int cm_fail_errno(struct cm_error *err, int errnum, const char *field, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        set_error(err, errnum, field, fmt, args);
        va_end(args);
        size_t used = strlen(err->message);
        (void)snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(errnum));
    }
    return -errnum;
}

int cm_error_prefix(struct cm_error *err, const char *fmt, ...)
{
    char prefix[512];
    va_list args;

    if (!err)
        return -1;
    va_start(args, fmt);
    (void)vsnprintf(prefix, sizeof(prefix), fmt, args);
    va_end(args);
    cm_printable(prefix);

    size_t shift = strlen(prefix), used = strlen(err->message);
    if (shift + used >= sizeof(err->message))
        used = sizeof(err->message) - shift - 1;
    memmove(err->message + shift, err->message, used);
    memcpy(err->message, prefix, shift);
    err->message[shift + used] = '\0';
    return -err->errnum;
}
