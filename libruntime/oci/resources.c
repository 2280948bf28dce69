/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.json "linux.resources" (runtime-spec config-linux.md). Values are hostile. */
#include <errno.h>
#include <string.h>

#include "oci/read.h"

static bool valid_rule_type(const char *text)
{
    return strchr("abc", text[0]) && text[1] == '\0';
}

static bool valid_access(const char *text)
{
    return text[strspn(text, "rwm")] == '\0';
}

static const struct oci_form rule_type = {.valid = valid_rule_type, .expected = "one of the letters a, b, c"};
static const struct oci_form rule_access = {.valid = valid_access, .expected = "letters of \"rwm\""};
static const struct oci_field device_rule_fields[] = {
    OCI_FIELD(struct oci_device_rule, "allow", allow, oci_read_plain_bool, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_device_rule, "type", type, oci_read_string, .form = &rule_type),
    OCI_FIELD(struct oci_device_rule, "major", major, oci_read_i64),
    OCI_FIELD(struct oci_device_rule, "minor", minor, oci_read_i64),
    OCI_FIELD(struct oci_device_rule, "access", access, oci_read_string, .form = &rule_access),
};
static const struct oci_shape device_rule_shape = OCI_SHAPE(struct oci_device_rule, device_rule_fields);

static const struct oci_field memory_fields[] = {
    OCI_FIELD(struct oci_memory, "limit", limit, oci_read_i64),
    OCI_FIELD(struct oci_memory, "reservation", reservation, oci_read_i64),
    OCI_FIELD(struct oci_memory, "swap", swap, oci_read_i64),
    OCI_FIELD(struct oci_memory, "kernel", kernel, oci_read_i64),
    OCI_FIELD(struct oci_memory, "kernelTCP", kernel_tcp, oci_read_i64),
    OCI_FIELD(struct oci_memory, "swappiness", swappiness, oci_read_u64),
    OCI_FIELD(struct oci_memory, "disableOOMKiller", disable_oom_killer, oci_read_bool),
    OCI_FIELD(struct oci_memory, "useHierarchy", use_hierarchy, oci_read_bool),
    OCI_FIELD(struct oci_memory, "checkBeforeUpdate", check_before_update, oci_read_bool),
};
static const struct oci_shape memory_shape = OCI_SHAPE(struct oci_memory, memory_fields);

static const struct oci_field cpu_fields[] = {
    OCI_FIELD(struct oci_cpu, "shares", shares, oci_read_u64),
    OCI_FIELD(struct oci_cpu, "quota", quota, oci_read_i64),
    OCI_FIELD(struct oci_cpu, "burst", burst, oci_read_u64),
    OCI_FIELD(struct oci_cpu, "period", period, oci_read_u64),
    OCI_FIELD(struct oci_cpu, "realtimeRuntime", realtime_runtime, oci_read_i64),
    OCI_FIELD(struct oci_cpu, "realtimePeriod", realtime_period, oci_read_u64),
    OCI_FIELD(struct oci_cpu, "cpus", cpus, oci_read_string),
    OCI_FIELD(struct oci_cpu, "mems", mems, oci_read_string),
    OCI_FIELD(struct oci_cpu, "idle", idle, oci_read_i64),
};
static const struct oci_shape cpu_shape = OCI_SHAPE(struct oci_cpu, cpu_fields);

/* Optional since runtime-spec 1.3. */
static const struct oci_field pids_fields[] = {
    OCI_FIELD(struct oci_resources, "limit", pids_limit, oci_read_i64),
};
static const struct oci_shape pids_shape = OCI_SHAPE(struct oci_resources, pids_fields);

static const struct oci_field weight_device_fields[] = {
    OCI_FIELD(struct oci_weight_device, "major", major, oci_read_plain_i64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_weight_device, "minor", minor, oci_read_plain_i64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_weight_device, "weight", weight, oci_read_u16),
    OCI_FIELD(struct oci_weight_device, "leafWeight", leaf_weight, oci_read_u16),
};
static const struct oci_shape weight_device_shape = OCI_SHAPE(struct oci_weight_device, weight_device_fields);

/* The schema leaves the rate out, but an entry without one means nothing and reads as "no limit". */
static const struct oci_field throttle_fields[] = {
    OCI_FIELD(struct oci_throttle_device, "major", major, oci_read_plain_i64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_throttle_device, "minor", minor, oci_read_plain_i64, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_throttle_device, "rate", rate, oci_read_plain_u64, .flags = OCI_REQUIRED),
};
static const struct oci_shape throttle_shape = OCI_SHAPE(struct oci_throttle_device, throttle_fields);

#define THROTTLE_FIELD(name, kind)                                                                                                                             \
    OCI_FIELD(struct oci_block_io, name, throttle[kind], oci_read_array, .count = offsetof(struct oci_block_io, n_throttle[kind]), .shape = &throttle_shape)

