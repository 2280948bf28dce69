/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a difference between the record of a container and the kernel's word for it means: stricter, benign or weaker, and nothing where there is none. */
#include "check.h"

#include <linux/capability.h>
#include <linux/mount.h>

#include "observe/drift.h"

/* ---- limits ---- */

TEST(limits)
{
    static const struct {
        const char *file, *recorded, *now;
        enum cm_drift drift;
    } rows[] = {
        {"memory.max", "1073741824", "1073741824", CM_DRIFT_NONE},
        {"memory.max", "1073741825", "1073741824", CM_DRIFT_NONE}, /* rounded to pages */
        {"memory.max", "1073741824", "1073745920", CM_DRIFT_WEAKER},
        {"memory.max", "1073741824", "max", CM_DRIFT_WEAKER},
        {"memory.max", "1073741824", "4096", CM_DRIFT_STRICTER},
        {"memory.max", "max", "4096", CM_DRIFT_STRICTER},
        {"memory.max", "4096", "nonsense", CM_DRIFT_WEAKER},
        {"memory.swap.max", "0", "0", CM_DRIFT_NONE},
        {"memory.swap.max", "0", "max", CM_DRIFT_WEAKER},
        {"memory.low", "0", "4096", CM_DRIFT_WEAKER}, /* taken from the host */
        {"memory.oom.group", "1", "0", CM_DRIFT_WEAKER},
        {"pids.max", "100", "101", CM_DRIFT_WEAKER},
        {"pids.max", "100", "99", CM_DRIFT_STRICTER},
        {"hugetlb.2MB.max", "3000000", "2097152", CM_DRIFT_NONE},
        {"hugetlb.2MB.max", "2097152", "max", CM_DRIFT_WEAKER},
        {"hugetlb.1GB.rsvd.max", "1073741825", "1073741824", CM_DRIFT_NONE},
        {"cpu.max", "50000 100000", "50000 100000", CM_DRIFT_NONE},
        {"cpu.max", "50000", "50000 100000", CM_DRIFT_NONE},
        {"cpu.max", "50000 100000", "100000 200000", CM_DRIFT_BENIGN},
        {"cpu.max", "50000 100000", "max 100000", CM_DRIFT_WEAKER},
        {"cpu.max", "50000 100000", "60000 100000", CM_DRIFT_WEAKER},
        {"cpu.max", "50000 100000", "10000 100000", CM_DRIFT_STRICTER},
        {"cpu.max", "max 100000", "max 50000", CM_DRIFT_NONE},
        {"cpu.max", "max 100000", "10000 100000", CM_DRIFT_STRICTER},
        {"cpu.max", "50000 100000", "50000 0", CM_DRIFT_WEAKER},
        {"cpu.weight", "100", "10000", CM_DRIFT_WEAKER},
        {"cpu.idle", "1", "0", CM_DRIFT_WEAKER},
        {"cpu.idle", "0", "1", CM_DRIFT_STRICTER},
        {"cpuset.cpus", "0-3", "0,1,2,3", CM_DRIFT_NONE},
        {"cpuset.cpus", "0-3", "0-2", CM_DRIFT_STRICTER},
        {"cpuset.cpus", "0-3", "0-2,5", CM_DRIFT_WEAKER},
        {"cpuset.cpus", "0-3", "", CM_DRIFT_WEAKER},
        {"cpuset.cpus", "", "0", CM_DRIFT_STRICTER},
        {"cpuset.cpus", "0-3", "3-0", CM_DRIFT_WEAKER},
        {"cpuset.cpus", "0", "99999999999", CM_DRIFT_WEAKER},
        {"io.max", "8:0 rbps=1048576", "8:0 rbps=1048576 wbps=max riops=max wiops=max", CM_DRIFT_NONE},
        {"io.max", "8:0 rbps=1048576\n8:16 wiops=5", "8:0 rbps=1048576 wbps=max riops=max wiops=max\n8:16 rbps=max wbps=max riops=max wiops=5", CM_DRIFT_NONE},
        {"io.max", "8:0 rbps=1048576", "", CM_DRIFT_WEAKER},
        {"io.max", "8:0 rbps=1048576", "8:0 rbps=2097152 wbps=max riops=max wiops=max", CM_DRIFT_WEAKER},
        {"io.max", "8:0 rbps=1048576", "8:0 rbps=1048576 wbps=10 riops=max wiops=max", CM_DRIFT_STRICTER},
        {"io.max", "8:0 rbps=1048576", "8:0 rbps=1048576 wbps=max riops=max wiops=max\n8:16 rbps=1", CM_DRIFT_STRICTER},
        {"io.max", "8:0 rbps=1048576", "8:0 rbps=much", CM_DRIFT_WEAKER},
        {"io.weight", "default 10", "default 10", CM_DRIFT_NONE},
        {"io.weight", "default 10", "default 1000", CM_DRIFT_WEAKER},
        {"cgroup.max.descendants", "max", "3", CM_DRIFT_STRICTER},
        {"some.file", "a", "a", CM_DRIFT_NONE},
        {"some.file", "a", "b", CM_DRIFT_WEAKER}, /* nobody can tell which way */
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        enum cm_drift drift = cm_drift_limit(rows[i].file, rows[i].recorded, rows[i].now);
        if (drift != rows[i].drift)
            CHECK_FAIL("%s, \"%s\" and now \"%s\": %s, want %s", rows[i].file, rows[i].recorded, rows[i].now, cm_drift_word(drift), cm_drift_word(rows[i].drift));
    }
    for (size_t i = 0; cm_drift_limit_files[i]; i++) { /* each has a value that is no drift from itself */
        const char *normal = cm_drift_limit_default(cm_drift_limit_files[i]);
        CHECK(normal && cm_drift_limit(cm_drift_limit_files[i], normal, normal) == CM_DRIFT_NONE);
    }
}

