/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of a container against those that were planned: each where it should be, with its flags and of its filesystem, every mask in place, and nothing
 * that nobody planned. Pure. Hostile: mount points in the image may be reached through links; then their place is looked up (`look`).
 */
#include <errno.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "observe/drift.h"

#define SUBJECT "mount"

struct matching {
    struct cm_drift_report *report;
    const struct cm_drift_mounts *mounts;
    bool *taken; /* of the table: belongs to something planned */
};

static const struct {
    uint64_t attribute;
    const char *option;
} flags[] = {
    {MOUNT_ATTR_RDONLY, "ro"},
    {MOUNT_ATTR_NOSUID, "nosuid"},
    {MOUNT_ATTR_NODEV, "nodev"},
    {MOUNT_ATTR_NOEXEC, "noexec"},
    {UINT64_C(0x00200000) /* MOUNT_ATTR_NOSYMFOLLOW */, "nosymfollow"},
};

static const char *const types[] = {
    [CM_MOUNT_PROC] = "proc",     [CM_MOUNT_SYSFS] = "sysfs",   [CM_MOUNT_TMPFS] = "tmpfs",     [CM_MOUNT_DEV] = "tmpfs",
    [CM_MOUNT_DEVPTS] = "devpts", [CM_MOUNT_MQUEUE] = "mqueue", [CM_MOUNT_CGROUP2] = "cgroup2", [CM_MOUNT_BIND] = NULL,
};

static char *flags_text(struct cm_drift_report *report, uint64_t attributes, bool idmap, const char *type)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_addf(&text, "%s%s%s", type ? type : "", type ? " " : "", attributes & MOUNT_ATTR_RDONLY ? "ro" : "rw");
    for (size_t i = 1; i < CM_ARRAY_LEN(flags); i++)
        if (attributes & flags[i].attribute)
            cm_str_addf(&text, ",%s", flags[i].option);
    cm_str_add(&text, idmap ? ",idmapped" : "");
    const char *all = cm_str_text(&text);
    report->failed |= !all;
    return cm_drift_text(report, "%s", all ? all : "");
}

static uint64_t attributes_of(const struct cm_mount_entry *mount)
{
    uint64_t attributes = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(flags); i++)
        if (cm_mount_has(mount, flags[i].option))
            attributes |= flags[i].attribute;
    return attributes;
}

static char *mount_text(struct cm_drift_report *report, const struct cm_mount_entry *mount, bool with_type)
{
    return flags_text(report, attributes_of(mount), cm_mount_has(mount, "idmapped"), with_type ? mount->type : NULL);
}

/* The topmost mount at a place that nothing planned was found for yet. */
static const struct cm_mount_entry *find(const struct matching *m, const char *place)
{
    const struct cm_mount_table *table = m->mounts->now;

    for (size_t i = 0; i < table->n; i++)
        if (!m->taken[i] && cm_streq(table->v[i].place, place))
            return &table->v[i];
    return NULL;
}

static void take(const struct matching *m, const struct cm_mount_entry *mount)
{
    m->taken[mount - m->mounts->now->v] = true;
}

/* Through links in the image: the mount that the path is in, if nobody has it and its place is not another planned one's. */
static const struct cm_mount_entry *find_by_lookup(const struct matching *m, const char *path, int *ret_exists)
{
    const struct cm_mount_table *table = m->mounts->now;
    uint64_t id = 0;

    *ret_exists = m->mounts->look(path, &id, m->mounts->user);
    for (size_t i = 0; *ret_exists == 1 && i < table->n; i++)
        if (table->v[i].id == id && !m->taken[i] && strcmp(table->v[i].place, "/") != 0)
            return &table->v[i];
    return NULL;
}


/* A planned mount, or the root. `type` may be NULL: any. */
static void expect(const struct matching *m, const char *target, const char *type, uint64_t attributes, bool idmap)
{
    struct cm_drift_report *report = m->report;
    char *recorded = flags_text(report, attributes, idmap, type);
    const struct cm_mount_entry *mount = find(m, target);
    int exists = 0;

    if (!mount)
        mount = find_by_lookup(m, target, &exists);
    if (!mount && exists < 0) {
        cm_drift_unknown(report, SUBJECT, target, recorded, -exists);
        return;
    }
    if (!mount) {
        cm_drift_add(report, CM_DRIFT_WEAKER, SUBJECT, target, recorded, "", "it is not there: what lies below it can be seen");
        return;
    }
    take(m, mount);
    uint64_t is = attributes_of(mount);
    const char *note = "";
    enum cm_drift drift = is == attributes ? CM_DRIFT_NONE : CM_DRIFT_STRICTER;
    if (attributes & ~is) {
        drift = CM_DRIFT_WEAKER;
        note = "flags are gone";
    }
    if (idmap && !cm_mount_has(mount, "idmapped")) {
        drift = CM_DRIFT_WEAKER;
        note = "the ids of its files are the host's";
    }
    if (mount->propagates) {
        drift = CM_DRIFT_WEAKER;
        note = "mounts propagate to or from it";
    }
    if (type && strcmp(type, mount->type) != 0) {
        drift = CM_DRIFT_WEAKER;
        note = "it is another filesystem";
    }
    cm_drift_add(report, drift, SUBJECT, target, recorded, mount_text(report, mount, type != NULL), note);
}

