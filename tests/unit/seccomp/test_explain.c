/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `casemate seccomp`: its words, its exact answers, and the lists in tests/data/seccomp, in which every change of a verdict on any architecture can be seen
 * and has to be made on purpose. CM_UPDATE_LISTS=1 in the environment writes them anew.
 */
#include "check.h"

#include <fcntl.h>

#include "base/io.h"
#include "policy/profiles.h"
#include "seccomp/describe.h"
#include "seccomp/rules.h"

static const char *const all[] = {"default", "strict", "web", "batch", "minimal"};

static char *text_of(const struct cm_seccomp_question *question, bool json)
{
    struct cm_str out = {0};
    const struct cm_seccomp_output output = {.json = json, .out = &out};
    struct cm_error err;

    cm_error_init(&err);
    if (cm_seccomp_explain(question, &output, &err) < 0) {
        cm_str_free(&out);
        cm_str_addf(&out, "error: %s", err.message);
    }
    return out.data;
}

TEST(what_is_said)
{
    static const struct { const char *profile, *call; size_t n; uint64_t args[3]; const char *want; } rows[] = {
        {"default", "read", 0, {0}, "read, number 0 on x86_64\n  profile default         allow\n"},
        {"default", "0", 0, {0}, "read, number 0 on x86_64\n  profile default         allow\n"},
        {"strict", "keyctl", 0, {0}, "  profile strict          EPERM\n\nKeyrings belong to users"},
        {"strict", "splice", 0, {0}, "  profile strict          EINVAL\n\nThey put references"},
        {"default", "splice", 0, {0}, "  profile default         allow\n"},
        {"web", "clone3", 0, {0}, "  profile web             ENOSYS\n\nIts flags lie in memory"},
        {"web", "600", 0, {0}, "no known call, number 600 on x86_64\n  profile web             ENOSYS\n\nNo profile names it"},
        {"web", "1073741824", 0, {0}, "  profile web             kill\n"},
        {"strict", "pipe2", 0, {0}, "the arguments decide\n      EPERM            if argument 1 & 0x80 is not 0\n      allow            otherwise\n\nWatch queues"},
        {"strict", "pipe2", 2, {0, 0x80}, "pipe2(0, 128), number 293 on x86_64\n  profile strict          EPERM\n\nWatch queues"},
        {"strict", "pipe2", 2, {0, 0x80000}, "pipe2(0, 0x80000), number 293 on x86_64\n  profile strict          allow\n"},
        {"strict", "socket", 1, {38}, "  profile strict          EAFNOSUPPORT\n"},
        {"strict", "socket", 3, {0x100000002, 1, 6}, "  profile strict          allow\n"},
        {"default", "socket", 0, {0}, "      EAFNOSUPPORT     if argument 0 is none of 1, 2, 10, 16\n"
                                      "      EPROTONOSUPPORT  if argument 0 is 16 and argument 2 is not 0\n"},
        {"default", "setsockopt", 0, {0}, "if argument 1 is 0 and argument 2 above 63\n"},
        {"strict", "no_such_call", 0, {0}, "error: there is no system call \"no_such_call\", on x86_64 or elsewhere"},
        {"strict", "s390_sthyi", 0, {0}, "error: there is no system call \"s390_sthyi\" on x86_64"},
        {"strict", "", 0, {0}, "error: there is no system call \"\""},
        {"strict", "-1", 0, {0}, "error: there is no system call \"-1\""},
        {"nobody", "read", 0, {0}, "error: there is no built-in system call profile \"nobody\": use one of default, strict, web, batch, minimal"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        struct cm_seccomp_question q = {.arch = AUDIT_ARCH_X86_64, .profile = rows[i].profile, .call = rows[i].call, .n_args = rows[i].n};
        memcpy(q.args, rows[i].args, sizeof(rows[i].args));
        CM_AUTO_FREE char *got = text_of(&q, false);
        if (!got || !strstr(got, rows[i].want))
            CHECK_FAIL("row %zu: \"%s\" does not contain \"%s\"", i, got ? got : "", rows[i].want);
    }
}

TEST(other_architectures)
{
    struct cm_error err;
    uint32_t arch = 0;

    cm_error_init(&err);
    CHECK_INT(cm_seccomp_arch_of(NULL, &arch, &err), 0);
    CHECK_INT(arch, CM_AUDIT_ARCH);
    CHECK_INT(cm_seccomp_arch_of("s390x", &arch, &err), 0);
    CHECK_INT(arch, AUDIT_ARCH_S390X);
    CM_AUTO_FREE char *swapped = text_of(&(struct cm_seccomp_question){.arch = arch, .profile = "strict", .call = "clone"}, false);
    CHECK_CONTAINS(swapped, "clone, number 120 on s390x");
    CHECK_CONTAINS(swapped, "if argument 1 & 0x7e020000 is not 0");
    CM_AUTO_FREE char *absent = text_of(&(struct cm_seccomp_question){.arch = AUDIT_ARCH_AARCH64, .profile = "strict", .call = "open"}, false);
    CHECK_CONTAINS(absent, "error: there is no system call \"open\" on aarch64");
    CHECK_INT(cm_seccomp_arch_of("i386", &arch, &err), -EINVAL);
    CHECK_CONTAINS(err.message, "use x86_64, aarch64, riscv64, s390x, ppc64le");
}

static struct oci_seccomp_rule rule(enum oci_seccomp_action action, const char **name, struct oci_seccomp_arg *arg)
{
    return (struct oci_seccomp_rule){.action = action, .names = {true, 1, name}, .args = arg, .n_args = arg != NULL};
}

TEST(a_filter_of_the_bundle_beside_ours)
{
    static const char *socket_[] = {"socket"}, *read_[] = {"read"}, *mkdir_[] = {"mkdir"}, *mount_[] = {"mount"}, *seccomp_[] = {"seccomp"};
    struct oci_seccomp_arg unix_only = {0, 1, 0, OCI_CMP_EQ};
    struct oci_seccomp_rule rules[] = {rule(OCI_ACT_ALLOW, socket_, &unix_only), rule(OCI_ACT_KILL_PROCESS, read_, NULL), rule(OCI_ACT_LOG, mkdir_, NULL),
                                       rule(OCI_ACT_ALLOW, mount_, NULL), rule(OCI_ACT_ALLOW, seccomp_, NULL)};
    struct oci_seccomp bundle = {.default_action = OCI_ACT_ERRNO, .default_errno_ret = {true, 77}, .n_rules = CM_ARRAY_LEN(rules), .rules = rules};
    static const struct { const char *profile, *call; size_t n; uint64_t args[2]; const char *theirs, *both; } rows[] = {
        {"default", "socket", 2, {1, 1}, "allow", "allow"},
        {"default", "socket", 2, {2, 1}, "errno 77", "errno 77"},
        /* two errnos: of the filter loaded last. default lets the bundle's be loaded behind it, strict must be loaded behind the bundle's */
        {"default", "socket", 2, {38, 1}, "errno 77", "errno 77"},
        {"strict", "socket", 2, {38, 1}, "errno 77", "EAFNOSUPPORT"},
        {"default", "read", 0, {0}, "kill", "kill"},
        {"default", "mkdir", 0, {0}, "log", "log"},
        {"default", "mount", 0, {0}, "allow", "EPERM"},
        {"default", "socket", 0, {0}, "the arguments decide\n      allow            if argument 0 (64 bits) is 1\n      errno 77         otherwise\n", "the arguments decide"},
        {"default", "getpid", 0, {0}, "errno 77", "errno 77"},
        {"default", "600", 0, {0}, "ENOSYS", "ENOSYS"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        struct cm_seccomp_question q = {.arch = CM_AUDIT_ARCH, .profile = rows[i].profile, .call = rows[i].call, .n_args = rows[i].n, .bundle = &bundle};
        char want[300];
        memcpy(q.args, rows[i].args, sizeof(rows[i].args));
        if (rows[i].call[0] > '9' && cm_seccomp_call(CM_AUDIT_ARCH, rows[i].call) < 0)
            continue;
        CM_AUTO_FREE char *got = text_of(&q, false);
        bool list = strchr(rows[i].theirs, '\n') != NULL;
        (void)snprintf(want, sizeof(want), "  the bundle's filter     %s%s  together                %s\n", rows[i].theirs, list ? "" : "\n", rows[i].both);
        if (!got || !strstr(got, want))
            CHECK_FAIL("row %zu: \"%s\" does not contain \"%s\"", i, got ? got : "", want);
    }
    bundle.default_action = OCI_ACT_NOTIFY;
    CM_AUTO_FREE char *bad = text_of(&(struct cm_seccomp_question){.arch = CM_AUDIT_ARCH, .profile = "default", .call = "read", .bundle = &bundle}, false);
    CHECK_CONTAINS(bad, "error: SCMP_ACT_NOTIFY cannot be used as default action");
}

TEST(json)
{
    struct cm_seccomp_question q = {.arch = AUDIT_ARCH_X86_64, .profile = "strict", .call = "pipe2", .n_args = 2, .args = {1, 0xabcdef}};
    CM_AUTO_FREE char *exact = text_of(&q, true);

    CHECK_STR(exact, "{\n  \"profile\": \"strict\",\n  \"arch\": \"x86_64\",\n  \"call\": \"pipe2\",\n  \"number\": 293,\n  \"args\": [\n    \"0x1\",\n    \"0xabcdef\"\n  ],\n"
                     "  \"answer\": \"EPERM\",\n  \"rules\": [\n    {\n      \"when\": [\n        {\n          \"arg\": 1,\n          \"mask\": \"0x80\",\n"
                     "          \"isnt\": [\n            \"0x0\"\n          ]\n        }\n      ],\n      \"answer\": \"EPERM\"\n    },\n"
                     "    {\n      \"when\": [],\n      \"answer\": \"allow\"\n    }\n  ],\n"
                     "  \"why\": \"Watch queues (CVE-2022-0995). The answer is that of a kernel without them.\"\n}");
    q.n_args = 0;
    CM_AUTO_FREE char *open_question = text_of(&q, true);
    CHECK_CONTAINS(open_question, "\"answer\": null");
    q.call = "600";
    CM_AUTO_FREE char *nameless = text_of(&q, true);
    CHECK_CONTAINS(nameless, "\"call\": null,\n  \"number\": 600,\n  \"answer\": \"ENOSYS\",\n  \"rules\": [],\n  \"otherwise\": \"ENOSYS\"");
}

/* ---- the lists ---- */

/* A call that only a newer libseccomp knows stands in no list yet. */
static bool is_named(const char *name)
{
    struct cm_seccomp_rule room[CM_SECCOMP_BRANCHES];
    struct cm_seccomp_verdict v;
    int nr;

    for (size_t i = 0; cm_seccomp_name(i, CM_AUDIT_ARCH, &nr); i++)
        if (strcmp(cm_seccomp_name(i, CM_AUDIT_ARCH, &nr), name) == 0)
            return cm_seccomp_verdict("default", i, CM_AUDIT_ARCH, room, &v) == 0 && v.rules.n > 0;
    return true; /* the heading */
}

static void only_named(const char *text, struct cm_str *out)
{
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        char name[32] = "";
        if (size > 7 && size < 400)
            (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 7, " "), line + 7);
        if (is_named(name)) {
            cm_str_add_bytes(out, line, size);
            cm_str_add(out, "\n");
        }
        line += size + (line[size] == '\n');
    }
}