/* ---- /proc/PID/status ---- */

static const char status_text[] =
    "Name:\tnginx\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t10 20 4294967295 \nThreads:\t2\n"
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000420\nCapEff:\t0000000000000400\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000001\nNoNewPrivs:\t1\n"
    "Seccomp:\t2\nSeccomp_filters:\t3\n";

TEST(limits_of_several_writes)
{
    static const struct { const char *file, *values[4], *want; } table[] = {
        {"memory.max", {"1", "2"}, "2"}, /* unified comes last */
        {"memory.max", {NULL}, ""},
        {"io.max", {"8:0 rbps=1"}, "8:0 rbps=1"},
        {"io.max", {"8:0 rbps=1", "8:16 wbps=2", "8:0 wiops=3"}, "8:0 rbps=1 wiops=3\n8:16 wbps=2"},
        {"io.max", {"8:0 rbps=1", "8:0 rbps=22 wbps=max"}, "8:0 rbps=22 wbps=max"},
        {"io.weight", {"50", "8:0 100", "60"}, "default 60\n8:0 100"},
        {"io.bfq.weight", {"default 50", "8:0 100"}, "default 50\n8:0 100"},
        {"io.max", {"8:0 rbps=1\n8:0 rbps=2", "\n"}, "8:0 rbps=2"},
        {"io.max", {" ", "=", "8:0", "8:0  "}, "default 8:0"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        size_t n = 0;
        while (n < CM_ARRAY_LEN(table[i].values) && table[i].values[n])
            n++;
        CHECK_STR(cm_drift_limit_written(&arena, table[i].file, table[i].values, n), table[i].want);
    }
}

TEST(status_of_a_process)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_process p = {.pid = 7};

    CHECK_INT(cm_process_parse(status_text, &arena, &p), 0);
    CHECK_STR(p.name, "nginx");
    CHECK(p.pid == 7 && !p.ended && p.no_new_privs && p.seccomp_mode == 2 && p.seccomp_filters == 3);
    CHECK(p.uids[0] == 1 && p.uids[3] == 4 && p.gids[0] == 5 && p.gids[3] == 8);
    CHECK(p.n_groups == 3 && p.groups[1] == 20 && p.groups[2] == UINT32_MAX);
    CHECK(p.permitted == 0x420 && p.effective == 0x400 && p.bounding == 0x1ffffffffff && p.ambient == 1 && p.inheritable == 0);
    /* every line is needed but the last, which old kernels lack */
    for (const char *line = status_text; *line; line = strchr(line, '\n') + 1) {
        static const char *const ignored[] = {"Name:", "Umask:", "Tgid:", "Pid:", "FDSize:", "Seccomp_filters:"};
        CM_AUTO_FREE char *cut = calloc(1, sizeof(status_text));
        bool needed = true;
        memcpy(cut, status_text, (size_t)(line - status_text));
        memcpy(cut + strlen(cut), strchr(line, '\n') + 1, strlen(strchr(line, '\n') + 1));
        for (size_t i = 0; i < CM_ARRAY_LEN(ignored); i++)
            needed &= strncmp(line, ignored[i], strlen(ignored[i])) != 0;
        if ((cm_process_parse(cut, &arena, &p) < 0) != needed)
            CHECK_FAIL("without %.16s", line);
    }
    CHECK(cm_process_parse("", &arena, &p) < 0);
    CHECK(cm_process_parse("Uid:\t1\t2\t3\n", &arena, &p) < 0);
}

