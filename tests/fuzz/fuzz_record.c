/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* state.json is the input: no crash, and what is accepted is written and read back the same. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "state/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/dev/shm/casemate-fuzz-record-XXXXXX";
    CM_AUTO_RECORD struct cm_record *first = NULL, *second = NULL;
    struct cm_entry entry = {.fd = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, .id = "box"};

    if (entry.fd < 0 || cm_replace_file_at(entry.fd, "state.json", 0600, data, size) < 0)
        abort();
    struct cm_record remains;
    if (cm_record_salvage(&entry, &remains) && remains.pid <= 0)
        abort();
    if (cm_record_read(&entry, &first, NULL) == 0) {
        if (cm_record_write(&entry, first, NULL) < 0 || cm_record_read(&entry, &second, NULL) < 0)
            abort();
        if (first->pid != second->pid || first->slot_generation != second->slot_generation || first->annotations.n != second->annotations.n ||
            first->cgroup_ino != second->cgroup_ino || first->cgroup_parents != second->cgroup_parents ||
            (first->cgroup_path == NULL) != (second->cgroup_path == NULL) || (first->cgroup_path && !cm_streq(first->cgroup_path, second->cgroup_path)))
            abort();
    }
    (void)unlinkat(entry.fd, "state.json", 0);
    cm_entry_close(&entry);
    (void)rmdir(path);
    return 0;
}
