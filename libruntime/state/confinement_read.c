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
#include "state/members.h"
#include "json/json.h"

static void read_map(struct state_reader *reader, const char *key, struct oci_id_mappings *ret, int *r)
{
    const struct json_value *child = state_read_array(reader, key, 3, sizeof(*ret->v), &ret->v, &ret->n, r);
    size_t i = 0;

    ret->set = child != NULL || *r == 0;
    for (; child && *r == 0; child = child->next, i++) {
        struct oci_id_mapping *at = &ret->v[i / 3];
        uint32_t *const places[] = {&at->container_id, &at->host_id, &at->size};
        uint64_t number = 0;
        *r = json_get_u64(child, UINT32_MAX, &number, reader->err);
        *places[i % 3] = (uint32_t)number;
    }
}

static int read_mount(struct state_reader *parent, const struct json_value *value, struct cm_confined_mount *ret)
{
    struct state_reader reader = {.object = value, .arena = parent->arena, .err = parent->err};
    uint64_t kind = 0;
    int r = value->type == JSON_OBJECT ? 0 : state_fail_at(value, parent->err, "an object is expected");

    const struct json_value *target = state_need(&reader, "target", &r);
    if (target)
        r = json_get_string(target, &ret->target, reader.err);
    state_read_u64(&reader, "kind", CM_MOUNT_BIND, &kind, &r);
    state_read_u64(&reader, "attributes", UINT64_MAX, &ret->attributes, &r);
    state_read_bool(&reader, "directory", &ret->is_directory, &r);
    ret->kind = (enum cm_mount_kind)kind;
    if (r == 0 && ret->target[0] != '/')
        r = state_fail_at(target, reader.err, "an absolute path is expected");
    state_read_end(&reader, &r);
    return r;
}

static void read_mounts(struct state_reader *reader, struct cm_confinement *ret, int *r)
{
    const struct json_value *child = state_read_array(reader, "mounts", 1, sizeof(*ret->mounts), &ret->mounts, &ret->n_mounts, r);

    for (size_t i = 0; child && *r == 0; child = child->next)
        *r = read_mount(reader, child, &ret->mounts[i++]);
}

static void read_nodes(struct state_reader *reader, unsigned long nodes[CM_NODES_WORDS], int *r)
{
    const struct json_value *array = state_need(reader, "memoryNodes", r);
    size_t i = 0;

    if (!array)
        return;
    if (array->type != JSON_ARRAY || array->n != CM_NODES_WORDS) {
        *r = state_fail_at(array, reader->err, "an array of as many words as the set of nodes has is expected");
        return;
    }
    for (const struct json_value *child = array->child; child && *r == 0; child = child->next) {
        uint64_t word = 0;
        *r = json_get_u64(child, ULONG_MAX, &word, reader->err);
        nodes[i++] = (unsigned long)word;
    }
}

static void read_scheduling(struct state_reader *parent, struct cm_plan_scheduling *ret, int *r)
{
    const struct json_value *value = *r == 0 ? state_take(parent, "scheduling") : NULL;
    struct state_reader reader = {.object = value, .arena = parent->arena, .err = parent->err};
    uint32_t nice = 0;

    if (!value)
        return;
    if (value->type != JSON_OBJECT) {
        *r = state_fail_at(value, parent->err, "an object is expected");
        return;
    }
    state_read_bool(&reader, "policySet", &ret->policy_set, r);
    state_read_u32(&reader, "policy", UINT32_MAX, &ret->policy, r);
    state_read_u32(&reader, "nice", 19, &nice, r);
    state_read_u64(&reader, "flags", UINT64_MAX, &ret->flags, r);
    state_read_bool(&reader, "ioPrioritySet", &ret->io_priority_set, r);
    state_read_u32(&reader, "ioPriority", UINT32_MAX, &ret->io_priority, r);
    state_read_bool(&reader, "memoryPolicySet", &ret->memory_policy_set, r);
    state_read_u32(&reader, "memoryMode", UINT32_MAX, &ret->memory_mode, r);
    read_nodes(&reader, ret->memory_nodes, r);
    ret->nice = (int32_t)nice;
    state_read_end(&reader, r);
}