TEST(ended_processes)
{
    static const struct {
        const char *state, *threads;
        bool ended;
    } rows[] = {{"Z (zombie)", "1", true}, {"Z (zombie)", "3", false}, {"X (dead)", "1", true}, {"S (sleeping)", "1", false}};

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str text = {0};
        struct cm_process p = {0};
        cm_str_addf(&text, "State:\t%s\nThreads:\t%s\n%s", rows[i].state, rows[i].threads, strstr(status_text, "Tgid:"));
        CHECK_INT(cm_process_parse(cm_str_text(&text), &arena, &p), 0);
        CHECK(p.ended == rows[i].ended);
    }
}

/* ---- init ---- */

#define BIT(cap) (UINT64_C(1) << (cap))
#define GRANTED (BIT(CAP_KILL) | BIT(CAP_SETUID) | BIT(CAP_SETGID))

static struct oci_id_mapping mapping = {0, 100000, 65536};
static const uint32_t no_groups[1];

static struct cm_confinement confined(void)
{
    return (struct cm_confinement){.caps = {GRANTED, GRANTED, GRANTED, 0}, .uid_map = {true, 1, &mapping}, .gid_map = {true, 1, &mapping}, .ours = {.size = 5}};
}

static struct cm_process process(uint32_t id)
{
    return (struct cm_process){.uids = {id, id, id, id}, .gids = {100000, 100000, 100000, 100000}, .permitted = GRANTED, .effective = GRANTED,
                               .bounding = GRANTED, .no_new_privs = true, .seccomp_mode = 2, .seccomp_filters = 1};
}

/* The drift of a row; unknown if there is none. */
static enum cm_drift drift_of(const struct cm_drift_report *report, const char *subject, const char *name)
{
    for (size_t i = 0; i < report->n; i++)
        if (cm_streq(report->rows[i].subject, subject) && cm_streq(report->rows[i].name, name))
            return report->rows[i].drift;
    return CM_DRIFT_UNKNOWN;
}

TEST(users)
{
    static const struct {
        uint32_t recorded, now; /* in the container, and outside */
        uint64_t bounding;
        enum cm_drift drift;
    } rows[] = {
        {0, 100000, GRANTED, CM_DRIFT_NONE},   {1000, 101000, 0, CM_DRIFT_NONE},
        {0, 101000, GRANTED, CM_DRIFT_BENIGN}, /* what an entry point does */
        {0, 101000, 0, CM_DRIFT_WEAKER},       /* how, without a capability? */
        {1000, 100000, GRANTED, CM_DRIFT_WEAKER}, {0, 0, GRANTED, CM_DRIFT_WEAKER}, {0, 99999, GRANTED, CM_DRIFT_WEAKER}, {0, 165536, GRANTED, CM_DRIFT_WEAKER},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        struct cm_confinement c = confined();
        const struct cm_promise promise = {.uid = rows[i].recorded, .groups = no_groups};
        const struct cm_drift_init init = {&promise, &c, true};
        const struct cm_process now = process(rows[i].now);
        c.caps.bounding = rows[i].bounding;
        cm_drift_ids(&report, &init, &now);
        if (drift_of(&report, "process", "user") != rows[i].drift)
            CHECK_FAIL("row %zu: %s", i, cm_drift_word(drift_of(&report, "process", "user")));
    }
    /* one of four is enough */
    for (size_t i = 0; i < CM_PROCESS_IDS; i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        const struct cm_confinement c = confined();
        const struct cm_promise promise = {.groups = no_groups};
        const struct cm_drift_init init = {&promise, &c, true};
        struct cm_process now = process(100000);
        now.uids[i] = 0;
        cm_drift_ids(&report, &init, &now);
        CHECK_INT(drift_of(&report, "process", "user"), CM_DRIFT_WEAKER);
    }
}

