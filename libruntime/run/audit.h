/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told of an operation to those who audit the host (audit/record.h), and where. Without a sink in the policy, or in the record of the container, all of
 * this is one comparison.
 */
#pragma once

#include "audit/trail.h"
#include "run/launch.h"

/* create, run and exec. Steps: a required sink is opened before anything is made, and has the record before anything of the bundle's runs. */
int cm_launch_audit_open(struct cm_launch *launch, struct cm_error *err);
int cm_launch_audit_required(struct cm_launch *launch, struct cm_error *err);
/* Their end, with the result and its error. */
void cm_launch_audit_end(struct cm_launch *launch, int result, const struct cm_error *err);
/* Where later commands, which read no policy, send their records. Allocates from the launch's arena. */
int cm_launch_audit_remember(struct cm_launch *launch);

/* Of an update that was planned. */
void cm_audit_update(struct cm_runtime *runtime, const struct cm_record *state, const struct cm_plan *plan, int result, const struct cm_error *err);
/* Of the commands that read no policy: to where the container's record says. `signal` is of a kill. */
void cm_audit_manage(struct cm_runtime *runtime, enum cm_audit_event event, const struct cm_record *state, int signal, int result, const struct cm_error *err);
/* The delete at the end of `run`. */
void cm_audit_run_end(struct cm_runtime *runtime, const struct cm_record *state, int result, const struct cm_error *err);
