/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The documents about the policy against the program's tables, in both directions: members with their values and bounds, floors, codes that can be excepted.
 * A line that lacks is printed as it should stand. The directory is $CT_TOP/docs.
 */
#include "check.h"

#include "base/io.h"
#include "policy/exceptions.h"
#include "policy/file.h"

#include <fcntl.h>

static char *read_page(const char *name)
{
    char path[512];
    char *text = NULL;
    size_t size;
    const char *top = getenv("CT_TOP");

    (void)snprintf(path, sizeof(path), "%s/docs/%s", top ? top : ".", name);
    if (cm_read_file_at(AT_FDCWD, path, 1 << 20, true, &text, &size) < 0)
        CHECK_FAIL("cannot read %s", path);
    return text;
}

/* The value of a row of a policy, as the page shows it. */
static void add_value(const struct cm_tunable *row, const char *value, struct cm_str *out)
{
    if (row->kind == CM_TUNABLE_LIST)
        cm_str_add(out, " | empty");
    else if (strcmp(value, "null") == 0)
        cm_str_add(out, row->kind == CM_TUNABLE_NAME ? " | none" : " | no bound");
    else
        cm_str_addf(out, " | `%s`", value);
}

static void add_bound(const struct cm_tunable *row, int64_t bound, struct cm_str *out)
{
    CM_AUTO_STR struct cm_str text = {0};

    if (row->kind == CM_TUNABLE_LIST || row->kind == CM_TUNABLE_NAME) {
        cm_str_add(out, " |");
        return;
    }
    cm_tunable_value_text(row, bound, &text);
    if (row->kind == CM_TUNABLE_AMOUNT && bound == CM_NO_MAX)
        cm_str_add(out, " | `\"100%\"`");
    else
        add_value(row, cm_str_text(&text), out);
}

static const char *member_line(enum cm_tunable_id id, struct cm_str *out)
{
    const struct cm_tunable *row = &cm_tunables[id];

    cm_str_addf(out, "| `%s`", row->pointer);
    for (int level = 0; level < CM_POLICY_LEVELS; level++) {
        CM_AUTO_STR struct cm_str text = {0};
        cm_tunable_text(cm_policy_builtin((enum cm_policy_level)level), id, &text);
        add_value(row, cm_str_text(&text), out);
    }
    add_bound(row, row->strictest, out);
    for (int level = 0; level < CM_POLICY_LEVELS; level++)
        add_bound(row, row->loosest[level], out);
    cm_str_addf(out, " | `%s` | %s |", cm_floor_info(row->floor)->name, row->meaning);
    return cm_str_text(out);
}

/* Whether the page has exactly this line. */
static bool has_line(const char *page, const char *line)
{
    size_t size = strlen(line);

    for (const char *at = page; (at = strstr(at, line)); at++)
        if ((at == page || at[-1] == '\n') && at[size] == '\n')
            return true;
    return false;
}

/* Lines of the page that begin so, and what follows up to the closing quote; they are given to `known`. */
static size_t check_lines(const char *page, const char *begin, bool (*known)(const char *word))
{
    size_t n = 0;
    char word[128];

    for (const char *at = page; (at = strstr(at, begin)); at += strlen(begin)) {
        const char *start = at + strlen(begin) - 1;
        size_t size = strcspn(start, "`\n");
        if ((at != page && at[-1] != '\n') || size >= sizeof(word))
            continue;
        memcpy(word, start, size);
        word[size] = '\0';
        n++;
        if (!known(word))
            CHECK_FAIL("the page has a line for \"%s\", which the program does not know", word);
    }
    return n;
}

static bool is_member(const char *word)
{
    for (size_t i = 0; i < CM_TUNABLE_COUNT; i++)
        if (strcmp(cm_tunables[i].pointer, word) == 0)
            return true;
    return false;
}

TEST(members)
{
    CM_AUTO_FREE char *page = read_page("policy.md");

    if (!page)
        return;
    for (unsigned int id = 0; id < CM_TUNABLE_COUNT; id++) {
        CM_AUTO_STR struct cm_str line = {0};
        if (!has_line(page, member_line((enum cm_tunable_id)id, &line)))
            CHECK_FAIL("policy.md lacks this line:\n%s", cm_str_text(&line));
    }
    CHECK_INT(check_lines(page, "| `/", is_member), CM_TUNABLE_COUNT);
}

static bool is_floor(const char *word)
{
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
        if (strcmp(cm_floor_info((enum cm_floor)i)->name, word) == 0)
            return true;
    return false;
}

/* The part of a page from one heading to the next of its rank. */
static char *section(const char *page, const char *heading)
{
    const char *start = strstr(page, heading), *end = start ? strstr(start + strlen(heading), "\n## ") : NULL;

    if (!start)
        CHECK_FAIL("there is no \"%s\"", heading);
    return start ? strndup(start, end ? (size_t)(end - start) : strlen(start)) : NULL;
}

static bool is_floor_line(const char *word)
{
    return is_floor(word);
}

TEST(floors)
{
    CM_AUTO_FREE char *page = read_page("policy.md");
    CM_AUTO_FREE char *part = page ? section(page, "\n## Floors\n") : NULL;

    if (!part)
        return;
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++) {
        CM_AUTO_STR struct cm_str line = {0};
        const struct cm_floor_info *info = cm_floor_info((enum cm_floor)i);
        cm_str_addf(&line, "| `%s` | %s |", info->name, info->sentence);
        if (!has_line(part, cm_str_text(&line)))
            CHECK_FAIL("policy.md lacks this line:\n%s", cm_str_text(&line));
    }
    /* the first letter of the name is the last of the beginning that is looked for */
    size_t n = 0;
    for (char c = 'a'; c <= 'z'; c++) {
        const char begin[] = {'|', ' ', '`', c, '\0'};
        n += check_lines(part, begin, is_floor_line);
    }
    CHECK_INT(n, CM_FLOOR_COUNT);
}

