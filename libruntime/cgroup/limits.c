/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing limits. Files and values come from the planner, which took them from a hostile config ("unified" names files itself). */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/files.h"

#define UNIFIED "/linux/resources/unified"

/* Not limits: these move, kill or stop processes, or give power over the tree away. */
static const char *const never_written[] = {
    "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "cgroup.type", "cgroup.kill", "cgroup.freeze",
};

/* Files that a kernel may lack although it has the controller: swap is not compiled in or not accounted. Only a default of ours may then be left out (with a
 * warning). */
static const char *const may_lack[] = {"memory.swap.max"};

static bool is_one_of(const char *file, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cm_streq(file, list[i]))
            return true;
    return false;
}

/* One plain component with a dot in it, as all of the kernel's files: "CONTROLLER.NAME". */
static bool name_ok(const char *file)
{
    size_t n = strlen(file);

    return n > 0 && n <= NAME_MAX && !strchr(file, '/') && file[0] != '.' && strchr(file, '.') && !is_one_of(file, never_written, CM_ARRAY_LEN(never_written));
}

/* A value of several lines (io.max of several devices) is several writes: the kernel looks at the first line of each only. */
static int write_lines(int dir, const char *file, const char *value)
{
    while (*value) {
        char line[4096];
        size_t n = strcspn(value, "\n");
        if (n >= sizeof(line))
            return -E2BIG;
        memcpy(line, value, n);
        line[n] = '\0';
        int r = n > 0 ? cm_cgfile_write(dir, file, line) : 0;
        if (r < 0)
            return r;
        value += n;
        value += *value == '\n';
    }
    return 0;
}

static const char *remedy(int errnum)
{
    static const struct {
        int errnum;
        const char *text;
    } table[] = {
        {EINVAL, "; the kernel does not accept this value"},
        {ERANGE, "; the kernel does not accept a value of this size"},
        {E2BIG, "; the value is too long"},
        {EBUSY, "; the cgroup uses more than that already"},
        {ENODEV, "; the host has none of that number or name"},
        {EOPNOTSUPP, "; this kernel cannot do it here (a weight needs the BFQ scheduler or io.cost.qos for the device)"},
        {EACCES, "; an unprivileged caller may only set limits of controllers delegated to it (systemd: Delegate=)"},
        {EPERM, "; an unprivileged caller may only set limits of controllers delegated to it (systemd: Delegate=)"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        if (table[i].errnum == errnum)
            return table[i].text;
    return "";
}

static int missing_file(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limit, const char *field, struct cm_error *err)
{
    int prefix = (int)strcspn(limit->file, ".");

    bool there = limit->controller == 0 || (cm_cgroup_controllers(cgroup->fd) & limit->controller);
    const char *what = there ? "this kernel has no such file; remove the setting"
                             : "enable it in cgroup.subtree_control of the cgroups above it, where none but the root may hold processes (a controller that is "
                               "mounted as cgroup v1 is never there)";

    if (cm_has_prefix(field, UNIFIED))
        return cm_fail(err, ENOENT, field, "unified resource \"%s\" can't be set: controller \"%.*s\" not available in cgroup %s; %s", limit->file, prefix,
                       limit->file, cgroup->path, what);
    if (there)
        return cm_fail(err, ENOENT, field, "cannot set %s to \"%s\" in cgroup %s: %s", limit->file, limit->value, cgroup->path, what);
    return cm_fail(err, ENOENT, field, "cannot set %s to \"%s\": controller \"%s\" is not enabled in cgroup %s; %s", limit->file, limit->value,
                   cm_controller_name(limit->controller), cgroup->path, what);
}

static int write_failed(const struct cm_cgroup *cgroup, const char *file, const char *value, const char *field, int errnum, struct cm_error *err)
{
    return cm_fail(err, errnum, field, "writing \"%s\" to %s of cgroup %s: %s%s", value, file, cgroup->path, strerror(errnum), remedy(errnum));
}

static int set_limit(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limit, struct cm_error *err)
{
    const char *field = limit->field ? limit->field : "";

    if (!name_ok(limit->file))
        return cm_fail(err, EINVAL, field, "\"%s\" is not the name of a cgroup limit", limit->file);
    if (!*limit->value)
        return cm_fail(err, EINVAL, field, "the value for %s is empty", limit->file);
    if (limit->preferred_file) {
        int r = write_lines(cgroup->fd, limit->preferred_file, limit->preferred_value);
        if (r != -ENOENT)
            return r < 0 ? write_failed(cgroup, limit->preferred_file, limit->preferred_value, field, -r, err) : 0;
    }
    int r = write_lines(cgroup->fd, limit->file, limit->value);
    if (r == -ENOENT && !*field && is_one_of(limit->file, may_lack, CM_ARRAY_LEN(may_lack))) {
        cm_log(CM_LOG_WARNING, "this kernel does not have %s: the default limit \"%s\" is not enforced", limit->file, limit->value);
        return 0;
    }
    if (r == -ENOENT)
        return missing_file(cgroup, limit, field, err);
    return r < 0 ? write_failed(cgroup, limit->file, limit->value, field, -r, err) : 0;
}

int cm_cgroup_set_limits(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limits, size_t n, struct cm_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int r = set_limit(cgroup, &limits[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}