static const struct oci_field block_io_fields[] = {
    OCI_FIELD(struct oci_block_io, "weight", weight, oci_read_u16),
    OCI_FIELD(struct oci_block_io, "leafWeight", leaf_weight, oci_read_u16),
    OCI_FIELD(struct oci_block_io, "weightDevice", weight_devices, oci_read_array, .count = offsetof(struct oci_block_io, n_weight_devices),
              .shape = &weight_device_shape),
    THROTTLE_FIELD("throttleReadBpsDevice", OCI_THROTTLE_READ_BPS),
    THROTTLE_FIELD("throttleWriteBpsDevice", OCI_THROTTLE_WRITE_BPS),
    THROTTLE_FIELD("throttleReadIOPSDevice", OCI_THROTTLE_READ_IOPS),
    THROTTLE_FIELD("throttleWriteIOPSDevice", OCI_THROTTLE_WRITE_IOPS),
};
static const struct oci_shape block_io_shape = OCI_SHAPE(struct oci_block_io, block_io_fields);

/* The size becomes part of a file name (hugetlb.SIZE.max), so its form is checked here. */
static bool valid_page_size(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && text[0] != '0' && text[digits] != '\0' && strchr("KMG", text[digits]) && strcmp(text + digits + 1, "B") == 0;
}

static const struct oci_form page_size = {.valid = valid_page_size, .expected = "a size such as \"64KB\", \"2MB\" or \"1GB\""};
static const struct oci_field hugepage_fields[] = {
    OCI_FIELD(struct oci_hugepage_limit, "pageSize", page_size, oci_read_string, .flags = OCI_REQUIRED, .form = &page_size),
    OCI_FIELD(struct oci_hugepage_limit, "limit", limit, oci_read_plain_u64, .flags = OCI_REQUIRED),
};
static const struct oci_shape hugepage_shape = OCI_SHAPE(struct oci_hugepage_limit, hugepage_fields);

static const struct oci_field priority_fields[] = {
    OCI_FIELD(struct oci_network_priority, "name", name, oci_read_string, .flags = OCI_REQUIRED),
    OCI_FIELD(struct oci_network_priority, "priority", priority, oci_read_plain_u32, .flags = OCI_REQUIRED),
};
static const struct oci_shape priority_shape = OCI_SHAPE(struct oci_network_priority, priority_fields);

static const struct oci_field network_fields[] = {
    OCI_FIELD(struct oci_network_resources, "classID", class_id, oci_read_u32),
    OCI_FIELD(struct oci_network_resources, "priorities", priorities, oci_read_array, .count = offsetof(struct oci_network_resources, n_priorities),
              .shape = &priority_shape),
};
static const struct oci_shape network_shape = OCI_SHAPE(struct oci_network_resources, network_fields);

static const struct oci_field rdma_fields[] = {
    OCI_FIELD(struct oci_rdma, "hcaHandles", hca_handles, oci_read_u32),
    OCI_FIELD(struct oci_rdma, "hcaObjects", hca_objects, oci_read_u32),
};

static int read_rdma(const struct oci_reader *reader, const struct json_value *value, const struct oci_field *field, void *object)
{
    static const struct oci_shape shape = OCI_SHAPE(struct oci_rdma, rdma_fields);
    struct oci_resources *resources = object;
    int r = oci_take_elements(reader, value, JSON_OBJECT, sizeof(*resources->rdma), &resources->rdma);

    if (r < 0)
        return r;
    for (const struct json_value *child = value->child; child; child = child->next) {
        struct oci_rdma *rdma = &resources->rdma[resources->n_rdma++];
        r = oci_take_name(reader, child, &rdma->device);
        if (r == 0)
            r = oci_read_members(reader, child, &shape, rdma);
        if (r < 0)
            return r;
    }
    return 0;
}

static const struct oci_field resources_fields[] = {
    OCI_FIELD(struct oci_resources, "devices", devices, oci_read_array, .count = offsetof(struct oci_resources, n_devices), .shape = &device_rule_shape),
    OCI_FIELD(struct oci_resources, "memory", memory, oci_read_object, .shape = &memory_shape),
    OCI_FIELD(struct oci_resources, "cpu", cpu, oci_read_object, .shape = &cpu_shape),
    {.key = "pids", .read = oci_read_inside, .offset = 0, .shape = &pids_shape},
    OCI_FIELD(struct oci_resources, "blockIO", block_io, oci_read_object, .shape = &block_io_shape),
    OCI_FIELD(struct oci_resources, "hugepageLimits", hugepage_limits, oci_read_array, .count = offsetof(struct oci_resources, n_hugepage_limits),
              .shape = &hugepage_shape),
    OCI_FIELD(struct oci_resources, "network", network, oci_read_object, .shape = &network_shape),
    OCI_FIELD(struct oci_resources, "rdma", rdma, read_rdma),
    OCI_FIELD(struct oci_resources, "unified", unified, oci_read_map),
};
const struct oci_shape oci_resources_shape = OCI_SHAPE(struct oci_resources, resources_fields);
