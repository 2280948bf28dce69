/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group I: what kernel exploits begin with, as far as it is sockets, their options and netlink. */
#include "escape.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SOL_UDPLITE_ 136
#define TCP_ULP_ 31
#define UDP_ENCAP_ 100

/* ---- families: any type of socket of "name:number" ---- */
static long family(const char *argument)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM};
    int number = (int)strtol(strchr(argument, ':') + 1, NULL, 10), errnum = EAFNOSUPPORT;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        long fd = socket(number, types[i] | SOCK_CLOEXEC, 0);
        if (fd >= 0)
            return fd;
        if (errno != EAFNOSUPPORT && errno != ESOCKTNOSUPPORT && errno != EPROTONOSUPPORT)
            errnum = errno;
    }
    errno = errnum;
    return -1;
}

/* ---- options: "name:family:type:level:option", with a value that no driver takes ---- */
static long option(const char *argument)
{
    int number[4] = {0}, fd;
    char value[512] = {0};
    const char *at = argument;

    for (int i = 0; i < 4 && (at = strchr(at, ':')); i++)
        number[i] = (int)strtol(++at, NULL, 10);
    fd = socket(number[0], number[1] | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : setsockopt(fd, number[2], number[3], value, sizeof(value));
}

static long upper_layer(const char *argument)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : setsockopt(fd, IPPROTO_TCP, TCP_ULP_, argument, (socklen_t)strlen(argument));
}

/* ESP in UDP: on whichever level the kernel takes it. */
static long encapsulate(const char *argument)
{
    int level = (int)strtol(strchr(argument, ':') + 1, NULL, 10), type = 2;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, level == SOL_UDPLITE_ ? SOL_UDPLITE_ : 0);
    return fd < 0 ? -1 : setsockopt(fd, level, UDP_ENCAP_, &type, sizeof(type));
}

static long attach_program(const char *argument)
{
    int number = (int)strtol(strchr(argument, ':') + 1, NULL, 10), none = -1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : setsockopt(fd, SOL_SOCKET, number, &none, sizeof(none));
}

/* ---- requests by route netlink, on the loopback device of one's own network namespace ---- */
struct request {
    struct nlmsghdr header;
    union {
        struct tcmsg traffic;
        struct ifinfomsg link;
    } body;
    char attributes[256];
};

static void add_attribute(struct request *request, unsigned short type, const void *data, size_t size)
{
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), data, size);
    request->header.nlmsg_len = (unsigned int)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
}

/* 0, or -1 with the kernel's answer in errno. */
static long ask_route(struct request *request)
{
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)))
        return -1;
    if (answer.header.nlmsg_type != NLMSG_ERROR)
        return (errno = EPROTO, -1);
    errno = -((struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
    return errno == 0 ? 0 : -1;
}

static long queue_discipline(const char *argument)
{
    struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)), .nlmsg_type = RTM_NEWQDISC}};

    request.body.traffic = (struct tcmsg){.tcm_family = AF_UNSPEC, .tcm_ifindex = 1, .tcm_handle = 0x10000, .tcm_parent = TC_H_ROOT};
    add_attribute(&request, TCA_KIND, argument, strlen(argument) + 1);
    return ask_route(&request);
}

static long traffic_filter(const char *argument)
{
    struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)), .nlmsg_type = RTM_NEWTFILTER}};

    request.body.traffic = (struct tcmsg){.tcm_family = AF_UNSPEC, .tcm_ifindex = 1, .tcm_parent = TC_H_ROOT, .tcm_info = (1U << 16) | 8 /* ETH_P_IP */};
    add_attribute(&request, TCA_KIND, argument, strlen(argument) + 1);
    return ask_route(&request);
}

static long new_device(const char *argument)
{
    struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = RTM_NEWLINK}};
    char info[64];
    struct rtattr *kind = (struct rtattr *)info;

    kind->rta_type = IFLA_INFO_KIND;
    kind->rta_len = (unsigned short)RTA_LENGTH(strlen(argument));
    memcpy(RTA_DATA(kind), argument, strlen(argument));
    add_attribute(&request, IFLA_IFNAME, "escape0", sizeof("escape0"));
    add_attribute(&request, IFLA_LINKINFO, info, RTA_ALIGN(kind->rta_len));
    return ask_route(&request);
}

