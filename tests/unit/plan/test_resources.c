/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every property of linux.resources becomes: a line for a file of cgroup version 2, or a word that there is none. */
#include "check.h"
#include "rows.h"

static void good(struct fixture *f, const char *find, const char *with)
{
    fixture_make(f, CM_POLICY_HARDENED, find, with, NULL);
    CHECK(f->plan != NULL);
    if (f->plan)
        CHECK(f->plan->verdict != CM_VERDICT_REFUSED);
}

static bool has_limit(const struct cm_plan *plan, const char *file, const char *value)
{
    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, file) && cm_streq(plan->limits[i].value, value))
            return true;
    return false;
}

TEST(limits_of_every_resource)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"unified\":{}",
         "\"cpu\":{\"mems\":\"0,2\",\"cpus\":\"1\",\"period\":5000,\"quota\":2000,\"shares\":2,\"idle\":0},"
         "\"blockIO\":{\"weight\":10,\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":1000},{\"major\":9,\"minor\":0,\"weight\":0}],"
         "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},{\"major\":8,\"minor\":1,\"rate\":0}],"
         "\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":2}],\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":3}],"
         "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":4}]},"
         "\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":0},{\"pageSize\":\"64KB\",\"limit\":18446744073709551615}],"
         "\"rdma\":{\"mlx5_0\":{\"hcaHandles\":3,\"hcaObjects\":4},\"none\":{},\"o\":{\"hcaObjects\":0}},"
         "\"unified\":{\"memory.high\":\"900000\",\"io.max\":\"8:0 rbps=1\\n8:16 wbps=2\",\"misc.max\":\"res_a 1\",\"hugetlb.2MB.rsvd.max\":\"5\"}");
    if (!f.plan)
        return;
    static const struct { const char *file, *value; } want[] = {
        {"cpuset.mems", "0,2"}, {"cpuset.cpus", "1"}, {"cpu.max", "2000 5000"}, {"cpu.weight", "1"}, {"io.weight", "1"}, {"io.weight", "8:16 10000"},
        {"io.max", "8:0 rbps=1"}, {"io.max", "8:1 rbps=max"}, {"io.max", "8:0 wbps=2"}, {"io.max", "8:0 riops=3"}, {"io.max", "8:0 wiops=4"},
        {"hugetlb.1GB.max", "0"}, {"hugetlb.1GB.rsvd.max", "0"}, {"hugetlb.64KB.max", "18446744073709551615"}, {"rdma.max", "mlx5_0 hca_handle=3 hca_object=4"},
        {"rdma.max", "o hca_object=0"}, {"memory.high", "900000"}, {"io.max", "8:16 wbps=2"}, {"misc.max", "res_a 1"}, {"hugetlb.2MB.rsvd.max", "5"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(want); i++)
        if (!has_limit(f.plan, want[i].file, want[i].value))
            CHECK_FAIL("%s \"%s\" is not planned", want[i].file, want[i].value);
    CHECK(!has_limit(f.plan, "cpu.idle", "0") && !has_limit(f.plan, "rdma.max", "none"));
    for (size_t i = 0; i < f.plan->n_limits; i++)
        if (cm_streq(f.plan->limits[i].value, "8:16 10000")) {
            CHECK_STR(f.plan->limits[i].preferred_file, "io.bfq.weight");
            CHECK_STR(f.plan->limits[i].preferred_value, "8:16 1000");
        }
}

