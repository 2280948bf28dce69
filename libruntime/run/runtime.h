/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's operations on containers: what the command line calls. One file of run/ implements each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "plan/plan.h"
#include "seccomp/describe.h"
#include "plan/report.h"
#include "state/store.h"

/* What every operation needs, opened once per process (run/runtime.c). */
struct cm_runtime {
    int proc;                       /* private procfs */
    int pid;                        /* ours */
    bool rootless;                  /* not in the initial user namespace */
    bool systemd_driver;            /* --systemd-cgroup: for what is made, not for what there is */
    uint32_t caller_uid;            /* who called: the owner of a rootless store */
    int64_t began_us;               /* when it was opened, by cm_now_us */
    int cgroup_root;                /* see cm_runtime_cgroup_root */
    int ledger_directory;           /* see cm_runtime_open_ledger */
    struct cm_store store;          /* CM_STORE_NONE when it was not asked for or (without make) does not exist */
    const struct cm_policy *policy; /* of this host, if it was asked for; else the built-in one. Lives in the arena, or is constant */
    struct cm_arena policy_arena;
};

#define CM_RUNTIME_NONE ((struct cm_runtime){.proc = CM_FD_NONE, .cgroup_root = CM_FD_NONE, .ledger_directory = CM_FD_NONE, .store = CM_STORE_NONE})

struct cm_runtime_options {
    const char *root;     /* state root, absolute */
    bool root_is_default; /* a missing default root is no error for `list` */
    bool make_root;       /* create, run */
    bool need_root;       /* false for spec, features: no store is opened */
    bool see_root;        /* check: what of it there is and may be opened, or none */
    bool only_looks;      /* needs no procfs (making and dropping one costs as much as all the rest) nor whether it is rootless */
    bool systemd_driver;  /* see struct cm_runtime */
    bool need_policy;     /* whatever makes or enters a container; what ends one must work with a broken policy too */
    const char *policy;   /* --policy: see run/policy_files.h; NULL: none given */
};

int cm_runtime_open(const struct cm_runtime_options *options, struct cm_runtime *ret, struct cm_error *err) CM_MUST_USE;
void cm_runtime_close(struct cm_runtime *runtime);
/* The private procfs, made when it is not there yet. */
int cm_runtime_proc(struct cm_runtime *runtime, struct cm_error *err);
/* Descriptor of the cgroup2 mount, opened on first use and kept; -errno when there is none. */
int cm_runtime_cgroup_root(struct cm_runtime *runtime, struct cm_error *err);
#define CM_AUTO_RUNTIME CM_CLEANUP(cm_runtime_close)

/*
 * The id ledger of this host. It lies in the default state root whatever --root says (engines use several roots), because ids belong to the host: two ledgers
 * would give one range to two containers. `pool` may be NULL for finding and releasing.
 */
#define CM_LEDGER_DIRECTORY "/run/casemate"
struct cm_ledger;
struct cm_id_pool;
int cm_runtime_open_ledger(struct cm_runtime *runtime, const struct cm_id_pool *pool, struct cm_ledger *ret, struct cm_error *err) CM_MUST_USE;
/* Its directory, opened (and made) on first use and kept. */
int cm_runtime_ledger_directory(struct cm_runtime *runtime, struct cm_error *err);

struct cm_create_options {
    const char *id;
    const char *bundle;         /* directory; relative to the working directory */
    const char *config;         /* NULL: the bundle's config.json; an absolute path: this file instead of it */
    const char *pid_file;       /* NULL: none; relative to the working directory */
    const char *console_socket; /* NULL: none */
    const char *pidfd_socket;   /* the same */
    uint32_t preserve_fds;
    bool no_new_keyring;
    char *const *argv; /* the program's arguments, to be wiped in the container's process (they are world-readable in /proc); NULL: none */
    bool detach;       /* run only */
    bool keep;         /* run only */
    bool no_subreaper; /* run only */
    bool owns_process; /* the calling process exists for this one operation: its descriptors may be closed together at the end */
};

