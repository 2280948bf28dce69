/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See explain.h. The word is hostile, and only compared. */
#include "plan/explain.h"

#include <strings.h>

#include "plan/code_policy.h"
#include "plan/controls.h"
#include "plan/host_rules.h"
#include "policy/codes.h"
#include "policy/exceptions.h"
#include "json/json.h"

/* One thing that is explained, as rows for people and members for programs. */
struct page {
    bool json;
    struct cm_layout layout;
    struct json_writer writer;
};

static void add(struct page *page, const char *key, const char *label, const char *text)
{
    const struct cm_cell cells[] = {{label, 9, CM_PLAIN}, {text, 0, CM_PLAIN}};

    if (page->json)
        json_add_string(&page->writer, key, text);
    else
        cm_layout_row(&page->layout, cells, CM_ARRAY_LEN(cells));
}

static void add_text(struct page *page, const char *key, const char *label, struct cm_str *text)
{
    page->layout.out->failed |= text->failed;
    add(page, key, label, cm_str_text(text) ? cm_str_text(text) : "");
}

static void begin(struct page *page, const char *kind, const char *name)
{
    if (!page->json) {
        cm_layout_title(&page->layout, name);
        return;
    }
    json_object_begin(&page->writer, NULL);
    json_add_string(&page->writer, "kind", kind);
    json_add_string(&page->writer, "name", name);
}

static void end(struct page *page, uint64_t subjects)
{
    CM_AUTO_STR struct cm_str controls = {0};

    if (page->json) {
        cm_controls_add(&page->writer, subjects);
        json_object_end(&page->writer);
    } else if (cm_controls_list(subjects, "", &controls)) {
        add_text(page, "controls", "controls", &controls);
    }
}

/* Words: an array, or one row with commas. */
struct words {
    struct page *page;
    struct cm_str text;
};

static void words_begin(struct words *words, struct page *page, const char *key)
{
    *words = (struct words){.page = page};
    if (page->json)
        json_array_begin(&page->writer, key);
}

static void words_add(struct words *words, const char *word)
{
    if (words->page->json)
        json_add_string(&words->page->writer, NULL, word);
    else
        cm_str_addf(&words->text, "%s%s", words->text.size > 0 ? ", " : "", word);
}

static void words_end(struct words *words, const char *label, const char *none)
{
    if (words->page->json)
        json_array_end(&words->page->writer);
    else if (words->text.size == 0 && none)
        add(words->page, "", label, none);
    else if (words->text.size > 0)
        add_text(words->page, "", label, &words->text);
    cm_str_free(&words->text);
}

static void add_floor(struct page *page, enum cm_floor floor)
{
    CM_AUTO_STR struct cm_str text = {0};

    if (page->json) {
        json_object_begin(&page->writer, "floor");
        json_add_string(&page->writer, "name", cm_floor_info(floor)->name);
        json_add_string(&page->writer, "holds", cm_floor_info(floor)->sentence);
        json_object_end(&page->writer);
        return;
    }
    cm_str_addf(&text, "%s: %s", cm_floor_info(floor)->name, cm_floor_info(floor)->sentence);
    add_text(page, "floor", "floor", &text);
}

/* ---- codes ---- */

static void add_keys(struct page *page, const struct cm_code_policy *policy)
{
    struct words words;

    words_begin(&words, page, "members");
    for (size_t i = 0; i < CM_CODE_KEYS_MAX && policy->keys[i]; i++)
        words_add(&words, policy->keys[i]);
    words_end(&words, "policy", policy->floor >= 0 ? "no member of a policy changes it" : "no member of a policy is about it");
}

static void add_exception(struct page *page, enum cm_code code)
{
    const struct cm_exceptable *exceptable = cm_exceptable_find(code);
    CM_AUTO_STR struct cm_str text = {0};

    if (page->json) {
        json_add_string(&page->writer, "exception", exceptable ? exceptable->grants : NULL);
        return;
    }
    cm_str_addf(&text, "%s%s", exceptable ? "one can name it: " : "none can name it", exceptable ? exceptable->grants : "");
    add_text(page, "", "exception", &text);
}

static void explain_code(struct page *page, enum cm_code code)
{
    const struct cm_code_info *info = cm_code_info(code);
    const struct cm_code_policy *policy = cm_code_policy_of(code);

    begin(page, "code", info->code);
    add(page, "meaning", "meaning", info->meaning);
    add(page, "remedy", "remedy", info->remedy);
    add_keys(page, policy);
    if (policy->floor >= 0)
        add_floor(page, (enum cm_floor)policy->floor);
    add_exception(page, code);
    end(page, cm_code_subjects(info->code));
}

/* Of a host, or of what it lacks: nothing that a policy could be about. */
static void explain_plain(struct page *page, const char *kind, const char *code, const char *meaning, const char *remedy, uint64_t subjects)
{
    begin(page, kind, code);
    add(page, "meaning", "meaning", meaning);
    if (remedy[0])
        add(page, "remedy", "remedy", remedy);
    end(page, subjects);
}

/* ---- members of a policy ---- */

