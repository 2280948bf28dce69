/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.json "process" (runtime-spec config.md), also the whole of process.json. Values are hostile. */
#include <errno.h>
#include <string.h>

#include "oci/read.h"

static const struct oci_field console_size_fields[] = {
    OCI_FIELD(struct oci_process, "height", console_height, oci_read_plain_u64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_process, "width", console_width, oci_read_plain_u64, .flags = OCI_REQUIRED),
};

static int read_console_size(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct oci_process, console_size_fields);

    *(bool *)((char *)object + field->offset) = true;
    return oci_read_members(reader, value, &shape, object);
}

static int read_user_id(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    *(bool *)((char *)object + field->count) = true;
    return oci_read_plain_u32(reader, value, field, object);
}

static int read_gids(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_user *user = object;
    int r = oci_take_elements(reader, value, JSON_ARRAY, sizeof(*user->additional_gids), &user->additional_gids);

    if (r < 0)
        return r;
    for (const struct json_value *child = value->child; child; child = child->next) {
        uint64_t gid;
        r = json_get_u64(child, UINT32_MAX, &gid, reader->err);
        if (r < 0)
            return r;
        user->additional_gids[user->n_additional_gids++] = (uint32_t)gid;
    }
    user->additional_gids_set = true;
    return 0;
}

static const struct oci_field user_fields[] = {
    OCI_FIELD(struct oci_user, "uid", uid, read_user_id, .count = offsetof(struct oci_user, uid_set)),
    OCI_FIELD(struct oci_user, "gid", gid, read_user_id, .count = offsetof(struct oci_user, gid_set)),
    OCI_FIELD(struct oci_user, "umask", umask, oci_read_u32),
    OCI_FIELD(struct oci_user, "additionalGids", additional_gids, read_gids),
    OCI_FIELD(struct oci_user, "username", username, oci_read_string),
};
static const struct oci_shape user_shape = OCI_SHAPE(struct oci_user, user_fields);

static const struct oci_field capability_fields[] = {
    OCI_FIELD(struct oci_capabilities, "bounding", sets[OCI_CAP_BOUNDING], oci_read_strings),
    OCI_FIELD(struct oci_capabilities, "effective", sets[OCI_CAP_EFFECTIVE], oci_read_strings),
    OCI_FIELD(struct oci_capabilities, "inheritable", sets[OCI_CAP_INHERITABLE], oci_read_strings),
    OCI_FIELD(struct oci_capabilities, "permitted", sets[OCI_CAP_PERMITTED], oci_read_strings),
    OCI_FIELD(struct oci_capabilities, "ambient", sets[OCI_CAP_AMBIENT], oci_read_strings),
};
static const struct oci_shape capabilities_shape = OCI_SHAPE(struct oci_capabilities, capability_fields);

static const struct oci_field rlimit_fields[] = {
    OCI_FIELD(struct oci_rlimit, "type", type, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_rlimit, "soft", soft, oci_read_plain_u64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_rlimit, "hard", hard, oci_read_plain_u64, .flags = OCI_REQUIRED),
};
static const struct oci_shape rlimit_shape = OCI_SHAPE(struct oci_rlimit, rlimit_fields);

/* Types have no list here, but there are 16 of them: a longer array holds a duplicate or a word that no kernel knows, and is not worth n² comparisons. */
#define RLIMITS_MAX 64

static int read_rlimits(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct oci_process *process = object;
    const struct json_value *element = value->child;
    int r = oci_read_array(reader, value, field, object);

    if (r < 0)
        return r;
    if (process->n_rlimits > RLIMITS_MAX)
        return oci_refuse(reader, value, EINVAL, "has %zu entries, at most %d can be meant", process->n_rlimits, RLIMITS_MAX);
    for (size_t i = 0; i < process->n_rlimits; i++, element = element->next)
        for (size_t j = 0; j < i; j++)
            if (strcmp(process->rlimits[i].type, process->rlimits[j].type) == 0)
                return oci_refuse(reader, element, EINVAL, "\"%.64s\" is there twice, remove one", process->rlimits[i].type);
    return 0;
}

