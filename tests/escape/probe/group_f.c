/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group F: files of procfs, sysfs and cgroupfs that have been the way out. Rows 00 and 01 are in group_f2.c, a process's own in group_f3.c. */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opening is what is denied; nothing is written. What this kernel does not have is n/a. */
static long write_if_there(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return absent("this kernel has no %s", path);
    return open_path(path, O_WRONLY);
}

static long read_if_there(const char *path)
{
    char text[4096];
    struct stat st;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return absent("this kernel has no %s", path);
    return read_path(path, text, sizeof(text));
}

static long write_back(const char *path)
{
    return write_back_path(path);
}

/* ---- how many files below a directory open; a mask shows none ---- */

static long count_below(const char *path, int depth, int flags)
{
    char below[512], text[16];
    struct stat st;
    const struct dirent *entry;
    long n = 0, fd;

    if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) || (S_ISCHR(st.st_mode) && flags != O_PATH))
        return 0;
    if (!S_ISDIR(st.st_mode)) {
        fd = open_path(path, flags);
        n = fd >= 0 && (flags != O_RDONLY || read((int)fd, text, sizeof(text)) > 0);
        (void)close((int)fd);
        if (n)
            detail("%s", path);
        return n;
    }
    DIR *dir = depth < 8 ? opendir(path) : NULL;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            (void)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
            n += count_below(below, depth + 1, flags);
        }
    if (dir)
        (void)closedir(dir);
    return n;
}

static long count_if_there(const char *path, int flags)
{
    struct stat st;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return absent("this kernel has no %s", path);
    return count_below(path, 0, flags);
}
static long writable_below(const char *path) { return count_if_there(path, O_WRONLY); }
static long readable_below(const char *path) { return count_if_there(path, O_RDONLY); }
static long names_below(const char *path) { return count_if_there(path, O_PATH); }

/* ---- F02: a crash runs no helper of the host and writes no core ---- */

static long crash(const char *argument)
{
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}, soft;
    char pattern[128];
    int status = 0;

    (void)argument;
    if (control_kind() && read_path("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern)) > 0 && pattern[0] == '|')
        return absent("this host has a helper for cores, which would get one");
    pid_t pid = fork();
    if (pid == 0) {
        if (setrlimit(RLIMIT_CORE, &unlimited) != 0 && getrlimit(RLIMIT_CORE, &soft) == 0) {
            soft.rlim_cur = soft.rlim_max;
            (void)setrlimit(RLIMIT_CORE, &soft);
        }
        (void)(chdir("/dev/shm") == 0 || chdir("/tmp") == 0);
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return held(WIFSIGNALED(status) && !WCOREDUMP(status), "the kernel dumped core");
}

static long core_limit(const char *argument)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    (void)argument;
    return setrlimit(RLIMIT_CORE, &limit);
}

/* ---- F03: any uevent file; writing to one makes the kernel call user space ---- */

static long first_uevent(const char *argument)
{
    static const char *const places[] = {"/sys/devices/virtual/mem/null/uevent", "/sys/class/mem/null/uevent", "/sys/devices/system/cpu/cpu0/uevent",
                                         "/sys/devices/virtual/net/lo/uevent", "/sys/class/net/lo/uevent", "/sys/devices/virtual/tty/ptmx/uevent"};
    long last = -1;

    (void)argument;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        long fd = open_path(places[i], O_WRONLY);
        if (fd >= 0)
            return fd;
        last = errno == ENOENT ? last : fd;
    }
    return last;
}

/* ---- F05, F06: memory and addresses of the kernel ---- */

/* The frame number of a page of our own: with it, and a way to write memory, everything falls (rowhammer, ret2dir). */
static long pagemap_frame(const char *argument)
{
    static volatile char page[8192];
    uint64_t entry = 0;
    long fd = open_path("/proc/self/pagemap", O_RDONLY);

    (void)argument;
    page[4096] = 1;
    if (fd < 0 || pread((int)fd, &entry, sizeof(entry), (off_t)((uintptr_t)&page[4096] / 4096 * 8)) != (ssize_t)sizeof(entry))
        return -1;
    return held((entry & ((UINT64_C(1) << 55) - 1)) == 0, "the frame is %#llx", (unsigned long long)(entry & ((UINT64_C(1) << 55) - 1)));
}

