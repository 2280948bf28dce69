/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Group J: sockets, IPC objects, keyrings and terminals of the host or of neighbours. The driver makes on the host what is aimed at; names come from
 * ESCAPE_MARKER.
 */
#include "escape.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYCTL_JOIN 1
#define KEYCTL_SEARCH 10
#define SESSION_KEYRING (-3)
#define HIGH (1UL << 32)
#define DEPTH_MAX 12

static const char *marker(void)
{
    const char *name = getenv("ESCAPE_MARKER");
    return name ? name : "escape-marker";
}

static key_t ipc_key(void)
{
    uint32_t hash = 2166136261U;

    for (const char *c = marker(); *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return (key_t)(hash & 0x7fffffffU);
}

/* ---- J01, J02: sockets in the file tree and beside it ---- */
static long connect_to(const char *name, bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (size + abstract >= sizeof(address.sun_path))
        return (errno = ENAMETOOLONG, -1);
    memcpy(address.sun_path + abstract, name, size);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + size)) == 0)
        return 0;
    if (fd < 0 || errno != EPROTOTYPE)
        return -1;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + size));
}
static long connect_abstract(const char *argument)
{
    (void)argument;
    return connect_to(marker(), true);
}
static long listed_abstract(const char *argument)
{
    static char text[1 << 20];

    (void)argument;
    return read_path("/proc/net/unix", text, sizeof(text)) < 0 ? -1 : strstr(text, marker()) != NULL;
}
static long connect_path(const char *argument)
{
    return connect_to(argument, false);
}
static long connect_canary(const char *argument)
{
    char path[256];

    (void)argument;
    (void)snprintf(path, sizeof(path), "%s-socket", getenv("ESCAPE_CANARY") ? getenv("ESCAPE_CANARY") : "/nowhere");
    return connect_to(path, false);
}

/* Sockets in the whole tree, /proc left out. */
static long count_sockets(int above, const char *name, int depth)
{
    struct stat st;
    const struct dirent *entry;
    long found = 0;
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 || depth > DEPTH_MAX ? NULL : fdopendir(fd);

    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || (depth == 0 && (strcmp(entry->d_name, "proc") == 0 || strcmp(entry->d_name, "sys") == 0)))
            continue;
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISSOCK(st.st_mode)) {
            detail("%s", entry->d_name);
            found++;
        }
        found += S_ISDIR(st.st_mode) ? count_sockets(fd, entry->d_name, depth + 1) : 0;
    }
    if (dir)
        (void)closedir(dir);
    else if (fd >= 0)
        (void)close(fd);
    return found;
}
static long any_socket(const char *argument)
{
    (void)argument;
    return count_sockets(AT_FDCWD, "/", 0);
}

/* ---- J03: typing into a terminal; one's own, so that nothing of the host's is typed into ---- */
static int own_controlling_terminal(void)
{
    char name[64];
    int zero = 0, number, main_end = (int)open_path("/dev/pts/ptmx", O_RDWR);

    (void)setsid();
    if (main_end < 0 || ioctl(main_end, TIOCSPTLCK, &zero) != 0 || ioctl(main_end, TIOCGPTN, &number) != 0)
        return -1;
    (void)snprintf(name, sizeof(name), "/dev/pts/%d", number);
    int fd = open(name, O_RDWR | O_CLOEXEC);
    return fd >= 0 && ioctl(fd, TIOCSCTTY, 0) != 0 ? -1 : fd;
}
static long terminal_command(const char *argument)
{
    static const struct { const char *name; unsigned long command; } commands[] = {
        {"TIOCSTI", TIOCSTI}, {"TIOCSTI-high", HIGH | TIOCSTI}, {"TIOCLINUX", TIOCLINUX}, {"TIOCLINUX-high", HIGH | TIOCLINUX}, {"TIOCCONS", TIOCCONS}, {"TIOCSETD", TIOCSETD},
    };
    char value[8] = {1}; /* for TIOCSETD: N_SLIP, which not every kernel has; for TIOCLINUX a sub-command that only consoles know */
    int fd = own_controlling_terminal();

    if (fd < 0)
        return -1;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, argument) == 0)
            return syscall(SYS_ioctl, fd, commands[i].command, value);
    return -1;
}

