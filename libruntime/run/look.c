/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a container's ids, and under which name the ledger knows it. Hostile: what processes say of themselves in /proc. */
#include "run/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "observe/process.h"
#include "path/procfs.h"

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

/* Ids of containers begin here: of whom has none above, nothing needs to be kept. */
#define IDS_MIN 65536u

static int keep(struct cm_ids_look *look, pid_t pid, uint32_t uid, uint32_t gid)
{
    if (look->n == look->room) {
        size_t room = CM_MAX(look->room * 2, (size_t)64);
        struct cm_ids_seen *v = reallocarray(look->v, room, sizeof(*v));
        if (!v)
            return -ENOMEM;
        look->v = v;
        look->room = room;
    }
    look->v[look->n++] = (struct cm_ids_seen){pid, uid, gid};
    return 0;
}

/*
 * The owner of the directory /proc/PID has the effective ids, dumpable or not (only what lies in it would be root's), and a process of a container has no
 * others than those of its map. Its `status` is not read: with 65536 groups it takes the kernel milliseconds, and a container may have thousands of such
 * processes.
 */
static int look_at_all(struct cm_ids_look *look)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int r = cm_dir_take(cm_procfs_open(look->runtime->proc, ".", O_RDONLY | O_DIRECTORY), &dir);

    while (r >= 0 && (r = cm_dir_next(dir, &entry)) > 0) {
        struct stat st;
        uint32_t pid;
        if (cm_parse_u32(entry->d_name, &pid) < 0 || pid > INT32_MAX)
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno != ENOENT && errno != ESRCH) /* but for one that has just ended, not knowing is no "unused" */
                return -errno;
        } else if (st.st_uid >= IDS_MIN || st.st_gid >= IDS_MIN) {
            r = keep(look, (pid_t)pid, st.st_uid, st.st_gid);
        }
    }
    return r;
}

/* Dead, only not waited for: it uses nothing any more. */
static int has_ended(const struct cm_ids_look *look, pid_t pid)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_process process = {0};
    int r = cm_process_read(look->runtime->proc, pid, &arena, &process);

    return r == -ESRCH ? 1 : r < 0 ? r : process.ended;
}

pid_t cm_ids_look(struct cm_ids_look *look, uint32_t first, uint32_t n)
{
    int r = look->taken ? 0 : look_at_all(look);

    if (r < 0)
        return r;
    look->taken = true;
    for (size_t i = 0; i < look->n; i++) {
        const struct cm_ids_seen *seen = &look->v[i];
        if (seen->uid - first >= n && seen->gid - first >= n)
            continue;
        r = has_ended(look, seen->pid);
        if (r != 1)
            return r < 0 ? r : seen->pid;
    }
    return 0;
}

void cm_ids_look_done(struct cm_ids_look *look)
{
    free(look->v);
    *look = (struct cm_ids_look){.runtime = look->runtime};
}

pid_t cm_look_ids_in_use(struct cm_runtime *runtime, uint32_t first, uint32_t n)
{
    CM_CLEANUP(cm_ids_look_done) struct cm_ids_look look = {.runtime = runtime};

    return cm_ids_look(&look, first, n);
}
