/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree builder on yajl's callbacks. The text is hostile: depth and number of values are bounded while it is read, so that 4 MiB of "[["
 * or "0," cannot become a deep or a very large tree; nothing here recurses.
 */
#include "json/json.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "json/internal.h"

struct builder {
    const char *text;
    struct cm_arena *tree, *strings;
    struct cm_arena scratch; /* yajl's own memory */
    struct json_value *root;
    struct json_value *open;                     /* innermost container that has not ended */
    struct json_value *last[JSON_DEPTH_MAX + 1]; /* its youngest child, for every level */
    size_t depth, values;
    const char *key; /* waiting for its value */
    size_t key_end;
    yajl_handle yajl;
    struct cm_error *err;
    int result;
    jmp_buf out_of_memory;
};

/* yajl does not look at what its allocator returns, so running out of memory leaves it by a jump; all it had is in the scratch arena. */
struct block {
    size_t size;
    max_align_t data[];
};

static void *scratch_alloc(void *ctx, size_t size)
{
    struct builder *builder = ctx;
    struct block *block = NULL;
    size_t total;

    if (!__builtin_add_overflow(size, sizeof(*block), &total))
        block = cm_arena_alloc(&builder->scratch, total);
    if (!block)
        longjmp(builder->out_of_memory, 1);
    block->size = size;
    return block->data;
}

static void *scratch_realloc(void *ctx, void *memory, size_t size)
{
    void *fresh = scratch_alloc(ctx, size);

    if (memory) {
        const struct block *old = (const struct block *)((const char *)memory - offsetof(struct block, data));
        memcpy(fresh, memory, CM_MIN(old->size, size));
    }
    return fresh;
}

static void scratch_free(void *ctx, void *memory)
{
    (void)ctx;
    (void)memory; /* goes with the arena */
}

static size_t line_of(const char *text, size_t offset)
{
    size_t line = 1;

    for (const char *at = text; (at = memchr(at, '\n', offset - (size_t)(at - text))) != NULL; at++)
        line++;
    return line;
}

/* The error names the value that was being read: the member whose key is known, the next element, or the open container. Returns 0 for yajl. */
static int refuse_at(struct builder *builder, int errnum, size_t offset, const char *reason, const char *detail)
{
    struct json_value here = {.type = JSON_NULL, .parent = builder->open, .key = builder->key};
    const struct json_value *place = &here;
    char pointer[CM_ERROR_FIELD_MAX];

    if (builder->open && builder->open->type == JSON_ARRAY)
        here.index = builder->open->n;
    else if (!builder->key)
        place = builder->open;
    builder->result = cm_fail(builder->err, errnum, place ? json_pointer(place, pointer, sizeof(pointer)) : NULL, "line %zu: %s%s",
                              line_of(builder->text, offset), reason, detail);
    return 0;
}

static int refuse(struct builder *builder, int errnum, const char *reason)
{
    return refuse_at(builder, errnum, yajl_get_bytes_consumed(builder->yajl), reason, "");
}

static int no_memory(struct builder *builder)
{
    return refuse(builder, ENOMEM, "not enough memory for the document");
}

static struct json_value *add_value(struct builder *builder, enum json_type type)
{
    struct json_value *parent = builder->open;

    if (builder->values++ >= JSON_VALUES_MAX) {
        (void)refuse(builder, EFBIG, "the document has more values than any configuration needs");
        return NULL;
    }
    struct json_value *value = cm_arena_alloc(builder->tree, sizeof(*value));
    if (!value) {
        (void)no_memory(builder);
        return NULL;
    }
    value->type = type;
    value->parent = parent;
    value->key = builder->key;
    builder->key = NULL;
    if (!parent) {
        builder->root = value;
        return value;
    }
    /* Members keep the place of their key until the object ends: see check_keys. */
    value->index = parent->type == JSON_OBJECT ? builder->key_end : parent->n;
    if (parent->child)
        builder->last[builder->depth]->next = value;
    else
        parent->child = value;
    builder->last[builder->depth] = value;
    parent->n++;
    return value;
}

static int add_text(struct builder *builder, enum json_type type, struct cm_arena *arena, const char *text, size_t size)
{
    struct json_value *value = add_value(builder, type);

    if (!value)
        return 0;
    value->text = cm_arena_strndup(arena, text, size);
    return value->text ? 1 : no_memory(builder);
}

static int on_null(void *ctx)
{
    return add_value(ctx, JSON_NULL) != NULL;
}

static int on_boolean(void *ctx, int boolean)
{
    struct json_value *value = add_value(ctx, JSON_BOOL);

    if (value)
        value->boolean = boolean != 0;
    return value != NULL;
}

static int on_number(void *ctx, const char *text, size_t size)
{
    struct builder *builder = ctx;

    return add_text(builder, JSON_NUMBER, builder->tree, text, size);
}

static int on_string(void *ctx, const unsigned char *text, size_t size)
{
    struct builder *builder = ctx;

    return add_text(builder, JSON_STRING, builder->strings, (const char *)text, size);
}

static int begin(struct builder *builder, enum json_type type)
{
    if (builder->depth >= JSON_DEPTH_MAX)
        return refuse(builder, EINVAL, "arrays and objects are nested too deeply, at most 32 levels are read");
    struct json_value *value = add_value(builder, type);
    if (!value)
        return 0;
    builder->open = value;
    builder->depth++;
    return 1;
}

