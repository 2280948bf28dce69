/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.json of the OCI runtime-spec 1.3 (Linux) as C structures: every property, nothing interpreted.
 *
 * The whole tree lives in the arena of struct oci_config and is read-only after parsing. All of it is hostile: it was
 * checked for form (types, ranges, required members, known enum words) and for nothing else. Absent and empty strings are
 * NULL (elements of lists and values of maps may be empty), absent objects are NULL pointers, absent arrays have n == 0 (and
 * `set` tells "absent" from "empty" where it matters), absent numbers have set == false.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <casemate/version.h>

#include "base/arena.h"
#include "base/error.h"

#define OCI_VERSION CASEMATE_OCI_VERSION

struct oci_u64 {
    bool set;
    uint64_t v;
};
struct oci_i64 {
    bool set;
    int64_t v;
};
struct oci_u32 {
    bool set;
    uint32_t v;
};
struct oci_u16 {
    bool set;
    uint16_t v;
};
struct oci_bool {
    bool set;
    bool v;
};

struct oci_strings {
    bool set;
    size_t n;
    const char **v;
};
struct oci_pair {
    const char *key;
    const char *value;
};
struct oci_map {
    bool set;
    size_t n;
    struct oci_pair *v;
};

struct oci_root {
    const char *path;
    struct oci_bool readonly;
};

struct oci_id_mapping {
    uint32_t container_id;
    uint32_t host_id;
    uint32_t size;
};
struct oci_id_mappings {
    bool set;
    size_t n;
    struct oci_id_mapping *v;
};

struct oci_mount {
    const char *destination;
    const char *type;
    const char *source;
    struct oci_strings options;
    struct oci_id_mappings uid_mappings;
    struct oci_id_mappings gid_mappings;
};

enum oci_cap_set {
    OCI_CAP_BOUNDING,
    OCI_CAP_EFFECTIVE,
    OCI_CAP_INHERITABLE,
    OCI_CAP_PERMITTED,
    OCI_CAP_AMBIENT,
    OCI_CAP_SETS,
};

struct oci_capabilities {
    struct oci_strings sets[OCI_CAP_SETS];
};

struct oci_rlimit {
    const char *type;
    uint64_t soft;
    uint64_t hard;
};

struct oci_scheduler {
    const char *policy;
    struct oci_i64 nice;     /* int32 range */
    struct oci_i64 priority; /* int32 range */
    struct oci_strings flags;
    struct oci_u64 runtime, deadline, period;
};

struct oci_io_priority {
    const char *class_name;
    struct oci_i64 priority;
};
struct oci_cpu_affinity {
    const char *initial;
    const char *final;
};

struct oci_user {
    uint32_t uid, gid;
    bool uid_set, gid_set;
    struct oci_u32 umask;
    bool additional_gids_set;
    size_t n_additional_gids;
    uint32_t *additional_gids;
    const char *username; /* other platforms; ignored */
};

struct oci_process {
    struct oci_bool terminal;
    bool console_size_set;
    uint64_t console_height, console_width;
    const char *cwd;
    struct oci_strings env;
    struct oci_strings args;
    struct oci_user user;
    struct oci_capabilities *capabilities;
    size_t n_rlimits;
    struct oci_rlimit *rlimits;
    struct oci_bool no_new_privileges;
    const char *apparmor_profile;
    const char *selinux_label;
    struct oci_i64 oom_score_adj; /* int32 range */
    struct oci_scheduler *scheduler;
    struct oci_io_priority *io_priority;
    struct oci_cpu_affinity *exec_cpu_affinity;
};

struct oci_hook {
    const char *path;
    struct oci_strings args;
    struct oci_strings env;
    struct oci_i64 timeout;
    const char *sha256; /* no member of the specification: of the program, when the policy asks for it (plan/hooks.c); NULL otherwise */
};

enum oci_hook_kind {
    OCI_HOOK_PRESTART,
    OCI_HOOK_CREATE_RUNTIME,
    OCI_HOOK_CREATE_CONTAINER,
    OCI_HOOK_START_CONTAINER,
    OCI_HOOK_POSTSTART,
    OCI_HOOK_POSTSTOP,
    OCI_HOOK_KINDS,
};

