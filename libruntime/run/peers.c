/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See peers.h. Only one that runs counts: inode numbers of namespaces are used again, and its processes keep its own. Records are ours; hostile is which
 * namespaces the configuration names, so the answer is who they belong to, and the planner judges.
 */
#include "run/peers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ns/identity.h"
#include "ns/usermaps.h"
#include "plan/pod.h"

/* Types by which a pod is known. A mount or cgroup namespace is never joined. */
static const enum oci_namespace_type shared[] = {OCI_NS_PID, OCI_NS_NETWORK, OCI_NS_IPC, OCI_NS_UTS, OCI_NS_USER};

struct search {
    const struct cm_runtime *runtime;
    const struct oci_config *config;
    struct cm_facts *facts;
    struct age {
        uint64_t start; /* of the first process, in ticks since boot */
        const char *created_at;
    } makers[OCI_NS_TYPES]; /* of facts->peer.makers */
    unsigned int unknown;   /* bits of namespaces of which somebody's age could not be told: nobody counts as their maker */
};

/* Not knowing whose a namespace is does not make it nobody's. */
static void note_unknown(const struct search *search, int r)
{
    if (r < 0 && r != -ENOENT) /* but for one that has just gone, or has only begun: then nothing of it can be joined */
        search->facts->peer.errnum = -r;
}

static struct cm_ns_id recorded(const struct cm_record *record, enum oci_namespace_type type)
{
    const char *word = oci_namespace_word(type);

    for (size_t i = 0; i < OCI_NS_TYPES && record->namespaces[i].type; i++)
        if (strcmp(record->namespaces[i].type, word) == 0)
            return (struct cm_ns_id){record->namespaces[i].dev, record->namespaces[i].ino};
    return (struct cm_ns_id){0};
}

/* Which of the namespaces to be joined are this container's. Those of the host are nobody's. */
static unsigned int common(const struct search *search, const struct cm_record *record)
{
    unsigned int bits = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(shared); i++) {
        const struct oci_namespace *ns = oci_config_namespace(search->config, shared[i]);
        const struct cm_ns_id *wanted = &search->facts->ns_path[shared[i]].id;
        const struct cm_ns_id has = recorded(record, shared[i]);
        if (ns && ns->path && cm_ns_same(&has, wanted) && !cm_ns_same(wanted, &search->facts->own_ns[shared[i]]))
            bits |= 1u << shared[i];
    }
    return bits;
}

static void read_maps(const struct search *search, const struct cm_record *record, struct cm_peer_fact *peer)
{
    struct cm_arena *arena = &search->facts->arena;
    int r = cm_usermaps_read(search->runtime->proc, record->pid, "uid_map", arena, &peer->uid_map);

    if (r == 0)
        r = cm_usermaps_read(search->runtime->proc, record->pid, "gid_map", arena, &peer->gid_map);
    peer->maps_errnum = -r;
}

/* Ticks are no worse for a clock that was set; within one, the clock decides. */
static bool is_older(const struct age *a, const struct age *b)
{
    return a->start != b->start ? a->start < b->start : strcmp(a->created_at, b->created_at) < 0;
}

/* A pod has several containers by now, in any order. A namespace is as old as the one that made it, and while that runs nobody has been in it longer. */
static void note_makers(struct search *search, const struct cm_record *record, unsigned int bits)
{
    struct cm_arena *arena = &search->facts->arena;
    struct age age = {.created_at = cm_arena_strdup(arena, record->created_at)};
    const char *id = cm_arena_strdup(arena, record->id);

    int r = id && age.created_at ? cm_pid_start_time(search->runtime->proc, record->pid, &age.start) : -ENOMEM;
    if (r == -ESRCH)
        return; /* it has just gone: nothing is its any more */
    if (r < 0)
        search->unknown |= bits;
    for (size_t i = 0; i < OCI_NS_TYPES; i++)
        if (search->unknown & 1u << i) {
            search->facts->peer.makers[i] = NULL;
        } else if (bits & 1u << i && (!search->facts->peer.makers[i] || is_older(&age, &search->makers[i]))) {
            search->facts->peer.makers[i] = id;
            search->makers[i] = age;
        }
}

static void take(struct search *search, const struct cm_record *record, unsigned int bits)
{
    struct cm_arena *arena = &search->facts->arena;
    struct cm_peer_fact *peer = &search->facts->peer;
    struct cm_ns_id user = recorded(record, OCI_NS_USER);

    if (peer->id && !cm_ns_same(&user, &peer->user))
        peer->other = cm_arena_strdup(arena, record->id);
    peer->namespaces |= bits;
    note_makers(search, record, bits);
    if (peer->id)
        return;
    peer->id = cm_arena_strdup(arena, record->id);
    peer->user = user;
    peer->user_path = cm_arena_printf(arena, "/proc/%d/ns/user", (int)record->pid);
    if (!record->cgroup_path || !cm_pod_uid(record->cgroup_path, peer->pod_uid))
        peer->pod_uid[0] = '\0';
    read_maps(search, record, peer);
}

static int look(const char *id, void *user)
{
    struct search *search = user;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    static struct cm_error ignored;

    int r = cm_record_read_of(&search->runtime->store, id, &record, &ignored);
    note_unknown(search, r);
    if (r < 0 || !record->created)
        return 0;
    unsigned int bits = common(search, record);
    if (bits == 0)
        return 0;
    CM_AUTO_CLOSE int pidfd = cm_record_pidfd(record, search->runtime->proc);
    if (pidfd >= 0)
        take(search, record, bits);
    else if (pidfd != -ESRCH)
        note_unknown(search, pidfd);
    return 0;
}

void cm_peers_facts(const struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts)
{
    struct search search = {.runtime = runtime, .config = config, .facts = facts};
    static struct cm_error ignored;
    unsigned int wanted = 0;
    struct cm_pod pod;

    for (size_t i = 0; i < CM_ARRAY_LEN(shared); i++)
        if (facts->ns_path[shared[i]].type_matches && !cm_ns_same(&facts->ns_path[shared[i]].id, &facts->own_ns[shared[i]]))
            wanted |= 1u << shared[i];
    if (wanted == 0 || runtime->rootless || runtime->store.fd < 0)
        return;
    /* Mostly all are those of the sandbox that an annotation names. One that is not may be another pod's: whose it is, no annotation decides. */
    cm_pod_of(config, &pod);
    if (pod.sandbox)
        (void)look(pod.sandbox, &search);
    if (facts->peer.namespaces != wanted)
        note_unknown(&search, cm_store_each(&runtime->store, look, &search, &ignored));
}