static long lowest_of(const char *line)
{
    return strtoull(line + (strncmp(line, "0x", 2) == 0 ? 2 : 0), NULL, 16) != 0;
}

/* Numbers that are not zero at the beginning of a line, or (of /proc/modules) at its end. */
static long addresses(const char *path)
{
    static char text[1 << 20];
    bool at_the_end = strcmp(path, "/proc/modules") == 0;
    struct stat st;
    long n = 0;

    if (stat(path, &st) != 0 && errno == ENOENT)
        return absent("this kernel has no %s", path);
    if (read_path(path, text, sizeof(text)) < 0)
        return -1;
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line += strspn(line, " ");
        const char *address = at_the_end ? strstr(line, " 0x") : line;
        n += address && lowest_of(address + (at_the_end ? 1 : 0)) != 0;
    }
    return n;
}

/* Notes of the kernel that hold an address as it is in memory (CVE-2024-26816: Xen's entry point). */
static long notes(const char *argument)
{
    char text[4096];

    (void)argument;
    return read_path("/sys/kernel/notes", text, sizeof(text));
}

/* Where each section of each module is. */
static long module_sections(const char *argument)
{
    char path[300];
    const struct dirent *entry;
    DIR *dir = opendir("/sys/module");
    struct stat st;
    long n = 0, seen = 0;

    (void)argument;
    while (dir && (entry = readdir(dir))) {
        (void)snprintf(path, sizeof(path), "/sys/module/%.255s/sections", entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        seen++;
        n += count_below(path, 0, O_RDONLY);
    }
    if (dir)
        (void)closedir(dir);
    return seen > 0 ? n : absent("no module is loaded");
}

/* ---- F07: the kernel's log ---- */

static long log_call(const char *type)
{
    char text[1024];

    return syscall(SYS_syslog, strtol(type, NULL, 10), text, (long)sizeof(text));
}

/* ---- F12, F13: filesystems for administrators; whoever can mount them does ---- */

static long mounted_and_read(const char *argument)
{
    static const struct { const char *type, *place; } wanted[] = {
        {"debugfs", "/sys/kernel/debug"},   {"tracefs", "/sys/kernel/tracing"}, {"securityfs", "/sys/kernel/security"}, {"bpf", "/sys/fs/bpf"},
        {"pstore", "/sys/fs/pstore"},       {"efivarfs", "/sys/firmware/efi/efivars"}, {"configfs", "/sys/kernel/config"}, {"fusectl", "/sys/fs/fuse/connections"},
        {"hugetlbfs", "/dev/shm"},
    };
    struct stat before, after;

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (strcmp(wanted[i].type, argument) != 0)
            continue;
        if (stat(wanted[i].place, &before) != 0)
            return absent("there is no %s", wanted[i].place);
        if (mount_call("none", wanted[i].place, argument, 0, NULL) < 0)
            return -1;
        return stat(wanted[i].place, &after) == 0 && after.st_dev != before.st_dev ? 0 : -1;
    }
    return -1;
}

