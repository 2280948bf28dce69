/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every process that belongs to a container, by its cgroup or its pid namespace, must be as confined as init; and its ids are nobody else's. Hostile: processes
 * that come and go, as many as the limit lets them. Each is looked at by its number, and what vanishes meanwhile is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/time.h"
#include "ns/identity.h"
#include "path/procfs.h"
#include "run/check_container.h"

#define LIMIT_MS 10000
/* A process of exec is in the cgroup before it is confined. */
#define LOOKS 4
#define PAUSE_MS 100

/* The cgroups of containers that share the user namespace: those of the same pod. Their processes are theirs, whatever else they share. */
struct pod {
    char **cgroups;
    size_t n, room;
    bool known;
};

struct look {
    struct cm_container_check *check;
    struct pod pod;
    pid_t *members; /* of the cgroup, sorted */
    size_t n_members;
    int64_t deadline;
    size_t judged, weaker, foreign;
};

static int by_number(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

    return (x > y) - (x < y);
}

static bool is_member(const struct look *look, pid_t pid)
{
    return look->n_members > 0 && bsearch(&pid, look->members, look->n_members, sizeof(pid), by_number) != NULL;
}

/* The recorded identity; zero: none. */
static struct cm_ns_id recorded_namespace(const struct cm_record *record, enum oci_namespace_type type)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(record->namespaces) && record->namespaces[i].type; i++)
        if (cm_streq(record->namespaces[i].type, oci_namespace_word(type)))
            return (struct cm_ns_id){record->namespaces[i].dev, record->namespaces[i].ino};
    return (struct cm_ns_id){0};
}

/* NULL: as init's. */
static const char *foreign_namespace(struct look *look, pid_t pid)
{
    struct cm_container_check *check = look->check;
    char number[16];

    (void)snprintf(number, sizeof(number), "%d", (int)pid);
    for (int i = 0; i < OCI_NS_TYPES; i++) {
        enum oci_namespace_type type = (enum oci_namespace_type)i;
        struct cm_ns_id want = recorded_namespace(check->record, type), is;
        if (want.ino == 0)
            continue;
        int r = cm_ns_identify_of(check->runtime->proc, number, type, &is);
        if (r < 0)
            return r == -ENOENT || r == -ESRCH ? NULL : "its namespaces cannot be looked at";
        if (!cm_ns_same(&want, &is))
            return cm_drift_text(&check->report, "it is in another %s namespace", oci_namespace_word(type));
    }
    return NULL;
}

/* The same; of a container that has started, and was given one. */
static const char *foreign_label(const struct look *look, pid_t pid)
{
    struct cm_container_check *check = look->check;
    char buffer[CM_LABEL_TEXT_MAX];

    if (!check->init.executed || (!check->confinement->apparmor_profile && !check->confinement->selinux_label))
        return NULL;
    const char *now = cm_check_label(check, pid, buffer);
    return cm_drift_has_label(check->confinement, now) ? NULL : cm_drift_text(&check->report, "its label is %.256s", now ? now : "none");
}

/* Why the process is weaker than init; NULL: it is not, or it is gone. Only that is kept: thousands of processes can have 65536 groups each. */
static const char *judge(struct look *look, pid_t pid, struct cm_process *process)
{
    struct cm_container_check *check = look->check;
    CM_AUTO_ARENA struct cm_arena arena = {0};

    int r = cm_process_read(check->runtime->proc, pid, &arena, process);
    if (r == -ESRCH || (r == 0 && process->ended))
        return NULL;
    if (r < 0)
        return "it cannot be looked at";
    const char *why = cm_drift_process(&check->report.arena, &check->init, process);
    process->groups = NULL;
    process->n_groups = 0;
    if (!why)
        why = foreign_namespace(look, pid);
    return why ? why : foreign_label(look, pid);
}

static void judge_member(struct look *look, pid_t pid)
{
    struct cm_drift_report *report = &look->check->report;
    struct cm_process process = {0};
    const char *why = judge(look, pid, &process);

    for (int i = 1; why && i < LOOKS && cm_now_ms() < look->deadline; i++) {
        (void)poll(NULL, 0, PAUSE_MS);
        why = judge(look, pid, &process);
    }
    look->judged++;
    if (!why)
        return;
    look->weaker++;
    cm_drift_add(report, CM_DRIFT_WEAKER, "processes", cm_drift_text(report, "%d (%s)", (int)pid, process.name), "as init", "weaker than init", why);
}

