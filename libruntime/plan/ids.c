/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container's id maps. Given ones are judged extent by extent: the kernel would take a map that reaches host root, we never do (I1).
 * Limits of the kernel: 340 lines, non-overlapping, ids below 2^32-1 (user_namespaces(7)).
 */
#include "oci/idmap.h"
#include "plan/planner.h"

#include <stdio.h>

#define LINES_MAX ((size_t)340)
#define TEXT_MAX ((size_t)4096) /* the kernel takes a map in one write of less than a page */
#define IDS_MAX (UINT64_C(16) * 65536)
#define HOST_ID_MIN 65536u
#define ALLOCATED_SIZE 65536u
#define UIDS "/linux/uidMappings"
#define GIDS "/linux/gidMappings"

bool cm_ids_map_contains(const struct oci_id_mappings *map, uint32_t id)
{
    for (size_t i = 0; i < map->n; i++)
        if (id >= map->v[i].container_id && id - map->v[i].container_id < map->v[i].size)
            return true;
    return false;
}

static void check_extent(struct cm_planner *p, const struct oci_id_mapping *m, const char *field)
{
    uint32_t end;

    /* 2^32-1 is "no id"; an extent that ends there would make it one */
    if (m->size == 0 || __builtin_add_overflow(m->container_id, m->size, &end) || __builtin_add_overflow(m->host_id, m->size, &end))
        cm_refuse(p, CM_CODE_ID_RANGE, field, "%u ids from %u on to host ids from %u on is not a range of ids", m->size, m->container_id, m->host_id);
    if (!p->facts->rootless && m->host_id < HOST_ID_MIN)
        cm_refuse(p, CM_CODE_ID_HOST, field, "host id %u is below %u: container ids must not be ids of the host", m->host_id, HOST_ID_MIN);
}

/* Ids that we allocate are other containers', now or later. */
static void check_pool(struct cm_planner *p, const struct oci_id_mapping *m, const char *field)
{
    const struct cm_facts *facts = p->facts;
    uint64_t start = facts->id_pool_base, end = start + (uint64_t)facts->id_pool_slots * ALLOCATED_SIZE;

    if (!facts->rootless && m->host_id < end && (uint64_t)m->host_id + m->size > start)
        cm_refuse(p, CM_CODE_ID_POOL, field, "the host ids from %u on reach into %u to %u, from which every container gets its own; map to others", m->host_id,
                  facts->id_pool_base, (unsigned int)(end - 1));
}

/* More ids than a container has a use for are those of all others. Rootless they are the caller's own, whose number the host has bounded. */
static void check_size(struct cm_planner *p, const struct oci_id_mappings *map, const char *field)
{
    uint64_t ids = 0;
    size_t text = 0;

    for (size_t i = 0; i < map->n; i++) {
        const struct oci_id_mapping *m = &map->v[i];
        int n = snprintf(NULL, 0, "%u %u %u\n", m->container_id, m->host_id, m->size);
        text += n > 0 ? (size_t)n : TEXT_MAX;
        ids += m->size;
    }
    if (text >= TEXT_MAX)
        cm_refuse(p, CM_CODE_ID_LINES, field, "%zu mappings are %zu bytes of text, more than the %zu the kernel takes; merge some", map->n, text, TEXT_MAX - 1);
    if (!p->facts->rootless && ids > IDS_MAX)
        cm_refuse(p, CM_CODE_ID_SIZE, field, "%llu ids are mapped, more than %llu; map fewer", (unsigned long long)ids, (unsigned long long)IDS_MAX);
}

static bool check_map(struct cm_planner *p, const struct oci_id_mappings *map, const char *field)
{
    size_t before = p->plan->n_findings;

    if (map->n > LINES_MAX) {
        cm_refuse(p, CM_CODE_ID_LINES, field, "%zu mappings are more than the %zu the kernel takes", map->n, LINES_MAX);
        return false;
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct oci_id_mapping *a = &map->v[i];
        check_extent(p, a, cm_text(p, "%s/%zu", field, i));
        check_pool(p, a, cm_text(p, "%s/%zu", field, i));
        for (size_t j = 0; j < i; j++) {
            const struct oci_id_mapping *b = &map->v[j];
            if (oci_id_mapping_overlaps(a, b)) {
                cm_refuse(p, CM_CODE_ID_OVERLAP, cm_text(p, "%s/%zu", field, i), "the mapping overlaps the one at %s/%zu", field, j);
                break;
            }
        }
    }
    check_size(p, map, field);
    if (!cm_ids_map_contains(map, 0))
        cm_refuse(p, CM_CODE_ID_ROOT, field, "container id 0 is not mapped; map it to an id that owns nothing on the host");
    return p->plan->n_findings == before;
}

