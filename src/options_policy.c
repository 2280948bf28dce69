/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables; see options_policy.h. */
#include "options_policy.h"

const char cli_policy_description[] = "Looks at the policy, which says what containers on this host may ask for. Nothing is\n"
                                      "changed: the files in /etc/casemate are the host's root's to write.\n";
static const char explain_description[] = "Explains a code that \"casemate check\", a log record or an error names (CM-NONROOT): what\n"
                                          "it means, what to do, and what a policy can change about it. Or a member of a policy\n"
                                          "file (/limits/pids/max, or /limits for all of them): its values and bounds. Or a\n"
                                          "floor (host-trees): what holds whatever a policy says.\n";

static const struct cli_option explain_options[] = {
    {"format", 'f', CLI_STRING, false, offsetof(struct cli_values, format), "text or json (default: \"text\")"},
};

const struct cli_command cli_policy_commands[CLI_POLICY_COMMANDS] = {
    [CLI_POLICY_EXPLAIN] = {"policy explain", "say what a code, a member of a policy or a floor means", "<code|pointer|floor>", explain_description, {CM_ARRAY_LEN(explain_options), explain_options}, 1, 1, .failure_status = 1},
};
