/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `kill`. A signal is sent through a pidfd that is proven to be the recorded init, never to a number. Nothing is locked while init lives, so that no other
 * command can keep a container from being killed.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "run/audit.h"
#include "run/look.h"

/* Not a zombie either: the cgroup of one can be removed. */
static bool runs(int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};

    return poll(&p, 1, 0) == 0;
}

static int send_to_init(const struct cm_record *record, int pidfd, int signal, struct cm_error *err)
{
    if (cm_pidfd_send_signal(pidfd, signal) == 0)
        return 0;
    if (errno == ESRCH)
        return cm_fail(err, ESRCH, NULL, "container not running");
    if (errno == EINVAL)
        return cm_fail(err, EINVAL, NULL, "%d is not a signal that this kernel knows", signal);
    if (errno == EPERM)
        return cm_fail(err, EPERM, NULL,
                       "sending signal %d to process %d of container %s: operation not permitted; only the user who created the container "
                       "may, with the same subordinate ids",
                       signal, (int)record->pid, record->id);
    return cm_fail_errno(err, errno, NULL, "sending signal %d to process %d of container %s", signal, (int)record->pid, record->id);
}

/*
 * SIGKILL ends the container, also what does not live in its pid namespace (a pod's shared one), and thaws it. The inode number says that the
 * cgroup is this container's.
 */
static int kill_cgroup_of_init(struct cm_runtime *runtime, const struct cm_record *record, int pidfd, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    int root = cm_runtime_cgroup_root(runtime, err);

    if (root < 0)
        return root == -ENODEV ? 0 : root; /* no cgroup2 mount any more: the signal to init must do */
    int r = cm_cgroup_open_ours(root, record->cgroup_path, record->cgroup_ino, &cgroup, err);
    if (r == 0 && runs(pidfd))
        r = cm_cgroup_kill(&cgroup, err);
    return r == -ENOENT ? 0 : r;
}

static int kill_live(struct cm_runtime *runtime, const struct cm_record *record, int pidfd, int signal, struct cm_error *err)
{
    int r = 0;

    if (signal == SIGKILL && record->cgroup_path)
        r = kill_cgroup_of_init(runtime, record, pidfd, err);
    /* Also after the cgroup: init may have been moved out of it from outside. */
    struct cm_error *sent_err = r < 0 ? NULL : err;
    int sent = send_to_init(record, pidfd, signal, sent_err);
    if (sent == -ESRCH && signal == SIGKILL && r == 0)
        sent = 0; /* the cgroup's kill was faster */
    return r < 0 ? r : sent;
}

/* What is left in the cgroup of a container whose init is gone. The lock keeps the id from being deleted and used again meanwhile. */
static int kill_leftovers(struct cm_runtime *runtime, const char *id, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    char boot[40];

    int r = cm_look_open(runtime, id, true, &entry, err);
    if (r == 0)
        r = cm_record_read(&entry, &record, err);
    if (r < 0 || !record->cgroup_path || !record->created)
        return r;
    r = cm_boot_id(runtime->proc, boot);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading this boot's id to tell whether container %s is of it", id);
    if (strcmp(boot, record->boot_id) != 0)
        return 0; /* a record of an earlier boot: nothing of it lives, and its cgroup's name may be someone else's by now */
    int root = cm_runtime_cgroup_root(runtime, err);
    if (root < 0)
        return root;
    r = cm_cgroup_open_ours(root, record->cgroup_path, record->cgroup_ino, &cgroup, err);
    if (r == 0)
        r = cm_cgroup_kill(&cgroup, err);
    return r == -ENOENT ? 0 : r;
}

int cm_kill(struct cm_runtime *runtime, const char *id, int signal, bool all, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;

    int r = cm_look_open(runtime, id, false, &entry, err);
    if (r == 0)
        r = cm_record_read(&entry, &record, err);
    if (r < 0)
        return r;
    CM_AUTO_CLOSE int pidfd = cm_look_pidfd(runtime, record);
    if (pidfd >= 0)
        r = kill_live(runtime, record, pidfd, signal, err);
    else if (pidfd != -ESRCH)
        r = cm_fail_errno(err, -pidfd, NULL, "looking at process %d of container %s", (int)record->pid, record->id);
    else
        r = cm_fail(err, ESRCH, NULL, "container not running");
    if (all && r == -ESRCH)
        r = kill_leftovers(runtime, id, err);
    if (signal != 0 && r != -ESRCH) /* who asks whether it lives, and finds nobody, has done nothing */
        cm_audit_manage(runtime, CM_AUDIT_KILL, record, signal, r, err);
    return r;
}
