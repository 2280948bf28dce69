/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of AppArmor profiles and SELinux types: which of them are names at all, and which confine nothing. Pure; the names may be hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Printable, without blanks, of a sane length. */
bool cm_label_is_plain(const char *label);

/* Neither "unconfined" nor a stack of profiles nor one of another namespace, which may confine nothing. */
bool cm_apparmor_is_one_profile(const char *profile);

/* Whether it is a type (of `size` bytes) with which a process is no container: unconfined_t, spc_t, … */
bool cm_selinux_is_escape(const char *type, size_t size);

/* The type in "user:role:type:level", or NULL; *ret_size bytes. */
const char *cm_selinux_type(const char *label, size_t *ret_size);
