/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes as docker takes them: "1073741824", "512m", "1.5g", "1GiB", "64 kB"; powers of 1024. */
#pragma once

#include <stdint.h>

#include "base/macros.h"

/* 0, -EINVAL for another form, -ERANGE beyond 63 bits. */
int cli_size_parse(const char *text, int64_t *ret) CM_MUST_USE;
