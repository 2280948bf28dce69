/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pseudo terminal of a container's process: made in its own devpts, by descriptor. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/fd.h"

struct cm_pty {
    int master; /* the outside's end */
    int slave;  /* the process's terminal */
};

#define CM_PTY_NONE ((struct cm_pty){CM_FD_NONE, CM_FD_NONE})

/*
 * Makes a pseudo terminal in the devpts that is mounted on "pts" in `dev`, the /dev of the container: the mount is verified to be a devpts, the multiplexer to
 * be its own, and the slave is taken from the master (TIOCGPTPEER, Linux 4.13), not by its name, which whoever is inside may have covered (CVE-2025-52565).
 * `owner`, an id of the namespace we run in, becomes the slave's owner; its group stays what the mount says. Rows and columns count if neither is 0. Needs the
 * privileges of the one who mounted it. Both descriptors are the caller's, close-on-exec.
 */
int cm_pty_open(struct cm_rootfd dev, uint32_t owner, uint16_t rows, uint16_t columns, struct cm_pty *ret, struct cm_error *err) CM_MUST_USE;

/* Makes the terminal behind `slave` the controlling one of the calling process, which leads its session and has none, and its descriptors 0 to 2. */
int cm_pty_become_stdio(int slave, struct cm_error *err) CM_MUST_USE;

#define CM_PTY_NAME_MAX 32
/* The slave's name as the container sees it, "/dev/pts/N". Returns its length or -errno. */
int cm_pty_name(int master, char name[CM_PTY_NAME_MAX]) CM_MUST_USE;
