/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parent steps: what a container needs of the host, acquired before any process of it exists. Everything was decided by the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "cred/cred.h"
#include "idmap/slots.h"
#include "ns/identity.h"
#include "ns/usermaps.h"
#include "oci/idmap.h"
#include "policy/labels.h"
#include "run/launch.h"
#include "run/look.h"

/* A key names the holder of a slot: the state directory. It is dead when that is gone, or is our own, whose lock we hold and which is new, and no process has
 * the ids: one may have outlived its directory. */
struct key_check {
    const char *own_key;
    struct cm_ids_look ids;
};

static void key_check_done(struct key_check *check)
{
    cm_ids_look_done(&check->ids);
}

static bool key_is_dead(const char *key, uint32_t host_id, uint32_t ids, void *user)
{
    struct key_check *check = user;
    struct stat st;

    if (!cm_streq(key, check->own_key) && (stat(key, &st) == 0 || errno != ENOENT))
        return false;
    return cm_ids_look(&check->ids, host_id, ids) == 0;
}

/* The same range as user and as group ids, as nearly always: noted once. */
static bool is_noted(const struct cm_plan *plan, size_t map, const struct oci_id_mapping *range)
{
    for (size_t i = 0; map > 0 && i < plan->uid_map.n; i++)
        if (plan->uid_map.v[i].host_id == range->host_id && plan->uid_map.v[i].size == range->size)
            return true;
    return false;
}

/* What the ledger knows of our key is of a predecessor whose directory is gone. It must not run any more: this container's ids may be the same. */
static int clear_leftovers(struct cm_ledger *ledger, const char *key, struct key_check *check, struct cm_error *err)
{
    struct cm_slot slot;
    int r = cm_slot_release_external(ledger, key, key_is_dead, check, err);

    if (r < 0 && r != -ESTALE)
        return r;
    cm_ids_look_done(&check->ids); /* the ledger was unlocked: looked at anew */
    r = cm_slot_find(ledger, key, &slot, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!key_is_dead(key, slot.host_id, slot.ids, check))
        return cm_fail(err, EBUSY, NULL, "the ids %u+%u of \"%s\" are still in use", slot.host_id, slot.ids, key);
    return cm_slot_release(ledger, &slot, key, err);
}

/* Under which name the ledger knows a container of the same state root. */
static int key_of(struct cm_launch *launch, const char *id, char key[CM_SLOT_KEY_MAX], struct cm_error *err)
{
    return launch->facts.state_root ? cm_look_key_below(launch->facts.state_root, id, key, err) : cm_look_key(launch->runtime, id, key, err);
}

static int hold_slot(struct cm_launch *launch, struct cm_ledger *ledger, const char *key, struct cm_error *err)
{
    CM_CLEANUP(key_check_done) struct key_check check = {.own_key = key, .ids = {.runtime = launch->runtime}};
    struct cm_plan *plan = launch->plan;
    struct cm_record *record = &launch->record;
    char pod[CM_SLOT_KEY_MAX];

    if (!plan->allocate_ids) {
        /* The same number as user and as group id counts as the same id: simple, and never too lax. */
        const struct oci_id_mappings *const maps[] = {&plan->uid_map, &plan->gid_map};
        int r = clear_leftovers(ledger, key, &check, err);
        if (r == 0 && plan->peer)
            r = key_of(launch, plan->peer, pod, err);
        if (r < 0)
            return r;
        const char *peer = plan->peer ? pod : NULL;
        record->external_ids = true;
        for (size_t m = 0; m < CM_ARRAY_LEN(maps); m++)
            for (size_t i = 0; i < maps[m]->n; i++) {
                cm_ids_look_done(&check.ids);
                r = is_noted(plan, m, &maps[m]->v[i])
                        ? 0
                        : cm_slot_share_external(ledger, key, peer, maps[m]->v[i].host_id, maps[m]->v[i].size, key_is_dead, &check, err);
                if (r < 0)
                    return r;
            }
        return 0;
    }
    struct cm_slot slot;
    const struct cm_policy *policy = plan->policy;
    int r = cm_slot_hold(ledger, key, (unsigned int)policy->id_reuse_delay, policy->id_exhaustion == CM_EXHAUSTION_REUSE, key_is_dead, &check, &slot, err);
    if (r < 0)
        return r;
    record->slot_held = true;
    record->slot_index = slot.index;
    record->slot_host_id = slot.host_id;
    record->slot_ids = slot.ids;
    record->slot_generation = slot.generation;
    struct oci_id_mapping *map = cm_arena_alloc(&launch->arena, sizeof(*map));
    if (!map)
        return cm_fail_errno(err, ENOMEM, NULL, "mapping ids");
    *map = (struct oci_id_mapping){.container_id = 0, .host_id = slot.host_id, .size = slot.ids};
    plan->uid_map = plan->gid_map = (struct oci_id_mappings){.set = true, .n = 1, .v = map};
    return 0;
}

