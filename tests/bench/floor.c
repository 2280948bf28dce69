/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor -r ROOTFS [-f FEATURES] CMD...     one launch, to be timed as a process
 * floor -j PID CMD...                      the same into the container of PID, as exec does
 * floor -r ROOTFS -n N CMD...              N launches, the phases of each
 * floor -r ROOTFS -n N -a CMD...           knock-out table: every variant, interleaved N times
 *
 * FEATURES: a comma list of names, or -NAME to take one away from the default set. What the kernel charges for the isolation that a
 * generated config asks for, plus a user namespace and a default-deny filter.
 */
#include "floor.h"

static const char *const names[NFEAT] = {
    "user", "net", "pid", "ipc", "uts", "cgns", "cgroup", "root", "proc", "dev", "pts", "shm", "mqueue", "sys", "mask", "caps", "filter",
    "vm", "nodes", "into", "onetmpfs", "overlap", "libsec", "libtree", "linear", "bset", "idmap", "detach", "fsapi", "bpfdev", "multiarch",
};
#define DEFAULT                                                                                                                   \
    (F(USER) | F(NET) | F(PID) | F(IPC) | F(UTS) | F(CGNS) | F(CGROUP) | F(ROOT) | F(PROC) | F(DEV) | F(PTS) | F(SHM) | F(MQUEUE) | \
     F(SYS) | F(MASK) | F(CAPS) | F(FILTER) | F(VM) | F(NODES) | F(INTO) | F(ONETMPFS) | F(OVERLAP) | F(BSET) | F(DETACH))

static const char *const phase[NT] = {
    "", "prep (cgroup, tree, nodes)", "clone3 returns", "child runs", "ids mapped", "root attached, pivot", "proc", "dev pts shm mqueue",
    "sys", "masked and read-only", "old root gone", "caps, no-new-privs", "filter loaded", "exec, run, exit, wait", "cgroup removed",
};

uint64_t feat = DEFAULT;
const char *rootfs;
static const char *cgbase = "/sys/fs/cgroup";
char **cmd;
struct shared *sh;
int treefd, devfd, nodefd[NDEV], filterfd;
struct sock_fprog prog;
static unsigned char stack[65536] __attribute__((aligned(64)));

static long spawn(struct clone_args *a)
{
    long r;
    int (*fn)(void *) = child;
    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\txor %%edi, %%edi\n\t"
                "call *%[fn]\n\tmov %%eax, %%edi\n\tmov $60, %%eax\n\tsyscall\n\thlt\n1:"
                : "=a"(r) : "0"(SYS_clone3), "D"(a), "S"(sizeof *a), [fn] "r"(fn)
                : "rcx", "r11", "memory");
    return r;
}

/* ---- the parent ----------------------------------------------------------------------- */
static void put(const char *path, const char *s)
{
    long fd = ok(sc(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0), path);
    ok(sc(SYS_write, fd, s, strlen(s)), path);
    sc(SYS_close, fd);
}

static void bpfdev(long cgfd)
{
    /* device program of two instructions: r0 = 1; exit */
    static const uint64_t insn[2] = { 0x00000001000000b7ull, 0x95ull };
    struct { uint32_t type, cnt; uint64_t insns, lic; uint32_t lvl, sz; uint64_t buf; uint32_t kv, fl; char nm[16];
            uint32_t ifi, eat; } ld = { 15, 2, (uint64_t)insn, (uint64_t) "GPL", 0, 0, 0, 0, 0, "", 0, 6 };
    long fd = ok(sc(SYS_bpf, 5, &ld, sizeof ld), "bpf load");
    struct { uint32_t target, prog, type, flags; } at = { (uint32_t)cgfd, (uint32_t)fd, 6, 0 };
    ok(sc(SYS_bpf, 8, &at, sizeof at), "bpf attach");
    sc(SYS_close, fd);
}

