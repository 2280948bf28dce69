/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host facts: everything the planner knows about the host, gathered beforehand by run/facts.c and invented freely by unit tests. Plain data:
 * the planner itself makes no system call (I14).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/config.h"
#include "path/mountinfo.h"
#include "policy/labels.h"
#include "policy/mount_classes.h"

/* Where the directory of the container's notify socket is, inside. */
#define CM_NOTIFY_TARGET "/run/notify"

enum cm_controller {
    CM_CTRL_CPU = 1 << 0,
    CM_CTRL_MEMORY = 1 << 1,
    CM_CTRL_PIDS = 1 << 2,
    CM_CTRL_IO = 1 << 3,
    CM_CTRL_CPUSET = 1 << 4,
    CM_CTRL_HUGETLB = 1 << 5,
    CM_CTRL_RDMA = 1 << 6,
    CM_CTRL_MISC = 1 << 7,
};

/* Nodes of memory that a policy can name: the largest kernels have this many. */
#define CM_MEMORY_NODES 1024u
#define CM_NODES_WORDS (CM_MEMORY_NODES / 8 / sizeof(unsigned long))

/* More mounts than that are refused, and not looked at. */
#define CM_MOUNTS_MAX ((size_t)1024)

/* Identity of a namespace: the inode of its nsfs file. */
struct cm_ns_id {
    uint64_t dev, ino;
};

/* What a path given for a namespace is. */
struct cm_ns_path_fact {
    bool exists;  /* could be opened */
    int errnum;   /* why not */
    bool is_nsfs; /* a namespace file and not something else */
    bool type_matches;
    struct cm_ns_id id;
    struct cm_ns_id owner; /* its user namespace (of a user namespace: its parent); zero if that lies outside of ours */
    uint32_t maker;        /* user namespaces: the user who made it, and has every capability in it */
};

/* A container of ours that runs, and is in a namespace that the config tells to join: the two are of one pod. */
struct cm_peer_fact {
    int errnum;              /* why it cannot be told whose they all are: some container's record was not read */
    const char *id;          /* NULL: there is none */
    unsigned int namespaces; /* bits (1 << enum oci_namespace_type) of those that are to be joined and are its */
    const char *makers[OCI_NS_TYPES]; /* of each of these namespaces: the container that has been in it longest, and so made it; NULL: none */
    const char *other;       /* another one, with another user namespace, that is in one of them; NULL: none */
    char pod_uid[37];        /* by its cgroup; "": no pod of Kubernetes */
    const char *user_path;   /* its user namespace */
    struct cm_ns_id user;
    int maps_errnum; /* why the maps of that are not known */
    struct oci_id_mappings uid_map, gid_map;
};

enum cm_target_kind {
    CM_TARGET_MISSING,
    CM_TARGET_DIRECTORY,
    CM_TARGET_FILE,    /* regular file */
    CM_TARGET_OTHER,   /* device, FIFO, socket */
    CM_TARGET_SYMLINK, /* the last component, or one on the way for the paths that must be plain: see target_plain */
    CM_TARGET_COVERED, /* lies below another mount of the list; decided when that mount is there */
    CM_TARGET_ERROR,   /* loops, too long, leads out of the root */
};

/* Per entry of config.mounts. */
struct cm_mount_fact {
    /* Destination, looked up inside the rootfs with RESOLVE_IN_ROOT and no magic links. `plain` is true if no component is a symbolic link. */
    enum cm_target_kind target;
    bool target_plain;
    int target_errnum;