/* ---- out of band bytes between two ends of a pair ---- */
static long out_of_band(const char *argument)
{
    int ends[2];

    (void)argument;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    return send(ends[0], "x", 1, MSG_OOB);
}

#define PROTOCOLS "xfrm:16:3:6 audit:16:3:9 netfilter:16:3:12 generic:16:3:16 uevent:16:3:15 crypto:16:3:21 sock_diag:16:3:4 usersock:16:3:2 selinux:16:3:7 connector:16:3:11"

static long named_socket(const char *argument)
{
    int number[3] = {0};
    const char *at = argument;

    for (int i = 0; i < 3 && (at = strchr(at, ':')); i++)
        number[i] = (int)strtol(++at, NULL, 10);
    return socket(number[0], number[1] | SOCK_CLOEXEC, number[2]);
}

const struct attempt group_i2[] = {
    {.row = "I01", .name = "family", .run = family, .each = "alg:38"},
    {.row = "I01", .name = "socket-high-bits"},
    {.row = "I02", .name = "family", .run = family, .each = "rxrpc:33 key:15"},
    {.row = "I02", .name = "socket", .run = named_socket, .each = "xfrm:16:3:6 esp:2:3:50 ah:2:3:51 esp6:10:3:50"},
    {.row = "I02", .name = "option", .run = option, .each = "xfrm:2:2:0:17 ipsec:2:2:0:16 xfrm6:10:2:41:35 ipsec6:10:2:41:34", .through = "EINVAL EFAULT ENOMEM EOPNOTSUPP"},
    {.row = "I02", .name = "udp-encap", .run = encapsulate, .each = "udp:17 udplite:136"},
    {.row = "I03", .name = "upper-layer", .run = upper_layer, .each = "tls espintcp smc mptcp", .through = "ENOTCONN EOPNOTSUPP"},
    {.row = "I12", .name = "unshare", .each = "user"},
    {.row = "I12", .name = "socket", .run = named_socket, .each = "netfilter:16:3:12"},
    {.row = "I12", .name = "option", .run = option, .each = "ipt-replace:2:2:0:64 ipt-counters:2:2:0:65 arpt-replace:2:2:0:96 ebt:2:2:0:128 ip6t-replace:10:2:41:64 ip6t-counters:10:2:41:65",
     .through = "EINVAL EFAULT"},
    {.row = "I13", .name = "queue-discipline", .run = queue_discipline, .each = "pfifo sfq htb drr tbf fq_codel", .through = "EINVAL EEXIST"},
    {.row = "I13", .name = "traffic-filter", .run = traffic_filter, .each = "u32 route flower basic", .through = "EINVAL"},
    {.row = "I13", .name = "new-device", .run = new_device, .each = "dummy bridge veth vlan macvlan tun wireguard"},
    {.row = "I14", .name = "socket", .run = named_socket, .each = "packet-raw:17:3:768 packet-dgram:17:2:768 packet-none:17:3:0 packet-of-inet:2:10:768"},
    {.row = "I15", .name = "family", .run = family, .each = "vsock:40"},
    {.row = "I15", .name = "open-r", .each = "/dev/vsock /dev/vhost-vsock"},
    {.row = "I16", .name = "family", .run = family,
     .each = "ax25:3 ipx:4 appletalk:5 netrom:6 atmpvc:8 x25:9 rose:11 decnet:12 netbeui:13 security:14 ash:18 econet:19 atmsvc:20 rds:21 irda:23 pppox:24 wanpipe:25 llc:26 ib:27 "
             "mpls:28 can:29 tipc:30 bluetooth:31 iucv:32 phonet:35 ieee802154:36 caif:37 nfc:39 kcm:41 qipcrtr:42 smc:43 xdp:44 mctp:45 next:46 unspec:0"},
    {.row = "I17", .name = "socket", .run = named_socket,
     .each = "dccp:2:6:33 sctp:2:1:132 sctp-packets:2:5:132 udplite:2:2:136 raw-icmp:2:3:1 raw:2:3:255 raw6:10:3:58 l2tp:2:2:115 gre:2:3:47 smc:2:1:256"},
    {.row = "I18", .name = "out-of-band", .run = out_of_band},
    {.row = "I19", .name = "socket", .run = named_socket, .each = PROTOCOLS},
    {.row = "I26", .name = "attach", .run = attach_program, .each = "bpf:50 reuseport-ebpf:52", .through = "EBADF EINVAL"},
    {.name = NULL},
};
