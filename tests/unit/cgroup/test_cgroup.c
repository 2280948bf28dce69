/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be tested of cgroups without any: names, limits and controllers in an imitated directory tree, a process's own path in an imitated procfs. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/files.h"
#include "place.h"

static int make_tree(void)
{
    return place_make("cgroup");
}

static void remove_tree(int dir)
{
    (void)cm_close(dir);
    place_drop();
}

TEST(controllers_by_name)
{
    static const struct { const char *text; unsigned int want;
    } table[] = {
        {"", 0},
        {"cpuset cpu io memory hugetlb pids rdma misc", 255},
        {"memory\n", CM_CTRL_MEMORY},
        {"cpu", CM_CTRL_CPU},
        {"cpuset", CM_CTRL_CPUSET},
        {"memo pid", 0},
        {"dmem pids", CM_CTRL_PIDS},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        CHECK_INT(cm_controllers_parse(table[i].text), table[i].want);
    CHECK_STR(cm_controller_name(CM_CTRL_HUGETLB), "hugetlb");
    CHECK_STR(cm_controller_name(0), "");
}

TEST(only_wanted_and_missing_controllers_are_enabled)
{
    static const struct { const char *before; unsigned int wanted; const char *after; } table[] = {
        {"", CM_CTRL_MEMORY | CM_CTRL_PIDS, "+memory +pids"},
        {"pids\n", CM_CTRL_MEMORY | CM_CTRL_PIDS, "+memory"},
        {"memory pids\n", CM_CTRL_MEMORY | CM_CTRL_PIDS, "memory pids"},
        {"io\n", 0, "io"},
    };
    int dir = make_tree();
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        char text[64] = {0};
        put_file(dir, "cgroup.subtree_control", table[i].before);
        cm_controllers_enable(dir, table[i].wanted);
        CHECK(cm_read_small_at(dir, "cgroup.subtree_control", text, sizeof(text)) >= 0);
        if (strncmp(text, table[i].after, strlen(table[i].after)) != 0)
            CHECK_FAIL("row %zu: \"%s\"", i, text);
    }
    put_file(dir, "cgroup.controllers", "cpuset memory\n");
    CHECK_INT(cm_cgroup_controllers(dir), CM_CTRL_CPUSET | CM_CTRL_MEMORY);
    remove_tree(dir);
}

/* The kernel would take them, and make a threaded subtree of the cgroup. */
TEST(no_threaded_subtree_is_made_of_a_cgroup_with_processes)
{
    static const struct { const char *type, *procs; unsigned int wanted; const char *after; } table[] = {
        {"domain\n", "1\n", CM_CTRL_CPU | CM_CTRL_PIDS | CM_CTRL_CPUSET, ""},
        {"domain\n", "1\n", CM_CTRL_PIDS | CM_CTRL_MEMORY, "+memory +pids"}, /* the kernel refuses both */
        {"domain\n", "", CM_CTRL_PIDS, "+pids"},
        {NULL, "1\n", CM_CTRL_PIDS, "+pids"}, /* the root of the tree */
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        int dir = make_tree();
        char text[64] = {0};
        put_file(dir, "cgroup.subtree_control", "");
        put_file(dir, "cgroup.procs", table[i].procs);
        if (table[i].type)
            put_file(dir, "cgroup.type", table[i].type);
        cm_controllers_enable(dir, table[i].wanted);
        CHECK(cm_read_small_at(dir, "cgroup.subtree_control", text, sizeof(text)) >= 0);
        if (strcmp(text, table[i].after) != 0)
            CHECK_FAIL("row %zu: \"%s\"", i, text);
        remove_tree(dir);
    }
}

TEST(bad_paths_make_nothing)
{
    static const char *const bad[] = {"", "a", "/", "//a", "/a/", "/a//b", "/a/./b", "/a/../b", "/..", "/.", "/a\nb"};
    int dir = make_tree();
    struct cm_cgroup cgroup;
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        cm_error_init(&err);
        CHECK_INT(cm_cgroup_create(dir, bad[i], 0, &cgroup, &err), -EINVAL);
        CHECK_STR(err.field, "/linux/cgroupsPath");
        CHECK_INT(cm_cgroup_open(dir, bad[i], &cgroup, &err), -EINVAL);
    }
    CHECK_INT(unlinkat(AT_FDCWD, place, AT_REMOVEDIR), 0); /* still empty */
    (void)cm_close(dir);
}

