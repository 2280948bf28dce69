/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process's own state; see process.h. All that is inherited through execve(2) is hostile. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

/* A file opened later must not become standard output or standard error. */
static int open_missing_stdio(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        int opened = open("/dev/null", O_RDWR); /* no O_CLOEXEC: the container inherits its stdio; the lowest free number is `fd` */
        if (opened != fd)
            return opened < 0 ? -errno : -EBADF;
    }
    return 0;
}

int cli_process_reset(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    (void)mallopt(M_TOP_PAD, 1 << 20); /* one growth of the heap instead of ten; untouched pages cost nothing */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 24); /* and no shrinking: this process does not live long */
    int r = open_missing_stdio();

    if (r < 0)
        return r;
    (void)umask(022);
    /* "Ignored" survives execve(2): with SIGCHLD ignored our children could not be waited for. The container's process resets the rest for itself. */
    if (sigaction(SIGCHLD, &action, NULL) < 0)
        return -errno;
    /* A file size limit, or a reader that went away, is an error to report and no reason to die in the middle of something. */
    action.sa_handler = SIG_IGN;
    if (sigaction(SIGXFSZ, &action, NULL) < 0 || sigaction(SIGPIPE, &action, NULL) < 0)
        return -errno;
    (void)sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

int cli_process_protect(void)
{
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) < 0 ? -errno : 0;
}
