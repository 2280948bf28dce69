/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A linter of the profiles' sources and of what they are compiled to: nothing is allowed by accident, nothing is wider than it says, no rule is dead.
 */
#include "check.h"

#include <errno.h>

#include "source.h"

static struct source sources[SOURCES];

static bool have_sources(void)
{
    static bool loaded;

    if (!loaded && !source_load(sources)) {
        CHECK_FAIL("the profiles cannot be read");
        return false;
    }
    loaded = true;
    return true;
}

/* The names of libseccomp and ours on the architectures that we have tables for. */
static size_t all_names(char (*names)[64], size_t max)
{
    size_t n = 0;

    for (size_t a = 0; a < CM_SECCOMP_ARCHS; a++) {
        uint32_t arch = cm_seccomp_library_arch(a);
        for (int nr = 0; nr < 1024; nr++) {
            char *name = seccomp_syscall_resolve_num_arch(arch, nr);
            bool seen = !name;
            for (size_t i = 0; i < n && !seen; i++)
                seen = strcmp(names[i], name) == 0;
            if (!seen && n < max)
                (void)snprintf(names[n++], sizeof(names[0]), "%s", name);
            free(name);
        }
        int number;
        for (size_t i = 0; cm_seccomp_newer(i, arch, &number); i++) {
            bool seen = false;
            for (size_t j = 0; j < n && !seen; j++)
                seen = strcmp(names[j], cm_seccomp_newer(i, arch, &number)) == 0;
            if (!seen && n < max)
                (void)snprintf(names[n++], sizeof(names[0]), "%s", cm_seccomp_newer(i, arch, &number));
        }
    }
    return n;
}

static int newest_of_ours(void)
{
    int newest = 0, number;

    for (size_t i = 0; cm_seccomp_newer(i, SCMP_ARCH_X86_64, &number); i++)
        newest = number > newest ? number : newest;
    return newest;
}

/* A libseccomp that is newer than this test may know more: those calls answer ENOSYS until somebody has decided. */
TEST(every_call_is_decided_on_purpose)
{
    static char names[1024][64];
    static struct source_verdict v;
    size_t n = all_names(names, CM_ARRAY_LEN(names)), later = 0;

    if (!have_sources())
        return;
    CHECK(n > 420);
    for (size_t i = 0; i < n; i++) {
        int number = cm_seccomp_number(SCMP_ARCH_AARCH64, names[i]);
        if (number > newest_of_ours()) {
            later++;
            continue;
        }
        for (size_t s = 0; s < SOURCES; s++) {
            source_decide(&sources[s], names[i], &v);
            if (v.kind == SOURCE_UNNAMED)
                CHECK_FAIL("%s: nothing is said about %s", sources[s].name, names[i]);
        }
    }
    printf("# %zu names, %zu that only the library knows\n", n, later);
}

/* In a list: in order; in a profile: in one place only; and a system call. */
static void lint_list(const char *profile, const struct json_value *names, const char **seen, size_t *n)
{
    for (const struct json_value *v = names ? names->child : NULL; v; v = v->next) {
        bool exists = false;
        for (size_t a = 0; a < CM_SECCOMP_ARCHS; a++)
            exists = exists || cm_seccomp_number(cm_seccomp_library_arch(a), v->text) >= 0;
        if (!exists)
            CHECK_FAIL("%s: no architecture has a call %s", profile, v->text);
        if (v->next && strcmp(v->text, v->next->text) >= 0)
            CHECK_FAIL("%s: %s and %s are not in order", profile, v->text, v->next->text);
        for (size_t i = 0; i < *n; i++)
            if (strcmp(seen[i], v->text) == 0)
                CHECK_FAIL("%s: %s stands in two places", profile, v->text);
        seen[(*n)++] = v->text;
    }
}

TEST(lists_are_sorted_and_name_a_call_once)
{
    if (!have_sources())
        return;
    for (size_t s = 0; s < SOURCES; s++) {
        const struct json_value *root = sources[s].root, *rules = json_member(root, "rules"), *base = json_member(root, "base");
        const char *seen[1024];
        size_t n = 0;
        CHECK_STR(json_member(root, "name")->text, sources[s].name);
        CHECK_STR(json_member(root, "default")->text, "ENOSYS");
        CHECK(!base == (s == 0) && (!base || cm_profile_is_within(sources[s].name, base->text)));
        lint_list(sources[s].name, json_member(root, "allow"), seen, &n);
        lint_list(sources[s].name, json_member(root, "as_base"), seen, &n);
        for (const struct json_value *g = json_member(root, "deny")->child; g; g = g->next)
            lint_list(sources[s].name, json_member(g, "names"), seen, &n);
        for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next)
            lint_list(sources[s].name, json_member(r, "names"), seen, &n);
    }
}

