/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger by one process: order of use, cooling, generations, external ranges, damage, limits. */
#include "check.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "ledger_test.h"

#define BASE 1879048192u
static const struct cm_id_pool four = {BASE, 4, true};
static const struct cm_id_pool many = {BASE, 16384, true};

static struct cm_ledger open_ledger(const struct place *place, const struct cm_id_pool *pool)
{
    struct cm_ledger ledger = CM_LEDGER_NONE;
    struct cm_error err;

    cm_error_init(&err);
    if (cm_ledger_open(place->dir, pool, &ledger, &err) < 0)
        CHECK_FAIL("%s", err.message);
    return ledger;
}

static int hold(struct cm_ledger *ledger, const char *key, unsigned int cooling, bool shorten, struct cm_slot *ret)
{
    return cm_slot_hold(ledger, key, cooling, shorten, never_dead, NULL, ret, NULL);
}

TEST(slots_are_held_once)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot[5];
    struct cm_error err;
    char key[16];
    unsigned int seen = 0;

    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(key, sizeof(key), "/run/c/%zu", i);
        CHECK_INT(hold(&ledger, key, 900, false, &slot[i]), 0);
        CHECK(slot[i].index < 4 && slot[i].host_id == BASE + slot[i].index * CM_SLOT_IDS && slot[i].ids == CM_SLOT_IDS);
        seen |= 1u << slot[i].index;
    }
    CHECK_INT(seen, 15);
    CHECK_INT(cm_slot_hold(&ledger, "/run/c/9", 900, true, never_dead, NULL, &slot[4], &err), -ENOSPC);
    CHECK_CONTAINS(err.message, "all 4 slots");
    CHECK_CONTAINS(err.message, "/etc/subuid");
    CHECK_INT(cm_slot_hold(&ledger, "/run/c/2", 900, true, never_dead, NULL, &slot[4], &err), -EEXIST);
    CHECK_CONTAINS(err.message, "/run/c/2");
    CHECK_INT(cm_slot_find(&ledger, "/run/c/2", &slot[4], &err), 0);
    CHECK(slot[4].generation == slot[2].generation && slot[4].index == slot[2].index && slot[4].host_id == slot[2].host_id);
    CHECK_INT(cm_slot_find(&ledger, "/run/c/7", &slot[4], &err), -ENOENT);
    place_drop(&place);
}

TEST(release_takes_the_right_one_only)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, wrong;

    CHECK_INT(hold(&ledger, "a", 0, false, &slot), 0);
    wrong = slot;
    wrong.generation++;
    CHECK_INT(cm_slot_release(&ledger, &wrong, "a", NULL), -ESTALE);
    wrong = slot;
    wrong.host_id += CM_SLOT_IDS;
    CHECK_INT(cm_slot_release(&ledger, &wrong, "a", NULL), -ESTALE);
    wrong = slot;
    wrong.host_id++;
    CHECK_INT(cm_slot_release(&ledger, &wrong, "a", NULL), -ESTALE);
    CHECK_INT(cm_slot_release(&ledger, &slot, "b", NULL), -ESTALE);
    CHECK_INT(cm_slot_find(&ledger, "a", &wrong, NULL), 0);
    CHECK_INT(cm_slot_release(&ledger, &slot, "a", NULL), 0);
    CHECK_INT(cm_slot_release(&ledger, &slot, "a", NULL), -ESTALE);
    /* The same slot under the same key later: the old holding must not release it. */
    for (int i = 0; i < 4; i++) {
        CHECK_INT(hold(&ledger, "a", 0, false, &wrong), 0);
        CHECK(wrong.generation > slot.generation);
        CHECK_INT(cm_slot_release(&ledger, &slot, "a", NULL), -ESTALE);
        CHECK_INT(cm_slot_release(&ledger, &wrong, "a", NULL), 0);
    }
    place_drop(&place);
}

