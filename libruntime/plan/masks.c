/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masked and read-only paths: what the configuration lists, plus a floor that is always there. Paths are hostile. */
#include "plan/planner.h"

#include <stdlib.h>
#include <string.h>

/* Every path is a mount. */
#define PATHS_MAX ((size_t)4096)

/* What runc's template and the engines mask, what tells about other tenants: /proc/key-users (keyrings), interrupts (keystroke and load timing), powercap
 * (CVE-2020-8694), and where the kernel lies in memory: its notes (CVE-2024-26816), vmcoreinfo. The per-cpu thermal_throttle directories depend on the
 * machine and are the engine's to list. */
static const char *const masked[] = {
    "/proc/acpi",          "/proc/asound",      "/proc/interrupts", "/proc/kcore",      "/proc/key-users",   "/proc/keys",
    "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",       "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
    "/sys/firmware",       "/sys/kernel/notes", "/sys/kernel/vmcoreinfo",
};

static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/pressure", "/proc/sys", "/proc/sysrq-trigger"};

struct mask_list {
    enum cm_code code;
    const char *field, *what;
    const char *const *floor;
    size_t n_floor;
    bool covers; /* what is listed disappears */
};

static bool contains(const struct oci_strings *list, const char *path)
{
    for (size_t i = 0; i < list->n; i++)
        if (cm_streq(list->v[i], path))
            return true;
    return false;
}

/* Directories of processes come and go, and while the paths are covered "self" is one of ours. */
static bool is_of_process(const char *path)
{
    if (!cm_path_is_below(path, "/proc") || cm_streq(path, "/proc"))
        return false;
    const char *name = path + sizeof("/proc/") - 1;
    size_t n = strcspn(name, "/");
    return cm_path_is_below(path, "/proc/self") || cm_path_is_below(path, "/proc/thread-self") || strspn(name, "0123456789") == n;
}

/* Why the path cannot be in the list, or NULL. */
static const char *objection(const struct mask_list *list, const char *path)
{
    if (!path || cm_streq(path, "/"))
        return "must be an absolute path without \"..\" or overlong components";
    if (is_of_process(path))
        return "belongs to one process; remove it";
    if (list->covers && (cm_streq(path, "/proc") || cm_streq(path, "/dev") || cm_streq(path, "/sys")))
        return "is needed by every container; list what lies below it";
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const char *const *const *x = a, *const *const *y = b;
    int order = strcmp(**x, **y);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Covering a path twice costs as much as twice as many paths. The first of equal ones stays, in its place. */
static void remove_duplicates(struct cm_planner *p, struct oci_strings *list)
{
    const char ***sorted = cm_take(p, list->n, sizeof(*sorted));
    size_t n = 0;

    if (!sorted)
        return;
    for (size_t i = 0; i < list->n; i++)
        sorted[i] = &list->v[i];
    qsort(sorted, list->n, sizeof(*sorted), compare);
    const char *previous = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const char *path = *sorted[i];
        if (cm_streq(path, previous))
            *sorted[i] = NULL;
        previous = path;
    }
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i])
            list->v[n++] = list->v[i];
    list->n = n;
}

static void unite(struct cm_planner *p, const struct mask_list *list, const struct oci_strings *config, struct oci_strings *ret)
{
    CM_AUTO_STR struct cm_str missing = {0};

    if (config->n > PATHS_MAX) {
        cm_refuse(p, list->code, list->field, "%zu paths are more than %zu; remove some", config->n, PATHS_MAX);
        return;
    }
    ret->v = cm_take(p, config->n + list->n_floor, sizeof(*ret->v));
    if (!ret->v)
        return;
    ret->set = true;
    for (size_t i = 0; i < config->n; i++) {
        const char *path = config->v[i][0] == '/' ? cm_normalise(p, config->v[i]) : NULL;
        const char *why = objection(list, path);
        if (!why)
            ret->v[ret->n++] = path;
        else
            cm_refuse(p, list->code, cm_text(p, "%s/%zu", list->field, i), "\"%.128s\" %s", config->v[i], why);
    }
    remove_duplicates(p, ret);
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
    static const struct mask_list masks = {CM_CODE_MASK, "/linux/maskedPaths", "masked", masked, CM_ARRAY_LEN(masked), true};
    static const struct mask_list locks = {CM_CODE_READONLY_PATH, "/linux/readonlyPaths", "read-only", readonly, CM_ARRAY_LEN(readonly), false};

    unite(p, &masks, &p->linux_->masked_paths, &p->plan->masked_paths);
    unite(p, &locks, &p->linux_->readonly_paths, &p->plan->readonly_paths);
}
