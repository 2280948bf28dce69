/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of `check --host`, and the judges of facilities. Facts may quote the host's files; reports escape them. */
#include "plan/host_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "plan/controls.h"
#include "plan/facts.h"

static void set(struct cm_host_row *row, struct cm_str *text, enum cm_host_status status, const char *message)
{
    row->status = status;
    cm_str_add(text, message);
}

static void judge_facility(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    const struct cm_facility_fact *fact = &facts->facilities[rule->which];
    const char *detail = fact->detail ? fact->detail : "";

    if (fact->errnum == CM_NOT_NEEDED) {
        row->status = CM_HOST_OK;
        cm_str_addf(text, "not needed: %s", detail);
    } else if (fact->errnum == CM_NOT_TRIED) {
        row->status = CM_HOST_UNKNOWN;
        cm_str_addf(text, "not tried: %s", fact->detail ? detail : "it needs more privilege than the caller has");
    } else if (fact->errnum > 0) {
        row->status = CM_HOST_MISSING;
        cm_str_addf(text, "tried, and failed: %s%s%s", detail, fact->detail ? ": " : "", strerror(fact->errnum));
    } else {
        row->status = CM_HOST_OK;
        cm_str_addf(text, "tried, and works%s%s", fact->detail ? ": " : "", detail);
    }
}

/* A default where the policy in force asks for it. */
static void judge_write_exec(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    judge_facility(facts, rule, row, text);
    if (facts->policy && facts->policy->memory_deny_write_exec)
        row->need = CM_NEED_DEFAULT;
}

/* Without privilege and without a delegated cgroup containers start, and have none. */
static void judge_cgroup(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    judge_facility(facts, rule, row, text);
    if (facts->rootless)
        row->need = CM_NEED_DEFAULT;
}

static void judge_landlock(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    static const char *const adds[] = {"",           "",          "",          "truncation",     "TCP ports", "device ioctls", "abstract sockets and signals",
                                       "audit logs", "threads",   "sockets by path", "UDP ports"};
    unsigned int abi = facts->landlock_abi;

    (void)rule;
    if (abi == 0) {
        set(row, text, CM_HOST_MISSING, "the kernel does not offer it");
        return;
    }
    row->status = abi < 2 ? CM_HOST_WEAK : CM_HOST_OK;
    cm_str_addf(text, "ABI %u", abi);
    if (abi + 1 < CM_ARRAY_LEN(adds) && abi >= 2)
        cm_str_addf(text, "; the next one adds rules for %s", adds[abi + 1]);
}

static void judge_label(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    const char *name = facts->apparmor ? "AppArmor" : "SELinux";

    (void)rule;
    if (!facts->apparmor && !facts->selinux) {
        row->status = CM_HOST_MISSING;
        cm_str_addf(text, "neither AppArmor nor SELinux is active; %s", facts->landlock_abi > 0 ? "Landlock stands in" : "nothing stands in");
        return;
    }
    row->status = facts->label_enforced == CM_ANSWER_YES ? CM_HOST_OK : facts->label_enforced == CM_ANSWER_NO ? CM_HOST_WEAK : CM_HOST_UNKNOWN;
    const char *profile = ""; /* of containers whose configuration names none */
    if (facts->apparmor && facts->default_profile == CM_PROFILE_ENFORCED)
        profile = "; " CM_APPARMOR_DEFAULT " is loaded";
    else if (facts->apparmor && facts->default_profile != CM_PROFILE_UNKNOWN) {
        profile = facts->default_profile == CM_PROFILE_VOID ? "; " CM_APPARMOR_DEFAULT " is loaded in a mode that confines nothing"
                                                            : "; " CM_APPARMOR_DEFAULT " is not loaded";
        row->status = CM_HOST_WEAK;
    }
    cm_str_addf(text, "%s is active%s", name,
                facts->label_enforced == CM_ANSWER_YES  ? " and enforces"
                : facts->label_enforced == CM_ANSWER_NO ? ", and does not enforce: it only complains"
                                                        : "; whether it enforces cannot be told");
    cm_str_addf(text, "%s", profile);
}

