/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls about one unit. To start a scope takes one call with everything in it, and the signal that says its job is done; only a name that is taken takes more.
 */
#include "helper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define JOBS_MAX 32
/* A scope whose last process has just ended is gone in a moment. */
#define EXISTS_TRIES 20
#define EXISTS_FIRST_NS 2000000L
#define EXISTS_MOST_NS 100000000L

/* The manager tells of jobs as they end, perhaps before it has said which one is ours. */
struct jobs {
    char path[JOBS_MAX][64], result[JOBS_MAX][24];
    size_t n;
};

static int on_job(sd_bus_message *m, void *user, sd_bus_error *error CM_UNUSED)
{
    struct jobs *jobs = user;
    const char *path, *unit, *result;
    uint32_t id;

    if (sd_bus_message_is_signal(m, MANAGER, "JobRemoved") <= 0)
        return 0;
    if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
        return 0;
    size_t at = jobs->n++ % JOBS_MAX;
    (void)snprintf(jobs->path[at], sizeof(jobs->path[at]), "%s", path);
    (void)snprintf(jobs->result[at], sizeof(jobs->result[at]), "%s", result);
    return 0;
}

static uint64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void nap(long ns)
{
    const struct timespec t = {.tv_nsec = ns};

    (void)nanosleep(&t, NULL);
}

/* ---- values ---- */

