/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shapes of the paths that kubelet and the engines make for a container, and what holds for each. Pure; paths are hostile: a pod's author can write any of
 * them as a hostPath.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* Whether ids are mapped, so that the files' owners are the container's. */
enum cm_class_idmap {
    CM_CLASS_IDMAP_NONE,     /* everybody may use it as it is */
    CM_CLASS_IDMAP_OPTIONAL, /* it looks better so; readable anyway */
    CM_CLASS_IDMAP_ENGINE,   /* where the engine knows of no mapping, and so left the container's ids on the disk */
    CM_CLASS_IDMAP_ALWAYS,   /* kubelet always leaves the container's ids */
};

/* How much of the host a mount at the source may show. */
enum cm_class_origin {
    CM_CLASS_PLAIN,   /* no other mount than the one that the whole tree lies in, or one that shows nothing of the rest of the host */
    CM_CLASS_POD,     /* the same, or what the pod's own volumes show */
    CM_CLASS_STORAGE, /* volumes of storage: also what kubelet has in its own tree */
    CM_CLASS_LOCAL,   /* a directory of the host, by its nature */
    CM_CLASS_SUBPATH, /* a part of one of the pod's volumes, and nothing else */
};

struct cm_class_row {
    enum cm_mount_class class_;
    enum cm_mount_root root;
    /* Components below the root; %U: pod UID, %I: container id, %S: id of the container, of its sandbox or of one whose namespaces it joins, %N: name of a
     * volume or container in Kubernetes, %V: of a volume of an engine, %H: hexadecimal digits, %D: decimal digits, %R: UID.GID of a remapped daemon. */
    const char *pattern;
    unsigned int depth; /* so many components below the root a tree may be a filesystem of its own */
    bool file, both;    /* a regular file; or either */
    bool tmpfs;         /* a tmpfs of its own */
    uint64_t forced;    /* MOUNT_ATTR_… besides nosuid and nodev */
    bool points;        /* an empty directory of the container's own, for what is mounted below it */
    bool config;        /* configuration: programs only if the policy says so */
    enum cm_class_idmap idmap;
    enum cm_class_origin origin;
};

/* Whose the ids in a path are. */
struct cm_class_owner {
    const char *pod, *container, *sandbox; /* "" or NULL: unknown */
    const char *const *makers;             /* OCI_NS_TYPES containers whose namespaces are joined, as proved by them; NULL: none */
};

struct cm_class_match {
    const struct cm_class_row *row; /* NULL: no class */
    const char *root;               /* where the row's tree lies */
    size_t size;                    /* bytes of the path up to the end of the pattern */
    size_t anchor;                  /* bytes of the path up to row->depth components below the root */
    bool own;                       /* every id in the path is the container's */
    bool by_sandbox;                /* by the sandbox's id, which has to be proved */
    const char *name, *volume;      /* the last and the first %N or %V; not terminated */
    size_t name_size, volume_size;
};

/* The row whose pattern is the whole path (`whole`), or its beginning. */
void cm_class_find(const char *path, bool whole, const char *const *roots, const struct cm_class_owner *owner, struct cm_class_match *ret);
/* Whether the path lies in a tree of the classes at all. */
bool cm_class_is_near(const char *path, const char *const *roots);