TEST(links_are_not_followed)
{
    int dir = make_tree();
    struct cm_cgroup cgroup;
    struct cm_error err;

    CHECK_INT(symlinkat("/tmp", dir, "link"), 0);
    CHECK_INT(symlinkat(".", dir, "self"), 0);
    cm_error_init(&err);
    CHECK_INT(cm_cgroup_create(dir, "/link/x", 0, &cgroup, &err), -ELOOP);
    CHECK_INT(cm_cgroup_create(dir, "/self/x", 0, &cgroup, &err), -ELOOP);
    CHECK_INT(cm_cgroup_create(dir, "/self", 0, &cgroup, &err), -ELOOP);
    CHECK_INT(cm_cgroup_open(dir, "/self/x", &cgroup, &err), -ELOOP);
    CHECK_INT(cm_cgroup_open(dir, "/self", &cgroup, &err), -ELOOP);
    CHECK(faccessat(dir, "x", F_OK, 0) < 0);
    remove_tree(dir);
}

TEST(create_open_remove)
{
    int dir = make_tree();
    CM_AUTO_CGROUP struct cm_cgroup a = CM_CGROUP_NONE, b = CM_CGROUP_NONE, again = CM_CGROUP_NONE;
    struct cm_error err;

    CHECK_INT(cm_cgroup_create(dir, "/one/two/three", 0, &a, &err), 0);
    CHECK(a.created);
    CHECK_INT(a.n_created_above, 2);
    CHECK_STR(a.name, "three");
    CHECK_STR(a.path, "/one/two/three");
    CHECK_INT(cm_cgroup_create(dir, "/one/four", 0, &b, &err), 0);
    CHECK_INT(b.n_created_above, 0);
    CHECK_INT(cm_cgroup_create(dir, "/one/four", 0, &again, &err), -EEXIST);
    CHECK_CONTAINS(err.message, "cgroup /one/four exists already");
    CHECK_INT(cm_cgroup_create(dir, "/one", 0, &again, &err), -EEXIST);
    CHECK_INT(cm_cgroup_remove(&a, 0, &err), 0);
    CHECK(faccessat(dir, "one/two", F_OK, 0) < 0);
    CHECK_INT(faccessat(dir, "one/four", F_OK, 0), 0); /* not a's to remove, although a made "one" */
    CHECK_INT(cm_cgroup_remove(&a, 0, &err), 0);       /* gone already */
    CHECK_INT(cm_cgroup_open(dir, "/one/two", &a, &err), -ENOENT);
    remove_tree(dir);
}

TEST(another_of_the_same_name_is_not_ours)
{
    int dir = make_tree();
    CM_AUTO_CGROUP struct cm_cgroup a = CM_CGROUP_NONE, b = CM_CGROUP_NONE, found = CM_CGROUP_NONE;
    struct cm_error err;

    CHECK_INT(cm_cgroup_create(dir, "/a", 0, &a, &err), 0);
    CHECK(a.ino != 0);
    CHECK_INT(cm_cgroup_open_ours(dir, "/a", a.ino, &found, &err), 0);
    CHECK(found.ino == a.ino);
    cm_cgroup_close(&found);
    CHECK_INT(renameat(dir, "a", dir, "old"), 0); /* kept, so that its number is not given out again */
    CHECK_INT(cm_cgroup_create(dir, "/a", 0, &b, &err), 0);
    CHECK_INT(cm_cgroup_open_ours(dir, "/a", a.ino, &found, &err), -ENOENT);
    CHECK_INT(cm_cgroup_open_ours(dir, "/a", 0, &found, &err), -ENOENT);
    put_file(dir, "a/cgroup.freeze", "1\n");
    CHECK_INT(cm_cgroup_path_frozen(dir, "/a", b.ino), 1);
    CHECK_INT(cm_cgroup_path_frozen(dir, "/a", a.ino), -ENOENT);
    remove_tree(dir);
}

