/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows about scheduling, memory policy, clocks, names, network devices, and what only cgroup version 1 has. */
#include <errno.h>
#include <string.h>

#include "rows.h"

#define TIME_NS "{\"type\":\"cgroup\"}", "{\"type\":\"cgroup\"},{\"type\":\"time\"}"
#define NS_END "{\"type\":\"cgroup\"}],"
#define OFFSETS(list) NS_END, "{\"type\":\"cgroup\"},{\"type\":\"time\"}],\"timeOffsets\":{" list "},"
#define SCHEDULER(list) PROCESS("\"scheduler\":{" list "}")
#define PROC_OPTION(word) "\"source\":\"proc\"}", "\"source\":\"proc\",\"options\":[\"" word "\"]}"
#define MEMORY_POLICY(list) LINUX("\"memoryPolicy\":{" list "}")

CHANGE(time, facts->time_namespaces = true; facts->monotonic_now = 100; facts->boottime_now = 200)
CHANGE(nodes, facts->numa = true; facts->mems_allowed[0] = 0xf)

/* A user namespace that the engine made, with the maps of the good configuration. */
static struct oci_id_mapping pinned_uids[] = {{0, 200000, 65536}}, pinned_gids[] = {{0, 300000, 65536}};
static struct oci_id_mapping low_ids[] = {{0, 1000, 1}}, no_root[] = {{1, 200000, 9}};
#define PIN(uids, gids)                                                                                                                                        \
    facts->ns_uid_map = (struct oci_id_mappings){true, 1, uids};                                                                                               \
    facts->ns_gid_map = (struct oci_id_mappings){true, 1, gids}
CHANGE(pinned, PIN(pinned_uids, pinned_gids))
CHANGE(pinned_other, PIN(pinned_gids, pinned_gids))
CHANGE(pinned_low, PIN(low_ids, pinned_gids))
CHANGE(pinned_rootless_map, PIN(pinned_uids, no_root))
CHANGE(pinned_by_user, pinned(facts, policy); facts->ns_path[OCI_NS_USER].maker = 1000)
CHANGE(pinned_deeper, pinned(facts, policy); facts->ns_path[OCI_NS_USER].owner.ino = 4711)
CHANGE(pinned_unreadable, facts->ns_maps_errnum = EACCES)
CHANGE(pinned_in_pool, pinned(facts, policy); facts->id_pool_base = 200000; facts->id_pool_slots = 1)
CHANGE(pinned_with_net, pinned(facts, policy); facts->ns_path[OCI_NS_NETWORK].owner = facts->ns_path[OCI_NS_USER].id)
/* as CRI-O makes those of a pod */
CHANGE(pinned_with_all, pinned_with_net(facts, policy);
       facts->ns_path[OCI_NS_IPC].owner = facts->ns_path[OCI_NS_UTS].owner = facts->ns_path[OCI_NS_PID].owner = facts->ns_path[OCI_NS_USER].id)

