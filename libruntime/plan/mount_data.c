/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filesystem data of mounts: "size=64m" and its like, parsed here so that only numbers ever reach fsconfig(2). A known word is needed per kind of
 * mount; everything else (lowerdir=, source=, context=) is refused: data strings have been used to smuggle host paths into mounts.
 */
#include <string.h>

#include "plan/mounts.h"

#define MIB (UINT64_C(1) << 20)
#define BLOCK_SIZE UINT64_C(4096)
/* A tmpfs is memory. Without size= the kernel would take half of the machine's; a container gets 64 MiB and one inode a page of it. */
#define TMPFS_SIZE_DEFAULT (64 * MIB)
#define TMPFS_INODES_MIN UINT64_C(1024)
#define DEV_SIZE_MAX (64 * MIB)
#define PTYS_MAX 1024u

enum value_kind { VALUE_NONE, VALUE_SIZE, VALUE_INODES, VALUE_BLOCKS, VALUE_MODE, VALUE_PTMX_MODE, VALUE_UID, VALUE_GID, VALUE_PTYS, VALUE_HIDEPID };

#define ON(kind) (1u << (kind))

struct data_row {
    const char *name; /* with '=' if it has a value */
    enum value_kind value;
    unsigned int kinds;
};

static const struct data_row table[] = {
    {"size=", VALUE_SIZE, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEV)},
    {"nr_inodes=", VALUE_INODES, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEV)},
    {"nr_blocks=", VALUE_BLOCKS, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEV)},
    {"mode=", VALUE_MODE, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEV) | ON(CM_MOUNT_DEVPTS)},
    {"uid=", VALUE_UID, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEVPTS)},
    {"gid=", VALUE_GID, ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_DEVPTS)},
    {"ptmxmode=", VALUE_PTMX_MODE, ON(CM_MOUNT_DEVPTS)},
    {"max=", VALUE_PTYS, ON(CM_MOUNT_DEVPTS)},
    {"newinstance", VALUE_NONE, ON(CM_MOUNT_DEVPTS)}, /* always so since Linux 4.7 */
    {"hidepid=", VALUE_HIDEPID, ON(CM_MOUNT_PROC)},
    {"nsdelegate", VALUE_NONE, ON(CM_MOUNT_CGROUP2)}, /* of the whole hierarchy: not a container's to change */
    {"memory_recursiveprot", VALUE_NONE, ON(CM_MOUNT_CGROUP2)},
};

static const struct data_row *find_row(const char *word, enum cm_mount_kind kind)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        bool match = table[i].value == VALUE_NONE ? cm_streq(word, table[i].name) : cm_has_prefix(word, table[i].name);
        if (match && (table[i].kinds & ON(kind)))
            return &table[i];
    }
    return NULL;
}

static bool parse_id(const struct cm_planner *p, const struct oci_id_mappings *map, const char *text, uint32_t *ret)
{
    return cm_parse_u32(text, ret) == 0 && (p->plan->allocate_ids ? *ret < 65536 : cm_ids_map_contains(map, *ret));
}

/* proc(5): each hides more of the processes of others than the one before; never the text of the configuration. */
static const char *hidepid(const char *value)
{
    static const struct {
        const char *number, *word;
    } levels[] = {{"0", "off"}, {"1", "noaccess"}, {"2", "invisible"}, {"4", "ptraceable"}};

    for (size_t i = 0; i < CM_ARRAY_LEN(levels); i++)
        if (cm_streq(value, levels[i].number) || cm_streq(value, levels[i].word))
            return levels[i].number;
    return NULL;
}

