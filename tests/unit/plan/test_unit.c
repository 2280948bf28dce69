/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scopes of systemd: names and places, properties by annotation, limits as properties. */
#include <string.h>

#include "check.h"
#include "good.h"
#include "plan/unit.h"
#include "plan/update.h"

static void driver(struct cm_facts *facts, struct cm_policy *policy CM_UNUSED)
{
    facts->systemd_driver = true;
    facts->systemd_base = "";
}

static void driver_of_user(struct cm_facts *facts, struct cm_policy *policy CM_UNUSED)
{
    facts->systemd_driver = true;
    facts->rootless = true;
    facts->systemd_base = "/user.slice/user-1000.slice/user@1000.service";
}

static void no_manager(struct cm_facts *facts, struct cm_policy *policy)
{
    driver(facts, policy);
    facts->cgroup_available = false;
}

static void place(struct fixture *f, const char *path, facts_change change)
{
    char text[2048];

    (void)snprintf(text, sizeof(text), "\"%s\"", path);
    fixture_make(f, CM_POLICY_HARDENED, "\"tenant/box\"", text, change);
}

TEST(names_and_places)
{
    static const struct {
        const char *path, *unit, *cgroup; /* unit NULL: refused */
        facts_change change;
    } rows[] = {
        {"system.slice:docker:abc", "docker-abc.scope", "/system.slice/docker-abc.scope", driver},
        {":docker:abc", "docker-abc.scope", "/system.slice/docker-abc.scope", driver},
        {":docker:abc", "docker-abc.scope", "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-abc.scope", driver_of_user},
        {"", "casemate-box.scope", "/system.slice/casemate-box.scope", driver},
        {"a.slice::n", "-n.scope", "/a.slice/-n.scope", driver},
        {"a-b-c.slice:p:n", "p-n.scope", "/a.slice/a-b.slice/a-b-c.slice/p-n.scope", driver},
        {"kubepods-burstable-pod0_1.slice:cri-containerd:x", "cri-containerd-x.scope",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0_1.slice/cri-containerd-x.scope", driver},
        {"cpu.slice:p:n", "p-n.scope", "/_cpu.slice/p-n.scope", driver},
        {"_a.slice:_p:n", "_p-n.scope", "/__a.slice/__p-n.scope", driver},
        {"a\\\\x2db.slice:p:n", "p-n.scope", "/a\\x2db.slice/p-n.scope", driver},
        {"a.slice:p:n.scope", "p-n.scope.scope", "/a.slice/p-n.scope.scope", driver},
        {"/a/b", NULL, NULL, driver},
        {"a/b", NULL, NULL, driver},
        {"a.slice:n", NULL, NULL, driver},
        {"a.slice:p:n:m", NULL, NULL, driver},
        {"::", NULL, NULL, driver},
        {"a.service:p:n", NULL, NULL, driver},
        {"a:p:n", NULL, NULL, driver},
        {".slice:p:n", NULL, NULL, driver},
        {"-.slice:p:n", NULL, NULL, driver},
        {"-a.slice:p:n", NULL, NULL, driver},
        {"a-.slice:p:n", NULL, NULL, driver},
        {"a--b.slice:p:n", NULL, NULL, driver},
        {"../a.slice:p:n", NULL, NULL, driver},
        {"a/b.slice:p:n", NULL, NULL, driver},
        {"a@b.slice:p:n", NULL, NULL, driver},
        {"a.slice:p:", NULL, NULL, driver},
        {"a.slice:p:n.slice", NULL, NULL, driver},
        {"a.slice:p/q:n", NULL, NULL, driver},
        {"a.slice:p:../n", NULL, NULL, driver},
        {"a.slice:p:n@m", NULL, NULL, driver},
        {"a.slice:p:n m", NULL, NULL, driver},
        {"a.slice:p:n;rm", NULL, NULL, driver},
        {"a.slice:p:n\\nDelegate=no", NULL, NULL, driver},
        {"a.slice:p:\xc3\xa4", NULL, NULL, driver},
        {"a.slice:session:1", NULL, NULL, driver},
        {"system.slice:p:n", NULL, NULL, no_manager},
        {"system.slice:p:n", NULL, NULL, NULL}, /* without the driver */
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        place(&f, rows[i].path, rows[i].change);
        CHECK(f.plan);
        if (!f.plan)
            continue;
        if (rows[i].unit) {
            CHECK_STR(f.plan->unit.name, rows[i].unit);
            CHECK_STR(f.plan->cgroup_path, rows[i].cgroup);
        } else if (f.plan->verdict != CM_VERDICT_REFUSED || !(fixture_find(&f, "CM-CGROUP-PATH") || fixture_find(&f, "CM-CGROUP-NONE"))) {
            CHECK_FAIL("\"%s\" is not refused", rows[i].path);
        }
    }
}

TEST(names_that_are_too_long)
{
    char path[600];

    for (int n = 240; n < 260; n++) {
        AUTO_FIXTURE struct fixture f = {0};
        (void)snprintf(path, sizeof(path), "a.slice:p:%0*d", n, 0);
        place(&f, path, driver);
        CHECK_INT(f.plan->verdict == CM_VERDICT_REFUSED, strlen("p-.scope") + (size_t)n >= 255);
    }
    AUTO_FIXTURE struct fixture f = {0};
    (void)snprintf(path, sizeof(path), "%0300d.slice:p:n", 0);
    place(&f, path, driver);
    CHECK_INT(f.plan->verdict, CM_VERDICT_REFUSED);
}

TEST(values_of_annotations)
{
    static const struct {
        const char *text;
        int kind; /* -1: none */
        uint64_t number;
        const char *string;
    } rows[] = {
        {"15", CM_VARIANT_INTEGER, 15, NULL},
        {"-1", CM_VARIANT_INTEGER, 1, NULL},
        {"uint64 10000000", CM_VARIANT_INTEGER, 10000000, NULL},
        {"uint64   10000000", CM_VARIANT_INTEGER, 10000000, NULL},
        {"@t 18446744073709551615", CM_VARIANT_INTEGER, UINT64_MAX, NULL},
        {"int32 0x1f", CM_VARIANT_INTEGER, 31, NULL},
        {"byte 255", CM_VARIANT_INTEGER, 255, NULL},
        {"int16 -32768", CM_VARIANT_INTEGER, 32768, NULL},
        {"true", CM_VARIANT_BOOL, 0, NULL},
        {"boolean false", CM_VARIANT_BOOL, 0, NULL},
        {"'mixed'", CM_VARIANT_STRING, 0, "mixed"},
        {"\"mixed\"", CM_VARIANT_STRING, 0, "mixed"},
        {"@s 'a b'", CM_VARIANT_STRING, 0, "a b"},
        {"'it\\'s'", CM_VARIANT_STRING, 0, "it's"},
        {"2.5", CM_VARIANT_DECIMAL, 2, NULL},
        {"double 3", CM_VARIANT_DECIMAL, 3, NULL},
        {"", -1, 0, NULL},
        {" 15", -1, 0, NULL},
        {"15 ", -1, 0, NULL},
        {"2147483648", -1, 0, NULL},
        {"byte 256", -1, 0, NULL},
        {"uint64 -1", -1, 0, NULL},
        {"uint64 18446744073709551616", -1, 0, NULL},
        {"uint64 0x10000000000000000", -1, 0, NULL},
        {"int16 -32769", -1, 0, NULL},
        {"uint64 'x'", -1, 0, NULL},
        {"string 15", -1, 0, NULL},
        {"'open", -1, 0, NULL},
        {"'a'b'", -1, 0, NULL},
        {"'a\\n'", -1, 0, NULL},
        {"'a\nb'", -1, 0, NULL},
        {"mixed", -1, 0, NULL},
        {"[1, 2]", -1, 0, NULL},
        {"(1,)", -1, 0, NULL},
        {"1e3", -1, 0, NULL},
        {"1.", -1, 0, NULL},
        {"1.2.3", -1, 0, NULL},
        {"0x", -1, 0, NULL},
        {"'", -1, 0, NULL},
        {"'0123456789012345678901234567890123456789012345678901234567890123'", -1, 0, NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        struct cm_variant v;
        int r = cm_variant_parse(rows[i].text, &v);
        bool same = (int)v.kind == rows[i].kind && v.number == rows[i].number && (!rows[i].string || strcmp(v.string, rows[i].string) == 0);
        if (r != (rows[i].kind < 0 ? -1 : 0) || (r == 0 && !same))
            CHECK_FAIL("\"%s\": %d, kind %d, number %llu, \"%s\"", rows[i].text, r, (int)v.kind, (unsigned long long)v.number, v.string);
    }
}

static const struct cm_unit_property *find(const struct cm_plan_unit *unit, const char *name)
{
    const struct cm_unit_property *found = NULL;

    for (size_t i = 0; i < unit->n; i++)
        if (strcmp(unit->properties[i].name, name) == 0)
            found = &unit->properties[i]; /* of several the last one holds */
    return found;
}

TEST(properties_by_annotation)
{
    static const struct {
        const char *key, *value, *name, *got; /* got NULL: there is none */
        enum cm_verdict verdict;
    } rows[] = {
        {"KillSignal", "15", "KillSignal", "15", CM_VERDICT_OK},
        {"KillSignal", "0", "KillSignal", NULL, CM_VERDICT_REFUSED},
        {"KillSignal", "65", "KillSignal", NULL, CM_VERDICT_REFUSED},
        {"KillSignal", "'SIGTERM'", "KillSignal", NULL, CM_VERDICT_REFUSED},
        {"TimeoutStopUSec", "uint64 10000000", "TimeoutStopUSec", "10000000", CM_VERDICT_OK},
        {"TimeoutStopUSec", "uint64 18446744073709551615", "TimeoutStopUSec", "600000000", CM_VERDICT_TIGHTENED},
        {"TimeoutStopSec", "2.5", "TimeoutStopUSec", "2500000", CM_VERDICT_OK},
        {"TimeoutStopSec", "uint64 18446744073709551615", "TimeoutStopUSec", "600000000", CM_VERDICT_TIGHTENED},
        {"TimeoutStopSec", "-1", "TimeoutStopUSec", NULL, CM_VERDICT_REFUSED},
        {"KillMode", "'mixed'", "KillMode", "mixed", CM_VERDICT_OK},
        {"KillMode", "'control-group'", "KillMode", NULL, CM_VERDICT_OK},
        {"KillMode", "'none'", "KillMode", NULL, CM_VERDICT_REFUSED},
        {"KillMode", "'process'", "KillMode", NULL, CM_VERDICT_REFUSED},
        {"SendSIGHUP", "true", "SendSIGHUP", "1", CM_VERDICT_OK},
        {"SendSIGHUP", "1", "SendSIGHUP", NULL, CM_VERDICT_REFUSED},
        {"CollectMode", "'inactive-or-failed'", "CollectMode", NULL, CM_VERDICT_OK},
        {"CollectMode", "'inactive'", "CollectMode", NULL, CM_VERDICT_TIGHTENED},
        {"SendSIGKILL", "false", "SendSIGKILL", NULL, CM_VERDICT_REFUSED},
        {"FinalKillSignal", "1", "FinalKillSignal", NULL, CM_VERDICT_REFUSED},
        {"Slice", "'a.slice'", "Slice", "system.slice", CM_VERDICT_REFUSED},
        {"MemoryMax", "uint64 1", "MemoryMax", "", CM_VERDICT_REFUSED},
        {"USec", "1", "USec", NULL, CM_VERDICT_REFUSED},
        {"Sec", "1", "USec", NULL, CM_VERDICT_REFUSED},
        {"", "1", "USec", NULL, CM_VERDICT_REFUSED},
        {"killsignal", "15", "KillSignal", NULL, CM_VERDICT_REFUSED},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        char text[256];
        (void)snprintf(text, sizeof(text), "\"annotations\":{\"org.systemd.property.%s\":\"%s\"}", rows[i].key, rows[i].value);
        fixture_make(&f, CM_POLICY_HARDENED, "\"annotations\":{}", text, driver);
        if (!f.plan)
            continue;
        bool refused = false, tightened = false;
        for (size_t k = 0; k < f.plan->n_findings; k++)
            if (strcmp(f.plan->findings[k].code, "CM-ANNOTATION-UNSAFE") == 0) {
                refused |= f.plan->findings[k].verdict == CM_VERDICT_REFUSED;
                tightened |= f.plan->findings[k].verdict == CM_VERDICT_TIGHTENED;
            }
        if (refused != (rows[i].verdict == CM_VERDICT_REFUSED) || tightened != (rows[i].verdict == CM_VERDICT_TIGHTENED))
            CHECK_FAIL("%s %s: refused %d, tightened %d", rows[i].key, rows[i].value, refused, tightened);
        const struct cm_unit_property *got = find(&f.plan->unit, rows[i].name);
        if (rows[i].verdict != CM_VERDICT_REFUSED && (!!got != !!rows[i].got || (got && strcmp(got->value, rows[i].got) != 0)))
            CHECK_FAIL("%s %s: the property is %s", rows[i].key, rows[i].value, got ? got->value : "not there");
    }
}

TEST(limits_are_properties)
{
    static const struct {
        const char *file, *value, *name, *got, *rounded; /* got NULL: there is none */
    } rows[] = {
        {"memory.max", "67108864", "MemoryMax", "67108864", NULL},
        {"memory.swap.max", "0", "MemorySwapMax", "0", NULL},
        {"memory.max", "max", "MemoryMax", "max", NULL},
        {"pids.max", "33", "TasksMax", "33", NULL},
        {"cpu.weight", "59", "CPUWeight", "59", NULL},
        {"cpu.idle", "1", "CPUWeight", "0", NULL},
        {"cpu.idle", "0", "CPUWeight", NULL, NULL},
        {"cpu.max", "12345 100000", "CPUQuotaPerSecUSec", "130000", "13000 100000"},
        {"cpu.max", "50000 100000", "CPUQuotaPerSecUSec", "500000", "50000 100000"},
        {"cpu.max", "250000 100000", "CPUQuotaPerSecUSec", "2500000", "250000 100000"},
        {"cpu.max", "1000 1000000", "CPUQuotaPerSecUSec", "10000", "10000 1000000"},
        {"cpu.max", "max 50000", "CPUQuotaPerSecUSec", "max", "max 50000"},
        {"cpu.max", "max 50000", "CPUQuotaPeriodUSec", "50000", NULL},
        {"cpu.max", "max", "CPUQuotaPeriodUSec", "100000", NULL},
        {"cpuset.cpus", "0", "AllowedCPUs", "01", NULL},
        {"cpuset.cpus", "0-3,7,9", "AllowedCPUs", "8f02", NULL},
        {"cpuset.cpus", "64", "AllowedCPUs", "000000000000000001", NULL},
        {"cpuset.cpus", "", "AllowedCPUs", "", NULL},
        {"cpuset.cpus", "9999", "AllowedCPUs", NULL, NULL},
        {"cpuset.mems", "1", "AllowedMemoryNodes", "02", NULL},
        {"io.weight", "default 200", "IOWeight", "200", NULL},
        {"io.weight", "8:0 300", "IODeviceWeight", "/dev/block/8:0 300", NULL},
        {"io.max", "8:16 rbps=1 wiops=20", "IOReadBandwidthMax", "/dev/block/8:16 1", NULL},
        {"io.max", "8:16 rbps=1 wiops=20", "IOWriteIOPSMax", "/dev/block/8:16 20", NULL},
        {"io.max", "8:16 rbps=1 wiops=20", "IOWriteBandwidthMax", NULL, NULL},
        {"io.max", "8:16 rbps=max", "IOReadBandwidthMax", "/dev/block/8:16 max", NULL},
        {"io.max", "../etc rbps=1", "IOReadBandwidthMax", NULL, NULL},
        {"memory.oom.group", "1", "OOMPolicy", "kill", NULL},
        {"memory.oom.group", "0", "OOMPolicy", "continue", NULL},
        {"hugetlb.2MB.max", "0", "HugetlbMax", NULL, NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_plan_limit limit = {.file = rows[i].file, .value = rows[i].value};
        struct cm_plan_unit unit = {0};
        CHECK_INT(cm_plan_unit_limits(&limit, 1, &arena, &unit), 0);
        const struct cm_unit_property *got = find(&unit, rows[i].name);
        if (!!got != !!rows[i].got || (got && strcmp(got->value, rows[i].got) != 0))
            CHECK_FAIL("%s \"%s\": %s is %s", rows[i].file, rows[i].value, rows[i].name, got ? got->value : "not there");
        if (rows[i].rounded)
            CHECK_STR(limit.value, rows[i].rounded);
    }
}

TEST(idle_has_no_weight)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_plan_limit limits[] = {{.file = "cpu.idle", .value = "1"}, {.file = "cpu.weight", .value = "50"}};
    struct cm_plan_unit unit = {0};

    CHECK_INT(cm_plan_unit_limits(limits, 2, &arena, &unit), 0);
    CHECK_INT(unit.n, 1);
    CHECK_STR(unit.properties[0].value, "0");
}