/* The last column of the table of what always holds names the floors behind it. */
TEST(floors_of_the_threat_model)
{
    CM_AUTO_FREE char *page = read_page("threat-model.md");
    CM_AUTO_FREE char *part = page ? section(page, "\n## What always holds\n") : NULL;
    bool named[CM_FLOOR_COUNT] = {0};

    for (char *line = part ? strtok(part, "\n") : NULL; line; line = strtok(NULL, "\n")) {
        if (line[0] != '|' || line[2] < '1' || line[2] > '9')
            continue;
        char *last = line + strlen(line) - 1;
        while (last > line && *--last != '|')
            ;
        for (char *word = strchr(last, '`'); word; word = strchr(word, '`')) {
            size_t size = strcspn(++word, "`");
            char name[64] = {0};
            memcpy(name, word, size < sizeof(name) ? size : 0);
            if (!is_floor(name))
                CHECK_FAIL("threat-model.md names a floor \"%s\", which the program does not know", name);
            for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
                named[i] |= strcmp(cm_floor_info((enum cm_floor)i)->name, name) == 0;
            word += size + 1;
        }
    }
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
        if (!named[i])
            CHECK_FAIL("threat-model.md does not name the floor \"%s\"", cm_floor_info((enum cm_floor)i)->name);
}

static bool is_exceptable(const char *word)
{
    enum cm_code code = cm_code_number(word);

    return code < CM_CODE_COUNT && cm_exceptable_find(code);
}

TEST(codes)
{
    CM_AUTO_FREE char *page = read_page("policy.md");
    size_t n = 0;

    if (!page)
        return;
    for (; cm_exceptable_at(n); n++) {
        CM_AUTO_STR struct cm_str line = {0};
        cm_str_addf(&line, "| `%s` | %s |", cm_code_info(cm_exceptable_at(n)->code)->code, cm_exceptable_at(n)->grants);
        if (!has_line(page, cm_str_text(&line)))
            CHECK_FAIL("policy.md lacks this line:\n%s", cm_str_text(&line));
    }
    CHECK_INT(check_lines(page, "| `C", is_exceptable), n);
    for (const char *at = page; (at = strstr(at, "CM-")); at++) {
        char word[64] = {0};
        size_t size = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");
        memcpy(word, at, size < sizeof(word) ? size : 0);
        if (strcmp(word, "CM-") != 0 && cm_code_number(word) == CM_CODE_COUNT)
            CHECK_FAIL("policy.md names a code \"%s\", which the program does not know", word);
    }
}

/* A member is "*limits.pids.max*" in the manual page; a floor is in its list by its name. */
TEST(manual_page)
{
    CM_AUTO_FREE char *page = read_page("man/casemate-policy.5.scd");

    for (unsigned int id = 0; page && id < CM_TUNABLE_COUNT; id++) {
        CM_AUTO_STR struct cm_str name = {0};
        cm_str_addf(&name, "*%s", cm_tunables[id].pointer + 1);
        for (char *c = name.data; *c; c++)
            *c = *c == '/' ? '.' : *c;
        const char *at = strstr(page, cm_str_text(&name));
        while (at && at[name.size] != '*' && at[name.size] != '.') /* a longer name; "." where a page describes the members below it */
            at = strstr(at + 1, cm_str_text(&name));
        if (!at && !cm_has_prefix(cm_tunables[id].pointer, "/mounts/roots/"))
            CHECK_FAIL("casemate-policy.5.scd does not describe %s*", cm_str_text(&name));
    }
    for (unsigned int i = 0; page && i < CM_FLOOR_COUNT; i++)
        if (!strstr(page, cm_floor_info((enum cm_floor)i)->name))
            CHECK_FAIL("casemate-policy.5.scd does not name the floor %s", cm_floor_info((enum cm_floor)i)->name);
    for (size_t i = 0; page && cm_exceptable_at(i); i++)
        if (!strstr(page, cm_code_info(cm_exceptable_at(i)->code)->code))
            CHECK_FAIL("casemate-policy.5.scd does not name %s", cm_code_info(cm_exceptable_at(i)->code)->code);
}

/* Blocks of the page that are whole files are taken as they stand, and the block about exceptions inside of one. */
TEST(examples)
{
    CM_AUTO_FREE char *page = read_page("policy.md");
    size_t files = 0, parts = 0;

    for (char *at = page; at && (at = strstr(at, "\n\n    ")); at++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str text = {0};
        struct cm_policy_draft draft = {.arena = &arena};
        struct cm_error err;
        char *end = strstr(at + 2, "\n\n");
        size_t size = end ? (size_t)(end - at) : strlen(at);
        bool part = cm_has_prefix(at, "\n\n    \"exceptions\"");
        if (!part && !cm_has_prefix(at, "\n\n    {\n"))
            continue;
        cm_str_add(&text, part ? "{\"version\": 1," : "");
        cm_str_add_bytes(&text, at, size);
        cm_str_add(&text, part ? "}" : "");
        files += !part;
        parts += part;
        if (cm_policy_draft_add(&draft, "example", cm_str_text(&text), text.size, &err) < 0)
            CHECK_FAIL("%s", err.message);
    }
    CHECK(files == 1 && parts == 1);
}