static const char *const policy_list[] = {
    "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
};
static const char *const scheduler_flag_list[] = {
    "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",        "SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
    "SCHED_FLAG_KEEP_PARAMS",   "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
};
static const struct oci_words policies = OCI_WORDS(policy_list), scheduler_flags = OCI_WORDS(scheduler_flag_list);

static const struct oci_field scheduler_fields[] = {
    OCI_FIELD(struct oci_scheduler, "policy", policy, oci_read_string, .flags = OCI_REQUIRED, .words = &policies),
    OCI_FIELD(struct oci_scheduler, "nice", nice, oci_read_i32),
    OCI_FIELD(struct oci_scheduler, "priority", priority, oci_read_i32),
    OCI_FIELD(struct oci_scheduler, "flags", flags, oci_read_strings, .words = &scheduler_flags),
    OCI_FIELD(struct oci_scheduler, "runtime", runtime, oci_read_u64),
    OCI_FIELD(struct oci_scheduler, "deadline", deadline, oci_read_u64),
    OCI_FIELD(struct oci_scheduler, "period", period, oci_read_u64),
};
static const struct oci_shape scheduler_shape = OCI_SHAPE(struct oci_scheduler, scheduler_fields);

static const char *const io_class_list[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"};
static const struct oci_words io_classes = OCI_WORDS(io_class_list);

/* Eight levels: ioprio_set(2). */
static const struct oci_field io_priority_fields[] = {
    OCI_FIELD(struct oci_io_priority, "class", class_name, oci_read_string, .flags = OCI_REQUIRED, .words = &io_classes),
    OCI_FIELD(struct oci_io_priority, "priority", priority, oci_read_range, .min = 0, .max = 7),
};
static const struct oci_shape io_priority_shape = OCI_SHAPE(struct oci_io_priority, io_priority_fields);

static bool valid_cpu_list(const char *text)
{
    return text[strspn(text, "0123456789, -")] == '\0';
}

static const struct oci_form cpu_list = {.valid = valid_cpu_list, .expected = "a list of processors such as \"0-3,7\""};
static const struct oci_field affinity_fields[] = {
    OCI_FIELD(struct oci_cpu_affinity, "initial", initial, oci_read_string, .form = &cpu_list),
    OCI_FIELD(struct oci_cpu_affinity, "final", final, oci_read_string, .form = &cpu_list),
};
static const struct oci_shape affinity_shape = OCI_SHAPE(struct oci_cpu_affinity, affinity_fields);

/* The user is required although the schema leaves it out: without it the container would run as root because somebody forgot a line. */
static const struct oci_field process_fields[] = {
    OCI_FIELD(struct oci_process, "terminal", terminal, oci_read_bool),
    OCI_FIELD(struct oci_process, "consoleSize", console_size_set, read_console_size),
    OCI_FIELD(struct oci_process, "cwd", cwd, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_process, "env", env, oci_read_strings),
    OCI_FIELD(struct oci_process, "args", args, oci_read_strings),
    OCI_FIELD(struct oci_process, "user", user, oci_read_inside, .flags = OCI_REQUIRED, .shape = &user_shape),
    OCI_FIELD(struct oci_process, "capabilities", capabilities, oci_read_object, .shape = &capabilities_shape),
    OCI_FIELD(struct oci_process, "rlimits", rlimits, read_rlimits, .count = offsetof(struct oci_process, n_rlimits), .shape = &rlimit_shape),
    OCI_FIELD(struct oci_process, "noNewPrivileges", no_new_privileges, oci_read_bool),
    OCI_FIELD(struct oci_process, "apparmorProfile", apparmor_profile, oci_read_string),
    OCI_FIELD(struct oci_process, "selinuxLabel", selinux_label, oci_read_string),
    OCI_FIELD(struct oci_process, "oomScoreAdj", oom_score_adj, oci_read_i32),
    OCI_FIELD(struct oci_process, "scheduler", scheduler, oci_read_object, .shape = &scheduler_shape),
    OCI_FIELD(struct oci_process, "ioPriority", io_priority, oci_read_object, .shape = &io_priority_shape),
    OCI_FIELD(struct oci_process, "execCPUAffinity", exec_cpu_affinity, oci_read_object, .shape = &affinity_shape),
};
const struct oci_shape oci_process_shape = OCI_SHAPE(struct oci_process, process_fields);
