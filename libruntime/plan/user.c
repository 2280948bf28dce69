/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process.user: ids, groups, umask. Whether the ids are mapped is ids.c's. */
#include "plan/planner.h"

#define UMASK_DEFAULT 022u
#define GROUPS_MAX ((size_t)65536) /* NGROUPS_MAX of Linux */

bool cm_wants_non_root(const struct cm_planner *p)
{
    return p->policy->require_non_root || (p->exec && p->exec->init->non_root);
}

static void check_non_root(struct cm_planner *p, uint32_t uid)
{
    p->plan->non_root = cm_wants_non_root(p) && uid != 0;
    if (!cm_wants_non_root(p) || uid != 0 || cm_excepted(p, CM_CODE_NONROOT, "/process/user/uid", "the user is root"))
        return;
    if (p->policy->require_non_root)
        cm_refuse(p, CM_CODE_NONROOT, "/process/user/uid", "the policy \"%s\" wants a user other than root; set another id", p->policy->name);
    else
        cm_refuse(p, CM_CODE_NONROOT, "/process/user/uid",
                  "the policy with which the container was created wants a user other than root; set another id, or create it anew");
}

void cm_check_user(struct cm_planner *p)
{
    const struct oci_user *user;

    p->plan->umask = UMASK_DEFAULT;
    if (!p->config->process)
        return;
    user = &p->config->process->user;
    p->plan->uid = user->uid;
    p->plan->gid = user->gid;
    p->plan->n_groups = user->n_additional_gids;
    p->plan->groups = user->additional_gids;
    if (user->umask.set && user->umask.v > 0777)
        cm_refuse(p, CM_CODE_PROCESS, "/process/user/umask", "%u is not a umask between 0 and 511 (0777)", user->umask.v);
    else if (user->umask.set)
        p->plan->umask = user->umask.v;
    check_non_root(p, user->uid);
    if (user->n_additional_gids > GROUPS_MAX)
        cm_refuse(p, CM_CODE_GROUP, "/process/user/additionalGids", "%zu groups are more than the %zu the kernel takes", user->n_additional_gids, GROUPS_MAX);
    /* engines repeat the primary group; group 0 for anyone else would open what is root's in the image */
    for (size_t i = 0; i < user->n_additional_gids; i++)
        if (user->additional_gids[i] == 0 && user->uid != 0 && user->gid != 0) {
            cm_refuse(p, CM_CODE_GROUP, cm_text(p, "/process/user/additionalGids/%zu", i), "group 0 would give root's files to user %u; remove it", user->uid);
            break;
        }
}
