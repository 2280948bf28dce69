/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pass over the raw text, all of it hostile, before yajl sees it. yajl 2.1 turns lone surrogates into '?' (and looks one byte past the string
 * for the second half, CVE-2017-16516), accepts overlong UTF-8, vertical tabs as space, and an unterminated string after the document.
 */
#include "json/internal.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

static bool continues(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xc0) == 0x80;
}

size_t json_utf8_length(const char *text, size_t left)
{
    unsigned char lead = (unsigned char)text[0], second = left > 1 ? (unsigned char)text[1] : 0;
    size_t length;

    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        length = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        length = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        length = 4;
    else
        return 0;
    if (left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!continues(text, i))
            return 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

/* The code unit of a \uXXXX escape at `text`, or -1 when it is something else (malformed escapes are left to yajl). */
static int escaped_unit(const char *text, size_t left)
{
    unsigned int unit = 0;

    if (left < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= '0' && c <= '9')
            unit = unit * 16 + c - '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            unit = unit * 16 + (c | 0x20u) - 'a' + 10;
        else
            return -1;
    }
    return (int)unit;
}

/* One escape of a string. Returns its length, or 0 with the reason. */
static size_t scan_escape(const char *text, size_t left, const char **ret_reason)
{
    int unit = escaped_unit(text, left);

    if (unit < 0)
        return CM_MIN(left, (size_t)2);
    if (unit == 0) {
        *ret_reason = "\\u0000 in a string; no path, name or argument can hold it, remove it";
        return 0;
    }
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    int low = unit < 0xdc00 ? escaped_unit(text + 6, left - 6) : -1;
    if (low >= 0xdc00 && low <= 0xdfff)
        return 12;
    *ret_reason = "half of a surrogate pair in a string; write both \\u escapes or the character itself";
    return 0;
}

static const char *scan_control(char c, bool in_string)
{
    if (c == '\0')
        return "NUL byte; the text is not JSON";
    if (in_string)
        return "control character in a string; write it as an escape";
    return c == '\t' || c == '\n' || c == '\r' ? NULL : "control character outside of a string; the text is not JSON";
}

/* How many of the first bytes, up to eight, need no look: no control character, quote or backslash, and ASCII. */
static size_t plain_bytes(const char *text)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    word = le64toh(word);
    /* A subtraction sets the highest bit of the first byte that is too small; later bytes may be marked for nothing, which costs a look. */
    uint64_t marks = (word | (word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) & ones * 0x80;
    return marks ? (size_t)__builtin_ctzll(marks) / 8 : sizeof(word);
}

const char *json_scan(const char *text, size_t size, size_t *ret_offset)
{
    const char *reason = NULL;
    bool in_string = false;
    size_t at = 0;

    while (at < size && !reason) {
        size_t length = 1, plain = size - at >= 8 ? plain_bytes(text + at) : 0;
        if (plain > 0) { /* nearly all */
            at += plain;
            continue;
        }
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20)
            reason = scan_control(text[at], in_string);
        else if (c == '"')
            in_string = !in_string;
        else if (c == '\\' && in_string)
            length = scan_escape(text + at, size - at, &reason);
        else if (c >= 0x80 && !in_string)
            reason = "byte that JSON knows in strings only; save the file as UTF-8 without a byte order mark";
        else if (c >= 0x80) {
            length = json_utf8_length(text + at, size - at);
            if (length == 0)
                reason = "bytes that are not UTF-8; save the file as UTF-8";
        }
        if (!reason)
            at += length;
    }
    if (!reason && in_string)
        reason = "string without an end; the file may be cut off";
    *ret_offset = at;
    return reason;
}