static int read_json(const char *text, size_t size, struct cm_confinement *ret, struct cm_error *err)
{
    struct json_value *root = NULL;
    struct state_reader reader = {.arena = &ret->arena, .err = err};
    uint64_t abi = 0;
    int r = json_parse(text, size, CONFINEMENT_JSON_MAX, &ret->arena, &root, err);

    if (r == 0 && root->type != JSON_OBJECT)
        r = state_fail_at(root, err, "an object is expected");
    reader.object = root;
    state_read_u64(&reader, "bounding", UINT64_MAX, &ret->caps.bounding, &r);
    state_read_u64(&reader, "effective", UINT64_MAX, &ret->caps.effective, &r);
    state_read_u64(&reader, "permitted", UINT64_MAX, &ret->caps.permitted, &r);
    state_read_u64(&reader, "ambient", UINT64_MAX, &ret->caps.ambient, &r);
    state_read_bool(&reader, "memoryDenyWriteExec", &ret->memory_deny_write_exec, &r);
    state_read_bool(&reader, "nonRoot", &ret->non_root, &r);
    state_read_u64(&reader, "landlockAbi", UINT32_MAX, &abi, &r);
    state_read_bool(&reader, "writableRoot", &ret->writable_root, &r);
    read_mounts(&reader, ret, &r);
    state_read_optional_string(&reader, "apparmorProfile", &ret->apparmor_profile, &r);
    state_read_optional_string(&reader, "selinuxLabel", &ret->selinux_label, &r);
    state_read_optional_string(&reader, "cpusInitial", &ret->affinity.initial, &r);
    state_read_optional_string(&reader, "cpusFinal", &ret->affinity.final, &r);
    read_scheduling(&reader, &ret->scheduling, &r);
    state_read_optional_string(&reader, "seccompAgent", &ret->seccomp_agent, &r);
    state_read_optional_string(&reader, "seccompMetadata", &ret->seccomp_metadata, &r);
    read_map(&reader, "uidMap", &ret->uid_map, &r);
    read_map(&reader, "gidMap", &ret->gid_map, &r);
    ret->landlock_abi = (uint32_t)abi;
    state_read_end(&reader, &r);
    return r;
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

/* Whether the sizes fit together, and what is there is what was written. */
static int check_header(const char *data, size_t size, struct confinement_header *ret, struct cm_error *err)
{
    size_t summed = offsetof(struct confinement_header, json_size);

    if (size < sizeof(*ret))
        return cm_fail(err, EINVAL, NULL, "it ends early");
    memcpy(ret, data, sizeof(*ret));
    if (ret->magic != CONFINEMENT_MAGIC)
        return cm_fail(err, EPROTO, NULL, "it has another form than this program writes; use the casemate that made the container");
    if (ret->crc != cm_crc32c(data + summed, size - summed))
        return cm_fail(err, EBADMSG, NULL, "its checksum is wrong");
    size_t code = ((size_t)ret->ours_size + ret->extra_size) * sizeof(struct sock_filter);
    if (ret->json_size > CONFINEMENT_JSON_MAX || ret->promise_size > CONFINEMENT_JSON_MAX ||
        size != sizeof(*ret) + ret->json_size + code + ret->promise_size)
        return cm_fail(err, EINVAL, NULL, "its sizes do not fit together");
    if (ret->ours_size == 0 || ret->ours_size > BPF_MAXINSNS || ret->extra_size > BPF_MAXINSNS || !known_flags(ret->ours_flags) ||
        !known_flags(ret->extra_flags))
        return cm_fail(err, EINVAL, NULL, "it holds no usable system call filter");
    return 0;
}

static int fail_file(const struct cm_entry *entry, int r, struct cm_error *err)
{
    if (r == -ENOMEM)
        (void)cm_fail(err, ENOMEM, NULL, "out of memory");
    (void)cm_error_prefix(err, "the file %s of the container \"%s\": ", CONFINEMENT_NAME, entry->id);
    return r;
}

int state_confinement_load(const struct cm_entry *entry, char **ret_data, struct confinement_header *ret_header, struct cm_error *err)
{
    CM_AUTO_FREE char *data = NULL;
    size_t size = 0;
    int r = state_read_file(entry->fd, CONFINEMENT_NAME, CONFINEMENT_SIZE_MAX, &data, &size, err);

    if (r == 0)
        r = check_header(data, size, ret_header, err);
    if (r < 0)
        return fail_file(entry, r, err);
    *ret_data = CM_TAKE_PTR(data);
    return 0;
}

static int parse(const char *data, const struct confinement_header *header, struct cm_confinement *ret, struct cm_error *err)
{
    const char *next = data + sizeof(*header);
    int r = read_json(next, header->json_size, ret, err);

    next += header->json_size;
    if (r == 0)
        r = read_filter(next, header->ours_size, header->ours_flags, &ret->arena, &ret->ours);
    next += header->ours_size * sizeof(struct sock_filter);
    if (r == 0)
        r = read_filter(next, header->extra_size, header->extra_flags, &ret->arena, &ret->extra);
    if (r == 0 &&
        (ret->ours.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER || (ret->seccomp_agent != NULL) != ((ret->extra.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)))
        return cm_fail(err, EINVAL, NULL, "a filter that hands calls over and the agent that hears them go together");
    return r;
}

int cm_confinement_read(const struct cm_entry *entry, struct cm_confinement **ret, struct cm_error *err)
{
    CM_AUTO_CONFINEMENT struct cm_confinement *confinement = calloc(1, sizeof(*confinement));
    CM_AUTO_FREE char *data = NULL;
    struct confinement_header header;
    int r = state_confinement_load(entry, &data, &header, err);

    if (r < 0)
        return r;
    r = confinement ? parse(data, &header, confinement, err) : -ENOMEM;
    if (r < 0)
        return fail_file(entry, r, err);
    *ret = CM_TAKE_PTR(confinement);
    return 0;
}

int cm_promise_read(const struct cm_entry *entry, struct cm_promise **ret, struct cm_error *err)
{
    CM_AUTO_PROMISE struct cm_promise *promise = calloc(1, sizeof(*promise));
    CM_AUTO_FREE char *data = NULL;
    struct confinement_header header;
    int r = state_confinement_load(entry, &data, &header, err);

    if (r < 0)
        return r;
    size_t before = sizeof(header) + header.json_size + ((size_t)header.ours_size + header.extra_size) * sizeof(struct sock_filter);
    r = promise ? state_promise_parse(data + before, header.promise_size, promise, err) : -ENOMEM;
    if (r < 0)
        return fail_file(entry, r, err);
    *ret = CM_TAKE_PTR(promise);
    return 0;
}
