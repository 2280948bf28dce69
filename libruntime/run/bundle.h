/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at a bundle: its directory, config.json, rootfs and bind sources. Part of the facts. */
#pragma once

#include "run/runtime.h"

int cm_bundle_open(const struct cm_runtime *runtime, const char *path, struct cm_arena *arena, int *ret_dir, const char **ret_real,
                   struct cm_error *err) CM_MUST_USE;
/* Where a descriptor really is, as the kernel says; NULL if it cannot be told. */
char *cm_bundle_real_path(const struct cm_runtime *runtime, int fd, struct cm_arena *arena);
/* The bundle's config.json, or `file` instead of it if that is not NULL. `text`, which may be NULL, receives it as it was read. */
int cm_bundle_config(int dir, const char *real, const char *file, struct oci_config **ret_config, struct cm_str *text, struct cm_error *err) CM_MUST_USE;
/* What the rootfs, the mount points in it and the bind sources are. */
int cm_bundle_facts(const struct cm_runtime *runtime, int dir, const struct oci_config *config, struct cm_facts *facts, struct cm_error *err) CM_MUST_USE;
