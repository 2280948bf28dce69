/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The planner: (config, policy, host facts) → a plan, or the list of everything that is wrong. A pure function: `check` prints what it returns and
 * `create` executes what it returns, so they cannot disagree (I14).
 *
 * A plan is complete and literal: run/ and the leaf modules execute it without deciding anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "base/str.h"
#include "oci/config.h"
#include "plan/facts.h"
#include "policy/policy.h"

enum cm_verdict {
    CM_VERDICT_OK,
    CM_VERDICT_TIGHTENED, /* done anyway, stricter */
    CM_VERDICT_REFUSED,   /* nothing starts */
};

/* One finding. Codes are stable strings "CM-…" from policy/codes.h. */
struct cm_finding {
    enum cm_verdict verdict; /* TIGHTENED or REFUSED */
    const char *code;
    const char *field;   /* JSON pointer, "" if the whole document */
    const char *message; /* one clause: what is there and what was done or must be done about it */
};

/* What this host could not enforce (DESIGN §7). Also findings of their own kind: neither a refusal nor a tightening. */
struct cm_unenforced {
    const char *what;   /* "pids limit", "memory limit", "label", … */
    const char *reason; /* and what stands in for it */
};

/* What an exception of the policy granted: started as asked, where it would have been refused or tightened. A finding of its own kind. */
struct cm_granted {
    const char *code, *field, *message; /* as in a finding */
    const struct cm_exception *exception;
};

/* A rule of the policy without which something asked for would have been refused. For reports only. */
struct cm_allowed {
    const char *field;  /* JSON pointer into the configuration */
    const char *member; /* of the policy, as it is written: "mounts.allow" */
    const char *rule;   /* which of them: its path, class, name or device */
};

enum cm_mount_kind {
    CM_MOUNT_PROC,
    CM_MOUNT_SYSFS,
    CM_MOUNT_TMPFS,
    CM_MOUNT_DEV, /* our own /dev */
    CM_MOUNT_DEVPTS,
    CM_MOUNT_MQUEUE,
    CM_MOUNT_CGROUP2,
    CM_MOUNT_BIND,
};

struct cm_plan_mount {
    enum cm_mount_kind kind;
    const char *target;                              /* absolute, normalised, inside the container */
    bool target_must_be_plain;                       /* refuse symbolic links on the way (proc, sys, dev) */
    uint64_t attributes;                             /* MOUNT_ATTR_… to set before the mount is visible (never MOUNT_ATTR_IDMAP) */
    bool access_time;                                /* bind: the options choose it; else it stays the source's */
    bool recursive;                                  /* bind: clone the whole tree, attributes apply to all of it */
    bool idmap;                                      /* bind: through the container's user namespace, or one with the maps below */
    bool idmap_recursive;                            /* the whole tree; else its topmost mount only */
    const struct oci_id_mappings *uid_map, *gid_map; /* of this mount, into the container's own ids; NULL: the container's */
    int userns_fd;                                   /* for these, once it is made; else CM_FD_NONE */
    bool late_readonly;                              /* bind: read-only only once mount points were made in it for what is mounted below */
    bool slave;                                      /* always false: nothing propagates into a container */
    bool writable;                                   /* after everything; Landlock grants writes below it */
    int source_fd;                                   /* bind: borrowed from the facts */
    bool source_is_directory;                        /* bind */
    bool notify;                                     /* bind: the directory of the notify socket; its source is made by the launch */
    /* tmpfs and devpts: literal options for fsconfig, ids as the container sees them (translated at execution). */
    uint64_t size, nr_inodes; /* tmpfs; 0: the kernel's default */
    uint32_t mode;            /* tmpfs root or pty slaves */
    bool mode_set;
    uint32_t uid, gid;
    bool uid_set, gid_set;
    bool copy_up;          /* tmpfs: holds what the rootfs has there */
    const char *hidepid;   /* proc; NULL: the kernel's default */
    uint32_t ptmx_mode;    /* devpts */
    unsigned int max_ptys; /* devpts */
};

struct cm_plan_device {
    const char *name; /* below /dev; may have a directory in front */
    uint32_t major, minor;
    uint32_t mode;     /* with S_IFCHR or S_IFIFO */
    uint32_t uid, gid; /* as the container sees them */
};

/* A value to write into a file of the container's cgroup, in order. */
struct cm_plan_limit {
    unsigned int controller; /* enum cm_controller, 0 for cgroup.* files */
    const char *file;        /* "memory.max" */
    const char *value;
    const char *field; /* JSON pointer it comes from; "" for a default of ours */
    /* Where the kernel has this file, it is written instead; NULL: there is none such. */
    const char *preferred_file, *preferred_value;
};

/* A property of the container's unit. `type` is its D-Bus signature; how the value is written for each is said in cgroup/systemd.h. */
struct cm_unit_property {
    const char *name, *type, *value;
    bool optional; /* a version of systemd that does not know it does without */
};

