/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate-systemd: the program that talks to systemd over D-Bus, see cgroup/systemd.h. The request comes from casemate, the answers from systemd. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

struct property {
    const char *name, *type, *value;
    bool optional;
};

struct request {
    const char *operation, *manager, *bus, *unit;
    uint32_t move;
    size_t n;
    struct property *properties;
};

/* What is answered: `outcome` as in the protocol. */
struct answer {
    const char *outcome;
    char text[512];
};

struct calls {
    sd_bus *bus;
    bool is_private; /* the manager itself: no bus in between, and its signals come unasked */
    uint64_t deadline;
    struct answer *answer;
};

/* helper_bus.c. 0 or -1 with the answer filled in. */
int calls_open(struct calls *calls, const struct request *request);
int answer_fail(struct answer *answer, const char *what, int r, const sd_bus_error *error);
/* helper_unit.c: they fill in the answer, also when all is well. */
void unit_start(struct calls *calls, const struct request *request);
void unit_set(struct calls *calls, const struct request *request);
void manager_version(struct calls *calls, const struct request *request);
void unit_stop(struct calls *calls, const struct request *request);
