/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables; see options_seccomp.h. */
#include "options_seccomp.h"

#define AT(member) offsetof(struct cli_values, member)

const char cli_seccomp_description[] = "Shows the built-in system call profiles, one of which is loaded into every container.\n";
static const char list_description[] = "Lists the built-in profiles, or the system calls with what the given profiles answer:\n"
                                       "allow, an errno, or \"arguments\" where these decide.\n";
static const char explain_description[] = "Says what a profile answers to a system call, given by name or number, and why. Without\n"
                                          "arguments it says what they decide; with them (numbers, or hexadecimal 0x...) it gives\n"
                                          "the exact answer. With a bundle it says so too for the filter in its config.json, which\n"
                                          "is loaded besides, and for both together.\n";

#define COMMON_OPTIONS                                                                                                                                         \
    {"arch", 0, CLI_STRING, false, AT(arch), "x86_64, aarch64, riscv64, s390x or ppc64le (default: this machine's)"},                                          \
    {                                                                                                                                                          \
        "format", 'f', CLI_STRING, false, AT(format), "text or json (default: \"text\")"                                                                       \
    }

static const struct cli_option list_options[] = {COMMON_OPTIONS};
static const struct cli_option explain_options[] = {
    COMMON_OPTIONS,
    {"bundle", 'b', CLI_STRING, false, AT(bundle), "directory of a bundle with a filter of its own"},
};

const struct cli_command cli_seccomp_commands[CLI_SECCOMP_COMMANDS] = {
    [CLI_SECCOMP_EXPLAIN] = {"seccomp explain", "say what a profile answers to a system call, and why", "<profile> <call> [arguments...]", explain_description,
                             {CM_ARRAY_LEN(explain_options), explain_options}, 2, 8, .failure_status = 1},
    [CLI_SECCOMP_LIST] = {"seccomp list", "list the profiles, or the system calls in some of them", "[profiles...]", list_description,
                          {CM_ARRAY_LEN(list_options), list_options}, 0, CLI_ARGS_ANY, .failure_status = 1},
};
