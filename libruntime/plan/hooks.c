/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks: programs of the host that a bundle names, run with the runtime's power. None is allowed unless the policy names its path, and then only what nobody
 * but the root of this host can have put there. startContainer hooks run inside the container, confined as its program; they need a rule all the same.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/planner.h"
#include "policy/floors.h"
#include "policy/profiles.h"

/* What a rule must fit. */
struct wanted {
    const char *path;
    const struct oci_strings *args;
    enum oci_hook_kind kind;
    const char *sha256;
};

bool cm_hook_begins(const struct oci_strings *args, const struct oci_strings *with)
{
    for (size_t i = 0; i < with->n; i++)
        if (i >= args->n || strcmp(args->v[i], with->v[i]) != 0)
            return false;
    return true;
}

/* A rule for a program of the image is none for what lies at the same path of the host, and what lies in the image cannot be compared. */
static bool is_for(const struct cm_hook_rule *rule, const struct wanted *wanted)
{
    bool inside = wanted->kind == OCI_HOOK_START_CONTAINER;

    return cm_streq(rule->path, wanted->path) && (inside ? !rule->sha256 : !rule->inside) && (rule->stages == 0 || rule->stages >> wanted->kind & 1) &&
           cm_hook_begins(wanted->args, &rule->arguments);
}

bool cm_hook_wants_content(const struct cm_policy *policy, const char *path)
{
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        if (policy->hook_rules[i].sha256 && cm_streq(policy->hook_rules[i].path, path))
            return true;
    return false;
}

/* The rule that allows it: one that takes any content before one that names this content, before one (*ret_other) that names another. */
static const struct cm_hook_rule *find_rule(const struct cm_policy *policy, const struct wanted *wanted, bool *ret_other)
{
    const struct cm_hook_rule *found = NULL;

    *ret_other = false;
    for (size_t i = 0; i < policy->n_hook_rules; i++) {
        const struct cm_hook_rule *rule = &policy->hook_rules[i];
        if (!is_for(rule, wanted))
            continue;
        if (!rule->sha256)
            return rule;
        if (cm_streq(rule->sha256, wanted->sha256))
            found = rule;
        else
            *ret_other = true;
    }
    return found;
}

static bool has_rules(const struct cm_policy *policy, const char *path)
{
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        if (cm_streq(policy->hook_rules[i].path, path))
            return true;
    return false;
}

/* The plan's own list, where what is executed is compared again. */
static void demand_content(struct cm_planner *p, enum oci_hook_kind kind, size_t at, const char *sha256)
{
    struct oci_hooks *own = p->hooks;

    if (!own) {
        own = cm_take(p, 1, sizeof(*own));
        if (!own)
            return;
        *own = *p->config->hooks;
        p->hooks = own;
        p->plan->hooks = own;
    }
    if (own->v[kind] == p->config->hooks->v[kind]) {
        struct oci_hook *copy = cm_take(p, own->n[kind], sizeof(*copy));
        if (!copy)
            return;
        memcpy(copy, own->v[kind], own->n[kind] * sizeof(*copy));
        own->v[kind] = copy;
    }
    own->v[kind][at].sha256 = sha256;
}

const char *cm_hook_objection(const struct cm_hook_fact *fact)
{
    if (!fact->path_is_plain)
        return "its path must be absolute, without empty, \".\" and \"..\" components";
    if (fact->errnum == ELOOP)
        return "its path contains a symbolic link; name the real file";
    if (fact->errnum == ENOENT || fact->errnum == ENOTDIR)
        return "no such file or directory";
    if (fact->fd < 0)
        return "it cannot be opened";
    if (!S_ISREG(fact->mode))
        return "it is not a regular file";
    if (!(fact->mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
        return "it is not executable";
    if (!fact->file_is_safe)
        return "others than root may change it; it must belong to root and be writable for its owner only";
    if (!fact->way_is_safe)
        return "others than root may replace it: every directory on the way must belong to root and be writable for its owner only";
    return NULL;
}

/* The path is the policy's, the environment the bundle's: it must not turn the one program into any other. */
static void check_env(struct cm_planner *p, const struct oci_strings *env, const char *field)
{
    for (size_t i = 0; i < env->n; i++) {
        const char *why = cm_floor_hook_env(env->v[i]);
        if (why)
            cm_refuse(p, CM_CODE_HOOK, cm_text(p, "%s/env/%zu", field, i), "the variable \"%.*s\" is not given to a hook that runs on the host: %s; remove it",
                      (int)CM_MIN(strcspn(env->v[i], "="), (size_t)64), env->v[i], why);
    }
}

static void check_hook(struct cm_planner *p, enum oci_hook_kind kind, size_t at)
{
    static const struct cm_hook_fact unknown = {.fd = -1};
    const struct oci_hook *hook = &p->config->hooks->v[kind][at];
    const char *path = hook->path ? hook->path : "";
    const char *field = cm_text(p, "/hooks/%s/%zu", oci_hook_word(kind), at);
    bool inside = kind == OCI_HOOK_START_CONTAINER, other;
    const struct cm_hook_fact *fact = at < p->facts->n_hooks[kind] ? &p->facts->hooks[kind][at] : &unknown;
    const struct wanted wanted = {fact->program ? fact->program : path, &hook->args, kind, fact->sha256};
    const struct cm_hook_rule *rule = find_rule(p->policy, &wanted, &other);

    if (!rule && !other) {
        cm_refuse(p, CM_CODE_HOOK, field,
                  "the hook \"%.128s\"%s would run %s and no rule of the policy allows it%s; add its path to hooks.allow of the policy, or remove it", path,
                  fact->program ? cm_text(p, ", which is %.128s,", fact->program) : "", inside ? "before the program" : "on the host",
                  has_rules(p->policy, wanted.path) ? " with these arguments at this stage" : "");
        return;
    }
    if (at >= CM_HOOKS_MAX) {
        cm_refuse(p, CM_CODE_HOOK, field, "there are more than %zu hooks of its kind; remove some", CM_HOOKS_MAX);
        return;
    }
    const char *objection = inside ? NULL : cm_hook_objection(fact);
    if (inside && !cm_profile_lets_fork(p->policy->seccomp_profile))
        cm_refuse(p, CM_CODE_HOOK, field,
                  "the system call profile \"%s\" of the policy lets a container start no further process, which this hook would be; remove it, or choose a wider seccomp.profile",
                  p->policy->seccomp_profile);
    if (!inside)
        check_env(p, &p->config->hooks->v[kind][at].env, field);
    if (objection)
        cm_refuse(p, CM_CODE_HOOK, field, "the policy allows the hook \"%.128s\", but %s", path, objection);
    else if (!rule)
        cm_refuse(p, CM_CODE_HOOK, field, "the policy allows the hook \"%.128s\" with another content than the file has (%s%s); install that, or correct sha256 in hooks.allow",
                  path, fact->sha256[0] ? "sha256 " : "it cannot be read", fact->sha256);
    else if (rule->sha256)
        demand_content(p, kind, at, rule->sha256);
    if (rule)
        cm_allowed(p, field, "hooks.allow", rule->path);
}

void cm_check_hooks(struct cm_planner *p)
{
    static const struct oci_hooks none;
    const struct oci_hooks *hooks = p->config->hooks ? p->config->hooks : &none;

    p->plan->hooks = hooks;
    for (unsigned int kind = 0; kind < OCI_HOOK_KINDS; kind++)
        for (size_t i = 0; i < hooks->n[kind]; i++)
            check_hook(p, (enum oci_hook_kind)kind, i);
}
