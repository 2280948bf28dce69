/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `check --container`: what create recorded against what the kernel says now. Everything is read from the host's side, by numbers that are proven to be
 * the recorded ones; nothing inside is asked, stopped or waited for. Hostile: the container, which goes on meanwhile; its file tree may lie on a server that
 * is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sys.h"
#include "ns/identity.h"
#include "ns/usermaps.h"
#include "observe/values.h"
#include "path/procfs.h"
#include "run/check_container.h"
#include "run/facts.h"
#include "run/look.h"
#include "state/noted_limits.h"

#define MOUNTINFO_MAX ((size_t)16 << 20)

static void path_of(const struct cm_container_check *check, const char *file, char *path, size_t size)
{
    (void)snprintf(path, size, "%d/%s", (int)check->record->pid, file);
}

const char *cm_check_label(const struct cm_container_check *check, pid_t pid, char buffer[CM_LABEL_TEXT_MAX])
{
    char path[48];

    (void)snprintf(path, sizeof(path), "%d/attr/current", (int)pid);
    int n = cm_procfs_read_value(check->runtime->proc, path, buffer, CM_LABEL_TEXT_MAX);
    buffer[n > 0 ? strcspn(buffer, "\n") : 0] = '\0';
    return buffer[0] ? buffer : NULL;
}

/* ---- init ---- */

static void check_init(struct cm_container_check *check)
{
    struct cm_drift_report *report = &check->report;
    struct cm_limit_pair limits[CM_RLIMITS];
    struct cm_process process = {0};
    char path[48], label[CM_LABEL_TEXT_MAX];
    int64_t score = 0;

    int r = cm_process_read(check->runtime->proc, check->record->pid, &report->arena, &process);
    if (r < 0) {
        cm_drift_unknown(report, "process", "status", "", -r);
    } else {
        cm_drift_ids(report, &check->init, &process);
        cm_drift_caps(report, &check->init, &process);
        cm_drift_seccomp(report, &check->init, &process);
    }
    cm_drift_label(report, &check->init, cm_check_label(check, check->record->pid, label));
    path_of(check, "oom_score_adj", path, sizeof(path));
    r = cm_facts_number(check->runtime->proc, path, &score);
    if (r < 0)
        cm_drift_unknown(report, "process", "oom_score_adj", "", -r);
    else
        cm_drift_oom_score(report, check->promise->oom_score_adj, score);
    r = cm_facts_limits(check->runtime->proc, check->record->pid, limits);
    if (r < 0)
        cm_drift_unknown(report, "resource limit", "", "", -r);
    else
        cm_drift_rlimits(report, check->promise, limits);
}

static void check_map(struct cm_container_check *check, const char *file, const char *name, const struct oci_id_mappings *recorded)
{
    struct oci_id_mappings now = {0};
    int r = cm_usermaps_read(check->runtime->proc, check->record->pid, file, &check->report.arena, &now);

    if (r < 0)
        cm_drift_unknown(&check->report, "user namespace", name, "", -r);
    else
        cm_drift_map(&check->report, name, recorded, &now);
}

/* ---- namespaces ---- */

static char *id_text(struct cm_drift_report *report, const struct cm_ns_id *id)
{
    return cm_drift_text(report, "%llu", (unsigned long long)id->ino);
}

/* Who owns it, or of a user namespace: its parent. */
static int find_owner(int fd, enum oci_namespace_type type, struct cm_ns_id *ret)
{
    CM_AUTO_CLOSE int owner = ioctl(fd, type == OCI_NS_USER ? NS_GET_PARENT : NS_GET_USERNS);

    return owner < 0 ? -errno : cm_ns_identify(owner, ret);
}

/*
 * Ours own what we made; a network namespace that was made for the container belongs to its user namespace, and one that was joined to whom it did. Ipc and uts
 * namespaces that were joined may be the user namespace's that was.
 */
