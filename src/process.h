/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts this process into a known state: what a caller left open, closed, blocked or ignored must decide nothing. */
#pragma once

/* Descriptors 0 to 2 exist, no signal is blocked or ignored, the umask is 022. Returns 0 or -errno. */
int cli_process_reset(void);
/* Nobody else of our uid may trace us or look at our descriptors. Returns 0 or -errno. */
int cli_process_protect(void);
