/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small steps on mount descriptors that the files of rootfs/ share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"

/* A fresh superblock of `type`; `set` is called to give it options and returns 0 or -errno. Returns the detached mount's descriptor or -errno. */
struct cm_fs_option {
    const char *key;
    const char *value; /* NULL: a flag */
};
int cm_fs_mount(const char *type, const struct cm_fs_option *options, size_t n, uint64_t attributes);
/* Sets and clears attributes of a mount; with `recursive` of the whole tree below it. */
int cm_fs_set_attributes(int mount, uint64_t set, uint64_t clear, bool recursive);
/* Whether two descriptors are the same directory or file of the same mount; true when that cannot be told. */
bool cm_fs_same_place(int a, int b);
/* Moves a detached mount onto the directory or file behind `target`. */
int cm_fs_attach(int mount, int target);
/* A detached copy of the mount (tree) behind a descriptor. */
int cm_fs_clone(int fd, bool recursive);
