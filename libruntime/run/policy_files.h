/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy in force: finds the files, judges by descriptor who could have written them, reads them, and has them parsed. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "policy/origin.h"
#include "policy/policy.h"

#define CM_POLICY_DIRECTORY "/etc/casemate"
#define CM_POLICY_NAME_MAX ((size_t)32)

/* Lower-case letters, digits and hyphens, none at the beginning. Says nothing of whether there is one. */
bool cm_policy_name_is_valid(const char *name);

/* What else a caller wants to hear of. */
struct cm_policy_hearing {
    struct cm_policy_origin *origin; /* where everything came from; zeroed before, NULL: not wanted */
    /*
     * A file that is about to be read: its text, unless it was not trusted or could not be read, which `why` says. Mistakes are then the listener's to find, by
     * reading the text into the draft, and never an error of the loader.
     */
    void (*read)(struct cm_policy_draft *draft, const char *path, const char *text, size_t size, const struct cm_error *why, void *user);
    void *user;
};

struct cm_policy_source {
    /*
     * What --policy gives. NULL or "": the system's files. The name of a built-in level: the system's files, and at least that level. An absolute path: that
     * file alone. Another name: policies/NAME.json and policies/NAME.d instead of the system's. The last two only in the initial user namespace, because
     * elsewhere the choice would be the caller's own.
     */
    const char *option;
    bool initial;                            /* we are in the initial user namespace: uid 0 is the host's root */
    const struct cm_policy_hearing *hearing; /* NULL: nothing else */
};

/*
 * *ret lives in the arena or is built in; never NULL after success. Without files that is the built-in policy (one system call). Every error means that nothing
 * may be made or entered: a policy that cannot be trusted or read is not "no policy".
 */
int cm_policy_load(const struct cm_policy_source *source, struct cm_arena *arena, const struct cm_policy **ret, struct cm_error *err) CM_MUST_USE;
