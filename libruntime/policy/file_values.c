/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of a policy file that are single values, which the table of tunables describes. */
#include "policy/reader.h"

#define SECTION(name, fields) const struct oci_shape name = OCI_SHAPE(struct cm_policy_reading, fields)

static const struct oci_field capabilities_fields[] = {CM_POLICY_VALUE("ceiling", CM_TUNABLE_CAP_CEILING)};
SECTION(cm_policy_capabilities_shape, capabilities_fields);

static const struct oci_field user_fields[] = {CM_POLICY_VALUE("nonRoot", CM_TUNABLE_NON_ROOT)};
SECTION(cm_policy_user_shape, user_fields);

static const struct oci_field memory_fields[] = {CM_POLICY_VALUE("denyWriteExec", CM_TUNABLE_DENY_WRITE_EXEC)};
SECTION(cm_policy_memory_shape, memory_fields);

static const struct oci_field root_fields[] = {
    CM_POLICY_VALUE("mode", CM_TUNABLE_ROOT_MODE),
    CM_POLICY_VALUE("allowEphemeral", CM_TUNABLE_ALLOW_EPHEMERAL),
    CM_POLICY_VALUE("ephemeralSize", CM_TUNABLE_EPHEMERAL_SIZE),
};
SECTION(cm_policy_root_shape, root_fields);

static const struct oci_field pids_fields[] = {
    CM_POLICY_VALUE("default", CM_TUNABLE_PIDS_DEFAULT),
    CM_POLICY_VALUE("max", CM_TUNABLE_PIDS_MAX),
};
static const struct oci_field memory_limit_fields[] = {
    CM_POLICY_VALUE("default", CM_TUNABLE_MEMORY_DEFAULT),
    CM_POLICY_VALUE("max", CM_TUNABLE_MEMORY_MAX),
};
static const struct oci_field swap_fields[] = {CM_POLICY_VALUE("max", CM_TUNABLE_SWAP_MAX)};
static SECTION(pids_shape, pids_fields);
static SECTION(memory_limit_shape, memory_limit_fields);
static SECTION(swap_shape, swap_fields);
static const struct oci_field limits_fields[] = {
    {.key = "pids", .read = oci_read_inside, .shape = &pids_shape},
    {.key = "memory", .read = oci_read_inside, .shape = &memory_limit_shape},
    {.key = "swap", .read = oci_read_inside, .shape = &swap_shape},
    CM_POLICY_VALUE("refuseUnenforceable", CM_TUNABLE_REFUSE_UNENFORCEABLE),
};
SECTION(cm_policy_limits_shape, limits_fields);

static const struct oci_field rlimits_fields[] = {
    CM_POLICY_VALUE("as", CM_TUNABLE_RLIMIT_AS),
    CM_POLICY_VALUE("core", CM_TUNABLE_RLIMIT_CORE),
    CM_POLICY_VALUE("cpu", CM_TUNABLE_RLIMIT_CPU),
    CM_POLICY_VALUE("data", CM_TUNABLE_RLIMIT_DATA),
    CM_POLICY_VALUE("fsize", CM_TUNABLE_RLIMIT_FSIZE),
    CM_POLICY_VALUE("locks", CM_TUNABLE_RLIMIT_LOCKS),
    CM_POLICY_VALUE("memlock", CM_TUNABLE_RLIMIT_MEMLOCK),
    CM_POLICY_VALUE("msgqueue", CM_TUNABLE_RLIMIT_MSGQUEUE),
    CM_POLICY_VALUE("nice", CM_TUNABLE_RLIMIT_NICE),
    CM_POLICY_VALUE("nofile", CM_TUNABLE_RLIMIT_NOFILE),
    CM_POLICY_VALUE("nproc", CM_TUNABLE_RLIMIT_NPROC),
    CM_POLICY_VALUE("rss", CM_TUNABLE_RLIMIT_RSS),
    CM_POLICY_VALUE("rtprio", CM_TUNABLE_RLIMIT_RTPRIO),
    CM_POLICY_VALUE("rttime", CM_TUNABLE_RLIMIT_RTTIME),
    CM_POLICY_VALUE("sigpending", CM_TUNABLE_RLIMIT_SIGPENDING),
    CM_POLICY_VALUE("stack", CM_TUNABLE_RLIMIT_STACK),
};
SECTION(cm_policy_rlimits_shape, rlimits_fields);

static const struct oci_field oom_fields[] = {CM_POLICY_VALUE("min", CM_TUNABLE_OOM_SCORE_MIN)};
SECTION(cm_policy_oom_shape, oom_fields);

static const struct oci_field ids_fields[] = {
    CM_POLICY_VALUE("reuseDelay", CM_TUNABLE_REUSE_DELAY),
    CM_POLICY_VALUE("onExhaustion", CM_TUNABLE_EXHAUSTION),
};
SECTION(cm_policy_ids_shape, ids_fields);
