/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * casemate-systemd: reads where to go and one request from descriptor 3, answers it there, and stays until that is closed: as the first process of the scope it
 * has started. It is never called by people. Hostile: nobody; it is started by casemate with nothing but that descriptor, and still reads strictly.
 */
#include "helper.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define LINE 3
#define MESSAGE_MAX (128u << 10)
#define PLACES_MAX 1024
#define PROPERTIES_MAX 512
#define LIMIT_US ((uint64_t)25 * 1000000)
#define PROTOCOL "casemate-systemd 1"

/* To all that talking to the manager needs: it looks at this one. Whoever cannot lose the rest does not go on. */
static bool drop_privileges(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    const struct rlimit none = {0, 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
        syscall(SYS_capget, &header, data) < 0)
        return false;
    data[0].effective &= 1u << CAP_SYS_ADMIN;
    data[0].permitted &= 1u << CAP_SYS_ADMIN;
    data[0].inheritable = data[1].effective = data[1].permitted = data[1].inheritable = 0;
    return syscall(SYS_capset, &header, data) == 0;
}

/* The next text of the message; NULL at its end. */
static const char *next(const char **at, const char *end)
{
    const char *text = *at;

    if (text == end)
        return NULL;
    *at += strlen(text) + 1; /* the last byte is a NUL */
    return text;
}

static bool is_row(const char *message, ssize_t size)
{
    return size > 0 && message[size - 1] == '\0';
}

static int parse_places(const char *message, ssize_t size, struct request *ret)
{
    if (!is_row(message, size))
        return -1;
    const char *at = message, *end = message + size, *protocol = next(&at, end);
    ret->manager = next(&at, end);
    ret->bus = next(&at, end);
    return ret->bus && at == end && strcmp(protocol, PROTOCOL) == 0 ? 0 : -1;
}

static int parse_request(const char *message, ssize_t size, struct request *ret)
{
    static struct property properties[PROPERTIES_MAX];

    if (!is_row(message, size))
        return -1;
    const char *at = message, *end = message + size;
    ret->operation = next(&at, end);
    ret->unit = next(&at, end);
    const char *move = next(&at, end);
    if (!move || (move[0] && cm_parse_u32(move, &ret->move) < 0))
        return -1;
    ret->properties = properties;
    while (at != end) {
        if (ret->n == PROPERTIES_MAX)
            return -1;
        struct property *p = &properties[ret->n++];
        p->name = next(&at, end);
        p->type = next(&at, end);
        p->value = next(&at, end);
        const char *optional = next(&at, end);
        if (!optional)
            return -1;
        p->optional = optional[0] == '1';
    }
    return 0;
}

static void act(struct calls *calls, const struct request *request)
{
    static const struct {
        const char *operation;
        void (*run)(struct calls *calls, const struct request *request);
    } operations[] = {{"start", unit_start}, {"set", unit_set}, {"stop", unit_stop}, {"version", manager_version}};

    for (size_t i = 0; i < CM_ARRAY_LEN(operations); i++)
        if (strcmp(request->operation, operations[i].operation) == 0)
            operations[i].run(calls, request);
}

static uint64_t deadline(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + LIMIT_US;
}

int main(void)
{
    static char places[PLACES_MAX], message[MESSAGE_MAX];
    struct request request = {0};
    struct answer answer = {.outcome = "failed", .text = "the request is none"};
    struct calls calls = {.answer = &answer};
    char out[sizeof(answer.text) + 16];

    if (!drop_privileges())
        return 1;
    bool connected = parse_places(places, recv(LINE, places, sizeof(places), 0), &request) == 0 && calls_open(&calls, &request) == 0;
    ssize_t n = recv(LINE, message, sizeof(message), 0); /* here it waits for the plan, connected already */
    if (n <= 0)
        return 0; /* which has come to nothing */
    calls.deadline = deadline();
    if (connected && parse_request(message, n, &request) == 0)
        act(&calls, &request);
    sd_bus_close_unref(calls.bus);
    size_t outcome = strlen(answer.outcome) + 1, text = strlen(answer.text) + 1;
    memcpy(out, answer.outcome, outcome);
    memcpy(out + outcome, answer.text, text);
    if (send(LINE, out, outcome + text, MSG_NOSIGNAL) < 0)
        return 1;
    (void)!recv(LINE, message, 1, 0); /* nothing comes but the end */
    return 0;
}