/* ---- J04: objects with names that all processes of an ipc namespace share ---- */
static long find_object(const char *argument)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "/%s", marker());
    if (strcmp(argument, "shm") == 0)
        return shmget(ipc_key(), 1, 0);
    if (strcmp(argument, "msg") == 0)
        return msgget(ipc_key(), 0);
    if (strcmp(argument, "sem") == 0)
        return semget(ipc_key(), 1, 0);
    if (strcmp(argument, "mq") == 0)
        return mq_open(name, O_RDONLY);
    return shm_open(name, O_RDONLY, 0);
}
static volatile sig_atomic_t ended;
static void note_end(int number)
{
    ended = number;
}
/* ipc: makes them, says so, and takes them away at SIGTERM or after a minute. */
static int hold_objects(int argc, char **argv)
{
    char name[128];
    int shm = shmget(ipc_key(), 1, IPC_CREAT | 0666), msg = msgget(ipc_key(), IPC_CREAT | 0666), sem = semget(ipc_key(), 1, IPC_CREAT | 0666);

    (void)argc;
    (void)argv;
    (void)snprintf(name, sizeof(name), "/%s", marker());
    mqd_t queue = mq_open(name, O_CREAT | O_RDONLY, 0666, NULL);
    int posix = shm_open(name, O_CREAT | O_RDWR, 0666);
    (void)signal(SIGTERM, note_end);
    (void)signal(SIGALRM, note_end);
    (void)alarm(60);
    (void)printf("%d\n", shm >= 0 && msg >= 0 && sem >= 0 && posix >= 0 ? (queue == (mqd_t)-1 ? 4 : 5) : 0);
    (void)fflush(stdout);
    while (!ended)
        (void)pause();
    (void)shmctl(shm, IPC_RMID, NULL);
    (void)msgctl(msg, IPC_RMID, NULL);
    (void)semctl(sem, 0, IPC_RMID);
    (void)mq_unlink(name);
    (void)shm_unlink(name);
    return 0;
}

/* ---- J05 ---- */
static long search_key(const char *argument)
{
    (void)argument;
    return syscall(SYS_keyctl, KEYCTL_SEARCH, SESSION_KEYRING, "user", marker(), 0);
}
static long request_marker_key(const char *argument)
{
    (void)argument;
    return syscall(SYS_request_key, "user", marker(), NULL, 0);
}
static long listed_key(const char *argument)
{
    char text[65536];

    (void)argument;
    return read_path("/proc/keys", text, sizeof(text)) < 0 ? -1 : strstr(text, marker()) != NULL;
}
/* with-key COMMAND…: in a new session keyring that holds a key. */
static int with_key(int argc, char **argv)
{
    if (argc < 2 || syscall(SYS_keyctl, KEYCTL_JOIN, NULL) < 0 || syscall(SYS_add_key, "user", marker(), "secret", 6, SESSION_KEYRING) < 0)
        return 111;
    (void)execvp(argv[1], argv + 1);
    return 112;
}

/* ---- J06 ---- */
static long connect_loopback(const char *argument)
{
    const char *port = getenv("ESCAPE_PORT");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)strtoul(port ? port : "9", NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)argument;
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof(address));
}
/* Ways out of the network namespace: there is no route, and no device but the loopback one. Lines after the heading. */
static long lines_of(const char *argument)
{
    char text[65536];
    long lines = 0;

    if (read_path(argument, text, sizeof(text)) < 0)
        return -1;
    for (const char *c = text; (c = strchr(c, '\n')); c++)
        lines++;
    if (strcmp(argument, "/proc/net/dev") == 0)
        return lines - 2 - (strstr(text, " lo:") != NULL);
    return lines > 0 ? lines - 1 : 0;
}

const struct attempt group_j[] = {
    {.row = "J01", .name = "connect-abstract", .run = connect_abstract},
    {.row = "J01", .name = "listed", .run = listed_abstract, .counts = true},
    {.row = "J02", .name = "connect-canary", .run = connect_canary},
    {.row = "J02", .name = "sockets-anywhere", .run = any_socket, .counts = true},
    {.row = "J03", .name = "ioctl", .run = terminal_command, .each = "TIOCSTI TIOCSTI-high TIOCLINUX TIOCLINUX-high TIOCCONS TIOCSETD", .through = "EINVAL ENOTTY EBUSY"},
    {.row = "J04", .name = "find", .run = find_object, .each = "shm msg sem mq posix-shm"},
    {.row = "J05", .name = "search-key", .run = search_key},
    {.row = "J05", .name = "request-key", .run = request_marker_key},
    {.row = "J05", .name = "listed-key", .run = listed_key, .counts = true},
    {.row = "J06", .name = "loopback", .run = connect_loopback},
    {.row = "J06", .name = "lines", .run = lines_of, .each = "/proc/net/dev /proc/net/route", .counts = true},
    {.row = "J07", .name = "socket", .each = "16:3:15 16:3:9 16:3:4"},
    {.row = "J09", .name = "socket", .each = "40:1:0 40:2:0 40:5:0"},
    {.row = "J10", .name = "connect", .run = connect_path,
     .each = "/run/dbus/system_bus_socket /run/systemd/private /run/systemd/notify /run/systemd/journal/socket /run/systemd/journal/stdout /run/systemd/journal/dev-log /dev/log "
             "/tmp/.X11-unix/X0 /run/docker.sock /var/run/docker.sock /run/containerd/containerd.sock /run/crio/crio.sock /run/podman/podman.sock /run/buildkit/buildkitd.sock "
             "/run/nri/nri.sock /var/lib/kubelet/pod-resources/kubelet.sock /run/udev/control /run/rpcbind.sock"},
    {.name = NULL},
};

const struct agent agents_j[] = {{"ipc", hold_objects}, {"with-key", with_key}, {NULL, NULL}};
