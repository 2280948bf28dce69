/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group G: capabilities, credentials and ids. Network privileges and prctl are in group_g2.c. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/reboot.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../lib/probe.h"

#define BIT(number) (UINT64_C(1) << (number))
/* The most that any policy grants without being strict. */
#define CEILING                                                                                                                            \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) |              \
     BIT(CAP_SETGID) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID))
#define UNMAPPED 3000000000U
#define HOST_ID 100000 /* beyond the 65536 ids of a container */

/* ---- G01, G07: what it has, and what it can have again ---- */

static uint64_t set_of(const char *field)
{
    char text[64];

    return status_field(field, text, sizeof(text)) ? strtoull(text, NULL, 16) : UINT64_MAX;
}

static long set_is(const char *argument)
{
    uint64_t most = strcmp(argument, "CapInh") == 0 || strcmp(argument, "CapAmb") == 0 ? 0 : CEILING, got = set_of(argument);

    if (strncmp(argument, "CapB", 4) != 0 && geteuid() != 0)
        most = 0;
    return held((got & ~most) == 0, "%s is %#llx", argument, (unsigned long long)got);
}

static long no_new_privs(const char *argument)
{
    (void)argument;
    return held(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "new privileges can be gained");
}

static long keep_caps_off(const char *argument)
{
    (void)argument;
    return held(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0 && (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & ~0x0f) == 0, "securebits %#x", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

static const struct { const char *name; int number; } names[] = {
    {"SYS_ADMIN", CAP_SYS_ADMIN},   {"SYS_PTRACE", CAP_SYS_PTRACE}, {"SYS_MODULE", CAP_SYS_MODULE}, {"NET_ADMIN", CAP_NET_ADMIN}, {"NET_RAW", CAP_NET_RAW},
    {"SETFCAP", CAP_SETFCAP},       {"SYS_CHROOT", CAP_SYS_CHROOT}, {"MKNOD", CAP_MKNOD},           {"DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
    {"AUDIT_WRITE", CAP_AUDIT_WRITE}, {"SYS_RAWIO", CAP_SYS_RAWIO}, {"SYS_RESOURCE", CAP_SYS_RESOURCE}, {"BPF", 39},              {"SYS_BOOT", CAP_SYS_BOOT},
};

static int number_of(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].number;
    return 0;
}

static long cap_call(int number, bool inheritable)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    if (inheritable) {
        data[number / 32].inheritable |= 1U << (number % 32);
    } else {
        data[number / 32].permitted |= 1U << (number % 32);
        data[number / 32].effective |= 1U << (number % 32);
    }
    return syscall(SYS_capset, &header, data);
}

static long raise_permitted(const char *name) { return cap_call(number_of(name), false); }
static long raise_inheritable(const char *name) { return cap_call(number_of(name), true); }

static long raise_ambient(const char *name)
{
    (void)cap_call(number_of(name), true);
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number_of(name), 0, 0);
}

static long bounding_has(const char *name) { return held(prctl(PR_CAPBSET_READ, number_of(name), 0, 0, 0) == 0, "%s is in the bounding set", name); }

/* Everything that keeps or brings back privileges over a change of ids; in the end there must not be more than at first. */
static long dance(const char *argument)
{
    uint64_t first = set_of("CapPrm") | set_of("CapBnd");

    (void)argument;
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    (void)prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, 0, 0, 0);
    (void)setresuid(1000, 1000, 0);
    (void)prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
    (void)setresuid(0, 0, 0);
    (void)cap_call(CAP_SYS_ADMIN, false);
    uint64_t last = set_of("CapPrm") | set_of("CapBnd") | set_of("CapEff");
    return held((last & ~first) == 0, "%#llx became %#llx", (unsigned long long)first, (unsigned long long)last);
}

static long back_to_root(const char *argument)
{
    (void)argument;
    if (setresuid(1000, 1000, 1000) < 0)
        return -1;
    return setresuid(0, 0, 0);
}

/* ---- G02: handles of files that no path leads to ("shocker") ---- */

static long handle_from(const char *place)
{
    struct { unsigned int size; int type; unsigned char bytes[8]; } handle = {8, 1, {2}};
    long fd = open_path(place, O_RDONLY), r = -1;
    static const unsigned char inodes[] = {2, 1, 128, 64, 0};

    for (size_t i = 0; i < sizeof(inodes) && r < 0; i++) {
        handle.bytes[0] = inodes[i];
        r = syscall(SYS_open_by_handle_at, fd, &handle, (long)O_RDONLY);
    }
    return r;
}

