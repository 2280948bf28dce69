/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sources of bind mounts, looked at: each is opened once, without following links, and everything is asked of that descriptor, which is also what will be
 * mounted (I7). sources.c opens them and finds where they can be seen; source_look.c asks what they are and who could change the way to them.
 */
#pragma once

#include "run/runtime.h"

/* Fills in what the facts say of sources. Nothing is done for a configuration without bind mounts. */
int cm_sources_facts(const struct cm_runtime *runtime, int bundle, const struct oci_config *config, struct cm_facts *facts, struct cm_error *err) CM_MUST_USE;

/*
 * The mounts of the host, into the facts, once. Read when every source and the rootfs are open: the descriptors keep their mounts, so that the number of one cannot
 * be given to another, and no mount that they lie in is missing. Stays unknown on failure: nothing is allowed then.
 */
void cm_sources_mount_table(const struct cm_runtime *runtime, struct cm_facts *facts);

/* What is asked once for all sources of a bundle. */
#define CM_WAYS_MAX ((size_t)96)

struct cm_source_identity {
    uint64_t dev, ino;
};

/* A directory on the way to a source. */
struct cm_way {
    const char *path;
    size_t size;  /* bytes of the path */
    bool bad;     /* somebody else than root can change it */
    bool owned;   /* … who is its owner, and nobody else */
    bool closed;  /* nobody but root gets through */
    uint32_t uid; /* its owner */
};

struct cm_source_look {
    const struct cm_runtime *runtime;
    struct cm_facts *facts;
    const char *const *roots; /* of the policy; facts->mount_roots where they really are */
    bool roots_resolved, kernel_asked, new_for_tmpfs;
    /* directories of the floors that are there */
    bool denied_read;
    size_t n_denied;
    struct {
        struct cm_source_identity id;
        const char *path;
    } denied[64];
    /* directories on the ways that were looked at already */
    size_t n_ways;
    struct cm_way ways[CM_WAYS_MAX];
};

/* The rest of a source's facts; `fact` has its descriptor, real path and mount, `wants_idmap` that the configuration asks to idmap it. */
void cm_source_look(struct cm_source_look *look, const struct cm_source_identity *id, bool wants_idmap, struct cm_mount_fact *fact);
