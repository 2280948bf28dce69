/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device nodes and the rules of the device program: the default set and nothing else. Numbers, paths and rules are hostile. */
#include "plan/planner.h"

#include <string.h>
#include <sys/stat.h>

#define ACCESS_READ 2u
#define ACCESS_WRITE 4u
#define ACCESS_ALL 7u

static const struct cm_plan_device defaults[] = {
    {"null", 1, 3, S_IFCHR | 0666},   {"zero", 1, 5, S_IFCHR | 0666},    {"full", 1, 7, S_IFCHR | 0666},
    {"random", 1, 8, S_IFCHR | 0666}, {"urandom", 1, 9, S_IFCHR | 0666}, {"tty", 5, 0, S_IFCHR | 0666},
};

/* Opened through devpts and by the console code; not nodes of the list. */
static const struct {
    int64_t major, minor;
} terminals[] = {{5, 1}, {5, 2}, {136, -1}};

static bool is_default_node(const struct oci_device *device)
{
    const char *path = device->path ? device->path : "";

    if (cm_streq(path, "/dev/console") || cm_streq(path, "/dev/ptmx"))
        return true; /* ours in any case; the entry has no effect */
    if (!cm_streq(device->type, "c") && !cm_streq(device->type, "u"))
        return false;
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++)
        if (cm_has_prefix(path, "/dev/") && cm_streq(path + strlen("/dev/"), defaults[i].name) && device->major.set && device->minor.set &&
            device->major.v == defaults[i].major && device->minor.v == defaults[i].minor)
            return true;
    return false;
}

static bool is_default_rule(const struct oci_device_rule *rule)
{
    int64_t major = rule->major.set ? rule->major.v : -1, minor = rule->minor.set ? rule->minor.v : -1;

    if (!cm_streq(rule->type, "c"))
        return false;
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++)
        if (major == defaults[i].major && minor == defaults[i].minor)
            return true;
    for (size_t i = 0; i < CM_ARRAY_LEN(terminals); i++)
        if (major == terminals[i].major && (minor == terminals[i].minor || (terminals[i].minor == -1 && minor >= 0)))
            return true;
    return false;
}

static void add_rule(struct cm_planner *p, bool allow, char type, int64_t major, int64_t minor, unsigned int access)
{
    struct cm_device_rule *rule = cm_grow(p, (void **)&p->plan->device_rules, &p->plan->n_device_rules, &p->rules_room, sizeof(*rule));

    if (rule)
        *rule = (struct cm_device_rule){allow, type, major, minor, access};
}

static void check_rules(struct cm_planner *p, const struct oci_resources *resources)
{
    for (size_t i = 0; resources && i < resources->n_devices; i++) {
        const struct oci_device_rule *rule = &resources->devices[i];
        if (rule->allow && !is_default_rule(rule))
            cm_refuse(p, CM_CODE_DEVICE_RULE, cm_text(p, "/linux/resources/devices/%zu", i),
                      "the rule allows devices beyond null, zero, full, random, urandom, tty and terminals; remove it");
    }
}

void cm_check_devices(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;

    for (size_t i = 0; i < linux_->n_devices; i++)
        if (!is_default_node(&linux_->devices[i]))
            cm_refuse(p, CM_CODE_DEVICE, cm_text(p, "/linux/devices/%zu", i),
                      "the device \"%.128s\" is not one of null, zero, full, random, urandom and tty; remove it",
                      linux_->devices[i].path ? linux_->devices[i].path : "");
    check_rules(p, linux_->resources);

    p->plan->devices = defaults;
    p->plan->n_devices = CM_ARRAY_LEN(defaults);
    add_rule(p, false, 'a', -1, -1, ACCESS_ALL);
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++)
        add_rule(p, true, 'c', defaults[i].major, defaults[i].minor, ACCESS_READ | ACCESS_WRITE);
    for (size_t i = 0; i < CM_ARRAY_LEN(terminals); i++)
        add_rule(p, true, 'c', terminals[i].major, terminals[i].minor, ACCESS_READ | ACCESS_WRITE);
}