static bool is_sentence(const struct json_value *v)
{
    size_t size = v && v->type == JSON_STRING ? strlen(v->text) : 0;

    return size > 5 && size < 400 && v->text[size - 1] == '.' && v->text[0] >= 'A' && v->text[0] <= 'Z';
}

TEST(every_denial_and_rule_says_why)
{
    if (!have_sources())
        return;
    for (size_t s = 0; s < SOURCES; s++) {
        const struct json_value *rules = json_member(sources[s].root, "rules");
        for (const struct json_value *g = json_member(sources[s].root, "deny")->child; g; g = g->next)
            if (!is_sentence(json_member(g, "why")))
                CHECK_FAIL("%s: deny group %zu has no reason", sources[s].name, g->index);
        for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next)
            if (!is_sentence(json_member(r, "why")))
                CHECK_FAIL("%s: rule %zu has no reason", sources[s].name, r->index);
    }
}

/* Arguments that the kernel takes as 32 bits: whatever is compared there must not look above (CVE-2019-7303). None of the rules so far is for a wider one. */
TEST(arguments_are_compared_as_the_kernel_takes_them)
{
    static const struct { const char *call; unsigned int args; } ints[] = {
        {"arch_prctl", 1 << 0}, {"clone", 1 << 0}, {"ioctl", 1 << 1}, {"mknod", 1 << 1}, {"mknodat", 1 << 2}, {"personality", 1 << 0}, {"pipe2", 1 << 1},
        {"prctl", 1 << 0 | 1 << 2}, {"recv", 1 << 3}, {"recvfrom", 1 << 3}, {"recvmmsg", 1 << 3}, {"recvmsg", 1 << 2}, {"seccomp", 1 << 1}, {"send", 1 << 3},
        {"sendmmsg", 1 << 3}, {"sendmsg", 1 << 2}, {"sendto", 1 << 3}, {"setsockopt", 1 << 1 | 1 << 2}, {"socket", 7}, {"socketpair", 1 << 0},
    };
    static struct source_verdict v;

    for (size_t s = 0; s < SOURCES && have_sources(); s++) {
        const struct json_value *rules = json_member(sources[s].root, "rules");
        for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next)
            for (const struct json_value *name = json_member(r, "names")->child; name; name = name->next) {
                unsigned int known = 0;
                for (size_t i = 0; i < CM_ARRAY_LEN(ints); i++)
                    known |= strcmp(ints[i].call, name->text) == 0 ? ints[i].args : 0;
                source_decide(&sources[s], name->text, &v);
                for (size_t m = 0; m < v.n; m++)
                    for (size_t c = 0; c < v.matches[m].n; c++) {
                        if (!(known & 1U << v.matches[m].when[c].arg))
                            CHECK_FAIL("%s: %s: is argument %u an int? Add it to this test", sources[s].name, name->text, v.matches[m].when[c].arg);
                        if (v.matches[m].when[c].mask > UINT32_MAX)
                            CHECK_FAIL("%s: %s: match %zu compares more than 32 bits", sources[s].name, name->text, m);
                        if (v.matches[m].when[c].clone_flags != (strcmp(name->text, "clone") == 0))
                            CHECK_FAIL("%s: %s: flags of clone, and only those, are \"clone-flags\"", sources[s].name, name->text);
                    }
            }
    }
}

struct reached {
    const struct source_verdict *v;
    size_t times[SOURCE_MATCHES + 1];
    bool needed[SOURCE_MATCHES]; /* without this match something would be answered otherwise */
};

static bool match_holds(const struct source_match *m, const uint64_t args[6])
{
    for (size_t c = 0; c < m->n; c++)
        if (!source_holds(m, c, args[m->when[c].arg]))
            return false;
    return true;
}

static void count_reached(const uint64_t args[6], void *user)
{
    struct reached *r = user;
    size_t m = 0;

    while (m < r->v->n && !match_holds(&r->v->matches[m], args))
        m++;
    r->times[m]++;
    if (m == r->v->n)
        return;
    size_t next = m + 1;
    while (next < r->v->n && !match_holds(&r->v->matches[next], args))
        next++;
    if ((next < r->v->n ? r->v->matches[next].answer : r->v->answer) != r->v->matches[m].answer)
        r->needed[m] = true;
}

TEST(no_match_is_dead_or_without_effect)
{
    static struct source_verdict v;

    for (size_t s = 0; s < SOURCES && have_sources(); s++) {
        const struct json_value *rules = json_member(sources[s].root, "rules");
        for (const struct json_value *r = rules ? rules->child : NULL; r; r = r->next) {
            const char *name = json_member(r, "names")->child->text;
            source_decide(&sources[s], name, &v);
            struct reached reached = {.v = &v};
            source_each_edge(&v, count_reached, &reached);
            for (size_t m = 0; m <= v.n; m++)
                if (reached.times[m] == 0)
                    CHECK_FAIL("%s: %s: nothing reaches %s %zu", sources[s].name, name, m < v.n ? "match" : "the end, after match", m);
            for (size_t m = 0; m < v.n; m++)
                if (!reached.needed[m])
                    CHECK_FAIL("%s: %s: match %zu changes nothing", sources[s].name, name, m);
        }
    }
}

