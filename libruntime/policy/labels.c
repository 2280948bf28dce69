/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See labels.h. */
#include "policy/labels.h"

#include "base/str.h"

#define LABEL_MAX ((size_t)1024)

bool cm_label_is_plain(const char *label)
{
    size_t n = strlen(label);

    if (n == 0 || n > LABEL_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (label[i] <= ' ' || label[i] > '~')
            return false;
    return true;
}

/* "&unconfined" and "unconfined//&unconfined" are unconfined too, and so may be what another namespace calls its own (apparmor(7), aa_stack_profile(2)). */
bool cm_apparmor_is_one_profile(const char *profile)
{
    return !cm_streq(profile, "unconfined") && profile[0] != '&' && profile[0] != ':' && !strstr(profile, "//&");
}

bool cm_selinux_is_escape(const char *type, size_t size)
{
    static const char *const escapes[] = {"unconfined_t", "spc_t", "container_runtime_t", "init_t", "initrc_t", "kernel_t", "unconfined_service_t", "sysadm_t"};

    for (size_t i = 0; i < CM_ARRAY_LEN(escapes); i++)
        if (size == strlen(escapes[i]) && memcmp(type, escapes[i], size) == 0)
            return true;
    return false;
}

const char *cm_selinux_type(const char *label, size_t *ret_size)
{
    const char *c = strchr(label, ':');

    c = c ? strchr(c + 1, ':') : NULL;
    *ret_size = c ? strcspn(c + 1, ":") : 0;
    return c ? c + 1 : NULL;
}
