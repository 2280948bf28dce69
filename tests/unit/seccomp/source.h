/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profiles of seccomp-profiles/ read by the tests themselves, and what each says about a call by plain evaluation: a second opinion on what the build tool
 * and the emitter make of them. Included by one test program each; everything is static.
 */
#pragma once

#include <fcntl.h>
#include <seccomp.h>

#include "../../../tools/seccomp-constants.h"
#include "base/io.h"
#include "json/json.h"
#include "policy/profiles.h"
#include "seccomp/rules.h"

#define SOURCES 5
#define SOURCE_MATCHES 64
#define SOURCE_CONDITIONS 16

enum source_kind { SOURCE_UNNAMED, SOURCE_ALLOWED, SOURCE_DENIED, SOURCE_RULE };

struct source_match {
    size_t n;
    struct {
        bool clone_flags;
        unsigned int arg;
        uint64_t mask;
        enum { SOURCE_IS, SOURCE_ISNT, SOURCE_ABOVE } op;
        size_t n_values;
        uint64_t values[SOURCE_CONDITIONS];
    } when[SOURCE_CONDITIONS];
    uint32_t answer;
};

struct source_verdict {
    enum source_kind kind;
    const char *from; /* the profile that said so */
    const char *why;
    uint32_t answer; /* of a rule: what it says if no match holds */
    size_t n;
    struct source_match matches[SOURCE_MATCHES];
};

struct source {
    const char *name;
    const struct source *base;
    struct cm_arena arena;
    const struct json_value *root;
};

static uint64_t source_value(const struct json_value *v)
{
    uint64_t value = 0;

    if (v->type == JSON_NUMBER && cm_parse_u64(v->text, &value) == 0)
        return value;
    for (size_t i = 0; i < CM_ARRAY_LEN(constants); i++)
        if (strcmp(constants[i].name, v->text) == 0)
            return constants[i].value;
    return strtoull(v->text, NULL, 16);
}

static uint32_t source_answer_word(const struct json_value *v)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(errnos); i++)
        if (strcmp(errnos[i].name, v->text) == 0)
            return SECCOMP_RET_ERRNO | (uint32_t)errnos[i].value;
    return strcmp(v->text, "allow") == 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS;
}

/* In the order of cm_profile_name. */
static __attribute__((unused)) bool source_load(struct source *all)
{
    for (size_t i = 0; cm_profile_name(i) && i < SOURCES; i++) {
        struct source *s = &all[i];
        struct json_value *root;
        char path[512], *text;
        size_t size;
        *s = (struct source){.name = cm_profile_name(i)};
        (void)snprintf(path, sizeof(path), PROFILE_DIR "/%s.json", s->name);
        if (cm_read_file_at(AT_FDCWD, path, 1 << 20, true, &text, &size) < 0)
            return false;
        int r = json_parse(text, size, 1 << 20, &s->arena, &root, NULL);
        free(text);
        if (r < 0)
            return false;
        s->root = root;
        const struct json_value *base = json_member(root, "base");
        for (size_t j = 0; base && j < i; j++)
            if (strcmp(all[j].name, base->text) == 0)
                s->base = &all[j];
        if (base && !s->base)
            return false;
    }
    return true;
}

static __attribute__((unused)) void source_free(struct source *all)
{
    for (size_t i = 0; i < SOURCES; i++)
        cm_arena_free(&all[i].arena);
}

static bool source_lists(const struct json_value *names, const char *name)
{
    for (const struct json_value *v = names ? names->child : NULL; v; v = v->next)
        if (strcmp(v->text, name) == 0)
            return true;
    return false;
}

static void source_read_rule(const struct json_value *rule, struct source_verdict *ret)
{
    ret->answer = source_answer_word(json_member(rule, "otherwise"));
    for (const struct json_value *m = json_member(rule, "match")->child; m; m = m->next) {
        struct source_match *to = &ret->matches[ret->n++];
        to->answer = source_answer_word(json_member(m, "answer"));
        for (const struct json_value *w = json_member(m, "when")->child; w; w = w->next, to->n++) {
            const struct json_value *arg = json_member(w, "arg"), *mask = json_member(w, "mask"), *values = json_member(w, "isnt"),
                                    *one = json_member(w, "is") ? json_member(w, "is") : json_member(w, "above");
            to->when[to->n].clone_flags = arg->type == JSON_STRING;
            to->when[to->n].arg = arg->type == JSON_STRING ? 0 : (unsigned int)source_value(arg);
            to->when[to->n].mask = mask ? source_value(mask) : UINT32_MAX;
            to->when[to->n].op = values ? SOURCE_ISNT : json_member(w, "is") ? SOURCE_IS : SOURCE_ABOVE;
            if (one)
                to->when[to->n].values[to->when[to->n].n_values++] = source_value(one);
            for (const struct json_value *v = values ? values->child : NULL; v; v = v->next)
                to->when[to->n].values[to->when[to->n].n_values++] = source_value(v);
        }
    }
}

