/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges that configs brought (an engine or a kubelet allocated them): noted, so that two holders of one id are seen. Hostile: keys and ranges come from
 * bundles. */
#include "idmap/slots.h"

#include <string.h>

#include "idmap/ledger.h"

static int64_t range_at(uint32_t n)
{
    return LEDGER_RANGES_AT + (int64_t)(n * sizeof(struct ledger_range));
}

static uint64_t tag_of(const struct ledger_record *record)
{
    return record->key_hash | 1; /* never 0, which is an unused entry */
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

int ledger_ranges(const struct ledger_session *session, struct ledger_range **ret, struct cm_error *err)
{
    uint32_t n = session->header.externals;

    if (n == 0) {
        *ret = NULL;
        return 0;
    }
    CM_AUTO_FREE struct ledger_range *ranges = calloc(n, sizeof(*ranges));
    int r = ranges ? ledger_read(session, range_at(0), ranges, n * sizeof(*ranges)) : -ENOMEM;
    if (r < 0)
        return ledger_fail(err, -r, "cannot read");
    *ret = CM_TAKE_PTR(ranges);
    return 0;
}

bool ledger_range_overlaps(const struct ledger_range *ranges, uint32_t n, uint32_t slot)
{
    for (uint32_t i = 0; i < n; i++)
        if (ranges[i].key_tag != 0 && overlap(ranges[i].host_id, ranges[i].ids, (uint64_t)slot * CM_SLOT_IDS, CM_SLOT_IDS))
            return true;
    return false;
}

/* Record first, index after it: an entry whose record says FREE is nobody's. */
static int forget(const struct ledger_session *session, uint32_t n)
{
    const struct ledger_range none = {0};
    struct ledger_record record = {.state = CM_SLOT_FREE};
    int r = ledger_store(session, LEDGER_EXTERNAL, n, &record);

    return r < 0 ? r : ledger_write(session, range_at(n), &none, sizeof(none));
}

struct note {
    struct ledger_session session;
    struct ledger_record record;
    cm_slot_is_dead is_dead;
    void *user;
    struct ledger_range *ranges;
    struct ledger_record peer; /* whose pod the holder is of */
    bool shared, peer_found;
};

static void note_done(struct note *note)
{
    free(note->ranges);
    ledger_end(&note->session);
}

/* 1: entry n is someone's who is (or may be) there and *other names him; 0: it is not, and was cleared; or -errno. */
static int examine_entry(struct note *note, uint32_t n, struct ledger_record *other)
{
    struct ledger_range *range = &note->ranges[n];
    int found = ledger_load(&note->session, LEDGER_EXTERNAL, n, other);

    if (found < 0)
        return found;
    if (found == LEDGER_GOOD && other->state == CM_SLOT_EXTERNAL && other->host_id == range->host_id && other->ids == range->ids) {
        bool earlier = ledger_is_dead(&note->session, other, NULL, NULL); /* of an earlier boot */
        if ((ledger_same_key(other, &note->record) && !earlier) || !ledger_is_dead(&note->session, other, note->is_dead, note->user))
            return 1;
    } else if (found == LEDGER_DAMAGED || (found == LEDGER_GOOD && other->state == CM_SLOT_EXTERNAL)) {
        *other = (struct ledger_record){.host_id = range->host_id, .ids = range->ids};
        if (!note->is_dead || !note->is_dead("", range->host_id, range->ids, note->user))
            return 1; /* whose it is cannot be read */
    }
    *range = (struct ledger_range){0};
    int r = forget(&note->session, n);
    return r < 0 ? r : 0;
}

static int fail_overlap(const struct note *note, const struct ledger_record *other, struct cm_error *err)
{
    return cm_fail(err, EADDRINUSE, "/linux/uidMappings",
                   "the ids %u+%u overlap %u+%u, which \"%s\" uses; give every pod ids of its own, or none so that they are allocated", note->record.host_id,
                   note->record.ids, other->host_id, other->ids, other->key[0] ? other->key : "an unknown container");
}

/* Whether the other one has this range as a member of the pod. */
static bool is_of_pod(struct note *note, const struct ledger_record *other)
{
    if (!note->shared || other->host_id != note->record.host_id || other->ids != note->record.ids)
        return false;
    note->peer_found |= ledger_same_key(other, &note->peer);
    return true;
}

/* Against our own slots. */
static int check_slots(struct note *note, struct cm_error *err)
{
    const struct ledger_record *wanted = &note->record;
    uint32_t first = wanted->host_id / CM_SLOT_IDS, last = (uint32_t)(((uint64_t)wanted->host_id + wanted->ids - 1) / CM_SLOT_IDS);

    first = CM_MAX(first, note->session.header.low);
    for (uint32_t slot = first; slot <= last && slot < note->session.header.high; slot++) {
        struct ledger_record other;
        int found = ledger_load(&note->session, LEDGER_SLOT, slot, &other);
        if (found < 0)
            return ledger_fail(err, -found, "cannot read");
        if (found == LEDGER_GOOD && other.state == CM_SLOT_HELD && !ledger_same_key(&other, wanted) && !is_of_pod(note, &other) &&
            !ledger_is_dead(&note->session, &other, note->is_dead, note->user))
            return fail_overlap(note, &other, err);
    }
    return 0;
}

/* Against the other noted ranges. *ret_entry is the place for a new one; 1 when the same range is noted already. */
static int check_ranges(struct note *note, uint32_t *ret_entry, struct cm_error *err)
{
    const struct ledger_record *wanted = &note->record;
    uint32_t n = note->session.header.externals, unused = n;
    bool known = false;

    for (uint32_t i = 0; i < n; i++) {
        const struct ledger_range *range = &note->ranges[i];
        struct ledger_record other;
        if (range->key_tag != 0 && overlap(range->host_id, range->ids, wanted->host_id, wanted->ids)) {
            int r = examine_entry(note, i, &other);
            if (r < 0)
                return ledger_fail(err, -r, "cannot update");
            bool own = r > 0 && ledger_same_key(&other, wanted);
            if (r > 0 && !own && !is_of_pod(note, &other))
                return fail_overlap(note, &other, err);
            known = known || (own && other.host_id == wanted->host_id && other.ids == wanted->ids);
        }
        if (range->key_tag == 0 && unused == n)
            unused = i;
    }
    *ret_entry = unused;
    return known;
}

/* A place when every one was used once: clears what the dead left. */
static int reclaim_all(struct note *note, uint32_t *ret_entry)
{
    struct ledger_record other;

    for (uint32_t i = 0; i < note->session.header.externals; i++) {
        int r = note->ranges[i].key_tag != 0 ? examine_entry(note, i, &other) : 0;
        if (r < 0)
            return r;
        if (r == 0)
            *ret_entry = CM_MIN(*ret_entry, i);
    }
    return 0;
}

static int add(struct note *note, uint32_t n)
{
    struct ledger_header *header = &note->session.header;
    struct ledger_range range = {.key_tag = tag_of(&note->record), .host_id = note->record.host_id, .ids = note->record.ids};
    int r = 0;

    if (n >= header->externals) {
        header->externals = n + 1;
        r = ledger_grow(&note->session, ledger_record_at(LEDGER_EXTERNAL, n + 1));
        if (r == 0)
            r = ledger_write_header(&note->session);
    }
    if (r == 0)
        r = ledger_write(&note->session, range_at(n), &range, sizeof(range));
    if (r == 0)
        r = ledger_store(&note->session, LEDGER_EXTERNAL, n, &note->record);
    return r;
}

int cm_slot_hold_external(struct cm_ledger *ledger, const char *key, uint32_t host_id, uint32_t ids, cm_slot_is_dead is_dead, void *user, struct cm_error *err)
{
    return cm_slot_share_external(ledger, key, NULL, host_id, ids, is_dead, user, err);
}

int cm_slot_share_external(struct cm_ledger *ledger, const char *key, const char *peer, uint32_t host_id, uint32_t ids, cm_slot_is_dead is_dead, void *user,
                           struct cm_error *err)
{
    CM_CLEANUP(note_done) struct note note = {.is_dead = is_dead, .user = user, .shared = peer != NULL};
    uint32_t entry = 0;

    if (ids == 0 || ids > UINT32_MAX - host_id)
        return cm_fail(err, EINVAL, "/linux/uidMappings", "the ids %u+%u are no range below 4294967295", host_id, ids);
    int r = ledger_begin(ledger, &note.session, err);
    if (r == 0)
        r = ledger_record_for(&note.session, key, &note.record, err);
    if (r == 0 && peer)
        r = ledger_record_for(&note.session, peer, &note.peer, err);
    if (r < 0)
        return r;
    note.record.state = CM_SLOT_EXTERNAL;
    note.record.host_id = host_id;
    note.record.ids = ids;

    r = ledger_ranges(&note.session, &note.ranges, err);
    if (r == 0)
        r = check_slots(&note, err);
    if (r == 0)
        r = check_ranges(&note, &entry, err);
    if (r >= 0 && note.shared && !note.peer_found)
        return cm_fail(err, ESTALE, NULL, "the ids %u+%u are not those of \"%s\" any more", host_id, ids, peer);
    if (r != 0)
        return r < 0 ? r : 0;
    if (entry >= LEDGER_EXTERNALS)
        r = reclaim_all(&note, &entry);
    if (r == 0 && entry >= LEDGER_EXTERNALS)
        return cm_fail(err, ENOSPC, "/linux/uidMappings", "%u ranges of ids are noted, more than the ledger can hold; delete containers", LEDGER_EXTERNALS);
    if (r == 0)
        r = add(&note, entry);
    return r < 0 ? ledger_fail(err, -r, "cannot update") : 0;
}

/* 1 when entry n is the key's own, 0 when not, or -errno. */
static int is_own_entry(const struct note *note, uint32_t n, struct ledger_record *ret)
{
    if (note->ranges[n].key_tag != tag_of(&note->record))
        return 0;
    int r = ledger_load(&note->session, LEDGER_EXTERNAL, n, ret);
    return r < 0 ? r : r == LEDGER_GOOD && ledger_same_key(ret, &note->record);
}

/* 1: somebody else has the same range, another member of a pod: then its ids stay noted whatever happens to this note. 0 or -errno. */
static int is_shared(const struct note *note, const struct ledger_record *own)
{
    struct ledger_record other;
    int r = ledger_load(&note->session, LEDGER_SLOT, own->host_id / CM_SLOT_IDS, &other);

    if (r == LEDGER_GOOD && other.state == CM_SLOT_HELD && other.host_id == own->host_id && other.ids == own->ids && !ledger_same_key(&other, own))
        return 1;
    for (uint32_t i = 0; r >= 0 && i < note->session.header.externals; i++) {
        if (note->ranges[i].key_tag == 0 || note->ranges[i].host_id != own->host_id || note->ranges[i].ids != own->ids)
            continue;
        r = ledger_load(&note->session, LEDGER_EXTERNAL, i, &other);
        if (r == LEDGER_GOOD && other.state == CM_SLOT_EXTERNAL && !ledger_same_key(&other, own))
            return 1;
    }
    return r < 0 ? r : 0;
}

/* The holder's processes may outlive what is known of it: then its ids stay noted, all of them. */
static int check_unused(const struct note *note, const char *key, struct cm_error *err)
{
    for (uint32_t i = 0; i < note->session.header.externals; i++) {
        struct ledger_record own;
        int r = is_own_entry(note, i, &own);
        if (r < 0)
            return ledger_fail(err, -r, "cannot read");
        int shared = r > 0 ? is_shared(note, &own) : 0;
        if (shared < 0)
            return ledger_fail(err, -shared, "cannot read");
        if (r > 0 && !shared && !ledger_is_dead(&note->session, &own, note->is_dead, note->user))
            return cm_fail(err, EBUSY, NULL, "the ids %u+%u of \"%s\" are still in use", own.host_id, own.ids, key);
    }
    return 0;
}

int cm_slot_release_external(struct cm_ledger *ledger, const char *key, cm_slot_is_dead is_dead, void *user, struct cm_error *err)
{
    CM_CLEANUP(note_done) struct note note = {.is_dead = is_dead, .user = user};
    bool released = false;
    int r = ledger_begin(ledger, &note.session, err);

    if (r == 0)
        r = ledger_record_for(&note.session, key, &note.record, err);
    if (r == 0)
        r = ledger_ranges(&note.session, &note.ranges, err);
    if (r == 0 && is_dead)
        r = check_unused(&note, key, err);
    if (r < 0)
        return r;
    for (uint32_t i = 0; r >= 0 && i < note.session.header.externals; i++) {
        struct ledger_record own;
        r = is_own_entry(&note, i, &own);
        if (r > 0) {
            released = true;
            r = ledger_cool_again(&note.session, own.host_id, own.ids);
            r = r < 0 ? r : forget(&note.session, i);
        }
    }
    if (r < 0)
        return ledger_fail(err, -r, "cannot update");
    return released ? 0 : cm_fail(err, ESTALE, NULL, "\"%s\" has no ids noted", key);
}
