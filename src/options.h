/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option parser: flags and positional arguments by runc's rules, into one plain structure. Pure: reads the argument vector, touches nothing else.
 * Arguments come from engines and people; ids and paths among them are hostile and only carried here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The values of an option that may be repeated; never split. */
struct cli_strings {
    size_t n, room;
    const char **v;
};

/* The value of every option of every command; those a command does not have stay as they are. Strings point into the argument vector. */
struct cli_values {
    bool help, version;
    /* global */
    bool debug, systemd_cgroup;
    const char *root, *log, *log_format, *rootless, *cgroup_manager, *criu, *policy;
    /* create, run */
    const char *bundle, *config, *console_socket, *pidfd_socket, *pid_file;
    uint32_t preserve_fds;
    bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
    /* kill, delete, list, check, spec */
    bool all, force, quiet, spec_rootless, controls, host;
    const char *format, *container;
    const char *arch; /* of seccomp */
    /* events */
    bool stats;
    const char *interval;
    /* update: all as text, because "not given" and 0 differ */
    struct {
        const char *resources, *blkio_weight, *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_rt_period, *cpu_rt_runtime, *cpuset_cpus, *cpuset_mems,
            *cpu_idle, *memory, *memory_reservation, *memory_swap, *pids_limit, *l3_cache_schema, *mem_bw_schema, *kernel_memory, *kernel_memory_tcp;
    } update;
    /* checkpoint, restore: taken, not looked at */
    const char *unused_text[8];
    bool unused_flag[12];
    /* exec */
    const char *process, *cwd, *user, *apparmor, *process_label;
    struct cli_strings env, caps, additional_gids, cgroups;
    bool tty, no_new_privs, ignore_paused;
};
void cli_values_free(struct cli_values *values);

enum cli_option_type {
    CLI_BOOL,   /* "--x" or "--x=true" */
    CLI_STRING, /* "--x value" or "--x=value"; an empty value means that none was given */
    CLI_NAME,   /* likewise, but an empty value is an error: it would choose what is meant for no value, as for a variable that nobody set */
    CLI_STRINGS, /* the same, repeatable; an empty value counts */
    CLI_U32,
};

struct cli_option {
    const char *name;
    char letter; /* 0: none */
    enum cli_option_type type;
    bool hidden;   /* accepted, not in the help */
    size_t offset; /* of the value in struct cli_values */
    const char *help;
};

struct cli_options {
    size_t n;
    const struct cli_option *v;
};

/* --help, which every command has besides its own. */
extern const struct cli_option cli_option_help;

/* Words to parse, without the program's or the command's name in front. */
struct cli_words {
    size_t n;
    const char *const *v;
};

/*
 * Parses flags into `values` and collects the positional arguments in `args`, which has room for words.n. With `stop_at_positional` everything from the first
 * positional argument on is positional. -EINVAL with runc's message.
 */
int cli_parse(const struct cli_options *options, bool stop_at_positional, const struct cli_words *words, struct cli_values *values, const char **args,
              size_t *ret_n_args, struct cm_error *err) CM_MUST_USE;
