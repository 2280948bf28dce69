/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See policy_look.h. Policy files are root's, or somebody's who wants to know what root would be told: nothing that they name is opened but to look at it. */
#include "run/policy_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "lsm/lsm.h"
#include "ns/identity.h"
#include "path/trusted.h"
#include "plan/policy_show.h"
#include "run/facts.h"
#include "run/hook.h"

static bool is_initial(const struct cm_runtime *runtime)
{
    return cm_ns_user_is_initial(runtime->proc, "self/ns/user");
}

int cm_policy_show_now(const struct cm_runtime *runtime, const char *option, bool json, struct cm_style style, struct cm_str *out, struct cm_error *err)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_FREE struct cm_policy_origin *origin = calloc(1, sizeof(*origin));
    const struct cm_policy_hearing hearing = {.origin = origin};
    const struct cm_policy_source source = {.option = option, .initial = is_initial(runtime), .hearing = &hearing};
    const struct cm_policy *policy;

    if (!origin)
        return cm_fail_errno(err, ENOMEM, NULL, "looking at the policy");
    int r = cm_policy_load(&source, &arena, &policy, err);
    if (r < 0)
        return r;
    if (origin->n_files == 0)
        origin->level = policy->level; /* nothing was raised */
    cm_policy_show(policy, origin, (int64_t)time(NULL), json, style, out);
    return cm_str_text(out) ? 0 : cm_fail_errno(err, ENOMEM, NULL, "writing the policy");
}

/* ---- validate ---- */

struct validation {
    const struct cm_runtime *runtime;
    struct cm_remarks remarks;
    struct cm_policy_origin origin;
    const char *files[CM_POLICY_FILES_MAX], *texts[CM_POLICY_FILES_MAX]; /* NULL: could not be read */
    size_t n_files, errors;
};

static void on_problem(const struct cm_error *problem, void *user)
{
    struct validation *v = user;

    cm_remark(&v->remarks, CM_REMARK_ERROR, v->files[v->n_files - 1], problem->field, "%s", problem->message);
    v->errors++;
}

static void on_file(struct cm_policy_draft *draft, const char *path, const char *text, size_t size, const struct cm_error *why, void *user)
{
    struct validation *v = user;

    if (v->n_files == CM_POLICY_FILES_MAX)
        return;
    v->texts[v->n_files] = text ? cm_arena_strndup(v->remarks.arena, text, size) : NULL;
    v->files[v->n_files++] = path;
    if (!text) {
        cm_remark(&v->remarks, CM_REMARK_ERROR, path, "", "%s", why->message);
        v->errors++;
        return;
    }
    (void)cm_policy_draft_check(draft, path, text, size, on_problem, v);
}

/* Lines and columns of what remarks are about; of what is missing, where it would be. */
static void find_places(struct validation *v)
{
    for (size_t i = 0; i < v->remarks.n; i++) {
        struct cm_remark *remark = &v->remarks.v[i];
        struct json_place place;
        for (size_t k = 0; k < v->n_files && remark->pointer && remark->pointer[0]; k++) {
            if (!v->texts[k] || !cm_streq(v->files[k], remark->file))
                continue;
            (void)json_locate(v->texts[k], strlen(v->texts[k]), remark->pointer, &place);
            remark->line = place.line;
            remark->column = place.column;
        }
    }
}

/* Who could write it: nobody but root, or whom the walk names. */
static void look_at_way(struct validation *v, const char *path, enum cm_remark_level level)
{
    struct cm_trusted trusted = {.initial = is_initial(v->runtime), .consequence = "so as a policy it would start nothing"};
    const char *slash = strrchr(path, '/');
    struct cm_error err;
    struct stat st;

    cm_error_init(&err);
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&trusted, path, (size_t)(slash - path), &err);
    CM_AUTO_CLOSE int fd = dir < 0 ? dir : cm_trusted_open(&trusted, dir, slash + 1, path, O_RDONLY, 0, false, &st, &err);
    if (fd < 0)
        cm_remark(&v->remarks, level, path, "", "%s", err.message);
    else
        cm_remark(&v->remarks, CM_REMARK_NOTE, path, "", "only root can write to it, and to every directory on the way");
}

