/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: names and numbers of system calls, and the profiles of seccomp-profiles/, as the constant tables of tables.c, for all architectures at once.
 * usage: seccomp-compile PROFILE.json… > header; a profile stands behind its base.
 */
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "seccomp-profile.h"

#define NUMBERS 1024

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct call *)left)->name, ((const struct call *)right)->name);
}

static void add_call(struct tables *t, const char *name, size_t arch, int number)
{
    size_t i = 0;

    while (i < t->n_calls && strcmp(t->calls[i].name, name) != 0)
        i++;
    if (i == CALLS_MAX) {
        (void)fprintf(stderr, "seccomp-compile: more than %d system calls\n", CALLS_MAX);
        exit(1);
    }
    if (i == t->n_calls) {
        t->calls[i].name = cm_arena_strdup(t->arena, name);
        for (size_t a = 0; a < CM_SECCOMP_ARCHS; a++)
            t->calls[i].numbers[a] = -1;
        t->n_calls++;
    }
    if (t->calls[i].numbers[arch] < 0)
        t->calls[i].numbers[arch] = number;
}

static void collect_calls(struct tables *t)
{
    for (size_t a = 0; a < CM_SECCOMP_ARCHS; a++) {
        uint32_t arch = cm_seccomp_library_arch(a);
        for (int nr = 0; nr < NUMBERS; nr++) {
            char *name = seccomp_syscall_resolve_num_arch(arch, nr);
            if (name)
                add_call(t, name, a, nr);
            free(name);
        }
        int number = 0;
        for (size_t i = 0; cm_seccomp_newer(i, arch, &number); i++)
            if (number >= 0)
                add_call(t, cm_seccomp_newer(i, arch, &number), a, number);
    }
    qsort(t->calls, t->n_calls, sizeof(t->calls[0]), compare_names);
}

static void print_text(const char *text)
{
    printf("    \"");
    for (const char *c = text; *c; c++)
        printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    printf("\\0\"\n");
}

/* Offsets into one text instead of pointers, so that a position-independent program has nothing to relocate. */
static void print_calls(const struct tables *t)
{
    size_t offset = 0;
    int newest = 0;

    printf("static const char call_names[] =\n");
    for (size_t i = 0; i < t->n_calls; i++)
        print_text(t->calls[i].name);
    printf("    ;\n\nstatic const struct {\n    uint16_t name, numbers[CM_SECCOMP_ARCHS];\n} calls[%zu] = {\n", t->n_calls);
    for (size_t i = 0; i < t->n_calls; i++) {
        printf("    {%zu, {", offset);
        for (size_t a = 0; a < CM_SECCOMP_ARCHS; a++) {
            printf("%s%u", a > 0 ? ", " : "", t->calls[i].numbers[a] < 0 ? UINT16_MAX : (unsigned int)t->calls[i].numbers[a]);
            newest = CM_MAX(newest, t->calls[i].numbers[a]);
        }
        printf("}}, /* %s */\n", t->calls[i].name);
        offset += strlen(t->calls[i].name) + 1;
    }
    printf("};\n\n#define CALL_NUMBERS %d\n", newest + 1);
}

static void print_verdicts(const struct tables *t)
{
    printf("\nstatic const struct cm_seccomp_condition conditions[] = {\n");
    for (size_t i = 0; i < t->n_conditions; i++)
        printf("    {.mask = 0x%" PRIx64 "ULL, .value = 0x%" PRIx64 "ULL, .arg = %u, .op = %u},\n", t->conditions[i].mask, t->conditions[i].value,
               (unsigned int)t->conditions[i].arg, (unsigned int)t->conditions[i].op);
    printf("};\n\nstatic const struct {\n    uint32_t answer;\n    uint16_t first, n;\n} branches[] = {\n");
    for (size_t i = 0; i < t->n_branches; i++)
        printf("    {0x%" PRIx32 ", %zu, %zu},\n", t->branches[i].answer, t->branches[i].first, t->branches[i].n);
    printf("};\n\nstatic const char texts[] =\n");
    for (size_t at = 0; at < t->texts_size; at += strlen(t->texts + at) + 1)
        print_text(t->texts + at);
    printf("    ;\n\nstatic const struct {\n    uint16_t first, n, why;\n} verdicts[] = {\n");
    for (size_t i = 0; i < t->n_verdicts; i++)
        printf("    {%zu, %zu, %zu},\n", t->verdicts[i].first, t->verdicts[i].n, t->verdicts[i].why);
    printf("};\n");
}

static void print_profiles(const struct tables *t)
{
    printf("\nstatic const struct {\n    char name[16];\n    uint32_t otherwise;\n    uint8_t verdicts[%zu];\n} profiles[] = {\n", t->n_calls);
    for (size_t i = 0; i < t->n_profiles; i++) {
        printf("    {\"%s\", 0x%" PRIx32 ", {", t->profiles[i].name, t->profiles[i].otherwise);
        for (size_t c = 0; c < t->n_calls; c++)
            printf("%s%u,", c % 32 == 0 ? "\n        " : " ", (unsigned int)t->profiles[i].verdicts[c]);
        printf("\n    }},\n");
    }
    printf("};\n");
}

int main(int argc, char **argv)
{
    static struct tables t;
    CM_AUTO_ARENA struct cm_arena arena = {0};

    t.arena = &arena;
    t.n_verdicts = 1; /* "not named" */
    t.texts_size = 1; /* "no text" */
    if (argc < 2) {
        (void)fprintf(stderr, "usage: seccomp-compile PROFILE.json...\n");
        return 1;
    }
    collect_calls(&t);
    for (int i = 1; i < argc; i++)
        read_profile(&t, argv[i]);
    printf("/* Made by seccomp-compile; do not edit. Included by tables.c only. */\n\n");
    print_calls(&t);
    print_verdicts(&t);
    print_profiles(&t);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
