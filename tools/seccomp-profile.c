/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads profiles of seccomp-profiles/ (format: profile-format.md). They are ours and reviewed; every mistake in one ends the build.
 */
#include "seccomp-profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "json/json.h"
#include "seccomp-constants.h"

#define WHEN_MAX 16
#define WHY_MAX 400

struct reader {
    struct tables *t;
    struct profile *profile;
    const char *path;
};

CM_NORETURN CM_PRINTF(3, 4) static void die(const struct reader *r, const struct json_value *at, const char *fmt, ...)
{
    char pointer[256] = "";
    va_list args;

    va_start(args, fmt);
    (void)fprintf(stderr, "seccomp-compile: %s%s%s: ", r->path, at ? " " : "", at ? json_pointer(at, pointer, sizeof(pointer)) : "");
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static const char *text_of(const struct reader *r, const struct json_value *v)
{
    if (!v || v->type != JSON_STRING || !v->text[0])
        die(r, v, "a text is needed");
    return v->text;
}

/* A number, "0x…", or a name of seccomp-constants.h. */
static uint64_t value_of(const struct reader *r, const struct json_value *v)
{
    uint64_t value = 0;

    if (v && v->type == JSON_NUMBER && cm_parse_u64(v->text, &value) == 0)
        return value;
    const char *text = text_of(r, v);
    for (size_t i = 0; i < CM_ARRAY_LEN(constants); i++)
        if (strcmp(constants[i].name, text) == 0)
            return constants[i].value;
    if (!cm_has_prefix(text, "0x") || strlen(text) < 3 || strlen(text) > 18)
        die(r, v, "\"%s\" is neither a constant nor hexadecimal", text);
    for (const char *c = text + 2; *c; c++) {
        const char *digits = "0123456789abcdef", *digit = strchr(digits, *c);
        if (!digit)
            die(r, v, "\"%s\" is not hexadecimal", text);
        value = value << 4 | (uint64_t)(digit - digits);
    }
    return value;
}

static uint32_t answer_of(const struct reader *r, const struct json_value *v)
{
    const char *text = text_of(r, v);

    if (strcmp(text, "allow") == 0)
        return SECCOMP_RET_ALLOW;
    if (strcmp(text, "kill") == 0)
        return SECCOMP_RET_KILL_PROCESS;
    for (size_t i = 0; i < CM_ARRAY_LEN(errnos); i++)
        if (strcmp(errnos[i].name, text) == 0)
            return SECCOMP_RET_ERRNO | (uint32_t)errnos[i].value;
    die(r, v, "\"%s\" is no answer: allow, kill or an errno name", text);
}

static void check_keys(const struct reader *r, const struct json_value *object, const char *const *keys)
{
    if (!object || object->type != JSON_OBJECT)
        die(r, object, "an object is needed");
    for (const struct json_value *m = object->child; m; m = m->next) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], m->key) != 0)
            i++;
        if (!keys[i])
            die(r, m, "unknown key");
    }
}

static const struct json_value *array_of(const struct reader *r, const struct json_value *object, const char *key)
{
    const struct json_value *v = json_member(object, key);

    if (!v || v->type != JSON_ARRAY || v->n == 0)
        die(r, v ? v : object, "\"%s\" must be an array that is not empty", key);
    return v;
}

static size_t text_in_pool(const struct reader *r, const struct json_value *v)
{
    struct tables *t = r->t;
    const char *text = text_of(r, v);
    size_t size = strlen(text) + 1;

    if (size > WHY_MAX)
        die(r, v, "more than %d bytes", WHY_MAX - 1);
    for (size_t at = 0; at < t->texts_size; at += strlen(t->texts + at) + 1)
        if (strcmp(t->texts + at, text) == 0)
            return at;
    if (t->texts_size + size > TEXTS_MAX)
        die(r, v, "more than %d bytes of texts", TEXTS_MAX);
    memcpy(t->texts + t->texts_size, text, size);
    t->texts_size += size;
    return t->texts_size - size;
}

