/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layout, lock and record access of the ledger. Hostile: the bytes of the file after a crash or damage; every one of them is checked before it counts. */
#include "idmap/ledger.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/crc32c.h"
#include "base/euid.h"
#include "base/io.h"

#define LOCK_SECONDS 10
#define LOCK_PAUSE_MIN_NS 50000L
#define LOCK_PAUSE_MAX_NS 2000000L

uint64_t ledger_hash(const void *data, size_t size)
{
    const unsigned char *byte = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a: a match is always confirmed by the text */

    while (size-- > 0)
        hash = (hash ^ *byte++) * UINT64_C(0x100000001b3);
    return hash;
}

int ledger_fail(struct cm_error *err, int errnum, const char *what)
{
    const char *remedy = errnum == ENOSPC || errnum == EFBIG || errnum == EDQUOT ? "; make room where the runtime keeps its state" : "";

    return cm_fail(err, errnum, NULL, "%s the id ledger \"%s\": %s%s", what, CM_LEDGER_NAME, strerror(errnum), remedy);
}

static uint64_t seconds_of(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) == 0 ? (uint64_t)now.tv_sec : 0;
}

/* The boot id, hashed; 0 when it cannot be read, which makes every record look like one of this boot. */
static uint64_t boot_hash(void)
{
    char text[CM_BOOT_ID_SIZE];

    return cm_boot_id_read(text) == 0 ? ledger_hash(text, CM_BOOT_ID_SIZE - 1) : 0;
}

int ledger_read(const struct ledger_session *session, int64_t at, void *data, size_t size)
{
    char *next = data;

    while (size > 0) {
        ssize_t n = pread(session->ledger->fd, next, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) {
            memset(next, 0, size);
            return 0;
        }
        next += n;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_at(int fd, int64_t at, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t n = pwrite(fd, next, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        next += n;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int ledger_write(const struct ledger_session *session, int64_t at, const void *data, size_t size)
{
    return write_at(session->ledger->fd, at, data, size);
}

static void seal_header(struct ledger_header *header)
{
    header->magic = LEDGER_MAGIC;
    header->crc = cm_crc32c(&header->magic, sizeof(*header) - sizeof(header->crc));
}

int ledger_write_header(struct ledger_session *session)
{
    seal_header(&session->header);
    return ledger_write(session, 0, &session->header, sizeof(session->header));
}

int ledger_grow(struct ledger_session *session, int64_t end)
{
    if (session->size >= end)
        return 0;
    if (ftruncate(session->ledger->fd, end) < 0)
        return -errno;
    session->size = end;
    return 0;
}

static struct ledger_header new_header(uint64_t suspect_since)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with a valid clock */
    return (struct ledger_header){.sequence = ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) & (INDEX_HELD - 1),
                                  .suspect_since = suspect_since,
                                  .low = suspect_since ? 0 : LEDGER_SLOTS,
                                  .high = suspect_since ? LEDGER_SLOTS : 0,
                                  .externals = suspect_since ? LEDGER_EXTERNALS : 0};
}

static bool header_is_good(const struct ledger_header *header)
{
    return header->magic == LEDGER_MAGIC && header->crc == cm_crc32c(&header->magic, sizeof(*header) - sizeof(header->crc)) && header->high <= LEDGER_SLOTS &&
           header->externals <= LEDGER_EXTERNALS && header->low <= LEDGER_SLOTS && header->fresh <= header->pool_slots;
}

int64_t ledger_record_at(enum ledger_kind kind, uint32_t n)
{
    return (kind == LEDGER_SLOT ? LEDGER_RECORDS_AT : LEDGER_EXTERNALS_AT) + (int64_t)n * (int64_t)sizeof(struct ledger_record);
}

static int64_t expected_end(const struct ledger_header *header)
{
    if (header->high > 0)
        return ledger_record_at(LEDGER_SLOT, header->high);
    return header->externals > 0 ? ledger_record_at(LEDGER_EXTERNAL, header->externals) : (int64_t)sizeof(*header);
}

/* A shortened file or a header that does not add up: nothing that is missing may be taken for free any more. */
static int mend(struct ledger_session *session, int64_t size, struct cm_error *err)
{
    struct ledger_header *header = &session->header;
    const struct cm_id_pool *pool = &session->ledger->pool;
    bool good = header_is_good(header), write = !good;

    if (!good)
        *header = new_header(CM_MAX(session->wall, UINT64_C(1)));
    if (size < expected_end(header)) {
        header->suspect_since = CM_MAX(session->wall, UINT64_C(1));
        write = true;
    }
    if (pool->slots > 0 && (header->pool_base != pool->base || header->pool_slots != pool->slots)) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
            random = (uint32_t)header->sequence; /* early boot: any place will do, it is not a secret */
        header->pool_base = pool->base;
        header->pool_slots = pool->slots;
        header->start = random % pool->slots;
        header->fresh = 0;
        write = true;
    }
    if (!write)
        return 0;
    int r = ledger_grow(session, expected_end(header));
    if (r == 0)
        r = ledger_write_header(session);
    return r < 0 ? ledger_fail(err, -r, "cannot write") : 0;
}

static int lock(int fd, struct cm_error *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct timespec start, now, pause = {.tv_nsec = LOCK_PAUSE_MIN_NS};

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    while (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return ledger_fail(err, errno, "cannot lock");
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec >= LOCK_SECONDS)
            return cm_fail(err, EAGAIN, NULL, "the id ledger \"%s\" is locked by another casemate process since %d seconds; look for a stopped one",
                           CM_LEDGER_NAME, LOCK_SECONDS);
        (void)nanosleep(&pause, NULL); /* a signal only makes it look earlier */
        pause.tv_nsec = CM_MIN(pause.tv_nsec * 2, LOCK_PAUSE_MAX_NS);
    }
    return 0;
}

