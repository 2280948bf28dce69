/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `casemate seccomp explain`; see describe.h. What decides comes from the tables that the filters are made of; exact answers come from the filters themselves,
 * run in the interpreter.
 */
#include <errno.h>
#include <stdio.h>

#include "json/json.h"
#include "seccomp/answers.h"

static enum cm_colour answer_colour(const char *word)
{
    return cm_streq(word, "allow") ? CM_GREEN : cm_streq(word, CM_ARGUMENTS_DECIDE) ? CM_YELLOW : CM_RED;
}

/* Small numbers as people write them, others as masks and commands are written. */
static void add_value(struct cm_str *out, uint64_t value)
{
    cm_str_addf(out, value < 1000 ? "%llu" : "0x%llx", (unsigned long long)value);
}

static bool same_word(const struct cm_seccomp_condition *a, const struct cm_seccomp_condition *b)
{
    return a->arg == b->arg && a->op == b->op && a->mask == b->mask;
}

/* How many of the n conditions are "not this value" of the same word. */
static size_t run_of(const struct cm_seccomp_condition *c, size_t n)
{
    size_t run = 1;

    while (c->op == CM_SECCOMP_NE && run < n && same_word(c, c + run))
        run++;
    return run;
}

static const struct {
    char word[8];
    char text[10];
} ops[] = {
    [CM_SECCOMP_EQ] = {"is", " is "},      [CM_SECCOMP_NE] = {"isnt", " is not "},    [CM_SECCOMP_GT] = {"above", " above "},
    [CM_SECCOMP_GE] = {"from", " from "}, [CM_SECCOMP_LT] = {"below", " below "}, [CM_SECCOMP_LE] = {"upto", " up to "},
};

/* "argument 0 is none of 1, 2 and argument 1 & 0xf is 3" */
static void add_conditions(struct cm_str *out, const struct cm_seccomp_rules *rules, const struct cm_seccomp_rule *rule)
{
    for (size_t i = 0, run; i < rule->n; i += run) {
        const struct cm_seccomp_condition *c = &rules->conditions[rule->first + i];
        run = run_of(c, rule->n - i);
        cm_str_addf(out, "%sargument %u", i > 0 ? " and " : "", cm_seccomp_argument(c, rules->arch));
        if (c->mask == UINT64_MAX) /* a bundle's: passed by a bit that the kernel does not look at */
            cm_str_add(out, " (64 bits)");
        else if (c->mask != UINT32_MAX)
            cm_str_addf(out, " & 0x%llx", (unsigned long long)c->mask);
        cm_str_add(out, run > 1 ? " is none of " : ops[c->op].text);
        for (size_t j = 0; j < run; j++) {
            cm_str_add(out, j > 0 ? ", " : "");
            add_value(out, c[j].value);
        }
    }
}

static void add_rules_text(const struct cm_layout *layout, const struct cm_seccomp_rules *rules)
{
    for (size_t i = 0; i <= rules->n; i++) {
        CM_AUTO_STR struct cm_str text = {0};
        char buffer[CM_ANSWER_SIZE];
        bool last = i == rules->n || rules->rules[i].n == 0;
        const char *answer = cm_answer_word(i < rules->n ? rules->rules[i].answer : rules->otherwise, buffer);
        cm_str_add(&text, last ? "otherwise" : "if ");
        if (!last)
            add_conditions(&text, rules, &rules->rules[i]);
        const struct cm_cell cells[] = {{answer, 15, answer_colour(answer)}, {cm_str_text(&text) ? text.data : "", 0, CM_PLAIN}};
        cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
        layout->out->failed |= text.failed;
        if (last)
            return;
    }
}

static void add_hex(struct json_writer *writer, const char *key, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    json_add_string(writer, key, text);
}

static void add_rules_json(struct json_writer *writer, const struct cm_seccomp_rules *rules)
{
    char buffer[CM_ANSWER_SIZE];

    json_array_begin(writer, "rules");
    for (size_t i = 0; i < rules->n; i++) {
        const struct cm_seccomp_rule *rule = &rules->rules[i];
        json_object_begin(writer, NULL);
        json_array_begin(writer, "when");
        for (size_t j = 0, run; j < rule->n; j += run) {
            const struct cm_seccomp_condition *c = &rules->conditions[rule->first + j];
            run = run_of(c, rule->n - j);
            json_object_begin(writer, NULL);
            json_add_u64(writer, "arg", cm_seccomp_argument(c, rules->arch));
            add_hex(writer, "mask", c->mask);
            json_array_begin(writer, ops[c->op].word);
            for (size_t k = 0; k < run; k++)
                add_hex(writer, NULL, c[k].value);
            json_array_end(writer);
            json_object_end(writer);
        }
        json_array_end(writer);
        json_add_string(writer, "answer", cm_answer_word(rule->answer, buffer));
        json_object_end(writer);
    }
    json_array_end(writer);
    if (rules->n == 0 || rules->rules[rules->n - 1].n > 0)
        json_add_string(writer, "otherwise", cm_answer_word(rules->otherwise, buffer));
}

