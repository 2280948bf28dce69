/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our filters against libseccomp's, both run in the interpreter: docker's profile for every number, architecture and edge of an argument, and
 * thousands of random profiles. Differences that are meant, and nothing else, are excused:
 *  - numbers above the newest one named answer ENOSYS (runc adds that in front of libseccomp's program, too);
 *  - where rules of different actions hold at once ours gives the strictest of them, libseccomp any one of them;
 *  - where several conditional rules name one call, libseccomp 2.5.4 merges their comparisons into one tree, and for comparisons of other kinds than
 *    "equal" that tree is sometimes not their "or" (both ways). There the plain evaluation alone is the judge. Docker's profile, single
 *    rules and alternatives that are all "equal" are free of it and are compared without excuse.
 */
#include "check.h"

#include <time.h>

#include "base/io.h"
#include "json/json.h"
#include "reference.h"

#define X32 0x40000000U
#define ARCH_OTHER AUDIT_ARCH_MIPS

static enum oci_seccomp_action action_word(const char *word)
{
    static const char *const words[] = {
        [OCI_ACT_KILL_THREAD] = "SCMP_ACT_KILL", [OCI_ACT_KILL_PROCESS] = "SCMP_ACT_KILL_PROCESS", [OCI_ACT_TRAP] = "SCMP_ACT_TRAP",
        [OCI_ACT_ERRNO] = "SCMP_ACT_ERRNO", [OCI_ACT_TRACE] = "SCMP_ACT_TRACE", [OCI_ACT_ALLOW] = "SCMP_ACT_ALLOW", [OCI_ACT_LOG] = "SCMP_ACT_LOG",
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum oci_seccomp_action)i;
    abort();
}

static enum oci_seccomp_op op_word(const char *word)
{
    static const char *const words[] = {
        [OCI_CMP_NE] = "SCMP_CMP_NE", [OCI_CMP_LT] = "SCMP_CMP_LT", [OCI_CMP_LE] = "SCMP_CMP_LE", [OCI_CMP_EQ] = "SCMP_CMP_EQ",
        [OCI_CMP_GE] = "SCMP_CMP_GE", [OCI_CMP_GT] = "SCMP_CMP_GT", [OCI_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum oci_seccomp_op)i;
    abort();
}

static uint64_t number(const struct json_value *object, const char *key)
{
    const struct json_value *v = json_member(object, key);
    uint64_t value = 0;

    if (v && json_get_u64(v, UINT64_MAX, &value, NULL) < 0)
        abort();
    return value;
}

/* A bare linux.seccomp object of test data. */
static bool read_profile(const char *path, struct cm_arena *arena, struct oci_seccomp *ret)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size;
    struct json_value *root;

    if (cm_read_file_at(AT_FDCWD, path, 1 << 20, true, &text, &size) < 0 || json_parse(text, size, 1 << 20, arena, &root, NULL) < 0)
        return false;
    const struct json_value *calls = json_member(root, "syscalls");
    *ret = (struct oci_seccomp){.default_action = action_word(json_member(root, "defaultAction")->text), .n_rules = calls->n};
    ret->default_errno_ret = (struct oci_u32){true, (uint32_t)number(root, "defaultErrnoRet")};
    ret->rules = cm_arena_array(arena, calls->n, sizeof(*ret->rules));
    for (const struct json_value *c = calls->child; c; c = c->next) {
        struct oci_seccomp_rule *rule = &ret->rules[c->index];
        const struct json_value *names = json_member(c, "names"), *args = json_member(c, "args");
        rule->action = action_word(json_member(c, "action")->text);
        rule->errno_ret = (struct oci_u32){json_member(c, "errnoRet") != NULL, (uint32_t)number(c, "errnoRet")};
        rule->names = (struct oci_strings){true, names->n, cm_arena_array(arena, names->n, sizeof(char *))};
        for (const struct json_value *n = names->child; n; n = n->next)
            rule->names.v[n->index] = n->text;
        rule->n_args = args ? args->n : 0;
        rule->args = cm_arena_array(arena, rule->n_args + 1, sizeof(*rule->args));
        for (const struct json_value *a = args ? args->child : NULL; a; a = a->next)
            rule->args[a->index] = (struct oci_seccomp_arg){(uint32_t)number(a, "index"), number(a, "value"), number(a, "valueTwo"),
                                                           op_word(json_member(a, "op")->text)};
    }
    return true;
}

struct pair {
    const struct oci_seccomp *profile;
    struct cm_filter ours, theirs;
    bool refused; /* by libseccomp: one condition with two actions; ours gives the stricter one */
    unsigned long compared, disputed, odd, unknown;
};

static size_t alternatives(const struct oci_seccomp *s, uint32_t nr)
{
    size_t total = 0;

    for (size_t i = 0; i < s->n_rules; i++)
        for (size_t n = 0; n < s->rules[i].names.n; n++)
            if (number_now(s->rules[i].names.v[n]) == (int)nr)
                total += argument_twice(&s->rules[i]) ? s->rules[i].n_args : 1;
    return total;
}

/*
 * What the library cannot be asked about a foreign architecture: calls that it has no name for, and the multiplexers, which it opens for each call that goes
 * through them.
 */
static bool beyond_library(uint32_t nr)
{
    static const char *const multiplexers[] = {"socketcall", "ipc"};
    int number = nr <= INT32_MAX ? (int)nr : -1;
    char *name = arch_now() == seccomp_arch_native() || number < 0 ? NULL : seccomp_syscall_resolve_num_arch(arch_now(), number);
    bool unknown = !name && arch_now() != seccomp_arch_native() && number >= 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(multiplexers) && name; i++)
        unknown |= strcmp(name, multiplexers[i]) == 0;
    free(name);
    return unknown;
}

