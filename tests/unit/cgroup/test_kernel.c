/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real cgroups: placement, freezing, killing, removal and the device program, in directories of our own below a cgroup2 mount. Root only. */
#include "check.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "base/time.h"
#include "cgroup/cgroup.h"
#include "cgroup/files.h"

static char base_path[64];

/* The mount's root, or -1 with the test's skip reason set. */
static int open_root(void)
{
    CM_AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct cm_error err;
    struct cm_cgroup probe;

    cm_error_init(&err);
    CM_AUTO_CLOSE int root = cm_cgroup_open_root(proc, &err);
    (void)snprintf(base_path, sizeof(base_path), "/casemate-test-%d", (int)getpid());
    int r = root < 0 ? root : cm_cgroup_create(root, base_path, 0, &probe, &err);
    if (r < 0) {
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), "no cgroup can be made here: %.200s", err.message);
        return -1;
    }
    r = cm_cgroup_remove(&probe, 1000, &err);
    cm_cgroup_close(&probe);
    CHECK_INT(r, 0);
    return CM_TAKE_FD(root);
}

static const char *below(const char *name)
{
    static char path[4][256];
    static unsigned int next;
    char *p = path[next++ % 4];

    (void)snprintf(p, sizeof(path[0]), "%s%s", base_path, name);
    return p;
}

/* A process born in the cgroup that runs `work` (its exit status) or sleeps for ever. */
static pid_t spawn(const struct cm_cgroup *cgroup, int (*work)(void))
{
    struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)(unsigned int)cgroup->fd};
    pid_t pid = cm_clone3(&args);

    if (pid == 0) {
        if (work)
            _exit(work());
        for (;;)
            (void)pause();
    }
    CHECK(pid > 0);
    return pid;
}

static int wait_status(pid_t pid)
{
    int status = -1;

    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

/* A cgroup that is no container's: one may be made in it. */
static int make_plain(int root, const char *path, struct cm_cgroup *ret)
{
    struct cm_error err;

    return mkdirat(root, path + 1, 0755) < 0 ? -errno : cm_cgroup_open(root, path, ret, &err);
}

TEST(root_is_cgroup2)
{
    CM_AUTO_CLOSE int root = open_root();
    struct statfs fs;

    if (root < 0)
        return;
    CHECK_INT(fstatfs(root, &fs), 0);
    CHECK(fs.f_type == CGROUP2_SUPER_MAGIC);
    CHECK(faccessat(root, base_path + 1, F_OK, 0) < 0);
}

TEST(place_freeze_kill_remove)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE, second = CM_CGROUP_NONE;
    CM_AUTO_FREE char *where = NULL;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(cm_cgroup_create(root, below("/a/b"), 0, &cgroup, &err), 0);
    CHECK_INT(cgroup.n_created_above, 2);
    CHECK_INT(cm_cgroup_populated(&cgroup), 0);
    pid_t pid = spawn(&cgroup, NULL);
    CHECK_INT(cm_cgroup_populated(&cgroup), 1);
    CM_AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char number[16];
    (void)snprintf(number, sizeof(number), "%d", (int)pid);
    CHECK_INT(cm_cgroup_of(proc, number, &where), 0);
    CHECK_STR(where, below("/a/b"));
    CHECK_INT(cm_cgroup_create(root, below("/a/b"), 0, &second, &err), -EBUSY);
    CHECK_CONTAINS(err.message, "container's cgroup is not empty: 1 process(es) found");
    CHECK_INT(cm_cgroup_create(root, below("/a"), 0, &second, &err), -EBUSY); /* processes below count */
    CHECK_INT(cm_cgroup_create(root, below("/a/b/c"), 0, &second, &err), -EBUSY);
    CHECK_CONTAINS(err.message, "another container is above");
    CHECK(faccessat(cgroup.fd, "c", F_OK, 0) < 0);
    CHECK_INT(cm_cgroup_remove(&cgroup, 50, &err), -EBUSY);
    CHECK_CONTAINS(err.message, number);

    CHECK_INT(cm_cgroup_frozen(&cgroup), 0);
    CHECK_INT(cm_cgroup_freeze(&cgroup, true, 2000, &err), 0);
    CHECK_INT(cm_cgroup_frozen(&cgroup), 1);
    CHECK_INT(cm_cgroup_path_frozen(root, below("/a/b"), cgroup.ino), 1);
    CHECK_INT(cm_cgroup_freeze(&cgroup, false, 2000, &err), 0);
    CHECK_INT(cm_cgroup_path_frozen(root, below("/a/b"), cgroup.ino), 0);
    CHECK_INT(cm_cgroup_freeze(&cgroup, true, 2000, &err), 0);

    CHECK_INT(cm_cgroup_kill(&cgroup, &err), 0);
    CHECK_INT(wait_status(pid), SIGKILL);
    CHECK_INT(cm_cgroup_frozen(&cgroup), 0);
    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup.fd, "cgroup.events", O_RDONLY);
    CHECK_INT(cm_cgroup_remove(&cgroup, 2000, &err), 0);
    CHECK_INT(cm_cgfile_event(events, "populated"), -ENOENT);
    CHECK_INT(cm_cgroup_populated(&cgroup), -ENOENT);
    CHECK_INT(cm_cgroup_frozen(&cgroup), -ENOENT);
    CHECK_INT(cm_cgroup_path_frozen(root, below("/a/b"), cgroup.ino), -ENOENT);
    CHECK_INT(cm_cgroup_kill(&cgroup, &err), 0);
    CHECK(faccessat(root, base_path + 1, F_OK, 0) < 0);
}

