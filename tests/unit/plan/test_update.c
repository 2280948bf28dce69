/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Updates: a request and what holds now → the files that are written, in order. */
#include "check.h"

#include "plan/update.h"

#define GIB "1073741824"

/* What holds: 1 GiB of memory and 512 MiB of swap, half a CPU in 100 ms. */
static struct cm_update_facts facts(void)
{
    return (struct cm_update_facts){
        .cgroup_path = "/tenant/box",
        .controllers = ~0u,
        .memory_total = UINT64_C(16) << 30,
        .memory_current = 100 << 20,
        .memory_max = {true, 1 << 30},
        .swap_max = {true, 512 << 20},
        .cpu_quota = {true, 50000},
        .cpu_period = {true, 100000},
    };
}

/* The plan as text: "file=value; …", or the code of the refusal. */
static const char *plan_of(const char *json, const struct cm_update_facts *now, bool rdt, char *text, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct oci_resources *request = NULL;
    struct cm_plan *plan = NULL;
    struct cm_error err;
    size_t used = 0;

    cm_error_init(&err);
    text[0] = '\0';
    if (oci_resources_parse(json, strlen(json), &arena, &request, &err) < 0) {
        (void)snprintf(text, size, "%s %.2000s", err.field, err.message);
        return text;
    }
    if (cm_plan_update(request, rdt, cm_policy_builtin(CM_POLICY_HARDENED), now, &arena, &plan) < 0)
        return "no memory";
    for (size_t i = 0; i < plan->n_findings; i++)
        if (plan->findings[i].verdict == CM_VERDICT_REFUSED || plan->n_limits == 0)
            used += (size_t)snprintf(text + used, size - used, "%s %s %s", plan->findings[i].code, plan->findings[i].field, plan->findings[i].message);
    if (plan->verdict == CM_VERDICT_REFUSED)
        return text;
    for (size_t i = 0; i < plan->n_limits; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s=%s", i > 0 ? "; " : "", plan->limits[i].file, plan->limits[i].value);
    return text;
}

TEST(what_is_written)
{
    static const struct { const char *json, *want;
    } table[] = {
        {"{}", ""},
        {"{\"memory\":{},\"cpu\":{},\"pids\":{},\"blockIO\":{}}", ""},
        {"{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}", ""}, /* never changed */
        {"{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}}", ""},
        /* memory and swap: the sum that holds stays, unless the request says otherwise */
        {"{\"memory\":{\"limit\":1200000000}}", "memory.max=1200000000; memory.swap.max=410612736"},
        {"{\"memory\":{\"limit\":1200000000,\"swap\":1200000000}}", "memory.max=1200000000; memory.swap.max=0"},
        {"{\"memory\":{\"swap\":1174405120}}", "memory.swap.max=100663296"},
        {"{\"memory\":{\"reservation\":1000000}}", "memory.low=1000000"},
        {"{\"memory\":{\"limit\":500000000,\"swap\":500000000,\"checkBeforeUpdate\":true}}", "memory.max=500000000; memory.swap.max=0"},
        /* quota and period keep each other */
        {"{\"cpu\":{\"quota\":20000}}", "cpu.max=20000 100000"},
        {"{\"cpu\":{\"period\":50000}}", "cpu.max=50000 50000"},
        {"{\"cpu\":{\"quota\":20000,\"period\":200000}}", "cpu.max=20000 200000"},
        {"{\"cpu\":{\"quota\":-1}}", "cpu.max=max 100000"},
        {"{\"cpu\":{\"quota\":0,\"period\":0}}", ""},
        {"{\"cpu\":{\"quota\":0,\"period\":50000}}", "cpu.max=50000 50000"},
        {"{\"cpu\":{\"quota\":-1,\"period\":50000}}", "cpu.max=max 50000"},
        {"{\"cpu\":{\"burst\":1000}}", "cpu.max=50000 100000; cpu.max.burst=1000"},
        {"{\"cpu\":{\"burst\":0}}", "cpu.max.burst=0"},
        {"{\"cpu\":{\"quota\":20000,\"burst\":1000}}", "cpu.max.burst=0; cpu.max=20000 100000; cpu.max.burst=1000"},
        {"{\"cpu\":{\"shares\":1024}}", "cpu.weight=100"},
        {"{\"cpu\":{\"shares\":2,\"idle\":0}}", "cpu.idle=0; cpu.weight=1"},
        {"{\"cpu\":{\"idle\":1}}", "cpu.idle=1"},
        {"{\"cpu\":{\"cpus\":\"0-3\",\"mems\":\"0\"}}", "cpuset.cpus=0-3; cpuset.mems=0"},
        {"{\"cpu\":{\"cpus\":\"\",\"mems\":\"\",\"realtimePeriod\":1,\"realtimeRuntime\":1}}", ""},
        {"{\"hugepageLimits\":[{\"pageSize\":\"2048KB\",\"limit\":4096}]}", "hugetlb.2MB.max=4096; hugetlb.2MB.rsvd.max=4096"},
        {"{\"pids\":{\"limit\":10}}", "pids.max=10"},
        {"{\"pids\":{\"limit\":0}}", "pids.max=1"},
        {"{\"blockIO\":{\"weight\":500}}", "io.weight=4950"},
        {"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1000}]}}", "io.max=8:0 rbps=1000"},
        {"{\"unified\":{\"memory.high\":\"900000000\",\"cpu.weight\":\"50\"}}", "memory.high=900000000; cpu.weight=50"},
        {"{\"unified\":{\"memory.low\":\"1000\"}}", "memory.low=1000"},
        /* what create would lower, an update does not lift */
        {"{\"pids\":{\"limit\":-1}}", "pids.max=32768"},
        {"{\"pids\":{\"limit\":1000000}}", "pids.max=32768"},
        {"{\"memory\":{\"limit\":-1}}", "memory.max=8589934550"},
        {"{\"memory\":{\"limit\":99999999999999,\"swap\":-1}}", "memory.max=8589934550; memory.swap.max=0"},
        {"{\"memory\":{\"swap\":-1}}", "memory.swap.max=0"},
        {"{\"memory\":{\"limit\":1000000,\"swap\":99000000}}", "memory.max=1000000; memory.swap.max=1000000"},
        {"{\"memory\":{\"reservation\":99999999999}}", "memory.low=" GIB},
        {"{\"unified\":{\"memory.min\":\"99999999999\"}}", "memory.min=" GIB},
        {"{\"unified\":{\"pids.max\":\"99999999\"}}", "pids.max=32768"},
    };
    char text[4096];

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        const struct cm_update_facts now = facts();
        const char *got = plan_of(table[i].json, &now, false, text, sizeof(text));
        if (strcmp(got, table[i].want) != 0)
            CHECK_FAIL("%s: \"%s\", want \"%s\"", table[i].json, got, table[i].want);
    }
}

