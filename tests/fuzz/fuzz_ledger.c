/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger's file is the input: whatever it holds, nothing may crash, the file must be usable afterwards, and what was handed out is not handed out again.
 * The fuzzer's input replaces the front of a file that has the size of a real one, and the records of a small pool.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "idmap/ledger.h"

#define BASE 131072u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    int fd;
    const uint8_t *data;
    size_t size;
    bool seal;
};

/* The next n bytes go to a place of the file; when the input says so, with a sum that is right, so that what lies behind the check is reached too. */
static void put(struct input *in, size_t n, int64_t at, bool summed)
{
    uint8_t block[sizeof(struct ledger_record)] = {0};
    uint32_t crc;

    n = CM_MIN(n, sizeof(block));
    size_t given = CM_MIN(n, in->size);
    memcpy(block, in->data, given);
    in->data += given;
    in->size -= given;
    crc = cm_crc32c(block + sizeof(crc), n - sizeof(crc));
    if (summed && in->seal && given > 0)
        memcpy(block, &crc, sizeof(crc));
    if (pwrite(in->fd, block, given > 0 ? n : 0, at) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/dev/shm/casemate-fuzz-ledger-XXXXXX"; /* not a memory file: a ledger without a name is refused */
    struct cm_ledger ledger = {.fd = mkostemp(path, O_CLOEXEC), .pool = {BASE, 4, true}, .boot = 1};
    struct cm_slot slot[5];
    unsigned int seen = 0;
    static const char *const keys[] = {"a", "b", "c", "d", "e"};

    struct input in = {ledger.fd, data, size, size % 2 == 0};
    put(&in, sizeof(struct ledger_header), 0, true);
    put(&in, 4 * sizeof(uint64_t), LEDGER_INDEX_AT + (int64_t)(BASE / CM_SLOT_IDS * sizeof(uint64_t)), false);
    put(&in, 2 * sizeof(struct ledger_range), LEDGER_RANGES_AT, false);
    for (uint32_t i = 0; i < 4; i++)
        put(&in, sizeof(struct ledger_record), ledger_record_at(LEDGER_SLOT, BASE / CM_SLOT_IDS + i), true);
    for (size_t i = 0; i < 5; i++) {
        if (cm_slot_hold(&ledger, keys[i], 0, true, NULL, NULL, &slot[i], NULL) < 0)
            continue;
        if (slot[i].index > 3 || (seen & 1u << slot[i].index))
            abort();
        seen |= 1u << slot[i].index;
        struct cm_slot again;
        if (cm_slot_find(&ledger, keys[i], &again, NULL) < 0 || again.generation != slot[i].generation)
            abort();
    }
    (void)cm_slot_hold_external(&ledger, "x", 70000, 10, NULL, NULL, NULL);
    (void)cm_slot_release_external(&ledger, "x", NULL, NULL, NULL);
    (void)unlink(path);
    cm_ledger_close(&ledger);
    return 0;
}
