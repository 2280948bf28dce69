/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Durations as Go programs take them: "5s", "1m30s", "1.5h", "200ms", "-1s", "0". */
#pragma once

#include <stdint.h>

#include "base/macros.h"

/* In nanoseconds. 0, -EINVAL for another form, -ERANGE beyond 292 years. */
int cli_duration_parse(const char *text, int64_t *ret) CM_MUST_USE;
