/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which filters are loaded: always ours, and the bundle's own on top of it as a second program (I4). The profile is hostile: whatever it allows, ours
 * still denies. */
#include "plan/planner.h"

#define FIELD "/linux/seccomp"

#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE_ARCH "SCMP_ARCH_X86_64"
#elif defined(__aarch64__)
#define NATIVE_ARCH "SCMP_ARCH_AARCH64"
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH "SCMP_ARCH_RISCV64"
#elif defined(__s390x__)
#define NATIVE_ARCH "SCMP_ARCH_S390X"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define NATIVE_ARCH "SCMP_ARCH_PPC64LE"
#else
#error "the native architecture has no name here yet"
#endif

static void check_archs(struct cm_planner *p, const struct oci_strings *archs)
{
    size_t foreign = 0;
    const char *first = "";

    for (size_t i = 0; i < archs->n; i++) {
        if (cm_streq(archs->v[i], NATIVE_ARCH))
            continue;
        first = foreign++ == 0 ? archs->v[i] : first;
    }
    if (foreign > 0)
        cm_tighten(p, CM_CODE_SECCOMP_ARCH, FIELD "/architectures", "%.32s%s not native; its system calls kill the process", first,
                   foreign > 1 ? " and others are" : " is");
}

static void check_flags(struct cm_planner *p, const struct oci_strings *flags)
{
    for (size_t i = 0; i < flags->n; i++)
        if (cm_streq(flags->v[i], "SECCOMP_FILTER_FLAG_SPEC_ALLOW"))
            cm_tighten(p, CM_CODE_SECCOMP_FLAG, cm_text(p, FIELD "/flags/%zu", i), "SPEC_ALLOW would switch off a speculation mitigation; it was removed");
}

/* What the waiting process still does behind the filter: were it handed over, nobody would answer before the agent has the listener, or after it is gone. */
static bool is_needed(const char *name)
{
    static const char *const needed[] = {"read", "write", "execve", "exit", "exit_group"};

    for (size_t i = 0; i < CM_ARRAY_LEN(needed); i++)
        if (cm_streq(name, needed[i]))
            return true;
    return false;
}

static bool is_listed(const struct cm_policy *policy, const char *path)
{
    for (size_t i = 0; i < policy->n_listener_paths; i++)
        if (cm_streq(policy->listener_paths[i], path))
            return true;
    return false;
}

void cm_check_agent(struct cm_planner *p, const char *path, const char *metadata, const char *field)
{
    if (path && !is_listed(p->policy, path))
        cm_refuse(p, CM_CODE_SECCOMP_NOTIFY, field,
                  "no rule of the policy allows the seccomp agent at \"%.128s\"; add it to seccomp.listenerPaths of the policy", path);
    else if (path)
        cm_allowed(p, field, "seccomp.listenerPaths", path);
    p->plan->seccomp_agent = path;
    p->plan->seccomp_metadata = metadata;
}

/*
 * Calls for an agent. It can only weaken the bundle's own filter: where ours denies, the kernel never asks it. But it acts with its own power for whom it
 * hears, and is told where the container's processes are, so the policy says who may be one.
 */
static void check_notify(struct cm_planner *p, const struct oci_seccomp *seccomp)
{
    const char *field = NULL, *path = seccomp->listener_path ? seccomp->listener_path : "";

    if (seccomp->default_action == OCI_ACT_NOTIFY)
        cm_refuse(p, CM_CODE_SECCOMP_NOTIFY, FIELD "/defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action; name the calls");
    for (size_t i = 0; i < seccomp->n_rules; i++) {
        const struct oci_seccomp_rule *rule = &seccomp->rules[i];
        for (size_t j = 0; rule->action == OCI_ACT_NOTIFY && j < rule->names.n; j++)
            if (is_needed(rule->names.v[j]))
                cm_refuse(p, CM_CODE_SECCOMP_NOTIFY, cm_text(p, FIELD "/syscalls/%zu/names/%zu", i, j),
                          "SCMP_ACT_NOTIFY cannot be used for the %s syscall, which a starting container needs", rule->names.v[j]);
        if (rule->action == OCI_ACT_NOTIFY && !field)
            field = cm_text(p, FIELD "/syscalls/%zu/action", i);
    }
    if (!field)
        return; /* a path alone has no effect */
    if (!path[0])
        cm_refuse(p, CM_CODE_SECCOMP_NOTIFY, field, "SCMP_ACT_NOTIFY needs an agent that answers; give its socket in listenerPath");
    else
        cm_check_agent(p, path, seccomp->listener_metadata, FIELD "/listenerPath");
}

/* The kernel's MAX_ERRNO: a larger number would be cut, and the call would seem to succeed. */
#define ERRNO_MAX 4095u

static void check_errno(struct cm_planner *p, enum oci_seccomp_action action, const struct oci_u32 *value, const char *field)
{
    if (action == OCI_ACT_ERRNO && value->set && value->v > ERRNO_MAX)
        cm_refuse(p, CM_CODE_SECCOMP_ERRNO, field, "the errno %u is above %u", value->v, ERRNO_MAX);
    else if (action == OCI_ACT_TRACE && value->set && value->v > UINT16_MAX)
        cm_refuse(p, CM_CODE_SECCOMP_ERRNO, field, "the value %u is above %u", value->v, (unsigned int)UINT16_MAX);
}

/* There is nothing that the bundle's own filter would deny: the policy may want to hear of it. */
static void check_unconfined(struct cm_planner *p, enum cm_code code, const char *field, const char *what, const char *instead)
{
    const char *profile = p->policy->seccomp_profile;

    if (p->policy->seccomp_unconfined == CM_UNCONFINED_TIGHTEN || cm_excepted(p, code, field, "%s; the built-in profile \"%s\" %s", what, profile, instead))
        cm_tighten(p, code, field, "%s; the built-in profile \"%s\" %s", what, profile, instead);
    else
        cm_refuse(p, code, field, "%s, and the policy wants one that denies by default (seccomp.onUnconfined); use the engine's default profile", what);
}

void cm_check_seccomp(struct cm_planner *p)
{
    const struct oci_seccomp *seccomp = p->linux_->seccomp;

    p->plan->seccomp_profile = p->policy->seccomp_profile;
    p->plan->seccomp_log = p->policy->seccomp_log;
    p->plan->seccomp_extra = seccomp;
    if (!seccomp) {
        check_unconfined(p, CM_CODE_SECCOMP_ABSENT, "/linux", "there is no seccomp profile", "is used");
        return;
    }
    if (seccomp->default_action == OCI_ACT_ALLOW || seccomp->default_action == OCI_ACT_LOG)
        check_unconfined(p, CM_CODE_SECCOMP_DEFAULT, FIELD "/defaultAction", "the profile allows what it does not name", "denies it all the same");
    check_archs(p, &seccomp->architectures);
    check_flags(p, &seccomp->flags);
    check_notify(p, seccomp);
    check_errno(p, seccomp->default_action, &seccomp->default_errno_ret, FIELD "/defaultErrnoRet");
    for (size_t i = 0; i < seccomp->n_rules; i++)
        check_errno(p, seccomp->rules[i].action, &seccomp->rules[i].errno_ret, cm_text(p, FIELD "/syscalls/%zu/errnoRet", i));
}
