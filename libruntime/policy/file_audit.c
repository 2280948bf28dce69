/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "audit" of a policy file: where records of operations go, and how many. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "policy/floors.h"
#include "policy/reader.h"

static const char *const kind_list[] = {[CM_AUDIT_FILE] = "file", [CM_AUDIT_JOURNALD] = "journald", [CM_AUDIT_SYSLOG] = "syslog"};
static const struct oci_words kinds = OCI_WORDS(kind_list);

/* A file in a directory: "/" has none. */
static bool is_file_path(const char *path)
{
    return cm_path_is_normalised(path) && path[1] != '\0' && strlen(path) < PATH_MAX;
}

static const struct oci_form file_path = {.valid = is_file_path, .expected = "the absolute path of a file without empty, \".\" and \"..\" components"};

struct sink {
    struct cm_audit_sink sink;
    const char *type;
};

static const struct oci_field sink_fields[] = {
    OCI_FIELD(struct sink, "type", type, oci_read_string, .flags = OCI_REQUIRED, .words = &kinds),
    OCI_FIELD(struct sink, "path", sink.path, oci_read_string, .form = &file_path),
    OCI_FIELD(struct sink, "required", sink.required, oci_read_plain_bool),
};

static int read_sink(const struct oci_reader *reader, const struct json_value *value, void *element)
{
    static const struct oci_shape shape = OCI_SHAPE(struct sink, sink_fields);
    struct sink sink = {0};
    int r = oci_read_members(reader, value, &shape, &sink);

    if (r < 0)
        return r;
    while (!cm_streq(sink.type, kind_list[sink.sink.kind]))
        sink.sink.kind++;
    if (sink.sink.kind == CM_AUDIT_FILE && !sink.sink.path)
        return oci_refuse(reader, value, EINVAL, "a file has a path; add \"path\"");
    if (sink.sink.kind != CM_AUDIT_FILE && sink.sink.path)
        return oci_refuse(reader, json_member(value, "path"), EINVAL, "%s has its own place; leave the path out", sink.type);
    *(struct cm_audit_sink *)element = sink.sink;
    return 0;
}

static int read_sinks(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    struct cm_policy_reading *reading = object;
    int r = cm_policy_read_list(reader, value, reading, CM_TUNABLE_AUDIT_SINKS, read_sink);

    (void)field;
    if (r == 0 && reading->draft->rules.n_audit_sinks > CM_AUDIT_SINKS_MAX)
        return oci_refuse(reader, value, E2BIG, "records go to at most %zu sinks; leave some out", CM_AUDIT_SINKS_MAX);
    return r;
}

static const struct oci_field audit_fields[] = {
    {.key = "sinks", .read = read_sinks},
    CM_POLICY_VALUE("perMinute", CM_TUNABLE_AUDIT_PER_MINUTE),
};
const struct oci_shape cm_policy_audit_shape = OCI_SHAPE(struct cm_policy_reading, audit_fields);
