/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that the profiles may use for argument values and answers. The numbers are those of the generic kernel ABI, written out because the headers of
 * the build machine may be older, or of another architecture, than the kernels the result runs on.
 */
#pragma once

#include <stdint.h>

static const struct { const char *name; uint64_t value; } constants[] = {
    {"CLONE_NEW_ANY", 0x7e020000}, /* NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME exists in clone3 only */
    {"CLONE_THREAD", 0x10000},
    {"AF_UNIX", 1}, {"AF_INET", 2}, {"AF_INET6", 10}, {"AF_NETLINK", 16},
    {"SOCK_TYPE_MASK", 0xf}, {"SOCK_STREAM", 1}, {"SOCK_DGRAM", 2}, {"SOCK_SEQPACKET", 5},
    {"IPPROTO_IP", 0}, {"IPPROTO_ICMP", 1}, {"IPPROTO_TCP", 6}, {"IPPROTO_UDP", 17}, {"IPPROTO_ICMPV6", 58}, {"IPPROTO_MPTCP", 262},
    {"NETLINK_ROUTE", 0},
    {"SOL_IP", 0}, {"SOL_SOCKET", 1}, {"SOL_TCP", 6}, {"SOL_UDP", 17}, {"SOL_IPV6", 41}, {"SOL_ICMPV6", 58}, {"SOL_UDPLITE", 136},
    {"SOL_NETLINK", 270}, {"SOL_ALG", 279}, {"SOL_MPTCP", 284},
    {"SO_ATTACH_FILTER", 26}, {"SO_ATTACH_BPF", 50}, {"SO_ATTACH_REUSEPORT_CBPF", 51}, {"SO_ATTACH_REUSEPORT_EBPF", 52}, {"SO_ZEROCOPY", 60},
    {"TCP_ULP", 31}, {"UDP_ENCAP", 100}, {"IP_IPSEC_POLICY", 16}, {"IP_XFRM_POLICY", 17}, {"IPV6_IPSEC_POLICY", 34}, {"IPV6_XFRM_POLICY", 35},
    {"IP6T_SO_SET_REPLACE", 64}, {"IP6T_SO_SET_ADD_COUNTERS", 65},
    {"NETLINK_RX_RING", 6}, {"NETLINK_TX_RING", 7}, {"NETLINK_LISTEN_ALL_NSID", 8},
    {"MSG_OOB_OR_ZEROCOPY", 0x4000001},
    {"SPEC_ALLOW_OR_NEW_LISTENER", 0xc}, /* SECCOMP_FILTER_FLAG_… */
    {"TIOCSTI", 0x5412}, {"TIOCLINUX", 0x541c}, {"TIOCCONS", 0x541d}, {"TIOCSETD", 0x5423},
    {"PR_SET_PDEATHSIG", 1}, {"PR_GET_DUMPABLE", 3}, {"PR_SET_DUMPABLE", 4}, {"PR_SET_NAME", 15}, {"PR_GET_NAME", 16}, {"PR_CAPBSET_READ", 23},
    {"PR_SET_TIMERSLACK", 29}, {"PR_SET_NO_NEW_PRIVS", 38}, {"PR_GET_NO_NEW_PRIVS", 39}, {"PR_SET_THP_DISABLE", 41}, {"PR_SET_MDWE", 65},
    {"PR_SET_VMA", 0x53564d41},
    {"PR_SET_SECCOMP", 22}, {"PR_SET_TSC", 26}, {"PR_MCE_KILL", 33}, {"PR_SET_MM", 35}, {"PR_SET_SPECULATION_CTRL", 53}, {"PR_SPEC_ENABLE", 2},
    {"PR_SET_IO_FLUSHER", 57}, {"PR_SCHED_CORE", 62}, {"PR_TIMER_CREATE_RESTORE_IDS", 77}, {"PR_SET_PTRACER", 0x59616d61},
    {"PER_LINUX", 0}, {"PER_QUERY", 0xffffffff},
    {"O_NOTIFICATION_PIPE", 0x80},
    {"S_IFMT", 0xf000}, {"S_IFIFO", 0x1000}, {"S_IFREG", 0x8000}, {"S_IFSOCK", 0xc000},
};

static const struct { const char *name; int value; } errnos[] = {
    {"EPERM", 1}, {"ENOENT", 2}, {"EINVAL", 22}, {"ENOTTY", 25}, {"ENOSYS", 38}, {"ENOPKG", 65}, {"ENOPROTOOPT", 92}, {"EPROTONOSUPPORT", 93},
    {"EOPNOTSUPP", 95}, {"EAFNOSUPPORT", 97},
};
