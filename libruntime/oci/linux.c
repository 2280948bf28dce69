/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.json "linux" without resources and seccomp (runtime-spec config-linux.md). Values are hostile. */
#include <errno.h>
#include <string.h>

#include "oci/read.h"

static const char *const namespace_list[OCI_NS_TYPES] = {
    [OCI_NS_PID] = "pid", [OCI_NS_NETWORK] = "network", [OCI_NS_MOUNT] = "mount",   [OCI_NS_IPC] = "ipc",
    [OCI_NS_UTS] = "uts", [OCI_NS_USER] = "user",       [OCI_NS_CGROUP] = "cgroup", [OCI_NS_TIME] = "time",
};
static const struct oci_words namespace_words = OCI_WORDS(namespace_list);

const char *oci_namespace_word(enum oci_namespace_type type)
{
    return namespace_list[type];
}

enum oci_namespace_type oci_namespace_find(const char *word)
{
    enum oci_namespace_type type = 0;

    while (type < OCI_NS_TYPES && !cm_streq(oci_namespace_word(type), word))
        type++;
    return type;
}

static int read_namespace_type(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int index = oci_word_index(reader, value, &namespace_words);

    if (index < 0)
        return index;
    ((struct oci_namespace *)object)->type = (enum oci_namespace_type)index;
    return 0;
}

static const struct oci_field namespace_fields[] = {
    OCI_FIELD(struct oci_namespace, "type", type, read_namespace_type, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_namespace, "path", path, oci_read_string),
};
static const struct oci_shape namespace_shape = OCI_SHAPE(struct oci_namespace, namespace_fields);

static int read_namespaces(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    const struct oci_linux *linux_object = object;
    const struct json_value *element = value->child;
    bool seen[OCI_NS_TYPES] = {false};
    int r = oci_read_array(reader, value, field, object);

    if (r < 0)
        return r;
    for (size_t i = 0; i < linux_object->n_namespaces; i++, element = element->next) {
        enum oci_namespace_type type = linux_object->namespaces[i].type;
        if (seen[type])
            return oci_refuse(reader, element, EINVAL, "the namespace type \"%s\" is there twice, remove one", namespace_list[type]);
        seen[type] = true;
    }
    return 0;
}

/* The kernel's own limit (kernel/time/namespace.c): a normalised timespec. */
static const struct oci_field time_offset_fields[] = {
    OCI_FIELD(struct oci_time_offset, "secs", secs, oci_read_plain_i64),
    OCI_FIELD(struct oci_time_offset, "nanosecs", nanosecs, oci_read_plain_u32, .max = 999999999),
};

static int read_time_offset(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct oci_time_offset, time_offset_fields);
    struct oci_time_offset *offset = (struct oci_time_offset *)((char *)object + field->offset);

    offset->set = true;
    return oci_read_members(reader, value, &shape, offset);
}

static const struct oci_field time_fields[] = {
    OCI_FIELD(struct oci_linux, "monotonic", monotonic, read_time_offset),
    OCI_FIELD(struct oci_linux, "boottime", boottime, read_time_offset),
};
static const struct oci_shape time_shape = OCI_SHAPE(struct oci_linux, time_fields);

static bool valid_device_type(const char *text)
{
    return strchr("cbup", text[0]) && text[1] == '\0';
}

static const struct oci_form device_type = {.valid = valid_device_type, .expected = "one of the letters c, b, u, p"};
static const struct oci_field device_fields[] = {
    OCI_FIELD(struct oci_device, "type", type, oci_read_string, .flags = OCI_REQUIRED, .form = &device_type),
    OCI_FIELD(struct oci_device, "path", path, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_device, "major", major, oci_read_i64),
    OCI_FIELD(struct oci_device, "minor", minor, oci_read_i64),
    OCI_FIELD(struct oci_device, "fileMode", file_mode, oci_read_u32),
    OCI_FIELD(struct oci_device, "uid", uid, oci_read_u32),
    OCI_FIELD(struct oci_device, "gid", gid, oci_read_u32),
};
static const struct oci_shape device_shape = OCI_SHAPE(struct oci_device, device_fields);

static const struct oci_field net_device_fields[] = {
    OCI_FIELD(struct oci_net_device, "name", name, oci_read_string),
};

