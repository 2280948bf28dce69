/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AppArmor profile and SELinux labels. Names are hostile: those that confine nothing or belong to the runtime's own domain are refused. */
#include "plan/planner.h"
#include "policy/labels.h"

#include <string.h>

/* Distributions load profiles that only give a program a name, such as one "runc" (flags=(unconfined)). The name may hold blanks and parentheses itself. */
bool cm_apparmor_is_void(const char *list, const char *profile)
{
    static const char *const modes[] = {" (unconfined)", " (complain)"};
    size_t name = strlen(profile);

    for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t size = strcspn(line, "\n");
        for (size_t i = 0; i < CM_ARRAY_LEN(modes); i++)
            if (size == name + strlen(modes[i]) && memcmp(line, profile, name) == 0 && memcmp(line + name, modes[i], strlen(modes[i])) == 0)
                return true;
    }
    return false;
}

/* An empty list of the policy allows every one that confines. */
static bool is_listed(const char *const *list, size_t n, const char *name, size_t size)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i]) == size && memcmp(list[i], name, size) == 0)
            return true;
    return n == 0;
}

static const char *check_apparmor(struct cm_planner *p, const char *profile)
{
    static const char field[] = "/process/apparmorProfile";
    const struct cm_policy *policy = p->policy;

    if (!profile || !profile[0])
        return NULL;
    if (cm_streq(profile, "unconfined"))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "\"unconfined\" would switch AppArmor off; name a profile or leave it out");
    else if (!cm_apparmor_is_one_profile(profile))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field,
                  "\"%.128s\" is a stack of profiles or one of another namespace, which may confine nothing; name one profile", profile);
    else if (!cm_label_is_plain(profile))
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is not the name of a profile", profile);
    else if (!is_listed(policy->apparmor_profiles, policy->n_apparmor_profiles, profile, strlen(profile)))
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is none of those in lsm.apparmor.allow of the policy; name one of them or leave it out", profile);
    else if (!p->facts->apparmor)
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is asked for but AppArmor is not active on this host; leave it out", profile);
    else if (p->facts->apparmor_is_void)
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field,
                  "the profile \"%.128s\" is loaded in a mode that confines nothing (aa-status(8)); load it to enforce, or name another", profile);
    return profile;
}

static const char *check_selinux(struct cm_planner *p, const char *label, const char *field)
{
    const struct cm_policy *policy = p->policy;
    size_t size;

    if (!label || !label[0])
        return NULL;
    const char *type = cm_selinux_type(label, &size);
    if (type && cm_selinux_is_escape(type, size))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "the type %.*s is not a container's; use container_t", (int)size, type);
    if (!cm_label_is_plain(label))
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is not a label", label);
    else if (!is_listed(policy->selinux_types, policy->n_selinux_types, type ? type : "", size))
        cm_refuse(p, CM_CODE_LSM, field, "the type of \"%.128s\" is none of those in lsm.selinux.types of the policy; use one of them", label);
    else if (!p->facts->selinux)
        cm_refuse(p, CM_CODE_LSM, field, "selinux label \"%.128s\" is specified in config, but selinux is disabled or not supported; leave it out", label);
    return label;
}

void cm_check_process_labels(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;

    if (!process)
        return;
    p->plan->apparmor_profile = check_apparmor(p, process->apparmor_profile);
    p->plan->selinux_label = check_selinux(p, process->selinux_label, "/process/selinuxLabel");
}

/* The policy's profile where the configuration names none. */
static void add_default(struct cm_planner *p)
{
    const char *profile = p->policy->apparmor_default;

    if (!profile || !p->facts->apparmor || p->plan->apparmor_profile || !p->config->process)
        return;
    if (p->facts->apparmor_is_void)
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, "/process", "\"%.128s\", the default profile of the policy, is loaded in a mode that confines nothing; load it to enforce",
                  profile);
    else
        cm_tighten(p, CM_CODE_LSM_MISSING, "/process", "no AppArmor profile is named; \"%.128s\" of the policy is used", profile);
    p->plan->apparmor_profile = profile;
}

void cm_check_lsm(struct cm_planner *p)
{
    const char *stands_in = p->facts->landlock_abi > 0 ? "Landlock stands in" : "nothing stands in";
    bool active = p->facts->apparmor || p->facts->selinux;
    const char *why = active ? "the configuration names no profile or label" : "no AppArmor or SELinux is active on this host";

    cm_check_process_labels(p);
    p->plan->mount_label = check_selinux(p, p->linux_->mount_label, "/linux/mountLabel");
    if (p->plan->mount_label && p->facts->selinux)
        cm_not_enforced(p, "mount label", "SELinux labels of mounts are not set; what a tmpfs holds has the label of its process's domain");
    add_default(p);
    if (active && (p->plan->apparmor_profile || p->plan->selinux_label))
        return;
    if (p->policy->require_label && !cm_excepted(p, CM_CODE_LSM_MISSING, "/process", "started without a label: %s", why))
        cm_refuse(p, CM_CODE_LSM_MISSING, "/process", "the policy wants a label, and %s", why);
    else
        cm_not_enforced(p, "label", "%s; %s", why, stands_in);
}
