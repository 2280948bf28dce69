/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of AppArmor and SELinux. The names come from the config and were judged by the planner. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "lsm/lsm.h"
#include "path/procfs.h"

bool cm_lsm_apparmor_active(void)
{
    char value[8];

    return cm_read_small_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", value, sizeof(value)) > 0 && value[0] == 'Y';
}

bool cm_lsm_selinux_active(void)
{
    return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static int write_attr(int proc, const char *file, const char *value)
{
    char path[64];
    long pid = cm_procfs_self(proc);

    if (pid < 0)
        return (int)pid;
    /* The task directory: labels are per thread, and "thread-self" would be a link. */
    (void)snprintf(path, sizeof(path), "%ld/task/%ld/attr/%s", pid, pid, file);
    return cm_procfs_write(proc, path, value);
}

int cm_label_set(const struct cm_plan *plan, int proc, struct cm_error *err)
{
    if (plan->apparmor_profile) {
        char value[512];
        int n = snprintf(value, sizeof(value), "exec %s", plan->apparmor_profile);
        if (n < 0 || (size_t)n >= sizeof(value))
            return cm_fail_errno(err, ENAMETOOLONG, "/process/apparmorProfile", "setting the AppArmor profile");
        int r = write_attr(proc, "apparmor/exec", value);
        if (r == -ENOENT) /* before Linux 5.8 the file is shared by all LSMs */
            r = write_attr(proc, "exec", value);
        if (r < 0)
            return cm_fail_errno(err, -r, "/process/apparmorProfile", "asking for the AppArmor profile %s; is it loaded?", plan->apparmor_profile);
    }
    if (plan->selinux_label) {
        int r = write_attr(proc, "exec", plan->selinux_label);
        if (r < 0)
            return cm_fail_errno(err, -r, "/process/selinuxLabel", "asking for the SELinux label %s", plan->selinux_label);
    }
    return 0;
}