TEST(groups)
{
    static uint32_t recorded[] = {5, 7}, same[] = {100007, 100005}, fewer[] = {100005}, more[] = {100005, 100007, 100009}, foreign[] = {100005, 100007, 0};
    static const struct {
        uint32_t *now;
        size_t n;
        uint64_t bounding;
        enum cm_drift drift;
    } rows[] = {
        {same, 2, GRANTED, CM_DRIFT_NONE},   {fewer, 1, GRANTED, CM_DRIFT_STRICTER}, {more, 3, GRANTED, CM_DRIFT_BENIGN},
        {more, 3, 0, CM_DRIFT_WEAKER},       {foreign, 3, GRANTED, CM_DRIFT_WEAKER}, {NULL, 0, GRANTED, CM_DRIFT_STRICTER},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        struct cm_confinement c = confined();
        const struct cm_promise promise = {.n_groups = 2, .groups = recorded};
        const struct cm_drift_init init = {&promise, &c, true};
        struct cm_process now = process(100000);
        c.caps.bounding = rows[i].bounding;
        now.groups = rows[i].now;
        now.n_groups = rows[i].n;
        cm_drift_ids(&report, &init, &now);
        if (drift_of(&report, "process", "groups") != rows[i].drift)
            CHECK_FAIL("row %zu: %s", i, cm_drift_word(drift_of(&report, "process", "groups")));
    }
}

TEST(capabilities)
{
    static const struct {
        uint32_t uid;
        uint64_t recorded_ambient, permitted, effective, bounding, inheritable, ambient;
        const char *name; /* of the row that drifts; NULL: none */
        enum cm_drift drift;
    } rows[] = {
        {0, 0, GRANTED, GRANTED, GRANTED, 0, 0, NULL, CM_DRIFT_NONE},
        {0, 0, GRANTED, 0, GRANTED, 0, 0, "effective", CM_DRIFT_STRICTER},
        {0, 0, GRANTED | BIT(CAP_SYS_ADMIN), GRANTED, GRANTED, 0, 0, "permitted", CM_DRIFT_WEAKER},
        {0, 0, GRANTED, GRANTED | BIT(CAP_SYS_ADMIN), GRANTED, 0, 0, "effective", CM_DRIFT_WEAKER},
        {0, 0, GRANTED, GRANTED, GRANTED | BIT(CAP_SYS_ADMIN), 0, 0, "bounding", CM_DRIFT_WEAKER},
        {0, 0, GRANTED, GRANTED, BIT(CAP_KILL), 0, 0, "bounding", CM_DRIFT_STRICTER},
        {0, 0, GRANTED, GRANTED, GRANTED, BIT(CAP_KILL), 0, "inheritable", CM_DRIFT_BENIGN},
        {0, 0, GRANTED, GRANTED, GRANTED, BIT(CAP_SYS_ADMIN), 0, "inheritable", CM_DRIFT_WEAKER},
        {0, 0, GRANTED, GRANTED, GRANTED, 0, BIT(CAP_SYS_ADMIN), "ambient", CM_DRIFT_WEAKER},
        /* without root nothing but the ambient ones outlives the execve */
        {1000, 0, 0, 0, GRANTED, 0, 0, NULL, CM_DRIFT_NONE},
        {1000, 0, GRANTED, 0, GRANTED, 0, 0, "permitted", CM_DRIFT_WEAKER},
        {1000, BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_KILL), GRANTED, BIT(CAP_KILL), BIT(CAP_KILL), NULL, CM_DRIFT_NONE},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        struct cm_confinement c = confined();
        const struct cm_promise promise = {.uid = rows[i].uid};
        const struct cm_drift_init init = {&promise, &c, true};
        struct cm_process now = process(100000);
        c.caps.ambient = rows[i].recorded_ambient;
        now.permitted = rows[i].permitted;
        now.effective = rows[i].effective;
        now.bounding = rows[i].bounding;
        now.inheritable = rows[i].inheritable;
        now.ambient = rows[i].ambient;
        cm_drift_caps(&report, &init, &now);
        CHECK_INT(report.n, 5);
        for (size_t j = 0; j < report.n; j++) {
            enum cm_drift want = cm_streq(report.rows[j].name, rows[i].name) ? rows[i].drift : CM_DRIFT_NONE;
            if (report.rows[j].drift != want)
                CHECK_FAIL("row %zu, %s: %s", i, report.rows[j].name, cm_drift_word(report.rows[j].drift));
        }
    }
    /* before its program is executed it holds what it was given, root or not */
    CM_AUTO_DRIFT struct cm_drift_report report = {0};
    const struct cm_confinement c = confined();
    const struct cm_promise promise = {.uid = 1000};
    const struct cm_process now = process(101000);
    cm_drift_caps(&report, &(struct cm_drift_init){&promise, &c, false}, &now);
    CHECK_INT(cm_drift_verdict(&report), CM_DRIFT_NONE);
}

