/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports for people: titles and rows of aligned cells, wrapped to a width. Every text is hostile and is escaped here (base/escape.h), so that callers hand it
 * over as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Of the place where a report is shown. All zero: a file or a pipe, where lines are whole and nothing is coloured. */
struct cm_style {
    unsigned int width; /* columns of a terminal; 0: lines are not wrapped */
    bool colour;
};

enum cm_colour { CM_PLAIN, CM_BOLD, CM_RED, CM_YELLOW, CM_GREEN, CM_CYAN };

struct cm_layout {
    struct cm_str *out;
    struct cm_style style;
    size_t indent; /* of rows */
};

struct cm_cell {
    const char *text;
    size_t width; /* the text is filled up to it; a longer one ends its line. Of the last cell of a row: ignored */
    enum cm_colour colour;
};

/* Columns of a terminal that the text takes, once it is escaped. */
size_t cm_text_width(const char *text);

/* A line of its own, behind an empty one unless it is the first. */
void cm_layout_title(const struct cm_layout *layout, const char *title);
/* A row. The last cell is wrapped, its further lines begin where it begins. */
void cm_layout_row(const struct cm_layout *layout, const struct cm_cell *cells, size_t n);
/* A row whose cells but the last are empty and as wide as those of the row above it. */
void cm_layout_below(const struct cm_layout *layout, const struct cm_cell *cells, size_t n, const char *text);
/* A text without cells or indentation, wrapped. */
void cm_layout_text(const struct cm_layout *layout, const char *text, enum cm_colour colour);
