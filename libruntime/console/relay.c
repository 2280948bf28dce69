/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See relay.h. */
#include "console/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"

/* How often to look whether somebody has opened the container's terminal again, and whether we are in the foreground again. */
#define IDLE_MS 200
/* More than a terminal holds (drivers/tty/tty_buffer.c of Linux, TTYB_DEFAULT_MEM_LIMIT: 640 KiB). */
#define TERMINAL_MAX ((size_t)1 << 20)

enum { AT_MASTER, AT_INPUT, AT_OUTPUT };

/* ---- buffers ---- */

static bool has_data(const struct cm_relay_buffer *buffer)
{
    return buffer->begin < buffer->end;
}

static size_t room(const struct cm_relay_buffer *buffer)
{
    return sizeof(buffer->data) - buffer->end;
}

static void clear(struct cm_relay_buffer *buffer)
{
    buffer->begin = buffer->end = 0;
}

/* One read. Returns as read(2), with -errno; -EAGAIN also when there is no room. */
static ssize_t fill(struct cm_relay_buffer *buffer, int fd)
{
    if (room(buffer) == 0)
        return -EAGAIN;
    ssize_t n = read(fd, buffer->data + buffer->end, room(buffer));
    if (n < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    buffer->end += (size_t)n;
    return n;
}

/* One write. Returns 0, also when nothing is taken now, or -errno. */
static int empty(struct cm_relay_buffer *buffer, int fd)
{
    if (!has_data(buffer))
        return 0;
    ssize_t n = write(fd, buffer->data + buffer->begin, buffer->end - buffer->begin); /* SIGPIPE is ignored */
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    buffer->begin += (size_t)n;
    if (!has_data(buffer))
        clear(buffer);
    return 0;
}

/* ---- beginning ---- */

void cm_relay_prepare_terminal(int host, int master)
{
    struct termios modes;

    if (tcgetattr(master, &modes) == 0) {
        modes.c_oflag &= ~(tcflag_t)ONLCR;
        (void)tcsetattr(master, TCSANOW, &modes); /* the worst is a carriage return too many */
    }
    cm_host_terminal_copy_size(host, master);
}

/*
 * Only terminals and pipes can be opened again and keep nothing in their open file that matters (a file has its position there). The rest either never blocks
 * or cannot be opened again: sockets, and terminals of which the inode is somebody else's.
 */
static void open_stream(struct cm_relay_stream *stream, int fd, int flags, int proc, int pid)
{
    char path[32];
    struct stat st;

    *stream = (struct cm_relay_stream){.fd = fd, .is_terminal = isatty(fd)};
    if (fstat(fd, &st) < 0 || !(stream->is_terminal || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
        return;
    bool is_multiplexer = S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 2); /* would open a new pair */
    (void)snprintf(path, sizeof(path), "%d/fd/%d", pid, fd);
    int opened = S_ISSOCK(st.st_mode) || is_multiplexer ? CM_FD_NONE : openat(proc, path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened >= 0) {
        stream->fd = opened;
        stream->opened = true;
        return;
    }
    int now = fcntl(fd, F_GETFL);
    stream->switched = now >= 0 && !(now & O_NONBLOCK) && fcntl(fd, F_SETFL, now | O_NONBLOCK) == 0;
}

static void close_stream(struct cm_relay_stream *stream)
{
    if (stream->switched) {
        int now = fcntl(stream->fd, F_GETFL);
        (void)fcntl(stream->fd, F_SETFL, now & ~O_NONBLOCK); /* worked before */
    }
    if (stream->opened)
        (void)cm_close(stream->fd);
    *stream = (struct cm_relay_stream){.fd = CM_FD_NONE, .ended = true};
}

void cm_relay_start(struct cm_relay *relay, int master, int host, int proc, int pid)
{
    relay->master = master;
    relay->idle = relay->line_incomplete = false;
    relay->host = (struct cm_host_terminal){.fd = host};
    clear(&relay->to_container);
    clear(&relay->to_caller);
    (void)fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK); /* nobody shares it; cannot fail */
    open_stream(&relay->input, STDIN_FILENO, O_RDONLY, proc, pid);
    open_stream(&relay->output, STDOUT_FILENO, O_WRONLY, proc, pid);
    cm_host_terminal_make_raw(&relay->host);
    relay->background = cm_host_terminal_is_others(&relay->host);
}

void cm_relay_resize(const struct cm_relay *relay)
{
    if (relay->master >= 0)
        cm_host_terminal_copy_size(relay->host.fd, relay->master);
}

void cm_relay_resume(struct cm_relay *relay)
{
    cm_host_terminal_take_again(&relay->host);
    relay->background = cm_host_terminal_is_others(&relay->host);
    if (relay->input.is_terminal)
        relay->input.ended = false;
    cm_relay_resize(relay);
}

/* ---- the container's terminal ---- */

/* Whoever looked at it has gone: so is the terminal. The programs inside get SIGHUP and the end of their input, as with any terminal. */
static void hang_up(struct cm_relay *relay)
{
    (void)close(relay->master); /* really: closing is what hangs up */
    relay->master = CM_FD_NONE;
    clear(&relay->to_container);
    clear(&relay->to_caller);
}

static void read_terminal(struct cm_relay *relay)
{
    ssize_t n = fill(&relay->to_caller, relay->master);

    if (n == -EAGAIN)
        relay->idle = false;
    else
        relay->idle = n <= 0; /* EIO: nobody has it open; a program may open it again by its name */
}

static void write_terminal(struct cm_relay *relay)
{
    if (empty(&relay->to_container, relay->master) < 0)
        relay->idle = true;
}

/* ---- our streams ---- */

/* The end of a pipe or file is told to the container as one who types would: with the key for it, twice when the line is not complete. */
static void type_end(struct cm_relay *relay)
{
    struct cm_relay_buffer *buffer = &relay->to_container;
    struct termios modes;
    char key = tcgetattr(relay->master, &modes) == 0 ? (char)modes.c_cc[VEOF] : 4;

    for (int i = 0; i < (relay->line_incomplete ? 2 : 1) && room(buffer) > 0; i++)
        buffer->data[buffer->end++] = key;
}

static void read_input(struct cm_relay *relay, short revents)
{
    struct cm_relay_stream *input = &relay->input;
    ssize_t n = fill(&relay->to_container, input->fd);

    if (n > 0)
        relay->line_incomplete = relay->to_container.data[relay->to_container.end - 1] != '\n';
    if (n > 0 || n == -EAGAIN)
        return;
    if (!input->is_terminal || (n == 0 && !(revents & POLLHUP))) {
        type_end(relay);
        input->ended = !input->is_terminal; /* the end that is typed at a terminal is only the end of a line */
    } else if (n == -EIO && cm_host_terminal_is_others(&relay->host))
        input->ended = relay->background = true; /* until we are in the foreground */
    else
        hang_up(relay);
}

int cm_relay_wants(const struct cm_relay *relay, struct pollfd *events)
{
    bool alive = relay->master >= 0 && !relay->idle;
    short master = 0;

    if (alive && relay->to_caller.end < sizeof(relay->to_caller.data))
        master |= POLLIN;
    if (alive && has_data(&relay->to_container))
        master |= POLLOUT;
    /* A descriptor of which nothing is wanted is left out: its hang-up would be reported again and again. */
    events[AT_MASTER] = (struct pollfd){.fd = master != 0 ? relay->master : CM_FD_NONE, .events = master};
    events[AT_INPUT] = (struct pollfd){.fd = alive && !relay->input.ended && !has_data(&relay->to_container) ? relay->input.fd : CM_FD_NONE, .events = POLLIN};
    events[AT_OUTPUT] = (struct pollfd){.fd = has_data(&relay->to_caller) ? relay->output.fd : CM_FD_NONE, .events = POLLOUT};
    return relay->master >= 0 && (relay->idle || relay->background) ? IDLE_MS : -1;
}

void cm_relay_step(struct cm_relay *relay, const struct pollfd *events)
{
    /* A shell that takes a running job to the foreground sends no signal. */
    if (relay->background && relay->master >= 0 && !cm_host_terminal_is_others(&relay->host))
        cm_relay_resume(relay);
    if (relay->idle || events[AT_MASTER].revents & (POLLIN | POLLHUP | POLLERR))
        if (relay->master >= 0)
            read_terminal(relay);
    /* One round each: whoever floods gets no more than the other. */
    if (has_data(&relay->to_caller) && empty(&relay->to_caller, relay->output.fd) < 0)
        hang_up(relay);
    if (events[AT_INPUT].revents && relay->master >= 0)
        read_input(relay, events[AT_INPUT].revents);
    if (relay->master >= 0 && !relay->idle)
        write_terminal(relay);
}

/* ---- the end ---- */

/* Whether a signal has come that would end any program. */
static bool is_told_to_end(int signals)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        if (info.ssi_signo != SIGWINCH && info.ssi_signo != SIGCONT && info.ssi_signo != SIGTSTP && info.ssi_signo != SIGTTIN && info.ssi_signo != SIGTTOU)
            return true;
    return false;
}

