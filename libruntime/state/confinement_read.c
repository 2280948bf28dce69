/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading what init was confined with. The file is ours, and is still taken as hostile: a filter that was cut or a bit that was flipped must not give exec more
 * than init has. Every member has to be there with its type, and nothing else may be.
 */
#include <limits.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/str.h"
#include "state/confinement.h"
#include "state/confinement_format.h"
#include "state/file.h"
#include "json/json.h"

static int fail_at(const struct json_value *value, struct cm_error *err, const char *what)
{
    char pointer[CM_ERROR_FIELD_MAX];

    return cm_fail(err, EINVAL, json_pointer(value, pointer, sizeof(pointer)), "%s", what);
}

/* Counts what was taken, so that what nobody knows is seen. */
struct reader {
    const struct json_value *object;
    size_t taken;
    struct cm_arena *arena;
    struct cm_error *err;
};

static const struct json_value *take(struct reader *reader, const char *key)
{
    const struct json_value *value = json_member(reader->object, key);

    reader->taken += value != NULL;
    return value;
}

static const struct json_value *need(struct reader *reader, const char *key, int *r)
{
    const struct json_value *value = *r == 0 ? take(reader, key) : NULL;

    if (*r == 0 && !value)
        *r = cm_fail(reader->err, EINVAL, NULL, "\"%s\" is missing", key);
    return value;
}

static void read_u64(struct reader *reader, const char *key, uint64_t max, uint64_t *ret, int *r)
{
    const struct json_value *value = need(reader, key, r);

    if (value)
        *r = json_get_u64(value, max, ret, reader->err);
}

static void read_bool(struct reader *reader, const char *key, bool *ret, int *r)
{
    const struct json_value *value = need(reader, key, r);

    if (value)
        *r = json_get_bool(value, ret, reader->err);
}

static void read_optional_string(struct reader *reader, const char *key, const char **ret, int *r)
{
    const struct json_value *value = *r == 0 ? take(reader, key) : NULL;

    if (value)
        *r = json_get_string(value, ret, reader->err);
}

static void read_map(struct reader *reader, const char *key, struct oci_id_mappings *ret, int *r)
{
    const struct json_value *array = need(reader, key, r);

    if (!array)
        return;
    if (array->type != JSON_ARRAY || array->n % 3 != 0) {
        *r = fail_at(array, reader->err, "an array of three numbers a range is expected");
        return;
    }
    ret->v = cm_arena_array(reader->arena, array->n / 3 + 1, sizeof(*ret->v));
    if (!ret->v) {
        *r = -ENOMEM;
        return;
    }
    ret->set = true;
    ret->n = array->n / 3;
    size_t i = 0;
    for (const struct json_value *child = array->child; child && *r == 0; child = child->next, i++) {
        struct oci_id_mapping *at = &ret->v[i / 3];
        uint32_t *const places[] = {&at->container_id, &at->host_id, &at->size};
        uint64_t number = 0;
        *r = json_get_u64(child, UINT32_MAX, &number, reader->err);
        *places[i % 3] = (uint32_t)number;
    }
}

static int read_mount(struct reader *parent, const struct json_value *value, struct cm_confined_mount *ret)
{
    struct reader reader = {.object = value, .arena = parent->arena, .err = parent->err};
    uint64_t kind = 0;
    int r = value->type == JSON_OBJECT ? 0 : fail_at(value, parent->err, "an object is expected");

    const struct json_value *target = need(&reader, "target", &r);
    if (target)
        r = json_get_string(target, &ret->target, reader.err);
    read_u64(&reader, "kind", CM_MOUNT_BIND, &kind, &r);
    read_u64(&reader, "attributes", UINT64_MAX, &ret->attributes, &r);
    read_bool(&reader, "directory", &ret->is_directory, &r);
    ret->kind = (enum cm_mount_kind)kind;
    if (r == 0 && ret->target[0] != '/')
        r = fail_at(target, reader.err, "an absolute path is expected");
    return r == 0 && reader.taken != value->n ? fail_at(value, reader.err, "there are members that nobody knows") : r;
}

