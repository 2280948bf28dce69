/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON reader refuses what is not strict JSON, bounds what it keeps, and the writer writes what the reader reads. */
#include "json/json.h"

#include <time.h>

#include "check.h"

#define SIZE_MAX_TEST ((size_t)64 << 20)

static struct cm_error err;

static int parse_n(const char *text, size_t size, struct cm_arena *arena, struct json_value **ret)
{
    /* A copy of the exact size, so that a sanitizer sees every byte read past the end. */
    CM_AUTO_FREE char *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    if (size > 0)
        memcpy(copy, text, size);
    cm_error_init(&err);
    return json_parse(copy, size, SIZE_MAX_TEST, arena, ret, &err);
}

struct text_case {
    const char *text, *field, *message;
};

static const struct text_case refused[] = {
    {"", "", "empty"},
    {"   \n\t ", "", "line 2: parse error: premature EOF"},
    {"\xef\xbb\xbf{}", "", "byte order mark"},
    {"{}x", "", "trailing garbage"},
    {"{} \"", "", "without an end"},
    {"{} \"abc", "", "without an end"},
    {"{} tru", "", "line 1"},
    {"{} 1", "", "trailing garbage"},
    {"{}{}", "", "trailing garbage"},
    {"{\"a\":1\n\n", "", "line 3: parse error: premature EOF"},
    {"{\"a\":", "/a", "premature EOF"},
    {"{\"a\"", "/a", "premature EOF"},
    {"{\"a\":1,}", "", "line 1"},
    {"[1,]", "/1", "line 1"},
    {"[,1]", "/0", "line 1"},
    {"[1 2]", "/1", "line 1"},
    {"{a:1}", "", "line 1"},
    {"{'a':1}", "", "line 1"},
    {"{1:1}", "", "line 1"},
    {"{\"a\" 1}", "/a", "line 1"},
    {"/* c */ {}", "", "line 1"},
    {"{} // c", "", "line 1"},
    {"[01]", "/1", "line 1"},
    {"[+1]", "/0", "line 1"},
    {"[.5]", "/0", "line 1"},
    {"[1.]", "/0", "line 1"},
    {"[1e]", "/0", "line 1"},
    {"[-]", "/0", "line 1"},
    {"[0x10]", "/1", "line 1"},
    {"[NaN]", "/0", "line 1"},
    {"[Infinity]", "/0", "line 1"},
    {"[True]", "/0", "line 1"},
    {"[nul]", "/0", "line 1"},
    {"[\v1]", "/0", "control character outside"},
    {"[\f1]", "/0", "control character outside"},
    {"[\"a\nb\"]", "/0", "control character in a string"},
    {"[\"a\tb\"]", "/0", "control character in a string"},
    {"[\"\\x41\"]", "/0", "line 1"},
    {"[\"\\u12\"]", "/0", "line 1"},
    {"[\"\\u12g4\"]", "/0", "line 1"},
    {"[\"\\u0000\"]", "/0", "\\u0000"},
    {"{\"a\":{\"b\\u0000\":1}}", "/a", "\\u0000"},
    {"{\"a\":[0,1,\"x\\u0000\"]}", "/a/2", "\\u0000"},
    {"[\"\\ud800\"]", "/0", "surrogate"},
    {"[\"\\ud800x\"]", "/0", "surrogate"},
    {"[\"\\ud800\\n\"]", "/0", "surrogate"},
    {"[\"\\ud800\\u0041\"]", "/0", "surrogate"},
    {"[\"\\ud800\\ud800\"]", "/0", "surrogate"},
    {"[\"\\udc00\"]", "/0", "surrogate"},
    {"[\"\\uDFFF\\uD800\"]", "/0", "surrogate"},
    {"[\"\\ud800", "/0", "surrogate"},
    {"[\"\xff\"]", "/0", "not UTF-8"},
    {"[\"\x80\"]", "/0", "not UTF-8"},
    {"[\"\xc3\"]", "/0", "not UTF-8"},
    {"[\"\xc0\x80\"]", "/0", "not UTF-8"},
    {"[\"\xc1\xbf\"]", "/0", "not UTF-8"},
    {"[\"\xe0\x9f\xbf\"]", "/0", "not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "/0", "not UTF-8"},
    {"[\"\xf0\x8f\xbf\xbf\"]", "/0", "not UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "/0", "not UTF-8"},
    {"[\"\xf5\x80\x80\x80\"]", "/0", "not UTF-8"},
    {"[\"\xe2\x82", "/0", "not UTF-8"},
    {"[\"\xe2\x82\"]", "/0", "not UTF-8"},
    {"[\xc3\xa4]", "/0", "strings only"},
    {"{\"a\":1,\n\"b\":2,\n\"a\":3\n}\n", "/a", "line 3: the key occurs twice"},
    {"{\"a\":1,\"\\u0061\":2}", "/a", "twice"},
    {"{\"x\":[{\"y\":{\"k/~\":1,\"k/~\":2}}]}", "/x/0/y/k~1~0", "twice"},
    {"{\"\":1,\"\":2}", "/", "twice"},
    {"{\"a\":null,\"a\":null}", "/a", "twice"},
};

TEST(refused_texts)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(refused); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root = NULL;
        int r = parse_n(refused[i].text, strlen(refused[i].text), &arena, &root);
        if (r != -EINVAL || root || err.errnum != EINVAL || strcmp(err.field, refused[i].field) != 0 || !strstr(err.message, refused[i].message))
            CHECK_FAIL("%s: %d, field \"%s\", message \"%s\"", refused[i].text, r, err.field, err.message);
    }
}

