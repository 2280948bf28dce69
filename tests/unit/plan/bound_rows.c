/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verdicts about bounds: rows of the table. */
#include <sys/resource.h>

#include "rows.h"

CHANGE(foreign_net, facts->ns_path[OCI_NS_NETWORK].owner.ino = 4711)
CHANGE(unknown_net, facts->ns_path[OCI_NS_NETWORK].owner = (struct cm_ns_id){0})
CHANGE(unknown_self, facts->ns_path[OCI_NS_NETWORK].owner = facts->own_ns[OCI_NS_USER] = (struct cm_ns_id){0})
CHANGE(pool, facts->id_pool_base = 400000; facts->id_pool_slots = 2)
CHANGE(pool_of_gids, facts->id_pool_base = 300000 + 65535; facts->id_pool_slots = 2)
CHANGE(pool_elsewhere, facts->id_pool_base = 1000000; facts->id_pool_slots = 16384)
CHANGE(systemd_driver, facts->systemd_driver = true)
CHANGE(few_signals, facts->rlimit_hard[RLIMIT_SIGPENDING] = 100)

#define MASKED(list) "\"/proc/acpi\"", "\"/proc/acpi\"," list
#define LOCKED(list) "\"/proc/bus\"", "\"/proc/bus\"," list
#define MEMORY(list) "\"memory\":{\"limit\":1000000,\"swap\":1000000}", "\"memory\":{" list "}"
#define SIXTEEN(word) word word word word word word word word word word word word word word word word
#define LONG_NAME SIXTEEN("0123456789abcdef")
#define CGROUP(path) "\"tenant/box\"", "\"" path "\""

static const struct cm_mount_rule rules[] = {{"/srv", true, true, true}};
CHANGE(ruled, policy->n_mount_rules = 1; policy->mount_rules = rules)

/* What an engine without privilege maps: ids of the user namespace that it made itself. */
static const struct oci_id_mapping outer[] = {{0, 1000, 1}, {1, 100000, 65536}};
CHANGE(called_directly, facts->rootless = true; facts->host_uid = 1000; facts->n_outer_map = facts->n_outer_gid_map = 2;
       facts->outer_uid_map = facts->outer_gid_map = (struct oci_id_mapping *)(uintptr_t)outer)
CHANGE(by_engine, called_directly(facts, policy); facts->outer_is_callers = true)
#define MAPPED(inside, outside, size) "{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":" #size "}"
#define BOTH(list) MAPS, "\"uidMappings\":[" list "],\"gidMappings\":[" list "],"
#define KEEP_ID MAPPED(0, 1, 1000) "," MAPPED(1000, 0, 1) "," MAPPED(1001, 1001, 64536)