/* The name of a file given back as what it is. */
static long handle_there_and_back(const char *path)
{
    struct { unsigned int size; int type; unsigned char bytes[128]; } handle = {.size = 128};
    int mount_id;

    if (syscall(SYS_name_to_handle_at, (long)AT_FDCWD, path, &handle, &mount_id, 0L) < 0 && errno != EPERM)
        return -1;
    return syscall(SYS_open_by_handle_at, open_path("/", O_RDONLY), &handle, (long)O_RDONLY);
}

/* ---- G03, G05: what belongs to the machine; the arguments are refused in the end ---- */

static long finit_module(const char *argument)
{
    (void)argument;
    return syscall(SYS_finit_module, -1L, "", 0L);
}

static long kexec_file_load(const char *argument)
{
    (void)argument;
    return syscall(SYS_kexec_file_load, -1L, -1L, 0UL, "", 0UL);
}

static long reboot_command(const char *command)
{
    return syscall(SYS_reboot, (long)(int)LINUX_REBOOT_MAGIC1, 0L /* a wrong second number */, strtol(command, NULL, 16), NULL);
}

static long swapoff_none(const char *argument)
{
    (void)argument;
    return syscall(SYS_swapoff, "/no-such-file");
}

/* Out of range, which is looked at after the privilege. */
static long settimeofday_zone(const char *argument)
{
    struct timezone zone = {1 << 20, 0};

    (void)argument;
    return syscall(SYS_settimeofday, NULL, &zone);
}

/* Sets what is set already. */
static long adjust_clock(const char *argument)
{
    struct timex now = {0};
    bool plain = strcmp(argument, "adjtimex") == 0;

    if ((plain ? syscall(SYS_adjtimex, &now) : syscall(SYS_clock_adjtime, 0L, &now)) < 0)
        return -1;
    now.modes = ADJ_TICK;
    return plain ? syscall(SYS_adjtimex, &now) : syscall(SYS_clock_adjtime, 0L, &now);
}

static long name_of_host(const char *which)
{
    struct utsname names_now;

    if (uname(&names_now) < 0)
        return -1;
    if (strcmp(which, "host") == 0)
        return sethostname(names_now.nodename, strlen(names_now.nodename));
    return setdomainname(names_now.domainname, strlen(names_now.domainname));
}

/* As the leader of a session without a terminal, so that nobody's is hung up. */
static long hang_up(const char *argument)
{
    (void)argument;
    (void)setsid();
    return syscall(SYS_vhangup);
}

static long quotactl_fd(const char *argument)
{
    (void)argument;
    return syscall(443L, -1L, 0x80000700L /* get info */, 0L, NULL);
}

/* Writes quotas to disk, which everybody may; what changes them cannot be tried without a filesystem that has them. */
static long quotactl_sync(const char *argument)
{
    (void)argument;
    return works(syscall(SYS_quotactl, 0x80000100L, NULL, 0L, NULL));
}

/* ---- G06: set-id programs and file capabilities of the image ---- */

/* What a program is that was executed from a file: run by the attempts below as "--agent who". Its exit status is a bit for each privilege. */
static int who_am_i(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return (geteuid() != 1000) | (getegid() != 1000) << 1 | (set_of("CapEff") != 0 || set_of("CapPrm") != 0) << 2;
}

/* Its ids, for a program that was executed on the host. */
static int tell_ids(int argc, char **argv)
{
    uid_t user[3];
    gid_t group[3];

    (void)argc;
    (void)argv;
    (void)getresuid(&user[0], &user[1], &user[2]);
    (void)getresgid(&group[0], &group[1], &group[2]);
    return printf("%u %u %u %u %u %u %#llx\n", user[0], user[1], user[2], group[0], group[1], group[2], (unsigned long long)set_of("CapEff")) < 0;
}

static long privileged_file(const char *name)
{
    char path[64];
    int status;

    (void)snprintf(path, sizeof(path), "/escape/%s", name);
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0))
            _exit(100);
        (void)execl(path, path, "--agent", "who", (char *)NULL);
        _exit(101);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) >= 100) {
        errno = ENOEXEC;
        return -1;
    }
    return held(WEXITSTATUS(status) == 0, "it ran with privileges %d (1 user, 2 group, 4 capabilities)", WEXITSTATUS(status));
}

