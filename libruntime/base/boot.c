/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot id. Hostile: whatever may be mounted at /proc; a wrong id only makes records look older than they are. */
#include "base/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

int cm_boot_id_read(char ret[CM_BOOT_ID_SIZE])
{
    static char cached[CM_BOOT_ID_SIZE]; /* constant for as long as any process lives */

    if (!cached[0]) {
        struct statfs fs;
        CM_AUTO_CLOSE int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 || fstatfs(fd, &fs) < 0)
            return -errno;
        if (fs.f_type != PROC_SUPER_MAGIC)
            return -EXDEV;
        ssize_t n = read(fd, cached, CM_BOOT_ID_SIZE - 1);
        if (n != CM_BOOT_ID_SIZE - 1) {
            cached[0] = '\0';
            return n < 0 ? -errno : -EIO;
        }
    }
    memcpy(ret, cached, CM_BOOT_ID_SIZE);
    return 0;
}
