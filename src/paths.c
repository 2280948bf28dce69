/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state root, and the policy in the program's name; see paths.h. */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/io.h"

#define DEFAULT_ROOT "/run/casemate"

/* The initial user namespace is the one whose map is the identity on all ids (user_namespaces(7)). */
static bool in_user_namespace(void)
{
    static const char words[] = "0 0 4294967295";
    char map[128], packed[128];
    size_t n = 0;

    if (cm_read_small_at(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
        return false;
    for (const char *c = map; *c; c++) {
        if (*c != ' ')
            packed[n++] = *c;
        else if (n > 0 && packed[n - 1] != ' ')
            packed[n++] = ' ';
    }
    packed[n] = '\0';
    return strcmp(packed, words) != 0;
}

void cli_caller_inspect(struct cli_caller *ret)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    bool privileged = cm_euid() == 0;

    *ret = (struct cli_caller){
        .privileged = privileged,
        .in_user_namespace = privileged && xdg && in_user_namespace(), /* otherwise it decides nothing: spare the read */
        .xdg_runtime_dir = xdg,
        .user = getenv("USER"),
    };
}

void cli_default_root(const struct cli_caller *caller, struct cm_str *out)
{
    bool own = !caller->privileged || (caller->in_user_namespace && !cm_streq(caller->user, "root"));

    /* The XDG base directory specification: a relative path there is to be ignored. */
    if (own && caller->xdg_runtime_dir && caller->xdg_runtime_dir[0] == '/')
        cm_str_addf(out, "%s/casemate", caller->xdg_runtime_dir);
    else
        cm_str_add(out, DEFAULT_ROOT);
}

static void drop_last_component(struct cm_str *path)
{
    while (path->size > 0 && path->data[--path->size] != '/')
        ;
    if (path->data)
        path->data[path->size] = '\0';
}

/* Adds the components of `path` to `out`, which is empty or an absolute path without a final slash. */
static void add_components(const char *path, struct cm_str *out)
{
    while (*path && !out->failed) {
        size_t size = strcspn(path, "/");
        if (size == 2 && memcmp(path, "..", 2) == 0)
            drop_last_component(out);
        else if (size > 0 && !(size == 1 && path[0] == '.')) {
            cm_str_add(out, "/");
            cm_str_add_bytes(out, path, size);
        }
        path += size + (path[size] == '/');
    }
}

void cli_absolute_path(const char *directory, const char *path, struct cm_str *out)
{
    if (path[0] != '/')
        add_components(directory, out);
    add_components(path, out);
    if (out->size == 0)
        cm_str_add(out, "/");
}

const char *cli_policy_of_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *at = strchr(slash ? slash + 1 : program, '@');

    return at ? at + 1 : NULL;
}

int cli_root(const char *option, struct cm_str *out, struct cm_error *err)
{
    char directory[PATH_MAX] = "/";

    if (option) {
        if (option[0] != '/' && !getcwd(directory, sizeof(directory)))
            return cm_fail_errno(err, errno, NULL, "cannot make --root %s absolute; give an absolute path: getcwd", option);
        cli_absolute_path(directory, option, out);
    } else {
        struct cli_caller caller;
        cli_caller_inspect(&caller);
        cli_default_root(&caller, out);
    }
    if (!cm_str_text(out))
        return cm_fail_errno(err, ENOMEM, NULL, "cannot name the state root");
    if (strcmp(cm_str_text(out), "/") == 0)
        return cm_fail(err, EINVAL, NULL, "Option --root argument should not be set to /");
    return 0;
}