static void read_mounts(struct reader *reader, struct cm_confinement *ret, int *r)
{
    const struct json_value *array = need(reader, "mounts", r);

    if (!array)
        return;
    if (array->type != JSON_ARRAY) {
        *r = fail_at(array, reader->err, "an array is expected");
        return;
    }
    ret->mounts = cm_arena_array(reader->arena, array->n + 1, sizeof(*ret->mounts));
    if (!ret->mounts)
        *r = -ENOMEM;
    for (const struct json_value *child = array->child; child && *r == 0; child = child->next)
        *r = read_mount(reader, child, &ret->mounts[ret->n_mounts++]);
}

static void read_u32(struct reader *reader, const char *key, uint32_t max, uint32_t *ret, int *r)
{
    uint64_t number = 0;

    read_u64(reader, key, max, &number, r);
    *ret = (uint32_t)number;
}

static void read_nodes(struct reader *reader, unsigned long nodes[CM_NODES_WORDS], int *r)
{
    const struct json_value *array = need(reader, "memoryNodes", r);
    size_t i = 0;

    if (!array)
        return;
    if (array->type != JSON_ARRAY || array->n != CM_NODES_WORDS) {
        *r = fail_at(array, reader->err, "an array of as many words as the set of nodes has is expected");
        return;
    }
    for (const struct json_value *child = array->child; child && *r == 0; child = child->next) {
        uint64_t word = 0;
        *r = json_get_u64(child, ULONG_MAX, &word, reader->err);
        nodes[i++] = (unsigned long)word;
    }
}

static void read_scheduling(struct reader *parent, struct cm_plan_scheduling *ret, int *r)
{
    const struct json_value *value = *r == 0 ? take(parent, "scheduling") : NULL;
    struct reader reader = {.object = value, .arena = parent->arena, .err = parent->err};
    uint32_t nice = 0;

    if (!value)
        return;
    if (value->type != JSON_OBJECT) {
        *r = fail_at(value, parent->err, "an object is expected");
        return;
    }
    read_bool(&reader, "policySet", &ret->policy_set, r);
    read_u32(&reader, "policy", UINT32_MAX, &ret->policy, r);
    read_u32(&reader, "nice", 19, &nice, r);
    read_u64(&reader, "flags", UINT64_MAX, &ret->flags, r);
    read_bool(&reader, "ioPrioritySet", &ret->io_priority_set, r);
    read_u32(&reader, "ioPriority", UINT32_MAX, &ret->io_priority, r);
    read_bool(&reader, "memoryPolicySet", &ret->memory_policy_set, r);
    read_u32(&reader, "memoryMode", UINT32_MAX, &ret->memory_mode, r);
    read_nodes(&reader, ret->memory_nodes, r);
    ret->nice = (int32_t)nice;
    if (*r == 0 && reader.taken != value->n)
        *r = fail_at(value, parent->err, "there are members that nobody knows");
}

static int read_json(const char *text, size_t size, struct cm_confinement *ret, struct cm_error *err)
{
    struct json_value *root = NULL;
    struct reader reader = {.arena = &ret->arena, .err = err};
    uint64_t abi = 0;
    int r = json_parse(text, size, CONFINEMENT_JSON_MAX, &ret->arena, &root, err);

    if (r == 0 && root->type != JSON_OBJECT)
        r = fail_at(root, err, "an object is expected");
    reader.object = root;
    read_u64(&reader, "bounding", UINT64_MAX, &ret->caps.bounding, &r);
    read_u64(&reader, "effective", UINT64_MAX, &ret->caps.effective, &r);
    read_u64(&reader, "permitted", UINT64_MAX, &ret->caps.permitted, &r);
    read_u64(&reader, "ambient", UINT64_MAX, &ret->caps.ambient, &r);
    read_bool(&reader, "memoryDenyWriteExec", &ret->memory_deny_write_exec, &r);
    read_u64(&reader, "landlockAbi", UINT32_MAX, &abi, &r);
    read_bool(&reader, "writableRoot", &ret->writable_root, &r);
    read_mounts(&reader, ret, &r);
    read_optional_string(&reader, "apparmorProfile", &ret->apparmor_profile, &r);
    read_optional_string(&reader, "selinuxLabel", &ret->selinux_label, &r);
    read_optional_string(&reader, "cpusInitial", &ret->affinity.initial, &r);
    read_optional_string(&reader, "cpusFinal", &ret->affinity.final, &r);
    read_scheduling(&reader, &ret->scheduling, &r);
    read_optional_string(&reader, "seccompAgent", &ret->seccomp_agent, &r);
    read_optional_string(&reader, "seccompMetadata", &ret->seccomp_metadata, &r);
    read_map(&reader, "uidMap", &ret->uid_map, &r);
    read_map(&reader, "gidMap", &ret->gid_map, &r);
    ret->landlock_abi = (uint32_t)abi;
    return r == 0 && reader.taken != root->n ? fail_at(root, err, "there are members that nobody knows") : r;
}

