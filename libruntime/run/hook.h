/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks: programs named by a bundle and allowed by the policy, run at certain points of a container's life. hook_look.c opens and looks at one, hook.c runs
 * one, hooks.c knows the lists and what a hook is told. What a hook prints is hostile text; it may also do nothing for ever, or leave processes behind.
 */
#pragma once

#include "base/sha256.h"
#include "run/runtime.h"

/*
 * Opens the program of a hook, once, without links on the way, and says who could have changed it. Never fails: what is wrong is in the fact. The descriptor is
 * the caller's. With `content` it can be read, and what it holds is in the fact.
 */
void cm_hook_look(const struct cm_runtime *runtime, const char *path, bool content, struct cm_hook_fact *ret);
/*
 * docker names its own program as the hook that connects a network, as /proc/PID/exe. Of such a path: what it leads to, by its name, which is what the rules are about, and is opened and judged like any; NULL of
 * every other. Only for hooks that run at create: later another process may have the number.
 */
const char *cm_hook_program(const struct cm_runtime *runtime, const char *path, enum oci_hook_kind kind, struct cm_arena *arena);
/* The digest of what can be read from the descriptor; "" if that fails. */
void cm_hook_digest(int fd, char sha256[CM_SHA256_HEX_MAX]);

/* One execution. */
struct cm_hook_run {
    int fd;            /* O_PATH: what is executed, without another lookup; CM_FD_NONE: `path` is, by whoever is inside the container already */
    const char *path;  /* for messages otherwise */
    char *const *argv; /* NULL-terminated */
    char *const *env;  /* NULL-terminated */
    int64_t timeout;   /* seconds; 0: none */
    const char *cwd;   /* "/" if that is not there; NULL: the caller's own */
    const char *input; /* its standard input */
    size_t input_size;
    bool privileged; /* of the host: securebits that a launch sets are not handed on */
};

#define CM_HOOK_OUTPUT_MAX 1024 /* bytes of each stream that are kept for the message; the rest is read and forgotten */

enum cm_hook_end { CM_HOOK_EXITED, CM_HOOK_KILLED, CM_HOOK_TIMED_OUT, CM_HOOK_NOT_EXECUTED, CM_HOOK_NOT_RUN };

struct cm_hook_outcome {
    int32_t end;   /* enum cm_hook_end */
    int32_t value; /* status, signal or errno */
    char out[CM_HOOK_OUTPUT_MAX + 1], err[CM_HOOK_OUTPUT_MAX + 1];
};

/* Runs it as a child of this process. At the end of its time its whole process group is killed. If `until` is a descriptor, also when that hangs up. */
void cm_hook_run(const struct cm_hook_run *run, int until, struct cm_hook_outcome *ret);
/* The same by a process between, which outlives us for the moment it takes to kill the hook's process group when we die. */
void cm_hook_run_guarded(const struct cm_hook_run *run, struct cm_hook_outcome *ret);

/* A list of hooks of one kind. */
struct cm_hooks_call {
    const struct cm_runtime *runtime;
    enum oci_hook_kind kind;
    size_t n;
    const struct oci_hook *hooks;
    const struct cm_hook_fact *facts; /* what was looked at for the plan; NULL: to be looked at and judged now, unless inside */
    bool inside;                      /* the container: looked up and executed as its program */
    bool guarded;                     /* false in a process of the container, whose pid namespace dies with it */
    bool all;                         /* go on after a failure, which is logged only */
    char *const *default_env;         /* for hooks without one; NULL: an empty one */
    /* What it is told. */
    const char *status;
    pid_t pid; /* 0: none */
    const struct cm_record *record;
};

/* Runs them in order and stops at the first that fails: "error running KIND hook #N: …". */
int cm_hooks_run(const struct cm_hooks_call *call, struct cm_error *err) CM_MUST_USE;
/* How long they may take altogether: milliseconds, -1 without a limit. */
int cm_hooks_patience(const struct oci_hooks *hooks, enum oci_hook_kind kind, int otherwise);
