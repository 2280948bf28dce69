/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See systemd.h. Hostile: whoever could put another program in the place of the helper, or a socket in that of the manager's. */
#include "cgroup/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/time.h"
#include "path/trusted.h"

#define PLACE_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path))
#define GRACE_MS 2000
#define ANSWER_MAX 1024

#ifdef CASEMATE_SYSTEMD_HELPER
static const char helper_path[] = CASEMATE_SYSTEMD_HELPER;
#else
static const char helper_path[] = "";
#endif

bool cm_systemd_is_built(void)
{
    return helper_path[0] != '\0';
}

/* ---- where the manager listens ---- */

struct places {
    char manager[PLACE_MAX], bus[PLACE_MAX];
};

static bool is_socket_of(const char *path, bool rootless)
{
    struct stat st;

    if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    return st.st_uid == (rootless ? cm_euid() : 0);
}

static bool take(char place[static PLACE_MAX], bool rootless, const char *directory, const char *name)
{
    int n = snprintf(place, PLACE_MAX, "%s%s", directory, name);

    if (n > 0 && (size_t)n < PLACE_MAX && is_socket_of(place, rootless))
        return true;
    place[0] = '\0';
    return false;
}

/* The directory is the caller's own, and nobody else writes to it. */
static bool is_own_directory(const char *path)
{
    struct stat st;

    return path && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == cm_euid() && !(st.st_mode & 022);
}

/* Of DBUS_SESSION_BUS_ADDRESS only what nearly all have: a path without escapes. */
static void take_bus_address(char place[static PLACE_MAX])
{
    static const char prefix[] = "unix:path=";
    const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
    char path[PLACE_MAX];

    if (!address || !cm_has_prefix(address, prefix))
        return;
    address += sizeof(prefix) - 1;
    size_t n = strcspn(address, ",;%");
    if (address[0] != '/' || n >= sizeof(path) || address[n] == '%')
        return;
    memcpy(path, address, n);
    path[n] = '\0';
    (void)take(place, true, path, "");
}

static bool find_places(bool rootless, struct places *ret)
{
    *ret = (struct places){0};
    if (!rootless) {
        bool manager = take(ret->manager, false, "/run/systemd/private", ""), bus = take(ret->bus, false, "/run/dbus/system_bus_socket", "");
        return manager || bus;
    }
    const char *directory = getenv("XDG_RUNTIME_DIR");
    if (is_own_directory(directory)) {
        (void)take(ret->manager, true, directory, "/systemd/private");
        (void)take(ret->bus, true, directory, "/bus");
    }
    if (!ret->bus[0])
        take_bus_address(ret->bus);
    return ret->manager[0] || ret->bus[0];
}

bool cm_systemd_is_there(bool rootless)
{
    struct places places;

    return find_places(rootless, &places);
}

/* ---- the helper's process ---- */

static int open_helper(bool rootless, struct cm_error *err)
{
    struct cm_trusted trusted = {.initial = !rootless, .consequence = "so it is not run"};
    const char *name = strrchr(helper_path, '/');
    struct stat st;

    if (!name)
        return cm_fail(err, EOPNOTSUPP, NULL, "this casemate was built without the systemd cgroup driver; use cgroupfs");
    CM_AUTO_CLOSE int dir = cm_trusted_walk(&trusted, helper_path, (size_t)(name - helper_path), err);
    int fd = dir < 0 ? dir : cm_trusted_open(&trusted, dir, name + 1, helper_path, O_RDONLY, 0, false, &st, err);
    return fd < 0 ? cm_error_prefix(err, "the systemd cgroup driver needs its helper: "), fd : fd;
}

static void become(int helper, int socket, pid_t parent)
{
    static char *const argv[] = {(char *)(uintptr_t) "casemate-systemd", NULL}, *const env[] = {(char *)(uintptr_t) "LC_ALL=C", NULL};
    static const unsigned char action[64]; /* the kernel's structure, all zero: default */
    sigset_t none;

    (void)setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || getppid() != parent)
        _exit(1);
    int program = fcntl(helper, F_DUPFD_CLOEXEC, 16), line = fcntl(socket, F_DUPFD_CLOEXEC, 16), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3; i++)
        if (dup2(null, i) < 0)
            _exit(1);
    if (dup2(line, 3) < 0 || dup3(program, 4, O_CLOEXEC) < 0 || cm_close_range(5, ~0U, 0) < 0)
        _exit(1);
    for (int s = 1; s <= 64; s++)
        (void)syscall(SYS_rt_sigaction, s, action, NULL, 8);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)cm_execveat(4, "", argv, env, AT_EMPTY_PATH);
    _exit(1);
}

