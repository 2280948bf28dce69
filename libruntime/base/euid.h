/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who we run as. */
#pragma once

#include <sys/auxv.h>
#include <sys/types.h>

/* The effective user id that this program was executed with: from the auxiliary vector, without a system call. Ids are only changed by processes that then
 * execute something (the container's, and the one that enters the outer namespace of rootless mode), so for everyone who asks it is still true. */
static inline uid_t cm_euid(void)
{
    return (uid_t)getauxval(AT_EUID);
}