/* Files of the caller's choice: their owners are worth a warning only, because they may lie in a working copy. */
static int read_given(struct validation *v, const struct cm_policy_files *files, struct cm_arena *arena, const struct cm_policy **ret, struct cm_error *err)
{
    struct cm_policy_draft draft = {.arena = arena};
    struct cm_error why;

    if (files->n > CM_POLICY_FILES_MAX)
        return cm_fail(err, E2BIG, NULL, "%zu files are more than the %zu of a policy", files->n, CM_POLICY_FILES_MAX);
    for (size_t i = 0; i < files->n; i++) {
        CM_AUTO_FREE char *text = NULL;
        size_t size = 0;
        int r = cm_read_file_at(AT_FDCWD, files->v[i], CM_POLICY_FILE_MAX, true, &text, &size);
        cm_error_init(&why);
        if (r == -EINVAL)
            (void)cm_fail(&why, EINVAL, NULL, "it is not a regular file; a policy is one");
        else if (r < 0)
            (void)cm_fail_errno(&why, -r, NULL, "it cannot be read");
        on_file(&draft, files->v[i], text, size, &why, v);
        if (r == 0)
            look_at_way(v, files->v[i], CM_REMARK_WARNING);
        cm_policy_origin_note(&v->origin, &draft, files->v[i]);
    }
    return v->errors > 0 ? 0 : cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, ret, err);
}

static int read_system(struct validation *v, const char *option, struct cm_arena *arena, const struct cm_policy **ret, struct cm_error *err)
{
    const struct cm_policy_hearing hearing = {.origin = &v->origin, .read = on_file, .user = v};
    const struct cm_policy_source source = {.option = option, .initial = is_initial(v->runtime), .hearing = &hearing};
    int r = cm_policy_load(&source, arena, ret, err);

    for (size_t i = 0; i < v->n_files; i++)
        look_at_way(v, v->files[i], CM_REMARK_NOTE); /* what is wrong was an error already */
    return r;
}

/* ---- what the policy names ---- */

static void look_at_hooks(struct validation *v, const struct cm_policy *policy)
{
    for (size_t i = 0; i < policy->n_hook_rules; i++) {
        const struct cm_hook_rule *rule = &policy->hook_rules[i];
        struct cm_hook_fact fact;
        if (rule->inside)
            continue; /* a program of the image */
        cm_hook_look(v->runtime, rule->path, rule->sha256 != NULL, &fact);
        const char *objection = cm_hook_objection(&fact);
        if (objection)
            cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, CM_TUNABLE_HOOKS_ALLOW, i, "%.256s would not be run now: %s", rule->path, objection);
        else if (rule->sha256 && !cm_streq(rule->sha256, fact.sha256))
            cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, CM_TUNABLE_HOOKS_ALLOW, i, "%.256s has another content now: its SHA-256 is %s",
                              rule->path, fact.sha256[0] ? fact.sha256 : "not to be had");
        (void)cm_close(fact.fd);
    }
}

/* A place that a rule names by its path. */
static void look_at_place(struct validation *v, enum cm_tunable_id list, size_t index, const char *path)
{
    struct stat st;
    CM_AUTO_CLOSE int fd = cm_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

    if (fd < 0 && errno == ELOOP)
        cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, list, index,
                          "there is a symbolic link on the way to %.256s, and the rule is for real paths; write that", path);
    else if (fd < 0)
        cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, list, index, "there is no %.256s now (%s)", path, strerror(errno));
    else if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
        cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, list, index, "%.256s is a symbolic link, and the rule is for real paths; write that",
                          path);
    else if (list == CM_TUNABLE_SECCOMP_LISTENER_PATHS && !S_ISSOCK(st.st_mode))
        cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, list, index, "%.256s is no socket", path);
}

/* "NAME (MODE)" lines of the kernel's list. */
static bool has_profile(const char *list, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = list; (at = strstr(at, name)) != NULL; at++)
        if ((at == list || at[-1] == '\n') && at[size] == ' ' && at[size + 1] == '(')
            return true;
    return false;
}