static int add_number(sd_bus_message *m, const char *type, const char *text)
{
    uint64_t number = UINT64_MAX;

    if (strcmp(text, "max") != 0 && cm_parse_u64(text, &number) < 0)
        return -EINVAL;
    if (type[0] == 't')
        return sd_bus_message_append(m, "t", number);
    return number > INT32_MAX ? -ERANGE : sd_bus_message_append(m, "i", (int32_t)number);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int add_bytes(sd_bus_message *m, const char *hex)
{
    uint8_t bytes[1024];
    size_t n = strlen(hex) / 2;

    if (n > sizeof(bytes) || strlen(hex) % 2 != 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return -EINVAL;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return sd_bus_message_append_array(m, 'y', bytes, n);
}

static int add_pair(sd_bus_message *m, const char *text)
{
    const char *blank = strrchr(text, ' ');
    char path[128];
    uint64_t number = UINT64_MAX;

    if (!blank || (size_t)(blank - text) >= sizeof(path) || (strcmp(blank + 1, "max") != 0 && cm_parse_u64(blank + 1, &number) < 0))
        return -EINVAL;
    memcpy(path, text, (size_t)(blank - text));
    path[blank - text] = '\0';
    return sd_bus_message_append(m, "a(st)", 1, path, number);
}

static int add_value(sd_bus_message *m, const struct property *p)
{
    if (strcmp(p->type, "s") == 0)
        return sd_bus_message_append(m, "s", p->value);
    if (strcmp(p->type, "b") == 0)
        return sd_bus_message_append(m, "b", (int)(p->value[0] == '1'));
    if (strcmp(p->type, "t") == 0 || strcmp(p->type, "i") == 0)
        return add_number(m, p->type, p->value);
    if (strcmp(p->type, "ay") == 0)
        return add_bytes(m, p->value);
    if (strcmp(p->type, "a(st)") == 0)
        return add_pair(m, p->value);
    return -EINVAL;
}

static int add_property(sd_bus_message *m, const struct property *p)
{
    int r = sd_bus_message_open_container(m, 'r', "sv");

    if (r >= 0)
        r = sd_bus_message_append(m, "s", p->name);
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'v', p->type);
    if (r >= 0)
        r = add_value(m, p);
    if (r >= 0)
        r = sd_bus_message_close_container(m);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ---- starting ---- */

static int add_first_process(sd_bus_message *m, uint32_t pid)
{
    return sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, pid);
}

static int make_start(struct calls *calls, const struct request *request, bool optional, sd_bus_message **ret)
{
    int r = sd_bus_message_new_method_call(calls->bus, ret, DESTINATION, OBJECT, MANAGER, "StartTransientUnit");

    if (r >= 0)
        r = sd_bus_message_append(*ret, "ss", request->unit, "fail");
    if (r >= 0)
        r = sd_bus_message_open_container(*ret, 'a', "(sv)");
    for (size_t i = 0; i < request->n && r >= 0; i++)
        if (optional || !request->properties[i].optional)
            r = add_property(*ret, &request->properties[i]);
    if (r >= 0)
        r = add_first_process(*ret, request->move > 0 ? request->move : (uint32_t)getpid());
    if (r >= 0)
        r = sd_bus_message_close_container(*ret);
    return r < 0 ? r : sd_bus_message_append(*ret, "a(sa(sv))", 0);
}

/* Returns the call's result; *ret_job is the job's path. */
static int call_start(struct calls *calls, const struct request *request, bool optional, char *ret_job, size_t size, sd_bus_error *error)
{
    sd_bus_message *m = NULL, *reply = NULL;
    const char *job;
    int r = make_start(calls, request, optional, &m);

    if (r >= 0)
        r = sd_bus_call(calls->bus, m, 0, error, &reply);
    if (r >= 0)
        r = sd_bus_message_read(reply, "o", &job);
    if (r >= 0)
        (void)snprintf(ret_job, size, "%s", job);
    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    return r;
}

static const char *result_of(const struct jobs *jobs, const char *path)
{
    for (size_t i = 0; i < jobs->n && i < JOBS_MAX; i++)
        if (strcmp(jobs->path[i], path) == 0)
            return jobs->result[i];
    return NULL;
}

static int wait_for_job(struct calls *calls, const struct jobs *jobs, const char *path)
{
    const char *result;

    while (!(result = result_of(jobs, path))) {
        int r = sd_bus_process(calls->bus, NULL);
        if (r > 0)
            continue;
        uint64_t now = now_us();
        if (r == 0 && now < calls->deadline)
            r = sd_bus_wait(calls->bus, calls->deadline - now);
        else if (r == 0)
            r = -ETIMEDOUT;
        if (r < 0 && r != -EINTR)
            return answer_fail(calls->answer, "waiting for the job", r, NULL);
    }
    if (strcmp(result, "done") == 0)
        return 0;
    calls->answer->outcome = "failed";
    (void)snprintf(calls->answer->text, sizeof(calls->answer->text), "its job ended with \"%s\"; see journalctl -u and systemctl status", result);
    return -1;
}

static int listen_for_jobs(struct calls *calls, struct jobs *jobs)
{
    if (calls->is_private)
        return sd_bus_add_filter(calls->bus, NULL, on_job, jobs);
    int r = sd_bus_match_signal(calls->bus, NULL, DESTINATION, OBJECT, MANAGER, "JobRemoved", on_job, jobs);
    if (r >= 0)
        r = sd_bus_call_method(calls->bus, DESTINATION, OBJECT, MANAGER, "Subscribe", NULL, NULL, NULL);
    return r;
}

static void reset_failed(struct calls *calls, const char *unit)
{
    (void)sd_bus_call_method(calls->bus, DESTINATION, OBJECT, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
}

static int start_scope(struct calls *calls, const struct request *request, struct jobs *jobs)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    bool optional = true;
    char job[64];
    long pause = EXISTS_FIRST_NS;
    int r = 0;

    for (int i = 0; i < EXISTS_TRIES; i++) {
        sd_bus_error_free(&error);
        r = call_start(calls, request, optional, job, sizeof(job), &error);
        if (r >= 0)
            return wait_for_job(calls, jobs, job);
        if (optional && sd_bus_error_has_name(&error, SD_BUS_ERROR_PROPERTY_READ_ONLY)) {
            optional = false; /* an older systemd: without what it does not know */
            continue;
        }
        if (!sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists"))
            break;
        calls->answer->outcome = "exists";
        reset_failed(calls, request->unit);
        nap(pause);
        pause = CM_MIN(pause * 2, EXISTS_MOST_NS);
    }
    if (!sd_bus_error_has_name(&error, "org.freedesktop.systemd1.UnitExists"))
        (void)answer_fail(calls->answer, "starting it", r, &error);
    sd_bus_error_free(&error);
    return -1;
}

/* The caller steps below the user's manager, from where it may put processes into that one's cgroups. The unit lives as long as the caller. */
static int move_first(struct calls *calls, const struct request *request, struct jobs *jobs)
{
    struct property properties[] = {
        {"Description", "s", "casemate", false},
        {"Slice", "s", "user.slice", false},
        {"CollectMode", "s", "inactive-or-failed", false},
        {"DefaultDependencies", "b", "0", false},
    };
    char unit[64];

    (void)snprintf(unit, sizeof(unit), "casemate-call-%" PRIu32 ".scope", request->move);
    const struct request first = {.unit = unit, .move = request->move, .n = CM_ARRAY_LEN(properties), .properties = properties};
    return start_scope(calls, &first, jobs);
}

static void all_is_well(struct calls *calls)
{
    calls->answer->outcome = "ok";
    calls->answer->text[0] = '\0';
}

void unit_start(struct calls *calls, const struct request *request)
{
    static struct jobs jobs;
    struct request scope = *request;
    int r = listen_for_jobs(calls, &jobs);

    if (r < 0) {
        (void)answer_fail(calls->answer, "listening to its jobs", r, NULL);
        return;
    }
    scope.move = 0;
    if ((request->move > 0 && move_first(calls, request, &jobs) < 0) || (request->unit[0] && start_scope(calls, &scope, &jobs) < 0))
        return;
    all_is_well(calls);
}

/* ---- changing, stopping ---- */

static int call_set(struct calls *calls, const struct request *request, bool optional, sd_bus_error *error)
{
    sd_bus_message *m = NULL;
    int r = sd_bus_message_new_method_call(calls->bus, &m, DESTINATION, OBJECT, MANAGER, "SetUnitProperties");

    if (r >= 0)
        r = sd_bus_message_append(m, "sb", request->unit, 1);
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'a', "(sv)");
    for (size_t i = 0; i < request->n && r >= 0; i++)
        if (optional || !request->properties[i].optional)
            r = add_property(m, &request->properties[i]);
    if (r >= 0)
        r = sd_bus_message_close_container(m);
    if (r >= 0)
        r = sd_bus_call(calls->bus, m, 0, error, NULL);
    sd_bus_message_unref(m);
    return r;
}

void unit_set(struct calls *calls, const struct request *request)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int r = call_set(calls, request, true, &error);

    if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_PROPERTY_READ_ONLY)) {
        sd_bus_error_free(&error);
        r = call_set(calls, request, false, &error);
    }
    if (r < 0)
        (void)answer_fail(calls->answer, "changing its properties", r, &error);
    else
        all_is_well(calls);
    sd_bus_error_free(&error);
}

