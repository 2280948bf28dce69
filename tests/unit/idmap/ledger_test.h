/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both ledger tests use: a directory of their own and holders that a test declares dead. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idmap/ledger.h"

struct place { char path[64]; int dir; };

/* On a tmpfs where there is one, as in real life: a ledger is synchronised at every change. */
static inline struct place place_make(void)
{
    struct place place = {.dir = -1};

    (void)snprintf(place.path, sizeof(place.path), "%s/casemate-ledger-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(place.path))
        place.dir = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return place;
}

static inline void place_drop(struct place *place)
{
    (void)unlinkat(place->dir, CM_LEDGER_NAME, 0);
    (void)close(place->dir);
    (void)rmdir(place->path); /* fails, and shows, if anything else was left */
}

static inline bool always_dead(const char *key, uint32_t host_id, uint32_t ids, void *user)
{
    (void)ids;
    (void)key;
    (void)host_id;
    (void)user;
    return true;
}

static inline bool never_dead(const char *key, uint32_t host_id, uint32_t ids, void *user)
{
    (void)ids;
    (void)key;
    (void)host_id;
    (void)user;
    return false;
}
