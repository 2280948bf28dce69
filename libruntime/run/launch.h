/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One launch: what the parent (run/create.c, run/exec.c) acquires and what the process (run/child.c, run/exec_child.c) executes. The two talk over
 * one SOCK_SEQPACKET pair: the child sends one cm_child_report, the parent answers with one CM_GO_… byte.
 */
#pragma once

#include "audit/trail.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"
#include "idmap/slots.h"
#include "ns/userns.h"
#include "rootfs/rootfs.h"
#include "run/descriptors.h"
#include "run/notify.h"
#include "run/runtime.h"
#include "run/terminal.h"
#include "seccomp/seccomp.h"

/* Name of the barrier's FIFO in the state directory: `start` writes one byte. */
#define CM_START_FIFO "start"

#define CM_GO_WAIT 'w'  /* fully confined: wait at the barrier for `start` */
#define CM_GO_RUN 'r'   /* `run`: execute at once */
#define CM_AT_HOOKS 'h' /* the child, before its pivot: it waits for the runtime's hooks, and is answered the same */

struct cm_child_report {
    int32_t errnum;   /* 0: ready */
    int32_t listener; /* number of the seccomp listener among the descriptors of the process; -1: it has none */
    char field[CM_ERROR_FIELD_MAX];
    char message[2048];
};

/* The child has a copy of all of it as it was when it was cloned. Of `create` and `run` alone: record, hooks_begun, notify_directory, notify, fifo. */
struct cm_launch {
    struct cm_runtime *runtime;
    const struct cm_create_options *options;
    struct oci_config *config;
    struct cm_facts facts;
    struct cm_arena arena; /* the plan's */
    struct cm_plan *plan;

    struct cm_entry entry;
    struct cm_record record;
    struct cm_cgroup cgroup;
    struct cm_systemd systemd; /* the first process of the container's scope, until the container's own is there */
    struct cm_userns userns;
    int joined[OCI_NS_TYPES]; /* of the pod: pid, ipc, uts; CM_FD_NONE: a new one */
    struct cm_tree tree;
    struct cm_filter filter_ours, filter_extra; /* the second is the bundle's, if has_extra */
    bool has_extra;
    bool joins;              /* `exec`: part of a struct cm_exec */
    bool no_barrier;         /* `run` */
    bool hooks_begun;        /* create hooks may have run: poststop hooks undo what they did */
    int fifo;                /* read end of the barrier, open for both so that it never reports an end; CM_FD_NONE for `run` */
    int sync[2];             /* parent, child */
    struct cm_passed passed; /* descriptors of the caller, from CM_PASSED_FIRST on */
    int notify_directory;    /* of the state, for the mount of the plan */
    struct cm_notify notify; /* `run` */
    int pidfd_socket;        /* who gets a pidfd of the process; connected before anything is made */
    struct cm_launch_terminal terminal;
    struct cm_rootfd root; /* in the child: its own root, once everything of the host is closed */
    int landlock;          /* in the child: the prepared ruleset */
    int agent;             /* who hears the system calls that the bundle's filter hands over; connected before anything is made */
    int listener;          /* the descriptor for it, as the child numbers it */
    char *const *env;      /* in the child: what the program gets */
    bool in_child;
    struct cm_audit_trail audit;
    bool audited;           /* the record of a required sink is written */
    struct cm_trace *trace; /* what the child does, when debugging; shared by both */
    pid_t pid;              /* of the child; in the child: its own, as the private procfs shows it */
    int pidfd;
};

/* A named step: the launch is a list of these. */
struct cm_step {
    const char *name;
    int (*run)(struct cm_launch *launch, struct cm_error *err);
};

/* Runs the steps in order and stops at the first that fails; each and its duration is logged when debugging, by the parent. */
int cm_steps_run(const struct cm_step *steps, size_t n, struct cm_launch *launch, struct cm_error *err) CM_MUST_USE;

/* What every process of a container does: the steps, the report, the wait for the parent's (and the barrier's) go, execve (run/handover.c). */
CM_NORETURN void cm_child_become(struct cm_launch *launch, const struct cm_step *steps, size_t n);

