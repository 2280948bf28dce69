/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The document itself: config.json and process.json. The text is hostile. */
#include "oci/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/read.h"

static const struct oci_field root_fields[] = {
    OCI_FIELD(struct oci_root, "path", path, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_root, "readonly", readonly, oci_read_bool),
};
static const struct oci_shape root_shape = OCI_SHAPE(struct oci_root, root_fields);

static const struct oci_field config_fields[] = {
    OCI_FIELD(struct oci_config, "ociVersion", oci_version, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_config, "root", root, oci_read_object, .shape = &root_shape),
    OCI_FIELD(struct oci_config, "hostname", hostname, oci_read_string),
    OCI_FIELD(struct oci_config, "domainname", domainname, oci_read_string),
    OCI_FIELD(struct oci_config, "mounts", mounts, oci_read_array, .count = offsetof(struct oci_config, n_mounts), .shape = &oci_mount_shape),
    OCI_FIELD(struct oci_config, "process", process, oci_read_object, .shape = &oci_process_shape),
    OCI_FIELD(struct oci_config, "hooks", hooks, oci_read_object, .shape = &oci_hooks_shape),
    OCI_FIELD(struct oci_config, "annotations", annotations, oci_read_map),
    OCI_FIELD(struct oci_config, "linux", linux_, oci_read_object, .shape = &oci_linux_shape),
};
static const struct oci_shape config_shape = OCI_SHAPE(struct oci_config, config_fields);

/* The tree goes when this returns; the strings were put where the structures are, so that no text is ever there twice. */
static int read_document(const char *text, size_t size, const struct oci_reader *reader, const struct oci_shape *shape, void *object)
{
    CM_AUTO_ARENA struct cm_arena tree = {0};
    struct json_value *document;
    int r = json_parse_split(text, size, OCI_CONFIG_SIZE_MAX, &tree, reader->arena, &document, reader->err);

    return r < 0 ? r : oci_read_members(reader, document, shape, object);
}

int oci_config_parse(const char *text, size_t size, struct oci_config **ret_config, struct cm_error *err)
{
    OCI_AUTO_CONFIG struct oci_config *config = calloc(1, sizeof(*config));

    if (!config)
        return cm_fail(err, ENOMEM, NULL, "not enough memory for the configuration");
    const struct oci_reader reader = {.arena = &config->arena, .err = err};
    int r = read_document(text, size, &reader, &config_shape, config);
    if (r < 0)
        return r;
    if (!config->linux_)
        config->linux_ = cm_arena_alloc(&config->arena, sizeof(*config->linux_));
    if (!config->linux_)
        return oci_no_memory(&reader);
    *ret_config = CM_TAKE_PTR(config);
    return 0;
}

void oci_config_free(struct oci_config *config)
{
    if (config)
        cm_arena_free(&config->arena);
    free(config);
}

void oci_config_free_ptr(struct oci_config **config)
{
    oci_config_free(*config);
    *config = NULL;
}

int oci_process_parse(const char *text, size_t size, struct cm_arena *arena, struct oci_process **ret_process, struct cm_error *err)
{
    const struct oci_reader reader = {.arena = arena, .err = err};
    struct oci_process *process = cm_arena_alloc(arena, sizeof(*process));

    if (!process)
        return oci_no_memory(&reader);
    int r = read_document(text, size, &reader, &oci_process_shape, process);
    if (r < 0)
        return r;
    *ret_process = process;
    return 0;
}

int oci_resources_parse(const char *text, size_t size, struct cm_arena *arena, struct oci_resources **ret_resources, struct cm_error *err)
{
    const struct oci_reader reader = {.arena = arena, .err = err};
    struct oci_resources *resources = cm_arena_alloc(arena, sizeof(*resources));

    if (!resources)
        return oci_no_memory(&reader);
    int r = read_document(text, size, &reader, &oci_resources_shape, resources);
    if (r < 0)
        return r;
    *ret_resources = resources;
    return 0;
}

const struct oci_namespace *oci_config_namespace(const struct oci_config *config, enum oci_namespace_type type)
{
    for (size_t i = 0; i < config->linux_->n_namespaces; i++)
        if (config->linux_->namespaces[i].type == type)
            return &config->linux_->namespaces[i];
    return NULL;
}

const char *oci_config_annotation(const struct oci_config *config, const char *key)
{
    for (size_t i = 0; i < config->annotations.n; i++)
        if (strcmp(config->annotations.v[i].key, key) == 0)
            return config->annotations.v[i].value;
    return NULL;
}