static int fork_a_few(void)
{
    for (int i = 0; i < 20; i++)
        if (fork() == 0)
            break;
    for (;;)
        (void)pause();
    return 0;
}

TEST(kill_without_cgroup_kill)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE, child = CM_CGROUP_NONE;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(make_plain(root, below(""), &cgroup), 0);
    CHECK_INT(cm_cgroup_create(root, below("/sub"), 0, &child, &err), 0);
    pid_t first = spawn(&cgroup, fork_a_few), second = spawn(&child, NULL);
    size_t n = 0;
    pid_t some = 0;
    for (int i = 0; i < 4000 && n < 22; i++) {
        CHECK_INT(cm_cgfile_count(cgroup.fd, &n, &some), 0);
        (void)usleep(5000);
    }
    CHECK_INT(n, 22);
    CHECK_INT(cm_cgroup_kill_each(cgroup.fd), 0);
    CHECK_INT(wait_status(first), SIGKILL);
    CHECK_INT(wait_status(second), SIGKILL);
    CHECK_INT(cm_cgroup_remove(&cgroup, 2000, &err), 0); /* with its child */
    CHECK(faccessat(root, base_path + 1, F_OK, 0) < 0);
}

static int die_soon(void)
{
    (void)usleep(150000);
    return 7;
}

TEST(removal_waits_for_processes)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(cm_cgroup_create(root, below("/w"), 0, &cgroup, &err), 0);
    CHECK_INT(mkdirat(cgroup.fd, "x", 0755), 0);
    CHECK_INT(mkdirat(cgroup.fd, "x/y", 0755), 0);
    CHECK_INT(mkdirat(cgroup.fd, "z", 0755), 0);
    int64_t start = cm_now_ms();
    pid_t pid = spawn(&cgroup, die_soon);
    CHECK_INT(cm_cgroup_remove(&cgroup, 5000, &err), 0);
    int64_t took = cm_now_ms() - start;
    CHECK(took >= 140 && took < 2000);
    CHECK_INT(wait_status(pid), 7 << 8);
    CHECK(faccessat(root, base_path + 1, F_OK, 0) < 0);
}