static void copy_outer(struct cm_planner *p, size_t n, const struct oci_id_mapping *outer, struct oci_id_mappings *ret)
{
    struct oci_id_mapping *v = cm_take(p, n, sizeof(*v));

    *ret = (struct oci_id_mappings){.set = true, .n = v ? n : 0, .v = v};
    for (size_t i = 0; v && i < n; i++)
        v[i] = (struct oci_id_mapping){outer[i].container_id, outer[i].container_id, outer[i].size};
}

/* One extent of the outer namespace has all host ids of the mapping, as they are called inside or outside of it. */
static bool within_outer(const struct oci_id_mapping *m, size_t n, const struct oci_id_mapping *outer, bool inside)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t start = inside ? outer[i].container_id : outer[i].host_id;
        if (m->host_id >= start && m->host_id - start < outer[i].size && m->size <= outer[i].size - (m->host_id - start))
            return true;
    }
    return false;
}

/*
 * Given mappings must keep to the caller's own and subordinate ids. An engine without privilege (podman's --userns=keep-id, --uidmap) deals out the ids of the
 * user namespace that it made itself, and each may be any of the container's. Who calls us directly names ids of the host, and gets the copy.
 */
static void rootless_map(struct cm_planner *p, const struct oci_id_mappings *map, bool given, const struct oci_id_mappings *outer, const char *field,
                         struct oci_id_mappings *ret)
{
    bool inside = p->facts->outer_is_callers;

    copy_outer(p, outer->n, outer->v, ret);
    if (!given || !check_map(p, map, field))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const struct oci_id_mapping *m = &map->v[i];
        if (!within_outer(m, outer->n, outer->v, inside)) {
            cm_refuse(p, CM_CODE_ID_ROOTLESS, cm_text(p, "%s/%zu", field, i),
                      inside
                          ? "ids %u to %u are not in one range of the user namespace we were called in; map only ids that it has, each range by itself"
                          : "host ids %u to %u are not all the caller's own and subordinate ids; leave the mappings out",
                      m->host_id, m->host_id + (m->size - 1));
            return;
        }
    }
    if (inside)
        *ret = *map;
    else if (!oci_id_mappings_equal(map, outer))
        cm_tighten(p, CM_CODE_ID_ROOTLESS, field, "the mappings were replaced by a copy of the caller's own");
}

static void rootless_ids(struct cm_planner *p, bool given)
{
    const struct cm_facts *facts = p->facts;
    const struct oci_id_mappings uids = {.n = facts->n_outer_map, .v = facts->outer_uid_map}, gids = {.n = facts->n_outer_gid_map, .v = facts->outer_gid_map};

    if (uids.n == 0 || gids.n == 0) {
        cm_refuse(p, CM_CODE_ID_NONE, UIDS, "%s", facts->ids_reason ? facts->ids_reason : "the caller has no id mappings to pass on");
        return;
    }
    rootless_map(p, &p->linux_->uid_mappings, given, &uids, UIDS, &p->plan->uid_map);
    rootless_map(p, &p->linux_->gid_mappings, given, &gids, GIDS, &p->plan->gid_map);
}

/* The mappings that count are those that the joined user namespace has; other ones in the configuration would be a misunderstanding. */
static void joined_ids(struct cm_planner *p, bool given)
{
    const struct cm_facts *facts = p->facts;

    if (facts->ns_maps_errnum != 0)
        return; /* refused with the namespace */
    if (given && !oci_id_mappings_equal(&p->linux_->uid_mappings, &facts->ns_uid_map))
        cm_refuse(p, CM_CODE_ID_PATH, UIDS, "the mappings are not those of the user namespace \"%.128s\"", p->plan->join_user);
    if (given && !oci_id_mappings_equal(&p->linux_->gid_mappings, &facts->ns_gid_map))
        cm_refuse(p, CM_CODE_ID_PATH, GIDS, "the mappings are not those of the user namespace \"%.128s\"", p->plan->join_user);
    (void)check_map(p, &facts->ns_uid_map, UIDS);
    (void)check_map(p, &facts->ns_gid_map, GIDS);
    p->plan->uid_map = facts->ns_uid_map;
    p->plan->gid_map = facts->ns_gid_map;
}

