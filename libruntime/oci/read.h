/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table engine of the config parser. A shape lists the members of one kind of JSON object; a field names the JSON key, the reader for
 * its value and the place in the C structure. Readers check form only: type, range, known words.
 *
 * Rules that hold for every shape: keys that are not in the table are ignored, as the specification demands; a key that differs from a known
 * one in case only is an error, since Go's decoder takes it and others do not; null is absent; an empty string is absent (NULL) as well, which
 * is how Go's encoder and decoder see it, and an error where the member is required.
 *
 * A strict reader is for files of ours, which no other program reads: there an unknown key, null and an empty string are errors.
 */
#pragma once

#include "oci/config.h"
#include "json/json.h"

struct oci_reader {
    struct cm_arena *arena;
    struct cm_error *err;
    bool strict;
};

struct oci_field;
typedef int oci_read_fn(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object);

#define OCI_REQUIRED 1u

struct oci_words {
    size_t n;
    const char *const *v;
};

/* A form of text that is not a list of words. */
struct oci_form {
    bool (*valid)(const char *text);
    const char *expected;
};

struct oci_shape {
    size_t size; /* of the C structure */
    size_t n;
    const struct oci_field *fields;
};

struct oci_field {
    const char *key;
    oci_read_fn *read;
    size_t offset; /* of the member in the structure */
    size_t count;  /* second place in the structure: the number of an array's elements, the flag that tells a number was given */
    unsigned int flags;
    const struct oci_shape *shape;
    const struct oci_words *words;
    const struct oci_form *form;
    int64_t min, max; /* oci_read_range; oci_read_plain_u32 takes a max other than 0 */
};

#define OCI_SHAPE(structure, table)                                                                                                                            \
    {                                                                                                                                                          \
        .size = sizeof(structure), .n = CM_ARRAY_LEN(table), .fields = (table)                                                                                 \
    }
#define OCI_WORDS(list)                                                                                                                                        \
    {                                                                                                                                                          \
        .n = CM_ARRAY_LEN(list), .v = (list)                                                                                                                   \
    }
#define OCI_FIELD(structure, name, member, reader, ...)                                                                                                        \
    {                                                                                                                                                          \
        .key = (name), .read = (reader), .offset = offsetof(structure, member), ##__VA_ARGS__                                                                  \
    }

/* Reads an object into a zeroed structure. */
int oci_read_members(const struct oci_reader *reader, const struct json_value *value, const struct oci_shape *shape, void *object) CM_MUST_USE;
/* Reads an array of objects into a new array of structures. */
int oci_read_elements(const struct oci_reader *reader, const struct json_value *value, const struct oci_shape *shape, size_t *ret_n,
                      void **ret_elements) CM_MUST_USE;

/* The room for what an array or object of `type` holds: value->n zeroed elements of `size`. */
int oci_take_elements(const struct oci_reader *reader, const struct json_value *value, enum json_type type, size_t size, void *ret_elements) CM_MUST_USE;
/* The name of an object's member where it is data: copied, and never empty. */
int oci_take_name(const struct oci_reader *reader, const struct json_value *value, const char **ret) CM_MUST_USE;

/* An error about `value`; the message continues the pointer: "expected …, got …". */
int oci_refuse(const struct oci_reader *reader, const struct json_value *value, int errnum, const char *fmt, ...) CM_PRINTF(4, 5);
int oci_no_memory(const struct oci_reader *reader);
int oci_expect_type(const struct oci_reader *reader, const struct json_value *value, enum json_type type) CM_MUST_USE;
/* The place of a string value in the list, or -EINVAL with an error that names the list. */
int oci_word_index(const struct oci_reader *reader, const struct json_value *value, const struct oci_words *words) CM_MUST_USE;

/* Readers, by the type of the member they fill. */
oci_read_fn oci_read_string; /* const char *; honours words and form */
oci_read_fn oci_read_bool;   /* struct oci_bool */
oci_read_fn oci_read_plain_bool;
oci_read_fn oci_read_u64; /* struct oci_u64 */
oci_read_fn oci_read_u32;
oci_read_fn oci_read_u16;
oci_read_fn oci_read_i64;
oci_read_fn oci_read_i32;   /* struct oci_i64, range of int32 */
oci_read_fn oci_read_range; /* struct oci_i64, from min to max */
oci_read_fn oci_read_plain_u64;
oci_read_fn oci_read_plain_u32;
oci_read_fn oci_read_plain_i64;
oci_read_fn oci_read_object;  /* pointer to a new structure of `shape` */
oci_read_fn oci_read_inside;  /* a structure embedded at `offset`; offset 0 and a shape of the parent's structure flatten a level */
oci_read_fn oci_read_array;   /* pointer to structures of `shape`, number at `count` */
oci_read_fn oci_read_strings; /* struct oci_strings; honours words */
oci_read_fn oci_read_map;     /* struct oci_map */
oci_read_fn oci_read_id_mappings;

/* Shapes that other files use. */
extern const struct oci_shape oci_process_shape, oci_mount_shape, oci_hooks_shape, oci_linux_shape, oci_resources_shape, oci_seccomp_shape;
