/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `check --host` looks at: every facility that a container needs, tried (run/host_probe.c), and what a host should have set for its containers' sake, read
 * (run/host_look.c). Plain data; plan/host_rules.c judges it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "policy/labels.h"
#include "policy/policy.h"

/* Each was tried and works, or does not. */
enum cm_facility {
    CM_FACILITY_USER_NS,
    CM_FACILITY_NET_NS,
    CM_FACILITY_NAMESPACES, /* mount, pid, ipc, uts and cgroup together */
    CM_FACILITY_TIME_NS,
    CM_FACILITY_UCOUNTS, /* a limit of 0 for namespaces inside holds */
    CM_FACILITY_PIDFD,   /* clone3 with a pidfd, waiting for it, signalling it */
    CM_FACILITY_PIDFD_NS,
    CM_FACILITY_CLOSE_RANGE,
    CM_FACILITY_OPENAT2,
    CM_FACILITY_MOUNT_API, /* a mount is made, cloned, changed and attached by descriptors */
    CM_FACILITY_IDMAP,
    CM_FACILITY_IDMAP_TMPFS,
    CM_FACILITY_OVERLAY, /* over an idmapped root */
    CM_FACILITY_OPEN_TREE_ATTR,
    CM_FACILITY_FILESYSTEMS,
    CM_FACILITY_SECCOMP, /* filters, with all actions that ours use */
    CM_FACILITY_SECCOMP_LOG,
    CM_FACILITY_SECCOMP_NOTIFY,
    CM_FACILITY_MDWE,
    CM_FACILITY_DEVICE_PROGRAM,
    CM_FACILITY_CGROUP2,
    CM_FACILITY_INTO_CGROUP, /* a process is born in a cgroup */
    CM_FACILITY_CGROUP_KILL,
    CM_FACILITY_FREEZER,
    CM_FACILITY_SWAP_LIMIT,
    CM_FACILITY_SYSTEMD, /* the driver: a manager answers the helper */
    CM_FACILITIES,
};

#define CM_NOT_TRIED (-1)
#define CM_NOT_NEEDED (-2)

struct cm_facility_fact {
    int errnum;         /* 0: it works; above 0: why it does not; CM_NOT_TRIED, CM_NOT_NEEDED */
    const char *detail; /* what exactly was tried, or why it was not; NULL: nothing to add */
};

/* A number of the kernel's, as procfs shows it. */
enum cm_host_number {
    CM_NUMBER_SUID_DUMPABLE,
    CM_NUMBER_KPTR_RESTRICT,
    CM_NUMBER_DMESG_RESTRICT,
    CM_NUMBER_BPF,
    CM_NUMBER_IO_URING,
    CM_NUMBER_TIOCSTI,
    CM_NUMBER_USERFAULTFD,
    CM_NUMBER_SYMLINKS,
    CM_NUMBER_HARDLINKS,
    CM_NUMBER_FIFOS,
    CM_NUMBER_REGULAR,
    CM_NUMBER_PTRACE,
    CM_NUMBER_MODULES,
    CM_NUMBER_KEXEC,
    CM_NUMBER_MEMFD,
    CM_HOST_NUMBERS,
};
extern const char *const cm_host_number_paths[CM_HOST_NUMBERS]; /* below /proc/sys */

struct cm_host_number_fact {
    int errnum; /* ENOENT: the kernel has none */
    int64_t value;
};

enum cm_answer { CM_ANSWER_UNKNOWN, CM_ANSWER_NO, CM_ANSWER_YES };

struct cm_host_facts {
    struct cm_arena arena;
    bool rootless;             /* as of struct cm_facts: seen from the outer user namespace, or from where it could not be made */
    const char *outer_problem; /* why the outer user namespace could not be made; NULL: it was, or none is needed */
    struct cm_facility_fact facilities[CM_FACILITIES];
    struct cm_host_number_fact numbers[CM_HOST_NUMBERS];
    unsigned int controllers; /* enum cm_controller bits usable for a container */
    unsigned int landlock_abi;
    bool apparmor, selinux;            /* active */
    enum cm_answer label_enforced;     /* by the one that is active */
    enum cm_profile_mode default_profile; /* of AppArmor: the one of containers that name none */
    const char *modules;               /* names of the active security modules, "lockdown capability landlock"; NULL: cannot be told */
    const char *core_pattern;          /* NULL: cannot be told */
    enum cm_answer ia32, vsyscall;     /* 32-bit system calls; a readable vsyscall page */
    enum cm_answer swap;               /* in use */
    const char *vulnerable, *affected; /* names of CPU vulnerabilities without and with a mitigation; NULL: cannot be told */

    int ids_errnum; /* 0: ids can be handed out */
    const char *ids_reason;
    uint64_t ids_base, ids_end; /* the pool; end exclusive */
    bool ids_configured;
    enum cm_answer kubelet; /* has lines in subuid and subgid */
    const char *kubelet_problem;

    const char *exe;                        /* our own program; NULL: cannot be told */
    const char *exe_problem;                /* why somebody else could change it */
    const char *state_root, *state_problem; /* of --root */
    enum cm_answer state_made;
    const struct cm_policy *policy; /* NULL: in doubt */
    const char *policy_problem;
};

void cm_host_facts_done(struct cm_host_facts *facts);