/* Whether a profile answers this call with "allow", and the one that must be wider does not. */
struct pair {
    const struct cm_filter *inner, *outer;
    uint32_t arch, nr;
    unsigned long wider, compared;
};

static void compare_width(const uint64_t args[6], void *user)
{
    struct pair *p = user;
    uint32_t inner = cm_filter_run(p->inner, p->arch, p->nr, args), outer = cm_filter_run(p->outer, p->arch, p->nr, args);

    p->compared++;
    p->wider += inner == SECCOMP_RET_ALLOW && outer != SECCOMP_RET_ALLOW;
}

static void check_width(size_t inner, size_t outer, uint32_t arch)
{
    static struct source_verdict v;
    CM_AUTO_FILTER struct cm_filter a = {0}, b = {0};
    int nr;

    CHECK_INT(cm_filter_builtin_for(arch, sources[inner].name, &a, NULL), 0);
    CHECK_INT(cm_filter_builtin_for(arch, sources[outer].name, &b, NULL), 0);
    for (size_t i = 0; cm_seccomp_name(i, arch, &nr); i++) {
        struct pair p = {.inner = &a, .outer = &b, .arch = arch, .nr = (uint32_t)nr};
        if (nr < 0)
            continue;
        for (size_t side = 0; side < 2; side++) { /* the edges of both */
            source_decide(&sources[side ? inner : outer], cm_seccomp_name(i, arch, &nr), &v);
            source_each_edge(&v, compare_width, &p);
        }
        if (p.wider > 0)
            CHECK_FAIL("%s allows more of %s than %s on %x", sources[inner].name, cm_seccomp_name(i, arch, &nr), sources[outer].name, arch);
    }
}

TEST(a_narrower_profile_allows_nothing_more)
{
    size_t pairs = 0;

    for (size_t inner = 0; inner < SOURCES && have_sources(); inner++)
        for (size_t outer = 0; outer < SOURCES; outer++) {
            if (inner == outer || !cm_profile_is_within(sources[inner].name, sources[outer].name))
                continue;
            const char *word;
            for (size_t a = 0; cm_seccomp_arch(a, &word); a++)
                check_width(inner, outer, cm_seccomp_arch(a, &word));
            pairs++;
        }
    CHECK_INT(pairs, 8);
}

/* Compiled into this test: what no profile may ever allow, whatever its arguments. */
static const char *const never[] = {
    "_sysctl", "acct", "add_key", "afs_syscall", "bdflush", "bpf", "chroot", "clock_settime", "clone3", "create_module", "delete_module", "fanotify_init",
    "fanotify_mark", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "init_module", "io_uring_enter", "io_uring_register",
    "io_uring_setup", "ioperm", "iopl", "ipc", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "listmount", "listns", "lookup_dcookie", "lsm_set_self_attr",
    "mbind", "migrate_pages", "modify_ldt", "mount", "mount_setattr", "move_mount", "move_pages", "multiplexer", "name_to_handle_at", "nfsservctl",
    "open_by_handle_at", "open_tree", "open_tree_attr", "pciconfig_iobase", "pciconfig_read", "pciconfig_write", "perf_event_open", "pidfd_getfd",
    "pivot_root", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl", "quotactl_fd", "reboot", "request_key",
    "rtas", "set_mempolicy", "setdomainname", "sethostname", "setns", "settimeofday", "socketcall", "spu_create", "spu_run", "statmount", "stime", "swapoff",
    "swapon", "sysfs", "syslog", "tee", "umount", "umount2", "unshare", "uselib", "userfaultfd", "vhangup", "vm86", "vmsplice",
};

struct never_case {
    const struct cm_filter *filter;
    uint32_t arch, nr;
    unsigned long allowed;
};

static void count_allowed(const uint64_t args[6], void *user)
{
    struct never_case *c = user;
    uint32_t action = cm_filter_run(c->filter, c->arch, c->nr, args) & SECCOMP_RET_ACTION_FULL;

    c->allowed += action != SECCOMP_RET_ERRNO && action != SECCOMP_RET_KILL_PROCESS;
}

