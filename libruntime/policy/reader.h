/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the reader of policy files: what its sections share. A section is one member of the file; file.c has a table with one row each, and the readers
 * of related sections have a file of their own (file_NAME.c). Readers write to the draft only.
 */
#pragma once

#include "oci/read.h"
#include "policy/file.h"
#include "policy/floor_list.h"

/* One file as it is read; the object of every section's reader. */
struct cm_policy_reading {
    struct cm_policy_draft *draft;
    const char *name; /* of the file */
    struct oci_i64 version;
};

/* Reads a whole file that was parsed. The error's field is the pointer into it. */
int cm_policy_read_members(const struct cm_policy_reading *reading, const struct json_value *root, struct cm_error *err) CM_MUST_USE;

/* A member that is one value of the table of tunables, which says how it is read, and how far it may go. One file may give it. */
#define CM_POLICY_VALUE(name, id)                                                                                                                              \
    {                                                                                                                                                          \
        .key = (name), .read = cm_policy_read_value, .count = (id)                                                                                             \
    }
oci_read_fn cm_policy_read_value;

/* Notes that the file gives this value, for readers of their own; an error if another one did. */
int cm_policy_give(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id) CM_MUST_USE;

/* An error "floor: NAME: …; WHAT HOLDS". */
int cm_policy_below_floor(const struct oci_reader *reader, const struct json_value *value, enum cm_floor floor, const char *fmt, ...) CM_PRINTF(4, 5);

/* Adds the elements of an array to the draft's list `id`, behind those of earlier files. `read` fills one element, which is zeroed. */
typedef int cm_policy_element_fn(const struct oci_reader *reader, const struct json_value *value, void *element);
int cm_policy_read_list(const struct oci_reader *reader, const struct json_value *value, struct cm_policy_reading *reading, enum cm_tunable_id id,
                        cm_policy_element_fn *read) CM_MUST_USE;

/* The reader of a member that is such an array. */
#define CM_POLICY_LIST_READER(name, id, element)                                                                                                               \
    static int name(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)                              \
    {                                                                                                                                                          \
        (void)field;                                                                                                                                           \
        return cm_policy_read_list(reader, value, object, id, element);                                                                                        \
    }

/* An absolute path without empty, "." and ".." components; and elements (const char *) that are one. */
cm_policy_element_fn cm_policy_read_path;
extern const struct oci_form cm_policy_absolute;

/* An object that has nothing but the list "allow". */
#define CM_POLICY_ALLOW_SHAPE(name, reader)                                                                                                                    \
    static const struct oci_field name##_allow_fields[] = {{.key = "allow", .read = (reader), .flags = OCI_REQUIRED}};                                         \
    const struct oci_shape name = OCI_SHAPE(struct cm_policy_reading, name##_allow_fields)

/* The sections. */
extern const struct oci_shape cm_policy_audit_shape, cm_policy_capabilities_shape, cm_policy_devices_shape, cm_policy_hooks_shape, cm_policy_ids_shape, cm_policy_limits_shape,
    cm_policy_lsm_shape, cm_policy_memory_shape, cm_policy_mounts_shape, cm_policy_oom_shape, cm_policy_rlimits_shape, cm_policy_root_shape,
    cm_policy_seccomp_shape, cm_policy_sysctls_shape, cm_policy_user_shape;
oci_read_fn cm_policy_read_exceptions; /* this one is a list itself */
