/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of the calling process, and where a file of the host can be seen through them. Pure: works on the text of /proc/PID/mountinfo
 * (proc_pid_mountinfo(5)). Mount points may have any name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct cm_mount_entry {
    uint64_t id;
    const char *device; /* MAJOR:MINOR of the filesystem */
    const char *root;   /* which directory (or file) of the filesystem is mounted */
    const char *place;  /* where */
    const char *type;
    const char *options; /* of the mount: "ro,nosuid,…" */
    const char *super;   /* of the filesystem, as they stand there: see cm_mount_decode */
    bool propagates;     /* to or from another mount */
};

/* Whether the options have this word. */
bool cm_mount_has(const struct cm_mount_entry *mount, const char *option);

/* What stands there as three octal digits becomes itself, in place. Commas of a value are such, so split a list of options first. */
void cm_mount_decode(char *text);

struct cm_mount_table {
    size_t n;
    struct cm_mount_entry *v;
};

/* -EINVAL for a line that is not understood: the table would have a hole. Changes the text, which must live as long as the table. */
int cm_mount_table_parse(char *text, struct cm_arena *arena, struct cm_mount_table *ret) CM_MUST_USE;

/* The mount with that id; NULL: none. */
const struct cm_mount_entry *cm_mount_find(const struct cm_mount_table *table, uint64_t id);
/* The mount that a path (absolute, normalised) lies in; NULL: none. */
const struct cm_mount_entry *cm_mount_over(const struct cm_mount_table *table, const char *path);
/* Where the path lies in the filesystem of the mount over it. NULL: memory ran out. */
const char *cm_mount_inside(const struct cm_mount_entry *mount, const char *path, struct cm_arena *arena);
/* What is mounted was deleted since: nobody can tell where it lay. */
bool cm_mount_is_deleted(const struct cm_mount_entry *mount);

/* More places are not looked for: -E2BIG. */
#define CM_MOUNT_PLACES_MAX ((size_t)256)

/*
 * Every place at which `path` (absolute, normalised, in the mount with that id), or a part of it, can be seen: a bind mount shows one file at two places, and
 * nothing tells which was first. The first *ret_own are the path's (`path` itself the first of them), the rest up to *ret_n those of what is mounted below it.
 * -ENOENT: the mount is not in the table, or not above path.
 */
int cm_mount_places(const struct cm_mount_table *table, uint64_t id, const char *path, struct cm_arena *arena, const char ***ret, size_t *ret_own,
                    size_t *ret_n) CM_MUST_USE;
