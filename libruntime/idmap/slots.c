/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holding and releasing slots. Hostile: keys hold ids of the command line, the file may be damaged; and any process may be killed between two writes, after
 * which a slot may be lost to circulation for a while but is never given to two.
 */
#include "idmap/slots.h"

#include <string.h>

#include "idmap/ledger.h"

/* Holders looked after at each hold, so that what killed processes left comes back without a daemon. One that is not dead may have cost a look at all processes
 * of the host (its directory is gone, its processes are not): such are met once a second, however many containers are made. */
#define RECLAIM_STEP 2

struct hold {
    struct ledger_session session;
    struct ledger_record record; /* the one to be written */
    unsigned int cooling;
    bool may_shorten;
    cm_slot_is_dead is_dead;
    void *user;
    struct ledger_range *ranges;
    uint32_t n_ranges;
};

static void hold_done(struct hold *hold)
{
    free(hold->ranges);
    ledger_end(&hold->session);
}

static int64_t index_at(uint32_t slot)
{
    return LEDGER_INDEX_AT + (int64_t)(slot * sizeof(uint64_t));
}

static int set_index(struct ledger_session *session, uint32_t slot, uint64_t value)
{
    if (session->index && slot >= session->index_from && slot < session->index_to)
        session->index[slot - session->index_from] = value;
    return ledger_write(session, index_at(slot), &value, sizeof(value));
}

static uint64_t held_entry(const struct ledger_record *record)
{
    return INDEX_HELD | record->key_hash;
}

/* Makes the copy of the index cover [from, to), and with it all that was ever used: one read for the several searches of a session. */
static int load_index(struct ledger_session *session, uint32_t from, uint32_t to)
{
    if (session->index && from >= session->index_from && to <= session->index_to)
        return 0;
    from = CM_MIN(from, session->header.low);
    to = CM_MAX(to, session->header.high);
    uint64_t *index = reallocarray(session->index, to - from, sizeof(*index));
    if (!index)
        return -ENOMEM;
    session->index = index;
    session->index_from = from;
    session->index_to = to;
    return ledger_read(session, index_at(from), index, (to - from) * sizeof(*index));
}

/* Calls `each` with the index entries of [from, to) until it returns something else than 0. */
static int each_entry(struct ledger_session *session, uint32_t from, uint32_t to, int (*each)(uint32_t slot, uint64_t entry, void *user), void *user)
{
    if (from >= to)
        return 0;
    int r = load_index(session, from, to);
    for (uint32_t slot = from; slot < to && r == 0; slot++)
        r = each(slot, session->index[slot - session->index_from], user);
    return r;
}

/*
 * The state of a slot, which its record says. A record that is damaged, or missing where there must be one, becomes COOLING from now on: whose it was is
 * unknown, and he may still be there.
 */
static int examine(struct ledger_session *session, uint32_t slot, uint64_t entry, struct ledger_record *ret)
{
    const struct ledger_header *header = &session->header;
    int found = ledger_load(session, LEDGER_SLOT, slot, ret);

    if (found == LEDGER_GOOD)
        return ret->state;
    if (found < 0)
        return found;
    bool suspect = header->suspect_since != 0 && slot >= header->low && slot < header->high;
    if (found == LEDGER_EMPTY && entry == 0 && !suspect)
        return CM_SLOT_FREE;
    *ret = (struct ledger_record){
        .state = CM_SLOT_COOLING, .flags = RECORD_TORN, .host_id = slot * CM_SLOT_IDS, .ids = CM_SLOT_IDS, .wall = header->suspect_since};
    if (found == LEDGER_EMPTY && entry == 0)
        return CM_SLOT_COOLING; /* since the damage was found; writing that for a whole pool would be slow */
    int r = ledger_store(session, LEDGER_SLOT, slot, ret);
    if (r == 0)
        r = set_index(session, slot, session->header.sequence++);
    return r < 0 ? r : CM_SLOT_COOLING;
}

/* Seconds since the last change. After a reboot only the wall clock is left; one that was set back counts as no time gone by. */
static uint64_t age(const struct ledger_session *session, const struct ledger_record *record)
{
    bool same_boot = record->boot == session->ledger->boot && record->boot != 0 && record->uptime != 0;
    uint64_t now = same_boot ? session->uptime : session->wall, then = same_boot ? record->uptime : record->wall;

    return now > then ? now - then : 0;
}

