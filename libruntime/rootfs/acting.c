/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making files as the container's root, by the ids for file access. The caller's securebits must keep the capabilities across this (cm_cred_keep_caps); it
 * also clears the parent-death signal, and makes the process what fs.suid_dumpable says. No hostile input.
 */
#include "rootfs/acting.h"

#include <errno.h>
#include <sys/fsuid.h>

void cm_act_as_root(const struct cm_tree *tree)
{
    (void)setfsgid(tree->root_gid);
    (void)setfsuid(tree->root_uid);
}

/*
 * A change that is refused is not told (setfsuid(2)), but the next one tells which ids there were. Root's own, of the host or of the outer namespace, are never
 * refused.
 */
int cm_act_as_oneself(const struct cm_tree *tree)
{
    uint32_t uid = (uint32_t)setfsuid(0), gid = (uint32_t)setfsgid(0);

    return uid == tree->root_uid && gid == tree->root_gid ? 0 : -EPERM;
}
