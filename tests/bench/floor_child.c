/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the isolated process does between its birth and the execution of the command, with raw system calls: it may share its parent's memory. */
#include "floor.h"

const char *const devs[NDEV] = { "null", "zero", "full", "random", "urandom", "tty" };
const unsigned char devno[NDEV][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 }, { 1, 9 }, { 5, 0 } };
static const char *const ro[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
static const char *const maskfile[] = { "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                    "/proc/timer_stats", "/proc/sched_debug" };
static const char *const maskdir[] = { "/proc/acpi", "/proc/asound", "/sys/firmware", "/proc/scsi" };

static long mnt(const char *type, const char *to, unsigned long flags, const char *data)
{
    if (!HAS(FSAPI))
        return sc(SYS_mount, type, to, type, flags, data);
    /* The same through the file-descriptor API, with a symlink-proof target. */
    static char copy[256];
    struct { uint64_t flags, mode, resolve; } how = { O_PATH | O_CLOEXEC | O_DIRECTORY, 0, 0x04 | 0x10 };
    long fs = ok(sc(SYS_fsopen, type, 1), "fsopen"), m, t;
    strcpy(copy, data ? data : "");
    for (char *p = copy, *q; *p; p = q) {
        q = p + strcspn(p, ",");
        if (*q)
            *q++ = 0;
        char *v = strchr(p, '=');
        if (v)
            *v++ = 0;
        ok(sc(SYS_fsconfig, fs, v ? 1 : 0, p, v, 0), p);
    }
    ok(sc(SYS_fsconfig, fs, 6, 0, 0, 0), "fsconfig create");
    m = ok(sc(SYS_fsmount, fs, 1, (flags & MS_RDONLY_ ? 1 : 0) | (flags & MS_NOSUID_ ? 2 : 0) |
            (flags & MS_NODEV_ ? 4 : 0) | (flags & MS_NOEXEC_ ? 8 : 0)), "fsmount");
    t = ok(sc(SYS_openat2, AT_FDCWD, to + 1, &how, sizeof how), to);
    long r = sc(SYS_move_mount, m, "", t, "", 0x04 | 0x40);
    sc(SYS_close, fs), sc(SYS_close, m), sc(SYS_close, t);
    return r;
}

int child(void *unused)
{
    (void)unused;
    STAMP(T_CHILD);
#define MAP_WAIT() \
    while (HAS(USER) && !__atomic_load_n(&sh->go, __ATOMIC_ACQUIRE)) \
    sc(SYS_futex, &sh->go, FUTEX_WAIT, 0, 0, 0, 0)
#define IDS() \
    do { \
        MAP_WAIT(); \
        ok(sc(SYS_setgroups, 0, 0), "setgroups"); \
        ok(sc(SYS_setresgid, 0, 0, 0), "setresgid"); \
        ok(sc(SYS_setresuid, 0, 0, 0), "setresuid"); \
        STAMP(T_MAPPED); \
    } while (0)
    if (!HAS(OVERLAP) || HAS(IDMAP)) /* a mount takes its id map before it is attached */
        IDS();
    if (HAS(ROOT)) {
        if (!HAS(USER)) /* a user namespace's copy of the mounts is a slave already */
            ok(sc(SYS_mount, 0, "/", 0, MS_REC_ | MS_PRIVATE_, 0), "private");
        ok(sc(SYS_move_mount, treefd, "", AT_FDCWD, rootfs, 0x04), "move_mount root");
        ok(sc(SYS_chdir, rootfs), "chdir");
        ok(sc(SYS_pivot_root, ".", "."), "pivot_root");
    }
    STAMP(T_ROOT);
    if (HAS(OVERLAP) && !HAS(IDMAP))
        IDS();
    if (HAS(PROC))
        ok(mnt("proc", "/proc", MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, 0), "proc");
    STAMP(T_PROC);
    if (HAS(DEV)) {
        if (HAS(NODES)) { /* a tmpfs with real nodes, made by the parent */
            ok(sc(SYS_move_mount, devfd, "", AT_FDCWD, "/dev", 0x04), "move_mount dev");
        } else {
            char p[32] = "/dev/";
            ok(mnt("tmpfs", "/dev", MS_NOSUID_, "mode=755,size=65536k"), "dev");
            for (int i = 0; i < NDEV; i++) {
                strcpy(p + 5, devs[i]);
                ok(sc(SYS_mknodat, AT_FDCWD, p, S_IFREG | 0666, 0), p);
                ok(sc(SYS_move_mount, nodefd[i], "", AT_FDCWD, p, 0x04), p);
            }
            sc(SYS_symlinkat, "/proc/self/fd", AT_FDCWD, "/dev/fd");
            sc(SYS_symlinkat, "/proc/self/fd/0", AT_FDCWD, "/dev/stdin");
            sc(SYS_symlinkat, "/proc/self/fd/1", AT_FDCWD, "/dev/stdout");
            sc(SYS_symlinkat, "/proc/self/fd/2", AT_FDCWD, "/dev/stderr");
            sc(SYS_symlinkat, "pts/ptmx", AT_FDCWD, "/dev/ptmx");
            sc(SYS_mkdirat, AT_FDCWD, "/dev/pts", 0755);
            sc(SYS_mkdirat, AT_FDCWD, "/dev/shm", 0755);
            sc(SYS_mkdirat, AT_FDCWD, "/dev/mqueue", 0755);
        }
        if (HAS(PTS))
            ok(mnt("devpts", "/dev/pts", MS_NOSUID_ | MS_NOEXEC_,
                "newinstance,ptmxmode=0666,mode=0620,gid=5"), "devpts");
        if (HAS(SHM))
            ok(mnt("tmpfs", "/dev/shm", MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, "mode=1777,size=65536k"), "shm");
        if (HAS(MQUEUE))
            ok(mnt("mqueue", "/dev/mqueue", MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, 0), "mqueue");
    }
    STAMP(T_DEV);
    if (HAS(SYS))
        ok(mnt("sysfs", "/sys", MS_RDONLY_ | MS_NOSUID_ | MS_NODEV_ | MS_NOEXEC_, 0), "sys");
    STAMP(T_SYS);
    if (HAS(MASK) && HAS(PROC)) {
        struct mount_attr ma = { .attr_set = MOUNT_ATTR_RDONLY };
        int first = -1;
        for (unsigned i = 0; i < LEN(ro); i++) {
            long fd = sc(SYS_open_tree, AT_FDCWD, ro[i], 1 | O_CLOEXEC);
            if (fd < 0)
                continue;
            ok(sc(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &ma, sizeof ma), "ro");
            ok(sc(SYS_move_mount, fd, "", AT_FDCWD, ro[i], 0x04), ro[i]);
        }
        for (unsigned i = 0; HAS(DEV) && i < LEN(maskfile); i++)
            sc(SYS_mount, "/dev/null", maskfile[i], 0, MS_BIND_, 0);
        for (unsigned i = 0; i < LEN(maskdir); i++) {
            if (HAS(ONETMPFS) && first >= 0) {
                sc(SYS_mount, maskdir[first], maskdir[i], 0, MS_BIND_, 0);
            } else if (sc(SYS_mount, "tmpfs", maskdir[i], "tmpfs", MS_RDONLY_, "size=0k") == 0) {
                if (first < 0)
                    first = (int)i;
            }
        }
    }
    STAMP(T_MASK);
    if (HAS(ROOT) && HAS(DETACH))
        ok(sc(SYS_umount2, ".", MNT_DETACH_), "umount");
    if (HAS(ROOT))
        sc(SYS_chdir, "/");
    STAMP(T_PIVOT);
    if (HAS(UTS))
        sc(SYS_sethostname, "floor", 5);
    ok(sc(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "nnp");
    if (HAS(CAPS)) {
        const uint64_t keep = 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_AUDIT_WRITE;
        struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
        struct __user_cap_data_struct d[2] = { { (uint32_t)keep, (uint32_t)keep, 0 }, { 0, 0, 0 } };
        for (int i = 0; HAS(BSET) && i <= 40; i++)
            if (!(keep >> i & 1))
                sc(SYS_prctl, PR_CAPBSET_DROP, i, 0, 0, 0);
        ok(sc(SYS_capset, &h, d), "capset");
    }
    STAMP(T_CAPS);
    if (HAS(FILTER))
        ok(sc(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog), "seccomp");
    STAMP(T_FILTER);
    static char *env[] = { "PATH=/bin:/usr/bin", 0 };
    long r = sc(SYS_execve, cmd[0], cmd, env);
    die("exec", r);
    return 125;
}
