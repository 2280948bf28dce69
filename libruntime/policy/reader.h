/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the reader of policy files: what its sections share. A section is one member of the file; file.c has a table with one row each, and the readers
 * of related sections have a file of their own (file_NAME.c). Readers write to the draft only.
 */
#pragma once

#include "oci/read.h"
#include "policy/file.h"
#include "policy/tunables.h"

/* One file as it is read; the object of every section's reader. */
struct cm_policy_reading {
    struct cm_policy_draft *draft;
    const char *name; /* of the file */
    struct oci_i64 version;
};

/*
 * Makes room in the draft's list `id` for the elements of an array. *ret is the place of the first new one, NULL when there are none. The list's number is
 * raised by the caller, element by element.
 */
int cm_policy_make_room(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id,
                        void *ret) CM_MUST_USE;

/* An absolute path without empty, "." and ".." components. */
extern const struct oci_form cm_policy_absolute;

/* An object that has nothing but the list "allow". */
#define CM_POLICY_ALLOW_SHAPE(name, reader)                                                                                                                    \
    static const struct oci_field name##_allow_fields[] = {{.key = "allow", .read = (reader), .flags = OCI_REQUIRED}};                                         \
    const struct oci_shape name = OCI_SHAPE(struct cm_policy_reading, name##_allow_fields)

/* The sections. */
extern const struct oci_shape cm_policy_devices_shape, cm_policy_hooks_shape, cm_policy_mounts_shape, cm_policy_seccomp_shape;