static void launch(int seq)
{
    char cg[256], path[64];
    long cgfd = -1, pid;
    int pidfd = -1;
    sh->go = 0;
    STAMP(T_BEGIN);
    if (HAS(CGROUP)) {
        snprintf(cg, sizeof cg, "%s/floor-%d-%d", cgbase, (int)getpid(), seq);
        ok(sc(SYS_mkdirat, AT_FDCWD, cg, 0755), cg);
        cgfd = ok(sc(SYS_openat, AT_FDCWD, cg, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), cg);
        if (HAS(BPFDEV)) {
            long d = ok(sc(SYS_openat, AT_FDCWD, cg, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), cg);
            bpfdev(d);
            sc(SYS_close, d);
        }
    }
    if (HAS(FILTER)) {
        if (HAS(LIBSEC) || HAS(LIBTREE))
            libcompile();
        else
            compile();
    }
    if (HAS(ROOT)) {
        struct mount_attr ma = { .attr_set = MOUNT_ATTR_RDONLY };
        treefd = (int)ok(sc(SYS_open_tree, AT_FDCWD, rootfs, 1 | O_CLOEXEC), "open_tree");
        ok(sc(SYS_mount_setattr, treefd, "", AT_EMPTY_PATH, &ma, sizeof ma), "mount_setattr");
    }
    if (HAS(DEV) && HAS(NODES)) {
        long fs = ok(sc(SYS_fsopen, "tmpfs", 1), "fsopen");
        ok(sc(SYS_fsconfig, fs, 1, "mode", "755", 0), "mode");
        ok(sc(SYS_fsconfig, fs, 1, "size", "65536k", 0), "size");
        if (HAS(USER)) {
            ok(sc(SYS_fsconfig, fs, 1, "uid", "100000", 0), "uid");
            ok(sc(SYS_fsconfig, fs, 1, "gid", "100000", 0), "gid");
        }
        ok(sc(SYS_fsconfig, fs, 6, 0, 0, 0), "create");
        devfd = (int)ok(sc(SYS_fsmount, fs, 1, 2 /* nosuid */), "fsmount");
        sc(SYS_close, fs);
        for (int i = 0; i < NDEV; i++)
            ok(sc(SYS_mknodat, devfd, devs[i], S_IFCHR | 0666, makedev(devno[i][0], devno[i][1])), devs[i]);
        sc(SYS_symlinkat, "/proc/self/fd", devfd, "fd");
        sc(SYS_symlinkat, "/proc/self/fd/0", devfd, "stdin");
        sc(SYS_symlinkat, "/proc/self/fd/1", devfd, "stdout");
        sc(SYS_symlinkat, "/proc/self/fd/2", devfd, "stderr");
        sc(SYS_symlinkat, "pts/ptmx", devfd, "ptmx");
        sc(SYS_mkdirat, devfd, "pts", 0755);
        sc(SYS_mkdirat, devfd, "shm", 0755);
        sc(SYS_mkdirat, devfd, "mqueue", 0755);
    } else if (HAS(DEV)) {
        for (int i = 0; i < NDEV; i++) {
            snprintf(path, sizeof path, "/dev/%s", devs[i]);
            nodefd[i] = (int)ok(sc(SYS_open_tree, AT_FDCWD, path, 1 | O_CLOEXEC), path);
        }
    }
    STAMP(T_PREP);
    struct clone_args a = {
        .flags = CLONE_PIDFD | (HAS(USER) ? CLONE_NEWUSER : 0) | (HAS(NET) ? CLONE_NEWNET : 0) |
                (HAS(PID) ? CLONE_NEWPID : 0) | (HAS(IPC) ? CLONE_NEWIPC : 0) | (HAS(UTS) ? CLONE_NEWUTS : 0) |
                (HAS(CGNS) ? CLONE_NEWCGROUP : 0) | (HAS(ROOT) ? CLONE_NEWNS : 0) | (HAS(VM) ? CLONE_VM : 0) |
                (HAS(CGROUP) && HAS(INTO) ? CLONE_INTO_CGROUP : 0) |
                (HAS(VM) && !HAS(USER) ? CLONE_VFORK : 0),
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)(cgfd < 0 ? 0 : cgfd),
        .stack = HAS(VM) ? (uint64_t)(uintptr_t)stack : 0,
        .stack_size = HAS(VM) ? sizeof stack : 0,
    };
    pid = ok(spawn(&a), "clone3");
    STAMP(T_CLONED);
    if (HAS(CGROUP) && !HAS(INTO)) {
        char n[64];
        snprintf(path, sizeof path, "%d", (int)pid);
        snprintf(n, sizeof n, "%s", path);
        strcat(cg, "/cgroup.procs");
        put(cg, n);
        *strrchr(cg, '/') = 0;
    }
    if (HAS(USER)) {
        snprintf(path, sizeof path, "/proc/%d/uid_map", (int)pid);
        put(path, "0 100000 65536");
        path[strlen(path) - 7] = 'g';
        put(path, "0 100000 65536");
        if (HAS(IDMAP)) {
            snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
            long ns = ok(sc(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), path);
            struct mount_attr ma = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)ns };
            ok(sc(SYS_mount_setattr, treefd, "", AT_EMPTY_PATH, &ma, sizeof ma), "idmap");
            sc(SYS_close, ns);
        }
        __atomic_store_n(&sh->go, 1, __ATOMIC_RELEASE);
        sc(SYS_futex, &sh->go, FUTEX_WAKE, 1, 0, 0, 0);
    }
    siginfo_t si;
    memset(&si, 0, sizeof si);
    ok(sc(SYS_waitid, P_PIDFD, pidfd, &si, WEXITED, 0), "waitid");
    STAMP(T_WAITED);
    if (si.si_code != CLD_EXITED || si.si_status != 0)
        die("child failed", -ECHILD);
    sc(SYS_close, pidfd);
    if (HAS(ROOT))
        sc(SYS_close, treefd);
    if (HAS(DEV) && HAS(NODES))
        sc(SYS_close, devfd);
    for (int i = 0; HAS(DEV) && !HAS(NODES) && i < NDEV; i++)
        sc(SYS_close, nodefd[i]);
    if (HAS(CGROUP)) {
        sc(SYS_close, cgfd);
        ok(sc(SYS_unlinkat, AT_FDCWD, cg, AT_REMOVEDIR), "rmdir cgroup");
    }
    STAMP(T_END);
}

