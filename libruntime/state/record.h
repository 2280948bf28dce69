/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a record's members, private to state/: one table for writing and reading, so that neither forgets one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_VERSION 1u
#define RECORD_NAME "state.json"
#define RECORD_HOOKS_MAX 32 /* the planner refuses more of one kind */
#define RECORD_SIZE_MAX ((size_t)1 << 20)

enum record_kind {
    RECORD_BOOL,
    RECORD_U32,
    RECORD_U64,
    RECORD_PID, /* 0 to INT32_MAX */
    RECORD_STRING,
    RECORD_BOOT_ID, /* 36 characters, or empty */
    RECORD_MAP,
    RECORD_STRINGS,
    RECORD_SLOT, /* an object, present when a slot is held */
    RECORD_NAMESPACES,
    RECORD_HOOKS,
};

struct record_member {
    const char *key;
    enum record_kind kind;
    size_t offset; /* in struct cm_record */
    bool optional; /* left out when NULL, empty or 0 */
};

#define RECORD_MEMBERS_MAX 48
extern const struct record_member record_members[];
extern const size_t record_member_count;
/* Of the object `slot`. */
extern const struct record_member record_slot_members[];
extern const size_t record_slot_member_count;