TEST(removing_an_empty_one)
{
    int dir = make_tree();
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    struct cm_error err;

    CHECK_INT(cm_cgroup_create(dir, "/p/q/c", 0, &cgroup, &err), 0);
    CHECK_INT(mkdirat(dir, "p/other", 0755), 0);
    cm_cgroup_close(&cgroup);
    CHECK_INT(cm_cgroup_open(dir, "/p/q/c", &cgroup, &err), 0);
    cgroup.n_created_above = 9; /* of a record: more than there are */
    CHECK_INT(cm_cgroup_remove_empty(&cgroup), 0);
    CHECK(faccessat(dir, "p/q", F_OK, 0) < 0);
    CHECK_INT(faccessat(dir, "p/other", F_OK, 0), 0);
    remove_tree(dir);
}

TEST(failed_create_leaves_nothing)
{
    int dir = make_tree();
    struct cm_cgroup cgroup;
    struct cm_error err;
    char name[300], path[400];

    put_file(dir, "taken", "");
    CHECK_INT(cm_cgroup_create(dir, "/taken", 0, &cgroup, &err), -ENOTDIR);
    CHECK_INT(cm_cgroup_create(dir, "/taken/x", 0, &cgroup, &err), -ENOTDIR);
    memset(name, 'x', 255);
    name[255] = '\0';
    CHECK_INT(mkdirat(dir, "top", 0755), 0);
    int top = openat(dir, "top", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put_file(top, "file", "");
    (void)cm_close(top);
    (void)snprintf(path, sizeof(path), "/top/a/b/%s/c", name);
    CHECK_INT(cm_cgroup_create(dir, path, 0, &cgroup, &err), 0); /* the longest name is fine … */
    CHECK_INT(cm_cgroup_remove(&cgroup, 0, &err), 0);
    cm_cgroup_close(&cgroup);
    CHECK(faccessat(dir, "top/a", F_OK, 0) < 0);
    (void)snprintf(path, sizeof(path), "/top/a/%sx", name);
    CHECK_INT(cm_cgroup_create(dir, path, 0, &cgroup, &err), -EINVAL); /* … one more is not, and is seen before anything is made */
    CHECK(faccessat(dir, "top/a", F_OK, 0) < 0);
    CHECK_INT(cm_cgroup_create(dir, "/top/file/b", 0, &cgroup, &err), -ENOTDIR);
    remove_tree(dir);
}

TEST(existing_ones_are_looked_at)
{
    static const struct { const char *events, *type; int want; const char *message; } table[] = {
        {"populated 0\nfrozen 0\n", "domain\n", -EEXIST, "cgroup /c exists already; remove it or choose another cgroupsPath"},
        {"populated 1\nfrozen 0\n", "domain\n", -EBUSY, "container's cgroup is not empty: 3 process(es) found"},
        {"populated 0\nfrozen 1\n", "domain\n", -EBUSY, "container's cgroup unexpectedly frozen"},
        {"populated 0\nfrozen 0\n", "threaded\n", -EOPNOTSUPP, "of type \"threaded\""},
        {"populated 0\nfrozen 0\n", "domain invalid\n", -EOPNOTSUPP, "of type \"domain invalid\""},
        {"populated 0\nfrozen 0\n", "domain threaded\n", -EOPNOTSUPP, "of type \"domain threaded\""},
        {"nonsense\n", "domain\n", -EPROTO, "cgroup.events"},
    };
    int dir = make_tree();
    CHECK_INT(mkdirat(dir, "c", 0755), 0);
    CHECK_INT(mkdirat(dir, "c/sub", 0755), 0);
    put_file(dir, "c/cgroup.procs", "17\n0\n");
    put_file(dir, "c/sub/cgroup.procs", "18\n");
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
        struct cm_error err;
        cm_error_init(&err);
        put_file(dir, "c/cgroup.events", table[i].events);
        put_file(dir, "c/cgroup.type", table[i].type);
        CHECK_INT(cm_cgroup_create(dir, "/c", 0, &cgroup, &err), table[i].want);
        CHECK_CONTAINS(err.message, table[i].message);
        CHECK_INT(faccessat(dir, "c/sub", F_OK, 0), 0); /* an existing one is never removed */
    }
    remove_tree(dir);
}

