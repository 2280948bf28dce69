/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built-in profiles on every architecture that we have tables for, run in the interpreter against two other opinions: the sources evaluated plainly, for
 * every number and all edges of arguments, and libseccomp, as far as it can say the same. It has no order among rules and no "none of these":
 *  - a rule "none of these: errno, otherwise allow" becomes "these: allow" in a filter whose default is the errno;
 *  - a rule that denies single values becomes those denials, without the matches that libseccomp cannot express (`above`, long lists), and calls that such
 *    a match would decide are left out;
 *  - what socket(2) allows is written out here by hand.
 */
#include "check.h"

#include "reference.h"
#include "source.h"

static struct source sources[SOURCES];

static bool have_sources(void)
{
    static bool loaded;

    if (!loaded && !source_load(sources))
        CHECK_FAIL("the profiles cannot be read");
    loaded = true;
    return sources[0].root != NULL;
}

/* Runs `body` for each profile on each architecture. */
static void each_filter(void (*body)(const struct source *s, const struct cm_filter *f))
{
    const char *word;

    for (size_t a = 0; have_sources() && cm_seccomp_arch(a, &word); a++) {
        reference_arch = cm_seccomp_arch(a, &word);
        for (size_t s = 0; s < SOURCES; s++) {
            CM_AUTO_FILTER struct cm_filter f = {0};
            int failures = check_failures_now;
            if (cm_filter_builtin_for(reference_arch, sources[s].name, &f, NULL) < 0)
                CHECK_FAIL("it does not compile");
            else
                body(&sources[s], &f);
            if (check_failures_now > failures)
                printf("# … in %s on %s\n", sources[s].name, word);
        }
    }
    reference_arch = 0;
}

/* ---- the sources ---- */

struct evaluation {
    const struct cm_filter *filter;
    const struct source_verdict *verdict;
    uint32_t nr;
};
static unsigned long compared;

static void compare_with_source(const uint64_t args[6], void *user)
{
    const struct evaluation *e = user;
    uint32_t got = cm_filter_run(e->filter, reference_arch, e->nr, args), want = source_answer(e->verdict, reference_arch, args);

    compared++;
    if (got != want)
        CHECK_FAIL("number %u (%llx, %llx, %llx, %llx): the filter answers %x, the profile says %x", e->nr, (unsigned long long)args[0],
                   (unsigned long long)args[1], (unsigned long long)args[2], (unsigned long long)args[3], got, want);
}

/* The library's name for a number, or ours. */
static const char *name_of(uint32_t nr)
{
    static char name[64];
    char *known = seccomp_syscall_resolve_num_arch(reference_arch, (int)nr);
    int number = -1;

    name[0] = '\0';
    if (known)
        (void)snprintf(name, sizeof(name), "%s", known);
    free(known);
    for (size_t i = 0; !name[0] && cm_seccomp_newer(i, reference_arch, &number); i++)
        if (number == (int)nr)
            (void)snprintf(name, sizeof(name), "%s", cm_seccomp_newer(i, reference_arch, &number));
    return name;
}

/* source_each_edge puts the flags of clone first. */
static void compare_swapped(const uint64_t args[6], void *user)
{
    compare_with_source((const uint64_t[6]){args[1], args[0]}, user);
}

static void every_number(const struct source *s, const struct cm_filter *f)
{
    static struct source_verdict v;

    for (uint32_t nr = 0; nr < 1024; nr++) {
        struct evaluation e = {.filter = f, .verdict = &v, .nr = nr};
        source_decide(s, name_of(nr), &v);
        source_each_edge(&v, compare_with_source, &e);
        if (strcmp(name_of(nr), "clone") == 0) {
            CHECK(v.kind == SOURCE_RULE);
            source_each_edge(&v, compare_swapped, &e);
        }
    }
}

TEST(every_number_as_the_sources_say)
{
    compared = 0;
    each_filter(every_number);
    printf("# %lu calls\n", compared);
    CHECK(compared > 200000);
}

static void flags_of_clone(const struct source *s, const struct cm_filter *f)
{
    uint32_t nr = (uint32_t)cm_seccomp_call(reference_arch, "clone");
    const uint64_t spaces = 0x10010000, plain = 0x00010f00;
    bool swapped = reference_arch == AUDIT_ARCH_S390X;

    CHECK_INT(cm_filter_run(f, reference_arch, nr, (const uint64_t[6]){spaces, plain}), swapped ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM);
    CHECK_INT(cm_filter_run(f, reference_arch, nr, (const uint64_t[6]){plain, spaces}), swapped ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW);
}

TEST(flags_of_clone_where_the_architecture_has_them)
{
    each_filter(flags_of_clone);
}