/* run/create.c. On failure nothing of the container is left. Tightenings are logged as one warning-free info record and stored in the state. */
int cm_create(struct cm_runtime *runtime, const struct cm_create_options *options, struct cm_error *err) CM_MUST_USE;
/* create, start, and unless detached: wait, forward signals, delete. *ret_status is the process's exit status or 128 + signal. */
int cm_run(struct cm_runtime *runtime, const struct cm_create_options *options, int *ret_status, struct cm_error *err) CM_MUST_USE;

struct cm_exec_options {
    const char *id;
    const char *process_file; /* process.json; NULL: the bundle's process, changed by what follows */
    struct oci_strings args, env, caps, additional_gids;
    const char *cwd, *user, *apparmor, *process_label; /* NULL: as it is */
    bool tty, no_new_privs;
    struct oci_strings cgroups; /* at most one: a path below the container's cgroup */
    bool detach, ignore_paused;
    const char *pid_file, *console_socket, *pidfd_socket; /* NULL: none */
    uint32_t preserve_fds;
    char *const *argv; /* the program's own arguments, hidden while the process is born; NULL: none */
    bool owns_process; /* as above */
};

/*
 * run/exec.c: a further process in a container. Unless detached: waits, forwards signals; *ret_status is the process's exit status or 128 + signal.
 */
int cm_exec(struct cm_runtime *runtime, const struct cm_exec_options *options, int *ret_status, struct cm_error *err) CM_MUST_USE;
/* run/start.c */
int cm_start(struct cm_runtime *runtime, const char *id, struct cm_error *err) CM_MUST_USE;
/* run/kill.c: "container not running" when stopped (success with `all`, which then kills what is left in the cgroup). */
int cm_kill(struct cm_runtime *runtime, const char *id, int signal, bool all, struct cm_error *err) CM_MUST_USE;
/* run/delete.c */
int cm_delete(struct cm_runtime *runtime, const char *id, bool force, struct cm_error *err) CM_MUST_USE;
/* run/cleanup.c: removes everything a record names: processes, cgroup, id slot, then the directory. Used by delete, by a failed create and by a repeated one.
 * The entry is locked. Every step is tried even if one fails; the first error is returned. `record` may be NULL (killed before it was written). */
int cm_cleanup(struct cm_runtime *runtime, struct cm_entry *entry, const struct cm_record *record, struct cm_error *err) CM_MUST_USE;
/* run/pause.c: "container not running" unless it is running or created, "container not paused". Waits for the freezer at most 10 s. */
int cm_pause(struct cm_runtime *runtime, const char *id, struct cm_error *err) CM_MUST_USE;
int cm_resume(struct cm_runtime *runtime, const char *id, struct cm_error *err) CM_MUST_USE;
/* run/ps.c: the processes of the container's cgroup and those below: a JSON array of numbers, or the lines that the host's ps prints for them; `args` are
 * options for ps instead of -ef. */
int cm_ps(struct cm_runtime *runtime, const char *id, bool json, const char *const *args, size_t n_args, struct cm_str *out, struct cm_error *err) CM_MUST_USE;
/* Of what ps printed (changed in place): the header and the lines of these processes, which are sorted. */
int cm_ps_filter(char *text, const pid_t *pids, size_t n, struct cm_str *out, struct cm_error *err) CM_MUST_USE;
/* run/update.c: changes limits: only those that the request gives, judged like a new container's (plan/update.h). "container not running". */
struct cm_update_request {
    const struct oci_resources *resources;
    bool rdt; /* a schema for Intel RDT is asked for */
};
int cm_update(struct cm_runtime *runtime, const char *id, const struct cm_update_request *request, struct cm_error *err) CM_MUST_USE;
/* run/events.c: statistics and OOM kills as JSON lines, until the container ends. */
struct cm_events_options {
    int64_t interval_ms; /* above 0 */
    bool once;           /* the statistics now, and nothing else */
    int output;          /* see struct cm_watch */
    int (*emit)(const struct cm_str *line, void *user, struct cm_error *err);
    void *user;
};
int cm_events(struct cm_runtime *runtime, const char *id, const struct cm_events_options *options, struct cm_error *err) CM_MUST_USE;
/* run/state.c: the `state` document of one container, and `list` of all. */
int cm_state(struct cm_runtime *runtime, const char *id, struct cm_str *out, struct cm_error *err) CM_MUST_USE;

