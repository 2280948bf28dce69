/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict JSON: a reader on yajl's streaming parser and a writer.
 *
 * Input is hostile. Refused, with the JSON pointer of the place: duplicate keys of an object, NUL (also as \u0000) and invalid
 * UTF-8 in strings, nesting deeper than JSON_DEPTH_MAX, more than JSON_VALUES_MAX values, documents above the caller's size limit,
 * comments, trailing garbage, an empty document.
 * Numbers keep their literal text until a typed getter asks for a range.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 32
/* Bounds the memory of a tree: about 35 MiB for the worst document of 4 MiB instead of 200. */
#define JSON_VALUES_MAX ((size_t)1 << 18)

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A value and its place in the tree. All memory belongs to the arena given to json_parse. */
struct json_value {
    enum json_type type;
    const char *key;  /* name inside an object, else NULL */
    const char *text; /* string, or the literal of a number */
    bool boolean;
    size_t n;                        /* number of children of an array or object */
    size_t index;                    /* position among the siblings */
    struct json_value *child, *next; /* first child; next sibling */
    struct json_value *parent;
};

/* Returns 0; -EFBIG above size_max or JSON_VALUES_MAX; -EINVAL for everything that is not strict JSON (the error names line and pointer); -ENOMEM. */
int json_parse(const char *text, size_t size, size_t size_max, struct cm_arena *arena, struct json_value **ret, struct cm_error *err) CM_MUST_USE;
/* The same with the text of string values in an arena of their own, for a caller that keeps them longer than the tree. */
int json_parse_split(const char *text, size_t size, size_t size_max, struct cm_arena *tree, struct cm_arena *strings, struct json_value **ret,
                     struct cm_error *err) CM_MUST_USE;

const struct json_value *json_member(const struct json_value *object, const char *key);
/* The RFC 6901 pointer of a value ("" for the root); cut with "…" when it does not fit. Returns buffer. */
const char *json_pointer(const struct json_value *value, char *buffer, size_t size);
/* With its article: "a string", "an object", "null". */
const char *json_type_word(enum json_type type);

/* Typed getters: -EINVAL for the wrong type, -ERANGE outside the type's range; the message says what was expected. */
int json_get_string(const struct json_value *value, const char **ret, struct cm_error *err) CM_MUST_USE;
int json_get_bool(const struct json_value *value, bool *ret, struct cm_error *err) CM_MUST_USE;
int json_get_u64(const struct json_value *value, uint64_t max, uint64_t *ret, struct cm_error *err) CM_MUST_USE;
int json_get_i64(const struct json_value *value, int64_t min, int64_t max, int64_t *ret, struct cm_error *err) CM_MUST_USE;

/*
 * Where the value of a pointer stands in a text that json_parse has taken: the lines and columns (from 1, in code points) of its member's first character and of
 * the one behind its last. If the pointer leads nowhere: false, and the place of the innermost value on its way that is there.
 */
struct json_place {
    size_t line, column, end_line, end_column;
};
bool json_locate(const char *text, size_t size, const char *pointer, struct json_place *ret);

/* Writer: keys in the order they are added. indent 0 writes one line; otherwise that many spaces (or one tab for JSON_INDENT_TAB) a level. */
#define JSON_INDENT_TAB (-1)

struct json_writer {
    struct cm_str *out;
    int indent;
    unsigned int depth;
    bool comma;
    bool ascii; /* nothing above U+007E but escaped: for who splits lines at other places than JSON does */
};

void json_writer_init(struct json_writer *writer, struct cm_str *out, int indent);
/* key is NULL inside an array and for the document itself. */
void json_object_begin(struct json_writer *writer, const char *key);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer, const char *key);
void json_array_end(struct json_writer *writer);
/* A NULL value writes null. Bytes that are not UTF-8 become U+FFFD, control characters are escaped. */
void json_add_string(struct json_writer *writer, const char *key, const char *value);
void json_add_bool(struct json_writer *writer, const char *key, bool value);
void json_add_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_add_i64(struct json_writer *writer, const char *key, int64_t value);
/* A number as it stands: the caller has seen that it is one. */
void json_add_number(struct json_writer *writer, const char *key, const char *literal);
void json_add_null(struct json_writer *writer, const char *key);