TEST(limits_are_written)
{
    static const struct cm_plan_limit limits[] = {
        {CM_CTRL_MEMORY, "memory.max", "1048576", "/linux/resources/memory/limit"},
        {CM_CTRL_IO, "io.max", "8:0 rbps=1\n8:16 wbps=2\n", "/linux/resources/blockIO"},
        {0, "cgroup.max.depth", "4", "/linux/resources/unified/cgroup.max.depth"},
    };
    int dir = make_tree();
    struct cm_error err;
    CHECK_INT(mkdirat(dir, "c", 0755), 0);
    put_file(dir, "c/memory.max", "");
    put_file(dir, "c/io.max", "");
    put_file(dir, "c/cgroup.max.depth", "");
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    CHECK_INT(cm_cgroup_open(dir, "/c", &cgroup, &err), 0);
    CHECK_INT(cm_cgroup_set_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), 0);
    check_file(dir, "c/memory.max", "1048576");
    check_file(dir, "c/io.max", "8:16 wbps=2"); /* one write a line: in a plain file the last one stays */
    check_file(dir, "c/cgroup.max.depth", "4");
    remove_tree(dir);
}

TEST(weights_go_to_bfq_where_it_is)
{
    static const struct cm_plan_limit limits[] = {
        {.controller = CM_CTRL_IO, .file = "io.weight", .value = "10000", .field = "/x", .preferred_file = "io.bfq.weight", .preferred_value = "1000"},
        {.controller = CM_CTRL_IO, .file = "io.other", .value = "1", .field = "/x", .preferred_file = "io.bfq.other", .preferred_value = "2"},
    };
    int dir = make_tree();
    struct cm_error err;
    CHECK_INT(mkdirat(dir, "c", 0755), 0);
    put_file(dir, "c/io.weight", "");
    put_file(dir, "c/io.bfq.weight", "");
    put_file(dir, "c/io.other", "");
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    CHECK_INT(cm_cgroup_open(dir, "/c", &cgroup, &err), 0);
    CHECK_INT(cm_cgroup_set_limits(&cgroup, limits, CM_ARRAY_LEN(limits), &err), 0);
    check_file(dir, "c/io.weight", "");
    check_file(dir, "c/io.bfq.weight", "1000");
    check_file(dir, "c/io.other", "1");
    remove_tree(dir);
}

