/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codes of all findings. They are an interface: people search for them, alerting matches them. A code is never renamed or given another meaning.
 *
 * X(name, code, what it means, what to do about it)
 */
#pragma once

#define CM_CODES(X)                                                                                                                                            \
    X(PRIVILEGED, "CM-PRIVILEGED", "the container asks for the shape engines call privileged",                                                                 \
      "run it without --privileged and ask for the one thing it needs; what needs the host itself does not belong in a container")                             \
    X(NS_USER, "CM-NS-USER", "the user namespace is missing or the host's", "list a user namespace without a path")                                            \
    X(NS_PID, "CM-NS-PID", "the pid namespace is missing or the host's", "do not use the host's pid namespace (hostPID, --pid=host)")                          \
    X(NS_NET, "CM-NS-NET", "the network namespace is missing or the host's",                                                                                   \
      "do not use the host's network (hostNetwork, --network=host); publish ports instead")                                                                    \
    X(NS_IPC, "CM-NS-IPC", "the ipc namespace is missing or the host's", "do not use the host's ipc namespace (hostIPC, --ipc=host)")                          \
    X(NS_UTS, "CM-NS-UTS", "the uts namespace is missing or the host's", "do not use the host's uts namespace (--uts=host)")                                   \
    X(NS_MOUNT, "CM-NS-MOUNT", "the mount namespace is missing or the host's", "list a mount namespace without a path")                                        \
    X(NS_CGROUP, "CM-NS-CGROUP", "the cgroup namespace is missing or the host's", "list a cgroup namespace without a path (--cgroupns=private)")               \
    X(NS_TIME, "CM-NS-TIME", "the time namespace is the host's, or its offsets cannot be set",                                                                 \
      "list a time namespace without a path, with offsets that keep its clocks above zero")                                                                    \
    X(NS_PATH, "CM-NS-PATH", "the path of a namespace is not a usable namespace file", "give the path of a living namespace of that type")                     \
    X(NS_JOIN, "CM-NS-JOIN", "the namespace belongs to another container", "list it without a path, or let the engine make it")                                \
    X(ID_NONE, "CM-ID-NONE", "no range of ids can be allocated", "give the runtime a range in /etc/subuid and /etc/subgid")                                    \
    X(ID_HOST, "CM-ID-HOST", "a mapping reaches the host's own ids", "map to host ids from 65536 upwards, or leave the mappings out")                          \
    X(ID_RANGE, "CM-ID-RANGE", "a mapping is empty or runs past the largest id", "correct the size of the mapping")                                            \
    X(ID_ROOT, "CM-ID-ROOT", "id 0 of the container is not mapped", "map container id 0 for users and for groups")                                             \
    X(ID_OVERLAP, "CM-ID-OVERLAP", "two mappings overlap", "make the ranges disjoint")                                                                         \
    X(ID_LINES, "CM-ID-LINES", "there are more mappings than the kernel takes", "merge the mappings into at most 340")                                         \
    X(ID_SIZE, "CM-ID-SIZE", "the mappings hold more ids than one container gets", "map at most 1048576 ids")                                                  \
    X(ID_POOL, "CM-ID-POOL", "a mapping reaches into the ids this runtime hands out itself", "map to other host ids, or leave the mappings out")               \
    X(ID_USER, "CM-ID-USER", "an id of the process is not mapped", "use ids inside the container's mappings")                                                  \
    X(ID_NO_USERNS, "CM-ID-NO-USERNS", "id mappings are given without a user namespace", "list a user namespace or remove the mappings")                       \
    X(ID_PATH, "CM-ID-PATH", "the id mappings are not those of the user namespace that is joined", "give the mappings of that namespace, or none")             \
    X(ID_ROOTLESS, "CM-ID-ROOTLESS", "the id mappings are not the caller's own", "leave the mappings out: the caller's own ids are used")                      \
    X(CAP_UNKNOWN, "CM-CAP-UNKNOWN", "there is no such capability", "correct the name")                                                                        \
    X(CAP_DROPPED, "CM-CAP-DROPPED", "a capability above the ceiling was dropped", "drop it in the configuration too")                                         \
    X(CAP_REFUSED, "CM-CAP-REFUSED", "a capability that reaches beyond the container was asked for", "remove the capability")                                  \
    X(CAP_INHERITABLE, "CM-CAP-INHERITABLE", "inheritable capabilities were cleared", "leave the inheritable set empty")                                       \
    X(CAP_AMBIENT, "CM-CAP-AMBIENT", "ambient capabilities that cannot be held were dropped", "ask for them in the permitted set too")                         \
    X(CAP_SUBSET, "CM-CAP-SUBSET", "a capability set was cut to the set that contains it", "keep effective in permitted in bounding")                          \
    X(CAP_ABSENT, "CM-CAP-ABSENT", "no capabilities object: no capabilities", "list the capabilities that are needed, or an empty object")                     \
    X(PROCESS, "CM-PROCESS", "the process cannot be run as described", "correct the process object")                                                           \
    X(CWD, "CM-CWD", "the working directory cannot be used", "give an absolute path inside the root filesystem")                                               \
    X(ENV, "CM-ENV", "an environment entry is malformed", "write every entry as NAME=value")                                                                   \
    X(NNP, "CM-NNP", "no_new_privs was turned on", "set process.noNewPrivileges to true (allowPrivilegeEscalation: false)")                                    \
    X(NONROOT, "CM-NONROOT", "the policy wants a user other than root", "set process.user.uid to another id (runAsNonRoot)")                                   \
    X(GROUP, "CM-GROUP", "an additional group is not acceptable", "remove the group from process.user.additionalGids")                                         \
    X(RLIMIT, "CM-RLIMIT", "a resource limit of the process was clamped or is invalid", "ask for a limit inside the bounds")                                   \
    X(OOM, "CM-OOM", "the OOM score adjustment was raised or is invalid", "ask for no less than the caller's own score")                                       \
    X(SCHED, "CM-SCHED", "real-time or favoured scheduling was asked for", "remove the scheduling request")                                                    \
    X(AFFINITY, "CM-AFFINITY", "a list of processors is malformed", "write it as 0-3,7")                                                                        \
    X(MEMPOLICY, "CM-MEMPOLICY", "the memory policy is not valid or not for this host", "correct linux.memoryPolicy or remove it")                             \
    X(NETDEV, "CM-NETDEV", "a network device of the host would move into the container",                                                                       \
      "remove linux.netDevices; let the engine connect the container's network namespace (veth, macvlan, CNI)")                                                \
    X(PERSONALITY, "CM-PERSONALITY", "only the native execution domain is available", "remove linux.personality")                                              \
    X(ROOTFS, "CM-ROOTFS", "the root filesystem cannot be used", "point root.path to a directory of its own")                                                  \
    X(ROOTFS_LINK, "CM-ROOTFS-LINK", "a place the runtime mounts on is a symbolic link", "make /proc, /dev and /sys directories in the image")                 \
    X(ROOT_READONLY, "CM-ROOT-READONLY", "the root filesystem was made read-only",                                                                             \
      "set root.readonly to true, or ask for a throw-away layer with the annotation casemate.rootfs=ephemeral")                                                \
    X(PROPAGATION, "CM-PROPAGATION", "mounts would propagate to the host", "use private or slave propagation")                                                 \
    X(MOUNT_TYPE, "CM-MOUNT-TYPE", "this filesystem type is not mounted for containers",                                                                       \
      "use proc, sysfs, tmpfs, devpts, mqueue, cgroup2 or a bind mount that the policy allows")                                                                \
    X(MOUNT_DEST, "CM-MOUNT-DEST", "nothing may be mounted at this destination", "choose a destination outside /proc, /sys and /dev")                          \
    X(MOUNT_DUPLICATE, "CM-MOUNT-DUPLICATE", "two mounts have the same destination", "remove one of the two")                                                  \
    X(MOUNT_COUNT, "CM-MOUNT-COUNT", "there are too many mounts", "use at most 1024 mounts")                                                                   \
    X(MOUNT_FLAGS, "CM-MOUNT-FLAGS", "device files or set-id programs on a mount", "use nosuid and nodev on every mount")                                      \
    X(MOUNT_OPTION, "CM-MOUNT-OPTION", "a mount option is not accepted or was bounded", "remove or correct the option")                                        \
    X(MOUNT_PROPAGATION, "CM-MOUNT-PROPAGATION", "mounts would propagate to or from the host", "use rprivate")                                                 \
    X(MOUNT_SOURCE, "CM-MOUNT-SOURCE", "a place of the host that no rule allows", "add a rule for it to mounts.allow of the policy")                           \
    X(MOUNT_SOCKET, "CM-MOUNT-SOCKET", "a socket of the host would come into the container",                                                                   \
      "mount a directory without sockets, or add \"sockets\": true to its rule in mounts.allow; control sockets are never passed on")                          \
    X(MOUNT_LAUNDERED, "CM-MOUNT-LAUNDERED", "a volume shows a place of the host that is not the pod's or container's own",                                    \
      "mount the volume itself; a hostPath with a subPath is a hostPath")                                                                                      \
    X(MOUNT_FOREIGN, "CM-MOUNT-FOREIGN", "the source belongs to another pod or container, or cannot be tied to this one",                                      \
      "use the volumes of the container's own pod; let the engine write cgroupsPath and annotations")                                                          \
    X(MOUNT_WAY, "CM-MOUNT-WAY", "somebody else than root can change, or use, what lies on the way to the source",                                             \
      "make the directories above it root's, not writable for others (chown root, chmod go-w), and closed to others where it is said (chmod o-x)")             \
    X(MOUNT_TARGET, "CM-MOUNT-TARGET", "the mount point in the root filesystem cannot be used", "make it a directory (a file for a file)")                     \
    X(MOUNT_READONLY, "CM-MOUNT-READONLY", "a mount was made read-only or noexec", "add ro (noexec) to its options")                                           \
    X(MOUNT_IDMAP, "CM-MOUNT-IDMAP", "this mount cannot be idmapped as asked", "use idmap on allowed bind mounts, with the container's mappings")              \
    X(MOUNT_ADDED, "CM-MOUNT-ADDED", "a mount every container gets was added", "list /proc, /dev, /dev/pts and /sys")                                          \
    X(DEVICE, "CM-DEVICE", "a device beyond the default set", "remove the device, or add it to devices.allow of the policy")                                   \
    X(DEVICE_RULE, "CM-DEVICE-RULE", "a device rule allows more than the default set", "remove the rule, or add the device to devices.allow of the policy")    \
    X(MASK, "CM-MASK", "masked paths are missing or invalid", "list the paths named")                                                                          \
    X(READONLY_PATH, "CM-READONLY-PATH", "read-only paths are missing or invalid", "list the paths named")                                                     \
    X(SYSCTL, "CM-SYSCTL", "the sysctl is not in the list of safe ones or its value is malformed", "remove the sysctl or set it on the host")                  \
    X(HOOK, "CM-HOOK", "a hook runs on the host and the policy does not allow it", "remove the hook, or name its path in hooks.allow of the policy")           \
    X(ANNOTATION, "CM-ANNOTATION", "an annotation of ours is unknown or has an unknown value", "correct the annotation")                                       \
    X(ANNOTATION_UNSAFE, "CM-ANNOTATION-UNSAFE", "the annotation changes how other runtimes treat the host", "remove the annotation")                          \
    X(CGROUP_PATH, "CM-CGROUP-PATH", "the cgroup path is malformed", "use a plain path without \"..\" or empty components")                                    \
    X(CGROUP_V1, "CM-CGROUP-V1", "the host has no cgroup2 filesystem", "boot with systemd.unified_cgroup_hierarchy=1")                                         \
    X(CGROUP_NONE, "CM-CGROUP-NONE", "no cgroup can be made for the container", "mount cgroup2 writable for the runtime")                                      \
    X(LIMIT_UNENFORCEABLE, "CM-LIMIT-UNENFORCEABLE", "the host cannot enforce this limit", "enable the controller in the parent cgroup")                       \
    X(LIMIT_CEILING, "CM-LIMIT-CEILING", "a limit above the policy's ceiling was lowered", "ask for a limit below the ceiling")                                \
    X(LIMIT_DEFAULT, "CM-LIMIT-DEFAULT", "missing limits were set to defaults", "set linux.resources memory.limit, memory.swap and pids.limit")                \
    X(CHECKPOINT, "CM-CHECKPOINT", "containers are not checkpointed or restored", "end the container and create it anew")                                      \
    X(LIMIT_INVALID, "CM-LIMIT-INVALID", "a limit has no valid cgroup v2 form", "correct the value")                                                           \
    X(UNIFIED, "CM-UNIFIED", "not a file of a resource controller", "use CONTROLLER.PARAMETER of a known controller")                                          \
    X(SECCOMP_ABSENT, "CM-SECCOMP-ABSENT", "no seccomp profile: ours is used", "use the engine's default profile")                                             \
    X(SECCOMP_DEFAULT, "CM-SECCOMP-DEFAULT", "the profile allows by default: ours stands below it", "use a profile that denies by default")                    \
    X(SECCOMP_ARCH, "CM-SECCOMP-ARCH", "foreign system call architectures were removed", "list the native architecture only")                                  \
    X(SECCOMP_FLAG, "CM-SECCOMP-FLAG", "an unsafe filter flag was removed", "remove SECCOMP_FILTER_FLAG_SPEC_ALLOW")                                           \
    X(SECCOMP_NOTIFY, "CM-SECCOMP-NOTIFY", "system calls are handed to an agent in a way that is not allowed",                                                 \
      "add the agent's socket to seccomp.listenerPaths of the policy, and do not hand it what every start needs (read, write, execve, exit)")                  \
    X(SECCOMP_ERRNO, "CM-SECCOMP-ERRNO", "the profile answers with an errno the kernel does not have", "use an errno below 4096")                              \
    X(RDT, "CM-RDT", "cache and memory bandwidth groups (resctrl) belong to the host",                                                                         \
      "remove linux.intelRdt, and let the host put its workloads into resctrl groups")                                                                         \
    X(LSM, "CM-LSM", "the label cannot be applied here", "remove the label or activate the security module")                                                   \
    X(LSM_UNCONFINED, "CM-LSM-UNCONFINED", "the label would confine nothing", "use a confining profile or type")                                               \
    X(LSM_MISSING, "CM-LSM-MISSING", "the policy wants a label of AppArmor or SELinux",                                                                        \
      "name a profile or label, let the policy give a default, or activate a security module on the host")                                                     \
    X(SUID_DUMPABLE, "CM-SUID-DUMPABLE", "the host dumps the memory of processes that change ids", "set fs.suid_dumpable to 0")                                \
    X(HOSTNAME, "CM-HOSTNAME", "the host or domain name is not valid", "use at most 64 letters, digits, dots, hyphens and underscores")

enum cm_code {
#define CM_CODE_ENUM(name, code, meaning, remedy) CM_CODE_##name,
    CM_CODES(CM_CODE_ENUM)
#undef CM_CODE_ENUM
        CM_CODE_COUNT,
};

struct cm_code_info {
    const char *code, *meaning, *remedy;
};

const struct cm_code_info *cm_code_info(enum cm_code code);
/* By its text; NULL if there is none. */
const struct cm_code_info *cm_code_find(const char *text);
/* The same as a number; CM_CODE_COUNT if there is none. */
enum cm_code cm_code_number(const char *text);
