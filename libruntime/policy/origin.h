/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where each part of a policy came from: for `casemate policy`, which shows it. Filled while files are read (run/policy_files.c). Pure. */
#pragma once

#include "policy/file.h"

#define CM_POLICY_FILES_MAX ((size_t)65) /* the main file, and 64 drop-ins */

struct cm_policy_origin_file {
    const char *path;
    size_t lists[CM_TUNABLE_COUNT]; /* elements of each list once this file was read, those of earlier files included */
};

struct cm_policy_origin {
    size_t n_files;
    struct cm_policy_origin_file files[CM_POLICY_FILES_MAX];
    const char *level_file;              /* NULL: none gives one */
    enum cm_policy_level level;          /* what the files say; --policy may have raised it */
    const char *given[CM_TUNABLE_COUNT]; /* of values: the file; NULL: none gives it */
};

/* A file was read into the draft. */
void cm_policy_origin_note(struct cm_policy_origin *origin, const struct cm_policy_draft *draft, const char *path);
/* The file that an element of a list is from, and its place in that file's list; NULL: it is built in. */
const char *cm_policy_origin_of(const struct cm_policy_origin *origin, enum cm_tunable_id list, size_t index, size_t *ret_index);
