/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of AppArmor profiles and SELinux labels: which of them are names at all, and which confine nothing. Pure; the names may be hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Of a configuration that names none (contrib/apparmor). */
#define CM_APPARMOR_DEFAULT "casemate-default"

/* What the kernel's list says of an AppArmor profile. */
enum cm_profile_mode {
    CM_PROFILE_UNKNOWN, /* the list is not to be seen without privilege */
    CM_PROFILE_MISSING, /* not loaded */
    CM_PROFILE_VOID,    /* loaded in a mode that confines nothing */
    CM_PROFILE_ENFORCED,
};

/* Printable, without blanks, of a sane length. */
bool cm_label_is_plain(const char *label);

/* Neither "unconfined" nor a stack of profiles nor one of another namespace, which may confine nothing. */
bool cm_apparmor_is_one_profile(const char *profile);

/*
 * Whether the kernel's text of a label, "NAME (MODE)" or "NAME//&NAME (MODE)", has the profile in it, in force. A stack of which one part enforces and another
 * does not is "mixed": then the profile's own mode is not told here.
 */
bool cm_apparmor_shows(const char *text, const char *profile);

/* Whether it is a type (of `size` bytes) with which a process is no container: unconfined_t, spc_t, an engine's, a program's file, … */
bool cm_selinux_is_escape(const char *type, size_t size);

/* "user:role:type[:level]"; pointers into the label. Whatever is no such label at all is NULL. */
struct cm_selinux_parts {
    const char *role, *type, *level;
    size_t role_size, type_size, level_size;
    bool has_level, has_categories;
};
bool cm_selinux_parse(const char *label, struct cm_selinux_parts *ret);
/* A level that keeps containers apart: one sensitivity, and no category or at most two. A range of either reaches into other containers. */
bool cm_selinux_level_is_narrow(const struct cm_selinux_parts *parts);

/* The pair of categories number `index`: 0 <= first < second < 1024, another one for each index below CM_SELINUX_PAIRS. */
#define CM_SELINUX_PAIRS 523776u
void cm_selinux_pair(unsigned int index, unsigned int *ret_first, unsigned int *ret_second);
