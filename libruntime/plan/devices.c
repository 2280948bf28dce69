/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes and the rules of the device program: the default set, and what the policy lists by path and number. A node alone gives no access, as in other
 * runtimes: a rule of the configuration must, and never more than the policy's. Numbers, paths and rules are hostile.
 */
#include "plan/planner.h"

#include <string.h>
#include <sys/stat.h>

#include "policy/floors.h"

#define ACCESS_ALL (CM_DEVICE_MKNOD | CM_DEVICE_READ | CM_DEVICE_WRITE)
#define ACCESS_OPEN (CM_DEVICE_READ | CM_DEVICE_WRITE)
#define DEFAULT_MODE 0666u
#define DEV "/dev/"
#define ALLOW "devices.allow"

/* More nodes are refused, and not looked at. */
#define DEVICES_MAX ((size_t)1024)
/* With the default set they still fit into a program. */
#define RULES_MAX ((size_t)1000)

static const struct cm_plan_device defaults[] = {
    {"null", 1, 3, S_IFCHR | DEFAULT_MODE, 0, 0},   {"zero", 1, 5, S_IFCHR | DEFAULT_MODE, 0, 0},    {"full", 1, 7, S_IFCHR | DEFAULT_MODE, 0, 0},
    {"random", 1, 8, S_IFCHR | DEFAULT_MODE, 0, 0}, {"urandom", 1, 9, S_IFCHR | DEFAULT_MODE, 0, 0}, {"tty", 5, 0, S_IFCHR | DEFAULT_MODE, 0, 0},
};

/* Opened through devpts and by the console code; not nodes of the list. */
static const struct {
    int64_t major, minor;
} terminals[] = {{5, 1}, {5, 2}, {136, -1}};

static bool is_char(const char *type)
{
    return cm_streq(type, "c") || cm_streq(type, "u");
}