    /* Bind sources only: the descriptor was opened once (openat2, no symlinks, no magic links) and is what will be mounted. */
    int source_fd;        /* CM_FD_NONE if there is none; owned by struct cm_facts */
    int source_errnum;    /* why it could not be opened */
    char *source_real;    /* where the descriptor really is, from the kernel; arena of the facts */
    bool source_deleted;  /* it has no name any more */
    uint32_t source_mode; /* st_mode */
    uint32_t source_uid;
    uint64_t source_fs_magic; /* statfs f_type */
    /* Where on the host the source, or a part of it, can be seen: source_real is the first; up to _below also what is mounted below it. 0: cannot be told. */
    size_t n_source_places, n_source_places_below;
    const char **source_places;
    const struct cm_mount_entry *source_mount; /* which mount of facts->mount_table it lies in; NULL: cannot be told */
    bool source_has_forbidden_submount;        /* rbind of a tree in which proc, sysfs, cgroup, … is mounted */
    bool source_has_special_submount;          /* … in which something else than directories and files is mounted */
    bool source_is_host_root;                  /* same inode as the host's / */
    const char *source_denied;                 /* which place of the floors it is, by its inode; NULL: none */
    /* Of a directory, its first level: */
    const char *source_socket;  /* a socket that lies in it; NULL: none */
    const char *source_control; /* a control socket of the floors that lies in it, by its inode */
    bool source_unread;         /* it holds more than is looked at */
    /* Of a source in a tree of kubelet or an engine: */
    const char *source_way_bad; /* a directory on the way to it, from / on, that somebody else than root can change; NULL: none */
    bool source_way_owned;      /* … only because it, and every further one that does, belongs to source_way_uid and is writable for nobody else */
    uint32_t source_way_uid;
    bool source_way_closed; /* a directory on the way lets nobody but root through */
    bool source_can_idmap;      /* the kernel can idmap a mount of it; also of sources for which idmapping is asked */
};

/* A layer of the overlay that an engine mounted as the rootfs: opened once, and what will be mounted. */
struct cm_layer_fact {
    const char *given;   /* as the mount's options have it, made absolute; quoted only */
    int errnum;          /* why it could not be opened */
    const char *real;    /* where it really is, from the kernel */
    bool is_directory;
    bool is_kernel_fs;   /* lies in proc, sysfs, cgroup, … */
    const char *way_bad; /* a directory (or link) on the way to it that somebody else than root can change; NULL: none */
};

/* More hooks of one kind than that are refused, and not looked at. */
#define CM_HOOKS_MAX ((size_t)32)

/* The program of a hook, opened once without following any link. */
struct cm_hook_fact {
    const char *program; /* whose rules count: the path, or of /proc/PID/exe what it leads to, which is then what was opened; NULL: the path */
    int fd;             /* O_PATH, or for reading if a rule asks for its content; what will be executed; CM_FD_NONE: none */
    int errnum;         /* why it could not be opened */
    bool path_is_plain; /* absolute, without empty, "." and ".." components */
    uint32_t mode;      /* st_mode */
    bool file_is_safe;  /* belongs to root (without privilege also: to the caller), and nobody else may write to it */
    bool way_is_safe;   /* the same of every directory from / on */
    char sha256[65];    /* of its content, if a rule of the policy asks for one; "": not looked at, or it could not be read */
};

/* Whether a path exists inside the rootfs (process.cwd and the mount points we add ourselves). */
struct cm_facts {
    struct cm_arena arena;

    int64_t now;               /* seconds since 1970; only looked at when the policy has exceptions */
    bool rootless;             /* we run in a user namespace of our own (the outer one), not in the initial one */
    uint32_t host_uid;         /* who called, as the outer namespace's owner sees it */
    uint64_t memory_total;     /* bytes */
    uint64_t memory_in_force;  /* `update` only: the memory.max that holds now; 0: none */
    unsigned int controllers;  /* enum cm_controller bits usable for the container's cgroup */
    const char *delegated_in;  /* whose controllers they are; NULL: the root's, which host root switches on from there */
    bool systemd_is_manager;   /* of the host; only looked at when limits of other controllers than memory and pids are asked for */
    bool cgroup_available;     /* a cgroup can be made there (rootless without delegation: false) */
    bool cgroup_v1_only;       /* no cgroup2 filesystem at all */
    bool systemd_driver;       /* --systemd-cgroup: the container's cgroup is a scope of systemd's */
    const char *systemd_base;  /* the cgroup in which its slices are: "" for the host's, a user's manager without privilege */
    const char *cgroup_parent; /* our own cgroup's parent directory inside the cgroup2 mount, "/" at least */
    unsigned int landlock_abi; /* 0: none */
    bool apparmor, selinux;    /* active */
    enum cm_profile_mode apparmor_mode; /* of the profile that is asked for, else of the default one */
    bool apparmor_confined;    /* we have a profile ourselves: another one can only be stacked on it */
    bool selinux_mls;          /* labels have a level */
    bool selinux_label_unknown, selinux_mount_label_unknown; /* the loaded policy does not know the label that is asked for, or else the default one */
    int suid_dumpable;         /* fs.suid_dumpable */
    int32_t own_oom_score_adj; /* of the calling process */
    unsigned int last_cap;     /* highest capability the kernel knows */
    bool device_program;       /* BPF_PROG_TYPE_CGROUP_DEVICE can be loaded */
    bool exe_owner_mapped;     /* the owner of our executable would be mapped in the container (rootless) */
    uint64_t rlimit_hard[16];  /* by RLIMIT_ number: our own hard limits */
    bool can_raise_rlimits;    /* CAP_SYS_RESOURCE in the initial namespace */