static bool store(struct cm_planner *p, struct cm_plan_mount *out, enum value_kind kind, const char *value)
{
    uint32_t ptys;

    switch (kind) {
    case VALUE_NONE:
        return true;
    case VALUE_SIZE:
        return cm_parse_size(value, p->facts->memory_total, &out->size) == 0;
    case VALUE_INODES:
        return cm_parse_size(value, 0, &out->nr_inodes) == 0;
    case VALUE_BLOCKS:
        return cm_parse_size(value, 0, &out->size) == 0 && !__builtin_mul_overflow(out->size, BLOCK_SIZE, &out->size);
    case VALUE_MODE:
        out->mode_set = cm_parse_mode(value, &out->mode) == 0;
        return out->mode_set;
    case VALUE_PTMX_MODE:
        return cm_parse_mode(value, &out->ptmx_mode) == 0 && out->ptmx_mode <= 0666;
    case VALUE_UID:
        out->uid_set = parse_id(p, &p->plan->uid_map, value, &out->uid);
        return out->uid_set;
    case VALUE_GID:
        out->gid_set = parse_id(p, &p->plan->gid_map, value, &out->gid);
        return out->gid_set;
    case VALUE_HIDEPID:
        out->hidepid = hidepid(value);
        return out->hidepid;
    case VALUE_PTYS:
        if (cm_parse_u32(value, &ptys) < 0 || ptys == 0)
            return false;
        out->max_ptys = CM_MIN(ptys, PTYS_MAX);
        return true;
    }
    return false;
}

static void bound_tmpfs(struct cm_planner *p, struct cm_mount_work *work, uint64_t size_default, uint64_t size_max)
{
    struct cm_plan_mount *out = work->out;
    uint64_t inodes_max = CM_MAX(size_max / BLOCK_SIZE, TMPFS_INODES_MIN);

    if (out->size == 0)
        out->size = size_default;
    if (out->size > size_max) {
        cm_tighten(p, CM_CODE_MOUNT_OPTION, cm_text(p, "%s/options", work->field), "the size of %s was lowered to %llu bytes", out->target,
                   (unsigned long long)size_max);
        out->size = size_max;
    }
    if (out->nr_inodes == 0)
        out->nr_inodes = CM_MAX(out->size / BLOCK_SIZE, TMPFS_INODES_MIN);
    out->nr_inodes = CM_MIN(out->nr_inodes, inodes_max);
}

static void set_defaults(struct cm_planner *p, struct cm_mount_work *work)
{
    struct cm_plan_mount *out = work->out;

    if (out->kind == CM_MOUNT_TMPFS) {
        /* half of the machine is the kernel's own upper bound; more is a mistake or an attempt at the host's memory */
        bound_tmpfs(p, work, TMPFS_SIZE_DEFAULT, CM_MAX(p->facts->memory_total / 2, TMPFS_SIZE_DEFAULT));
    } else if (out->kind == CM_MOUNT_DEV) {
        bound_tmpfs(p, work, DEV_SIZE_MAX, DEV_SIZE_MAX);
        if (!out->mode_set)
            out->mode = 0755;
        out->mode_set = true;
    } else if (out->kind == CM_MOUNT_DEVPTS) {
        if (!out->mode_set)
            out->mode = 0620;
        out->mode_set = true;
        if (out->ptmx_mode == 0)
            out->ptmx_mode = 0666;
        if (out->max_ptys == 0)
            out->max_ptys = PTYS_MAX;
    }
}

/* gid 5 is tty in practically every image; where it is not mapped (a small rootless map) the kernel would refuse it */
static void default_tty_group(struct cm_planner *p, struct cm_plan_mount *out)
{
    if (out->kind != CM_MOUNT_DEVPTS || out->gid_set)
        return;
    out->gid_set = p->plan->allocate_ids || cm_ids_map_contains(&p->plan->gid_map, 5);
    out->gid = out->gid_set ? 5 : 0;
}

void cm_mount_read_data(struct cm_planner *p, struct cm_mount_work *work)
{
    for (size_t i = 0; i < work->n_data; i++) {
        const struct data_row *row = find_row(work->data[i], work->out->kind);
        const char *field = cm_text(p, "%s/options/%zu", work->field, work->data_index[i]);
        if (!row) {
            cm_refuse(p, CM_CODE_MOUNT_OPTION, field, "the option \"%.128s\" is not accepted for this mount; remove it", work->data[i]);
            continue;
        }
        if (!store(p, work->out, row->value, work->data[i] + strlen(row->name)))
            cm_refuse(p, CM_CODE_MOUNT_OPTION, field, "\"%.128s\" has no valid value (ids must be mapped in the container)", work->data[i]);
    }
    set_defaults(p, work);
    default_tty_group(p, work->out);
}
