/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls every system call number from 0 to 1023 with six zero arguments, each in a child of its own, and prints what came of it:
 *
 *   NR ok VALUE | NR errno NUMBER | NR signal NUMBER | NR exit STATUS | NR blocked -
 *
 * For containers and namespaces made for the purpose, never for the bare host. Run under a filter this is the filter's table as the kernel
 * applies it. The child answers through shared memory, because a call may have taken its descriptors or (seccomp(2) itself) every other
 * call away from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS 1024
#define BLOCKED_AFTER_MS 300

struct answer {
    volatile bool done;
    volatile long ret; /* as the kernel returns it: -errno */
};

/* Inline, because vfork's child shares this stack: a function that returned in the child would have eaten the parent's return address. */
static inline __attribute__((always_inline)) long raw_call(long nr)
{
#ifdef __x86_64__
    long ret;
    register long r10 __asm__("r10") = 0, r8 __asm__("r8") = 0, r9 __asm__("r9") = 0;
    __asm__ volatile("syscall" : "=a"(ret) : "0"(nr), "D"(0), "S"(0), "d"(0), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return ret;
#else
    long ret = syscall(nr, 0, 0, 0, 0, 0, 0);
    return ret < 0 ? -errno : ret;
#endif
}

static bool makes_a_process(long nr)
{
#ifdef __x86_64__
    if (nr == SYS_fork || nr == SYS_vfork)
        return true;
#endif
    return nr == SYS_clone || nr == SYS_clone3;
}

/* Descriptor 0 is an argument of every call that takes one, fchmod and ftruncate among them: it becomes the end of a pipe that nobody else has. */
static void harmless_stdin(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 || dup2(ends[0], 0) != 0)
        _exit(125);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void child(long nr, struct answer *answer)
{
    bool forks = makes_a_process(nr);
    long ret = raw_call(nr);

    if (!(forks && ret == 0)) {
        answer->ret = ret;
        answer->done = true;
    }
    for (;;)
        (void)syscall(SYS_exit, 0); /* exit and not exit_group: it is allowed even in seccomp's strict mode */
}

/* Waits for at most BLOCKED_AFTER_MS; a child that still runs is killed. */
static bool wait_for(pid_t pid, int *ret_status)
{
    struct timespec pause = {.tv_nsec = 200000};

    for (int waited_us = 0; waited_us < BLOCKED_AFTER_MS * 1000; waited_us += 200) {
        if (waitpid(pid, ret_status, WNOHANG | __WALL) == pid)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, ret_status, __WALL);
    return false;
}

int main(void)
{
    struct answer *answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (answer == MAP_FAILED)
        return 1;
    for (long nr = 0; nr < CALLS; nr++) {
        int status = 0;
        answer->done = false;
        (void)fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            harmless_stdin();
            (void)setpgid(0, 0); /* kill(0, …) reaches nobody else */
            child(nr, answer);
        }
        if (pid < 0)
            return 1;
        bool ended = wait_for(pid, &status);
        if (answer->done && answer->ret < 0 && answer->ret > -4096)
            (void)printf("%ld errno %ld\n", nr, -answer->ret);
        else if (answer->done)
            (void)printf("%ld ok %ld\n", nr, answer->ret);
        else if (!ended)
            (void)printf("%ld blocked -\n", nr);
        else if (WIFSIGNALED(status))
            (void)printf("%ld signal %d\n", nr, WTERMSIG(status));
        else
            (void)printf("%ld exit %d\n", nr, WEXITSTATUS(status));
    }
    return 0;
}
