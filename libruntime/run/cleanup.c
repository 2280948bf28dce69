/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing what a record names: processes, cgroup, id slot, directory. Every step is tried. While a process may be alive its ids and its record stay, so that
 * nobody else gets the ids and the removal can be repeated. Hostile: processes that do not die in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/time.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"
#include "idmap/slots.h"
#include "path/procfs.h"
#include "run/hook.h"
#include "run/look.h"

/* For the processes to die, and what the cgroup gets for its removal at least. */
#define DEATH_MS 9000
#define CGROUP_MS_MIN 500
/* For systemd to notice that the scope is empty. */
#define UNIT_MS 2000
/* For the child of a killed `create` to die with it. */
#define IDS_LOOKS 100
#define IDS_PAUSE_NS 20000000L
#define UNFINISHED_LOOKS 50
#define UNFINISHED_PAUSE_NS 10000000L

struct cleanup {
    struct cm_runtime *runtime;
    struct cm_entry *entry;
    const struct cm_record *record;
    struct cm_cgroup cgroup;
    int pidfd;
    int64_t deadline;
    bool alive; /* a process may be left */
    int result; /* the first error */
    struct cm_error *err;
    struct cm_error later; /* where errors after the first go */
};

static struct cm_error *error_of(struct cleanup *c)
{
    return c->result < 0 ? &c->later : c->err;
}

static int note(struct cleanup *c, int r)
{
    if (r < 0 && c->result == 0)
        c->result = r;
    return r;
}

/* A record of an earlier boot names a pid and a cgroup that can only be somebody else's now. */
static bool of_this_boot(struct cleanup *c)
{
    char boot[40];
    int r = cm_boot_id(c->runtime->proc, boot);

    if (r < 0) {
        c->alive = true;
        (void)note(c, cm_fail_errno(error_of(c), -r, NULL, "reading this boot's id to tell whether container %s is of it", c->entry->id));
        return false;
    }
    return strcmp(boot, c->record->boot_id) == 0;
}

static void open_cgroup(struct cleanup *c)
{
    if (!c->record->cgroup_path)
        return;
    int root = cm_runtime_cgroup_root(c->runtime, error_of(c));
    const struct cm_record *record = c->record;
    int r = root;
    if (root >= 0 && (record->created || record->cgroup_ino != 0))
        r = cm_cgroup_open_ours(root, record->cgroup_path, record->cgroup_ino, &c->cgroup, error_of(c));
    else if (root >= 0)
        r = cm_cgroup_open(root, record->cgroup_path, &c->cgroup, error_of(c));
    if (r == 0)
        c->cgroup.n_created_above = record->cgroup_parents;
    if (r < 0 && r != -ENOENT && r != -ENODEV) { /* no cgroup, or no cgroup2 mount any more: nothing can be in it */
        c->alive = true;
        (void)note(c, r);
    }
}

static void kill_all(struct cleanup *c)
{
    if (!c->record->systemd_unit && c->record->pid == 0 && c->cgroup.fd >= 0 && cm_cgroup_remove_empty(&c->cgroup) == 0) {
        cm_cgroup_close(&c->cgroup); /* init was waited for and nobody else is left: nothing to kill or to wait for */
        return;
    }
    if (c->cgroup.fd >= 0 && c->record->created)
        (void)note(c, cm_cgroup_kill(&c->cgroup, error_of(c)));

    c->pidfd = cm_record_pidfd(c->record, c->runtime->proc);
    if (c->pidfd >= 0) {
        if (cm_pidfd_send_signal(c->pidfd, SIGKILL) < 0 && errno != ESRCH) {
            (void)note(c, cm_fail_errno(error_of(c), errno, NULL, "killing process %d of container %s", (int)c->record->pid, c->record->id));
            c->deadline = cm_now_ms() + CGROUP_MS_MIN; /* it may still be dying of the cgroup's kill, but there is no use in waiting long */
        }
    } else if (c->pidfd != -ESRCH) {
        c->alive = true;
        (void)note(c, cm_fail_errno(error_of(c), -c->pidfd, NULL, "looking at process %d of container %s", (int)c->record->pid, c->record->id));
    }
}

