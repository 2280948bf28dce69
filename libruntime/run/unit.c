/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a launch whose cgroup is a scope of systemd's. The helper program is the scope's first process: the limits are in force before the container's
 * exists, which is then born in the cgroup like any other. Hostile: nothing here; names and properties were judged by the plan.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "run/launch.h"

/* Controllers that systemd does not know, and so neither gives nor takes away. */
#define NOT_SYSTEMDS ((unsigned int)(CM_CTRL_HUGETLB | CM_CTRL_RDMA | CM_CTRL_MISC))

/* Without privilege a process can be born in a cgroup of the user's manager only from below it: a caller elsewhere (a login session) is moved there first. */
static pid_t who_moves(const struct cm_launch *launch, const char *base)
{
    CM_AUTO_FREE char *own = NULL;
    char pid[16];

    if (!launch->runtime->rootless)
        return 0;
    (void)snprintf(pid, sizeof(pid), "%d", launch->runtime->pid);
    if (cm_cgroup_of(launch->runtime->proc, pid, &own) == 0 && cm_path_is_below(own, base))
        return 0;
    return launch->runtime->pid;
}

/* A scope of that name with somebody in it is not ours, and stays as it is. */
static int check_free(struct cm_launch *launch, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    int root = cm_runtime_cgroup_root(launch->runtime, err);

    if (root < 0)
        return root;
    if (cm_cgroup_open(root, launch->plan->cgroup_path, &cgroup, NULL) < 0 || cm_cgroup_populated(&cgroup) <= 0)
        return 0;
    pid_t *pids = NULL;
    size_t n = 0;
    (void)!cm_cgroup_pids(&cgroup, &pids, &n);
    free(pids);
    return cm_fail(err, EBUSY, "/linux/cgroupsPath", "container's cgroup is not empty: %zu process(es) found in %s; stop unit %s or choose another cgroupsPath",
                   n, cgroup.path, launch->plan->unit.name);
}

static int fail_not_ours(struct cm_launch *launch, int r)
{
    launch->record.cgroup_path = launch->record.systemd_unit = NULL; /* whose it is: not ours to clear */
    return r;
}

/* What is wrong here is wrong in the step below too, and said there: perhaps nothing comes to it. */
int cm_launch_unit_prepare(struct cm_launch *launch, struct cm_error *err CM_UNUSED)
{
    struct cm_error ignored;

    if (launch->runtime->systemd_driver && cm_systemd_prepare(launch->runtime->rootless, &launch->systemd, &ignored) < 0)
        launch->systemd = CM_SYSTEMD_NONE;
    return 0;
}

int cm_launch_unit(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan_unit *unit = &launch->plan->unit;

    if (!unit->name)
        return 0;
    int r = check_free(launch, err);
    if (r < 0)
        return fail_not_ours(launch, r);
    const struct cm_systemd_request request = {
        .operation = CM_SYSTEMD_START,
        .unit = unit->name,
        .rootless = launch->runtime->rootless,
        .move = who_moves(launch, launch->facts.systemd_base),
        .n = unit->n,
        .properties = unit->properties,
    };
    return cm_systemd_begin(&request, &launch->systemd, err);
}

/* Where the helper is, the kernel says: nothing is taken over but the cgroup that was planned. */
static int check_place(struct cm_launch *launch, struct cm_error *err)
{
    CM_AUTO_FREE char *place = NULL;
    char pid[16];

    (void)snprintf(pid, sizeof(pid), "%d", (int)launch->systemd.pid);
    int r = cm_cgroup_of(launch->runtime->proc, pid, &place);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "looking where systemd has put unit %s", launch->plan->unit.name);
    if (!cm_streq(place, launch->plan->cgroup_path))
        return cm_fail(err, EXDEV, "/linux/cgroupsPath",
                       "systemd has put unit %s at %s instead of %s; is this casemate in a container, or in a cgroup namespace?", launch->plan->unit.name,
                       place, launch->plan->cgroup_path);
    return 0;
}

/* The helper counts as a process of the scope until it has left. */
static struct cm_plan_limit *limit_of_one(const struct cm_plan *plan)
{
    struct cm_plan_limit *found = NULL;

    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, "pids.max"))
            found = cm_streq(plan->limits[i].value, "1") ? &plan->limits[i] : NULL;
    return found;
}

int cm_launch_unit_cgroup(struct cm_launch *launch, unsigned int controllers, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;
    int root = cm_runtime_cgroup_root(launch->runtime, err);
    int r = root < 0 ? root : cm_systemd_finish(&launch->systemd, plan->unit.name, err);

    if (r == -EEXIST)
        return fail_not_ours(launch, r);
    if (r == 0)
        r = check_place(launch, err);
    if (r < 0)
        return r;
    if (controllers & NOT_SYSTEMDS)
        cm_cgroup_enable_above(root, plan->cgroup_path, controllers & NOT_SYSTEMDS);
    r = cm_cgroup_adopt(root, plan->cgroup_path, &launch->cgroup, err);
    if (r < 0)
        return r;
    launch->record.cgroup_ino = launch->cgroup.ino;
    struct cm_plan_limit *one = limit_of_one(plan);
    if (one)
        one->value = "2";
    r = cm_cgroup_set_limits(&launch->cgroup, plan->limits, plan->n_limits, err);
    if (one)
        one->value = "1";
    return r;
}

int cm_launch_unit_leave(struct cm_launch *launch, struct cm_error *err CM_UNUSED)
{
    cm_systemd_hang_up(&launch->systemd);
    return 0;
}

int cm_launch_unit_left(struct cm_launch *launch, struct cm_error *err)
{
    if (launch->systemd.pidfd < 0)
        return 0;
    cm_systemd_wait(&launch->systemd);
    const struct cm_plan_limit *one = limit_of_one(launch->plan);
    return one ? cm_cgroup_set_limits(&launch->cgroup, one, 1, err) : 0;
}

int cm_launch_step_below(struct cm_launch *launch, const char *cgroup_path, struct cm_error *err)
{
    static const char service[] = ".service/"; /* the user's manager: user@1000.service */
    const char *end = strstr(cgroup_path, service);
    CM_AUTO_FREE char *base = end ? strndup(cgroup_path, (size_t)(end - cgroup_path) + sizeof(service) - 2) : NULL;
    const struct cm_systemd_request request = {.operation = CM_SYSTEMD_START, .unit = "", .rootless = true, .move = base ? who_moves(launch, base) : 0};

    return request.move > 0 ? cm_systemd_call(&request, err) : 0;
}
