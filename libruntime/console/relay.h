/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the caller's standard streams and the terminal of a container in the foreground: bytes in both directions, sizes, modes. One poll loop of the
 * caller's drives it; nothing here blocks, however slowly the other ends read or write. Hostile: the container, which can flood, not read, and close its
 * terminal.
 */
#pragma once

#include <poll.h>
#include <stddef.h>

#include "console/host.h"

struct cm_relay_buffer {
    size_t begin, end;
    char data[8192];
};

/* A standard stream of ours, opened once more so that it does not block: the caller shares the original with others, who may not expect that. */
struct cm_relay_stream {
    int fd;
    bool opened;   /* by us */
    bool switched; /* could not be opened again: set not to block, and back at the end */
    bool is_terminal;
    bool ended;
};

struct cm_relay {
    int master;           /* of the container's terminal; CM_FD_NONE once it was hung up */
    bool idle;            /* nobody has the other end open at the moment */
    bool line_incomplete; /* of what came in */
    bool background;      /* our terminal is not ours at the moment */
    struct cm_host_terminal host;
    struct cm_relay_stream input, output;
    struct cm_relay_buffer to_container, to_caller;
};

#define CM_RELAY_EVENTS ((size_t)3)

/* Before the container's program runs: the terminal passes newlines as they are, since ours adds the carriage returns, and has our size. */
void cm_relay_prepare_terminal(int host, int master);
/* Begins to pass on; takes the master. `host` is borrowed. `proc` is the private procfs, in which we are `pid`. */
void cm_relay_start(struct cm_relay *relay, int master, int host, int proc, int pid);
/* What to wait for, CM_RELAY_EVENTS of it. Returns for how long at most, in ms, or -1. */
int cm_relay_wants(const struct cm_relay *relay, struct pollfd *events);
/* Passes on what can be passed on. `events` as filled by cm_relay_wants, after the poll. */
void cm_relay_step(struct cm_relay *relay, const struct pollfd *events);
/* Our terminal has another size. */
void cm_relay_resize(const struct cm_relay *relay);
/* We were stopped, and go on: the terminal's modes may be somebody else's, and it is perhaps ours again. */
void cm_relay_resume(struct cm_relay *relay);
/*
 * The container's process has ended: gives our terminal back, then passes on what is left of the output, waiting for a slow reader until `signals` (a signalfd)
 * has something, since there is nobody else any more that a signal could be for. Then all is closed.
 */
void cm_relay_finish(struct cm_relay *relay, int signals);
