/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of commands and options. */
#include "commands.h"

#include <errno.h>
#include <string.h>

#include "options_manage.h"
#include "options_policy.h"
#include "options_seccomp.h"

#define AT(member) offsetof(struct cli_values, member)
#define OPTIONS(table)                                                                                                                                         \
    {                                                                                                                                                          \
        CM_ARRAY_LEN(table), table                                                                                                                             \
    }

static const struct cli_option global_options[] = {
    {"debug", 0, CLI_BOOL, false, AT(debug), "log debug records too"},
    {"log", 0, CLI_STRING, false, AT(log), "append log records to this file, or send them to journald:NAME or syslog:NAME (default: standard error)"},
    {"log-format", 0, CLI_STRING, false, AT(log_format), "form of the log records: text or json (default: \"text\")"},
    {"root", 0, CLI_STRING, false, AT(root),
     "directory of the containers' state, on a tmpfs (default: \"/run/casemate\", without privilege \"$XDG_RUNTIME_DIR/casemate\")"},
    {"systemd-cgroup", 0, CLI_BOOL, false, AT(systemd_cgroup), "let systemd make the cgroups: cgroupsPath is slice:prefix:name"},
    {"cgroup-manager", 0, CLI_STRING, false, AT(cgroup_manager), "who makes the cgroups: cgroupfs or systemd (default: \"cgroupfs\")"},
    {"policy", 0, CLI_NAME, false, AT(policy),
     "hardened, strict: at least that level; NAME or path of a file: instead of the policy in /etc/casemate"},
    {"criu", 0, CLI_STRING, true, AT(criu), "accepted for compatibility with runc before 1.4; there are no checkpoints"},
    {"rootless", 0, CLI_STRING, false, AT(rootless), "accepted for compatibility: true, false or auto (default: \"auto\")"},
    {"version", 'v', CLI_BOOL, false, AT(version), "print the version"},
};

#define CREATE_OPTIONS                                                                                                                                         \
    {"bundle", 'b', CLI_STRING, false, AT(bundle), "directory of the bundle (default: the working directory)"},                                                \
        {"config", 0, CLI_STRING, false, AT(config), "file to read instead of the bundle's config.json"},                                                      \
        {"console-socket", 0, CLI_STRING, false, AT(console_socket), "AF_UNIX socket that receives the terminal's master"},                                    \
        {"pidfd-socket", 0, CLI_STRING, false, AT(pidfd_socket), "AF_UNIX socket that receives a pidfd of the container's init"},                              \
        {"pid-file", 0, CLI_STRING, false, AT(pid_file), "file that receives the process id of the container's init"},                                         \
        {"no-pivot", 0, CLI_BOOL, false, AT(no_pivot), "refused: a container's root is always entered with pivot_root"},                                       \
        {"no-new-keyring", 0, CLI_BOOL, false, AT(no_new_keyring), "keep the caller's session keyring"},                                                       \
    {                                                                                                                                                          \
        "preserve-fds", 0, CLI_U32, false, AT(preserve_fds), "pass this many descriptors above standard error to the container (default: 0)"                   \
    }

static const struct cli_option create_options[] = {CREATE_OPTIONS};

static const struct cli_option run_options[] = {
    CREATE_OPTIONS,
    {"detach", 'd', CLI_BOOL, false, AT(detach), "return when the container runs, do not wait for its end"},
    {"keep", 0, CLI_BOOL, false, AT(keep), "do not delete the container when it has ended"},
    {"no-subreaper", 0, CLI_BOOL, false, AT(no_subreaper), "do not adopt the container's orphans"},
};

