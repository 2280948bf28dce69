/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger under many processes, killed ones, and damage: no range has two holders, no slot is lost for good. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "ledger_test.h"

#define BASE 1879048192u
#define WORKERS 200
#define POOL 256

struct shared {
    atomic_uint owner[POOL]; /* worker + 1, 0 nobody */
    atomic_uint dead[WORKERS];
    atomic_uint violations, rounds;
};

static struct shared *share(void)
{
    void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static int open_for(const struct place *place, uint32_t slots, struct cm_ledger *ret)
{
    const struct cm_id_pool pool = {BASE, slots, true};

    return cm_ledger_open(place->dir, &pool, ret, NULL);
}

static unsigned int worker_of(const char *key)
{
    return (unsigned int)atoi(key + 1); /* "w12-345" */
}

static bool worker_is_dead(const char *key, uint32_t host_id, uint32_t ids CM_UNUSED, void *user)
{
    struct shared *shared = user;

    (void)host_id;
    return key[0] == 'w' && atomic_load(&shared->dead[worker_of(key)]) != 0;
}

TEST(two_hundred_at_once)
{
    struct place place = place_make();
    struct shared *shared = share();
    pid_t pids[WORKERS];
    int go[2], bad = 0;

    CHECK_INT(pipe2(go, O_CLOEXEC), 0);
    for (unsigned int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct cm_ledger ledger = CM_LEDGER_NONE;
            struct cm_slot slot;
            char key[16];
            struct pollfd start = {.fd = go[0], .events = POLLIN};
            (void)close(go[1]);
            (void)poll(&start, 1, 10000); /* all at the same moment, and the file is not there yet */
            (void)snprintf(key, sizeof(key), "w%u-0", i);
            if (open_for(&place, POOL, &ledger) < 0 || cm_slot_hold(&ledger, key, 900, false, NULL, NULL, &slot, NULL) < 0)
                _exit(1);
            _exit(slot.index < POOL && atomic_exchange(&shared->owner[slot.index], i + 1) == 0 ? 0 : 2);
        }
    }
    (void)close(go[0]);
    (void)close(go[1]);
    for (unsigned int i = 0; i < WORKERS; i++) {
        int status = -1;
        if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
            bad++;
    }
    CHECK_INT(bad, 0);
    unsigned int owned = 0;
    for (unsigned int i = 0; i < POOL; i++)
        owned += atomic_load(&shared->owner[i]) != 0;
    CHECK_INT(owned, WORKERS);
    (void)munmap(shared, sizeof(*shared));
    place_drop(&place);
}

/* Holds and releases until it is killed. `owner` shows from after the hold until before the release. */
static void work(const struct place *place, struct shared *shared, unsigned int worker, uint32_t slots)
{
    struct cm_ledger ledger = CM_LEDGER_NONE;

    if (open_for(place, slots, &ledger) < 0)
        _exit(1);
    for (unsigned int i = 0;; i++) {
        struct cm_slot slot;
        char key[32];
        (void)snprintf(key, sizeof(key), "w%u-%u", worker, i);
        if (cm_slot_hold(&ledger, key, 0, true, worker_is_dead, shared, &slot, NULL) < 0)
            continue;
        unsigned int before = atomic_exchange(&shared->owner[slot.index], worker + 1);
        if (before != 0 && !atomic_load(&shared->dead[before - 1]))
            atomic_fetch_add(&shared->violations, 1);
        atomic_fetch_add(&shared->rounds, 1);
        unsigned int mine = worker + 1;
        (void)atomic_compare_exchange_strong(&shared->owner[slot.index], &mine, 0);
        if (cm_slot_release(&ledger, &slot, key, NULL) < 0)
            atomic_fetch_add(&shared->violations, 1);
    }
}

TEST(killed_at_any_point)
{
    enum { SLOTS = 8, LIVE = 4 };
    struct place place = place_make();
    struct shared *shared = share();
    pid_t pids[WORKERS] = {0};
    unsigned int seed = (unsigned int)getpid();

    for (unsigned int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            work(&place, shared, i, SLOTS);
        if (i + 1 < LIVE)
            continue;
        struct timespec pause = {.tv_nsec = 1000000 + rand_r(&seed) % 5000000};
        (void)nanosleep(&pause, NULL);
        unsigned int victim = i + 1 - LIVE;
        (void)kill(pids[victim], SIGKILL);
        CHECK(waitpid(pids[victim], NULL, 0) == pids[victim]);
        atomic_store(&shared->dead[victim], 1);
    }
    for (unsigned int i = WORKERS - LIVE + 1; i < WORKERS; i++) {
        (void)kill(pids[i], SIGKILL);
        CHECK(waitpid(pids[i], NULL, 0) == pids[i]);
        atomic_store(&shared->dead[i], 1);
    }
    printf("# %u holds, %d killed\n", atomic_load(&shared->rounds), WORKERS);
    CHECK(atomic_load(&shared->rounds) > 100);
    CHECK_INT(atomic_load(&shared->violations), 0);

    /* Nothing is lost: everyone is dead, so that each slot can be had again, once. */
    struct cm_ledger ledger = CM_LEDGER_NONE;
    unsigned int seen = 0;
    CHECK_INT(open_for(&place, SLOTS, &ledger), 0);
    for (int i = 0; i < SLOTS; i++) {
        struct cm_slot slot;
        char key[16];
        (void)snprintf(key, sizeof(key), "last-%d", i);
        CHECK_INT(cm_slot_hold(&ledger, key, 0, true, worker_is_dead, shared, &slot, NULL), 0);
        CHECK((seen & 1u << slot.index) == 0);
        seen |= 1u << slot.index;
    }
    CHECK_INT(seen, (1u << SLOTS) - 1);
    cm_ledger_close(&ledger);
    (void)munmap(shared, sizeof(*shared));
    place_drop(&place);
}

