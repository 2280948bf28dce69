/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bind mounts of what kubelet and the engines make for a container. The path is hostile (a hostPath may name any of these places), so it must be the
 * container's own by its ids, nobody but root may have been able to put something there, and what is mounted there must show nothing else of the host.
 */
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/idmap.h"
#include "plan/mounts.h"

static bool refuse(struct cm_planner *p, const struct cm_mount_work *work, enum cm_code code, const char *why)
{
    cm_refuse(p, code, work->source, "the source \"%.192s\" is refused: %s", work->fact->source_real, why);
    return false;
}

static bool check_on(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_match *match)
{
    if (!cm_policy_has_class(p->policy, match->row->class_))
        return refuse(p, work, CM_CODE_MOUNT_SOURCE,
                      cm_text(p, "it is of the class %s, which the policy leaves out; add it to mounts.classes", cm_mount_class_names[match->row->class_]));
    /* nothing in their path says whose they are */
    if (match->row->class_ == CM_MOUNT_CLASS_NAMED_VOLUMES && p->pod.is_pod)
        return refuse(p, work, CM_CODE_MOUNT_FOREIGN, "volumes of docker and podman are not for pods; use a volume of the pod");
    return true;
}

/* Why the ids in the path are not the container's, in one clause; NULL: they are. */
static const char *foreign(struct cm_planner *p, const struct cm_class_match *match)
{
    bool of_pod = strstr(match->row->pattern, "%U") != NULL;

    if (of_pod && !p->pod.uid[0])
        return "it belongs to a pod, and /linux/cgroupsPath does not say that this container does (…/kubepods/…/pod<UID>/<id>); let kubelet choose the path";
    if (of_pod && p->pod.contradiction)
        return cm_text(p, "the annotation %s names another pod than /linux/cgroupsPath", p->pod.contradiction);
    if (!match->own)
        return of_pod ? "it belongs to another pod" : "it belongs to another container, or to a sandbox that is not this one's";
    if (match->by_sandbox && !p->pod.crio && !p->facts->sandbox_is_neighbour)
        return "it belongs to the sandbox that an annotation names, but that has no cgroup next to this container's";
    return NULL;
}

static bool check_kind(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_row *row)
{
    bool directory = S_ISDIR(work->fact->source_mode);

    if (!row->both && row->file == directory)
        return refuse(p, work, CM_CODE_MOUNT_SOURCE, row->file ? "it is a directory where a file belongs" : "it is a file where a directory belongs");
    return true;
}

/*
 * podman and CRI-O give the directory that they make for a container, or for a volume of it, to the host's id of the container's root when they have mapped its
 * ids. Whoever has that id could only put something of its own there: what is mounted was opened without following links, is never idmapped then, so that the
 * ids count as they do outside of it, and has no set-user-id programs and no devices.
 */
static bool is_way_of_container(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_match *match)
{
    const struct cm_mount_fact *fact = work->fact;
    bool theirs = match->row->root == CM_MOUNT_ROOT_CONTAINERS_STORAGE || match->row->root == CM_MOUNT_ROOT_CONTAINERS_RUN;
    uint32_t root;

    return theirs && fact->source_way_owned && strlen(fact->source_way_bad) > match->anchor && p->plan->ids_given && !work->idmap &&
           oci_id_outside(&p->plan->uid_map, 0, &root) && root == fact->source_way_uid;
}

static bool check_way(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_class_match *match)
{
    if (!work->fact->source_way_bad || is_way_of_container(p, work, match))
        return true;
    const char *who = work->fact->source_way_owned ? cm_text(p, " (uid %u)", work->fact->source_way_uid) : "";
    return refuse(p, work, CM_CODE_MOUNT_WAY,
                  cm_text(p, "somebody else than root%s can change \"%.128s\" above it; chown root and chmod go-w it", who, work->fact->source_way_bad));
}

static bool check_denied(struct cm_planner *p, const struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;

    for (size_t i = 0; i < fact->n_source_places; i++) {
        const char *why = cm_bind_denied_place(p, fact->source_places[i]);
        if (why)
            return refuse(p, work, CM_CODE_MOUNT_SOURCE, cm_text(p, "it is also \"%.128s\": %s", fact->source_places[i], why));
    }
    return true;
}

static bool is_listed(const struct cm_policy *policy, const char *type)
{
    for (size_t i = 0; i < policy->n_unmapped; i++)
        if (cm_streq(policy->unmapped[i], type))
            return true;
    return false;
}

/*
 * With idmapping the container's root writes as uid 0 of the host: a set-user-id program that it leaves makes anybody root who can execute it there. nosuid of
 * the container's mount does not help the host; that nobody gets to the directory does.
 */
static bool check_idmap(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_row *row)
{
    const struct cm_mount_fact *fact = work->fact;
    bool engine = row->idmap == CM_CLASS_IDMAP_ENGINE || row->idmap == CM_CLASS_IDMAP_OPTIONAL, asked = work->idmap;
    bool optional = !asked && row->idmap == CM_CLASS_IDMAP_OPTIONAL;

    if (p->facts->rootless || !(asked || row->idmap == CM_CLASS_IDMAP_ALWAYS || (engine && !p->plan->ids_given)))
        return true;
    if (!(work->out->attributes & MOUNT_ATTR_RDONLY) && !fact->source_way_closed)
        return refuse(
            p, work, CM_CODE_MOUNT_WAY,
            "it is writable and idmapped, so that the container's root leaves root's files there, and no directory above it keeps others out; chmod o-x one");
    if (!fact->source_can_idmap && (optional || (!asked && is_listed(p->policy, fact->source_mount->type))))
        return true;
    if (!cm_bind_can_idmap(p, work))
        return false;
    work->out->idmap = true;
    work->out->idmap_recursive = work->out->recursive;
    return true;
}

static void force(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_row *row)
{
    uint64_t forced = row->forced | (row->config && !p->policy->config_exec ? (uint64_t)MOUNT_ATTR_NOEXEC : 0);

    if (forced & ~work->asked) {
        p->first_forced = p->n_forced == 0 ? work->field : p->first_forced;
        p->n_forced++;
    }
    work->out->attributes |= forced;
}

bool cm_bind_check_class(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_match *match)
{
    const struct cm_class_row *row;
    const char *why;

    if (!check_on(p, work, match))
        return false;
    why = foreign(p, match);
    if (why)
        return refuse(p, work, CM_CODE_MOUNT_FOREIGN, why);
    if (!work->fact->source_mount)
        return refuse(p, work, CM_CODE_MOUNT_SOURCE, "at which places of the host it can be seen cannot be told");
    if (!check_kind(p, work, match->row) || !check_way(p, work, match) || !cm_bind_check_origin(p, work, match, &row) || !check_denied(p, work))
        return false;
    cm_allowed(p, work->source, "mounts.classes", cm_mount_class_names[match->row->class_]);
    force(p, work, row);
    /* below the others nothing is ever mounted */
    work->out->recursive = work->recursive && S_ISDIR(work->fact->source_mode) && !row->config && !row->tmpfs;
    work->out->late_readonly = row->points && !work->out->recursive;
    return check_idmap(p, work, row) && (!work->out->recursive || cm_bind_check_below(p, work));
}