/* What is known about the question, and about its answer. */
struct subject {
    const struct cm_seccomp_question *question;
    const char *name; /* NULL: a number without a name */
    uint32_t nr;
    struct cm_seccomp_rule room[CM_SECCOMP_BRANCHES];
    struct cm_seccomp_verdict verdict;
    struct cm_filter ours, theirs;
    struct cm_seccomp_rules bundle; /* whole */
    struct cm_seccomp_rules part;   /* of it, for this call */
};

static void subject_free(struct subject *s)
{
    cm_filter_free(&s->ours);
    cm_filter_free(&s->theirs);
    cm_seccomp_rules_free(&s->bundle);
}

static int find_call(struct subject *s, struct cm_error *err)
{
    const struct cm_seccomp_question *q = s->question;
    size_t call = SIZE_MAX;
    bool somewhere = false;
    int nr;

    if (cm_parse_u32(q->call, &s->nr) == 0) {
        call = cm_call_with(q->arch, s->nr);
    } else {
        for (size_t i = 0; cm_seccomp_name(i, q->arch, &nr) && call == SIZE_MAX; i++) {
            bool same = cm_streq(cm_seccomp_name(i, q->arch, &nr), q->call);
            somewhere |= same;
            call = same && nr >= 0 ? i : SIZE_MAX;
        }
        if (call == SIZE_MAX)
            return cm_fail(err, ENOENT, NULL, somewhere ? "there is no system call \"%.64s\" on %s" : "there is no system call \"%.64s\", on %s or elsewhere",
                           q->call, cm_arch_word(q->arch));
        (void)cm_seccomp_name(call, q->arch, &nr);
        s->nr = (uint32_t)nr;
    }
    if (call == SIZE_MAX) { /* as any call that the profile does not name */
        int r = cm_seccomp_verdict(q->profile, 0, q->arch, s->room, &s->verdict);
        s->verdict.rules.n = 0;
        s->verdict.why = "";
        return r;
    }
    s->name = cm_seccomp_name(call, q->arch, &nr);
    return cm_verdict_of(q->profile, call, q->arch, s->room, &s->verdict);
}

static int learn(struct subject *s, struct cm_error *err)
{
    const struct cm_seccomp_question *q = s->question;
    int r = cm_check_profile(q->profile, err);

    if (r == 0)
        r = find_call(s, err);
    if (r == 0)
        r = cm_filter_builtin_for(q->arch, q->profile, &s->ours, err);
    if (r < 0 || !q->bundle)
        return r;
    r = cm_seccomp_rules_from_config(q->arch, q->bundle, &s->bundle, err);
    if (r == 0)
        r = cm_filter_from_config_for(q->arch, q->bundle, &s->theirs, err);
    s->part = cm_rules_of(&s->bundle, s->nr);
    return r;
}

/* Whether there is one answer: the arguments are given, or do not matter. */
static bool is_exact(const struct subject *s, const struct cm_seccomp_rules *rules)
{
    return s->question->n_args > 0 || !cm_arguments_decide(rules);
}

static uint32_t answer_of(const struct subject *s, const struct cm_filter *filter)
{
    return cm_filter_run(filter, s->question->arch, s->nr, s->question->args);
}

static const char *why_of(const struct subject *s)
{
    if (s->verdict.why[0])
        return s->verdict.why;
    return s->verdict.rules.n > 0 ? "" : "No profile names it: what is unknown or new answers as on a kernel that does not have it.";
}

static void add_call(const struct subject *s, struct cm_str *out)
{
    const struct cm_seccomp_question *q = s->question;

    cm_str_add(out, s->name ? s->name : "no known call");
    for (size_t i = 0; i < q->n_args; i++) {
        cm_str_add(out, i == 0 ? "(" : ", ");
        add_value(out, q->args[i]);
    }
    cm_str_add(out, q->n_args > 0 ? ")" : "");
}

