/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small language helpers shared by every module: cleanup attributes, ownership transfer and array sizes.
 * No hostile input reaches this file.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define CM_CLEANUP(fn) __attribute__((cleanup(fn)))
#define CM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CM_MUST_USE __attribute__((warn_unused_result))
#define CM_UNUSED __attribute__((unused))
#define CM_NORETURN __attribute__((noreturn))

#define CM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CM_MIN(a, b) ((a) < (b) ? (a) : (b))
#define CM_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Moves a pointer out of a variable whose cleanup attribute would otherwise free it. */
#define CM_TAKE_PTR(p)                                                                                                                                         \
    ({                                                                                                                                                         \
        __typeof__(p) taken_ = (p);                                                                                                                            \
        (p) = NULL;                                                                                                                                            \
        taken_;                                                                                                                                                \
    })

static inline void cm_free_ptr(void *p)
{
    free(*(void **)p);
}

#define CM_AUTO_FREE CM_CLEANUP(cm_free_ptr)
