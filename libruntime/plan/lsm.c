/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AppArmor profile, and that there is a label at all. Names are hostile: those that confine nothing or belong to the runtime's own domain are refused. */
#include "plan/planner.h"
#include "policy/labels.h"

#include <string.h>

/* Distributions load profiles that only give a program a name, such as one "runc" (flags=(unconfined)). The name may hold blanks and parentheses itself. */
enum cm_profile_mode cm_apparmor_mode(const char *list, const char *profile)
{
    static const struct {
        const char *text;
        enum cm_profile_mode mode;
    } modes[] = {
        {" (enforce)", CM_PROFILE_ENFORCED}, {" (kill)", CM_PROFILE_ENFORCED}, {" (complain)", CM_PROFILE_VOID},
        {" (unconfined)", CM_PROFILE_VOID},  {" (user)", CM_PROFILE_VOID},
    };
    size_t name = strlen(profile);

    for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t size = strcspn(line, "\n");
        for (size_t i = 0; i < CM_ARRAY_LEN(modes); i++)
            if (size == name + strlen(modes[i].text) && memcmp(line, profile, name) == 0 && memcmp(line + name, modes[i].text, strlen(modes[i].text)) == 0)
                return modes[i].mode;
    }
    return CM_PROFILE_MISSING;
}

const char *cm_apparmor_wanted(const char *asked, const struct cm_policy *policy)
{
    if (asked && asked[0])
        return asked;
    return policy->apparmor_default ? policy->apparmor_default : CM_APPARMOR_DEFAULT;
}

/* An empty list of the policy allows every one that confines. */
static bool is_listed(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (cm_streq(list[i], name))
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
    else if (!is_listed(policy->apparmor_profiles, policy->n_apparmor_profiles, profile))
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is none of those in lsm.apparmor.allow of the policy; name one of them or leave it out", profile);
    else if (!p->facts->apparmor)
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is asked for but AppArmor is not active on this host; leave it out", profile);
    else if (p->facts->apparmor_mode == CM_PROFILE_MISSING && !p->exec)
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is not loaded; load it with apparmor_parser(8), or name another", profile);
    else if (p->facts->apparmor_mode == CM_PROFILE_VOID)
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field,
                  "the profile \"%.128s\" is loaded in a mode that confines nothing (aa-status(8)); load it to enforce, or name another", profile);
    return profile;
}

void cm_check_process_labels(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;

    if (!process)
        return;
    p->plan->apparmor_profile = check_apparmor(p, process->apparmor_profile);
    p->plan->apparmor_stacks = p->facts->apparmor_confined;
    p->plan->selinux_label = cm_check_selinux(p, process->selinux_label, "/process/selinuxLabel", CM_SELINUX_PROCESS);
}

/* Where the configuration names none: the policy's, which must be there, or ours, if it is. Returns why there is none. */
static const char *add_apparmor_default(struct cm_planner *p)
{
    const char *profile = cm_apparmor_wanted(NULL, p->policy);
    enum cm_profile_mode mode = p->facts->apparmor_mode;
    bool ours = !p->policy->apparmor_default;

    if (ours && mode == CM_PROFILE_MISSING)
        return "the configuration names no profile, and \"" CM_APPARMOR_DEFAULT "\" is not loaded: load it with apparmor_parser(8)";
    if (ours && mode == CM_PROFILE_VOID)
        return "the configuration names no profile, and \"" CM_APPARMOR_DEFAULT "\" is loaded in a mode that confines nothing: load it to enforce";
    if (ours && mode == CM_PROFILE_UNKNOWN)
        return "the configuration names no profile, and whether \"" CM_APPARMOR_DEFAULT "\" is loaded is not to be seen without privilege: name it";
    if (mode == CM_PROFILE_VOID)
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, "/process", "\"%.128s\", the default profile of the policy, is loaded in a mode that confines nothing; load it to enforce",
                  profile);
    else if (mode == CM_PROFILE_MISSING)
        cm_refuse(p, CM_CODE_LSM, "/process", "\"%.128s\", the default profile of the policy, is not loaded; load it with apparmor_parser(8)", profile);
    else
        cm_tighten(p, CM_CODE_LSM_MISSING, "/process", "no AppArmor profile is named; \"%.128s\"%s is used", profile, ours ? "" : " of the policy");
    p->plan->apparmor_profile = profile;
    return NULL;
}

void cm_check_lsm(struct cm_planner *p)
{
    const char *stands_in = p->facts->landlock_abi > 0 ? "Landlock stands in" : "nothing stands in";
    const char *why = "no AppArmor or SELinux is active on this host";
    bool named;

    cm_check_process_labels(p);
    named = p->plan->apparmor_profile || p->plan->selinux_label;
    if (p->facts->apparmor)
        why = named || !p->config->process ? "the configuration names no profile" : add_apparmor_default(p);
    else if (p->facts->selinux)
        why = named || !p->config->process ? "the configuration names no label" : cm_add_selinux_default(p);
    cm_check_mount_label(p);
    if ((p->facts->apparmor || p->facts->selinux) && (p->plan->apparmor_profile || p->plan->selinux_label))
        return;
    if (p->policy->require_label && !cm_excepted(p, CM_CODE_LSM_MISSING, "/process", "started without a label: %s", why))
        cm_refuse(p, CM_CODE_LSM_MISSING, "/process", "the policy wants a label, and %s", why);
    else
        cm_not_enforced(p, "label", "%s; %s", why, stands_in);
}