TEST(longest_unused_first_and_cooling)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot[4], again;
    static const int order[] = {2, 0, 3, 1};
    static const char *const keys[] = {"a", "b", "c", "d"};

    for (int i = 0; i < 4; i++)
        CHECK_INT(hold(&ledger, keys[i], 900, false, &slot[i]), 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(cm_slot_release(&ledger, &slot[order[i]], keys[order[i]], NULL), 0);
    CHECK_INT(hold(&ledger, "x", 900, false, &again), -ENOSPC);
    for (int i = 0; i < 4; i++) {
        char key[2] = {(char)('p' + i), '\0'};
        CHECK_INT(hold(&ledger, key, 900, true, &again), 0);
        CHECK_INT(again.index, slot[order[i]].index);
    }
    place_drop(&place);
}

TEST(unused_ones_before_used_ones)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    unsigned int seen = 0;

    for (int i = 0; i < 4; i++) {
        struct cm_slot slot;
        CHECK_INT(hold(&ledger, "a", 0, true, &slot), 0);
        CHECK((seen & 1u << slot.index) == 0);
        seen |= 1u << slot.index;
        CHECK_INT(cm_slot_release(&ledger, &slot, "a", NULL), 0);
    }
    place_drop(&place);
}

static bool count_and_live(const char *key CM_UNUSED, uint32_t host_id CM_UNUSED, uint32_t ids CM_UNUSED, void *user)
{
    ++*(unsigned int *)user;
    return false;
}

/* Finding that a holder is not dead can cost a look at every process of the host: that is not done at each hold. */
TEST(holders_that_live_on_are_met_once_a_second)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &many);
    struct cm_slot slot;
    unsigned int met = 0;
    char key[16];
    time_t start = time(NULL);

    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof(key), "/run/c/%d", i);
        CHECK_INT(cm_slot_hold(&ledger, key, 900, false, count_and_live, &met, &slot, NULL), 0);
    }
    CHECK(met > 0);
    CHECK(met <= 2 * (unsigned int)(time(NULL) - start + 2));
    /* a second later they are met again */
    struct timespec second = {.tv_sec = 1, .tv_nsec = 10000000};
    (void)nanosleep(&second, NULL);
    met = 0;
    CHECK_INT(cm_slot_hold(&ledger, "/run/c/next", 900, false, count_and_live, &met, &slot, NULL), 0);
    CHECK_INT(met, 2);
    place_drop(&place);
}

TEST(dead_holders_come_back)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, other;

    for (char key[2] = "a"; key[0] < 'e'; key[0]++)
        CHECK_INT(hold(&ledger, key, 900, false, &slot), 0);
    CHECK_INT(cm_slot_hold(&ledger, "x", 900, false, always_dead, NULL, &slot, NULL), -ENOSPC); /* they cool first */
    CHECK_INT(hold(&ledger, "x", 0, false, &slot), 0);
    CHECK_INT(cm_slot_hold(&ledger, "x", 0, false, always_dead, NULL, &other, NULL), 0); /* its own dead predecessor */
    CHECK(other.generation != slot.generation);
    CHECK_INT(cm_slot_release(&ledger, &slot, "x", NULL), -ESTALE);
    place_drop(&place);
}

static bool is_gone(const char *key, uint32_t host_id, uint32_t ids CM_UNUSED, void *user)
{
    (void)host_id;
    (void)user;
    return strncmp(key, "gone", 4) == 0;
}

