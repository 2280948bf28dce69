/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bind mounts: places of the host, judged on the descriptor that was opened without following any link (I7). The source string is hostile; the facts
 * say where the descriptor really is. A rule of the policy must name the place; the lists here are the floor below every policy.
 */
#include <errno.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/idmap.h"
#include "plan/mounts.h"
#include "policy/floors.h"

#define MAPPINGS_MAX ((size_t)64)

static const struct cm_mount_rule *find_rule(const struct cm_planner *p, const char *path)
{
    const struct cm_mount_rule *best = NULL;

    /* the longest prefix decides, so that a rule for a subdirectory can be stricter than the one around it */
    for (size_t i = 0; i < p->policy->n_mount_rules; i++) {
        const struct cm_mount_rule *rule = &p->policy->mount_rules[i];
        if (cm_path_is_below(path, rule->prefix) && (!best || strlen(rule->prefix) > strlen(best->prefix)))
            best = rule;
    }
    return best;
}

/* Why this source must not be mounted, or NULL. */
static const char *objection(struct cm_planner *p, const struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;

    if (fact->source_errnum == ELOOP)
        return "the path contains a symbolic link; give the real path";
    if (fact->source_errnum != 0)
        return cm_text(p, "it cannot be opened (%s); give an existing path", strerror(fact->source_errnum));
    if (fact->source_fd < 0 || !fact->source_real || fact->source_real[0] != '/')
        return "it is not a place in the host's file tree; give an absolute path";
    if (fact->source_is_host_root)
        return "it is the host's root; mount a directory made for the container";
    if (cm_fs_is_forbidden(fact->source_fs_magic))
        return "it lies on a kernel or device filesystem, which is never passed on";
    if (!S_ISDIR(fact->source_mode) && !S_ISREG(fact->source_mode))
        return "it is neither a directory nor a regular file; sockets and devices are never passed on";
    if (work->recursive && fact->source_has_forbidden_submount)
        return "a kernel filesystem is mounted below it; mount a narrower directory, or use bind instead of rbind";
    if (fact->n_source_places == 0)
        return "at which places of the host it can be seen cannot be told";
    return NULL;
}

/* The host ids lie in one extent of the container's own map. */
static bool is_own_range(const struct oci_id_mapping *m, const struct oci_id_mappings *own)
{
    for (size_t i = 0; i < own->n; i++)
        if (m->host_id >= own->v[i].host_id && m->host_id - own->v[i].host_id < own->v[i].size && m->size <= own->v[i].size - (m->host_id - own->v[i].host_id))
            return true;
    return false;
}

/* Why a map of the mount's own is not acceptable, or NULL. Ids of the files may be any; those that they become must be the container's and nobody else's. */
static const char *map_objection(const struct oci_id_mappings *map, const struct oci_id_mappings *own)
{
    uint32_t end;

    if (map->n == 0)
        return "both uidMappings and gidMappings are needed";
    if (map->n > MAPPINGS_MAX)
        return "these are too many mappings for one mount";
    for (size_t i = 0; i < map->n; i++) {
        const struct oci_id_mapping *m = &map->v[i];
        if (m->size == 0 || __builtin_add_overflow(m->container_id, m->size, &end) || !is_own_range(m, own))
            return "a mapping does not lead into the host ids of the container";
        for (size_t j = 0; j < i; j++)
            if (oci_id_mapping_overlaps(m, &map->v[j]))
                return "two mappings overlap";
    }
    return NULL;
}

static void check_mappings(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct oci_id_mappings *uids = &work->mount->uid_mappings, *gids = &work->mount->gid_mappings;
    const struct oci_id_mappings *own_uids = &p->plan->uid_map, *own_gids = &p->plan->gid_map;

    if (uids->n == 0 && gids->n == 0)
        return;
    work->idmap = true;
    if (p->plan->allocate_ids) {
        cm_refuse(p, CM_CODE_MOUNT_IDMAP, cm_text(p, "%s/%s", work->field, uids->n > 0 ? "uidMappings" : "gidMappings"),
                  "the container's host ids are allocated at its start, so none can be named here; use the option idmap without mappings");
        return;
    }
    const char *why = map_objection(uids, own_uids), *field = "uidMappings";
    if (!why) {
        why = map_objection(gids, own_gids);
        field = "gidMappings";
    }
    if (why)
        cm_refuse(p, CM_CODE_MOUNT_IDMAP, cm_text(p, "%s/%s", work->field, field), "the mount cannot be idmapped: %s; use the container's own mappings", why);
    if (oci_id_mappings_equal(uids, own_uids) && oci_id_mappings_equal(gids, own_gids))
        return;
    work->out->uid_map = uids;
    work->out->gid_map = gids;
}

