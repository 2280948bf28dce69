/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See policy_files.h. Hostile: whoever can write to a place on the way to a policy file; so the way is walked directory by directory, without links, and every
 * one must belong to root and be writable by nobody else.
 */
#include "run/policy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/sys.h"
#include "path/trusted.h"
#include "policy/file.h"

#define MAIN_FILE "policy.json"
#define DROP_INS "policy.d"
#define NAMED "policies"
#define FILES_MAX ((size_t)64)

struct loader {
    struct cm_policy_draft draft;
    struct cm_sha256 sha;
    struct cm_trusted trusted;
    const struct cm_policy_hearing *hearing;
    size_t n; /* files read */
    struct cm_error *err;
};

/* Into the draft, or to whoever listens. `text` is NULL when the file cannot be had, which the loader's error says. */
static int take_file(struct loader *loader, const char *path, const char *text, size_t size)
{
    const struct cm_policy_hearing *hearing = loader->hearing;
    int r = 0;

    if (hearing && hearing->read)
        hearing->read(&loader->draft, path, text, size, text ? NULL : loader->err, hearing->user);
    else
        r = cm_policy_draft_add(&loader->draft, path, text, size, loader->err);
    if (r == 0 && hearing && hearing->origin)
        cm_policy_origin_note(hearing->origin, &loader->draft, path);
    return r;
}

static int read_file(struct loader *loader, int dir, const char *name, const char *path, bool may_lack, char **ret, size_t *ret_size)
{
    struct stat st;
    CM_AUTO_CLOSE int fd = cm_trusted_open(&loader->trusted, dir, name, path, O_RDONLY, 0, may_lack, &st, loader->err);

    if (fd < 0)
        return fd;
    if ((size_t)st.st_size > CM_POLICY_FILE_MAX)
        return cm_fail(loader->err, EFBIG, NULL, "%s is larger than %zu bytes; split or shorten it", path, CM_POLICY_FILE_MAX);
    *ret = malloc(CM_POLICY_FILE_MAX + 1);
    ssize_t size = *ret ? cm_read_full(fd, *ret, CM_POLICY_FILE_MAX + 1) : -ENOMEM;
    if (size < 0)
        return cm_fail_errno(loader->err, (int)-size, NULL, "reading %s", path);
    *ret_size = (size_t)size;
    return 0;
}

/* Reads `name` in a directory that was judged. -ENOENT leaves the error unset with `may_lack`. */
static int add_file(struct loader *loader, int dir, const char *name, const char *path, bool may_lack)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size = 0;
    int r = read_file(loader, dir, name, path, may_lack, &text, &size);

    if (r == -ENOENT && may_lack)
        return r;
    if (r < 0)
        return loader->hearing && loader->hearing->read ? take_file(loader, path, NULL, 0) : r;
    loader->n++;
    cm_sha256_add(&loader->sha, text, size);
    return take_file(loader, path, text, size);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What editors and package managers leave beside a file is none: hidden names, and names that do not end in .json. */
static bool is_drop_in(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > strlen(".json") && strcmp(name + n - strlen(".json"), ".json") == 0;
}

static int list_drop_ins(struct loader *loader, int above, const char *path, const char **names, size_t *ret_n)
{
    CM_AUTO_DIR DIR *list = NULL;
    const struct dirent *entry;
    int copy = openat(above, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = cm_dir_take(copy < 0 ? -errno : copy, &list);

    while (r == 0 && (r = cm_dir_next(list, &entry)) > 0) {
        r = 0;
        if (!is_drop_in(entry->d_name))
            continue;
        if (*ret_n == FILES_MAX)
            return cm_fail(loader->err, E2BIG, NULL, "%s holds more than %zu files; merge some", path, FILES_MAX);
        names[*ret_n] = cm_arena_strdup(loader->draft.arena, entry->d_name);
        r = names[(*ret_n)++] ? 0 : -ENOMEM;
    }
    if (r < 0)
        return cm_fail_errno(loader->err, -r, NULL, "listing %s", path);
    qsort(names, *ret_n, sizeof(*names), by_bytes);
    return 0;
}

/* A directory of drop-ins, which may be missing. */
static int add_drop_ins(struct loader *loader, int above, const char *name, const char *path)
{
    const char *names[FILES_MAX];
    size_t n = 0;
    CM_AUTO_CLOSE int dir = cm_trusted_step(&loader->trusted, above, name, path, true, loader->err);

    if (dir < 0)
        return dir == -ENOENT ? 0 : dir;
    int r = list_drop_ins(loader, dir, path, names, &n);
    for (size_t i = 0; i < n && r == 0; i++) {
        const char *file = cm_arena_printf(loader->draft.arena, "%s/%s", path, names[i]);
        r = file ? add_file(loader, dir, names[i], file, false) : cm_fail_errno(loader->err, ENOMEM, NULL, "reading %s", path);
    }
    return r;
}

static int add_system_files(struct loader *loader)
{
    static const char path[] = CM_POLICY_DIRECTORY;
    /* The usual host has no policy: one call says so, before anything is walked. */
    CM_AUTO_CLOSE int there = cm_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_MAGICLINKS);

    if (there < 0 && errno == ENOENT)
        return 0;
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&loader->trusted, path, strlen(path), loader->err);
    if (dir < 0)
        return dir;
    int r = add_file(loader, dir, MAIN_FILE, CM_POLICY_DIRECTORY "/" MAIN_FILE, true);
    return r == 0 || r == -ENOENT ? add_drop_ins(loader, dir, DROP_INS, CM_POLICY_DIRECTORY "/" DROP_INS) : r;
}

