/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root that an engine mounted as an overlay. The kernel idmaps no overlay, so it is made anew from its layers, each idmapped, the engine's upper one on top
 * of the lower ones: read-only for us in any case. What the options name is the engine's, but it is opened anew, so it must be where nobody else can change it.
 */
#include "plan/planner.h"

#include <string.h>

#define FIELD "/root/path"

/* Whether what lies there belongs to the container's ids already, because the engine gave it the maps of the configuration. */
static bool is_mapped(const struct cm_plan *plan, uint32_t host_id)
{
    for (size_t i = 0; plan->ids_given && i < plan->uid_map.n; i++)
        if (host_id >= plan->uid_map.v[i].host_id && host_id - plan->uid_map.v[i].host_id < plan->uid_map.v[i].size)
            return true;
    return false;
}

static void check_layer(struct cm_planner *p, const struct cm_layer_fact *layer)
{
    const char *given = layer->given, *real = layer->real;
    const char *why = real ? cm_root_objection(p, real) : NULL;

    if (layer->errnum != 0)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the layer \"%.128s\" of the root filesystem's overlay cannot be opened: %s; the engine must keep its layers while containers start",
                  given, strerror(layer->errnum));
    else if (!layer->is_directory)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the layer \"%.128s\" of the root filesystem's overlay is not a directory", given);
    else if (layer->is_kernel_fs)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the layer \"%.128s\" of the root filesystem's overlay lies on a kernel filesystem", given);
    else if (why)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the layer \"%.128s\" of the root filesystem's overlay cannot be part of a container's root: %s", given, why);
    else if (layer->way_bad)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD,
                  "the layer \"%.128s\" of the root filesystem's overlay could be exchanged: others than root can change \"%.128s\"; keep the engine's storage in directories of root's",
                  given, layer->way_bad);
}

void cm_check_layers(struct cm_planner *p)
{
    const struct cm_facts *facts = p->facts;
    struct cm_plan *plan = p->plan;

    if (facts->rootfs_exists && is_mapped(plan, facts->rootfs_uid))
        plan->root_idmap = false;
    if (!facts->rootfs_is_overlay_mountpoint || !plan->root_idmap)
        return;
    if (facts->rootfs_layers_unknown) {
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the layers of the overlay mounted on \"%.128s\" cannot be told: %s", plan->rootfs ? plan->rootfs : "?", facts->rootfs_layers_unknown);
        return;
    }
    for (size_t i = 0; i < facts->n_rootfs_layers; i++)
        check_layer(p, &facts->rootfs_layers[i]);
    plan->root_layers = true;
    plan->root_layers_redirect = facts->rootfs_layers_redirect;
    plan->root_layers_metacopy = facts->rootfs_layers_metacopy;
}