/* A member of a pod has the user namespace, and so the ids, of those that it shares other namespaces with. */
static void pod_ids(struct cm_planner *p, bool given)
{
    const struct cm_peer_fact *peer = &p->facts->peer;

    if (p->plan->join_user && (p->plan->join_user_id.dev != peer->user.dev || p->plan->join_user_id.ino != peer->user.ino))
        cm_refuse(p, CM_CODE_NS_JOIN, "/linux/namespaces", "\"%.128s\" is not the user namespace of container \"%.64s\", whose other namespaces are to be joined",
                  p->plan->join_user, peer->id);
    if (given && !oci_id_mappings_equal(&p->linux_->uid_mappings, &peer->uid_map))
        cm_refuse(p, CM_CODE_ID_PATH, UIDS, "the mappings are not those of container \"%.64s\", whose namespaces are to be joined; leave them out", peer->id);
    if (given && !oci_id_mappings_equal(&p->linux_->gid_mappings, &peer->gid_map))
        cm_refuse(p, CM_CODE_ID_PATH, GIDS, "the mappings are not those of container \"%.64s\", whose namespaces are to be joined; leave them out", peer->id);
    if (p->plan->new_network)
        cm_refuse(p, CM_CODE_NS_JOIN, "/linux/namespaces",
                  "a container that joins namespaces of \"%.64s\" has no network of its own: no more can be made in that one's user namespace; join its network as well", peer->id);
    p->plan->join_user = peer->user_path;
    p->plan->join_user_id = peer->user;
    p->plan->uid_map = peer->uid_map;
    p->plan->gid_map = peer->gid_map;
}

void cm_check_id_mapped(struct cm_planner *p, enum cm_code code, const struct oci_id_mappings *map, uint32_t id, const char *what, const char *field)
{
    if (p->plan->allocate_ids && id >= ALLOCATED_SIZE)
        cm_refuse(p, code, field, "%s %u is above %u, the largest id of an allocated range", what, id, ALLOCATED_SIZE - 1);
    else if (!p->plan->allocate_ids && !cm_ids_map_contains(map, id))
        cm_refuse(p, code, field, "%s %u is not mapped in the container", what, id);
}

void cm_check_process_ids(struct cm_planner *p)
{
    const struct oci_user *user;

    if (!p->config->process || (!p->plan->allocate_ids && (p->plan->uid_map.n == 0 || p->plan->gid_map.n == 0)))
        return;
    user = &p->config->process->user;
    cm_check_id_mapped(p, CM_CODE_ID_USER, &p->plan->uid_map, user->uid, "user", "/process/user/uid");
    cm_check_id_mapped(p, CM_CODE_ID_USER, &p->plan->gid_map, user->gid, "group", "/process/user/gid");
    for (size_t i = 0; i < user->n_additional_gids; i++)
        cm_check_id_mapped(p, CM_CODE_ID_USER, &p->plan->gid_map, user->additional_gids[i], "group", cm_text(p, "/process/user/additionalGids/%zu", i));
}

void cm_check_ids(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;
    const struct oci_namespace *user = NULL;
    bool given = linux_->uid_mappings.n > 0 || linux_->gid_mappings.n > 0;

    for (size_t i = 0; i < linux_->n_namespaces; i++)
        if (linux_->namespaces[i].type == OCI_NS_USER)
            user = &linux_->namespaces[i];
    if (given && !user)
        cm_refuse(p, CM_CODE_ID_NO_USERNS, linux_->uid_mappings.n > 0 ? UIDS : GIDS,
                  "id mappings are given without a user namespace in the list; add one or remove them");

    p->plan->ids_given = given || (user && user->path && user->path[0]);
    if (p->facts->rootless) {
        rootless_ids(p, given);
    } else if (p->plan->peer) {
        pod_ids(p, given);
    } else if (p->plan->join_user) {
        joined_ids(p, given);
    } else if (given) {
        (void)check_map(p, &linux_->uid_mappings, UIDS);
        (void)check_map(p, &linux_->gid_mappings, GIDS);
        p->plan->uid_map = linux_->uid_mappings;
        p->plan->gid_map = linux_->gid_mappings;
    } else {
        p->plan->allocate_ids = true;
        if (!p->facts->ids_available)
            cm_refuse(p, CM_CODE_ID_NONE, UIDS, "no ids can be allocated: %s",
                      p->facts->ids_reason ? p->facts->ids_reason : "no range is set aside for containers");
    }
    cm_check_process_ids(p);
}
