/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CRC32C (Castagnoli polynomial, reflected; RFC 3720 appendix B.4): finds torn and flipped records. It is no protection against forgery. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t cm_crc32c(const void *data, size_t size);
