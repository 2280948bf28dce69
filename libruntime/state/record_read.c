/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a record. The file is ours, and is still taken as hostile: another file may lie there (a FIFO, a link), and what it says decides which processes are
 * killed. So every member has to be there with its type, and nothing else may be.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "state/file.h"
#include "state/record.h"
#include "state/store.h"
#include "json/json.h"

static int fail_at(const struct json_value *value, struct cm_error *err, const char *what)
{
    char pointer[CM_ERROR_FIELD_MAX];

    return cm_fail(err, EINVAL, json_pointer(value, pointer, sizeof(pointer)), "%s", what);
}

static int read_u64(const struct json_value *value, uint64_t max, uint64_t *ret, struct cm_error *err)
{
    return json_get_u64(value, max, ret, err);
}

static int read_u32(const struct json_value *value, uint32_t max, uint32_t *ret, struct cm_error *err)
{
    uint64_t number = 0;
    int r = json_get_u64(value, max, &number, err);

    if (r == 0)
        *ret = (uint32_t)number;
    return r;
}

static int read_boot_id(const struct json_value *value, char ret[40], struct cm_error *err)
{
    const char *text = NULL;
    int r = json_get_string(value, &text, err);

    if (r < 0)
        return r;
    if (*text && (strlen(text) != 36 || strspn(text, "0123456789abcdef-") != 36))
        return fail_at(value, err, "this is not a boot id");
    memcpy(ret, text, strlen(text) + 1);
    return 0;
}

