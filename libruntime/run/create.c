/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `create`: the launch as one list. Everything is decided before anything is done (parent_steps: decide), everything of the host is acquired before the
 * container's process exists, and that process (run/child.c) reports only once it is fully confined. Hostile: the bundle.
 */
#include "run/create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/time.h"
#include "ns/identity.h"
#include "run/audit.h"
#include "run/pid_file.h"
#include "run/test_hooks.h"
#include "run/trace.h"
#include "state/confinement.h"

static int step_load(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_bundle_name name = {launch->options->bundle, launch->options->config};

    return cm_load_bundle(launch->runtime, &name, &launch->config, &launch->facts, err);
}

static int step_decide(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_policy *policy = cm_test_policy(launch->runtime->policy);

    cm_debug("policy: %s", policy->id);
    int r = cm_plan_make(launch->config, policy, &launch->facts, launch->options->id, &launch->arena, &launch->plan);

    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "planning the container");
    if (launch->plan->verdict == CM_VERDICT_REFUSED)
        return cm_plan_refusal_error(launch->plan, err);
    return 0;
}

/* Options of the command that are not there yet are refused, never ignored. */
static int step_options(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_passed_judge(launch->runtime, launch->options->preserve_fds, &launch->passed, err);
    if (r == 0)
        r = cm_passed_environment(&launch->passed, launch->plan, err);
    return r < 0 ? r : cm_launch_connect_pidfd(launch, err);
}

static void now_rfc3339(char *buffer, size_t size)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail for this clock */
    cm_time_rfc3339(t.tv_sec, t.tv_nsec, buffer, size);
}

/* A list of the record; NULL elements: memory ran out. */
static int take_list(struct cm_launch *launch, size_t n, struct oci_strings *ret, const char ***ret_list)
{
    const char **list = cm_arena_array(&launch->arena, n + 1, sizeof(*list));

    *ret_list = list;
    *ret = (struct oci_strings){true, n, list};
    return list ? 0 : -ENOMEM;
}

/* The lists of findings as strings for the record. */
static int record_findings(struct cm_launch *launch)
{
    const struct cm_plan *plan = launch->plan;
    struct cm_arena *arena = &launch->arena;
    const char **tightened, **unenforced, **exceptions;

    if (take_list(launch, plan->n_findings, &launch->record.tightened, &tightened) < 0 ||
        take_list(launch, plan->n_unenforced, &launch->record.unenforced, &unenforced) < 0 ||
        take_list(launch, plan->n_granted, &launch->record.exceptions, &exceptions) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < plan->n_findings; i++)
        if (!(tightened[i] = cm_arena_printf(arena, "%s %s: %s", plan->findings[i].code, plan->findings[i].field, plan->findings[i].message)))
            return -ENOMEM;
    for (size_t i = 0; i < plan->n_unenforced; i++)
        if (!(unenforced[i] = cm_arena_printf(arena, "%s: %s", plan->unenforced[i].what, plan->unenforced[i].reason)))
            return -ENOMEM;
    for (size_t i = 0; i < plan->n_granted; i++) {
        const struct cm_granted *g = &plan->granted[i];
        if (!(exceptions[i] = cm_arena_printf(arena, "%s %s: %s (%s until %s: \"%s\")", g->code, g->field, g->message, g->exception->place,
                                              g->exception->expires_text, g->exception->reason)))
            return -ENOMEM;
    }
    return 0;
}

/* Makes the state directory, clearing what a killed process left of the same id. */
static int step_reserve(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_record *record = &launch->record;
    char when[CM_TIME_TEXT_MAX];
    int r = cm_entry_create(&launch->runtime->store, launch->options->id, &launch->entry, err);

    if (r < 0)
        return r;
    if (!launch->entry.fresh) {
        CM_AUTO_RECORD struct cm_record *old = NULL;
        if (cm_record_read(&launch->entry, &old, err) < 0)
            old = NULL; /* killed before the first record was written: there is nothing but the directory */
        r = cm_cleanup(launch->runtime, &launch->entry, old, err);
        if (r < 0)
            return cm_error_prefix(err, "clearing what an earlier create of this id left: ");
        cm_trace_free(launch->trace);
        cm_entry_close(&launch->entry);
        r = cm_entry_create(&launch->runtime->store, launch->options->id, &launch->entry, err);
        if (r < 0)
            return r;
    }
    now_rfc3339(when, sizeof(when));
    *record = (struct cm_record){
        .version = 1,
        .id = launch->options->id,
        .bundle = launch->facts.bundle,
        .config = launch->options->config,
        .rootfs = launch->plan->rootfs,
        .created_at = cm_arena_strdup(&launch->arena, when),
        .owner = launch->facts.host_uid,
        .cgroup_path = launch->plan->cgroup_path,
        .systemd_unit = launch->plan->unit.name,
        .rootless = launch->runtime->rootless,
        .annotations = launch->config->annotations,
        .policy = launch->plan->policy->id,
        .start_hooks = launch->plan->hooks->n[OCI_HOOK_START_CONTAINER] > 0,
        .poststart = {launch->plan->hooks->n[OCI_HOOK_POSTSTART], launch->plan->hooks->v[OCI_HOOK_POSTSTART]},
        .poststop = {launch->plan->hooks->n[OCI_HOOK_POSTSTOP], launch->plan->hooks->v[OCI_HOOK_POSTSTOP]},
    };
    r = cm_boot_id(launch->runtime->proc, record->boot_id);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading the boot id");
    if (!record->created_at || record_findings(launch) < 0 || cm_launch_audit_remember(launch) < 0)
        return cm_fail_errno(err, ENOMEM, NULL, "recording the container");
    return 0;
}

