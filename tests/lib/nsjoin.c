/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests only, run by host root: nsjoin PID PROGRAM [ARGUMENT...]
 *
 * Executes a host program as the strongest attacker that a container could ever grow: root of its user namespace with every capability
 * there, in all its namespaces, without its filters, no_new_privs, Landlock or labels. What still fails then is held by the ownership of
 * the namespaces and the sealed user namespace alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The user namespace comes last: until then we are host root and may join all others, whoever owns them. */
static const struct { const char *name; int type; } order[] = {
    {"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET},
    {"pid", CLONE_NEWPID},       {"mnt", CLONE_NEWNS},  {"user", CLONE_NEWUSER},
};
#define N_ORDER (sizeof(order) / sizeof(order[0]))

static int complain(const char *what)
{
    (void)fprintf(stderr, "nsjoin: %s: %s\n", what, strerror(errno));
    return 125;
}

int main(int argc, char **argv)
{
    int fds[N_ORDER], program, status = 0;
    char path[64];
    pid_t pid;

    if (argc < 3)
        return (void)fputs("usage: nsjoin PID PROGRAM [ARGUMENT...]\n", stderr), 2;
    program = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (program < 0)
        return complain(argv[2]);
    for (size_t i = 0; i < N_ORDER; i++) {
        (void)snprintf(path, sizeof(path), "/proc/%s/ns/%s", argv[1], order[i].name);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0)
            return complain(path);
    }
    for (size_t i = 0; i < N_ORDER; i++)
        if (setns(fds[i], order[i].type) != 0)
            return complain(order[i].name);
    if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        return complain("becoming root of the user namespace");
    pid = fork(); /* the pid namespace is for children */
    if (pid == 0) {
        char *const env[] = {NULL};
        (void)syscall(SYS_execveat, program, "", argv + 2, env, AT_EMPTY_PATH);
        _exit(complain(argv[2]));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return complain("fork");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
