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

bool oci_id_mappings_equal(const struct oci_id_mappings *a, const struct oci_id_mappings *b)
{
    bool same = a->n == b->n;

    for (size_t i = 0; same && i < a->n; i++)
        same = a->v[i].container_id == b->v[i].container_id && a->v[i].host_id == b->v[i].host_id && a->v[i].size == b->v[i].size;
    return same;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
    return a < b ? b - a < a_size : a - b < b_size;
}

bool oci_id_mapping_overlaps(const struct oci_id_mapping *a, const struct oci_id_mapping *b)
{
    return overlap(a->container_id, a->size, b->container_id, b->size) || overlap(a->host_id, a->size, b->host_id, b->size);
}
