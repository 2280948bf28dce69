/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of hooks: what each is told and how its failure reads. Hostile: their output, and annotations, which the JSON writer escapes. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "run/hook.h"
#include "run/test_hooks.h"
#include "state/store.h"
#include "json/json.h"

/* The state of the runtime-spec: no more than it names. */
static const char *describe(const struct cm_hooks_call *call, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, 0);
    cm_state_specified(call->record, call->status, call->pid, NULL, &writer);
    return cm_str_text(out);
}

static char *const *list_of(struct cm_arena *arena, const struct oci_strings *strings)
{
    const char **list = cm_arena_array(arena, strings->n + 1, sizeof(*list));

    for (size_t i = 0; list && i < strings->n; i++)
        list[i] = strings->v[i];
    return (char *const *)(uintptr_t)list;
}

/* A stream's last line break says nothing. */
static const char *trim(char *text)
{
    size_t size = strlen(text);

    while (size > 0 && text[size - 1] == '\n')
        text[--size] = '\0';
    return text;
}

static const char *reason_of(const struct cm_hook_run *run, const struct cm_hook_outcome *outcome, char *text, size_t size)
{
    switch ((enum cm_hook_end)outcome->end) {
    case CM_HOOK_EXITED:
        (void)snprintf(text, size, "exit status %d", outcome->value);
        break;
    case CM_HOOK_KILLED:
        (void)snprintf(text, size, "signal: %s", outcome->value == SIGKILL ? "killed" : strsignal(outcome->value));
        break;
    case CM_HOOK_TIMED_OUT:
        (void)snprintf(text, size, "hook ran past specified timeout of %lld.0s", (long long)run->timeout);
        break;
    case CM_HOOK_NOT_EXECUTED:
        (void)snprintf(text, size, "fork/exec %.256s: %s", run->path, outcome->value == ENOENT ? "no such file or directory" : strerror(outcome->value));
        break;
    case CM_HOOK_NOT_RUN:
        (void)snprintf(text, size, "it could not be run: %s", strerror(outcome->value));
        break;
    }
    return text;
}

/* Of the descriptor that is executed: what the policy named must still be there. */
static bool has_content(int fd, const char *sha256)
{
    char now[CM_SHA256_HEX_MAX];

    cm_hook_digest(fd, now);
    return cm_streq(now, sha256);
}

static int run_one(const struct cm_hooks_call *call, size_t i, const char *input, struct cm_error *err)
{
    static struct cm_hook_outcome outcome;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    const struct oci_hook *hook = &call->hooks[i];
    const char *word = oci_hook_word(call->kind);
    struct cm_hook_fact looked = {.fd = CM_FD_NONE};
    char field[48], reason[512], *self[] = {(char *)(uintptr_t)hook->path, NULL};
    const struct cm_hook_fact *fact = call->facts ? &call->facts[i] : &looked;

    (void)snprintf(field, sizeof(field), "/hooks/%s/%zu", word, i);
    if (!call->facts && !call->inside)
        cm_hook_look(call->runtime, hook->path, hook->sha256 != NULL, &looked);
    CM_AUTO_CLOSE CM_UNUSED int own = looked.fd;
    const char *objection = call->inside ? NULL : cm_hook_objection(fact);
    if (objection)
        return cm_fail(err, EPERM, field, "error running %s hook #%zu: \"%.256s\" is not run: %s", word, i, hook->path, objection);
    if (hook->sha256 && !has_content(fact->fd, hook->sha256))
        return cm_fail(err, EPERM, field, "error running %s hook #%zu: \"%.256s\" is not run: its content is not what the policy names", word, i, hook->path);

    struct cm_hook_run run = {
        .fd = call->inside ? CM_FD_NONE : fact->fd,
        .path = hook->path,
        .argv = hook->args.n > 0 ? list_of(&arena, &hook->args) : self,
        .env = !hook->env.set && call->default_env ? call->default_env : list_of(&arena, &hook->env),
        .timeout = hook->timeout.set ? hook->timeout.v : 0,
        .cwd = call->inside ? NULL : call->record->bundle,
        .input = input,
        .input_size = strlen(input),
        .privileged = !call->inside,
    };
    if (!run.argv || !run.env)
        return cm_fail_errno(err, ENOMEM, field, "error running %s hook #%zu", word, i);
    if (call->guarded && !cm_test_without("hookguard"))
        cm_hook_run_guarded(&run, &outcome);
    else
        cm_hook_run(&run, CM_FD_NONE, &outcome);
    if (outcome.end == CM_HOOK_EXITED && outcome.value == 0)
        return 0;
    return cm_fail(err, EIO, field, "error running %s hook #%zu: %s, stdout: %s, stderr: %s", word, i, reason_of(&run, &outcome, reason, sizeof(reason)),
                   trim(outcome.out), trim(outcome.err));
}

int cm_hooks_run(const struct cm_hooks_call *call, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str state = {0};

    if (call->n == 0)
        return 0;
    const char *input = describe(call, &state);
    if (!input)
        return cm_fail_errno(err, ENOMEM, NULL, "describing the container to its hooks");
    for (size_t i = 0; i < call->n; i++) {
        int r = run_one(call, i, input, err);
        if (r < 0 && !call->all)
            return r;
        if (r < 0)
            cm_log(CM_LOG_WARNING, "container %s: %s", call->record->id, err->message);
    }
    return 0;
}

int cm_hooks_patience(const struct oci_hooks *hooks, enum oci_hook_kind kind, int otherwise)
{
    int64_t ms = otherwise;

    for (size_t i = 0; i < hooks->n[kind]; i++) {
        if (!hooks->v[kind][i].timeout.set)
            return -1;
        ms += hooks->v[kind][i].timeout.v * 1000;
    }
    return ms > INT_MAX ? -1 : (int)ms;
}
