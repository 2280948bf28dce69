/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables; see options_policy.h. */
#include "options_policy.h"

const char cli_policy_description[] = "Looks at the policy, which says what containers on this host may ask for. Nothing is\n"
                                      "changed: the files in /etc/casemate are the host's root's to write.\n";
static const char explain_description[] = "Explains a code that \"casemate check\", a log record or an error names (CM-NONROOT): what\n"
                                          "it means, what to do, and what a policy can change about it. Or a member of a policy\n"
                                          "file (/limits/pids/max, or /limits for all of them): its values and bounds. Or a\n"
                                          "floor (host-trees): what holds whatever a policy says.\n";

static const char show_description[] = "Prints the policy in force, or the one that the global option --policy names: every\n"
                                       "value and where it comes from, rules, exceptions and whether they hold now, and the\n"
                                       "floors that no policy lowers.\n";
static const char validate_description[] = "Looks for mistakes in the files of the policy in force, or of the one that the global\n"
                                           "option --policy names, or in the files given, which are read in their order as if they\n"
                                           "were the policy. All mistakes are listed, and who could write to the files; besides,\n"
                                           "rules that decide nothing or are wider than others, exceptions that do not hold, and\n"
                                           "what is named and not there.\n"
                                           "\n"
                                           "The exit status is 0 if there is no mistake, and else 1.\n";

static const struct cli_option format_options[] = {
    {"format", 'f', CLI_STRING, false, offsetof(struct cli_values, format), "text or json (default: \"text\")"},
};
#define FORMAT                                                                                                                                                 \
    {                                                                                                                                                          \
        CM_ARRAY_LEN(format_options), format_options                                                                                                           \
    }

const struct cli_command cli_policy_commands[CLI_POLICY_COMMANDS] = {
    [CLI_POLICY_EXPLAIN] = {"policy explain", "say what a code, a member of a policy or a floor means", "<code|pointer|floor>", explain_description, FORMAT, 1, 1,
                            .failure_status = 1},
    [CLI_POLICY_SHOW] = {"policy show", "print the policy in force, and where each part of it comes from", "", show_description, FORMAT, 0, 0, .failure_status = 1},
    [CLI_POLICY_VALIDATE] = {"policy validate", "look for mistakes in policy files", "[file...]", validate_description, FORMAT, 0, CLI_ARGS_ANY, .failure_status = 1},
};
