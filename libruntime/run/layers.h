/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at the layers of a root that an engine mounted as an overlay. Part of the facts. */
#pragma once

#include "run/runtime.h"

/* Opens what the overlay under facts->rootfs_fd is made of, and says where it is. Nothing is done for other roots, and without privilege, where nothing is idmapped. */
void cm_layers_facts(const struct cm_runtime *runtime, struct cm_facts *facts);
