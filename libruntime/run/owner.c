/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See owner.h. */
#include "run/owner.h"

#include "base/euid.h"

/* In a user namespace everybody who is not mapped looks like this (user_namespaces(7)), root of the host too. */
#define UNMAPPED_UID 65534u

/*
 * Inside the outer namespace of a caller without privilege the caller is its root, and root of the host is unmapped; nobody else's file can be told from it
 * there, so what the administrator names must not be somebody else's.
 */
static bool is_trusted(const struct cm_runtime *runtime, uint32_t uid)
{
    if (uid == 0)
        return true;
    if (!runtime->rootless)
        return false;
    return cm_euid() == 0 ? uid == UNMAPPED_UID : uid == cm_euid();
}

bool cm_owner_is_changeable(const struct cm_runtime *runtime, uint32_t uid, uint32_t mode)
{
    /* With an ACL the group's bits are its mask, so that they are set if anybody may write. */
    return !is_trusted(runtime, uid) || (mode & (S_IWGRP | S_IWOTH)) != 0;
}
