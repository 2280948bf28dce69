/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See filesystems.h. Constant tables. */
#include "plan/filesystems.h"

#include <linux/magic.h>

#include "base/macros.h"
#include "base/str.h"

/* Not in every linux/magic.h. */
#define CONFIGFS 0x62656570u
#define FUSECTL 0x65735543u
#define APPARMORFS 0x5a3c69f0u
#define MQUEUE 0x19800202u
#define PIDFS 0x50494446u
#define RPC_PIPEFS 0x67596969u
#define NFSD 0x6e667364u
#define DMA_BUF 0x444d4142u
#define SECRETMEM 0x5345434du
#define XENFS 0xabba1974u

bool cm_fs_is_forbidden(uint64_t magic)
{
    static const uint32_t forbidden[] = {
        PROC_SUPER_MAGIC,
        SYSFS_MAGIC,
        CGROUP_SUPER_MAGIC,
        CGROUP2_SUPER_MAGIC,
        DEBUGFS_MAGIC,
        TRACEFS_MAGIC,
        SECURITYFS_MAGIC,
        SELINUX_MAGIC,
        SMACK_MAGIC,
        BPF_FS_MAGIC,
        NSFS_MAGIC,
        EFIVARFS_MAGIC,
        PSTOREFS_MAGIC,
        BINFMTFS_MAGIC,
        RDTGROUP_SUPER_MAGIC,
        DEVPTS_SUPER_MAGIC,
        SOCKFS_MAGIC,
        PIPEFS_MAGIC,
        ANON_INODE_FS_MAGIC,
        CONFIGFS,
        FUSECTL,
        APPARMORFS,
        MQUEUE,
        PIDFS,
        AUTOFS_SUPER_MAGIC,
        RPC_PIPEFS,
        NFSD,
        DMA_BUF,
        SECRETMEM,
        XENFS,
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(forbidden); i++)
        if (magic == forbidden[i])
            return true;
    return false;
}

bool cm_fs_type_is_forbidden(const char *type)
{
    static const char *const forbidden[] = {
        "autofs",   "binderfs",   "binfmt_misc", "bpf",       "cgroup",  "cgroup2", "configfs", "cpuset", "debugfs", "devpts",
        "devtmpfs", "efivarfs",   "functionfs",  "fusectl",   "mqueue",  "nfsd",    "nsfs",     "pidfs",  "proc",    "pstore",
        "resctrl",  "rpc_pipefs", "securityfs",  "selinuxfs", "smackfs", "sysfs",   "tracefs",  "usbfs",  "xenfs",
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(forbidden); i++)
        if (cm_streq(type, forbidden[i]))
            return true;
    return false;
}

enum cm_idmap_ability cm_fs_type_idmap(const char *type)
{
    /* since Linux 5.19 at the latest; the second list never, so that no time is spent on asking */
    static const char *const can[] = {"btrfs", "erofs", "ext4", "f2fs", "vfat", "xfs"};
    static const char *const cannot[] = {"9p", "afs", "cifs", "nfs", "nfs4", "overlay", "smb3"};

    for (size_t i = 0; i < CM_ARRAY_LEN(can); i++)
        if (cm_streq(type, can[i]))
            return CM_IDMAP_YES;
    for (size_t i = 0; i < CM_ARRAY_LEN(cannot); i++)
        if (cm_streq(type, cannot[i]))
            return CM_IDMAP_NO;
    return CM_IDMAP_ASK;
}
