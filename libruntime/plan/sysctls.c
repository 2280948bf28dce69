/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sysctls: of the namespaced ones that policy/sysctls.c lists, those that the policy allows. Keys and values are hostile; a key is compared whole after
 * normalisation, never by prefix, so nothing like "net.ipv4/../../kernel/core_pattern" comes near procfs (CVE-2022-0811).
 */
#include "plan/planner.h"
#include "policy/sysctls.h"

#include <string.h>

#define VALUE_MAX ((size_t)256)

/* Whether bundles may set it, by themselves or because the policy lets them. */
static bool is_allowed(struct cm_planner *p, const struct cm_sysctl *sysctl, const char *path, const char *field)
{
    for (size_t i = 0; !sysctl->always && i < p->policy->n_sysctls; i++)
        if (cm_sysctl_matches(p->policy->sysctls[i], path)) {
            cm_allowed(p, field, "sysctls.allow", p->policy->sysctls[i]);
            return true;
        }
    return sysctl->always;
}

static bool value_is_plain(const char *value)
{
    size_t n = strlen(value);

    if (n == 0 || n > VALUE_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((value[i] < ' ' && value[i] != '\t') || value[i] > '~')
            return false;
    return true;
}

static bool value_fits(const struct cm_sysctl *row, const char *value)
{
    static const char blank[] = " \t";
    unsigned int n = 0;

    if (row->numbers == 0)
        return strspn(value, "0123456789,-") == strlen(value);
    for (value += strspn(value, blank); *value; value += strspn(value, blank)) {
        char digits[24];
        uint64_t number;
        size_t size = strcspn(value, blank);
        if (size >= sizeof(digits) || n++ == row->numbers)
            return false;
        memcpy(digits, value, size);
        digits[size] = '\0';
        if (cm_parse_u64(digits, &number) < 0 || number > row->max)
            return false;
        value += size;
    }
    return n > 0;
}

/* Engines from before the property "domainname" say it this way, and still do (docker run --domainname). It is not written as a sysctl. */
static void set_domain_name(struct cm_planner *p, const char *value, const char *field)
{
    const char *name = cm_check_name(p, value, field);

    if (p->plan->domainname && name && !cm_streq(p->plan->domainname, name))
        cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.64s\" is not what the property \"domainname\" says; remove one of the two", value);
    else if (name)
        p->plan->domainname = name;
}

static void check_value(struct cm_planner *p, const struct cm_sysctl *row, const char *path, const char *value, const char *field)
{
    if (!value_is_plain(value))
        cm_refuse(p, CM_CODE_SYSCTL, field, "the value \"%.64s\" is not one line of at most %zu printable bytes", value, VALUE_MAX);
    else if (!value_fits(row, value))
        cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.64s\" is not a value of %s", value, path);
    struct cm_plan_sysctl *sysctl = cm_grow(p, (void **)&p->plan->sysctls, &p->plan->n_sysctls, &p->sysctls_room, sizeof(*sysctl));
    if (sysctl)
        *sysctl = (struct cm_plan_sysctl){cm_text(p, "%s", path), value, field};
}

void cm_check_sysctls(struct cm_planner *p)
{
    const struct oci_map *map = &p->linux_->sysctl;
    char path[CM_SYSCTL_PATH_MAX];

    for (size_t i = 0; i < map->n; i++) {
        const char *key = map->v[i].key, *value = map->v[i].value ? map->v[i].value : "";
        const char *field = cm_field_key(p, "/linux/sysctl", key);
        const struct cm_sysctl *row = cm_sysctl_find(key, path);
        if (row && is_allowed(p, row, path, field))
            check_value(p, row, path, value, field);
        else if (row)
            cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.128s\" is not set for containers unless the policy allows it; add it to sysctls.allow of the policy, or remove it",
                      key);
        else if (cm_streq(key, "kernel.domainname") || cm_streq(key, "kernel/domainname"))
            set_domain_name(p, value, field);
        else if (cm_streq(key, "kernel.hostname") || cm_streq(key, "kernel/hostname"))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the host name is set with the property \"hostname\", not as a sysctl");
        else
            cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.128s\" is not one of the sysctls that are safe to set for one container; remove it", key);
    }
}
