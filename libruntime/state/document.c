/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state document of the runtime-spec, as engines read it. Annotations and paths come from the bundle; the JSON writer escapes them. */
#include "state/store.h"
#include "json/json.h"

const char *cm_status_word(enum cm_status status)
{
    static const char *const words[] = {
        [CM_STATUS_CREATING] = "creating", [CM_STATUS_CREATED] = "created", [CM_STATUS_RUNNING] = "running",
        [CM_STATUS_PAUSED] = "paused",     [CM_STATUS_STOPPED] = "stopped",
    };

    return words[status];
}

static void add_annotations(const struct cm_record *record, struct json_writer *writer)
{
    if (record->annotations.n == 0)
        return;
    json_object_begin(writer, "annotations");
    for (size_t i = 0; i < record->annotations.n; i++)
        json_add_string(writer, record->annotations.v[i].key, record->annotations.v[i].value);
    json_object_end(writer);
}

void cm_state_specified(const struct cm_record *record, const char *status, pid_t pid, const char *key, struct json_writer *writer)
{
    json_object_begin(writer, key);
    json_add_string(writer, "ociVersion", OCI_VERSION);
    json_add_string(writer, "id", record->id);
    json_add_string(writer, "status", status);
    if (pid > 0)
        json_add_i64(writer, "pid", pid);
    json_add_string(writer, "bundle", record->bundle ? record->bundle : "");
    add_annotations(record, writer);
    json_object_end(writer);
}

void cm_state_document(const struct cm_record *record, enum cm_status status, const char *owner, struct json_writer *writer)
{
    json_object_begin(writer, NULL);
    json_add_string(writer, "ociVersion", OCI_VERSION);
    json_add_string(writer, "id", record->id);
    json_add_i64(writer, "pid", status == CM_STATUS_STOPPED ? 0 : record->pid);
    json_add_string(writer, "status", cm_status_word(status));
    json_add_string(writer, "bundle", record->bundle ? record->bundle : "");
    json_add_string(writer, "rootfs", record->rootfs ? record->rootfs : "");
    json_add_string(writer, "created", record->created_at ? record->created_at : "");
    add_annotations(record, writer);
    json_add_string(writer, "owner", owner ? owner : "");
    json_object_end(writer);
}