TEST(filters_and_no_new_privs)
{
    CM_AUTO_DRIFT struct cm_drift_report report = {0};
    struct cm_confinement c = confined();
    const struct cm_promise promise = {0};
    const struct cm_drift_init init = {&promise, &c, true};
    struct cm_process now = process(100000);

    cm_drift_seccomp(&report, &init, &now);
    CHECK_INT(cm_drift_verdict(&report), CM_DRIFT_NONE);
    now.seccomp_filters = 4; /* of its own, or the caller's */
    cm_drift_seccomp(&report, &init, &now);
    CHECK_INT(cm_drift_verdict(&report), CM_DRIFT_NONE);
    c.extra.size = 3;
    now.seccomp_filters = 1;
    cm_drift_seccomp(&report, &init, &now);
    CHECK_INT(cm_drift_exit_status(&report), 3);
    cm_drift_free(&report);
    c.extra.size = 0;
    now.no_new_privs = false;
    cm_drift_seccomp(&report, &init, &now);
    CHECK_INT(drift_of(&report, "process", "no_new_privs"), CM_DRIFT_WEAKER);
    cm_drift_free(&report);
    now = process(100000);
    now.seccomp_mode = 0;
    cm_drift_seccomp(&report, &init, &now);
    CHECK_INT(drift_of(&report, "seccomp", "mode"), CM_DRIFT_WEAKER);
}

TEST(labels)
{
    static const struct {
        const char *apparmor, *selinux, *now;
        enum cm_drift drift;
        bool waits;
    } rows[] = {
        {NULL, NULL, NULL, CM_DRIFT_NONE},
        {NULL, NULL, "unconfined", CM_DRIFT_NONE},
        {"box", NULL, "box (enforce)", CM_DRIFT_NONE},
        {"box", NULL, "box (complain)", CM_DRIFT_WEAKER},
        {"box", NULL, "boxes (enforce)", CM_DRIFT_WEAKER},
        {"box", NULL, "box (kill)", CM_DRIFT_NONE},
        {"box", NULL, "box//&outer (enforce)", CM_DRIFT_NONE},
        {"box", NULL, "outer//&box (mixed)", CM_DRIFT_NONE},
        {"box", NULL, "outer//&box (complain)", CM_DRIFT_WEAKER},
        {"box", NULL, "box (mixed)", CM_DRIFT_WEAKER},
        {"box", NULL, "box//child (enforce)", CM_DRIFT_WEAKER},
        {"box", NULL, "box//&boxes (enforce)", CM_DRIFT_NONE},
        {"box", NULL, "(enforce)", CM_DRIFT_WEAKER},
        {"box", NULL, "", CM_DRIFT_WEAKER},
        {"box", NULL, "unconfined", CM_DRIFT_WEAKER},
        {"box", NULL, "unconfined", CM_DRIFT_NONE, true},
        {"box", NULL, NULL, CM_DRIFT_WEAKER},
        {NULL, "u:r:container_t:s0:c1,c2", "u:r:container_t:s0:c1,c2", CM_DRIFT_NONE},
        {NULL, "u:r:container_t:s0:c1,c2", "u:r:container_t:s0:c1,c3", CM_DRIFT_WEAKER},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        const struct cm_confinement c = {.apparmor_profile = rows[i].apparmor, .selinux_label = rows[i].selinux};
        const struct cm_drift_init init = {NULL, &c, !rows[i].waits};
        cm_drift_label(&report, &init, rows[i].now);
        if (cm_drift_verdict(&report) != rows[i].drift)
            CHECK_FAIL("row %zu: %s", i, cm_drift_word(cm_drift_verdict(&report)));
    }
}

