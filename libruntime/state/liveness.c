/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a recorded process is still that process. Hostile: a pid may have been given to another process since, by chance or by someone who forks until it is.
 */
#include "state/store.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/boot.h"
#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "path/procfs.h"

/* Linux 6.9, include/uapi/linux/magic.h: pidfds have a filesystem of their own, whose inode numbers are not reused before the next boot. */
#define PIDFS_MAGIC 0x50494446

/* proc_pid_stat(5): the state is field 3, the first one after the command; the start time is field 22. */
#define STAT_FIRST_FIELD 3
#define STAT_START_FIELD 22

uint64_t cm_pidfd_inode(int pidfd)
{
    static dev_t pidfs; /* the kernel has one for all pidfds: asked once */
    struct statfs fs;
    struct stat st;

    if (fstat(pidfd, &st) < 0)
        return 0;
    if (pidfs == 0 || st.st_dev != pidfs) {
        if (fstatfs(pidfd, &fs) < 0 || fs.f_type != PIDFS_MAGIC)
            return 0;
        pidfs = st.st_dev;
    }
    return st.st_ino;
}

static int read_proc(int proc, const char *path, char *buffer, size_t size)
{
    CM_AUTO_CLOSE int fd = cm_procfs_open(proc, path, O_RDONLY);

    if (fd < 0)
        return fd;
    ssize_t n = cm_read_full(fd, buffer, size - 1);
    if (n < 0)
        return (int)n;
    buffer[n] = '\0';
    return 0;
}

int cm_pid_start_time(int proc, pid_t pid, uint64_t *ret)
{
    char path[32], text[1024];

    (void)snprintf(path, sizeof(path), "%d/stat", (int)pid);
    int r = read_proc(proc, path, text, sizeof(text));
    if (r < 0)
        return r == -ENOENT ? -ESRCH : r;
    /* The command is chosen by the process and may hold blanks and parentheses: everything up to the last one is its. */
    char *next = strrchr(text, ')');
    for (int field = STAT_FIRST_FIELD - 1; next && field < STAT_START_FIELD; field++) {
        next = strchr(next, ' ');
        next = next ? next + 1 : NULL;
    }
    if (!next)
        return -EPROTO;
    next[strcspn(next, " \n")] = '\0';
    return cm_parse_u64(next, ret) < 0 ? -EPROTO : 0;
}

int cm_boot_id(int proc, char ret[40])
{
    (void)proc;
    return cm_boot_id_read(ret);
}

/* A pidfd becomes readable when the process has ended, also while nobody has waited for it (pidfd_open(2)). */
static bool has_ended(int pidfd)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) != 0; /* an error counts as ended: it must not be taken for our process */
}

int cm_record_pidfd(const struct cm_record *record, int proc)
{
    char boot_id[40];
    uint64_t start;

    if (record->pid <= 0)
        return -ESRCH;
    int r = cm_boot_id(proc, boot_id);
    if (r < 0)
        return r;
    if (!cm_streq(boot_id, record->boot_id))
        return -ESRCH;
    CM_AUTO_CLOSE int pidfd = cm_pidfd_open(record->pid);
    if (pidfd < 0)
        return errno == EINVAL ? -ESRCH : -errno; /* EINVAL: the number is a thread's now */
    uint64_t inode = record->pidfd_ino ? cm_pidfd_inode(pidfd) : 0;
    if (inode != 0 && inode != record->pidfd_ino)
        return -ESRCH;
    if (inode == 0) {
        r = cm_pid_start_time(proc, record->pid, &start);
        if (r < 0)
            return r;
        if (start != record->pid_start)
            return -ESRCH;
    }
    /* Last: what was compared above was then that process's, and not of one that came after it. */
    return has_ended(pidfd) ? -ESRCH : CM_TAKE_FD(pidfd);
}

enum cm_status cm_record_status(const struct cm_record *record, bool alive, bool frozen)
{
    if (!alive && (record->created || record->pid > 0))
        return CM_STATUS_STOPPED;
    if (!record->created)
        return CM_STATUS_CREATING;
    if (frozen)
        return CM_STATUS_PAUSED;
    return record->started ? CM_STATUS_RUNNING : CM_STATUS_CREATED;
}