static int cool(struct ledger_session *session, uint32_t slot, struct ledger_record *record)
{
    record->state = CM_SLOT_COOLING;
    int r = ledger_store(session, LEDGER_SLOT, slot, record);

    return r < 0 ? r : set_index(session, slot, session->header.sequence++);
}

int ledger_cool_again(struct ledger_session *session, uint32_t host_id, uint32_t ids)
{
    struct ledger_record record;
    uint32_t slot = host_id / CM_SLOT_IDS;
    int found = ledger_load(session, LEDGER_SLOT, slot, &record);

    if (found != LEDGER_GOOD || record.state != CM_SLOT_COOLING || record.host_id != host_id || record.ids != ids)
        return found < 0 ? found : 0;
    int r = cool(session, slot, &record);
    return r < 0 ? r : ledger_write_header(session);
}

struct key_search {
    struct ledger_session *session;
    const struct ledger_record *wanted;
    struct ledger_record *found;
};

static int match_key(uint32_t slot, uint64_t entry, void *user)
{
    struct key_search *search = user;

    if (entry != held_entry(search->wanted))
        return 0;
    int state = examine(search->session, slot, entry, search->found);
    if (state < 0)
        return state;
    return state == CM_SLOT_HELD && ledger_same_key(search->found, search->wanted);
}

/* 1 and the record when the key holds a slot, 0 when not. */
static int find_key(struct ledger_session *session, const struct ledger_record *wanted, struct ledger_record *found)
{
    struct key_search search = {session, wanted, found};

    return each_entry(session, session->header.low, session->header.high, match_key, &search);
}

struct reclaim {
    struct hold *hold;
    uint32_t left, done, hand;
};

static int reclaim_one(uint32_t slot, uint64_t entry, void *user)
{
    struct reclaim *reclaim = user;
    struct hold *hold = reclaim->hold;
    struct ledger_record record;

    if ((entry & INDEX_HELD) == 0)
        return 0;
    reclaim->hand = slot + 1;
    int state = examine(&hold->session, slot, entry, &record);
    int r = state < 0 ? state : 0;
    if (state == CM_SLOT_HELD && ledger_is_dead(&hold->session, &record, hold->is_dead, hold->user)) {
        r = cool(&hold->session, slot, &record);
        reclaim->done++;
    } else if (state == CM_SLOT_HELD) {
        hold->session.header.looked = hold->session.uptime;
    } else if (state == CM_SLOT_COOLING && (record.flags & RECORD_TORN) == 0) {
        r = set_index(&hold->session, slot, hold->session.header.sequence++); /* killed between its two writes */
        reclaim->done++;
    }
    if (r < 0)
        return r;
    return --reclaim->left == 0;
}

/* Looks after the next few holders; at most `count`. Returns how many slots came back or -errno. */
static int reclaim_some(struct hold *hold, uint32_t count)
{
    struct ledger_header *header = &hold->session.header;
    uint32_t hand = CM_MIN(CM_MAX(header->hand, header->low), header->high);
    struct reclaim reclaim = {.hold = hold, .left = count, .hand = hand};
    int r = each_entry(&hold->session, hand, header->high, reclaim_one, &reclaim);

    if (r == 0)
        r = each_entry(&hold->session, header->low, hand, reclaim_one, &reclaim);
    header->hand = reclaim.hand;
    return r < 0 ? r : (int)reclaim.done;
}

/* A damaged record's slot is only taken when nobody is seen in its range. */
static bool may_take(const struct hold *hold, const struct ledger_record *record)
{
    return (record->flags & RECORD_TORN) == 0 || !hold->is_dead || hold->is_dead("", record->host_id, CM_SLOT_IDS, hold->user);
}

/* The next slot that nobody ever had. 1 and *ret, or 0. */
static int choose_fresh(struct hold *hold, uint32_t *ret)
{
    struct ledger_header *header = &hold->session.header;

    while (header->fresh < header->pool_slots) {
        uint32_t slot = header->pool_base / CM_SLOT_IDS + (header->start + header->fresh++) % header->pool_slots;
        struct ledger_record record;
        uint64_t entry;
        int r = ledger_read(&hold->session, index_at(slot), &entry, sizeof(entry));
        if (r == 0 && entry == 0 && !ledger_range_overlaps(hold->ranges, hold->n_ranges, slot))
            r = examine(&hold->session, slot, entry, &record);
        else if (r == 0)
            continue;
        if (r < 0)
            return r;
        if (r == CM_SLOT_FREE) {
            *ret = slot;
            return 1;
        }
    }
    return 0;
}

