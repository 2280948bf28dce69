/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `ps`: the processes of a container's cgroup, as numbers or through the host's ps(1). Hostile: the processes' names and arguments, which ps prints; a process
 * whose memory is locked can hold ps up, so the wait has a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/time.h"
#include "run/live.h"
#include "json/json.h"

#define OUTPUT_MAX ((size_t)64 << 20)
#define PS_MS 30000

/* Not looked up in the caller's PATH: with sudo that may be an unprivileged user's. The last one is NixOS'. */
static const char *const places[] = {"/usr/bin/ps", "/bin/ps", "/run/current-system/sw/bin/ps"};

struct pids {
    pid_t *v;
    size_t n;
};

static void pids_done(struct pids *pids)
{
    free(pids->v);
}

static int compare_pids(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

    return (x > y) - (x < y);
}

static int read_pids(struct cm_runtime *runtime, const char *id, struct pids *ret, struct cm_error *err)
{
    CM_AUTO_LIVE struct cm_live live = CM_LIVE_NONE;

    int r = cm_live_open(runtime, id, &live, err);
    if (r < 0)
        return r;
    if (live.cgroup.fd < 0)
        return live.status == CM_STATUS_STOPPED || live.record->cgroup_path ? 0 : cm_live_need_cgroup(&live, "its processes cannot be told from others", err);
    r = cm_cgroup_pids(&live.cgroup, &ret->v, &ret->n);
    if (r == -ENOENT)
        return 0; /* gone by now */
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "listing the processes of cgroup %s", live.cgroup.path);
    if (ret->n > 1)
        qsort(ret->v, ret->n, sizeof(*ret->v), compare_pids);
    return 0;
}

/* ---- the host's ps ---- */

CM_NORETURN static void become_ps(int output, char *const *argv)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    (void)sigaction(SIGPIPE, &action, NULL); /* ours are ignored, and that survives execve(2) */
    (void)sigaction(SIGXFSZ, &action, NULL);
    if (dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0)
        for (size_t i = 0; i < CM_ARRAY_LEN(places); i++)
            (void)execve(places[i], argv, environ);
    _exit(127);
}

/* Everything until the last writer is gone. */
static int read_output(int fd, struct cm_str *out)
{
    int64_t deadline = cm_now_ms() + PS_MS;
    char block[16384];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - cm_now_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n == 0)
            return -ETIMEDOUT;
        ssize_t size = n < 0 ? -1 : read(fd, block, sizeof(block));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size < 0 ? -errno : 0;
        if (out->size + (size_t)size > OUTPUT_MAX)
            return -EFBIG;
        cm_str_add_bytes(out, block, (size_t)size);
        if (out->failed)
            return -ENOMEM;
    }
}

static int judge_ps(int status, const struct cm_str *out, struct cm_error *err)
{
    const char *text = cm_str_text(out);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return cm_fail(err, ENOENT, NULL, "the host has no ps program at /usr/bin/ps or /bin/ps: install one (package procps), or use --format json");
    int n = text ? (int)strcspn(text, "\n") : 0;
    if (WIFEXITED(status))
        return cm_fail(err, EINVAL, NULL, "exit status %d: ps: %.*s", WEXITSTATUS(status), CM_MIN(n, 1000), n > 0 ? text : "");
    return cm_fail(err, EINTR, NULL, "the host's ps was killed by signal %d", WTERMSIG(status));
}

static int run_ps(char *const *argv, struct cm_str *out, struct cm_error *err)
{
    int pipe_fds[2], status = 0;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return cm_fail_errno(err, errno, NULL, "making a pipe for ps");
    CM_AUTO_CLOSE int from = pipe_fds[0], to = pipe_fds[1];
    pid_t pid = fork();
    if (pid < 0)
        return cm_fail_errno(err, errno, NULL, "starting ps");
    if (pid == 0)
        become_ps(to, argv);
    to = cm_close(to);
    int r = read_output(from, out);
    if (r < 0)
        (void)kill(pid, SIGKILL); /* our child, not waited for yet: the number is its own */
    from = cm_close(from);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (r == -ETIMEDOUT)
        return cm_fail(err, ETIMEDOUT, NULL, "the host's ps did not answer within %d s: a process's memory may be locked; use --format json", PS_MS / 1000);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "reading what ps prints");
    return judge_ps(status, out, err);
}

