/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration that asks for as much as it can without being refused by every policy: what of it is granted shows how loose a policy is. */
#pragma once

#define GREEDY_CAPS                                                                                                                                            \
    "[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\","           \
    "\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_WRITE\"]"
#define GREEDY_LIMIT(name) "{\"type\":\"RLIMIT_" name "\",\"soft\":18446744073709551615,\"hard\":18446744073709551615}"
#define GREEDY(uid, annotations, sysctls, resources)                                                                                                           \
    "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},\"hostname\":\"box\",\"annotations\":{" annotations "},"                                         \
    "\"process\":{\"user\":{\"uid\":" uid ",\"gid\":0},\"args\":[\"sh\"],\"env\":[\"PATH=/bin\"],\"cwd\":\"/\",\"capabilities\":{\"bounding\":" GREEDY_CAPS    \
    ",\"permitted\":" GREEDY_CAPS ",\"effective\":" GREEDY_CAPS ",\"inheritable\":" GREEDY_CAPS ",\"ambient\":" GREEDY_CAPS "},"                               \
    "\"rlimits\":[" GREEDY_LIMIT("AS") "," GREEDY_LIMIT("CORE") "," GREEDY_LIMIT("MEMLOCK") "," GREEDY_LIMIT("MSGQUEUE") "," GREEDY_LIMIT("NICE") ","          \
    GREEDY_LIMIT("NOFILE") "," GREEDY_LIMIT("NPROC") "," GREEDY_LIMIT("RTPRIO") "," GREEDY_LIMIT("STACK") "],\"oomScoreAdj\":-1000},"                          \
    "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"}],"                       \
    "\"cgroupsPath\":\"/tenant/box\",\"sysctl\":{" sysctls "},\"resources\":{" resources "}}}"

static const char *const greedy_configs[] = {
    GREEDY("0", "\"casemate.rootfs\":\"ephemeral\"", "\"net.ipv4.ip_forward\":\"1\",\"net.ipv4.conf.all.rp_filter\":\"0\",\"kernel.shmmax\":\"18446744073709551615\"",
           "\"memory\":{\"limit\":-1,\"swap\":-1},\"pids\":{\"limit\":-1}"),
    GREEDY("0", "", "", "\"memory\":{\"limit\":8000000000,\"swap\":9223372036854775807,\"reservation\":8000000000},\"pids\":{\"limit\":9223372036854775807}"),
    GREEDY("1000", "", "", "\"unified\":{\"memory.max\":\"8000000000\",\"memory.swap.max\":\"max\",\"pids.max\":\"4194305\",\"memory.high\":\"max\"}"),
    GREEDY("1000", "", "", "\"memory\":{\"limit\":1000000,\"swap\":8000000000},\"unified\":{\"pids.max\":\"max\",\"memory.max\":\"1000000\",\"memory.swap.max\":\"8000000000\"}"),
    GREEDY("1000", "", "", ""),
};
