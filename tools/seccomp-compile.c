/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: profiles of seccomp-profiles/ (format: profile-format.md) to a C header of numeric rules for one architecture.
 * usage: seccomp-compile CPU-FAMILY PROFILE.json… > header, or seccomp-compile CPU-FAMILY --calls > header. The input is ours and reviewed; every mistake in it ends the build.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "seccomp-constants.h"
#include "seccomp/rules.h"
#include "json/json.h"

#define CALLS_MAX 1024
#define RULES_MAX 2048
#define CONDITIONS_MAX 1024
#define WHEN_MAX 16

struct output {
    uint32_t arch;
    const char *profile;
    size_t n_rules, n_conditions;
    struct cm_seccomp_rule rules[RULES_MAX];
    struct cm_seccomp_condition conditions[CONDITIONS_MAX];
    uint32_t otherwise;
};

CM_NORETURN CM_PRINTF(3, 4) static void die(const struct output *out, const struct json_value *at, const char *fmt, ...)
{
    char pointer[256] = "";
    va_list args;

    va_start(args, fmt);
    (void)fprintf(stderr, "seccomp-compile: %s%s%s: ", out->profile ? out->profile : "", at ? " " : "", at ? json_pointer(at, pointer, sizeof(pointer)) : "");
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static const char *text_of(struct output *out, const struct json_value *v)
{
    if (!v || v->type != JSON_STRING)
        die(out, v, "a string is needed");
    return v->text;
}

/* A number, "0x…", or a name of seccomp-constants.h. */
static uint64_t value_of(struct output *out, const struct json_value *v)
{
    uint64_t value = 0;

    if (v && v->type == JSON_NUMBER && cm_parse_u64(v->text, &value) == 0)
        return value;
    const char *text = text_of(out, v);
    for (size_t i = 0; i < CM_ARRAY_LEN(constants); i++)
        if (strcmp(constants[i].name, text) == 0)
            return constants[i].value;
    if (!cm_has_prefix(text, "0x") || strlen(text) < 3 || strlen(text) > 18)
        die(out, v, "\"%s\" is neither a constant nor hexadecimal", text);
    for (const char *c = text + 2; *c; c++) {
        const char *digits = "0123456789abcdef", *digit = strchr(digits, *c);
        if (!digit)
            die(out, v, "\"%s\" is not hexadecimal", text);
        value = value << 4 | (uint64_t)(digit - digits);
    }
    return value;
}

static uint32_t answer_of(struct output *out, const struct json_value *v, const char *text)
{
    if (strcmp(text, "allow") == 0)
        return SECCOMP_RET_ALLOW;
    if (strcmp(text, "kill") == 0)
        return SECCOMP_RET_KILL_PROCESS;
    for (size_t i = 0; i < CM_ARRAY_LEN(errnos); i++)
        if (strcmp(errnos[i].name, text) == 0)
            return SECCOMP_RET_ERRNO | (uint32_t)errnos[i].value;
    die(out, v, "\"%s\" is no answer: allow, kill or an errno name", text);
}

static void check_keys(struct output *out, const struct json_value *object, const char *const *keys)
{
    if (!object || object->type != JSON_OBJECT)
        die(out, object, "an object is needed");
    for (const struct json_value *m = object->child; m; m = m->next) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], m->key) != 0)
            i++;
        if (!keys[i])
            die(out, m, "unknown key");
    }
}

static const struct json_value *array_of(struct output *out, const struct json_value *object, const char *key)
{
    const struct json_value *v = json_member(object, key);

    if (!v || v->type != JSON_ARRAY || v->n == 0)
        die(out, v ? v : object, "\"%s\" must be an array that is not empty", key);
    return v;
}

static void add_rule(struct output *out, int nr, uint32_t answer, size_t first, size_t n)
{
    if (out->n_rules == RULES_MAX)
        die(out, NULL, "more than %d rules", RULES_MAX);
    out->rules[out->n_rules++] = (struct cm_seccomp_rule){.nr = (uint32_t)nr, .answer = answer, .first = (uint32_t)first, .n = (uint32_t)n};
}

/* The number of a name on the target, negative where it has none. A name that no architecture has is a typing error. */
static int number_of(struct output *out, const struct json_value *name)
{
    const char *text = text_of(out, name);

    if (!cm_seccomp_known(text))
        die(out, name, "no architecture has a system call \"%s\"", text);
    return cm_seccomp_number(out->arch, text);
}

static void add_list(struct output *out, const struct json_value *names, uint32_t answer)
{
    const char *before = "";

    if (names->type != JSON_ARRAY)
        die(out, names, "an array of names is needed");
    for (const struct json_value *name = names->child; name; name = name->next) {
        if (strcmp(before, text_of(out, name)) >= 0)
            die(out, name, "\"%s\" is not in alphabetical order", name->text);
        before = name->text;
        int nr = number_of(out, name);
        if (nr >= 0)
            add_rule(out, nr, answer, 0, 0);
    }
}

