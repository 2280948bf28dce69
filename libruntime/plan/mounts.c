/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount list: what kinds there are, where each may go, in which order. Destinations and types are hostile; nothing may be put on or below /proc, /sys and
 * /dev except the filesystem that belongs there (CVE-2019-19921, CVE-2025-54867).
 */
#include "plan/mounts.h"

#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#define ON(kind) (1u << (kind))
#define SAFE_FLAGS ((uint64_t)(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV))

struct kind_row {
    const char *type;
    enum cm_mount_kind kind;
};

static const struct kind_row types[] = {
    {"proc", CM_MOUNT_PROC},     {"sysfs", CM_MOUNT_SYSFS},    {"tmpfs", CM_MOUNT_TMPFS},     {"devpts", CM_MOUNT_DEVPTS},
    {"mqueue", CM_MOUNT_MQUEUE}, {"cgroup", CM_MOUNT_CGROUP2}, {"cgroup2", CM_MOUNT_CGROUP2},
};

/* The only destinations on and below /proc, /sys and /dev, with the kinds that may be there. */
static const struct place_row {
    const char *path;
    unsigned int kinds;
} places[] = {
    {"/proc", ON(CM_MOUNT_PROC)},         {"/sys", ON(CM_MOUNT_SYSFS)},      {"/sys/fs/cgroup", ON(CM_MOUNT_CGROUP2)},
    {"/dev", ON(CM_MOUNT_DEV)},           {"/dev/pts", ON(CM_MOUNT_DEVPTS)}, {"/dev/shm", ON(CM_MOUNT_TMPFS) | ON(CM_MOUNT_BIND)},
    {"/dev/mqueue", ON(CM_MOUNT_MQUEUE)},
};

/* What every mount of a kind has, whatever the options say: devpts and /dev need device files, the kernel's views are read-only. */
static const uint64_t always[] = {
    [CM_MOUNT_PROC] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    [CM_MOUNT_SYSFS] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
    [CM_MOUNT_TMPFS] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
    [CM_MOUNT_DEV] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_STRICTATIME,
    [CM_MOUNT_DEVPTS] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
    [CM_MOUNT_MQUEUE] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    [CM_MOUNT_CGROUP2] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
    [CM_MOUNT_BIND] = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
};

static bool find_kind(const struct cm_mount_work *work, const char *target, enum cm_mount_kind *ret)
{
    const char *type = work->mount->type ? work->mount->type : "";
    bool bind_type = cm_streq(type, "bind") || ((cm_streq(type, "none") || !type[0]) && work->bind);

    if (bind_type) {
        *ret = CM_MOUNT_BIND;
        return true;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(types) && !work->bind; i++)
        if (cm_streq(types[i].type, type)) {
            *ret = types[i].kind == CM_MOUNT_TMPFS && cm_streq(target, "/dev") ? CM_MOUNT_DEV : types[i].kind;
            return true;
        }
    return false;
}

static bool place_is_allowed(const char *target, enum cm_mount_kind kind)
{
    if (kind == CM_MOUNT_BIND && cm_bind_target_in_dev(target))
        return true; /* judged together with the source */
    for (size_t i = 0; i < CM_ARRAY_LEN(places); i++)
        if (cm_streq(target, places[i].path))
            return places[i].kinds & ON(kind);
    if (cm_path_is_below(target, "/proc") || cm_path_is_below(target, "/sys") || cm_path_is_below(target, "/dev"))
        return false;
    return kind == CM_MOUNT_TMPFS || kind == CM_MOUNT_BIND;
}

static bool must_be_plain(const char *target)
{
    return cm_path_is_below(target, "/proc") || cm_path_is_below(target, "/sys") || cm_path_is_below(target, "/dev");
}

static uint64_t attributes_of(enum cm_mount_kind kind, uint64_t asked)
{
    uint64_t attributes = asked | always[kind];

    if (kind == CM_MOUNT_DEV || kind == CM_MOUNT_DEVPTS)
        attributes &= ~(uint64_t)MOUNT_ATTR_NODEV;
    if (always[kind] & MOUNT_ATTR__ATIME)
        attributes = (attributes & ~(uint64_t)MOUNT_ATTR__ATIME) | (always[kind] & MOUNT_ATTR__ATIME);
    return attributes;
}

