/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See rate.h. */
#include "audit/rate.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

struct counters {
    _Atomic uint64_t window; /* the minute above, how many records were written in it below */
    _Atomic uint64_t lost;   /* and not told yet */
};
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock in shared memory could be left by a process that dies");

static struct counters *map(int directory)
{
    struct stat st;
    CM_AUTO_CLOSE int fd = openat(directory, CM_AUDIT_RATE_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    /* Zeroes are good counters: it does not matter who of several makes the room. */
    if (st.st_size < (off_t)sizeof(struct counters) && ftruncate(fd, sizeof(struct counters)) < 0)
        return NULL;
    void *mapped = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static void unmap(struct counters *counters)
{
    (void)munmap(counters, sizeof(*counters)); /* cannot fail for a mapping of ours */
}

static bool take(struct counters *counters, uint32_t per_minute, uint32_t minute)
{
    uint64_t window = atomic_load(&counters->window), next;

    do {
        uint32_t used = window >> 32 == minute ? (uint32_t)window : 0;
        if (used >= per_minute)
            return false;
        next = (uint64_t)minute << 32 | (used + 1);
    } while (!atomic_compare_exchange_weak(&counters->window, &window, next));
    return true;
}

bool cm_audit_rate_take(int directory, uint32_t per_minute, uint32_t minute, uint64_t *ret_lost)
{
    struct counters *counters = map(directory);

    *ret_lost = 0;
    if (!counters)
        return true;
    bool taken = take(counters, per_minute, minute);
    if (taken)
        *ret_lost = atomic_exchange(&counters->lost, 0);
    else
        atomic_fetch_add(&counters->lost, 1);
    unmap(counters);
    return taken;
}

void cm_audit_rate_lose(int directory, uint64_t n)
{
    struct counters *counters = n > 0 ? map(directory) : NULL;

    if (!counters)
        return;
    atomic_fetch_add(&counters->lost, n);
    unmap(counters);
}
