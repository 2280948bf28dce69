/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Escaping; see escape.h. The text is hostile: control characters (also the C1 set, which some terminals obey as escape
 * sequences), bytes that are not UTF-8, and code points that reorder or hide the text around them (bidirectional overrides).
 */
#include "base/escape.h"

static const struct {
    uint32_t first, last;
} unprintable[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
};

static bool is_printable(uint32_t point)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(unprintable); i++)
        if (point >= unprintable[i].first && point <= unprintable[i].last)
            return false;
    return true;
}

size_t cm_utf8_decode(const char *bytes, uint32_t *ret)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *text = (const unsigned char *)bytes;
    size_t size = text[0] < 0x80 ? 1 : (text[0] & 0xe0) == 0xc0 ? 2 : (text[0] & 0xf0) == 0xe0 ? 3 : (text[0] & 0xf8) == 0xf0 ? 4 : 0;
    uint32_t point;

    if (size <= 1) {
        *ret = text[0];
        return size;
    }
    point = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) /* also the end of the text */
            return 0;
        point = point << 6 | (text[i] & 0x3fu);
    }
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret = point;
    return size;
}

static const char *short_escape(uint32_t point, bool quoted)
{
    switch (point) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '"':
        return quoted ? "\\\"" : NULL;
    case '\\':
        return quoted ? "\\\\" : NULL;
    default:
        return NULL;
    }
}

void cm_escape(struct cm_str *out, const char *text, bool quoted)
{
    while (*text) {
        uint32_t point = 0;
        size_t size = cm_utf8_decode(text, &point);
        const char *escape = size > 0 ? short_escape(point, quoted) : NULL;
        if (escape)
            cm_str_add(out, escape);
        else if (size > 0 && is_printable(point))
            cm_str_add_bytes(out, text, size);
        else if (size <= 1)
            cm_str_addf(out, "\\x%02x", (unsigned int)(unsigned char)*text);
        else
            cm_str_addf(out, point > 0xffff ? "\\U%08x" : "\\u%04x", point);
        text += size > 0 ? size : 1;
    }
}