TEST(frozen_from_above)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup top = CM_CGROUP_NONE, cgroup = CM_CGROUP_NONE;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(make_plain(root, below(""), &top), 0);
    CHECK_INT(cm_cgroup_freeze(&top, true, 1000, &err), 0);
    CHECK_INT(cm_cgroup_create(root, below("/in"), 0, &cgroup, &err), -EBUSY);
    CHECK_CONTAINS(err.message, "container's cgroup unexpectedly frozen");
    CHECK(faccessat(top.fd, "in", F_OK, 0) < 0);
    CHECK_INT(cm_cgroup_create(root, below(""), 0, &cgroup, &err), -EBUSY);
    CHECK_INT(mkdirat(top.fd, "in", 0755), 0);
    CHECK_INT(cm_cgroup_open(root, below("/in"), &cgroup, &err), 0);
    CHECK_INT(cm_cgroup_freeze(&cgroup, false, 100, &err), -ETIMEDOUT);
    CHECK_CONTAINS(err.message, "cgroup above");
    CHECK_INT(cm_cgroup_remove(&top, 1000, &err), 0);
}

TEST(threaded_mode_is_refused)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup top = CM_CGROUP_NONE, cgroup = CM_CGROUP_NONE;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(cm_cgroup_create(root, below("/t/x"), 0, &top, &err), 0);
    CHECK_INT(cm_cgfile_write(top.fd, "cgroup.type", "threaded"), 0);
    CHECK_INT(cm_cgroup_create(root, below("/t/y"), 0, &cgroup, &err), -EOPNOTSUPP);
    CHECK_CONTAINS(err.message, "domain invalid");
    CHECK_INT(cm_cgroup_create(root, below("/t/x"), 0, &cgroup, &err), -EOPNOTSUPP);
    CHECK_INT(cm_cgroup_create(root, below("/t"), 0, &cgroup, &err), -EOPNOTSUPP);
    CHECK(faccessat(top.parent, "y", F_OK, 0) < 0);
    CHECK_INT(faccessat(top.parent, "x", F_OK, 0), 0);
    CHECK_INT(cm_cgroup_remove(&top, 1000, &err), 0);
    CHECK(faccessat(root, base_path + 1, F_OK, 0) < 0);
}

TEST(half_made_paths_are_undone)
{
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup top = CM_CGROUP_NONE, cgroup = CM_CGROUP_NONE;
    struct cm_error err;

    if (root < 0)
        return;
    CHECK_INT(make_plain(root, below(""), &top), 0);
    CHECK_INT(cm_cgfile_write(top.fd, "cgroup.max.depth", "2"), 0);
    CHECK_INT(cm_cgroup_create(root, below("/x/y/z"), 0, &cgroup, &err), -EAGAIN);
    CHECK_CONTAINS(err.message, "cgroup.max.depth");
    CHECK_CONTAINS(err.message, below("/x/y/z"));
    CHECK(faccessat(top.fd, "x", F_OK, 0) < 0);
    CHECK_INT(cm_cgroup_create(root, below("/x/y/z/w"), 0, &cgroup, &err), -EAGAIN);
    CHECK(faccessat(top.fd, "x", F_OK, 0) < 0);
    CHECK_INT(cm_cgroup_remove(&top, 1000, &err), 0);
}

static int spawn_worker(int root, const char *path, int rounds, struct cm_cgroup *keep)
{
    struct cm_error err;

    for (int i = 0; i < rounds; i++) {
        int r = cm_cgroup_create(root, path, 0, keep, &err);
        if (r == 0)
            return 0;
        if (r != -EBUSY && r != -EEXIST)
            return r;
    }
    return -EBUSY;
}

/* One below the other at the same time: both may lose, but never both win. */
TEST(never_one_inside_the_other)
{
    CM_AUTO_CLOSE int root = open_root();

    for (int round = 0; root >= 0 && round < 200; round++) {
        struct cm_error err;
        CM_AUTO_CGROUP struct cm_cgroup mine = CM_CGROUP_NONE, rest = CM_CGROUP_NONE;
        pid_t pid = fork();
        if (pid == 0) {
            CM_AUTO_CGROUP struct cm_cgroup inner = CM_CGROUP_NONE;
            _exit(spawn_worker(root, below("/in/side"), 1, &inner) == 0 ? 1 : 0);
        }
        int upper = spawn_worker(root, below(""), 1, &mine);
        int lower = wait_status(pid) >> 8;
        CHECK(upper != 0 || lower == 0);
        if (cm_cgroup_open(root, base_path, &rest, &err) == 0)
            CHECK_INT(cm_cgroup_remove(&rest, 1000, &err), 0);
    }
}

