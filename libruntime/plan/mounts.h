/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the planner: one entry of config.mounts while it is judged. */
#pragma once

#include "plan/planner.h"

struct cm_mount_work {
    const struct oci_mount *mount;
    const struct cm_mount_fact *fact;
    const char *field; /* "/mounts/N" */
    struct cm_plan_mount *out;

    uint64_t asked;     /* attributes the options set */
    uint64_t asked_all; /* the same of the recursive words; what they set a word without r does not take back */
    bool access_time, access_time_all;
    bool bind, recursive, slave, idmap, idmap_all, copy_up;
    const char *sync; /* the word */
    size_t n_data;
    const char **data; /* option words that are not in the table */
    size_t *data_index;
};

/* options of the entry → work; refuses what is refused for every kind of mount */
void cm_mount_read_options(struct cm_planner *p, struct cm_mount_work *work);
/* Filesystem data (size=…) of every kind but bind; refuses what is not known. */
void cm_mount_read_data(struct cm_planner *p, struct cm_mount_work *work);
/* Source, rule, target and mappings of a bind mount. */
void cm_mount_check_bind(struct cm_planner *p, struct cm_mount_work *work);
