/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sysctls: a fixed list of namespaced ones. Keys and values are hostile; a key is compared whole after normalisation, never by prefix, so nothing like
 * "net.ipv4/../../kernel/core_pattern" comes near procfs (CVE-2022-0811).
 */
#include "plan/planner.h"

#include <string.h>

#define VALUE_MAX ((size_t)256)
#define KEY_MAX ((size_t)128)

/* How many numbers (one at least) a value is, and how large; 0: a list of ports. What the kernel would not take is refused before anything is made. */
static const struct sysctl_row {
    const char *path;
    unsigned int numbers;
    uint64_t max;
} allowed[] = {
    {"kernel/shm_rmid_forced", 1, 1},
    {"kernel/msgmax", 1, INT32_MAX},
    {"kernel/msgmnb", 1, INT32_MAX},
    {"kernel/msgmni", 1, INT32_MAX},
    {"kernel/sem", 4, INT32_MAX},
    {"kernel/shmall", 1, UINT64_MAX},
    {"kernel/shmmax", 1, UINT64_MAX},
    {"kernel/shmmni", 1, INT32_MAX},
    {"fs/mqueue/msg_max", 1, INT32_MAX},
    {"fs/mqueue/msgsize_max", 1, INT32_MAX},
    {"fs/mqueue/queues_max", 1, INT32_MAX},
    {"fs/mqueue/msg_default", 1, INT32_MAX},
    {"fs/mqueue/msgsize_default", 1, INT32_MAX},
    {"net/ipv4/ip_local_port_range", 2, 65535},
    {"net/ipv4/ip_unprivileged_port_start", 1, 65535},
    {"net/ipv4/tcp_syncookies", 1, 2},
    {"net/ipv4/ping_group_range", 2, INT32_MAX},
    {"net/ipv4/ip_local_reserved_ports", 0, 0},
    {"net/ipv4/tcp_keepalive_time", 1, INT32_MAX},
    {"net/ipv4/tcp_keepalive_intvl", 1, INT32_MAX},
    {"net/ipv4/tcp_keepalive_probes", 1, INT32_MAX},
    {"net/ipv4/tcp_fin_timeout", 1, INT32_MAX},
    {"net/ipv4/tcp_rmem", 3, INT32_MAX},
    {"net/ipv4/tcp_wmem", 3, INT32_MAX},
    {"net/core/somaxconn", 1, INT32_MAX},
};

/* sysctl(8): the first separator decides; if it is a dot, dots separate and slashes stand for dots. */
static const struct sysctl_row *find_allowed(const char *key)
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
        if (cm_streq(path, allowed[i].path))
            return &allowed[i];
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

static bool value_fits(const struct sysctl_row *row, const char *value)
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

void cm_check_sysctls(struct cm_planner *p)
{
    const struct oci_map *map = &p->linux_->sysctl;

    for (size_t i = 0; i < map->n; i++) {
        const char *key = map->v[i].key, *value = map->v[i].value ? map->v[i].value : "";
        const char *field = cm_field_key(p, "/linux/sysctl", key);
        const struct sysctl_row *row = find_allowed(key);
        if (!row && (cm_streq(key, "kernel.domainname") || cm_streq(key, "kernel/domainname")))
            set_domain_name(p, value, field);
        else if (!row && (cm_streq(key, "kernel.hostname") || cm_streq(key, "kernel/hostname")))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the host name is set with the property \"hostname\", not as a sysctl");
        else if (!row)
            cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.128s\" is not one of the sysctls that are safe to set for one container; remove it", key);
        else if (!value_is_plain(value))
            cm_refuse(p, CM_CODE_SYSCTL, field, "the value \"%.64s\" is not one line of at most %zu printable bytes", value, VALUE_MAX);
        else if (!value_fits(row, value))
            cm_refuse(p, CM_CODE_SYSCTL, field, "\"%.64s\" is not a value of %s", value, row->path);
        struct cm_plan_sysctl *sysctl = row ? cm_grow(p, (void **)&p->plan->sysctls, &p->plan->n_sysctls, &p->sysctls_room, sizeof(*sysctl)) : NULL;
        if (sysctl)
            *sysctl = (struct cm_plan_sysctl){row->path, value, field};
    }
}
