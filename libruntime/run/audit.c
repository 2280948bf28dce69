/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Audit records of operations; see audit.h. A record that cannot be written is a warning, and the container starts all the same, unless the policy requires it.
 * Hostile: what a bundle says; the record's form takes care of it.
 */
#include "run/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/time.h"
#include "ns/identity.h"
#include "ns/usermaps.h"
#include "oci/idmap.h"
#include "path/procfs.h"
#include "run/exec.h"
#include "run/facts.h"
#include "run/test_hooks.h"

#define NO_LOGIN_UID UINT32_MAX

/* ---- where ---- */

/* The counters of the limit lie where the id ledger is, whatever --root says: the host has one limit. A caller without privilege has his own. */
static int counters_directory(struct cm_runtime *runtime, bool initial)
{
    struct cm_error ignored;

    return initial ? cm_runtime_ledger_directory(runtime, &ignored) : runtime->store.fd;
}

static struct cm_audit_trail trail_of(struct cm_runtime *runtime, size_t n, const struct cm_audit_sink *sinks, uint32_t per_minute)
{
    struct cm_audit_trail trail = {.n = n, .sinks = sinks, .per_minute = per_minute, .directory = CM_FD_NONE};

    if (n == 0)
        return trail;
    trail.initial = cm_euid() == 0 && cm_ns_user_is_initial(AT_FDCWD, "/proc/self/ns/user");
    if (per_minute > 0 && !cm_audit_requires(&trail))
        trail.directory = counters_directory(runtime, trail.initial);
    return trail;
}

static struct cm_audit_trail trail_of_policy(struct cm_runtime *runtime)
{
    const struct cm_policy *policy = cm_test_policy(runtime->policy);

    return trail_of(runtime, policy->n_audit_sinks, policy->audit_sinks, (uint32_t)policy->audit_per_minute);
}

static struct cm_audit_trail trail_of_record(struct cm_runtime *runtime, const struct cm_record *state, struct cm_audit_sink sinks[CM_AUDIT_SINKS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < state->audit.n && n < CM_AUDIT_SINKS_MAX; i++)
        if (cm_audit_sink_parse(state->audit.v[i], &sinks[n]))
            n++;
    return trail_of(runtime, n, sinks, state->audit_per_minute);
}

int cm_launch_audit_remember(struct cm_launch *launch)
{
    const struct cm_policy *policy = cm_test_policy(launch->runtime->policy);
    size_t n = policy->n_audit_sinks;

    if (n == 0)
        return 0;
    const char **texts = cm_arena_array(&launch->arena, n, sizeof(*texts));
    for (size_t i = 0; texts && i < n; i++)
        if (!(texts[i] = cm_audit_sink_text(&policy->audit_sinks[i], &launch->arena)))
            return -ENOMEM;
    launch->record.audit = (struct oci_strings){true, n, texts};
    launch->record.audit_per_minute = (uint32_t)policy->audit_per_minute;
    return texts ? 0 : -ENOMEM;
}

/* ---- who ---- */

/* Without privilege we are root of a user namespace of the caller's. */
static uint32_t uid_outside(struct cm_runtime *runtime, int proc)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct oci_id_mappings map = {0};

    if (!runtime->rootless || runtime->caller_uid != 0 || cm_usermaps_read(proc, runtime->pid, "uid_map", &arena, &map) < 0)
        return runtime->caller_uid;
    for (size_t i = 0; i < map.n; i++)
        if (map.v[i].container_id == 0)
            return map.v[i].host_id;
    return runtime->caller_uid;
}

static void find_caller(struct cm_runtime *runtime, struct cm_audit_caller *ret)
{
    int proc = cm_runtime_proc(runtime, NULL);
    char path[48];
    int64_t login = NO_LOGIN_UID;

    *ret = (struct cm_audit_caller){.uid = runtime->caller_uid, .pid = runtime->pid, .parent = getppid()};
    if (proc < 0)
        return;
    ret->uid = uid_outside(runtime, proc);
    (void)snprintf(path, sizeof(path), "%d/loginuid", runtime->pid);
    if (cm_facts_number(proc, path, &login) == 0 && login >= 0 && login < NO_LOGIN_UID) {
        ret->login_uid_set = true;
        ret->login_uid = (uint32_t)login;
    }
    (void)snprintf(path, sizeof(path), "%d/comm", (int)ret->parent);
    int n = cm_procfs_read_value(proc, path, ret->parent_name, sizeof(ret->parent_name));
    ret->parent_name[n > 0 ? strcspn(ret->parent_name, "\n") : 0] = '\0';
}

/* ---- what ---- */

static void add_time(struct cm_runtime *runtime, struct cm_audit_record *record)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    record->seconds = now.tv_sec;
    record->nanoseconds = now.tv_nsec;
    record->duration_us = (uint64_t)(cm_now_us() - runtime->began_us);
}

/* What a record borrows and nobody else keeps. */
struct told {
    struct oci_id_mapping slot;
    struct oci_id_mappings users;
    char filter[CM_SHA256_HEX_MAX], bundle_filter[CM_SHA256_HEX_MAX];
};

