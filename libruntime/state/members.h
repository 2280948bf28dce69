/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the members of a JSON object of our own, private to state/: each is there with its type, and nothing else is. After an error (*r below 0) the
 * functions do nothing, so that it is looked at once, at the end.
 */
#pragma once

#include "base/arena.h"
#include "json/json.h"
#include "oci/config.h"

/* Counts what was taken, so that what nobody knows is seen. */
struct state_reader {
    const struct json_value *object;
    size_t taken;
    struct cm_arena *arena;
    struct cm_error *err;
};

int state_fail_at(const struct json_value *value, struct cm_error *err, const char *what);
/* NULL when it is not there; _need: an error. */
const struct json_value *state_take(struct state_reader *reader, const char *key);
const struct json_value *state_need(struct state_reader *reader, const char *key, int *r);

void state_read_u64(struct state_reader *reader, const char *key, uint64_t max, uint64_t *ret, int *r);
void state_read_u32(struct state_reader *reader, const char *key, uint32_t max, uint32_t *ret, int *r);
void state_read_bool(struct state_reader *reader, const char *key, bool *ret, int *r);
void state_read_optional_string(struct state_reader *reader, const char *key, const char **ret, int *r);
/* An array; *ret has room for what `per` of its elements make together, `size` bytes each, and for one more. Returns its first element. */
const struct json_value *state_read_array(struct state_reader *reader, const char *key, size_t per, size_t size, void *ret, size_t *ret_n, int *r);
void state_read_strings(struct state_reader *reader, const char *key, struct oci_strings *ret, int *r);
/* Nothing else is in the object. */
void state_read_end(const struct state_reader *reader, int *r);
