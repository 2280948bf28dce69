/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See process.h. Lines are found by their names at the beginning of a line: the kernel escapes line breaks in the name of a process. */
#include "observe/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "path/procfs.h"

#define STATUS_MAX ((size_t)1 << 20) /* 65536 groups of ten digits */

/* What stands behind a key; NULL: no such line. */
static const char *find(const char *text, const char *key)
{
    size_t n = strlen(key);

    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, key, n) == 0)
            return line + n + strspn(line + n, "\t ");
    return NULL;
}

/* The next number of a line; false at its end, or where there is none. */
static bool next_u32(const char **at, uint32_t *ret)
{
    char digits[16] = {0};
    const char *start = *at + strspn(*at, "\t ");
    size_t n = strcspn(start, "\t \n");

    if (n == 0 || n >= sizeof(digits))
        return false;
    memcpy(digits, start, n);
    *at = start + n;
    return cm_parse_u32(digits, ret) == 0;
}

static bool read_number(const char *text, const char *key, uint32_t *ret)
{
    const char *at = find(text, key);

    return at && next_u32(&at, ret);
}

static bool read_ids(const char *text, const char *key, uint32_t ids[CM_PROCESS_IDS])
{
    const char *at = find(text, key);

    for (size_t i = 0; at && i < CM_PROCESS_IDS; i++)
        if (!next_u32(&at, &ids[i]))
            return false;
    return at != NULL;
}

static int read_groups(const char *text, struct cm_arena *arena, struct cm_process *ret)
{
    const char *at = find(text, "Groups:");
    size_t room = at ? strcspn(at, "\n") / 2 + 1 : 0; /* a digit and a blank each */

    ret->groups = at ? cm_arena_array(arena, room + 1, sizeof(*ret->groups)) : NULL;
    if (!ret->groups)
        return at ? -ENOMEM : -EPROTO;
    while (next_u32(&at, &ret->groups[ret->n_groups]))
        ret->n_groups++;
    return 0;
}

/* A set of capabilities: hexadecimal. */
static bool read_set(const char *text, const char *key, uint64_t *ret)
{
    const char *at = find(text, key);
    size_t n = at ? strspn(at, "0123456789abcdef") : 0;

    *ret = 0;
    for (size_t i = 0; i < n; i++)
        *ret = *ret << 4 | (uint64_t)(at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
    return n > 0 && n <= 16;
}

static void read_name(const char *text, struct cm_process *ret)
{
    const char *at = find(text, "Name:");
    size_t n = at ? CM_MIN(strcspn(at, "\n"), sizeof(ret->name) - 1) : 0;

    if (n > 0)
        memcpy(ret->name, at, n);
    ret->name[n] = '\0';
    cm_printable(ret->name);
}

int cm_process_parse(const char *text, struct cm_arena *arena, struct cm_process *ret)
{
    const char *state = find(text, "State:");
    uint32_t no_new_privs = 0, threads = 0;

    *ret = (struct cm_process){.pid = ret->pid};
    read_name(text, ret);
    bool whole = state && read_number(text, "Threads:", &threads) && read_ids(text, "Uid:", ret->uids) && read_ids(text, "Gid:", ret->gids) &&
                 read_set(text, "CapInh:", &ret->inheritable) && read_set(text, "CapPrm:", &ret->permitted) && read_set(text, "CapEff:", &ret->effective) &&
                 read_set(text, "CapBnd:", &ret->bounding) && read_set(text, "CapAmb:", &ret->ambient) && read_number(text, "NoNewPrivs:", &no_new_privs) &&
                 read_number(text, "Seccomp:", &ret->seccomp_mode);
    if (!whole)
        return -EPROTO;
    /* A leader whose other threads go on is not at its end. */
    ret->ended = (*state == 'Z' || *state == 'X') && threads <= 1;
    ret->no_new_privs = no_new_privs == 1;
    if (!read_number(text, "Seccomp_filters:", &ret->seccomp_filters)) /* Linux 5.9 */
        ret->seccomp_filters = 0;
    return read_groups(text, arena, ret);
}

int cm_process_read(int proc, pid_t pid, struct cm_arena *arena, struct cm_process *ret)
{
    CM_AUTO_FREE char *text = NULL;
    char path[32];

    (void)snprintf(path, sizeof(path), "%d/status", (int)pid);
    long n = cm_procfs_read(proc, path, STATUS_MAX, &text);
    if (n < 0)
        return n == -ENOENT ? -ESRCH : (int)n;
    ret->pid = pid;
    return cm_process_parse(text, arena, ret);
}