TEST(what_is_refused)
{
    static const struct { const char *json, *want;
    } table[] = {
        {"{\"memory\":{\"limit\":-2}}", "CM-LIMIT-INVALID /linux/resources/memory/limit"},
        {"{\"memory\":{\"limit\":2000000000}}", "CM-LIMIT-INVALID /linux/resources/memory/swap"}, /* above the sum that holds */
        {"{\"memory\":{\"limit\":2000000,\"swap\":1000000}}", "CM-LIMIT-INVALID /linux/resources/memory/swap"},
        {"{\"memory\":{\"limit\":1000000,\"swap\":1000000,\"checkBeforeUpdate\":true}}", "rejecting memory limit 1000000 <= usage 104857600"},
        {"{\"memory\":{\"limit\":1000000,\"swap\":1000000,\"checkBeforeUpdate\":true}}", "rejecting memory+swap limit 1000000 <= usage 104857600"},
        {"{\"cpu\":{\"quota\":-1,\"burst\":5}}", "CM-LIMIT-INVALID /linux/resources/cpu/burst"},
        {"{\"cpu\":{\"idle\":2}}", "CM-LIMIT-INVALID /linux/resources/cpu/idle"},
        {"{\"cpu\":{\"cpus\":\"all\"}}", "CM-LIMIT-INVALID /linux/resources/cpu/cpus"},
        {"{\"blockIO\":{\"weight\":5}}", "CM-LIMIT-INVALID /linux/resources/blockIO/weight"},
        {"{\"unified\":{\"cgroup.procs\":\"1\"}}", "CM-UNIFIED /linux/resources/unified/cgroup.procs"},
        {"{\"unified\":{\"memory.max/../x\":\"1\"}}", "CM-UNIFIED"},
        {"{\"memory\":{\"limit\":\"1g\"}}", "/memory/limit"},
        {"{\"Memory\":{}}", "Memory"},
        {"[]", "an object"},
        {"{", "JSON"},
        {"{\"pids\":{\"limit\":1},\"pids\":{\"limit\":2}}", "/pids"},
    };
    char text[4096];

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        const struct cm_update_facts now = facts();
        const char *got = plan_of(table[i].json, &now, false, text, sizeof(text));
        if (!strstr(got, table[i].want))
            CHECK_FAIL("%s: \"%s\", want \"%s\"", table[i].json, got, table[i].want);
    }
    const struct cm_update_facts now = facts();
    CHECK_CONTAINS(plan_of("{}", &now, true, text, sizeof(text)), "CM-RDT");
}

