/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of signals; see signals.h. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <strings.h>

#include "base/str.h"

static const struct {
    const char *name;
    int number;
} names[] = {
    {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"BUS", SIGBUS},       {"CHLD", SIGCHLD},   {"CLD", SIGCHLD},  {"CONT", SIGCONT},     {"FPE", SIGFPE},
    {"HUP", SIGHUP},   {"ILL", SIGILL},   {"INT", SIGINT},       {"IO", SIGIO},       {"IOT", SIGIOT},   {"KILL", SIGKILL},     {"PIPE", SIGPIPE},
    {"POLL", SIGPOLL}, {"PROF", SIGPROF}, {"PWR", SIGPWR},       {"QUIT", SIGQUIT},   {"SEGV", SIGSEGV}, {"STKFLT", SIGSTKFLT}, {"STOP", SIGSTOP},
    {"SYS", SIGSYS},   {"TERM", SIGTERM}, {"TRAP", SIGTRAP},     {"TSTP", SIGTSTP},   {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},
    {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
};

/* What kill -l of the shells counts from: glibc keeps the kernel's first two real-time signals, 32 and 33, to itself. */
#define FIRST_REAL_TIME 34
#define LAST_SIGNAL 64

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n"; 0 if it is none of them. */
static int real_time(const char *name)
{
    bool from_first = strncasecmp(name, "RTMIN", 5) == 0;
    uint32_t distance = 0;

    if (!from_first && strncasecmp(name, "RTMAX", 5) != 0)
        return 0;
    if (name[5] && (name[5] != (from_first ? '+' : '-') || cm_parse_u32(name + 6, &distance) < 0 || distance > LAST_SIGNAL - FIRST_REAL_TIME))
        return 0;
    return from_first ? FIRST_REAL_TIME + (int)distance : LAST_SIGNAL - (int)distance;
}

int cli_signal_parse(const char *text, int *ret, struct cm_error *err)
{
    uint32_t number;

    if (cm_parse_u32(text, &number) == 0 && number <= LAST_SIGNAL) {
        *ret = (int)number;
        return 0;
    }
    const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i].name) == 0) {
            *ret = names[i].number;
            return 0;
        }
    int found = real_time(name);
    if (found == 0)
        return cm_fail(err, EINVAL, NULL, "unknown signal \"%s\"", text);
    *ret = found;
    return 0;
}
