/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sysctls that belong to a container's own namespaces: those that every bundle may set, and those that a policy may allow besides. Pure; keys may be hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CM_SYSCTL_PATH_MAX ((size_t)128)

struct cm_sysctl {
    const char *path; /* below /proc/sys; a component "*" stands for the name of a network interface */
    unsigned int numbers; /* how many a value is (one at least); 0: a list of ports */
    uint64_t max;
    bool always; /* without a rule of the policy */
};

/*
 * The sysctl that a key ("net.ipv4.ip_forward", or with slashes as sysctl(8) has it) names, with its path; NULL if it is none of these. A key is compared
 * whole, never by prefix.
 */
const struct cm_sysctl *cm_sysctl_find(const char *key, char path[CM_SYSCTL_PATH_MAX]);

/* The i-th; NULL after the last. */
const struct cm_sysctl *cm_sysctl_at(size_t i);

/* Whether a path is one of those that the pattern stands for. */
bool cm_sysctl_matches(const char *pattern, const char *path);