/* A container that runs and is in the namespaces to be joined. */
#define BIT(type) (1u << OCI_NS_##type)
static void make_peer(struct cm_facts *facts)
{
    facts->peer = (struct cm_peer_fact){.id = "sandbox",
                                        .namespaces = BIT(PID) | BIT(NETWORK) | BIT(IPC) | BIT(UTS),
                                        .user_path = "/proc/7/ns/user",
                                        .user = facts->ns_path[OCI_NS_USER].id,
                                        .uid_map = {true, 1, pinned_uids},
                                        .gid_map = {true, 1, pinned_gids}};
}
CHANGE(peer, make_peer(facts))
CHANGE(peer_net, peer(facts, policy); facts->ns_path[OCI_NS_NETWORK].owner = facts->peer.user)
CHANGE(peer_of_pod, peer(facts, policy); strcpy(facts->peer.pod_uid, "0123abcd-0000-1111-2222-333344445555"))
CHANGE(two_peers, peer(facts, policy); facts->peer.other = "stranger")
CHANGE(peer_unreadable, peer(facts, policy); facts->peer.maps_errnum = EACCES)
CHANGE(peer_without, peer(facts, policy); facts->peer.namespaces = BIT(NETWORK))
CHANGE(peer_other_maps, peer(facts, policy); facts->peer.uid_map.v = pinned_gids)
CHANGE(peer_other_user, peer(facts, policy); PIN(pinned_uids, pinned_gids); facts->peer.user.ino = 4711)
CHANGE(peer_rootless, peer(facts, policy); facts->rootless = true)
CHANGE(unknown_peer, facts->peer.errnum = EBADMSG)
CHANGE(unknown_others, peer(facts, policy); facts->peer.errnum = EBADMSG)
CHANGE(foreign_ipc, facts->ns_path[OCI_NS_IPC].owner.ino = 4711)
#define POD_PATHS(list) "{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"}", list
#define POD_NET "{\"type\":\"network\",\"path\":\"/proc/7/ns/net\"}"
#define POD_PID "{\"type\":\"pid\",\"path\":\"/proc/7/ns/pid\"}"
#define POD_IPC ",{\"type\":\"ipc\",\"path\":\"/proc/7/ns/ipc\"},{\"type\":\"uts\",\"path\":\"/proc/7/ns/uts\"}"
#define POD_AND_USER(pid)                                                                                                                                      \
    "{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\"}",                                            \
        pid "," POD_NET POD_IPC ",{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/u\"}"