/* As many of the pairs as there can be slots are for these; the rest is for ids that somebody else gave. */
#define PAIRS_OF_SLOTS 65536u
#define PAIR_STEP 1024u

static bool is_of_pool(const struct cm_facts *facts, const struct cm_plan *plan)
{
    return plan->peer && plan->uid_map.n > 0 && plan->uid_map.v[0].host_id >= facts->id_pool_base &&
           (plan->uid_map.v[0].host_id - facts->id_pool_base) / CM_SLOT_IDS < facts->id_pool_slots;
}

/*
 * Categories of SELinux that no other living container has from us: what is unique about it already decides. That is its slot, the first of its ids (engines
 * give ranges of 1024 at least), or, without privilege, the number of its state directory. The containers of a pod share their ids, and so these.
 */
static int give_categories(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_record *record = &launch->record;
    struct cm_plan *plan = launch->plan;
    uint64_t number = plan->uid_map.n > 0 ? plan->uid_map.v[0].host_id / PAIR_STEP : 0;
    struct stat st;

    if (!plan->selinux_needs_pair)
        return 0;
    if (plan->rootless && fstat(launch->entry.fd, &st) < 0)
        return cm_fail_errno(err, errno, NULL, "looking at the state directory");
    if (plan->rootless)
        number = st.st_ino;
    if (record->slot_held || is_of_pool(&launch->facts, plan)) /* held by ourselves, or by the pod that this one is of */
        number = (plan->uid_map.v[0].host_id - launch->facts.id_pool_base) / CM_SLOT_IDS;
    else
        number = PAIRS_OF_SLOTS + number % (CM_SELINUX_PAIRS - PAIRS_OF_SLOTS);
    return cm_plan_give_categories(plan, (unsigned int)number) < 0 ? cm_fail_errno(err, ENOMEM, NULL, "completing the SELinux label") : 0;
}

int cm_launch_ids(struct cm_launch *launch, struct cm_error *err)
{
    if (launch->plan->rootless)
        return give_categories(launch, err); /* the outer map is the container's; there is no ledger */
    char key[CM_SLOT_KEY_MAX];
    int r = key_of(launch, launch->options->id, key, err);
    if (r < 0)
        return r;

    const struct cm_id_pool pool = {launch->facts.id_pool_base, launch->facts.id_pool_slots, launch->facts.id_pool_configured};
    CM_AUTO_LEDGER struct cm_ledger ledger = CM_LEDGER_NONE;
    r = cm_runtime_open_ledger(launch->runtime, launch->plan->allocate_ids ? &pool : NULL, &ledger, err);
    if (r == 0)
        r = hold_slot(launch, &ledger, key, err);
    return r < 0 ? r : give_categories(launch, err);
}

/* The engine's user namespace, which must still have the maps that were judged. */
static int join_userns(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;
    int proc = launch->runtime->proc, pid = launch->runtime->pid;
    struct cm_usermaps maps;

    launch->userns.user = cm_ns_open_checked(proc, pid, plan->join_user, &plan->join_user_id, &launch->facts.own_ns[OCI_NS_USER]);
    if (launch->userns.user < 0)
        return cm_fail_errno(err, -launch->userns.user, "/linux/namespaces", "opening the user namespace %s", plan->join_user);
    int r = cm_usermaps_enter(proc, pid, launch->userns.user, &launch->arena, &maps, plan->new_network ? &launch->userns.net : NULL, err);
    if (r < 0)
        return r;
    if (!oci_id_mappings_equal(&maps.uids, &plan->uid_map) || !oci_id_mappings_equal(&maps.gids, &plan->gid_map))
        return cm_fail(err, ESTALE, "/linux/namespaces", "the user namespace %s is another one by now", plan->join_user);
    return 0;
}

/* Those of the pod that the container's process is born in or joins, which must still be the ones that were judged. */
static int open_joined(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;

    for (size_t type = 0; type < OCI_NS_TYPES; type++) {
        if (!plan->join[type].path)
            continue;
        launch->joined[type] =
            cm_ns_open_checked(launch->runtime->proc, launch->runtime->pid, plan->join[type].path, &plan->join[type].id, &plan->join[type].owner);
        if (launch->joined[type] < 0)
            return cm_fail_errno(err, -launch->joined[type], "/linux/namespaces", "opening the %s namespace %s", oci_namespace_word((enum oci_namespace_type)type),
                                 plan->join[type].path);
    }
    return 0;
}