TEST(limits_that_cannot_be_set)
{
    static const struct { struct cm_plan_limit limit; int want; const char *message; } table[] = {
        {{CM_CTRL_MEMORY, "memory.max", "1", "/linux/resources/memory/limit"}, -ENOENT, "controller \"memory\" is not enabled in cgroup /c"},
        {{CM_CTRL_PIDS, "pids.max", "1", ""}, -ENOENT, "controller \"pids\" is not enabled"},
        {{CM_CTRL_CPU, "cpu.max.burst", "1", "/linux/resources/cpu/burst"}, -ENOENT, "this kernel has no such file"},
        {{CM_CTRL_MEMORY, "memory.swap.max", "0", "/linux/resources/memory/swap"}, -ENOENT, "memory.swap.max"},
        {{CM_CTRL_MEMORY, "memory.swap.max", "0", ""}, 0, ""}, /* a default of ours on a kernel without swap */
        {{0, "misc.max", "x 1", "/linux/resources/unified/misc.max"}, -ENOENT, "unified resource \"misc.max\" can't be set: controller \"misc\" not available"},
        {{0, "cgroup.procs", "1", "/linux/resources/unified/cgroup.procs"}, -EINVAL, "not the name of a cgroup limit"},
        {{0, "cgroup.threads", "1", ""}, -EINVAL, "not the name"},
        {{0, "cgroup.subtree_control", "+memory", ""}, -EINVAL, "not the name"},
        {{0, "cgroup.kill", "1", ""}, -EINVAL, "not the name"},
        {{0, "cgroup.freeze", "1", ""}, -EINVAL, "not the name"},
        {{0, "cgroup.type", "threaded", ""}, -EINVAL, "not the name"},
        {{0, "../x.max", "1", ""}, -EINVAL, "not the name"},
        {{0, "sub/memory.max", "1", ""}, -EINVAL, "not the name"},
        {{0, "..", "1", ""}, -EINVAL, "not the name"},
        {{0, "memory", "1", ""}, -EINVAL, "not the name"},
        {{0, "", "1", ""}, -EINVAL, "not the name"},
        {{0, "link.max", "1", ""}, -ELOOP, "link.max"},
        {{CM_CTRL_CPU, "cpu.weight", "", "/linux/resources/cpu/shares"}, -EINVAL, "empty"},
    };
    int dir = make_tree();
    struct cm_error err;
    CHECK_INT(mkdirat(dir, "c", 0755), 0);
    CHECK_INT(mkdirat(dir, "c/sub", 0755), 0);
    put_file(dir, "x.max", "");
    put_file(dir, "c/sub/memory.max", "");
    put_file(dir, "c/cgroup.procs", "");
    put_file(dir, "c/cgroup.controllers", "cpu\n");
    CHECK_INT(symlinkat("../x.max", dir, "c/link.max"), 0);
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    CHECK_INT(cm_cgroup_open(dir, "/c", &cgroup, &err), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        cm_error_init(&err);
        int r = cm_cgroup_set_limits(&cgroup, &table[i].limit, 1, &err);
        if (r != table[i].want)
            CHECK_FAIL("row %zu (%s): %d, want %d", i, table[i].limit.file, r, table[i].want);
        CHECK_CONTAINS(err.message, table[i].message);
        if (table[i].want < 0)
            CHECK_STR(err.field, table[i].limit.field);
    }
    check_file(dir, "x.max", "");
    check_file(dir, "c/sub/memory.max", "");
    check_file(dir, "c/cgroup.procs", "");
    remove_tree(dir);
}

TEST(own_path_from_procfs)
{
    static const struct { const char *text; int want; const char *path; } table[] = {
        {"0::/\n", 0, "/"},
        {"9:name=systemd:/\n4:memory:/x\n0::/a/b\n", 0, "/a/b"},
        {"0::/a (deleted)\n", -ENOENT, NULL},
        {"0::/../x\n", -EXDEV, NULL},
        {"0::/..\n", -EXDEV, NULL},
        {"0::/..x\n", 0, "/..x"},
        {"10::/a\n", -ENODEV, NULL},
        {"0::\n", -ENODEV, NULL},
        {"", -ENODEV, NULL},
    };
    int dir = make_tree();
    CHECK_INT(mkdirat(dir, "42", 0755), 0);
    CHECK_INT(symlinkat("42", dir, "self"), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_FREE char *path = NULL;
        put_file(dir, "42/cgroup", table[i].text);
        CHECK_INT(cm_cgroup_of(dir, i % 2 ? "self" : "42", &path), table[i].want);
        if (table[i].path)
            CHECK_STR(path, table[i].path);
        else
            CHECK(!path);
    }
    CM_AUTO_FREE char *path = NULL;
    CHECK_INT(cm_cgroup_of(dir, "../42", &path), -EINVAL);
    CHECK_INT(cm_cgroup_of(dir, "43", &path), -ENOENT);
    remove_tree(dir);
}

static int add_pid(pid_t pid, void *user)
{
    long *sum = user;

    *sum += pid;
    return 0;
}

TEST(long_process_lists)
{
    int dir = make_tree();
    long sum = 0, want = 0;
    CM_AUTO_CLOSE int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (int i = 1; i <= 5000; i++) {
        CHECK(dprintf(fd, "%d\n", i) > 0);
        want += i;
    }
    CHECK_INT(cm_cgfile_each_pid(dir, add_pid, &sum), 0);
    CHECK_INT(sum, want);
    put_file(dir, "cgroup.procs", "12\nx\n");
    CHECK_INT(cm_cgfile_each_pid(dir, add_pid, &sum), -EPROTO);
    put_file(dir, "cgroup.procs", "12\n13");
    CHECK_INT(cm_cgfile_each_pid(dir, add_pid, &sum), -EPROTO);
    remove_tree(dir);
}
