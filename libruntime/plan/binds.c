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
#include "plan/filesystems.h"
#include "plan/mounts.h"
#include "policy/floors.h"
#include "policy/floors_mounts.h"

#define MAPPINGS_MAX ((size_t)64)

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
    if (fact->source_deleted)
        return "it was deleted since it was made or mounted; make it anew";
    if (fact->source_is_host_root)
        return "it is the host's root; mount a directory made for the container";
    if (cm_fs_is_forbidden(fact->source_fs_magic) || (fact->source_mount && cm_fs_type_is_forbidden(fact->source_mount->type)))
        return "it lies on a kernel or device filesystem, which is never passed on";
    if (!S_ISDIR(fact->source_mode) && !S_ISREG(fact->source_mode))
        return "it is neither a directory nor a regular file; devices and FIFOs are never passed on";
    if (fact->source_denied)
        return cm_text(p, "it is the host's \"%.128s\", whatever its name here; mount a directory made for the container", fact->source_denied);
    if (work->recursive && fact->source_has_forbidden_submount)
        return "a kernel filesystem is mounted below it; mount a narrower directory, or use bind instead of rbind";
    if (work->recursive && fact->source_has_special_submount)
        return "a socket or a device is mounted below it; mount a narrower directory, or use bind instead of rbind";
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

bool cm_bind_target_in_dev(const char *target)
{
    return cm_has_prefix(target, "/dev/") && !strchr(target + strlen("/dev/"), '/') && !cm_floor_device_path(target);
}

static void check_target(struct cm_planner *p, const struct cm_mount_work *work)
{
    bool directory = work->out->source_is_directory;

    if (cm_bind_target_in_dev(work->out->target) && !work->termination_log)
        cm_refuse(p, CM_CODE_MOUNT_DEST, cm_text(p, "%s/destination", work->field),
                  "nothing of the host but kubelet's termination log may be mounted at \"%.128s\"; choose another destination", work->out->target);
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

const char *cm_bind_denied_place(struct cm_planner *p, const char *place)
{
    const char *why = cm_floor_mount_source(place, cm_bind_roots(p));

    return !why && is_ours(p, place) ? "it is, holds or lies in what this runtime keeps" : why;
}

const char *const *cm_bind_roots(struct cm_planner *p)
{
    if (!p->mount_roots[0])
        for (size_t i = 0; i < CM_MOUNT_ROOT_COUNT; i++)
            p->mount_roots[i] = p->facts->mount_roots[i] ? p->facts->mount_roots[i] : p->policy->mount_roots[i];
    return p->mount_roots;
}

bool cm_bind_can_idmap(struct cm_planner *p, const struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;

    if (fact->source_can_idmap)
        return true;
    cm_refuse(
        p, CM_CODE_MOUNT_IDMAP, work->field,
        "the kernel cannot idmap \"%.128s\" (%.32s), so that its files would be nobody's in the container; put it on another filesystem such as ext4 or xfs, "
        "or list the type in mounts.unmapped of the policy to mount volumes of it with the host's ids",
        fact->source_real, fact->source_mount ? fact->source_mount->type : "unknown");
    return false;
}

/* Sockets through which the host is controlled are never passed on; of others the rules decide. */
static bool check_control(struct cm_planner *p, const struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;

    if (fact->source_errnum == 0 && S_ISSOCK(fact->source_mode))
        cm_refuse(p, CM_CODE_MOUNT_SOCKET, work->source, "the source \"%.128s\" is a socket; sockets of the host are never passed on", fact->source_real);
    else if (fact->source_control)
        cm_refuse(p, CM_CODE_MOUNT_SOCKET, work->source, "\"%.128s\", by which the host is controlled, lies in the source \"%.128s\"; it is never passed on",
                  fact->source_control, fact->source_real);
    else
        return true;
    return false;
}

/* A rule that is about the source decides; what kubelet and the engines make needs none. */
static bool check_allowed(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct cm_class_owner owner = {
        .pod = p->pod.uid, .container = p->id, .sandbox = p->pod.sandbox, .makers = p->plan->peer ? p->facts->peer.makers : NULL};
    const char *real = work->fact->source_real;
    struct cm_class_match match;

    cm_class_find(real, true, cm_bind_roots(p), &owner, &match);
    work->termination_log = match.row && match.own && match.row->class_ == CM_MOUNT_CLASS_KUBELET_FILES && !(match.row->forced & MOUNT_ATTR_RDONLY);
    if (!match.row || cm_bind_rule_covers(p, real))
        return cm_bind_check_rules(p, work); /* refuses what no rule is about */
    return cm_bind_check_class(p, work, &match);
}

void cm_mount_check_bind(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;
    const char *source = work->mount->source ? work->mount->source : "";

    work->source = cm_text(p, "%s/source", work->field);
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

    if (!check_control(p, work))
        return;
    const char *why = objection(p, work);
    if (why)
        cm_refuse(p, CM_CODE_MOUNT_SOURCE, work->source, "the source \"%.128s\" is refused: %s", source, why);
    else if (check_allowed(p, work))
        check_target(p, work);
}
