/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config.json that `casemate spec` writes: a document to start from, usable with every OCI runtime.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"

/*
 * Appends the document, indented by tabs, with a final newline. rootless: no network namespace and no resources, a user namespace that maps
 * root to uid and gid, /sys by recursive bind; uid and gid are read only then. Returns 0 or -ENOMEM.
 */
int oci_spec_generate(bool rootless, uint32_t uid, uint32_t gid, struct cm_str *out) CM_MUST_USE;