static void odd_numbers(const struct source *s, const struct cm_filter *f)
{
    static const uint32_t odd[] = {472, 1024, 65536, 0x3fffffff, UINT32_MAX}, x32[] = {0x40000000, 0x40000001, 0x40000208, 0x7fffffff, UINT32_MAX - 1};
    static const uint64_t zeros[6];
    const char *word;

    for (size_t i = 0; i < CM_ARRAY_LEN(odd); i++)
        CHECK_INT(cm_filter_run(f, reference_arch, odd[i], zeros), SECCOMP_RET_ERRNO | ENOSYS);
    for (size_t i = 0; i < CM_ARRAY_LEN(x32); i++)
        CHECK_INT(cm_filter_run(f, reference_arch, x32[i], zeros),
                  reference_arch == AUDIT_ARCH_X86_64 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | ENOSYS);
    for (size_t a = 0; cm_seccomp_arch(a, &word); a++)
        for (uint32_t nr = 0; nr < 512 && cm_seccomp_arch(a, &word) != reference_arch; nr += 3)
            CHECK(cm_filter_run(f, cm_seccomp_arch(a, &word), nr, zeros) == SECCOMP_RET_KILL_PROCESS);
}

TEST(odd_numbers_and_other_architectures)
{
    each_filter(odd_numbers);
}

/* ---- libseccomp: calls without arguments ---- */

static void plain_calls(const struct source *s, const struct cm_filter *f)
{
    static struct source_verdict v;
    static const uint64_t zeros[6];
    CM_AUTO_FILTER struct cm_filter theirs = {0};
    scmp_filter_ctx ctx = reference_begin(SCMP_ACT_ERRNO(ENOSYS));
    static bool asked[1024];
    int r = ctx ? 0 : -ENOMEM;

    for (uint32_t nr = 0; nr < 1024; nr++) {
        int number;
        const char *name = name_of(nr);
        source_decide(s, name, &v);
        asked[nr] = !name[0] || (v.kind != SOURCE_RULE && number_for_library(name, &number) && strcmp(name, "socketcall") != 0 && strcmp(name, "ipc") != 0);
        if (!asked[nr] || !name[0] || r < 0 || v.answer == (SECCOMP_RET_ERRNO | ENOSYS))
            continue;
        r = seccomp_rule_add(ctx, v.answer == SECCOMP_RET_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(v.answer & SECCOMP_RET_DATA), number, 0);
    }
    r = ctx ? reference_end(ctx, r, &theirs) : r;
    if (r < 0) {
        CHECK_FAIL("libseccomp: %s", strerror(-r));
        return;
    }
    unsigned int n = 0;
    for (uint32_t nr = 0; nr < 1024; nr++) {
        uint32_t got = cm_filter_run(f, reference_arch, nr, zeros), want = cm_filter_run(&theirs, reference_arch, nr, zeros);
        n += asked[nr];
        if (asked[nr] && got != want)
            CHECK_FAIL("number %u: ours %x, libseccomp %x", nr, got, want);
        CHECK_INT(cm_filter_run(&theirs, AUDIT_ARCH_MIPS, nr, zeros), SECCOMP_RET_KILL_PROCESS);
    }
    CHECK(n > 900);
}

TEST(calls_without_arguments_as_libseccomp)
{
    each_filter(plain_calls);
}

/* ---- libseccomp: arguments ---- */

struct argument_case {
    const struct cm_filter *ours;
    struct cm_filter theirs;
    const struct source_verdict *verdict;
    bool left_out[SOURCE_MATCHES];
    bool only_whether; /* it is allowed; not with which errno it is not */
    bool swap;
    uint32_t nr;
};

static void compare_with_library(const uint64_t edge[6], void *user)
{
    struct argument_case *c = user;
    const uint64_t args[6] = {edge[c->swap ? 1 : 0], edge[c->swap ? 0 : 1], edge[2], edge[3]};

    for (size_t m = 0; m < c->verdict->n; m++) {
        size_t held = 0;
        for (size_t i = 0; i < c->verdict->matches[m].n; i++)
            held += source_holds(&c->verdict->matches[m], i, args[source_argument(&c->verdict->matches[m], i, reference_arch)]);
        if (held == c->verdict->matches[m].n && c->left_out[m])
            return;
    }
    uint32_t got = cm_filter_run(c->ours, reference_arch, c->nr, args), want = cm_filter_run(&c->theirs, reference_arch, c->nr, args);
    compared++;
    if (c->only_whether ? (got == SECCOMP_RET_ALLOW) != (want == SECCOMP_RET_ALLOW) : got != want)
        CHECK_FAIL("number %u (%llx, %llx, %llx, %llx): ours %x, libseccomp %x", c->nr, (unsigned long long)args[0], (unsigned long long)args[1],
                   (unsigned long long)args[2], (unsigned long long)args[3], got, want);
}

static struct scmp_arg_cmp masked(const struct source_match *m, size_t i, uint64_t value)
{
    return (struct scmp_arg_cmp){.arg = source_argument(m, i, reference_arch), .op = SCMP_CMP_MASKED_EQ, .datum_a = m->when[i].mask, .datum_b = value};
}

/* "none of these: errno" */
static bool is_allow_list(const struct source_verdict *v)
{
    return v->n == 1 && v->matches[0].n == 1 && v->matches[0].when[0].op == SOURCE_ISNT && v->answer == SECCOMP_RET_ALLOW;
}

