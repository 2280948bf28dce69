/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing what a record names: processes, cgroup, id slot, directory. Every step is tried. While a process may be alive its ids and its record stay, so that
 * nobody else gets the ids and the removal can be repeated. Hostile: processes that do not die in time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "idmap/slots.h"
#include "path/procfs.h"
#include "run/look.h"

/* For the processes to die, and what the cgroup gets for its removal at least. */
#define DEATH_MS 9000
#define CGROUP_MS_MIN 500
/* For the child of a killed `create` to die with it. */
#define IDS_LOOKS 100
#define IDS_PAUSE_NS 20000000L
#define UNFINISHED_LOOKS 50
#define UNFINISHED_PAUSE_NS 10000000L
#define STATUS_MAX ((size_t)64 << 10)

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

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
    int r = root < 0 ? root : cm_cgroup_open(root, c->record->cgroup_path, &c->cgroup, error_of(c));
    if (r < 0 && r != -ENOENT && r != -ENODEV) { /* no cgroup, or no cgroup2 mount any more: nothing can be in it */
        c->alive = true;
        (void)note(c, r);
    }
}

static void kill_all(struct cleanup *c)
{
    if (c->record->pid == 0 && c->cgroup.fd >= 0 && unlinkat(c->cgroup.parent, c->cgroup.name, AT_REMOVEDIR) == 0) {
        cm_cgroup_close(&c->cgroup); /* init was waited for and nobody else is left: nothing to kill or to wait for */
        return;
    }
    if (c->cgroup.fd >= 0 && c->record->created)
        (void)note(c, cm_cgroup_kill(&c->cgroup, error_of(c)));

    c->pidfd = cm_record_pidfd(c->record, c->runtime->proc);
    if (c->pidfd >= 0) {
        if (cm_pidfd_send_signal(c->pidfd, SIGKILL) < 0 && errno != ESRCH) {
            (void)note(c, cm_fail_errno(error_of(c), errno, NULL, "killing process %d of container %s", (int)c->record->pid, c->record->id));
            c->deadline = now_ms() + CGROUP_MS_MIN; /* it may still be dying of the cgroup's kill, but there is no use in waiting long */
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
        int64_t left = c->deadline - now_ms();
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

static void remove_cgroup(struct cleanup *c)
{
    int64_t left = CM_MAX(c->deadline - now_ms(), (int64_t)CGROUP_MS_MIN);

    if (c->cgroup.fd < 0 || !is_ours_to_remove(c))
        return;
    if (note(c, cm_cgroup_remove(&c->cgroup, (int)left, error_of(c))) < 0 && cm_cgroup_populated(&c->cgroup) > 0)
        c->alive = true;
}

/* "Uid:" of /proc/PID/status: real, effective, saved and filesystem id. The owner of /proc/PID would not do: it is 0 for a non-dumpable process. */
static bool status_has_id(const char *text, uint32_t first, uint32_t n)
{
    const char *state = strstr(text, "\nState:\t"), *line = strstr(text, "\nUid:");

    if (state && (state[8] == 'Z' || state[8] == 'X')) /* dead, only not waited for: it uses nothing any more */
        return false;
    line = line ? line + strlen("\nUid:") : "";
    while (*line == '\t' || *line == ' ') {
        char digits[16] = {0};
        uint32_t id;
        line += strspn(line, "\t ");
        size_t size = strcspn(line, "\t \n");
        memcpy(digits, line, CM_MIN(size, sizeof(digits) - 1));
        if (cm_parse_u32(digits, &id) == 0 && id >= first && id - first < n)
            return true;
        line += size;
    }
    return false;
}

static void close_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

pid_t cm_look_ids_in_use(struct cm_runtime *runtime, uint32_t first, uint32_t n)
{
    CM_AUTO_CLOSE int fd = cm_procfs_open(runtime->proc, ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    CM_CLEANUP(close_dir) DIR *dir = fdopendir(fd);
    if (!dir)
        return -errno;
    fd = CM_FD_NONE; /* now the stream's */

    for (const struct dirent *entry; (entry = readdir(dir));) {
        CM_AUTO_FREE char *text = NULL;
        char path[64];
        uint32_t pid;
        if (cm_parse_u32(entry->d_name, &pid) < 0 || pid > INT32_MAX)
            continue;
        (void)snprintf(path, sizeof(path), "%u/status", pid);
        if (cm_procfs_read(runtime->proc, path, STATUS_MAX, &text) > 0 && status_has_id(text, first, n))
            return (pid_t)pid;
    }
    return 0;
}

/* The child of a killed `create` dies by its parent-death signal, but not before the signal is delivered: give it a moment. */
static pid_t wait_for_ids(struct cleanup *c, const struct cm_slot *slot)
{
    struct timespec pause = {.tv_nsec = IDS_PAUSE_NS};
    pid_t pid = 0;

    for (int i = 0; i < IDS_LOOKS; i++) {
        pid = cm_look_ids_in_use(c->runtime, slot->host_id, slot->ids);
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
        pid_t pid = wait_for_ids(c, &slot);
        if (pid > 0) {
            c->alive = true;
            return cm_fail(error_of(c), EBUSY, NULL, "process %d still uses the ids %u to %u of container %s; end it, then delete the container", (int)pid,
                           slot.host_id, slot.host_id + (slot.ids - 1), c->entry->id);
        }
    }
    int r = cm_slot_release(ledger, &slot, key, error_of(c));
    return r == -ESTALE ? 0 : r; /* given back by a removal that was interrupted after this step */
}

static int release_ids(struct cleanup *c)
{
    CM_AUTO_LEDGER struct cm_ledger ledger = CM_LEDGER_NONE;
    CM_AUTO_STR struct cm_str key = {0};
    const struct cm_record *record = c->record;
    bool unknown = !record || !record->created;

    if (c->runtime->rootless || !(unknown || record->slot_held || record->external_ids))
        return 0;
    cm_str_addf(&key, "%s/%s", c->runtime->store.path, c->entry->id);
    if (key.failed)
        return cm_fail_errno(error_of(c), ENOMEM, NULL, "releasing the ids of container %s", c->entry->id);
    int r = cm_runtime_open_ledger(NULL, &ledger, error_of(c));
    if (r < 0)
        return r;
    r = release_slot(c, &ledger, key.data);
    if (r == 0 && (unknown || record->external_ids)) {
        r = cm_slot_release_external(&ledger, key.data, error_of(c));
        r = r == -ESTALE ? 0 : r;
    }
    return r;
}

int cm_cleanup(struct cm_runtime *runtime, struct cm_entry *entry, const struct cm_record *record, struct cm_error *err)
{
    struct cleanup c = {
        .runtime = runtime, .entry = entry, .record = record, .cgroup = CM_CGROUP_NONE, .pidfd = CM_FD_NONE, .deadline = now_ms() + DEATH_MS, .err = err};

    if (record && of_this_boot(&c)) {
        open_cgroup(&c);
        kill_all(&c);
        wait_for_init(&c);
        remove_cgroup(&c);
    }
    if (!c.alive)
        (void)note(&c, release_ids(&c));
    if (!c.alive)
        (void)note(&c, cm_entry_remove(&runtime->store, entry, error_of(&c)));
    cm_cgroup_close(&c.cgroup);
    (void)cm_close(c.pidfd);
    return c.result;
}