static long entries_of(const char *path)
{
    const struct dirent *entry;
    DIR *dir = opendir(path);
    long n = 0;

    if (!dir)
        return errno == ENOENT ? absent("there is no %s", path) : -1;
    while ((entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

static long apparmor_file(const char *name)
{
    char path[128];

    (void)mount_call("none", "/sys/kernel/security", "securityfs", 0, NULL);
    (void)snprintf(path, sizeof(path), "/sys/kernel/security/apparmor/%s", name);
    return open_path(path, O_WRONLY);
}

/* ---- F14, F15: cgroups ---- */

static long mount_cgroup(const char *options)
{
    return mount_call("none", "/tmp", "cgroup", 0, options);
}

static long mount_cgroup_below(const char *argument)
{
    (void)argument;
    if (syscall(SYS_unshare, 0x10000000L | 0x00020000L | 0x02000000L) < 0) /* user, mount, cgroup */
        return -1;
    return mount_call("none", "/tmp", "cgroup2", 0, NULL);
}

static long release_agents(const char *argument)
{
    const struct dirent *entry;
    DIR *dir = opendir("/sys/fs/cgroup");
    long n = 0;

    (void)argument;
    while (dir && (entry = readdir(dir)))
        n += strcmp(entry->d_name, "release_agent") == 0 || strcmp(entry->d_name, "notify_on_release") == 0;
    return dir ? n : -1;
}

static long make_cgroup(const char *argument)
{
    (void)argument;
    return mkdir("/sys/fs/cgroup/escape-probe", 0755) == 0 ? rmdir("/sys/fs/cgroup/escape-probe") : -1;
}

static long cgroup_seen(const char *argument)
{
    char text[1024];

    (void)argument;
    if (read_path("/proc/self/cgroup", text, sizeof(text)) < 0)
        return -1;
    const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::"); /* the others are of v1, which has no part in it */
    return held(line && strncmp(line + strspn(line, "\n"), "0::/\n", 5) == 0, "%s", text);
}

/* ---- F21: other names of what is masked ---- */

static long read_below_fd(const char *name)
{
    char text[64];
    long dir = open_path("/proc", O_PATH | O_DIRECTORY), fd;

    fd = dir < 0 ? -1 : openat((int)dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -1 : read((int)fd, text, sizeof(text));
}

static long read_without_mounts(const char *name)
{
    char text[64];
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV};
    long dir = open_path("/proc", O_PATH | O_DIRECTORY), fd;

    fd = dir < 0 ? -1 : syscall(SYS_openat2, dir, name, &how, sizeof(how));
    return fd < 0 ? -1 : read((int)fd, text, sizeof(text));
}

static long read_second_proc(const char *name)
{
    char path[64], text[64];

    if (mount_call("proc", "/tmp", "proc", 0, NULL) < 0)
        return -1;
    (void)snprintf(path, sizeof(path), "/tmp/%s", name);
    return read_path(path, text, sizeof(text));
}

static long read_reopened(const char *path)
{
    char name[64], text[64];
    long fd = open_path(path, O_PATH);

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%ld", fd);
    return fd < 0 ? -1 : read_path(name, text, sizeof(text));
}

#define KERNEL_SETTINGS                                                                                                                                     \
    "/proc/sys/vm/drop_caches /proc/sys/vm/overcommit_memory /proc/sys/vm/compact_memory /proc/sys/vm/mmap_min_addr /proc/sys/vm/panic_on_oom "             \
    "/proc/sys/vm/nr_hugepages /proc/sys/vm/unprivileged_userfaultfd /proc/sys/fs/suid_dumpable /proc/sys/fs/protected_symlinks /proc/sys/fs/file-max "     \
    "/proc/sys/fs/pipe-max-size /proc/sys/fs/binfmt_misc/register /proc/sys/kernel/randomize_va_space /proc/sys/kernel/kptr_restrict "                      \
    "/proc/sys/kernel/dmesg_restrict /proc/sys/kernel/panic /proc/sys/kernel/panic_on_oops /proc/sys/kernel/perf_event_paranoid "                           \
    "/proc/sys/kernel/unprivileged_bpf_disabled /proc/sys/kernel/threads-max /proc/sys/kernel/printk /proc/sys/kernel/sysrq "                               \
    "/proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/ctrl-alt-del /proc/sys/kernel/ftrace_enabled /proc/sys/dev/tty/legacy_tiocsti "                    \
    "/proc/sys/dev/tty/ldisc_autoload /proc/sys/kernel/io_uring_disabled /proc/sys/kernel/sched_rt_runtime_us"

const struct attempt group_f[] = {
    {.row = "F02", .name = "open-w", .each = "/proc/sys/kernel/core_pattern /proc/self/root/proc/sys/kernel/core_pattern /proc/1/root/proc/sys/kernel/core_pattern "
                                             "/proc/sys/kernel/core_uses_pid /proc/sys/kernel/core_pipe_limit"},
    {.row = "F02", .name = "write-back", .each = "/proc/sys/kernel/core_pattern"},
    {.row = "F02", .name = "crash", .run = crash},
    {.row = "F02", .name = "core-limit", .run = core_limit},
    {.row = "F03", .name = "write", .run = write_if_there,
     .each = "/proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /sys/kernel/uevent_helper /proc/sys/kernel/poweroff_cmd /proc/sys/kernel/modules_disabled "
             "/proc/sys/kernel/usermodehelper/bset /proc/sys/kernel/usermodehelper/inheritable /proc/sys/kernel/firmware_config/force_sysfs_fallback "
             "/sys/module/firmware_class/parameters/path /sys/power/state /sys/power/disk /sys/kernel/kexec_crash_size /proc/sys/kernel/acct"},
    {.row = "F03", .name = "uevent", .run = first_uevent},
    {.row = "F04", .name = "write", .run = write_if_there, .each = "/proc/sysrq-trigger /proc/./sysrq-trigger /proc/self/root/proc/sysrq-trigger /proc/1/root/proc/sysrq-trigger /proc/sys/kernel/sysrq"},
    {.row = "F05", .name = "read", .run = read_if_there,
     .each = "/proc/kcore /dev/mem /dev/kmem /dev/port /proc/kpagecount /proc/kpageflags /proc/kpagecgroup /proc/vmcore", .counts = true},
    {.row = "F05", .name = "pagemap-frame", .run = pagemap_frame},
    {.row = "F06", .name = "addresses", .run = addresses, .counts = true,
     .each = "/proc/kallsyms /proc/modules /proc/iomem /proc/ioports /proc/vmallocinfo /proc/timer_list /sys/kernel/vmcoreinfo /proc/self/wchan /proc/self/stack"},
    {.row = "F06", .name = "notes", .run = notes, .counts = true},
    {.row = "F06", .name = "sections", .run = module_sections, .counts = true},
    {.row = "F07", .name = "syslog", .run = log_call, .each = "2 3 9 10"},
    {.row = "F07", .name = "read", .run = read_if_there, .each = "/proc/kmsg /dev/kmsg", .counts = true},
    {.row = "F07", .name = "write", .run = write_if_there, .each = "/dev/kmsg"},
    {.row = "F08", .name = "read", .run = read_if_there, .each = "/proc/keys /proc/key-users", .counts = true},
    {.row = "F09", .name = "writable", .run = writable_below, .counts = true,
     .each = "/proc/acpi /proc/scsi /proc/asound /proc/bus /proc/fs /proc/irq /proc/mtrr /proc/driver /proc/tty /proc/ide"},
    {.row = "F09", .name = "names", .run = names_below, .each = "/proc/acpi /proc/scsi /proc/asound", .counts = true},
    {.row = "F10", .name = "readable", .run = readable_below, .counts = true,
     .each = "/sys/firmware /sys/devices/virtual/powercap /sys/devices/system/cpu/cpu0/thermal_throttle /sys/firmware/efi /sys/firmware/acpi /sys/firmware/dmi /sys/firmware/memmap"},
    {.row = "F10", .name = "read", .run = read_if_there, .each = "/proc/interrupts /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/latency_stats", .counts = true},
    {.row = "F11", .name = "mount", .each = "binfmt_misc"},
    {.row = "F11", .name = "write", .run = write_if_there, .each = "/proc/sys/fs/binfmt_misc/register /proc/sys/fs/binfmt_misc/status"},
    {.row = "F11", .name = "entries", .run = entries_of, .each = "/proc/sys/fs/binfmt_misc", .counts = true},
    {.row = "F12", .name = "mount-there", .run = mounted_and_read, .each = "debugfs tracefs securityfs bpf pstore efivarfs configfs fusectl hugetlbfs"},
    {.row = "F12", .name = "entries", .run = entries_of, .counts = true,
     .each = "/sys/kernel/debug /sys/kernel/tracing /sys/kernel/security /sys/fs/bpf /sys/fs/pstore /sys/kernel/config /sys/fs/fuse/connections /sys/fs/selinux"},
    {.row = "F13", .name = "policy", .run = apparmor_file, .each = ".load .replace .remove .access .notify policy/.load revision"},
    {.row = "F14", .name = "mount-v1", .run = mount_cgroup, .each = "none,name=escape-corpus memory rdma name=systemd all"},
    {.row = "F14", .name = "mount-below", .run = mount_cgroup_below},
    {.row = "F14", .name = "release-agents", .run = release_agents, .counts = true},
    {.row = "F15", .name = "make", .run = make_cgroup},
    {.row = "F15", .name = "write", .run = write_if_there,
     .each = "/sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/cgroup.threads /sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/cgroup.kill /sys/fs/cgroup/cgroup.freeze "
             "/sys/fs/cgroup/cgroup.type /sys/fs/cgroup/cgroup.max.depth /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/pids.max "
             "/sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight /sys/fs/cgroup/io.max /sys/fs/cgroup/memory.oom.group /sys/fs/cgroup/cgroup.pressure"},
    {.row = "F15", .name = "seen", .run = cgroup_seen},
    {.row = "F16", .name = "open-w",
     .each = "/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/route_localnet /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/ipv4/conf/all/accept_redirects "
             "/proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range "
             "/proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/core/somaxconn"},
    {.row = "F16", .name = "write-back", .run = write_back, .each = "/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/route_localnet"},
    {.row = "F17", .name = "write", .run = write_if_there, .each = KERNEL_SETTINGS},
    {.row = "F17", .name = "writable", .run = writable_below, .each = "/proc/sys/vm /proc/sys/fs /proc/sys/kernel /proc/sys/dev /proc/sys/debug /proc/sys/abi", .counts = true},
    {.row = "F18", .name = "write-back", .run = write_back,
     .each = "/proc/sys/kernel/ns_last_pid /proc/sys/kernel/pid_max /proc/sys/kernel/sem /proc/sys/kernel/msgmax /proc/sys/kernel/msgmnb /proc/sys/kernel/msgmni "
             "/proc/sys/kernel/shmmax /proc/sys/kernel/shmall /proc/sys/kernel/shmmni /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max "
             "/proc/sys/fs/mqueue/msgsize_max /proc/sys/fs/mqueue/queues_max /proc/sys/kernel/hostname /proc/sys/kernel/domainname"},
    {.row = "F21", .name = "read",
     .each = "/proc/./keys //proc//keys /proc/self/../keys /proc/thread-self/../../../keys /proc/1/../keys /proc/1/task/1/../../../keys /proc/self/root/proc/keys "
             "/proc/self/cwd/proc/keys /proc/1/root/proc/keys /proc/self/net/../../keys /proc/./kcore /proc/thread-self/../../../kcore /proc/self/root/proc/timer_list "
             "/proc/self/../interrupts /proc/1/root/proc/interrupts /proc/self/root/proc/key-users",
     .counts = true},
    {.row = "F21", .name = "below-fd", .run = read_below_fd, .each = "keys interrupts ./keys self/../keys timer_list", .counts = true},
    {.row = "F21", .name = "without-mounts", .run = read_without_mounts, .each = "keys interrupts timer_list"},
    {.row = "F21", .name = "second-proc", .run = read_second_proc, .each = "keys interrupts timer_list", .counts = true},
    {.row = "F21", .name = "reopened", .run = read_reopened, .each = "/proc/keys /proc/interrupts /proc/timer_list", .counts = true},
    {.row = "F21", .name = "readable", .run = readable_below, .each = "/sys/./firmware /proc/self/root/sys/firmware /sys/devices/../firmware /proc/1/root/sys/firmware", .counts = true},
    {.name = NULL},
};