/* ---- G08: ids that are not the container's ---- */

static long change_id(const char *call)
{
    uid_t id = control_kind() ? HOST_ID : UNMAPPED; /* in the control arm every id is somebody's */

    if (strcmp(call, "setresuid") == 0)
        return syscall(SYS_setresuid, (long)id, (long)id, (long)id);
    if (strcmp(call, "setresgid") == 0)
        return syscall(SYS_setresgid, (long)id, (long)id, (long)id);
    if (strcmp(call, "setuid") == 0)
        return syscall(SYS_setuid, (long)id);
    if (strcmp(call, "setreuid") == 0)
        return syscall(SYS_setreuid, (long)id, (long)id);
    if (strcmp(call, "setgroups") == 0)
        return syscall(SYS_setgroups, 1L, &id);
    (void)syscall(SYS_setfsuid, (long)id);
    return syscall(SYS_setfsuid, -1L) == (long)id ? 0 : (errno = EINVAL, -1);
}

static long give_away(const char *call)
{
    const char *path = "/dev/shm/escape-given";
    long fd = open_path(path, O_RDWR | O_CREAT), r;
    uid_t id = control_kind() ? HOST_ID : UNMAPPED;

    if (fd < 0)
        return -1;
    if (strcmp(call, "fchown") == 0)
        r = fchown((int)fd, id, id);
    else if (strcmp(call, "chgrp") == 0)
        r = chown(path, (uid_t)-1, id);
    else
        r = chown(path, id, (gid_t)-1);
    int saved = errno;
    (void)unlink(path);
    errno = saved;
    return r;
}

/* ---- G11: a map of a user namespace below, with more extents than fit into the first part (CVE-2018-18955) ---- */

static long nested_map(const char *argument)
{
    static const char map[] = "0 0 1\n1 1 1\n2 2 1\n3 3 1\n4 4 1\n5 5 995\n";
    char path[64];
    int ready[2];
    char byte;

    (void)argument;
    if (pipe(ready) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        byte = unshare(CLONE_NEWUSER) == 0 ? '+' : (char)errno;
        (void)!write(ready[1], &byte, 1);
        (void)sleep(5);
        _exit(0);
    }
    if (pid < 0 || read(ready[0], &byte, 1) != 1)
        return -1;
    if (byte != '+') {
        errno = byte;
        return -1;
    }
    (void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
    long fd = open_path(path, O_WRONLY), r = fd < 0 ? -1 : write((int)fd, map, sizeof(map) - 1);
    (void)kill(pid, 9);
    return r;
}

/* ---- G13: set-group-id on a file of a group that one is not in ---- */

static long foreign_setgid(const char *argument)
{
    const char *dir = "/dev/shm/escape-setgid", *path = "/dev/shm/escape-setgid/file";
    int status = 1;

    (void)argument;
    if (geteuid() != 0)
        return absent("there is no file of another group here");
    (void)mkdir(dir, 0777);
    if (chmod(dir, 03777) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        struct stat st;
        if (setgroups(0, NULL) != 0 || setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0)
            _exit(100);
        long fd = open_path(path, O_RDWR | O_CREAT);
        (void)fchmod((int)fd, 02755);
        _exit(fd >= 0 && fstat((int)fd, &st) == 0 && st.st_gid != 1000 ? (st.st_mode & S_ISGID) != 0 : 100);
    }
    (void)waitpid(pid, &status, 0);
    (void)unlink(path);
    (void)rmdir(dir);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 100)
        return -1;
    return held(WEXITSTATUS(status) == 0, "the file is set-group-id");
}

/* ---- G14: file capabilities ---- */

static long set_file_caps(const char *version)
{
    const char *path = "/dev/shm/escape-caps";
    struct vfs_ns_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE};
    size_t size = XATTR_CAPS_SZ_2;
    long fd = open_path(path, O_RDWR | O_CREAT), r;

    if (fd < 0)
        return -1;
    data.data[0].permitted = 1U << CAP_SYS_ADMIN;
    if (version[0] == '3') {
        data.magic_etc = VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE;
        data.rootid = 0;
        size = XATTR_CAPS_SZ_3;
    }
    r = fsetxattr((int)fd, "security.capability", &data, size, 0);
    int saved = errno;
    (void)unlink(path);
    errno = saved;
    return r;
}

