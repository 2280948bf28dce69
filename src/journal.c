/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal and syslog; see journal.h. Hostile: the messages, escaped here like everywhere else, and --log's identifier. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/socket.h"
#include "base/str.h"

/* A record is worth less than the container that waits for us. */
#define PATIENCE_SECONDS 2
#define IDENTIFIER_MAX ((size_t)64)

static const char *const sockets[] = {
    [CLI_JOURNALD] = "/run/systemd/journal/socket",
    [CLI_SYSLOG] = "/dev/log",
};

static const int priorities[] = {
    [CM_LOG_DEBUG] = LOG_DEBUG,
    [CM_LOG_INFO] = LOG_INFO,
    [CM_LOG_WARNING] = LOG_WARNING,
    [CM_LOG_ERROR] = LOG_ERR,
};

int cli_journal_open(enum cli_journal_kind kind, const char *identifier, struct cli_journal *ret, struct cm_error *err)
{
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    identifier = identifier && identifier[0] ? identifier : "casemate";
    if (strlen(identifier) > IDENTIFIER_MAX || strspn(identifier, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+/") != strlen(identifier))
        return cm_fail(err, EINVAL, NULL, "the identifier \"%s\" given with --log is not of at most %zu letters, digits and _-.@+/", identifier,
                       IDENTIFIER_MAX);
    CM_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
        return cm_fail_errno(err, errno, NULL, "making a socket for --log");
    memcpy(address.sun_path, sockets[kind], strlen(sockets[kind]));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return cm_fail_errno(err, errno, NULL, "nothing takes log records at %s, given with --log; give a file, or start %s", sockets[kind],
                             kind == CLI_JOURNALD ? "systemd-journald" : "a syslog daemon");
    *ret = (struct cli_journal){.fd = CM_TAKE_FD(fd), .kind = kind, .identifier = identifier};
    return 0;
}

/* What is too large for a datagram goes as a sealed file, so that the reader can map what nobody changes any more. */
static int send_as_file(int socket, const struct cm_str *record)
{
    CM_AUTO_CLOSE int file = memfd_create("casemate-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (file < 0)
        return -errno;
    int r = cm_write_full(file, record->data, record->size);
    if (r < 0)
        return r;
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return -errno;
    return cm_socket_send_fd(socket, NULL, 0, file);
}

int cli_journal_send(const struct cli_journal *journal, enum cm_log_level level, const char *message)
{
    CM_AUTO_STR struct cm_str record = {0};

    /* Escaped text has no line break, so that it cannot begin a field of its own, nor a record. */
    if (journal->kind == CLI_JOURNALD)
        cm_str_addf(&record, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", priorities[level], journal->identifier);
    else
        cm_str_addf(&record, "<%d>%s[%d]: ", LOG_DAEMON | priorities[level], journal->identifier, (int)getpid());
    cm_escape(&record, message, false);
    if (journal->kind == CLI_JOURNALD)
        cm_str_add(&record, "\n");
    if (!cm_str_text(&record))
        return -ENOMEM;
    ssize_t n;
    do
        n = send(journal->fd, record.data, record.size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EMSGSIZE && journal->kind == CLI_JOURNALD)
        return send_as_file(journal->fd, &record);
    return n < 0 ? -errno : 0;
}