static void compare(struct pair *p, uint32_t arch, uint32_t nr, const uint64_t args[6])
{
    uint32_t got = cm_filter_run(&p->ours, arch, nr, args), want = cm_filter_run(&p->theirs, arch, nr, args);
    struct verdict v;
    bool foreign = arch != arch_now() || (arch == AUDIT_ARCH_X86_64 && nr >= X32 && nr != UINT32_MAX);

    p->compared++;
    if (p->refused)
        p->odd++;
    judge(p->profile, nr, args, &v);
    if (foreign)
        v.answer = SECCOMP_RET_KILL_PROCESS;
    else if (too_new(p->profile, nr))
        v.answer = want = SECCOMP_RET_ERRNO | ENOSYS;
    else if (v.disputed) {
        bool one_of = false;
        for (size_t i = 0; i < v.n; i++)
            one_of = one_of || v.all[i] == want;
        if (one_of)
            want = v.answer;
        p->disputed++;
    }
    if (p->refused)
        want = v.answer;
    if (!foreign && beyond_library(nr)) {
        want = v.answer;
        p->unknown++;
    }
    if (want != v.answer && !foreign && alternatives(p->profile, nr) > 1) {
        want = v.answer;
        p->odd++;
    }
    if (v.disputed && (got & SECCOMP_RET_ACTION_FULL) == (v.answer & SECCOMP_RET_ACTION_FULL) && want == v.answer)
        return; /* two errno values: the first in the file; only the action is ordered */
    if (got != want || got != v.answer)
        CHECK_FAIL("arch %x nr %u args %llx %llx %llx %llx %llx %llx: ours %x, libseccomp %x, the rules say %x", arch, nr, (unsigned long long)args[0],
                   (unsigned long long)args[1], (unsigned long long)args[2], (unsigned long long)args[3], (unsigned long long)args[4],
                   (unsigned long long)args[5], got, want, v.answer);
}

static bool build(struct pair *p, const struct oci_seccomp *profile)
{
    struct cm_error err;

    *p = (struct pair){.profile = profile};
    cm_error_init(&err);
    int r = cm_filter_from_config_for(arch_now(), profile, &p->ours, &err);
    if (r < 0) {
        CHECK_FAIL("our compiler: %s", err.message);
        return false;
    }
    r = reference_build(profile, &p->theirs);
    p->refused = r == -EEXIST;
    if (p->refused)
        return true;
    if (r < 0)
        CHECK_FAIL("libseccomp: %s", strerror(-r));
    return r == 0;
}

static void drop(struct pair *p)
{
    cm_filter_free(&p->ours);
    cm_filter_free(&p->theirs);
}

static size_t edges_of(const struct oci_seccomp *s, uint64_t *ret, size_t max)
{
    size_t n = 0;

    ret[n++] = 0;
    ret[n++] = UINT64_MAX;
    for (size_t i = 0; i < s->n_rules; i++)
        for (size_t j = 0; j < s->rules[i].n_args; j++) {
            const uint64_t values[] = {s->rules[i].args[j].value, s->rules[i].args[j].value_two};
            for (size_t k = 0; k < 2 && n + 7 < max; k++) {
                uint64_t v = values[k];
                const uint64_t around[] = {v - 1, v, v + 1, v | 1ULL << 32, v ^ 1ULL << 63, v & UINT32_MAX, ~v};
                for (size_t a = 0; a < CM_ARRAY_LEN(around); a++)
                    ret[n++] = around[a];
            }
        }
    return n;
}