const struct row bound_rows[] = {
    {MAPS, "", by_engine, OK, NULL, NULL},
    {BOTH(KEEP_ID), by_engine, OK, NULL, NULL},
    {BOTH(KEEP_ID), called_directly, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0", true},
    {BOTH(MAPPED(0, 1, 65536)), by_engine, OK, NULL, NULL},
    {BOTH(MAPPED(0, 0, 1) "," MAPPED(1, 65536, 1)), by_engine, R, "CM-ID-USER", "/process/user/uid", true},
    {BOTH(MAPPED(0, 0, 65537)), by_engine, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0", true}, /* across two extents */
    {BOTH(MAPPED(0, 1, 65537)), by_engine, R, "CM-ID-ROOTLESS", "/linux/gidMappings/0", true}, /* one too many */
    {BOTH(MAPPED(0, 65537, 1)), by_engine, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0", true},
    {BOTH(MAPPED(0, 100000, 65536)), by_engine, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0", true}, /* what the host calls them */
    {BOTH(MAPPED(0, 1, 2000) "," MAPPED(2000, 4294967295, 1)), by_engine, R, "CM-ID-RANGE", "/linux/uidMappings/1", true},
    {BOTH(MAPPED(1000, 0, 1)), by_engine, R, "CM-ID-ROOT", "/linux/uidMappings", true},
    {BOTH(MAPPED(0, 1, 2000) "," MAPPED(2000, 2000, 5)), by_engine, R, "CM-ID-OVERLAP", "/linux/uidMappings/1", true},
    {UIDS(KEEP_ID), by_engine, R, "CM-ID-ROOTLESS", "/linux/gidMappings/0", true},

    /* a sandbox of containerd 1.6 has its default of /dev/shm besides the pod's; nothing else is given twice */
    {MOUNT("\"destination\":\"/dev/shm\",\"type\":\"bind\",\"source\":\"/srv/x\",\"options\":[\"rbind\",\"nosuid\",\"nodev\",\"noexec\"]"), ruled, OK, NULL, NULL},
    {MOUNT("\"destination\":\"/dev/shm\",\"type\":\"bind\",\"source\":\"/srv/x\",\"options\":[\"rbind\",\"nosuid\",\"nodev\"]},{"
           "\"destination\":\"/dev/shm\",\"type\":\"bind\",\"source\":\"/srv/x\",\"options\":[\"rbind\",\"nosuid\",\"nodev\"]"), ruled, R,
     "CM-MOUNT-DUPLICATE", "/mounts/8/destination"},
    /* cgroups deeper than anybody needs, or longer than any system call takes */
    {CGROUP("/" SIXTEEN("a/") SIXTEEN("a/") SIXTEEN("a/") "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/box"), NULL, OK, NULL, NULL}, /* 64 */
    {CGROUP("/" SIXTEEN("a/") SIXTEEN("a/") SIXTEEN("a/") SIXTEEN("a/") "box"), NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {CGROUP(SIXTEEN("/" SIXTEEN("abcdefg")) SIXTEEN("/x") "/box"), NULL, OK, NULL, NULL},
    {CGROUP(SIXTEEN("/" SIXTEEN("abcdefgh")) "/box"), NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {CGROUP(SIXTEEN("a-") SIXTEEN("a-") SIXTEEN("a-") "a.slice:x:y"), systemd_driver, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {CGROUP(SIXTEEN("a-") "a.slice:x:y"), systemd_driver, OK, NULL, NULL},

    /* networks of others */
    {NS_PATH("network"), foreign_net, R, "CM-NS-JOIN", "/linux/namespaces/1/path"},
    {NS_PATH("network"), unknown_net, R, "CM-NS-JOIN", "/linux/namespaces/1/path"},
    {NS_PATH("network"), unknown_self, R, "CM-NS-JOIN", "/linux/namespaces/1/path"},

    /* ids */
    {UIDS("{\"containerID\":0,\"hostID\":65536,\"size\":4294901758}"), NULL, R, "CM-ID-SIZE", "/linux/uidMappings"},
    {UIDS("{\"containerID\":0,\"hostID\":65536,\"size\":1048577}"), NULL, R, "CM-ID-SIZE", "/linux/uidMappings"},
    {UIDS("{\"containerID\":0,\"hostID\":65536,\"size\":1048576}"), NULL, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":65536,\"size\":1000000},{\"containerID\":1000000,\"hostID\":9065536,\"size\":1000000}"), NULL, R, "CM-ID-SIZE",
     "/linux/uidMappings"},
    {UIDS("{\"containerID\":0,\"hostID\":200000,\"size\":200000}"), pool, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":200000,\"size\":200001}"), pool, R, "CM-ID-POOL", "/linux/uidMappings/0"},
    {UIDS("{\"containerID\":0,\"hostID\":531071,\"size\":65536}"), pool, R, "CM-ID-POOL", "/linux/uidMappings/0"},
    {UIDS("{\"containerID\":0,\"hostID\":531072,\"size\":65536}"), pool, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":200000,\"size\":65535},{\"containerID\":65535,\"hostID\":450000,\"size\":1}"), pool, R, "CM-ID-POOL",
     "/linux/uidMappings/1"},
    {NULL, NULL, pool_of_gids, R, "CM-ID-POOL", "/linux/gidMappings/0"},
    {NULL, NULL, pool_elsewhere, OK, NULL, NULL},
    {MAPS, "", pool, OK, NULL, NULL},

    /* annotations */
    {ANN("\"org.systemd.property.KillSignal\":\"15\",\"org.systemd.property.CollectMode\":\"'inactive'\""), NULL, T, "CM-ANNOTATION-UNSAFE",
     "/annotations/org.systemd.property.KillSignal"},
    {ANN("\"org.systemd.property.TimeoutStopUSec\":\"uint64 1\""), NULL, T, "CM-ANNOTATION-UNSAFE", "/annotations/org.systemd.property.TimeoutStopUSec"},
    {ANN("\"org.systemd.property.KillSignalX\":\"1\""), NULL, R, "CM-ANNOTATION-UNSAFE", "/annotations/org.systemd.property.KillSignalX"},
    {ANN("\"org.systemd.property.ExecStartPre\":\"1\""), NULL, R, "CM-ANNOTATION-UNSAFE", "/annotations/org.systemd.property.ExecStartPre"},

    /* names that no file can have */
    {MASKED("\"/x/" LONG_NAME "\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {LOCKED("\"/x/" LONG_NAME "/y\""), NULL, R, "CM-READONLY-PATH", "/linux/readonlyPaths/1"},
    {MOUNT("\"destination\":\"/" LONG_NAME "/x\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]"), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"/" LONG_NAME "\"", NULL, R, "CM-CWD", "/process/cwd"},

    /* masks */
    {MASKED("\"/proc\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"//dev/.\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/sys/\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/proc/self\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/proc/self/mem\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/proc/thread-self/x\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/proc/1/environ\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {MASKED("\"/proc/17\""), NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {LOCKED("\"/proc/1/x\""), NULL, R, "CM-READONLY-PATH", "/linux/readonlyPaths/1"},
    {LOCKED("\"/sys\""), NULL, OK, NULL, NULL},
    {MASKED("\"/proc/selfish\",\"/proc/1x\",\"/system\""), NULL, OK, NULL, NULL},

    /* sysctls */
    {SYSCTL("\"kernel.msgmax\":\"x\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.msgmax\":\"-1\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.msgmax\":\"1 2\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.msgmax\":\" \""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.msgmax\":\"2147483648\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.sem\":\"250 32000 32 128\",\"kernel.shmmax\":\"18446744073692774399\""), NULL, OK, NULL, NULL},
    {SYSCTL("\"net.ipv4.ip_unprivileged_port_start\":\"65536\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4.ip_unprivileged_port_start"},
    {SYSCTL("\"net.ipv4.ip_local_reserved_ports\":\"1,8-9\",\"net.ipv4.ping_group_range\":\"0\\t2147483647\""), NULL, OK, NULL, NULL},

    /* process limits */
    {RLIMIT("{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":1,\"hard\":18446744073709551614}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":1,\"hard\":8388609}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":1,\"hard\":8388608}"), NULL, OK, NULL, NULL},
    {RLIMIT("{\"type\":\"RLIMIT_MSGQUEUE\",\"soft\":1,\"hard\":819201}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_SIGPENDING\",\"soft\":1,\"hard\":101}"), few_signals, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_SIGPENDING\",\"soft\":1,\"hard\":100}"), few_signals, OK, NULL, NULL},

    /* memory and swap */
    {MEMORY("\"limit\":1000000,\"swap\":2000000"), NULL, OK, NULL, NULL},
    {MEMORY("\"limit\":1000000,\"swap\":2000001"), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/memory/swap"},
    {MEMORY("\"limit\":1000000,\"swap\":1000000,\"reservation\":1000001"), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/memory/reservation"},
    {MEMORY("\"limit\":1000000,\"swap\":1000000,\"reservation\":-1"), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/memory/reservation"},
    {UNIFIED("\"memory.low\":\"max\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.low"},
    {UNIFIED("\"memory.min\":\"1000001\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.min"},
    {UNIFIED("\"memory.min\":\"2M\",\"memory.max\":\"2M\""), NULL, OK, NULL, NULL},
    {UNIFIED("\"memory.high\":\"max\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.high"},
    {UNIFIED("\"memory.high\":\"1x\""), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/unified/memory.high"},
    {UNIFIED("\"memory.swap.max\":\"1000001\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.swap.max"},
    {UNIFIED("\"memory.zswap.max\":\"max\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.zswap.max"},
    {UNIFIED("\"cpuset.cpus.partition\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cpuset.cpus.partition"},
    {UNIFIED("\"cpuset.cpus.exclusive\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cpuset.cpus.exclusive"},
    {UNIFIED("\"memory.reclaim\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/memory.reclaim"},
    {UNIFIED("\"memory.numa_stat\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/memory.numa_stat"},
    {UNIFIED("\"io.prio.class\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/io.prio.class"},
    {UNIFIED("\"io.cost.qos\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/io.cost.qos"},
    {UNIFIED("\"cpu.uclamp.min\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cpu.uclamp.min"},
    {UNIFIED("\"cpu.pressure\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cpu.pressure"},
    {UNIFIED("\"cgroup.freeze\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cgroup.freeze"},
    {UNIFIED("\"pids.peak\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/pids.peak"},
    {UNIFIED("\"hugetlb.2MB.current\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/hugetlb.2MB.current"},
    {UNIFIED("\"hugetlb.MB.max\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/hugetlb.MB.max"},
    {UNIFIED("\"hugetlb.2MBx.max\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/hugetlb.2MBx.max"},
    {UNIFIED("\"hugetlb.2\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/hugetlb.2"},
    {UNIFIED("\"hugetlb.2MB.max\":\"0\",\"hugetlb.1GB.rsvd.max\":\"0\",\"cpu.max\":\"1000 100000\",\"cpuset.cpus\":\"0\",\"io.weight\":\"default 10\""), NULL,
     OK, NULL, NULL},

    /* seccomp */
    {"\"action\":\"SCMP_ACT_ALLOW\"", "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4096", NULL, R, "CM-SECCOMP-ERRNO", "/linux/seccomp/syscalls/0/errnoRet"},
    {"\"action\":\"SCMP_ACT_ALLOW\"", "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4095", NULL, OK, NULL, NULL},
    {"\"action\":\"SCMP_ACT_ALLOW\"", "\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65536", NULL, R, "CM-SECCOMP-ERRNO", "/linux/seccomp/syscalls/0/errnoRet"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4294967295"), NULL, R, "CM-SECCOMP-ERRNO", "/linux/seccomp/defaultErrnoRet"},
};
const size_t n_bound_rows = CM_ARRAY_LEN(bound_rows);
