/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the journal of systemd and syslog take records: their own sockets, without a library. What a record says is the caller's; whoever reads may be slow
 * or gone, and nothing here waits longer than the caller wants.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

enum cm_journal_kind {
    CM_JOURNALD, /* the native protocol at /run/systemd/journal/socket (systemd.io/JOURNAL_NATIVE_PROTOCOL) */
    CM_SYSLOG,   /* the datagrams of syslog(3) at /dev/log */
};

const char *cm_journal_place(enum cm_journal_kind kind);
/* Connects. A record is waited for at most so many milliseconds when the reader's queue is full; 0: not at all. Returns a descriptor or -errno. */
int cm_journal_connect(enum cm_journal_kind kind, unsigned int patience_ms) CM_MUST_USE;
/* Sends one record, for the journal as a sealed file if it is too large for a datagram. Returns 0 or -errno. */
int cm_journal_send(int socket, enum cm_journal_kind kind, const void *record, size_t size) CM_MUST_USE;
