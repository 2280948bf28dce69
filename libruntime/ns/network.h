/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network namespace a container's process is in. */
#pragma once

#include "base/error.h"

/* Sets the loopback interface of the current network namespace up. */
int cm_network_loopback_up(struct cm_error *err) CM_MUST_USE;
