/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loopback of the container's network namespace. No hostile input. */
#include "ns/network.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"

int cm_network_loopback_up(struct cm_error *err)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any family takes interface ioctls */

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return cm_fail_errno(err, errno, NULL, "setting the loopback interface up");
    return 0;
}