/* The n-th word of a line. */
static const char *word_at(const char *line, size_t n, size_t *ret_size)
{
    static const char blanks[] = " \t";

    line += strspn(line, blanks);
    for (; n > 0 && *line; n--) {
        line += strcspn(line, blanks);
        line += strspn(line, blanks);
    }
    *ret_size = strcspn(line, blanks);
    return *line ? line : NULL;
}

static bool find_column(const char *header, size_t *ret)
{
    const char *word;
    size_t size;

    for (size_t i = 0; (word = word_at(header, i, &size)); i++)
        if (size == 3 && memcmp(word, "PID", 3) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static bool is_listed(const struct pids *pids, const char *line, size_t column)
{
    char digits[16] = {0};
    uint32_t number;
    size_t size;
    const char *word = word_at(line, column, &size);

    if (!word || size >= sizeof(digits) || pids->n == 0)
        return false;
    memcpy(digits, word, size);
    if (cm_parse_u32(digits, &number) < 0 || number > INT32_MAX)
        return false;
    pid_t pid = (pid_t)number;
    return bsearch(&pid, pids->v, pids->n, sizeof(pid), compare_pids) != NULL;
}

int cm_ps_filter(char *text, const pid_t *pids, size_t n, struct cm_str *out, struct cm_error *err)
{
    struct pids sorted = {NULL, n};
    size_t column = 0;
    char *save = NULL;

    sorted.v = (pid_t *)(uintptr_t)pids; /* only looked at */
    char *line = strtok_r(text, "\n", &save);
    if (!line || !find_column(line, &column))
        return cm_fail(err, EINVAL, NULL, "couldn't find PID field in ps output: choose ps options that print the PID column, such as -ef or aux");
    for (bool header = true; line; line = strtok_r(NULL, "\n", &save), header = false) {
        if (!header && !is_listed(&sorted, line, column))
            continue;
        cm_printable(line); /* names and arguments are the processes' own */
        cm_str_add(out, line);
        cm_str_add(out, "\n");
    }
    return out->failed ? cm_fail_errno(err, ENOMEM, NULL, "listing the processes") : 0;
}

static int print_table(const struct pids *pids, const char *const *args, size_t n_args, struct cm_str *out, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str text = {0};
    CM_AUTO_FREE const char **argv = calloc(n_args + 3, sizeof(*argv));

    if (!argv)
        return cm_fail_errno(err, ENOMEM, NULL, "starting ps");
    argv[0] = "ps";
    argv[1] = "-ef";
    for (size_t i = 0; i < n_args; i++)
        argv[1 + i] = args[i];
    int r = run_ps((char *const *)(uintptr_t)argv, &text, err);
    if (r < 0)
        return r;
    if (!text.data)
        cm_str_add(&text, "");
    return text.data ? cm_ps_filter(text.data, pids->v, pids->n, out, err) : cm_fail_errno(err, ENOMEM, NULL, "starting ps");
}

int cm_ps(struct cm_runtime *runtime, const char *id, bool json, const char *const *args, size_t n_args, struct cm_str *out, struct cm_error *err)
{
    CM_CLEANUP(pids_done) struct pids pids = {0};
    struct json_writer writer;

    int r = read_pids(runtime, id, &pids, err);
    if (r < 0 || !json)
        return r < 0 ? r : print_table(&pids, args, n_args, out, err);
    json_writer_init(&writer, out, 0);
    json_array_begin(&writer, NULL);
    for (size_t i = 0; i < pids.n; i++)
        json_add_i64(&writer, NULL, pids.v[i]);
    json_array_end(&writer);
    return out->failed ? cm_fail_errno(err, ENOMEM, NULL, "listing the processes") : 0;
}
