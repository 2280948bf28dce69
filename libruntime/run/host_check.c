/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `check --host`: looks, tries, judges, and changes nothing. */
#include <errno.h>

#include "plan/host_rules.h"
#include "run/host.h"

int cm_host_check(struct cm_runtime *runtime, const struct cm_host_request *request, const struct cm_report_options *options, struct cm_str *out,
                  int *ret_status, struct cm_error *err)
{
    struct cm_host_facts facts = {0};

    cm_host_look(runtime, request, &facts);
    cm_host_probe(runtime, &facts);
    *ret_status = cm_host_exit_status(cm_host_report(&facts, options, out));
    cm_host_facts_done(&facts);
    return cm_str_text(out) ? 0 : cm_fail_errno(err, ENOMEM, NULL, "writing the report");
}
