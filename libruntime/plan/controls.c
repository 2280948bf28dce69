/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables; see controls.h. docs/controls.md is compared with them by a test. Constant data. */
#include "plan/controls.h"

#include <string.h>

#define S(subject) CM_ABOUT(subject)
#define PSS(profile, name, subjects)                                                                                                                           \
    {                                                                                                                                                          \
        CM_FRAMEWORK_PSS, profile "/" name, name, subjects                                                                                                     \
    }

const char cm_controls_note[] = "Numbers and names are those of the editions given here. Compare them with the edition that counts for you before you claim to comply: "
                                "they change between editions, and a runtime sees one container, not a cluster, an image or a host as a whole.";

const struct cm_framework_info cm_frameworks[CM_FRAMEWORKS] = {
    [CM_FRAMEWORK_PSS] = {"pss", "Pod Security Standards", "Kubernetes 1.36, by profile and name"},
    [CM_FRAMEWORK_CIS_DOCKER] = {"cis-docker", "CIS Docker Benchmark", "1.6, section 5 (editions up to 1.5 count one lower)"},
    [CM_FRAMEWORK_CIS_KUBERNETES] = {"cis-kubernetes", "CIS Kubernetes Benchmark", "1.8, sections 5.2 to 5.7"},
    [CM_FRAMEWORK_NIST] = {"nist-800-190", "NIST SP 800-190", "September 2017, section 4"},
};

#define HOST_NAMESPACES (S(HOST_PID) | S(HOST_IPC) | S(HOST_NET))
#define ALL_NAMESPACES (HOST_NAMESPACES | S(HOST_UTS) | S(USER_NS))