/* A holder who lives ends the looks of that second, so here all are gone but one, who is not met before the end. */
TEST(each_hold_looks_after_some_others)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &many);
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 10000000};
    struct cm_slot slot;
    char key[16];

    for (int i = 0; i < 10; i++) {
        (void)snprintf(key, sizeof(key), "gone%d", i);
        CHECK_INT(hold(&ledger, key, 900, false, &slot), 0);
    }
    (void)nanosleep(&second, NULL); /* they were all met as living ones just now */
    for (int i = 0; i < 10; i++) {
        (void)snprintf(key, sizeof(key), "gone-later%d", i);
        CHECK_INT(cm_slot_hold(&ledger, key, 900, false, is_gone, NULL, &slot, NULL), 0);
    }
    for (int i = 0; i < 10; i++) {
        (void)snprintf(key, sizeof(key), "gone%d", i);
        CHECK_INT(cm_slot_find(&ledger, key, &slot, NULL), -ENOENT);
    }
    CHECK_INT(hold(&ledger, "here", 900, false, &slot), 0);
    for (int i = 0; i < 10; i++) {
        (void)nanosleep(i == 0 ? &second : &(struct timespec){0}, NULL);
        (void)snprintf(key, sizeof(key), "gone-last%d", i);
        CHECK_INT(cm_slot_hold(&ledger, key, 900, false, is_gone, NULL, &slot, NULL), 0);
    }
    CHECK_INT(cm_slot_find(&ledger, "here", &slot, NULL), 0);
    place_drop(&place);
}

TEST(another_boot)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, old;

    for (char key[2] = "a"; key[0] < 'e'; key[0]++)
        CHECK_INT(hold(&ledger, key, 900, false, &old), 0);
    CHECK(ledger.boot != 0);
    ledger.boot++;
    CHECK_INT(hold(&ledger, "x", 900, false, &slot), -ENOSPC); /* all of them COOLING now */
    CHECK_INT(cm_slot_release(&ledger, &old, "d", NULL), -ESTALE);
    CHECK_INT(hold(&ledger, "a", 900, true, &slot), 0);
    CHECK_INT(hold(&ledger, "y", 0, false, &slot), 0);
    place_drop(&place);
}

TEST(a_changed_pool_sees_the_old_holders)
{
    struct place place = place_make();
    const struct cm_id_pool shifted = {BASE + 2 * CM_SLOT_IDS, 4, true}, half = {BASE, 2, true};
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot[4], other;
    struct cm_error err;

    for (int i = 0; i < 4; i++) {
        char key[2] = {(char)('a' + i), '\0'};
        CHECK_INT(hold(&ledger, key, 900, false, &slot[i]), 0);
    }
    ledger.pool = shifted;
    CHECK_INT(hold(&ledger, "x", 0, false, &other), 0);
    CHECK(other.index >= 2);
    CHECK_INT(hold(&ledger, "y", 0, false, &other), 0);
    CHECK(other.index >= 2);
    CHECK_INT(hold(&ledger, "z", 0, true, &other), -ENOSPC);
    CHECK_INT(hold(&ledger, "a", 0, true, &other), -EEXIST);
    ledger.pool = half;
    CHECK_INT(hold(&ledger, "z", 0, true, &other), -ENOSPC);
    ledger.pool = (struct cm_id_pool){0}; /* opened without a pool */
    CHECK_INT(cm_slot_hold(&ledger, "z", 0, true, never_dead, NULL, &other, &err), -EINVAL);
    CHECK_INT(cm_slot_release(&ledger, &slot[0], "a", NULL), 0);
    place_drop(&place);
}

