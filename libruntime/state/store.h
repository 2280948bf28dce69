/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state store: one directory per container below the state root, on a tmpfs, holding `state.json` (replaced atomically) and `start` (a FIFO). No daemon: a
 * lock is a flock(2) on the container's directory and dies with the process that holds it.
 *
 * The state root is ours (0700, checked); ids come from the command line and are hostile. Records are still parsed strictly.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"
#include "oci/config.h"

#define CM_ID_MAX 1024

enum cm_status {
    CM_STATUS_CREATING,
    CM_STATUS_CREATED,
    CM_STATUS_RUNNING,
    CM_STATUS_PAUSED,
    CM_STATUS_STOPPED,
};

const char *cm_status_word(enum cm_status status);

struct cm_record_hooks {
    size_t n;
    struct oci_hook *v;
};

/* What is remembered of a container. Strings belong to the record's arena. */
struct cm_record {
    struct cm_arena arena;
    uint32_t version; /* of this format */
    const char *id;
    bool created;       /* false while `create` works: phase creating */
    bool started;       /* `start` has passed the barrier */
    pid_t pid;          /* of init, in the runtime's pid namespace; 0 until it exists */
    uint64_t pid_start; /* field 22 of /proc/PID/stat */
    uint64_t pidfd_ino; /* inode of its pidfd: unique per boot since Linux 6.9; 0 unknown */
    char boot_id[40];   /* a record of an earlier boot is stopped */
    const char *bundle, *rootfs;
    const char *config; /* where its configuration was read if not in the bundle; NULL otherwise */
    const char *created_at;  /* RFC 3339, nanoseconds, UTC */
    uint32_t owner;          /* uid */
    const char *cgroup_path; /* NULL: none */
    uint64_t cgroup_ino;     /* of its directory; 0: it was not made yet, what is at that path may be anybody's */
    uint32_t cgroup_parents; /* directories above it that were made for it */
    const char *systemd_unit; /* whose cgroup that is; NULL: made without systemd */
    uint32_t device_program; /* the kernel's number of it; 0: none */
    bool rootless;
    bool slot_held; /* slot_* are valid */
    uint32_t slot_index, slot_host_id, slot_ids;
    uint64_t slot_generation;
    bool external_ids; /* the ledger notes a range of the config's under our key */
    struct {
        const char *type;
        uint64_t dev, ino;
    } namespaces[OCI_NS_TYPES]; /* of init; type NULL ends the list */
    struct oci_map annotations;
    struct oci_strings tightened; /* "CODE field: message" */
    struct oci_strings unenforced;
    struct oci_strings exceptions; /* of the policy, that were used: "CODE field: message (FILE: /exceptions/N until …: \"reason\")" */
    const char *policy;
    struct oci_strings audit; /* where later commands record what they do: audit/trail.h, cm_audit_sink_text */
    uint32_t audit_per_minute;
    bool start_hooks;                           /* between start and the program hooks run inside the container */
    struct cm_record_hooks poststart, poststop; /* to be run by later commands */
};

/* The open state root. */
struct cm_store {
    int fd;
    const char *path;
};
#define CM_STORE_NONE ((struct cm_store){.fd = CM_FD_NONE})

/* Checks the characters and length of an id: runc's messages "container id cannot be empty", "invalid container ID format". */
int cm_id_check(const char *id, struct cm_error *err) CM_MUST_USE;

/* Opens the root; makes it (0700, with missing parents 0755) when `make`. Refuses one that is a link, not ours, or writable by others. -ENOENT without make. */
int cm_store_open(const char *path, bool make, struct cm_store *ret, struct cm_error *err) CM_MUST_USE;
void cm_store_close(struct cm_store *store);
#define CM_AUTO_STORE CM_CLEANUP(cm_store_close)