static void check_owner(struct cm_container_check *check, int fd, enum oci_namespace_type type, const struct cm_ns_id *own, const struct cm_ns_id *user)
{
    struct cm_drift_report *report = &check->report;
    const char *word = oci_namespace_word(type);
    bool joined = type == OCI_NS_NETWORK && check->promise->network_joined;
    struct cm_ns_id is, want = type != OCI_NS_NETWORK ? *own : joined ? check->promise->network_owner : *user;
    int r = find_owner(fd, type, &is);
    bool pods = (type == OCI_NS_IPC && check->promise->ipc_joined) || (type == OCI_NS_UTS && check->promise->uts_joined);
    if (r == 0 && pods && check->record->external_ids && cm_ns_same(user, &is))
        want = *user;
    char *name = cm_drift_text(report, "%s, owner", word);

    if (r < 0) {
        cm_drift_unknown(report, "namespace", name, id_text(report, &want), -r);
        return;
    }
    bool same = cm_ns_same(&want, &is);
    cm_drift_add(report, same ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "namespace", name, id_text(report, &want), id_text(report, &is),
                 same ? "" : "whoever is root there rules it");
}

static void check_namespaces(struct cm_container_check *check)
{
    struct cm_drift_report *report = &check->report;
    const struct cm_record *record = check->record;
    struct cm_ns_id own = {0}, user = {0};
    char path[48], number[16];

    (void)snprintf(number, sizeof(number), "%d", check->runtime->pid);
    (void)!cm_ns_identify_of(check->runtime->proc, number, OCI_NS_USER, &own); /* then no owner is the same */
    for (size_t i = 0; i < CM_ARRAY_LEN(record->namespaces) && record->namespaces[i].type; i++)
        if (cm_streq(record->namespaces[i].type, "user"))
            user = (struct cm_ns_id){record->namespaces[i].dev, record->namespaces[i].ino};
    for (size_t i = 0; i < CM_ARRAY_LEN(record->namespaces) && record->namespaces[i].type; i++) {
        enum oci_namespace_type type = oci_namespace_find(record->namespaces[i].type);
        struct cm_ns_id want = {record->namespaces[i].dev, record->namespaces[i].ino}, is;
        (void)snprintf(path, sizeof(path), "%d/ns/%s", (int)record->pid, cm_ns_file(type));
        CM_AUTO_CLOSE int fd = openat(check->runtime->proc, path, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs */
        int r = fd < 0 ? -errno : cm_ns_identify(fd, &is);
        if (r < 0) {
            cm_drift_unknown(report, "namespace", record->namespaces[i].type, id_text(report, &want), -r);
            continue;
        }
        cm_drift_add(report, cm_ns_same(&want, &is) ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "namespace", record->namespaces[i].type, id_text(report, &want),
                     id_text(report, &is), "");
        check_owner(check, fd, type, &own, &user);
    }
}

/* ---- mounts ---- */

struct tree {
    int root;
    const struct cm_mount_table *table;
};

/* Looking at a file of a server that is gone waits for it. */
static bool may_wait(const struct cm_mount_table *table)
{
    static const char *const kinds[] = {"fuse", "nfs", "cifs", "smb", "9p", "ceph", "gluster", "afs", "autofs", "virtiofs", "lustre"};

    for (size_t i = 0; i < table->n; i++)
        for (size_t j = 0; j < CM_ARRAY_LEN(kinds); j++)
            if (cm_has_prefix(table->v[i].type, kinds[j]))
                return true;
    return false;
}

static int look_up(const char *path, uint64_t *ret_mount, void *user)
{
    const struct tree *tree = user;
    bool kernels = cm_path_is_below(path, "/proc") || cm_path_is_below(path, "/sys");
    struct statx st;

    if (tree->root < 0)
        return tree->root;
    if (!kernels && may_wait(tree->table))
        return -EREMOTE;
    CM_AUTO_CLOSE int fd = cm_openat2(tree->root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0)
        return -errno;
    *ret_mount = st.stx_mnt_id;
    return 1;
}

static void check_mounts(struct cm_container_check *check)
{
    CM_AUTO_FREE char *text = NULL;
    struct cm_mount_table table = {0};
    char path[48];

    path_of(check, "root", path, sizeof(path));
    CM_AUTO_CLOSE int root = openat(check->runtime->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* a magic link of our own procfs */
    struct tree tree = {root < 0 ? -errno : root, &table};
    path_of(check, "mountinfo", path, sizeof(path));
    long n = cm_procfs_read(check->runtime->proc, path, MOUNTINFO_MAX, &text);
    int r = n < 0 ? (int)n : cm_mount_table_parse(text, &check->report.arena, &table);
    if (r < 0) {
        cm_drift_unknown(&check->report, "mount", "", "", -r);
        return;
    }
    cm_drift_mounts(&check->report, &(struct cm_drift_mounts){check->promise, check->confinement->writable_root, &table, look_up, &tree});
}

/* ---- the cgroup ---- */

/* Text of a file, without its last line break; NULL: not there. */
static char *read_file(struct cm_container_check *check, const char *file, int *ret)
{
    CM_AUTO_FREE char *text = NULL;

    *ret = cm_value_text(check->cgroup->fd, file, &text);
    if (*ret < 0)
        return NULL;
    size_t n = strlen(text);
    return cm_arena_strndup(&check->report.arena, text, n > 0 && text[n - 1] == '\n' ? n - 1 : n);
}

/* An idle cgroup has a weight of the kernel's. That it is idle is a row of its own. */
static bool has_no_meaning(struct cm_container_check *check, const char *file)
{
    int r;
    const char *idle = cm_streq(file, "cpu.weight") ? read_file(check, "cpu.idle", &r) : NULL;

    return idle && cm_streq(idle, "1");
}

static void check_limit(struct cm_container_check *check, const char *file, const char *recorded, const char *note)
{
    struct cm_drift_report *report = &check->report;
    int r;
    const char *now = read_file(check, file, &r);

    if (now && !has_no_meaning(check, file))
        cm_drift_add(report, cm_drift_limit(file, recorded, now), "limit", file, recorded, now, note);
    else if (now)
        cm_drift_add(report, CM_DRIFT_NONE, "limit", file, "", now, "cpu.idle is 1: there is no weight");
    else if (r == -ENOENT)
        cm_drift_add(report, CM_DRIFT_WEAKER, "limit", file, recorded, "", "the controller is gone: nothing is limited");
    else
        cm_drift_unknown(report, "limit", file, recorded, r < 0 ? -r : ENOMEM);
}

static const char *file_of(const struct cm_container_check *check, const struct cm_promised_limit *l, const char **ret_value)
{
    bool preferred = l->preferred_file && faccessat(check->cgroup->fd, l->preferred_file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

    *ret_value = preferred ? l->preferred_value : l->value;
    return preferred ? l->preferred_file : l->file;
}

/* What create wrote to the file of promise `i`, in one write or several; `file` is its name. */
static void check_written(struct cm_container_check *check, size_t i, const char *file)
{
    const struct cm_promise *promise = check->promise;
    struct cm_drift_report *report = &check->report;
    const char **values = cm_arena_array(&report->arena, promise->n_limits, sizeof(*values)), *value, *written = NULL;
    size_t n = 0;

    for (; values && i < promise->n_limits; i++)
        if (cm_streq(file_of(check, &promise->limits[i], &value), file))
            values[n++] = value;
    if (values)
        written = cm_drift_limit_written(&report->arena, file, values, n);
    if (written)
        check_limit(check, file, written, "");
    else
        cm_drift_unknown(report, "limit", file, "", ENOMEM);
}

/* What the last update left, else what create wrote. */
static void check_limits(struct cm_container_check *check)
{
    struct cm_drift_report *report = &check->report;
    const struct cm_promise *promise = check->promise;
    struct cm_noted_limit *noted = NULL;
    const char **files = NULL;
    size_t n_noted = 0, n = 0;

    int r = cm_limits_noted(check->entry, &report->arena, &noted, &n_noted);
    files = cm_arena_array(&report->arena, n_noted + promise->n_limits + 1, sizeof(*files));
    if (r < 0 || !files) {
        cm_drift_unknown(report, "limit", "", "", r < 0 ? -r : ENOMEM);
        return;
    }
    for (size_t i = 0; i < n_noted; i++) {
        check_limit(check, noted[i].file, noted[i].text, "");
        files[n++] = noted[i].file;
    }
    for (size_t i = 0; i < promise->n_limits; i++) {
        const char *value, *file = file_of(check, &promise->limits[i], &value);
        bool known = false;
        for (size_t j = 0; j < n; j++)
            known |= cm_streq(files[j], file);
        if (known)
            continue;
        check_written(check, i, file);
        files[n++] = file;
    }
    /* Nobody asked for the others: what is not as the kernel makes it was written by somebody else. */
    for (size_t i = 0; cm_drift_limit_files[i]; i++) {
        const char *file = cm_drift_limit_files[i], *normal = cm_drift_limit_default(file);
        bool known = false;
        for (size_t j = 0; j < n; j++)
            known |= cm_streq(files[j], file);
        const char *now = known || has_no_meaning(check, file) ? NULL : read_file(check, file, &r);
        if (now && cm_drift_limit(file, normal, now) != CM_DRIFT_NONE)
            cm_drift_add(report, cm_drift_limit(file, normal, now), "limit", file, normal, now, "nobody asked for it");
    }
}

static void check_device_program(struct cm_container_check *check)
{
    struct cm_drift_report *report = &check->report;
    uint32_t ids[CM_DEVICE_PROGRAMS_MAX] = {0};
    bool there = false;

    if (!check->promise->device_program)
        return;
    char *recorded = cm_drift_text(report, "program %u", check->record->device_program);
    int n = cm_cgroup_device_programs(check->cgroup, ids);
    if (n < 0) {
        cm_drift_unknown(report, "cgroup", "device program", recorded, -n);
        return;
    }
    for (int i = 0; i < n; i++)
        there |= ids[i] == check->record->device_program && ids[i] != 0;
    cm_drift_add(report, there ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "cgroup", "device program", recorded,
                 there ? recorded : cm_drift_text(report, "%d others", n), there ? "" : "it is not attached: devices are only kept away by their nodes");
}

static void check_cgroup(struct cm_container_check *check)
{
    struct cm_drift_report *report = &check->report;
    const char *recorded = check->record->cgroup_path;
    CM_AUTO_FREE char *now = NULL;
    char number[16];

    if (!recorded) {
        cm_drift_add(report, CM_DRIFT_NONE, "cgroup", "", "none", "none", "without privilege one is only made below a delegated cgroup");
        return;
    }
    (void)snprintf(number, sizeof(number), "%d", (int)check->record->pid);
    int r = cm_cgroup_of(check->runtime->proc, number, &now);
    if (r < 0)
        cm_drift_unknown(report, "cgroup", "of init", recorded, -r);
    else
        cm_drift_add(report, cm_streq(now, recorded) ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "cgroup", "of init", recorded, now,
                     cm_streq(now, recorded) ? "" : "its limits are not in force");
    if (check->cgroup->fd < 0) {
        cm_drift_add(report, CM_DRIFT_WEAKER, "cgroup", "directory", cm_drift_text(report, "%llu", (unsigned long long)check->record->cgroup_ino), "",
                     "it is gone");
        return;
    }
    int frozen = cm_cgroup_frozen(check->cgroup);
    if (frozen >= 0)
        cm_drift_add(report, CM_DRIFT_NONE, "cgroup", "frozen", "", frozen ? "yes" : "no", "");
    check_device_program(check);
    check_limits(check);
}

/* ---- the whole ---- */

static int check_running(struct cm_container_check *check, bool executed, struct cm_error *err)
{
    CM_AUTO_CONFINEMENT struct cm_confinement *confinement = NULL;
    CM_AUTO_PROMISE struct cm_promise *promise = NULL;

    int r = cm_confinement_read(check->entry, &confinement, err);
    if (r == 0)
        r = cm_promise_read(check->entry, &promise, err);
    if (r < 0)
        return r;
    check->confinement = confinement;
    check->promise = promise;
    check->init = (struct cm_drift_init){promise, confinement, executed};
    check_init(check);
    check_map(check, "uid_map", "users", &confinement->uid_map);
    check_map(check, "gid_map", "groups", &confinement->gid_map);
    check_namespaces(check);
    check_mounts(check);
    check_cgroup(check);
    cm_check_processes(check);
    check->confinement = NULL;
    check->promise = NULL;
    check->init = (struct cm_drift_init){0};
    return 0;
}

static void begin(struct cm_container_check *check, enum cm_status status, const char *note)
{
    cm_drift_free(&check->report);
    check->report.id = check->record->id;
    check->report.status = cm_status_word(status);
    check->report.policy = check->record->policy;
    check->report.note = note;
}

/* Of this boot: of an earlier one nothing can be left, and its numbers are others' by now. */
static bool is_of_this_boot(const struct cm_container_check *check)
{
    char boot[40];

    return cm_boot_id(check->runtime->proc, boot) == 0 && strcmp(boot, check->record->boot_id) == 0;
}

static void check_stopped(struct cm_container_check *check)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    struct cm_error ignored;

    begin(check, CM_STATUS_STOPPED, "It has stopped: there is nothing to compare but what may be left of it.");
    if (!is_of_this_boot(check)) {
        check->report.note = "It was made before the host was started: nothing of it can be left.";
        return;
    }
    int root = check->record->cgroup_path && check->record->cgroup_ino != 0 ? cm_runtime_cgroup_root(check->runtime, &ignored) : -ENOENT;
    if (root >= 0 && cm_cgroup_open_ours(root, check->record->cgroup_path, check->record->cgroup_ino, &cgroup, &ignored) == 0)
        check->cgroup = &cgroup;
    cm_check_leftovers(check);
    check->cgroup = NULL;
}

/* What was looked at by its number was the recorded process only if that still lives. */
static bool has_ended(int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};

    return poll(&p, 1, 0) != 0;
}

int cm_check_container(struct cm_runtime *runtime, const char *id, enum cm_report_format format, struct cm_style style, struct cm_str *out, int *ret_status,
                       struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;
    struct cm_container_check check = {.runtime = runtime, .entry = &live.entry, .cgroup = &live.cgroup};

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.status == CM_STATUS_CREATING)
        return cm_fail(err, EAGAIN, NULL, "container %s is being created; there is nothing to compare yet", id);
    check.record = live.record;
    CM_AUTO_CLOSE int pidfd = live.status == CM_STATUS_STOPPED ? CM_FD_NONE : cm_look_pidfd(runtime, live.record);
    if (pidfd >= 0) {
        begin(&check, live.status, "");
        r = check_running(&check, live.status != CM_STATUS_CREATED, err);
    }
    if (pidfd < 0 || (r == 0 && has_ended(pidfd)))
        check_stopped(&check);
    if (r == 0 && format == CM_REPORT_JSON)
        cm_drift_print_json(&check.report, out);
    else if (r == 0)
        cm_drift_print_text(&check.report, style, out);
    *ret_status = cm_drift_exit_status(&check.report);
    cm_drift_free(&check.report);
    if (r == 0 && !cm_str_text(out))
        r = cm_fail_errno(err, ENOMEM, NULL, "writing the report");
    return r;
}