TEST(external_ranges)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, other;
    struct cm_error err;
    static const struct {
        const char *key;
        uint32_t host_id, ids;
        int r;
    } table[] = {
        {"pod1", 200000, 65536, 0},
        {"pod1", 200000, 65536, 0}, /* the second container of the pod */
        {"pod2", 200000, 65536, -EADDRINUSE},
        {"pod2", 265535, 1, -EADDRINUSE},
        {"pod2", 100000, 100001, -EADDRINUSE},
        {"pod2", 265536, 65536, 0},
        {"pod2", 199999, 1, 0},
        {"pod1", 300000, 1, -EADDRINUSE},
        {"pod3", 0, 0, -EINVAL},
        {"pod3", 4294967295u, 1, -EINVAL},
        {"pod3", 4294967294u, 1, 0},
        {"pod4", 4294967294u, 1, -EADDRINUSE},
        {"", 1, 1, -EINVAL},
        {"pod5", 0, 4294967295u, -EADDRINUSE},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        int r = cm_slot_hold_external(&ledger, table[i].key, table[i].host_id, table[i].ids, never_dead, NULL, &err);
        if (r != table[i].r)
            CHECK_FAIL("row %zu gives %d: %s", i, r, err.message);
    }
    struct stat before, after;
    CHECK(fstat(ledger.fd, &before) == 0 && cm_slot_hold_external(&ledger, "pod1", 200000, 65536, never_dead, NULL, NULL) == 0 &&
          fstat(ledger.fd, &after) == 0);
    CHECK(before.st_size == after.st_size); /* noted once */
    CHECK_INT(hold(&ledger, "mine", 0, false, &slot), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "pod6", slot.host_id + 65535, 1, never_dead, NULL, &err), -EADDRINUSE);
    CHECK_CONTAINS(err.message, "\"mine\"");
    CHECK_INT(cm_slot_hold_external(&ledger, "mine", slot.host_id, 1, never_dead, NULL, NULL), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "pod6", 200000, 1, always_dead, NULL, NULL), 0); /* pod1 is gone */
    CHECK_INT(cm_slot_release_external(&ledger, "pod1", NULL, NULL, NULL), -ESTALE);
    CHECK_INT(cm_slot_release_external(&ledger, "pod2", NULL, NULL, NULL), 0);
    CHECK_INT(cm_slot_release_external(&ledger, "pod2", NULL, NULL, NULL), -ESTALE);
    CHECK_INT(cm_slot_hold_external(&ledger, "pod7", 199999, 1, never_dead, NULL, NULL), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "pod7", 265536, 65536, never_dead, NULL, NULL), 0);

    /* Our own slots keep away from them. */
    CHECK_INT(cm_slot_release(&ledger, &slot, "mine", NULL), 0);
    CHECK_INT(cm_slot_release_external(&ledger, "mine", NULL, NULL, NULL), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "pod8", BASE + 1, 3 * CM_SLOT_IDS - 1, never_dead, NULL, NULL), 0);
    CHECK_INT(hold(&ledger, "one", 0, false, &other), 0);
    CHECK_INT(other.index, 3);
    CHECK_INT(hold(&ledger, "two", 0, true, &other), -ENOSPC);
    CHECK_INT(cm_slot_release_external(&ledger, "pod8", NULL, NULL, NULL), 0);
    CHECK_INT(hold(&ledger, "two", 0, true, &other), 0);
    place_drop(&place);
}

/* The last who had them gives ids back, however long ago the holder of the slot did. */
TEST(ids_of_a_pod_cool_from_the_end_of_its_last_member)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, other;
    const struct timespec two = {.tv_sec = 2, .tv_nsec = 100000000};

    CHECK_INT(hold(&ledger, "sandbox", 0, false, &slot), 0);
    CHECK_INT(cm_slot_share_external(&ledger, "app", "sandbox", slot.host_id, slot.ids, never_dead, NULL, NULL), 0);
    for (char key[2] = "a"; key[0] < 'd'; key[0]++)
        CHECK_INT(hold(&ledger, key, 0, false, &other), 0);
    CHECK_INT(cm_slot_release(&ledger, &slot, "sandbox", NULL), 0);
    (void)nanosleep(&two, NULL);
    CHECK_INT(cm_slot_release_external(&ledger, "app", NULL, NULL, NULL), 0);
    CHECK_INT(hold(&ledger, "next", 2, false, &other), -ENOSPC);
    (void)nanosleep(&two, NULL);
    CHECK_INT(hold(&ledger, "next", 2, false, &other), 0);
    CHECK_INT(other.host_id, slot.host_id);
    place_drop(&place);
}