static void add_condition(struct output *out, const struct json_value *at, uint64_t arg, enum cm_seccomp_op op, uint64_t mask, uint64_t value)
{
    if (out->n_conditions == CONDITIONS_MAX)
        die(out, at, "more than %d conditions", CONDITIONS_MAX);
    if (arg > 5 || (value & ~mask) != 0)
        die(out, at, "argument index above 5, or a value outside its mask");
    out->conditions[out->n_conditions++] = (struct cm_seccomp_condition){.mask = mask, .value = value, .arg = (uint8_t)arg, .op = (uint8_t)op};
}

/* {"arg": N, "mask": M, and one of "is": V, "isnt": [V…], "above": V}; 32 bits wide unless the mask says otherwise. */
static void add_when(struct output *out, const struct json_value *when)
{
    static const char *const keys[] = {"arg", "mask", "is", "isnt", "above", NULL};
    const struct json_value *mask = json_member(when, "mask"), *is = json_member(when, "is"), *isnt = json_member(when, "isnt"),
                            *above = json_member(when, "above");
    uint64_t bits = mask ? value_of(out, mask) : UINT32_MAX, arg = value_of(out, json_member(when, "arg"));

    check_keys(out, when, keys);
    if ((is != NULL) + (isnt != NULL) + (above != NULL) != 1)
        die(out, when, "exactly one of \"is\", \"isnt\" and \"above\" is needed");
    if (bits == 0)
        die(out, when, "a mask of zero matches everything");
    if (is)
        add_condition(out, when, arg, CM_SECCOMP_EQ, bits, value_of(out, is));
    if (above)
        add_condition(out, when, arg, CM_SECCOMP_GT, bits, value_of(out, above));
    if (isnt && isnt->type != JSON_ARRAY)
        die(out, isnt, "an array of values is needed");
    for (const struct json_value *v = isnt ? isnt->child : NULL; v; v = v->next)
        add_condition(out, v, arg, CM_SECCOMP_NE, bits, value_of(out, v));
}

/* {"names": […], "why": "…", "match": [{"when": […], "answer": A}…], "otherwise": A} */
static void add_argument_rule(struct output *out, const struct json_value *rule)
{
    static const char *const keys[] = {"names", "why", "match", "otherwise", NULL}, *const match_keys[] = {"when", "answer", NULL};
    const struct json_value *names = array_of(out, rule, "names"), *matches = array_of(out, rule, "match");
    size_t first = out->n_rules;

    check_keys(out, rule, keys);
    (void)text_of(out, json_member(rule, "why"));
    struct {
        uint32_t answer;
        size_t first, n;
    } branches[64];
    size_t n = 0;
    for (const struct json_value *m = matches->child; m; m = m->next, n++) {
        if (n + 1 == CM_ARRAY_LEN(branches))
            die(out, m, "too many matches");
        check_keys(out, m, match_keys);
        branches[n].answer = answer_of(out, m, text_of(out, json_member(m, "answer")));
        branches[n].first = out->n_conditions;
        for (const struct json_value *w = array_of(out, m, "when")->child; w; w = w->next)
            add_when(out, w);
        branches[n].n = out->n_conditions - branches[n].first;
        if (branches[n].n > WHEN_MAX)
            die(out, m, "more than %d conditions", WHEN_MAX);
    }
    branches[n].answer = answer_of(out, rule, text_of(out, json_member(rule, "otherwise")));
    branches[n].first = branches[n].n = 0;
    for (const struct json_value *name = names->child; name; name = name->next) {
        int nr = number_of(out, name);
        for (size_t i = 0; i <= n && nr >= 0; i++)
            add_rule(out, nr, branches[i].answer, branches[i].first, branches[i].n);
    }
    if (out->arch == SCMP_ARCH_S390X && names->n == 1 && strcmp(names->child->text, "clone") == 0) /* its first two arguments are swapped there */
        for (size_t i = out->rules[first].first; i < out->n_conditions; i++)
            out->conditions[i].arg = 1;
}

/* Stable, so that the matches of one call stay in order. */
static void sort_rules(struct output *out)
{
    for (size_t i = 1; i < out->n_rules; i++) {
        struct cm_seccomp_rule rule = out->rules[i];
        size_t j = i;
        for (; j > 0 && out->rules[j - 1].nr > rule.nr; j--)
            out->rules[j] = out->rules[j - 1];
        out->rules[j] = rule;
    }
    for (size_t i = 1; i < out->n_rules; i++)
        if (out->rules[i].nr == out->rules[i - 1].nr && out->rules[i - 1].n == 0)
            die(out, NULL, "system call %" PRIu32 " is named twice", out->rules[i].nr);
}