/* What the state record says of the container. */
static void add_state(struct cm_runtime *runtime, const struct cm_record *state, struct told *told, struct cm_audit_record *record)
{
    if (state->slot_held) {
        told->slot = (struct oci_id_mapping){.host_id = state->slot_host_id, .size = state->slot_ids};
        told->users = (struct oci_id_mappings){true, 1, &told->slot};
        record->users = &told->users;
    }
    record->id = state->id;
    record->rootless = state->rootless;
    record->bundle = state->bundle;
    record->config = state->config;
    record->cgroup_path = state->cgroup_path;
    record->cgroup_ino = state->cgroup_ino;
    record->annotations = &state->annotations;
    record->policy = state->policy;
    for (size_t i = 0; i < CM_ARRAY_LEN(state->namespaces) && state->namespaces[i].type; i++) {
        record->namespaces[record->n_namespaces].type = state->namespaces[i].type;
        record->namespaces[record->n_namespaces++].ino = state->namespaces[i].ino;
    }
    record->init = state->pid;
    record->init_pidfd = state->pidfd_ino;
    record->init_start = state->pid_start;
    int proc = state->pid > 0 && state->pid_start == 0 ? cm_runtime_proc(runtime, NULL) : CM_FD_NONE;
    if (proc >= 0 && cm_pid_start_time(proc, state->pid, &record->init_start) < 0)
        record->init_start = 0; /* it has ended */
}

static void add_result(enum cm_audit_outcome outcome, const struct cm_error *err, struct cm_audit_record *record)
{
    record->outcome = outcome;
    if (outcome != CM_AUDIT_FAILED)
        return;
    record->errnum = err->errnum;
    record->field = err->field;
}

static const char *digest_of(const struct cm_filter *filter, char hex[CM_SHA256_HEX_MAX])
{
    if (filter->size == 0)
        return NULL;
    cm_sha256_of(filter->code, filter->size * sizeof(*filter->code), hex);
    return hex;
}

/* Returns 1 when a sink did not take it, -errno when it was a required one. */
static int deliver(struct cm_runtime *runtime, struct cm_audit_trail *trail, struct cm_audit_record *record, struct cm_error *err)
{
    find_caller(runtime, &record->caller);
    add_time(runtime, record);
    return cm_audit_send(trail, record, err);
}

static void send_or_warn(struct cm_runtime *runtime, struct cm_audit_trail *trail, struct cm_audit_record *record)
{
    struct cm_error err;

    if (deliver(runtime, trail, record, &err) != 0)
        cm_log(CM_LOG_WARNING, "audit: %s", err.message);
}

/* ---- create, run, exec ---- */

/* The container's ids as the host has them: without privilege the plan's are those of the outer namespace. Short of memory: none. */
static struct oci_id_mappings users_outside(struct cm_launch *launch)
{
    const struct oci_id_mappings *map = &launch->plan->uid_map;
    const struct oci_id_mappings outer = {.n = launch->facts.n_outer_map, .v = launch->facts.outer_uid_map};

    if (!launch->plan->rootless)
        return *map;
    struct oci_id_mapping *v = cm_arena_array(&launch->facts.arena, map->n, sizeof(*v));
    for (size_t i = 0; v && i < map->n; i++) {
        v[i] = map->v[i];
        (void)!oci_id_outside(&outer, map->v[i].host_id, &v[i].host_id); /* every mapping is of one extent */
    }
    return (struct oci_id_mappings){.set = true, .n = v ? map->n : 0, .v = v};
}

/* Of a container that is there, or of the process in it. */
static void describe_made(struct cm_launch *launch, const struct cm_record *state, struct told *told, struct cm_audit_record *record)
{
    const struct cm_plan *plan = launch->plan;

    add_state(launch->runtime, state, told, record);
    record->user_set = true;
    record->uid = plan->uid;
    record->gid = plan->gid;
    record->apparmor = plan->apparmor_profile;
    record->selinux = plan->selinux_label;
    record->filter_sha256 = digest_of(&launch->filter_ours, told->filter);
    record->bundle_filter_sha256 = digest_of(&launch->filter_extra, told->bundle_filter);
    if (plan->joins) {
        record->process = launch->pid;
        return;
    }
    record->seccomp_profile = plan->seccomp_profile;
    told->users = users_outside(launch);
    record->users = &told->users;
}

