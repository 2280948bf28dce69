/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy: what the root of this host allows containers to ask for. Pure data: one built in per level, to which root-owned files add rules (policy/file.h)
 * within compiled-in floors (policy/floors.h). Nothing in a bundle can change it (I15).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oci/config.h"
#include "policy/codes.h"
#include "policy/mount_classes.h"

enum cm_policy_level {
    CM_POLICY_HARDENED, /* ascending strictness */
    CM_POLICY_STRICT,
};

enum cm_root_mode {
    CM_ROOT_READONLY,
    CM_ROOT_EPHEMERAL, /* writable, private, bounded, gone at delete */
};

/* What a rule is for. */
enum cm_source_type { CM_SOURCE_ANY, CM_SOURCE_DIRECTORY, CM_SOURCE_FILE };

/* A rule that lets bind mounts come from a place on the host. The place is judged on the opened descriptor (I7). */
struct cm_mount_rule {
    const char *prefix; /* absolute, normalised; the source must be this path or lie below it */
    bool allow_write;   /* false: the mount is made read-only whatever the config asks */
    bool allow_exec;    /* false: noexec is added */
    bool allow_idmap;   /* false: the option idmap is refused: with it the container's root is the owner of what root owns there */
    bool allow_sockets; /* false: a directory in which a socket lies is refused */
    enum cm_source_type type;
    const char *destination; /* absolute, normalised: then the rule is for exactly this mount of exactly the prefix; NULL: for any */
    size_t n_filesystems;    /* types as mountinfo names them; 0: any that is passed on at all */
    const char *const *filesystems;
};

/* A program of the host that a bundle may name as a hook, by exactly this path. What lies there is judged on the opened descriptor. */
struct cm_hook_rule {
    const char *path;    /* absolute, normalised */
    bool inside;         /* for startContainer hooks only, which are the image's programs and run confined like it */
    unsigned int stages; /* bits by enum oci_hook_kind; 0: all */
    const char *sha256;  /* of the file, 64 lower-case hexadecimal digits; NULL: whatever is there */
    struct oci_strings arguments; /* what its arguments begin with, its own name first; not set: whatever they are */
};

#define CM_DEVICE_MKNOD 1u
#define CM_DEVICE_READ 2u
#define CM_DEVICE_WRITE 4u

/* A character device beyond the default set: what a bundle may list with exactly this path and number. Never one of the floor's. */
struct cm_policy_device {
    const char *path; /* "/dev/…" inside of the container, normalised */
    uint32_t major, minor;
    unsigned int access; /* CM_DEVICE_READ, CM_DEVICE_WRITE */
};

/*
 * A time-limited permission to be less strict, with its reason: for containers by place, which the engine chooses, and for what the codes of findings stand
 * for, never for a floor (policy/exceptions.h).
 */
struct cm_exception {
    size_t n_codes;
    const enum cm_code *codes;
    const char *bundle, *cgroup; /* absolute, normalised; the container's is this or lies below it; NULL: any, but one is given */
    int64_t from, expires;       /* seconds since 1970 in UTC; holds at `from` and no longer at `expires` */
    const char *from_text, *expires_text, *reason;
    const char *place; /* "FILE: /exceptions/0" */
};

/* What becomes of a config without a system call filter, or with one that allows what it does not name; ascending looseness. */
enum cm_unconfined {
    CM_UNCONFINED_REFUSE,
    CM_UNCONFINED_TIGHTEN, /* ours alone */
};

/* What happens when all ids were in use a short time ago; ascending looseness. */
enum cm_exhaustion {
    CM_EXHAUSTION_REFUSE,
    CM_EXHAUSTION_REUSE, /* those that were given back first */
};

#define CM_RLIMITS 16
#define CM_NO_MAX INT64_MAX

/* Where a record of every operation goes. */
enum cm_audit_kind {
    CM_AUDIT_FILE,
    CM_AUDIT_JOURNALD,
    CM_AUDIT_SYSLOG,
};