static const struct cli_option exec_options[] = {
    {"process", 'p', CLI_STRING, false, AT(process), "file with the process as JSON; the options that shape the process are then ignored"},
    {"cwd", 0, CLI_STRING, false, AT(cwd), "working directory in the container"},
    {"env", 'e', CLI_STRINGS, false, AT(env), "NAME=value to add to the environment (repeatable)"},
    {"user", 'u', CLI_STRING, false, AT(user), "UID or UID:GID, as numbers"},
    {"additional-gids", 'g', CLI_STRINGS, false, AT(additional_gids), "additional group (repeatable)"},
    {"cap", 'c', CLI_STRINGS, false, AT(caps), "capability to add, of those that the container's init may have (repeatable)"},
    {"no-new-privs", 0, CLI_BOOL, false, AT(no_new_privs), "accepted: no_new_privs is always set"},
    {"apparmor", 0, CLI_STRING, false, AT(apparmor), "AppArmor profile"},
    {"process-label", 0, CLI_STRING, false, AT(process_label), "SELinux label"},
    {"cgroup", 0, CLI_STRINGS, false, AT(cgroups), "run in this cgroup, which exists below the container's"},
    {"ignore-paused", 0, CLI_BOOL, false, AT(ignore_paused), "also in a paused container: the process begins when it is resumed"},
    {"detach", 'd', CLI_BOOL, false, AT(detach), "return when the process runs, do not wait for its end"},
    {"pid-file", 0, CLI_STRING, false, AT(pid_file), "file that receives the process id"},
    {"tty", 't', CLI_BOOL, false, AT(tty), "give the process a terminal of its own"},
    {"console-socket", 0, CLI_STRING, false, AT(console_socket), "AF_UNIX socket that receives the terminal's master"},
    {"pidfd-socket", 0, CLI_STRING, false, AT(pidfd_socket), "AF_UNIX socket that receives a pidfd of the process"},
    {"preserve-fds", 0, CLI_U32, false, AT(preserve_fds), "pass this many descriptors above standard error to the process (default: 0)"},
};

static const struct cli_option kill_options[] = {
    {"all", 'a', CLI_BOOL, true, AT(all), "no error when the container is stopped; kills what is left in its cgroup"},
};

static const struct cli_option delete_options[] = {
    {"force", 'f', CLI_BOOL, false, AT(force), "kill the container first if it still runs; no error if it does not exist"},
};

static const struct cli_option list_options[] = {
    {"format", 'f', CLI_STRING, false, AT(format), "table or json (default: \"table\")"},
    {"quiet", 'q', CLI_BOOL, false, AT(quiet), "print the ids only"},
};

static const struct cli_option spec_options[] = {
    {"bundle", 'b', CLI_STRING, false, AT(bundle), "directory of the bundle (default: the working directory)"},
    {"rootless", 0, CLI_BOOL, false, AT(spec_rootless), "write a configuration that asks for nothing which needs root"},
};

static const struct cli_option check_options[] = {
    {"config", 0, CLI_STRING, false, AT(config), "file to read instead of the bundle's config.json"},
    {"container", 0, CLI_STRING, false, AT(container), "id of a container, to look at instead of a bundle: is it as it was made?"},
    {"controls", 0, CLI_BOOL, false, AT(controls), "also say what becomes of published controls (Pod Security Standards, CIS, NIST)"},
    {"format", 'f', CLI_STRING, false, AT(format), "text, json or sarif (default: \"text\")"},
    {"host", 0, CLI_BOOL, false, AT(host), "look at this host instead of a bundle: what it can and cannot enforce"},
};

static const char create_description[] = "Makes a container from a bundle, a directory with a config.json and a root\n"
                                         "filesystem, and stops short of running its command: \"start\" does that. The\n"
                                         "container is already fully confined while it waits.\n";
static const char run_description[] = "Makes a container from a bundle, a directory with a config.json and a root\n"
                                      "filesystem, and runs its command. Unless detached, waits for the command's end,\n"
                                      "deletes the container and exits with the command's status, or with 128 plus the\n"
                                      "number of the signal that ended it.\n";