TEST(what_is_never_allowed)
{
    static const uint64_t values[] = {0, 1, 2, 0x11, 0x7fffffff, UINT32_MAX, UINT64_MAX};
    const char *word;
    size_t checked = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(never); i++)
        CHECK(i == 0 || strcmp(never[i - 1], never[i]) < 0);
    for (size_t s = 0; cm_profile_name(s); s++)
        for (size_t a = 0; cm_seccomp_arch(a, &word); a++) {
            CM_AUTO_FILTER struct cm_filter f = {0};
            uint32_t arch = cm_seccomp_arch(a, &word);
            CHECK_INT(cm_filter_builtin_for(arch, cm_profile_name(s), &f, NULL), 0);
            for (size_t i = 0; i < CM_ARRAY_LEN(never); i++) {
                int nr = cm_seccomp_call(arch, never[i]);
                struct never_case c = {.filter = &f, .arch = arch, .nr = (uint32_t)nr};
                for (size_t v = 0; nr >= 0 && v < CM_ARRAY_LEN(values); v++, checked++)
                    count_allowed((const uint64_t[6]){values[v], values[v], values[v], values[v], values[v], values[v]}, &c);
                if (c.allowed > 0)
                    CHECK_FAIL("%s allows %s on %s", cm_profile_name(s), never[i], word);
            }
        }
    CHECK(checked > 10000);
}

/* ---- the errno policy of docs/seccomp.md, on every architecture ---- */

#define E(n) (SECCOMP_RET_ERRNO | (n))

static void expect(const struct cm_filter *f, uint32_t arch, const char *where, const char *name, const uint64_t args[6], uint32_t want)
{
    int nr = cm_seccomp_call(arch, name);
    uint32_t got = nr < 0 ? want : cm_filter_run(f, arch, (uint32_t)nr, args);

    if (got != want)
        CHECK_FAIL("%s: %s answers %x, want %x", where, name, got, want);
}

static void check_errnos(const char *profile, uint32_t arch, const char *where)
{
    static const char *const dangerous[] = {"mount", "unshare", "setns", "ptrace", "bpf", "perf_event_open", "keyctl", "init_module", "kexec_load", "reboot",
                                            "open_by_handle_at", "pidfd_getfd", "swapon", "clock_settime", "process_vm_writev", "move_pages", "syslog"};
    static const char *const probed[] = {"clone3", "io_uring_setup", "userfaultfd", "fsopen", "move_mount", "open_tree", "statmount", "listmount",
                                         "lsm_list_modules", "cachestat", "memfd_secret", "get_mempolicy", "mbind", "file_getattr", "rseq_slice_yield"};
    static const uint64_t none[6];
    bool batch = strcmp(profile, "batch") == 0, wide = strcmp(profile, "default") == 0;
    CM_AUTO_FILTER struct cm_filter f = {0};

    CHECK_INT(cm_filter_builtin_for(arch, profile, &f, NULL), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(dangerous); i++)
        expect(&f, arch, where, dangerous[i], none, E(EPERM));
    for (size_t i = 0; i < CM_ARRAY_LEN(probed); i++)
        expect(&f, arch, where, probed[i], none, E(ENOSYS));
    expect(&f, arch, where, "tee", none, E(EINVAL));
    expect(&f, arch, where, "vmsplice", none, E(EINVAL));
    expect(&f, arch, where, "splice", none, wide ? SECCOMP_RET_ALLOW : E(EINVAL));
    for (uint32_t family = 0; family < 50; family++)
        if (family != 1 && family != 2 && family != 10 && family != 16)
            expect(&f, arch, where, "socket", (const uint64_t[6]){family, 1, 0}, E(EAFNOSUPPORT));
    expect(&f, arch, where, "socket", (const uint64_t[6]){2, 3, 1}, batch ? E(EAFNOSUPPORT) : E(EPROTONOSUPPORT));
    expect(&f, arch, where, "socket", (const uint64_t[6]){10, 1, 132}, batch ? E(EAFNOSUPPORT) : E(EPROTONOSUPPORT));
    expect(&f, arch, where, "socketpair", (const uint64_t[6]){2, 1, 0}, E(EAFNOSUPPORT));
    expect(&f, arch, where, "setsockopt", (const uint64_t[6]){3, 6, 31}, E(ENOPROTOOPT));
    expect(&f, arch, where, "sendto", (const uint64_t[6]){3, 0, 0, 1}, wide ? SECCOMP_RET_ALLOW : E(EOPNOTSUPP));
    for (uint32_t nr = 472; nr < 1100; nr++)
        if (cm_filter_run(&f, arch, nr, none) != E(ENOSYS))
            CHECK_FAIL("%s: the unknown number %u does not answer ENOSYS", where, nr);
}

TEST(errno_policy)
{
    const char *word;

    for (size_t s = 0; cm_profile_name(s); s++)
        for (size_t a = 0; cm_seccomp_arch(a, &word); a++) {
            char where[64];
            (void)snprintf(where, sizeof(where), "%s on %s", cm_profile_name(s), word);
            check_errnos(cm_profile_name(s), cm_seccomp_arch(a, &word), where);
        }
}