/* The ids are this container's alone: not without privilege, where they are the caller's, and not when the engine brought them. */
static bool in_slot(const struct cm_record *record, const uint32_t *ids, size_t n)
{
    for (size_t i = 0; record->slot_held && i < n; i++)
        if (ids[i] >= record->slot_host_id && ids[i] - record->slot_host_id < record->slot_ids)
            return true;
    return false;
}

static bool uses_ids(const struct cm_record *record, const struct cm_process *p)
{
    return in_slot(record, p->uids, CM_PROCESS_IDS) || in_slot(record, p->gids, CM_PROCESS_IDS) || in_slot(record, p->groups, p->n_groups);
}

/* Ids of containers begin here. */
#define IDS_MIN 65536u

/*
 * A process whose effective ids (those of the owner of its directory, dumpable or not) are another container's has no others. Its status is not read: thousands
 * of such with 65536 groups would let one container keep us from looking at another.
 */
static bool is_of_another(const struct look *look, const char *number)
{
    const struct cm_record *record = look->check->record;
    struct stat st;

    if (fstatat(look->check->runtime->proc, number, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    return st.st_uid >= IDS_MIN && st.st_gid >= IDS_MIN && !in_slot(record, &st.st_uid, 1) && !in_slot(record, &st.st_gid, 1);
}

/* Born in the cgroup since its processes were listed. */
static bool is_new_member(const struct look *look, pid_t pid)
{
    const struct cm_container_check *check = look->check;
    CM_AUTO_FREE char *path = NULL;
    char number[16];

    (void)snprintf(number, sizeof(number), "%d", (int)pid);
    return check->cgroup->fd >= 0 && cm_cgroup_of(check->runtime->proc, number, &path) == 0 && cm_path_is_below(path, check->record->cgroup_path);
}

static int add_to_pod(struct pod *pod, const char *cgroup)
{
    if (pod->n == pod->room) {
        size_t room = pod->room ? pod->room * 2 : 8;
        char **more = reallocarray(pod->cgroups, room, sizeof(*more));
        if (!more)
            return -ENOMEM;
        pod->cgroups = more;
        pod->room = room;
    }
    pod->cgroups[pod->n] = strdup(cgroup);
    if (!pod->cgroups[pod->n])
        return -ENOMEM;
    pod->n++;
    return 0;
}

/*
 * A record that cannot be read is nobody's, nor is one of a container that has ended, whose namespace's number may be another's by now: then its processes are
 * reported.
 */
static int look_for_pod(const char *id, void *user)
{
    struct look *look = user;
    const struct cm_record *own = look->check->record;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    static struct cm_error ignored;

    if (cm_streq(id, own->id) || cm_record_read_of(&look->check->runtime->store, id, &record, &ignored) < 0 || !record->cgroup_path)
        return 0;
    const struct cm_ns_id theirs = recorded_namespace(record, OCI_NS_USER), ours = recorded_namespace(own, OCI_NS_USER);
    if (ours.ino == 0 || !cm_ns_same(&theirs, &ours))
        return 0;
    CM_AUTO_CLOSE int alive = cm_record_pidfd(record, look->check->runtime->proc);
    return alive >= 0 ? add_to_pod(&look->pod, record->cgroup_path) : 0;
}

static bool is_of_pod(struct look *look, const char *number)
{
    CM_AUTO_FREE char *path = NULL;
    static struct cm_error ignored;

    if (!look->pod.known)
        (void)!cm_store_each(&look->check->runtime->store, look_for_pod, look, &ignored);
    look->pod.known = true;
    if (look->pod.n == 0 || cm_cgroup_of(look->check->runtime->proc, number, &path) < 0)
        return false;
    for (size_t i = 0; i < look->pod.n; i++)
        if (cm_path_is_below(path, look->pod.cgroups[i]))
            return true;
    return false;
}

/* One of the host's: whether it is of the container, and outside of its cgroup. */
static void judge_stranger(struct look *look, pid_t pid, const struct cm_ns_id *pid_namespace)
{
    struct cm_container_check *check = look->check;
    struct cm_drift_report *report = &check->report;
    struct cm_process process = {0};
    struct cm_ns_id is;
    char number[16];

    (void)snprintf(number, sizeof(number), "%d", (int)pid);
    bool inside = cm_ns_identify_of(check->runtime->proc, number, OCI_NS_PID, &is) == 0 && cm_ns_same(&is, pid_namespace);
    if (!inside && (!check->record->slot_held || is_of_another(look, number)))
        return;
    /* In an arena of its own: nearly all are none of ours. */
    CM_AUTO_ARENA struct cm_arena arena = {0};
    if (cm_process_read(check->runtime->proc, pid, &arena, &process) < 0 || process.ended || (!inside && !uses_ids(check->record, &process)))
        return;
    /* Without a cgroup the container is its pid namespace. */
    if ((inside && check->cgroup->fd < 0) || is_new_member(look, pid)) {
        judge_member(look, pid);
        return;
    }
    if (is_of_pod(look, number))
        return;
    look->foreign++;
    cm_drift_add(report, CM_DRIFT_WEAKER, "processes", cm_drift_text(report, "%d (%s)", (int)pid, process.name), "in the container's cgroup", "outside of it",
                 inside ? "it is in the container's pid namespace, without its limits" : "it has ids of the container's");
}

static int walk(struct look *look)
{
    struct cm_container_check *check = look->check;
    /* Without init the number may be another namespace's by now. */
    struct cm_ns_id pid_namespace = check->init.promise ? recorded_namespace(check->record, OCI_NS_PID) : (struct cm_ns_id){0};
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int r = cm_dir_take(cm_procfs_open(check->runtime->proc, ".", O_RDONLY | O_DIRECTORY), &dir);

    while (r >= 0 && (r = cm_dir_next(dir, &entry)) > 0) {
        uint32_t pid;
        if (cm_parse_u32(entry->d_name, &pid) < 0 || pid > INT32_MAX || (pid_t)pid == check->record->pid || is_member(look, (pid_t)pid))
            continue;
        if (cm_now_ms() > look->deadline)
            return -ETIMEDOUT;
        judge_stranger(look, (pid_t)pid, &pid_namespace);
    }
    return r;
}

static int list_members(struct look *look)
{
    if (look->check->cgroup->fd < 0)
        return 0;
    int r = cm_cgroup_pids(look->check->cgroup, &look->members, &look->n_members);
    if (r == 0)
        qsort(look->members, look->n_members, sizeof(*look->members), by_number);
    return r == -ENOENT ? 0 : r;
}

static void look_done(struct look *look)
{
    free(look->members);
    for (size_t i = 0; i < look->pod.n; i++)
        free(look->pod.cgroups[i]);
    free(look->pod.cgroups);
}

static void report_all(struct look *look, int r)
{
    struct cm_drift_report *report = &look->check->report;

    if (r < 0)
        cm_drift_unknown(report, "processes", "besides init", "as init", -r);
    else if (look->weaker == 0)
        cm_drift_add(report, CM_DRIFT_NONE, "processes", "besides init", "as init", cm_drift_text(report, "%zu, as init", look->judged), "");
    if (r >= 0 && look->foreign == 0)
        cm_drift_add(report, CM_DRIFT_NONE, "processes", "outside of the cgroup", "none", "none",
                     look->check->record->slot_held ? "" : "by the pid namespace: the ids are not this container's alone");
}

void cm_check_processes(struct cm_container_check *check)
{
    CM_CLEANUP(look_done) struct look look = {.check = check, .deadline = cm_now_ms() + LIMIT_MS};
    int r = list_members(&look);

    for (size_t i = 0; r == 0 && i < look.n_members; i++) {
        if (look.members[i] == check->record->pid)
            continue;
        if (cm_now_ms() > look.deadline)
            r = -ETIMEDOUT;
        else
            judge_member(&look, look.members[i]);
    }
    if (r == 0)
        r = walk(&look);
    report_all(&look, r);
}

void cm_check_leftovers(struct cm_container_check *check)
{
    CM_CLEANUP(look_done) struct look look = {.check = check, .deadline = cm_now_ms() + LIMIT_MS};
    struct cm_drift_report *report = &check->report;
    int r = list_members(&look);

    for (size_t i = 0; r == 0 && i < look.n_members; i++)
        cm_drift_add(report, CM_DRIFT_WEAKER, "processes", cm_drift_text(report, "%d", (int)look.members[i]), "none", "in the container's cgroup",
                     "init has ended; end it, or delete the container");
    if (r == 0)
        r = walk(&look);
    if (r < 0)
        cm_drift_unknown(report, "processes", "left", "none", -r);
    else if (look.n_members + look.foreign + look.judged == 0)
        cm_drift_add(report, CM_DRIFT_NONE, "processes", "left", "none", "none", "");
}
