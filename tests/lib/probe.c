/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs inside a container (or, as the control arm, in a namespace without protection) and tries one forbidden thing after the other:
 *
 *   probe OP[=ARGUMENT]...      tries these, in order; `probe list` prints the names, `probe all` tries every one that needs no argument
 *
 * Each attempt runs in a child of its own and is reported as one line of JSON: {"op":"unshare-user","ok":false,"errno":"ENOSPC"} or, when
 * the child died, {"op":…,"ok":false,"signal":31}. The exit status is 0 as long as every attempt could be made.
 *
 * Only for containers and namespaces made for the purpose, never for the bare host: there the mounts would be real. Files of the kernel
 * are opened and, where an open proves nothing, written with the value that they hold.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

struct outcome {
    bool done;
    long ret;
    int errnum;
};

static const char *argument_of(const char *word, size_t *ret_name_size)
{
    const char *equals = strchr(word, '=');

    *ret_name_size = equals ? (size_t)(equals - word) : strlen(word);
    return equals ? equals + 1 : NULL;
}

static const struct probe_op *find(const char *word, const char **ret_argument)
{
    size_t size;

    *ret_argument = argument_of(word, &size);
    for (const struct probe_op *op = probe_ops; op->name; op++)
        if (strlen(op->name) == size && memcmp(op->name, word, size) == 0)
            return op;
    return NULL;
}

static void print_json_string(const char *text)
{
    (void)putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)putchar('\\');
        (void)putchar((unsigned char)*text < 0x20 ? '?' : *text);
    }
    (void)putchar('"');
}

static void report(const char *word, int status, const struct outcome *outcome)
{
    (void)printf("{\"op\":");
    print_json_string(word);
    if (WIFSIGNALED(status)) {
        (void)printf(",\"ok\":false,\"signal\":%d}\n", WTERMSIG(status));
    } else if (!outcome->done) {
        (void)printf(",\"ok\":false,\"exit\":%d}\n", WEXITSTATUS(status));
    } else if (outcome->ret < 0) {
        const char *name = strerrorname_np(outcome->errnum);
        (void)printf(",\"ok\":false,\"errno\":\"%s\"}\n", name ? name : "unknown");
    } else {
        (void)printf(",\"ok\":true,\"ret\":%ld}\n", outcome->ret);
    }
    (void)fflush(stdout);
}

static int attempt(const char *word)
{
    const char *argument;
    const struct probe_op *op = find(word, &argument);
    struct outcome *outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t pid;

    if (!op || outcome == MAP_FAILED) {
        (void)fprintf(stderr, "probe: unknown operation %s\n", word);
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        (void)alarm(10); /* an attempt that blocks is reported as killed by SIGALRM */
        errno = 0;
        outcome->ret = op->run(argument);
        outcome->errnum = errno;
        outcome->done = true;
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("probe: fork");
        return -1;
    }
    report(word, status, outcome);
    (void)munmap(outcome, sizeof(*outcome));
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (const struct probe_op *op = probe_ops; op->name; op++)
            (void)printf("%s%s\n", op->name, op->needs_argument ? "=" : "");
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "all") != 0) {
            failed |= attempt(argv[i]) < 0;
            continue;
        }
        for (const struct probe_op *op = probe_ops; op->name; op++)
            if (!op->needs_argument)
                failed |= attempt(op->name) < 0;
    }
    return failed;
}
