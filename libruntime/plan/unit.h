/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scopes of systemd, as the planner sees them: names, properties, and the text of the values that annotations give. All of it is hostile: the name of a unit
 * says which one of the host's is meant, and a property can run a command as root.
 */
#pragma once

#include "plan/planner.h"

/* Of a text such as "uint64 10000000", "15", "'mixed'" or "true": the scalars of GVariant's text format. */
enum cm_variant_kind { CM_VARIANT_BOOL, CM_VARIANT_INTEGER, CM_VARIANT_DECIMAL, CM_VARIANT_STRING };

struct cm_variant {
    enum cm_variant_kind kind;
    bool boolean, negative;
    uint64_t number;    /* without its sign; of a decimal: what is in front of the point */
    uint32_t millionth; /* of a decimal, what is behind it */
    char string[64];
};

/* 0, or -1 for a text that is none of these. */
int cm_variant_parse(const char *text, struct cm_variant *ret);

/* Longer ones can be made, directory by directory, but neither opened nor shown in /proc/PID/cgroup: nobody could kill or delete what is in them. */
#define CM_CGROUP_PATH_MAX ((size_t)2048)

/* Where a container's scope is and what it is called. */
struct cm_unit_place {
    const char *unit, *slice, *path; /* the path is in the cgroup2 mount */
};

/* From a cgroupsPath "SLICE:PREFIX:NAME" (empty or NULL: named after the container). Returns NULL, or why it is refused. */
const char *cm_unit_place(struct cm_planner *p, const char *asked, struct cm_unit_place *ret);

/* The properties of the limits of the plan, added to those of the unit; some limits are rounded to what systemd can hold. */
void cm_unit_limits(struct cm_planner *p);

/* An annotation org.systemd.property.X. */
void cm_unit_annotation(struct cm_planner *p, const struct oci_pair *pair, const char *field);
void cm_unit_add(struct cm_planner *p, const char *name, const char *type, const char *value, bool optional);
