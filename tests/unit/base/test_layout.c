/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of cells: alignment, wrapping, colour, and texts that must not reach a terminal as they are. */
#include "check.h"

#include "base/layout.h"

static void row(unsigned int width, bool colour, const char *label, const char *text, const char *want)
{
    CM_AUTO_STR struct cm_str out = {0};
    const struct cm_layout layout = {&out, {width, colour}, 2};
    const struct cm_cell cells[] = {{label, 6, CM_RED}, {text, 0, CM_PLAIN}};

    cm_layout_row(&layout, cells, CM_ARRAY_LEN(cells));
    CHECK_STR(cm_str_text(&out), want);
}

TEST(rows_are_aligned_and_wrapped)
{
    row(0, false, "one", "a line that is longer than any terminal stays in one piece when it goes into a file",
        "  one     a line that is longer than any terminal stays in one piece when it goes into a file\n");
    row(40, false, "one", "words of a line that is longer", "  one     words of a line that is longer\n");
    row(40, false, "one", "words of a line that is longer still", "  one     words of a line that is longer\n          still\n");
    row(40, false, "one", "words of a line that is longe  two blanks", "  one     words of a line that is longe\n          two blanks\n");
    row(40, false, "one", "/a/path/that/is/longer/than/the/line/of/it", "  one     /a/path/that/is/longer/than/th\n          e/line/of/it\n");
    row(40, false, "longer than it", "text", "  longer than it\n          text\n");
    row(40, false, "sixsix", "", "  sixsix\n");
    row(40, false, "", "text", "          text\n");
    row(40, true, "one", "text", "  \033[31mone\033[0m     text\n");
}

TEST(a_last_cell_without_room_has_a_line_of_its_own)
{
    CM_AUTO_STR struct cm_str out = {0};
    const struct cm_layout layout = {&out, {40, false}, 2};
    const struct cm_cell cells[] = {{"label", 20, CM_PLAIN}, {"a text that does not fit behind it", 0, CM_PLAIN}};

    cm_layout_row(&layout, cells, 2);
    cm_layout_below(&layout, cells, 2, "and what is below it begins at the same place");
    CHECK_STR(cm_str_text(&out), "  label\n"
                                 "    a text that does not fit behind it\n"
                                 "    and what is below it begins at the\n"
                                 "    same place\n");
}

TEST(below_and_titles)
{
    CM_AUTO_STR struct cm_str out = {0};
    const struct cm_layout layout = {&out, {0, true}, 2};
    const struct cm_cell cells[] = {{"a", 3, CM_PLAIN}, {"b", 4, CM_GREEN}, {"c", 0, CM_PLAIN}};

    cm_layout_title(&layout, "title");
    cm_layout_row(&layout, cells, 3);
    cm_layout_below(&layout, cells, 3, "d");
    cm_layout_title(&layout, "next");
    CHECK_STR(cm_str_text(&out), "\033[1mtitle\033[0m\n  a    \033[32mb\033[0m     c\n             d\n\n\033[1mnext\033[0m\n");
}

TEST(hostile_text_is_escaped_and_measured_so)
{
    row(0, true, "\033[2J", "\033]0;x\a\r\n\xff\xc2\x9b\xe2\x80\xae", "  \033[31m\\x1b[2J\033[0m\n          \\x1b]0;x\\x07\\r\\n\\xff\\u009b\\u202e\n");
    row(40, false, "x", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "  x       \\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x\n          ff\\xff\\xff\n");
}

TEST(widths_are_those_of_a_terminal)
{
    static const struct {
        const char *text;
        size_t width;
    } table[] = {
        {"", 0}, {"abc", 3}, {"\xc3\xa9t\xc3\xa9", 3}, {"e\xcc\x81", 1}, {"\xe6\xbc\xa2\xe5\xad\x97", 4}, {"\xf0\x9f\x98\x80", 2}, {"\033", 4}, {"\xff", 4},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        CHECK_INT(cm_text_width(table[i].text), table[i].width);
    row(0, false, "\xe6\xbc\xa2\xe5\xad\x97", "text", "  \xe6\xbc\xa2\xe5\xad\x97    text\n");
    /* a character of two columns is not cut in half, an accent stays with its letter */
    row(40, false, "one", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe6\xbc\xa2", "  one     aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n          \xe6\xbc\xa2\n");
    row(40, false, "one", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaae\xcc\x81z", "  one     aaaaaaaaaaaaaaaaaaaaaaaaaaaaae\xcc\x81\n          z\n");
}

TEST(any_width_comes_to_an_end)
{
    for (unsigned int width = 1; width < 60; width++) {
        CM_AUTO_STR struct cm_str out = {0};
        const struct cm_layout layout = {&out, {width, false}, 2};
        const struct cm_cell cells[] = {{"label", 30, CM_PLAIN}, {"some text \xe6\xbc\xa2\xe5\xad\x97 with words", 0, CM_PLAIN}};
        cm_layout_row(&layout, cells, 2);
        CHECK_CONTAINS(cm_str_text(&out), "\n");
    }
}