/* Finds the entry that was used least recently among those after (sequence, slot). */
struct oldest {
    const struct hold *hold;
    bool found, bounded;
    uint64_t entry, after_entry;
    uint32_t slot, after_slot;
};

static int keep_oldest(uint32_t slot, uint64_t entry, void *user)
{
    struct oldest *oldest = user;

    if ((entry & INDEX_HELD) != 0 || (oldest->found && entry >= oldest->entry))
        return 0;
    if (oldest->bounded && (entry < oldest->after_entry || (entry == oldest->after_entry && slot <= oldest->after_slot)))
        return 0;
    if (ledger_range_overlaps(oldest->hold->ranges, oldest->hold->n_ranges, slot))
        return 0;
    oldest->found = true;
    oldest->entry = entry;
    oldest->slot = slot;
    return 0;
}

/* The slot given back longest ago, if that is long enough. 1 and *ret, or 0. */
static int choose_used(struct hold *hold, uint32_t *ret)
{
    const struct ledger_header *header = &hold->session.header;
    uint32_t first = header->pool_base / CM_SLOT_IDS;
    struct oldest oldest = {.hold = hold};

    for (;;) {
        struct ledger_record record;
        oldest.found = false;
        int r = each_entry(&hold->session, first, first + header->pool_slots, keep_oldest, &oldest);
        if (r < 0 || !oldest.found)
            return r;
        int state = examine(&hold->session, oldest.slot, oldest.entry, &record);
        if (state < 0)
            return state;
        bool torn = (record.flags & RECORD_TORN) != 0;
        bool cooled = state == CM_SLOT_FREE || (state == CM_SLOT_COOLING && age(&hold->session, &record) >= hold->cooling);
        bool shorten = state == CM_SLOT_COOLING && hold->may_shorten && !torn;
        if (state == CM_SLOT_COOLING && !cooled && !shorten && !torn)
            return 0; /* all the others were given back later */
        if ((cooled || shorten) && may_take(hold, &record)) {
            *ret = oldest.slot;
            return 1;
        }
        if (state == CM_SLOT_HELD)
            r = set_index(&hold->session, oldest.slot, held_entry(&record)); /* the index was wrong */
        if (r < 0)
            return r;
        oldest.bounded = true;
        oldest.after_entry = oldest.entry;
        oldest.after_slot = oldest.entry == 0 && torn && !cooled ? UINT32_MAX : oldest.slot; /* all that are missing went at one time */
    }
}

static int choose(struct hold *hold, uint32_t *ret)
{
    int r = choose_fresh(hold, ret);

    if (r == 0)
        r = choose_used(hold, ret);
    if (r == 0) {
        /* The last resort, before giving up: look after every holder. */
        r = reclaim_some(hold, LEDGER_SLOTS);
        if (r > 0)
            r = choose_used(hold, ret);
    }
    return r;
}

/* Header, then index, then record: see ledger.h. */
static int take(struct hold *hold, uint32_t slot, struct cm_slot *ret)
{
    struct ledger_header *header = &hold->session.header;
    struct ledger_record *record = &hold->record;

    record->state = CM_SLOT_HELD;
    record->host_id = slot * CM_SLOT_IDS;
    record->ids = CM_SLOT_IDS;
    record->generation = header->sequence++;
    header->low = CM_MIN(header->low, slot);
    header->high = CM_MAX(header->high, slot + 1);

    int r = ledger_grow(&hold->session, ledger_record_at(LEDGER_SLOT, header->high));
    if (r == 0)
        r = ledger_write_header(&hold->session);
    if (r == 0)
        r = set_index(&hold->session, slot, held_entry(record));
    if (r == 0)
        r = ledger_store(&hold->session, LEDGER_SLOT, slot, record);
    if (r < 0)
        return r;
    *ret = (struct cm_slot){.index = slot - header->pool_base / CM_SLOT_IDS, .host_id = record->host_id, .ids = CM_SLOT_IDS, .generation = record->generation};
    return 0;
}

static int fail_exhausted(const struct hold *hold, struct cm_error *err)
{
    const struct cm_id_pool *pool = &hold->session.ledger->pool;

    return cm_fail(
        err, ENOSPC, NULL,
        "no id slot is free: all %u slots of %u ids from %u on are held by containers or were given back less than %u seconds ago; delete containers, wait, or give the user "
        "\"casemate\" a longer range in /etc/subuid and /etc/subgid",
        pool->slots, CM_SLOT_IDS, pool->base, hold->cooling);
}