struct oci_hooks {
    size_t n[OCI_HOOK_KINDS];
    struct oci_hook *v[OCI_HOOK_KINDS];
};

enum oci_namespace_type {
    OCI_NS_PID,
    OCI_NS_NETWORK,
    OCI_NS_MOUNT,
    OCI_NS_IPC,
    OCI_NS_UTS,
    OCI_NS_USER,
    OCI_NS_CGROUP,
    OCI_NS_TIME,
    OCI_NS_TYPES,
};

struct oci_namespace {
    enum oci_namespace_type type;
    const char *path;
};

struct oci_time_offset {
    bool set;
    int64_t secs;
    uint32_t nanosecs;
};

struct oci_device {
    const char *type; /* "c", "b", "u" or "p" */
    const char *path;
    struct oci_i64 major, minor;
    struct oci_u32 file_mode;
    struct oci_u32 uid, gid;
};

struct oci_net_device {
    const char *host_name;
    const char *name;
};

struct oci_device_rule {
    bool allow;
    const char *type;            /* NULL or "a": every type */
    struct oci_i64 major, minor; /* absent or -1: every number */
    const char *access;          /* of "rwm"; NULL or empty: all three */
};

struct oci_memory {
    struct oci_i64 limit, reservation, swap, kernel, kernel_tcp;
    struct oci_u64 swappiness;
    struct oci_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct oci_cpu {
    struct oci_u64 shares;
    struct oci_i64 quota;
    struct oci_u64 burst;
    struct oci_u64 period;
    struct oci_i64 realtime_runtime;
    struct oci_u64 realtime_period;
    const char *cpus, *mems;
    struct oci_i64 idle;
};

struct oci_weight_device {
    int64_t major, minor;
    struct oci_u16 weight, leaf_weight;
};
struct oci_throttle_device {
    int64_t major, minor;
    uint64_t rate;
};

enum oci_throttle {
    OCI_THROTTLE_READ_BPS,
    OCI_THROTTLE_WRITE_BPS,
    OCI_THROTTLE_READ_IOPS,
    OCI_THROTTLE_WRITE_IOPS,
    OCI_THROTTLES,
};

struct oci_block_io {
    struct oci_u16 weight, leaf_weight;
    size_t n_weight_devices;
    struct oci_weight_device *weight_devices;
    size_t n_throttle[OCI_THROTTLES];
    struct oci_throttle_device *throttle[OCI_THROTTLES];
};

struct oci_hugepage_limit {
    const char *page_size;
    uint64_t limit;
};
struct oci_network_priority {
    const char *name;
    uint32_t priority;
};

struct oci_network_resources {
    struct oci_u32 class_id;
    size_t n_priorities;
    struct oci_network_priority *priorities;
};

struct oci_rdma {
    const char *device;
    struct oci_u32 hca_handles, hca_objects;
};

struct oci_resources {
    size_t n_devices;
    struct oci_device_rule *devices;
    struct oci_memory *memory;
    struct oci_cpu *cpu;
    struct oci_i64 pids_limit;
    struct oci_block_io *block_io;
    size_t n_hugepage_limits;
    struct oci_hugepage_limit *hugepage_limits;
    struct oci_network_resources *network;
    size_t n_rdma;
    struct oci_rdma *rdma;
    struct oci_map unified;
};

enum oci_seccomp_action {
    OCI_ACT_KILL_THREAD, /* also SCMP_ACT_KILL */
    OCI_ACT_KILL_PROCESS,
    OCI_ACT_TRAP,
    OCI_ACT_ERRNO,
    OCI_ACT_TRACE,
    OCI_ACT_ALLOW,
    OCI_ACT_LOG,
    OCI_ACT_NOTIFY,
};

enum oci_seccomp_op {
    OCI_CMP_NE,
    OCI_CMP_LT,
    OCI_CMP_LE,
    OCI_CMP_EQ,
    OCI_CMP_GE,
    OCI_CMP_GT,
    OCI_CMP_MASKED_EQ, /* (argument & value) == value_two */
};

struct oci_seccomp_arg {
    uint32_t index;
    uint64_t value;
    uint64_t value_two;
    enum oci_seccomp_op op;
};

struct oci_seccomp_rule {
    struct oci_strings names;
    enum oci_seccomp_action action;
    struct oci_u32 errno_ret;
    size_t n_args;
    struct oci_seccomp_arg *args;
};

struct oci_seccomp {
    enum oci_seccomp_action default_action;
    struct oci_u32 default_errno_ret;
    struct oci_strings architectures; /* SCMP_ARCH_… words, checked */
    struct oci_strings flags;         /* SECCOMP_FILTER_FLAG_… words, checked */
    const char *listener_path;
    const char *listener_metadata;
    size_t n_rules;
    struct oci_seccomp_rule *rules;
};

struct oci_intel_rdt {
    const char *clos_id, *l3_cache_schema, *mem_bw_schema;
    struct oci_strings schemata;
    struct oci_bool enable_monitoring;
};

struct oci_personality {
    const char *domain;
    struct oci_strings flags;
};
struct oci_memory_policy {
    const char *mode;
    const char *nodes;
    struct oci_strings flags;
};

struct oci_linux {
    size_t n_namespaces;
    struct oci_namespace *namespaces;
    struct oci_id_mappings uid_mappings, gid_mappings;
    struct oci_time_offset monotonic, boottime;
    size_t n_devices;
    struct oci_device *devices;
    size_t n_net_devices;
    struct oci_net_device *net_devices;
    const char *cgroups_path;
    const char *rootfs_propagation;
    struct oci_strings masked_paths, readonly_paths;
    const char *mount_label;
    struct oci_map sysctl;
    struct oci_resources *resources;
    struct oci_seccomp *seccomp;
    struct oci_intel_rdt *intel_rdt;
    struct oci_personality *personality;
    struct oci_memory_policy *memory_policy;
};

struct oci_config {
    struct cm_arena arena;
    const char *oci_version;
    struct oci_root *root;
    const char *hostname;
    const char *domainname;
    size_t n_mounts;
    struct oci_mount *mounts;
    struct oci_process *process;
    struct oci_hooks *hooks;
    struct oci_map annotations;
    struct oci_linux *linux_; /* never NULL after parsing: an absent object is an empty one */
};

/* Limits of what is accepted as one document (DESIGN: depth 32, 4 MiB). */
#define OCI_CONFIG_SIZE_MAX ((size_t)4 << 20)

/*
 * Parses the text of a config.json. On success *ret_config owns its arena: free with oci_config_free. On failure the error's
 * field is the JSON pointer of the offending value. Source of the rules: runtime-spec 1.3 config.md and config-linux.md.
 */
int oci_config_parse(const char *text, size_t size, struct oci_config **ret_config, struct cm_error *err) CM_MUST_USE;
void oci_config_free(struct oci_config *config);
void oci_config_free_ptr(struct oci_config **config);
#define OCI_AUTO_CONFIG CM_CLEANUP(oci_config_free_ptr)

/* The object linux.resources alone, as `update --resources` takes it; the same rules. */
int oci_resources_parse(const char *text, size_t size, struct cm_arena *arena, struct oci_resources **ret_resources, struct cm_error *err) CM_MUST_USE;
/* The same for a bare process object (process.json of exec). Strings live in the arena given. */
int oci_process_parse(const char *text, size_t size, struct cm_arena *arena, struct oci_process **ret_process, struct cm_error *err) CM_MUST_USE;

/* The namespace entry of a type, or NULL. Duplicates were refused by the parser. */
const struct oci_namespace *oci_config_namespace(const struct oci_config *config, enum oci_namespace_type type);
/* The word used in config.json ("pid", "network", …). */
const char *oci_namespace_word(enum oci_namespace_type type);
/* And back; OCI_NS_TYPES if there is none. */
enum oci_namespace_type oci_namespace_find(const char *word);
const char *oci_hook_word(enum oci_hook_kind kind);
/* The value of an annotation or NULL. */
const char *oci_config_annotation(const struct oci_config *config, const char *key);
