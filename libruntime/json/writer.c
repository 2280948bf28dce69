/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The writer. Values may be hostile (names of files, text of containers): what comes out is always well-formed, one-line safe JSON. */
#include "json/json.h"

#include <inttypes.h>
#include <string.h>

#include "json/internal.h"

void json_writer_init(struct json_writer *writer, struct cm_str *out, int indent)
{
    *writer = (struct json_writer){.out = out, .indent = indent};
}

static void new_line(struct json_writer *writer)
{
    if (writer->indent == 0)
        return;
    cm_str_add(writer->out, "\n");
    for (unsigned int i = 0; i < writer->depth; i++)
        cm_str_addf(writer->out, "%*s", writer->indent > 0 ? writer->indent : 1, writer->indent > 0 ? "" : "\t");
}

/* As \uXXXX, above U+FFFF as the two halves of UTF-16 (RFC 8259, 7). `text` begins with a well-formed sequence of that length. */
static void add_escaped(struct cm_str *out, const char *text, size_t length)
{
    uint32_t point = length == 1 ? (unsigned char)*text : (unsigned char)*text & (0x7fu >> length);

    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3fu);
    if (point > 0xffff)
        cm_str_addf(out, "\\u%04x\\u%04x", 0xd800u + ((point - 0x10000) >> 10), 0xdc00u + ((point - 0x10000) & 0x3ffu));
    else
        cm_str_addf(out, "\\u%04x", point);
}

/* Escapes also DEL and the C1 controls (U+0080 to U+009F), which act on terminals. */
static void add_quoted(struct cm_str *out, const char *text, bool ascii)
{
    static const char short_escape[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

    cm_str_add(out, "\"");
    for (size_t left = strlen(text); left > 0;) {
        unsigned char c = (unsigned char)*text;
        size_t length = json_utf8_length(text, left);
        const char *sequence = length > 0 ? text : replacement;
        size_t size = length > 0 ? length : sizeof(replacement) - 1;
        if (c < 0x80 && short_escape[c])
            cm_str_addf(out, "\\%c", short_escape[c]);
        else if (c < 0x20 || c == 0x7f || (c == 0xc2 && length == 2 && (unsigned char)text[1] < 0xa0) || (ascii && c >= 0x80))
            add_escaped(out, sequence, size);
        else
            cm_str_add_bytes(out, sequence, size);
        length = length > 0 ? length : 1;
        text += length;
        left -= length;
    }
    cm_str_add(out, "\"");
}

/* Everything that stands before a value. */
static void lead(struct json_writer *writer, const char *key)
{
    if (writer->comma)
        cm_str_add(writer->out, ",");
    if (writer->depth > 0)
        new_line(writer);
    if (key) {
        add_quoted(writer->out, key, writer->ascii);
        cm_str_add(writer->out, writer->indent == 0 ? ":" : ": ");
    }
    writer->comma = true;
}

static void begin(struct json_writer *writer, const char *key, const char *bracket)
{
    lead(writer, key);
    cm_str_add(writer->out, bracket);
    writer->depth++;
    writer->comma = false;
}

static void end(struct json_writer *writer, const char *bracket)
{
    writer->depth--;
    if (writer->comma) /* an empty one stays on its line */
        new_line(writer);
    cm_str_add(writer->out, bracket);
    writer->comma = true;
}

void json_object_begin(struct json_writer *writer, const char *key)
{
    begin(writer, key, "{");
}

void json_object_end(struct json_writer *writer)
{
    end(writer, "}");
}

void json_array_begin(struct json_writer *writer, const char *key)
{
    begin(writer, key, "[");
}

void json_array_end(struct json_writer *writer)
{
    end(writer, "]");
}

void json_add_string(struct json_writer *writer, const char *key, const char *value)
{
    lead(writer, key);
    if (value)
        add_quoted(writer->out, value, writer->ascii);
    else
        cm_str_add(writer->out, "null");
}

void json_add_bool(struct json_writer *writer, const char *key, bool value)
{
    lead(writer, key);
    cm_str_add(writer->out, value ? "true" : "false");
}

void json_add_u64(struct json_writer *writer, const char *key, uint64_t value)
{
    lead(writer, key);
    cm_str_addf(writer->out, "%" PRIu64, value);
}

void json_add_i64(struct json_writer *writer, const char *key, int64_t value)
{
    lead(writer, key);
    cm_str_addf(writer->out, "%" PRId64, value);
}

void json_add_number(struct json_writer *writer, const char *key, const char *literal)
{
    lead(writer, key);
    cm_str_add(writer->out, literal);
}

void json_add_null(struct json_writer *writer, const char *key)
{
    lead(writer, key);
    cm_str_add(writer->out, "null");
}
