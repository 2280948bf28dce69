/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host itself lacks, and what of it is never given away. */
#include "plan/planner.h"

void cm_check_suid_dumpable(struct cm_planner *p)
{
    const struct cm_facts *facts = p->facts;

    if (facts->suid_dumpable == 1 && p->policy->refuse_suid_dumpable &&
        !cm_excepted(p, CM_CODE_SUID_DUMPABLE, "", "started though fs.suid_dumpable is 1 on this host"))
        cm_refuse(p, CM_CODE_SUID_DUMPABLE, "", "fs.suid_dumpable is 1 on this host, so processes that change ids stay readable; set it to 0");
    else if (facts->suid_dumpable == 1)
        cm_not_enforced(p, "non-dumpable runtime processes", "fs.suid_dumpable is 1 on this host; set it to 0");
}

void cm_check_host(struct cm_planner *p)
{
    const struct cm_facts *facts = p->facts;

    /* A host has a handful of groups (CLOSIDs) for everybody, an own share of the cache is a share that others lose, and its monitoring is a side channel. */
    if (p->linux_->intel_rdt)
        cm_refuse(p, CM_CODE_RDT, "/linux/intelRdt",
                  "resctrl groups are few, shared by the whole host, and can be read as a side channel; no policy grants them to a container: remove it");
    /* a device in the container's network namespace is one that the host, its firewall and its other containers have lost */
    for (size_t i = 0; i < p->linux_->n_net_devices; i++)
        cm_refuse(p, CM_CODE_NETDEV, cm_field_key(p, "/linux/netDevices", p->linux_->net_devices[i].host_name),
                  "the host's network device \"%.64s\" would be taken away from the host; remove the entry", p->linux_->net_devices[i].host_name);

    cm_check_suid_dumpable(p);
    p->plan->landlock = facts->landlock_abi > 0;
    if (!p->plan->landlock)
        cm_not_enforced(p, "Landlock", "the kernel has no Landlock (Linux 5.13, lsm=landlock); read-only mounts and seccomp stand alone");
}