/* The curve of cpu.shares, at its ends and where engines use it; and a period that waits for its quota. */
TEST(cpu_values)
{
    static const struct { const char *cpu, *file, *value; } table[] = {
        {"\"shares\":1", "cpu.weight", "1"}, {"\"shares\":2", "cpu.weight", "1"}, {"\"shares\":3", "cpu.weight", "2"}, {"\"shares\":10", "cpu.weight", "4"},
        {"\"shares\":100", "cpu.weight", "17"}, {"\"shares\":102", "cpu.weight", "17"}, {"\"shares\":512", "cpu.weight", "59"}, {"\"shares\":1023", "cpu.weight", "100"},
        {"\"shares\":1024", "cpu.weight", "100"}, {"\"shares\":1025", "cpu.weight", "101"}, {"\"shares\":2048", "cpu.weight", "174"},
        {"\"shares\":4096", "cpu.weight", "303"}, {"\"shares\":262143", "cpu.weight", "10000"}, {"\"shares\":262144", "cpu.weight", "10000"},
        {"\"shares\":18446744073709551615", "cpu.weight", "10000"}, {"\"shares\":0", "cpu.weight", NULL},
        {"\"period\":50000", "cpu.max", "max 50000"}, {"\"quota\":-1,\"period\":50000", "cpu.max", "max 50000"}, {"\"quota\":5000", "cpu.max", "5000 100000"},
        {"\"quota\":-1", "cpu.max", NULL}, {"\"quota\":5000,\"burst\":1", "cpu.max.burst", "1"}, {"\"quota\":5000,\"burst\":0", "cpu.max.burst", NULL},
        {"\"idle\":1", "cpu.idle", "1"}, {"\"idle\":0", "cpu.idle", NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        char text[128];
        const char *got = NULL;
        (void)snprintf(text, sizeof(text), "\"cpu\":{%s},\"unified\":{}", table[i].cpu);
        good(&f, "\"unified\":{}", text);
        for (size_t k = 0; f.plan && k < f.plan->n_limits; k++)
            if (cm_streq(f.plan->limits[k].file, table[i].file))
                got = f.plan->limits[k].value;
        if (!cm_streq(got ? got : "none", table[i].value ? table[i].value : "none"))
            CHECK_FAIL("%s: %s is \"%s\", want \"%s\"", table[i].cpu, table[i].file, got ? got : "none", table[i].value ? table[i].value : "none");
    }
}

static void under_systemd(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->systemd_is_manager = true;
}

/* In a slice of systemd's the limits of what it does not use itself go with its next reload: that is said. */
TEST(what_systemd_takes_away_is_named)
{
    static const char find[] = "\"cgroupsPath\":\"tenant/box\",\"devices\":[],\"sysctl\":{},\"rootfsPropagation\":\"private\",\"resources\":{";
    static const struct { const char *path, *resources; bool systemd, said; } table[] = {
        {"/system.slice/box", "\"cpu\":{\"quota\":5000},", true, true},
        {"/box", "\"cpu\":{\"quota\":5000},\"blockIO\":{\"weight\":100},", true, true},
        {"/box", "\"cpu\":{\"quota\":5000},", false, false},
        {"/containers/box", "\"cpu\":{\"quota\":5000},", true, false},
        {"/system.slice/pod/box", "\"cpu\":{\"quota\":5000},", true, false},
        {"/system.slice/box", "", true, false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        char text[512];
        bool said = false;
        (void)snprintf(text, sizeof(text), "\"cgroupsPath\":\"%s\",\"resources\":{%s", table[i].path, table[i].resources);
        fixture_make(&f, CM_POLICY_HARDENED, find, text, table[i].systemd ? under_systemd : NULL);
        for (size_t k = 0; f.plan && k < f.plan->n_unenforced; k++)
            said |= strncmp(f.plan->unenforced[k].what, "limits of cpu", 13) == 0 && strstr(f.plan->unenforced[k].reason, "--systemd-cgroup") != NULL;
        if (!f.plan || said != table[i].said)
            CHECK_FAIL("row %zu: it is %ssaid", i, said ? "" : "not ");
    }
}

TEST(what_only_version_1_has_is_named)
{
    AUTO_FIXTURE struct fixture f = {0};
    static const char *const want[] = {"memory.kernel", "memory.kernelTCP", "memory.swappiness", "memory.disableOOMKiller", "memory.useHierarchy",
                                       "blockIO.leafWeight", "cpu.realtime", "network.classID", "network.priorities"};

    good(&f, "\"memory\":{\"limit\":1000000,\"swap\":1000000}",
         "\"memory\":{\"limit\":1000000,\"swap\":1000000,\"kernel\":1,\"kernelTCP\":1,\"swappiness\":0,\"disableOOMKiller\":true,\"useHierarchy\":false},"
         "\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":10}]},\"cpu\":{\"realtimePeriod\":1},"
         "\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"a\",\"priority\":1}]}");
    if (!f.plan)
        return;
    CHECK_INT(f.plan->verdict, CM_VERDICT_OK);
    size_t others = f.plan->n_unenforced - CM_ARRAY_LEN(want); /* of the host, before them */
    for (size_t i = 0; i < CM_ARRAY_LEN(want); i++) {
        bool found = false;
        for (size_t j = 0; j < f.plan->n_unenforced; j++)
            found |= cm_streq(f.plan->unenforced[j].what, want[i]);
        if (!found)
            CHECK_FAIL("%s is not named", want[i]);
    }
    fixture_free(&f);
    good(&f, "\"memory\":{\"limit\":1000000,\"swap\":1000000}",
         "\"memory\":{\"limit\":1000000,\"swap\":1000000,\"kernel\":-1,\"disableOOMKiller\":false,\"useHierarchy\":true},\"cpu\":{\"realtimeRuntime\":0},"
         "\"network\":{\"classID\":0,\"priorities\":[]}");
    if (f.plan)
        CHECK_INT(f.plan->n_unenforced, others);
}

static void has_huge_pages(struct cm_facts *facts, struct cm_policy *policy)
{
    static uint64_t sizes[] = {2048, 1048576, 64};

    (void)policy;
    facts->huge_page_sizes = sizes;
    facts->n_huge_page_sizes = CM_ARRAY_LEN(sizes);
}

static void has_no_such_pages(struct cm_facts *facts, struct cm_policy *policy)
{
    static bool missing[] = {false, true};

    (void)policy;
    facts->page_size_missing = missing;
}

TEST(huge_pages_of_the_host_are_nobody_s_who_did_not_ask)
{
    AUTO_FIXTURE struct fixture f = {0};

    fixture_make(&f, CM_POLICY_HARDENED, "\"unified\":{}", "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}],\"unified\":{\"hugetlb.64KB.max\":\"9\"}", has_huge_pages);
    if (!f.plan)
        return;
    CHECK(has_limit(f.plan, "hugetlb.2MB.max", "7") && !has_limit(f.plan, "hugetlb.2MB.max", "0"));
    CHECK(has_limit(f.plan, "hugetlb.1GB.max", "0") && has_limit(f.plan, "hugetlb.1GB.rsvd.max", "0"));
    CHECK(has_limit(f.plan, "hugetlb.64KB.max", "9") && !has_limit(f.plan, "hugetlb.64KB.max", "0"));
    CHECK(fixture_find(&f, "CM-LIMIT-DEFAULT") != NULL);
}

TEST(pages_of_a_size_that_the_kernel_has_not_got)
{
    AUTO_FIXTURE struct fixture f = {0};

    fixture_make(&f, CM_POLICY_HARDENED, "\"unified\":{}", "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7},{\"pageSize\":\"3KB\",\"limit\":7}],\"unified\":{}", has_no_such_pages);
    const struct cm_finding *finding = f.plan ? fixture_find(&f, "CM-LIMIT-INVALID") : NULL;
    CHECK(finding != NULL);
    if (finding)
        CHECK_STR(finding->field, "/linux/resources/hugepageLimits/1");
}