static bool is_default_node(const struct oci_device *device)
{
    const char *path = device->path ? device->path : "";

    if (cm_streq(path, "/dev/console") || cm_streq(path, "/dev/ptmx"))
        return true; /* ours in any case; the entry has no effect */
    if (!is_char(device->type))
        return false;
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++)
        if (cm_has_prefix(path, DEV) && cm_streq(path + strlen(DEV), defaults[i].name) && device->major.set && device->minor.set &&
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

/* What the policy allows of the device with that number; with a path only at that place. 0: nothing. *ret_rule: the last rule that says so. */
static unsigned int allowed_access(const struct cm_policy *policy, const char *path, const struct oci_i64 *major, const struct oci_i64 *minor,
                                   const char **ret_rule)
{
    unsigned int access = 0;

    for (size_t i = 0; i < policy->n_devices && major->set && minor->set; i++) {
        const struct cm_policy_device *rule = &policy->devices[i];
        if (major->v != rule->major || minor->v != rule->minor || (path && !cm_streq(path, rule->path)))
            continue;
        access |= rule->access;
        *ret_rule = rule->path;
    }
    return access;
}

/* Why no policy could allow the device, or NULL. */
static const char *floor_of(const struct oci_device *device)
{
    if (cm_streq(device->type, "b"))
        return "no container gets a block device";
    if (is_char(device->type) && device->major.set && device->minor.set && device->major.v >= 0 && device->major.v <= UINT32_MAX && device->minor.v >= 0 &&
        device->minor.v <= UINT32_MAX)
        return cm_floor_char_device((uint32_t)device->major.v, (uint32_t)device->minor.v);
    return NULL;
}

static void refuse_node(struct cm_planner *p, const struct oci_device *device, const char *field)
{
    const char *path = device->path ? device->path : "", *why = floor_of(device);

    if (why)
        cm_refuse(p, CM_CODE_DEVICE, field, "the device \"%.128s\" is none that a policy could allow: %s; remove it", path, why);
    else if (!device->major.set || !device->minor.set)
        cm_refuse(p, CM_CODE_DEVICE, field, "the device \"%.128s\" has no number; give major and minor, or remove it", path);
    else
        cm_refuse(
            p, CM_CODE_DEVICE, field,
            "the device \"%.128s\" (%lld:%lld) is not one of null, zero, full, random, urandom and tty, and no rule of the policy allows it; remove it, or add "
            "it to devices.allow of the policy",
            path, (long long)device->major.v, (long long)device->minor.v);
}

/* Two nodes at one place, or one below another, cannot both be made. */
static bool collides(const struct cm_planner *p, const char *name)
{
    for (size_t i = CM_ARRAY_LEN(defaults); i < p->plan->n_devices; i++)
        if (cm_path_is_below(name, p->plan->devices[i].name) || cm_path_is_below(p->plan->devices[i].name, name))
            return true;
    return false;
}

static void add_node(struct cm_planner *p, const struct oci_device *device, const char *field)
{
    bool fifo = cm_streq(device->type, "p");
    uint32_t mode = device->file_mode.set ? device->file_mode.v : DEFAULT_MODE;
    const char *why = cm_floor_device_path(device->path);

    if (why)
        cm_refuse(p, CM_CODE_DEVICE, field, "nothing can be made at \"%.128s\": %s", device->path, why);
    else if (collides(p, device->path + strlen(DEV)))
        cm_refuse(p, CM_CODE_DEVICE, field, "there is another device at, above or below \"%.128s\"; list each place once", device->path);
    if (mode & ~0777u & ~(uint32_t)S_IFMT) /* Go writes the type's bits too */
        cm_refuse(p, CM_CODE_DEVICE, cm_text(p, "%s/fileMode", field), "%u is not a file mode between 0 and 511 (0777)", mode);
    cm_check_id_mapped(p, CM_CODE_DEVICE, &p->plan->uid_map, device->uid.set ? device->uid.v : 0, "user", cm_text(p, "%s/uid", field));
    cm_check_id_mapped(p, CM_CODE_DEVICE, &p->plan->gid_map, device->gid.set ? device->gid.v : 0, "group", cm_text(p, "%s/gid", field));
    if (p->plan->verdict == CM_VERDICT_REFUSED)
        return; /* what is added below may not be meaningful */
    struct cm_plan_device *node = cm_grow(p, (void **)&p->plan->devices, &p->plan->n_devices, &p->devices_room, sizeof(*node));
    if (node)
        *node = (struct cm_plan_device){
            .name = device->path + strlen(DEV),
            .major = fifo ? 0 : (uint32_t)device->major.v,
            .minor = fifo ? 0 : (uint32_t)device->minor.v,
            .mode = (fifo ? S_IFIFO : S_IFCHR) | (mode & 0777u),
            .uid = device->uid.set ? device->uid.v : 0,
            .gid = device->gid.set ? device->gid.v : 0,
        };
}

static void check_nodes(struct cm_planner *p)
{
    const struct oci_linux *linux_ = p->linux_;

    if (linux_->n_devices > DEVICES_MAX) {
        cm_refuse(p, CM_CODE_DEVICE, "/linux/devices", "%zu devices are more than %zu; remove some", linux_->n_devices, DEVICES_MAX);
        return;
    }
    for (size_t i = 0; i < linux_->n_devices; i++) {
        const struct oci_device *device = &linux_->devices[i];
        const char *field = is_default_node(device) ? NULL : cm_text(p, "/linux/devices/%zu", i);
        bool fifo = cm_streq(device->type, "p"); /* reaches nobody outside: the container could make one itself */
        const char *rule = NULL;
        if (!field)
            continue;
        if (device->path && (fifo || (is_char(device->type) && allowed_access(p->policy, device->path, &device->major, &device->minor, &rule) != 0)))
            add_node(p, device, field);
        else
            refuse_node(p, device, field);
        if (rule)
            cm_allowed(p, field, ALLOW, rule);
    }
}

static void add_rule(struct cm_planner *p, bool allow, char type, int64_t major, int64_t minor, unsigned int access)
{
    struct cm_device_rule *rule = cm_grow(p, (void **)&p->plan->device_rules, &p->plan->n_device_rules, &p->rules_room, sizeof(*rule));

    if (rule)
        *rule = (struct cm_device_rule){allow, type, major, minor, access};
}

static unsigned int access_bits(const char *access)
{
    static const struct {
        char letter;
        unsigned int bit;
    } letters[] = {{'m', CM_DEVICE_MKNOD}, {'r', CM_DEVICE_READ}, {'w', CM_DEVICE_WRITE}};
    unsigned int bits = 0;

    for (size_t i = 0; access && i < CM_ARRAY_LEN(letters); i++)
        bits |= strchr(access, letters[i].letter) ? letters[i].bit : 0;
    return bits != 0 ? bits : ACCESS_ALL;
}

static const char *access_word(unsigned int access)
{
    return access == CM_DEVICE_READ ? "r" : access == CM_DEVICE_WRITE ? "w" : "rw";
}

/* A rule of the configuration that allows something beyond the default set. */
static void check_allow_rule(struct cm_planner *p, const struct oci_device_rule *rule, const char *field)
{
    const char *by = NULL;
    unsigned int asked = access_bits(rule->access), most = cm_streq(rule->type, "c") ? allowed_access(p->policy, NULL, &rule->major, &rule->minor, &by) : 0;

    if (asked == CM_DEVICE_MKNOD) {
        cm_tighten(p, CM_CODE_DEVICE_RULE, field, "no container makes device nodes; the rule has no effect");
    } else if (most == 0) {
        cm_refuse(
            p, CM_CODE_DEVICE_RULE, field,
            "the rule allows devices beyond null, zero, full, random, urandom, tty and terminals, and no rule of the policy does; remove it, or add the device "
            "to devices.allow of the policy");
    } else if (asked & ACCESS_OPEN & ~most) {
        cm_refuse(p, CM_CODE_DEVICE_RULE, field, "the policy allows \"%s\" of this device and no more; ask for that", access_word(most));
    } else {
        if (asked & CM_DEVICE_MKNOD)
            cm_tighten(p, CM_CODE_DEVICE_RULE, field, "no container makes device nodes; \"m\" was left out");
        add_rule(p, true, 'c', rule->major.v, rule->minor.v, asked & ACCESS_OPEN);
        cm_allowed(p, field, ALLOW, by);
    }
}

/*
 * The last rule that matches decides. Those of the configuration come first, in their order: what denies can take something from what the policy allows, never
 * from the default set, which comes last and which engines forget behind their "deny all".
 */
static void add_deny_rule(struct cm_planner *p, const struct oci_device_rule *rule)
{
    int64_t major = rule->major.set && rule->major.v >= 0 ? rule->major.v : -1, minor = rule->minor.set && rule->minor.v >= 0 ? rule->minor.v : -1;

    if (major <= UINT32_MAX && minor <= UINT32_MAX) /* else there is no such device */
        add_rule(p, false, rule->type ? rule->type[0] : 'a', major, minor, access_bits(rule->access));
}

static void check_rules(struct cm_planner *p, const struct oci_resources *resources)
{
    add_rule(p, false, 'a', -1, -1, ACCESS_ALL);
    for (size_t i = 0; resources && i < resources->n_devices; i++) {
        const struct oci_device_rule *rule = &resources->devices[i];
        if (rule->allow && !is_default_rule(rule))
            check_allow_rule(p, rule, cm_text(p, "/linux/resources/devices/%zu", i));
        else if (!rule->allow && p->plan->n_device_rules > 1)
            add_deny_rule(p, rule);
        if (p->plan->n_device_rules > RULES_MAX) {
            cm_refuse(p, CM_CODE_DEVICE_RULE, "/linux/resources/devices", "the rules are more than the %zu that fit into a device program; use fewer",
                      RULES_MAX);
            return;
        }
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++)
        add_rule(p, true, 'c', defaults[i].major, defaults[i].minor, ACCESS_OPEN);
    for (size_t i = 0; i < CM_ARRAY_LEN(terminals); i++)
        add_rule(p, true, 'c', terminals[i].major, terminals[i].minor, ACCESS_OPEN);
}

void cm_check_devices(struct cm_planner *p)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(defaults); i++) {
        struct cm_plan_device *node = cm_grow(p, (void **)&p->plan->devices, &p->plan->n_devices, &p->devices_room, sizeof(*node));
        if (node)
            *node = defaults[i];
    }
    check_nodes(p);
    check_rules(p, p->linux_->resources);
}
