/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan makes of a control: what its findings say about the control's subjects, and where no finding says anything, what the plan holds. */
#include <linux/capability.h>

#include "plan/controls.h"

static const struct {
    const char *key, *words;
} verdicts[CM_CONTROL_VERDICTS] = {
    [CM_CONTROL_ELSEWHERE] = {"notApplicable", "not a runtime's"},
    [CM_CONTROL_UNDECIDED] = {"undecided", "undecided"},
    [CM_CONTROL_MET] = {"met", "met"},
    [CM_CONTROL_TIGHTENED] = {"tightened", "met, made stricter"},
    [CM_CONTROL_NOT_MET] = {"notMet", "not met"},
    [CM_CONTROL_REFUSED] = {"refused", "refused"},
};

const char *cm_control_verdict_key(enum cm_control_verdict verdict)
{
    return verdicts[verdict].key;
}

const char *cm_control_verdict_words(enum cm_control_verdict verdict)
{
    return verdicts[verdict].words;
}

#define ONLY(cap) (UINT64_C(1) << (cap))

static bool capabilities_are_few(const struct cm_plan *plan)
{
    return (plan->caps.bounding & ~ONLY(CAP_NET_BIND_SERVICE)) == 0;
}

static bool capabilities_are_none(const struct cm_plan *plan)
{
    return plan->caps.bounding == 0;
}

static bool no_raw_sockets(const struct cm_plan *plan)
{
    return !(plan->caps.bounding & ONLY(CAP_NET_RAW));
}

static bool is_not_root(const struct cm_plan *plan)
{
    return plan->uid != 0;
}

static bool has_label(const struct cm_plan *plan)
{
    return plan->apparmor_profile || plan->selinux_label;
}

static bool root_is_readonly(const struct cm_plan *plan)
{
    return plan->root_mode == CM_ROOT_READONLY;
}

static bool has_cgroup(const struct cm_plan *plan)
{
    return plan->cgroup_path;
}

/* Which volumes these are, only the cluster knows; a container without any has none of the wrong kind. */
static bool has_no_binds(const struct cm_plan *plan)
{
    for (size_t i = 0; i < plan->n_mounts; i++)
        if (plan->mounts[i].kind == CM_MOUNT_BIND && !plan->mounts[i].notify)
            return false;
    return true;
}

/* Subjects that the planner does not see to in every plan. */
static bool (*const holds[CM_SUBJECTS])(const struct cm_plan *) = {
    [CM_SUBJECT_CAPS_FEW] = capabilities_are_few,
    [CM_SUBJECT_CAPS_NONE] = capabilities_are_none,
    [CM_SUBJECT_NET_RAW] = no_raw_sockets,
    [CM_SUBJECT_NONROOT] = is_not_root,
    [CM_SUBJECT_LSM] = has_label,
    [CM_SUBJECT_ROOT] = root_is_readonly,
    [CM_SUBJECT_CGROUP] = has_cgroup,
    [CM_SUBJECT_VOLUMES] = has_no_binds,
};

/* Limits are told apart by their files and fields: one code is about all of them. */
static const struct limit {
    enum cm_subject subject;
    const char *files[2], *fields[2];
} limits[] = {
    {CM_SUBJECT_MEMORY, {"memory.max", NULL}, {"/linux/resources/memory", "/linux/resources/unified/memory."}},
    {CM_SUBJECT_PIDS, {"pids.max", NULL}, {"/linux/resources/pids", "/linux/resources/unified/pids."}},
    {CM_SUBJECT_CPU, {"cpu.max", "cpu.weight"}, {"/linux/resources/cpu", "/linux/resources/unified/cpu."}},
};

static const struct limit *limit_of(enum cm_subject subject)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(limits); i++)
        if (limits[i].subject == subject)
            return &limits[i];
    return NULL;
}

static enum cm_control_verdict judge_limit(const struct cm_plan *plan, const struct limit *limit)
{
    enum cm_control_verdict verdict = CM_CONTROL_NOT_MET;

    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, limit->files[0]) || cm_streq(plan->limits[i].file, limit->files[1]))
            verdict = plan->limits[i].field[0] ? CM_CONTROL_MET : CM_CONTROL_TIGHTENED; /* "": a default of ours */
    return verdict;
}

static bool is_in_limit(const char *field, const struct limit *limit)
{
    return cm_has_prefix(field, limit->fields[0]) || cm_has_prefix(field, limit->fields[1]);
}

static void hear(const char *code, const char *field, enum cm_control_verdict verdict, struct cm_judged *judged)
{
    uint64_t subjects = cm_code_subjects(code);

    for (int subject = 0; subject < CM_SUBJECTS; subject++) {
        const struct limit *limit = limit_of((enum cm_subject)subject);
        if (subjects & UINT64_C(1) << subject && (!limit || is_in_limit(field, limit)))
            judged->subjects[subject] = CM_MAX(judged->subjects[subject], verdict);
    }
}

/* What the findings say; ELSEWHERE where they say nothing. What an exception lets pass is a control that is not met. */
static void hear_findings(const struct cm_plan *plan, struct cm_judged *judged)
{
    for (size_t i = 0; i < plan->n_findings; i++)
        hear(plan->findings[i].code, plan->findings[i].field, plan->findings[i].verdict == CM_VERDICT_REFUSED ? CM_CONTROL_REFUSED : CM_CONTROL_TIGHTENED,
             judged);
    for (size_t i = 0; i < plan->n_granted; i++)
        hear(plan->granted[i].code, plan->granted[i].field, CM_CONTROL_NOT_MET, judged);
}

static enum cm_control_verdict judge_subject(const struct cm_plan *plan, enum cm_subject subject, enum cm_control_verdict heard)
{
    const struct limit *limit = limit_of(subject);

    if (subject == CM_SUBJECT_ELSEWHERE || subject == CM_SUBJECT_KERNEL || subject == CM_SUBJECT_HOST_USERS)
        return CM_CONTROL_ELSEWHERE; /* of the last two `check --host` knows */
    if (heard == CM_CONTROL_REFUSED || heard == CM_CONTROL_NOT_MET)
        return heard;
    if (plan->verdict == CM_VERDICT_REFUSED) /* the rest of its plan means nothing */
        return heard == CM_CONTROL_TIGHTENED ? heard : CM_CONTROL_UNDECIDED;
    if (holds[subject] && !holds[subject](plan))
        return CM_CONTROL_NOT_MET;
    if (limit && judge_limit(plan, limit) != CM_CONTROL_MET)
        return judge_limit(plan, limit);
    return heard == CM_CONTROL_TIGHTENED ? heard : CM_CONTROL_MET;
}

void cm_control_judge(const struct cm_plan *plan, struct cm_judged *ret)
{
    *ret = (struct cm_judged){0};
    hear_findings(plan, ret);
    for (int subject = 0; subject < CM_SUBJECTS; subject++)
        ret->subjects[subject] = judge_subject(plan, (enum cm_subject)subject, ret->subjects[subject]);
}

enum cm_control_verdict cm_control_verdict(const struct cm_judged *judged, const struct cm_control *control)
{
    enum cm_control_verdict verdict = CM_CONTROL_ELSEWHERE;

    for (int subject = 0; subject < CM_SUBJECTS; subject++)
        if (control->subjects & UINT64_C(1) << subject)
            verdict = CM_MAX(verdict, judged->subjects[subject]);
    return verdict;
}