TEST(resource_limits)
{
    static const struct {
        struct cm_limit_pair now;
        enum cm_drift drift;
    } rows[] = {
        {{50, 100}, CM_DRIFT_NONE},          {{100, 100}, CM_DRIFT_BENIGN}, {{10, 100}, CM_DRIFT_BENIGN}, {{10, 90}, CM_DRIFT_STRICTER},
        {{50, UINT64_MAX}, CM_DRIFT_WEAKER}, {{50, 101}, CM_DRIFT_WEAKER},  {{101, 100}, CM_DRIFT_WEAKER},
    };
    const struct cm_plan_rlimit limit = {7, 50, 100, ""};
    const struct cm_promise promise = {.n_rlimits = 1, .rlimits = &limit};

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        struct cm_limit_pair now[CM_RLIMITS] = {0};
        now[7] = rows[i].now;
        cm_drift_rlimits(&report, &promise, now);
        if (cm_drift_verdict(&report) != rows[i].drift)
            CHECK_FAIL("row %zu: %s", i, cm_drift_word(cm_drift_verdict(&report)));
    }
}

/* ---- further processes ---- */

TEST(further_processes)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_confinement c = confined();
    const struct cm_promise promise = {.uid = 0};
    const struct cm_drift_init init = {&promise, &c, true};
    struct cm_process p = process(100500);
    uint32_t groups[] = {100005, 0};

    CHECK(cm_drift_process(&arena, &init, &p) == NULL);
    p.permitted = p.effective = 0;
    p.groups = groups;
    p.n_groups = 1;
    CHECK(cm_drift_process(&arena, &init, &p) == NULL);
    p.n_groups = 2;
    CHECK_STR(cm_drift_process(&arena, &init, &p), "its additional group 0 is none of the container's");
    p = process(100500);
    p.uids[3] = 5;
    CHECK_STR(cm_drift_process(&arena, &init, &p), "its user 5 is none of the container's");
    p = process(100500);
    p.gids[0] = 99999;
    CHECK_STR(cm_drift_process(&arena, &init, &p), "its group 99999 is none of the container's");
    p = process(100500);
    p.bounding |= BIT(CAP_SYS_ADMIN);
    CHECK_CONTAINS(cm_drift_process(&arena, &init, &p), "capabilities");
    p = process(100500);
    p.seccomp_filters = 0;
    CHECK_CONTAINS(cm_drift_process(&arena, &init, &p), "0 system call filters");
    p = process(100500);
    p.no_new_privs = false;
    CHECK_CONTAINS(cm_drift_process(&arena, &init, &p), "no_new_privs");
}

/* ---- mounts ---- */

#define ROOT "1 0 8:1 /rootfs / ro,nosuid,nodev,relatime,idmapped - ext4 /dev/sda rw\n"
#define PROC "2 1 0:2 / /proc rw,nosuid,nodev,noexec,relatime - proc none rw\n"
#define SYS "3 1 0:3 / /sys ro,nosuid,nodev,noexec - sysfs none rw\n"
#define DATA "4 1 8:1 /data /data rw,nosuid,nodev - ext4 /dev/sda rw\n"
#define PROC_SYS "5 2 0:2 /sys /proc/sys ro,nosuid,nodev,noexec - proc none rw\n"
#define KCORE "6 2 0:9 /null /proc/kcore ro,nosuid,noexec - tmpfs none rw\n"
#define FIRMWARE "7 3 0:8 / /sys/firmware ro,nosuid,nodev,noexec - tmpfs none rw\n"
#define CLEAN ROOT PROC SYS DATA PROC_SYS KCORE FIRMWARE

/* What of the planned paths is there without a mount of its own: only these. */
static int look(const char *path, uint64_t *ret_mount, void *user)
{
    const char *const *there = user;

    for (size_t i = 0; there && there[i]; i++)
        if (cm_streq(path, there[i])) {
            *ret_mount = cm_streq(path, "/link") ? 4 : cm_streq(path, "/proc/kcore") ? 2 : 1;
            return cm_streq(path, "/slow") ? -EREMOTE : 1;
        }
    return 0;
}

static const char *masked[] = {"/proc/kcore", "/sys/firmware", "/proc/absent"}, *readonly[] = {"/proc/sys", "/proc/none"};
static const struct cm_promised_mount planned[] = {
    {"/proc", CM_MOUNT_PROC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, false, false},
    {"/sys", CM_MOUNT_SYSFS, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME, false, false},
    {"/data", CM_MOUNT_BIND, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, true, false},
};

static void compare(struct cm_drift_report *report, const char *table_text, const struct cm_promise *promise, const char *const *there)
{
    CM_AUTO_FREE char *text = strdup(table_text);
    struct cm_mount_table table;

    CHECK_INT(cm_mount_table_parse(text, &report->arena, &table), 0);
    cm_drift_mounts(report, &(struct cm_drift_mounts){promise, false, &table, look, (void *)(uintptr_t)there});
    CHECK(!report->failed);
}