static int library_allow_list(const struct source_verdict *v, int number, struct cm_filter *ret)
{
    const struct source_match *m = &v->matches[0];
    scmp_filter_ctx ctx = reference_begin(SCMP_ACT_ERRNO(m->answer & SECCOMP_RET_DATA));
    int r = 0;

    for (size_t i = 0; i < m->when[0].n_values && r == 0; i++) {
        struct scmp_arg_cmp condition = masked(m, 0, m->when[0].values[i]);
        r = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, number, 1, &condition);
    }
    return reference_end(ctx, r, ret);
}

/* Denials of single values. "Not zero" of one bit is the bit. */
static int library_deny_list(struct argument_case *c, int number)
{
    const struct source_verdict *v = c->verdict;
    scmp_filter_ctx ctx = reference_begin(SCMP_ACT_ALLOW);
    int r = 0;

    for (size_t m = 0; m < v->n && r == 0; m++) {
        struct scmp_arg_cmp conditions[SOURCE_CONDITIONS];
        for (size_t i = 0; i < v->matches[m].n; i++) {
            uint64_t mask = v->matches[m].when[i].mask, value = v->matches[m].when[i].values[0];
            bool one_bit = v->matches[m].when[i].op == SOURCE_ISNT && (mask & (mask - 1)) == 0 && v->matches[m].when[i].n_values == 1;
            c->left_out[m] |= v->matches[m].when[i].op != SOURCE_IS && !one_bit;
            conditions[i] = masked(&v->matches[m], i, one_bit ? value ^ mask : value);
        }
        if (!c->left_out[m])
            r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(v->matches[m].answer & SECCOMP_RET_DATA), number, (unsigned int)v->matches[m].n, conditions);
    }
    return reference_end(ctx, r, &c->theirs);
}

static int add_socket(scmp_filter_ctx ctx, int number, uint64_t family, uint64_t type, uint64_t protocol)
{
    const struct scmp_arg_cmp conditions[] = {{0, SCMP_CMP_MASKED_EQ, UINT32_MAX, family}, {1, SCMP_CMP_MASKED_EQ, 0xf, type},
                                              {2, SCMP_CMP_MASKED_EQ, UINT32_MAX, protocol}};

    if (type == UINT64_MAX) /* netlink: any */
        return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 2, conditions[0], conditions[2]);
    if (protocol == UINT64_MAX) /* unix: any */
        return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, number, 2, conditions[0], conditions[1]);
    return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, number, 3, conditions);
}

static int library_socket(const char *profile, int number, struct cm_filter *ret)
{
    static const uint64_t unix_types[] = {1, 2, 5}, protocols[] = {0, 6, 17, 262, 1, 58};
    bool wide = strcmp(profile, "default") == 0 || strcmp(profile, "strict") == 0;
    scmp_filter_ctx ctx = reference_begin(SCMP_ACT_ERRNO(EAFNOSUPPORT));
    int r = strcmp(profile, "minimal") == 0 ? 0 : add_socket(ctx, number, 16, UINT64_MAX, 0);

    for (size_t i = 0; i < CM_ARRAY_LEN(unix_types) && r == 0; i++)
        r = add_socket(ctx, number, 1, unix_types[i], UINT64_MAX);
    for (size_t i = 0; i < (wide ? 6 : 4) && r == 0; i++)
        for (uint64_t family = 2; family <= 10 && r == 0; family += 8)
            for (uint64_t type = 1; type <= 2 && r == 0; type++)
                r = add_socket(ctx, number, family, type, protocols[i]);
    return reference_end(ctx, r, ret);
}

static void argument_rules(const struct source *s, const struct cm_filter *f)
{
    static struct source_verdict v;
    const struct json_value *rules = json_member(s->root, "rules");
    size_t asked = 0;

    for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next)
        for (const struct json_value *name = json_member(r, "names")->child; name; name = name->next) {
            int nr = cm_seccomp_call(reference_arch, name->text), number;
            if (nr < 0 || !number_for_library(name->text, &number))
                continue;
            source_decide(s, name->text, &v);
            struct argument_case c = {.ours = f, .verdict = &v, .nr = (uint32_t)nr, .only_whether = strcmp(name->text, "socket") == 0};
            int status = c.only_whether      ? library_socket(s->name, number, &c.theirs)
                         : is_allow_list(&v) ? library_allow_list(&v, number, &c.theirs)
                                             : library_deny_list(&c, number);
            if (status < 0)
                CHECK_FAIL("%s: libseccomp: %s", name->text, strerror(-status));
            else
                source_each_edge(&v, compare_with_library, &c);
            c.swap = true;
            if (status == 0 && strcmp(name->text, "clone") == 0)
                source_each_edge(&v, compare_with_library, &c);
            cm_filter_free(&c.theirs);
            asked++;
        }
    CHECK(asked > 0 || strcmp(s->name, "batch") == 0);
}

TEST(arguments_as_libseccomp)
{
    compared = 0;
    each_filter(argument_rules);
    printf("# %lu calls\n", compared);
    CHECK(compared > 100000);
}
