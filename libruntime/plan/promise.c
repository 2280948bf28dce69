/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See promise.h. */
#include "plan/promise.h"

#include <sys/stat.h>

static const char *const *bound_nodes(const struct cm_plan *plan, size_t *ret_n)
{
    const char **names = cm_arena_array(plan->arena, plan->n_devices + 1, sizeof(*names));

    for (size_t i = 0; names && plan->rootless && i < plan->n_devices; i++)
        if (S_ISCHR(plan->devices[i].mode)) /* without privilege no node can be made (rootfs/dev.c) */
            names[(*ret_n)++] = plan->devices[i].name;
    return names;
}

bool cm_plan_promise(const struct cm_plan *plan, int32_t own_oom_score_adj, struct cm_promise *ret)
{
    struct cm_promised_mount *mounts = cm_arena_array(plan->arena, plan->n_mounts + 1, sizeof(*mounts));
    struct cm_promised_limit *limits = cm_arena_array(plan->arena, plan->n_limits + 1, sizeof(*limits));
    const struct oci_hooks *hooks = plan->hooks;

    *ret = (struct cm_promise){
        .uid = plan->uid,
        .gid = plan->gid,
        .n_groups = plan->n_groups,
        .groups = plan->groups,
        .n_rlimits = plan->n_rlimits,
        .rlimits = plan->rlimits,
        .oom_score_adj = plan->oom_score_adj_set ? plan->oom_score_adj : own_oom_score_adj,
        .seccomp_profile = plan->seccomp_profile,
        .hooks = hooks->n[OCI_HOOK_PRESTART] + hooks->n[OCI_HOOK_CREATE_RUNTIME] + hooks->n[OCI_HOOK_CREATE_CONTAINER] > 0,
        .terminal = plan->terminal,
        .root_idmap = plan->root_idmap && !plan->root_scratch && !plan->root_layers, /* of an overlay the layers are */
        .device_program = plan->device_program && plan->cgroup_path,
        .network_joined = plan->join_network != NULL,
        .ipc_joined = plan->join[OCI_NS_IPC].path != NULL,
        .uts_joined = plan->join[OCI_NS_UTS].path != NULL,
        .network_owner = plan->join_network_owner,
        .masked = plan->masked_paths,
        .readonly = plan->readonly_paths,
        .n_mounts = plan->n_mounts,
        .mounts = mounts,
        .n_limits = plan->cgroup_path ? plan->n_limits : 0,
        .limits = limits,
    };
    ret->bound_nodes.v = (const char **)(uintptr_t)bound_nodes(plan, &ret->bound_nodes.n);
    if (!mounts || !limits || !ret->bound_nodes.v)
        return false;
    for (size_t i = 0; i < plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &plan->mounts[i];
        mounts[i] = (struct cm_promised_mount){m->target, m->kind, m->attributes, m->kind == CM_MOUNT_BIND && m->recursive, m->idmap};
    }
    for (size_t i = 0; i < ret->n_limits; i++) {
        const struct cm_plan_limit *l = &plan->limits[i];
        limits[i] = (struct cm_promised_limit){l->file, l->value, l->preferred_file, l->preferred_value};
    }
    return true;
}
