/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See test_hooks.h. An empty object in the product. The environment is trusted: only tests run this program. */
#include "run/test_hooks.h"

#ifdef CASEMATE_TEST_HOOKS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

static bool list_has(const char *variable, const char *word)
{
    const char *list = getenv(variable);
    size_t size = strlen(word);

    for (const char *c = list; c && *c; c = strchr(c, ',') ? strchr(c, ',') + 1 : NULL)
        if (strncmp(c, word, size) == 0 && (c[size] == ',' || c[size] == '\0'))
            return true;
    return false;
}

bool cm_test_without(const char *protection)
{
    return list_has("CASEMATE_TEST_WITHOUT", protection);
}

bool cm_test_fails(const char *step)
{
    return list_has("CASEMATE_TEST_FAIL_AT", step);
}

void cm_test_point(const char *step)
{
    bool init = getpid() == 1; /* of a pid namespace: signals from inside do not kill or stop it, a fault does */

    if (getenv("CASEMATE_TEST_PAUSE"))
        (void)usleep(300); /* between any two steps, for an attacker to look around */
    if (list_has("CASEMATE_TEST_KILL_AT", step)) {
        if (init)
            __builtin_trap();
        (void)raise(SIGKILL);
    }
    if (list_has("CASEMATE_TEST_STOP_AT", step)) {
        dprintf(2, "stopped at %s\n", step);
        while (init)
            (void)pause();
        (void)raise(SIGSTOP);
    }
}

const struct cm_policy *cm_test_policy(const struct cm_policy *policy)
{
    static struct cm_policy changed;
    static struct cm_mount_rule rule;
    static char prefix[4096];
    const char *level = getenv("CASEMATE_TEST_POLICY"), *mount = getenv("CASEMATE_TEST_ALLOW_MOUNT");

    changed = level && strcmp(level, "strict") == 0 ? *cm_policy_builtin(CM_POLICY_STRICT) : *policy;
    if (mount && strlen(mount) < sizeof(prefix)) {
        memcpy(prefix, mount, strlen(mount) + 1);
        char *colon = strrchr(prefix, ':');
        rule = (struct cm_mount_rule){.prefix = prefix, .allow_write = colon != NULL, .allow_exec = true, .allow_idmap = true};
        if (colon)
            *colon = '\0';
        changed.mount_rules = &rule;
        changed.n_mount_rules = 1;
    }
    return &changed;
}

void cm_test_weaken(struct cm_plan *plan)
{
    if (cm_test_without("caps"))
        plan->caps = (struct cm_plan_caps){.bounding = (UINT64_C(1) << 41) - 1, .effective = (UINT64_C(1) << 41) - 1, .permitted = (UINT64_C(1) << 41) - 1};
    if (cm_test_without("masks"))
        plan->masked_paths.n = plan->readonly_paths.n = 0;
    if (cm_test_without("landlock"))
        plan->landlock = false;
    if (cm_test_without("devices"))
        plan->device_program = false;
}

#endif

/* ISO C forbids an empty translation unit. */
typedef int cm_test_hooks_unit;