TEST(members_of_a_pod_share_a_range)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, other;
    struct cm_error err;

    CHECK_INT(hold(&ledger, "sandbox", 0, false, &slot), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "app", slot.host_id, slot.ids, never_dead, NULL, &err), -EADDRINUSE); /* not without saying so */
    CHECK_INT(cm_slot_share_external(&ledger, "app", "sandbox", slot.host_id, slot.ids, never_dead, NULL, &err), 0);
    CHECK_INT(cm_slot_share_external(&ledger, "app2", "sandbox", slot.host_id, slot.ids, never_dead, NULL, &err), 0);
    CHECK_INT(cm_slot_share_external(&ledger, "app3", "app", slot.host_id, slot.ids, never_dead, NULL, &err), 0);
    /* nobody else, no part of it, no more than it */
    CHECK_INT(cm_slot_share_external(&ledger, "x", "stranger", slot.host_id, slot.ids, never_dead, NULL, &err), -ESTALE);
    CHECK_INT(cm_slot_share_external(&ledger, "x", "sandbox", slot.host_id, 1, never_dead, NULL, &err), -EADDRINUSE);
    CHECK_INT(cm_slot_share_external(&ledger, "x", "sandbox", slot.host_id, slot.ids + 1, never_dead, NULL, &err), -EADDRINUSE);
    CHECK_INT(cm_slot_share_external(&ledger, "x", "sandbox", 7 * CM_SLOT_IDS, CM_SLOT_IDS, never_dead, NULL, &err), -ESTALE);
    CHECK_INT(cm_slot_release_external(&ledger, "x", NULL, NULL, NULL), -ESTALE); /* nothing was noted */

    /* The sandbox goes first: its slot is nobody's until the last member has gone. */
    CHECK_INT(cm_slot_release(&ledger, &slot, "sandbox", NULL), 0);
    CHECK_INT(cm_slot_share_external(&ledger, "app4", "sandbox", slot.host_id, slot.ids, never_dead, NULL, &err), -ESTALE);
    CHECK_INT(cm_slot_share_external(&ledger, "app4", "app2", slot.host_id, slot.ids, never_dead, NULL, &err), 0);
    static const char *const others[] = {"a", "b", "c"};
    for (size_t i = 0; i < CM_ARRAY_LEN(others); i++) {
        CHECK_INT(hold(&ledger, others[i], 0, true, &other), 0);
        CHECK(other.host_id != slot.host_id);
    }
    static const char *const members[] = {"app", "app2", "app3"};
    for (size_t i = 0; i < CM_ARRAY_LEN(members); i++) { /* although the others use the ids */
        CHECK_INT(hold(&ledger, "d", 0, true, &other), -ENOSPC);
        CHECK_INT(cm_slot_release_external(&ledger, members[i], never_dead, NULL, NULL), 0);
    }
    CHECK_INT(cm_slot_release_external(&ledger, "app4", never_dead, NULL, NULL), -EBUSY);
    CHECK_INT(cm_slot_release_external(&ledger, "app4", NULL, NULL, NULL), 0);
    CHECK_INT(hold(&ledger, "d", 0, true, &other), 0);
    CHECK_INT(other.host_id, slot.host_id);
    place_drop(&place);
}

struct asked {
    uint32_t host_id, ids; /* of the range that is in use */
    int n;
};

static bool is_unused(const char *key, uint32_t host_id, uint32_t ids, void *user)
{
    struct asked *asked = user;

    (void)key;
    asked->n++;
    return host_id > asked->host_id + asked->ids - 1 || asked->host_id > host_id + ids - 1;
}

