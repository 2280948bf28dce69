/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions of the policy: which of them are for this container now, and the note of each use. They match by what the engine chooses, the bundle's place and
 * the cgroup; so not for a caller without the host's root, who chooses both.
 */
#include "plan/planner.h"
#include "policy/exceptions.h"

static const char *const lapsed_words[] = {[CM_EXCEPTION_NOT_YET] = "does not hold before", [CM_EXCEPTION_EXPIRED] = "expired on"};

static void note_lapsed(struct cm_planner *p, const struct cm_exception *exception, enum cm_exception_state state)
{
    const char **note = cm_grow(p, (void **)&p->plan->lapsed, &p->plan->n_lapsed, &p->lapsed_room, sizeof(*note));

    if (note)
        *note = cm_text(p, "%s: %s %s (\"%s\")", exception->place, lapsed_words[state],
                        state == CM_EXCEPTION_NOT_YET ? exception->from_text : exception->expires_text, exception->reason);
}

void cm_find_exceptions(struct cm_planner *p, const char *bundle, const char *cgroup)
{
    const struct cm_policy *policy = p->policy;

    for (size_t i = 0; i < policy->n_exceptions && !p->facts->rootless; i++) {
        const struct cm_exception *exception = &policy->exceptions[i];
        if (!cm_exception_is_for(exception, bundle, cgroup))
            continue;
        enum cm_exception_state state = cm_exception_state(exception, p->facts->now);
        if (state != CM_EXCEPTION_HOLDS) {
            note_lapsed(p, exception, state);
            continue;
        }
        const struct cm_exception **held = cm_grow(p, (void **)&p->exceptions, &p->n_exceptions, &p->exceptions_room, sizeof(*held));
        if (held)
            *held = exception;
    }
}

/* The one that holds longest, so that its end is the end of the grant. */
static const struct cm_exception *find_grant(const struct cm_planner *p, enum cm_code code)
{
    const struct cm_exception *best = NULL;

    for (size_t i = 0; i < p->n_exceptions; i++)
        for (size_t j = 0; j < p->exceptions[i]->n_codes; j++)
            if (p->exceptions[i]->codes[j] == code && (!best || p->exceptions[i]->expires > best->expires))
                best = p->exceptions[i];
    return best;
}

bool cm_excepted(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...)
{
    const struct cm_exception *exception = find_grant(p, code);
    va_list args;

    if (!exception)
        return false;
    struct cm_granted *granted = cm_grow(p, (void **)&p->plan->granted, &p->plan->n_granted, &p->granted_room, sizeof(*granted));
    va_start(args, fmt);
    if (granted)
        *granted = (struct cm_granted){cm_code_info(code)->code, field, cm_message(p, fmt, args), exception};
    va_end(args);
    return true;
}

int64_t cm_ceiling(struct cm_planner *p, enum cm_tunable_id id, enum cm_code code, int64_t asked, const char *field)
{
    const struct cm_tunable *row = &cm_tunables[id];
    int64_t ceiling = cm_tunable_value(p->policy, id), most = row->loosest[CM_POLICY_HARDENED];

    if (!cm_tunable_is_looser(row, asked, ceiling))
        return ceiling;
    /* more than any policy may say is never granted; up to there is */
    int64_t granted = cm_tunable_is_looser(row, asked, most) ? most : asked;
    if (!cm_tunable_is_looser(row, granted, ceiling) || !cm_excepted(p, code, field, "%" PRId64 " is granted, beyond the policy's %" PRId64, granted, ceiling))
        return ceiling;
    return granted;
}
