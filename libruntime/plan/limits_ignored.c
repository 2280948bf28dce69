/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of linux.resources that exist in cgroup version 1 only. The container starts without them, as with other runtimes, and is told so: a limit that
 * somebody counts on must not vanish silently. What says no more than version 2 does anyway is not worth a word.
 */
#include "plan/planner.h"

static void ignored(struct cm_planner *p, bool asked, const char *property, const char *instead)
{
    if (asked)
        cm_not_enforced(p, property, "cgroup version 2 does not have it%s%s", instead[0] ? "; " : "", instead);
}

static void memory(struct cm_planner *p, const struct oci_memory *memory)
{
    ignored(p, memory->kernel.set && memory->kernel.v > 0, "memory.kernel", "kernel memory counts in memory.limit");
    ignored(p, memory->kernel_tcp.set && memory->kernel_tcp.v > 0, "memory.kernelTCP", "socket buffers count in memory.limit");
    ignored(p, memory->swappiness.set, "memory.swappiness", "bound the swap with memory.swap");
    ignored(p, memory->disable_oom_killer.set && memory->disable_oom_killer.v, "memory.disableOOMKiller", "a container at its limit is killed");
    ignored(p, memory->use_hierarchy.set && !memory->use_hierarchy.v, "memory.useHierarchy", "limits always hold for everything below");
}

static void block_io(struct cm_planner *p, const struct oci_block_io *io)
{
    bool leaf = io->leaf_weight.set && io->leaf_weight.v > 0;

    for (size_t i = 0; i < io->n_weight_devices; i++)
        leaf |= io->weight_devices[i].leaf_weight.set && io->weight_devices[i].leaf_weight.v > 0;
    ignored(p, leaf, "blockIO.leafWeight", "use blockIO.weight");
}

void cm_limits_ignored(struct cm_planner *p, const struct oci_resources *resources)
{
    const struct oci_cpu *cpu = resources->cpu;
    const struct oci_network_resources *network = resources->network;

    if (resources->memory)
        memory(p, resources->memory);
    if (resources->block_io)
        block_io(p, resources->block_io);
    ignored(p, cpu && ((cpu->realtime_runtime.set && cpu->realtime_runtime.v > 0) || (cpu->realtime_period.set && cpu->realtime_period.v > 0)), "cpu.realtime",
            "real-time scheduling is not for containers");
    ignored(p, network && network->class_id.set && network->class_id.v > 0, "network.classID", "match the cgroup's path in the firewall instead");
    ignored(p, network && network->n_priorities > 0, "network.priorities", "match the cgroup's path in the firewall instead");
}
