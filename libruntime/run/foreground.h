/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `run` and `exec` do while a process of a container is in the foreground: pass signals on, and wait for its end. */
#pragma once

#include "base/error.h"
#include "console/relay.h"
#include "run/notify.h"

/*
 * Before the process is born: blocks the signals that are passed on, so that none is lost from here on, and returns a signalfd for them, close-on-exec. The
 * child clears its mask (cm_child_inherited).
 */
int cm_foreground_prepare(struct cm_error *err) CM_MUST_USE;
/*
 * Waits for the process behind the pidfd, which is our child, and reaps it. Meanwhile `relay` (NULL: none), which was started, shows its terminal; it is not
 * finished here. `notify` (NULL: none) hears when the container is ready. Returns the exit status or 128 + the signal that ended it.
 */
int cm_foreground_wait(int signals, int pidfd, struct cm_relay *relay, struct cm_notify *notify, struct cm_error *err) CM_MUST_USE;
/* Other processes may have been reparented to us as their subreaper: collects those that are dead. */
void cm_foreground_reap_others(void);
