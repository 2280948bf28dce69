/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bind mounts by the administrator's own rules. Places are the kernel's answer to where the opened source can be seen. */
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/mounts.h"

/* With a destination the rule is for one place only, else for everything below as well. */
static bool is_about(const struct cm_mount_rule *rule, const char *place)
{
    return rule->destination ? cm_streq(place, rule->prefix) : cm_path_is_below(place, rule->prefix);
}

/*
 * The longest prefix decides, so that a rule for a subdirectory can be stricter than the one around it. Of several equal ones the first that is for this
 * destination. *ret_about: some rule names the place, though for another destination.
 */
static const struct cm_mount_rule *find_rule(const struct cm_planner *p, const char *place, const char *target, const struct cm_mount_rule **ret_about)
{
    const struct cm_mount_rule *best = NULL, *about = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < p->policy->n_mount_rules; i++) {
        const struct cm_mount_rule *rule = &p->policy->mount_rules[i];
        size_t n = strlen(rule->prefix);
        if (n < longest || !is_about(rule, place))
            continue;
        if (n > longest) {
            longest = n;
            best = NULL;
            about = rule;
        }
        if (!best && (!rule->destination || cm_streq(rule->destination, target)))
            best = rule;
    }
    *ret_about = about;
    return best;
}

bool cm_bind_rule_covers(const struct cm_planner *p, const char *place)
{
    const struct cm_mount_rule *about;

    (void)find_rule(p, place, "", &about);
    return about != NULL;
}

static bool has_filesystem(const struct cm_mount_rule *rule, const char *type)
{
    for (size_t i = 0; i < rule->n_filesystems; i++)
        if (cm_streq(rule->filesystems[i], type))
            return true;
    return rule->n_filesystems == 0;
}

/* What a rule says about the source itself, or NULL. */
static const char *condition(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_mount_rule *rule)
{
    const struct cm_mount_fact *fact = work->fact;
    const char *type = fact->source_mount ? fact->source_mount->type : "unknown";

    if (rule->type == CM_SOURCE_DIRECTORY && !S_ISDIR(fact->source_mode))
        return "its rule in mounts.allow is for directories, and this is a file";
    if (rule->type == CM_SOURCE_FILE && !S_ISREG(fact->source_mode))
        return "its rule in mounts.allow is for files, and this is a directory";
    if (!has_filesystem(rule, type))
        return cm_text(p, "it lies on a filesystem of the type %.32s, which its rule in mounts.allow does not list", type);
    return NULL;
}

static bool check_sockets(struct cm_planner *p, const struct cm_mount_work *work, const struct cm_mount_rule *rule)
{
    const struct cm_mount_fact *fact = work->fact;

    if (rule->allow_sockets || (!fact->source_socket && !fact->source_unread))
        return true;
    if (fact->source_socket)
        cm_refuse(p, CM_CODE_MOUNT_SOCKET, work->source,
                  "the socket \"%.64s\" lies in \"%.128s\", and whoever can see it can talk to who listens; move it, or add \"sockets\": true to the rule",
                  fact->source_socket, fact->source_real);
    else
        cm_refuse(p, CM_CODE_MOUNT_SOCKET, work->source,
                  "\"%.128s\" holds too much to be searched for sockets; mount a smaller directory, or add \"sockets\": true to its rule", fact->source_real);
    return false;
}

/* One place at which the source can be seen; the first is the source. What its rule forces is added to *forced. */
static bool check_place(struct cm_planner *p, struct cm_mount_work *work, size_t i, uint64_t *forced)
{
    const struct cm_mount_fact *fact = work->fact;
    const char *place = fact->source_places[i], *why = cm_bind_denied_place(p, place);
    const char *also = i > 0 ? cm_text(p, "\"%.128s\", which is also ", fact->source_real) : "";
    const struct cm_mount_rule *about, *rule = find_rule(p, place, work->out->target, &about);

    if (!why && rule)
        why = condition(p, work, rule);
    if (why) {
        cm_refuse(p, CM_CODE_MOUNT_SOURCE, work->source, "the source %s\"%.128s\" is refused: %s", also, place, why);
        return false;
    }
    if (!rule && about) {
        cm_refuse(p, CM_CODE_MOUNT_SOURCE, work->source, "the rule of the policy for the host path %s\"%.128s\" is for \"%.128s\" and no other destination",
                  also, place, about->destination);
        return false;
    }
    if (!rule) {
        cm_refuse(p, CM_CODE_MOUNT_SOURCE, work->source, "no rule of the policy allows the host path %s\"%.128s\"; add one to mounts.allow or remove the mount",
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
    cm_allowed(p, work->source, "mounts.allow", rule->prefix);
    *forced |= (rule->allow_write ? 0 : (uint64_t)MOUNT_ATTR_RDONLY) | (rule->allow_exec ? 0 : (uint64_t)MOUNT_ATTR_NOEXEC);
    return i >= fact->n_source_places || check_sockets(p, work, rule); /* what is mounted below is not what was searched */
}

/*
 * One file can be seen at several places (bind mounts), and which of them is "the" place nobody knows: a mount of /etc below an allowed directory must not
 * launder it. So every place must be allowed, and the strictest of their rules counts.
 */
bool cm_bind_check_rules(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct cm_mount_fact *fact = work->fact;
    uint64_t forced = 0;

    for (size_t i = 0; i < (work->recursive ? fact->n_source_places_below : fact->n_source_places); i++)
        if (!check_place(p, work, i, &forced))
            return false;
    if (work->idmap && !cm_bind_can_idmap(p, work))
        return false;
    if (forced & ~work->asked)
        cm_tighten(p, CM_CODE_MOUNT_READONLY, work->field, "the policy's rule for %.128s makes this mount%s%s", fact->source_real,
                   (forced & ~work->asked & MOUNT_ATTR_RDONLY) ? " read-only" : "", (forced & ~work->asked & MOUNT_ATTR_NOEXEC) ? " noexec" : "");
    work->out->attributes |= forced;
    return true;
}
