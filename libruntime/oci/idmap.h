/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking up ids in a mapping. */
#pragma once

#include "oci/config.h"

/* Where container id `id` is on the outside of the map; false if it is not mapped. */
bool oci_id_outside(const struct oci_id_mappings *map, uint32_t id, uint32_t *ret);
/* The same extents in the same order. */
bool oci_id_mappings_equal(const struct oci_id_mappings *a, const struct oci_id_mappings *b);
/* Two extents share an id, inside or outside. Their sums do not overflow. */
bool oci_id_mapping_overlaps(const struct oci_id_mapping *a, const struct oci_id_mapping *b);
