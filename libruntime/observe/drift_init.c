/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Init, and every other process of a container, against what was recorded. What a process may do by itself (give up capabilities, change to another id of the
 * container's, load further filters, raise its OOM score, lower its limits) makes no container weaker. Hostile: all of it is what processes did.
 */
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>

#include "observe/drift.h"
#include "oci/capnames.h"
#include "policy/labels.h"

#define HAS(caps, cap) (((caps) >> (cap) & 1) != 0)

/* ---- ids ---- */

/* The host's id of one of the container's; false: it is not mapped. */
static bool outside(const struct oci_id_mappings *map, uint32_t id, uint32_t *ret)
{
    for (size_t i = 0; i < map->n; i++)
        if (id >= map->v[i].container_id && id - map->v[i].container_id < map->v[i].size) {
            *ret = map->v[i].host_id + (id - map->v[i].container_id);
            return true;
        }
    return false;
}

static bool inside(const struct oci_id_mappings *map, uint32_t host, uint32_t *ret)
{
    for (size_t i = 0; i < map->n; i++)
        if (host >= map->v[i].host_id && host - map->v[i].host_id < map->v[i].size) {
            *ret = map->v[i].container_id + (host - map->v[i].host_id);
            return true;
        }
    return false;
}

static char *ids_text(struct cm_drift_report *report, const uint32_t ids[CM_PROCESS_IDS])
{
    bool same = ids[1] == ids[0] && ids[2] == ids[0] && ids[3] == ids[0];

    return same ? cm_drift_text(report, "%u outside", ids[0])
                : cm_drift_text(report, "%u, %u, %u, %u outside (real, effective, saved, filesystem)", ids[0], ids[1], ids[2], ids[3]);
}

static void add_id(struct cm_drift_report *report, const char *name, const struct oci_id_mappings *map, uint32_t recorded, bool may_change,
                   const uint32_t now[CM_PROCESS_IDS])
{
    enum cm_drift drift = CM_DRIFT_NONE;
    uint32_t want = 0, id = 0;
    const char *note = "";

    if (!outside(map, recorded, &want)) {
        cm_drift_unknown(report, "process", name, cm_drift_text(report, "%u in the container", recorded), EINVAL);
        return;
    }
    for (size_t i = 0; i < CM_PROCESS_IDS; i++) {
        if (now[i] == want)
            continue;
        if (!inside(map, now[i], &id)) {
            drift = CM_DRIFT_WEAKER;
            note = "an id of the host's, not of the container's";
            break;
        }
        if (!may_change || (id == 0 && recorded != 0)) {
            drift = CM_DRIFT_WEAKER;
            note = id == 0 ? "it has become the container's root" : "it has no capability to change it";
            break;
        }
        drift = CM_DRIFT_BENIGN;
        note = "another id of the container's, to which it may change";
    }
    cm_drift_add(report, drift, "process", name, cm_drift_text(report, "%u outside, %u in the container", want, recorded), ids_text(report, now), note);
}

static bool has_id(const uint32_t *ids, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* A process may have 65536 groups, of which nobody wants to read more than a few. */
#define GROUPS_SHOWN ((size_t)32)

static char *list_text(struct cm_drift_report *report, const uint32_t *ids, size_t n)
{
    CM_AUTO_STR struct cm_str text = {0};

    for (size_t i = 0; i < n && i < GROUPS_SHOWN; i++)
        cm_str_addf(&text, "%s%u", i > 0 ? " " : "", ids[i]);
    if (n > GROUPS_SHOWN)
        cm_str_addf(&text, " and %zu more", n - GROUPS_SHOWN);
    const char *list = cm_str_text(&text);
    report->failed |= !list;
    return cm_drift_text(report, "%s", n == 0 || !list ? "none" : list);
}

static void add_groups(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now)
{
    const struct cm_promise *promise = init->promise;
    uint32_t *want = cm_arena_array(&report->arena, promise->n_groups + 1, sizeof(*want)), id = 0;
    enum cm_drift drift = CM_DRIFT_NONE;
    const char *note = "";
    size_t n = 0;

    report->failed |= !want;
    for (size_t i = 0; want && i < promise->n_groups; i++)
        if (outside(&init->confinement->gid_map, promise->groups[i], &want[n]))
            n++;
    for (size_t i = 0; want && i < n && drift == CM_DRIFT_NONE; i++)
        if (!has_id(now->groups, now->n_groups, want[i]))
            drift = CM_DRIFT_STRICTER;
    for (size_t i = 0; want && i < now->n_groups; i++) {
        if (has_id(want, n, now->groups[i]))
            continue;
        if (inside(&init->confinement->gid_map, now->groups[i], &id) && HAS(init->confinement->caps.bounding, CAP_SETGID)) {
            drift = CM_DRIFT_BENIGN;
            note = "groups of the container's, which it may set";
            continue;
        }
        drift = CM_DRIFT_WEAKER;
        note = "it has a group that it was not given";
        break;
    }
    cm_drift_add(report, drift, "process", "groups", list_text(report, want, n), list_text(report, now->groups, now->n_groups), note);
}

void cm_drift_ids(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now)
{
    const struct cm_confinement *c = init->confinement;

    add_id(report, "user", &c->uid_map, init->promise->uid, HAS(c->caps.bounding, CAP_SETUID), now->uids);
    add_id(report, "group", &c->gid_map, init->promise->gid, HAS(c->caps.bounding, CAP_SETGID), now->gids);
    add_groups(report, init, now);
}

/* ---- capabilities ---- */

static char *caps_text(struct cm_drift_report *report, uint64_t caps)
{
    CM_AUTO_STR struct cm_str text = {0};
    size_t n = 0;

    for (unsigned int i = 0; i < 64; i++) {
        if (!HAS(caps, i))
            continue;
        const char *name = cm_cap_name(i);
        if (name)
            cm_str_addf(&text, "%s%s", n++ > 0 ? " " : "", name + strlen("CAP_"));
        else
            cm_str_addf(&text, "%s%u", n++ > 0 ? " " : "", i);
    }
    const char *list = cm_str_text(&text);
    report->failed |= !list;
    return cm_drift_text(report, "%s", n == 0 || !list ? "none" : list);
}

static void add_caps(struct cm_drift_report *report, const char *name, uint64_t recorded, uint64_t most, uint64_t now)
{
    enum cm_drift drift = now == recorded      ? CM_DRIFT_NONE
                          : now & ~most        ? CM_DRIFT_WEAKER
                          : (now & ~recorded)  ? CM_DRIFT_BENIGN
                                               : CM_DRIFT_STRICTER;
    const char *note = drift == CM_DRIFT_WEAKER ? "it has capabilities that it was not given" : drift == CM_DRIFT_BENIGN ? "it may arrange these itself" : "";

    cm_drift_add(report, drift, "capabilities", name, caps_text(report, recorded), caps_text(report, now), note);
}

void cm_drift_caps(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now)
{
    const struct cm_plan_caps *caps = &init->confinement->caps;
    uint64_t permitted = caps->permitted, effective = caps->effective;

    /* execve(2) with no_new_privs leaves root what it had, and everybody else what was ambient (capabilities(7)). */
    if (init->executed) {
        permitted = init->promise->uid == 0 ? caps->permitted & caps->bounding : caps->ambient;
        effective = permitted;
    }
    add_caps(report, "bounding", caps->bounding, caps->bounding, now->bounding);
    add_caps(report, "permitted", permitted, permitted, now->permitted);
    add_caps(report, "effective", effective, permitted, now->effective);
    add_caps(report, "inheritable", caps->ambient, permitted | caps->bounding, now->inheritable);
    add_caps(report, "ambient", caps->ambient, permitted, now->ambient);
}

/* ---- filters ---- */

uint32_t cm_drift_filters(const struct cm_confinement *confinement)
{
    return confinement->extra.size > 0 ? 2 : 1;
}

void cm_drift_seccomp(struct cm_drift_report *report, const struct cm_drift_init *init, const struct cm_process *now)
{
    static const char *const modes[] = {[SECCOMP_MODE_DISABLED] = "off", [SECCOMP_MODE_STRICT] = "strict", [SECCOMP_MODE_FILTER] = "filters"};
    uint32_t want = cm_drift_filters(init->confinement);
    bool filters = now->seccomp_mode == SECCOMP_MODE_FILTER;
    const char *mode = now->seccomp_mode < CM_ARRAY_LEN(modes) ? modes[now->seccomp_mode] : "of an unknown mode";

    cm_drift_add(report, now->no_new_privs ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "process", "no_new_privs", "on", now->no_new_privs ? "on" : "off", "");
    cm_drift_add(report, filters ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "seccomp", "mode", modes[SECCOMP_MODE_FILTER], mode, "");
    /* Those of the caller's, which are inherited, and the program's own come on top. */
    cm_drift_add(report, now->seccomp_filters >= want ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "seccomp", "filters", cm_drift_text(report, "at least %u", want),
                 cm_drift_text(report, "%u", now->seccomp_filters), "");
}

/* ---- what else a process has ---- */

static char *map_text(struct cm_drift_report *report, const struct oci_id_mappings *map)
{
    CM_AUTO_STR struct cm_str text = {0};

    for (size_t i = 0; i < map->n; i++)
        cm_str_addf(&text, "%s%u-%u -> %u", i > 0 ? ", " : "", map->v[i].container_id, map->v[i].container_id + (map->v[i].size - 1), map->v[i].host_id);
    const char *list = cm_str_text(&text);
    report->failed |= !list;
    return cm_drift_text(report, "%s", map->n == 0 || !list ? "none" : list);
}

/* A map is written once: any other one is that of another user namespace. */
void cm_drift_map(struct cm_drift_report *report, const char *name, const struct oci_id_mappings *recorded, const struct oci_id_mappings *now)
{
    bool same = recorded->n == now->n && (now->n == 0 || memcmp(recorded->v, now->v, now->n * sizeof(*now->v)) == 0);

    cm_drift_add(report, same ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "user namespace", name, map_text(report, recorded), map_text(report, now), "");
}

static char *limit_text(struct cm_drift_report *report, uint64_t value)
{
    return value == UINT64_MAX ? cm_drift_text(report, "unlimited") : cm_drift_text(report, "%" PRIu64, value);
}

void cm_drift_rlimits(struct cm_drift_report *report, const struct cm_promise *promise, const struct cm_limit_pair now[CM_RLIMITS])
{
    for (size_t i = 0; i < promise->n_rlimits; i++) {
        const struct cm_plan_rlimit *want = &promise->rlimits[i];
        if (want->resource < 0 || want->resource >= CM_RLIMITS)
            continue;
        const struct cm_limit_pair *is = &now[want->resource];
        enum cm_drift drift = is->hard > want->hard || is->soft > want->hard ? CM_DRIFT_WEAKER
                              : is->hard < want->hard                        ? CM_DRIFT_STRICTER
                              : is->soft != want->soft                       ? CM_DRIFT_BENIGN /* up to the hard one it is the process's */
                                                                             : CM_DRIFT_NONE;
        cm_drift_add(report, drift, "resource limit", cm_rlimit_name(want->resource),
                     cm_drift_text(report, "%s, at most %s", limit_text(report, want->soft), limit_text(report, want->hard)),
                     cm_drift_text(report, "%s, at most %s", limit_text(report, is->soft), limit_text(report, is->hard)), "");
    }
}

void cm_drift_oom_score(struct cm_drift_report *report, int32_t recorded, int64_t now)
{
    enum cm_drift drift = now == recorded ? CM_DRIFT_NONE : now < recorded ? CM_DRIFT_WEAKER : CM_DRIFT_STRICTER;

    cm_drift_add(report, drift, "process", "oom_score_adj", cm_drift_text(report, "%d", recorded), cm_drift_text(report, "%" PRId64, now),
                 drift == CM_DRIFT_WEAKER ? "the kernel spares it where it would have killed it" : "");
}

bool cm_drift_has_label(const struct cm_confinement *confinement, const char *now)
{
    const char *profile = confinement->apparmor_profile, *label = confinement->selinux_label;

    if (profile && !(now && cm_apparmor_shows(now, profile)))
        return false;
    return profile || !label || cm_streq(label, now);
}

void cm_drift_label(struct cm_drift_report *report, const struct cm_drift_init *init, const char *now)
{
    const char *profile = init->confinement->apparmor_profile, *label = init->confinement->selinux_label;
    const char *want = profile ? profile : label;
    const char *is = now ? now : "none";

    if (!want) {
        cm_drift_add(report, CM_DRIFT_NONE, "label", "", "none", is, "");
        return;
    }
    bool same = !init->executed || cm_drift_has_label(init->confinement, now);
    cm_drift_add(report, same ? CM_DRIFT_NONE : CM_DRIFT_WEAKER, "label", profile ? "AppArmor" : "SELinux", want, is,
                 init->executed ? "" : "it holds from the start of the program on");
}

/* ---- a further process ---- */

static const char *foreign_id(struct cm_arena *arena, const char *what, const struct oci_id_mappings *map, const uint32_t *ids, size_t n)
{
    uint32_t ignored;

    for (size_t i = 0; i < n; i++)
        if (!inside(map, ids[i], &ignored))
            return cm_arena_printf(arena, "its %s %u is none of the container's", what, ids[i]);
    return NULL;
}

const char *cm_drift_process(struct cm_arena *arena, const struct cm_drift_init *init, const struct cm_process *now)
{
    const struct cm_confinement *c = init->confinement;
    uint64_t most = c->caps.bounding, has = now->permitted | now->effective | now->ambient | now->bounding;

    if (!now->no_new_privs)
        return "no_new_privs is off";
    if (now->seccomp_mode != SECCOMP_MODE_FILTER || now->seccomp_filters < cm_drift_filters(c))
        return cm_arena_printf(arena, "it has %u system call filters, init %u", now->seccomp_filters, cm_drift_filters(c));
    if (has & ~most)
        return "it has capabilities that init was not given";
    const char *why = foreign_id(arena, "user", &c->uid_map, now->uids, CM_PROCESS_IDS);
    if (!why)
        why = foreign_id(arena, "group", &c->gid_map, now->gids, CM_PROCESS_IDS);
    return why ? why : foreign_id(arena, "additional group", &c->gid_map, now->groups, now->n_groups);
}
