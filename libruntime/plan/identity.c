/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host and domain name: hostile strings that end in sethostname(2), prompts and logs. */
#include "plan/planner.h"

#include <string.h>

#define NAME_LIMIT ((size_t)64) /* __NEW_UTS_LEN */

const char *cm_check_name(struct cm_planner *p, const char *name, const char *field)
{
    static const char valid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    if (!name || !name[0])
        return NULL;
    size_t n = strlen(name);
    if (n > NAME_LIMIT)
        cm_refuse(p, CM_CODE_HOSTNAME, field, "the name is %zu bytes long, the kernel takes %zu", n, NAME_LIMIT);
    else if (strspn(name, valid) != n)
        cm_refuse(p, CM_CODE_HOSTNAME, field, "\"%.64s\" has bytes other than letters, digits, dots, hyphens and underscores", name);
    return name;
}

void cm_check_identity(struct cm_planner *p)
{
    p->plan->hostname = cm_check_name(p, p->config->hostname, "/hostname");
    p->plan->domainname = cm_check_name(p, p->config->domainname, "/domainname");
}
