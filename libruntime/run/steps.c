/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a list of named steps. */
#include <errno.h>

#include "base/log.h"
#include "base/time.h"
#include "run/launch.h"
#include "run/test_hooks.h"
#include "run/trace.h"

int cm_steps_run(const struct cm_step *steps, size_t n, struct cm_launch *launch, struct cm_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int64_t begin = launch->trace || cm_log_debug_wanted() ? cm_now_us() : 0;
        if (launch->in_child)
            cm_trace_begin(launch->trace, steps[i].name);
        cm_test_point(steps[i].name);
        if (cm_test_fails(steps[i].name))
            return cm_fail(err, EIO, NULL, "step \"%s\" was made to fail", steps[i].name);
        int r = steps[i].run(launch, err);
        if (r < 0)
            return r;
        unsigned long long duration = begin > 0 ? (unsigned long long)(cm_now_us() - begin) : 0;
        if (launch->in_child)
            cm_trace_end(launch->trace, duration);
        else
            cm_debug("%s: %llu us", steps[i].name, duration);
    }
    return 0;
}
