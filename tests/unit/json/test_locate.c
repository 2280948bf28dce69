/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pointers to lines and columns. */
#include "check.h"

#include "json/json.h"

/* A copy of the exact size, so that a sanitizer sees every byte read past the end. */
static bool locate(const char *text, const char *pointer, struct json_place *ret)
{
    CM_AUTO_FREE char *copy = malloc(strlen(text) + 1);

    if (!copy)
        abort();
    memcpy(copy, text, strlen(text) + 1);
    return json_locate(copy, strlen(text), pointer, ret);
}

static const char document[] = "{\n"
                               "  \"a\": [1, 22, {\"b\": null}],\n"
                               "  \"x/y~z\": \"\\\"}]{[\",\n"
                               "\t\"\\u0061b\\n\\ud83d\\ude00\": {\n"
                               "    \"deep\": {\"er\": [[], [0, true]]}},\n"
                               "  \"\": 5, \"\xc3\xa9\": 6, \"last\" :\n"
                               "     -1.5e3\n"
                               "}\n";

TEST(places)
{
    static const struct {
        const char *pointer;
        size_t line, column, end_line, end_column;
        bool found;
    } table[] = {
        {"", 1, 1, 8, 2, true},
        {"/a", 2, 3, 2, 28, true},
        {"/a/0", 2, 9, 2, 10, true},
        {"/a/1", 2, 12, 2, 14, true},
        {"/a/2/b", 2, 17, 2, 26, true},
        {"/x~1y~0z", 3, 3, 3, 20, true},
        {"/ab\n\xf0\x9f\x98\x80", 4, 2, 5, 37, true},
        {"/ab\n\xf0\x9f\x98\x80/deep/er/1/1", 5, 29, 5, 33, true},
        {"/", 6, 3, 6, 8, true},
        {"/\xc3\xa9", 6, 10, 6, 16, true},
        {"/last", 6, 18, 7, 12, true},
        /* what is not there: the innermost that is */
        {"/none", 1, 1, 8, 2, false},
        {"/a/3", 2, 3, 2, 28, false},
        {"/a/01", 2, 3, 2, 28, false},
        {"/a/-", 2, 3, 2, 28, false},
        {"/a/2/b/c", 2, 17, 2, 26, false},
        {"/last/0", 6, 18, 7, 12, false},
        {"/x", 1, 1, 8, 2, false},
        {"/x~1y", 1, 1, 8, 2, false},
        {"/x~1y~0zz", 1, 1, 8, 2, false},
        {"nonsense", 1, 1, 8, 2, false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        struct json_place place;
        bool found = locate(document, table[i].pointer, &place);
        if (found != table[i].found || place.line != table[i].line || place.column != table[i].column || place.end_line != table[i].end_line ||
            place.end_column != table[i].end_column)
            CHECK_FAIL("%s: %zu:%zu to %zu:%zu, %s", table[i].pointer, place.line, place.column, place.end_line, place.end_column, found ? "found" : "not found");
    }
}

/* The pointers of a parsed tree lead to its values, whatever the layout. */
static void check_tree(const char *text, const struct json_value *value)
{
    char pointer[256];
    struct json_place place;

    CHECK(json_locate(text, strlen(text), json_pointer(value, pointer, sizeof(pointer)), &place));
    CHECK(place.line > 0 && (place.end_line > place.line || place.end_column > place.column));
    for (const struct json_value *child = value->child; child; child = child->next)
        check_tree(text, child);
}

TEST(every_pointer_of_a_tree_is_found)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct json_value *root = NULL;
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(json_parse(document, sizeof(document) - 1, sizeof(document), &arena, &root, &err), 0);
    if (root)
        check_tree(document, root);
}

TEST(any_text_has_an_end)
{
    static const char *const texts[] = {"", "{", "[", "\"", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "}", "]", "[[", "[,", "[,]", "{,}", "\\", "\"\\", "{\"\\u", "{\"\\ud800\\", "[1 2", "1"};
    static const char *const pointers[] = {"", "/", "/a", "/0", "/0/0", "/1", "/~", "/~~"};

    for (size_t i = 0; i < CM_ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < CM_ARRAY_LEN(pointers); k++) {
            struct json_place place;
            (void)locate(texts[i], pointers[k], &place);
            CHECK(place.line >= 1 && place.column >= 1);
        }
}
