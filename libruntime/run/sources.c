/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sources.h. Hostile: the strings, and who may rename what they lead through while we look. */
#include "run/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/sys.h"
#include "path/mountinfo.h"
#include "path/procfs.h"
#include "plan/filesystems.h"
#include "run/bundle.h"

#define MOUNTINFO_MAX ((size_t)64 << 20)

static bool has_option(const struct oci_mount *m, const char *word, const char *recursive)
{
    for (size_t i = 0; i < m->options.n; i++)
        if (strcmp(m->options.v[i], word) == 0 || strcmp(m->options.v[i], recursive) == 0)
            return true;
    return false;
}

static bool wants_source(const struct oci_mount *m)
{
    return cm_streq(m->type, "bind") || has_option(m, "bind", "rbind");
}

static bool wants_idmap(const struct oci_mount *m)
{
    return m->uid_mappings.n > 0 || m->gid_mappings.n > 0 || has_option(m, "idmap", "ridmap");
}

void cm_sources_mount_table(const struct cm_runtime *runtime, struct cm_facts *facts)
{
    if (facts->mount_table)
        return;
    CM_AUTO_FREE char *text = NULL;
    char file[32];

    (void)snprintf(file, sizeof(file), "%d/mountinfo", runtime->pid);
    long size = cm_procfs_read(runtime->proc, file, MOUNTINFO_MAX, &text);
    char *copy = size < 0 ? NULL : cm_arena_strndup(&facts->arena, text, (size_t)size);
    struct cm_mount_table *table = cm_arena_alloc(&facts->arena, sizeof(*table));
    if (copy && table && cm_mount_table_parse(copy, &facts->arena, table) == 0)
        facts->mount_table = table;
}

/* What is mounted at a place, which nobody may have exchanged: a directory or a file. */
static bool is_plain_mount(const struct cm_mount_entry *mount)
{
    struct statx stx;
    CM_AUTO_CLOSE int fd = cm_openat2(AT_FDCWD, mount->place, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

    if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MNT_ID, &stx) < 0 || !(stx.stx_mask & STATX_MNT_ID) || stx.stx_mnt_id != mount->id)
        return false; /* the stricter answer */
    return S_ISDIR(stx.stx_mode) || S_ISREG(stx.stx_mode);
}

/* Whether a window into the kernel, a socket or a device is mounted somewhere below a path. */
static void look_below(const struct cm_mount_table *table, struct cm_mount_fact *fact)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct cm_mount_entry *mount = &table->v[i];
        if (!cm_path_is_below(mount->place, fact->source_real) || strcmp(mount->place, fact->source_real) == 0)
            continue;
        if (cm_fs_type_is_forbidden(mount->type))
            fact->source_has_forbidden_submount = true;
        else if (!is_plain_mount(mount))
            fact->source_has_special_submount = true;
    }
}

/* Where else the source can be seen: nothing is set when that cannot be told. */
static void find_places(const struct statx *stx, struct cm_facts *facts, struct cm_mount_fact *fact)
{
    const struct cm_mount_table *table = facts->mount_table;
    size_t own, n;

    if (table)
        look_below(table, fact);
    else
        fact->source_has_forbidden_submount = true; /* unknown: the stricter answer */
    if (!table || !(stx->stx_mask & STATX_MNT_ID) ||
        cm_mount_places(table, stx->stx_mnt_id, fact->source_real, &facts->arena, &fact->source_places, &own, &n) < 0)
        return;
    fact->source_mount = cm_mount_find(table, stx->stx_mnt_id);
    fact->n_source_places = own;
    fact->n_source_places_below = n;
}

static void open_source(int bundle, const struct oci_mount *m, struct cm_mount_fact *fact)
{
    fact->source_fd = cm_openat2(bundle, m->source ? m->source : "", O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (fact->source_fd < 0)
        fact->source_errnum = errno;
}

static void examine(struct cm_source_look *look, bool idmap, struct cm_mount_fact *fact)
{
    struct statx stx;
    struct statfs fs;

    if (fact->source_fd < 0)
        return;
    if (statx(fact->source_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &stx) < 0 || fstatfs(fact->source_fd, &fs) < 0)
        fact->source_errnum = errno;
    else if (!(fact->source_real = cm_bundle_real_path(look->runtime, fact->source_fd, &look->facts->arena)))
        fact->source_errnum = ENAMETOOLONG;
    if (fact->source_errnum != 0) {
        fact->source_fd = cm_close(fact->source_fd);
        return;
    }
    const struct cm_source_identity id = {makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino};
    fact->source_mode = stx.stx_mode;
    fact->source_deleted = stx.stx_nlink == 0;
    fact->source_uid = stx.stx_uid;
    fact->source_fs_magic = (uint64_t)(unsigned int)fs.f_type;
    find_places(&stx, look->facts, fact);
    cm_source_look(look, &id, idmap, fact);
}

int cm_sources_facts(const struct cm_runtime *runtime, int bundle, const struct oci_config *config, struct cm_facts *facts, struct cm_error *err)
{
    size_t wanted = 0;

    for (size_t i = 0; i < facts->n_mounts; i++) {
        facts->mounts[i].source_fd = CM_FD_NONE;
        if (!wants_source(&config->mounts[i]))
            continue;
        open_source(bundle, &config->mounts[i], &facts->mounts[i]);
        wanted++;
    }
    if (wanted == 0)
        return 0;
    struct cm_source_look *look = cm_arena_alloc(&facts->arena, sizeof(*look));
    if (!look)
        return cm_fail_errno(err, ENOMEM, NULL, "looking at the bind mounts");
    *look = (struct cm_source_look){.runtime = runtime, .facts = facts, .roots = runtime->policy->mount_roots};
    cm_sources_mount_table(runtime, facts);
    for (size_t i = 0; i < facts->n_mounts; i++)
        if (wants_source(&config->mounts[i]))
            examine(look, wants_idmap(&config->mounts[i]), &facts->mounts[i]);
    return 0;
}
