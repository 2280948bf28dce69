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

/* Escapes also DEL and the C1 controls (U+0080 to U+009F), which act on terminals. */
static void add_quoted(struct cm_str *out, const char *text)
{
    static const char short_escape[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };

    cm_str_add(out, "\"");
    for (size_t left = strlen(text); left > 0;) {
        unsigned char c = (unsigned char)*text;
        size_t length = json_utf8_length(text, left);
        if (length == 0) {
            cm_str_add(out, "\xef\xbf\xbd"); /* U+FFFD */
            length = 1;
        } else if (c < 0x80 && short_escape[c])
            cm_str_addf(out, "\\%c", short_escape[c]);
        else if (c < 0x20 || c == 0x7f)
            cm_str_addf(out, "\\u%04x", c);
        else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
            cm_str_addf(out, "\\u%04x", (unsigned char)text[1]);
        else
            cm_str_add_bytes(out, text, length);
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
        add_quoted(writer->out, key);
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
        add_quoted(writer->out, value);
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
