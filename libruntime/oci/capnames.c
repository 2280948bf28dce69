/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capability name table. */
#include "oci/capnames.h"

#include <linux/capability.h>
#include <stddef.h>

#include "base/str.h"

#define ROW(name) [name] = #name

static const char *const names[CM_CAP_COUNT] = {
    ROW(CAP_CHOWN),
    ROW(CAP_DAC_OVERRIDE),
    ROW(CAP_DAC_READ_SEARCH),
    ROW(CAP_FOWNER),
    ROW(CAP_FSETID),
    ROW(CAP_KILL),
    ROW(CAP_SETGID),
    ROW(CAP_SETUID),
    ROW(CAP_SETPCAP),
    ROW(CAP_LINUX_IMMUTABLE),
    ROW(CAP_NET_BIND_SERVICE),
    ROW(CAP_NET_BROADCAST),
    ROW(CAP_NET_ADMIN),
    ROW(CAP_NET_RAW),
    ROW(CAP_IPC_LOCK),
    ROW(CAP_IPC_OWNER),
    ROW(CAP_SYS_MODULE),
    ROW(CAP_SYS_RAWIO),
    ROW(CAP_SYS_CHROOT),
    ROW(CAP_SYS_PTRACE),
    ROW(CAP_SYS_PACCT),
    ROW(CAP_SYS_ADMIN),
    ROW(CAP_SYS_BOOT),
    ROW(CAP_SYS_NICE),
    ROW(CAP_SYS_RESOURCE),
    ROW(CAP_SYS_TIME),
    ROW(CAP_SYS_TTY_CONFIG),
    ROW(CAP_MKNOD),
    ROW(CAP_LEASE),
    ROW(CAP_AUDIT_WRITE),
    ROW(CAP_AUDIT_CONTROL),
    ROW(CAP_SETFCAP),
    ROW(CAP_MAC_OVERRIDE),
    ROW(CAP_MAC_ADMIN),
    ROW(CAP_SYSLOG),
    ROW(CAP_WAKE_ALARM),
    ROW(CAP_BLOCK_SUSPEND),
    ROW(CAP_AUDIT_READ),
    ROW(CAP_PERFMON),
    ROW(CAP_BPF),
    ROW(CAP_CHECKPOINT_RESTORE),
};

const char *cm_cap_name(unsigned int number)
{
    return number < CM_CAP_COUNT ? names[number] : NULL;
}

int cm_cap_number(const char *name)
{
    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        if (cm_streq(names[i], name))
            return (int)i;
    return -1;
}
