/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens the program of a hook and looks at it. Hostile: the path, which comes from a bundle. What the policy names must still be what the root of this host put
 * there: nobody else may have been able to replace the file or a directory on the way to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "run/hook.h"
#include "run/owner.h"

/* No hook is as large; nobody waits for more to be read. */
#define CONTENT_MAX ((off_t)256 << 20)

static bool is_plain(const char *path)
{
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return false;
    for (const char *c = path; *c == '/'; c += 1 + strcspn(c + 1, "/")) {
        size_t size = strcspn(c + 1, "/");
        if (size == 0 || size > NAME_MAX || (size <= 2 && strspn(c + 1, ".") == size))
            return false;
    }
    return true;
}

void cm_hook_digest(int fd, char sha256[CM_SHA256_HEX_MAX])
{
    struct cm_sha256 sha;
    char block[16384];
    ssize_t n = 0;

    sha256[0] = '\0';
    cm_sha256_begin(&sha);
    for (off_t at = 0; at <= CONTENT_MAX; at += n) {
        n = pread(fd, block, sizeof(block), at);
        if (n < 0 && errno == EINTR) {
            n = 0;
            continue;
        }
        if (n <= 0)
            break;
        cm_sha256_add(&sha, block, (size_t)n);
    }
    if (n == 0)
        cm_sha256_end(&sha, sha256);
}

/* The same file again, for reading: by the descriptor, so that it is the one that was judged. */
static int reopen(const struct cm_runtime *runtime, int fd)
{
    char path[48];

    (void)snprintf(path, sizeof(path), "self/fd/%d", fd);
    return openat(runtime->proc, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); /* a magic link of our own procfs: following it is the point */
}

static void look_into(const struct cm_runtime *runtime, struct cm_hook_fact *fact)
{
    int fd = S_ISREG(fact->mode) ? reopen(runtime, fact->fd) : CM_FD_NONE;

    if (fd < 0)
        return;
    (void)cm_close(fact->fd);
    fact->fd = fd;
    cm_hook_digest(fd, fact->sha256);
}

const char *cm_hook_program(const struct cm_runtime *runtime, const char *path, enum oci_hook_kind kind, struct cm_arena *arena)
{
    static const char proc[] = "/proc/";
    char link[NAME_MAX], program[PATH_MAX];

    if ((kind != OCI_HOOK_PRESTART && kind != OCI_HOOK_CREATE_RUNTIME) || !path || strncmp(path, proc, sizeof(proc) - 1) != 0)
        return NULL;
    const char *pid = path + sizeof(proc) - 1;
    size_t digits = strspn(pid, "0123456789");
    if (digits == 0 || digits > 10 || strcmp(pid + digits, "/exe") != 0)
        return NULL;
    (void)snprintf(link, sizeof(link), "%s", pid);
    ssize_t n = readlinkat(runtime->proc, link, program, sizeof(program) - 1);
    if (n <= 0 || program[0] != '/')
        return NULL;
    program[n] = '\0';
    return cm_arena_strdup(arena, program);
}

void cm_hook_look(const struct cm_runtime *runtime, const char *path, bool content, struct cm_hook_fact *ret)
{
    struct stat st;
    char name[NAME_MAX + 1];

    *ret = (struct cm_hook_fact){.fd = CM_FD_NONE, .path_is_plain = is_plain(path), .way_is_safe = true};
    if (!ret->path_is_plain)
        return;
    CM_AUTO_CLOSE int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (const char *c = path; at >= 0 && *c == '/'; c += 1 + strlen(name)) {
        size_t size = strcspn(c + 1, "/");
        memcpy(name, c + 1, size);
        name[size] = '\0';
        if (fstat(at, &st) < 0 || cm_owner_is_changeable(runtime, st.st_uid, st.st_mode))
            ret->way_is_safe = false;
        int next = cm_openat2(at, name, O_PATH, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        int errnum = errno;
        (void)cm_close(at);
        at = next;
        errno = errnum;
    }
    if (at < 0 || fstat(at, &st) < 0) {
        ret->errnum = errno;
        return;
    }
    ret->mode = st.st_mode;
    ret->file_is_safe = !cm_owner_is_changeable(runtime, st.st_uid, st.st_mode);
    ret->fd = CM_TAKE_FD(at);
    if (content)
        look_into(runtime, ret);
}
