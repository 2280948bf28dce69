/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing limits in an imitated tree: what holds now, whole changes, and everything set back when one of them fails. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "cgroup/cgroup.h"

static char place[64];

static struct cm_cgroup make_tree(void)
{
    struct cm_cgroup cgroup = CM_CGROUP_NONE;

    (void)snprintf(place, sizeof(place), "/tmp/casemate-change-XXXXXX");
    if (mkdtemp(place))
        cgroup.fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cgroup.path = strdup("/box");
    CHECK(cgroup.fd >= 0);
    return cgroup;
}

static void remove_tree(struct cm_cgroup *cgroup)
{
    char command[128];

    cm_cgroup_close(cgroup);
    (void)snprintf(command, sizeof(command), "rm -rf %s", place);
    CHECK_INT(system(command), 0); /* a test's own directory */
}

static void put(const struct cm_cgroup *cgroup, const char *name, const char *text)
{
    CM_AUTO_CLOSE int fd = openat(cgroup->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && cm_write_full(fd, text, strlen(text)) == 0);
}

static void check_content(const struct cm_cgroup *cgroup, const char *name, const char *want)
{
    char text[512];

    CHECK(cm_read_small_at(cgroup->fd, name, text, sizeof(text)) >= 0);
    CHECK_STR(text, want);
}

TEST(what_holds_now)
{
    struct cm_cgroup cgroup = make_tree();
    int64_t number = 0, quota = 0;
    uint64_t period = 0;

    put(&cgroup, "memory.max", "max\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), 0);
    CHECK_INT(number, -1);
    put(&cgroup, "memory.max", "4096\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), 0);
    CHECK_INT(number, 4096);
    put(&cgroup, "memory.max", "-1\n");
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.max", &number), -EPROTO);
    CHECK_INT(cm_cgroup_limit_now(&cgroup, "memory.none", &number), -ENOENT);
    put(&cgroup, "cpu.max", "max 100000\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), 0);
    CHECK(quota == -1 && period == 100000);
    put(&cgroup, "cpu.max", "5000 20000\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), 0);
    CHECK(quota == 5000 && period == 20000);
    put(&cgroup, "cpu.max", "max\n");
    CHECK_INT(cm_cgroup_cpu_now(&cgroup, &quota, &period), -EPROTO);
    remove_tree(&cgroup);
}

TEST(a_whole_change)
{
    static const struct cm_plan_limit limits[] = {{0, "memory.max", "2000", ""}, {0, "cpu.max", "5 100000", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put(&cgroup, "memory.max", "1000");
    put(&cgroup, "cpu.max", "");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), 0);
    check_content(&cgroup, "memory.max", "2000");
    check_content(&cgroup, "cpu.max", "5 100000");
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

    put(&cgroup, "memory.max", "1000");
    put(&cgroup, "cpu.max", "4 100000");
    put(&cgroup, "memory.low", "0");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ENOENT);
    CHECK_STR(err.field, "/linux/resources/pids/limit"); /* the first error */
    CHECK_CONTAINS(err.message, "pids.max");
    CHECK(!strstr(err.message, "set back"));
    check_content(&cgroup, "memory.max", "1000");
    check_content(&cgroup, "cpu.max", "4 100000");
    check_content(&cgroup, "memory.low", "0");
    remove_tree(&cgroup);
}

/* A device that had no line gets one that limits nothing. The imitated file only shows the last write: what the kernel would be told last. */
TEST(devices_are_set_back)
{
    static const struct cm_plan_limit limits[] = {{0, "io.max", "8:16 rbps=5", ""}, {0, "pids.max", "5", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put(&cgroup, "io.max", "");
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ENOENT);
    check_content(&cgroup, "io.max", "8:16 rbps=max wbps=max riops=max wiops=max");
    remove_tree(&cgroup);
}

TEST(what_cannot_be_set_back_is_said)
{
    static const struct cm_plan_limit limits[] = {{0, "memory.max", "2000", ""}, {0, "memory.high", "1", ""}, {0, "pids.max", "5", ""}};
    struct cm_cgroup cgroup = make_tree();
    struct cm_error err;

    put(&cgroup, "memory.max", "1000");
    put(&cgroup, "memory.high", "1");
    CHECK_INT(symlinkat("memory.max", cgroup.fd, "pids.max"), 0); /* a link is never written to */
    CHECK_INT(cm_cgroup_change_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), -ELOOP);
    check_content(&cgroup, "memory.max", "1000");
    remove_tree(&cgroup);
}

TEST(controllers_are_enabled_on_the_way_down)
{
    struct cm_cgroup cgroup = make_tree();

    CHECK_INT(mkdirat(cgroup.fd, "a", 0755), 0);
    CHECK_INT(mkdirat(cgroup.fd, "a/b", 0755), 0);
    put(&cgroup, "cgroup.subtree_control", "");
    put(&cgroup, "a/cgroup.subtree_control", "");
    put(&cgroup, "a/b/cgroup.subtree_control", "");
    cm_cgroup_enable_above(cgroup.fd, "/a/b", CM_CTRL_MEMORY | CM_CTRL_CPUSET);
    check_content(&cgroup, "cgroup.subtree_control", "+memory +cpuset");
    check_content(&cgroup, "a/cgroup.subtree_control", "+memory +cpuset");
    check_content(&cgroup, "a/b/cgroup.subtree_control", ""); /* the container's own: its children are not ours to limit */
    remove_tree(&cgroup);
}
