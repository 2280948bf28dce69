/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which boot of the host this is: records of another boot name processes that are gone. */
#pragma once

#define CM_BOOT_ID_SIZE 37

/* The kernel's random boot id, 36 characters. Read once per process, from a /proc that is checked to be procfs. Returns 0 or -errno. */
int cm_boot_id_read(char ret[CM_BOOT_ID_SIZE]);
