/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks: programs of the host that a bundle names, run with the runtime's power. None is allowed unless the policy names its path. */
#include "plan/planner.h"

static bool is_allowed(const struct cm_policy *policy, const char *path)
{
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        if (cm_streq(policy->hook_rules[i].path, path))
            return true;
    return false;
}

static void check_hook(struct cm_planner *p, enum oci_hook_kind kind, size_t at)
{
    const char *path = p->config->hooks->v[kind][at].path;
    const char *field = cm_text(p, "/hooks/%s/%zu", oci_hook_word(kind), at);

    if (is_allowed(p->policy, path))
        cm_refuse(p, CM_CODE_NOT_YET, field, "hooks are not run yet");
    else
        cm_refuse(p, CM_CODE_HOOK, field,
                  "the hook \"%.128s\" would run on the host and no rule of the policy allows it; add its path to hooks.allow of the policy, or remove it",
                  path ? path : "");
}

void cm_check_hooks(struct cm_planner *p)
{
    const struct oci_hooks *hooks = p->config->hooks;

    for (unsigned int kind = 0; hooks && kind < OCI_HOOK_KINDS; kind++)
        for (size_t i = 0; i < hooks->n[kind]; i++)
            check_hook(p, (enum oci_hook_kind)kind, i);
}
