/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All mistakes of a file, for `casemate policy validate`. The reader stops at the first one; so what that is about is taken out of the tree, and the rest is
 * read again. The text was written by the host's root, or by somebody who wants to know what root would be told.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/reader.h"

#define PROBLEMS_MAX ((size_t)256)

static struct json_value *child_of(const struct json_value *parent, const char *token, size_t size)
{
    CM_AUTO_STR struct cm_str name = {0};

    for (size_t i = 0; i < size; i++) {
        bool escaped = token[i] == '~' && i + 1 < size;
        cm_str_add_bytes(&name, escaped ? (token[i + 1] == '1' ? "/" : "~") : token + i, 1);
        i += escaped;
    }
    const char *text = cm_str_text(&name);
    uint64_t index = 0;
    bool number = parent->type == JSON_ARRAY && cm_parse_u64(text, &index) == 0;
    for (struct json_value *child = text ? parent->child : NULL; child; child = child->next)
        if (parent->type == JSON_ARRAY ? number && child->index == index : cm_streq(child->key, text))
            return child;
    return NULL;
}

/* The value that a pointer leads to; NULL if it leads nowhere, as one that was cut does. */
static struct json_value *find(struct json_value *root, const char *pointer)
{
    struct json_value *value = root;

    while (value && *pointer == '/') {
        size_t size = strcspn(pointer + 1, "/");
        value = child_of(value, pointer + 1, size);
        pointer += 1 + size;
    }
    return *pointer ? NULL : value;
}

static void take_out(struct json_value *value)
{
    struct json_value **link = &value->parent->child;

    while (*link != value)
        link = &(*link)->next;
    *link = value->next;
    value->parent->n--; /* places of the others stay what they are in the text */
}

/* So that a file without a version, or with another one, is read as if it had the right one. */
static bool set_version(struct json_value *root, struct cm_arena *arena)
{
    struct json_value *version = find(root, "/version");

    if (!version) {
        version = cm_arena_alloc(arena, sizeof(*version));
        if (!version || root->type != JSON_OBJECT)
            return false;
        *version = (struct json_value){.key = "version", .parent = root, .next = root->child};
        root->child = version;
        root->n++;
    }
    version->type = JSON_NUMBER;
    version->text = "1";
    return true;
}

/* What is read no more after a mistake. False: nothing can be. */
static bool mend(struct json_value *root, struct json_value *bad, struct cm_arena *arena)
{
    if (!bad)
        return false;
    if (bad == root || (bad->parent == root && cm_streq(bad->key, "version")))
        return set_version(root, arena);
    take_out(bad);
    return true;
}

size_t cm_policy_draft_check(struct cm_policy_draft *draft, const char *name, const char *text, size_t size, cm_policy_problem_fn *problem, void *user)
{
    CM_AUTO_ARENA struct cm_arena tree = {0};
    const struct cm_policy_reading reading = {.draft = draft, .name = name};
    const struct json_value *consequence = NULL; /* lacks something since its part was taken out */
    struct json_value *root;
    struct cm_error err;
    size_t n = 0;

    cm_error_init(&err);
    if (json_parse_split(text, size, CM_POLICY_FILE_MAX, &tree, draft->arena, &root, &err) < 0) {
        problem(&err, user);
        return 1;
    }
    for (size_t tries = 0; tries < 4 * PROBLEMS_MAX && n < PROBLEMS_MAX; tries++) {
        const struct cm_policy_draft before = *draft;
        cm_error_init(&err);
        if (cm_policy_read_members(&reading, root, &err) == 0)
            return n;
        *draft = before;
        struct json_value *bad = find(root, err.field);
        if (!bad || bad != consequence) {
            problem(&err, user);
            n++;
        }
        bool other = bad && bad->parent == root && strcasecmp(bad->key ? bad->key : "", "version") != 0; /* all that a whole file must have */
        consequence = bad && !other ? bad->parent : NULL;
        if (!mend(root, bad, &tree))
            break;
    }
    return n;
}