/* SPEC_ALLOW is none of them. */
static bool known_flags(uint16_t flags)
{
    return (flags & ~(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER | 1u << 5 /* WAIT_KILLABLE_RECV, Linux 5.19 */)) == 0;
}

static int read_filter(const char *data, uint16_t size, uint16_t flags, struct cm_arena *arena, struct cm_confined_filter *ret)
{
    ret->size = size;
    ret->flags = flags;
    ret->code = cm_arena_array(arena, (size_t)size + 1, sizeof(*ret->code));
    if (!ret->code)
        return -ENOMEM;
    if (size > 0)
        memcpy(ret->code, data, size * sizeof(*ret->code));
    return 0;
}

static int parse(const char *data, size_t size, struct cm_confinement *ret, struct cm_error *err)
{
    struct confinement_header header;
    size_t summed = offsetof(struct confinement_header, json_size);

    if (size < sizeof(header))
        return cm_fail(err, EINVAL, NULL, "it ends early");
    memcpy(&header, data, sizeof(header));
    if (header.magic != CONFINEMENT_MAGIC)
        return cm_fail(err, EPROTO, NULL, "it has another form than this program writes; use the casemate that made the container");
    if (header.crc != cm_crc32c(data + summed, size - summed))
        return cm_fail(err, EBADMSG, NULL, "its checksum is wrong");
    size_t code = ((size_t)header.ours_size + header.extra_size) * sizeof(struct sock_filter);
    if (header.json_size > CONFINEMENT_JSON_MAX || size != sizeof(header) + header.json_size + code)
        return cm_fail(err, EINVAL, NULL, "its sizes do not fit together");
    if (header.ours_size == 0 || header.ours_size > BPF_MAXINSNS || header.extra_size > BPF_MAXINSNS || !known_flags(header.ours_flags) ||
        !known_flags(header.extra_flags))
        return cm_fail(err, EINVAL, NULL, "it holds no usable system call filter");
    const char *next = data + sizeof(header);
    int r = read_json(next, header.json_size, ret, err);
    next += header.json_size;
    if (r == 0)
        r = read_filter(next, header.ours_size, header.ours_flags, &ret->arena, &ret->ours);
    next += header.ours_size * sizeof(struct sock_filter);
    if (r == 0)
        r = read_filter(next, header.extra_size, header.extra_flags, &ret->arena, &ret->extra);
    if (r == 0 &&
        (ret->ours.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER || (ret->seccomp_agent != NULL) != ((ret->extra.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)))
        return cm_fail(err, EINVAL, NULL, "a filter that hands calls over and the agent that hears them go together");
    return r;
}

int cm_confinement_read(const struct cm_entry *entry, struct cm_confinement **ret, struct cm_error *err)
{
    CM_AUTO_CONFINEMENT struct cm_confinement *confinement = calloc(1, sizeof(*confinement));
    CM_AUTO_FREE char *data = NULL;
    size_t size = 0;
    int r = confinement ? state_read_file(entry->fd, CONFINEMENT_NAME, CONFINEMENT_SIZE_MAX, &data, &size, err) : -ENOMEM;

    if (r == 0)
        r = parse(data, size, confinement, err);
    if (r == -ENOMEM)
        r = cm_fail(err, ENOMEM, NULL, "out of memory");
    if (r < 0) {
        (void)cm_error_prefix(err, "the file %s of the container \"%s\": ", CONFINEMENT_NAME, entry->id);
        return r;
    }
    *ret = CM_TAKE_PTR(confinement);
    return 0;
}
