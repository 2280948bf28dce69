/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See layout.h. All texts are hostile; what is measured and cut is their escaped form, which has no control characters and is UTF-8. */
#include "base/layout.h"

#include <string.h>

#include "base/escape.h"

#define GAP ((size_t)2)
#define ROOM_MIN ((size_t)24) /* a last cell with less room begins on a line of its own */

static const struct {
    uint32_t first, last;
} zero[] =
    {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},   {0x6d6, 0x6dc},
        {0x900, 0x902},   {0x93c, 0x93c},   {0x941, 0x948},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
},
  wide[] = {
      {0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
      {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

/* What terminals agree on; no locale is asked. */
static size_t point_width(uint32_t point)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(zero); i++)
        if (point >= zero[i].first && point <= zero[i].last)
            return 0;
    for (size_t i = 0; point >= 0x1100 && i < CM_ARRAY_LEN(wide); i++)
        if (point >= wide[i].first && point <= wide[i].last)
            return 2;
    return 1;
}

/* Of escaped text: the bytes that fit into `room` columns, and how many of these they take. */
static size_t fitting(const char *text, size_t size, size_t room, size_t *ret_width)
{
    size_t at = 0, width = 0;

    while (at < size) {
        uint32_t point = 0;
        size_t length = CM_MAX(cm_utf8_decode(text + at, &point), (size_t)1);
        size_t more = point_width(point);
        if (width + more > room)
            break;
        width += more;
        at += length;
    }
    *ret_width = width;
    return at;
}

static size_t escaped_width(const char *text, size_t size)
{
    size_t width;

    (void)fitting(text, size, SIZE_MAX / 2, &width);
    return width;
}

size_t cm_text_width(const char *text)
{
    CM_AUTO_STR struct cm_str escaped = {0};

    cm_escape(&escaped, text, false);
    return escaped_width(escaped.data ? escaped.data : "", escaped.size);
}

/* Ends a line without blanks at its end. */
static void end_line(const struct cm_layout *layout)
{
    struct cm_str *out = layout->out;

    while (!out->failed && out->size > 0 && out->data[out->size - 1] == ' ')
        out->data[--out->size] = '\0';
    cm_str_add(out, "\n");
}

static void pad(const struct cm_layout *layout, size_t n)
{
    cm_str_addf(layout->out, "%*s", (int)n, "");
}

static void put(const struct cm_layout *layout, const char *text, size_t size, enum cm_colour colour)
{
    static const char *const codes[] = {[CM_PLAIN] = "", [CM_BOLD] = "1", [CM_RED] = "31", [CM_YELLOW] = "33", [CM_GREEN] = "32", [CM_CYAN] = "36"};
    bool on = layout->style.colour && colour != CM_PLAIN && size > 0;

    if (on)
        cm_str_addf(layout->out, "\033[%sm", codes[colour]);
    cm_str_add_bytes(layout->out, text, size);
    if (on)
        cm_str_add(layout->out, "\033[0m");
}

/* The longest beginning that fits and ends with a word; a word that is longer than a line is cut. */
static size_t line_of(const char *text, size_t size, size_t room)
{
    size_t width, fits = fitting(text, size, room, &width), end = fits;

    if (fits == size)
        return size;
    while (end > 0 && text[end] != ' ')
        end--;
    while (end > 0 && text[end - 1] == ' ')
        end--;
    if (end > 0)
        return end;
    return CM_MAX(fits, (size_t)1); /* progress, whatever the room */
}

/* Wrapped text that begins at `column` and ends its line; further lines begin there too. */
static void wrap(const struct cm_layout *layout, const char *text, size_t column, enum cm_colour colour)
{
    CM_AUTO_STR struct cm_str escaped = {0};
    size_t width = layout->style.width;

    cm_escape(&escaped, text, false);
    layout->out->failed |= escaped.failed;
    const char *at = escaped.data ? escaped.data : "";
    size_t left = escaped.size;
    if (width > 0 && column > layout->indent && (column >= width || width - column < ROOM_MIN) && escaped_width(at, left) + column > width) {
        end_line(layout);
        column = layout->indent + GAP;
        pad(layout, column);
    }
    size_t room = width > column ? width - column : width;
    while (width > 0 && left > 0) {
        size_t n = line_of(at, left, room);
        put(layout, at, n, colour);
        at += n;
        left -= n;
        while (left > 0 && *at == ' ') {
            at++;
            left--;
        }
        end_line(layout);
        if (left > 0)
            pad(layout, column);
    }
    if (width == 0 || escaped.size == 0) {
        put(layout, at, left, colour);
        end_line(layout);
    }
}

void cm_layout_title(const struct cm_layout *layout, const char *title)
{
    if (layout->out->size > 0)
        cm_str_add(layout->out, "\n");
    cm_layout_text(layout, title, CM_BOLD);
}

void cm_layout_text(const struct cm_layout *layout, const char *text, enum cm_colour colour)
{
    wrap(layout, text, 0, colour);
}

void cm_layout_row(const struct cm_layout *layout, const struct cm_cell *cells, size_t n)
{
    size_t column = layout->indent;

    pad(layout, layout->indent);
    for (size_t i = 0; i + 1 < n; i++) {
        CM_AUTO_STR struct cm_str escaped = {0};
        cm_escape(&escaped, cells[i].text, false);
        layout->out->failed |= escaped.failed;
        size_t width = escaped_width(escaped.data ? escaped.data : "", escaped.size);
        put(layout, escaped.data ? escaped.data : "", escaped.size, cells[i].colour);
        column += cells[i].width + GAP;
        if (width > cells[i].width) {
            end_line(layout);
            pad(layout, column);
        } else {
            pad(layout, cells[i].width - width + GAP);
        }
    }
    wrap(layout, cells[n - 1].text, column, cells[n - 1].colour);
}

void cm_layout_below(const struct cm_layout *layout, const struct cm_cell *cells, size_t n, const char *text)
{
    size_t column = layout->indent;

    for (size_t i = 0; i + 1 < n; i++)
        column += cells[i].width + GAP;
    if (layout->style.width > 0 && (column >= layout->style.width || layout->style.width - column < ROOM_MIN))
        column = layout->indent + GAP; /* as the last cell above it */
    pad(layout, column);
    wrap(layout, text, column, CM_PLAIN);
}