/* The container's process from its first instruction to execve: never returns (run/child.c). */
CM_NORETURN void cm_child_main(struct cm_launch *launch);

/* Parent steps up to and including the wait for the child's report (run/acquire.c and run/spawn.c). */
int cm_launch_ids(struct cm_launch *launch, struct cm_error *err);
int cm_launch_userns(struct cm_launch *launch, struct cm_error *err);
int cm_launch_rootfs(struct cm_launch *launch, struct cm_error *err);
int cm_launch_dev(struct cm_launch *launch, struct cm_error *err);
int cm_launch_filters(struct cm_launch *launch, struct cm_error *err);
int cm_launch_cgroup(struct cm_launch *launch, struct cm_error *err);
/* run/unit.c: starts the helper, which has a way to go; asks systemd for the scope; takes over its cgroup (part of the step above); lets its first process go when the container's is there. */
int cm_launch_unit_prepare(struct cm_launch *launch, struct cm_error *err);
int cm_launch_unit(struct cm_launch *launch, struct cm_error *err);
int cm_launch_unit_cgroup(struct cm_launch *launch, unsigned int controllers, struct cm_error *err);
int cm_launch_unit_leave(struct cm_launch *launch, struct cm_error *err);
int cm_launch_unit_left(struct cm_launch *launch, struct cm_error *err);
/* Without privilege, before a process joins a container of the user's manager: see who_moves. */
int cm_launch_step_below(struct cm_launch *launch, const char *cgroup_path, struct cm_error *err);
int cm_launch_barrier(struct cm_launch *launch, struct cm_error *err);
int cm_launch_devices(struct cm_launch *launch, struct cm_error *err);
int cm_launch_spawn(struct cm_launch *launch, struct cm_error *err);
struct clone_args;
/* Part of it, and of exec: one clone3 into launch->cgroup with args->flags (CLONE_PIDFD is added). Fills in pid, pidfd and trace. Returns 0 or -errno. */
int cm_launch_clone(struct cm_launch *launch, struct clone_args *args, void (*child)(struct cm_launch *launch));
/*
 * The same in a pid namespace that others are in, given by a descriptor of it or of a process in it: they see the child from its birth, so it has no command line
 * (argv is the caller's own) then, and cannot be traced (the parent is not dumpable). Later children are born in our own again.
 * Returns a positive errno if they would not be: without privilege in the host's user namespace nobody goes back. The child is born then too.
 */
int cm_launch_clone_into(struct cm_launch *launch, int pid_namespace, char *const *argv, struct clone_args *args, void (*child)(struct cm_launch *launch));
/* Hooks, by the parent (run/launch_hooks.c): prestart and createRuntime while the child waits before its pivot; those of `run` after its release. */
int cm_launch_runtime_hooks(struct cm_launch *launch, struct cm_error *err);
int cm_launch_poststart_hooks(struct cm_launch *launch, struct cm_error *err);
/* By the child: createContainer before the pivot; startContainer, found early and run last, behind the filters. */
int cm_child_container_hooks(struct cm_launch *launch, struct cm_error *err);
int cm_child_find_start_hooks(struct cm_launch *launch, struct cm_error *err);
int cm_child_start_hooks(struct cm_launch *launch, struct cm_error *err);
/* What the child sent: its report. `n` is what cm_launch_receive_report returned. */
int cm_launch_judge_report(struct cm_launch *launch, struct cm_child_report *report, ssize_t n, struct cm_error *err);
int cm_launch_wait_ready(struct cm_launch *launch, struct cm_error *err);
/* run/pidfd.c: the second sends `what`, "standard" or "setns" (runc's words), with the pidfd, if the first connected. */
int cm_launch_connect_pidfd(struct cm_launch *launch, struct cm_error *err);
int cm_launch_send_pidfd(struct cm_launch *launch, const char *what, struct cm_error *err);
int cm_launch_release(struct cm_launch *launch, struct cm_error *err);
/* run/agent.c: the second takes the listener of the waiting process and gives it away, if the first connected. `record` and `status` are the container's. */
int cm_launch_connect_agent(struct cm_launch *launch, struct cm_error *err);
int cm_launch_send_listener(struct cm_launch *launch, const struct cm_record *record, enum cm_status status, struct cm_error *err);
/* Returns the size, 0 when the child's end is closed, or -errno: -ETIMEDOUT after a minute. */
ssize_t cm_launch_receive(struct cm_launch *launch, void *data, size_t size);
/* A report, or one byte of the hooks'; what comes before it is taken. -1: no limit, while hooks run that have none. */
ssize_t cm_launch_receive_report(struct cm_launch *launch, struct cm_child_report *report, int limit_ms);
/* A launch takes milliseconds; a minute is for hosts that swap. */
#define CM_READY_LIMIT_MS 60000

