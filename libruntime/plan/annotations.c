/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Annotations come from images and pod authors. Ours are few, and an unknown one is an error because a typing mistake must not mean "no". Those
 * through which other runtimes hand power to the author are refused, all others are ignored (CVE-2024-3154).
 */
#include "plan/unit.h"

#include <string.h>

#define OURS "casemate."

static void ours(struct cm_planner *p, const struct oci_pair *pair, const char *field)
{
    if (!cm_streq(pair->key, OURS "rootfs")) {
        cm_refuse(p, CM_CODE_ANNOTATION, field, "the annotation \"%.128s\" is unknown; known is casemate.rootfs", pair->key);
        return;
    }
    if (cm_streq(pair->value, "readonly")) {
        p->plan->root_mode = CM_ROOT_READONLY;
    } else if (!cm_streq(pair->value, "ephemeral")) {
        cm_refuse(p, CM_CODE_ANNOTATION, field, "\"%.128s\" is not a root mode; use readonly or ephemeral", pair->value);
    } else if (!p->policy->allow_ephemeral && !cm_excepted(p, CM_CODE_ROOT_READONLY, field, "the root filesystem is a writable throw-away layer")) {
        cm_refuse(p, CM_CODE_ANNOTATION, field, "the policy \"%s\" does not grant an ephemeral root; use readonly", p->policy->name);
    } else {
        p->plan->root_mode = CM_ROOT_EPHEMERAL;
    }
}

static void check_unsafe(struct cm_planner *p, const struct oci_pair *pair)
{
    static const char *const unsafe[] = {"run.oci.", "org.criu."};
    const char *key = pair->key;

    if (cm_has_prefix(key, "org.systemd.property."))
        cm_unit_annotation(p, pair, cm_field_key(p, "/annotations", key));
    for (size_t i = 0; i < CM_ARRAY_LEN(unsafe); i++)
        if (cm_has_prefix(key, unsafe[i]))
            cm_refuse(p, CM_CODE_ANNOTATION_UNSAFE, cm_field_key(p, "/annotations", key),
                      "annotations %s* change how a runtime treats the host and are not obeyed; remove it", unsafe[i]);
}

void cm_check_annotations(struct cm_planner *p)
{
    const struct oci_map *map = &p->config->annotations;

    p->plan->root_mode = p->policy->root_mode;
    for (size_t i = 0; i < map->n; i++) {
        const struct oci_pair *pair = &map->v[i];
        if (cm_has_prefix(pair->key, OURS))
            ours(p, pair, cm_field_key(p, "/annotations", pair->key));
        check_unsafe(p, pair);
    }
}
