/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Id mappings; extents come from a config or the ledger and may overlap or overflow: the first match counts and sums wrap harmlessly. */
#include "oci/idmap.h"

bool oci_id_outside(const struct oci_id_mappings *map, uint32_t id, uint32_t *ret)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct oci_id_mapping *m = &map->v[i];
        if (id >= m->container_id && id - m->container_id < m->size) {
            *ret = m->host_id + (id - m->container_id);
            return true;
        }
    }
    return false;
}
