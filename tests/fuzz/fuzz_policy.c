/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libFuzzer entry: any bytes as two policy files, one after the other. What is taken lies beyond no floor, and neither does a plan of a configuration that asks
 * for all it can, under that policy. Seeds: the examples of docs/policy.md.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/floors.h"
#include "../unit/plan/fixture.h"
#include "../unit/plan/greedy.h"
#include "policy/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONFIGS CM_ARRAY_LEN(greedy_configs)

static struct fixture hosts[CONFIGS];

static void check(const struct cm_policy *policy)
{
    if (policy->n_hook_rules > CM_POLICY_RULES_MAX || policy->n_devices > CM_POLICY_RULES_MAX || policy->n_listener_paths > CM_POLICY_RULES_MAX ||
        policy->n_mount_rules > CM_POLICY_RULES_MAX || policy->n_exceptions > CM_POLICY_RULES_MAX || policy_beyond_floor(policy))
        abort();
    for (size_t i = 0; i < CONFIGS; i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_plan *plan = NULL;
        if (!hosts[i].config && !fixture_read(&hosts[i], greedy_configs[i]))
            abort();
        hosts[i].facts.now = policy->n_exceptions > 0 ? policy->exceptions[0].from : 0;
        if (cm_plan_make(hosts[i].config, policy, &hosts[i].facts, "box", &arena, &plan) == 0 && plan_beyond_floor(plan, &hosts[i].facts))
            abort();
    }
}

static void on_problem(const struct cm_error *problem, void *user)
{
    (void)user;
    if (problem->errnum == 0 || !problem->message[0])
        abort();
}

/* Whoever looks for all mistakes finds some where the reader finds one, and keeps nothing that lies beyond a floor. */
static void check_mistakes(const char *text, size_t size, bool good)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    const struct cm_policy *policy = NULL;
    struct cm_error err;

    if ((cm_policy_draft_check(&draft, "first", text, size, on_problem, NULL) == 0) != good)
        abort();
    if (!good && cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, &policy, &err) == 0)
        check(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    const struct cm_policy *policy = NULL;
    struct cm_error err;
    const uint8_t *second = memchr(data, 0, size); /* a NUL is in no JSON */
    size_t first = second ? (size_t)(second - data) : size;

    int r = cm_policy_draft_add(&draft, "first", (const char *)data, first, &err);
    check_mistakes((const char *)data, first, r == 0);
    if (r == 0 && second)
        r = cm_policy_draft_add(&draft, "second", (const char *)second + 1, size - first - 1, &err);
    if (r < 0) {
        if (err.errnum == 0 || err.field[0] || !err.message[0])
            abort();
        return 0;
    }
    for (int level = CM_POLICY_HARDENED; level <= CM_POLICY_STRICT; level++)
        if (cm_policy_draft_finish(&draft, (enum cm_policy_level)level, NULL, &policy, &err) == 0)
            check(policy);
    return 0;
}
