/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The promise of a container in its file. Targets, paths and values come from a bundle; the JSON writer escapes them. Read back, all of it is taken as hostile.
 */
#include <stdlib.h>

#include "json/json.h"
#include "state/confinement.h"
#include "state/confinement_format.h"
#include "state/members.h"

#define MOUNT_RECURSIVE 1u
#define MOUNT_IDMAP 2u

static void add_strings(struct json_writer *writer, const char *key, const struct oci_strings *strings)
{
    json_array_begin(writer, key);
    for (size_t i = 0; i < strings->n; i++)
        json_add_string(writer, NULL, strings->v[i]);
    json_array_end(writer);
}

static void add_mounts(struct json_writer *writer, const struct cm_promise *promise)
{
    json_array_begin(writer, "mounts");
    for (size_t i = 0; i < promise->n_mounts; i++) {
        const struct cm_promised_mount *m = &promise->mounts[i];
        json_add_string(writer, NULL, m->target);
        json_add_u64(writer, NULL, m->kind);
        json_add_u64(writer, NULL, m->attributes);
        json_add_u64(writer, NULL, (m->recursive ? MOUNT_RECURSIVE : 0) | (m->idmap ? MOUNT_IDMAP : 0));
    }
    json_array_end(writer);
}

static void add_limits(struct json_writer *writer, const struct cm_promise *promise)
{
    json_array_begin(writer, "limits");
    for (size_t i = 0; i < promise->n_limits; i++) {
        const struct cm_promised_limit *l = &promise->limits[i];
        json_add_string(writer, NULL, l->file);
        json_add_string(writer, NULL, l->value);
        json_add_string(writer, NULL, l->preferred_file ? l->preferred_file : "");
        json_add_string(writer, NULL, l->preferred_value ? l->preferred_value : "");
    }
    json_array_end(writer);
}

void state_promise_format(const struct cm_promise *promise, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    json_object_begin(&writer, NULL);
    json_add_u64(&writer, "uid", promise->uid);
    json_add_u64(&writer, "gid", promise->gid);
    json_array_begin(&writer, "groups");
    for (size_t i = 0; i < promise->n_groups; i++)
        json_add_u64(&writer, NULL, promise->groups[i]);
    json_array_end(&writer);
    json_array_begin(&writer, "rlimits");
    for (size_t i = 0; i < promise->n_rlimits; i++) {
        json_add_u64(&writer, NULL, (uint64_t)promise->rlimits[i].resource);
        json_add_u64(&writer, NULL, promise->rlimits[i].soft);
        json_add_u64(&writer, NULL, promise->rlimits[i].hard);
    }
    json_array_end(&writer);
    json_add_i64(&writer, "oomScoreAdj", promise->oom_score_adj);
    if (promise->seccomp_profile)
        json_add_string(&writer, "profile", promise->seccomp_profile);
    json_add_bool(&writer, "hooks", promise->hooks);
    json_add_bool(&writer, "terminal", promise->terminal);
    json_add_bool(&writer, "rootIdmap", promise->root_idmap);
    json_add_bool(&writer, "deviceProgram", promise->device_program);
    json_add_bool(&writer, "networkJoined", promise->network_joined);
    json_add_bool(&writer, "ipcJoined", promise->ipc_joined);
    json_add_bool(&writer, "utsJoined", promise->uts_joined);
    json_add_u64(&writer, "networkOwnerDev", promise->network_owner.dev);
    json_add_u64(&writer, "networkOwnerIno", promise->network_owner.ino);
    add_strings(&writer, "boundNodes", &promise->bound_nodes);
    add_strings(&writer, "masked", &promise->masked);
    add_strings(&writer, "readonly", &promise->readonly);
    add_mounts(&writer, promise);
    add_limits(&writer, promise);
    json_object_end(&writer);
}

static const struct json_value *next_u64(const struct json_value *child, uint64_t max, uint64_t *ret, struct state_reader *reader, int *r)
{
    if (*r == 0)
        *r = json_get_u64(child, max, ret, reader->err);
    return child->next;
}

static const struct json_value *next_string(const struct json_value *child, const char **ret, struct state_reader *reader, int *r)
{
    if (*r == 0)
        *r = json_get_string(child, ret, reader->err);
    return child->next;
}

static void read_groups(struct state_reader *reader, struct cm_promise *ret, int *r)
{
    uint32_t *groups = NULL;
    const struct json_value *child = state_read_array(reader, "groups", 1, sizeof(*groups), &groups, &ret->n_groups, r);
    uint64_t number = 0;

    for (size_t i = 0; child && *r == 0; i++) {
        child = next_u64(child, UINT32_MAX, &number, reader, r);
        groups[i] = (uint32_t)number;
    }
    ret->groups = groups;
}

