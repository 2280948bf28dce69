/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the content of a volume comes from, by the table of mounts. The path of a volume proves nothing once something is mounted there: kubelet binds a
 * hostPath with a subPath below its own tree, and a CSI driver, or docker's local one, may bind any directory of the host. The kernel names the filesystem of a
 * mount and the directory in it; so what a mount shows can be compared with what other mounts show.
 */
#include <string.h>

#include "plan/filesystems.h"
#include "plan/mounts.h"

static bool refuse(struct cm_planner *p, const struct cm_mount_work *work, enum cm_code code, const char *why)
{
    cm_refuse(p, code, work->source, "the source \"%.192s\" is refused: %s", work->fact->source_real, why);
    return false;
}

/* Where a volume of that kind may be seen besides its own place: as volumes, and parts of volumes, of the pod; storage also of other pods and for staging. */
static bool may_be_at(struct cm_planner *p, enum cm_class_origin origin, const char *place)
{
    const struct cm_class_owner owner = {.pod = p->pod.uid};
    struct cm_class_match match;

    if (origin != CM_CLASS_POD && origin != CM_CLASS_STORAGE)
        return false;
    cm_class_find(place, false, cm_bind_roots(p), &owner, &match);
    if (match.row && (match.row->class_ == CM_MOUNT_CLASS_KUBELET_VOLUMES || match.row->class_ == CM_MOUNT_CLASS_KUBELET_SUBPATHS))
        return match.own || origin == CM_CLASS_STORAGE;
    const char *plugins = cm_text(p, "%s/plugins", cm_bind_roots(p)[CM_MOUNT_ROOT_KUBELET]);
    return origin == CM_CLASS_STORAGE && cm_path_is_below(place, plugins) && strcmp(place, plugins) != 0;
}

/* Another place at which what the mount shows can be seen, and should not; NULL: none. "" when it cannot be told. */
static const char *elsewhere(struct cm_planner *p, const struct cm_mount_entry *mount, enum cm_class_origin origin, const char *within)
{
    const char **places;
    size_t own, n;

    if (cm_mount_places(p->facts->mount_table, mount->id, mount->place, p->arena, &places, &own, &n) < 0)
        return "";
    for (size_t i = 0; i < own; i++)
        if (!cm_path_is_below(places[i], within) && !may_be_at(p, origin, places[i]))
            return places[i];
    return NULL;
}

/* A volume that is a directory of the host elsewhere needs a class of its own. */
static bool check_local(struct cm_planner *p, const struct cm_mount_work *work, const char *place)
{
    const char *denied = place && place[0] ? cm_bind_denied_place(p, place) : NULL;

    if (denied)
        return refuse(p, work, CM_CODE_MOUNT_LAUNDERED, cm_text(p, "it shows \"%.128s\" of the host: %s", place, denied));
    if (cm_policy_has_class(p->policy, CM_MOUNT_CLASS_KUBELET_LOCAL))
        return true;
    return refuse(
        p, work, CM_CODE_MOUNT_LAUNDERED,
        cm_text(p, "it shows the directory \"%.128s\" of the host; where such volumes are wanted add the class kubelet-local to mounts.classes of the policy",
                place ? place : work->fact->source_real));
}

/* A volume that is a mount of its own: what it shows must be nowhere else but where its kind may be. */
static bool check_own_mount(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_row *row, const struct cm_mount_entry *mount)
{
    const char *place = elsewhere(p, mount, row->origin, mount->place);

    if (row->origin == CM_CLASS_LOCAL)
        return check_local(p, work, place);
    if (!place)
        return true;
    if (!place[0])
        return refuse(p, work, CM_CODE_MOUNT_SOURCE, "at which places of the host it can be seen cannot be told");
    if (row->origin == CM_CLASS_STORAGE)
        return check_local(p, work, place);
    return refuse(p, work, CM_CODE_MOUNT_LAUNDERED,
                  cm_text(p, "what is mounted there is \"%.128s\" of the host, and not a volume that was made for this container", place));
}

/* The volume of which a mount shows a part. */
struct volume {
    struct cm_class_match match;
    const struct cm_mount_entry *mount; /* of its own; NULL: it is a directory of the tree */
};

static bool is_volume(const struct cm_class_match *found, const struct cm_class_match *subpath)
{
    return found->row && found->row->class_ == CM_MOUNT_CLASS_KUBELET_VOLUMES && found->own && found->name_size == subpath->volume_size &&
           memcmp(found->name, subpath->volume, found->name_size) == 0;
}

