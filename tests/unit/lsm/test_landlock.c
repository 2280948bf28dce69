/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each ABI of Landlock can deny, by a table, and what it then really denies, in processes of their own. Needs no privilege. */
#include "check.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "lsm/lsm.h"

#define NEWEST 9 /* that adds something for us; later ones are handled as this one */

TEST(each_abi_adds_what_it_should)
{
    static const struct {
        unsigned int abi;
        uint64_t handled;
    } rows[] = {{2, 0x3fff}, {3, 0x7fff}, {4, 0x7fff}, {5, 0xffff}, {6, 0xffff}, {7, 0xffff}, {8, 0xffff}, {9, 0x1ffff}, {10, 0x1ffff}, {99, 0x1ffff}};

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++)
        if (cm_landlock_handled(rows[i].abi) != rows[i].handled)
            CHECK_FAIL("ABI %u: %#llx", rows[i].abi, (unsigned long long)cm_landlock_handled(rows[i].abi));
}

static char place[] = "/tmp/landlock.XXXXXX";

/* A path below it. */
static const char *at(const char *dir, const char *name)
{
    static char paths[4][256];
    static unsigned int next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s%s", place, dir, name);
    return path;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    CHECK(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, CM_MIN(strlen(path), sizeof(address.sun_path) - 1));
    return address;
}

static int connect_to(const char *path)
{
    const struct sockaddr_un address = address_of(path);
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
}

static int result(long r)
{
    return r < 0 ? errno : 0;
}

/* The attempts, each in place/ro and in place/rw, and outside of the root that the rules are made for. */
static int truncates(const char *dir)
{
    return result(truncate(at(dir, "/file"), 0));
}
static int writes(const char *dir)
{
    CM_AUTO_CLOSE int fd = open(at(dir, "/file"), O_WRONLY | O_CLOEXEC);
    return result(fd);
}
static int makes_node(const char *dir)
{
    return result(mknod(at(dir, "/node"), S_IFCHR | 0600, makedev(1, 3))); /* Landlock answers before the lack of privilege does */
}
static int moves(const char *dir)
{
    return result(rename(at(dir, "/a/file"), at(dir, "/b/file")));
}
static int controls_device(const char *dir)
{
    int n;
    (void)dir;
    CM_AUTO_CLOSE int fd = open("/dev/ptmx", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? errno : result(ioctl(fd, TIOCGPTN, &n));
}
static int connects(const char *dir)
{
    return connect_to(at(dir, "/socket"));
}

static const struct attempt {
    const char *what;
    unsigned int since; /* before: not denied */
    int errnum;
    int (*run)(const char *dir);
    const char *dir, *allowed; /* where it is denied; where it is not, or NULL */
    bool whole;                /* the rules are made for the host's root: a device is needed */
} attempts[] = {
    {"write", 2, EACCES, writes, "ro", "rw"},
    {"device node", 2, EACCES, makes_node, "rw", NULL},
    {"move between directories", 2, EACCES, moves, "ro", "rw"},
    {"truncate", 3, EACCES, truncates, "ro", "rw"},
    {"ioctl of a device", 5, EACCES, controls_device, "", NULL, true},
    {"connect outside", 9, EACCES, connects, ".", "ro"},
};

/* In a child that is restricted as a container with the root "/" below `place` and one writable mount is. */
static int restricted(unsigned int abi, const struct attempt *attempt, const char *dir)
{
    struct cm_plan_mount mount = {.kind = CM_MOUNT_TMPFS, .target = "/rw"};
    const struct cm_plan plan = {.mounts = &mount, .n_mounts = 1, .root_mode = CM_ROOT_READONLY, .joins = attempt->whole};
    struct cm_error err;
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        cm_error_init(&err);
        const struct cm_rootfd root = {open(attempt->whole ? "/" : place, O_PATH | O_DIRECTORY | O_CLOEXEC)};
        int ruleset = cm_landlock_prepare(&plan, root, abi, &err);
        if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || cm_landlock_enforce(ruleset, abi, &err) < 0)
            _exit(255);
        _exit(attempt->run(dir));
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void make(const char *name, bool directory)
{
    if (directory) {
        CHECK(mkdir(at(name, ""), 0700) == 0);
    } else {
        CM_AUTO_CLOSE int fd = open(at(name, ""), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CHECK(fd >= 0);
    }
}

static int listen_at(const char *path)
{
    const struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 50) == 0);
    return fd;
}

TEST(each_abi_denies_what_it_should)
{
    static const char *const directories[] = {"ro", "rw", "ro/a", "ro/b", "rw/a", "rw/b"}, *const files[] = {"ro/file", "rw/file", "ro/a/file", "rw/a/file"};
    unsigned int kernel = cm_landlock_abi();
    char outside[64], command[160];

    if (kernel < 2) {
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), "the kernel has no Landlock of ABI 2");
        return;
    }
    CHECK(mkdtemp(place) != NULL);
    (void)snprintf(outside, sizeof(outside), "../%s.out", place + strlen("/tmp/"));
    CHECK(mkdir(at(outside, ""), 0700) == 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(directories); i++)
        make(directories[i], true);
    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++)
        make(files[i], false);
    CM_AUTO_CLOSE int inside_socket CM_UNUSED = listen_at(at("ro", "/socket"));
    CM_AUTO_CLOSE int outside_socket CM_UNUSED = listen_at(at(outside, "/socket"));

    for (unsigned int abi = 2; abi <= CM_MIN(kernel, (unsigned int)NEWEST + 1); abi++)
        for (size_t i = 0; i < CM_ARRAY_LEN(attempts); i++) {
            const struct attempt *a = &attempts[i];
            int got = restricted(abi, a, a->dir[0] == '.' ? outside : a->dir), want = abi >= a->since ? a->errnum : 0;
            if (got != want)
                CHECK_FAIL("ABI %u, %s: %s, should be %s", abi, a->what, strerror(got), strerror(want));
            got = a->allowed ? restricted(abi, a, a->allowed) : 0;
            if (got != 0 && !(a->run == moves && got == ENOENT)) /* it was moved by an earlier round */
                CHECK_FAIL("ABI %u, %s: %s where it is allowed", abi, a->what, strerror(got));
        }
    (void)snprintf(command, sizeof(command), "rm -rf %s %s.out", place, place);
    CHECK(system(command) == 0); /* NOLINT: a name of our own making */
}
