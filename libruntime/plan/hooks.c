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

/* A rule for a program of the image is none for what lies at the same path of the host. */
static bool is_allowed(const struct cm_policy *policy, const char *path, bool inside)
{
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        if (cm_streq(policy->hook_rules[i].path, path) && (inside || !policy->hook_rules[i].inside))
            return true;
    return false;
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
    const char *path = p->config->hooks->v[kind][at].path ? p->config->hooks->v[kind][at].path : "";
    const char *field = cm_text(p, "/hooks/%s/%zu", oci_hook_word(kind), at);
    bool inside = kind == OCI_HOOK_START_CONTAINER;

    if (!is_allowed(p->policy, path, inside)) {
        cm_refuse(p, CM_CODE_HOOK, field,
                  "the hook \"%.128s\" would run %s and no rule of the policy allows it; add its path to hooks.allow of the policy, or remove it", path,
                  inside ? "before the program" : "on the host");
        return;
    }
    if (at >= CM_HOOKS_MAX) {
        cm_refuse(p, CM_CODE_HOOK, field, "there are more than %zu hooks of its kind; remove some", CM_HOOKS_MAX);
        return;
    }
    static const struct cm_hook_fact unknown = {.fd = -1};
    const struct cm_hook_fact *fact = at < p->facts->n_hooks[kind] ? &p->facts->hooks[kind][at] : &unknown;
    const char *objection = inside ? NULL : cm_hook_objection(fact);
    if (!inside)
        check_env(p, &p->config->hooks->v[kind][at].env, field);
    if (objection)
        cm_refuse(p, CM_CODE_HOOK, field, "the policy allows the hook \"%.128s\", but %s", path, objection);
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
