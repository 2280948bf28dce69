/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing what exec needs; see confinement.h. Labels and mount targets come from a bundle; the JSON writer escapes them. */
#include "state/confinement.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "base/str.h"
#include "state/confinement_format.h"
#include "json/json.h"

static void write_map(const struct oci_id_mappings *map, const char *key, struct json_writer *writer)
{
    json_array_begin(writer, key);
    for (size_t i = 0; i < map->n; i++) {
        json_add_u64(writer, NULL, map->v[i].container_id);
        json_add_u64(writer, NULL, map->v[i].host_id);
        json_add_u64(writer, NULL, map->v[i].size);
    }
    json_array_end(writer);
}

static void write_scheduling(const struct cm_plan_scheduling *s, struct json_writer *writer)
{
    if (!s->policy_set && !s->io_priority_set && !s->memory_policy_set)
        return;
    json_object_begin(writer, "scheduling");
    json_add_bool(writer, "policySet", s->policy_set);
    json_add_u64(writer, "policy", s->policy);
    json_add_u64(writer, "nice", (uint64_t)s->nice); /* 0 to 19 */
    json_add_u64(writer, "flags", s->flags);
    json_add_bool(writer, "ioPrioritySet", s->io_priority_set);
    json_add_u64(writer, "ioPriority", s->io_priority);
    json_add_bool(writer, "memoryPolicySet", s->memory_policy_set);
    json_add_u64(writer, "memoryMode", s->memory_mode);
    json_array_begin(writer, "memoryNodes");
    for (size_t i = 0; i < CM_NODES_WORDS; i++)
        json_add_u64(writer, NULL, s->memory_nodes[i]);
    json_array_end(writer);
    json_object_end(writer);
}

static void write_json(const struct cm_confinement *c, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    json_object_begin(&writer, NULL);
    json_add_u64(&writer, "bounding", c->caps.bounding);
    json_add_u64(&writer, "effective", c->caps.effective);
    json_add_u64(&writer, "permitted", c->caps.permitted);
    json_add_u64(&writer, "ambient", c->caps.ambient);
    json_add_bool(&writer, "memoryDenyWriteExec", c->memory_deny_write_exec);
    json_add_bool(&writer, "nonRoot", c->non_root);
    json_add_u64(&writer, "landlockAbi", c->landlock_abi);
    json_add_bool(&writer, "writableRoot", c->writable_root);
    json_array_begin(&writer, "mounts");
    for (size_t i = 0; i < c->n_mounts; i++) {
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "target", c->mounts[i].target);
        json_add_u64(&writer, "kind", c->mounts[i].kind);
        json_add_u64(&writer, "attributes", c->mounts[i].attributes);
        json_add_bool(&writer, "directory", c->mounts[i].is_directory);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    if (c->apparmor_profile)
        json_add_string(&writer, "apparmorProfile", c->apparmor_profile);
    if (c->selinux_label)
        json_add_string(&writer, "selinuxLabel", c->selinux_label);
    if (c->affinity.initial)
        json_add_string(&writer, "cpusInitial", c->affinity.initial);
    if (c->affinity.final)
        json_add_string(&writer, "cpusFinal", c->affinity.final);
    write_scheduling(&c->scheduling, &writer);
    if (c->seccomp_agent)
        json_add_string(&writer, "seccompAgent", c->seccomp_agent);
    if (c->seccomp_metadata)
        json_add_string(&writer, "seccompMetadata", c->seccomp_metadata);
    write_map(&c->uid_map, "uidMap", &writer);
    write_map(&c->gid_map, "gidMap", &writer);
    json_object_end(&writer);
}

/* The whole file. False: no reader would take it. */
static bool compose(const struct cm_confinement *c, const struct cm_promise *promise, struct cm_str *out)
{
    struct confinement_header header = {
        .magic = CONFINEMENT_MAGIC, .ours_size = c->ours.size, .extra_size = c->extra.size, .ours_flags = c->ours.flags, .extra_flags = c->extra.flags};

    cm_str_add_bytes(out, &header, sizeof(header));
    write_json(c, out);
    header.json_size = (uint32_t)(out->size - sizeof(header));
    cm_str_add_bytes(out, c->ours.code, c->ours.size * sizeof(*c->ours.code));
    if (c->extra.size > 0)
        cm_str_add_bytes(out, c->extra.code, c->extra.size * sizeof(*c->extra.code));
    size_t before = out->size;
    state_promise_format(promise, out);
    header.promise_size = (uint32_t)(out->size - before);
    if (out->failed)
        return true;
    memcpy(out->data, &header, sizeof(header));
    size_t summed = offsetof(struct confinement_header, json_size);
    header.crc = cm_crc32c(out->data + summed, out->size - summed);
    memcpy(out->data, &header, sizeof(header));
    return header.json_size <= CONFINEMENT_JSON_MAX && header.promise_size <= CONFINEMENT_JSON_MAX && out->size <= CONFINEMENT_SIZE_MAX;
}

int cm_confinement_write(const struct cm_entry *entry, const struct cm_confinement *confinement, const struct cm_promise *promise, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};

    bool fits = compose(confinement, promise, &out);
    const char *data = cm_str_text(&out);
    if (!data)
        return cm_fail_errno(err, ENOMEM, NULL, "recording the confinement of \"%s\"", entry->id);
    if (!fits) /* nobody could join it, or look at what it is */
        return cm_fail(err, EFBIG, "/linux", "the confinement of \"%s\" takes more than 1 MiB to record; use fewer or shorter masked paths and mounts",
                       entry->id);
    /* The directory is new and locked, and the record says `creating`: nobody looks at half a file. */
    CM_AUTO_CLOSE int fd = openat(entry->fd, CONFINEMENT_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : cm_write_full(fd, data, out.size);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "recording the confinement of \"%s\"", entry->id) : 0;
}

void cm_confinement_free(struct cm_confinement **confinement)
{
    if (*confinement)
        cm_arena_free(&(*confinement)->arena);
    free(*confinement);
    *confinement = NULL;
}
