/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts under policies other than the built-in ones: rows of the table. */
#include <sys/resource.h>

#include "rows.h"

static const char *const one_profile[] = {"site-default"};
static const char *const one_type[] = {"container_t"};
static const char *const one_sysctl[] = {"net/ipv4/ip_forward", "net/ipv4/conf/*/rp_filter"};

CHANGE(wide_caps, policy->cap_ceiling |= UINT64_C(1) << 13 /* NET_RAW */)
CHANGE(no_caps, policy->cap_ceiling = 0)
CHANGE(all_caps, policy->cap_ceiling = UINT64_MAX)
CHANGE(non_root, policy->require_non_root = true)
CHANGE(confined, policy->seccomp_unconfined = CM_UNCONFINED_REFUSE)
CHANGE(always_ephemeral, policy->root_mode = CM_ROOT_EPHEMERAL)
CHANGE(never_ephemeral, policy->allow_ephemeral = false)
CHANGE(few_pids, policy->pids_default = 50; policy->pids_max = 99)
CHANGE(exact_pids, policy->pids_max = 100)
CHANGE(little_memory, policy->memory_max = 999999)
CHANGE(half_memory, policy->memory_max = -50)
CHANGE(no_swap, policy->swap_max = 0)
CHANGE(some_swap, policy->swap_max = 100000)
CHANGE(few_files, policy->rlimit_max[RLIMIT_NOFILE] = 1023)
CHANGE(no_stack, policy->rlimit_max[RLIMIT_STACK] = 4096)
CHANGE(late_victim, policy->oom_score_adj_min = 101)
CHANGE(label_wanted, policy->require_label = true)
CHANGE(label_wanted_without, policy->require_label = true; facts->apparmor = false)
CHANGE(default_profile, policy->apparmor_default = "site-default"; policy->require_label = true)
CHANGE(void_default, policy->apparmor_default = "site-default"; facts->apparmor_mode = CM_PROFILE_VOID)
CHANGE(missing_default, policy->apparmor_default = "site-default"; facts->apparmor_mode = CM_PROFILE_MISSING)
CHANGE(missing_ours, policy->require_label = true; facts->apparmor_mode = CM_PROFILE_MISSING)
CHANGE(ours, policy->require_label = true; facts->apparmor_mode = CM_PROFILE_ENFORCED)
CHANGE(default_without, policy->apparmor_default = "site-default"; facts->apparmor = false)
CHANGE(profiles, policy->apparmor_profiles = one_profile; policy->n_apparmor_profiles = 1)
CHANGE(types, policy->selinux_types = one_type; policy->n_selinux_types = 1; facts->selinux = true)
CHANGE(missing_profile, facts->apparmor_mode = CM_PROFILE_MISSING)
CHANGE(enforced_profile, facts->apparmor_mode = CM_PROFILE_ENFORCED)
CHANGE(only_complains, facts->apparmor_mode = CM_PROFILE_VOID)
CHANGE(with_selinux, facts->apparmor = false; facts->selinux = true)
CHANGE(unknown_label, with_selinux(facts, policy); facts->selinux_mls = facts->selinux_label_unknown = true)
CHANGE(unknown_mount_label, with_selinux(facts, policy); facts->selinux_mls = facts->selinux_mount_label_unknown = true)
CHANGE(sysctls, policy->sysctls = one_sysctl; policy->n_sysctls = 2)
CHANGE(unenforceable, policy->refuse_unenforceable_defaults = true; facts->controllers &= ~(unsigned int)CM_CTRL_PIDS)

#define MEMORY(list) "\"memory\":{\"limit\":1000000,\"swap\":1000000}", "\"memory\":{" list "}"
#define PIDS(limit) "\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":" limit "}"
#define NO_FILTER "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]},", ""
#define WITH_SETUID "[\"CAP_KILL\",\"CAP_SETUID\"]"
#define SETUID(ambient)                                                                                                                                        \
    "\"bounding\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]", "\"bounding\":" WITH_SETUID ",\"permitted\":" WITH_SETUID ",\"ambient\":" ambient
#define WRITABLE "\"readonly\":true", "\"readonly\":false"