/* Whatever is known when it ended, which may be no more than the id. */
static void describe(struct cm_launch *launch, enum cm_audit_outcome outcome, struct told *told, struct cm_audit_record *record)
{
    const struct cm_exec *exec = launch->joins ? cm_exec_of(launch) : NULL;
    const struct cm_record *state = exec ? exec->record : &launch->record;

    *record = (struct cm_audit_record){.event = exec ? CM_AUDIT_EXEC : CM_AUDIT_CREATE};
    if (outcome == CM_AUDIT_OK) {
        describe_made(launch, state, told, record);
    } else if (exec && state) {
        add_state(launch->runtime, state, told, record);
    } else {
        record->id = launch->options->id;
        record->bundle = launch->facts.bundle;
        record->config = launch->options->config;
        record->cgroup_path = launch->plan && launch->plan->verdict != CM_VERDICT_REFUSED ? launch->plan->cgroup_path : NULL;
        record->annotations = launch->config ? &launch->config->annotations : NULL;
    }
    if (!exec) {
        record->foreground = launch->no_barrier;
        record->config_sha256 = launch->facts.config_sha256;
        record->cgroups_path = launch->config ? launch->config->linux_->cgroups_path : NULL;
    }
    record->rootless = launch->runtime->rootless;
    record->policy = cm_test_policy(launch->runtime->policy)->id;
    record->plan = launch->plan;
}

int cm_launch_audit_open(struct cm_launch *launch, struct cm_error *err)
{
    launch->audit = trail_of_policy(launch->runtime);
    if (!cm_audit_requires(&launch->audit))
        return 0;
    int r = cm_audit_open(&launch->audit, err);
    return r < 0 ? cm_error_prefix(err, "the policy requires a record of what is started, and there is no place for one: ") : 0;
}

int cm_launch_audit_required(struct cm_launch *launch, struct cm_error *err)
{
    struct told told;
    struct cm_audit_record record;
    struct cm_error why;

    if (!cm_audit_requires(&launch->audit))
        return 0;
    describe(launch, CM_AUDIT_OK, &told, &record);
    int r = deliver(launch->runtime, &launch->audit, &record, &why);
    if (r < 0) {
        *err = why;
        return cm_error_prefix(err, "the policy requires a record of what is started, and it cannot be written: ");
    }
    if (r > 0)
        cm_log(CM_LOG_WARNING, "audit: %s", why.message);
    launch->audited = true;
    return 0;
}

/* A refusal is the plan's, or that of a step before anything was made. */
static enum cm_audit_outcome outcome_of(const struct cm_launch *launch, int result)
{
    if (result >= 0)
        return CM_AUDIT_OK;
    bool refused = (launch->plan && launch->plan->verdict == CM_VERDICT_REFUSED) || (result == -EPERM && launch->pid == 0 && !launch->record.id);
    return refused ? CM_AUDIT_REFUSED : CM_AUDIT_FAILED;
}

void cm_launch_audit_end(struct cm_launch *launch, int result, const struct cm_error *err)
{
    enum cm_audit_outcome outcome = outcome_of(launch, result);
    struct told told;
    struct cm_audit_record record;

    if (launch->audit.n == 0)
        launch->audit = trail_of_policy(launch->runtime); /* it did not come far */
    if (launch->audit.n > 0 && !(launch->audited && outcome == CM_AUDIT_OK)) {
        describe(launch, outcome, &told, &record);
        if (launch->audited && record.event == CM_AUDIT_CREATE)
            record.event = CM_AUDIT_START; /* its create has a record */
        add_result(outcome, err, &record);
        send_or_warn(launch->runtime, &launch->audit, &record);
    }
    cm_audit_close(&launch->audit);
}

/* ---- the others ---- */

void cm_audit_update(struct cm_runtime *runtime, const struct cm_record *state, const struct cm_plan *plan, int result, const struct cm_error *err)
{
    struct cm_audit_record record = {.event = CM_AUDIT_UPDATE};
    struct told told;
    struct cm_audit_trail trail = trail_of_policy(runtime);

    if (trail.n == 0)
        return;
    add_state(runtime, state, &told, &record);
    record.policy = cm_test_policy(runtime->policy)->id;
    record.plan = plan;
    add_result(result == 0 ? CM_AUDIT_OK : plan->verdict == CM_VERDICT_REFUSED ? CM_AUDIT_REFUSED : CM_AUDIT_FAILED, err, &record);
    send_or_warn(runtime, &trail, &record);
}

static void manage(struct cm_runtime *runtime, struct cm_audit_record *record, const struct cm_record *state, int result, const struct cm_error *err)
{
    struct cm_audit_sink sinks[CM_AUDIT_SINKS_MAX];
    struct told told;

    if (state->audit.n == 0)
        return;
    struct cm_audit_trail trail = trail_of_record(runtime, state, sinks);
    add_state(runtime, state, &told, record);
    add_result(result < 0 ? CM_AUDIT_FAILED : CM_AUDIT_OK, err, record);
    send_or_warn(runtime, &trail, record);
}

void cm_audit_manage(struct cm_runtime *runtime, enum cm_audit_event event, const struct cm_record *state, int signal, int result, const struct cm_error *err)
{
    manage(runtime, &(struct cm_audit_record){.event = event, .signal = signal}, state, result, err);
}

void cm_audit_run_end(struct cm_runtime *runtime, const struct cm_record *state, int result, const struct cm_error *err)
{
    manage(runtime, &(struct cm_audit_record){.event = CM_AUDIT_DELETE, .foreground = true}, state, result, err);
}
