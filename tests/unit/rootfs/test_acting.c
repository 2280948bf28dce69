/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making files as the container's root, and being told where the ids for it could not be had. In processes of their own, since ids change. */
#include "check.h"

#include <errno.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "place.h"
#include "rootfs/acting.h"

#define NOBODY 65534

/* In a child: makes a file as the container's root, after becoming `uid`. Its exit status is that of the way back, as a positive errno. */
static int made_by(uint32_t uid, int dir)
{
    const struct cm_tree tree = {.root_uid = 200000, .root_gid = 300000};
    pid_t child = fork();

    if (child == 0) {
        if (uid != 0 && (syscall(SYS_setresgid, uid, uid, uid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0))
            _exit(100);
        cm_act_as_root(&tree);
        int fd = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        int r = cm_act_as_oneself(&tree);
        _exit(r < 0 ? -r : fd < 0 ? 101 : setfsuid((uid_t)-1) != 0 || setfsgid((gid_t)-1) != 0 ? 102 : 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(what_is_made_is_the_containers_roots)
{
    if (geteuid() != 0)
        SKIP("needs root");
    CM_AUTO_CLOSE int dir = place_make("acting");
    struct stat st;

    CHECK_INT(fchmod(dir, 0777), 0);
    CHECK_INT(made_by(0, dir), 0);
    CHECK_INT(fstatat(dir, "file", &st, 0), 0);
    CHECK_INT(st.st_uid, 200000);
    CHECK_INT(st.st_gid, 300000);
    place_drop();
}

TEST(ids_that_cannot_be_had_are_told)
{
    if (geteuid() != 0)
        SKIP("needs root");
    CM_AUTO_CLOSE int dir = place_make("acting");

    CHECK_INT(fchmod(dir, 0777), 0);
    CHECK_INT(made_by(NOBODY, dir), EPERM);
    place_drop();
}