void unit_stop(struct calls *calls, const struct request *request)
{
    static struct jobs jobs;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *reply = NULL;
    const char *job;
    int r = listen_for_jobs(calls, &jobs);

    if (r >= 0)
        r = sd_bus_call_method(calls->bus, DESTINATION, OBJECT, MANAGER, "StopUnit", &error, &reply, "ss", request->unit, "replace");
    if (r >= 0)
        r = sd_bus_message_read(reply, "o", &job);
    if (r >= 0)
        r = wait_for_job(calls, &jobs, job) < 0 ? 0 : 1; /* whose answer stays when it fails */
    else if (sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
        r = 1;
    else
        (void)answer_fail(calls->answer, "stopping it", r, &error);
    reset_failed(calls, request->unit);
    if (r > 0)
        all_is_well(calls);
    sd_bus_message_unref(reply);
    sd_bus_error_free(&error);
}

void manager_version(struct calls *calls, const struct request *request CM_UNUSED)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    char *version = NULL;
    int r = sd_bus_get_property_string(calls->bus, DESTINATION, OBJECT, MANAGER, "Version", &error, &version);

    if (r < 0) {
        (void)answer_fail(calls->answer, "asking for its version", r, &error);
    } else {
        calls->answer->outcome = "ok";
        (void)snprintf(calls->answer->text, sizeof(calls->answer->text), "%s", version);
    }
    free(version);
    sd_bus_error_free(&error);
}