static bool same_condition(const struct cm_seccomp_condition *a, const struct cm_seccomp_condition *b)
{
    return a->mask == b->mask && a->value == b->value && a->arg == b->arg && a->op == b->op;
}

/* Where the run of conditions is, or is put. */
static size_t conditions_in_pool(const struct reader *r, const struct json_value *at, const struct cm_seccomp_condition *run, size_t n)
{
    struct tables *t = r->t;

    for (size_t i = 0; i + n <= t->n_conditions; i++) {
        size_t same = 0;
        while (same < n && same_condition(&t->conditions[i + same], &run[same]))
            same++;
        if (same == n)
            return i;
    }
    if (t->n_conditions + n > POOL_MAX)
        die(r, at, "more than %d conditions", POOL_MAX);
    memcpy(t->conditions + t->n_conditions, run, n * sizeof(*run));
    t->n_conditions += n;
    return t->n_conditions - n;
}

/* The number of the verdict with these branches, a new one if there is none yet. */
static uint8_t verdict_in_pool(const struct reader *r, const struct json_value *at, const struct branch *branches, size_t n, size_t why)
{
    struct tables *t = r->t;

    for (size_t i = 1; i < t->n_verdicts; i++) {
        const struct verdict *v = &t->verdicts[i];
        size_t same = 0;
        while (same < n && v->n == n && t->branches[v->first + same].answer == branches[same].answer &&
               t->branches[v->first + same].first == branches[same].first && t->branches[v->first + same].n == branches[same].n)
            same++;
        if (same == n && v->n == n && v->why == why)
            return (uint8_t)i;
    }
    if (t->n_verdicts == VERDICTS_MAX || t->n_branches + n > POOL_MAX)
        die(r, at, "more than %d verdicts or %d branches", VERDICTS_MAX, POOL_MAX);
    memcpy(t->branches + t->n_branches, branches, n * sizeof(*branches));
    t->verdicts[t->n_verdicts] = (struct verdict){.first = t->n_branches, .n = n, .why = why};
    t->n_branches += n;
    return (uint8_t)t->n_verdicts++;
}

static uint8_t plain_verdict(const struct reader *r, const struct json_value *at, uint32_t answer, size_t why)
{
    return verdict_in_pool(r, at, &(struct branch){.answer = answer}, 1, why);
}

static bool is_plain(const struct tables *t, uint8_t verdict)
{
    return t->verdicts[verdict].n == 1;
}

/* Whether the call, or some calls of it, succeed. */
static bool allows(const struct tables *t, uint8_t verdict)
{
    const struct verdict *v = &t->verdicts[verdict];

    for (size_t i = 0; i < v->n; i++)
        if (t->branches[v->first + i].answer == SECCOMP_RET_ALLOW)
            return true;
    return false;
}

/* The place in the table of calls of a name that no list or rule of this profile has had yet. */
static size_t call_of(const struct reader *r, const struct json_value *name)
{
    const char *text = text_of(r, name);

    for (size_t i = 0; i < r->t->n_calls; i++)
        if (strcmp(r->t->calls[i].name, text) == 0) {
            if (r->profile->verdicts[i])
                die(r, name, "%s is named twice", text);
            return i;
        }
    die(r, name, "no architecture has a system call \"%s\"", text);
}

/* Decides about one call. A profile with a base cannot become wider than it. */
static void decide(const struct reader *r, const struct json_value *name, uint8_t verdict)
{
    size_t call = call_of(r, name);
    const struct profile *base = r->profile->base;

    if (base && allows(r->t, verdict)) {
        uint8_t there = base->verdicts[call];
        if (!allows(r->t, there))
            die(r, name, "%s allows no %s", base->name, name->text);
        if (!is_plain(r->t, there) && is_plain(r->t, verdict))
            die(r, name, "%s looks at the arguments of %s: take its rule (\"as_base\") or write one", base->name, name->text);
    }
    r->profile->verdicts[call] = verdict;
}

