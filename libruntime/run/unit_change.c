/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the limits of a container whose cgroup is a scope of systemd's: systemd is told first, then the files are written; when the kernel refuses one of
 * them, systemd is told what held before. Hostile: a container that uses as much as it can meanwhile.
 */
#include "run/unit_change.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cgroup/systemd.h"
#include "observe/values.h"
#include "plan/update.h"

/* Of a file with a line a device: what it says for one, or what it would say for one that has none. */
static const char *device_line(const char *text, const struct cm_plan_limit *limit, struct cm_arena *arena)
{
    size_t key = strcspn(limit->value, " ");
    const char *nothing = cm_streq(limit->file, "io.max") ? "rbps=max wbps=max riops=max wiops=max" : "100";

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, limit->value, key) == 0 && line[key] == ' ')
            return cm_arena_printf(arena, "%.*s", (int)strcspn(line, "\n"), line);
    return cm_arena_printf(arena, "%.*s %s", (int)key, limit->value, nothing);
}

/* The limits that the same files say now; those that cannot be read are left out. */
static int limits_now(const struct cm_live *live, const struct cm_plan *plan, struct cm_arena *arena, struct cm_plan_limit *ret, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < plan->n_limits; i++) {
        const struct cm_plan_limit *limit = &plan->limits[i];
        CM_AUTO_FREE char *text = NULL;
        if (cm_value_text(live->cgroup.fd, limit->file, &text) < 0)
            continue;
        bool by_device = strchr(limit->value, ':') && cm_has_prefix(limit->file, "io.");
        size_t n = strlen(text);
        const char *value = by_device ? device_line(text, limit, arena) : cm_arena_printf(arena, "%.*s", (int)(n > 0 && text[n - 1] == '\n' ? n - 1 : n), text);
        if (!value)
            return -ENOMEM;
        ret[(*ret_n)++] = (struct cm_plan_limit){.file = limit->file, .value = value};
    }
    return 0;
}

static int tell(struct cm_runtime *runtime, const struct cm_live *live, const struct cm_plan_unit *unit, struct cm_error *err)
{
    const struct cm_systemd_request request = {
        .operation = CM_SYSTEMD_SET, .unit = live->record->systemd_unit, .rootless = runtime->rootless, .n = unit->n, .properties = unit->properties};

    return unit->n > 0 ? cm_systemd_call(&request, err) : 0;
}

int cm_unit_change_limits(struct cm_runtime *runtime, const struct cm_live *live, const struct cm_plan *plan, struct cm_arena *arena, struct cm_error *err)
{
    struct cm_plan_limit *now = cm_arena_array(arena, plan->n_limits + 1, sizeof(*now));
    struct cm_plan_unit before = {0};
    struct cm_error ignored;
    size_t n;

    if (!now || limits_now(live, plan, arena, now, &n) < 0 || cm_plan_unit_limits(now, n, arena, &before) < 0)
        return cm_fail_errno(err, ENOMEM, NULL, "changing the limits of unit %s", live->record->systemd_unit);
    int r = tell(runtime, live, &plan->unit, err);
    if (r == 0)
        r = cm_cgroup_change_limits(&live->cgroup, plan->limits, plan->n_limits, err);
    /* Also after a call that failed: what it has done until then nobody knows. */
    if (r < 0 && tell(runtime, live, &before, &ignored) < 0)
        cm_log(CM_LOG_WARNING, "setting the limits of unit %s back: %s", live->record->systemd_unit, ignored.message);
    return r;
}
