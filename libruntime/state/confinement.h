/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file `confinement` of a container's directory: what init was confined with, for those who join later (I12). Written once, before init exists; the filters
 * are in it byte for byte, so that exec loads what init loaded whatever the program has learnt since. Apart from state.json because `state` and `list` have no
 * use for it.
 */
#pragma once

#include "plan/exec.h"
#include "plan/promise.h"
#include "state/store.h"

int cm_confinement_write(const struct cm_entry *entry, const struct cm_confinement *confinement, const struct cm_promise *promise,
                         struct cm_error *err) CM_MUST_USE;
/* Size, checksum and form are checked: anything but what was written is an error. Free with cm_confinement_free. */
int cm_confinement_read(const struct cm_entry *entry, struct cm_confinement **ret, struct cm_error *err) CM_MUST_USE;
void cm_confinement_free(struct cm_confinement **confinement);
/* The promise alone. Free with cm_promise_free. */
int cm_promise_read(const struct cm_entry *entry, struct cm_promise **ret, struct cm_error *err) CM_MUST_USE;
void cm_promise_free(struct cm_promise **promise);
#define CM_AUTO_PROMISE CM_CLEANUP(cm_promise_free)
#define CM_AUTO_CONFINEMENT CM_CLEANUP(cm_confinement_free)
