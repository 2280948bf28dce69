/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger file, private to idmap/: its layout, its lock and checked access to single records. The policy (who gets what) is in slots.c and external.c.
 *
 *   header | index of slots | index of external ranges | external records | slot records
 *
 * A slot's place follows from its ids (host id / 65536), whatever the pool is: a changed pool finds the holders of the old one. The records are the truth; an
 * index entry is a hint that is written before its record when something is taken and after it when it is given back, and a slot is never handed out before its
 * record was read. The file is sparse.
 */
#pragma once

#include "idmap/slots.h"

#define LEDGER_SLOTS 65536u
#define LEDGER_EXTERNALS 16384u
#define LEDGER_MAGIC 0x31535443u /* "CTS1" */

struct ledger_header {
    uint32_t crc; /* of all that follows */
    uint32_t magic;
    uint64_t sequence; /* of the next hold or release: generations and the order of use; starts at the time the file was made, so that it never repeats */
    uint32_t pool_base, pool_slots; /* pool that start and fresh belong to */
    uint32_t start, fresh;          /* slots are first used once each from a random place on; so many of them have been */
    uint32_t low, high;             /* slots ever used lie in [low, high) */
    uint32_t externals;             /* external entries ever used */
    uint32_t hand;                  /* where the search for dead holders goes on */
    uint64_t suspect_since;         /* wall time at which damage was found, 0 never: from then on a missing record is not taken for a free slot */
    uint64_t looked;                /* uptime at which a search found a holder that is not dead: the next one is not of the same second */
};

#define RECORD_TORN 1u /* flag: what was here before could not be read, so whose it was is unknown */

struct ledger_record {
    uint32_t crc; /* of all that follows */
    uint8_t state, flags;
    uint16_t key_size;
    uint64_t generation;
    uint64_t boot;
    uint64_t key_hash;
    uint64_t wall, uptime; /* seconds, of the last change */
    uint32_t host_id, ids;
    uint64_t reserved;
    char key[CM_SLOT_KEY_MAX];
};

/* Index of slots: 0 never used; INDEX_HELD and 63 bits of the key's hash; else the sequence number of the release. */
#define INDEX_HELD (UINT64_C(1) << 63)

/* Index of external ranges: key_tag 0 is an unused entry. */
struct ledger_range {
    uint64_t key_tag;
    uint32_t host_id, ids;
};

#define LEDGER_INDEX_AT INT64_C(4096)
#define LEDGER_RANGES_AT (LEDGER_INDEX_AT + (int64_t)(LEDGER_SLOTS * sizeof(uint64_t)))
#define LEDGER_EXTERNALS_AT (LEDGER_RANGES_AT + (int64_t)(LEDGER_EXTERNALS * sizeof(struct ledger_range)))
#define LEDGER_RECORDS_AT (LEDGER_EXTERNALS_AT + (int64_t)(LEDGER_EXTERNALS * sizeof(struct ledger_record)))

_Static_assert(sizeof(struct ledger_record) == 64 + CM_SLOT_KEY_MAX, "records have no holes");
_Static_assert(sizeof(struct ledger_header) == 64, "the header has no holes");

/* One locked use of a ledger. */
struct ledger_session {
    const struct cm_ledger *ledger;
    struct ledger_header header;
    uint64_t wall, uptime;
    int64_t size; /* of the file when it was locked: it only grows */
    bool locked;
    uint64_t *index; /* a copy of the index entries [index_from, index_to), read once (idmap/slots.c) */
    uint32_t index_from, index_to;
};

/* Locks (at most 10 s), reads and if necessary mends the header. End with ledger_end (or the cleanup attribute), which unlocks. */
int ledger_begin(const struct cm_ledger *ledger, struct ledger_session *session, struct cm_error *err) CM_MUST_USE;
void ledger_end(struct ledger_session *session);
#define LEDGER_AUTO_END CM_CLEANUP(ledger_end)

/* Whole reads (what lies beyond the end is zero) and writes. Return 0 or -errno. */
int ledger_read(const struct ledger_session *session, int64_t at, void *data, size_t size) CM_MUST_USE;
int ledger_write(const struct ledger_session *session, int64_t at, const void *data, size_t size) CM_MUST_USE;
int ledger_write_header(struct ledger_session *session) CM_MUST_USE;
/* Makes sure that the file ends at or after `end`, before the header says so. */
int ledger_grow(struct ledger_session *session, int64_t end) CM_MUST_USE;

enum ledger_kind { LEDGER_SLOT, LEDGER_EXTERNAL };
int64_t ledger_record_at(enum ledger_kind kind, uint32_t n);

enum ledger_found {
    LEDGER_EMPTY, /* all zero */
    LEDGER_GOOD,
    LEDGER_DAMAGED,
};

/* Reads one record and says what it is worth. Returns enum ledger_found or -errno. */
int ledger_load(const struct ledger_session *session, enum ledger_kind kind, uint32_t n, struct ledger_record *ret) CM_MUST_USE;
/* Stamps, seals and writes one record. */
int ledger_store(const struct ledger_session *session, enum ledger_kind kind, uint32_t n, struct ledger_record *record) CM_MUST_USE;

uint64_t ledger_hash(const void *data, size_t size);
/* A record for a holder; -EINVAL for a key that is empty or too long. */
int ledger_record_for(const struct ledger_session *session, const char *key, struct ledger_record *ret, struct cm_error *err) CM_MUST_USE;
bool ledger_same_key(const struct ledger_record *a, const struct ledger_record *b);
/* Whether the holder of a good record is gone. */
bool ledger_is_dead(const struct ledger_session *session, const struct ledger_record *record, cm_slot_is_dead is_dead, void *user);
/* "cannot write the id ledger: …" and what to do. */
int ledger_fail(struct cm_error *err, int errnum, const char *what);

/* Of slots.c, for external.c: a slot that was given back while others of a pod still had its ids begins to cool anew. */
int ledger_cool_again(struct ledger_session *session, uint32_t host_id, uint32_t ids) CM_MUST_USE;
/* Of external.c, for slots.c: all noted ranges (free() them), and whether one overlaps the ids of a slot. */
int ledger_ranges(const struct ledger_session *session, struct ledger_range **ret, struct cm_error *err) CM_MUST_USE;
bool ledger_range_overlaps(const struct ledger_range *ranges, uint32_t n, uint32_t slot);