const struct row policy_rows[] = {
    {BOUNDING("\"CAP_NET_RAW\""), wide_caps, OK, NULL, NULL},
    {BOUNDING("\"CAP_MKNOD\""), wide_caps, T, "CM-CAP-DROPPED", "/process/capabilities/bounding/1"},
    {NULL, NULL, no_caps, T, "CM-CAP-DROPPED", "/process/capabilities/bounding/0", true},
    {BOUNDING("\"CAP_SYS_ADMIN\""), all_caps, R, "CM-CAP-REFUSED", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_NET_ADMIN\""), all_caps, R, "CM-CAP-REFUSED", "/process/capabilities/bounding/1"},

    {"\"uid\":1000", "\"uid\":0", non_root, R, "CM-NONROOT", "/process/user/uid"},
    {NULL, NULL, non_root, OK, NULL, NULL},
    {SETUID("[]"), non_root, OK, NULL, NULL},
    {SETUID(WITH_SETUID), non_root, T, "CM-CAP-AMBIENT", "/process/capabilities/ambient"},
    {SETUID(WITH_SETUID), NULL, OK, NULL, NULL},

    {NO_FILTER, confined, R, "CM-SECCOMP-ABSENT", "/linux"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_ALLOW\""), confined, R, "CM-SECCOMP-DEFAULT", "/linux/seccomp/defaultAction"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\""), confined, R, "CM-SECCOMP-DEFAULT", "/linux/seccomp/defaultAction"},
    {NULL, NULL, confined, OK, NULL, NULL},

    {WRITABLE, always_ephemeral, OK, NULL, NULL},
    {NULL, NULL, always_ephemeral, T, "CM-ROOT-READONLY", "/root/readonly"},
    {ANN("\"casemate.rootfs\":\"readonly\""), always_ephemeral, OK, NULL, NULL},
    {ANN("\"casemate.rootfs\":\"ephemeral\""), never_ephemeral, R, "CM-ANNOTATION", "/annotations/casemate.rootfs"},

    {NULL, NULL, few_pids, T, "CM-LIMIT-CEILING", "/linux/resources/pids/limit"},
    {NULL, NULL, exact_pids, OK, NULL, NULL},
    {PIDS("101"), exact_pids, T, "CM-LIMIT-CEILING", "/linux/resources/pids/limit"},
    {PIDS("-1"), exact_pids, T, "CM-LIMIT-CEILING", "/linux/resources/pids/limit"},
    {UNIFIED("\"pids.max\":\"101\""), exact_pids, T, "CM-LIMIT-CEILING", "/linux/resources/unified/pids.max"},
    {NULL, NULL, little_memory, T, "CM-LIMIT-CEILING", "/linux/resources/memory/limit", true},
    {MEMORY("\"limit\":4000000000"), half_memory, T, "CM-LIMIT-DEFAULT", "/linux/resources"},
    {MEMORY("\"limit\":4000000001"), half_memory, T, "CM-LIMIT-CEILING", "/linux/resources/memory/limit", true},
    {MEMORY("\"limit\":-1"), half_memory, T, "CM-LIMIT-CEILING", "/linux/resources/memory/limit", true},
    {UNIFIED("\"memory.max\":\"4000000001\""), half_memory, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.max"},
    {MEMORY("\"limit\":1000000,\"swap\":1000001"), no_swap, T, "CM-LIMIT-CEILING", "/linux/resources/memory/swap"},
    {MEMORY("\"limit\":1000000,\"swap\":1100000"), some_swap, OK, NULL, NULL},
    {MEMORY("\"limit\":1000000,\"swap\":1100001"), some_swap, T, "CM-LIMIT-CEILING", "/linux/resources/memory/swap"},
    {UNIFIED("\"memory.swap.max\":\"100001\""), some_swap, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.swap.max"},
    {"\"pids\":{\"limit\":100},", "", unenforceable, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/pids"},

    {NULL, NULL, few_files, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_STACK\",\"soft\":4096,\"hard\":4097}"), no_stack, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_STACK\",\"soft\":4096,\"hard\":4096}"), no_stack, OK, NULL, NULL},
    {NULL, NULL, late_victim, T, "CM-OOM", "/process/oomScoreAdj"},

    {NULL, NULL, label_wanted, R, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, label_wanted_without, R, "CM-LSM-MISSING", "/process"},
    {PROCESS("\"apparmorProfile\":\"any\""), label_wanted, OK, NULL, NULL},
    {NULL, NULL, default_profile, T, "CM-LSM-MISSING", "/process"},
    {PROCESS("\"apparmorProfile\":\"any\""), default_profile, OK, NULL, NULL},
    {NULL, NULL, void_default, R, "CM-LSM-UNCONFINED", "/process"},
    {NULL, NULL, missing_default, R, "CM-LSM", "/process"},
    {NULL, NULL, missing_ours, R, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, ours, T, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, default_without, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"site-default\""), profiles, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"site-default2\""), profiles, R, "CM-LSM", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"unconfined\""), profiles, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0:c1,c2\""), types, OK, NULL, NULL},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_init_t:s0\""), types, R, "CM-LSM", "/process/selinuxLabel", true},
    {PROCESS("\"selinuxLabel\":\"nonsense\""), types, R, "CM-LSM", "/process/selinuxLabel"},

    {PROCESS("\"apparmorProfile\":\"box\""), missing_profile, R, "CM-LSM", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"box\""), enforced_profile, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"\""), enforced_profile, T, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, enforced_profile, T, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, missing_profile, OK, NULL, NULL},
    {NULL, NULL, only_complains, OK, NULL, NULL},
    {NULL, NULL, with_selinux, T, "CM-LSM-MISSING", "/process"},
    {NULL, NULL, unknown_label, OK, NULL, NULL},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:site_t:s0:c1,c2\""), unknown_label, R, "CM-LSM", "/process/selinuxLabel"},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0\""), with_selinux, T, "CM-LSM-MISSING", "/process/selinuxLabel"},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0:c0.c1023\""), with_selinux, R, "CM-LSM-UNCONFINED", "/process/selinuxLabel"},
    {PROCESS("\"selinuxLabel\":\"system_u:sysadm_r:container_t:s0\""), with_selinux, R, "CM-LSM-UNCONFINED", "/process/selinuxLabel", true},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_engine_t:s0\""), with_selinux, R, "CM-LSM-UNCONFINED", "/process/selinuxLabel", true},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0,size=1\""), with_selinux, R, "CM-LSM", "/process/selinuxLabel"},
    {LINUX("\"mountLabel\":\"system_u:object_r:container_file_t:s0:c1,c2\""), with_selinux, T, "CM-LSM-MISSING", "/process"},
    {LINUX("\"mountLabel\":\"system_u:object_r:container_file_t:s0\\\",context=\\\"x\""), with_selinux, R, "CM-LSM", "/linux/mountLabel", true},
    {LINUX("\"mountLabel\":\"system_u:system_r:container_file_t:s0\""), with_selinux, R, "CM-LSM-UNCONFINED", "/linux/mountLabel", true},
    {LINUX("\"mountLabel\":\"system_u:object_r:site_file_t:s0\""), unknown_mount_label, R, "CM-LSM", "/linux/mountLabel", true},

    {SYSCTL("\"net.ipv4.ip_forward\":\"1\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4.ip_forward"},
    {SYSCTL("\"net.ipv4.ip_forward\":\"1\""), sysctls, OK, NULL, NULL},
    {SYSCTL("\"net.ipv4.ip_forward\":\"2\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4.ip_forward"},
    {SYSCTL("\"net.ipv4.ip_default_ttl\":\"64\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4.ip_default_ttl"},
    {SYSCTL("\"net.ipv4.conf.eth0.rp_filter\":\"1\""), sysctls, OK, NULL, NULL},
    {SYSCTL("\"net/ipv4/conf/eth0.100/rp_filter\":\"1\""), sysctls, OK, NULL, NULL},
    {SYSCTL("\"net/ipv4/conf/../rp_filter\":\"1\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/net~1ipv4~1conf~1..~1rp_filter"},
    {SYSCTL("\"net/ipv4/conf/a/b/rp_filter\":\"1\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/net~1ipv4~1conf~1a~1b~1rp_filter"},
    {SYSCTL("\"net.ipv4.conf.eth0.arp_ignore\":\"1\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4.conf.eth0.arp_ignore"},
    {SYSCTL("\"kernel.core_pattern\":\"|/x\""), sysctls, R, "CM-SYSCTL", "/linux/sysctl/kernel.core_pattern"},
};
const size_t n_policy_rows = CM_ARRAY_LEN(policy_rows);
