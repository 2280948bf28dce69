/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a record. What it holds comes from a bundle in part (annotations, paths); the JSON writer escapes it. */
#include "state/record.h"

#include "base/io.h"
#include "base/str.h"
#include "state/store.h"
#include "json/json.h"

#define AT(member) offsetof(struct cm_record, member)

const struct record_member record_members[] = {
    {"id", RECORD_STRING, AT(id), false},
    {"created", RECORD_BOOL, AT(created), false},
    {"started", RECORD_BOOL, AT(started), false},
    {"pid", RECORD_PID, AT(pid), false},
    {"pidStart", RECORD_U64, AT(pid_start), false},
    {"pidfdInode", RECORD_U64, AT(pidfd_ino), false},
    {"bootId", RECORD_BOOT_ID, AT(boot_id), false},
    {"bundle", RECORD_STRING, AT(bundle), true},
    {"config", RECORD_STRING, AT(config), true},
    {"rootfs", RECORD_STRING, AT(rootfs), true},
    {"createdAt", RECORD_STRING, AT(created_at), true},
    {"owner", RECORD_U32, AT(owner), false},
    {"cgroupPath", RECORD_STRING, AT(cgroup_path), true},
    {"cgroupInode", RECORD_U64, AT(cgroup_ino), false},
    {"cgroupParents", RECORD_U32, AT(cgroup_parents), false},
    {"systemdUnit", RECORD_STRING, AT(systemd_unit), true},
    {"deviceProgram", RECORD_U32, AT(device_program), true},
    {"rootless", RECORD_BOOL, AT(rootless), false},
    {"slot", RECORD_SLOT, AT(slot_held), true},
    {"externalIds", RECORD_BOOL, AT(external_ids), false},
    {"namespaces", RECORD_NAMESPACES, AT(namespaces), false},
    {"annotations", RECORD_MAP, AT(annotations), true},
    {"tightened", RECORD_STRINGS, AT(tightened), true},
    {"unenforced", RECORD_STRINGS, AT(unenforced), true},
    {"exceptions", RECORD_STRINGS, AT(exceptions), true},
    {"policy", RECORD_STRING, AT(policy), true},
    {"audit", RECORD_STRINGS, AT(audit), true},
    {"auditPerMinute", RECORD_U32, AT(audit_per_minute), true},
    {"startHooks", RECORD_BOOL, AT(start_hooks), false},
    {"poststart", RECORD_HOOKS, AT(poststart), true},
    {"poststop", RECORD_HOOKS, AT(poststop), true},
};
const size_t record_member_count = CM_ARRAY_LEN(record_members);
_Static_assert(CM_ARRAY_LEN(record_members) <= RECORD_MEMBERS_MAX, "read_members has room for so many");

const struct record_member record_slot_members[] = {
    {"index", RECORD_U32, AT(slot_index), false},
    {"hostId", RECORD_U32, AT(slot_host_id), false},
    {"ids", RECORD_U32, AT(slot_ids), false},
    {"generation", RECORD_U64, AT(slot_generation), false},
};
const size_t record_slot_member_count = CM_ARRAY_LEN(record_slot_members);

static void write_members(const struct cm_record *record, const struct record_member *members, size_t n, struct json_writer *writer);

