/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 (FIPS 180-4): names what was in force, such as a policy. Any input. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CM_SHA256_HEX_MAX 65 /* with the final NUL */

struct cm_sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    unsigned char block[64];
};

void cm_sha256_begin(struct cm_sha256 *sha);
void cm_sha256_add(struct cm_sha256 *sha, const void *data, size_t size);
/* Writes 64 lower case digits; the state is used up. */
void cm_sha256_end(struct cm_sha256 *sha, char hex[CM_SHA256_HEX_MAX]);
/* All three. */
void cm_sha256_of(const void *data, size_t size, char hex[CM_SHA256_HEX_MAX]);