static int read_map(struct cm_record *record, const struct json_value *value, struct oci_map *ret, struct cm_error *err)
{
    if (value->type != JSON_OBJECT)
        return fail_at(value, err, "an object is expected");
    struct oci_pair *pairs = cm_arena_array(&record->arena, value->n, sizeof(*pairs));
    if (!pairs)
        return -ENOMEM;
    *ret = (struct oci_map){.set = true, .v = pairs};
    for (const struct json_value *child = value->child; child; child = child->next) {
        struct oci_pair *pair = &pairs[ret->n++];
        pair->key = child->key;
        int r = json_get_string(child, &pair->value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_strings(struct cm_record *record, const struct json_value *value, struct oci_strings *ret, struct cm_error *err)
{
    if (value->type != JSON_ARRAY)
        return fail_at(value, err, "an array is expected");
    const char **texts = cm_arena_array(&record->arena, value->n, sizeof(*texts));
    if (!texts)
        return -ENOMEM;
    *ret = (struct oci_strings){.set = true, .v = texts};
    for (const struct json_value *child = value->child; child; child = child->next) {
        int r = json_get_string(child, &texts[ret->n++], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_namespace(const struct json_value *value, struct cm_record *record, size_t n, struct cm_error *err)
{
    const struct json_value *type = json_member(value, "type"), *dev = json_member(value, "dev"), *ino = json_member(value, "ino");
    const char *word = NULL;

    if (value->type != JSON_OBJECT || value->n != 3 || !type || !dev || !ino)
        return fail_at(value, err, "an object of type, dev and ino is expected");
    int r = json_get_string(type, &word, err);
    for (enum oci_namespace_type i = 0; r == 0 && i < OCI_NS_TYPES; i++)
        if (cm_streq(oci_namespace_word(i), word))
            record->namespaces[n].type = oci_namespace_word(i);
    if (r == 0 && !record->namespaces[n].type)
        r = fail_at(type, err, "this is not a type of namespace");
    for (size_t i = 0; r == 0 && i < n; i++)
        if (record->namespaces[i].type == record->namespaces[n].type)
            r = fail_at(type, err, "this type of namespace is there twice");
    if (r == 0)
        r = read_u64(dev, UINT64_MAX, &record->namespaces[n].dev, err);
    if (r == 0)
        r = read_u64(ino, UINT64_MAX, &record->namespaces[n].ino, err);
    return r;
}

static int read_namespaces(const struct json_value *value, struct cm_record *record, struct cm_error *err)
{
    size_t n = 0;

    if (value->type != JSON_ARRAY || value->n > CM_ARRAY_LEN(record->namespaces))
        return fail_at(value, err, "an array of at most one namespace a type is expected");
    for (const struct json_value *child = value->child; child; child = child->next) {
        int r = read_namespace(child, record, n++, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_hook(const struct json_value *value, struct cm_record *record, struct oci_hook *ret, struct cm_error *err)
{
    const struct json_value *path = json_member(value, "path"), *args = json_member(value, "args"), *env = json_member(value, "env"),
                            *timeout = json_member(value, "timeout"), *sha256 = json_member(value, "sha256");

    if (value->type != JSON_OBJECT || !path || value->n != 1u + (args != NULL) + (env != NULL) + (timeout != NULL) + (sha256 != NULL))
        return fail_at(value, err, "a hook is expected");
    int r = json_get_string(path, &ret->path, err);
    if (r == 0 && args)
        r = read_strings(record, args, &ret->args, err);
    if (r == 0 && env)
        r = read_strings(record, env, &ret->env, err);
    if (r == 0 && timeout)
        r = json_get_i64(timeout, 1, INT32_MAX, &ret->timeout.v, err);
    ret->timeout.set = timeout != NULL;
    if (r == 0 && sha256)
        r = json_get_string(sha256, &ret->sha256, err);
    return r;
}

static int read_hooks(const struct json_value *value, struct cm_record *record, struct cm_record_hooks *ret, struct cm_error *err)
{
    if (value->type != JSON_ARRAY || value->n > RECORD_HOOKS_MAX)
        return fail_at(value, err, "an array of a few hooks is expected");
    ret->v = cm_arena_array(&record->arena, value->n + 1, sizeof(*ret->v));
    if (!ret->v)
        return -ENOMEM;
    for (const struct json_value *child = value->child; child; child = child->next) {
        int r = read_hook(child, record, &ret->v[ret->n++], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_members(const struct json_value *object, struct cm_record *record, const struct record_member *members, size_t n, size_t others,
                        struct cm_error *err);

static int read_slot(const struct json_value *value, struct cm_record *record, struct cm_error *err)
{
    record->slot_held = true;
    return read_members(value, record, record_slot_members, record_slot_member_count, 0, err);
}

static int read_member(const struct json_value *value, struct cm_record *record, const struct record_member *member, struct cm_error *err)
{
    void *at = (char *)record + member->offset;
    uint32_t number = 0;
    int r = -EINVAL;

    switch (member->kind) {
    case RECORD_BOOL:
        return json_get_bool(value, at, err);
    case RECORD_U32:
        return read_u32(value, UINT32_MAX, at, err);
    case RECORD_U64:
        return read_u64(value, UINT64_MAX, at, err);
    case RECORD_PID:
        r = read_u32(value, INT32_MAX, &number, err);
        if (r == 0)
            *(pid_t *)at = (pid_t)number;
        return r;
    case RECORD_STRING:
        return json_get_string(value, at, err);
    case RECORD_BOOT_ID:
        return read_boot_id(value, at, err);
    case RECORD_MAP:
        return read_map(record, value, at, err);
    case RECORD_STRINGS:
        return read_strings(record, value, at, err);
    case RECORD_SLOT:
        return read_slot(value, record, err);
    case RECORD_NAMESPACES:
        return read_namespaces(value, record, err);
    case RECORD_HOOKS:
        return read_hooks(value, record, at, err);
    }
    return r;
}

/* Records are written in the table's order, so one pass over both finds everything. False if this one is not: then nothing is known. */
static bool find_in_order(const struct json_value *object, const struct record_member *members, size_t n, const struct json_value **ret)
{
    const struct json_value *next = object->child;

    for (size_t i = 0; i < n; i++) {
        while (next && cm_streq(next->key, "version")) /* no member of the tables */
            next = next->next;
        ret[i] = next && cm_streq(next->key, members[i].key) ? next : NULL;
        if (ret[i])
            next = next->next;
    }
    return !next;
}

/* `others` members of the object have been read by the caller. */
static int read_members(const struct json_value *object, struct cm_record *record, const struct record_member *members, size_t n, size_t others,
                        struct cm_error *err)
{
    const struct json_value *values[RECORD_MEMBERS_MAX];
    size_t seen = others;

    if (object->type != JSON_OBJECT)
        return fail_at(object, err, "an object is expected");
    bool in_order = find_in_order(object, members, n, values);
    for (size_t i = 0; i < n; i++) {
        const struct json_value *value = in_order ? values[i] : json_member(object, members[i].key);
        if (!value && !members[i].optional)
            return cm_fail(err, EINVAL, NULL, "\"%s\" is missing", members[i].key);
        if (!value)
            continue;
        int r = read_member(value, record, &members[i], err);
        if (r < 0)
            return r;
        seen++;
    }
    return seen == object->n ? 0 : fail_at(object, err, "there are members that nobody knows");
}

static int parse(const char *text, size_t size, struct cm_record *record, struct cm_error *err)
{
    struct json_value *root = NULL;
    uint64_t version = 0;
    int r = json_parse(text, size, RECORD_SIZE_MAX, &record->arena, &root, err);

    if (r < 0)
        return r;
    const struct json_value *value = root->type == JSON_OBJECT ? json_member(root, "version") : NULL;
    if (!value)
        return cm_fail(err, EINVAL, NULL, "\"version\" is missing");
    r = read_u64(value, UINT32_MAX, &version, err);
    if (r < 0)
        return r;
    if (version != RECORD_VERSION)
        return cm_fail(err, EPROTO, NULL, "it has format version %llu and this program knows %u; use the casemate that made it", (unsigned long long)version,
                       RECORD_VERSION);
    record->version = (uint32_t)version;
    return read_members(root, record, record_members, record_member_count, 1, err);
}

/* Digits after a member's name, wherever it is. */
static bool find_number(const char *text, const char *name, uint64_t *ret)
{
    const char *at = strstr(text, name);
    char digits[24] = {0};

    if (!at)
        return false;
    at += strlen(name);
    size_t n = strspn(at, "0123456789");
    memcpy(digits, at, CM_MIN(n, sizeof(digits) - 1));
    return cm_parse_u64(digits, ret) == 0;
}

bool cm_record_salvage(const struct cm_entry *entry, struct cm_record *ret)
{
    static const char boot[] = "\"bootId\":\"";
    CM_AUTO_FREE char *text = NULL;
    size_t size = 0;
    uint64_t pid = 0;

    *ret = (struct cm_record){.id = entry->id, .created = true};
    if (cm_read_file_at(entry->fd, RECORD_NAME, RECORD_SIZE_MAX, false, &text, &size) < 0 || !find_number(text, "\"pid\":", &pid) || pid == 0 ||
        pid > INT32_MAX)
        return false;
    const char *boot_id = strstr(text, boot);
    boot_id = boot_id ? boot_id + sizeof(boot) - 1 : "";
    if (strspn(boot_id, "0123456789abcdef-") != 36)
        return false;
    memcpy(ret->boot_id, boot_id, 36);
    ret->pid = (pid_t)pid;
    bool inode = find_number(text, "\"pidfdInode\":", &ret->pidfd_ino), start = find_number(text, "\"pidStart\":", &ret->pid_start);
    return inode || start;
}

static int read_record(int dir, const char *path, const char *id, struct cm_record **ret, struct cm_error *err)
{
    CM_AUTO_RECORD struct cm_record *record = calloc(1, sizeof(*record));
    CM_AUTO_FREE char *text = NULL;
    size_t size = 0;
    int r = record ? state_read_file(dir, path, RECORD_SIZE_MAX, &text, &size, err) : cm_fail(err, ENOMEM, NULL, "out of memory");

    if (r == -ENOENT)
        return cm_fail(err, ENOENT, NULL, "container does not exist");
    if (r == 0)
        r = parse(text, size, record, err);
    if (r == -ENOMEM)
        r = cm_fail(err, ENOMEM, NULL, "out of memory");
    if (r == 0 && !cm_streq(record->id, id))
        r = cm_fail(err, EINVAL, "/id", "it is of a container \"%s\"", record->id);
    if (r < 0) {
        (void)cm_error_prefix(err, "%s of the container \"%s\": ", RECORD_NAME, id);
        return r;
    }
    *ret = CM_TAKE_PTR(record);
    return 0;
}

int cm_record_read(const struct cm_entry *entry, struct cm_record **ret, struct cm_error *err)
{
    return read_record(entry->fd, RECORD_NAME, entry->id, ret, err);
}

int cm_record_read_of(const struct cm_store *store, const char *id, struct cm_record **ret, struct cm_error *err)
{
    char path[CM_ID_MAX + sizeof("/" RECORD_NAME)];
    int r = cm_id_check(id, err);

    if (r < 0)
        return r;
    (void)snprintf(path, sizeof(path), "%s/%s", id, RECORD_NAME);
    return read_record(store->fd, path, id, ret, err);
}
