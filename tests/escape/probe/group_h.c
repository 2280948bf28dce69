/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Group H: device nodes. The nodes below /escape/nodes are the image's: the driver makes them in the root filesystem. */
#include "escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- H01, H07: making nodes; "name:type:major:minor" ---- */
static long node(const char *argument)
{
    unsigned int number[2];
    const char *at = strchr(argument, ':');
    mode_t type = at && at[1] == 'b' ? S_IFBLK : S_IFCHR;

    at = strchr(at + 1, ':');
    for (int i = 0; i < 2; i++, at = strchr(at, ':'))
        number[i] = (unsigned int)strtoul(++at, NULL, 10);
    (void)unlink("/tmp/node"); /* a tmpfs in the control arm; read-only or missing elsewhere: then /dev/shm */
    const char *path = access("/tmp", W_OK) == 0 ? "/tmp/node" : "/dev/shm/node";
    (void)unlink(path);
    long r = mknod(path, type | 0666, makedev(number[0], number[1]));
    int errnum = errno;
    (void)unlink(path);
    errno = errnum;
    return r;
}

/* ---- H03: what is in /dev ---- */
struct expected {
    const char *name;
    mode_t type;
    unsigned int major, minor;
};
static const struct expected census[] = {
    {"null", S_IFCHR, 1, 3}, {"zero", S_IFCHR, 1, 5}, {"full", S_IFCHR, 1, 7}, {"random", S_IFCHR, 1, 8}, {"urandom", S_IFCHR, 1, 9}, {"tty", S_IFCHR, 5, 0},
    {"ptmx", S_IFLNK, 0, 0}, {"pts", S_IFDIR, 0, 0}, {"shm", S_IFDIR, 0, 0}, {"mqueue", S_IFDIR, 0, 0}, {"fd", S_IFLNK, 0, 0}, {"stdin", S_IFLNK, 0, 0},
    {"stdout", S_IFLNK, 0, 0}, {"stderr", S_IFLNK, 0, 0}, {"core", S_IFLNK, 0, 0},
};

static bool is_expected(const char *name, const struct stat *st)
{
    for (size_t i = 0; i < sizeof(census) / sizeof(census[0]); i++)
        if (strcmp(census[i].name, name) == 0)
            return (st->st_mode & S_IFMT) == census[i].type && (!S_ISCHR(st->st_mode) || st->st_rdev == makedev(census[i].major, census[i].minor));
    return false;
}

static long census_of_dev(const char *argument)
{
    DIR *dir = opendir("/dev");
    const struct dirent *entry;
    char strange[1024] = "";
    size_t used = 0, seen = 0;

    (void)argument;
    while (dir && (entry = readdir(dir))) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        seen++;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !is_expected(entry->d_name, &st))
            used += (size_t)snprintf(strange + used, used < sizeof(strange) ? sizeof(strange) - used : 0, " %s", entry->d_name);
        if (used >= sizeof(strange))
            break;
    }
    return held(seen >= 6 && used == 0, "%zu entries; not expected:%s", seen, strange);
}

/* ---- H04 ---- */
static long foreign_terminals(const char *argument)
{
    DIR *dir = opendir("/dev/pts");
    const struct dirent *entry;
    long found = 0;

    (void)argument;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            found++;
    return dir ? found : -1;
}

static long own_terminal(const char *argument)
{
    char name[64];
    int zero = 0, main_end = (int)open_path("/dev/ptmx", O_RDWR), number;

    (void)argument;
    if (main_end < 0 || ioctl(main_end, TIOCSPTLCK, &zero) != 0 || ioctl(main_end, TIOCGPTN, &number) != 0)
        return works(-1);
    (void)snprintf(name, sizeof(name), "/dev/pts/%d", number);
    return works(open_path(name, O_RDWR));
}

const struct attempt group_h[] = {
    {.row = "H01", .name = "mknod", .run = node, .each = "null:c:1:3 memory:c:1:1 log:c:1:11 tun:c:10:200 fuse:c:10:229 disk:b:8:0 loop:b:7:0 whiteout:c:0:0"},
    {.row = "H02", .name = "open-r", .each = "/escape/nodes/mem /escape/nodes/kmsg /escape/nodes/null /escape/nodes/disk"},
    {.row = "H02", .name = "open-w", .each = "/escape/nodes/kmsg /escape/nodes/null"},
    {.row = "H03", .name = "census", .run = census_of_dev},
    {.row = "H04", .name = "foreign-terminals", .run = foreign_terminals, .counts = true},
    {.row = "H04", .name = "own-terminal", .run = own_terminal},
    {.row = "H05", .name = "open-r",
     .each = "/dev/mem /dev/kmem /dev/port /dev/kmsg /dev/loop-control /dev/loop0 /dev/mapper/control /dev/nbd0 /dev/fuse /dev/cuse /dev/net/tun /dev/vhost-net /dev/vhost-vsock "
             "/dev/kvm /dev/uinput /dev/uhid /dev/input/event0 /dev/dri/card0 /dev/vfio/vfio /dev/btrfs-control /dev/autofs /dev/ppp /dev/rfkill /dev/hpet /dev/rtc0 /dev/nvram "
             "/dev/snapshot /dev/userio /dev/vga_arbiter /dev/watchdog /dev/cpu/0/msr /dev/sda /dev/vda /dev/nvme0n1 /dev/tty0 /dev/tty1 /dev/ttyS0 /dev/console /dev/vcs "
             "/dev/userfaultfd /dev/udmabuf /dev/dma_heap/system /dev/bsg /dev/sg0 /dev/ipmi0 /dev/tpm0 /dev/sev /dev/tdx_guest /dev/hugepages /dev/cpu_dma_latency"},
    {.row = "H07", .name = "mknod", .run = node, .each = "disk:b:254:0 sata:b:8:0 nvme:b:259:0 mapper:b:253:0 ram:b:1:0"},
    {.name = NULL},
};
