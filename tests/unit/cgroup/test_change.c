/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing limits in an imitated tree: what holds now, whole changes, and everything set back when one of them fails. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "cgroup/cgroup.h"
#include "place.h"

static struct cm_cgroup make_tree(void)
{
    struct cm_cgroup cgroup = CM_CGROUP_NONE;

    cgroup.fd = place_make("change");
    cgroup.path = strdup("/box");
    return cgroup;
}

static void remove_tree(struct cm_cgroup *cgroup)
{
    cm_cgroup_close(cgroup);
    place_drop();
}

TEST(what_holds_now)
{
    struct cm_cgroup cgroup = make_tree();
    int64_t number = 0, quota = 0;
    uint64_t period = 0;

    put_file(cgroup.fd, "memory.max", "max\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), 0);
    CHECK_INT(number, -1);
    put_file(cgroup.fd, "memory.max", "4096\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), 0);
    CHECK_INT(number, 4096);
    put_file(cgroup.fd, "memory.max", "-1\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), -EPROTO);
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.none", &number), -ENOENT);
    put_file(cgroup.fd, "cpu.max", "max 100000\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), 0);
    CHECK(quota == -1 && period == 100000);
    put_file(cgroup.fd, "cpu.max", "5000 20000\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), 0);
    CHECK(quota == 5000 && period == 20000);
    put_file(cgroup.fd, "cpu.max", "max\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), -EPROTO);
    remove_tree(&cgroup);
}

TEST(a_whole_change)
{
    static const struct cm_plan_limit limits[] = {{0, "memory.max", "2000", ""}, {0, "cpu.max", "5 100000", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put_file(cgroup.fd, "memory.max", "1000");
    put_file(cgroup.fd, "cpu.max", "");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), 0);
    check_file(cgroup.fd, "memory.max", "2000");
    check_file(cgroup.fd, "cpu.max", "5 100000");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, 0, &err), 0);
    remove_tree(&cgroup);
}

TEST(what_was_written_is_set_back)
{
    static const struct cm_plan_limit limits[] = {
        {CM_CTRL_MEMORY, "memory.max", "2000", "/linux/resources/memory/limit"},
        {CM_CTRL_CPU, "cpu.max", "9 100000", ""},
        {CM_CTRL_PIDS, "pids.max", "5", "/linux/resources/pids/limit"}, /* there is no such file */
        {CM_CTRL_MEMORY, "memory.low", "7", ""},
    };
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put_file(cgroup.fd, "memory.max", "1000");
    put_file(cgroup.fd, "cpu.max", "4 100000");
    put_file(cgroup.fd, "memory.low", "0");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ENOENT);
    CHECK_STR(err.field, "/linux/resources/pids/limit"); /* the first error */
    CHECK_CONTAINS(err.message, "pids.max");
    CHECK(!strstr(err.message, "set back"));
    check_file(cgroup.fd, "memory.max", "1000");
    check_file(cgroup.fd, "cpu.max", "4 100000");
    check_file(cgroup.fd, "memory.low", "0");
    remove_tree(&cgroup);
}

/* A device that had no line gets one that limits nothing. The imitated file only shows the last write: what the kernel would be told last. */
TEST(devices_are_set_back)
{
    static const struct cm_plan_limit limits[] = {{0, "io.max", "8:16 rbps=5", ""}, {0, "pids.max", "5", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put_file(cgroup.fd, "io.max", "");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ENOENT);
    check_file(cgroup.fd, "io.max", "8:16 rbps=max wbps=max riops=max wiops=max");
    remove_tree(&cgroup);
}

TEST(what_cannot_be_set_back_is_said)
{
    static const struct cm_plan_limit limits[] = {{0, "memory.max", "2000", ""}, {0, "memory.high", "1", ""}, {0, "pids.max", "5", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put_file(cgroup.fd, "memory.max", "1000");
    put_file(cgroup.fd, "memory.high", "1");
    CHECK_INT(symlinkat("memory.max", cgroup.fd, "pids.max"), 0); /* a link is never written to */
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ELOOP);
    check_file(cgroup.fd, "memory.max", "1000");
    remove_tree(&cgroup);
}

TEST(controllers_are_enabled_on_the_way_down)
{
    struct cm_cgroup cgroup = make_tree();

    CHECK_INT(mkdirat(cgroup.fd, "a", 0755), 0);
    CHECK_INT(mkdirat(cgroup.fd, "a/b", 0755), 0);
    put_file(cgroup.fd, "cgroup.subtree_control", "");
    put_file(cgroup.fd, "a/cgroup.subtree_control", "");
    put_file(cgroup.fd, "a/b/cgroup.subtree_control", "");
    cm_cgroup_enable_above(cgroup.fd, "/a/b", CM_CTRL_MEMORY | CM_CTRL_CPUSET);
    check_file(cgroup.fd, "cgroup.subtree_control", "+memory +cpuset");
    check_file(cgroup.fd, "a/cgroup.subtree_control", "+memory +cpuset");
    check_file(cgroup.fd, "a/b/cgroup.subtree_control", ""); /* the container's own: its children are not ours to limit */
    remove_tree(&cgroup);
}