struct cm_plan_unit {
    const char *name, *slice; /* NULL: the cgroup is made without systemd */
    size_t n;
    struct cm_unit_property *properties;
};

struct cm_plan_sysctl {
    const char *path; /* below /proc/sys, '/' separated */
    const char *value;
    const char *field;
};
struct cm_plan_rlimit {
    int resource;
    uint64_t soft, hard;
    const char *field;
};

struct cm_device_rule {
    bool allow;
    char type;            /* 'c', 'b' or 'a' */
    int64_t major, minor; /* -1: all */
    unsigned int access;  /* 1 mknod, 2 read, 4 write */
};

struct cm_plan_caps {
    uint64_t bounding, effective, permitted, ambient;
};

/* How the processor, the disks and the memory nodes are shared out; all zero: as every process starts. */
#define CM_CPUS 8192u
#define CM_CPUS_WORDS (CM_CPUS / 8 / sizeof(unsigned long))

struct cm_plan_scheduling {
    bool policy_set;
    uint32_t policy; /* SCHED_OTHER, SCHED_BATCH or SCHED_IDLE */
    int32_t nice;    /* 0 to 19 */
    uint64_t flags;  /* SCHED_FLAG_… */
    bool io_priority_set;
    uint32_t io_priority; /* as ioprio_set(2) takes it */
    bool memory_policy_set;
    uint32_t memory_mode;                       /* MPOL_… with its flags */
    unsigned long memory_nodes[CM_NODES_WORDS]; /* set_mempolicy(2) */
};

struct cm_plan {
    struct cm_arena *arena;
    enum cm_verdict verdict;
    size_t n_findings;
    struct cm_finding *findings;
    size_t n_unenforced;
    struct cm_unenforced *unenforced;
    size_t n_granted;
    struct cm_granted *granted;
    size_t n_allowed;
    struct cm_allowed *allowed;
    size_t n_lapsed;
    const char **lapsed; /* exceptions for this container that do not hold now: "FILE: /exceptions/0: expired on …" */

    /* Everything below is meaningful unless verdict is CM_VERDICT_REFUSED. Strings point into the config, the facts or the arena. */
    const struct cm_policy *policy;
    bool rootless;
    bool joins; /* a further process of a container that exists: plan/exec.h */

    /* User namespace: either a slot must be reserved (allocate_ids), or these maps are written as they are. */
    bool allocate_ids;
    bool ids_given; /* by the configuration, as mappings or by a namespace: then its engine has shifted the files. Not so where they are a pod's, which we gave */
    struct oci_id_mappings uid_map, gid_map;
    bool new_network;         /* made together with the user namespace; else join_network */
    const char *join_network; /* path, verified again by identity when opened */
    struct cm_ns_id join_network_id, join_network_owner;
    struct {
        const char *path; /* NULL: a new one; only pid, ipc and uts namespaces */
        struct cm_ns_id id, owner;
    } join[OCI_NS_TYPES];
    const char *peer;      /* the container whose pod it joins, with its ids; NULL: none */
    const char *join_user; /* the engine's user namespace instead of a new one; its maps are uid_map and gid_map */
    struct cm_ns_id join_user_id;
    bool new_time;                              /* a time namespace of its own */
    struct oci_time_offset monotonic, boottime; /* in it */

    const char *rootfs; /* absolute path on the host */
    enum cm_root_mode root_mode;
    bool root_idmap;            /* false for rootless, and when what lies there belongs to the container's ids already */
    bool root_layers;           /* it is an engine's overlay, made anew from its layers, which are those of the facts */
    bool root_layers_redirect, root_layers_metacopy; /* the engine's own has these */
    bool root_scratch;          /* a scratch upper layer is needed: ephemeral, or some mount point is missing */
    uint64_t root_scratch_size; /* bytes */

    size_t n_mounts;
    struct cm_plan_mount *mounts; /* in order of execution; /dev, /proc and /sys are always there */
    size_t n_devices;
    struct cm_plan_device *devices;
    struct oci_strings masked_paths, readonly_paths;

    const char *hostname, *domainname;
    size_t n_sysctls;
    struct cm_plan_sysctl *sysctls;

    const char *cgroup_path; /* absolute inside the cgroup2 mount; NULL: none can be made (rootless without delegation) */
    struct cm_plan_unit unit; /* whose cgroup that is */
    size_t n_limits;
    struct cm_plan_limit *limits;
    size_t n_device_rules;
    struct cm_device_rule *device_rules;
    bool device_program; /* load it (the host can) */

    const struct oci_hooks *hooks; /* never NULL; each was allowed and judged */

