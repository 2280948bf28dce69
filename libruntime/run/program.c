/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file is executed and with which environment. Runs in the container's process, as its final user, inside its root. Hostile: the rootfs (/etc/passwd may
 * be a FIFO or 10 GB) and the config's PATH. The messages are those that engines turn into exit codes 126 and 127.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "path/rootpath.h"
#include "run/interpreter.h"
#include "run/launch.h"

#define PASSWD_MAX ((size_t)1 << 20)

static char program[PATH_MAX];

const char *cm_child_program(void)
{
    return program;
}

static const char *variable(const struct cm_plan *plan, const char *name)
{
    size_t size = strlen(name);

    for (const char *const *e = plan->env; *e; e++)
        if (strncmp(*e, name, size) == 0 && (*e)[size] == '=')
            return *e + size + 1;
    return NULL;
}

/* A relative path is one from the working directory. */
static int join(const char *cwd, const char *name)
{
    int n = name[0] == '/' ? snprintf(program, sizeof(program), "%s", name) : snprintf(program, sizeof(program), "%s/%s", cwd, name);

    return n < 0 || (size_t)n >= sizeof(program) ? -ENAMETOOLONG : 0;
}

static const char *const *path_default(void)
{
    static const char *const text[] = {"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    return text;
}

/* As execvp: the first executable file of the list, whether its interpreter is there or not; a file without permission is remembered. */
static int search(struct cm_rootfd root, const char *cwd, const char *name, const char *list, char *ret_interpreter)
{
    int result = -ENOENT;

    while (list) {
        const char *colon = strchr(list, ':');
        size_t size = colon ? (size_t)(colon - list) : strlen(list);
        char entry[PATH_MAX];
        int n = snprintf(entry, sizeof(entry), "%.*s/%s", (int)CM_MIN(size, (size_t)PATH_MAX), size > 0 ? list : ".", name);
        if (n > 0 && (size_t)n < sizeof(entry) && join(cwd, entry) == 0) {
            int r = cm_program_look(root, cwd, program, ret_interpreter);
            if (r == 0 || ret_interpreter[0])
                return r;
            if (r == -EACCES)
                result = r;
        }
        list = colon ? colon + 1 : NULL;
    }
    return result;
}

static int fail_interpreter(int errnum, const char *name, const char *interpreter, struct cm_error *err)
{
    const char *why = errnum == ENOENT   ? "no such file or directory"
                      : errnum == EISDIR ? "is a directory"
                      : errnum == EACCES ? "permission denied"
                                         : strerror(errnum);

    return cm_fail(err, errnum, "/process/args/0", CM_CANNOT_START "exec: \"%.512s\": its interpreter \"%.512s\": %s", name, interpreter, why);
}

int cm_child_find_program(struct cm_launch *launch, struct cm_error *err)
{
    char interpreter[CM_INTERPRETER_MAX] = "";
    const char *name = launch->plan->args[0];
    bool is_path = strchr(name, '/') != NULL;
    struct cm_rootfd root = launch->root;
    int r;

    if (is_path) {
        r = join(launch->plan->cwd, name);
        if (r == 0)
            r = cm_program_look(root, launch->plan->cwd, program, interpreter);
    } else {
        const char *list = variable(launch->plan, "PATH");
        r = *name ? search(root, launch->plan->cwd, name, list ? list : path_default()[0], interpreter) : -ENOENT;
    }
    if (r == 0)
        return 0;
    if (interpreter[0])
        return fail_interpreter(-r, name, interpreter, err);
    if (!is_path && r == -ENOENT)
        return cm_fail(err, ENOENT, "/process/args/0", CM_CANNOT_START "exec: \"%.512s\": executable file not found in $PATH", name);
    if (is_path && r != -EACCES && r != -EISDIR)
        return cm_fail(err, -r, "/process/args/0", CM_CANNOT_START "exec: \"%.512s\": stat %.512s: %s", name, name,
                       r == -ENOENT ? "no such file or directory" : strerror(-r));
    return cm_fail(err, -r, "/process/args/0", CM_CANNOT_START "exec: \"%.512s\": %s", name, r == -EISDIR ? "is a directory" : "permission denied");
}

/* Programs of the container, so that a missing one is an error of create too. */
int cm_child_find_start_hooks(struct cm_launch *launch, struct cm_error *err)
{
    const struct oci_hooks *hooks = launch->plan->hooks;
    char interpreter[CM_INTERPRETER_MAX];

    for (size_t i = 0; hooks && i < hooks->n[OCI_HOOK_START_CONTAINER]; i++) {
        const char *path = hooks->v[OCI_HOOK_START_CONTAINER][i].path;
        int r = path[0] == '/' ? cm_program_look(launch->root, "/", path, interpreter) : -EINVAL;
        char field[48];
        (void)snprintf(field, sizeof(field), "/hooks/startContainer/%zu", i);
        if (r < 0)
            return cm_fail(err, -r, field, "startContainer hook #%zu: \"%.512s\": %s", i, path,
                           r == -EINVAL   ? "the path must be absolute"
                           : r == -ENOENT ? "no such file or directory"
                                          : strerror(-r));
    }
    return 0;
}

/* The home directory of a numeric user id in the text of a passwd file; never used to decide on ids (CVE-2016-3697). */
static char *home_in(const char *text, uint32_t uid)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *field[7];
        size_t length[7], n = 0;
        const char *c = line;
        for (; n < 7; n++) {
            field[n] = c;
            length[n] = strcspn(c, ":\n");
            c += length[n];
            if (*c != ':')
                break;
            c++;
        }
        char digits[16];
        uint32_t id;
        if (n < 5 || length[2] >= sizeof(digits))
            continue;
        memcpy(digits, field[2], length[2]);
        digits[length[2]] = '\0';
        if (cm_parse_u32(digits, &id) == 0 && id == uid && length[5] > 0 && length[5] < PATH_MAX)
            return strndup(field[5], length[5]);
    }
    return NULL;
}

static char *find_home(struct cm_rootfd root, uint32_t uid)
{
    /* O_NONBLOCK and O_NOCTTY: it may be anything */
    CM_AUTO_CLOSE int fd = cm_root_open(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, CM_LOOKUP_IN_ROOT);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t)st.st_size > PASSWD_MAX)
        return NULL;
    CM_AUTO_FREE char *text = calloc(1, (size_t)st.st_size + 1);
    if (!text || cm_read_full(fd, text, (size_t)st.st_size) < 0)
        return NULL;
    return home_in(text, uid);
}

char *const *cm_child_environment(const struct cm_plan *plan, struct cm_rootfd root)
{
    size_t n = 0;

    if (!plan->env_home_missing)
        return (char *const *)(uintptr_t)plan->env;
    while (plan->env[n])
        n++;
    char **env = calloc(n + 2, sizeof(*env));
    CM_AUTO_FREE char *home = find_home(root, plan->uid);
    CM_AUTO_STR struct cm_str entry = {0};
    if (!env)
        return NULL;
    memcpy(env, plan->env, n * sizeof(*env));
    cm_str_addf(&entry, "HOME=%s", home ? home : "/");
    if (!cm_str_text(&entry))
        return NULL;
    env[n] = CM_TAKE_PTR(entry.data);
    return env;
}
