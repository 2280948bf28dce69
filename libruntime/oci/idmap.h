/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking up ids in a mapping. */
#pragma once

#include "oci/config.h"

/* Where container id `id` is on the outside of the map; false if it is not mapped. */
bool oci_id_outside(const struct oci_id_mappings *map, uint32_t id, uint32_t *ret);
