/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See origin.h. No hostile input. */
#include "policy/origin.h"

#include <string.h>

void cm_policy_origin_note(struct cm_policy_origin *origin, const struct cm_policy_draft *draft, const char *path)
{
    origin->level_file = draft->level_file;
    origin->level = draft->level;
    memcpy(origin->given, draft->given, sizeof(origin->given));
    if (origin->n_files == CM_POLICY_FILES_MAX)
        return;
    struct cm_policy_origin_file *file = &origin->files[origin->n_files++];
    file->path = path;
    for (size_t i = 0; i < CM_TUNABLE_COUNT; i++)
        file->lists[i] = cm_tunables[i].kind == CM_TUNABLE_LIST ? *(const size_t *)((const char *)&draft->rules + cm_tunables[i].count) : 0;
}

const char *cm_policy_origin_of(const struct cm_policy_origin *origin, enum cm_tunable_id list, size_t index, size_t *ret_index)
{
    size_t before = 0;

    for (size_t i = 0; i < origin->n_files; before = origin->files[i++].lists[list])
        if (index < origin->files[i].lists[list]) {
            *ret_index = index - before;
            return origin->files[i].path;
        }
    return NULL;
}
