/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of all files together: the values of the level, those of the files in their place, and what can only be judged now. */
#include <errno.h>
#include <string.h>

#include "policy/file.h"
#include "policy/profiles.h"

static int beyond_level(const struct cm_policy_draft *draft, enum cm_tunable_id id, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str got = {0}, bound = {0};
    const struct cm_tunable *row = &cm_tunables[id];
    const struct cm_floor_info *floor = cm_floor_info(CM_FLOOR_STRICT);

    cm_tunable_value_text(row, cm_tunable_value(&draft->rules, id), &got);
    cm_tunable_value_text(row, row->loosest[draft->level], &bound);
    const char *value = cm_str_text(&got), *end = cm_str_text(&bound);
    return cm_fail(err, EPERM, NULL, "policy file %s: %s: floor: %s: %s is beyond %s, the most under the level \"%s\"; %s", draft->given[id], row->pointer,
                   floor->name, value ? value : "", end ? end : "", cm_policy_builtin(draft->level)->name, floor->sentence);
}

/*
 * The files' values, at the level that the files give. Where --policy raises it, a value that was written for the lower level stays only as far as it is no
 * looser than the higher level's own.
 */
static int take_value(const struct cm_policy_draft *draft, enum cm_tunable_id id, struct cm_policy *policy, struct cm_error *err)
{
    const struct cm_tunable *row = &cm_tunables[id];
    int64_t value = cm_tunable_value(&draft->rules, id);

    if (cm_tunable_is_beyond(row, draft->level, value))
        return beyond_level(draft, id, err);
    if (policy->level == draft->level)
        cm_tunable_set(policy, id, value);
    else if (row->kind == CM_TUNABLE_CAPS)
        cm_tunable_set(policy, id, cm_tunable_value(policy, id) & value);
    else if (!cm_tunable_is_looser(row, value, cm_tunable_value(policy, id)))
        cm_tunable_set(policy, id, value);
    return 0;
}

static void take_pointer(const struct cm_policy_draft *draft, size_t offset, size_t size, struct cm_policy *policy)
{
    memcpy((char *)policy + offset, (const char *)&draft->rules + offset, size);
}

/* The same of the filter: what the level has is the widest, and a narrower one stays. */
static int take_seccomp_profile(const struct cm_policy_draft *draft, struct cm_policy *policy, struct cm_error *err)
{
    const char *name = draft->rules.seccomp_profile, *widest = cm_policy_builtin(draft->level)->seccomp_profile;
    const struct cm_floor_info *floor = cm_floor_info(CM_FLOOR_STRICT);

    if (!cm_profile_is_within(name, widest))
        return cm_fail(err, EPERM, NULL, "policy file %s: /seccomp/profile: floor: %s: \"%s\" allows more than \"%s\", the profile of the level \"%s\"; %s",
                       draft->given[CM_TUNABLE_SECCOMP_PROFILE], floor->name, name, widest, cm_policy_builtin(draft->level)->name, floor->sentence);
    if (cm_profile_is_within(name, policy->seccomp_profile))
        policy->seccomp_profile = name;
    return 0;
}

static int take_all(const struct cm_policy_draft *draft, struct cm_policy *policy, struct cm_error *err)
{
    int r = 0;

    for (size_t i = 0; i < CM_TUNABLE_COUNT && r == 0; i++) {
        const struct cm_tunable *row = &cm_tunables[i];
        if (row->kind == CM_TUNABLE_LIST) {
            take_pointer(draft, row->offset, sizeof(void *), policy);
            take_pointer(draft, row->count, sizeof(size_t), policy);
        } else if (!draft->given[i]) {
            continue;
        } else if (i == CM_TUNABLE_SECCOMP_PROFILE) {
            r = take_seccomp_profile(draft, policy, err);
        } else if (row->kind == CM_TUNABLE_NAME) {
            take_pointer(draft, row->offset, sizeof(char *), policy);
        } else {
            r = take_value(draft, (enum cm_tunable_id)i, policy, err);
        }
    }
    return r;
}

/* A default above its ceiling: the level's own gives way to what a file says, and what one file says must not contradict another. */
static int check_default(const struct cm_policy_draft *draft, enum cm_tunable_id id, enum cm_tunable_id ceiling, struct cm_policy *policy, struct cm_error *err)
{
    int64_t most = cm_tunable_value(policy, ceiling);

    if (!cm_tunable_is_looser(&cm_tunables[id], cm_tunable_value(policy, id), most))
        return 0;
    if (draft->given[id] && draft->given[ceiling] && policy->level == draft->level)
        return cm_fail(err, EINVAL, NULL, "policy file %s: %s: the default is above %s; lower it", draft->given[id], cm_tunables[id].pointer,
                       cm_tunables[ceiling].pointer);
    if (draft->given[id] && policy->level == draft->level)
        return cm_fail(err, EINVAL, NULL, "policy file %s: %s: the default is above %s of the level \"%s\"; lower it, or give that too", draft->given[id],
                       cm_tunables[id].pointer, cm_tunables[ceiling].pointer, policy->name);
    cm_tunable_set(policy, id, most);
    return 0;
}

/* A profile that the configuration would get must be one that it could name. */
static int check_apparmor(const struct cm_policy_draft *draft, const struct cm_policy *policy, struct cm_error *err)
{
    for (size_t i = 0; i < policy->n_apparmor_profiles; i++)
        if (cm_streq(policy->apparmor_profiles[i], policy->apparmor_default))
            return 0;
    if (!policy->apparmor_default || policy->n_apparmor_profiles == 0)
        return 0;
    return cm_fail(err, EINVAL, NULL, "policy file %s: /lsm/apparmor/default: \"%.128s\" is not in /lsm/apparmor/allow; add it there",
                   draft->given[CM_TUNABLE_APPARMOR_DEFAULT], policy->apparmor_default);
}

int cm_policy_draft_finish(const struct cm_policy_draft *draft, enum cm_policy_level at_least, const char *hash, const struct cm_policy **ret,
                           struct cm_error *err)
{
    struct cm_policy *policy = cm_arena_alloc(draft->arena, sizeof(*policy));

    cm_error_init(err);
    if (!policy)
        return cm_fail_errno(err, ENOMEM, NULL, "building the policy");
    *policy = *cm_policy_builtin(CM_MAX(draft->level, at_least)); /* levels are in the order of strictness */
    int r = take_all(draft, policy, err);
    if (r == 0)
        r = check_default(draft, CM_TUNABLE_PIDS_DEFAULT, CM_TUNABLE_PIDS_MAX, policy, err);
    if (r == 0)
        r = check_default(draft, CM_TUNABLE_MEMORY_DEFAULT, CM_TUNABLE_MEMORY_MAX, policy, err);
    if (r == 0)
        r = check_apparmor(draft, policy, err);
    if (r < 0)
        return r;
    if (hash)
        policy->id = cm_arena_printf(draft->arena, "%s sha256:%s", policy->name, hash);
    if (!policy->id)
        return cm_fail_errno(err, ENOMEM, NULL, "building the policy");
    *ret = policy;
    return 0;
}