/* What is not the system's is a choice that only root of the host has. */
static int check_root(const struct loader *loader, const char *option)
{
    if (loader->trusted.initial)
        return 0;
    return cm_fail(loader->err, EPERM, NULL, "--policy %.256s: without the host's root only the system's policy applies; name a level, or leave the option out",
                   option);
}

static int add_path(struct loader *loader, const char *path)
{
    const char *slash = strrchr(path, '/');
    int r = check_root(loader, path);

    if (r < 0)
        return r;
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&loader->trusted, path, (size_t)(slash - path), loader->err);
    return dir < 0 ? dir : add_file(loader, dir, slash + 1, path, false);
}

bool cm_policy_name_is_valid(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return n > 0 && n <= CM_POLICY_NAME_MAX && name[n] == '\0' && name[0] != '-';
}

static int no_such_policy(const struct loader *loader, const char *name)
{
    return cm_fail(loader->err, ENOENT, NULL, "--policy %s: there is no %s/%s.json; write it, or give hardened, strict or the path of a file", name,
                   CM_POLICY_DIRECTORY "/" NAMED, name);
}

/* policies/NAME.json, which must be there, and policies/NAME.d. */
static int add_named(struct loader *loader, const char *name)
{
    static const char above[] = CM_POLICY_DIRECTORY "/" NAMED;
    struct cm_arena *arena = loader->draft.arena;
    const char *file = cm_arena_printf(arena, "%s/%s.json", above, name), *drop_ins = cm_arena_printf(arena, "%s/%s.d", above, name);
    int r = check_root(loader, name);

    if (r < 0)
        return r;
    if (!file || !drop_ins)
        return cm_fail_errno(loader->err, ENOMEM, NULL, "reading the policy %s", name);
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&loader->trusted, above, strlen(above), loader->err);
    if (dir < 0)
        return dir == -ENOENT ? no_such_policy(loader, name) : dir;
    r = add_file(loader, dir, strrchr(file, '/') + 1, file, true);
    if (r == -ENOENT)
        return no_such_policy(loader, name);
    return r < 0 ? r : add_drop_ins(loader, dir, strrchr(drop_ins, '/') + 1, drop_ins);
}

static int load(struct loader *loader, const struct cm_policy_source *source, const struct cm_policy **ret)
{
    enum cm_policy_level at_least = CM_POLICY_HARDENED;
    const char *option = source->option ? source->option : "";
    char mark[CM_SHA256_HEX_MAX + sizeof(" " NAMED "/") + CM_POLICY_NAME_MAX];
    bool is_path = option[0] == '/', is_name = option[0] && !is_path && !cm_policy_level_find(option, &at_least);
    int r;

    if (is_name && !cm_policy_name_is_valid(option))
        return cm_fail(loader->err, EINVAL, NULL,
                       "--policy %.256s: no such policy; give hardened, strict, the name of one in " CM_POLICY_DIRECTORY "/" NAMED " or the path of a file",
                       option);
    r = is_path ? add_path(loader, option) : is_name ? add_named(loader, option) : add_system_files(loader);
    if (r < 0)
        return r;
    if (loader->n == 0) {
        *ret = cm_policy_builtin(at_least);
        return 0;
    }
    cm_sha256_end(&loader->sha, mark);
    if (is_name) {
        size_t n = strlen(mark);
        (void)snprintf(mark + n, sizeof(mark) - n, " " NAMED "/%s", option);
    }
    return cm_policy_draft_finish(&loader->draft, at_least, mark, ret, loader->err);
}

int cm_policy_load(const struct cm_policy_source *source, struct cm_arena *arena, const struct cm_policy **ret, struct cm_error *err)
{
    struct loader loader = {.draft = {.arena = arena},
                            .trusted = {.initial = source->initial, .consequence = "so it cannot say what containers may do"},
                            .hearing = source->hearing,
                            .err = err};

    cm_sha256_begin(&loader.sha);
    int r = load(&loader, source, ret);
    return r < 0 ? cm_error_prefix(err, "nothing is started while the policy is in doubt: ") : 0;
}