const struct row property_rows[] = {
    /* pods */
    {POD_PATHS("{\"type\":\"pid\"}," POD_NET POD_IPC), peer_net, OK, NULL, NULL},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), peer_net, OK, NULL, NULL},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), NULL, R, "CM-NS-JOIN", "/linux/namespaces/0/path"},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), peer_without, R, "CM-NS-JOIN", "/linux/namespaces/0/path"},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), two_peers, R, "CM-NS-JOIN", "/linux/namespaces", true},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), peer_of_pod, R, "CM-NS-JOIN", "/linux/namespaces", true},
    {POD_PATHS(POD_PID "," POD_NET POD_IPC), peer_unreadable, R, "CM-NS-JOIN", "/linux/namespaces", true},
    {POD_PATHS("{\"type\":\"pid\"}," POD_NET POD_IPC), peer_other_maps, R, "CM-ID-PATH", "/linux/uidMappings"},
    {POD_PATHS("{\"type\":\"pid\"},{\"type\":\"network\"}" POD_IPC), peer, R, "CM-NS-JOIN", "/linux/namespaces"},
    {NS_PATH("user"), peer_other_user, R, "CM-NS-JOIN", "/linux/namespaces", true},
    {NS_PATH("ipc"), peer_rootless, R, "CM-NS-JOIN", "/linux/namespaces/2/path", true},
    {NS_PATH("ipc"), unknown_peer, R, "CM-NS-JOIN", "/linux/namespaces/2/path"},
    {POD_PATHS("{\"type\":\"pid\"}," POD_NET POD_IPC), unknown_others, OK, NULL, NULL},
    {NS_PATH("ipc"), foreign_ipc, R, "CM-NS-JOIN", "/linux/namespaces/2/path"},

    /* a user namespace with a path */
    {NS_PATH("user"), pinned, OK, NULL, NULL},
    {NS_PATH("user"), pinned_other, R, "CM-ID-PATH", "/linux/uidMappings"},
    {NS_PATH("user"), pinned_low, R, "CM-ID-HOST", "/linux/uidMappings/0", true},
    {NS_PATH("user"), pinned_rootless_map, R, "CM-ID-ROOT", "/linux/gidMappings", true},
    {NS_PATH("user"), pinned_by_user, R, "CM-NS-JOIN", "/linux/namespaces/5/path"},
    {NS_PATH("user"), pinned_deeper, R, "CM-NS-JOIN", "/linux/namespaces/5/path"},
    {NS_PATH("user"), pinned_unreadable, R, "CM-NS-JOIN", "/linux/namespaces/5/path", true},
    {NS_PATH("user"), pinned_in_pool, R, "CM-ID-POOL", "/linux/uidMappings/0"},
    {"{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\"}",
     "{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/u\"}", pinned_with_net, OK,
     NULL, NULL},
    {POD_AND_USER("{\"type\":\"pid\"}"), pinned_with_all, OK, NULL, NULL},
    {POD_PATHS("{\"type\":\"pid\"}," POD_NET POD_IPC), pinned_with_all, R, "CM-NS-JOIN", "/linux/namespaces/2/path", true},
    {POD_AND_USER(POD_PID), pinned_with_all, R, "CM-NS-JOIN", "/linux/namespaces/0/path"},
    {NS_PATH("network"), pinned_with_net, R, "CM-NS-JOIN", "/linux/namespaces/1/path"},

    /* process.scheduler, process.ioPriority, linux.personality */
    {SCHEDULER("\"policy\":\"SCHED_OTHER\""), NULL, OK, NULL, NULL},
    {SCHEDULER("\"policy\":\"SCHED_BATCH\",\"nice\":19,\"priority\":0,\"runtime\":0"), NULL, OK, NULL, NULL},
    {SCHEDULER("\"policy\":\"SCHED_IDLE\",\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_KEEP_POLICY\",\"SCHED_FLAG_KEEP_PARAMS\"]"), NULL, OK, NULL,
     NULL},
    {SCHEDULER("\"policy\":\"SCHED_FIFO\",\"priority\":1"), NULL, R, "CM-SCHED", "/process/scheduler/policy"},
    {"\"oomScoreAdj\":100}", "\"oomScoreAdj\":100,\"execCPUAffinity\":{\"initial\":\"3-1\"}}", NULL, R, "CM-AFFINITY", "/process/execCPUAffinity/initial"},
    {SCHEDULER("\"policy\":\"SCHED_RR\""), NULL, R, "CM-SCHED", "/process/scheduler/policy"},
    {SCHEDULER("\"policy\":\"SCHED_ISO\""), NULL, R, "CM-SCHED", "/process/scheduler/policy"},
    {SCHEDULER("\"policy\":\"SCHED_DEADLINE\",\"runtime\":1"), NULL, R, "CM-SCHED", "/process/scheduler/policy"},
    {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"nice\":-1"), NULL, R, "CM-SCHED", "/process/scheduler/nice"},
    {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"nice\":20"), NULL, R, "CM-PROCESS", "/process/scheduler/nice"},
    {SCHEDULER("\"policy\":\"SCHED_BATCH\",\"priority\":1"), NULL, R, "CM-SCHED", "/process/scheduler"},
    {SCHEDULER("\"policy\":\"SCHED_BATCH\",\"period\":1"), NULL, R, "CM-SCHED", "/process/scheduler"},
    {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_RECLAIM\"]"), NULL, R, "CM-SCHED",
     "/process/scheduler/flags/1"},
    {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_UTIL_CLAMP_MAX\"]"), NULL, R, "CM-SCHED", "/process/scheduler/flags/0"},
    {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":0}"), NULL, OK, NULL, NULL},
    {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\"}"), NULL, OK, NULL, NULL},
    {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":1}"), NULL, R, "CM-SCHED", "/process/ioPriority/class"},
    {LINUX("\"personality\":{\"domain\":\"LINUX\"}"), NULL, OK, NULL, NULL},
    {LINUX("\"personality\":{\"domain\":\"LINUX32\"}"), NULL, R, "CM-PERSONALITY", "/linux/personality/domain"},
    {LINUX("\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}"), NULL, R, "CM-PERSONALITY", "/linux/personality/flags"},

    /* linux.memoryPolicy */
    {MEMORY_POLICY("\"mode\":\"MPOL_DEFAULT\""), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_LOCAL\""), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_PREFERRED\""), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0-1,3\",\"flags\":[\"MPOL_F_NUMA_BALANCING\",\"MPOL_F_STATIC_NODES\"]"), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"3-1000\""), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\",\"nodes\":\"1\",\"flags\":[\"MPOL_F_RELATIVE_NODES\"]"), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_PREFERRED_MANY\",\"nodes\":\"0,0,0\""), nodes, OK, NULL, NULL},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0\""), NULL, R, "CM-MEMPOLICY", "/linux/memoryPolicy"},
    {MEMORY_POLICY("\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"4\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0-1024\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0,\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"-1\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"1-\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"99999999999999999999\""), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/nodes"},
    {MEMORY_POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]"), nodes, R, "CM-MEMPOLICY",
     "/linux/memoryPolicy/flags"},
    {MEMORY_POLICY("\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_NUMA_BALANCING\"]"), nodes, R, "CM-MEMPOLICY",
     "/linux/memoryPolicy/flags"},
    {MEMORY_POLICY("\"mode\":\"MPOL_LOCAL\",\"flags\":[\"MPOL_F_STATIC_NODES\"]"), nodes, R, "CM-MEMPOLICY", "/linux/memoryPolicy/flags"},

    /* linux.timeOffsets */
    {TIME_NS, time, OK, NULL, NULL},
    {TIME_NS, NULL, R, "CM-NS-TIME", "/linux/namespaces"},
    {OFFSETS("\"monotonic\":{\"secs\":-100},\"boottime\":{\"secs\":4611685818,\"nanosecs\":999999999}"), time, OK, NULL, NULL},
    {OFFSETS("\"monotonic\":{\"secs\":-101}"), time, R, "CM-NS-TIME", "/linux/timeOffsets/monotonic/secs"},
    {OFFSETS("\"boottime\":{\"secs\":-9223372036854775808}"), time, R, "CM-NS-TIME", "/linux/timeOffsets/boottime/secs"},
    {OFFSETS("\"boottime\":{\"secs\":4611685819}"), time, R, "CM-NS-TIME", "/linux/timeOffsets/boottime/secs"},
    {LINUX("\"timeOffsets\":{\"monotonic\":{\"secs\":0}}"), time, R, "CM-NS-TIME", "/linux/timeOffsets"},

    /* procfs */
    {PROC_OPTION("hidepid=2"), NULL, OK, NULL, NULL},
    {PROC_OPTION("hidepid=ptraceable"), NULL, OK, NULL, NULL},
    {PROC_OPTION("hidepid=3"), NULL, R, "CM-MOUNT-OPTION", "/mounts/0/options/0"},
    {PROC_OPTION("hidepid="), NULL, R, "CM-MOUNT-OPTION", "/mounts/0/options/0"},
    {PROC_OPTION("subset=pid"), NULL, R, "CM-MOUNT-OPTION", "/mounts/0/options/0"},
    {PROC_OPTION("gid=0"), NULL, R, "CM-MOUNT-OPTION", "/mounts/0/options/0"},

    /* names and network devices */
    {SYSCTL("\"kernel.domainname\":\"a.test\""), NULL, OK, NULL, NULL},
    {SYSCTL("\"kernel/domainname\":\"a b\""), NULL, R, "CM-HOSTNAME", "/linux/sysctl/kernel~1domainname"},
    {LINUX("\"netDevices\":{\"eth0\":{\"name\":\"x\"}}"), NULL, R, "CM-NETDEV", "/linux/netDevices/eth0"},

    /* cgroup version 1: no finding of any kind */
    {RESOURCES("\"cpu\":{\"realtimeRuntime\":1,\"realtimePeriod\":2},\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"a\",\"priority\":1}]}"), NULL, OK,
     NULL, NULL},
    {RESOURCES("\"rdma\":{\"mlx5_0\":{}}"), NULL, OK, NULL, NULL},
};
const size_t n_property_rows = CM_ARRAY_LEN(property_rows);
