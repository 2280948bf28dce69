/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A /dev that is not what it should be makes no terminal, and the relay passes everything on, however it is read. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/pty.h"
#include "console/relay.h"

#define BYTES 300000

static int open_in(const char *dev, struct cm_pty *pty)
{
    struct cm_error err;
    CM_AUTO_CLOSE int fd = open(dev, O_PATH | O_DIRECTORY | O_CLOEXEC);

    cm_error_init(&err);
    return cm_pty_open((struct cm_rootfd){fd}, geteuid(), 17, 91, pty, &err);
}

TEST(what_stands_in_for_a_devpts_makes_no_terminal)
{
    char dev[] = "/tmp/casemate-console-XXXXXX", pts[64], ptmx[64];
    struct cm_pty pty = CM_PTY_NONE;

    CHECK(mkdtemp(dev) != NULL);
    (void)snprintf(pts, sizeof(pts), "%s/pts", dev);
    (void)snprintf(ptmx, sizeof(ptmx), "%s/pts/ptmx", dev);
    CHECK_INT(open_in(dev, &pty), -ENOENT);
    CHECK_INT(symlink("/dev/pts", pts), 0); /* the host's */
    CHECK_INT(open_in(dev, &pty), -ELOOP);
    CHECK_INT(unlink(pts), 0);
    CHECK_INT(mkdir(pts, 0700), 0);
    CHECK_INT(open_in(dev, &pty), -ENODEV);
    CHECK_INT(mkfifo(ptmx, 0600), 0); /* would block */
    CHECK_INT(open_in(dev, &pty), -ENODEV);
    CHECK_INT(unlink(ptmx), 0);
    CHECK_INT(symlink("/dev/ptmx", ptmx), 0);
    CHECK_INT(open_in(dev, &pty), -ENODEV);
    CHECK(pty.master == CM_FD_NONE && pty.slave == CM_FD_NONE);
    (void)unlink(ptmx);
    (void)rmdir(pts);
    CHECK_INT(rmdir(dev), 0);
}

TEST(a_terminal_of_a_devpts)
{
    struct cm_pty pty = CM_PTY_NONE;
    char name[CM_PTY_NAME_MAX];
    struct winsize size;
    struct stat st;

    if (open_in("/dev", &pty) < 0) {
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), "/dev/pts/ptmx is not for us");
        return;
    }
    CHECK(cm_pty_name(pty.master, name) > 0);
    CHECK_STR(ttyname(pty.slave), name);
    CHECK_INT(ioctl(pty.slave, TIOCGWINSZ, &size), 0);
    CHECK(size.ws_row == 17 && size.ws_col == 91);
    CHECK_INT(fstat(pty.slave, &st), 0);
    CHECK_INT(st.st_uid, geteuid());
    CHECK(fcntl(pty.master, F_GETFD) & FD_CLOEXEC && fcntl(pty.slave, F_GETFD) & FD_CLOEXEC);
    (void)close(pty.master);
    (void)close(pty.slave);
}

/* In the place of the container: writes, then reads a line. */
static void write_and_read(int slave)
{
    char text[1000];

    memset(text, 'x', sizeof(text));
    for (int i = 0; i < BYTES / 1000; i++)
        if (write(slave, text, sizeof(text)) != (ssize_t)sizeof(text))
            _exit(1);
    _exit(read(slave, text, sizeof(text)) == 5 && memcmp(text, "line\n", 5) == 0 ? 0 : 2);
}

/* In the place of the runtime, with pipes as streams. */
static void relay_it(int master, int input, int output)
{
    static struct cm_relay relay;
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)dup2(input, STDIN_FILENO);
    (void)dup2(output, STDOUT_FILENO);
    (void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 4096);
    (void)close(input);
    (void)close(output);
    cm_relay_start(&relay, master, CM_FD_NONE, proc, (int)getpid()); /* there is no terminal of ours */
    while (!relay.idle) {
        struct pollfd events[CM_RELAY_EVENTS];
        int timeout = cm_relay_wants(&relay, events);
        if (poll(events, CM_RELAY_EVENTS, timeout < 0 ? 20000 : timeout) == 0 && timeout < 0)
            _exit(3);
        cm_relay_step(&relay, events);
    }
    cm_relay_finish(&relay, CM_FD_NONE);
    _exit(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK ? 4 : 0);
}

TEST(the_relay_passes_all_on_to_a_slow_reader)
{
    struct cm_pty pty = CM_PTY_NONE;
    int input[2], output[2], status = 0;
    struct termios modes;
    char text[4096];
    size_t got = 0;

    if (open_in("/dev", &pty) < 0 || access("/proc/self", F_OK) < 0) {
        (void)snprintf(check_skip_reason, sizeof(check_skip_reason), "/dev/pts/ptmx is not for us");
        return;
    }
    CHECK_INT(tcgetattr(pty.slave, &modes), 0);
    modes.c_lflag &= ~(tcflag_t)ECHO;
    CHECK_INT(tcsetattr(pty.slave, TCSANOW, &modes), 0);
    CHECK_INT(pipe2(input, O_CLOEXEC) | pipe2(output, O_CLOEXEC), 0);
    (void)fflush(stdout);
    pid_t container = fork();
    if (container == 0) {
        (void)close(pty.master);
        write_and_read(pty.slave);
    }
    (void)close(pty.slave);
    pid_t runtime = fork();
    if (runtime == 0) {
        (void)close(input[1]);
        (void)close(output[0]);
        relay_it(pty.master, input[0], output[1]);
    }
    (void)close(pty.master);
    (void)close(output[1]);
    CHECK_INT(write(input[1], "line\n", 5), 5);
    for (ssize_t n; (n = read(output[0], text, sizeof(text))) > 0; got += (size_t)n)
        if (got < 50000)
            (void)usleep(2000);
    CHECK_INT(got, BYTES);
    CHECK_INT(waitpid(container, &status, 0), container);
    CHECK_INT(status, 0);
    CHECK_INT(waitpid(runtime, &status, 0), runtime);
    CHECK_INT(status, 0);
    (void)close(input[0]);
    (void)close(input[1]);
    (void)close(output[0]);
}