static void add_text(struct cm_str *message, const char *text)
{
    cm_str_add_bytes(message, text, strlen(text) + 1);
}

static int send_message(int socket, const struct cm_str *message)
{
    if (!cm_str_text(message))
        return -ENOMEM;
    if (message->size > CM_SYSTEMD_MESSAGE_MAX)
        return -E2BIG;
    ssize_t n = send(socket, message->data, message->size, MSG_NOSIGNAL);
    return n < 0 ? -errno : (size_t)n == message->size ? 0 : -EIO;
}

static int send_places(const struct places *places, int socket)
{
    CM_AUTO_STR struct cm_str message = {0};

    add_text(&message, CM_SYSTEMD_PROTOCOL);
    add_text(&message, places->manager);
    add_text(&message, places->bus);
    return send_message(socket, &message);
}

static int send_request(const struct cm_systemd_request *request, int socket)
{
    CM_AUTO_STR struct cm_str message = {0};
    char move[16] = "";

    if (request->move > 0)
        (void)snprintf(move, sizeof(move), "%d", (int)request->move);
    const char *const head[] = {request->operation, request->unit, move};
    for (size_t i = 0; i < CM_ARRAY_LEN(head); i++)
        add_text(&message, head[i]);
    for (size_t i = 0; i < request->n; i++) {
        const struct cm_unit_property *property = &request->properties[i];
        add_text(&message, property->name);
        add_text(&message, property->type);
        add_text(&message, property->value);
        add_text(&message, property->optional ? "1" : "");
    }
    return send_message(socket, &message);
}

int cm_systemd_prepare(bool rootless, struct cm_systemd *ret, struct cm_error *err)
{
    struct places places;
    int pair[2], pidfd = CM_FD_NONE;
    pid_t self = getpid();

    if (!find_places(rootless, &places))
        return cm_fail(err, ENOENT, NULL, "%s cannot be reached: there is no socket of it %s", rootless ? "the caller's systemd manager" : "systemd",
                       rootless ? "in $XDG_RUNTIME_DIR" : "in /run/systemd");
    CM_AUTO_CLOSE int helper = open_helper(rootless, err);
    if (helper < 0)
        return helper;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return cm_fail_errno(err, errno, NULL, "making the pair of sockets to %s", helper_path);
    pid_t pid = cm_fork_pidfd(&pidfd);
    if (pid == 0)
        become(helper, pair[1], self);
    int r = pid < 0 ? -errno : 0;
    (void)close(pair[1]); /* really: its end must be seen */
    *ret = (struct cm_systemd){.socket = pair[0], .pidfd = pid < 0 ? CM_FD_NONE : pidfd, .pid = pid};
    if (r == 0)
        r = send_places(&places, pair[0]);
    if (r == 0)
        return 0;
    cm_systemd_hang_up(ret);
    cm_systemd_wait(ret);
    return cm_fail_errno(err, -r, NULL, "starting %s", helper_path);
}

int cm_systemd_begin(const struct cm_systemd_request *request, struct cm_systemd *systemd, struct cm_error *err)
{
    int r = systemd->pidfd < 0 ? cm_systemd_prepare(request->rootless, systemd, err) : 0;

    if (r < 0)
        return r;
    r = send_request(request, systemd->socket);
    if (r == 0 || r == -EPIPE) /* the end of a helper that has died is seen by who waits for its answer */
        return 0;
    cm_systemd_wait(systemd);
    return cm_fail_errno(err, -r, NULL, "asking %s", helper_path);
}