static void judge_modules(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    row->status = !facts->modules ? CM_HOST_UNKNOWN : CM_HOST_OK;
    cm_str_addf(text, "%s", facts->modules ? facts->modules : "cannot be told: the kernel has no lsm_list_modules(2), and securityfs is not mounted");
}

static void judge_controller(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    if (facts->facilities[CM_FACILITY_CGROUP2].errnum != 0)
        set(row, text, CM_HOST_MISSING, "there is no cgroup2 filesystem, or none for the caller");
    else if (facts->controllers & (unsigned int)rule->which)
        set(row, text, CM_HOST_OK, "available to containers");
    else
        set(row, text, CM_HOST_MISSING, "not available where containers' cgroups are made");
}

static void judge_outer(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (facts->outer_problem)
        set(row, text, CM_HOST_MISSING, facts->outer_problem);
    else
        set(row, text, CM_HOST_OK, facts->rootless ? "made, with the caller's subordinate ids" : "not needed: the caller is root of the host");
}

static void judge_ids(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (facts->ids_errnum != 0)
        set(row, text, CM_HOST_MISSING, facts->ids_reason ? facts->ids_reason : strerror(facts->ids_errnum));
    else if (facts->rootless)
        set(row, text, CM_HOST_OK, "the caller's own");
    else {
        row->status = facts->ids_configured ? CM_HOST_OK : CM_HOST_WEAK;
        row->need = facts->ids_configured ? row->need : CM_NEED_POSTURE; /* containers start */
        cm_str_addf(text, "%" PRIu64 "-%" PRIu64 ", %" PRIu64 " containers or pods%s", facts->ids_base, facts->ids_end - 1, (facts->ids_end - facts->ids_base) / 65536,
                    facts->ids_configured ? "; nobody else has ids there"
                                          : "; nobody else has ids there now, but no line of /etc/subuid and /etc/subgid keeps them for casemate");
    }
}

static void judge_kubelet(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (facts->kubelet_problem)
        set(row, text, CM_HOST_WEAK, facts->kubelet_problem);
    else if (facts->kubelet == CM_ANSWER_UNKNOWN)
        set(row, text, CM_HOST_UNKNOWN, "/etc/subuid and /etc/subgid cannot be read");
    else
        set(row, text, CM_HOST_OK, facts->kubelet == CM_ANSWER_YES ? "a range of its own, apart from casemate's" : "no lines for kubelet: it hands none out here, or its default ones");
}

static void judge_exe(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (facts->rootless)
        set(row, text, CM_HOST_OK, "without privilege it is the caller's own business, and containers see a read-only copy");
    else if (!facts->exe)
        set(row, text, CM_HOST_UNKNOWN, "where it lies cannot be told");
    else if (facts->exe_problem)
        set(row, text, CM_HOST_WEAK, facts->exe_problem);
    else
        cm_str_addf(text, "%s: only root can write to it and to the way there", facts->exe);
}

static void judge_state(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (!facts->state_root)
        set(row, text, CM_HOST_UNKNOWN, facts->state_problem ? facts->state_problem : "it is not known");
    else if (facts->state_problem)
        set(row, text, CM_HOST_WEAK, facts->state_problem);
    else
        cm_str_addf(text, "%s%s", facts->state_root, facts->state_made == CM_ANSWER_YES ? "" : ", which the first container makes");
}

static void judge_policy(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text)
{
    (void)rule;
    if (!facts->policy)
        set(row, text, CM_HOST_MISSING, facts->policy_problem ? facts->policy_problem : "it cannot be read");
    else
        cm_str_addf(text, "%s%s", facts->policy->id, strchr(facts->policy->id, ' ') ? "" : ", built in: there are no files");
}

const char *const cm_host_group_titles[CM_HOST_GROUPS] = {
    [CM_GROUP_KERNEL] = "namespaces and mounts", [CM_GROUP_CONFINEMENT] = "confinement", [CM_GROUP_CGROUP] = "limits",
    [CM_GROUP_IDS] = "ids",                      [CM_GROUP_POSTURE] = "posture of the host", [CM_GROUP_OWN] = "casemate itself",
};

