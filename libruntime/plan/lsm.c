/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AppArmor profile and SELinux labels. Names are hostile: those that confine nothing or belong to the runtime's own domain are refused. */
#include "plan/planner.h"

#include <string.h>

#define LABEL_MAX ((size_t)1024)

static bool is_plain(const char *label)
{
    size_t n = strlen(label);

    if (n > LABEL_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (label[i] <= ' ' || label[i] > '~')
            return false;
    return true;
}

/* "&unconfined" and "unconfined//&unconfined" are unconfined too, and so may be what another namespace calls its own (apparmor(7), aa_stack_profile(2)). */
static bool is_one_profile(const char *profile)
{
    return profile[0] != '&' && profile[0] != ':' && !strstr(profile, "//&");
}

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

static const char *check_apparmor(struct cm_planner *p, const char *profile)
{
    static const char field[] = "/process/apparmorProfile";

    if (!profile || !profile[0])
        return NULL;
    if (cm_streq(profile, "unconfined"))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "\"unconfined\" would switch AppArmor off; name a profile or leave it out");
    else if (!is_one_profile(profile))
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field,
                  "\"%.128s\" is a stack of profiles or one of another namespace, which may confine nothing; name one profile", profile);
    else if (!is_plain(profile))
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is not the name of a profile", profile);
    else if (!p->facts->apparmor)
        cm_refuse(p, CM_CODE_LSM, field, "the profile \"%.128s\" is asked for but AppArmor is not active on this host; leave it out", profile);
    else if (p->facts->apparmor_is_void)
        cm_refuse(p, CM_CODE_LSM_UNCONFINED, field,
                  "the profile \"%.128s\" is loaded in a mode that confines nothing (aa-status(8)); load it to enforce, or name another", profile);
    return profile;
}

/* user:role:type:level */
static bool selinux_type_is(const char *label, const char *type)
{
    const char *c = strchr(label, ':');

    c = c ? strchr(c + 1, ':') : NULL;
    if (!c)
        return false;
    size_t n = strcspn(c + 1, ":");
    return n == strlen(type) && memcmp(c + 1, type, n) == 0;
}

static const char *check_selinux(struct cm_planner *p, const char *label, const char *field)
{
    static const char *const escapes[] = {"unconfined_t", "spc_t", "container_runtime_t", "init_t", "initrc_t", "kernel_t", "unconfined_service_t", "sysadm_t"};

    if (!label || !label[0])
        return NULL;
    for (size_t i = 0; i < CM_ARRAY_LEN(escapes); i++)
        if (selinux_type_is(label, escapes[i]))
            cm_refuse(p, CM_CODE_LSM_UNCONFINED, field, "the type %s is not a container's; use container_t", escapes[i]);
    if (!is_plain(label))
        cm_refuse(p, CM_CODE_LSM, field, "\"%.128s\" is not a label", label);
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

void cm_check_lsm(struct cm_planner *p)
{
    const char *stands_in = p->facts->landlock_abi > 0 ? "Landlock stands in" : "nothing stands in";

    cm_check_process_labels(p);
    p->plan->mount_label = check_selinux(p, p->linux_->mount_label, "/linux/mountLabel");
    if (p->plan->mount_label && p->facts->selinux)
        cm_not_enforced(p, "mount label", "SELinux labels of mounts are not set; what a tmpfs holds has the label of its process's domain");
    if (!p->facts->apparmor && !p->facts->selinux)
        cm_not_enforced(p, "label", "no AppArmor or SELinux is active on this host; %s", stands_in);
    else if (!p->plan->apparmor_profile && !p->plan->selinux_label)
        cm_not_enforced(p, "label", "the configuration names no profile or label; %s", stands_in);
}