static void read_profile(struct output *out, const char *path, struct cm_arena *arena)
{
    static const char *const keys[] = {"comment", "name", "default", "allow", "deny", "rules", NULL};
    char *text;
    size_t size;
    struct json_value *root;
    struct cm_error err;

    cm_error_init(&err);
    out->profile = path;
    if (cm_read_file_at(AT_FDCWD, path, (size_t)1 << 20, true, &text, &size) < 0)
        die(out, NULL, "cannot be read");
    if (json_parse(text, size, (size_t)1 << 20, arena, &root, &err) < 0)
        die(out, NULL, "%s %s", err.field, err.message);
    free(text);
    check_keys(out, root, keys);

    out->profile = text_of(out, json_member(root, "name"));
    out->otherwise = answer_of(out, root, text_of(out, json_member(root, "default")));
    add_list(out, array_of(out, root, "allow"), SECCOMP_RET_ALLOW);
    const struct json_value *deny = json_member(root, "deny");
    for (const struct json_value *list = deny ? deny->child : NULL; list; list = list->next)
        add_list(out, list, answer_of(out, list, list->key));
    for (const struct json_value *rule = array_of(out, root, "rules")->child; rule; rule = rule->next)
        add_argument_rule(out, rule);
    sort_rules(out);
}

static void print_tables(const struct output *out)
{
    printf("\nstatic const struct cm_seccomp_condition %s_conditions[] = {\n", out->profile);
    for (size_t i = 0; i < out->n_conditions; i++)
        printf("    {.mask = 0x%" PRIx64 "ULL, .value = 0x%" PRIx64 "ULL, .arg = %u, .op = %u},\n", out->conditions[i].mask, out->conditions[i].value,
               (unsigned int)out->conditions[i].arg, (unsigned int)out->conditions[i].op);
    printf("};\n\nstatic const struct cm_seccomp_rule %s_rules[] = {\n", out->profile);
    for (size_t i = 0; i < out->n_rules; i++)
        printf("    {%" PRIu32 ", 0x%" PRIx32 ", %" PRIu32 ", %" PRIu32 "},\n", out->rules[i].nr, out->rules[i].answer, out->rules[i].first, out->rules[i].n);
    printf("};\n");
}

static uint32_t arch_of(const char *family)
{
    static const struct {
        const char *family;
        uint32_t arch;
    } table[] = {
        {"x86_64", SCMP_ARCH_X86_64}, {"aarch64", SCMP_ARCH_AARCH64}, {"riscv64", SCMP_ARCH_RISCV64}, {"s390x", SCMP_ARCH_S390X}, {"ppc64", SCMP_ARCH_PPC64LE},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        if (strcmp(table[i].family, family) == 0)
            return table[i].arch;
    return 0;
}

struct call {
    char name[64];
    int number;
};

static int compare_calls(const void *left, const void *right)
{
    return strcmp(((const struct call *)left)->name, ((const struct call *)right)->name);
}

static void add_call(struct call *calls, size_t *n, const char *name, int number)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(calls[i].name, name) == 0)
            return;
    (void)snprintf(calls[*n].name, sizeof(calls[0].name), "%s", name);
    calls[*n].number = number;
    (*n)++;
}

/* The table of calls.c: offsets into one text instead of pointers, so that a position-independent program has nothing to relocate. */
static void print_calls(uint32_t arch)
{
    static struct call calls[CALLS_MAX * 2];
    size_t n = 0, offset = 0;
    int number;

    for (int nr = 0; nr < CALLS_MAX; nr++) {
        CM_AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(arch, nr);
        if (name)
            add_call(calls, &n, name, nr);
    }
    for (size_t i = 0;; i++) {
        const char *name = cm_seccomp_newer(i, arch, &number);
        if (!name)
            break;
        if (number >= 0)
            add_call(calls, &n, name, number);
    }
    qsort(calls, n, sizeof(calls[0]), compare_calls);
    printf("/* Made by seccomp-compile; do not edit. Included by calls.c only. */\n\nstatic const char call_names[] =\n");
    for (size_t i = 0; i < n; i++)
        printf("    \"%s\\0\"\n", calls[i].name);
    printf("    ;\n\nstatic const struct {\n    unsigned short name, number;\n} calls[] = {\n");
    for (size_t i = 0; i < n; i++) {
        printf("    {%zu, %d},\n", offset, calls[i].number);
        offset += strlen(calls[i].name) + 1;
    }
    printf("};\n");
}

int main(int argc, char **argv)
{
    static struct output out;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_STR struct cm_str index = {0};
    uint32_t arch = argc > 2 ? arch_of(argv[1]) : 0;

    if (arch == 0) {
        (void)fprintf(stderr, "usage: seccomp-compile x86_64|aarch64|riscv64|s390x|ppc64 PROFILE.json...|--calls\n");
        return 1;
    }
    if (strcmp(argv[2], "--calls") == 0) {
        print_calls(arch);
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
    }
    printf("/* Made by seccomp-compile; do not edit. Included by builtin.c only. */\n");
    for (int i = 2; i < argc; i++) {
        out = (struct output){.arch = arch};
        read_profile(&out, argv[i], &arena);
        print_tables(&out);
        cm_str_addf(&index, "    {\"%s\", {%zu, %s_rules, %s_conditions, 0x%" PRIx32 ", CM_SECCOMP_NO_NEWEST}},\n", out.profile, out.n_rules, out.profile,
                    out.profile, out.otherwise);
    }
    printf("\nstatic const struct {\n    const char *name;\n    struct cm_seccomp_rules rules;\n} profiles[] = {\n%s};\n", cm_str_text(&index));
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
