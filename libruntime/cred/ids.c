/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and group ids, dumpability, and the ban on nested namespaces. No hostile input: ids were checked by the planner. */
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cred/cred.h"
#include "path/procfs.h"

int cm_cred_keep_caps(struct cm_error *err)
{
    if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "setting securebits");
    return 0;
}

/* The C library's wrappers would signal other threads; there are none, and the child must not touch them. */
int cm_cred_set_ids(const struct cm_plan *plan, struct cm_error *err)
{
    if (syscall(SYS_setgroups, plan->n_groups, plan->groups) < 0)
        return cm_fail_errno(err, errno, "/process/user/additionalGids", "setting the supplementary groups");
    if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
        return cm_fail_errno(err, errno, "/process/user/gid", "changing to group %u", plan->gid);
    if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
        return cm_fail_errno(err, errno, "/process/user/uid", "changing to user %u", plan->uid);
    return 0;
}

int cm_cred_hide(struct cm_error *err)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "making the process non-dumpable");
    return 0;
}

int cm_cred_forbid_nesting(int proc, struct cm_error *err)
{
    static const char *const types[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};

    for (size_t i = 0; i < CM_ARRAY_LEN(types); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "sys/user/max_%s_namespaces", types[i]);
        int r = cm_procfs_write(proc, path, "0");
        if (r == -ENOENT && strcmp(types[i], "time") == 0)
            continue; /* kernels without time namespaces have none to forbid */
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "forbidding %s namespaces inside the container (%s)", types[i], path);
    }
    return 0;
}
