/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client of the helper program that talks to systemd, and how they talk: messages over a pair of sockets. The helper is the first process of
 * the container's scope, so that the scope exists, with its limits, before any process of the container; it goes when that has been born there. Its answers
 * are those of a program of the host's root, and still read strictly; where it really is, the kernel says.
 *
 * Messages are rows of texts, each ended by a NUL. The first says where: CM_SYSTEMD_PROTOCOL, the socket of the manager itself, that of the bus (either may be
 * empty). The second says what: the operation, the unit, a process to move first (decimal, or empty); then for each property its name, its D-Bus signature, its
 * value ("s" as it is; "b" 0 or 1; "i" and "t" decimal, "t" also "max"; "ay" hexadecimal; "a(st)" PATH NUMBER), and "1" if it may be unknown. The answer is
 * "ok", "exists" or "failed", and what there is to say.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/fd.h"
#include "plan/plan.h"

#define CM_SYSTEMD_PROTOCOL "casemate-systemd 1"
#define CM_SYSTEMD_MESSAGE_MAX ((size_t)128 << 10)
#define CM_SYSTEMD_START "start"
#define CM_SYSTEMD_SET "set"
#define CM_SYSTEMD_STOP "stop"
#define CM_SYSTEMD_VERSION "version"
/* The helper gives up by itself before we do. */
#define CM_SYSTEMD_HELPER_MS 25000
#define CM_SYSTEMD_LIMIT_MS 30000

struct cm_systemd {
    int socket, pidfd;
    pid_t pid;
};

#define CM_SYSTEMD_NONE ((struct cm_systemd){.socket = CM_FD_NONE, .pidfd = CM_FD_NONE})

struct cm_systemd_request {
    const char *operation, *unit;
    bool rootless; /* the caller's own manager */
    pid_t move;    /* 0: nobody */
    size_t n;
    const struct cm_unit_property *properties;
};

/* Whether this program was built with the driver. */
bool cm_systemd_is_built(void);
/* Whether a manager can be reached: its socket, that of a user's manager or of a bus, is there and belongs to who it must. */
bool cm_systemd_is_there(bool rootless);

/* Starts the helper, which loads its library and connects while nobody waits for it. */
int cm_systemd_prepare(bool rootless, struct cm_systemd *ret, struct cm_error *err) CM_MUST_USE;
/* Sends it a request, and does not wait; starts it first if that is CM_SYSTEMD_NONE. */
int cm_systemd_begin(const struct cm_systemd_request *request, struct cm_systemd *systemd, struct cm_error *err) CM_MUST_USE;
/* Waits for the answer. -EEXIST: a unit of that name lives. */
int cm_systemd_finish(struct cm_systemd *systemd, const char *unit, struct cm_error *err) CM_MUST_USE;
/* What systemd says its version is, such as "257.13-1"; starts the helper, and so tries all of the way there. */
#define CM_SYSTEMD_VERSION_MAX 64
int cm_systemd_version(bool rootless, char ret[static CM_SYSTEMD_VERSION_MAX], struct cm_error *err) CM_MUST_USE;
/* Tells the helper that it is no longer needed; it leaves its scope with its end. */
void cm_systemd_hang_up(struct cm_systemd *systemd);
/* Waits for that; a helper that stays is killed. */
void cm_systemd_wait(struct cm_systemd *systemd);
/* All of it for a request after which nobody has to stay. */
int cm_systemd_call(const struct cm_systemd_request *request, struct cm_error *err) CM_MUST_USE;
