/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file `confinement` is the input: no crash, and what is accepted is written and read back the same. The checksum is made right first, or nothing would
 * ever get past it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "state/confinement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/dev/shm/casemate-fuzz-confinement-XXXXXX";
    CM_AUTO_CONFINEMENT struct cm_confinement *first = NULL, *second = NULL;
    CM_AUTO_PROMISE struct cm_promise *promise = NULL, *again = NULL;
    struct cm_entry entry = {.fd = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, .id = "box"};
    unsigned char *copy = malloc(size + 1);

    if (entry.fd < 0 || !copy)
        abort();
    memcpy(copy, data, size);
    if (size >= 8) {
        uint32_t crc = cm_crc32c(copy + 8, size - 8);
        memcpy(copy + 4, &crc, sizeof(crc));
    }
    if (cm_replace_file_at(entry.fd, "confinement", 0600, copy, size) < 0)
        abort();
    if (cm_confinement_read(&entry, &first, NULL) == 0 && cm_promise_read(&entry, &promise, NULL) == 0) {
        if (unlinkat(entry.fd, "confinement", 0) < 0 || cm_confinement_write(&entry, first, promise, NULL) < 0 ||
            cm_confinement_read(&entry, &second, NULL) < 0 || cm_promise_read(&entry, &again, NULL) < 0)
            abort();
        if (promise->n_mounts != again->n_mounts || promise->n_limits != again->n_limits || promise->uid != again->uid || promise->masked.n != again->masked.n)
            abort();
        if (memcmp(&first->caps, &second->caps, sizeof(first->caps)) != 0 || first->ours.size != second->ours.size || first->n_mounts != second->n_mounts ||
            memcmp(first->ours.code, second->ours.code, first->ours.size * sizeof(*first->ours.code)) != 0 || first->uid_map.n != second->uid_map.n)
            abort();
    }
    free(copy);
    (void)unlinkat(entry.fd, "confinement", 0);
    cm_entry_close(&entry);
    (void)rmdir(path);
    return 0;
}
