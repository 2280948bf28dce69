/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the planner: one entry of config.mounts while it is judged. */
#pragma once

#include "plan/mount_class.h"
#include "plan/planner.h"

struct cm_mount_work {
    const struct oci_mount *mount;
    const struct cm_mount_fact *fact;
    const char *field;  /* "/mounts/N" */
    const char *source; /* "/mounts/N/source" of a bind mount */
    struct cm_plan_mount *out;

    uint64_t asked;     /* attributes the options set */
    uint64_t asked_all; /* the same of the recursive words; what they set a word without r does not take back */
    bool access_time, access_time_all;
    bool bind, recursive, slave, idmap, idmap_all, copy_up;
    bool termination_log; /* it is kubelet's, and may go into /dev */
    const char *sync;     /* the word */
    size_t n_data;
    const char **data; /* option words that are not in the table */
    size_t *data_index;
};

/* options of the entry → work; refuses what is refused for every kind of mount */
void cm_mount_read_options(struct cm_planner *p, struct cm_mount_work *work);
/* Filesystem data (size=…) of every kind but bind; refuses what is not known. */
void cm_mount_read_data(struct cm_planner *p, struct cm_mount_work *work);
/* Source, rule or class, target and mappings of a bind mount. */
void cm_mount_check_bind(struct cm_planner *p, struct cm_mount_work *work);

/* A destination directly in /dev that a termination log may have: the file is made in our own /dev. */
bool cm_bind_target_in_dev(const char *target);

/* Where the trees of the classes lie. */
const char *const *cm_bind_roots(struct cm_planner *p);
/* Why nothing may be mounted from that place, whoever allows it; NULL: nothing speaks against it. */
const char *cm_bind_denied_place(struct cm_planner *p, const char *place);

/*
 * The administrator's rules. `_covers` says whether a rule is about the source at all: then it decides. Both refuse with a finding; true: it may be mounted,
 * and the plan's entry has what the rules say.
 */
bool cm_bind_rule_covers(const struct cm_planner *p, const char *place);
bool cm_bind_check_rules(struct cm_planner *p, struct cm_mount_work *work);
bool cm_bind_check_class(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_match *match);

/*
 * Whether a mount in a tree of kubelet or an engine shows what it should and nothing else of the host (bind_origin.c). *ret_row is the row whose attributes
 * count: that of the volume, of which a subPath is a part. False: refused, with a finding.
 */
bool cm_bind_check_origin(struct cm_planner *p, struct cm_mount_work *work, const struct cm_class_match *match, const struct cm_class_row **ret_row);
/* The same of what is mounted below the source. */
bool cm_bind_check_below(struct cm_planner *p, struct cm_mount_work *work);

/* Refuses the source for the reason that is needed to idmap it and lacks; true: nothing lacks. */
bool cm_bind_can_idmap(struct cm_planner *p, const struct cm_mount_work *work);