static void check_target(struct cm_planner *p, const struct cm_mount_work *work)
{
    bool directory = work->out->source_is_directory;

    if (work->fact->target == CM_TARGET_FILE && directory)
        cm_refuse(p, CM_CODE_MOUNT_TARGET, cm_text(p, "%s/destination", work->field), "\"%.128s\" is not a directory but the source is one", work->out->target);
    else if (work->fact->target == CM_TARGET_DIRECTORY && !directory)
        cm_refuse(p, CM_CODE_MOUNT_TARGET, cm_text(p, "%s/destination", work->field), "\"%.128s\" is a directory but the source is a file", work->out->target);
}

/* What our own state and policy are made of. */
static bool is_ours(const struct cm_planner *p, const char *path)
{
    const char *const places[] = {"/etc/casemate", "/run/casemate", p->facts->state_root};

    for (size_t i = 0; i < CM_ARRAY_LEN(places); i++)
        if (places[i] && (cm_path_is_below(path, places[i]) || cm_path_is_below(places[i], path)))
            return true;
    return false;
}

/*
 * One file can be seen at several places (bind mounts), and which of them is "the" place nobody knows: a mount of /etc below an allowed directory must not
 * launder it. So every place must be allowed, and the strictest of their rules counts.
 */
static bool check_places(struct cm_planner *p, struct cm_mount_work *work, const char *field)
{
    const struct cm_mount_fact *fact = work->fact;
    uint64_t forced = 0;

    for (size_t i = 0; i < (work->recursive ? fact->n_source_places_below : fact->n_source_places); i++) {
        const char *place = fact->source_places[i], *why = is_ours(p, place) ? "it is, holds or lies in what this runtime keeps" : cm_floor_mount_source(place);
        const struct cm_mount_rule *rule = why ? NULL : find_rule(p, place);
        const char *also = i > 0 ? cm_text(p, "\"%.128s\", which is also ", fact->source_real) : "";
        if (why) {
            cm_refuse(p, CM_CODE_MOUNT_SOURCE, field, "the source %s\"%.128s\" is refused: %s", also, place, why);
            return false;
        }
        if (!rule) {
            cm_refuse(p, CM_CODE_MOUNT_SOURCE, field, "no rule of the policy allows the host path %s\"%.128s\"; add one to mounts.allow or remove the mount",
                      also, place);
            return false;
        }
        if (work->idmap && !rule->allow_idmap) {
            /* On the host's filesystem it would own files as uid 0 does: a set-user-id program left there makes anybody root. */
            cm_refuse(
                p, CM_CODE_MOUNT_IDMAP, work->field,
                "with idmap the container's root would be root of the files of \"%.128s\", and no rule of the policy grants that; add \"idmap\": true to its rule "
                "in mounts.allow, or remove idmap and the mappings",
                place);
            return false;
        }
        forced |= (rule->allow_write ? 0 : (uint64_t)MOUNT_ATTR_RDONLY) | (rule->allow_exec ? 0 : (uint64_t)MOUNT_ATTR_NOEXEC);
    }
    if (forced & ~work->asked)
        cm_tighten(p, CM_CODE_MOUNT_READONLY, work->field, "the policy's rule for %.128s makes this mount%s%s", fact->source_real,
                   (forced & ~work->asked & MOUNT_ATTR_RDONLY) ? " read-only" : "", (forced & ~work->asked & MOUNT_ATTR_NOEXEC) ? " noexec" : "");
    work->out->attributes |= forced;
    return true;
}

void cm_mount_check_bind(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;
    const char *source = work->mount->source ? work->mount->source : "";
    const char *field = cm_text(p, "%s/source", work->field);

    for (size_t i = 0; i < work->n_data; i++)
        cm_refuse(p, CM_CODE_MOUNT_OPTION, cm_text(p, "%s/options/%zu", work->field, work->data_index[i]),
                  "a bind mount takes no filesystem data such as \"%.128s\"; remove the option", work->data[i]);
    check_mappings(p, work);
    if (work->idmap && p->facts->rootless)
        cm_refuse(p, CM_CODE_MOUNT_IDMAP, work->field,
                  "idmapped mounts need host root and are not needed here: the caller's files are the container root's; remove idmap");

    work->out->source_fd = fact->source_fd;
    work->out->source_is_directory = S_ISDIR(fact->source_mode);
    work->out->recursive = work->recursive;
    if (work->slave) /* what the host mounts there later would be neither judged nor restricted */
        cm_tighten(p, CM_CODE_MOUNT_PROPAGATION, work->field, "slave propagation would let later mounts of the host in, unjudged; the mount was made private");
    work->out->idmap = work->idmap;
    work->out->idmap_recursive = work->idmap_all;
    if (work->sync)
        cm_not_enforced(p, cm_text(p, "mount option %s", work->sync), "it is a property of the whole filesystem of the host that holds %.128s", source);

    const char *why = objection(p, work);
    if (why)
        cm_refuse(p, CM_CODE_MOUNT_SOURCE, field, "the source \"%.128s\" is refused: %s", source, why);
    else if (check_places(p, work, field))
        check_target(p, work);
}
