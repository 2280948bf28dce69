/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group G, rows 15 to 17: privileges over a network namespace, and what prctl can do. */
#include "escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- G16: changing the network namespace through netlink ---- */

struct request {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
        struct rtmsg route;
        struct tcmsg qdisc;
        struct ndmsg neighbour;
    };
    char attributes[256];
};

static void add_attribute(struct request *r, unsigned short type, const void *data, unsigned short size)
{
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));

    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(size);
    memcpy(RTA_DATA(a), data, size);
    r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Sends one request and returns what the kernel says to it. */
static long ask_route(struct request *r)
{
    char answer[1024];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    const struct nlmsghdr *head = (const struct nlmsghdr *)answer;

    r->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (fd < 0 || send(fd, r, r->header.nlmsg_len, 0) < 0 || recv(fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*head))
        return -1;
    if (head->nlmsg_type != NLMSG_ERROR)
        return 0;
    errno = -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
    return errno == 0 ? 0 : -1;
}

static long route_change(const char *what)
{
    struct request r = {.header = {.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL}};
    uint32_t address = htonl(0x7f000063), lo = 1;

    if (strcmp(what, "link-up") == 0 || strcmp(what, "link-mtu") == 0) {
        uint32_t mtu = 60000;
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.link));
        r.header.nlmsg_type = RTM_NEWLINK;
        r.header.nlmsg_flags = 0;
        r.link = (struct ifinfomsg){.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = what[5] == 'u' ? IFF_UP : 0};
        if (what[5] == 'm')
            add_attribute(&r, IFLA_MTU, &mtu, sizeof(mtu));
    } else if (strcmp(what, "address") == 0) {
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.address));
        r.header.nlmsg_type = RTM_NEWADDR;
        r.address = (struct ifaddrmsg){.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1};
        add_attribute(&r, IFA_LOCAL, &address, sizeof(address));
    } else if (strcmp(what, "route") == 0) {
        address = htonl(0xc0000200);
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.route));
        r.header.nlmsg_type = RTM_NEWROUTE;
        r.route = (struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT};
        r.route.rtm_type = RTN_BLACKHOLE;
        add_attribute(&r, RTA_DST, &address, sizeof(address));
    } else if (strcmp(what, "neighbour") == 0) {
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.neighbour));
        r.header.nlmsg_type = RTM_NEWNEIGH;
        r.neighbour = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = 1, .ndm_state = NUD_PERMANENT};
        add_attribute(&r, NDA_DST, &address, sizeof(address));
        add_attribute(&r, NDA_LLADDR, "\2\0\0\0\0\1", 6);
    } else if (strcmp(what, "qdisc") == 0) {
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.qdisc));
        r.header.nlmsg_type = RTM_NEWQDISC;
        r.qdisc = (struct tcmsg){.tcm_ifindex = (int)lo, .tcm_parent = 0xffffffffU /* root */};
        add_attribute(&r, 1 /* kind */, "pfifo", 6);
    } else {
        char info[64];
        struct rtattr *kind = (struct rtattr *)info;
        r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.link));
        r.header.nlmsg_type = RTM_NEWLINK;
        kind->rta_type = 1; /* IFLA_INFO_KIND */
        kind->rta_len = (unsigned short)RTA_LENGTH(strlen(what));
        memcpy(RTA_DATA(kind), what, strlen(what) + 1);
        add_attribute(&r, IFLA_IFNAME, "escape0", 8);
        add_attribute(&r, 18 /* IFLA_LINKINFO */, info, (unsigned short)RTA_ALIGN(kind->rta_len));
    }
    return ask_route(&r);
}

/* The calls that are older than netlink. */
static long interface_ioctl(const char *name)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

    if (strcmp(name, "flags") == 0)
        return request.ifr_flags = IFF_UP, ioctl(fd, SIOCSIFFLAGS, &request);
    if (strcmp(name, "mtu") == 0)
        return request.ifr_mtu = 65536, ioctl(fd, SIOCSIFMTU, &request);
    if (strcmp(name, "address") == 0) {
        address->sin_family = AF_INET;
        address->sin_addr.s_addr = htonl(0x7f000001);
        return ioctl(fd, SIOCSIFADDR, &request);
    }
    return ioctl(fd, 0x89a0UL /* SIOCBRADDBR */, "escapebr0");
}

