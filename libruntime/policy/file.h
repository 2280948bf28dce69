/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policy files: text to rules. Pure; run/policy_files.c finds the files, judges who could write them, and reads them.
 *
 * Files are added one after the other. A list grows with every file; a value such as "level" is given by one file at most, so that the order of files never
 * decides what a container may do. Anything unknown, repeated, malformed or below a floor is an error: a policy is taken as a whole or not at all.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "policy/tunables.h"

#define CM_POLICY_FILE_MAX ((size_t)256 << 10) /* bytes of one file */
#define CM_POLICY_RULES_MAX ((size_t)1024)     /* of one kind, of all files together */

/* Grows while files are added; zero-initialise, with the arena that holds all results. */
struct cm_policy_draft {
    struct cm_arena *arena;
    const char *level_file; /* which file gave the level; NULL: none yet */
    enum cm_policy_level level;
    struct cm_policy rules;              /* lists and values as far as they are known */
    const char *given[CM_TUNABLE_COUNT]; /* values: by which file; NULL: not yet */
};

/* Reads one file. `name` is its path, for messages, and must live as long as the draft. The error's message names the file and the JSON pointer. */
int cm_policy_draft_add(struct cm_policy_draft *draft, const char *name, const char *text, size_t size, struct cm_error *err) CM_MUST_USE;

/*
 * The same, and goes on after a mistake as if what it is about were not there: `problem` hears of all of them, with the pointer into the file in the error's
 * field. What is good stays in the draft. Returns how many there were.
 */
typedef void cm_policy_problem_fn(const struct cm_error *problem, void *user);
size_t cm_policy_draft_check(struct cm_policy_draft *draft, const char *name, const char *text, size_t size, cm_policy_problem_fn *problem, void *user);

/*
 * The policy: the built-in one of the draft's level, or of `at_least` if that is stricter, with what the files say. `hash` (of the files, for the policy's id) may be NULL.
 * Errors are of what can only be judged when all files are known, and -ENOMEM.
 */
int cm_policy_draft_finish(const struct cm_policy_draft *draft, enum cm_policy_level at_least, const char *hash, const struct cm_policy **ret,
                           struct cm_error *err) CM_MUST_USE;

/* The level of that name; false: there is none. */
bool cm_policy_level_find(const char *name, enum cm_policy_level *ret);
