/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several commands share: opening the runtime, printing, the options of create and run. Option values are hostile. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/io.h"
#include "cgroup/systemd.h"
#include "ns/identity.h"
#include "paths.h"
#include "policy/file.h"
#include "process.h"
#include "run/policy_files.h"

int cli_policy_option(const struct cli_context *context, struct cm_str *buffer, const char **ret, struct cm_error *err)
{
    const char *option = context->values->policy;
    char directory[PATH_MAX] = "/";

    *ret = option ? option : "";
    if (!strchr(*ret, '/'))
        return 0;
    if (option[0] != '/' && !getcwd(directory, sizeof(directory)))
        return cm_fail_errno(err, errno, NULL, "cannot make --policy %s absolute; give an absolute path: getcwd", option);
    cli_absolute_path(directory, option, buffer);
    *ret = cm_str_text(buffer);
    return *ret ? 0 : cm_fail_errno(err, ENOMEM, NULL, "cannot name the policy");
}

int cli_check_policy_outside(const char *option, struct cm_error *err)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct cm_policy *ignored;
    enum cm_policy_level ignored_level;
    const struct cm_policy_source source = {
        .option = cm_policy_level_find(option, &ignored_level) ? option : NULL, /* others are refused later, with the reason */
        .initial = cm_ns_user_is_initial(AT_FDCWD, "/proc/self/ns/user"),
    };

    return cm_policy_load(&source, &arena, &ignored, err);
}

int cli_open_runtime(const struct cli_context *context, enum cli_need need, struct cm_runtime *ret, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str root = {0}, policy_path = {0};
    const char *policy = NULL;
    bool privileged = cm_euid() == 0; /* then main has protected us already */
    int r = cli_policy_option(context, &policy_path, &policy, err);

    if (r == 0 && need != CLI_NEED_NO_STORE)
        r = cli_root(context->values->root, &root, err);
    if (r == 0 && context->command->needs_policy && !privileged)
        r = cli_check_policy_outside(policy, err);
    if (r == 0 && context->command->enters_namespaces) /* host root comes back at once */
        r = cm_rootless_enter(context->argv, err);
    if (r == 0 && context->command->joins_container)
        r = cm_rootless_join(cm_str_text(&root), context->args[0], context->argv, err);
    if (r < 0)
        return r;
    /* Not earlier: the files in /proc of a process that is not dumpable belong to root, and newuidmap(1) refuses them. */
    r = privileged ? 0 : cli_process_protect();
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "cannot make this process non-dumpable");

    struct cm_runtime_options options = {
        .root = cm_str_text(&root),
        /* Without a state root no container exists, and engines that clean up after a reboot want to hear just that. Only `list` complains
         * about a root that was named and is missing. */
        .root_is_default = !context->values->root || context->command != &cli_commands[CLI_LIST],
        .make_root = need == CLI_MAKE_STORE,
        .need_root = need != CLI_NEED_NO_STORE,
        .see_root = need == CLI_SEE_STORE,
        .only_looks = need == CLI_LOOK_INTO_STORE,
        .systemd_driver = context->values->systemd_cgroup || cm_streq(context->values->cgroup_manager, "systemd"),
        .need_policy = context->command->needs_policy,
        .policy = policy,
    };
    return cm_runtime_open(&options, ret, err);
}

int cli_print(const struct cm_str *text, bool line, struct cm_error *err)
{
    const char *data = cm_str_text(text);

    if (!data)
        return cm_fail_errno(err, ENOMEM, NULL, "cannot build the output");
    int r = cm_write_full(STDOUT_FILENO, data, text->size);
    if (r == 0 && line && (text->size == 0 || data[text->size - 1] != '\n'))
        r = cm_write_full(STDOUT_FILENO, "\n", 1);
    return r < 0 ? cm_fail_errno(err, -r, NULL, "cannot write to standard output") : 0;
}

static int check_cgroup_manager(const struct cli_values *values, struct cm_error *err)
{
    const char *manager = values->cgroup_manager;

    if ((values->systemd_cgroup || cm_streq(manager, "systemd")) && !cm_systemd_is_built())
        return cm_fail(err, EOPNOTSUPP, NULL, "this casemate was built without the systemd cgroup driver (libsystemd): use the cgroupfs driver");
    if (cm_streq(manager, "disabled"))
        return cm_fail(err, EPERM, NULL, "--cgroup-manager disabled is refused: a container always has limits; use cgroupfs");
    if (manager && strcmp(manager, "cgroupfs") != 0 && strcmp(manager, "systemd") != 0)
        return cm_fail(err, EINVAL, NULL, "unknown cgroup manager \"%s\" given with --cgroup-manager: use cgroupfs or systemd", manager);
    return 0;
}

int cli_config_path(const struct cli_values *values, struct cm_str *out, struct cm_error *err)
{
    char directory[PATH_MAX] = "";

    if (!values->config)
        return 0;
    if (values->config[0] != '/' && !getcwd(directory, sizeof(directory)))
        return cm_fail_errno(err, errno, NULL, "naming the configuration %s", values->config);
    cm_str_addf(out, "%s%s%s", directory, directory[0] ? "/" : "", values->config);
    return cm_str_text(out) ? 0 : cm_fail_errno(err, ENOMEM, NULL, "naming the configuration");
}

int cli_create_options(const struct cli_context *context, struct cm_create_options *ret, struct cm_error *err)
{
    const struct cli_values *values = context->values;
    int r = check_cgroup_manager(values, err);

    if (r < 0)
        return r;
    if (values->no_pivot)
        return cm_fail(err, EPERM, NULL, "--no-pivot is refused: a container's root is always entered with pivot_root; leave the option out");
    *ret = (struct cm_create_options){
        .id = context->args[0],
        .bundle = values->bundle ? values->bundle : ".",
        .pid_file = values->pid_file,
        .console_socket = values->console_socket,
        .pidfd_socket = values->pidfd_socket,
        .preserve_fds = values->preserve_fds,
        .no_new_keyring = values->no_new_keyring,
        .argv = context->argv,
        .detach = values->detach,
        .keep = values->keep,
        .no_subreaper = values->no_subreaper,
        .owns_process = true,
    };
    return 0;
}
