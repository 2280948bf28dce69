/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be executed: process.json as an engine gives it, or the process of the bundle's config.json with the command line's changes, as runc reads both.
 * Hostile: all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "oci/capnames.h"
#include "run/bundle.h"
#include "run/exec.h"

static int no_memory(struct cm_error *err)
{
    return cm_fail_errno(err, ENOMEM, NULL, "putting the process together");
}

static int from_file(struct cm_exec *exec, struct cm_error *err)
{
    const char *path = exec->options->process_file;
    CM_AUTO_FREE char *text = NULL;
    size_t size;
    int r = cm_read_file_at(AT_FDCWD, path, OCI_CONFIG_SIZE_MAX, true, &text, &size);

    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading %s%s", path, r == -EINVAL ? " (a regular file is expected)" : "");
    r = oci_process_parse(text, size, &exec->arena, &exec->process, err);
    return r < 0 ? cm_error_prefix(err, "%s: ", path) : 0;
}

/* A list with copies of the words of `more` behind it. */
static bool append(struct cm_arena *arena, struct oci_strings *list, const struct oci_strings *more)
{
    const char **v = cm_arena_array(arena, list->n + more->n + 1, sizeof(*v));

    if (!v)
        return false;
    for (size_t i = 0; i < list->n; i++)
        v[i] = list->v[i];
    for (size_t i = 0; i < more->n; i++)
        if (!(v[list->n + i] = cm_arena_strdup(arena, more->v[i])))
            return false;
    *list = (struct oci_strings){true, list->n + more->n, v};
    return true;
}

static bool replace_text(struct cm_arena *arena, const char **text, const char *with)
{
    if (with)
        *text = cm_arena_strdup(arena, with);
    return !with || *text;
}

/* UID or UID:GID, numbers only: names would be looked up in files of the image (CVE-2016-3697). */
static int set_user(struct oci_user *user, const char *text, struct cm_error *err)
{
    const char *colon = strchr(text, ':');
    char digits[16] = {0};
    size_t size = colon ? (size_t)(colon - text) : strlen(text);

    memcpy(digits, text, CM_MIN(size, sizeof(digits) - 1));
    if (colon && cm_parse_u32(colon + 1, &user->gid) < 0)
        return cm_fail(err, EINVAL, NULL, "bad gid: \"%.64s\" is not a number", colon + 1);
    if (size >= sizeof(digits) || cm_parse_u32(digits, &user->uid) < 0)
        return cm_fail(err, EINVAL, NULL, "bad uid: \"%.*s\" is not a number", (int)CM_MIN(size, (size_t)64), text);
    return 0;
}

static int add_groups(struct cm_exec *exec, struct oci_user *user, struct cm_error *err)
{
    const struct oci_strings *more = &exec->options->additional_gids;
    uint32_t *gids = cm_arena_array(&exec->arena, user->n_additional_gids + more->n + 1, sizeof(*gids));

    if (!gids)
        return no_memory(err);
    for (size_t i = 0; i < user->n_additional_gids; i++)
        gids[i] = user->additional_gids[i];
    for (size_t i = 0; i < more->n; i++)
        if (cm_parse_u32(more->v[i], &gids[user->n_additional_gids + i]) < 0)
            return cm_fail(err, EINVAL, NULL, "bad gid: \"%.64s\" is not a number", more->v[i]);
    user->additional_gids = gids;
    user->n_additional_gids += more->n;
    user->additional_gids_set = true;
    return 0;
}

/* --cap: bounding, effective and permitted; ambient only where the configuration has an inheritable list (CVE-2022-29162 set both unasked). */
static int add_caps(struct cm_exec *exec, struct oci_process *process, struct cm_error *err)
{
    const struct oci_strings *more = &exec->options->caps;
    struct oci_capabilities *caps = cm_arena_alloc(&exec->arena, sizeof(*caps));

    if (more->n == 0)
        return 0;
    if (!caps)
        return no_memory(err);
    if (process->capabilities)
        *caps = *process->capabilities;
    for (unsigned int set = 0; set < OCI_CAP_SETS; set++) {
        bool wanted = set == OCI_CAP_AMBIENT ? caps->sets[OCI_CAP_INHERITABLE].n > 0 : set != OCI_CAP_INHERITABLE;
        if (wanted && !append(&exec->arena, &caps->sets[set], more))
            return no_memory(err);
    }
    for (size_t i = 0; i < more->n; i++) {
        int number = cm_cap_number(more->v[i]);
        if (number >= 0)
            exec->extra_caps |= UINT64_C(1) << number;
    }
    process->capabilities = caps;
    return 0;
}

/* runc reads config.json where it is now, not as it was at create. What it may ask for is bounded by what was recorded then. */
static int from_bundle(struct cm_exec *exec, struct cm_error *err)
{
    const struct cm_exec_options *options = exec->options;
    CM_AUTO_CLOSE int dir = CM_FD_NONE;
    const char *real = NULL;
    struct cm_arena *arena = &exec->arena;

    int r = cm_bundle_open(exec->launch.runtime, exec->record->bundle ? exec->record->bundle : "", arena, &dir, &real, err);
    if (r == 0)
        r = cm_bundle_config(dir, real, exec->record->config, &exec->launch.config, NULL, err);
    if (r < 0)
        return r;
    if (!exec->launch.config->process)
        return cm_fail(err, EINVAL, "/process", "the bundle's config.json has no process to start from; give one with --process");
    struct oci_process *process = exec->process = exec->launch.config->process;
    process->args = (struct oci_strings){0};
    process->terminal = (struct oci_bool){true, options->tty};
    process->console_size_set = false;
    if (options->no_new_privs)
        process->no_new_privileges = (struct oci_bool){true, true};
    if (!append(arena, &process->args, &options->args) || !append(arena, &process->env, &options->env) || !replace_text(arena, &process->cwd, options->cwd) ||
        !replace_text(arena, &process->apparmor_profile, options->apparmor) || !replace_text(arena, &process->selinux_label, options->process_label))
        return no_memory(err);
    if (options->user)
        r = set_user(&process->user, options->user, err);
    if (r == 0 && options->additional_gids.n > 0)
        r = add_groups(exec, &process->user, err);
    return r == 0 ? add_caps(exec, process, err) : r;
}

int cm_exec_process(struct cm_exec *exec, struct cm_error *err)
{
    if (exec->options->process_file)
        return from_file(exec, err);
    if (exec->options->args.n == 0)
        return cm_fail(err, EINVAL, NULL, "exec args cannot be empty");
    return from_bundle(exec, err);
}