static void wait_for_init(struct cleanup *c)
{
    struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

    if (c->pidfd < 0)
        return;
    for (;;) {
        int64_t left = c->deadline - cm_now_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return; /* readable: all its threads have exited (pidfd_open(2)) */
        if (n < 0 && errno == EINTR)
            continue;
        c->alive = true;
        (void)note(c, cm_fail(error_of(c), ETIMEDOUT, NULL,
                              "container init still running: process %d did not end within %d ms of SIGKILL; repeat the delete when its I/O has ended",
                              (int)c->record->pid, DEATH_MS));
        return;
    }
}

/*
 * A `create` that did not get to its end may name a cgroup that it never got, because somebody else's processes are in it. Its own child dies with its parent,
 * so nothing is killed here and only an empty cgroup is removed.
 */
static bool is_ours_to_remove(struct cleanup *c)
{
    struct timespec pause = {.tv_nsec = UNFINISHED_PAUSE_NS};

    if (c->record->created)
        return true;
    int populated = cm_cgroup_populated(&c->cgroup);
    for (int i = 0; i < UNFINISHED_LOOKS && populated > 0; i++) {
        (void)nanosleep(&pause, NULL);
        populated = cm_cgroup_populated(&c->cgroup);
    }
    if (populated > 0)
        cm_log(CM_LOG_WARNING, "cgroup %s is not removed: it holds processes that are not the container's", c->cgroup.path);
    return populated <= 0;
}

/*
 * systemd takes a scope away by itself when its last process is gone: nobody has to be asked. It hears of that through the cgroup, which is therefore left to
 * it to remove; only what is still there after a while is stopped by name.
 */
static bool remove_unit(struct cleanup *c)
{
    const struct cm_record *record = c->record;
    struct cm_error ignored;

    if (cm_cgroup_wait_gone(&c->cgroup, UNIT_MS))
        return true;
    const struct cm_systemd_request stop = {.operation = CM_SYSTEMD_STOP, .unit = record->systemd_unit, .rootless = c->runtime->rootless};
    if (cm_systemd_call(&stop, &ignored) < 0)
        cm_log(CM_LOG_WARNING, "stopping the unit of container %s: %s", record->id, ignored.message);
    return cm_cgroup_wait_gone(&c->cgroup, UNIT_MS / 4);
}

static void remove_cgroup(struct cleanup *c)
{
    int64_t left = CM_MAX(c->deadline - cm_now_ms(), (int64_t)CGROUP_MS_MIN);

    if (c->cgroup.fd < 0 || !is_ours_to_remove(c))
        return;
    if (c->record->systemd_unit && remove_unit(c))
        return;
    left = CM_MAX(c->deadline - cm_now_ms(), (int64_t)CGROUP_MS_MIN);
    if (note(c, cm_cgroup_remove(&c->cgroup, (int)left, error_of(c))) < 0 && cm_cgroup_populated(&c->cgroup) > 0)
        c->alive = true;
}

/* The child of a killed `create` dies by its parent-death signal, but not before the signal is delivered: give it a moment. */
static pid_t wait_for_ids(struct cleanup *c, uint32_t first, uint32_t n)
{
    struct timespec pause = {.tv_nsec = IDS_PAUSE_NS};
    pid_t pid = 0;

    for (int i = 0; i < IDS_LOOKS; i++) {
        pid = cm_look_ids_in_use(c->runtime, first, n);
        if (pid <= 0)
            break;
        (void)nanosleep(&pause, NULL);
    }
    return pid;
}