static void docker_profile_now(const char *word)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct oci_seccomp profile;
    static uint64_t edges[512];
    const uint32_t archs[] = {arch_now(), AUDIT_ARCH_I386, AUDIT_ARCH_ARM, ARCH_OTHER, 0, UINT32_MAX};
    struct pair p;

    if (!read_profile(DATA_DIR "/docker-profile.json", &arena, &profile)) {
        CHECK_FAIL("no test data");
        return;
    }
    if (!build(&p, &profile))
        return;
    size_t n = edges_of(&profile, edges, CM_ARRAY_LEN(edges));
    for (size_t a = 0; a < CM_ARRAY_LEN(archs); a++)
        for (uint32_t nr = 0; nr < 1024; nr++) {
            const uint64_t zeros[6] = {0};
            compare(&p, archs[a], nr, zeros);
            compare(&p, archs[a], nr | X32, zeros);
        }
    static const uint32_t odd[] = {1024, 65536, X32 - 1, X32, X32 + 512, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX};
    for (size_t i = 0; i < CM_ARRAY_LEN(odd); i++)
        compare(&p, arch_now(), odd[i], (const uint64_t[6]){0});
    for (uint32_t nr = 0; nr < (arch_now() == CM_AUDIT_ARCH ? 1024 : 480); nr++)
        for (size_t i = 0; i < n; i++)
            compare(&p, arch_now(), nr, (const uint64_t[6]){edges[i], edges[(i + 1) % n], edges[i], 0, edges[i], 1});
    CHECK_INT(p.odd, 0);
    CHECK_INT(p.disputed, 0);
    printf("# docker on %s: ours %u instructions, libseccomp %u, %lu comparisons, %lu beyond it\n", word, p.ours.size, p.theirs.size, p.compared, p.unknown);
    drop(&p);
}

TEST(docker_profile_every_number_arch_and_edge)
{
    const char *word;

    for (size_t i = 0; cm_seccomp_arch(i, &word); i++) {
        reference_arch = cm_seccomp_arch(i, &word);
        docker_profile_now(word);
    }
    reference_arch = 0;
}

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static size_t below(size_t n)
{
    return (size_t)(random_bits() >> 16) % n;
}

static uint64_t random_value(void)
{
    static const uint64_t pool[] = {0, 1, 2, 3, 0x7e020000, 0xffffffff, 1ULL << 32,
                                    1ULL << 32 | 1, 1ULL << 31, UINT64_MAX, UINT64_MAX << 32, 1ULL << 63, 0xff00};
    uint64_t v = pool[below(CM_ARRAY_LEN(pool))];
    return below(4) == 0 ? v + random_bits() % 3 - 1 : below(8) == 0 ? random_bits() : v;
}

enum kind {
    SINGLE_RULES, /* each call in one rule, each argument in one condition */
    EQUAL_RULES,  /* several for one call, each one "equal" on one argument */
    ONE_ACTION,
    MANY_ACTIONS,
};

static void random_conditions(struct oci_seccomp_rule *rule, enum kind kind)
{
    size_t start = below(6);

    if (kind == EQUAL_RULES) {
        rule->n_args = 1;
        rule->args[0] = (struct oci_seccomp_arg){0, random_value(), 0, OCI_CMP_EQ};
        return;
    }
    rule->n_args = below(6) == 0 ? 0 : 1 + below(3);
    for (size_t a = 0; a < rule->n_args; a++) {
        size_t index = kind == SINGLE_RULES ? (start + a) % 6 : below(below(2) ? 6 : 2);
        rule->args[a] = (struct oci_seccomp_arg){(uint32_t)index, random_value(), random_value(), (enum oci_seccomp_op)below(7)};
    }
}

static const char *const pool[] = {"read", "write", "open", "close", "ioctl", "socket", "clone", "personality", "prctl", "mseal", "futex_wait", "getrandom",
                                   "statx", "no_such_call", "stat64", "uretprobe"};

static struct oci_seccomp *random_profile(struct cm_arena *arena, enum kind kind)
{
    struct oci_seccomp *s = cm_arena_alloc(arena, sizeof(*s));
    enum oci_seccomp_action usual = (enum oci_seccomp_action)below(OCI_ACT_NOTIFY + 1);

    s->default_action = (enum oci_seccomp_action)below(OCI_ACT_NOTIFY);
    s->default_errno_ret = (struct oci_u32){below(2), (uint32_t)below(200)};
    /* libseccomp's time grows exponentially with the conditional rules of one call. */
    s->n_rules = below(kind == SINGLE_RULES ? 14 : 7);
    s->rules = cm_arena_array(arena, s->n_rules + 1, sizeof(*s->rules));
    for (size_t i = 0; i < s->n_rules; i++) {
        struct oci_seccomp_rule *rule = &s->rules[i];
        rule->action = kind == ONE_ACTION || kind == EQUAL_RULES ? usual : (enum oci_seccomp_action)below(OCI_ACT_NOTIFY + 1);
        rule->errno_ret = (struct oci_u32){kind == MANY_ACTIONS && below(2), (uint32_t)below(200)};
        rule->names = (struct oci_strings){true, kind == SINGLE_RULES ? 1 : 1 + below(3), cm_arena_array(arena, 4, sizeof(char *))};
        for (size_t n = 0; n < rule->names.n; n++)
            rule->names.v[n] = pool[kind == SINGLE_RULES ? i : below(CM_ARRAY_LEN(pool))];
        rule->args = cm_arena_array(arena, 4, sizeof(*rule->args));
        random_conditions(rule, kind);
    }
    return s;
}

