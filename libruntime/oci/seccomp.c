/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.json "linux.seccomp" (runtime-spec config-linux.md). Values are hostile; system call names are resolved elsewhere. */
#include <errno.h>

#include "oci/read.h"

static const struct {
    const char *word;
    enum oci_seccomp_action action;
} actions[] = {
    {"SCMP_ACT_KILL", OCI_ACT_KILL_THREAD},
    {"SCMP_ACT_KILL_THREAD", OCI_ACT_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", OCI_ACT_KILL_PROCESS},
    {"SCMP_ACT_TRAP", OCI_ACT_TRAP},
    {"SCMP_ACT_ERRNO", OCI_ACT_ERRNO},
    {"SCMP_ACT_TRACE", OCI_ACT_TRACE},
    {"SCMP_ACT_ALLOW", OCI_ACT_ALLOW},
    {"SCMP_ACT_LOG", OCI_ACT_LOG},
    {"SCMP_ACT_NOTIFY", OCI_ACT_NOTIFY},
};

static int read_action(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    const char *word;
    int r = json_get_string(value, &word, reader->err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < CM_ARRAY_LEN(actions); i++)
        if (cm_streq(actions[i].word, word)) {
            *(enum oci_seccomp_action *)((char *)object + field->offset) = actions[i].action;
            return 0;
        }
    return oci_refuse(reader, value, EINVAL,
                      "unknown action \"%.64s\", expected SCMP_ACT_ and KILL, KILL_THREAD, KILL_PROCESS, TRAP, ERRNO, TRACE, ALLOW, LOG or NOTIFY", word);
}

static const char *const op_list[] = {
    [OCI_CMP_NE] = "SCMP_CMP_NE",
    [OCI_CMP_LT] = "SCMP_CMP_LT",
    [OCI_CMP_LE] = "SCMP_CMP_LE",
    [OCI_CMP_EQ] = "SCMP_CMP_EQ",
    [OCI_CMP_GE] = "SCMP_CMP_GE",
    [OCI_CMP_GT] = "SCMP_CMP_GT",
    [OCI_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};
static const struct oci_words ops = OCI_WORDS(op_list);

static int read_op(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int index = oci_word_index(reader, value, &ops);

    if (index < 0)
        return index;
    ((struct oci_seccomp_arg *)object)->op = (enum oci_seccomp_op)index;
    return 0;
}

/* A system call has six arguments. */
static const struct oci_field arg_fields[] = {
    OCI_FIELD(struct oci_seccomp_arg, "index", index, oci_read_plain_u32, .flags = OCI_REQUIRED, .max = 5),
    OCI_FIELD(struct oci_seccomp_arg, "value", value, oci_read_plain_u64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_seccomp_arg, "valueTwo", value_two, oci_read_plain_u64),
    OCI_FIELD(struct oci_seccomp_arg, "op", op, read_op, .flags = OCI_REQUIRED),
};
static const struct oci_shape arg_shape = OCI_SHAPE(struct oci_seccomp_arg, arg_fields);

static int read_names(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int r = oci_read_strings(reader, value, field, object);

    if (r >= 0 && value->n == 0)
        return oci_refuse(reader, value, EINVAL, "must name at least one system call");
    return r;
}

static const struct oci_field rule_fields[] = {
    OCI_FIELD(struct oci_seccomp_rule, "names", names, read_names, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_seccomp_rule, "action", action, read_action, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_seccomp_rule, "errnoRet", errno_ret, oci_read_u32),
    OCI_FIELD(struct oci_seccomp_rule, "args", args, oci_read_array, .count = offsetof(struct oci_seccomp_rule, n_args), .shape = &arg_shape),
};
static const struct oci_shape rule_shape = OCI_SHAPE(struct oci_seccomp_rule, rule_fields);

static const char *const architecture_list[] = {
    "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64", "SCMP_ARCH_X32",    "SCMP_ARCH_ARM",       "SCMP_ARCH_AARCH64", "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",        "SCMP_ARCH_MIPS",   "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",    "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",   "SCMP_ARCH_S390",    "SCMP_ARCH_S390X",
    "SCMP_ARCH_SH",          "SCMP_ARCH_SHEB",   "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",  "SCMP_ARCH_RISCV64",
};
static const char *const flag_list[] = {
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
};
static const struct oci_words architectures = OCI_WORDS(architecture_list), flags = OCI_WORDS(flag_list);

static const struct oci_field seccomp_fields[] = {
    OCI_FIELD(struct oci_seccomp, "defaultAction", default_action, read_action, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_seccomp, "defaultErrnoRet", default_errno_ret, oci_read_u32),
    OCI_FIELD(struct oci_seccomp, "architectures", architectures, oci_read_strings, .words = &architectures),
    OCI_FIELD(struct oci_seccomp, "flags", flags, oci_read_strings, .words = &flags),
    OCI_FIELD(struct oci_seccomp, "listenerPath", listener_path, oci_read_string),
    OCI_FIELD(struct oci_seccomp, "listenerMetadata", listener_metadata, oci_read_string),
    OCI_FIELD(struct oci_seccomp, "syscalls", rules, oci_read_array, .count = offsetof(struct oci_seccomp, n_rules), .shape = &rule_shape),
};
const struct oci_shape oci_seccomp_shape = OCI_SHAPE(struct oci_seccomp, seccomp_fields);