static void check_order(const struct reader *r, const struct json_value *names)
{
    for (const struct json_value *name = names->child; name && name->next; name = name->next)
        if (strcmp(text_of(r, name), text_of(r, name->next)) >= 0)
            die(r, name->next, "\"%s\" is not in alphabetical order", name->next->text);
}

static void read_allowed(const struct reader *r, const struct json_value *names)
{
    uint8_t verdict = plain_verdict(r, names, SECCOMP_RET_ALLOW, 0);

    check_order(r, names);
    for (const struct json_value *name = names->child; name; name = name->next)
        decide(r, name, verdict);
}

static void read_as_base(const struct reader *r, const struct json_value *names)
{
    const struct profile *base = r->profile->base;

    if (!base)
        die(r, names, "there is no base");
    check_order(r, names);
    for (const struct json_value *name = names->child; name; name = name->next) {
        size_t call = call_of(r, name);
        if (!base->verdicts[call] || is_plain(r->t, base->verdicts[call]))
            die(r, name, "%s has no rule for %s", base->name, name->text);
        decide(r, name, base->verdicts[call]);
    }
}

/* {"answer": A, "why": "…", "names": […]} */
static void read_denied(const struct reader *r, const struct json_value *group)
{
    static const char *const keys[] = {"answer", "why", "names", NULL};
    const struct json_value *names = array_of(r, group, "names");

    check_keys(r, group, keys);
    uint32_t answer = answer_of(r, json_member(group, "answer"));
    if (answer == SECCOMP_RET_ALLOW)
        die(r, group, "an answer that denies is needed");
    uint8_t verdict = plain_verdict(r, group, answer, text_in_pool(r, json_member(group, "why")));
    check_order(r, names);
    for (const struct json_value *name = names->child; name; name = name->next)
        decide(r, name, verdict);
}

/* "clone-flags": what s390 has in its second argument and all others in the first. */
static uint8_t argument_of(const struct reader *r, const struct json_value *v)
{
    if (v && v->type == JSON_STRING && strcmp(v->text, "clone-flags") == 0)
        return CM_SECCOMP_CLONE_FLAGS;
    uint64_t arg = value_of(r, v);
    if (arg > 5)
        die(r, v, "a system call has the arguments 0 to 5");
    return (uint8_t)arg;
}

static void add_condition(const struct reader *r, const struct json_value *at, struct cm_seccomp_condition *run, size_t *n, struct cm_seccomp_condition c)
{
    if (*n == WHEN_MAX)
        die(r, at, "more than %d conditions", WHEN_MAX);
    if ((c.value & ~c.mask) != 0)
        die(r, at, "a value outside its mask");
    run[(*n)++] = c;
}

/* {"arg": N, "mask": M, and one of "is": V, "isnt": [V…], "above": V}; 32 bits wide unless the mask says otherwise. */
static void add_when(const struct reader *r, const struct json_value *when, struct cm_seccomp_condition *run, size_t *n)
{
    static const char *const keys[] = {"arg", "mask", "is", "isnt", "above", NULL};
    const struct json_value *mask = json_member(when, "mask"), *is = json_member(when, "is"), *isnt = json_member(when, "isnt"),
                            *above = json_member(when, "above");
    struct cm_seccomp_condition c = {.mask = mask ? value_of(r, mask) : UINT32_MAX, .arg = argument_of(r, json_member(when, "arg"))};

    check_keys(r, when, keys);
    if ((is != NULL) + (isnt != NULL) + (above != NULL) != 1)
        die(r, when, "exactly one of \"is\", \"isnt\" and \"above\" is needed");
    if (c.mask == 0)
        die(r, when, "a mask of zero matches everything");
    if (isnt) {
        c.op = CM_SECCOMP_NE;
        for (const struct json_value *v = array_of(r, when, "isnt")->child; v; v = v->next) {
            c.value = value_of(r, v);
            add_condition(r, v, run, n, c);
        }
        return;
    }
    c.op = is ? CM_SECCOMP_EQ : CM_SECCOMP_GT;
    c.value = value_of(r, is ? is : above);
    add_condition(r, when, run, n, c);
}