/* The slot that our key holds: from the record, or what a killed `create` had taken before it could write so. */
static int release_slot(struct cleanup *c, struct cm_ledger *ledger, const char *key)
{
    const struct cm_record *record = c->record;
    struct cm_slot slot;

    if (record && record->slot_held)
        slot = (struct cm_slot){.index = record->slot_index, .host_id = record->slot_host_id, .ids = record->slot_ids, .generation = record->slot_generation};
    else {
        int r = cm_slot_find(ledger, key, &slot, error_of(c));
        if (r < 0)
            return r == -ENOENT ? 0 : r;
    }
    if (!record || !record->created) { /* nobody has waited for its processes above */
        pid_t pid = wait_for_ids(c, slot.host_id, slot.ids);
        if (pid != 0)
            c->alive = true;
        if (pid < 0)
            return cm_fail_errno(error_of(c), (int)-pid, NULL, "looking for processes that use the ids of container %s", c->entry->id);
        if (pid > 0)
            return cm_fail(error_of(c), EBUSY, NULL, "process %d still uses the ids %u to %u of container %s; end it, then delete the container", (int)pid,
                           slot.host_id, slot.host_id + (slot.ids - 1), c->entry->id);
    }
    int r = cm_slot_release(ledger, &slot, key, error_of(c));
    return r == -ESTALE ? 0 : r; /* given back by a removal that was interrupted after this step */
}

static bool range_is_unused(const char *key CM_UNUSED, uint32_t host_id, uint32_t ids, void *user)
{
    const struct cleanup *c = user;

    return cm_look_ids_in_use(c->runtime, host_id, ids) == 0;
}

/* The ranges that the config brought. Where nobody has waited for the processes, each has to be unused. */
static int release_external(struct cleanup *c, struct cm_ledger *ledger, const char *key)
{
    struct timespec pause = {.tv_nsec = IDS_PAUSE_NS};
    bool waited = c->record && c->record->created;
    int r = 0;

    for (int i = 0; i < IDS_LOOKS; i++) {
        r = cm_slot_release_external(ledger, key, waited ? NULL : range_is_unused, c, error_of(c));
        if (r != -EBUSY)
            break;
        (void)nanosleep(&pause, NULL); /* with the ledger unlocked */
    }
    if (r == -EBUSY) {
        c->alive = true;
        (void)cm_error_prefix(error_of(c), "container %s cannot be removed while it runs: ", c->entry->id);
    }
    return r == -ESTALE ? 0 : r;
}

static int release_ids(struct cleanup *c)
{
    CM_AUTO_LEDGER struct cm_ledger ledger = CM_LEDGER_NONE;
    char key[CM_SLOT_KEY_MAX];
    const struct cm_record *record = c->record;
    bool unknown = !record || !record->created;

    if (c->runtime->rootless || !(unknown || record->slot_held || record->external_ids))
        return 0;
    int r = cm_look_key(c->runtime, c->entry->id, key, error_of(c));
    if (r == 0)
        r = cm_runtime_open_ledger(c->runtime, NULL, &ledger, error_of(c));
    if (r == 0)
        r = release_slot(c, &ledger, key);
    if (r == 0 && (unknown || record->external_ids))
        r = release_external(c, &ledger, key);
    return r;
}

/* The container is gone, and stays gone whatever they do: a hook that fails, or is not there any more, is a warning (runtime-spec, lifecycle). */
static void run_poststop(struct cleanup *c)
{
    const struct cm_hooks_call call = {
        .runtime = c->runtime,
        .kind = OCI_HOOK_POSTSTOP,
        .n = c->record->poststop.n,
        .hooks = c->record->poststop.v,
        .guarded = true,
        .all = true,
        .status = cm_status_word(CM_STATUS_STOPPED),
        .record = c->record,
    };

    (void)note(c, cm_hooks_run(&call, error_of(c)));
}

int cm_cleanup(struct cm_runtime *runtime, struct cm_entry *entry, const struct cm_record *record, struct cm_error *err)
{
    struct cleanup c = {
        .runtime = runtime, .entry = entry, .record = record, .cgroup = CM_CGROUP_NONE, .pidfd = CM_FD_NONE, .deadline = cm_now_ms() + DEATH_MS, .err = err};

    if (record && of_this_boot(&c)) {
        open_cgroup(&c);
        kill_all(&c);
        wait_for_init(&c);
        remove_cgroup(&c);
    }
    if (!c.alive)
        (void)note(&c, release_ids(&c));
    if (!c.alive && note(&c, cm_entry_remove(&runtime->store, entry, error_of(&c))) == 0 && record)
        run_poststop(&c);
    cm_cgroup_close(&c.cgroup);
    (void)cm_close(c.pidfd);
    return c.result;
}
