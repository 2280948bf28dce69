/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masked and read-only paths: what the configuration lists, plus a floor that is always there. Paths are hostile. */
#include "plan/planner.h"

#include <string.h>

/* What runc's template and the engines mask, and what tells about other tenants: /proc/key-users (keyrings), interrupts (keystroke and load timing), powercap
 * (CVE-2020-8694). The per-cpu thermal_throttle directories depend on the machine and are the engine's to list. */
static const char *const masked[] = {
    "/proc/acpi",          "/proc/asound",      "/proc/interrupts", "/proc/kcore",      "/proc/key-users",   "/proc/keys",
    "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",       "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
    "/sys/firmware",
};

static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/pressure", "/proc/sys", "/proc/sysrq-trigger"};

struct mask_list {
    enum cm_code code;
    const char *field, *what;
    const char *const *floor;
    size_t n_floor;
};

static bool contains(const struct oci_strings *list, const char *path)
{
    for (size_t i = 0; i < list->n; i++)
        if (cm_streq(list->v[i], path))
            return true;
    return false;
}

static void unite(struct cm_planner *p, const struct mask_list *list, const struct oci_strings *config, struct oci_strings *ret)
{
    CM_AUTO_STR struct cm_str missing = {0};

    ret->v = cm_take(p, config->n + list->n_floor, sizeof(*ret->v));
    if (!ret->v)
        return;
    ret->set = true;
    for (size_t i = 0; i < config->n; i++) {
        const char *path = config->v[i][0] == '/' ? cm_normalise(p, config->v[i]) : NULL;
        if (path && !cm_streq(path, "/"))
            ret->v[ret->n++] = path;
        else
            cm_refuse(p, list->code, cm_text(p, "%s/%zu", list->field, i), "\"%.128s\" must be an absolute path without \"..\"", config->v[i]);
    }
    struct oci_strings given = *ret;
    for (size_t i = 0; i < list->n_floor; i++) {
        if (contains(&given, list->floor[i]))
            continue;
        ret->v[ret->n++] = list->floor[i];
        cm_str_addf(&missing, "%s%s", missing.size > 0 ? ", " : "", list->floor[i]);
    }
    const char *names = cm_str_text(&missing);
    p->no_memory |= !names;
    if (names && names[0])
        cm_tighten(p, list->code, list->field, "%s paths were added: %s", list->what, names);
}

void cm_check_masks(struct cm_planner *p)
{
    static const struct mask_list masks = {CM_CODE_MASK, "/linux/maskedPaths", "masked", masked, CM_ARRAY_LEN(masked)};
    static const struct mask_list locks = {CM_CODE_READONLY_PATH, "/linux/readonlyPaths", "read-only", readonly, CM_ARRAY_LEN(readonly)};

    unite(p, &masks, &p->linux_->masked_paths, &p->plan->masked_paths);
    unite(p, &locks, &p->linux_->readonly_paths, &p->plan->readonly_paths);
}