#define BEYOND "SYS_ADMIN SYS_PTRACE SYS_MODULE NET_ADMIN NET_RAW SETFCAP SYS_CHROOT MKNOD DAC_READ_SEARCH AUDIT_WRITE SYS_RAWIO SYS_RESOURCE BPF SYS_BOOT"
const struct attempt group_g[] = {
    {.row = "G01", .name = "set", .run = set_is, .each = "CapInh CapPrm CapEff CapBnd CapAmb"},
    {.row = "G01", .name = "no-new-privs", .run = no_new_privs},
    {.row = "G01", .name = "securebits", .run = keep_caps_off},
    {.row = "G01", .name = "bounding", .run = bounding_has, .each = BEYOND},
    {.row = "G02", .name = "open_by_handle_at", .through = "ESTALE"},
    {.row = "G02", .name = "handle", .run = handle_from, .each = "/ /etc/passwd /proc /sys /dev /dev/shm /sys/fs/cgroup", .through = "ESTALE"},
    {.row = "G02", .name = "there-and-back", .run = handle_there_and_back, .each = "/etc/passwd /bin /dev/shm", .through = "ESTALE"},
    {.row = "G03", .name = "init_module", .through = "ENOEXEC EFAULT EINVAL"},
    {.row = "G03", .name = "finit_module", .run = finit_module, .through = "EBADF"},
    {.row = "G03", .name = "delete_module", .through = "ENOENT"},
#ifdef __x86_64__
    {.row = "G04", .name = "iopl"},
    {.row = "G04", .name = "ioperm"},
#endif
    {.row = "G05", .name = "reboot", .run = reboot_command, .each = "0 1234567 4321fedc cdef0123 a1b2c3d4 d000fce2 89abcdef 45584543", .through = "EINVAL"},
    {.row = "G05", .name = "kexec_load", .through = "EINVAL"},
    {.row = "G05", .name = "kexec_file_load", .run = kexec_file_load, .through = "EBADF EINVAL"},
    {.row = "G05", .name = "swapon", .through = "ENOENT"},
    {.row = "G05", .name = "swapoff", .run = swapoff_none, .through = "ENOENT"},
    {.row = "G05", .name = "acct", .through = "ENOENT"},
    {.row = "G05", .name = "settimeofday", .run = settimeofday_zone, .through = "EINVAL"},
    {.row = "G05", .name = "clock_settime"},
    {.row = "G05", .name = "clock", .run = adjust_clock, .each = "adjtimex clock_adjtime"},
    {.row = "G05", .name = "name", .run = name_of_host, .each = "host domain"},
    {.row = "G05", .name = "quotactl", .run = quotactl_sync},
    {.row = "G05", .name = "quotactl_fd", .run = quotactl_fd},
    {.row = "G05", .name = "vhangup", .run = hang_up},
    {.row = "G06", .name = "execute", .run = privileged_file, .each = "set-user-id set-group-id capable capable-v3"},
    {.row = "G07", .name = "permitted", .run = raise_permitted, .each = BEYOND},
    {.row = "G07", .name = "inheritable", .run = raise_inheritable, .each = BEYOND},
    {.row = "G07", .name = "ambient", .run = raise_ambient, .each = BEYOND},
    {.row = "G07", .name = "capset-all"},
    {.row = "G07", .name = "clear-nnp"},
    {.row = "G07", .name = "dance", .run = dance},
    {.row = "G07", .name = "back-to-root", .run = back_to_root},
    {.row = "G08", .name = "change", .run = change_id, .each = "setresuid setresgid setuid setreuid setgroups setfsuid"},
    {.row = "G08", .name = "give-away", .run = give_away, .each = "chown fchown chgrp"},
    {.row = "G11", .name = "nested-map", .run = nested_map},
    {.row = "G13", .name = "set-group-id", .run = foreign_setgid},
    {.row = "G14", .name = "file-caps", .run = set_file_caps, .each = "2 3"},
    {.name = NULL},
};

const struct agent agents_g[] = {{"who", who_am_i}, {"ids", tell_ids}, {NULL, NULL}};
