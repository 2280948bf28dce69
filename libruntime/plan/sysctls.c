/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sysctls: a fixed list of namespaced ones. Keys and values are hostile; a key is compared whole after normalisation, never by prefix, so nothing like
 * "net.ipv4/../../kernel/core_pattern" comes near procfs (CVE-2022-0811).
 */
#include "plan/planner.h"

#include <string.h>

#define VALUE_MAX ((size_t)256)
#define KEY_MAX ((size_t)128)

static const char *const allowed[] = {
    "kernel/shm_rmid_forced",
    "kernel/msgmax",
    "kernel/msgmnb",
    "kernel/msgmni",
    "kernel/sem",
    "kernel/shmall",
    "kernel/shmmax",
    "kernel/shmmni",
    "fs/mqueue/msg_max",
    "fs/mqueue/msgsize_max",
    "fs/mqueue/queues_max",
    "fs/mqueue/msg_default",
    "fs/mqueue/msgsize_default",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_unprivileged_port_start",
    "net/ipv4/tcp_syncookies",
    "net/ipv4/ping_group_range",
    "net/ipv4/ip_local_reserved_ports",
    "net/ipv4/tcp_keepalive_time",
    "net/ipv4/tcp_keepalive_intvl",
    "net/ipv4/tcp_keepalive_probes",
    "net/ipv4/tcp_fin_timeout",
    "net/ipv4/tcp_rmem",
    "net/ipv4/tcp_wmem",
    "net/core/somaxconn",
};

/* sysctl(8): the first separator decides; if it is a dot, dots separate and slashes stand for dots. */
static const char *find_allowed(const char *key)
{
    char path[KEY_MAX];
    size_t n = strlen(key), first = strcspn(key, "./");

    if (n >= sizeof(path))
        return NULL;
    memcpy(path, key, n + 1);
    if (path[first] == '.')
        for (char *c = path; *c; c++)
            *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
    for (size_t i = 0; i < CM_ARRAY_LEN(allowed); i++)
        if (cm_streq(path, allowed[i]))
            return allowed[i];
    return NULL;
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

void cm_check_sysctls(struct cm_planner *p)
{
    const struct oci_map *map = &p->linux_->sysctl;

    for (size_t i = 0; i < map->n; i++) {
        const char *key = map->v[i].key, *value = map->v[i].value ? map->v[i].value : "";
        const char *field = cm_field_key(p, "/linux/sysctl", key), *path = find_allowed(key);
        if (!path && (cm_streq(key, "kernel.domainname") || cm_streq(key, "kernel/domainname")))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the domain name is set with the property \"domainname\", not as a sysctl");
        else if (!path && (cm_streq(key, "kernel.hostname") || cm_streq(key, "kernel/hostname")))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the host name is set with the property \"hostname\", not as a sysctl");
        else if (!path)
            cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.128s\" is not one of the sysctls that are safe to set for one container; remove it", key);
        else if (!value_is_plain(value))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the value \"%.64s\" is not one line of at most %zu printable bytes", value, VALUE_MAX);
        struct cm_plan_sysctl *sysctl = path ? cm_grow(p, (void **)&p->plan->sysctls, &p->plan->n_sysctls, &p->sysctls_room, sizeof(*sysctl)) : NULL;
        if (sysctl)
            *sysctl = (struct cm_plan_sysctl){path, value, field};
    }
}