/* The scan takes eight bytes at a time: every byte has to be seen at every place among them, and what comes behind it. */
TEST(every_byte_at_every_place)
{
    for (size_t at = 0; at < 20; at++)
        for (int byte = 1; byte < 256; byte++) {
            CM_AUTO_ARENA struct cm_arena arena = {0};
            struct json_value *root = NULL;
            char text[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"", late[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"";
            bool good = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            text[1 + at] = (char)byte;
            if ((parse_n(text, sizeof(text) - 1, &arena, &root) == 0) != good)
                CHECK_FAIL("byte %d at %zu: %s", byte, at, err.message);
            late[1 + at] = (char)(byte < 0x80 ? byte : 'a');
            late[3 + at] = '\n';
            if (parse_n(late, sizeof(late) - 1, &arena, &root) == 0)
                CHECK_FAIL("a newline behind byte %d at %zu is not seen", byte, at);
        }
}

TEST(nul_bytes)
{
    static const char *const texts[] = {"[1]\0", "[\"a\0\"]", "{\"a\0b\":1}", "\0[1]", "[1\0]"};
    static const size_t sizes[] = {4, 6, 9, 4, 4};

    for (size_t i = 0; i < CM_ARRAY_LEN(texts); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root = NULL;
        CHECK_INT(parse_n(texts[i], sizes[i], &arena, &root), -EINVAL);
    }
}

static const char *const taken[] = {
    "{}", "[]", " [ ] ", "1", "-0", "\"\"", "null", "true", "false", "[1e400,-1.5E-3,0.0,123456789012345678901234567890]",
    "[\"\\ud83d\\ude00 \\u00e4 \\/ \\b\\f\\n\\r\\t\\\\\\\"\"]", "[\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\"]", "[\"\x7f\"]", "[\"\\\\u0000\"]",
    "{\"a\":{\"a\":{\"a\":1}},\"A\":2}", "\r\n{\r\n}\r\n",
};

TEST(taken_texts)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(taken); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root = NULL;
        if (parse_n(taken[i], strlen(taken[i]), &arena, &root) != 0 || !root)
            CHECK_FAIL("%s: %s", taken[i], err.message);
    }
}

TEST(tree)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct json_value *root;
    const char *text = "{\"z\":[10,\"\\u00e4\\ud83d\\ude00\",true,null],\"a/b~c\":{\"k\":-5}}";
    char pointer[64];

    CHECK_INT(parse_n(text, strlen(text), &arena, &root), 0);
    CHECK_INT(root->type, JSON_OBJECT);
    CHECK_INT(root->n, 2);
    CHECK(!root->parent && !root->key && !root->next);
    CHECK_STR(json_pointer(root, pointer, sizeof(pointer)), "");
    const struct json_value *z = json_member(root, "z"), *k = json_member(json_member(root, "a/b~c"), "k");
    CHECK(z && z->n == 4 && z->index == 0 && z->child->next->index == 1);
    CHECK_STR(z->child->text, "10");
    CHECK_STR(z->child->next->text, "\xc3\xa4\xf0\x9f\x98\x80");
    CHECK(z->child->next->next->boolean);
    CHECK_STR(json_pointer(z->child->next->next->next, pointer, sizeof(pointer)), "/z/3");
    CHECK_STR(json_pointer(k, pointer, sizeof(pointer)), "/a~1b~0c/k");
    CHECK_STR(json_pointer(k, pointer, 7), "/a\xe2\x80\xa6"); /* never in the middle of an escape */
    CHECK_INT(json_member(root, "a/b~c")->index, 1);
    CHECK(!json_member(root, "none") && !json_member(z, "z") && !json_member(NULL, "z"));
}