/* Run the command inside the container of process `pid`: what exec has to do. */
static void join(int pid)
{
    char path[4500], line[4096], *cg = 0;
    int pidfd = -1;
    siginfo_t si;
    snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
    FILE *f = fopen(path, "re");
    while (f && !cg && fgets(line, sizeof line, f))
        if (!strncmp(line, "0::", 3))
            cg = line + 3;
    if (!cg)
        die(path, -ENOENT);
    cg[strcspn(cg, "\n")] = 0;
    snprintf(path, sizeof path, "%s%s", cgbase, cg);
    long cgfd = ok(sc(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), path);
    long target = ok(sc(SYS_pidfd_open, pid, 0), "pidfd_open");
    feat &= F(CAPS) | F(BSET) | F(FILTER);
    if (HAS(FILTER))
        compile();
    ok(sc(SYS_setns, target, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
            CLONE_NEWCGROUP), "setns");
    struct clone_args a = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)cgfd,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    ok(spawn(&a), "clone3");
    ok(sc(SYS_waitid, P_PIDFD, pidfd, &si, WEXITED, 0), "waitid");
}

/* ---- measuring ------------------------------------------------------------------------ */
static int cmpd(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static double pct(double *v, int n, double p)
{
    qsort(v, (size_t)n, sizeof *v, cmpd);
    return v[(int)(p * (n - 1))];
}

static uint64_t parse(const char *s)
{
    uint64_t f = 0;
    char buf[512], *save = 0;
    snprintf(buf, sizeof buf, "%s", s);
    if (*s == '-' || *s == '+')
        f = DEFAULT;
    for (char *w = strtok_r(buf, ",", &save); w; w = strtok_r(0, ",", &save)) {
        int i, neg = *w == '-', skip = *w == '-' || *w == '+';
        for (i = 0; i < NFEAT && strcmp(names[i], w + skip); i++)
            ;
        if (i == NFEAT) {
            if (strcmp(w, "none"))
                die(w, -EINVAL);
            continue;
        }
        f = neg ? f & ~F(i) : f | F(i);
    }
    return f;
}

static const char *const variants[] = {
    "+vm", /* everything, the default ways */
    /* without: */
    "-user", "-net,-sys", "-sys", "-pid,-proc,-mask", "-proc,-mask", "-mask", "-ipc,-mqueue", "-mqueue", "-uts", "-cgns",
    "-cgroup", "-dev", "-pts", "-shm", "-caps", "-bset", "-filter", "-root,-proc,-dev,-sys,-mask", "-detach",
    /* in another way: */
    "-vm", "-overlap", "-into", "-nodes", "-onetmpfs", "+fsapi", "+idmap", "+bpfdev", "+linear",
#ifdef HAVE_SECCOMP
    "+libsec", "+libtree",
    "+libsec,+multiarch", "+libtree,+multiarch",
#endif
    /* little or nothing: */
    "user,root,pid,vm,detach", "pid,vm", "none,vm", "none",
};

int main(int argc, char **argv)
{
    int n = 1, all = 0, target = 0, o;
    const char *one = 0;
    while ((o = getopt(argc, argv, "+r:n:f:ac:j:")) != -1)
        switch (o) {
        case 'r': rootfs = realpath(optarg, 0); break;
        case 'n': n = atoi(optarg); break;
        case 'f': one = optarg; break;
        case 'a': all = 1; break;
        case 'j': target = atoi(optarg); break;
        case 'c': cgbase = optarg; break;
        default: return 2;
        }
    cmd = argv + optind;
    if ((!rootfs && !target) || !*cmd) {
        fputs("usage: floor -r ROOTFS [-n N] [-a] [-f FEATURES] [-c CGROUP] CMD...\n", stderr);
        return 2;
    }
    if (one)
        feat = parse(one);
    sh = mmap(0, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    umask(0);
    resolve();
    if (target) {
        join(target);
        return 0;
    }
    if (n == 1 && !all) {
        launch(0);
        return 0;
    }
    filterfd = (int)sc(SYS_memfd_create, "filter", MFD_CLOEXEC);
    int nv = all ? (int)LEN(variants) : 1;
    double *t = calloc((size_t)(nv * n), sizeof *t), *ph = calloc((size_t)(NT * n), sizeof *ph);
    uint64_t base = feat;
    int order[LEN(variants)];
    for (int v = 0; v < nv; v++)
        order[v] = v;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < nv; i++) {
            /* a new order each round: what one launch leaves behind is paid by another */
            int j = i + rand() % (nv - i), v = order[j];
            order[j] = order[i], order[i] = v;
            feat = all ? parse(variants[v]) : base;
            launch(k * nv + v);
            t[v * n + k] = sh->t[T_END] - sh->t[T_BEGIN];
            for (int p = 1; p < NT && !v; p++)
                ph[p * n + k] = sh->t[p] - sh->t[T_BEGIN];
        }
    double full = pct(t, n, .5);
    if (!all)
        printf("filter: %d instructions\n", ncode);
    printf("%-34s %9s %9s %9s %9s\n", all ? "variant (µs per launch)" : "phase (µs since begin)", "p10", "median", "p90",
        all ? "vs full" : "step");
    double prev = 0;
    for (int i = 1; i < NT && !all; i++) {
        double m = pct(ph + i * n, n, .5);
        printf("%-34s %9.1f %9.1f %9.1f %9.1f\n", phase[i], pct(ph + i * n, n, .1), m, pct(ph + i * n, n, .9), m - prev);
        prev = m;
    }
    for (int v = 0; v < nv; v++) {
        double m = pct(t + v * n, n, .5);
        printf("%-34s %9.1f %9.1f %9.1f %+9.1f\n", all && v ? variants[v] : "full", pct(t + v * n, n, .1), m,
            pct(t + v * n, n, .9), m - full);
    }
    return 0;
}
