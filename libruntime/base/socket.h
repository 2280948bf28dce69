/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local sockets: connecting to one that the caller named, and passing a descriptor through one. The other end may be dead, slow or hostile: nothing here waits
 * without a limit, and what is received is one message with at most one descriptor.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Connects to the AF_UNIX stream socket at `path` (of any length, relative to the working directory). Returns its descriptor, or -errno with a message
 * that begins as runc's and every Go program's: "dial unix PATH: ". Waits at most a few seconds for room in the queue of a listener that does not accept;
 * sending through the descriptor is bounded in the same way. A single-threaded process only: for a long path the working directory is left for a moment.
 */
int cm_socket_connect(const char *path, struct cm_error *err) CM_MUST_USE;

/* Sends one message with one descriptor. Returns 0 or -errno (-EAGAIN: nobody took it in time). */
int cm_socket_send_fd(int socket, const void *data, size_t size, int fd) CM_MUST_USE;

/* Receives one message, and the descriptor that came with it, close-on-exec: the caller's, CM_FD_NONE if there was none. Returns its size, 0 at the end, or
 * -errno: -EPROTO for more than one descriptor or for a message that does not fit. */
ssize_t cm_socket_receive_fd(int socket, void *data, size_t size, int *ret_fd) CM_MUST_USE;
