/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SELinux labels of the container's processes and of the filesystems that we make for it. Hostile: the labels, which come from the configuration. Types and
 * roles of the host are refused, and so is every level that reaches into another container; a level without categories gets a pair of the container's own.
 */
#include "plan/planner.h"
#include "policy/labels.h"

#include <errno.h>
#include <string.h>

#define PROCESS_TYPE "container_t"
#define FILE_LABEL "system_u:object_r:container_file_t"

static bool type_is_listed(const struct cm_policy *policy, const char *type, size_t size)
{
    for (size_t i = 0; i < policy->n_selinux_types; i++)
        if (strlen(policy->selinux_types[i]) == size && memcmp(policy->selinux_types[i], type, size) == 0)
            return true;
    return policy->n_selinux_types == 0;
}

const char *cm_selinux_wanted(const char *asked, const struct cm_policy *policy, bool mls, struct cm_arena *arena)
{
    const char *type = type_is_listed(policy, PROCESS_TYPE, sizeof(PROCESS_TYPE) - 1) ? PROCESS_TYPE : policy->selinux_types[0];

    return asked && asked[0] ? asked : cm_arena_printf(arena, "system_u:system_r:%s%s", type, mls ? ":s0" : "");
}

const char *cm_selinux_wanted_of_mounts(const char *asked, bool mls)
{
    return asked && asked[0] ? asked : mls ? FILE_LABEL ":s0" : FILE_LABEL;
}

static bool role_is(const struct cm_selinux_parts *parts, const char *role)
{
    return parts->role_size == strlen(role) && memcmp(parts->role, role, parts->role_size) == 0;
}

static bool is_unknown(const struct cm_planner *p, enum cm_selinux_use use)
{
    return use == CM_SELINUX_PROCESS ? p->facts->selinux_label_unknown : p->facts->selinux_mount_label_unknown;
}

const char *cm_check_selinux(struct cm_planner *p, const char *label, const char *field, enum cm_selinux_use use)
{
    const char *role = use == CM_SELINUX_PROCESS ? "system_r" : "object_r";
    struct cm_selinux_parts parts;

    if (!label || !label[0])
        return NULL;
    if (!cm_selinux_parse(label, &parts)) {
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is not a label; write user:role:type:level", label);
        return label;
    }
    if (cm_selinux_is_escape(parts.type, parts.type_size))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "the type %.*s is not a container's; use %s", (int)parts.type_size, parts.type,
                  use == CM_SELINUX_PROCESS ? PROCESS_TYPE : "container_file_t");
    if (!role_is(&parts, role))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "the role %.*s is not a container's; use %s", (int)parts.role_size, parts.role, role);
    if (!cm_selinux_level_is_narrow(&parts))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "the level %.64s reaches into other containers; name one sensitivity and two categories, or none", parts.level);
    if (!type_is_listed(p->policy, parts.type, parts.type_size))
        cm_refuse(p, CM_CODE_LSM, field, "the type of \"%.128s\" is none of those in lsm.selinux.types of the policy; use one of them", label);
    else if (!p->facts->selinux)
        cm_refuse(p, CM_CODE_LSM, field, "selinux label \"%.128s\" is specified in config, but selinux is disabled or not supported; leave it out", label);
    else if (is_unknown(p, use))
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is no label of the policy that SELinux has loaded; use one of its types", label);
    return label;
}

const char *cm_add_selinux_default(struct cm_planner *p)
{
    const char *label = cm_selinux_wanted(NULL, p->policy, p->facts->selinux_mls, p->arena);

    if (!label)
        p->no_memory = true;
    else if (p->facts->selinux_label_unknown)
        return "the configuration names no label, and the policy that SELinux has loaded does not know " PROCESS_TYPE ": load one that does (container-selinux)";
    else
        cm_tighten(p, CM_CODE_LSM_MISSING, "/process", "no SELinux label is named; %s is used, with categories of the container's own", label);
    p->plan->selinux_label = label;
    return NULL;
}

void cm_check_mount_label(struct cm_planner *p)
{
    struct cm_plan *plan = p->plan;
    struct cm_selinux_parts process, mount;

    plan->mount_label = cm_check_selinux(p, p->linux_->mount_label, "/linux/mountLabel", CM_SELINUX_MOUNT);
    if (!p->facts->selinux || !plan->selinux_label || !cm_selinux_parse(plan->selinux_label, &process))
        return;
    if (!plan->mount_label && p->facts->selinux_mount_label_unknown)
        cm_not_enforced(p, "mount label", "the policy that SELinux has loaded does not know container_file_t; name a label in linux.mountLabel");
    else if (!plan->mount_label)
        plan->mount_label = cm_selinux_wanted_of_mounts(NULL, process.has_level);
    if (!process.has_level)
        return;
    plan->selinux_needs_pair = !process.has_categories;
    if (!plan->mount_label || !cm_selinux_parse(plan->mount_label, &mount) || mount.has_categories)
        return;
    if (plan->selinux_needs_pair) {
        if (p->config->process && p->config->process->selinux_label)
            cm_tighten(p, CM_CODE_LSM_MISSING, "/process/selinuxLabel", "it has no categories; a pair of the container's own is added");
        return;
    }
    /* What the process alone may read: the level that it has. */
    plan->mount_label = cm_arena_printf(p->arena, "%.*s:%.*s", (int)(mount.type + mount.type_size - plan->mount_label), plan->mount_label, (int)process.level_size,
                                        process.level);
    p->no_memory = p->no_memory || !plan->mount_label;
}

static const char *with_pair(struct cm_arena *arena, const char *label, unsigned int first, unsigned int second)
{
    struct cm_selinux_parts parts;

    if (!label || !cm_selinux_parse(label, &parts) || !parts.has_level || parts.has_categories)
        return label;
    return cm_arena_printf(arena, "%s:c%u,c%u", label, first, second);
}

int cm_plan_give_categories(struct cm_plan *plan, unsigned int index)
{
    bool had_mount_label = plan->mount_label != NULL;
    unsigned int first, second;

    if (!plan->selinux_needs_pair)
        return 0;
    cm_selinux_pair(index, &first, &second);
    plan->selinux_label = with_pair(plan->arena, plan->selinux_label, first, second);
    plan->mount_label = with_pair(plan->arena, plan->mount_label, first, second);
    plan->selinux_needs_pair = false;
    return plan->selinux_label && (plan->mount_label || !had_mount_label) ? 0 : -ENOMEM;
}

/* Categories that we gave init are not in the configuration that whoever joins brings. */
bool cm_selinux_is_init(const char *asked, const char *init)
{
    struct cm_selinux_parts parts;
    size_t n = strlen(asked);

    if (!init || cm_streq(asked, init))
        return init != NULL;
    return cm_selinux_parse(asked, &parts) && parts.has_level && !parts.has_categories && strncmp(asked, init, n) == 0 && init[n] == ':';
}
