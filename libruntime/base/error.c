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

/* Bytes of a UTF-8 sequence that a terminal acts on: U+0080 to U+009F, line and paragraph separators, and what changes the direction of the text; else 0. */
static size_t control_sequence(const unsigned char *c)
{
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
        return 2;
    if (c[0] == 0xd8 && c[1] == 0x9c)
        return 2;
    if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)))
        return 3;
    return c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9 ? 3 : 0;
}

void cm_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        size_t n = *c < 0x20 || *c == 0x7f ? 1 : control_sequence(c);
        if (n > 0)
            memset(c, '?', n);
    }
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