/* The directory of the notify socket, which the plan mounts. `run` binds the socket before there is anybody to use it; else `start` does. */
static int step_notify(struct cm_launch *launch, struct cm_error *err)
{
    if (!launch->facts.notify)
        return 0;
    if (mkdirat(launch->entry.fd, CM_NOTIFY_DIRECTORY, 0755) < 0)
        return cm_fail_errno(err, errno, NULL, "making the directory of the notify socket");
    launch->notify_directory = openat(launch->entry.fd, CM_NOTIFY_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (launch->notify_directory < 0)
        return cm_fail_errno(err, errno, NULL, "opening the directory of the notify socket");
    for (size_t i = 0; i < launch->plan->n_mounts; i++)
        if (launch->plan->mounts[i].notify)
            launch->plan->mounts[i].source_fd = launch->notify_directory;
    return launch->no_barrier ? cm_notify_open(launch->entry.fd, &launch->notify, err) : 0;
}

/* From here on a killed runtime leaves a record that `delete` and the next `create` can clear. */
static int step_record_creating(struct cm_launch *launch, struct cm_error *err)
{
    return cm_record_write(&launch->entry, &launch->record, err);
}

/* What exec must know to be no weaker than init, and what check compares with what it finds: written before init exists, since it never changes. */
static int step_record_confinement(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_filter *ours = &launch->filter_ours, *extra = &launch->filter_extra;
    struct cm_confinement confinement;
    struct cm_promise promise;

    if (!cm_plan_confinement(launch->plan, launch->facts.landlock_abi, &confinement) ||
        !cm_plan_promise(launch->plan, launch->facts.own_oom_score_adj, &promise))
        return cm_fail_errno(err, ENOMEM, NULL, "recording the confinement");
    confinement.ours = (struct cm_confined_filter){ours->code, ours->size, ours->flags};
    confinement.extra = (struct cm_confined_filter){extra->code, extra->size, extra->flags};
    int r = cm_confinement_write(&launch->entry, &confinement, &promise, err);
    cm_test_weaken(launch->plan); /* behind the record's back */
    return r;
}

static int note_namespace(struct cm_record *record, size_t at, enum oci_namespace_type type, int r, const struct cm_ns_id *id, struct cm_error *err)
{
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "identifying the container's %s namespace", oci_namespace_word(type));
    record->namespaces[at].type = oci_namespace_word(type);
    record->namespaces[at].dev = id->dev;
    record->namespaces[at].ino = id->ino;
    return 0;
}

static int identify(struct cm_launch *launch, struct cm_error *err)
{
    static const enum oci_namespace_type born_in[] = {OCI_NS_PID, OCI_NS_MOUNT, OCI_NS_IPC, OCI_NS_UTS, OCI_NS_CGROUP, OCI_NS_TIME};
    struct cm_record *record = &launch->record;
    struct cm_ns_id id;
    char pid[16];
    size_t n = 0;

    record->pid = launch->pid;
    record->pidfd_ino = cm_pidfd_inode(launch->pidfd);
    int r = record->pidfd_ino != 0 ? 0 : cm_pid_start_time(launch->runtime->proc, launch->pid, &record->pid_start); /* before Linux 6.9 */
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading the start time of the container's process");
    (void)snprintf(pid, sizeof(pid), "%d", (int)launch->pid);
    size_t born = CM_ARRAY_LEN(born_in) - (launch->plan->new_time ? 0 : 1); /* the last one is optional */
    for (size_t i = 0; i < born && r == 0; i++) {
        int joined = launch->joined[born_in[i]]; /* maybe later than now */
        r = joined >= 0 ? cm_ns_number(joined, &id) : cm_ns_identify_of(launch->runtime->proc, pid, born_in[i], &id);
        r = note_namespace(record, n++, born_in[i], r, &id, err);
    }
    /* Those it enters later are ours to know. */
    if (r == 0)
        r = note_namespace(record, n++, OCI_NS_NETWORK, cm_ns_number(launch->userns.net, &id), &id, err);
    if (r == 0)
        r = note_namespace(record, n++, OCI_NS_USER, cm_ns_number(launch->userns.user, &id), &id, err);
    return r;
}

