/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two targets in one: the input as a program for the interpreter (must end and touch nothing outside), and the input as the rules of a bundle, whose
 * compiled filter must answer as the plain evaluation of the rules does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/seccomp/reference.h"
#include "seccomp/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

static uint64_t take(struct input *in, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n && in->size > 0; i++, in->data++, in->size--)
        value = value << 8 | *in->data;
    return value;
}

static uint64_t take_value(struct input *in)
{
    uint64_t how = take(in, 1);

    return take(in, how % 9) << (how >> 4);
}

static void run_as_program(const uint8_t *data, size_t size)
{
    static const uint64_t args[6] = {1, 2, 3, UINT64_MAX, 5, 6};
    size_t n = CM_MIN(size / sizeof(struct sock_filter), (size_t)BPF_MAXINSNS);
    struct cm_filter f = {.code = calloc(n + 1, sizeof(struct sock_filter)), .size = (unsigned short)n};

    if (!f.code)
        return;
    memcpy(f.code, data, n * sizeof(struct sock_filter));
    (void)cm_filter_run(&f, CM_AUDIT_ARCH, 1, args);
    cm_filter_free(&f);
}

#define RULES 8

/* The explanation of a call, with and without arguments, beside our own filter. */
static void explain(const struct oci_seccomp *bundle, const char *call, const uint64_t args[6], uint64_t how)
{
    struct cm_seccomp_question question = {.arch = CM_AUDIT_ARCH, .profile = "default", .call = call, .bundle = bundle, .n_args = how & 1 ? 6 : 0};
    CM_AUTO_STR struct cm_str out = {0};
    struct cm_error err;

    cm_error_init(&err);
    memcpy(question.args, args, sizeof(question.args));
    if (cm_seccomp_explain(&question, &(const struct cm_seccomp_output){.json = how & 2, .out = &out}, &err) < 0)
        abort();
}

static void run_as_rules(struct input in)
{
    static const char *names[] = {"read", "write", "open", "ioctl", "socket", "clone", "mseal", "uretprobe", "no_such_call", "stat64"};
    static struct oci_seccomp_arg args[RULES][4];
    struct oci_seccomp_rule rules[RULES];
    struct oci_seccomp s = {.rules = rules, .default_action = (enum oci_seccomp_action)(take(&in, 1) % OCI_ACT_NOTIFY)};
    struct cm_error err;
    struct cm_filter f;

    s.n_rules = (size_t)take(&in, 1) % RULES;
    for (size_t i = 0; i < s.n_rules; i++) {
        rules[i] = (struct oci_seccomp_rule){.names = {true, 1, &names[take(&in, 1) % CM_ARRAY_LEN(names)]}, .args = args[i]};
        rules[i].action = (enum oci_seccomp_action)(take(&in, 1) % (OCI_ACT_NOTIFY + 1));
        rules[i].n_args = (size_t)take(&in, 1) % 4;
        for (size_t j = 0; j < rules[i].n_args; j++) {
            args[i][j].index = (uint32_t)take(&in, 1) % 6;
            args[i][j].op = (enum oci_seccomp_op)(take(&in, 1) % 7);
            args[i][j].value = take_value(&in);
            args[i][j].value_two = take_value(&in);
        }
    }
    cm_error_init(&err);
    if (cm_filter_from_config(&s, &f, &err) < 0)
        abort();
    for (size_t i = 0; i < s.n_rules; i++) {
        int nr = cm_seccomp_number(SCMP_ARCH_NATIVE, rules[i].names.v[0]);
        uint64_t values[6] = {0};
        struct verdict v;
        if (nr < 0)
            continue;
        for (size_t j = 0; j < rules[i].n_args; j++)
            values[args[i][j].index] = args[i][j].value + take(&in, 1) % 3 - 1;
        judge(&s, (uint32_t)nr, values, &v);
        if (cm_filter_run(&f, CM_AUDIT_ARCH, (uint32_t)nr, values) != v.answer)
            abort();
        if (i == 0)
            explain(&s, rules[i].names.v[0], values, take(&in, 1));
    }
    cm_filter_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)reference_build; /* exponential in the number of rules: left to the unit tests */
    run_as_program(data, size);
    run_as_rules((struct input){data, size});
    return 0;
}
