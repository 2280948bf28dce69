/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pty.h. Hostile: for a process that joins a container, whoever is in it already. */
#include "console/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "path/rootpath.h"

/* Documentation/admin-guide/devices.txt */
#define PTMX_MAJOR 5
#define PTMX_MINOR 2
#define SLAVE_MAJOR_FIRST 136
#define SLAVE_MAJOR_LAST 143

static bool is_on_devpts(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

/* Within a devpts nobody can make, move or remove a file: once the directory is known to be one, names in it are the kernel's. */
static int open_master(struct cm_rootfd dev)
{
    struct stat st;
    CM_AUTO_CLOSE int pts = cm_root_open(dev, "pts", O_PATH | O_DIRECTORY, CM_LOOKUP_PLAIN);

    if (pts < 0)
        return pts;
    if (!is_on_devpts(pts))
        return -ENODEV;
    CM_AUTO_CLOSE int master = cm_root_open((struct cm_rootfd){pts}, "ptmx", O_RDWR | O_NOCTTY, CM_LOOKUP_PLAIN);
    if (master < 0)
        return master;
    if (fstat(master, &st) < 0)
        return -errno;
    return is_on_devpts(master) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR) ? CM_TAKE_FD(master) : -ENODEV;
}

static int open_slave(int master)
{
    struct stat st;
    int locked = 0;

    if (ioctl(master, TIOCSPTLCK, &locked) < 0)
        return -errno;
    CM_AUTO_CLOSE int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || fstat(slave, &st) < 0)
        return -errno;
    unsigned int number = major(st.st_rdev);
    return is_on_devpts(slave) && S_ISCHR(st.st_mode) && number >= SLAVE_MAJOR_FIRST && number <= SLAVE_MAJOR_LAST ? CM_TAKE_FD(slave) : -ENODEV;
}

int cm_pty_open(struct cm_rootfd dev, uint32_t owner, uint16_t rows, uint16_t columns, struct cm_pty *ret, struct cm_error *err)
{
    const struct winsize size = {.ws_row = rows, .ws_col = columns};
    CM_AUTO_CLOSE int master = open_master(dev);
    if (master < 0)
        return cm_fail_errno(err, -master, "/process/terminal", "opening the terminal multiplexer /dev/pts/ptmx of the container");
    CM_AUTO_CLOSE int slave = open_slave(master);
    if (slave < 0)
        return cm_fail_errno(err, -slave, "/process/terminal", "opening the other end of the container's new terminal");
    if (rows > 0 && columns > 0 && ioctl(master, TIOCSWINSZ, &size) < 0)
        return cm_fail_errno(err, errno, "/process/consoleSize", "setting the size of the container's terminal");
    if (fchown(slave, owner, (gid_t)-1) < 0)
        return cm_fail_errno(err, errno, "/process/terminal", "giving the container's terminal to its user");
    *ret = (struct cm_pty){CM_TAKE_FD(master), CM_TAKE_FD(slave)};
    return 0;
}

int cm_pty_become_stdio(int slave, struct cm_error *err)
{
    if (ioctl(slave, TIOCSCTTY, 0) < 0)
        return cm_fail_errno(err, errno, "/process/terminal", "making the container's terminal the controlling one");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (dup2(slave, fd) < 0)
            return cm_fail_errno(err, errno, "/process/terminal", "making the container's terminal descriptor %d", fd);
    return 0;
}

int cm_pty_name(int master, char name[CM_PTY_NAME_MAX])
{
    unsigned int number;

    if (ioctl(master, TIOCGPTN, &number) < 0)
        return -errno;
    return snprintf(name, CM_PTY_NAME_MAX, "/dev/pts/%u", number);
}