TEST(a_lock_is_waited_for)
{
    struct place place = place_make();
    struct cm_ledger ledger = CM_LEDGER_NONE;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const struct timespec pause = {.tv_nsec = 300000000};
    int status = -1;

    CHECK_INT(open_for(&place, 4, &ledger), 0);
    CHECK_INT(fcntl(ledger.fd, F_OFD_SETLK, &whole), 0);
    pid_t child = fork();
    if (child == 0) {
        struct cm_ledger own = CM_LEDGER_NONE;
        struct cm_slot slot;
        _exit(open_for(&place, 4, &own) == 0 && cm_slot_hold(&own, "a", 0, false, NULL, NULL, &slot, NULL) == 0 ? 0 : 1);
    }
    (void)nanosleep(&pause, NULL);
    CHECK_INT(waitpid(child, NULL, WNOHANG), 0);
    whole.l_type = F_UNLCK;
    CHECK_INT(fcntl(ledger.fd, F_OFD_SETLK, &whole), 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    cm_ledger_close(&ledger);
    place_drop(&place);
}

TEST(a_stopped_lock_holder)
{
    if (!getenv("CASEMATE_SLOW_TESTS"))
        SKIP("takes 10 seconds; set CASEMATE_SLOW_TESTS");
    struct place place = place_make();
    struct cm_ledger ledger = CM_LEDGER_NONE;
    struct cm_slot slot;
    struct cm_error err;
    struct timespec start, end;

    CHECK_INT(open_for(&place, 4, &ledger), 0);
    CM_AUTO_CLOSE int other = openat(place.dir, CM_LEDGER_NAME, O_RDWR | O_CLOEXEC);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK_INT(fcntl(other, F_OFD_SETLK, &whole), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_INT(cm_slot_hold(&ledger, "a", 0, false, NULL, NULL, &slot, &err), -EAGAIN);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK_CONTAINS(err.message, "locked by another");
    CHECK(end.tv_sec - start.tv_sec >= 9 && end.tv_sec - start.tv_sec <= 12);
    other = cm_close(other);
    CHECK_INT(cm_slot_hold(&ledger, "a", 0, false, NULL, NULL, &slot, NULL), 0);
    cm_ledger_close(&ledger);
    place_drop(&place);
}

/* The holders known to the damage test; a lost key is asked about by its range. */
struct living {
    uint32_t host_id[16];
    int n;
};

static bool range_is_unused(const char *key, uint32_t host_id, uint32_t ids CM_UNUSED, void *user)
{
    const struct living *living = user;

    for (int i = 0; i < living->n; i++)
        if (living->host_id[i] == host_id)
            return false;
    return key[0] == '\0';
}

static void damage(int fd, unsigned int *seed)
{
    struct stat st;
    unsigned char byte;

    if (fstat(fd, &st) < 0 || st.st_size == 0)
        return;
    if (rand_r(seed) % 4 == 0) {
        CHECK_INT(ftruncate(fd, rand_r(seed) % 3 == 0 ? rand_r(seed) % 64 : (off_t)((unsigned long)rand_r(seed) % (unsigned long)st.st_size)), 0);
        return;
    }
    for (int i = 1 + rand_r(seed) % 8; i > 0; i--) {
        /* Where something is: the header, the index of the pool, its records. */
        const off_t first = BASE / CM_SLOT_IDS, places[] = {0, (off_t)(LEDGER_INDEX_AT + first * 8), (off_t)ledger_record_at(LEDGER_SLOT, BASE / CM_SLOT_IDS)};
        const int sizes[] = {64, 16 * 8, 16 * (int)sizeof(struct ledger_record)};
        int which = rand_r(seed) % 3;
        off_t at = places[which] + rand_r(seed) % sizes[which];
        if (pread(fd, &byte, 1, at) == 1) {
            byte ^= (unsigned char)(1 + rand_r(seed) % 255);
            CHECK_INT(pwrite(fd, &byte, 1, at), 1);
        }
    }
}

TEST(damage_never_gives_a_range_twice)
{
    unsigned int seed = 4711;
    int given = 0;

    for (int round = 0; round < 400; round++) {
        struct place place = place_make();
        struct cm_ledger ledger = CM_LEDGER_NONE;
        struct living living = {.n = 0};
        bool ask = round % 2 == 0; /* else: cooling alone has to do */
        char key[16];

        CHECK_INT(open_for(&place, 16, &ledger), 0);
        for (; living.n < 8; living.n++) {
            struct cm_slot slot;
            (void)snprintf(key, sizeof(key), "live%d", living.n);
            CHECK_INT(cm_slot_hold(&ledger, key, 900, false, never_dead, NULL, &slot, NULL), 0);
            living.host_id[living.n] = slot.host_id;
        }
        damage(ledger.fd, &seed);
        for (int i = 0; i < 17; i++) {
            struct cm_slot slot;
            (void)snprintf(key, sizeof(key), "new%d", i);
            int r = ask ? cm_slot_hold(&ledger, key, 0, true, range_is_unused, &living, &slot, NULL)
                        : cm_slot_hold(&ledger, key, 900, true, always_dead, NULL, &slot, NULL);
            if (r == -ENOSPC)
                break;
            CHECK_INT(r, 0);
            given++;
            /* Without asking, good records of dead holders may be shortened; only those that cannot be read must be left alone. So ask who is known to live. */
            for (int j = 0; ask && j < living.n; j++)
                if (living.host_id[j] == slot.host_id)
                    CHECK_FAIL("round %d gives %u twice", round, slot.host_id);
            if (ask)
                living.host_id[living.n++] = slot.host_id;
            if (living.n == 16)
                break;
        }
        cm_ledger_close(&ledger);
        place_drop(&place);
    }
    CHECK(given > 1000);
}

TEST(a_torn_record_is_not_free)
{
    for (int empty = 0; empty < 2; empty++) {
        struct place place = place_make();
        struct cm_ledger ledger = CM_LEDGER_NONE;
        struct cm_slot slot, other;
        static const struct ledger_record zero;

        CHECK_INT(open_for(&place, 1, &ledger), 0);
        CHECK_INT(cm_slot_hold(&ledger, "a", 900, false, never_dead, NULL, &slot, NULL), 0);
        off_t at = (off_t)ledger_record_at(LEDGER_SLOT, slot.host_id / CM_SLOT_IDS);
        if (empty)
            CHECK_INT(pwrite(ledger.fd, &zero, sizeof(zero), at), sizeof(zero));
        else
            CHECK_INT(pwrite(ledger.fd, "x", 1, at + 70), 1);
        CHECK_INT(cm_slot_hold(&ledger, "b", 900, false, always_dead, NULL, &other, NULL), -ENOSPC);
        CHECK_INT(cm_slot_hold(&ledger, "b", 900, true, always_dead, NULL, &other, NULL), -ENOSPC); /* not even when it may be shortened */
        CHECK_INT(cm_slot_hold(&ledger, "b", 0, true, never_dead, NULL, &other, NULL), -ENOSPC);    /* somebody is in its range */
        CHECK_INT(cm_slot_release(&ledger, &slot, "a", NULL), -ESTALE);
        CHECK_INT(cm_slot_hold(&ledger, "b", 0, false, always_dead, NULL, &other, NULL), 0);
        cm_ledger_close(&ledger);
        place_drop(&place);
    }
}

/* The header is whole, and says that there was more. */
TEST(a_shortened_file)
{
    static const off_t sizes[] = {sizeof(struct ledger_header), LEDGER_INDEX_AT, LEDGER_RANGES_AT, LEDGER_RECORDS_AT, 0};

    for (size_t i = 0; i < CM_ARRAY_LEN(sizes); i++) {
        struct place place = place_make();
        struct cm_ledger ledger = CM_LEDGER_NONE;
        struct cm_slot slot, other;

        CHECK_INT(open_for(&place, 1, &ledger), 0);
        CHECK_INT(cm_slot_hold(&ledger, "a", 900, false, never_dead, NULL, &slot, NULL), 0);
        CHECK_INT(ftruncate(ledger.fd, sizes[i]), 0);
        CHECK_INT(cm_slot_hold(&ledger, "b", 900, true, always_dead, NULL, &other, NULL), -ENOSPC);
        CHECK_INT(cm_slot_hold(&ledger, "b", 0, true, never_dead, NULL, &other, NULL), -ENOSPC);
        CHECK_INT(cm_slot_hold(&ledger, "b", 0, false, always_dead, NULL, &other, NULL), 0);
        cm_ledger_close(&ledger);
        place_drop(&place);
    }
}