static void look_at_profiles(struct validation *v, const struct cm_policy *policy)
{
    const char *file = v->origin.given[CM_TUNABLE_APPARMOR_DEFAULT];
    CM_AUTO_FREE char *list = NULL;

    if (cm_facts_profiles(&list) < 0)
        return; /* no AppArmor, or not for the caller to see */
    if (file && policy->apparmor_default && !has_profile(list, policy->apparmor_default))
        cm_remark(&v->remarks, CM_REMARK_WARNING, file, cm_tunables[CM_TUNABLE_APPARMOR_DEFAULT].pointer, "the profile \"%.128s\" is not loaded",
                  policy->apparmor_default);
    for (size_t i = 0; i < policy->n_apparmor_profiles; i++)
        if (!has_profile(list, policy->apparmor_profiles[i]))
            cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, CM_TUNABLE_APPARMOR_ALLOW, i, "the profile \"%.128s\" is not loaded",
                              policy->apparmor_profiles[i]);
}

static void look_at_roots(struct validation *v, const struct cm_policy *policy)
{
    for (unsigned int i = 0; i < CM_MOUNT_ROOT_COUNT; i++) {
        enum cm_tunable_id id = (enum cm_tunable_id)(CM_TUNABLE_MOUNT_ROOTS + i);
        if (v->origin.given[id] && faccessat(AT_FDCWD, policy->mount_roots[i], F_OK, 0) < 0)
            cm_remark(&v->remarks, CM_REMARK_WARNING, v->origin.given[id], cm_tunables[id].pointer, "there is no %.256s now (%s)", policy->mount_roots[i],
                      strerror(errno));
    }
}

static void look_at_sinks(struct validation *v, const struct cm_policy *policy)
{
    for (size_t i = 0; i < policy->n_audit_sinks; i++) {
        const struct cm_audit_sink *sink = &policy->audit_sinks[i];
        struct cm_trusted trusted = {.initial = is_initial(v->runtime), .consequence = "so it takes no audit records"};
        struct cm_error err;
        if (sink->kind != CM_AUDIT_FILE)
            continue;
        cm_error_init(&err);
        CM_AUTO_CLOSE int dir = cm_trusted_walk(&trusted, sink->path, (size_t)(strrchr(sink->path, '/') - sink->path), &err);
        if (dir < 0)
            cm_remark_element(&v->remarks, CM_REMARK_WARNING, &v->origin, CM_TUNABLE_AUDIT_SINKS, i, "%s", err.message);
    }
}

static void look_at_host(struct validation *v, const struct cm_policy *policy)
{
    look_at_hooks(v, policy);
    for (size_t i = 0; i < policy->n_mount_rules; i++)
        look_at_place(v, CM_TUNABLE_MOUNTS_ALLOW, i, policy->mount_rules[i].prefix);
    for (size_t i = 0; i < policy->n_listener_paths; i++)
        look_at_place(v, CM_TUNABLE_SECCOMP_LISTENER_PATHS, i, policy->listener_paths[i]);
    look_at_profiles(v, policy);
    look_at_roots(v, policy);
    look_at_sinks(v, policy);
}

static void validation_free(struct validation **v)
{
    free(*v);
}

int cm_policy_validate(const struct cm_runtime *runtime, const char *option, const struct cm_policy_files *files, bool json, struct cm_style style,
                       struct cm_str *out, bool *ret_valid, struct cm_error *err)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_CLEANUP(validation_free) struct validation *v = calloc(1, sizeof(*v));
    const struct cm_policy *policy = NULL;

    if (!v)
        return cm_fail_errno(err, ENOMEM, NULL, "looking at the policy");
    v->runtime = runtime;
    v->remarks.arena = &arena;
    int r = files->n > 0 ? read_given(v, files, &arena, &policy, err) : read_system(v, option, &arena, &policy, err);
    if (r < 0 && v->errors == 0) { /* of no file in particular, or of all together */
        if (v->n_files == 0)
            v->files[v->n_files++] = option[0] == '/' ? option : CM_POLICY_DIRECTORY;
        cm_remark(&v->remarks, CM_REMARK_ERROR, v->files[v->n_files - 1], "", "%s", err->message);
        v->errors++;
    }
    if (v->errors == 0 && policy) {
        cm_policy_lint(policy, &v->origin, (int64_t)time(NULL), &v->remarks);
        look_at_host(v, policy);
    }
    find_places(v);
    *ret_valid = !cm_policy_report(&v->remarks, v->files, v->n_files, json, style, out);
    return cm_str_text(out) ? 0 : cm_fail_errno(err, ENOMEM, NULL, "writing the report");
}
