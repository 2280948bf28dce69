/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the build tool makes of the profiles: pools that all profiles and architectures share, so that the program's tables are small.
 */
#pragma once

#include "base/arena.h"
#include "seccomp/rules.h"

#define CALLS_MAX 1024
#define POOL_MAX 2048
#define VERDICTS_MAX 256
#define PROFILES_MAX 8
#define TEXTS_MAX (1 << 15)

/* A name that at least one of the architectures has. */
struct call {
    const char *name;
    int numbers[CM_SECCOMP_ARCHS]; /* negative: not there */
};

struct branch {
    uint32_t answer;
    size_t first, n; /* conditions */
};

/* What becomes of a call: the first branch whose conditions all hold. The last has none. */
struct verdict {
    size_t first, n; /* branches */
    size_t why;      /* text; 0: none */
};

struct profile {
    const char *name;
    const struct profile *base; /* that it is a narrower version of; NULL: none */
    uint32_t otherwise;
    uint8_t verdicts[CALLS_MAX]; /* by call; 0: not named */
};

struct tables {
    struct cm_arena *arena;
    size_t n_calls;
    struct call calls[CALLS_MAX]; /* by name */
    size_t n_conditions, n_branches, n_verdicts, n_profiles, texts_size;
    struct cm_seccomp_condition conditions[POOL_MAX];
    struct branch branches[POOL_MAX];
    struct verdict verdicts[VERDICTS_MAX]; /* the first stands for "not named" */
    struct profile profiles[PROFILES_MAX];
    char texts[TEXTS_MAX]; /* each ends with a NUL; the first is empty */
};

/* Adds the profile in this file. Whatever is wrong with it ends the process with a message. */
void read_profile(struct tables *t, const char *path);
