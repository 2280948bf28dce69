/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to cgroup/: names of controllers, and switching them on for the level below. */
#pragma once

#include "cgroup/cgroup.h"

/* Bits of a space separated list such as the content of cgroup.controllers; unknown names are ignored. */
unsigned int cm_controllers_parse(const char *text);
/* Name of one bit, "" for 0 or an unknown one. */
const char *cm_controller_name(unsigned int controller);
/*
 * Makes the wanted controllers available to the children of `dir`. Best effort: a controller that cannot be had is an error only when one of its limits is
 * written, because only then somebody misses it. A cgroup that holds processes is left as it is.
 */
void cm_controllers_enable(int dir, unsigned int wanted);
