/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See journal.h. No hostile input: records are composed by the caller. */
#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/socket.h"

static const char *const places[] = {
    [CM_JOURNALD] = "/run/systemd/journal/socket",
    [CM_SYSLOG] = "/dev/log",
};

const char *cm_journal_place(enum cm_journal_kind kind)
{
    return places[kind];
}

int cm_journal_connect(enum cm_journal_kind kind, unsigned int patience_ms)
{
    const struct timeval patience = {.tv_sec = (time_t)(patience_ms / 1000), .tv_usec = (suseconds_t)(patience_ms % 1000) * 1000};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | (patience_ms == 0 ? SOCK_NONBLOCK : 0), 0);

    if (fd < 0 || (patience_ms > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0))
        return -errno;
    memcpy(address.sun_path, places[kind], strlen(places[kind]));
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : CM_TAKE_FD(fd);
}

/* What is too large for a datagram goes as a sealed file, so that the reader can map what nobody changes any more. */
static int send_as_file(int socket, const void *record, size_t size)
{
    CM_AUTO_CLOSE int file = memfd_create("casemate-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (file < 0)
        return -errno;
    int r = cm_write_full(file, record, size);
    if (r < 0)
        return r;
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return -errno;
    return cm_socket_send_fd(socket, NULL, 0, file);
}

int cm_journal_send(int socket, enum cm_journal_kind kind, const void *record, size_t size)
{
    ssize_t n;

    do
        n = send(socket, record, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EMSGSIZE && kind == CM_JOURNALD)
        return send_as_file(socket, record, size);
    return n < 0 ? -errno : 0;
}