#define CM_AUDIT_SINKS_MAX ((size_t)8)

struct cm_audit_sink {
    enum cm_audit_kind kind;
    const char *path; /* of a file: absolute, normalised */
    bool required;    /* no process is started whose record it does not take */
};

struct cm_policy {
    enum cm_policy_level level;
    const char *name; /* "hardened", "strict": for messages */
    const char *id;   /* for records and reports: the name, and the hash of the files if there were any */

    uint64_t cap_ceiling;        /* bits by capability number; tunable up to the engines' default 14 */
    bool require_non_root;       /* refuse process.user.uid 0 */
    const char *seccomp_profile; /* name of a compiled-in profile */
    bool seccomp_log;            /* the kernel logs what our filter denies */
    enum cm_unconfined seccomp_unconfined;
    bool memory_deny_write_exec; /* PR_SET_MDWE */

    enum cm_root_mode root_mode; /* when no annotation asks */
    bool allow_ephemeral;        /* whether casemate.rootfs=ephemeral is granted */
    int64_t ephemeral_size;      /* bytes of the scratch layer of an ephemeral root */

    int64_t pids_default; /* when the config has no limit */
    int64_t pids_max;     /* ceiling */
    /* Amounts of memory: bytes, or (negative) percent of the host's memory. */
    int64_t memory_default, memory_max;
    int64_t swap_max;                 /* bytes; the limit of memory bounds it too */
    int64_t rlimit_max[CM_RLIMITS];   /* by RLIMIT_ number; CM_NO_MAX: none */
    int64_t oom_score_adj_min;        /* most negative value a config may ask for; never below the caller's own */
    int64_t id_reuse_delay;           /* seconds from giving ids back to handing them out again */
    enum cm_exhaustion id_exhaustion; /* when no others are left */

    bool require_label;          /* refuse containers without a label of AppArmor or SELinux */
    const char *apparmor_default; /* profile of a config that names none; NULL: none */

    bool refuse_unenforceable_defaults; /* strict: a default limit the host cannot enforce is refused instead of reported */
    bool refuse_suid_dumpable;          /* strict: refuse a host with fs.suid_dumpable=1 */

    bool config_exec;                             /* programs can be executed from configMap, secret, projected and downwardAPI volumes */
    const char *mount_roots[CM_MOUNT_ROOT_COUNT]; /* where the trees of the classes lie */

    size_t n_mount_rules;
    const struct cm_mount_rule *mount_rules;

    size_t n_mount_classes; /* those that are on, and CM_MOUNT_CLASS_DEFAULT or _NONE; 0: those of the level (cm_policy_has_class) */
    const enum cm_mount_class *mount_classes;

    size_t n_unmapped; /* types of filesystems whose volumes are mounted with the host's ids where the kernel cannot idmap them */
    const char *const *unmapped;

    size_t n_hook_rules; /* the built-in policies allow none */
    const struct cm_hook_rule *hook_rules;

    size_t n_devices;
    const struct cm_policy_device *devices;

    size_t n_listener_paths; /* seccomp agents that may hear a bundle's notifications */
    const char *const *listener_paths;

    size_t n_sysctls; /* besides those that are always allowed: paths below /proc/sys */
    const char *const *sysctls;

    size_t n_apparmor_profiles; /* that a bundle may name; none: any that confines */
    const char *const *apparmor_profiles;
    size_t n_selinux_types;
    const char *const *selinux_types;

    size_t n_exceptions;
    const struct cm_exception *exceptions;

    size_t n_audit_sinks; /* the built-in policies have none */
    const struct cm_audit_sink *audit_sinks;
    int64_t audit_per_minute; /* records of all processes together; with a required sink there is no limit */
};

bool cm_policy_has_class(const struct cm_policy *policy, enum cm_mount_class class_);

/* The compiled-in policy of a level; static, never NULL. */
const struct cm_policy *cm_policy_builtin(enum cm_policy_level level);
