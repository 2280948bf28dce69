/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filesystems of the host are, by their magic number (statfs(2)) and by the name of their type (proc_pid_mountinfo(5)). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* True for filesystems that are windows into the kernel or hold device nodes: never mounted from the host, and no file of theirs is passed on. */
bool cm_fs_is_forbidden(uint64_t magic);
/* The same by type: devtmpfs has the number of tmpfs. */
bool cm_fs_type_is_forbidden(const char *type);

/* Whether the kernel can idmap a mount of that type (mount_setattr(2)). */
enum cm_idmap_ability {
    CM_IDMAP_NO,
    CM_IDMAP_YES,
    CM_IDMAP_ASK, /* it depends on the kernel, or on a server behind it */
};
enum cm_idmap_ability cm_fs_type_idmap(const char *type);