/* {"names": […], "why": "…", "match": [{"when": […], "answer": A}…], "otherwise": A} */
static void read_rule(const struct reader *r, const struct json_value *rule)
{
    static const char *const keys[] = {"names", "why", "match", "otherwise", NULL}, *const match_keys[] = {"when", "answer", NULL};
    const struct json_value *names = array_of(r, rule, "names");
    struct branch branches[CM_SECCOMP_BRANCHES];
    size_t n = 0;

    check_keys(r, rule, keys);
    for (const struct json_value *m = array_of(r, rule, "match")->child; m; m = m->next, n++) {
        struct cm_seccomp_condition run[WHEN_MAX];
        if (n + 1 == CM_SECCOMP_BRANCHES)
            die(r, m, "too many matches");
        check_keys(r, m, match_keys);
        branches[n] = (struct branch){.answer = answer_of(r, json_member(m, "answer"))};
        for (const struct json_value *w = array_of(r, m, "when")->child; w; w = w->next)
            add_when(r, w, run, &branches[n].n);
        branches[n].first = conditions_in_pool(r, m, run, branches[n].n);
    }
    branches[n++] = (struct branch){.answer = answer_of(r, json_member(rule, "otherwise"))};
    uint8_t verdict = verdict_in_pool(r, rule, branches, n, text_in_pool(r, json_member(rule, "why")));
    check_order(r, names);
    for (const struct json_value *name = names->child; name; name = name->next)
        decide(r, name, verdict);
}

/* What the base denies is denied here too, for its reason; what it allows must have been decided about. */
static void take_from_base(const struct reader *r)
{
    const struct profile *base = r->profile->base;

    for (size_t i = 0; base && i < r->t->n_calls; i++) {
        if (r->profile->verdicts[i])
            continue;
        if (allows(r->t, base->verdicts[i]))
            die(r, NULL, "%s allows %s: allow or deny it, or write a rule", base->name, r->t->calls[i].name);
        r->profile->verdicts[i] = base->verdicts[i];
    }
}

static const struct profile *base_of(const struct reader *r, const struct json_value *name)
{
    for (size_t i = 0; name && i < r->t->n_profiles; i++)
        if (strcmp(r->t->profiles[i].name, text_of(r, name)) == 0)
            return &r->t->profiles[i];
    if (name)
        die(r, name, "there is no profile \"%s\" before this one", name->text);
    return NULL;
}

void read_profile(struct tables *t, const char *path)
{
    static const char *const keys[] = {"comment", "name", "base", "default", "allow", "as_base", "deny", "rules", NULL};
    struct reader r = {.t = t, .profile = &t->profiles[t->n_profiles], .path = path};
    char *text;
    size_t size;
    struct json_value *root;
    struct cm_error err;

    cm_error_init(&err);
    if (t->n_profiles == PROFILES_MAX || cm_read_file_at(AT_FDCWD, path, (size_t)1 << 20, true, &text, &size) < 0)
        die(&r, NULL, "cannot be read");
    if (json_parse(text, size, (size_t)1 << 20, t->arena, &root, &err) < 0)
        die(&r, NULL, "%s %s", err.field, err.message);
    free(text);
    check_keys(&r, root, keys);

    *r.profile = (struct profile){.name = text_of(&r, json_member(root, "name")), .base = base_of(&r, json_member(root, "base"))};
    r.profile->otherwise = answer_of(&r, json_member(root, "default"));
    read_allowed(&r, array_of(&r, root, "allow"));
    if (json_member(root, "as_base"))
        read_as_base(&r, array_of(&r, root, "as_base"));
    for (const struct json_value *group = array_of(&r, root, "deny")->child; group; group = group->next)
        read_denied(&r, group);
    for (const struct json_value *rule = json_member(root, "rules") ? array_of(&r, root, "rules")->child : NULL; rule; rule = rule->next)
        read_rule(&r, rule);
    take_from_base(&r);
    t->n_profiles++;
}
