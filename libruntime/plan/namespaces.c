/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespaces the container gets, one table row per type. Paths are hostile: engines give /proc/PID/ns/… even for the host's namespaces, so
 * only the identity of the opened file counts, never the spelling or the presence of an entry.
 */
#include "plan/planner.h"

#include <string.h>

enum ns_answer {
    NS_OK,
    NS_ADD,    /* absent: added */
    NS_REFUSE, /* absent: that is how engines ask for the host's; join: another container's */
    NS_POD,    /* join: of a container of the same pod, or one that the engine made for the pod */
    NS_PEER,   /* join: of a container of the same pod */
};

struct ns_row {
    enum cm_code code;
    enum ns_answer absent, join;
};

static const struct ns_row rows[OCI_NS_TYPES] = {
    [OCI_NS_PID] = {CM_CODE_NS_PID, NS_REFUSE, NS_PEER},      [OCI_NS_NETWORK] = {CM_CODE_NS_NET, NS_REFUSE, NS_OK},
    [OCI_NS_MOUNT] = {CM_CODE_NS_MOUNT, NS_ADD, NS_REFUSE},   [OCI_NS_IPC] = {CM_CODE_NS_IPC, NS_REFUSE, NS_POD},
    [OCI_NS_UTS] = {CM_CODE_NS_UTS, NS_REFUSE, NS_POD},    [OCI_NS_USER] = {CM_CODE_NS_USER, NS_ADD, NS_OK},
    [OCI_NS_CGROUP] = {CM_CODE_NS_CGROUP, NS_ADD, NS_REFUSE}, [OCI_NS_TIME] = {CM_CODE_NS_TIME, NS_OK, NS_REFUSE},
};

#define LIST "/linux/namespaces"

static bool same_ns(struct cm_ns_id a, struct cm_ns_id b)
{
    return a.ino != 0 && a.ino == b.ino && a.dev == b.dev;
}

static bool is_own_user(const struct cm_planner *p, struct cm_ns_id owner)
{
    return same_ns(owner, p->facts->own_ns[OCI_NS_USER]);
}

/*
 * A user namespace that the engine made (hostUsers: false). Its maps are judged like given ones (ids.c). Whoever made it, or is privileged where it was made,
 * has every capability over what runs in it, so that must be the host's root.
 */
static void join_user(struct cm_planner *p, const struct oci_namespace *ns, const char *field)
{
    const struct cm_ns_path_fact *fact = &p->facts->ns_path[OCI_NS_USER];

    bool pods = p->plan->peer && same_ns(fact->id, p->facts->peer.user); /* which this runtime made, or has judged */

    p->plan->join_user = ns->path;
    p->plan->join_user_id = fact->id;
    if (pods)
        return;
    if (p->facts->rootless || !is_own_user(p, fact->owner))
        cm_refuse(p, CM_CODE_NS_JOIN, field, "the user namespace \"%.128s\" was not made in the one that the runtime is in; leave the path out", ns->path);
    else if (fact->maker != 0)
        cm_refuse(p, CM_CODE_NS_JOIN, field,
                  "the user namespace \"%.128s\" was made by user %u of the host, who would be the container's master; let the engine make it", ns->path,
                  fact->maker);
    else if (p->facts->ns_maps_errnum != 0)
        cm_refuse(p, CM_CODE_NS_JOIN, field, "the mappings of the user namespace \"%.128s\" cannot be read: %s", ns->path, strerror(p->facts->ns_maps_errnum));
}

/* Whether the namespace of that type which is to be joined is one of a container of ours that this one may share a pod with. */
static bool is_peers(const struct cm_planner *p, enum oci_namespace_type type)
{
    return p->plan->peer && p->facts->peer.namespaces & 1u << type;
}

/* Whether the user namespace that the configuration brings owns it: the engine made both for the pod. */
static bool is_brought(const struct cm_planner *p, struct cm_ns_id owner)
{
    const struct oci_namespace *user = oci_config_namespace(p->config, OCI_NS_USER);

    return user && user->path && same_ns(owner, p->facts->ns_path[OCI_NS_USER].id);
}

/*
 * A namespace of the pod. Under inverted ownership ours belong to the user namespace that we are in, like those that engines make, so the owner does not tell
 * whose it is: a container of ours that is in it does, and has the pod's user namespace. An engine that makes the user namespace (CRI-O) lets that own its
 * ipc and uts namespaces. A pid namespace is only taken from a container of ours.
 */
static void join_pod(struct cm_planner *p, const struct oci_namespace *ns, enum ns_answer answer, const char *field)
{
    const struct cm_ns_path_fact *fact = &p->facts->ns_path[ns->type];
    const char *word = oci_namespace_word(ns->type);

    if (p->facts->rootless)
        cm_refuse(p, CM_CODE_NS_JOIN, field, "without privilege a container does not join another one's %s namespace (\"%.128s\"); leave the path out", word, ns->path);
    else if (!is_peers(p, ns->type) && (answer == NS_PEER || !(is_own_user(p, fact->owner) || is_brought(p, fact->owner))))
        cm_refuse(p, CM_CODE_NS_JOIN, field,
                  "the %s namespace \"%.128s\" is not one of a running container of the same pod; leave the path out, or create that container with this runtime and state root",
                  word, ns->path);
    else if (!is_peers(p, ns->type) && p->facts->peer.errnum != 0)
        cm_refuse(p, CM_CODE_NS_JOIN, field,
                  "whose the %s namespace \"%.128s\" is cannot be told, because the record of a container cannot be read: %s; delete that container", word, ns->path,
                  strerror(p->facts->peer.errnum));
    p->plan->join[ns->type].path = ns->path;
    p->plan->join[ns->type].id = fact->id;
    p->plan->join[ns->type].owner = fact->owner;
}

