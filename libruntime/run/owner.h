/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who could change a file of the host. */
#pragma once

#include <sys/stat.h>

#include "run/runtime.h"

/* Whether somebody else than root (without privilege also: than the caller) could: by owning it, or by its mode. */
bool cm_owner_is_changeable(const struct cm_runtime *runtime, uint32_t uid, uint32_t mode);