static __attribute__((unused)) void source_decide(const struct source *s, const char *name, struct source_verdict *ret)
{
    *ret = (struct source_verdict){.from = s->name, .why = "", .answer = source_answer_word(json_member(s->root, "default"))};
    if (source_lists(json_member(s->root, "allow"), name)) {
        ret->kind = SOURCE_ALLOWED;
        ret->answer = SECCOMP_RET_ALLOW;
        return;
    }
    for (const struct json_value *g = json_member(s->root, "deny")->child; g; g = g->next)
        if (source_lists(json_member(g, "names"), name)) {
            ret->kind = SOURCE_DENIED;
            ret->answer = source_answer_word(json_member(g, "answer"));
            ret->why = json_member(g, "why")->text;
            return;
        }
    const struct json_value *rules = json_member(s->root, "rules");
    for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next)
        if (source_lists(json_member(r, "names"), name)) {
            ret->kind = SOURCE_RULE;
            ret->why = json_member(r, "why")->text;
            source_read_rule(r, ret);
            return;
        }
    if (s->base)
        source_decide(s->base, name, ret);
}

static __attribute__((unused)) unsigned int source_argument(const struct source_match *m, size_t i, uint32_t audit_arch)
{
    return m->when[i].clone_flags && audit_arch == AUDIT_ARCH_S390X ? 1 : m->when[i].arg;
}

static bool source_holds(const struct source_match *m, size_t i, uint64_t value)
{
    value &= m->when[i].mask;
    if (m->when[i].op == SOURCE_ABOVE)
        return value > m->when[i].values[0];
    for (size_t j = 0; j < m->when[i].n_values; j++)
        if (value == m->when[i].values[j])
            return m->when[i].op == SOURCE_IS;
    return m->when[i].op == SOURCE_ISNT;
}

static __attribute__((unused)) uint32_t source_answer(const struct source_verdict *v, uint32_t audit_arch, const uint64_t args[6])
{
    for (size_t i = 0; i < v->n; i++) {
        size_t held = 0;
        for (size_t j = 0; j < v->matches[i].n; j++)
            held += source_holds(&v->matches[i], j, args[source_argument(&v->matches[i], j, audit_arch)]);
        if (held == v->matches[i].n)
            return v->matches[i].answer;
    }
    return v->answer;
}

/* Values at which the conditions of a verdict change, for one argument. */
static size_t source_edges(const struct source_verdict *v, unsigned int arg, uint64_t *ret, size_t max)
{
    size_t n = 0;

    ret[n++] = 0;
    ret[n++] = UINT64_MAX;
    for (size_t m = 0; m < v->n; m++)
        for (size_t c = 0; c < v->matches[m].n; c++)
            for (size_t i = 0; v->matches[m].when[c].arg == arg && i < v->matches[m].when[c].n_values; i++) {
                uint64_t value = v->matches[m].when[c].values[i];
                const uint64_t around[] = {value, value + 1, value - 1, value ^ 1ULL << 32, value | ~v->matches[m].when[c].mask};
                for (size_t k = 0; k < CM_ARRAY_LEN(around); k++) {
                    size_t j = 0;
                    while (j < n && ret[j] != around[k])
                        j++;
                    if (j == n && n < max)
                        ret[n++] = around[k];
                }
            }
    return n;
}

#define SOURCE_EDGES 192

/* Calls `visit` for all combinations of edges. */
static __attribute__((unused)) void source_each_edge(const struct source_verdict *v, void (*visit)(const uint64_t args[6], void *user), void *user)
{
    static uint64_t edges[4][SOURCE_EDGES];
    size_t n[4];

    for (unsigned int arg = 0; arg < 4; arg++)
        n[arg] = source_edges(v, arg, edges[arg], SOURCE_EDGES);
    for (unsigned int arg = 0; arg < 4; arg++)
        if (n[arg] == 2)
            n[arg] = 1; /* no condition looks at it */
    for (size_t a = 0; a < n[0]; a++)
        for (size_t b = 0; b < n[1]; b++)
            for (size_t c = 0; c < n[2]; c++)
                for (size_t d = 0; d < n[3]; d++)
                    visit((const uint64_t[6]){edges[0][a], edges[1][b], edges[2][c], edges[3][d]}, user);
}