static void check_kind(struct cm_planner *p, struct cm_mount_work *work)
{
    struct cm_plan_mount *out = work->out;

    if (work->copy_up && out->kind != CM_MOUNT_TMPFS)
        cm_refuse(p, CM_CODE_MOUNT_OPTION, cm_text(p, "%s/options", work->field), "tmpcopyup has a meaning for a tmpfs only, and not for /dev; remove it");
    out->copy_up = work->copy_up;
    out->access_time = work->access_time;
    if (out->kind == CM_MOUNT_BIND) {
        cm_mount_check_bind(p, work);
        return;
    }
    if (work->idmap || work->mount->uid_mappings.n > 0 || work->mount->gid_mappings.n > 0)
        cm_refuse(p, CM_CODE_MOUNT_IDMAP, work->field, "only bind mounts can be idmapped; remove idmap and the mappings");
    if (work->slave)
        cm_refuse(p, CM_CODE_MOUNT_PROPAGATION, work->field, "slave propagation has a meaning for bind mounts only; use private");
    if ((out->kind == CM_MOUNT_SYSFS || out->kind == CM_MOUNT_CGROUP2) && !(work->asked & MOUNT_ATTR_RDONLY))
        cm_tighten(p, CM_CODE_MOUNT_READONLY, work->field, "%s was made read-only", out->target);
    cm_mount_read_data(p, work);
}

/* Of two mounts at one place the later would hide the earlier, and is refused. In a sandbox of containerd 1.6 the pod's /dev/shm follows the empty one of its
 * defaults, which is left out. */
static void check_place_is_free(struct cm_planner *p, const char *target, enum cm_mount_kind kind, const char *field)
{
    struct cm_plan *plan = p->plan;

    for (size_t i = 0; i < plan->n_mounts; i++) {
        if (!cm_streq(plan->mounts[i].target, target))
            continue;
        if (kind != CM_MOUNT_BIND || plan->mounts[i].kind != CM_MOUNT_TMPFS || !cm_streq(target, "/dev/shm")) {
            cm_refuse(p, CM_CODE_MOUNT_DUPLICATE, field, "there is already a mount at \"%.128s\"; one would hide the other", target);
            continue;
        }
        for (size_t j = i--; j + 1 < plan->n_mounts; j++)
            plan->mounts[j] = plan->mounts[j + 1];
        plan->n_mounts--;
    }
}

static void check_entry(struct cm_planner *p, size_t i, size_t *n_unsafe, const char **first_unsafe)
{
    struct cm_mount_work work = {.mount = &p->config->mounts[i], .fact = &p->facts->mounts[i], .field = cm_text(p, "/mounts/%zu", i)};
    const char *destination = work.mount->destination ? work.mount->destination : "";
    const char *field = cm_text(p, "%s/destination", work.field);
    const char *target = cm_normalise(p, destination);
    struct cm_plan_mount out = {.target = target, .source_fd = -1, .userns_fd = -1};

    cm_mount_read_options(p, &work);
    if (!target || !destination[0] || cm_streq(target, "/")) {
        cm_refuse(p, CM_CODE_MOUNT_DEST, field, "\"%.128s\" is not a place inside the container; give an absolute path without \"..\" or overlong components",
                  destination);
        return;
    }
    if (!find_kind(&work, target, &out.kind)) {
        cm_refuse(p, CM_CODE_MOUNT_TYPE, cm_text(p, "%s/type", work.field), "the type \"%.64s\"%s is not mounted for containers",
                  work.mount->type ? work.mount->type : "", work.bind ? " with a bind option" : "");
        return;
    }
    if (!place_is_allowed(target, out.kind)) {
        cm_refuse(p, CM_CODE_MOUNT_DEST, field,
                  "nothing of this type may be mounted at \"%.128s\"; choose another destination or the filesystem that belongs there", target);
        return;
    }
    check_place_is_free(p, target, out.kind, field);
    out.target_must_be_plain = must_be_plain(target);
    out.attributes = attributes_of(out.kind, work.asked);
    work.out = &out;
    check_kind(p, &work);
    if ((out.kind == CM_MOUNT_TMPFS || out.kind == CM_MOUNT_BIND) && (SAFE_FLAGS & ~work.asked)) {
        *first_unsafe = *n_unsafe == 0 ? work.field : *first_unsafe;
        *n_unsafe += 1;
    }
    out.writable = !(out.attributes & MOUNT_ATTR_RDONLY);
    struct cm_plan_mount *slot = cm_grow(p, (void **)&p->plan->mounts, &p->plan->n_mounts, &p->mounts_room, sizeof(*slot));
    if (slot)
        *slot = out;
}

