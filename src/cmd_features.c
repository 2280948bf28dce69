/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate features. No input. */
#include "cli.h"

int cmd_features(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str out = {0};

    cm_features(&out);
    return cli_print(&out, true, err);
}
