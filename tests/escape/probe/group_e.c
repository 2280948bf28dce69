/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group E: namespaces and mounts, attacked from inside. */
#include "escape.h"

const struct attempt group_e[] = {
    {.row = "E01", .name = "unshare", .each = "user mnt pid net ipc uts cgroup time"},
    {.row = "E08", .name = "pivot_root", .through = "EINVAL EBUSY"},
    {.row = "E08", .name = "chroot"},
    {.name = NULL},
};