enum cm_list_format { CM_LIST_TABLE, CM_LIST_JSON, CM_LIST_QUIET };
/* Entries that cannot be read are reported through `broken` (may be NULL) and left out. */
int cm_list(struct cm_runtime *runtime, enum cm_list_format format, void (*broken)(const struct cm_error *err), struct cm_str *out,
            struct cm_error *err) CM_MUST_USE;

/* run/facts.c: reads config.json of the bundle and gathers the host's facts for it; the id is only used to name things. Both results are the caller's. */
struct cm_bundle_name {
    const char *bundle, *config; /* as in cm_create_options */
    struct cm_str *text;         /* receives the configuration as it was read; NULL: not wanted */
};
int cm_load_bundle(struct cm_runtime *runtime, const struct cm_bundle_name *name, struct oci_config **ret_config, struct cm_facts *ret_facts,
                   struct cm_error *err) CM_MUST_USE;
/* run/check.c: the plan of a bundle, printed. *ret_verdict decides the exit code. Touches nothing. */
int cm_check(struct cm_runtime *runtime, const struct cm_bundle_name *name, const struct cm_report_options *options, struct cm_str *out,
             enum cm_verdict *ret_verdict, struct cm_error *err) CM_MUST_USE;

/* run/host_check.c: what this kernel and host can and cannot enforce; needs neither a policy that is in order nor a bundle. *ret_status is the exit status. */
struct cm_host_request {
    const char *policy;        /* as in cm_runtime_options */
    const char *state_root;    /* absolute */
    const char *outer_problem; /* why a caller without privilege has no outer user namespace; NULL: he is in it, or needs none */
};
int cm_host_check(struct cm_runtime *runtime, const struct cm_host_request *request, const struct cm_report_options *options, struct cm_str *out, int *ret_status,
                  struct cm_error *err) CM_MUST_USE;

/*
 * run/check_container.c: a container as it was recorded against how it is now, printed as text or JSON. Changes nothing and trusts nothing of the container's.
 * *ret_status is what the command exits with: 0 as it was recorded, 2 stricter, 3 weaker, 1 when not all of it could be looked at.
 */
int cm_check_container(struct cm_runtime *runtime, const char *id, enum cm_report_format format, struct cm_style style, struct cm_str *out, int *ret_status,
                       struct cm_error *err) CM_MUST_USE;

/*
 * run/rootless.c: called by main before anything else when the effective uid is not 0 and the command makes containers (create, run, check): puts the calling
 * process into its outer user namespace (and mount namespace) with the caller's subordinate ids, where it is root, and protects our executable there. Returns 0
 * in the outer namespace. Does not return when it had to execute a read-only copy of the program; argv is that program's. `kill` and `delete` stay outside: who
 * made the outer namespace may signal everything in it.
 */
int cm_rootless_enter(char *const argv[], struct cm_error *err) CM_MUST_USE;
/* The outer user namespace is one that cm_rootless_enter made; else the caller brought it. */
bool cm_rootless_made_outer(void);
/* The same for a command that joins the container `id` of the state root: into the outer user namespace in which that container was made. */
int cm_rootless_join(const char *root, const char *id, char *const argv[], struct cm_error *err) CM_MUST_USE;

/* run/explain.c: `seccomp list` (n == 0: the profiles; else the calls in these) and `seccomp explain`. `arch_word` NULL: this machine's; `bundle` NULL: none, else
 * question->bundle is filled from it. Need no privilege. */
int cm_list_filters(const char *arch_word, const char *const *profiles, size_t n, const struct cm_seccomp_output *output, struct cm_error *err) CM_MUST_USE;
int cm_explain_filter(const char *arch_word, const char *bundle, struct cm_seccomp_question *question, const struct cm_seccomp_output *output,
                      struct cm_error *err) CM_MUST_USE;

/* run/features.c: the `features` document of the runtime-spec, from the same tables that validate. Needs no privilege. */
void cm_features(struct cm_str *out);
