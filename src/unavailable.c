/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that engines know and we do not have yet. Their words are not looked at: failing is the whole answer. */
#include "cli.h"

#include <errno.h>

int cmd_unavailable(const struct cli_context *context, struct cm_error *err)
{
    return cm_fail(err, EOPNOTSUPP, NULL, "the %s command is not available yet", context->command->name);
}
