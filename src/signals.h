/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of signals, as people and engines write them. The text is hostile. */
#pragma once

#include "base/error.h"

/* A number from 0 to 64 or a name in any case, with or without "SIG", also RTMIN+n and RTMAX-n. -EINVAL: unknown signal "X". */
int cli_signal_parse(const char *text, int *ret, struct cm_error *err) CM_MUST_USE;