static void add_answer_text(const struct subject *s, const struct cm_layout *layout, const char *who, const struct cm_seccomp_rules *rules,
                            const uint32_t *answer)
{
    char buffer[CM_ANSWER_SIZE];
    const char *word = answer ? cm_answer_word(*answer, buffer) : "the arguments decide";
    const struct cm_cell cells[] = {{who, 22, CM_PLAIN}, {word, 0, answer_colour(answer ? word : CM_ARGUMENTS_DECIDE)}};

    cm_layout_row(layout, cells, CM_ARRAY_LEN(cells));
    if (rules && cm_arguments_decide(rules) && s->question->n_args == 0)
        add_rules_text(&(const struct cm_layout){layout->out, layout->style, layout->indent + 4}, rules);
}

static void explain_text(const struct subject *s, const struct cm_seccomp_output *output)
{
    const struct cm_layout layout = {output->out, output->style, 2};
    const struct cm_seccomp_question *q = s->question;
    uint32_t ours = answer_of(s, &s->ours);
    CM_AUTO_STR struct cm_str title = {0}, who = {0};

    add_call(s, &title);
    cm_str_addf(&title, ", number %u on %s", s->nr, cm_arch_word(q->arch));
    cm_layout_title(&layout, cm_str_text(&title) ? title.data : "");
    cm_str_addf(&who, "profile %s", q->profile);
    add_answer_text(s, &layout, cm_str_text(&who) ? who.data : "", &s->verdict.rules, is_exact(s, &s->verdict.rules) ? &ours : NULL);
    if (q->bundle) {
        uint32_t theirs = answer_of(s, &s->theirs), both = cm_filter_run_both(&s->ours, &s->theirs, q->arch, s->nr, q->args);
        bool exact = is_exact(s, &s->part);
        add_answer_text(s, &layout, "the bundle's filter", &s->part, exact ? &theirs : NULL);
        add_answer_text(s, &layout, "together", NULL, exact && is_exact(s, &s->verdict.rules) ? &both : NULL);
    }
    if (why_of(s)[0]) {
        cm_str_add(output->out, "\n");
        cm_layout_text(&layout, why_of(s), CM_PLAIN);
    }
    output->out->failed |= title.failed || who.failed;
}

static void explain_json(const struct subject *s, const struct cm_seccomp_output *output)
{
    const struct cm_seccomp_question *q = s->question;
    struct json_writer writer;
    char buffer[CM_ANSWER_SIZE];
    bool exact = is_exact(s, &s->verdict.rules);

    json_writer_init(&writer, output->out, 2);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "profile", q->profile);
    json_add_string(&writer, "arch", cm_arch_word(q->arch));
    json_add_string(&writer, "call", s->name);
    json_add_u64(&writer, "number", s->nr);
    if (q->n_args > 0) {
        json_array_begin(&writer, "args");
        for (size_t i = 0; i < q->n_args; i++)
            add_hex(&writer, NULL, q->args[i]);
        json_array_end(&writer);
    }
    json_add_string(&writer, "answer", exact ? cm_answer_word(answer_of(s, &s->ours), buffer) : NULL);
    add_rules_json(&writer, &s->verdict.rules);
    json_add_string(&writer, "why", why_of(s));
    if (q->bundle) {
        bool exact_there = is_exact(s, &s->part);
        json_object_begin(&writer, "bundle");
        json_add_string(&writer, "answer", exact_there ? cm_answer_word(answer_of(s, &s->theirs), buffer) : NULL);
        add_rules_json(&writer, &s->part);
        json_object_end(&writer);
        json_add_string(&writer, "together",
                        exact && exact_there ? cm_answer_word(cm_filter_run_both(&s->ours, &s->theirs, q->arch, s->nr, q->args), buffer) : NULL);
    }
    json_object_end(&writer);
}

int cm_seccomp_explain(const struct cm_seccomp_question *question, const struct cm_seccomp_output *output, struct cm_error *err)
{
    CM_CLEANUP(subject_free) struct subject s = {.question = question};
    int r = learn(&s, err);

    if (r < 0)
        return r;
    if (output->json)
        explain_json(&s, output);
    else
        explain_text(&s, output);
    return output->out->failed ? cm_fail(err, ENOMEM, NULL, "no memory for the explanation") : 0;
}