const struct cm_control cm_controls[CM_CONTROLS] = {
    PSS("baseline", "HostProcess", S(ELSEWHERE)),
    PSS("baseline", "Host Namespaces", HOST_NAMESPACES),
    PSS("baseline", "Privileged Containers", S(PRIVILEGED)),
    PSS("baseline", "Capabilities", S(CAPS)),
    PSS("baseline", "HostPath Volumes", S(HOST_PATHS)),
    PSS("baseline", "Host Ports", S(ELSEWHERE)),
    PSS("baseline", "Host Probes / Lifecycle Hooks", S(ELSEWHERE)),
    PSS("baseline", "AppArmor", S(LABEL)),
    PSS("baseline", "SELinux", S(LABEL)),
    {CM_FRAMEWORK_PSS, "baseline/proc Mount Type", "/proc Mount Type", S(PROC_MOUNT)},
    PSS("baseline", "Seccomp", S(SECCOMP)),
    PSS("baseline", "Sysctls", S(SYSCTLS)),
    PSS("restricted", "Volume Types", S(VOLUMES)),
    PSS("restricted", "Privilege Escalation", S(NNP)),
    PSS("restricted", "Running as Non-root", S(NONROOT)),
    PSS("restricted", "Running as Non-root user", S(NONROOT)),
    PSS("restricted", "Seccomp", S(SECCOMP)),
    PSS("restricted", "Capabilities", S(CAPS_FEW)),

    {CM_FRAMEWORK_CIS_DOCKER, "5.1", "Swarm mode only where it is needed", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.2", "an AppArmor profile, where the host has AppArmor", S(LSM)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.3", "SELinux options, where the host has SELinux", S(LSM)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.4", "capabilities restricted", S(CAPS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.5", "no privileged containers", S(PRIVILEGED)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.6", "no system directories of the host", S(HOST_PATHS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.7", "no sshd in containers", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.8", "no privileged ports of the host", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.9", "only ports that are needed", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.10", "not the host's network namespace", S(HOST_NET)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.11", "memory limited", S(MEMORY)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.12", "CPU share set", S(CPU)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.13", "root filesystem read-only", S(ROOT)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.14", "incoming traffic bound to an interface", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.15", "restarts bounded", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.16", "not the host's pid namespace", S(HOST_PID)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.17", "not the host's ipc namespace", S(HOST_IPC)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.18", "no devices of the host", S(DEVICES)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.19", "ulimits set where they are needed", S(RLIMITS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.20", "no shared mount propagation", S(PROPAGATION)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.21", "not the host's uts namespace", S(HOST_UTS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.22", "the default seccomp profile is on", S(SECCOMP)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.23", "no exec with more privilege", S(EXEC)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.24", "no exec as root", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.25", "the cgroup is confirmed", S(CGROUP)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.26", "no additional privileges", S(NNP)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.27", "health is checked", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.28", "current images", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.29", "processes limited", S(PIDS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.30", "not the default bridge", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.31", "not the host's user namespace", S(USER_NS)},
    {CM_FRAMEWORK_CIS_DOCKER, "5.32", "no control socket of the engine", S(SOCKETS)},

    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.1", "a policy for pods is in force", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.2", "no privileged containers", S(PRIVILEGED)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.3", "not the host's process ids", S(HOST_PID)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.4", "not the host's ipc namespace", S(HOST_IPC)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.5", "not the host's network", S(HOST_NET)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.6", "no privilege escalation", S(NNP)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.7", "no root in containers", S(NONROOT)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.8", "no NET_RAW", S(NET_RAW)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.9", "no added capabilities", S(CAPS)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.10", "no capabilities assigned", S(CAPS_NONE)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.11", "no Windows HostProcess containers", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.12", "no hostPath volumes", S(HOST_PATHS) | S(SOCKETS)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.2.13", "no host ports", S(ELSEWHERE)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.7.2", "seccomp is RuntimeDefault", S(SECCOMP)},
    {CM_FRAMEWORK_CIS_KUBERNETES, "5.7.3", "a security context for pods and containers", S(NNP) | S(CAPS) | S(SECCOMP) | S(LABEL)},

    {CM_FRAMEWORK_NIST, "4.1.2", "image configuration: not as root", S(NONROOT)},
    {CM_FRAMEWORK_NIST, "4.3.4", "workloads of different sensitivity apart", S(ELSEWHERE)},
    {CM_FRAMEWORK_NIST, "4.4.1", "vulnerabilities of the runtime", S(HOST_USERS)},
    {CM_FRAMEWORK_NIST, "4.4.2", "unbounded network access", S(HOST_NET)},
    {CM_FRAMEWORK_NIST, "4.4.3", "insecure runtime configurations",
     S(PRIVILEGED) | S(CAPS) | S(SECCOMP) | S(LABEL) | S(NNP) | S(SYSCTLS) | S(DEVICES) | S(PROPAGATION) | S(HOST_CODE) | S(PROC_MOUNT)},
    {CM_FRAMEWORK_NIST, "4.4.5", "rogue containers: nothing is written into images", S(ROOT)},
    {CM_FRAMEWORK_NIST, "4.5.1", "large attack surface of the host", S(KERNEL)},
    {CM_FRAMEWORK_NIST, "4.5.2", "the shared kernel: namespaces and limits keep containers apart", ALL_NAMESPACES | S(MEMORY) | S(PIDS)},
    {CM_FRAMEWORK_NIST, "4.5.4", "user access rights on the host", S(HOST_USERS)},
    {CM_FRAMEWORK_NIST, "4.5.5", "the host's file systems", S(HOST_PATHS) | S(SOCKETS) | S(PLACES) | S(ROOT)},
};

static const uint64_t code_subjects[CM_CODE_COUNT] = {
    [CM_CODE_PRIVILEGED] = S(PRIVILEGED),
    [CM_CODE_NS_USER] = S(USER_NS),
    [CM_CODE_NS_PID] = S(HOST_PID),
    [CM_CODE_NS_NET] = S(HOST_NET),
    [CM_CODE_NS_IPC] = S(HOST_IPC),
    [CM_CODE_NS_UTS] = S(HOST_UTS),
    [CM_CODE_NS_MOUNT] = S(PLACES),
    [CM_CODE_NS_CGROUP] = S(CGROUP),
    [CM_CODE_NS_TIME] = S(NONE), /* no control is about clocks */
    [CM_CODE_NS_PATH] = ALL_NAMESPACES,
    [CM_CODE_NS_JOIN] = ALL_NAMESPACES,
    [CM_CODE_ID_NONE] = S(USER_NS),
    [CM_CODE_ID_HOST] = S(USER_NS),
    [CM_CODE_ID_RANGE] = S(USER_NS),
    [CM_CODE_ID_ROOT] = S(USER_NS),
    [CM_CODE_ID_OVERLAP] = S(USER_NS),
    [CM_CODE_ID_LINES] = S(USER_NS),
    [CM_CODE_ID_SIZE] = S(USER_NS),
    [CM_CODE_ID_POOL] = S(USER_NS),
    [CM_CODE_ID_USER] = S(USER_NS),
    [CM_CODE_ID_NO_USERNS] = S(USER_NS),
    [CM_CODE_ID_PATH] = S(USER_NS),
    [CM_CODE_ID_ROOTLESS] = S(USER_NS),
    [CM_CODE_CAP_UNKNOWN] = S(CAPS),
    [CM_CODE_CAP_DROPPED] = S(CAPS) | S(CAPS_FEW) | S(NET_RAW),
    [CM_CODE_CAP_REFUSED] = S(CAPS) | S(CAPS_FEW) | S(CAPS_NONE),
    [CM_CODE_CAP_INHERITABLE] = S(CAPS),
    [CM_CODE_CAP_AMBIENT] = S(CAPS),
    [CM_CODE_CAP_SUBSET] = S(CAPS),
    [CM_CODE_CAP_ABSENT] = S(CAPS),
    [CM_CODE_PROCESS] = S(NONE), /* the form of the configuration */
    [CM_CODE_CWD] = S(NONE),     /* the same */
    [CM_CODE_ENV] = S(NONE),     /* the same */
    [CM_CODE_NNP] = S(NNP),
    [CM_CODE_NONROOT] = S(NONROOT),
    [CM_CODE_GROUP] = S(USER_NS),
    [CM_CODE_RLIMIT] = S(RLIMITS),
    [CM_CODE_OOM] = S(MEMORY),
    [CM_CODE_SCHED] = S(CPU),
    [CM_CODE_AFFINITY] = S(CPU),
    [CM_CODE_MEMPOLICY] = S(NONE), /* where memory lies, not how much */
    [CM_CODE_NETDEV] = S(HOST_NET),
    [CM_CODE_PERSONALITY] = S(SECCOMP),
    [CM_CODE_ROOTFS] = S(PLACES),
    [CM_CODE_ROOTFS_LINK] = S(PLACES),
    [CM_CODE_ROOT_READONLY] = S(ROOT),
    [CM_CODE_PROPAGATION] = S(PROPAGATION),
    [CM_CODE_MOUNT_TYPE] = S(VOLUMES) | S(HOST_PATHS),
    [CM_CODE_MOUNT_DEST] = S(PROC_MOUNT),
    [CM_CODE_MOUNT_DUPLICATE] = S(NONE), /* the form of the configuration */
    [CM_CODE_MOUNT_COUNT] = S(NONE),     /* the same */
    [CM_CODE_MOUNT_FLAGS] = S(NNP) | S(DEVICES),
    [CM_CODE_MOUNT_OPTION] = S(NONE), /* the form of the configuration */
    [CM_CODE_MOUNT_PROPAGATION] = S(PROPAGATION),
    [CM_CODE_MOUNT_SOURCE] = S(HOST_PATHS) | S(SOCKETS) | S(VOLUMES),
    [CM_CODE_MOUNT_SOCKET] = S(SOCKETS),
    [CM_CODE_MOUNT_LAUNDERED] = S(HOST_PATHS) | S(VOLUMES),
    [CM_CODE_MOUNT_FOREIGN] = S(HOST_PATHS) | S(VOLUMES),
    [CM_CODE_MOUNT_WAY] = S(HOST_PATHS),
    [CM_CODE_MOUNT_TARGET] = S(PLACES),
    [CM_CODE_MOUNT_READONLY] = S(HOST_PATHS),
    [CM_CODE_MOUNT_IDMAP] = S(USER_NS),
    [CM_CODE_MOUNT_ADDED] = S(PROC_MOUNT),
    [CM_CODE_DEVICE] = S(DEVICES),
    [CM_CODE_DEVICE_RULE] = S(DEVICES),
    [CM_CODE_MASK] = S(PROC_MOUNT),
    [CM_CODE_READONLY_PATH] = S(PROC_MOUNT),
    [CM_CODE_SYSCTL] = S(SYSCTLS),
    [CM_CODE_HOOK] = S(HOST_CODE),
    [CM_CODE_ANNOTATION] = S(NONE), /* a word of ours */
    [CM_CODE_ANNOTATION_UNSAFE] = S(HOST_CODE),
    [CM_CODE_CGROUP_PATH] = S(CGROUP),
    [CM_CODE_CGROUP_V1] = S(CGROUP),
    [CM_CODE_CGROUP_NONE] = S(CGROUP),
    [CM_CODE_LIMIT_UNENFORCEABLE] = S(MEMORY) | S(CPU) | S(PIDS),
    [CM_CODE_LIMIT_CEILING] = S(MEMORY) | S(CPU) | S(PIDS),
    [CM_CODE_LIMIT_DEFAULT] = S(MEMORY) | S(PIDS),
    [CM_CODE_CHECKPOINT] = S(NONE), /* no control is about checkpoints */
    [CM_CODE_LIMIT_INVALID] = S(MEMORY) | S(CPU) | S(PIDS),
    [CM_CODE_UNIFIED] = S(CGROUP),
    [CM_CODE_SECCOMP_ABSENT] = S(SECCOMP),
    [CM_CODE_SECCOMP_DEFAULT] = S(SECCOMP),
    [CM_CODE_SECCOMP_ARCH] = S(SECCOMP),
    [CM_CODE_SECCOMP_FLAG] = S(SECCOMP),
    [CM_CODE_SECCOMP_NOTIFY] = S(SECCOMP),
    [CM_CODE_SECCOMP_ERRNO] = S(SECCOMP),
    [CM_CODE_RDT] = S(NONE), /* no control is about resctrl */
    [CM_CODE_LSM] = S(LSM) | S(LABEL),
    [CM_CODE_LSM_MISSING] = S(LSM),
    [CM_CODE_LSM_UNCONFINED] = S(LSM) | S(LABEL),
    [CM_CODE_SUID_DUMPABLE] = S(KERNEL),
    [CM_CODE_HOSTNAME] = S(NONE), /* the form of the configuration */
};

/* By the beginning of the pointer, the first that fits. */
static const struct {
    const char *prefix;
    uint64_t subjects;
} tunable_subjects[] = {
    {"/capabilities", S(CAPS) | S(CAPS_FEW) | S(CAPS_NONE) | S(NET_RAW)},
    {"/user", S(NONROOT)},
    {"/seccomp", S(SECCOMP)},
    {"/memory", S(KERNEL)},
    {"/root", S(ROOT)},
    {"/limits/pids", S(PIDS)},
    {"/limits", S(MEMORY)},
    {"/rlimits", S(RLIMITS)},
    {"/oomScoreAdj", S(MEMORY)},
    {"/sysctls", S(SYSCTLS)},
    {"/hooks", S(HOST_CODE)},
    {"/devices", S(DEVICES)},
    {"/mounts", S(HOST_PATHS) | S(SOCKETS) | S(VOLUMES)},
    {"/lsm", S(LSM) | S(LABEL)},
};

uint64_t cm_code_subjects(const char *code)
{
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++)
        if (cm_streq(cm_code_info((enum cm_code)i)->code, code))
            return code_subjects[i];
    return 0;
}

uint64_t cm_tunable_subjects(const char *pointer)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(tunable_subjects); i++)
        if (cm_path_is_below(pointer, tunable_subjects[i].prefix))
            return tunable_subjects[i].subjects;
    return 0;
}

size_t cm_control_about(uint64_t subjects, size_t from)
{
    subjects &= ~(S(NONE) | S(ELSEWHERE));
    while (from < CM_CONTROLS && !(cm_controls[from].subjects & subjects))
        from++;
    return from;
}