/* What a target found in the rootfs means, unless an earlier mount covers the place. */
static void check_target(struct cm_planner *p, const char *target, bool plain_needed, bool plain, enum cm_target_kind kind, int errnum, bool file_is_good,
                         const char *field)
{
    for (size_t i = 0; i < p->plan->n_mounts; i++) {
        const char *other = p->plan->mounts[i].target;
        if (!cm_streq(other, target) && cm_path_is_below(target, other))
            return;
    }
    bool found = kind == CM_TARGET_DIRECTORY || kind == CM_TARGET_FILE || kind == CM_TARGET_OTHER;
    if (plain_needed && (kind == CM_TARGET_SYMLINK || (found && !plain)))
        cm_refuse(p, CM_CODE_ROOTFS_LINK, field, "\"%.128s\" is a symbolic link in the root filesystem; it must be a directory (CVE-2023-27561)", target);
    else if (kind == CM_TARGET_MISSING)
        p->plan->root_scratch = true;
    else if (kind == CM_TARGET_SYMLINK)
        cm_refuse(p, CM_CODE_MOUNT_TARGET, field, "\"%.128s\" is a symbolic link that leads nowhere", target);
    else if (kind == CM_TARGET_ERROR)
        cm_refuse(p, CM_CODE_MOUNT_TARGET, field, "\"%.128s\" cannot be looked up in the root filesystem: %s", target, strerror(errnum));
    else if (kind == CM_TARGET_OTHER || (kind == CM_TARGET_FILE && !file_is_good))
        cm_refuse(p, CM_CODE_MOUNT_TARGET, field, "\"%.128s\" is not a directory", target);
}

static void check_config_targets(struct cm_planner *p)
{
    for (size_t i = 0; i < p->config->n_mounts; i++) {
        const struct oci_mount *mount = &p->config->mounts[i];
        const struct cm_mount_fact *fact = &p->facts->mounts[i];
        const char *target = cm_normalise(p, mount->destination ? mount->destination : "");
        if (target && !cm_streq(target, "/") && fact->target != CM_TARGET_COVERED)
            check_target(p, target, must_be_plain(target), fact->target_plain, fact->target, fact->target_errnum, fact->source_fd >= 0,
                         cm_text(p, "/mounts/%zu/destination", i));
    }
}

static bool has_mount(const struct cm_planner *p, const char *target)
{
    for (size_t i = 0; i < p->plan->n_mounts; i++)
        if (cm_streq(p->plan->mounts[i].target, target))
            return true;
    return false;
}

/* Mounts every container gets; order() puts them before what lies below them. */
static void add_missing(struct cm_planner *p)
{
    const struct {
        const char *target;
        enum cm_mount_kind kind;
        enum cm_target_kind found;
    } ours[] = {
        {"/proc", CM_MOUNT_PROC, p->facts->target_proc},
        {"/dev", CM_MOUNT_DEV, p->facts->target_dev},
        {"/dev/pts", CM_MOUNT_DEVPTS, CM_TARGET_COVERED},
        {"/sys", CM_MOUNT_SYSFS, p->facts->target_sys},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(ours); i++) {
        if (has_mount(p, ours[i].target))
            continue;
        struct cm_plan_mount out = {.kind = ours[i].kind, .target = ours[i].target, .target_must_be_plain = true, .source_fd = -1, .userns_fd = -1};
        struct cm_mount_work work = {.field = "/mounts", .out = &out};
        out.attributes = attributes_of(out.kind, 0);
        out.writable = !(out.attributes & MOUNT_ATTR_RDONLY);
        cm_mount_read_data(p, &work);
        cm_tighten(p, CM_CODE_MOUNT_ADDED, "/mounts", "there is no mount at %s; one was added", out.target);
        if (ours[i].found != CM_TARGET_COVERED)
            check_target(p, out.target, true, ours[i].found != CM_TARGET_SYMLINK, ours[i].found, 0, false, "/mounts");
        struct cm_plan_mount *slot = cm_grow(p, (void **)&p->plan->mounts, &p->plan->n_mounts, &p->mounts_room, sizeof(*slot));
        if (slot)
            *slot = out;
    }
}