void ledger_end(struct ledger_session *session)
{
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

    if (session->locked)
        (void)fcntl(session->ledger->fd, F_OFD_SETLK, &whole); /* cannot fail; closing would do it too */
    session->locked = false;
    free(session->index);
    session->index = NULL;
}

int ledger_begin(const struct cm_ledger *ledger, struct ledger_session *session, struct cm_error *err)
{
    struct stat st;

    *session = (struct ledger_session){.ledger = ledger, .wall = seconds_of(CLOCK_REALTIME), .uptime = seconds_of(CLOCK_BOOTTIME)};
    int r = lock(ledger->fd, err);
    if (r < 0)
        return r;
    session->locked = true;
    if (fstat(ledger->fd, &st) < 0)
        return ledger_fail(err, errno, "cannot examine");
    if (st.st_nlink == 0)
        return cm_fail(err, ESTALE, NULL, "the id ledger \"%s\" was removed while it was in use; try again, and leave the runtime's state alone",
                       CM_LEDGER_NAME);
    session->size = st.st_size;
    r = ledger_read(session, 0, &session->header, sizeof(session->header));
    if (r < 0)
        return ledger_fail(err, -r, "cannot read");
    return mend(session, st.st_size, err);
}

int ledger_load(const struct ledger_session *session, enum ledger_kind kind, uint32_t n, struct ledger_record *ret)
{
    static const struct ledger_record empty;
    int r = ledger_read(session, ledger_record_at(kind, n), ret, sizeof(*ret));

    if (r < 0)
        return r;
    if (memcmp(ret, &empty, sizeof(empty)) == 0)
        return LEDGER_EMPTY;
    /* The key's place holds zeros behind its text, so that key_size may be trusted as soon as the sum is right. */
    if (ret->crc != cm_crc32c(&ret->state, sizeof(*ret) - sizeof(ret->crc)) || ret->key_size >= CM_SLOT_KEY_MAX)
        return LEDGER_DAMAGED;
    if (kind == LEDGER_SLOT && (ret->host_id != n * CM_SLOT_IDS || (ret->state != CM_SLOT_HELD && ret->state != CM_SLOT_COOLING)))
        return LEDGER_DAMAGED; /* a good record in a wrong place */
    if (kind == LEDGER_EXTERNAL && ret->state != CM_SLOT_EXTERNAL && ret->state != CM_SLOT_FREE)
        return LEDGER_DAMAGED;
    return LEDGER_GOOD;
}

