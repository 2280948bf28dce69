/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See sysctls.h. What is here is registered for every ipc or network namespace anew (ipc/ipc_sysctl.c, ipc/mq_sysctl.c, net/ipv4/sysctl_net_ipv4.c, devinet.c,
 * net/ipv6/addrconf.c, net/core/sysctl_net_core.c); values that load modules, take keys or fill the host's log are not.
 */
#include "policy/sysctls.h"

#include <net/if.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

#define ALWAYS(path, numbers, max) {path, numbers, max, true}
#define MAY(path, max) {path, 1, max, false}
#define IPV4(name, max) MAY("net/ipv4/" name, max)
#define CONF4(name, max) MAY("net/ipv4/conf/*/" name, max)
#define CONF6(name, max) MAY("net/ipv6/conf/*/" name, max)

static const struct cm_sysctl sysctls[] = {
    ALWAYS("kernel/shm_rmid_forced", 1, 1),
    ALWAYS("kernel/msgmax", 1, INT32_MAX),
    ALWAYS("kernel/msgmnb", 1, INT32_MAX),
    ALWAYS("kernel/msgmni", 1, INT32_MAX),
    ALWAYS("kernel/sem", 4, INT32_MAX),
    ALWAYS("kernel/shmall", 1, UINT64_MAX),
    ALWAYS("kernel/shmmax", 1, UINT64_MAX),
    ALWAYS("kernel/shmmni", 1, INT32_MAX),
    ALWAYS("fs/mqueue/msg_max", 1, INT32_MAX),
    ALWAYS("fs/mqueue/msgsize_max", 1, INT32_MAX),
    ALWAYS("fs/mqueue/queues_max", 1, INT32_MAX),
    ALWAYS("fs/mqueue/msg_default", 1, INT32_MAX),
    ALWAYS("fs/mqueue/msgsize_default", 1, INT32_MAX),
    ALWAYS("net/ipv4/ip_local_port_range", 2, 65535),
    ALWAYS("net/ipv4/ip_unprivileged_port_start", 1, 65535),
    ALWAYS("net/ipv4/tcp_syncookies", 1, 2),
    ALWAYS("net/ipv4/ping_group_range", 2, INT32_MAX),
    ALWAYS("net/ipv4/ip_local_reserved_ports", 0, 0),
    ALWAYS("net/ipv4/tcp_keepalive_time", 1, INT32_MAX),
    ALWAYS("net/ipv4/tcp_keepalive_intvl", 1, INT32_MAX),
    ALWAYS("net/ipv4/tcp_keepalive_probes", 1, INT32_MAX),
    ALWAYS("net/ipv4/tcp_fin_timeout", 1, INT32_MAX),
    ALWAYS("net/ipv4/tcp_rmem", 3, INT32_MAX),
    ALWAYS("net/ipv4/tcp_wmem", 3, INT32_MAX),
    ALWAYS("net/core/somaxconn", 1, INT32_MAX),
    IPV4("ip_default_ttl", 255),
    IPV4("ip_forward", 1),
    IPV4("ip_no_pmtu_disc", 3),
    IPV4("ip_nonlocal_bind", 1),
    IPV4("icmp_echo_ignore_all", 1),
    IPV4("icmp_echo_ignore_broadcasts", 1),
    IPV4("igmp_max_memberships", 65536),
    IPV4("tcp_abort_on_overflow", 1),
    IPV4("tcp_base_mss", 65535),
    IPV4("tcp_dsack", 1),
    IPV4("tcp_ecn", 2),
    IPV4("tcp_fastopen", 0x7ff),
    IPV4("tcp_max_syn_backlog", INT32_MAX),
    IPV4("tcp_max_tw_buckets", INT32_MAX),
    IPV4("tcp_moderate_rcvbuf", 1),
    IPV4("tcp_mtu_probing", 2),
    IPV4("tcp_no_metrics_save", 1),
    IPV4("tcp_notsent_lowat", UINT32_MAX),
    IPV4("tcp_orphan_retries", 255),
    IPV4("tcp_retries1", 255),
    IPV4("tcp_retries2", 255),
    IPV4("tcp_rfc1337", 1),
    IPV4("tcp_sack", 1),
    IPV4("tcp_slow_start_after_idle", 1),
    IPV4("tcp_syn_retries", 127),
    IPV4("tcp_synack_retries", 255),
    IPV4("tcp_timestamps", 2),
    IPV4("tcp_tw_reuse", 2),
    IPV4("tcp_window_scaling", 1),
    IPV4("udp_rmem_min", INT32_MAX),
    IPV4("udp_wmem_min", INT32_MAX),
    CONF4("accept_redirects", 1),
    CONF4("accept_source_route", 1),
    CONF4("arp_announce", 2),
    CONF4("arp_filter", 1),
    CONF4("arp_ignore", 8),
    CONF4("arp_notify", 1),
    CONF4("forwarding", 1),
    CONF4("promote_secondaries", 1),
    CONF4("proxy_arp", 1),
    CONF4("rp_filter", 2),
    CONF4("secure_redirects", 1),
    CONF4("send_redirects", 1),
    MAY("net/ipv6/bindv6only", 1),
    MAY("net/ipv6/ip_nonlocal_bind", 1),
    CONF6("accept_dad", 2),
    CONF6("accept_ra", 2),
    CONF6("accept_redirects", 1),
    CONF6("addr_gen_mode", 3),
    CONF6("autoconf", 1),
    CONF6("disable_ipv6", 1),
    CONF6("forwarding", 1),
    CONF6("hop_limit", 255),
    CONF6("use_tempaddr", 2),
    MAY("net/unix/max_dgram_qlen", INT32_MAX),
};

const struct cm_sysctl *cm_sysctl_at(size_t i)
{
    return i < CM_ARRAY_LEN(sysctls) ? &sysctls[i] : NULL;
}

static bool is_interface(const char *name, size_t size)
{
    if (size == 0 || size >= IFNAMSIZ || (size <= 2 && strncmp(name, "..", size) == 0))
        return false;
    for (size_t i = 0; i < size; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ':') /* dev_valid_name() of the kernel */
            return false;
    return true;
}

bool cm_sysctl_matches(const char *pattern, const char *path)
{
    const char *star = strchr(pattern, '*');
    size_t before = star ? (size_t)(star - pattern) : 0;

    if (!star)
        return cm_streq(pattern, path);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t size = strcspn(path + before, "/");
    return is_interface(path + before, size) && cm_streq(path + before + size, star + 1);
}

/* sysctl(8): the first separator decides; if it is a dot, dots separate and slashes stand for dots. */
const struct cm_sysctl *cm_sysctl_find(const char *key, char path[CM_SYSCTL_PATH_MAX])
{
    size_t n = strlen(key), first = strcspn(key, "./");

    if (n >= CM_SYSCTL_PATH_MAX)
        return NULL;
    memcpy(path, key, n + 1);
    if (path[first] == '.')
        for (char *c = path; *c; c++)
            *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
    for (size_t i = 0; i < CM_ARRAY_LEN(sysctls); i++)
        if (cm_sysctl_matches(sysctls[i].path, path))
            return &sysctls[i];
    return NULL;
}