static void compare_with_file(const char *file, const struct cm_str *now)
{
    char path[512];
    CM_AUTO_FREE char *text = NULL;
    size_t size, line = 1, at = 0;

    (void)snprintf(path, sizeof(path), DATA_DIR "/seccomp/%s", file);
    if (getenv("CM_UPDATE_LISTS")) {
        FILE *f = fopen(path, "w");
        if (!f || fwrite(now->data, 1, now->size, f) != now->size || fclose(f) != 0)
            CHECK_FAIL("%s cannot be written", path);
        return;
    }
    if (cm_read_file_at(AT_FDCWD, path, 1 << 20, true, &text, &size) < 0) {
        CHECK_FAIL("%s cannot be read", path);
        return;
    }
    if (size == now->size && memcmp(text, now->data, size) == 0)
        return;
    size_t begin = 0;
    while (at < size && at < now->size && text[at] == now->data[at]) {
        line += text[at] == '\n';
        begin = text[at] == '\n' ? at + 1 : begin;
        at++;
    }
    CHECK_FAIL("tests/data/seccomp/%s:%zu: is\n#   %.*s\n# and should now be\n#   %.*s\n# If that is meant: CM_UPDATE_LISTS=1 in the environment of this test writes the lists.", file,
               line, (int)strcspn(text + begin, "\n"), text + begin, (int)strcspn(now->data + begin, "\n"), now->data + begin);
}