int ledger_store(const struct ledger_session *session, enum ledger_kind kind, uint32_t n, struct ledger_record *record)
{
    record->boot = session->ledger->boot;
    record->wall = session->wall;
    record->uptime = session->uptime;
    record->crc = cm_crc32c(&record->state, sizeof(*record) - sizeof(record->crc));
    return ledger_write(session, ledger_record_at(kind, n), record, sizeof(*record));
}

int ledger_record_for(const struct ledger_session *session, const char *key, struct ledger_record *ret, struct cm_error *err)
{
    size_t n = strnlen(key, CM_SLOT_KEY_MAX);

    if (n == 0 || n >= CM_SLOT_KEY_MAX)
        return cm_fail(err, EINVAL, NULL, "the key of an id slot has %s; use a shorter container id or state root", n == 0 ? "no text" : "more than 255 bytes");
    *ret = (struct ledger_record){.key_size = (uint16_t)n, .key_hash = ledger_hash(key, n), .boot = session->ledger->boot};
    memcpy(ret->key, key, n);
    return 0;
}

bool ledger_same_key(const struct ledger_record *a, const struct ledger_record *b)
{
    return a->key_size == b->key_size && a->key_hash == b->key_hash && memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

bool ledger_is_dead(const struct ledger_session *session, const struct ledger_record *record, cm_slot_is_dead is_dead, void *user)
{
    if (record->boot != session->ledger->boot && record->boot != 0 && session->ledger->boot != 0)
        return true; /* no process lives through a reboot */
    return is_dead && is_dead(record->key, record->host_id, record->ids, user);
}

/* The new file appears under its name with its header in it: a maker that is killed leaves only a temporary name. */
static int make_file(int dir)
{
    char temporary[64];
    struct ledger_header header = new_header(0);

    seal_header(&header);
    (void)snprintf(temporary, sizeof(temporary), ".%s.%ld.tmp", CM_LEDGER_NAME, (long)getpid());
    (void)unlinkat(dir, temporary, 0); /* of a killed process that had our pid */
    CM_AUTO_CLOSE int fd = openat(dir, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = write_at(fd, 0, &header, sizeof(header));
    if (r == 0 && linkat(dir, temporary, dir, CM_LEDGER_NAME, 0) < 0 && errno != EEXIST)
        r = -errno;
    (void)unlinkat(dir, temporary, 0); /* only a name is left if this fails */
    return r;
}

int cm_ledger_open(int dir, const struct cm_id_pool *pool, struct cm_ledger *ret, struct cm_error *err)
{
    static const struct cm_id_pool none;
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    CM_AUTO_CLOSE int fd = openat(dir, CM_LEDGER_NAME, flags);
    struct stat st;

    if (!pool)
        pool = &none;
    else if (pool->base % CM_SLOT_IDS != 0 || pool->slots == 0 || pool->slots > LEDGER_SLOTS - pool->base / CM_SLOT_IDS)
        return cm_fail(err, EINVAL, NULL, "the pool of %u slots from id %u is not aligned, empty or too long", pool->slots, pool->base);
    if (fd < 0 && errno == ENOENT) {
        int r = make_file(dir);
        if (r < 0)
            return ledger_fail(err, -r, "cannot make");
        fd = openat(dir, CM_LEDGER_NAME, flags);
    }
    if (fd < 0)
        return ledger_fail(err, errno, errno == ELOOP ? "refusing a symbolic link as" : "cannot open");
    if (fstat(fd, &st) < 0)
        return ledger_fail(err, errno, "cannot examine");
    if (!S_ISREG(st.st_mode) || st.st_uid != cm_euid() || (st.st_mode & 022) != 0)
        return cm_fail(
            err, EPERM, NULL,
            "the id ledger \"%s\" is not a regular file of uid %u that only it can write (type and mode %o, uid %u); remove it when no container runs",
            CM_LEDGER_NAME, cm_euid(), st.st_mode, st.st_uid);
    *ret = (struct cm_ledger){.fd = CM_TAKE_FD(fd), .pool = *pool, .boot = boot_hash()};
    return 0;
}

void cm_ledger_close(struct cm_ledger *ledger)
{
    ledger->fd = cm_close(ledger->fd);
}