static const char *kind_of(enum cm_tunable_kind kind)
{
    static const char *const words[] = {
        [CM_TUNABLE_SWITCH] = "true or false",
        [CM_TUNABLE_NUMBER] = "a number",
        [CM_TUNABLE_AMOUNT] = "bytes, or \"N%\" of the host's memory",
        [CM_TUNABLE_WORD] = "a word",
        [CM_TUNABLE_CAPS] = "a list of capabilities",
        [CM_TUNABLE_NAME] = "a name",
        [CM_TUNABLE_LIST] = "a list, which grows from file to file",
    };

    return words[kind];
}

static bool has_bounds(const struct cm_tunable *row)
{
    return row->kind != CM_TUNABLE_NAME && row->kind != CM_TUNABLE_LIST;
}

static void add_level(struct page *page, enum cm_tunable_id id, enum cm_policy_level level)
{
    const struct cm_policy *policy = cm_policy_builtin(level);
    const struct cm_tunable *row = &cm_tunables[id];
    CM_AUTO_STR struct cm_str text = {0};

    cm_tunable_text(policy, id, &text);
    if (row->kind == CM_TUNABLE_LIST)
        cm_str_add(&text, " built in");
    if (has_bounds(row)) {
        cm_str_add(&text, "; at the loosest ");
        cm_tunable_value_text(row, row->loosest[level], &text);
    }
    add_text(page, policy->name, policy->name, &text);
}

static void explain_tunable(struct page *page, enum cm_tunable_id id)
{
    const struct cm_tunable *row = &cm_tunables[id];
    CM_AUTO_STR struct cm_str type = {0}, strictest = {0};

    begin(page, "tunable", row->pointer);
    add(page, "meaning", "meaning", row->meaning);
    cm_str_add(&type, kind_of(row->kind));
    for (size_t i = 0; row->words && row->words[i]; i++)
        cm_str_addf(&type, "%s\"%s\"", i > 0 ? ", " : ": ", row->words[i]);
    add_text(page, "type", "type", &type);
    add_level(page, id, CM_POLICY_HARDENED);
    add_level(page, id, CM_POLICY_STRICT);
    if (has_bounds(row)) {
        cm_tunable_value_text(row, row->strictest, &strictest);
        add_text(page, "strictest", "strictest", &strictest);
    }
    add_floor(page, row->floor);
    end(page, cm_tunable_subjects(row->pointer));
}

/* "limits.pids.max" is "/limits/pids/max". */
static bool is_pointer_to(const char *word, const char *pointer)
{
    word += *word == '/';
    pointer++;
    for (; *word; word++, pointer++) {
        char c = *word == '.' ? '/' : *word;
        if (!*pointer || strncasecmp(&c, pointer, 1) != 0)
            return false;
    }
    return *pointer == '\0' || *pointer == '/';
}

static size_t explain_tunables(struct page *page, const char *word)
{
    size_t n = 0;

    for (int i = 0; i < CM_TUNABLE_COUNT && word[word[0] == '/']; i++) {
        if (!is_pointer_to(word, cm_tunables[i].pointer))
            continue;
        explain_tunable(page, (enum cm_tunable_id)i);
        n++;
    }
    return n;
}

/* ---- floors ---- */

static void explain_floor(struct page *page, enum cm_floor floor)
{
    struct words words;

    begin(page, "floor", cm_floor_info(floor)->name);
    add(page, "holds", "holds", cm_floor_info(floor)->sentence);
    words_begin(&words, page, "members");
    for (int i = 0; i < CM_TUNABLE_COUNT; i++)
        if (cm_tunables[i].floor == floor)
            words_add(&words, cm_tunables[i].pointer);
    words_end(&words, "bounds", NULL);
    words_begin(&words, page, "codes");
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++)
        if (cm_code_policy_of((enum cm_code)i)->floor == (int)floor)
            words_add(&words, cm_code_info((enum cm_code)i)->code);
    words_end(&words, "codes", NULL);
    end(page, 0);
}

/* Returns how many things were explained. */
static size_t explain(struct page *page, const char *word)
{
    const struct cm_host_rule *host = cm_host_rule_find(word);

    for (unsigned int i = 0; i < CM_CODE_COUNT; i++)
        if (strcasecmp(cm_code_info((enum cm_code)i)->code, word) == 0) {
            explain_code(page, (enum cm_code)i);
            return 1;
        }
    if (host) {
        explain_plain(page, "host", host->id, host->meaning, host->remedy, host->subjects);
        return 1;
    }
    if (strcasecmp(word, CM_NOT_ENFORCED) == 0) {
        explain_plain(page, "code", CM_NOT_ENFORCED, CM_NOT_ENFORCED_MEANING, CM_NOT_ENFORCED_REMEDY, 0);
        return 1;
    }
    for (unsigned int i = 0; i < CM_FLOOR_COUNT; i++)
        if (strcasecmp(cm_floor_info((enum cm_floor)i)->name, word) == 0)
            explain_floor(page, (enum cm_floor)i);
    return (page->layout.out->size > 0) + explain_tunables(page, word);
}

bool cm_explain(const char *word, bool json, struct cm_style style, struct cm_str *out)
{
    struct page page = {.json = json, .layout = {out, style, 2}};

    json_writer_init(&page.writer, out, 2);
    if (json)
        json_array_begin(&page.writer, NULL);
    size_t before = out->size;
    bool found = explain(&page, word) > 0;
    if (json)
        json_array_end(&page.writer);
    return found && out->size > before;
}
