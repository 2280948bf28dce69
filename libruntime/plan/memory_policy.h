/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of linux.memoryPolicy, for `features`: NULL-terminated. */
#pragma once

const char *const *cm_memory_policy_modes(void);
const char *const *cm_memory_policy_flags(void);
