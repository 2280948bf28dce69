/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GVariant's text format, as far as annotations need it: one scalar, with or without its type in front. Hostile: all of it, it is an annotation of a pod.
 */
#include "plan/unit.h"

#include <string.h>

#define TEXT_MAX ((size_t)128)
#define MILLION_DIGITS 6

static const struct {
    const char *word; /* in front, and a blank */
    enum cm_variant_kind kind;
    uint64_t most;  /* of an integer without a sign */
    uint64_t least; /* with a minus; 0: has none */
} types[] = {
    {"byte", CM_VARIANT_INTEGER, UINT8_MAX, 0},
    {"@y", CM_VARIANT_INTEGER, UINT8_MAX, 0},
    {"int16", CM_VARIANT_INTEGER, INT16_MAX, 1u << 15},
    {"@n", CM_VARIANT_INTEGER, INT16_MAX, 1u << 15},
    {"uint16", CM_VARIANT_INTEGER, UINT16_MAX, 0},
    {"@q", CM_VARIANT_INTEGER, UINT16_MAX, 0},
    {"int32", CM_VARIANT_INTEGER, INT32_MAX, 1u << 31},
    {"@i", CM_VARIANT_INTEGER, INT32_MAX, 1u << 31},
    {"uint32", CM_VARIANT_INTEGER, UINT32_MAX, 0},
    {"@u", CM_VARIANT_INTEGER, UINT32_MAX, 0},
    {"int64", CM_VARIANT_INTEGER, INT64_MAX, 1ull << 63},
    {"@x", CM_VARIANT_INTEGER, INT64_MAX, 1ull << 63},
    {"uint64", CM_VARIANT_INTEGER, UINT64_MAX, 0},
    {"@t", CM_VARIANT_INTEGER, UINT64_MAX, 0},
    {"double", CM_VARIANT_DECIMAL, 0, 0},
    {"@d", CM_VARIANT_DECIMAL, 0, 0},
    {"string", CM_VARIANT_STRING, 0, 0},
    {"@s", CM_VARIANT_STRING, 0, 0},
    {"boolean", CM_VARIANT_BOOL, 0, 0},
    {"@b", CM_VARIANT_BOOL, 0, 0},
};

static int parse_string(const char *text, struct cm_variant *ret)
{
    char quote = text[0];
    size_t n = 0;

    for (text++; *text && *text != quote; text++) {
        if (*text == '\\') {
            text++;
            if (*text != '\\' && *text != '\'' && *text != '"')
                return -1;
        }
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~' || n + 1 >= sizeof(ret->string))
            return -1;
        ret->string[n++] = *text;
    }
    ret->string[n] = '\0';
    ret->kind = CM_VARIANT_STRING;
    return text[0] == quote && !text[1] ? 0 : -1;
}

static int parse_hexadecimal(const char *digits, uint64_t *ret)
{
    size_t n = strspn(digits, "0123456789abcdefABCDEF");

    *ret = 0;
    if (n == 0 || n > 16 || digits[n])
        return -1;
    for (size_t i = 0; i < n; i++)
        *ret = *ret << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : (digits[i] | 0x20) - 'a' + 10);
    return 0;
}

/* "12.5"; exponents are not taken. */
static int parse_decimal(const char *text, struct cm_variant *ret)
{
    char whole[24] = "", part[MILLION_DIGITS + 1] = "000000";
    size_t n = strcspn(text, "."), digits = text[n] ? strspn(text + n + 1, "0123456789") : 0;

    if (n >= sizeof(whole) || (text[n] && (digits == 0 || text[n + 1 + digits])))
        return -1;
    memcpy(whole, text, n);
    for (size_t i = 0; i < digits && i < MILLION_DIGITS; i++)
        part[i] = text[n + 1 + i];
    ret->kind = CM_VARIANT_DECIMAL;
    ret->millionth = 0;
    for (size_t i = 0; i < MILLION_DIGITS; i++)
        ret->millionth = ret->millionth * 10 + (uint32_t)(part[i] - '0');
    return cm_parse_u64(whole, &ret->number) < 0 ? -1 : 0;
}

static int parse_number(const char *text, struct cm_variant *ret)
{
    ret->negative = text[0] == '-';
    text += text[0] == '-' || text[0] == '+';
    ret->kind = CM_VARIANT_INTEGER;
    if (text[0] == '0' && (text[1] | 0x20) == 'x')
        return parse_hexadecimal(text + 2, &ret->number);
    if (strchr(text, '.'))
        return parse_decimal(text, ret);
    return cm_parse_u64(text, &ret->number) < 0 ? -1 : 0;
}

static int parse_bare(const char *text, struct cm_variant *ret)
{
    if (text[0] == '\'' || text[0] == '"')
        return parse_string(text, ret);
    if (!cm_streq(text, "true") && !cm_streq(text, "false"))
        return parse_number(text, ret);
    ret->kind = CM_VARIANT_BOOL;
    ret->boolean = text[0] == 't';
    return 0;
}

int cm_variant_parse(const char *text, struct cm_variant *ret)
{
    size_t word = strcspn(text, " ");
    const char *value = text + word + strspn(text + word, " ");

    *ret = (struct cm_variant){0};
    if (strlen(text) > TEXT_MAX)
        return -1;
    for (size_t i = 0; i < CM_ARRAY_LEN(types) && text[0] != '\'' && text[0] != '"' && *value; i++) {
        if (strlen(types[i].word) != word || memcmp(types[i].word, text, word) != 0)
            continue;
        if (parse_bare(value, ret) < 0)
            return -1;
        if (types[i].kind == CM_VARIANT_DECIMAL && ret->kind == CM_VARIANT_INTEGER)
            ret->kind = CM_VARIANT_DECIMAL;
        if (types[i].kind == CM_VARIANT_INTEGER && ret->kind == CM_VARIANT_INTEGER && ret->number > (ret->negative ? types[i].least : types[i].most))
            return -1;
        return ret->kind == types[i].kind ? 0 : -1;
    }
    /* Without a type it is an int32 (or a double, string or boolean, by its looks). */
    if (parse_bare(text, ret) < 0)
        return -1;
    return ret->kind == CM_VARIANT_INTEGER && ret->number > (ret->negative ? 1u << 31 : (uint64_t)INT32_MAX) ? -1 : 0;
}