static int end(struct builder *builder)
{
    builder->open = builder->open->parent;
    builder->depth--;
    return 1;
}

static int on_start_map(void *ctx)
{
    return begin(ctx, JSON_OBJECT);
}

static int on_start_array(void *ctx)
{
    return begin(ctx, JSON_ARRAY);
}

static int on_end_array(void *ctx)
{
    return end(ctx);
}

static int on_key(void *ctx, const unsigned char *key, size_t size)
{
    struct builder *builder = ctx;

    builder->key_end = yajl_get_bytes_consumed(builder->yajl);
    builder->key = cm_arena_strndup(builder->tree, (const char *)key, size);
    return builder->key ? 1 : no_memory(builder);
}

static int by_key(const void *a, const void *b)
{
    const struct json_value *first = *(const struct json_value *const *)a, *second = *(const struct json_value *const *)b;
    int order = strcmp(first->key, second->key);

    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

/* Nearly always true without a comparison: no two keys have the same place among 512. */
static bool surely_differ(const struct json_value *object)
{
    uint64_t seen[8] = {0};

    for (const struct json_value *member = object->child; member; member = member->next) {
        uint32_t hash = 2166136261u; /* FNV-1a */
        for (const char *c = member->key; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 16777619u;
        hash ^= hash >> 16;
        uint64_t *word = &seen[hash / 64 % CM_ARRAY_LEN(seen)], bit = UINT64_C(1) << hash % 64;
        if (*word & bit)
            return false;
        *word |= bit;
    }
    return true;
}

/* Sorted rather than hashed: no choice of keys makes this quadratic. */
static int check_keys(struct builder *builder, struct json_value **members)
{
    size_t n = 0;

    for (struct json_value *member = builder->open->child; member; member = member->next)
        members[n++] = member;
    qsort(members, n, sizeof(*members), by_key);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(members[i - 1]->key, members[i]->key) != 0)
            continue;
        builder->key = members[i]->key;
        return refuse_at(builder, EINVAL, members[i]->index, "the key occurs twice in its object; remove one: ", members[i]->key);
    }
    return 1;
}

static int on_end_map(void *ctx)
{
    struct builder *builder = ctx;
    struct json_value *few[32], **members = few;
    CM_AUTO_FREE struct json_value **many = NULL;
    size_t n = builder->open->n, index = 0;
    bool differ = n < 2 || (n <= CM_ARRAY_LEN(few) && surely_differ(builder->open));

    if (!differ && n > CM_ARRAY_LEN(few)) {
        many = calloc(n, sizeof(*many));
        if (!many)
            return no_memory(builder);
        members = many;
    }
    if (!differ && !check_keys(builder, members))
        return 0;
    for (struct json_value *member = builder->open->child; member; member = member->next)
        member->index = index++;
    return end(builder);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

static void refuse_syntax(struct builder *builder, size_t offset)
{
    char *words = (char *)yajl_get_error(builder->yajl, 0, NULL, 0);

    words[strcspn(words, ".\n")] = '\0';
    (void)refuse_at(builder, EINVAL, offset, words, "; the text is not JSON");
}

/* Comments, several values, partial values and trailing garbage are off by default in yajl, checking of strings is on. */
static void run(struct builder *builder, size_t size)
{
    yajl_alloc_funcs functions = {scratch_alloc, scratch_realloc, scratch_free, builder};
    size_t bad_at;
    const char *reason = json_scan(builder->text, size, &bad_at);

    if (setjmp(builder->out_of_memory) != 0) {
        builder->result = cm_fail(builder->err, ENOMEM, NULL, "not enough memory for the document");
        return;
    }
    builder->yajl = yajl_alloc(&callbacks, &functions, builder);
    /* A text that the scan refused is read up to that place, for the pointer and for errors before it. */
    yajl_status status = yajl_parse(builder->yajl, (const unsigned char *)builder->text, reason ? bad_at : size);
    size_t offset = yajl_get_bytes_consumed(builder->yajl);
    if (status == yajl_status_ok && !reason)
        status = yajl_complete_parse(builder->yajl);
    if (status == yajl_status_error)
        refuse_syntax(builder, offset);
    else if (status == yajl_status_ok && reason)
        (void)refuse_at(builder, EINVAL, bad_at, reason, "");
}

int json_parse_split(const char *text, size_t size, size_t size_max, struct cm_arena *tree, struct cm_arena *strings, struct json_value **ret,
                     struct cm_error *err)
{
    struct builder builder = {.text = text, .tree = tree, .strings = strings, .err = err};

    if (size > size_max)
        return cm_fail(err, EFBIG, NULL, "the document has %zu bytes, at most %zu are read", size, size_max);
    if (size > 0)
        run(&builder, size);
    cm_arena_free(&builder.scratch);
    if (builder.result < 0)
        return builder.result;
    if (!builder.root)
        return cm_fail(err, EINVAL, NULL, "the document is empty");
    *ret = builder.root;
    return 0;
}

int json_parse(const char *text, size_t size, size_t size_max, struct cm_arena *arena, struct json_value **ret, struct cm_error *err)
{
    return json_parse_split(text, size, size_max, arena, arena, ret, err);
}