TEST(mounts)
{
    static const char *const kcore_there[] = {"/proc/kcore", NULL}, *const sys_there[] = {"/sys", NULL}, *const kcore_slow[] = {"/slow", NULL};
    static const struct {
        const char *table;
        const char *const *there;
        const char *subject, *name; /* of the row that drifts; NULL: none */
        enum cm_drift drift;
    } rows[] = {
        {CLEAN, NULL, NULL, NULL, CM_DRIFT_NONE},
        {PROC SYS ROOT DATA FIRMWARE KCORE PROC_SYS, NULL, NULL, NULL, CM_DRIFT_NONE}, /* their order does not matter */
        {CLEAN "9 4 8:2 / /data/below rw,nosuid,nodev - ext4 /dev/sdb rw\n", NULL, NULL, NULL, CM_DRIFT_NONE}, /* of a tree of the host */
        {CLEAN "9 4 8:2 / /data/below rw - ext4 /dev/sdb rw\n", NULL, "mount", "/data/below", CM_DRIFT_WEAKER},
        {CLEAN "9 1 0:7 / /home rw,nosuid,nodev - tmpfs none rw\n", NULL, "mount", "/home", CM_DRIFT_WEAKER},
        {CLEAN "9 1 0:7 / / ro,nosuid,nodev - tmpfs none rw\n", NULL, "mount", "/", CM_DRIFT_WEAKER}, /* on top of the root */
        {CLEAN "9 2 0:7 / /proc/kcore ro,nosuid - tmpfs none rw\n", NULL, "mount", "/proc/kcore", CM_DRIFT_WEAKER},
        {"1 0 8:1 /rootfs / rw,nosuid,nodev,idmapped - ext4 /dev/sda rw\n" PROC SYS DATA PROC_SYS KCORE FIRMWARE, NULL, "mount", "/", CM_DRIFT_WEAKER},
        {"1 0 8:1 /rootfs / ro,nosuid,nodev - ext4 /dev/sda rw\n" PROC SYS DATA PROC_SYS KCORE FIRMWARE, NULL, "mount", "/", CM_DRIFT_WEAKER},
        {"1 0 8:1 /rootfs / ro,nosuid,nodev,noexec,idmapped - ext4 /dev/sda rw\n" PROC SYS DATA PROC_SYS KCORE FIRMWARE, NULL, "mount", "/", CM_DRIFT_STRICTER},
        {"1 0 8:1 /rootfs / ro,nosuid,nodev,idmapped shared:4 - ext4 /dev/sda rw\n" PROC SYS DATA PROC_SYS KCORE FIRMWARE, NULL, "mount", "/", CM_DRIFT_WEAKER},
        {ROOT PROC "3 1 0:3 / /sys ro,nosuid,nodev,noexec - tmpfs none rw\n" DATA PROC_SYS KCORE FIRMWARE, NULL, "mount", "/sys", CM_DRIFT_WEAKER},
        {ROOT PROC DATA PROC_SYS KCORE FIRMWARE, sys_there, "mount", "/sys", CM_DRIFT_WEAKER},
        {ROOT PROC SYS PROC_SYS KCORE FIRMWARE, NULL, "mount", "/data", CM_DRIFT_WEAKER},
        {ROOT PROC SYS DATA PROC_SYS FIRMWARE, kcore_there, "masked", "/proc/kcore", CM_DRIFT_WEAKER},
        {ROOT PROC SYS DATA PROC_SYS FIRMWARE, NULL, NULL, NULL, CM_DRIFT_NONE}, /* a kernel without it */
        {ROOT PROC SYS DATA PROC_SYS FIRMWARE "6 2 0:9 /zero /proc/kcore ro,nosuid - devtmpfs none rw\n", NULL, "masked", "/proc/kcore", CM_DRIFT_WEAKER},
        {ROOT PROC SYS DATA PROC_SYS FIRMWARE "6 2 0:9 /null /proc/kcore rw,nosuid - tmpfs none rw\n", NULL, "masked", "/proc/kcore", CM_DRIFT_WEAKER},
        {ROOT PROC SYS DATA KCORE FIRMWARE "5 2 0:2 /sys /proc/sys rw,nosuid - proc none rw\n", NULL, "read-only", "/proc/sys", CM_DRIFT_WEAKER},
    };
    struct cm_promise promise = {.root_idmap = true, .masked = {true, 3, masked}, .readonly = {true, 2, readonly}, .n_mounts = 3, .mounts = planned};

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_DRIFT struct cm_drift_report report = {0};
        size_t drifting = 0;
        compare(&report, rows[i].table, &promise, rows[i].there);
        for (size_t j = 0; j < report.n; j++) {
            const struct cm_drift_row *row = &report.rows[j];
            if (row->drift == CM_DRIFT_NONE)
                continue;
            drifting++;
            if (!cm_streq(row->subject, rows[i].subject) || !cm_streq(row->name, rows[i].name) || row->drift != rows[i].drift)
                CHECK_FAIL("row %zu: %s %s %s (%s)", i, cm_drift_word(row->drift), row->subject, row->name, row->note);
        }
        CHECK_INT(drifting, rows[i].drift == CM_DRIFT_NONE ? 0 : 1);
    }
    /* of a container with hooks nobody knows */
    CM_AUTO_DRIFT struct cm_drift_report report = {0};
    promise.hooks = true;
    compare(&report, CLEAN "9 1 0:7 / /home rw,nosuid,nodev - tmpfs none rw\n", &promise, NULL);
    CHECK_INT(drift_of(&report, "mount", "/home"), CM_DRIFT_BENIGN);
    /* what cannot be looked at without waiting is not called good */
    cm_drift_free(&report);
    static const char *slow[] = {"/slow"};
    promise.masked = (struct oci_strings){true, 1, slow};
    compare(&report, ROOT PROC SYS DATA PROC_SYS, &promise, kcore_slow);
    CHECK_INT(drift_of(&report, "masked", "/slow"), CM_DRIFT_UNKNOWN);
    CHECK_INT(cm_drift_exit_status(&report), 1);
}