    const char *const *args; /* NULL-terminated */
    const char *const *env;  /* NULL-terminated, deduplicated; HOME is looked up at execution if env_home_missing */
    bool env_home_missing;
    const char *cwd;
    bool cwd_missing; /* create it in the scratch layer */
    bool terminal;
    uint16_t console_rows, console_columns; /* 0: not given */
    uint32_t uid, gid, umask;
    size_t n_groups;
    const uint32_t *groups;
    struct cm_plan_caps caps;
    size_t n_rlimits;
    struct cm_plan_rlimit *rlimits;
    bool oom_score_adj_set;
    int32_t oom_score_adj;
    struct cm_plan_scheduling scheduling;
    /* execCPUAffinity, for processes that join: checked at create, in force there. NULL: as it is. */
    struct oci_cpu_affinity affinity;
    const unsigned long *cpus_initial, *cpus_final; /* CM_CPUS bits */
    bool session_keyring;                           /* false with --no-new-keyring is decided by the command, not here */

    const char *seccomp_profile;             /* compiled-in profile name */
    bool seccomp_log;                        /* the kernel logs what it denies */
    const struct oci_seccomp *seccomp_extra; /* the bundle's own, stacked on top; NULL: none */
    const char *seccomp_agent;               /* socket of the agent that hears the calls it hands over; NULL: it hands none over */
    const char *seccomp_metadata;            /* for the agent; may be NULL */
    bool landlock;
    bool memory_deny_write_exec;
    bool non_root; /* no process of uid 0, ever: those who join later are told */
    const char *apparmor_profile; /* NULL: none */
    bool apparmor_stacks;         /* on the profile that we have ourselves */
    const char *selinux_label, *mount_label;
    bool selinux_needs_pair; /* of categories, which are known when its ids are (cm_plan_give_categories) */
};

/*
 * Decides. Returns 0 with a plan (also when it is a refusal: look at verdict), -ENOMEM, never anything else.
 * The plan borrows from config, policy and facts, which must outlive it; its own memory is in `arena`.
 */
int cm_plan_make(const struct oci_config *config, const struct cm_policy *policy, const struct cm_facts *facts, const char *id, struct cm_arena *arena,
                 struct cm_plan **ret_plan) CM_MUST_USE;

/* One error whose message holds all refusals: "policy refuses this container: [CM-X] /field: …; [CM-Y] …" (EPERM). */
int cm_plan_refusal_error(const struct cm_plan *plan, struct cm_error *err);

/* The refusal of `checkpoint` and `restore`; `what` as in "refuses to …". */
int cm_plan_refuse_checkpoint(const char *what, struct cm_error *err);

/* The summary of the tightenings for one log line; false when there are none. */
bool cm_plan_tightened_summary(const struct cm_plan *plan, struct cm_str *out);

/* The exceptions that were used, and those that are for this container and do not hold, for one log line each; false when there are none. */
bool cm_plan_granted_summary(const struct cm_plan *plan, struct cm_str *out);
bool cm_plan_lapsed_summary(const struct cm_plan *plan, struct cm_str *out);

/* Whether arguments begin with others. */
bool cm_hook_begins(const struct oci_strings *args, const struct oci_strings *with);
/* Whether a rule of the policy names the content of what lies at this path. */
bool cm_hook_wants_content(const struct cm_policy *policy, const char *path);

/* Why the program of a hook is not run, whoever allows it; NULL: it may be. */
const char *cm_hook_objection(const struct cm_hook_fact *fact);

/* What the kernel's list of profiles and their modes (securityfs, apparmor/profiles) says of one. */
enum cm_profile_mode cm_apparmor_mode(const char *list, const char *profile);
/* The profile whose mode counts: that of the configuration (NULL or "": it names none), the policy's, or our own. */
const char *cm_apparmor_wanted(const char *asked, const struct cm_policy *policy);

/* The labels that the loaded policy must know: of the configuration (NULL or "": it names none), or the default ones. NULL: no memory. */
const char *cm_selinux_wanted(const char *asked, const struct cm_policy *policy, bool mls, struct cm_arena *arena);
const char *cm_selinux_wanted_of_mounts(const char *asked, bool mls);
/* Adds the pair of categories number `index` (policy/labels.h) to labels that need one. Returns 0 or -ENOMEM. */
int cm_plan_give_categories(struct cm_plan *plan, unsigned int index) CM_MUST_USE;

/* A page size such as "2MB" in KiB; 0: it is none. */
uint64_t cm_page_size_kib(const char *text);

/* The RLIMIT_ number of a name such as "RLIMIT_NOFILE", -1 if there is none. */
int cm_rlimit_number(const char *name);
/* And back; "" if there is none. */
const char *cm_rlimit_name(int resource);

/* Sets a variable "NAME=value" of the plan's environment, replacing the config's. Returns 0 or -ENOMEM. */
int cm_plan_set_env(struct cm_plan *plan, const char *entry) CM_MUST_USE;