static int judge(const char *answer, size_t size, const char *unit, const char **ret_text, struct cm_error *err)
{
    const char *text = memchr(answer, '\0', size), *end = text ? memchr(text + 1, '\0', size - (size_t)(text + 1 - answer)) : NULL;

    if (!end || end + 1 != answer + size)
        return cm_fail(err, EPROTO, NULL, "%s sent %zu bytes that are no answer", helper_path, size);
    *ret_text = ++text;
    if (cm_streq(answer, "ok"))
        return 0;
    if (cm_streq(answer, "exists"))
        return cm_fail(err, EEXIST, "/linux/cgroupsPath", "the unit %s exists already; stop it (systemctl stop), or choose another cgroupsPath", unit);
    if (cm_streq(answer, "failed"))
        return cm_fail(err, EIO, NULL, "systemd%s%s: %s", unit[0] ? ": unit " : "", unit, text);
    return cm_fail(err, EPROTO, NULL, "%s sent an answer that is none", helper_path);
}

static int finish(struct cm_systemd *systemd, const char *unit, char answer[static ANSWER_MAX], const char **ret_text, struct cm_error *err)
{
    struct pollfd wait = {.fd = systemd->socket, .events = POLLIN};
    int64_t deadline = cm_now_ms() + CM_SYSTEMD_LIMIT_MS;
    int ready;

    do
        ready = poll(&wait, 1, (int)CM_MAX(deadline - cm_now_ms(), (int64_t)0));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return cm_fail(err, ETIMEDOUT, NULL, "systemd did not answer for unit %s within %d s; see whether it works (systemctl status)", unit,
                       CM_SYSTEMD_LIMIT_MS / 1000);
    ssize_t n = ready < 0 ? -1 : recv(systemd->socket, answer, ANSWER_MAX, 0);
    if (n < 0)
        return cm_fail_errno(err, errno, NULL, "waiting for %s", helper_path);
    if (n == 0)
        return cm_fail(err, EPIPE, NULL, "%s ended without an answer; its library (libsystemd) may be missing, or a limit of the container be too low for it",
                       helper_path);
    return judge(answer, (size_t)n, unit, ret_text, err);
}

int cm_systemd_finish(struct cm_systemd *systemd, const char *unit, struct cm_error *err)
{
    char answer[ANSWER_MAX];
    const char *text;

    return finish(systemd, unit, answer, &text, err);
}

void cm_systemd_hang_up(struct cm_systemd *systemd)
{
    if (systemd->socket >= 0)
        (void)close(systemd->socket); /* really: it waits for that */
    systemd->socket = CM_FD_NONE;
}

void cm_systemd_wait(struct cm_systemd *systemd)
{
    struct pollfd wait = {.fd = systemd->pidfd, .events = POLLIN};
    siginfo_t info;

    if (systemd->pidfd < 0)
        return;
    cm_systemd_hang_up(systemd);
    if (poll(&wait, 1, GRACE_MS) <= 0)
        (void)cm_pidfd_send_signal(systemd->pidfd, SIGKILL);
    while (waitid((idtype_t)P_PIDFD, (id_t)systemd->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    (void)close(systemd->pidfd);
    *systemd = CM_SYSTEMD_NONE;
}

int cm_systemd_call(const struct cm_systemd_request *request, struct cm_error *err)
{
    struct cm_systemd systemd = CM_SYSTEMD_NONE;
    int r = cm_systemd_begin(request, &systemd, err);

    if (r < 0)
        return r;
    r = cm_systemd_finish(&systemd, request->unit, err);
    cm_systemd_wait(&systemd);
    return r;
}

int cm_systemd_version(bool rootless, char ret[static CM_SYSTEMD_VERSION_MAX], struct cm_error *err)
{
    const struct cm_systemd_request request = {.operation = CM_SYSTEMD_VERSION, .unit = "", .rootless = rootless};
    struct cm_systemd systemd = CM_SYSTEMD_NONE;
    char answer[ANSWER_MAX];
    const char *text = "";
    int r = cm_systemd_begin(&request, &systemd, err);

    if (r < 0)
        return r;
    r = finish(&systemd, "", answer, &text, err);
    cm_systemd_wait(&systemd);
    if (r == 0)
        (void)snprintf(ret, CM_SYSTEMD_VERSION_MAX, "%s", text);
    return r;
}
