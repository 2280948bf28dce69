/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of user namespaces. Hostile: whoever made the namespace, and processes in it. */
#include "ns/usermaps.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "path/procfs.h"

#define MAP_TEXT_MAX 65536    /* 340 lines */
#define HELPER_LIMIT_MS 10000 /* whoever owns the namespace may stop a process that has just entered it */

/* "%10u %10u %10u" */
static bool parse_line(char *line, struct oci_id_mapping *ret)
{
    uint32_t *const numbers[] = {&ret->container_id, &ret->host_id, &ret->size};
    char *save = NULL;

    for (size_t i = 0; i < CM_ARRAY_LEN(numbers); i++) {
        const char *word = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (!word || cm_parse_u32(word, numbers[i]) < 0)
            return false;
    }
    return true;
}

int cm_usermaps_read(int proc, pid_t pid, const char *file, struct cm_arena *arena, struct oci_id_mappings *ret)
{
    CM_AUTO_FREE char *text = NULL;
    char path[48];
    size_t lines = 0, n = 0;

    (void)snprintf(path, sizeof(path), "%d/%s", (int)pid, file);
    long size = cm_procfs_read(proc, path, MAP_TEXT_MAX, &text);
    if (size < 0)
        return (int)size;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    struct oci_id_mapping *map = cm_arena_array(arena, lines + 1, sizeof(*map));
    if (!map)
        return -ENOMEM;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line && n < lines; line = strtok_r(NULL, "\n", &save))
        n += parse_line(line, &map[n]);
    *ret = (struct oci_id_mappings){.set = true, .n = n, .v = map};
    return 0;
}

/* In the helper: a process of its own with a copy of our memory, non-dumpable before and after it enters (the change of credentials resets that). */
CM_NORETURN static void helper(pid_t parent, int user, bool with_network, int out)
{
    int errnum = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        _exit(1);
    if (setns(user, CLONE_NEWUSER) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || (with_network && unshare(CLONE_NEWNET) < 0))
        errnum = errno;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent || write(out, &errnum, sizeof(errnum)) != (ssize_t)sizeof(errnum))
        _exit(1);
    for (;;)
        (void)pause();
}

static int ask(int proc, pid_t pid, int in, struct cm_arena *arena, struct cm_usermaps *ret, int *ret_net, struct cm_error *err)
{
    int errnum;
    char path[48];

    struct pollfd answer = {.fd = in, .events = POLLIN};
    int ready;
    do
        ready = poll(&answer, 1, HELPER_LIMIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return cm_fail(err, ETIMEDOUT, "/linux/namespaces",
                       "the process that looks into the user namespace does not answer: a process in that namespace stopped it");
    if (read(in, &errnum, sizeof(errnum)) != (ssize_t)sizeof(errnum))
        return cm_fail(err, EPROTO, "/linux/namespaces", "the process that looks into the user namespace died");
    if (errnum != 0)
        return cm_fail_errno(err, errnum, "/linux/namespaces", "entering the user namespace%s",
                             errnum == ENOSPC
                                 ? " or making a network namespace in it; once a container ran in it no more can be made there: bring the network namespace too"
                                 : "");
    int r = cm_usermaps_read(proc, pid, "uid_map", arena, &ret->uids);
    if (r == 0)
        r = cm_usermaps_read(proc, pid, "gid_map", arena, &ret->gids);
    if (r < 0)
        return cm_fail_errno(err, -r, "/linux/namespaces", "reading the maps of the user namespace");
    if (!ret_net)
        return 0;
    (void)snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
    *ret_net = openat(proc, path, O_RDONLY | O_CLOEXEC); /* a magic link of our own procfs: following it is the point */
    return *ret_net < 0 ? cm_fail_errno(err, errno, "/linux/namespaces", "opening the new network namespace") : 0;
}

int cm_usermaps_enter(int proc, pid_t self, int user, struct cm_arena *arena, struct cm_usermaps *ret, int *ret_net, struct cm_error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return cm_fail_errno(err, errno, NULL, "making a pipe");
    CM_AUTO_CLOSE int in = ends[0];
    pid_t pid = fork();
    if (pid == 0)
        helper(self, user, ret_net != NULL, ends[1]);
    int errnum = errno;
    (void)close(ends[1]); /* really: its end must be seen when the helper dies */
    if (pid < 0)
        return cm_fail_errno(err, errnum, NULL, "starting the process that looks into the user namespace");
    int r = ask(proc, pid, in, arena, ret, ret_net, err);
    (void)kill(pid, SIGKILL); /* our own child, not reaped yet */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return r;
}
