/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One operation on a container as it is told to those who audit the host, and its form: one line of JSON in ASCII, of at most CM_AUDIT_LINE_MAX bytes,
 * whatever a bundle says. Pure. Never in it: arguments, environment, messages, which may quote either.
 */
#pragma once

#include <sys/types.h>

#include "base/str.h"
#include "plan/plan.h"

#define CM_AUDIT_LINE_MAX ((size_t)8192) /* with its line break: what syslog daemons take whole */
#define CM_AUDIT_VERSION 1u

enum cm_audit_event {
    CM_AUDIT_CREATE,
    CM_AUDIT_START,
    CM_AUDIT_EXEC,
    CM_AUDIT_UPDATE,
    CM_AUDIT_PAUSE,
    CM_AUDIT_RESUME,
    CM_AUDIT_KILL,
    CM_AUDIT_DELETE,
    CM_AUDIT_EVENTS,
};

enum cm_audit_outcome {
    CM_AUDIT_OK,
    CM_AUDIT_REFUSED, /* by the policy or the planner: nothing was done */
    CM_AUDIT_FAILED,
};

const char *cm_audit_event_word(enum cm_audit_event event);
const char *cm_audit_outcome_word(enum cm_audit_outcome outcome);

/* Who called. */
struct cm_audit_caller {
    uint32_t uid;
    bool login_uid_set;
    uint32_t login_uid; /* of the session it descends from (pam_loginuid(8)) */
    pid_t pid, parent;
    char parent_name[32];
};

/* All of it is borrowed; NULL and 0 is "not known", and left out. */
struct cm_audit_record {
    enum cm_audit_event event;
    enum cm_audit_outcome outcome;
    int64_t seconds; /* since 1970 */
    long nanoseconds;
    uint64_t duration_us;
    uint64_t lost; /* records that could not be written since the last one */

    const char *id;
    bool foreground; /* create and delete as parts of `run` */
    bool rootless;
    const char *bundle, *config, *config_sha256;
    const char *cgroups_path; /* of the configuration */
    const char *cgroup_path;  /* in the cgroup2 tree */
    uint64_t cgroup_ino;
    const struct oci_map *annotations;

    const char *policy;
    const struct cm_plan *plan; /* its verdict and findings; of `update` also the limits */

    const struct oci_id_mappings *users; /* container's ids and the host's */
    size_t n_namespaces;
    struct {
        const char *type;
        uint64_t ino;
    } namespaces[OCI_NS_TYPES];

    pid_t init;
    uint64_t init_start, init_pidfd; /* start time in clock ticks after boot; inode of its pidfd */
    pid_t process;                   /* exec: the new one */
    bool user_set;
    uint32_t uid, gid; /* of the program, as the container sees them */
    const char *seccomp_profile, *filter_sha256, *bundle_filter_sha256;
    const char *apparmor, *selinux;

    int signal;        /* kill */
    int errnum;        /* failed */
    const char *field; /* the place in the configuration to blame */
    struct cm_audit_caller caller;
};

/* Appends the line. Lists that would make it too long are cut, with the number of what was left out; so are long texts, with "..." at their end. */
void cm_audit_format(const struct cm_audit_record *record, struct cm_str *out);