/* A directory of the pod's tree itself: the path inside of the filesystem continues that of the pod's volumes. */
static bool find_plain(struct cm_planner *p, const struct cm_mount_entry *mount, const char *volumes, const struct cm_class_match *subpath,
                       const struct cm_class_owner *owner, struct volume *ret)
{
    const struct cm_mount_entry *tree = cm_mount_over(p->facts->mount_table, volumes);
    const char *inside = tree ? cm_mount_inside(tree, volumes, p->arena) : NULL;

    p->no_memory |= tree && !inside;
    if (!inside || strcmp(tree->device, mount->device) != 0 || !cm_path_is_below(mount->root, inside))
        return false;
    const char *rest = mount->root + (strcmp(inside, "/") == 0 ? 0 : strlen(inside));
    cm_class_find(cm_text(p, "%s%s", volumes, rest), false, cm_bind_roots(p), owner, &ret->match);
    ret->mount = NULL;
    return is_volume(&ret->match, subpath);
}

/* A volume with a mount of its own: the same filesystem, and in it the volume's directory or something below. */
static bool find_mounted(struct cm_planner *p, const struct cm_mount_entry *mount, const char *volumes, const struct cm_class_match *subpath,
                         const struct cm_class_owner *owner, struct volume *ret)
{
    const struct cm_mount_table *table = p->facts->mount_table;

    for (size_t i = 0; i < table->n; i++) {
        const struct cm_mount_entry *other = &table->v[i];
        if (strcmp(other->device, mount->device) != 0 || !cm_path_is_below(other->place, volumes) || !cm_path_is_below(mount->root, other->root))
            continue;
        cm_class_find(other->place, true, cm_bind_roots(p), owner, &ret->match);
        ret->mount = other;
        if (is_volume(&ret->match, subpath))
            return true;
    }
    return false;
}

static bool check_subpath(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_match *match, const struct cm_class_row **ret_row)
{
    const struct cm_mount_entry *mount = work->fact->source_mount;
    const struct cm_class_owner owner = {.pod = p->pod.uid};
    const char *volumes = cm_text(p, "%s/pods/%s/volumes", match->root, p->pod.uid);
    struct volume volume;

    if (strcmp(mount->place, work->fact->source_real) != 0)
        return refuse(p, work, CM_CODE_MOUNT_LAUNDERED, "nothing is mounted there, as kubelet does for a subPath");
    if (!find_plain(p, mount, volumes, match, &owner, &volume) && !find_mounted(p, mount, volumes, match, &owner, &volume))
        return refuse(
            p, work, CM_CODE_MOUNT_LAUNDERED,
            cm_text(p,
                    "it is a subPath, but what is mounted there (\"%.128s\" of the filesystem %.16s) is in no volume \"%.*s\" of the pod: a hostPath stays one",
                    mount->root, mount->device, (int)CM_MIN(match->volume_size, (size_t)64), match->volume));
    *ret_row = volume.match.row;
    return !volume.mount || check_own_mount(p, work, volume.match.row, volume.mount);
}

bool cm_bind_check_origin(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_match *match, const struct cm_class_row **ret_row)
{
    const struct cm_mount_entry *mount = work->fact->source_mount;
    const char *anchor = cm_text(p, "%.*s", (int)match->anchor, work->fact->source_real);

    *ret_row = match->row;
    if (cm_mount_is_deleted(mount))
        return refuse(p, work, CM_CODE_MOUNT_LAUNDERED, "what is mounted there was deleted since, so that nobody can tell what it was; mount it anew");
    if (match->row->tmpfs && (!cm_streq(mount->type, "tmpfs") || strcmp(mount->place, work->fact->source_real) != 0))
        return refuse(p, work, CM_CODE_MOUNT_SOURCE, "shared memory must be a tmpfs of its own, as engines make it");
    if (match->row->origin == CM_CLASS_SUBPATH)
        return check_subpath(p, work, match, ret_row);
    /* in the filesystem of the whole tree, where the way to it tells what it is */
    if (cm_path_is_below(anchor, mount->place))
        return true;
    return check_own_mount(p, work, match->row, mount);
}

bool cm_bind_check_below(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct cm_mount_table *table = p->facts->mount_table;
    const char *source = work->fact->source_real;

    for (size_t i = 0; i < table->n; i++) {
        const struct cm_mount_entry *mount = &table->v[i];
        if (!cm_path_is_below(mount->place, source) || strcmp(mount->place, source) == 0)
            continue;
        const char *place = elsewhere(p, mount, CM_CLASS_PLAIN, source);
        if (place)
            return refuse(p, work, CM_CODE_MOUNT_LAUNDERED,
                          cm_text(p, "\"%.128s\", mounted below it, is \"%.128s\" of the host; unmount it", mount->place, place[0] ? place : mount->root));
        if (work->out->idmap && cm_fs_type_idmap(mount->type) == CM_IDMAP_NO)
            return refuse(p, work, CM_CODE_MOUNT_IDMAP,
                          cm_text(p, "\"%.128s\", mounted below it, is of the type %.32s, which cannot be idmapped; unmount it", mount->place, mount->type));
    }
    return true;
}