/* SOL_SOCKET, SOL_IP and SOL_TCP options that need privileges; LEVEL:OPTION. */
static long socket_option(const char *argument)
{
    char *end;
    int level = (int)strtol(argument, &end, 10), option = (int)strtol(end + 1, NULL, 10), one = 1, fd;

    fd = socket(AF_INET, level == 6 ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (level == 1 && option == 12) /* SO_PRIORITY */
        one = 100;
    return setsockopt(fd, level, option, &one, sizeof(one));
}

/* Tables of iptables and its relatives: LEVEL:OPTION of the calls that read and write them. */
static long filter_table(const char *argument)
{
    char buffer[128] = "filter", *end;
    int level = (int)strtol(argument, &end, 10), option = (int)strtol(end + 1, &end, 10);
    socklen_t size = sizeof(buffer);
    int fd = socket(level == 41 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (*end == ':')
        return getsockopt(fd, level, option, buffer, &size);
    return setsockopt(fd, level, option, buffer, sizeof(buffer));
}

static long tun_device(const char *argument)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    long fd = open_path("/dev/net/tun", O_RDWR);

    (void)argument;
    return fd < 0 ? -1 : ioctl((int)fd, TUNSETIFF, &request);
}

/* ---- G15: frames and datagrams of one's own making ---- */

static long forged_source(const char *argument)
{
    int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(5353)};

    (void)argument;
    address.sin_addr.s_addr = htonl(0xc0000201); /* nobody's here */
    if (setsockopt(fd, 0 /* SOL_IP */, 19 /* IP_TRANSPARENT */, &one, sizeof(one)) < 0)
        return -1;
    return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

/* ---- G17: prctl OPTION:ARGUMENT:ARGUMENT ---- */

static long prctl_call(const char *argument)
{
    unsigned long word[4] = {0};
    const char *at = argument;
    char *end;

    for (int i = 0; i < 4 && *at; i++, at = *end ? end + 1 : end)
        word[i] = strtoul(at, &end, 0);
    return prctl((int)word[0], word[1], word[2], word[3], 0);
}

/* The same option in a register whose upper half is not empty: the kernel looks at the lower one. */
static long prctl_high_bits(const char *argument)
{
    return syscall(SYS_prctl, 1UL << 32 | strtoul(argument, NULL, 0), 7UL, 0UL, 0UL, 0UL);
}

static long speculation(const char *which)
{
    unsigned long unit = strtoul(which, NULL, 10);
    int state = prctl(PR_GET_SPECULATION_CTRL, unit, 0, 0, 0);

    if (state < 0 || !(state & PR_SPEC_PRCTL))
        return absent("state %d: this processor leaves nothing to choose", state);
    return prctl(PR_SET_SPECULATION_CTRL, unit, PR_SPEC_ENABLE, 0, 0);
}

const struct attempt group_g2[] = {
    {.row = "G15", .name = "socket", .each = "2:3:1 2:3:255 2:3:6 2:3:17 2:3:50 10:3:58 10:3:255 17:3:3 17:2:3 17:10:3 17:3:768 2:10:3"},
    {.row = "G15", .name = "forged-source", .run = forged_source},
    {.row = "G16", .name = "route", .run = route_change, .each = "link-up link-mtu address route neighbour qdisc dummy veth bridge ifb"},
    {.row = "G16", .name = "ioctl", .run = interface_ioctl, .each = "flags mtu address bridge"},
    {.row = "G16", .name = "option", .run = socket_option, .each = "1:32 1:33 1:12 1:36 0:19 6:19"},
    {.row = "G16", .name = "table", .run = filter_table, .each = "0:64 0:65 0:96 41:64 41:65 0:128 0:64:get 0:65:get 41:64:get", .through = "EINVAL ENOENT EFAULT"},
    {.row = "G16", .name = "tun", .run = tun_device},
    {.row = "G17", .name = "set-mm", .through = "EINVAL"},
    {.row = "G17", .name = "prctl", .run = prctl_call, .through = "EINVAL EFAULT ESRCH",
     .each = "35:2:0 35:6:0 35:13:0 35:14:0 0x59616d61:1 0x59616d61:0xffffffff 62:1:0:0 62:2:1:0 33:1:1:0 57:1 26:2"},
    {.row = "G17", .name = "prctl-high-bits", .run = prctl_high_bits, .each = "35 57 62", .through = "EINVAL EFAULT"},
    {.row = "G17", .name = "speculation", .run = speculation, .each = "0 1 2"},
    {.name = NULL},
};
