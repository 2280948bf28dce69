/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The error object: one sentence for a person, the JSON pointer of the config field it is about, and an errno.
 *
 * Every fallible function returns 0 (or a positive value) on success and a negative errno on failure, and fills
 * the error it was given on failure only. Text from hostile input may be put into a message: control characters are
 * replaced when the message is formatted, so an error is always one printable line.
 */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

#define CM_ERROR_FIELD_MAX 256
#define CM_ERROR_MESSAGE_MAX 8192

struct cm_error {
    int errnum;                         /* positive errno; 0 while no error is set */
    char field[CM_ERROR_FIELD_MAX];     /* JSON pointer such as "/process/args/0"; empty when no field is to blame */
    char message[CM_ERROR_MESSAGE_MAX]; /* one sentence, no newline, no final full stop */
};

/* Marks the error as unset without clearing 8 KiB of message. */
void cm_error_init(struct cm_error *err);

/* Sets the error and returns -errnum. `field` may be NULL. `err` may be NULL (only the number is returned then). */
int cm_fail(struct cm_error *err, int errnum, const char *field, const char *fmt, ...) CM_PRINTF(4, 5);

/* As cm_fail, and ends the message with ": " and the text of errnum. */
int cm_fail_errno(struct cm_error *err, int errnum, const char *field, const char *fmt, ...) CM_PRINTF(4, 5);

/* Puts context in front of the message that is there. Returns -err->errnum, so that it can end a function. */
int cm_error_prefix(struct cm_error *err, const char *fmt, ...) CM_PRINTF(2, 3);

/* Replaces control characters, DEL and (in UTF-8) C1 and direction controls by '?', in place: text of hostile origin on its way to a terminal or a log. */
void cm_printable(char *text);
