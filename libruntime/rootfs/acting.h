/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/macros.h"
#include "rootfs/rootfs.h"

/* What is made between the two belongs to the container's root, also where root of the host has no id (an idmapped mount). */
void cm_act_as_root(const struct cm_tree *tree);
/* 0, or -EPERM: the ids were not the container root's in between. Root of the host, or of the outer namespace, again in both cases. */
int cm_act_as_oneself(const struct cm_tree *tree) CM_MUST_USE;