#define S(subject) CM_ABOUT(subject)
#define NEWER "use a newer kernel; Linux 5.19 is the oldest that has all that is needed"
#define FACILITY(name) .judge = judge_facility, .which = CM_FACILITY_##name
#define CONTROLLER(name) .judge = judge_controller, .which = CM_CTRL_##name
#define NUMBER(name) .judge = cm_judge_number, .which = CM_NUMBER_##name
#define CONTROLLER_REMEDY "enable the controller for the cgroups below (cgroup.subtree_control), or boot with systemd.unified_cgroup_hierarchy=1 so that cgroup v2 has it"
#define SYSCTL_REMEDY(text) "sysctl " text "; in /etc/sysctl.d to keep it"

const struct cm_host_rule cm_host_rules[] = {
    {"CM-HOST-USER-NS", CM_GROUP_KERNEL, CM_NEED_START, "user namespaces", "every container has one: its root is nobody on the host",
     "allow them: sysctl user.max_user_namespaces above 0, and whatever else the host restricts them with", S(USER_NS), FACILITY(USER_NS)},
    {"CM-HOST-OUTER", CM_GROUP_KERNEL, CM_NEED_START, "outer user namespace", "a caller without privilege makes containers in one of his own",
     "do what the message says, as root of the host", S(USER_NS), .judge = judge_outer},
    {"CM-HOST-NET-NS", CM_GROUP_KERNEL, CM_NEED_START, "network namespaces", "every container has one, or one that its engine made", NEWER, S(HOST_NET),
     FACILITY(NET_NS)},
    {"CM-HOST-NAMESPACES", CM_GROUP_KERNEL, CM_NEED_START, "mount, pid, ipc, uts and cgroup namespaces", "every container has its own, owned from outside of it",
     "use a kernel that has them all, and raise user.max_*_namespaces", S(HOST_PID) | S(HOST_IPC) | S(HOST_UTS), FACILITY(NAMESPACES)},
    {"CM-HOST-TIME-NS", CM_GROUP_KERNEL, CM_NEED_ASKED, "time namespaces", "configurations with one, or with linux.timeOffsets, start", NEWER, 0, FACILITY(TIME_NS)},
    {"CM-HOST-UCOUNTS", CM_GROUP_KERNEL, CM_NEED_START, "no namespaces inside", "the kernel refuses further namespaces in a container, besides the filter", NEWER,
     S(USER_NS), FACILITY(UCOUNTS)},
    {"CM-HOST-PIDFD", CM_GROUP_KERNEL, CM_NEED_START, "clone3 and pidfds", "processes are told apart when numbers are used again", NEWER, 0, FACILITY(PIDFD)},
    {"CM-HOST-PIDFD-NS", CM_GROUP_KERNEL, CM_NEED_ASKED, "namespaces of a pidfd", "saves looking them up in procfs; nothing depends on it", NEWER, 0,
     FACILITY(PIDFD_NS)},
    {"CM-HOST-CLOSE-RANGE", CM_GROUP_KERNEL, CM_NEED_START, "close_range", "no descriptor of the host reaches a container", NEWER, 0, FACILITY(CLOSE_RANGE)},
    {"CM-HOST-OPENAT2", CM_GROUP_KERNEL, CM_NEED_START, "openat2", "no path leads out of a root filesystem",
     "use a newer kernel; or let the filter that casemate itself runs under allow openat2", S(PLACES), FACILITY(OPENAT2)},
    {"CM-HOST-MOUNT-API", CM_GROUP_KERNEL, CM_NEED_START, "mounts by descriptor", "mounts are complete before a container can see them", NEWER, S(PLACES),
     FACILITY(MOUNT_API)},
    {"CM-HOST-IDMAP", CM_GROUP_KERNEL, CM_NEED_START, "idmapped mounts", "files of an image belong to the container's ids without being changed on disk",
     "put root filesystems on ext4, xfs, btrfs or (Linux 6.3) tmpfs, with Linux 5.19 or newer", S(USER_NS), FACILITY(IDMAP)},
    {"CM-HOST-IDMAP-TMPFS", CM_GROUP_KERNEL, CM_NEED_ASKED, "idmapped mounts of tmpfs", "root filesystems and volumes may lie on a tmpfs",
     "use Linux 6.3 or newer, or another filesystem", 0, FACILITY(IDMAP_TMPFS)},
    {"CM-HOST-OVERLAY", CM_GROUP_KERNEL, CM_NEED_DEFAULT, "overlay over an idmapped root", "missing mount points and throw-away roots have a place of their own",
     "use a kernel with overlayfs, Linux 5.19 or newer", S(ROOT), FACILITY(OVERLAY)},
    {"CM-HOST-OPEN-TREE-ATTR", CM_GROUP_KERNEL, CM_NEED_ASKED, "open_tree_attr", "a mount that has an id mapping can get another one; nothing depends on it yet",
     "use Linux 6.15 or newer", 0, FACILITY(OPEN_TREE_ATTR)},
    {"CM-HOST-FILESYSTEMS", CM_GROUP_KERNEL, CM_NEED_START, "filesystems of containers", "/proc, /sys, /dev and the like are made anew for every container",
     "use a kernel that has them all", 0, FACILITY(FILESYSTEMS)},

    {"CM-HOST-SECCOMP", CM_GROUP_CONFINEMENT, CM_NEED_START, "system call filters", "what no list allows does not reach the kernel",
     "use a kernel with CONFIG_SECCOMP_FILTER", S(SECCOMP), FACILITY(SECCOMP)},
    {"CM-HOST-SECCOMP-LOG", CM_GROUP_CONFINEMENT, CM_NEED_ASKED, "log of denied calls", "a policy can have denials logged", NEWER, 0, FACILITY(SECCOMP_LOG)},
    {"CM-HOST-SECCOMP-NOTIFY", CM_GROUP_CONFINEMENT, CM_NEED_ASKED, "calls handed to an agent", "configurations with a listener start", NEWER, 0,
     FACILITY(SECCOMP_NOTIFY)},
    {"CM-HOST-LANDLOCK", CM_GROUP_CONFINEMENT, CM_NEED_DEFAULT, "Landlock", "a container writes below its writable mounts only, whatever else fails",
     "boot with landlock in lsm=, or use a kernel that has it (5.13; 5.19 for what is used)", S(KERNEL), .judge = judge_landlock},
    {"CM-HOST-LABEL", CM_GROUP_CONFINEMENT, CM_NEED_DEFAULT, "AppArmor or SELinux", "a container has a label, and the host's rules for it",
     "activate one of the two and let it enforce; with AppArmor load the profile " CM_APPARMOR_DEFAULT, S(LSM), .judge = judge_label},
    {"CM-HOST-MODULES-ACTIVE", CM_GROUP_CONFINEMENT, CM_NEED_ASKED, "security modules", "these have a say in what a container may do", "", 0,
     .judge = judge_modules},
    {"CM-HOST-MDWE", CM_GROUP_CONFINEMENT, CM_NEED_ASKED, "no writable and executable memory", "the policy strict, or one that asks for it, can be kept",
     "use Linux 6.3 or newer, or turn memory.denyWriteExec off in the policy", S(KERNEL), .judge = judge_write_exec, .which = CM_FACILITY_MDWE},
    {"CM-HOST-DEVICE-PROGRAM", CM_GROUP_CONFINEMENT, CM_NEED_DEFAULT, "device programs",
     "a device node that gets into a container by any way opens nothing; without privilege, nodev and the missing CAP_MKNOD stand in",
     "use a kernel with CONFIG_CGROUP_BPF; without privilege there is none", S(DEVICES), FACILITY(DEVICE_PROGRAM)},

    {"CM-HOST-CGROUP2", CM_GROUP_CGROUP, CM_NEED_START, "cgroup v2", "a container is counted, limited, frozen and killed as one",
     "mount cgroup2 at /sys/fs/cgroup (boot with systemd.unified_cgroup_hierarchy=1); without privilege, run below a delegated cgroup (systemd-run --user --scope -p Delegate=yes)",
     S(CGROUP), .judge = judge_cgroup, .which = CM_FACILITY_CGROUP2},
    {"CM-HOST-CGROUP-BIRTH", CM_GROUP_CGROUP, CM_NEED_START, "born in a cgroup", "limits hold from a container's first instruction on", NEWER, S(CGROUP),
     .judge = judge_cgroup, .which = CM_FACILITY_INTO_CGROUP},
    {"CM-HOST-CGROUP-KILL", CM_GROUP_CGROUP, CM_NEED_ASKED, "cgroup.kill", "all processes of a container end at once; else one by one while frozen", NEWER,
     S(CGROUP), FACILITY(CGROUP_KILL)},
    {"CM-HOST-FREEZER", CM_GROUP_CGROUP, CM_NEED_ASKED, "freezer", "pause works", NEWER, 0, FACILITY(FREEZER)},
    {"CM-HOST-SYSTEMD", CM_GROUP_CGROUP, CM_NEED_ASKED, "systemd cgroup driver", "--systemd-cgroup works: a container is a scope in the host's slices",
     "run systemd, and install casemate-systemd; without privilege log in through a session (loginctl enable-linger) with XDG_RUNTIME_DIR set, and delegate the controllers "
     "(Delegate= of user@.service)", 0, FACILITY(SYSTEMD)},
    {"CM-HOST-MEMORY", CM_GROUP_CGROUP, CM_NEED_DEFAULT, "memory controller", "a container takes a bounded part of the memory", CONTROLLER_REMEDY, S(MEMORY),
     CONTROLLER(MEMORY)},
    {"CM-HOST-SWAP-LIMIT", CM_GROUP_CGROUP, CM_NEED_DEFAULT, "swap limit", "no secret of a container is written to the host's swap", "boot with swapaccount=1",
     S(MEMORY), FACILITY(SWAP_LIMIT)},
    {"CM-HOST-PIDS", CM_GROUP_CGROUP, CM_NEED_DEFAULT, "pids controller", "a container has a bounded number of processes", CONTROLLER_REMEDY, S(PIDS),
     CONTROLLER(PIDS)},
    {"CM-HOST-CPU", CM_GROUP_CGROUP, CM_NEED_ASKED, "cpu controller", "limits and shares of the CPU can be asked for", CONTROLLER_REMEDY, S(CPU), CONTROLLER(CPU)},
    {"CM-HOST-CPUSET", CM_GROUP_CGROUP, CM_NEED_ASKED, "cpuset controller", "CPUs and memory nodes can be asked for", CONTROLLER_REMEDY, 0, CONTROLLER(CPUSET)},
    {"CM-HOST-IO", CM_GROUP_CGROUP, CM_NEED_ASKED, "io controller", "limits of block I/O can be asked for", CONTROLLER_REMEDY, 0, CONTROLLER(IO)},
    {"CM-HOST-HUGETLB", CM_GROUP_CGROUP, CM_NEED_ASKED, "hugetlb controller", "limits of huge pages can be asked for", CONTROLLER_REMEDY, 0, CONTROLLER(HUGETLB)},
    {"CM-HOST-RDMA", CM_GROUP_CGROUP, CM_NEED_ASKED, "rdma controller", "limits of RDMA can be asked for", CONTROLLER_REMEDY, 0, CONTROLLER(RDMA)},
    {"CM-HOST-MISC", CM_GROUP_CGROUP, CM_NEED_ASKED, "misc controller", "limits of odd resources can be asked for", CONTROLLER_REMEDY, 0, CONTROLLER(MISC)},

    {"CM-HOST-IDS", CM_GROUP_IDS, CM_NEED_START, "ids for containers", "each container or pod has 65536 host ids that nobody else has",
     "add a line \"casemate:START:COUNT\" to /etc/subuid and /etc/subgid, with a free range of multiples of 65536", S(USER_NS), .judge = judge_ids},
    {"CM-HOST-KUBELET-IDS", CM_GROUP_IDS, CM_NEED_POSTURE, "ids of kubelet", "pods with hostUsers: false bring ids that kubelet hands out",
     "give kubelet and casemate ranges that do not overlap", S(USER_NS), .judge = judge_kubelet},

    {"CM-HOST-SUID-DUMPABLE", CM_GROUP_POSTURE, CM_NEED_POSTURE, "fs.suid_dumpable", "with 1, processes that change their ids can be read by their new user",
     SYSCTL_REMEDY("fs.suid_dumpable=0"), S(KERNEL), NUMBER(SUID_DUMPABLE)},
    {"CM-HOST-CORE-PATTERN", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.core_pattern",
     "programs that it names run as root of the host for whatever crashes; containers get RLIMIT_CORE 1, which keeps the kernel from starting them",
     "let nothing listen to dumps that containers can cause, or keep RLIMIT_CORE as it is", S(KERNEL), .judge = cm_judge_core_pattern},
    {"CM-HOST-KPTR", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.kptr_restrict", "addresses of the kernel help an attacker; what shows them is masked in containers",
     SYSCTL_REMEDY("kernel.kptr_restrict=1"), S(KERNEL), NUMBER(KPTR_RESTRICT)},
    {"CM-HOST-DMESG", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.dmesg_restrict", "the kernel's log shows addresses; containers may not read it in any case",
     SYSCTL_REMEDY("kernel.dmesg_restrict=1"), S(KERNEL), NUMBER(DMESG_RESTRICT)},
    {"CM-HOST-BPF", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.unprivileged_bpf_disabled", "bpf(2) is a large surface; the filter denies it to containers",
     SYSCTL_REMEDY("kernel.unprivileged_bpf_disabled=1"), S(KERNEL), NUMBER(BPF)},
    {"CM-HOST-IO-URING", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.io_uring_disabled", "io_uring is a large surface; the filter denies it to containers",
     SYSCTL_REMEDY("kernel.io_uring_disabled=2"), S(KERNEL), NUMBER(IO_URING)},
    {"CM-HOST-TIOCSTI", CM_GROUP_POSTURE, CM_NEED_POSTURE, "dev.tty.legacy_tiocsti", "input pushed into a terminal is typed by somebody else; the filter denies it to containers",
     SYSCTL_REMEDY("dev.tty.legacy_tiocsti=0"), S(KERNEL), NUMBER(TIOCSTI)},
    {"CM-HOST-USERFAULTFD", CM_GROUP_POSTURE, CM_NEED_POSTURE, "vm.unprivileged_userfaultfd", "helps to win races in the kernel; the filter denies it to containers",
     SYSCTL_REMEDY("vm.unprivileged_userfaultfd=0"), S(KERNEL), NUMBER(USERFAULTFD)},
    {"CM-HOST-SYMLINKS", CM_GROUP_POSTURE, CM_NEED_POSTURE, "fs.protected_symlinks", "programs of the host follow nobody else's links in directories like /tmp",
     SYSCTL_REMEDY("fs.protected_symlinks=1"), S(PLACES), NUMBER(SYMLINKS)},
    {"CM-HOST-HARDLINKS", CM_GROUP_POSTURE, CM_NEED_POSTURE, "fs.protected_hardlinks", "nobody links to files that are not his, in volumes too",
     SYSCTL_REMEDY("fs.protected_hardlinks=1"), S(PLACES), NUMBER(HARDLINKS)},
    {"CM-HOST-FIFOS", CM_GROUP_POSTURE, CM_NEED_POSTURE, "fs.protected_fifos", "programs of the host do not write into somebody else's FIFO by mistake",
     SYSCTL_REMEDY("fs.protected_fifos=1"), S(PLACES), NUMBER(FIFOS)},
    {"CM-HOST-REGULAR", CM_GROUP_POSTURE, CM_NEED_POSTURE, "fs.protected_regular", "programs of the host do not write into somebody else's file by mistake",
     SYSCTL_REMEDY("fs.protected_regular=1"), S(PLACES), NUMBER(REGULAR)},
    {"CM-HOST-PTRACE", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.yama.ptrace_scope", "processes of one user do not look into each other; the filter denies ptrace to containers",
     "boot with yama in lsm=, and sysctl kernel.yama.ptrace_scope=1", S(KERNEL), NUMBER(PTRACE)},
    {"CM-HOST-MODULES", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.modules_disabled", "code that gets into the kernel stays there; no container loads modules in any case",
     "sysctl kernel.modules_disabled=1 once all that the host needs is loaded; it lasts until the next boot", S(KERNEL), NUMBER(MODULES)},
    {"CM-HOST-KEXEC", CM_GROUP_POSTURE, CM_NEED_POSTURE, "kernel.kexec_load_disabled", "whoever becomes root cannot put another kernel in its place",
     SYSCTL_REMEDY("kernel.kexec_load_disabled=1"), S(KERNEL), NUMBER(KEXEC)},
    {"CM-HOST-IA32", CM_GROUP_POSTURE, CM_NEED_POSTURE, "32-bit system calls", "a second way into the kernel; the filter kills a container's process that takes it",
     "boot with ia32_emulation=0 (Linux 6.7), or use a kernel without it", S(KERNEL), .judge = cm_judge_ia32},
    {"CM-HOST-MEMFD", CM_GROUP_POSTURE, CM_NEED_POSTURE, "vm.memfd_noexec", "programs that lie in no file can be executed, also where every mount is noexec",
     SYSCTL_REMEDY("vm.memfd_noexec=1"), S(KERNEL), NUMBER(MEMFD)},
    {"CM-HOST-VSYSCALL", CM_GROUP_POSTURE, CM_NEED_POSTURE, "vsyscall page", "a page at a known address helps an attacker", "boot with vsyscall=none or vsyscall=xonly",
     S(KERNEL), .judge = cm_judge_vsyscall},
    {"CM-HOST-SWAP", CM_GROUP_POSTURE, CM_NEED_POSTURE, "swap", "what is swapped out lies on a disk; containers are kept out where their swap is limited",
     "turn swap off, or encrypt it, or give containers a swap limit", S(MEMORY), .judge = cm_judge_swap},
    {"CM-HOST-VULNERABILITIES", CM_GROUP_POSTURE, CM_NEED_POSTURE, "CPU vulnerabilities", "a container reads what others have in the caches of a CPU they share",
     "update kernel and microcode, and boot with mitigations=auto (nosmt where tenants do not trust each other)", S(KERNEL), .judge = cm_judge_vulnerabilities},

    {"CM-HOST-EXE", CM_GROUP_OWN, CM_NEED_POSTURE, "the program", "whoever can replace it is root at the next start of a container",
     "install it so that it and every directory on the way belong to root and are writable for nobody else", S(HOST_USERS), .judge = judge_exe},
    {"CM-HOST-STATE", CM_GROUP_OWN, CM_NEED_POSTURE, "state directory", "what is recorded there decides what exec, kill and delete do",
     "use a directory of root's own, mode 0700, on a tmpfs", S(HOST_USERS), .judge = judge_state},
    {"CM-HOST-POLICY", CM_GROUP_OWN, CM_NEED_START, "policy", "nothing starts while it is in doubt what containers may do", "do what the message says", S(HOST_USERS),
     .judge = judge_policy},
};
const size_t cm_host_n_rules = CM_ARRAY_LEN(cm_host_rules);

const struct cm_host_rule *cm_host_rule_find(const char *id)
{
    for (size_t i = 0; i < cm_host_n_rules; i++)
        if (strcasecmp(cm_host_rules[i].id, id) == 0)
            return &cm_host_rules[i];
    return NULL;
}

void cm_host_facts_done(struct cm_host_facts *facts)
{
    cm_arena_free(&facts->arena);
}
