/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics and events out of an imitated cgroup directory: the whole document against a golden one, hostile files, the end of a container. */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "observe/observe.h"
#include "observe/values.h"
#include "place.h"

static struct cm_cgroup make_tree(void)
{
    struct cm_cgroup cgroup = CM_CGROUP_NONE;

    cgroup.fd = place_make("observe");
    return cgroup;
}

static void remove_tree(struct cm_cgroup *cgroup)
{
    cm_cgroup_close(cgroup);
    place_drop();
}

static void check_line(const struct cm_cgroup *cgroup, const char *want)
{
    CM_AUTO_STR struct cm_str line = {0};

    CHECK_INT(cm_stats_line(cgroup, "box", &line), 0);
    CHECK_STR(line.data, want);
}

#define CPUSET                                                                                                                                                 \
    "\"cpuset\":{\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0,"            \
    "\"memory_pressure\":0,\"sched_load_balance\":0,\"sched_relax_domain_level\":0}"
#define NO_MEMORY "\"limit\":0,\"failcnt\":0"

TEST(golden)
{
    struct cm_cgroup cgroup = make_tree();

    put_file(cgroup.fd, "cpu.stat",
        "usage_usec 3000001\nuser_usec 2000000\nsystem_usec 1000001\nnice_usec 0\nnr_periods 10\nnr_throttled 2\nthrottled_usec 5\nnr_bursts 0\nburst_usec 0\n");
    put_file(cgroup.fd, "cpu.pressure", "some avg10=1.50 avg60=0.07 avg300=0.00 total=12345\nfull avg10=0.00 avg60=10.00 avg300=100.00 total=1\n");
    put_file(cgroup.fd, "memory.current", "1000000\n");
    put_file(cgroup.fd, "memory.max", "4000000\n");
    put_file(cgroup.fd, "memory.peak", "2000000\n");
    put_file(cgroup.fd, "memory.swap.current", "500\n");
    put_file(cgroup.fd, "memory.swap.max", "1000\n");
    put_file(cgroup.fd, "memory.stat", "file 4096\nanon 12288\nkernel_stack 16384\nfile_mapped 0\n");
    put_file(cgroup.fd, "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    put_file(cgroup.fd, "memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
    put_file(cgroup.fd, "memory.swap.events", "high 0\nmax 7\nfail 8\n");
    put_file(cgroup.fd, "pids.current", "3\n");
    put_file(cgroup.fd, "pids.max", "100\n");
    put_file(cgroup.fd, "pids.events", "max 9\n");
    put_file(cgroup.fd, "io.stat", "8:0 rbytes=1024 wbytes=2048 rios=3 wios=4 dbytes=5 dios=6\n253:1 rbytes=0 wbytes=7 rios=0 wios=1 dbytes=0 dios=0\n");
    put_file(cgroup.fd, "hugetlb.2MB.current", "4194304\n");
    put_file(cgroup.fd, "hugetlb.2MB.events", "max 7\n");
    put_file(cgroup.fd, "hugetlb.2MB.rsvd.current", "9\n");
    put_file(cgroup.fd, "hugetlb.1GB.current", "0\n");
    put_file(cgroup.fd, "hugetlb.1GB.events", "max 0\n");
    check_line(&cgroup,
               "{\"type\":\"stats\",\"id\":\"box\",\"data\":{"
               "\"cpu\":{\"usage\":{\"total\":3000001000,\"kernel\":1000001000,\"user\":2000000000},"
               "\"throttling\":{\"periods\":10,\"throttledPeriods\":2,\"throttledTime\":5000},"
               "\"psi\":{\"some\":{\"avg10\":1.5,\"avg60\":0.07,\"avg300\":0,\"total\":12345},\"full\":{\"avg10\":0,\"avg60\":10,\"avg300\":100,\"total\":1}}}," CPUSET ","
               "\"memory\":{\"cache\":4096,\"usage\":{\"limit\":4000000,\"usage\":1000000,\"max\":2000000,\"failcnt\":0},"
               "\"swap\":{\"limit\":4001000,\"usage\":1000500,\"failcnt\":0},\"kernel\":{" NO_MEMORY "},\"kernelTCP\":{" NO_MEMORY "},"
               "\"raw\":{\"anon\":12288,\"file\":4096,\"file_mapped\":0,\"kernel_stack\":16384},"
               "\"psi\":{\"some\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0},\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0}},"
               "\"events\":{\"high\":1,\"low\":0,\"max\":2,\"oom\":3,\"oom_group_kill\":5,\"oom_kill\":4},"
               "\"swapEvents\":{\"fail\":8,\"high\":0,\"max\":7}},"
               "\"pids\":{\"current\":3,\"limit\":100,\"events\":{\"max\":9}},"
               "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":1024},{\"major\":8,\"op\":\"Write\",\"value\":2048},"
               "{\"major\":253,\"minor\":1,\"op\":\"Read\"},{\"major\":253,\"minor\":1,\"op\":\"Write\",\"value\":7}],"
               "\"ioServicedRecursive\":[{\"major\":8,\"op\":\"Read\",\"value\":3},{\"major\":8,\"op\":\"Write\",\"value\":4},"
               "{\"major\":253,\"minor\":1,\"op\":\"Read\"},{\"major\":253,\"minor\":1,\"op\":\"Write\",\"value\":1}]},"
               "\"hugetlb\":{\"1GB\":{\"failcnt\":0},\"2MB\":{\"usage\":4194304,\"failcnt\":7}},"
               "\"intel_rdt\":{},\"network_interfaces\":null}}\n");
    remove_tree(&cgroup);
}

#define EMPTY_REST                                                                                                                                             \
    "\"memory\":{\"usage\":{" NO_MEMORY "},\"swap\":{" NO_MEMORY "},\"kernel\":{" NO_MEMORY "},\"kernelTCP\":{" NO_MEMORY "}},"                               \
    "\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}\n"

TEST(without_controllers)
{
    struct cm_cgroup cgroup = make_tree();

    put_file(cgroup.fd, "cpu.stat", "usage_usec 0\nuser_usec 0\nsystem_usec 0\n");
    check_line(&cgroup, "{\"type\":\"stats\",\"id\":\"box\",\"data\":{\"cpu\":{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{}}," CPUSET "," EMPTY_REST);
    put_file(cgroup.fd, "cgroup.procs", "1\n2\n");
    CM_AUTO_STR struct cm_str line = {0};
    CHECK_INT(cm_stats_line(&cgroup, "box", &line), 0);
    CHECK_CONTAINS(line.data, "\"pids\":{\"current\":2}");
    remove_tree(&cgroup);
}

TEST(no_limits_are_what_runc_prints)
{
    struct cm_cgroup cgroup = make_tree();
    CM_AUTO_STR struct cm_str line = {0};

    put_file(cgroup.fd, "cpu.stat", "");
    put_file(cgroup.fd, "memory.current", "5\n");
    put_file(cgroup.fd, "memory.max", "max\n");
    put_file(cgroup.fd, "memory.swap.current", "0\n");
    put_file(cgroup.fd, "memory.swap.max", "max\n");
    put_file(cgroup.fd, "pids.current", "1\n");
    put_file(cgroup.fd, "pids.max", "max\n");
    CHECK_INT(cm_stats_line(&cgroup, "box", &line), 0);
    CHECK_CONTAINS(line.data, "\"usage\":{\"limit\":18446744073709551615,\"usage\":5,\"failcnt\":0},\"swap\":{\"limit\":18446744073709551615,\"usage\":5");
    CHECK_CONTAINS(line.data, "\"pids\":{\"current\":1}");
    remove_tree(&cgroup);
}

/* Lines of other forms, numbers beyond 64 bits, names with quotes: never a crash, never anything but JSON. */
TEST(hostile_files)
{
    static const char *const texts[] = {
        "usage_usec\nusage_usec x\nuser_usec 99999999999999999999\nsystem_usec 18446744073709551615\n", "usage_usec -1\n", "\n\n \n", "usage_usec 1", "x",
        "some avg10=1e9 avg60=.5 avg300=00.1 total=-1\nfull\n", "some avg10=1.123456789012 avg60=12345678901.0 avg300=1 total=99999999999999999999999999\n",
        "8:0\n:1 rbytes=1\n8: rbytes=1\n8:0 rbytes=\n8:0 rbytes=99999999999999999999 wbytes=1x\n99999999999999999999:1 rbytes=1\n", "\"} 1\n\\ 2\n",
    };
    static const char *const files[] = {"cpu.stat", "cpu.pressure", "memory.stat", "memory.current", "memory.max", "pids.current", "pids.max", "io.stat", "cgroup.procs"};
    struct cm_cgroup cgroup = make_tree();

    for (size_t i = 0; i < CM_ARRAY_LEN(texts); i++) {
        CM_AUTO_STR struct cm_str line = {0};
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct json_value *root;
        struct cm_error err;
        cm_error_init(&err);
        for (size_t k = 0; k < CM_ARRAY_LEN(files); k++)
            put_file(cgroup.fd, files[k], texts[i]);
        CHECK_INT(cm_stats_line(&cgroup, "box", &line), 0);
        CHECK_INT(json_parse(line.data, line.size, 1 << 20, &arena, &root, &err), 0);
        if (err.errnum)
            CHECK_FAIL("text %zu: %s: %s", i, err.message, line.data);
    }
    remove_tree(&cgroup);
}

TEST(saturation)
{
    CHECK(cm_value_add(UINT64_MAX, 1) == UINT64_MAX && cm_value_add(1, 2) == 3);
    CHECK(cm_value_times(UINT64_MAX, 2) == UINT64_MAX && cm_value_times(3, 2) == 6);
    CHECK(cm_value_of("ab 1\na 2\n", "a") == 2 && cm_value_of("a 2", "b") == 0 && cm_value_of("", "") == 0);
}

TEST(huge_files_are_refused)
{
    struct cm_cgroup cgroup = make_tree();
    CM_AUTO_FREE char *text = NULL;

    put_file(cgroup.fd, "cpu.stat", "");
    CHECK_INT(truncate(place, 0), -1);
    CM_AUTO_CLOSE int fd = openat(cgroup.fd, "cpu.stat", O_WRONLY | O_CLOEXEC);
    CHECK_INT(ftruncate(fd, 2 << 20), 0);
    CHECK_INT(cm_value_text(cgroup.fd, "cpu.stat", &text), -EFBIG);
    CHECK_INT(ftruncate(fd, 100), 0);
    CHECK_INT(cm_value_text(cgroup.fd, "cpu.stat", &text), -EPROTO); /* NUL bytes */
    CHECK_INT(cm_value_text(cgroup.fd, "no.such", &text), -ENOENT);
    remove_tree(&cgroup);
}

/* ---- watching ---- */

struct seen {
    size_t stats, ooms, pids;
};

static int count_line(const struct cm_str *line, void *user, struct cm_error *err)
{
    struct seen *seen = user;

    (void)err;
    seen->stats += strstr(line->data, "\"type\":\"stats\"") != NULL;
    seen->ooms += strcmp(line->data, "{\"type\":\"oom\",\"id\":\"box\"}\n") == 0;
    seen->pids += strcmp(line->data, "{\"type\":\"pids\",\"id\":\"box\"}\n") == 0;
    return 0;
}

static void *end_later(void *user)
{
    struct cm_cgroup *cgroup = user;

    (void)usleep(300000);
    put_file(cgroup->fd, "pids.events", "max 70\n");
    put_file(cgroup->fd, "memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 2\noom_group_kill 0\n");
    put_file(cgroup->fd, "cgroup.events", "populated 0\nfrozen 0\n");
    return NULL;
}

TEST(watching_ends_with_the_container)
{
    struct cm_cgroup cgroup = make_tree();
    struct seen seen = {0};
    struct cm_error err;
    const struct cm_watch watch = {.id = "box", .interval_ms = 50, .output = -1, .emit = count_line, .user = &seen};
    pthread_t thread;

    put_file(cgroup.fd, "cpu.stat", "");
    put_file(cgroup.fd, "cgroup.events", "populated 1\nfrozen 0\n");
    put_file(cgroup.fd, "memory.events", "low 0\nhigh 0\nmax 0\noom 1\noom_kill 1\n"); /* of before: not told */
    put_file(cgroup.fd, "pids.events", "max 7\n");
    CHECK_INT(pthread_create(&thread, NULL, end_later, &cgroup), 0);
    CHECK_INT(cm_watch(&cgroup, &watch, &err), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK(seen.stats >= 2 && seen.stats <= 40);
    CHECK_INT(seen.ooms, 1);
    CHECK_INT(seen.pids, 1);
    remove_tree(&cgroup);
}

TEST(watching_what_is_gone)
{
    struct cm_cgroup cgroup = make_tree();
    struct seen seen = {0};
    struct cm_error err;
    const struct cm_watch watch = {.id = "box", .interval_ms = 50, .output = -1, .emit = count_line, .user = &seen};
    CM_AUTO_STR struct cm_str line = {0};

    CHECK_INT(cm_watch(&cgroup, &watch, &err), 0);
    CHECK_INT(cm_stats_line(&cgroup, "box", &line), -ENOENT);
    put_file(cgroup.fd, "cgroup.events", "populated 0\nfrozen 0\n");
    CHECK_INT(cm_watch(&cgroup, &watch, &err), 0);
    CHECK(seen.stats == 0 && seen.ooms == 0);
    remove_tree(&cgroup);
}

/* A reader that went away: nobody to watch for. */
TEST(watching_for_nobody)
{
    struct cm_cgroup cgroup = make_tree();
    struct seen seen = {0};
    struct cm_error err;
    int ends[2];

    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    const struct cm_watch watch = {.id = "box", .interval_ms = 60000, .output = ends[1], .emit = count_line, .user = &seen};
    (void)close(ends[0]);
    put_file(cgroup.fd, "cgroup.events", "populated 1\nfrozen 0\n");
    CHECK_INT(cm_watch(&cgroup, &watch, &err), -EPIPE);
    (void)close(ends[1]);
    remove_tree(&cgroup);
}