TEST(parents_that_come_and_go)
{
    CM_AUTO_CLOSE int root = open_root();
    pid_t pids[6];

    if (root < 0)
        return;
    for (size_t i = 0; i < CM_ARRAY_LEN(pids); i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        char path[128];
        int failed = 0;
        (void)snprintf(path, sizeof(path), "%s/p/q/%zu", base_path, i);
        for (int round = 0; round < 200; round++) {
            CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
            struct cm_error err;
            if (cm_cgroup_create(root, path, 0, &cgroup, &err) < 0 || cm_cgroup_remove(&cgroup, 2000, &err) < 0) {
                printf("# %s\n", err.message);
                failed = 1;
            }
        }
        _exit(failed);
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(pids); i++)
        CHECK_INT(wait_status(pids[i]), 0);
    struct cm_error err;
    CM_AUTO_CGROUP struct cm_cgroup rest = CM_CGROUP_NONE;
    if (cm_cgroup_open(root, base_path, &rest, &err) == 0) /* whoever made a parent may have left while it was in use */
        CHECK_INT(cm_cgroup_remove(&rest, 1000, &err), 0);
}

/* Bits of what could be opened. */
static int try_devices(void)
{
    static const struct { const char *path; int flags; } table[] = {
        {"/dev/null", O_RDWR}, {"/dev/zero", O_RDONLY}, {"/dev/zero", O_WRONLY}, {"/dev/zero", O_RDWR}, {"/dev/full", O_RDONLY},
    };
    int result = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        int fd = open(table[i].path, table[i].flags | O_CLOEXEC);
        if (fd >= 0)
            result |= 1 << i;
        else if (errno != EPERM)
            result |= 1 << 7;
        (void)cm_close(fd);
    }
    return result;
}

TEST(device_program_decides)
{
    static const struct cm_device_rule rules[] = {{false, 'a', -1, -1, 7}, {true, 'c', 1, 3, 7}, {true, 'c', 1, 5, 6}, {false, 'c', 1, 5, 4}};
    static const struct cm_device_rule all[] = {{true, 'a', -1, -1, 7}};
    CM_AUTO_CLOSE int root = open_root();
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    uint32_t id = 0, ids[CM_DEVICE_PROGRAMS_MAX];
    struct cm_error err;

    if (root < 0)
        return;
    if (!cm_cgroup_device_program_works())
        SKIP("device programs cannot be loaded here");
    cm_error_init(&err);
    CHECK_INT(cm_cgroup_create(root, below("/dev"), 0, &cgroup, &err), 0);
    CHECK_INT(wait_status(spawn(&cgroup, try_devices)), 31 << 8);
    CHECK_INT(cm_cgroup_set_devices(&cgroup, rules, CM_ARRAY_LEN(rules), &id, &err), 0);
    CHECK_STR(err.message, "");
    CHECK_INT(wait_status(spawn(&cgroup, try_devices)), 3 << 8);
    CHECK(cm_cgroup_device_programs(&cgroup, ids) == 1 && ids[0] == id && id > 0);
    /* A second program cannot take the first one's denials back. */
    CHECK_INT(cm_cgroup_set_devices(&cgroup, all, 1, &id, &err), 0);
    CHECK_INT(wait_status(spawn(&cgroup, try_devices)), 3 << 8);
    CHECK_INT(cm_cgroup_remove(&cgroup, 1000, &err), 0);

    CM_AUTO_CGROUP struct cm_cgroup empty = CM_CGROUP_NONE;
    CHECK_INT(cm_cgroup_create(root, below("/none"), 0, &empty, &err), 0);
    CHECK_INT(cm_cgroup_set_devices(&empty, NULL, 0, &id, &err), 0);
    CHECK_INT(wait_status(spawn(&empty, try_devices)), 0);
    CHECK_INT(cm_cgroup_remove(&empty, 1000, &err), 0);
}