TEST(depth)
{
    static const size_t depths[] = {1, JSON_DEPTH_MAX, JSON_DEPTH_MAX + 1, 100000};

    for (size_t i = 0; i < CM_ARRAY_LEN(depths); i++)
        for (int object = 0; object < 2; object++) {
            CM_AUTO_ARENA struct cm_arena arena = {0};
            CM_AUTO_STR struct cm_str text = {0};
            struct json_value *root = NULL;
            for (size_t d = 0; d < depths[i]; d++)
                cm_str_add(&text, object ? "{\"a\":" : "[");
            cm_str_add(&text, "1");
            for (size_t d = 0; d < depths[i]; d++)
                cm_str_add(&text, object ? "}" : "]");
            CHECK_INT(parse_n(text.data, text.size, &arena, &root), depths[i] <= JSON_DEPTH_MAX ? 0 : -EINVAL);
            if (depths[i] > JSON_DEPTH_MAX) {
                CHECK_CONTAINS(err.message, "nested too deeply");
                CHECK_INT(strlen(err.field), JSON_DEPTH_MAX * 2);
            }
        }
}

TEST(size_and_number_of_values)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str text = {0};
    struct json_value *root = NULL;

    CHECK_INT(json_parse("[1]", 3, 2, &arena, &root, &err), -EFBIG);
    CHECK_INT(json_parse("[1]", 3, 3, &arena, &root, &err), 0);
    cm_str_add(&text, "[0");
    for (size_t i = 2; i < JSON_VALUES_MAX; i++)
        cm_str_add(&text, ",0");
    cm_str_add(&text, "]");
    CHECK_INT(parse_n(text.data, text.size, &arena, &root), 0);
    CHECK_INT(root->n, JSON_VALUES_MAX - 1);
    text.data[text.size - 1] = ',';
    cm_str_add(&text, "0]");
    CHECK_INT(parse_n(text.data, text.size, &arena, &root), -EFBIG);
}

/* 100,000 keys, as they come, sorted and with the same beginning; the last one twice. Quadratic work would take minutes. */
TEST(many_keys)
{
    for (int order = 0; order < 3; order++)
        for (int twice = 0; twice < 2; twice++) {
            CM_AUTO_ARENA struct cm_arena arena = {0};
            CM_AUTO_STR struct cm_str text = {0};
            struct json_value *root = NULL;
            const int n = 100000;
            for (int i = 0; i < n; i++)
                cm_str_addf(&text, "%s\"%s%06d\":1\n", i > 0 ? "," : "{", order == 2 ? "aaaaaaaaaaaaaaaaaaaaaaaa" : "", order == 1 ? n - i : (i * 7919) % n);
            const char *colon = strchr(text.data, ':');
            CM_AUTO_FREE char *first = strndup(text.data + 1, (size_t)(colon - text.data) - 1);
            cm_str_addf(&text, ",%s:1}", twice ? first : "\"\"");
            clock_t start = clock();
            CHECK_INT(parse_n(text.data, text.size, &arena, &root), twice ? -EINVAL : 0);
            CHECK((clock() - start) / CLOCKS_PER_SEC < 10);
            if (twice)
                CHECK_CONTAINS(err.message, "line 100001: the key occurs twice");
            else
                CHECK(root->n == 100001 && root->child->next->index == 1);
        }
}

TEST(cut_at_every_byte)
{
    const char *text = "{\"a\":[1,-2.5e3,\"x\\u00e4\\ud83d\\ude00\\n\",true,false,null,{}],\"\xc3\xa4\":{\"c\":\"\xf0\x9f\x98\x80\"}}";

    for (size_t size = 0; size < strlen(text); size++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root = NULL;
        CHECK_INT(parse_n(text, size, &arena, &root), -EINVAL);
        CHECK(err.message[0] != '\0');
    }
}

static const struct {
    const char *text;
    uint64_t max;
    int result;
    uint64_t value;
} unsigned_cases[] = {
    {"0", 0, 0, 0}, {"1", 0, -ERANGE, 0}, {"4294967295", UINT32_MAX, 0, UINT32_MAX}, {"4294967296", UINT32_MAX, -ERANGE, 0},
    {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX}, {"18446744073709551616", UINT64_MAX, -ERANGE, 0}, {"-1", UINT64_MAX, -ERANGE, 0},
    {"-0", UINT64_MAX, -ERANGE, 0}, {"1.0", UINT64_MAX, -EINVAL, 0}, {"1e3", UINT64_MAX, -EINVAL, 0}, {"1e400", UINT64_MAX, -EINVAL, 0},
    {"\"1\"", UINT64_MAX, -EINVAL, 0}, {"true", UINT64_MAX, -EINVAL, 0}, {"null", UINT64_MAX, -EINVAL, 0}, {"[1]", UINT64_MAX, -EINVAL, 0},
};

