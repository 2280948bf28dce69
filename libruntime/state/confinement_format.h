/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form of the file `confinement`, private to state/: this header, a JSON object, the instructions of the one or two filters, and a second JSON object with
 * what only `check --container` wants to know: exec reads the first and the filters.
 */
#pragma once

#include <stdint.h>

#include "plan/promise.h"
#include "state/store.h"

#define CONFINEMENT_NAME "confinement"
#define CONFINEMENT_MAGIC 0x34666343u /* "Ccf4" as the machine that wrote it has it: the file does not outlive a boot */
#define CONFINEMENT_JSON_MAX ((uint32_t)1 << 20)
#define CONFINEMENT_SIZE_MAX ((size_t)2 << 20)

struct confinement_header {
    uint32_t magic;
    uint32_t crc; /* of all that follows */
    uint32_t json_size, promise_size;
    uint16_t ours_size, extra_size; /* instructions */
    uint16_t ours_flags, extra_flags;
};
_Static_assert(sizeof(struct confinement_header) == 24, "no padding: every byte is summed");

/* The whole file, whose sizes fit together and whose checksum is right; free() it. */
int state_confinement_load(const struct cm_entry *entry, char **ret_data, struct confinement_header *ret_header, struct cm_error *err) CM_MUST_USE;
/* state/promise.c */
void state_promise_format(const struct cm_promise *promise, struct cm_str *out);
int state_promise_parse(const char *text, size_t size, struct cm_promise *ret, struct cm_error *err) CM_MUST_USE;