TEST(every_verdict_on_every_architecture_is_as_listed)
{
    const char *word;

    for (size_t a = 0; cm_seccomp_arch(a, &word); a++) {
        CM_AUTO_STR struct cm_str out = {0}, named = {0};
        const struct cm_seccomp_output output = {.out = &out};
        char file[32];
        uint32_t arch = cm_seccomp_arch(a, &word);
        CHECK_INT(cm_seccomp_list_calls(arch, all, CM_ARRAY_LEN(all), &output, NULL), 0);
        only_named(cm_str_text(&out), &named);
        (void)snprintf(file, sizeof(file), "%s.txt", word);
        compare_with_file(file, &named);
    }
}

TEST(every_rule_is_as_listed)
{
    static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_PPC64LE, AUDIT_ARCH_S390X};
    CM_AUTO_STR struct cm_str out = {0};
    struct cm_seccomp_rule room[CM_SECCOMP_BRANCHES];
    struct cm_seccomp_verdict v;
    int nr, elsewhere;

    for (size_t a = 0; a < CM_ARRAY_LEN(archs); a++)
        for (size_t i = 0; cm_seccomp_name(i, archs[a], &nr); i++)
            for (size_t p = 0; p < CM_ARRAY_LEN(all); p++) {
                const char *name = cm_seccomp_name(i, archs[a], &nr);
                (void)cm_seccomp_name(i, AUDIT_ARCH_X86_64, &elsewhere);
                bool again = a > 0 && elsewhere >= 0 && strcmp(name, "clone") != 0;
                if (nr < 0 || again || cm_seccomp_verdict(all[p], i, archs[a], room, &v) < 0 || v.rules.n < 2)
                    continue;
                CM_AUTO_FREE char *text = text_of(&(struct cm_seccomp_question){.arch = archs[a], .profile = all[p], .call = name}, false);
                cm_str_addf(&out, "%s\n", text);
            }
    compare_with_file("rules.txt", &out);
}

TEST(profiles_with_their_sizes)
{
    CM_AUTO_STR struct cm_str out = {0}, json = {0};
    struct cm_error err;

    CHECK_INT(cm_seccomp_list_profiles(AUDIT_ARCH_X86_64, &(const struct cm_seccomp_output){.out = &out}, NULL), 0);
    CHECK_CONTAINS(cm_str_text(&out), "PROFILE    ALLOWED");
    for (size_t i = 0; i < CM_ARRAY_LEN(all); i++) {
        CHECK_STR(all[i], cm_profile_name(i));
        CHECK_CONTAINS(cm_str_text(&out), cm_profile_purpose(i));
    }
    CHECK_INT(cm_seccomp_list_profiles(AUDIT_ARCH_X86_64, &(const struct cm_seccomp_output){.json = true, .out = &json}, NULL), 0);
    CHECK_CONTAINS(cm_str_text(&json), "\"profile\": \"minimal\"");
    cm_error_init(&err);
    CHECK_INT(cm_seccomp_list_calls(AUDIT_ARCH_X86_64, (const char *const[]){"default", "nobody"}, 2, &(const struct cm_seccomp_output){.out = &out}, &err), -ENOENT);
    CHECK_CONTAINS(err.message, "\"nobody\"");
}
