/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate check --host. Without privilege as much as can be told is told, also where the outer user namespace cannot be made: that is a finding, no error. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/io.h"
#include "cli.h"
#include "paths.h"
#include "process.h"

/* The child enters the outer namespace and becomes this program again there; or it says why it cannot. */
static void enter_and_say(const struct cli_context *context, int say)
{
    struct cm_error err;

    cm_error_init(&err);
    (void)!cm_rootless_enter(context->argv, &err);
    (void)!cm_write_full(say, err.message, strlen(err.message));
    _exit(1);
}

/* Returns false when the report was made in there; its exit status is then *ret_status. Else the reason why it was not, in `problem`. */
static bool stays_outside(const struct cli_context *context, char *problem, size_t size, int *ret_status)
{
    int ends[2];
    pid_t pid;

    (void)snprintf(problem, size, "a process for it cannot be started");
    if (pipe2(ends, O_CLOEXEC) < 0)
        return true;
    pid = fork();
    if (pid == 0)
        enter_and_say(context, ends[1]);
    (void)close(ends[1]); /* really: its end must be seen */
    ssize_t n = pid < 0 ? 0 : cm_read_full(ends[0], problem, size - 1);
    (void)close(ends[0]);
    if (pid < 0)
        return true;
    problem[CM_MAX(n, (ssize_t)0)] = '\0';
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return true;
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    return problem[0] != '\0';
}

static int report(const struct cm_host_request *request, const struct cm_report_options *options, int *ret_status, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_STR struct cm_str out = {0};
    int r = cm_runtime_open(&(struct cm_runtime_options){0}, &runtime, err);

    if (r == 0)
        r = cm_host_check(&runtime, request, options, &out, ret_status, err);
    return r == 0 ? cli_print(&out, true, err) : r;
}

int cli_check_host(const struct cli_context *context, const struct cm_report_options *options, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str root = {0}, policy_path = {0};
    struct cm_host_request request = {0};
    char problem[CM_ERROR_MESSAGE_MAX] = "";
    struct cm_error why;
    int status = 1;
    int r = cli_policy_option(context, &policy_path, &request.policy, err);

    if (r == 0)
        r = cli_root(context->values->root, &root, err);
    if (r < 0)
        return r;
    cm_error_init(&why);
    request.state_root = cm_str_text(&root);
    if (cm_euid() == 0) {
        if (cm_rootless_enter(context->argv, &why) < 0)
            request.outer_problem = why.message;
    } else {
        request.policy = strchr(request.policy, '/') ? NULL : request.policy; /* a file is for root of the host to choose */
        if (cli_check_policy_outside(request.policy ? request.policy : "", &why) < 0)
            request.outer_problem = "it is not made while the policy is in doubt";
        else if (stays_outside(context, problem, sizeof(problem), &status))
            request.outer_problem = problem;
        else
            return status;
        if (cli_process_protect() < 0)
            return cm_fail_errno(err, errno, NULL, "cannot make this process non-dumpable");
    }
    r = report(&request, options, &status, err);
    return r < 0 ? r : status;
}
