/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks: programs of the host that a bundle names, run with the runtime's power. None is allowed unless the policy says so. */
#include "plan/planner.h"

void cm_check_hooks(struct cm_planner *p)
{
    const struct oci_hooks *hooks = p->config->hooks;

    if (!hooks || p->policy->allow_hooks)
        return;
    for (unsigned int kind = 0; kind < OCI_HOOK_KINDS; kind++)
        for (size_t i = 0; i < hooks->n[kind]; i++)
            cm_refuse(p, CM_CODE_HOOK, cm_text(p, "/hooks/%s/%zu", oci_hook_word((enum oci_hook_kind)kind), i),
                      "the hook \"%.128s\" would run on the host and the policy allows none; remove it", hooks->v[kind][i].path ? hooks->v[kind][i].path : "");
}
