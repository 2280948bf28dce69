/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System call filters: our compiled-in profiles and the bundle's own, each turned into one classic BPF program by the tree emitter.
 * The two programs are loaded one after the other and never merged: the kernel takes the stricter answer (I4).
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "oci/config.h"

/* A finished program; free with cm_filter_free. At most BPF_MAXINSNS instructions. */
struct cm_filter {
    struct sock_filter *code;
    unsigned short size;
    uint16_t flags; /* SECCOMP_FILTER_FLAG_… to load it with; NEW_LISTENER: it hands calls to an agent */
};

void cm_filter_free(struct cm_filter *filter);
#define CM_AUTO_FILTER CM_CLEANUP(cm_filter_free)

/* Compiles a built-in profile (policy/profiles.h) for the native architecture. Every other architecture is killed. -ENOENT: no such profile. */
int cm_filter_builtin(const char *profile, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;

/*
 * Compiles the bundle's linux.seccomp for the native architecture as runc would: names the kernel or we do not know are skipped, rules equal to the default are
 * skipped, numbers newer than the newest one named answer ENOSYS unless the default allows. Other architectures that it lists are not ours to allow:
 * they are killed. With SCMP_ACT_NOTIFY anywhere the filter comes with a listener; as the default action it is refused.
 */
int cm_filter_from_config(const struct oci_seccomp *seccomp, struct cm_filter *ret, struct cm_error *err) CM_MUST_USE;

/* What a program answers to one call: SECCOMP_RET_… with data, as the kernel would. Used to decide the load order and by tests. */
uint32_t cm_filter_run(const struct cm_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6]);

/* What both answer together once cm_filter_load has loaded them: the stricter answer, and of two alike that of the filter loaded last. */
uint32_t cm_filter_run_both(const struct cm_filter *ours, const struct cm_filter *extra, uint32_t arch, uint32_t nr, const uint64_t args[6]);

/* One filter, for the native architecture. */
uint32_t cm_filter_run_native(const struct cm_filter *filter, uint32_t nr, const uint64_t args[6]);

/*
 * Loads both programs into the calling thread, which has no_new_privs; `extra` may be NULL. The order is chosen so that the first one
 * lets the second be loaded; -EPERM with a message that names the field if neither order does. *ret_listener is the close-on-exec descriptor on which an agent
 * hears the calls that `extra` hands over, CM_FD_NONE if it has no such flag. Async-signal-safe: allocates nothing.
 */
int cm_filter_load(const struct cm_filter *ours, const struct cm_filter *extra, int *ret_listener, struct cm_error *err) CM_MUST_USE;

/* For `features`: NULL-terminated lists of words. */
const char *const *cm_seccomp_actions(void);
const char *const *cm_seccomp_operators(void);
const char *const *cm_seccomp_archs(void);
/* Those that a profile may have, and those that have an effect. */
const char *const *cm_seccomp_flags(void);
const char *const *cm_seccomp_supported_flags(void);