TEST(ids_in_use_stay_noted)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct asked asked = {.host_id = 500000 + 99999, .ids = 1}; /* the last one of a range that is longer than a slot */
    struct cm_error err;

    CHECK_INT(cm_slot_hold_external(&ledger, "a", 300000, 10, never_dead, NULL, NULL), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "a", 500000, 100000, never_dead, NULL, NULL), 0);
    CHECK_INT(cm_slot_hold_external(&ledger, "b", 500000, 1, is_unused, &asked, NULL), -EADDRINUSE);
    CHECK_INT(cm_slot_release_external(&ledger, "a", is_unused, &asked, &err), -EBUSY);
    CHECK_CONTAINS(err.message, "500000+100000");
    CHECK_INT(asked.n, 3);
    CHECK_INT(cm_slot_hold_external(&ledger, "b", 300000, 10, never_dead, NULL, NULL), -EADDRINUSE); /* none was given back */
    asked.host_id = 1;
    CHECK_INT(cm_slot_release_external(&ledger, "a", is_unused, &asked, NULL), 0);
    CHECK_INT(cm_slot_release_external(&ledger, "a", is_unused, &asked, NULL), -ESTALE);
    place_drop(&place);
}

TEST(the_same_key_of_a_live_holder)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot, other;
    struct asked asked = {0};

    CHECK_INT(hold(&ledger, "x", 0, false, &slot), 0);
    asked = (struct asked){.host_id = slot.host_id + 65535, .ids = 1};
    CHECK_INT(cm_slot_hold(&ledger, "x", 0, true, is_unused, &asked, &other, NULL), -EEXIST);
    CHECK_INT(cm_slot_find(&ledger, "x", &other, NULL), 0);
    CHECK(other.generation == slot.generation);
    place_drop(&place);
}

TEST(keys_have_limits)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &four);
    struct cm_slot slot;
    char key[CM_SLOT_KEY_MAX + 1];

    memset(key, 'k', sizeof(key));
    key[CM_SLOT_KEY_MAX] = '\0';
    CHECK_INT(hold(&ledger, key, 0, false, &slot), -EINVAL);
    key[CM_SLOT_KEY_MAX - 1] = '\0';
    CHECK_INT(hold(&ledger, key, 0, false, &slot), 0);
    CHECK_INT(cm_slot_release(&ledger, &slot, key, NULL), 0);
    CHECK_INT(hold(&ledger, "", 0, false, &slot), -EINVAL);
    place_drop(&place);
}

TEST(what_is_no_ledger_is_refused)
{
    struct place place = place_make();
    struct cm_ledger ledger = CM_LEDGER_NONE;
    const struct cm_id_pool crooked = {BASE + 1, 4, true}, none = {BASE, 0, true}, beyond = {4294836224u, 3, true};

    CHECK_INT(cm_ledger_open(place.dir, &crooked, &ledger, NULL), -EINVAL);
    CHECK_INT(cm_ledger_open(place.dir, &none, &ledger, NULL), -EINVAL);
    CHECK_INT(cm_ledger_open(place.dir, &beyond, &ledger, NULL), -EINVAL);
    CHECK_INT(symlinkat("/tmp/casemate-elsewhere", place.dir, CM_LEDGER_NAME), 0);
    CHECK_INT(cm_ledger_open(place.dir, &four, &ledger, NULL), -ELOOP);
    CHECK_INT(unlinkat(place.dir, CM_LEDGER_NAME, 0), 0);
    CHECK_INT(mkfifoat(place.dir, CM_LEDGER_NAME, 0600), 0);
    CHECK(cm_ledger_open(place.dir, &four, &ledger, NULL) < 0);
    CHECK_INT(unlinkat(place.dir, CM_LEDGER_NAME, 0), 0);
    ledger = open_ledger(&place, &four);
    CHECK_INT(fchmod(ledger.fd, 0620), 0);
    cm_ledger_close(&ledger);
    CHECK_INT(cm_ledger_open(place.dir, &four, &ledger, NULL), -EPERM);
    CHECK_INT(fchmodat(place.dir, CM_LEDGER_NAME, 0600, 0), 0);
    if (geteuid() == 0) {
        CHECK_INT(fchownat(place.dir, CM_LEDGER_NAME, 12345, 0, 0), 0);
        CHECK_INT(cm_ledger_open(place.dir, &four, &ledger, NULL), -EPERM);
        CHECK_INT(fchownat(place.dir, CM_LEDGER_NAME, 0, 0, 0), 0);
    }
    ledger = open_ledger(&place, &four);
    CHECK_INT(unlinkat(place.dir, CM_LEDGER_NAME, 0), 0);
    struct cm_slot slot;
    CHECK_INT(hold(&ledger, "a", 0, false, &slot), -ESTALE); /* a new file would not know of our holding */
    cm_ledger_close(&ledger);
    place_drop(&place);
}

