/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the journal and syslog receive: one record a datagram, nothing of a hostile message outside its field, and the large ones as a sealed file. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/socket.h"
#include "base/str.h"
#include "journal.h"

static int pair[2];

static struct cli_journal journal(enum cm_journal_kind kind)
{
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        abort();
    return (struct cli_journal){.fd = pair[0], .kind = kind, .identifier = "web"};
}

static void done(void)
{
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static const char *received(void)
{
    static char buffer[65536];
    ssize_t n = recv(pair[1], buffer, sizeof(buffer) - 1, MSG_DONTWAIT);

    buffer[n < 0 ? 0 : n] = '\0';
    return buffer;
}

TEST(native_fields)
{
    struct cli_journal j = journal(CM_JOURNALD);

    CHECK_INT(cli_journal_send(&j, CM_LOG_ERROR, "container does not exist"), 0);
    CHECK_STR(received(), "PRIORITY=3\nSYSLOG_IDENTIFIER=web\nMESSAGE=container does not exist\n");
    CHECK_INT(cli_journal_send(&j, CM_LOG_DEBUG, ""), 0);
    CHECK_STR(received(), "PRIORITY=7\nSYSLOG_IDENTIFIER=web\nMESSAGE=\n");
    CHECK_INT(cli_journal_send(&j, CM_LOG_WARNING, "a\nPRIORITY=0\n_UID=0"), 0);
    CHECK_STR(received(), "PRIORITY=4\nSYSLOG_IDENTIFIER=web\nMESSAGE=a\\nPRIORITY=0\\n_UID=0\n");
    done();
}

TEST(syslog_datagrams)
{
    struct cli_journal j = journal(CM_SYSLOG);
    char want[64];

    CHECK_INT(cli_journal_send(&j, CM_LOG_INFO, "one\n<0>two"), 0);
    (void)snprintf(want, sizeof(want), "<30>web[%d]: one\\n<0>two", (int)getpid());
    CHECK_STR(received(), want);
    done();
}

TEST(large_records_are_sealed_files)
{
    struct cli_journal j = journal(CM_JOURNALD);
    CM_AUTO_FREE char *message = malloc(400001);
    char byte, start[64] = "";
    struct stat st;
    int fd, size = 4096;

    if (!message)
        abort();
    memset(message, 'x', 400000);
    message[400000] = '\0';
    CHECK_INT(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    CHECK_INT(cli_journal_send(&j, CM_LOG_ERROR, message), 0);
    CHECK_INT(cm_socket_receive_fd(pair[1], &byte, 1, &fd), 0);
    CHECK(fd >= 0 && fstat(fd, &st) == 0);
    CHECK_INT(st.st_size, 400000 + (long)strlen("PRIORITY=3\nSYSLOG_IDENTIFIER=web\nMESSAGE=\n"));
    CHECK(pread(fd, start, sizeof(start) - 1, 0) > 0 && cm_has_prefix(start, "PRIORITY=3\nSYSLOG_IDENTIFIER=web\nMESSAGE=xxx"));
    CHECK_INT(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    CHECK(write(fd, "y", 1) < 0 && errno == EPERM);
    (void)close(fd);
    done();

    /* syslog has no such form: the record is lost and that is said */
    j = journal(CM_SYSLOG);
    CHECK_INT(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    CHECK_INT(cli_journal_send(&j, CM_LOG_ERROR, message), -EMSGSIZE);
    done();
}

TEST(a_reader_that_went_away_is_an_error)
{
    struct cli_journal j = journal(CM_JOURNALD);

    (void)close(pair[1]);
    CHECK(cli_journal_send(&j, CM_LOG_ERROR, "x") < 0); /* and no signal */
    (void)close(pair[0]);
}

TEST(identifiers_are_names)
{
    static const char *const bad[] = {"a b", "a\nMESSAGE=x", "\033[2J", "0123456789012345678901234567890123456789012345678901234567890123x", "a:b", "\xc3\xa9"};
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        struct cli_journal j;
        cm_error_init(&err);
        CHECK_INT(cli_journal_open(CM_JOURNALD, bad[i], &j, &err), -EINVAL);
        CHECK_CONTAINS(err.message, "identifier");
    }
}