/* Looked at like one of the config's, after them all: /run may be a tmpfs of theirs, but not a place of the host, where the directory would be made. */
static void add_notify(struct cm_planner *p)
{
    struct cm_plan_mount out = {.kind = CM_MOUNT_BIND, .target = CM_NOTIFY_TARGET, .source_fd = -1, .source_is_directory = true, .notify = true};

    for (size_t i = 0; i < p->plan->n_mounts; i++) {
        const struct cm_plan_mount *other = &p->plan->mounts[i];
        bool over = cm_path_is_below(CM_NOTIFY_TARGET, other->target) && other->kind == CM_MOUNT_BIND;
        if (over || cm_path_is_below(other->target, CM_NOTIFY_TARGET))
            cm_refuse(p, CM_CODE_MOUNT_DEST, "/mounts",
                      "the mount at \"%.128s\" takes the place of %s, which NOTIFY_SOCKET needs; move it, or unset NOTIFY_SOCKET", other->target,
                      CM_NOTIFY_TARGET);
    }
    out.attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
    check_target(p, out.target, false, true, p->facts->target_notify, p->facts->target_notify_errnum, false, "/mounts");
    struct cm_plan_mount *slot = cm_grow(p, (void **)&p->plan->mounts, &p->plan->n_mounts, &p->mounts_room, sizeof(*slot));
    if (slot)
        *slot = out;
}

static size_t depth(const char *path)
{
    size_t n = 0;

    for (; *path; path++)
        n += *path == '/';
    return n;
}

/*
 * Execution is in the order of the configuration, as in other runtimes, unless a mount comes after one that lies below it and would be hidden. Then all are
 * ordered by depth; equally deep ones keep their order (insertion sort: stable, and the list is short and nearly sorted).
 */
static void order(struct cm_plan_mount *mounts, size_t n)
{
    bool hidden = false;

    for (size_t i = 1; i < n && !hidden; i++)
        for (size_t j = 0; j < i && !hidden; j++)
            hidden = cm_path_is_below(mounts[j].target, mounts[i].target);
    for (size_t i = 1; hidden && i < n; i++) {
        struct cm_plan_mount mount = mounts[i];
        size_t at = i, d = depth(mount.target);
        for (; at > 0 && depth(mounts[at - 1].target) > d; at--)
            mounts[at] = mounts[at - 1];
        mounts[at] = mount;
    }
}

void cm_check_mounts(struct cm_planner *p)
{
    const char *first_unsafe = "";
    size_t n_unsafe = 0;

    if (p->config->n_mounts > CM_MOUNTS_MAX) {
        cm_refuse(p, CM_CODE_MOUNT_COUNT, "/mounts", "%zu mounts are more than %zu; remove some", p->config->n_mounts, CM_MOUNTS_MAX);
        return;
    }
    cm_pod_of(p->config, &p->pod);
    for (size_t i = 0; i < p->config->n_mounts; i++)
        check_entry(p, i, &n_unsafe, &first_unsafe);
    if (p->n_forced > 0)
        cm_tighten(p, CM_CODE_MOUNT_READONLY, cm_text(p, "%s/options", p->first_forced),
                   "%zu mount%s of what kubelet or the engine made %s made read-only or noexec, this being the first", p->n_forced, p->n_forced > 1 ? "s" : "",
                   p->n_forced > 1 ? "were" : "was");
    if (n_unsafe > 0)
        cm_tighten(p, CM_CODE_MOUNT_FLAGS, cm_text(p, "%s/options", first_unsafe), "nosuid and nodev were added to %zu mount%s, this one being the first",
                   n_unsafe, n_unsafe > 1 ? "s" : "");
    add_missing(p);
    if (p->facts->notify)
        add_notify(p);
    order(p->plan->mounts, p->plan->n_mounts);
    check_config_targets(p);
}