/* What the flags are that every mount of a plan has to have, whichever were asked for: relatime and the like are not compared. */
static uint64_t compared(uint64_t attributes)
{
    uint64_t all = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(flags); i++)
        all |= flags[i].attribute;
    return attributes & all;
}

/* ---- masks ---- */

/* One of our own null devices, or an empty tmpfs. */
static bool is_cover(const struct cm_mount_entry *mount)
{
    if (!cm_mount_has(mount, "ro"))
        return false;
    return cm_streq(mount->type, "tmpfs") ? cm_streq(mount->root, "/") || cm_streq(mount->root, "/null") : cm_streq(mount->type, "devtmpfs") && cm_streq(mount->root, "/null");
}

static bool is_readonly(const struct cm_mount_entry *mount)
{
    return cm_mount_has(mount, "ro");
}

struct masks {
    const char *name;
    bool (*holds)(const struct cm_mount_entry *mount);
    const char *note;
    size_t n, missing;
};

/* *found is what covers the path, NULL when it does not exist in this container: then there is nothing to cover. */
static bool expect_cover(const struct matching *m, const char *path, struct masks *masks)
{
    const struct cm_mount_entry *mount = find(m, path);
    int exists = 0;

    if (!mount)
        mount = find_by_lookup(m, path, &exists);
    if (mount) {
        take(m, mount);
        masks->n++;
        if (masks->holds(mount) && !mount->propagates)
            return true;
        cm_drift_add(m->report, CM_DRIFT_WEAKER, masks->name, path, "covered", mount_text(m->report, mount, true), masks->note);
        return false;
    }
    if (exists == 0) {
        masks->missing++;
        return true;
    }
    if (exists < 0)
        cm_drift_unknown(m->report, masks->name, path, "covered", -exists);
    else
        cm_drift_add(m->report, CM_DRIFT_WEAKER, masks->name, path, "covered", "", masks->note);
    return false;
}

static void expect_covers(const struct matching *m, const struct oci_strings *paths, struct masks *masks)
{
    bool all = true;

    for (size_t i = 0; i < paths->n; i++)
        all &= expect_cover(m, paths->v[i], masks);
    if (all)
        cm_drift_add(m->report, CM_DRIFT_NONE, masks->name, "", cm_drift_text(m->report, "%zu paths", paths->n),
                     cm_drift_text(m->report, "%zu covered, %zu not on this kernel or in this image", masks->n, masks->missing), "");
}

/* ---- the rest ---- */

/* Below a tree of the host that was mounted with all that is mounted in it. */
static bool is_in_tree(const struct cm_promise *promise, const struct cm_mount_entry *mount, uint64_t *ret_attributes)
{
    for (size_t i = 0; i < promise->n_mounts; i++) {
        const struct cm_promised_mount *m = &promise->mounts[i];
        if (m->recursive && cm_path_is_below(mount->place, m->target) && strcmp(mount->place, m->target) != 0) {
            *ret_attributes = compared(m->attributes);
            return true;
        }
    }
    return false;
}

static void report_others(const struct matching *m)
{
    const struct cm_mount_table *table = m->mounts->now;
    const struct cm_promise *promise = m->mounts->promise;

    for (size_t i = 0; i < table->n; i++) {
        const struct cm_mount_entry *mount = &table->v[i];
        uint64_t attributes = 0;
        if (m->taken[i])
            continue;
        if (is_in_tree(promise, mount, &attributes)) {
            if (attributes & ~attributes_of(mount) || mount->propagates)
                cm_drift_add(m->report, CM_DRIFT_WEAKER, SUBJECT, mount->place, flags_text(m->report, attributes, false, NULL),
                             mount_text(m->report, mount, false), "part of a tree of the host, without the flags of the tree");
            continue;
        }
        if (promise->hooks)
            cm_drift_add(m->report, CM_DRIFT_BENIGN, SUBJECT, mount->place, "", mount_text(m->report, mount, true),
                         "nobody planned it; a hook of the container may have mounted it");
        else
            cm_drift_add(m->report, CM_DRIFT_WEAKER, SUBJECT, mount->place, "", mount_text(m->report, mount, true), "nobody planned it");
    }
}

void cm_drift_mounts(struct cm_drift_report *report, const struct cm_drift_mounts *mounts)
{
    const struct cm_promise *promise = mounts->promise;
    CM_AUTO_FREE bool *taken = calloc(mounts->now->n + 1, sizeof(*taken));
    const struct matching m = {report, mounts, taken};
    struct masks masked = {"masked", is_cover, "it can be read", 0, 0}, readonly = {"read-only", is_readonly, "it can be written to", 0, 0};

    report->failed |= !taken;
    if (!taken)
        return;
    expect(&m, "/", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (mounts->writable_root ? 0 : MOUNT_ATTR_RDONLY), promise->root_idmap);
    for (size_t i = 0; i < promise->n_mounts; i++) {
        const struct cm_promised_mount *p = &promise->mounts[i];
        expect(&m, p->target, types[p->kind], compared(p->attributes), p->idmap);
    }
    for (size_t i = 0; i < promise->bound_nodes.n; i++)
        expect(&m, cm_drift_text(report, "/dev/%s", promise->bound_nodes.v[i]), NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false);
    if (promise->terminal)
        expect(&m, "/dev/console", "devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false);
    /* First those that lie on top: of two mounts at one place the later one is found last. */
    expect_covers(&m, &promise->readonly, &readonly);
    expect_covers(&m, &promise->masked, &masked);
    report_others(&m);
}