/* Waits until the reader takes something. False: we are told to end. */
static bool wait_for_reader(const struct cm_relay *relay, int signals)
{
    for (;;) {
        struct pollfd events[] = {{.fd = relay->output.fd, .events = POLLOUT}, {.fd = signals, .events = POLLIN}};
        int n = poll(events, CM_ARRAY_LEN(events), -1);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0 && events[1].revents && is_told_to_end(signals))
            return false;
        if (n > 0 && events[0].revents)
            return true;
    }
}

/* What the terminal holds is bounded. Other processes of the container may open it by its name and add to it for ever, so no more is read than it can hold. */
static void flush(struct cm_relay *relay, int signals)
{
    size_t taken = 0;

    for (bool more = true; more;) {
        ssize_t n = relay->master >= 0 && taken < TERMINAL_MAX ? fill(&relay->to_caller, relay->master) : 0;
        taken += n > 0 ? (size_t)n : 0;
        more = n > 0 || (n == -EAGAIN && has_data(&relay->to_caller));
        if (empty(&relay->to_caller, relay->output.fd) < 0)
            return;
        if (!has_data(&relay->to_caller))
            continue;
        more = true;
        if (!wait_for_reader(relay, signals)) {
            cm_log(CM_LOG_WARNING, "output of the container is lost: a signal came before standard output took it");
            return;
        }
    }
}

void cm_relay_finish(struct cm_relay *relay, int signals)
{
    cm_host_terminal_restore(&relay->host);
    flush(relay, signals);
    close_stream(&relay->input);
    close_stream(&relay->output);
    relay->master = cm_close(relay->master);
}