static int read_net_devices(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct oci_net_device, net_device_fields);
    struct oci_linux *linux_object = object;
    int r = oci_take_elements(reader, value, JSON_OBJECT, sizeof(*linux_object->net_devices), &linux_object->net_devices);

    if (r < 0)
        return r;
    for (const struct json_value *child = value->child; child; child = child->next) {
        struct oci_net_device *device = &linux_object->net_devices[linux_object->n_net_devices++];
        r = oci_take_name(reader, child, &device->host_name);
        if (r == 0)
            r = oci_read_members(reader, child, &shape, device);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The specification knows four; the recursive ones are what other runtimes take as well. */
static const char *const propagation_list[] = {
    "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable",
};
static const struct oci_words propagations = OCI_WORDS(propagation_list);

static bool valid_bandwidth_schema(const char *text)
{
    return cm_has_prefix(text, "MB:") && !strchr(text, '\n');
}

static const struct oci_form bandwidth_schema = {.valid = valid_bandwidth_schema, .expected = "one line that begins with MB:"};
static const struct oci_field intel_rdt_fields[] = {
    OCI_FIELD(struct oci_intel_rdt, "closID", clos_id, oci_read_string),
    OCI_FIELD(struct oci_intel_rdt, "l3CacheSchema", l3_cache_schema, oci_read_string),
    OCI_FIELD(struct oci_intel_rdt, "memBwSchema", mem_bw_schema, oci_read_string, .form = &bandwidth_schema),
    OCI_FIELD(struct oci_intel_rdt, "schemata", schemata, oci_read_strings),
    OCI_FIELD(struct oci_intel_rdt, "enableMonitoring", enable_monitoring, oci_read_bool),
};
static const struct oci_shape intel_rdt_shape = OCI_SHAPE(struct oci_intel_rdt, intel_rdt_fields);

static const char *const domain_list[] = {"LINUX", "LINUX32"};
static const struct oci_words domains = OCI_WORDS(domain_list);
static const struct oci_field personality_fields[] = {
    OCI_FIELD(struct oci_personality, "domain", domain, oci_read_string, .words = &domains),
    OCI_FIELD(struct oci_personality, "flags", flags, oci_read_strings),
};
static const struct oci_shape personality_shape = OCI_SHAPE(struct oci_personality, personality_fields);

static const char *const mode_list[] = {
    "MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",
};
static const char *const mode_flag_list[] = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"};
static const struct oci_words modes = OCI_WORDS(mode_list), mode_flags = OCI_WORDS(mode_flag_list);

/* The words before the error are what people search for. */
static int read_memory_mode(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int r = oci_read_string(reader, value, field, object);

    return r < 0 ? cm_error_prefix(reader->err, "invalid memory policy mode: ") : 0;
}

static int read_memory_flags(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    int r = oci_read_strings(reader, value, field, object);

    return r < 0 ? cm_error_prefix(reader->err, "invalid memory policy flag: ") : 0;
}

static const struct oci_field memory_policy_fields[] = {
    OCI_FIELD(struct oci_memory_policy, "mode", mode, read_memory_mode, .flags = OCI_REQUIRED, .words = &modes),
    OCI_FIELD(struct oci_memory_policy, "nodes", nodes, oci_read_string),
    OCI_FIELD(struct oci_memory_policy, "flags", flags, read_memory_flags, .words = &mode_flags),
};
static const struct oci_shape memory_policy_shape = OCI_SHAPE(struct oci_memory_policy, memory_policy_fields);

static const struct oci_field linux_fields[] = {
    OCI_FIELD(struct oci_linux, "namespaces", namespaces, read_namespaces, .count = offsetof(struct oci_linux, n_namespaces), .shape = &namespace_shape),
    OCI_FIELD(struct oci_linux, "uidMappings", uid_mappings, oci_read_id_mappings),
    OCI_FIELD(struct oci_linux, "gidMappings", gid_mappings, oci_read_id_mappings),
    {.key = "timeOffsets", .read = oci_read_inside, .offset = 0, .shape = &time_shape},
    OCI_FIELD(struct oci_linux, "devices", devices, oci_read_array, .count = offsetof(struct oci_linux, n_devices), .shape = &device_shape),
    OCI_FIELD(struct oci_linux, "netDevices", net_devices, read_net_devices),
    OCI_FIELD(struct oci_linux, "cgroupsPath", cgroups_path, oci_read_string),
    OCI_FIELD(struct oci_linux, "rootfsPropagation", rootfs_propagation, oci_read_string, .words = &propagations),
    OCI_FIELD(struct oci_linux, "maskedPaths", masked_paths, oci_read_strings),
    OCI_FIELD(struct oci_linux, "readonlyPaths", readonly_paths, oci_read_strings),
    OCI_FIELD(struct oci_linux, "mountLabel", mount_label, oci_read_string),
    OCI_FIELD(struct oci_linux, "sysctl", sysctl, oci_read_map),
    OCI_FIELD(struct oci_linux, "resources", resources, oci_read_object, .shape = &oci_resources_shape),
    OCI_FIELD(struct oci_linux, "seccomp", seccomp, oci_read_object, .shape = &oci_seccomp_shape),
    OCI_FIELD(struct oci_linux, "intelRdt", intel_rdt, oci_read_object, .shape = &intel_rdt_shape),
    OCI_FIELD(struct oci_linux, "personality", personality, oci_read_object, .shape = &personality_shape),
    OCI_FIELD(struct oci_linux, "memoryPolicy", memory_policy, oci_read_object, .shape = &memory_policy_shape),
};
const struct oci_shape oci_linux_shape = OCI_SHAPE(struct oci_linux, linux_fields);