/* Makes sure that the key holds nothing: a holder of the same name that is gone gives way. */
static int check_key(struct hold *hold, const char *key, struct cm_error *err)
{
    struct ledger_record other;
    int r = find_key(&hold->session, &hold->record, &other);

    if (r > 0 && !ledger_is_dead(&hold->session, &other, hold->is_dead, hold->user))
        return cm_fail(err, EEXIST, NULL, "\"%s\" holds the id slot from %u on already", key, other.host_id);
    if (r > 0)
        r = cool(&hold->session, other.host_id / CM_SLOT_IDS, &other);
    return r < 0 ? ledger_fail(err, -r, "cannot search") : 0;
}

int cm_slot_hold(struct cm_ledger *ledger, const char *key, unsigned int cooling_seconds, bool may_shorten, cm_slot_is_dead is_dead, void *user,
                 struct cm_slot *ret, struct cm_error *err)
{
    CM_CLEANUP(hold_done) struct hold hold = {.cooling = cooling_seconds, .may_shorten = may_shorten, .is_dead = is_dead, .user = user};
    struct cm_slot slot;
    uint32_t chosen;

    if (ledger->pool.slots == 0)
        return cm_fail(err, EINVAL, NULL, "the id ledger was opened without a pool to take ids from");
    int r = ledger_begin(ledger, &hold.session, err);
    if (r == 0)
        r = ledger_record_for(&hold.session, key, &hold.record, err);
    if (r == 0)
        r = check_key(&hold, key, err);
    if (r == 0)
        r = ledger_ranges(&hold.session, &hold.ranges, err);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < hold.session.header.externals; i++)
        if (hold.ranges[i].key_tag != 0)
            hold.ranges[hold.n_ranges++] = hold.ranges[i];

    r = hold.session.header.looked == hold.session.uptime ? 0 : reclaim_some(&hold, RECLAIM_STEP);
    if (r >= 0)
        r = choose(&hold, &chosen);
    if (r == 0) {
        r = ledger_write_header(&hold.session); /* what was reclaimed on the way counts */
        if (r == 0)
            return fail_exhausted(&hold, err);
    }
    if (r > 0)
        r = take(&hold, chosen, &slot);
    if (r < 0)
        return ledger_fail(err, -r, "cannot update");
    *ret = slot;
    return 0;
}

int cm_slot_find(struct cm_ledger *ledger, const char *key, struct cm_slot *ret, struct cm_error *err)
{
    LEDGER_AUTO_END struct ledger_session session = {0};
    struct ledger_record wanted, found;
    int r = ledger_begin(ledger, &session, err);

    if (r == 0)
        r = ledger_record_for(&session, key, &wanted, err);
    if (r < 0)
        return r;
    r = find_key(&session, &wanted, &found);
    if (r < 0)
        return ledger_fail(err, -r, "cannot search");
    if (r == 0)
        return cm_fail(err, ENOENT, NULL, "\"%s\" holds no id slot", key);
    *ret = (struct cm_slot){
        .index = (found.host_id - ledger->pool.base) / CM_SLOT_IDS, .host_id = found.host_id, .ids = found.ids, .generation = found.generation};
    return 0;
}

int cm_slot_release(struct cm_ledger *ledger, const struct cm_slot *slot, const char *key, struct cm_error *err)
{
    LEDGER_AUTO_END struct ledger_session session = {0};
    struct ledger_record wanted, record;
    int r = ledger_begin(ledger, &session, err);

    if (r == 0)
        r = ledger_record_for(&session, key, &wanted, err);
    if (r < 0)
        return r;
    uint32_t n = slot->host_id / CM_SLOT_IDS;
    r = ledger_load(&session, LEDGER_SLOT, n, &record);
    if (r < 0)
        return ledger_fail(err, -r, "cannot read");
    if (r != LEDGER_GOOD || record.state != CM_SLOT_HELD || record.host_id != slot->host_id || record.generation != slot->generation ||
        !ledger_same_key(&record, &wanted))
        return cm_fail(err, ESTALE, NULL, "the id slot from %u on is not held by \"%s\" any more", slot->host_id, key);
    r = cool(&session, n, &record);
    if (r == 0)
        r = ledger_write_header(&session);
    return r < 0 ? ledger_fail(err, -r, "cannot update") : 0;
}
