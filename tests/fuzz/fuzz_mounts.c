/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libFuzzer entry: the text of a mountinfo, the path of a source and a cgroupsPath, apart by NUL, as a host with one bind mount. What is mounted has an owner,
 * is no tree of the host, and is restricted as its class says. Seeds: /proc/self/mountinfo, and the rows of tests/unit/plan/test_mount_classes.c.
 */
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/mount_class.h"
#include "plan/plan.h"
#include "plan/pod.h"
#include "policy/floors_mounts.h"

#define ID "6d0a39691819a9c1784d80a4949dfc1fc109e773cb325da555894f7c013d772b"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct oci_config *config(void)
{
    static const char text[] =
        "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],\"cwd\":\"/\"},"
        "\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\",\"io.kubernetes.cri.sandbox-id\":\"" ID "\"},"
        "\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/x\",\"options\":[\"rbind\",\"rw\"]}],"
        "\"linux\":{\"cgroupsPath\":\"/x\",\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\"}]}}";
    static struct oci_config *made;
    struct cm_error err;

    if (!made && oci_config_parse(text, sizeof(text) - 1, &made, &err) < 0)
        abort();
    return made;
}

static void look(struct cm_facts *facts, const struct cm_mount_table *table, const char *path, unsigned int bits)
{
    struct cm_mount_fact *fact = &facts->mounts[0];
    const struct cm_mount_entry *mount = cm_mount_over(table, path);

    *fact = (struct cm_mount_fact){.target = CM_TARGET_COVERED,
                                   .target_plain = true,
                                   .source_fd = 100,
                                   .source_real = cm_arena_strdup(&facts->arena, path),
                                   .source_mode = bits & 1 ? S_IFREG | 0644 : S_IFDIR | 0755,
                                   .source_fs_magic = EXT4_SUPER_MAGIC,
                                   .source_way_bad = bits & 2 ? "/var" : NULL,
                                   .source_way_owned = bits & 32,
                                   .source_way_uid = 200000,
                                   .source_way_closed = bits & 4,
                                   .source_can_idmap = bits & 8};
    if (!mount || cm_mount_places(table, mount->id, path, &facts->arena, &fact->source_places, &fact->n_source_places, &fact->n_source_places_below) < 0) {
        fact->n_source_places = fact->n_source_places_below = 0;
        return;
    }
    if (fact->n_source_places == 0 || fact->n_source_places > fact->n_source_places_below || fact->n_source_places_below > CM_MOUNT_PLACES_MAX)
        abort();
    fact->source_mount = cm_mount_find(table, mount->id);
    if (!fact->source_mount)
        abort();
}

static void judge(const struct cm_plan *plan, const struct cm_facts *facts, const struct cm_policy *policy)
{
    const struct cm_mount_fact *fact = &facts->mounts[0];
    struct cm_class_match match;
    struct cm_pod pod;

    for (size_t i = 0; i < plan->n_findings; i++)
        if (plan->findings[i].verdict == CM_VERDICT_REFUSED && cm_has_prefix(plan->findings[i].field, "/mounts/0"))
            return;
    cm_pod_of(config(), &pod);
    const struct cm_class_owner owner = {.pod = pod.uid, .container = ID, .sandbox = pod.sandbox};
    cm_class_find(fact->source_real, true, policy->mount_roots, &owner, &match);
    if (!match.row || !match.own || match.size != strlen(fact->source_real) || match.anchor > match.size || fact->source_way_bad || !fact->source_mount)
        abort();
    for (size_t i = 0; i < fact->n_source_places; i++)
        if (cm_floor_mount_source(fact->source_places[i], policy->mount_roots) || cm_path_is_below(fact->source_places[i], "/run/casemate"))
            abort();
    for (size_t i = 0; i < plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &plan->mounts[i];
        const uint64_t always = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
        if (m->kind != CM_MOUNT_BIND)
            continue;
        if ((m->attributes & always) != always || (m->attributes & match.row->forced) != match.row->forced || m->slave)
            abort();
        if (m->idmap && !(m->attributes & MOUNT_ATTR_RDONLY) && !fact->source_way_closed)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *policy = cm_policy_builtin(CM_POLICY_HARDENED);
    struct cm_facts facts = {
        .ids_available = true, .cgroup_available = true, .cgroup_parent = "/", .rootfs_exists = true, .rootfs_is_directory = true, .n_mounts = 1};
    struct cm_mount_table table;
    struct cm_plan *plan;

    if (size < 2)
        return 0;
    char *text = cm_arena_strndup(&arena, (const char *)data + 1, size - 1);
    const char *path = text + strlen(text), *cgroup;
    path += path < text + size - 1;
    cgroup = path + strlen(path);
    cgroup += cgroup < text + size - 1;
    if (path[0] != '/' || cm_mount_table_parse(text, &arena, &table) < 0)
        return 0;
    facts.mounts = cm_arena_array(&facts.arena, 1, sizeof(*facts.mounts));
    facts.mount_table = &table;
    facts.sandbox_is_neighbour = data[0] & 16;
    facts.bundle = "/b";
    facts.rootfs_real = "/b/rootfs";
    look(&facts, &table, path, data[0]);
    config()->mounts[0].source = path;
    config()->linux_->cgroups_path = cgroup;
    if (cm_plan_make(config(), policy, &facts, ID, &arena, &plan) == 0)
        judge(plan, &facts, policy);
    cm_arena_free(&facts.arena);
    return 0;
}