/* Who the container's process is: while it works, since all of this is fixed when it is born. One that failed meanwhile has no namespaces, but a reason. */
static int step_identify(struct cm_launch *launch, struct cm_error *err)
{
    int r = identify(launch, err);

    if (r == 0)
        return 0;
    int failed = cm_launch_wait_ready(launch, err);
    return failed < 0 ? failed : cm_fail_errno(err, -r, NULL, "identifying the container's process and its namespaces");
}

static int step_record_created(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_record *record = &launch->record;

    record->created = true;
    record->started = launch->fifo < 0; /* `run` passes no barrier */
    return cm_record_write(&launch->entry, record, err);
}

static int step_pidfd_socket(struct cm_launch *launch, struct cm_error *err)
{
    return cm_launch_send_pidfd(launch, "standard", err);
}

static int step_pid_file(struct cm_launch *launch, struct cm_error *err)
{
    return launch->options->pid_file ? cm_pid_file_write(launch->options->pid_file, launch->pid, err) : 0;
}

static int step_send_listener(struct cm_launch *launch, struct cm_error *err)
{
    return cm_launch_send_listener(launch, &launch->record, CM_STATUS_CREATING, err);
}

/* The launch. */
static const struct cm_step parent_steps[] = {
    {"unit-prepare", cm_launch_unit_prepare},
    {"load", step_load},     /* parse, host facts */
    {"decide", step_decide}, /* plan or refuse: nothing was done yet */
    {"audit", cm_launch_audit_open}, /* where the record of it goes, if that is required */
    {"options", step_options},
    {"terminal", cm_launch_find_terminal}, /* where the container's goes */
    {"reserve", step_reserve},             /* state directory, locked */
    {"notify", step_notify},
    {"ids", cm_launch_ids}, /* id slot */
    {"record-creating", step_record_creating},
    {"unit", cm_launch_unit}, /* systemd makes the scope while the next steps go on */
    {"userns", cm_launch_userns}, /* user and network namespace, still without a container */
    {"rootfs", cm_launch_rootfs}, /* detached, idmapped, read-only */
    {"dev", cm_launch_dev},       /* our nodes, detached */
    {"filters", cm_launch_filters},
    {"record-confinement", step_record_confinement}, /* for exec */
    {"cgroup", cm_launch_cgroup},                    /* with limits */
    {"barrier", cm_launch_barrier},
    {"spawn", cm_launch_spawn},     /* born in the cgroup */
    {"unit-leave", cm_launch_unit_leave},
    {"devices", cm_launch_devices}, /* the device program, while the child mounts: nothing of the bundle runs before the release */
    {"identify", step_identify},
    {"runtime-hooks", cm_launch_runtime_hooks},
    {"wait-ready", cm_launch_wait_ready}, /* confined, or failed with a reason */
    {"unit-left", cm_launch_unit_left},
    {"seccomp-agent", step_send_listener},
    {"hand-over-terminal", cm_launch_hand_over_terminal},
    {"record-created", step_record_created},
    {"pidfd-socket", step_pidfd_socket},
    {"pid-file", step_pid_file},
    {"audit-record", cm_launch_audit_required},
    {"release", cm_launch_release},
    {"poststart-hooks", cm_launch_poststart_hooks}, /* of `run` */
};

void cm_launch_init(struct cm_launch *launch, struct cm_runtime *runtime, const struct cm_create_options *options)
{
    *launch = (struct cm_launch){
        .runtime = runtime,
        .joined = {CM_FD_NONE, CM_FD_NONE, CM_FD_NONE, CM_FD_NONE, CM_FD_NONE, CM_FD_NONE, CM_FD_NONE, CM_FD_NONE},
        .options = options,
        .entry = CM_ENTRY_NONE,
        .facts = {.rootfs_fd = CM_FD_NONE},
        .cgroup = CM_CGROUP_NONE,
        .systemd = CM_SYSTEMD_NONE,
        .userns = CM_USERNS_NONE,
        .tree = {.userns = CM_FD_NONE,
                 .lower = CM_FD_NONE,
                 .dev = CM_FD_NONE,
                 .root = CM_ROOTFD_NONE,
                 .own_proc = CM_ROOTFD_NONE,
                 .own_sys = CM_ROOTFD_NONE,
                 .own_dev = CM_ROOTFD_NONE},
        .fifo = CM_FD_NONE,
        .sync = {CM_FD_NONE, CM_FD_NONE},
        .pidfd = CM_FD_NONE,
        .pidfd_socket = CM_FD_NONE,
        .notify_directory = CM_FD_NONE,
        .notify = CM_NOTIFY_NONE,
        .agent = CM_FD_NONE,
        .listener = CM_FD_NONE,
        .terminal = CM_LAUNCH_TERMINAL_NONE,
    };
}