static void write_namespaces(const struct cm_record *record, const char *key, struct json_writer *writer)
{
    json_array_begin(writer, key);
    for (size_t i = 0; i < CM_ARRAY_LEN(record->namespaces) && record->namespaces[i].type; i++) {
        json_object_begin(writer, NULL);
        json_add_string(writer, "type", record->namespaces[i].type);
        json_add_u64(writer, "dev", record->namespaces[i].dev);
        json_add_u64(writer, "ino", record->namespaces[i].ino);
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void write_map(const struct oci_map *map, const char *key, struct json_writer *writer)
{
    if (map->n == 0)
        return;
    json_object_begin(writer, key);
    for (size_t i = 0; i < map->n; i++)
        json_add_string(writer, map->v[i].key, map->v[i].value);
    json_object_end(writer);
}

static void write_strings(const struct oci_strings *strings, const char *key, struct json_writer *writer)
{
    if (strings->n == 0)
        return;
    json_array_begin(writer, key);
    for (size_t i = 0; i < strings->n; i++)
        json_add_string(writer, NULL, strings->v[i]);
    json_array_end(writer);
}

static void write_hooks(const struct cm_record_hooks *hooks, const char *key, struct json_writer *writer)
{
    if (hooks->n == 0)
        return;
    json_array_begin(writer, key);
    for (size_t i = 0; i < hooks->n; i++) {
        const struct oci_hook *hook = &hooks->v[i];
        json_object_begin(writer, NULL);
        json_add_string(writer, "path", hook->path);
        write_strings(&hook->args, "args", writer);
        write_strings(&hook->env, "env", writer);
        if (hook->timeout.set)
            json_add_i64(writer, "timeout", hook->timeout.v);
        if (hook->sha256)
            json_add_string(writer, "sha256", hook->sha256);
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void write_string(const char *value, const struct record_member *member, struct json_writer *writer)
{
    if (value || !member->optional)
        json_add_string(writer, member->key, value ? value : "");
}

static void write_slot(const struct cm_record *record, const char *key, struct json_writer *writer)
{
    if (!record->slot_held)
        return;
    json_object_begin(writer, key);
    write_members(record, record_slot_members, record_slot_member_count, writer);
    json_object_end(writer);
}

static void write_members(const struct cm_record *record, const struct record_member *members, size_t n, struct json_writer *writer)
{
    for (const struct record_member *member = members; member < members + n; member++) {
        const void *at = (const char *)record + member->offset;
        switch (member->kind) {
        case RECORD_BOOL:
            json_add_bool(writer, member->key, *(const bool *)at);
            break;
        case RECORD_U32:
            if (!member->optional || *(const uint32_t *)at != 0)
                json_add_u64(writer, member->key, *(const uint32_t *)at);
            break;
        case RECORD_U64:
            json_add_u64(writer, member->key, *(const uint64_t *)at);
            break;
        case RECORD_PID:
            json_add_i64(writer, member->key, *(const pid_t *)at);
            break;
        case RECORD_STRING:
            write_string(*(const char *const *)at, member, writer);
            break;
        case RECORD_BOOT_ID:
            write_string(at, member, writer);
            break;
        case RECORD_MAP:
            write_map(at, member->key, writer);
            break;
        case RECORD_STRINGS:
            write_strings(at, member->key, writer);
            break;
        case RECORD_SLOT:
            write_slot(record, member->key, writer);
            break;
        case RECORD_NAMESPACES:
            write_namespaces(record, member->key, writer);
            break;
        case RECORD_HOOKS:
            write_hooks(at, member->key, writer);
            break;
        }
    }
}

int cm_record_write(const struct cm_entry *entry, const struct cm_record *record, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};
    struct json_writer writer;

    if (!cm_streq(record->id, entry->id))
        return cm_fail(err, EINVAL, NULL, "the record of \"%s\" does not belong to the container \"%s\"", record->id ? record->id : "", entry->id);
    json_writer_init(&writer, &out, 0);
    json_object_begin(&writer, NULL);
    json_add_u64(&writer, "version", RECORD_VERSION);
    write_members(record, record_members, record_member_count, &writer);
    json_object_end(&writer);
    cm_str_add(&out, "\n");
    const char *text = cm_str_text(&out);
    if (!text)
        return cm_fail(err, ENOMEM, NULL, "out of memory while writing the record of \"%s\"", entry->id);
    if (out.size > RECORD_SIZE_MAX)
        return cm_fail(err, EFBIG, "/annotations", "the record of \"%s\" would have %zu bytes, more than 1 MiB; shorten the annotations or hooks", entry->id,
                       out.size);
    int r = cm_replace_file_at(entry->fd, RECORD_NAME, 0600, text, out.size);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "cannot write the record of \"%s\"", entry->id) : 0;
}

void cm_record_free(struct cm_record *record)
{
    if (!record)
        return;
    cm_arena_free(&record->arena);
    free(record);
}

void cm_record_free_ptr(struct cm_record **record)
{
    cm_record_free(*record);
    *record = NULL;
}