static const struct {
    const char *text;
    int64_t min, max;
    int result;
    int64_t value;
} signed_cases[] = {
    {"0", 0, 0, 0, 0}, {"-0", -1, 1, 0, 0}, {"-1", 0, 7, -ERANGE, 0}, {"8", 0, 7, -ERANGE, 0}, {"7", 0, 7, 0, 7},
    {"9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX}, {"9223372036854775808", INT64_MIN, INT64_MAX, -ERANGE, 0},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN}, {"-9223372036854775809", INT64_MIN, INT64_MAX, -ERANGE, 0},
    {"-2147483649", INT32_MIN, INT32_MAX, -ERANGE, 0}, {"-1.5", INT64_MIN, INT64_MAX, -EINVAL, 0}, {"{}", INT64_MIN, INT64_MAX, -EINVAL, 0},
};

TEST(getters)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct json_value *root;
    const char *string = NULL;
    bool boolean = false;

    for (size_t i = 0; i < CM_ARRAY_LEN(unsigned_cases); i++) {
        uint64_t value = 0;
        CHECK_INT(parse_n(unsigned_cases[i].text, strlen(unsigned_cases[i].text), &arena, &root), 0);
        CHECK_INT(json_get_u64(root, unsigned_cases[i].max, &value, &err), unsigned_cases[i].result);
        CHECK(value == unsigned_cases[i].value);
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(signed_cases); i++) {
        int64_t value = 0;
        CHECK_INT(parse_n(signed_cases[i].text, strlen(signed_cases[i].text), &arena, &root), 0);
        CHECK_INT(json_get_i64(root, signed_cases[i].min, signed_cases[i].max, &value, &err), signed_cases[i].result);
        CHECK(value == signed_cases[i].value);
    }
    const char *text = "{\"a\":{\"b\":\"x\",\"c\":true}}";
    CHECK_INT(parse_n(text, strlen(text), &arena, &root), 0);
    const struct json_value *b = json_member(root->child, "b"), *c = json_member(root->child, "c");
    CHECK_INT(json_get_u64(b, UINT32_MAX, &(uint64_t){0}, &err), -EINVAL);
    CHECK_STR(err.field, "/a/b");
    CHECK_STR(err.message, "expected a whole number from 0 to 4294967295, got a string");
    CHECK_INT(json_get_string(b, &string, &err), 0);
    CHECK_STR(string, "x");
    CHECK_INT(json_get_bool(c, &boolean, &err), 0);
    CHECK(boolean);
    CHECK_INT(json_get_string(c, &string, &err), -EINVAL);
    CHECK_STR(err.message, "expected a string, got a boolean");
    CHECK_INT(json_get_bool(root, &boolean, &err), -EINVAL);
    CHECK_STR(err.message, "expected true or false, got an object");
}

static void write_sample(struct json_writer *writer)
{
    json_object_begin(writer, NULL);
    json_add_string(writer, "s", "a\"\\\n\x01\x7f\xc2\x9b\xff\xc3\xa4");
    json_array_begin(writer, "a");
    json_add_u64(writer, NULL, UINT64_MAX);
    json_add_i64(writer, NULL, INT64_MIN);
    json_array_begin(writer, NULL);
    json_array_end(writer);
    json_array_end(writer);
    json_object_begin(writer, "o");
    json_object_end(writer);
    json_add_bool(writer, "t", true);
    json_add_null(writer, "n");
    json_add_string(writer, "m", NULL);
    json_object_end(writer);
}

#define SAMPLE_STRING "\"a\\\"\\\\\\n\\u0001\\u007f\\u009b\xef\xbf\xbd\xc3\xa4\""

TEST(writer)
{
    static const struct {
        int indent;
        const char *want;
    } forms[] = {
        {0, "{\"s\":" SAMPLE_STRING ",\"a\":[18446744073709551615,-9223372036854775808,[]],\"o\":{},\"t\":true,\"n\":null,\"m\":null}"},
        {2, "{\n  \"s\": " SAMPLE_STRING ",\n  \"a\": [\n    18446744073709551615,\n    -9223372036854775808,\n    []\n  ],\n  \"o\": {},\n"
            "  \"t\": true,\n  \"n\": null,\n  \"m\": null\n}"},
        {JSON_INDENT_TAB, "{\n\t\"s\": " SAMPLE_STRING ",\n\t\"a\": [\n\t\t18446744073709551615,\n\t\t-9223372036854775808,\n\t\t[]\n\t],\n\t\"o\": {},\n"
                          "\t\"t\": true,\n\t\"n\": null,\n\t\"m\": null\n}"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(forms); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str out = {0};
        struct json_writer writer;
        struct json_value *root;
        json_writer_init(&writer, &out, forms[i].indent);
        write_sample(&writer);
        CHECK_STR(cm_str_text(&out), forms[i].want);
        CHECK_INT(parse_n(out.data, out.size, &arena, &root), 0);
        CHECK_STR(json_member(root, "s")->text, "a\"\\\n\x01\x7f\xc2\x9b\xef\xbf\xbd\xc3\xa4");
    }
}
