/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container's directory and its lock. Hostile: ids, and the timing of other commands on the same id: each may be killed anywhere. The lock is a flock(2) on
 * the directory; whoever has it makes sure that the directory is still the one of that name, since a deleter may have removed it in between.
 */
#include "state/confinement_format.h"
#include "state/store.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/str.h"

#define LOCK_SECONDS 10
#define LOCK_PAUSE_MIN_NS 100000L
#define LOCK_PAUSE_MAX_NS 10000000L
#define CREATE_TRIES 1000

static int open_directory(int store, const char *id)
{
    int fd = openat(store, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* Whether the open directory is (still) the one of that name: 1, 0 or -errno. */
static int is_linked(int store, const char *id, int fd)
{
    struct stat mine, there;

    if (fstat(fd, &mine) < 0)
        return -errno;
    if (fstatat(store, id, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

static int try_lock(int fd)
{
    while (flock(fd, LOCK_EX | LOCK_NB) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static int wait_lock(int fd)
{
    struct timespec start, now, pause = {.tv_nsec = LOCK_PAUSE_MIN_NS};
    int r;

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    while ((r = try_lock(fd)) == -EWOULDBLOCK) {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec >= LOCK_SECONDS)
            return -EAGAIN;
        (void)nanosleep(&pause, NULL); /* a signal only makes it look earlier */
        pause.tv_nsec = CM_MIN(pause.tv_nsec * 2, LOCK_PAUSE_MAX_NS);
    }
    return r;
}

void cm_entry_close(struct cm_entry *entry)
{
    /* Said explicitly: a child that was cloned meanwhile has a copy of the descriptor, and with it the lock, until it executes. */
    if (entry->fd >= 0 && entry->locked)
        (void)flock(entry->fd, LOCK_UN);
    entry->locked = false;
    entry->fd = cm_close(entry->fd);
}

static void fill_entry(struct cm_entry *entry, int fd, const char *id, bool locked, bool fresh)
{
    *entry = (struct cm_entry){.fd = fd, .locked = locked, .fresh = fresh};
    (void)snprintf(entry->id, sizeof(entry->id), "%s", id); /* cm_id_check has seen its length */
}

static bool is_empty(int dir)
{
    char block[512];
    /* getdents64(2) by hand: readdir would allocate 32 KiB for the two entries that are always there. */
    CM_AUTO_CLOSE int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n = fd < 0 ? -1 : syscall(SYS_getdents64, fd, block, sizeof(block));

    for (long at = 0; at < n;) {
        struct dirent64 entry;
        memcpy(&entry, block + at, CM_MIN(sizeof(entry), (size_t)(n - at)));
        if (!cm_streq(entry.d_name, ".") && !cm_streq(entry.d_name, ".."))
            return false;
        at += entry.d_reclen;
    }
    return n >= 0;
}

/* What a directory that was there is to a creator: a leftover that may be taken over (0), or a container. */
static int judge(const struct cm_entry *entry, struct cm_error *err)
{
    CM_AUTO_RECORD struct cm_record *record = NULL;
    struct cm_error reason;

    cm_error_init(&reason);
    int r = cm_record_read(entry, &record, &reason);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return cm_fail(err, EEXIST, NULL, "container with given ID already exists, and its record cannot be used: %s; delete it with --force", reason.message);
    if (record->created)
        return cm_fail(err, EEXIST, NULL, "container with given ID already exists");
    return 0;
}

/* One try: 0 with the entry locked, -ESTALE to try again, or an error. */
static int create_once(const struct cm_store *store, const char *id, struct cm_entry *ret, struct cm_error *err)
{
    bool made = mkdirat(store->fd, id, 0700) == 0;

    if (!made && errno != EEXIST)
        return cm_fail_errno(err, errno, NULL, "cannot make the directory \"%s\" in the state root \"%s\"", id, store->path);
    CM_AUTO_CLOSE int fd = open_directory(store->fd, id);
    if (fd == -ENOENT)
        return -ESTALE;
    if (fd == -ENOTDIR || fd == -ELOOP)
        return cm_fail(err, EEXIST, NULL, "\"%s\" in the state root \"%s\" is no directory; remove it or use another id", id, store->path);
    if (fd < 0)
        return cm_fail_errno(err, -fd, NULL, "cannot open the directory \"%s\" in the state root \"%s\"", id, store->path);
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    fill_entry(&entry, CM_TAKE_FD(fd), id, false, false);
    /* First without the lock: who tries to create what exists does not get in the way of those who work with it. */
    int r = made ? 0 : judge(&entry, err);
    if (r < 0)
        return r;
    r = try_lock(entry.fd);
    if (r == -EWOULDBLOCK)
        return cm_fail(err, EEXIST, NULL, "container with given ID already exists");
    entry.locked = r == 0;
    if (r == 0)
        r = is_linked(store->fd, id, entry.fd);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "cannot lock the directory \"%s\" in the state root \"%s\"", id, store->path);
    if (r == 0)
        return -ESTALE;

    entry.fresh = made && is_empty(entry.fd);
    r = entry.fresh ? 0 : judge(&entry, err);
    if (r < 0)
        return r;
    *ret = entry;
    entry = CM_ENTRY_NONE;
    return 0;
}

int cm_entry_create(const struct cm_store *store, const char *id, struct cm_entry *ret, struct cm_error *err)
{
    int r = cm_id_check(id, err);

    if (r < 0)
        return r;
    for (int i = 0; i < CREATE_TRIES; i++) {
        r = create_once(store, id, ret, err);
        if (r != -ESTALE)
            return r;
    }
    return cm_fail(err, EBUSY, NULL, "the container \"%s\" is made and removed again and again by others; try later", id);
}

static int fail_open(const struct cm_store *store, const char *id, int errnum, struct cm_error *err)
{
    if (errnum == ENOENT)
        return cm_fail(err, ENOENT, NULL, "container does not exist");
    if (errnum == ENOTDIR || errnum == ELOOP)
        return cm_fail(err, errnum, NULL, "\"%s\" in the state root \"%s\" is a link or no directory; remove it", id, store->path);
    if (errnum == EAGAIN)
        return cm_fail(err, EAGAIN, NULL, "the container \"%s\" is locked since %d seconds; another casemate command works on it or was stopped", id,
                       LOCK_SECONDS);
    return cm_fail_errno(err, errnum, NULL, "cannot open the directory \"%s\" in the state root \"%s\"", id, store->path);
}

int cm_entry_open(const struct cm_store *store, const char *id, bool lock, struct cm_entry *ret, struct cm_error *err)
{
    int r = cm_id_check(id, err);

    if (r < 0)
        return r;
    for (int i = 0; i < CREATE_TRIES; i++) {
        CM_AUTO_CLOSE int fd = open_directory(store->fd, id);
        if (fd < 0)
            return fail_open(store, id, -fd, err);
        r = lock ? wait_lock(fd) : 0;
        if (r == 0 && lock)
            r = is_linked(store->fd, id, fd);
        else if (r == 0)
            r = 1;
        if (r < 0)
            return fail_open(store, id, -r, err);
        if (r == 1) {
            fill_entry(ret, CM_TAKE_FD(fd), id, lock, false);
            return 0;
        }
    }
    return fail_open(store, id, ENOENT, err);
}

/* Empties a directory of files; one level of directories is allowed (`notify`). state.json goes last: until then the container can still be named. */
static int clear_directory(int parent, const char *name, bool nested)
{
    CM_AUTO_DIR DIR *dir = NULL;
    const struct dirent *entry;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int r = fd < 0 ? -errno : cm_dir_take(fd, &dir);

    if (r < 0)
        return r;
    while ((r = cm_dir_next(dir, &entry)) > 0) {
        if (!nested && cm_streq(entry->d_name, "state.json"))
            continue;
        r = unlinkat(dirfd(dir), entry->d_name, 0) < 0 ? -errno : 0;
        if (r == -EISDIR && !nested) { /* what Linux says for a directory; POSIX says EPERM */
            r = clear_directory(dirfd(dir), entry->d_name, true);
            if (r == 0 && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) < 0)
                r = -errno;
        }
        if (r < 0 && r != -ENOENT)
            return r;
    }
    return r;
}

static int remove_record(int dir)
{
    if (unlinkat(dir, "state.json", 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return -errno;
    int r = clear_directory(dir, "state.json", true); /* not ours, but in the way of the id */
    return r == 0 && unlinkat(dir, "state.json", AT_REMOVEDIR) < 0 ? -errno : r;
}

int cm_entry_remove(const struct cm_store *store, struct cm_entry *entry, struct cm_error *err)
{
    int r = is_linked(store->fd, entry->id, entry->fd);

    if (r == 0)
        return 0;
    /* What is always there goes first: then there is mostly nothing to search for. */
    if (r > 0)
        (void)unlinkat(entry->fd, CONFINEMENT_NAME, 0);
    int removed = r > 0 ? remove_record(entry->fd) : 0;
    r = removed < 0 ? removed : r;
    if (r > 0 && unlinkat(store->fd, entry->id, AT_REMOVEDIR) == 0)
        return 0;
    if (r > 0)
        r = errno == ENOTEMPTY ? clear_directory(entry->fd, ".", false) : -errno;
    if (r == 0)
        r = remove_record(entry->fd);
    if (r == 0 && unlinkat(store->fd, entry->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
        r = -errno;
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "cannot remove the directory \"%s\" from the state root \"%s\"; see what is in it", entry->id, store->path);
    return 0;
}
