/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Floors: what no policy can allow. Pure. */
#pragma once

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* The 14 capabilities that docker and containerd put into every container. No policy raises the ceiling above them. */
#define CM_CAP_BIT(cap) (UINT64_C(1) << (cap))
#define CM_CAPS_MOST                                                                                                                                           \
    (CM_CAPS_MOST_STRICT | CM_CAP_BIT(CAP_MKNOD) | CM_CAP_BIT(CAP_NET_RAW) | CM_CAP_BIT(CAP_SETFCAP) | CM_CAP_BIT(CAP_SYS_CHROOT) |                            \
     CM_CAP_BIT(CAP_AUDIT_WRITE))
/* Under the level strict: what the level hardened has without being told. */
#define CM_CAPS_MOST_STRICT                                                                                                                                    \
    (CM_CAP_BIT(CAP_CHOWN) | CM_CAP_BIT(CAP_DAC_OVERRIDE) | CM_CAP_BIT(CAP_FOWNER) | CM_CAP_BIT(CAP_FSETID) | CM_CAP_BIT(CAP_KILL) |                           \
     CM_CAP_BIT(CAP_NET_BIND_SERVICE) | CM_CAP_BIT(CAP_SETGID) | CM_CAP_BIT(CAP_SETPCAP) | CM_CAP_BIT(CAP_SETUID))

/* Why the character device must stay with the host ("it is the host's memory"), or NULL. */
const char *cm_floor_char_device(uint32_t major, uint32_t minor);

/* Why nothing of a policy's or a bundle's may lie at this path inside of the container ("…"), or NULL for a normalised path below /dev that is not taken. */
const char *cm_floor_device_path(const char *path);

/* An absolute path without empty, "." and ".." components and without a final slash. */
bool cm_path_is_normalised(const char *path);

/* Why a program of the host must not be given this "NAME=VALUE" by a bundle, or NULL. */
const char *cm_floor_hook_env(const char *entry);