    bool time_namespaces;                       /* the kernel has them; only looked at when the config asks for one */
    int64_t monotonic_now, boottime_now;        /* seconds, with offsets only */
    bool numa;                                  /* memory policies; only looked at when the config has one */
    size_t n_huge_page_sizes; /* that the kernel has, in KiB; only looked at when the host has set any huge page aside */
    uint64_t *huge_page_sizes;
    bool *page_size_missing;                    /* of each entry of linux.resources.hugepageLimits: the kernel has no such pages. NULL: not known */
    unsigned long mems_allowed[CM_NODES_WORDS]; /* nodes that the caller may use, as get_mempolicy(2) gives them */

    struct cm_ns_id own_ns[OCI_NS_TYPES];  /* namespaces of the calling process */
    struct cm_ns_id init_ns[OCI_NS_TYPES]; /* of the host's pid 1 (equal to own_ns where it cannot be read) */

    /* The id range that would be (or was) allocated when the config gives none; for rootless the outer map. */
    bool ids_available;
    int ids_errnum;
    uint32_t id_pool_base, id_pool_slots; /* the pool that the slot comes from */
    bool id_pool_configured;
    const char *ids_reason; /* why not, one clause with the remedy */
    size_t n_outer_map;     /* rootless: extents of the outer map as {inside start, outside start, count} */
    struct oci_id_mapping *outer_uid_map;
    size_t n_outer_gid_map;
    struct oci_id_mapping *outer_gid_map;
    bool outer_is_callers; /* rootless: the caller (an engine) made the outer namespace, and the ids of a config are ids of it; else they are the host's */

    /* About this bundle. */
    const char *bundle;        /* absolute, real */
    const char *config_sha256; /* of config.json, if it is to be recorded; else NULL */
    const char *state_root;    /* the same; NULL: none is open */
    bool rootfs_exists, rootfs_is_directory, rootfs_is_host_root, rootfs_has_symlink;
    int rootfs_errnum;
    int rootfs_fd;           /* O_PATH of what was judged, and what is mounted; owned; CM_FD_NONE: none */
    const char *rootfs_real; /* absolute */
    uint64_t rootfs_fs_magic;
    uint32_t rootfs_uid;               /* owner of its top directory */
    bool rootfs_is_overlay_mountpoint; /* mounted there by an engine */
    /* Of such a one (by host root), what it is made of, the topmost layer first: */
    const char *rootfs_layers_unknown; /* why its layers are not known, one clause; NULL: they are */
    size_t n_rootfs_layers;
    struct cm_layer_fact *rootfs_layers;
    int *rootfs_layer_fds; /* O_PATH, or CM_FD_NONE; owned */
    bool rootfs_layers_redirect, rootfs_layers_metacopy;
    struct cm_ns_path_fact ns_path[OCI_NS_TYPES];
    struct cm_peer_fact peer;
    int ns_maps_errnum;                            /* why the maps of the user namespace that is given are not known */
    struct oci_id_mappings ns_uid_map, ns_gid_map; /* what they are */
    size_t n_mounts;
    struct cm_mount_fact *mounts;                 /* config.n_mounts entries */
    const struct cm_mount_table *mount_table;     /* of the host; NULL: not known, or no bind mount is asked for */
    const char *mount_roots[CM_MOUNT_ROOT_COUNT]; /* where the trees of the policy really lie; NULL: where it says */
    bool sandbox_is_neighbour;                    /* the sandbox that an annotation names has its cgroup next to the container's */
    size_t n_hooks[OCI_HOOK_KINDS];               /* of those that run on the host; CM_HOOKS_MAX at most */
    struct cm_hook_fact *hooks[OCI_HOOK_KINDS];
    enum cm_target_kind cwd;
    /* The mount points every container gets, whether its config lists them or not. */
    enum cm_target_kind target_proc, target_dev, target_sys;
    bool notify; /* the caller waits to hear that the container is ready: NOTIFY_SOCKET */
    enum cm_target_kind target_notify;
    int target_notify_errnum;
};

/* Closes the descriptors and frees the arena. */
void cm_facts_done(struct cm_facts *facts);