static const char exec_description[] = "Runs a further process in a container, as confined as its first one: with the same\n"
                                       "system call filters, at most the same capabilities, in the same namespaces and\n"
                                       "cgroup. Without --process it is made from the process in the bundle's config.json.\n"
                                       "Unless detached, waits for the process's end and exits with its status, or with 128\n"
                                       "plus the number of the signal that ended it; 255 means that it did not start.\n";
static const char start_description[] = "Lets the command of a created container run.\n";
static const char state_description[] = "Prints the state of a container as the JSON document of the OCI runtime-spec.\n";
static const char kill_description[] = "Sends a signal, a number or a name such as KILL or SIGKILL, to the first process\n"
                                       "of a container. Without one SIGTERM is sent.\n";
static const char delete_description[] = "Removes what is left of a stopped container: its cgroup, its ids and its state.\n";
static const char list_description[] = "Lists the containers below the directory given with the global option --root.\n";
static const char spec_description[] = "Writes a config.json to start from into the bundle. An existing one is never replaced.\n";
static const char features_description[] = "Prints what this program supports as the JSON document of the OCI runtime-spec.\n";
static const char check_description[] = "Says what \"create\" would do with a bundle, without doing it: what would be\n"
                                        "refused, what would be made stricter, what this host cannot enforce, and the\n"
                                        "posture that results. The bundle defaults to the working directory.\n"
                                        "\n"
                                        "The exit status is 0 if the bundle would start as it is, 2 if it would start\n"
                                        "stricter than it asks for, 3 if it would be refused, and 1 after an error.\n"
                                        "\n"
                                        "With --host it says what this kernel and host can and cannot enforce, by trying, and\n"
                                        "how the host is set. Nothing is changed. The exit status is 0 if all that containers\n"
                                        "need is there, 2 if a protection is missing that they get by default, or the host is\n"
                                        "weakly set, and 3 if containers cannot be started.\n"
                                        "\n"
                                        "With --container it compares what was recorded of a container with what the host's\n"
                                        "kernel says of it now. Nothing inside of it is asked. The exit status is 0 if it is\n"
                                        "as it was recorded, 2 if it is stricter or differs in what makes no difference, 3 if\n"
                                        "it is weaker, and 1 if not all of it could be looked at.\n";