int cm_launch_userns(struct cm_launch *launch, struct cm_error *err)
{
    struct cm_plan *plan = launch->plan;
    int r = plan->join_user
                ? join_userns(launch, err)
                : cm_userns_make(launch->runtime->proc, launch->runtime->pid, &plan->uid_map, &plan->gid_map, plan->new_network, &launch->userns, err);

    if (r < 0)
        return r;
    r = open_joined(launch, err);
    if (r < 0)
        return r;
    if (!plan->new_network) {
        launch->userns.net = cm_ns_open_checked(launch->runtime->proc, launch->runtime->pid, plan->join_network, &plan->join_network_id,
                                                &plan->join_network_owner);
        if (launch->userns.net < 0)
            return cm_fail_errno(err, -launch->userns.net, "/linux/namespaces", "opening the network namespace %s", plan->join_network);
    }
    if (!oci_id_outside(&plan->uid_map, 0, &launch->tree.root_uid) || !oci_id_outside(&plan->gid_map, 0, &launch->tree.root_gid))
        return cm_fail(err, EINVAL, "/linux/uidMappings", "id 0 of the container is not mapped");
    return 0;
}

/* User namespaces for bind mounts with maps of their own, which nothing ever enters. Neighbours mostly share one. */
static int make_mount_namespaces(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan_mount *last = NULL;

    for (size_t i = 0; i < launch->plan->n_mounts; i++) {
        struct cm_plan_mount *m = &launch->plan->mounts[i];
        if (!m->uid_map)
            continue;
        if (last && oci_id_mappings_equal(last->uid_map, m->uid_map) && oci_id_mappings_equal(last->gid_map, m->gid_map)) {
            m->userns_fd = fcntl(last->userns_fd, F_DUPFD_CLOEXEC, 3);
            if (m->userns_fd < 0)
                return cm_fail_errno(err, errno, "/mounts", "idmapping the mount on %s", m->target);
            continue;
        }
        struct cm_userns made = CM_USERNS_NONE;
        int r = cm_userns_make(launch->runtime->proc, launch->runtime->pid, m->uid_map, m->gid_map, false, &made, err);
        if (r < 0)
            return r;
        m->userns_fd = made.user;
        last = m;
    }
    return 0;
}

int cm_launch_rootfs(struct cm_launch *launch, struct cm_error *err)
{
    launch->tree.plan = launch->plan;
    launch->tree.userns = launch->userns.user;
    int r;
    if (launch->plan->root_layers)
        r = cm_layers_open(launch->plan, launch->facts.rootfs_layer_fds, launch->facts.n_rootfs_layers, launch->userns.user, &launch->tree, err);
    else
        r = launch->tree.lower = cm_rootfs_open(launch->plan, launch->facts.rootfs_fd, launch->userns.user, err);
    if (r < 0)
        return r;
    r = make_mount_namespaces(launch, err);
    return r < 0 ? r : cm_tree_clone_sources(&launch->tree, err);
}

int cm_launch_dev(struct cm_launch *launch, struct cm_error *err)
{
    int r = cm_cred_keep_caps(err); /* the container's process inherits it, and needs it there too */

    return r < 0 ? r : cm_tree_make_dev(&launch->tree, err);
}

int cm_launch_cgroup(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;
    unsigned int controllers = 0;

    if (!plan->cgroup_path)
        return 0;
    int root = cm_runtime_cgroup_root(launch->runtime, err);
    if (root < 0)
        return root;
    for (size_t i = 0; i < plan->n_limits; i++)
        controllers |= plan->limits[i].controller;
    if (plan->unit.name)
        return cm_launch_unit_cgroup(launch, controllers, err);
    int r = cm_cgroup_create(root, plan->cgroup_path, controllers, &launch->cgroup, err);
    if (r < 0)
        launch->record.cgroup_path = NULL; /* whose it is: not ours to clear */
    launch->record.cgroup_ino = r == 0 ? launch->cgroup.ino : 0;
    launch->record.cgroup_parents = r == 0 ? launch->cgroup.n_created_above : 0;
    if (r == 0)
        r = cm_cgroup_set_limits(&launch->cgroup, plan->limits, plan->n_limits, err);
    return r;
}

int cm_launch_devices(struct cm_launch *launch, struct cm_error *err)
{
    const struct cm_plan *plan = launch->plan;

    return plan->device_program ? cm_cgroup_set_devices(&launch->cgroup, plan->device_rules, plan->n_device_rules, &launch->record.device_program, err) : 0;
}

int cm_launch_barrier(struct cm_launch *launch, struct cm_error *err)
{
    if (launch->no_barrier)
        return 0;
    if (mkfifoat(launch->entry.fd, CM_START_FIFO, 0600) < 0)
        return cm_fail_errno(err, errno, NULL, "making the start barrier");
    launch->fifo = openat(launch->entry.fd, CM_START_FIFO, O_RDWR | O_CLOEXEC | O_NOFOLLOW); /* does not block: we are the writer it waits for */
    return launch->fifo < 0 ? cm_fail_errno(err, errno, NULL, "opening the start barrier") : 0;
}
