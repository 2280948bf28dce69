/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability sets and no_new_privs. No hostile input: the sets were computed by the planner. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cred/cred.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65 /* Linux 6.3 */
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* With no capability left to gain, uid 0 need not mean anything at exec any more, for good. */
#define SECUREBITS_NO_ROOT                                                                                                                                     \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |   \
     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int drop_bounding(uint64_t keep, unsigned int last_cap, struct cm_error *err)
{
    for (unsigned int cap = 0; cap <= last_cap; cap++)
        if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            return cm_fail_errno(err, errno, "/process/capabilities/bounding", "dropping capability %u from the bounding set", cap);
    return 0;
}

static int set_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted, .inheritable = (uint32_t)inheritable},
        {.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32), .inheritable = (uint32_t)(inheritable >> 32)},
    };

    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int cm_cred_inherit_nothing(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    data[0].inheritable = data[1].inheritable = 0; /* the ambient set is kept within it by the kernel */
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int verify_sets(const struct cm_plan_caps *caps, struct cm_error *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) < 0)
        return cm_fail_errno(err, errno, "/process/capabilities", "reading the capabilities back");
    uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32, effective = data[0].effective | (uint64_t)data[1].effective << 32;
    if (permitted != caps->permitted || effective != caps->effective)
        return cm_fail(err, EPERM, "/process/capabilities", "the kernel did not take the capabilities");
    return 0;
}

int cm_cred_set_caps(const struct cm_plan_caps *caps, unsigned int last_cap, struct cm_error *err)
{
    int r = drop_bounding(caps->bounding, last_cap, err);
    if (r < 0)
        return r;
    /* Ambient capabilities must be inheritable too (capabilities(7)); CAP_SETPCAP is needed for the securebits below, so they come before the final set. */
    unsigned long securebits = caps->bounding == 0 ? SECUREBITS_NO_ROOT : 0;
    if (prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "setting securebits");
    r = set_sets(caps->effective, caps->permitted, caps->ambient);
    if (r < 0)
        return cm_fail_errno(err, -r, "/process/capabilities", "setting the capabilities");
    /* The ambient set needs no clearing: the kernel keeps it within the inheritable set, which was just set. */
    for (unsigned int cap = 0; cap <= last_cap; cap++)
        if (caps->ambient >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
            return cm_fail_errno(err, errno, "/process/capabilities/ambient", "raising ambient capability %u", cap);
    return verify_sets(caps, err);
}

int cm_cred_no_new_privs(const struct cm_plan *plan, struct cm_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, "/process/noNewPrivileges", "setting no_new_privs");
    if (plan->memory_deny_write_exec && prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) < 0)
        return cm_fail_errno(err, errno, NULL, "forbidding writable and executable memory; Linux 6.3 is needed for this policy");
    return 0;
}