/* The container that the namespaces to be joined belong to. kubelet's choice of the cgroup says which pod is whose; without it the engine's word counts. */
static void find_peer(struct cm_planner *p)
{
    const struct cm_peer_fact *peer = &p->facts->peer;
    struct cm_pod pod;

    if (!peer->id || p->facts->rootless)
        return;
    cm_pod_of(p->config, &pod);
    if (!cm_streq(pod.uid, peer->pod_uid))
        cm_refuse(p, CM_CODE_NS_JOIN, LIST, "container \"%.64s\", whose namespaces are to be joined, is of another pod (%s and not %s)", peer->id,
                  peer->pod_uid[0] ? peer->pod_uid : "none", pod.uid[0] ? pod.uid : "none");
    else if (peer->other)
        cm_refuse(p, CM_CODE_NS_JOIN, LIST, "the namespaces to be joined are those of two pods: containers \"%.64s\" and \"%.64s\"", peer->id, peer->other);
    else if (peer->maps_errnum != 0)
        cm_refuse(p, CM_CODE_NS_JOIN, LIST, "the mappings of container \"%.64s\", whose namespaces are to be joined, cannot be read: %s", peer->id,
                  strerror(peer->maps_errnum));
    else
        p->plan->peer = peer->id;
}

/* One that another container's user namespace owns is that container's; engines make theirs in the namespace that we are in, or in the one they bring. */
static void join_network(struct cm_planner *p, const struct oci_namespace *ns, const char *field)
{
    const struct cm_ns_path_fact *fact = &p->facts->ns_path[OCI_NS_NETWORK];

    if (!is_own_user(p, fact->owner) && !is_brought(p, fact->owner) && !is_peers(p, OCI_NS_NETWORK))
        cm_refuse(p, CM_CODE_NS_JOIN, field, "the network namespace \"%.128s\" belongs to another container; let the engine make it, or leave the path out",
                  ns->path);
    p->plan->join_network = ns->path;
    p->plan->join_network_id = fact->id;
    p->plan->join_network_owner = fact->owner;
}

static void check_path(struct cm_planner *p, const struct oci_namespace *ns, const char *field)
{
    const struct ns_row *row = &rows[ns->type];
    const struct cm_ns_path_fact *fact = &p->facts->ns_path[ns->type];
    const char *word = oci_namespace_word(ns->type);

    if (ns->path[0] != '/') {
        cm_refuse(p, CM_CODE_NS_PATH, field, "the path \"%.128s\" of the %s namespace must be absolute", ns->path, word);
        return;
    }
    if (!fact->exists) {
        cm_refuse(p, CM_CODE_NS_PATH, field, "the %s namespace \"%.128s\" cannot be opened: %s", word, ns->path, strerror(fact->errnum));
        return;
    }
    if (!fact->is_nsfs || !fact->type_matches) {
        cm_refuse(p, CM_CODE_NS_PATH, field, "\"%.128s\" is not a %s namespace", ns->path, word);
        return;
    }
    if (same_ns(fact->id, p->facts->own_ns[ns->type]) || same_ns(fact->id, p->facts->init_ns[ns->type])) {
        cm_refuse(p, row->code, field, "\"%.128s\" is the host's %s namespace; a container must have its own", ns->path, word);
        return;
    }
    if (row->join == NS_POD || row->join == NS_PEER) {
        join_pod(p, ns, row->join, field);
        return;
    }
    if (row->join != NS_OK) {
        cm_refuse(p, CM_CODE_NS_JOIN, field, "a container does not join another one's %s namespace (\"%.128s\"); leave the path out", word, ns->path);
        return;
    }
    if (ns->type == OCI_NS_USER)
        join_user(p, ns, field);
    else
        join_network(p, ns, field);
}

static void check_absent(struct cm_planner *p, enum oci_namespace_type type)
{
    const struct ns_row *row = &rows[type];

    if (row->absent == NS_ADD)
        cm_tighten(p, row->code, LIST, "there is no %s namespace in the list; one was added", oci_namespace_word(type));
    else if (row->absent == NS_REFUSE)
        cm_refuse(p, row->code, LIST, "there is no %s namespace in the list, which would leave the container in the host's; add {\"type\": \"%s\"}",
                  oci_namespace_word(type), oci_namespace_word(type));
}

void cm_check_namespaces(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;
    bool seen[OCI_NS_TYPES] = {false};

    find_peer(p);
    for (size_t i = 0; i < linux_->n_namespaces; i++) {
        const struct oci_namespace *ns = &linux_->namespaces[i];
        const char *field = cm_text(p, LIST "/%zu", i);

        seen[ns->type] = true;
        if (ns->path && ns->path[0])
            check_path(p, ns, cm_text(p, "%s/path", field));
        else if (ns->type == OCI_NS_NETWORK)
            p->plan->new_network = true;
        else if (ns->type == OCI_NS_TIME)
            p->plan->new_time = true;
    }
    for (unsigned int type = 0; type < OCI_NS_TYPES; type++)
        if (!seen[type])
            check_absent(p, (enum oci_namespace_type)type);
    cm_check_time(p);
}