/* A container's directory, locked exclusively when `locked`. */
struct cm_entry {
    int fd;
    bool locked;
    bool fresh;
    char id[CM_ID_MAX + 1];
};
#define CM_ENTRY_NONE ((struct cm_entry){.fd = CM_FD_NONE})
void cm_entry_close(struct cm_entry *entry);
#define CM_AUTO_ENTRY CM_CLEANUP(cm_entry_close)

/*
 * Makes the directory of a new container and locks it. If one exists: when its lock is free and it has no state.json, or its record is still `creating` (its
 * maker was killed), it is returned with fresh == false and locked, for the caller to clear what is recorded there and go on; otherwise -EEXIST "container with
 * given ID already exists". A directory deleted between open and lock is retried.
 */
int cm_entry_create(const struct cm_store *store, const char *id, struct cm_entry *ret, struct cm_error *err) CM_MUST_USE;
/* Opens an existing one. -ENOENT "container does not exist". With `lock`, waits at most 10 s (-EAGAIN says who may hold it). A directory that someone swapped
 * for a link or a file is refused. */
int cm_entry_open(const struct cm_store *store, const char *id, bool lock, struct cm_entry *ret, struct cm_error *err) CM_MUST_USE;
/* Removes the directory and the few files we put there. Success when it is gone already. The entry stays locked until closed. */
int cm_entry_remove(const struct cm_store *store, struct cm_entry *entry, struct cm_error *err) CM_MUST_USE;

int cm_record_write(const struct cm_entry *entry, const struct cm_record *record, struct cm_error *err) CM_MUST_USE;
/* -ENOENT when there is no record (yet): "container does not exist". Free with cm_record_free. */
int cm_record_read(const struct cm_entry *entry, struct cm_record **ret, struct cm_error *err) CM_MUST_USE;
/* The same by the container's id, without opening its directory: for who reads many. */
int cm_record_read_of(const struct cm_store *store, const char *id, struct cm_record **ret, struct cm_error *err) CM_MUST_USE;
/*
 * What can still be found in a record that cannot be read, to see whether its process lives: only pid, pid_start, pidfd_ino and boot_id are set. Nothing may be
 * done to that process on such evidence. False when there is not enough.
 */
bool cm_record_salvage(const struct cm_entry *entry, struct cm_record *ret);
void cm_record_free(struct cm_record *record);
void cm_record_free_ptr(struct cm_record **record);
#define CM_AUTO_RECORD CM_CLEANUP(cm_record_free_ptr)

/* Calls `each` with every id of the root, in byte order. Entries that are no directories or no valid ids are skipped. */
int cm_store_each(const struct cm_store *store, int (*each)(const char *id, void *user), void *user, struct cm_error *err) CM_MUST_USE;

/*
 * A pidfd of the recorded init, proven to be the recorded process (pidfd inode where the kernel has unique ones, else start time) and not a zombie. Returns the
 * descriptor, -ESRCH when it is gone, or another -errno. `proc` is a procfs descriptor.
 */
int cm_record_pidfd(const struct cm_record *record, int proc);
/* The inode number that identifies a pidfd's process, 0 where the kernel (before 6.9) has none; start time from /proc/PID/stat. */
uint64_t cm_pidfd_inode(int pidfd);
int cm_pid_start_time(int proc, pid_t pid, uint64_t *ret);
/* This boot's id from `proc`, 36 characters. */
int cm_boot_id(int proc, char ret[40]);
/* Status from the facts: `alive` from cm_record_pidfd, `frozen` from the cgroup. */
enum cm_status cm_record_status(const struct cm_record *record, bool alive, bool frozen);

/* The `state` document (runc.md: ociVersion,id,pid,status,bundle,rootfs,created,annotations?,owner) with 2 spaces, no final newline. Also the objects of
 * `list`. */
struct json_writer;
void cm_state_document(const struct cm_record *record, enum cm_status status, const char *owner, struct json_writer *writer);
/* The same with no more than the specification names (config.md, "State"): for programs that it is sent to. `pid` is init's where they are, 0: none. */
void cm_state_specified(const struct cm_record *record, const char *status, pid_t pid, const char *key, struct json_writer *writer);