/* Fills the disk under a ledger: every hold either works or says so, and nothing is handed out twice. */
TEST(a_full_disk)
{
    struct place place = place_make();
    if (geteuid() != 0 || mount("none", place.path, "tmpfs", 0, "size=64k,nr_inodes=10") < 0) {
        place_drop(&place);
        SKIP("mounting a small tmpfs needs root");
    }
    int outer = place.dir;
    place.dir = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct cm_ledger ledger = open_ledger(&place, &many);
    struct cm_slot slot[400];
    int n = 0, r = 0;
    struct cm_error err;
    cm_error_init(&err);
    for (; n < 400 && r == 0; n += r == 0) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", n);
        r = cm_slot_hold(&ledger, key, 900, false, never_dead, NULL, &slot[n], &err);
    }
    CHECK_INT(r, -ENOSPC);
    CHECK_CONTAINS(err.message, "make room");
    CHECK(n > 20 && n < 400);
    CHECK_INT(cm_slot_release(&ledger, &slot[0], "k0", NULL), 0); /* rewriting needs no room */
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            CHECK(slot[i].index != slot[j].index);
    cm_ledger_close(&ledger);
    (void)close(place.dir);
    CHECK_INT(umount2(place.path, MNT_DETACH), 0);
    place.dir = outer;
    place_drop(&place);
}

TEST(a_file_size_limit)
{
    struct place place = place_make();
    pid_t child = fork();
    if (child == 0) {
        struct cm_ledger ledger = open_ledger(&place, &many);
        struct rlimit limit = {65536, 65536};
        struct cm_slot slot;
        struct cm_error err;
        (void)signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) == 0 && cm_slot_hold(&ledger, "a", 0, false, NULL, NULL, &slot, &err) == -EFBIG &&
                      strstr(err.message, "make room")
                  ? 0
                  : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &many);
    struct cm_slot slot;
    CHECK_INT(hold(&ledger, "a", 900, false, &slot), 0);
    place_drop(&place);
}

static double microseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Bounds are 10 times the aim, for slow and shared machines; the numbers are printed. */
TEST(speed)
{
    struct place place = place_make();
    CM_AUTO_LEDGER struct cm_ledger ledger = open_ledger(&place, &many);
    struct cm_slot slot;
    static const struct {
        int held;
        double aim;
    } table[] = {{3, 60}, {10000, 2000}};
    int held = 0;

    for (size_t row = 0; row < 2; row++) {
        char key[32];
        for (; held < table[row].held; held++) {
            (void)snprintf(key, sizeof(key), "/run/casemate/%d", held);
            CHECK_INT(hold(&ledger, key, 900, false, &slot), 0);
        }
        double start = microseconds();
        for (int i = 0; i < 100; i++) {
            CHECK_INT(hold(&ledger, "/run/casemate/x", 900, true, &slot), 0);
            CHECK_INT(cm_slot_release(&ledger, &slot, "/run/casemate/x", NULL), 0);
        }
        double each = (microseconds() - start) / 100;
        printf("# hold and release with %d held: %.1f us\n", held, each);
        CHECK(each < table[row].aim * 10);
    }
    double start = microseconds();
    for (int i = 0; i < 7000; i++) { /* past the last unused slot */
        CHECK_INT(hold(&ledger, "/run/casemate/x", 0, true, &slot), 0);
        CHECK_INT(cm_slot_release(&ledger, &slot, "/run/casemate/x", NULL), 0);
    }
    printf("# and with every slot used once: %.1f us\n", (microseconds() - start) / 7000);
    place_drop(&place);
}
