/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where audit records go. Nothing here waits for anybody, except for a sink that is required, and there for a few seconds at most: a container is worth more
 * than a record of it. Hostile: whoever can get at the place of a file.
 */
#pragma once

#include "audit/record.h"

struct cm_audit_trail {
    size_t n;
    const struct cm_audit_sink *sinks;
    uint32_t per_minute; /* 0: no limit */
    int directory;       /* where the counters of the limit are; CM_FD_NONE: there is no limit */
    bool initial;        /* we are root of the host: files are ours to write */
    bool opened;
    int fds[CM_AUDIT_SINKS_MAX];
};

/* Whether there is a sink without which nothing may start. */
bool cm_audit_requires(const struct cm_audit_trail *trail);
/* Opens what is required, so that a sink that is not there is an error before anything is made. */
int cm_audit_open(struct cm_audit_trail *trail, struct cm_error *err) CM_MUST_USE;
void cm_audit_close(struct cm_audit_trail *trail);
/*
 * Writes the record to every sink, unless the limit is reached. Returns 0; 1 when a sink did not take it (the error says which and why); -errno when it was a
 * required one.
 */
int cm_audit_send(struct cm_audit_trail *trail, struct cm_audit_record *record, struct cm_error *err) CM_MUST_USE;

/* A sink as it is remembered of a container: "file:/var/log/…", "journald:", "syslog:". NULL: out of memory; false: it is none of these. */
const char *cm_audit_sink_text(const struct cm_audit_sink *sink, struct cm_arena *arena);
bool cm_audit_sink_parse(const char *text, struct cm_audit_sink *ret);
