/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recognises the shape that engines call privileged, to say so in one sentence besides the findings about its parts. Never the only
 * finding: SYS_ADMIN alone is refused elsewhere.
 */
#include "plan/planner.h"

#include <linux/capability.h>

#define MOST_CAPS 30
#define MOST_DEVICES ((size_t)16)

static bool allows_all_devices(const struct oci_resources *resources)
{
    for (size_t i = 0; resources && i < resources->n_devices; i++)
        if (resources->devices[i].allow && !resources->devices[i].major.set && (!resources->devices[i].type || cm_streq(resources->devices[i].type, "a")))
            return true;
    return false;
}

void cm_check_privileged(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;
    const struct oci_capabilities *caps = p->config->process ? p->config->process->capabilities : NULL;
    uint64_t asked = caps ? cm_caps_asked(&caps->sets[OCI_CAP_BOUNDING]) : 0;

    if (__builtin_popcountll(asked) < MOST_CAPS || !(asked & (UINT64_C(1) << CAP_SYS_ADMIN)))
        return;
    int signs = !linux_->seccomp + (linux_->masked_paths.n == 0) + (linux_->n_devices >= MOST_DEVICES) + allows_all_devices(linux_->resources);
    if (signs >= 2)
        cm_refuse(p, CM_CODE_PRIVILEGED, "", "this is a privileged container (%d capabilities%s%s%s): it would own the host; run it without --privileged",
                  __builtin_popcountll(asked), linux_->seccomp ? "" : ", no seccomp profile", linux_->masked_paths.n > 0 ? "" : ", nothing masked",
                  allows_all_devices(linux_->resources) ? ", every device" : "");
}
