/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespace a descriptor or path is: compared by device and inode of the nsfs file, never by name.
 */
#pragma once

#include <stdbool.h>

#include "plan/facts.h"

/* Identity of an open namespace file. -EINVAL if it is something else. */
int cm_ns_identify(int fd, struct cm_ns_id *ret);
/* The same of a descriptor that is known to be one, since the kernel gave it as such. */
int cm_ns_number(int fd, struct cm_ns_id *ret);
/* Identity of namespace `type` of process `pid` ("self", "1") through a procfs descriptor. */
int cm_ns_identify_of(int proc, const char *pid, enum oci_namespace_type type, struct cm_ns_id *ret);
/* Identity, kind and owner of what a config gives as a path. Never fails: what is wrong stands in the fact. Nothing but a namespace is opened. `proc` is a
 * procfs descriptor, `pid` ours. */
void cm_ns_examine_path(int proc, int pid, const char *path, enum oci_namespace_type type, struct cm_ns_path_fact *ret);
/* Opens a namespace path again for joining and checks that it is still the one that was judged, and has the same owner. Returns a descriptor or -errno. */
int cm_ns_open_checked(int proc, int pid, const char *path, const struct cm_ns_id *id, const struct cm_ns_id *owner);
bool cm_ns_same(const struct cm_ns_id *a, const struct cm_ns_id *b);
/* Its file below /proc/PID/ns, and the CLONE_NEW… flag of a type. */
const char *cm_ns_file(enum oci_namespace_type type);
unsigned long cm_ns_clone_flag(enum oci_namespace_type type);
/* Whether the user namespace behind a procfs path ("self/ns/user") is the initial one of the host: its inode number is fixed (PROC_USER_INIT_INO). */
bool cm_ns_user_is_initial(int proc, const char *path);