TEST(mount_points_behind_links)
{
    static const char *const there[] = {"/link", NULL};
    static const struct cm_promised_mount through[] = {{"/link", CM_MOUNT_BIND, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false, false}};
    const struct cm_promise promise = {.root_idmap = true, .n_mounts = 1, .mounts = through};
    CM_AUTO_DRIFT struct cm_drift_report report = {0};

    compare(&report, ROOT DATA, &promise, there); /* /link leads to /data */
    CHECK_INT(cm_drift_verdict(&report), CM_DRIFT_NONE);
    CHECK_INT(report.n, 4);
}

/* ---- the report ---- */

TEST(exit_statuses_and_forms)
{
    static const struct {
        enum cm_drift drift;
        int status;
        const char *word;
    } rows[] = {{CM_DRIFT_NONE, 0, "none"}, {CM_DRIFT_BENIGN, 2, "benign"}, {CM_DRIFT_STRICTER, 2, "stricter"}, {CM_DRIFT_UNKNOWN, 1, "unknown"},
                {CM_DRIFT_WEAKER, 3, "weaker"}};
    CM_AUTO_DRIFT struct cm_drift_report report = {.id = "web", .status = "running", .policy = "hardened", .note = ""};
    CM_AUTO_STR struct cm_str text = {0}, json = {0};

    CHECK_INT(cm_drift_exit_status(&report), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        cm_drift_add(&report, rows[i].drift, "mount", "/\033[2J\"\n", "a", "b", "why"); /* what comes later is worse */
        CHECK_INT(cm_drift_exit_status(&report), rows[i].status);
        CHECK_STR(cm_drift_word(rows[i].drift), rows[i].word);
    }
    for (int i = 0; i < 200; i++)
        cm_drift_add(&report, CM_DRIFT_NONE, "subject", "name", "a", "b", NULL);
    CHECK_INT(report.n, 205);
    cm_drift_print_text(&report, (struct cm_style){0}, &text);
    cm_drift_print_json(&report, &json);
    CHECK_CONTAINS(cm_str_text(&text), "container web, running: weaker than it was recorded\n");
    CHECK_CONTAINS(cm_str_text(&text), "b, recorded a");
    CHECK(!strchr(cm_str_text(&text), '\033') && !strchr(cm_str_text(&json), '\033'));
    CHECK_CONTAINS(cm_str_text(&json), "\"drift\": \"weaker\"");
    CHECK_CONTAINS(cm_str_text(&json), "\"name\": \"/\\u001b[2J\\\"\\n\"");
}