TEST(without_the_controller)
{
    struct cm_update_facts now = {.cgroup_path = "/tenant/box", .memory_total = UINT64_C(16) << 30};
    char text[4096];

    CHECK_STR(plan_of("{}", &now, false, text, sizeof(text)), "");
    CHECK_CONTAINS(plan_of("{\"memory\":{\"limit\":1000000}}", &now, false, text, sizeof(text)), "CM-LIMIT-UNENFORCEABLE /linux/resources/memory/limit");
    CHECK_CONTAINS(plan_of("{\"pids\":{\"limit\":10}}", &now, false, text, sizeof(text)), "CM-LIMIT-UNENFORCEABLE /linux/resources/pids/limit");
    CHECK_CONTAINS(plan_of("{\"cpu\":{\"quota\":-1}}", &now, false, text, sizeof(text)), "CM-LIMIT-UNENFORCEABLE /linux/resources/cpu/quota");
    CHECK_CONTAINS(plan_of("{\"cpu\":{\"cpus\":\"0\"}}", &now, false, text, sizeof(text)), "the cpuset controller is not available in /tenant/box");
}

/* The kernel takes no quota below the burst, and says no more than "invalid". */
TEST(a_quota_below_the_burst)
{
    struct cm_update_facts now = facts();
    char text[4096];

    now.cpu_burst = 10000;
    CHECK_CONTAINS(plan_of("{\"cpu\":{\"quota\":9999}}", &now, false, text, sizeof(text)), "CM-LIMIT-INVALID /linux/resources/cpu/quota 9999 is below the burst");
    CHECK_STR(plan_of("{\"cpu\":{\"quota\":10000}}", &now, false, text, sizeof(text)), "cpu.max=10000 100000");
    CHECK_STR(plan_of("{\"cpu\":{\"quota\":9999,\"burst\":9999}}", &now, false, text, sizeof(text)), "cpu.max.burst=0; cpu.max=9999 100000; cpu.max.burst=9999");
}

/* Who is idle has no weight, and the kernel takes none. */
TEST(a_weight_for_who_is_idle)
{
    struct cm_update_facts now = facts();
    char text[4096];

    now.cpu_idle = true;
    CHECK_CONTAINS(plan_of("{\"cpu\":{\"shares\":1024}}", &now, false, text, sizeof(text)), "CM-LIMIT-INVALID /linux/resources/cpu/shares");
    CHECK_STR(plan_of("{\"cpu\":{\"shares\":1024,\"idle\":0}}", &now, false, text, sizeof(text)), "cpu.idle=0; cpu.weight=100");
    CHECK_STR(plan_of("{\"cpu\":{\"shares\":1024,\"idle\":1}}", &now, false, text, sizeof(text)), "cpu.idle=1");
    now.cpu_idle = false;
    CHECK_STR(plan_of("{\"cpu\":{\"shares\":1024,\"idle\":1}}", &now, false, text, sizeof(text)), "cpu.weight=100; cpu.idle=1");
}

/* Nothing is known about what holds: periods get the kernel's default, swap stays off. */
TEST(with_nothing_known)
{
    struct cm_update_facts now = {.cgroup_path = "/tenant/box", .controllers = ~0u, .memory_total = UINT64_C(16) << 30};
    char text[4096];

    CHECK_STR(plan_of("{\"cpu\":{\"quota\":5000}}", &now, false, text, sizeof(text)), "cpu.max=5000 100000");
    CHECK_STR(plan_of("{\"cpu\":{\"period\":5000}}", &now, false, text, sizeof(text)), "cpu.max=max 5000");
    CHECK_STR(plan_of("{\"memory\":{\"limit\":1000000}}", &now, false, text, sizeof(text)), "memory.max=1000000; memory.swap.max=0");
    now.memory_max = now.swap_max = (struct oci_i64){true, -1};
    CHECK_STR(plan_of("{\"memory\":{\"limit\":1000000}}", &now, false, text, sizeof(text)), "memory.max=1000000; memory.swap.max=0");
    CHECK_CONTAINS(plan_of("{\"memory\":{\"swap\":1000000}}", &now, false, text, sizeof(text)), "CM-LIMIT-INVALID /linux/resources/memory/swap");
}
