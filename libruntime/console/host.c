/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See host.h. No hostile input: the terminal is the caller's. */
#include "console/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

/* For the handler of fatal signals: what to give back. */
static struct cm_host_terminal to_give_back = {.fd = CM_FD_NONE};

int cm_host_terminal_find(struct cm_error *err)
{
    for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--)
        if (isatty(fd))
            return fd;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && (errno == ENXIO || errno == ENOENT))
        return cm_fail(err, ENXIO, "/process/terminal",
                       "open /dev/tty: no such device or address: there is no terminal here to show the container's; set process.terminal to false, or detach "
                       "with a console socket");
    return fd < 0 ? cm_fail_errno(err, errno, "/process/terminal", "open /dev/tty") : fd;
}

bool cm_host_terminal_is_others(const struct cm_host_terminal *terminal)
{
    pid_t foreground = tcgetpgrp(terminal->fd);

    return foreground >= 0 && foreground != getpgrp(); /* an error: it is not our session's, and knows no foreground for us */
}

static void give_back(int signal)
{
    (void)tcsetattr(to_give_back.fd, TCSANOW, &to_give_back.before); /* async-signal-safe: one ioctl */
    (void)raise(signal);                                             /* SA_RESETHAND: with the default action, once we return */
}

static void watch_fatal_signals(bool watch)
{
    struct sigaction action = {.sa_handler = watch ? give_back : SIG_DFL, .sa_flags = (int)SA_RESETHAND};

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CM_ARRAY_LEN(fatal_signals); i++)
        (void)sigaction(fatal_signals[i], &action, NULL); /* cannot fail for these */
}

static void set_raw(struct termios *modes)
{
    modes->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    modes->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    modes->c_cflag = (modes->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    modes->c_cc[VMIN] = 1;
    modes->c_cc[VTIME] = 0;
}

static bool are_raw(const struct termios *modes)
{
    struct termios raw = *modes;

    set_raw(&raw);
    return raw.c_iflag == modes->c_iflag && raw.c_lflag == modes->c_lflag && raw.c_cflag == modes->c_cflag;
}

void cm_host_terminal_make_raw(struct cm_host_terminal *terminal)
{
    if (terminal->raw || cm_host_terminal_is_others(terminal) || tcgetattr(terminal->fd, &terminal->before) < 0)
        return;
    struct termios raw = terminal->before;
    set_raw(&raw);
    to_give_back = *terminal;
    watch_fatal_signals(true);
    if (tcsetattr(terminal->fd, TCSANOW, &raw) == 0)
        terminal->raw = true;
}

void cm_host_terminal_take_again(struct cm_host_terminal *terminal)
{
    struct termios now;

    /* SIGCONT also comes to who was not stopped. What we have set ourselves must not pass for what was before us. */
    if (terminal->raw && tcgetattr(terminal->fd, &now) == 0 && are_raw(&now))
        return;
    terminal->raw = false;
    cm_host_terminal_make_raw(terminal);
}

void cm_host_terminal_restore(struct cm_host_terminal *terminal)
{
    if (!terminal->raw)
        return;
    /* Not TCSADRAIN: a terminal that was stopped with ^S takes nothing. A failure: it is gone. In the background a shell has set its own modes. */
    if (!cm_host_terminal_is_others(terminal))
        (void)tcsetattr(terminal->fd, TCSANOW, &terminal->before);
    terminal->raw = false;
    watch_fatal_signals(false);
}

void cm_host_terminal_copy_size(int terminal, int master)
{
    struct winsize size;

    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        (void)ioctl(master, TIOCSWINSZ, &size); /* a failure: the pty is gone, which reading it tells */
}