static void print_profile(int number_, const struct oci_seccomp *s)
{
    static const char *const ops[] = {"!=", "<", "<=", "==", ">=", ">", "&"};

    printf("# in random profile %d: default %x\n", number_, scmp_action(s->default_action, s->default_errno_ret));
    for (size_t i = 0; i < s->n_rules; i++) {
        const struct oci_seccomp_rule *rule = &s->rules[i];
        printf("#  %x", scmp_action(rule->action, rule->errno_ret));
        for (size_t n = 0; n < rule->names.n; n++)
            printf(" %s", rule->names.v[n]);
        for (size_t a = 0; a < rule->n_args; a++)
            printf(" [%u %s %llx %llx]", rule->args[a].index, ops[rule->args[a].op], (unsigned long long)rule->args[a].value,
                   (unsigned long long)rule->args[a].value_two);
        printf("\n");
    }
}

static void random_calls(struct pair *p)
{
    static uint32_t numbers[64], of;
    static size_t n_numbers;
    static uint64_t edges[512];
    size_t n = edges_of(p->profile, edges, CM_ARRAY_LEN(edges));

    if (of != arch_now()) {
        of = arch_now();
        n_numbers = 0;
        for (size_t i = 0; i < CM_ARRAY_LEN(pool); i++) {
            int nr = cm_seccomp_number(of, pool[i]);
            numbers[n_numbers] = (uint32_t)nr;
            n_numbers += nr >= 0;
        }
    }
    for (uint32_t nr = 0; nr < 1024; nr += 7)
        compare(p, arch_now(), nr, (const uint64_t[6]){0});
    compare(p, arch_now(), X32 | 1, (const uint64_t[6]){0});
    compare(p, arch_now(), UINT32_MAX, (const uint64_t[6]){0});
    compare(p, AUDIT_ARCH_I386, 1, (const uint64_t[6]){0});
    for (int j = 0; j < 150; j++) {
        uint64_t args[6];
        for (size_t k = 0; k < 6; k++)
            args[k] = edges[below(n)];
        compare(p, arch_now(), numbers[below(n_numbers)], args);
    }
}

static struct pair random_profiles(enum kind kind, int rounds)
{
    struct pair sum = {0};

    for (int i = 0; i < rounds && check_failures_now < 10; i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        uint64_t seed = (uint64_t)i * 3 + (uint64_t)kind + 1;
        random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
        const struct oci_seccomp *profile = random_profile(&arena, kind);
        struct pair p;
        int before = check_failures_now;
        if (build(&p, profile))
            random_calls(&p);
        if (check_failures_now > before)
            print_profile(i, profile);
        sum.compared += p.compared;
        sum.disputed += p.disputed;
        sum.odd += p.odd;
        drop(&p);
    }
    printf("# %lu comparisons, %lu disputed, %lu where libseccomp is at odds with the rules\n", sum.compared, sum.disputed, sum.odd);
    return sum;
}

/* On every architecture: where the halves of an argument lie, and which numbers there are. */
TEST(random_single_rules)
{
    const char *word;

    for (size_t i = 0; cm_seccomp_arch(i, &word); i++) {
        reference_arch = cm_seccomp_arch(i, &word);
        struct pair sum = random_profiles(SINGLE_RULES, reference_arch == CM_AUDIT_ARCH ? 2500 : 300);
        CHECK_INT(sum.disputed, 0);
        CHECK_INT(sum.odd, 0);
    }
    reference_arch = 0;
}

TEST(random_alternatives_that_are_equal)
{
    struct pair sum = random_profiles(EQUAL_RULES, 1500);

    CHECK_INT(sum.disputed, 0);
    CHECK_INT(sum.odd, 0);
}

TEST(random_profiles_of_one_action)
{
    struct pair sum = random_profiles(ONE_ACTION, 2500);

    CHECK_INT(sum.disputed, 0);
    CHECK(sum.odd < sum.compared / 500);
}

TEST(random_profiles_of_many_actions)
{
    struct pair sum = random_profiles(MANY_ACTIONS, 2500);

    CHECK(sum.disputed > 0 && sum.disputed < sum.compared / 10);
    CHECK(sum.odd < sum.compared / 50);
}
