/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor: the cheapest launch of a fully isolated process, as a yardstick for runtimes. Shared by its three parts: the launch itself
 * (floor.c), what the child does (floor_child.c), the system call filter (floor_filter.c). It trusts everything it is given: no config, no
 * state, almost no error handling.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the yardstick is x86-64 only"
#endif

/* mount(2) flags; <sys/mount.h> and <linux/mount.h> exclude each other in glibc 2.36. */
#define MS_RDONLY_ 1
#define MS_NOSUID_ 2
#define MS_NODEV_ 4
#define MS_NOEXEC_ 8
#define MS_BIND_ 4096
#define MS_REC_ 16384
#define MS_PRIVATE_ (1 << 18)
#define MNT_DETACH_ 2

/* Features: what the launch includes, in the order of the knock-out table; then ways of doing it. */
enum {
    USER, NET, PID, IPC, UTS, CGNS, CGROUP, ROOT, PROC, DEV, PTS, SHM, MQUEUE, SYS, MASK, CAPS, FILTER,
    VM, NODES, INTO, ONETMPFS, OVERLAP, LIBSEC, LIBTREE, LINEAR, BSET, IDMAP, DETACH, FSAPI, BPFDEV, MULTIARCH, NFEAT
};
#define F(x) (1ull << (x))
#define HAS(x) (feat & F(x))
#define LEN(a) (sizeof(a) / sizeof *(a))

/* Moments of a launch. */
enum {
    T_BEGIN, T_PREP, T_CLONED, T_CHILD, T_MAPPED, T_ROOT, T_PROC, T_DEV, T_SYS, T_MASK, T_PIVOT, T_CAPS, T_FILTER, T_WAITED, T_END, NT
};

#define NDEV 6
struct shared {
    uint32_t go; /* futex: the ids are mapped */
    double t[NT];
};

extern uint64_t feat;
extern const char *rootfs;
extern char **cmd;
extern struct shared *sh;
extern int treefd, devfd, nodefd[NDEV], filterfd, ncode;
extern struct sock_fprog prog;
extern const char *const devs[NDEV];
extern const unsigned char devno[NDEV][2];

/* floor_child.c */
int child(void *unused);
/* floor_filter.c: reads the rules once; makes `prog` of them, by our own emitter or by libseccomp */
void resolve(void);
void compile(void);
void libcompile(void);

/* Raw system calls: the child shares our memory and must not touch our errno. */
static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
    long r;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return r;
}
#define sc(n, ...) sc_(n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define sc_(n, a, b, c, d, e, f, ...) sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec * 1e-3;
}
#define STAMP(i) (sh->t[i] = now())

static inline void die(const char *what, long e)
{
    dprintf(2, "floor: %s: %s\n", what, strerror((int)-e));
    _exit(125);
}

static inline long ok(long r, const char *what)
{
    if (r < 0)
        die(what, r);
    return r;
}
