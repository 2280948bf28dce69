/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capability sets below the policy's ceiling (I5). What engines ask for unasked is dropped, everything else above the ceiling is refused. Names are
 * hostile; runc only warns about unknown ones, here they are an error: a misspelt name in a drop list must not pass.
 */
#include <linux/capability.h>

#include "oci/capnames.h"
#include "plan/planner.h"
#include "policy/floors.h"

static const char *const set_words[OCI_CAP_SETS] = {
    [OCI_CAP_BOUNDING] = "bounding",   [OCI_CAP_EFFECTIVE] = "effective", [OCI_CAP_INHERITABLE] = "inheritable",
    [OCI_CAP_PERMITTED] = "permitted", [OCI_CAP_AMBIENT] = "ambient",
};

uint64_t cm_caps_asked(const struct oci_strings *names)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < names->n; i++) {
        int number = cm_cap_number(names->v[i]);
        if (number >= 0)
            bits |= CM_CAP_BIT(number);
    }
    return bits;
}

static const char *set_field(struct cm_planner *p, unsigned int set)
{
    return cm_text(p, "/process/capabilities/%s", set_words[set]);
}

/* Judges one name; each capability is reported once, at its first place. Returns the bit if it may be held. */
static uint64_t check_name(struct cm_planner *p, const char *name, const char *field, uint64_t *ceiling, uint64_t *reported)
{
    uint64_t most = p->exec ? CM_CAPS_MOST & p->exec->init->caps.bounding : CM_CAPS_MOST;
    int number = cm_cap_number(name);

    if (number < 0) {
        cm_refuse(p, CM_CODE_CAP_UNKNOWN, field, "there is no capability \"%.64s\"", name);
        return 0;
    }
    uint64_t bit = CM_CAP_BIT(number);
    bool known = (unsigned int)number <= p->facts->last_cap;
    if (known && (bit & *ceiling))
        return bit;
    if (*reported & bit)
        return 0;
    if (known && (bit & most) && cm_excepted(p, CM_CODE_CAP_DROPPED, field, "%s is kept, beyond the policy's ceiling", cm_cap_name((unsigned int)number))) {
        *ceiling |= bit;
        return bit;
    }
    *reported |= bit;
    if (p->exec && p->exec->extra_caps & bit)
        cm_refuse(p, CM_CODE_CAP_REFUSED, field, "%s is not in the bounding set of the container's init, and a process that joins gets no more; leave it out", name);
    else if (!known)
        cm_tighten(p, CM_CODE_CAP_UNKNOWN, field, "this kernel does not know %s; it was dropped", name);
    else if (bit & CM_CAPS_MOST)
        cm_tighten(p, CM_CODE_CAP_DROPPED, field, "%s is above %s; it was dropped", name,
                   p->exec ? "what the container's init may have" : "the policy's ceiling");
    else
        cm_refuse(p, CM_CODE_CAP_REFUSED, field, "%s reaches beyond the container and no policy grants it; remove it", name);
    return 0;
}

static uint64_t check_set(struct cm_planner *p, const struct oci_strings *names, unsigned int set, uint64_t *ceiling, uint64_t *reported)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < names->n; i++)
        bits |= check_name(p, names->v[i], cm_text(p, "/process/capabilities/%s/%zu", set_words[set], i), ceiling, reported);
    return bits;
}

/* The kernel refuses a set outside the one that bounds it (capabilities(7)); the smaller answer is taken here, and said. */
static uint64_t keep_within(struct cm_planner *p, uint64_t bits, uint64_t bound, enum cm_code code, unsigned int set, const char *bound_word)
{
    uint64_t lost = bits & ~bound;

    if (lost)
        cm_tighten(p, code, set_field(p, set), "%s%s %s not in the %s set and %s dropped", cm_cap_name((unsigned int)__builtin_ctzll(lost)),
                   (lost & (lost - 1)) ? " and others" : "", (lost & (lost - 1)) ? "are" : "is", bound_word, (lost & (lost - 1)) ? "were" : "was");
    return bits & bound;
}

/* An ambient one survives the execve(2) of somebody who is not root: with this one he is root as soon as he likes. */
static uint64_t keep_from_root(struct cm_planner *p, uint64_t ambient)
{
    uint64_t setuid = CM_CAP_BIT(CAP_SETUID);

    if (!cm_wants_non_root(p) || !(ambient & setuid) ||
        cm_excepted(p, CM_CODE_NONROOT, set_field(p, OCI_CAP_AMBIENT), "CAP_SETUID is kept, with which the process can become root"))
        return ambient;
    cm_tighten(p, CM_CODE_CAP_AMBIENT, set_field(p, OCI_CAP_AMBIENT),
               "with CAP_SETUID in it the process could become root, which user.nonRoot of the policy does not want; it was dropped");
    return ambient & ~setuid;
}

void cm_check_caps(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;
    uint64_t sets[OCI_CAP_SETS] = {0}, reported = 0, ceiling = p->policy->cap_ceiling & CM_CAPS_MOST;

    if (!process)
        return;
    if (p->exec)
        ceiling &= p->exec->init->caps.bounding;
    if (!process->capabilities && p->exec) {
        const struct cm_plan_caps *init = &p->exec->init->caps; /* as runc has it */
        uint64_t beyond = init->bounding & CM_CAPS_MOST & ~ceiling;
        if (beyond && cm_excepted(p, CM_CODE_CAP_DROPPED, "/process", "the capabilities of the container's init are kept, beyond the policy's ceiling"))
            ceiling |= beyond;
        p->plan->caps = (struct cm_plan_caps){init->bounding & ceiling, init->effective & ceiling, init->permitted & ceiling,
                                               keep_from_root(p, init->ambient & ceiling)};
        return;
    }
    if (!process->capabilities) {
        if (process->user.uid == 0)
            cm_tighten(p, CM_CODE_CAP_ABSENT, "/process", "there is no capabilities object, which other runtimes read as all of them; the process gets none");
        return;
    }
    for (unsigned int set = 0; set < OCI_CAP_SETS; set++)
        sets[set] = check_set(p, &process->capabilities->sets[set], set, &ceiling, &reported);
    if (process->capabilities->sets[OCI_CAP_INHERITABLE].n > 0)
        cm_tighten(p, CM_CODE_CAP_INHERITABLE, set_field(p, OCI_CAP_INHERITABLE),
                   "inheritable capabilities let a file regain them (CVE-2022-24769); the set was emptied");

    struct cm_plan_caps *caps = &p->plan->caps;
    caps->bounding = sets[OCI_CAP_BOUNDING];
    caps->permitted = keep_within(p, sets[OCI_CAP_PERMITTED], caps->bounding, CM_CODE_CAP_SUBSET, OCI_CAP_PERMITTED, "bounding");
    caps->effective = keep_within(p, sets[OCI_CAP_EFFECTIVE], caps->permitted, CM_CODE_CAP_SUBSET, OCI_CAP_EFFECTIVE, "permitted");
    caps->ambient = keep_within(p, sets[OCI_CAP_AMBIENT], caps->permitted, CM_CODE_CAP_AMBIENT, OCI_CAP_AMBIENT, "permitted");
    caps->ambient = keep_from_root(p, caps->ambient);
}
