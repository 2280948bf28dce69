/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the state root is, and the process state that a command starts from. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths.h"
#include "process.h"

TEST(default_root_follows_runcs_rule)
{
    static const struct { struct cli_caller caller; const char *want; } table[] = {
        {{true, false, NULL, "root"}, "/run/casemate"},
        {{true, false, "/run/user/0", "root"}, "/run/casemate"},
        {{true, false, "/run/user/1000", "joe"}, "/run/casemate"}, /* sudo keeps nothing */
        {{false, false, "/run/user/1000", "joe"}, "/run/user/1000/casemate"},
        {{false, false, "/run/user/1000", "root"}, "/run/user/1000/casemate"},
        {{false, false, NULL, "joe"}, "/run/casemate"},
        {{false, false, "", "joe"}, "/run/casemate"},
        {{false, false, "relative", "joe"}, "/run/casemate"},
        {{true, true, "/run/user/1000", "joe"}, "/run/user/1000/casemate"},
        {{true, true, "/run/user/1000", NULL}, "/run/user/1000/casemate"},
        {{true, true, "/run/user/1000", "root"}, "/run/casemate"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str root = {0};
        cli_default_root(&table[i].caller, &root);
        CHECK_STR(cm_str_text(&root), table[i].want);
    }
}

TEST(paths_become_absolute)
{
    static const struct { const char *directory, *path, *want; } table[] = {
        {"/a/b", "c", "/a/b/c"},       {"/a/b", "/c", "/c"},        {"/a/b", ".", "/a/b"},      {"/a/b", "..", "/a"},
        {"/a/b", "../..", "/"},        {"/a/b", "../../..", "/"},   {"/a/b", "../../../c", "/c"}, {"/", "c/", "/c"},
        {"/", "/", "/"},               {"/", "//x//y/./z//", "/x/y/z"}, {"/a", "/x/../..", "/"}, {"/a", "...", "/a/..."},
        {"/a", "..b/.c", "/a/..b/.c"}, {"/a", "", "/a"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str path = {0};
        cli_absolute_path(table[i].directory, table[i].path, &path);
        CHECK_STR(cm_str_text(&path), table[i].want);
    }
}

TEST(root_is_never_the_root)
{
    static const char *const wrong[] = {"/", "//", "/x/..", "../../../../../../../../../../../../../../../../../..", "/./."};
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(wrong); i++) {
        CM_AUTO_STR struct cm_str root = {0};
        cm_error_init(&err);
        CHECK_INT(cli_root(wrong[i], &root, &err), -EINVAL);
        CHECK_STR(err.message, "Option --root argument should not be set to /");
    }
    CM_AUTO_STR struct cm_str root = {0};
    CHECK_INT(cli_root("/x/./y", &root, &err), 0);
    CHECK_STR(cm_str_text(&root), "/x/y");
}

TEST(the_name_of_the_program_chooses_a_policy)
{
    static const struct { const char *program, *want; } table[] = {
        {"casemate", "none"},          {"/usr/bin/casemate", "none"},    {"/opt/a@b/casemate", "none"}, {"", "none"},
        {"casemate@strict", "strict"}, {"/usr/bin/casemate@web", "web"}, {"/opt/a@b/casemate@c", "c"},  {"casemate@", ""},
        {"casemate@a@b", "a@b"},       {"@x", "x"},                      {"casemate-test", "none"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        const char *name = cli_policy_of_name(table[i].program);
        CHECK_STR(name ? name : "none", table[i].want);
    }
}

static int badly_started(void)
{
    struct sigaction action;
    struct stat st;
    sigset_t mask;

    (void)sigfillset(&mask);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    for (int number = 1; number < 32; number++)
        (void)signal(number, SIG_IGN);
    (void)umask(0777);
    (void)close(0);
    (void)close(2);

    if (cli_process_reset() != 0)
        return 1;
    /* The other dispositions are the container's process' to reset: cm_cred_reset_inherited. */
    if (sigaction(SIGCHLD, NULL, &action) < 0 || action.sa_handler != SIG_DFL)
        return 2;
    if (sigprocmask(SIG_SETMASK, NULL, &mask) < 0 || sigismember(&mask, SIGTERM) || sigismember(&mask, SIGRTMIN))
        return 3;
    if (umask(022) != 022)
        return 4;
    for (int fd = 0; fd < 3; fd++)
        if (fstat(fd, &st) < 0 || (fcntl(fd, F_GETFD) & FD_CLOEXEC))
            return 5;
    if (fstat(0, &st) < 0 || !S_ISCHR(st.st_mode))
        return 6;
    return cli_process_protect() == 0 && prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0 ? 0 : 7;
}

TEST(a_bad_start_is_repaired)
{
    int status = -1;

    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(badly_started());
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}