const struct cli_command cli_commands[CLI_COMMANDS] = {
    [CLI_CHECK] = {"check", "say what would be refused or made stricter in a bundle, without running it", "[bundle]", check_description, OPTIONS(check_options),
                   0, 1, .enters_namespaces = true, .needs_policy = true, .failure_status = 1},
    [CLI_CHECKPOINT] = {"checkpoint", "refused: containers are not checkpointed", "<container-id>", cli_checkpoint_description, OPTIONS(cli_checkpoint_options),
                        1, 1, .failure_status = 1},
    [CLI_CREATE] = {"create", "create a container", "<container-id>", create_description, OPTIONS(create_options), 1, 1, .enters_namespaces = true,
                    .needs_policy = true, .prefix = "casemate create failed: ", .failure_status = 1},
    [CLI_DELETE] = {"delete", "remove what is left of a container", "<container-id>", delete_description, OPTIONS(delete_options), 1, 1, .failure_status = 1},
    [CLI_EVENTS] = {"events", "print statistics and events of a container", "<container-id>", cli_events_description, OPTIONS(cli_events_options), 1, 1,
                    .failure_status = 1},
    [CLI_EXEC] = {"exec", "run a further process in a container", "<container-id> <command> [arguments...]  or  --process <file> <container-id>",
                  exec_description, OPTIONS(exec_options), 1, CLI_ARGS_ANY, .stop_at_positional = true, .joins_container = true, .needs_policy = true,
                  .prefix = "exec failed: ", .failure_status = 255},
    [CLI_FEATURES] = {"features", "print what this program supports", "", features_description, {0, NULL}, 0, 0, .failure_status = 1},
    [CLI_KILL] = {"kill", "send a signal (default: SIGTERM) to a container's first process", "<container-id> [signal]", kill_description, OPTIONS(kill_options),
                  1, 2, .stop_at_positional = true, .failure_status = 1},
    [CLI_LIST] = {"list", "list the containers", "", list_description, OPTIONS(list_options), 0, 0, .failure_status = 1},
    [CLI_PAUSE] = {"pause", "freeze all processes of a container", "<container-id>", cli_pause_description, {0, NULL}, 1, 1, .failure_status = 1},
    [CLI_POLICY] = {"policy", "look at the policy of this host", "<command>", cli_policy_description, {0, NULL}, 1, CLI_ARGS_ANY, .failure_status = 1,
                    .n_commands = CLI_POLICY_COMMANDS, .commands = cli_policy_commands},
    [CLI_PS] = {"ps", "list the processes of a container", "<container-id> [ps options]", cli_ps_description, OPTIONS(cli_ps_options), 1, CLI_ARGS_ANY,
                .stop_at_positional = true, .failure_status = 1},
    [CLI_RESTORE] = {"restore", "refused: containers are not restored from a checkpoint", "<container-id>", cli_restore_description,
                     OPTIONS(cli_restore_options), 1, 1, .failure_status = 1},
    [CLI_RESUME] = {"resume", "let the processes of a paused container go on", "<container-id>", cli_resume_description, {0, NULL}, 1, 1, .failure_status = 1},
    [CLI_RUN] = {"run", "create and start a container", "<container-id>", run_description, OPTIONS(run_options), 1, 1, .enters_namespaces = true,
                 .needs_policy = true, .prefix = "casemate run failed: ", .failure_status = 1},
    [CLI_SECCOMP] = {"seccomp", "look at the built-in system call profiles", "<command>", cli_seccomp_description, {0, NULL}, 1, CLI_ARGS_ANY, .failure_status = 1,
                     .n_commands = CLI_SECCOMP_COMMANDS, .commands = cli_seccomp_commands},
    [CLI_SPEC] = {"spec", "write a config.json to start from", "", spec_description, OPTIONS(spec_options), 0, 0, .failure_status = 1},
    [CLI_START] = {"start", "run the command of a created container", "<container-id>", start_description, {0, NULL}, 1, 1, .failure_status = 1},
    [CLI_STATE] = {"state", "print the state of a container", "<container-id>", state_description, {0, NULL}, 1, 1, .failure_status = 1},
    [CLI_UPDATE] = {"update", "change the resource limits of a container", "<container-id>", cli_update_description, OPTIONS(cli_update_options), 1, 1,
                    .needs_policy = true, .failure_status = 1},
};

const struct cli_options cli_global_options = OPTIONS(global_options);

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < CLI_COMMANDS; i++)
        if (strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

const char *cli_command_word(const struct cli_command *command)
{
    const char *space = strchr(command->name, ' ');

    return space ? space + 1 : command->name;
}

const struct cli_command *cli_command_find_in(const struct cli_command *group, const char *word)
{
    for (size_t i = 0; i < group->n_commands; i++)
        if (strcmp(cli_command_word(&group->commands[i]), word) == 0)
            return &group->commands[i];
    return NULL;
}

int cli_command_check_arity(const struct cli_command *command, size_t n_args, struct cm_error *err)
{
    if (n_args >= command->min_args && n_args <= command->max_args)
        return 0;
    if (command->min_args == command->max_args)
        return cm_fail(err, EINVAL, NULL, "casemate: \"%s\" requires exactly %zu argument(s)", command->name, command->min_args);
    if (n_args < command->min_args)
        return cm_fail(err, EINVAL, NULL, "casemate: \"%s\" requires a minimum of %zu argument(s)", command->name, command->min_args);
    return cm_fail(err, EINVAL, NULL, "casemate: \"%s\" requires a maximum of %zu argument(s)", command->name, command->max_args);
}