static void read_rlimits(struct state_reader *reader, struct cm_promise *ret, int *r)
{
    struct cm_plan_rlimit *limits = NULL;
    const struct json_value *child = state_read_array(reader, "rlimits", 3, sizeof(*limits), &limits, &ret->n_rlimits, r);
    uint64_t resource = 0;

    for (size_t i = 0; child && *r == 0; i++) {
        child = next_u64(child, RLIM_NLIMITS - 1, &resource, reader, r);
        child = next_u64(child, UINT64_MAX, &limits[i].soft, reader, r);
        child = next_u64(child, UINT64_MAX, &limits[i].hard, reader, r);
        limits[i].resource = (int)resource;
        limits[i].field = "";
    }
    ret->rlimits = limits;
}

static void read_mounts(struct state_reader *reader, struct cm_promise *ret, int *r)
{
    struct cm_promised_mount *mounts = NULL;
    const struct json_value *child = state_read_array(reader, "mounts", 4, sizeof(*mounts), &mounts, &ret->n_mounts, r);
    uint64_t kind = 0, flags = 0;

    for (size_t i = 0; child && *r == 0; i++) {
        child = next_string(child, &mounts[i].target, reader, r);
        child = next_u64(child, CM_MOUNT_BIND, &kind, reader, r);
        child = next_u64(child, UINT64_MAX, &mounts[i].attributes, reader, r);
        child = next_u64(child, MOUNT_RECURSIVE | MOUNT_IDMAP, &flags, reader, r);
        mounts[i].kind = (enum cm_mount_kind)kind;
        mounts[i].recursive = (flags & MOUNT_RECURSIVE) != 0;
        mounts[i].idmap = (flags & MOUNT_IDMAP) != 0;
    }
    ret->mounts = mounts;
}

static void read_limits(struct state_reader *reader, struct cm_promise *ret, int *r)
{
    struct cm_promised_limit *limits = NULL;
    const struct json_value *child = state_read_array(reader, "limits", 4, sizeof(*limits), &limits, &ret->n_limits, r);

    for (size_t i = 0; child && *r == 0; i++) {
        child = next_string(child, &limits[i].file, reader, r);
        child = next_string(child, &limits[i].value, reader, r);
        child = next_string(child, &limits[i].preferred_file, reader, r);
        child = next_string(child, &limits[i].preferred_value, reader, r);
        if (*r == 0 && !limits[i].preferred_file[0])
            limits[i].preferred_file = limits[i].preferred_value = NULL;
    }
    ret->limits = limits;
}

int state_promise_parse(const char *text, size_t size, struct cm_promise *ret, struct cm_error *err)
{
    struct json_value *root = NULL;
    struct state_reader reader = {.arena = &ret->arena, .err = err};
    int64_t score = 0;
    int r = json_parse(text, size, CONFINEMENT_JSON_MAX, &ret->arena, &root, err);

    if (r == 0 && root->type != JSON_OBJECT)
        r = state_fail_at(root, err, "an object is expected");
    reader.object = root;
    state_read_u32(&reader, "uid", UINT32_MAX, &ret->uid, &r);
    state_read_u32(&reader, "gid", UINT32_MAX, &ret->gid, &r);
    read_groups(&reader, ret, &r);
    read_rlimits(&reader, ret, &r);
    const struct json_value *value = state_need(&reader, "oomScoreAdj", &r);
    if (value)
        r = json_get_i64(value, -1000, 1000, &score, err);
    ret->oom_score_adj = (int32_t)score;
    state_read_optional_string(&reader, "profile", &ret->seccomp_profile, &r);
    state_read_bool(&reader, "hooks", &ret->hooks, &r);
    state_read_bool(&reader, "terminal", &ret->terminal, &r);
    state_read_bool(&reader, "rootIdmap", &ret->root_idmap, &r);
    state_read_bool(&reader, "deviceProgram", &ret->device_program, &r);
    state_read_bool(&reader, "networkJoined", &ret->network_joined, &r);
    state_read_bool(&reader, "ipcJoined", &ret->ipc_joined, &r);
    state_read_bool(&reader, "utsJoined", &ret->uts_joined, &r);
    state_read_u64(&reader, "networkOwnerDev", UINT64_MAX, &ret->network_owner.dev, &r);
    state_read_u64(&reader, "networkOwnerIno", UINT64_MAX, &ret->network_owner.ino, &r);
    state_read_strings(&reader, "boundNodes", &ret->bound_nodes, &r);
    state_read_strings(&reader, "masked", &ret->masked, &r);
    state_read_strings(&reader, "readonly", &ret->readonly, &r);
    read_mounts(&reader, ret, &r);
    read_limits(&reader, ret, &r);
    state_read_end(&reader, &r);
    return r;
}

void cm_promise_free(struct cm_promise **promise)
{
    if (*promise)
        cm_arena_free(&(*promise)->arena);
    free(*promise);
    *promise = NULL;
}