/* Descriptors that are open while the process waits at the barrier: the standard streams, those that the caller passes on, the socket, the barrier. */
static inline int cm_child_fd_sync(const struct cm_launch *launch)
{
    return CM_PASSED_FIRST + (int)launch->passed.n;
}

/* Steps of every process that becomes part of a container, init or joining later (run/confine.c, run/program.c). */
int cm_child_die_with_parent(struct cm_launch *launch, struct cm_error *err);
/* Session, signals, affinity and keyring of the caller are left behind. Fills in launch->pid. */
int cm_child_inherited(struct cm_launch *launch, struct cm_error *err);
int cm_child_oom_score(struct cm_launch *launch, struct cm_error *err);
int cm_child_stdio(struct cm_launch *launch, struct cm_error *err);
/* Part of it: with process.terminal a new terminal of the container's becomes the controlling one and descriptors 0 to 2 (run/terminal.c). */
int cm_child_terminal(struct cm_launch *launch, struct cm_error *err);
int cm_child_label(struct cm_launch *launch, struct cm_error *err);
int cm_child_raise_limits(struct cm_launch *launch, struct cm_error *err);
/* Non-dumpable: out of reach of every process that is not the host's. */
int cm_child_hide(struct cm_launch *launch, struct cm_error *err);
/* … and dying with the parent, after a change of credentials. */
int cm_child_hide_again(struct cm_launch *launch, struct cm_error *err);
int cm_child_enter_userns(struct cm_launch *launch, struct cm_error *err);
int cm_child_ids(struct cm_launch *launch, struct cm_error *err);
int cm_child_working_directory(struct cm_launch *launch, struct cm_error *err);
int cm_child_umask(struct cm_launch *launch, struct cm_error *err);
int cm_child_descriptors(struct cm_launch *launch, struct cm_error *err);
/* Part of it: closes all but the standard streams, what the caller passes on, the socket (next to those) and `*other` (behind it, may be CM_FD_NONE). */
int cm_child_keep(struct cm_launch *launch, int *other, struct cm_error *err);
int cm_child_landlock_rules(struct cm_launch *launch, struct cm_error *err);
int cm_child_capabilities(struct cm_launch *launch, struct cm_error *err);
int cm_child_make_environment(struct cm_launch *launch, struct cm_error *err);
int cm_child_landlock(struct cm_launch *launch, struct cm_error *err);
int cm_child_descriptors_again(struct cm_launch *launch, struct cm_error *err);
int cm_child_scheduling(struct cm_launch *launch, struct cm_error *err);
int cm_child_limits(struct cm_launch *launch, struct cm_error *err);
int cm_child_filters(struct cm_launch *launch, struct cm_error *err);
int cm_child_find_program(struct cm_launch *launch, struct cm_error *err);
const char *cm_child_program(void); /* what find_program found */
#define CM_CANNOT_START "unable to start container process: " /* what engines and their users look for in front of the reason, as runc has it */
/* The environment with HOME looked up in the container's /etc/passwd if the config gives none. */
char *const *cm_child_environment(const struct cm_plan *plan, struct cm_rootfd root);

/* What a plan made stricter, what exceptions granted, and what the host does not enforce, as lines of the log (findings.c). */
void cm_log_findings(const struct cm_plan *plan);
