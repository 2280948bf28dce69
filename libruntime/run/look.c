/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a container's ids, and under which name the ledger knows it. Hostile: what processes say of themselves in /proc. */
#include "run/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/sys.h"
#include "path/procfs.h"

#define STATUS_MAX ((size_t)64 << 10)

int cm_look_key(const struct cm_runtime *runtime, const char *id, char key[CM_SLOT_KEY_MAX], struct cm_error *err)
{
    char link[64], root[PATH_MAX];

    (void)snprintf(link, sizeof(link), "%d/fd/%d", runtime->pid, runtime->store.fd);
    ssize_t size = readlinkat(runtime->proc, link, root, sizeof(root) - 1);
    if (size < 0)
        return cm_fail_errno(err, errno, NULL, "finding out where the state root \"%s\" is", runtime->store.path);
    root[size] = '\0';
    return cm_look_key_below(root, id, key, err);
}

int cm_look_key_below(const char *root, const char *id, char key[CM_SLOT_KEY_MAX], struct cm_error *err)
{
    int n = snprintf(key, CM_SLOT_KEY_MAX, "%s/%s", root, id);
    if (n < 0 || n >= CM_SLOT_KEY_MAX)
        return cm_fail(err, ENAMETOOLONG, NULL, "the state root's path and the id together are longer than %d bytes; use shorter ones", CM_SLOT_KEY_MAX - 1);
    return 0;
}

/* The numbers of a line of /proc/PID/status: whether one of them is in the range. */
static bool line_has_id(const char *text, const char *key, uint32_t first, uint32_t n)
{
    const char *line = strstr(text, key);

    line = line ? line + strlen(key) : "";
    while (*line == '\t' || *line == ' ') {
        char digits[16] = {0};
        uint32_t id;
        line += strspn(line, "\t ");
        size_t size = strcspn(line, "\t \n");
        memcpy(digits, line, CM_MIN(size, sizeof(digits) - 1));
        if (cm_parse_u32(digits, &id) == 0 && id >= first && id - first < n)
            return true;
        line += size;
    }
    return false;
}

/* Real, effective, saved and filesystem ids, of user and group. The owner of /proc/PID would not do: it is 0 for a non-dumpable process. */
static bool status_has_id(const char *text, uint32_t first, uint32_t n)
{
    const char *state = strstr(text, "\nState:\t"), *threads = strstr(text, "\nThreads:\t");
    bool alone = threads && (threads[10] == '0' || threads[10] == '1') && threads[11] == '\n';

    /* Dead, only not waited for: it uses nothing any more, unless it is a leader whose other threads go on. */
    if (state && (state[8] == 'Z' || state[8] == 'X') && alone)
        return false;
    return line_has_id(text, "\nUid:", first, n) || line_has_id(text, "\nGid:", first, n) || line_has_id(text, "\nGroups:", first, n);
}

pid_t cm_look_ids_in_use(struct cm_runtime *runtime, uint32_t first, uint32_t n)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int r = cm_dir_take(cm_procfs_open(runtime->proc, ".", O_RDONLY | O_DIRECTORY), &dir);

    if (r < 0)
        return r;
    while ((r = cm_dir_next(dir, &entry)) > 0) {
        CM_AUTO_FREE char *text = NULL;
        char path[64];
        uint32_t pid;
        if (cm_parse_u32(entry->d_name, &pid) < 0 || pid > INT32_MAX)
            continue;
        (void)snprintf(path, sizeof(path), "%u/status", pid);
        long size = cm_procfs_read(runtime->proc, path, STATUS_MAX, &text);
        if (size < 0 && size != -ENOENT && size != -ESRCH) /* but for one that has just ended, not knowing is no "unused" */
            return (pid_t)size;
        if (size > 0 && status_has_id(text, first, n))
            return (pid_t)pid;
    }
    return r;
}
