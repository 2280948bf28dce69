/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger's file is the input: whatever it holds, nothing may crash, the file must be usable afterwards, and what was handed out is not handed out again. The fuzzer's input replaces the front of
 * a file that has the size of a real one, and the records of a small pool.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "idmap/ledger.h"

#define BASE 131072u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(int fd, const uint8_t **data, size_t *size, size_t n, int64_t at)
{
    n = CM_MIN(n, *size);
    if (pwrite(fd, *data, n, at) != (ssize_t)n)
        abort();
    *data += n;
    *size -= n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/casemate-fuzz-ledger-XXXXXX"; /* not a memory file: a ledger without a name is refused */
    struct cm_ledger ledger = {.fd = mkostemp(path, O_CLOEXEC), .pool = {BASE, 4, true}, .boot = 1};
    struct cm_slot slot[5];
    unsigned int seen = 0;
    static const char *const keys[] = {"a", "b", "c", "d", "e"};

    put(ledger.fd, &data, &size, sizeof(struct ledger_header), 0);
    put(ledger.fd, &data, &size, 4 * sizeof(uint64_t), LEDGER_INDEX_AT + (int64_t)(BASE / CM_SLOT_IDS * sizeof(uint64_t)));
    put(ledger.fd, &data, &size, 2 * sizeof(struct ledger_range), LEDGER_RANGES_AT);
    put(ledger.fd, &data, &size, 4 * sizeof(struct ledger_record), ledger_record_at(LEDGER_SLOT, BASE / CM_SLOT_IDS));
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
    (void)cm_slot_release_external(&ledger, "x", NULL);
    (void)unlink(path);
    cm_ledger_close(&ledger);
    return 0;
}