void cm_launch_done(struct cm_launch *launch)
{
    cm_entry_close(&launch->entry);
    cm_cgroup_close(&launch->cgroup);
    cm_filter_free(&launch->filter_ours);
    cm_filter_free(&launch->filter_extra);
    cm_tree_close_sources(&launch->tree);
    cm_layers_close(&launch->tree);
    int *const fds[] = {&launch->userns.user,  &launch->userns.net, &launch->tree.lower,      &launch->tree.dev,
                        &launch->fifo,         &launch->sync[0],    &launch->sync[1],         &launch->pidfd,
                        &launch->pidfd_socket, &launch->agent,      &launch->notify_directory};
    for (size_t i = 0; i < CM_ARRAY_LEN(fds); i++)
        *fds[i] = cm_close(*fds[i]);
    for (size_t i = 0; i < OCI_NS_TYPES; i++)
        launch->joined[i] = cm_close(launch->joined[i]);
    cm_launch_close_terminal(&launch->terminal);
    cm_notify_close(&launch->notify);
    cm_facts_done(&launch->facts);
    cm_arena_free(&launch->arena);
    oci_config_free(launch->config);
}

void cm_launch_forget(struct cm_launch *launch, int first)
{
    if (!launch->options->owns_process)
        return;
    cm_passed_close(&launch->passed);
    const int keep[] = {launch->entry.fd,    launch->runtime->cgroup_root, launch->runtime->ledger_directory,
                        launch->pidfd,       launch->terminal.host,        launch->terminal.master,
                        launch->notify.host, launch->notify.inside};
    cm_close_now(first, keep, CM_ARRAY_LEN(keep));
    launch->userns = CM_USERNS_NONE;
    launch->cgroup.fd = launch->cgroup.parent = CM_FD_NONE;
    launch->tree.lower = launch->tree.dev = launch->fifo = launch->sync[0] = launch->sync[1] = CM_FD_NONE;
    launch->facts.rootfs_fd = CM_FD_NONE;
    for (size_t i = 0; i < OCI_NS_TYPES; i++)
        launch->joined[i] = CM_FD_NONE;
    launch->tree.sources_cloned = launch->tree.n_layers = launch->facts.n_rootfs_layers = 0;
    for (size_t i = 0; launch->plan && i < launch->plan->n_mounts; i++)
        launch->plan->mounts[i].userns_fd = CM_FD_NONE;
    memset(launch->facts.n_hooks, 0, sizeof(launch->facts.n_hooks));
    for (size_t i = 0; launch->facts.mounts && i < launch->facts.n_mounts; i++)
        launch->facts.mounts[i].source_fd = CM_FD_NONE;
}

/* After a failure: the child, whatever it is doing, then everything that the record names. The first error stays the one to report. */
static void undo(struct cm_launch *launch)
{
    struct cm_error ignored;

    if (launch->pidfd >= 0) {
        siginfo_t info;
        cm_kill_child(launch->pidfd, launch->pid);
        while (waitid((idtype_t)P_PIDFD, (id_t)launch->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
            ;
        launch->record.pid = 0;
    }
    cm_systemd_wait(&launch->systemd);
    cm_cgroup_close(&launch->cgroup);
    if (!launch->hooks_begun && !launch->record.created) /* it never was a container */
        launch->record.poststop.n = 0;
    if (launch->entry.fd >= 0 && launch->record.id && cm_cleanup(launch->runtime, &launch->entry, &launch->record, &ignored) < 0)
        cm_log(CM_LOG_WARNING, "clearing up after the failed create: %s", ignored.message);
}

int cm_launch_run(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_id_check(launch->options->id, err);

    if (launch->options->owns_process)
        cm_close_later();
    if (r == 0)
        r = cm_steps_run(parent_steps, CM_ARRAY_LEN(parent_steps), launch, err);
    if (r < 0)
        undo(launch);
    else
        cm_log_findings(launch->plan);
    cm_launch_audit_end(launch, r, err);
    return r;
}

int cm_create(struct cm_runtime *runtime, const struct cm_create_options *options, struct cm_error *err)
{
    struct cm_launch launch;

    cm_launch_init(&launch, runtime, options);
    int r = cm_launch_run(&launch, err);
    cm_launch_done(&launch);
    return r;
}
