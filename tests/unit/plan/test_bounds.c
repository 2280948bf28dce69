/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The planner's bounds and places, where a verdict alone does not say enough. */
#include "check.h"
#include "rows.h"

#define MEMORY(list) "\"memory\":{\"limit\":1000000,\"swap\":1000000}", "\"memory\":{" list "}"

static const char *place;
static void put_rootfs(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->rootfs_real = place;
    facts->state_root = "/state/root";
}

TEST(places_that_cannot_be_a_root)
{
    static const struct {
        const char *path;
        bool good;
    } places[] = {
        {"/", false},
        {"/etc", false},
        {"/etc/x", false},
        {"/usr", false},
        {"/usr/share/x", false},
        {"/bin", false},
        {"/sbin/x", false},
        {"/lib", false},
        {"/lib64/x", false},
        {"/boot", false},
        {"/dev", false},
        {"/dev/shm/x", false},
        {"/proc", false},
        {"/sys/fs", false},
        {"/root", false},
        {"/run", false},
        {"/run/casemate", false},
        {"/var", false},
        {"/var/lib", false},
        {"/home", false},
        {"/home/alice", false},
        {"/srv", false},
        {"/opt", false},
        {"/mnt", false},
        {"/media", false},
        {"/tmp", false},
        {"/var/lib/docker", false},
        {"/run/containerd", false},
        {"/b", false},
        {"/state", false},
        {"/state/root", false},
        {NULL, false},
        {"/b/rootfs", true},
        {"/tmp/x", true},
        {"/home" "/alice/rootfs", true},
        {"/var/lib/docker/overlay2/x/merged", true},
        {"/run/containerd/io.containerd.runtime.v2.task/k8s.io/x/rootfs", true},
        {"/etcetera", true},
        {"/usr2", true},
        {"/root/x", true},
        {"/srv/x", true},
        {"/state/root/x/rootfs", true},
        {"/stat", true},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(places); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        place = places[i].path;
        fixture_make(&f, CM_POLICY_HARDENED, NULL, NULL, put_rootfs);
        const struct cm_finding *finding = fixture_find(&f, "CM-ROOTFS");
        if (!f.plan || (finding == NULL) != places[i].good || (finding && (finding->verdict != R || !cm_streq(finding->field, "/root/path"))))
            CHECK_FAIL("%s: %s", place ? place : "(unknown)", finding ? finding->message : "accepted");
    }
}

TEST(equal_masked_paths_are_covered_once)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};

    cm_str_add(&text, "\"/proc/acpi\"");
    for (unsigned int i = 0; i < 4000; i++)
        cm_str_addf(&text, ",\"/x%s%u\"", i & 1 ? "//" : "/", i % 3);
    fixture_make(&f, CM_POLICY_HARDENED, "\"/proc/acpi\"", cm_str_text(&text), NULL);
    CHECK(f.plan != NULL && f.plan->verdict == CM_VERDICT_OK);
    if (!f.plan || f.plan->masked_paths.n != 18) {
        CHECK_FAIL("%zu paths", f.plan ? f.plan->masked_paths.n : 0);
        return;
    }
    CHECK_STR(f.plan->masked_paths.v[0], "/proc/acpi");
    CHECK_STR(f.plan->masked_paths.v[1], "/x/0");
    CHECK_STR(f.plan->masked_paths.v[2], "/x/1");
    CHECK_STR(f.plan->masked_paths.v[3], "/x/2");
    CHECK_STR(f.plan->masked_paths.v[4], "/proc/asound");
}

TEST(too_many_masked_paths)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};

    for (unsigned int i = 0; i < 4097; i++)
        cm_str_addf(&text, "\"/x\",");
    cm_str_add(&text, "\"/proc/acpi\"");
    fixture_make(&f, CM_POLICY_HARDENED, "\"/proc/acpi\"", cm_str_text(&text), NULL);
    const struct cm_finding *finding = fixture_find(&f, "CM-MASK");
    CHECK(finding && finding->verdict == R && cm_streq(finding->field, "/linux/maskedPaths"));
    CHECK(f.plan && f.plan->n_findings == 1);
}

TEST(maps_longer_than_a_page)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};

    cm_str_add(&text, "\"uidMappings\":[");
    for (unsigned int i = 0; i < 340; i++)
        cm_str_addf(&text, "%s{\"containerID\":%u,\"hostID\":%u,\"size\":10}", i > 0 ? "," : "", i * 10, 100000 + i * 10);
    cm_str_add(&text, "],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],");
    fixture_make(&f, CM_POLICY_HARDENED, MAPS, cm_str_text(&text), NULL);
    const struct cm_finding *finding = fixture_find(&f, "CM-ID-LINES");
    CHECK(finding && finding->verdict == R && cm_streq(finding->field, "/linux/uidMappings"));
}

static const char *last_limit(const struct cm_plan *plan, const char *file)
{
    const char *value = "none";

    for (size_t i = 0; i < plan->n_limits; i++)
        value = cm_streq(plan->limits[i].file, file) ? plan->limits[i].value : value;
    return value;
}

TEST(memory_values_after_the_bounds)
{
    static const struct {
        const char *find, *with, *file, *value;
    } cases[] = {
        {MEMORY("\"limit\":1000000,\"swap\":9000000"), "memory.swap.max", "1000000"},
        {MEMORY("\"limit\":1000000,\"reservation\":-1"), "memory.low", "1000000"},
        {UNIFIED("\"memory.low\":\"max\""), "memory.low", "1000000"},
        {UNIFIED("\"memory.low\":\"max\",\"memory.max\":\"500000\""), "memory.low", "500000"},
        {UNIFIED("\"memory.low\":\"max\",\"memory.max\":\"max\""), "memory.low", "1000000"},
        {UNIFIED("\"memory.high\":\"2000000\""), "memory.high", "none"},
        {UNIFIED("\"memory.high\":\"900000\""), "memory.high", "900000"},
        {UNIFIED("\"memory.swap.max\":\"max\""), "memory.swap.max", "0"},
        {UNIFIED("\"memory.swap.max\":\"1G\""), "memory.swap.max", "1000000"},
        {UNIFIED("\"memory.zswap.max\":\"max\""), "memory.zswap.max", "1000000"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(cases); i++) {
        AUTO_FIXTURE struct fixture f = {0};
        fixture_make(&f, CM_POLICY_HARDENED, cases[i].find, cases[i].with, NULL);
        CHECK(f.plan != NULL);
        if (f.plan)
            CHECK_STR(last_limit(f.plan, cases[i].file), cases[i].value);
    }
}

TEST(nothing_propagates_into_a_container)
{
    AUTO_FIXTURE struct fixture f = {0};
    static const struct cm_mount_rule rule = {"/srv", true, true};

    fixture_make(&f, CM_POLICY_HARDENED, BIND("/srv/x", "\"rbind\",\"rslave\""), NULL);
    CHECK(f.plan != NULL);
    if (!f.plan)
        return;
    f.policy.n_mount_rules = 1;
    f.policy.mount_rules = &rule;
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK_INT(f.plan->verdict, CM_VERDICT_TIGHTENED);
    for (size_t i = 0; i < f.plan->n_mounts; i++)
        CHECK(!f.plan->mounts[i].slave);
}
