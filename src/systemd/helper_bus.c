/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection: to the manager's own socket if it has one, which is quicker by a bus and works while that is overloaded, else to the bus. */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CALL_US ((uint64_t)20 * 1000000)

int answer_fail(struct answer *answer, const char *what, int r, const sd_bus_error *error)
{
    bool known = error && sd_bus_error_is_set(error) && error->message;

    answer->outcome = "failed";
    (void)snprintf(answer->text, sizeof(answer->text), "%s: %s%s%s%s", what, known ? error->message : strerror(-r), known ? " (" : "", known ? error->name : "",
                   known ? ")" : "");
    return -1;
}

/* The other end is who it must be: the host's root, or the user that we run as. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    if (r == 0 && (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()))
        r = -EPERM;
    if (r < 0) {
        (void)close(fd);
        return r;
    }
    return fd;
}

static int start_bus(struct calls *calls, int fd)
{
    int r = sd_bus_new(&calls->bus);

    if (r >= 0)
        r = sd_bus_set_fd(calls->bus, fd, fd); /* closed with the bus from here on */
    if (r < 0) {
        (void)close(fd);
        return r;
    }
    if (!calls->is_private)
        r = sd_bus_set_bus_client(calls->bus, true);
    if (r >= 0)
        r = sd_bus_set_method_call_timeout(calls->bus, CALL_US);
    return r < 0 ? r : sd_bus_start(calls->bus);
}

/* Who we are is settled while casemate still works out what to ask. */
static int become_ready(const struct calls *calls)
{
    int r;

    while ((r = sd_bus_is_ready(calls->bus)) == 0) {
        r = sd_bus_process(calls->bus, NULL);
        if (r == 0)
            r = sd_bus_wait(calls->bus, CALL_US);
        if (r < 0 && r != -EINTR)
            return r;
    }
    return r;
}

int calls_open(struct calls *calls, const struct request *request)
{
    const char *const places[] = {request->manager, request->bus};
    int r = -ENOENT;

    for (size_t i = 0; i < 2; i++) {
        if (!places[i][0])
            continue;
        int fd = connect_to(places[i]);
        calls->is_private = i == 0;
        r = fd < 0 ? fd : start_bus(calls, fd);
        if (r >= 0)
            r = become_ready(calls);
        if (r >= 0)
            return 0;
        calls->bus = sd_bus_unref(calls->bus);
    }
    return answer_fail(calls->answer, "connecting to systemd", r, NULL);
}
