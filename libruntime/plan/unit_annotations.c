/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Annotations org.systemd.property.X: properties of the container's scope. Whoever wrote the pod wrote them, and other properties run commands as root, start
 * or stop units of the host, or lift limits (CVE-2024-3154): these few only say how the scope is stopped, and no policy adds to them.
 */
#include "plan/unit.h"

#include <string.h>

#define PREFIX "org.systemd.property."
#define CODE CM_CODE_ANNOTATION_UNSAFE
#define SIGNAL_MAX 64
#define MICROSECONDS 1000000u
/* While a unit stops, a shutdown of the host waits for it. */
#define STOP_MAX_US ((uint64_t)600 * MICROSECONDS)

static void bad_value(struct cm_planner *p, const char *field, const char *value, const char *wanted)
{
    cm_refuse(p, CODE, field, "\"%.64s\" is not %s", value, wanted);
}

static void signal_of(struct cm_planner *p, const char *name, const struct cm_variant *v, const char *text, const char *field)
{
    if (v->kind != CM_VARIANT_INTEGER || v->negative || v->number == 0 || v->number > SIGNAL_MAX)
        bad_value(p, field, text, "the number of a signal, such as 15");
    else
        cm_unit_add(p, name, "i", cm_text(p, "%" PRIu64, v->number), false);
}

static void stop_time(struct cm_planner *p, const char *name, const struct cm_variant *v, const char *text, const char *field)
{
    if (v->kind != CM_VARIANT_INTEGER || v->negative) {
        bad_value(p, field, text, "a number of microseconds, such as uint64 10000000");
        return;
    }
    if (v->number > STOP_MAX_US)
        cm_tighten(p, CODE, field, "systemd is to wait longer than ten minutes for the container to stop; it waits ten minutes");
    cm_unit_add(p, name, "t", cm_text(p, "%" PRIu64, CM_MIN(v->number, STOP_MAX_US)), false);
}

static void kill_mode(struct cm_planner *p, const char *name, const struct cm_variant *v, const char *text, const char *field)
{
    if (v->kind == CM_VARIANT_STRING && cm_streq(v->string, "mixed"))
        cm_unit_add(p, name, "s", "mixed", false);
    else if (v->kind != CM_VARIANT_STRING || !cm_streq(v->string, "control-group"))
        bad_value(p, field, text, "'control-group' or 'mixed', which end every process of the container");
}

static void hang_up(struct cm_planner *p, const char *name, const struct cm_variant *v, const char *text, const char *field)
{
    if (v->kind != CM_VARIANT_BOOL)
        bad_value(p, field, text, "true or false");
    else
        cm_unit_add(p, name, "b", v->boolean ? "1" : "0", false);
}

static void collect_mode(struct cm_planner *p, const char *name CM_UNUSED, const struct cm_variant *v, const char *text, const char *field)
{
    if (v->kind != CM_VARIANT_STRING || !cm_streq(v->string, "inactive-or-failed"))
        cm_tighten(p, CODE, field, "\"%.64s\" would leave failed units behind; it is 'inactive-or-failed'", text);
}

static const struct {
    const char *name;
    void (*take)(struct cm_planner *p, const char *name, const struct cm_variant *v, const char *text, const char *field);
} properties[] = {
    {"CollectMode", collect_mode}, {"KillMode", kill_mode}, {"KillSignal", signal_of}, {"SendSIGHUP", hang_up}, {"TimeoutStopUSec", stop_time},
};

/* Without the driver there is no unit to give them to. */
static void no_unit(struct cm_planner *p, const char *field)
{
    cm_tighten(p, CODE, field, "without the systemd cgroup driver there is no unit that has properties; this one was ignored");
}

/* "…Sec" is "…USec" in seconds, as in unit files. */
static bool to_microseconds(struct cm_variant *v)
{
    if ((v->kind != CM_VARIANT_INTEGER && v->kind != CM_VARIANT_DECIMAL) || v->negative)
        return false;
    v->number = v->number > UINT64_MAX / MICROSECONDS - 1 ? UINT64_MAX : v->number * MICROSECONDS + v->millionth;
    v->kind = CM_VARIANT_INTEGER;
    return true;
}

void cm_unit_annotation(struct cm_planner *p, const struct oci_pair *pair, const char *field)
{
    const char *name = pair->key + strlen(PREFIX), *text = pair->value ? pair->value : "";
    size_t size = strlen(name);
    bool seconds = size > 3 && cm_streq(name + size - 3, "Sec") && !(size > 4 && name[size - 4] == 'U');
    struct cm_variant v;

    if (seconds)
        name = cm_text(p, "%.*sUSec", (int)(CM_MIN(size, (size_t)64) - 3), name);
    for (size_t i = 0; i < CM_ARRAY_LEN(properties); i++) {
        if (!cm_streq(name, properties[i].name))
            continue;
        if (!p->facts->systemd_driver)
            no_unit(p, field);
        else if (cm_variant_parse(text, &v) < 0 || (seconds && !to_microseconds(&v)))
            bad_value(p, field, text, seconds ? "a number of seconds" : "a value in D-Bus variant text that this property can have");
        else
            properties[i].take(p, properties[i].name, &v, text, field);
        return;
    }
    cm_refuse(p, CODE, field,
              "this property of a unit is not a pod's to set; only CollectMode, KillMode, KillSignal, SendSIGHUP and TimeoutStopUSec are; remove it");
}
