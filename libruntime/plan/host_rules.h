/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel and host can and cannot enforce: one rule a facility or setting, judged from facts. Pure. */
#pragma once

#include "plan/host_facts.h"
#include "plan/report.h"

enum cm_host_status {
    CM_HOST_OK,
    CM_HOST_UNKNOWN, /* could not be looked at */
    CM_HOST_WEAK,    /* works, and leaves more open than it must */
    CM_HOST_MISSING,
    CM_HOST_STATUSES,
};

enum cm_host_need {
    CM_NEED_ASKED,   /* only by configurations or policies that ask for it */
    CM_NEED_POSTURE, /* for the host's own sake, in defence of its containers */
    CM_NEED_DEFAULT, /* a protection that every container gets where it can be had */
    CM_NEED_START,   /* no container starts without it */
};

enum cm_host_group { CM_GROUP_KERNEL, CM_GROUP_CONFINEMENT, CM_GROUP_CGROUP, CM_GROUP_IDS, CM_GROUP_POSTURE, CM_GROUP_OWN, CM_HOST_GROUPS };

struct cm_host_row {
    enum cm_host_status status;
    const char *message; /* what was found; may quote the host */
    enum cm_host_need need; /* the rule's, unless the host or its policy make it another one */
};

struct cm_host_rule {
    const char *id; /* "CM-HOST-…": an interface, like the codes of findings */
    enum cm_host_group group;
    enum cm_host_need need;
    const char *title;
    const char *meaning; /* for containers */
    const char *remedy;
    uint64_t subjects; /* of controls */
    void (*judge)(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
    int which; /* of the judge's: a facility, a number, a controller */
};

extern const struct cm_host_rule cm_host_rules[];
extern const size_t cm_host_n_rules;
extern const char *const cm_host_group_titles[CM_HOST_GROUPS];

/* By its id, in any case; NULL: there is none. */
const struct cm_host_rule *cm_host_rule_find(const char *id);

/* The judges of facilities are in host_rules.c, those of settings in host_posture.c. */
void cm_judge_number(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
void cm_judge_core_pattern(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
void cm_judge_ia32(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
void cm_judge_vsyscall(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
void cm_judge_swap(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);
void cm_judge_vulnerabilities(const struct cm_host_facts *facts, const struct cm_host_rule *rule, struct cm_host_row *row, struct cm_str *text);

enum cm_host_verdict {
    CM_HOST_READY,   /* all that casemate needs is there */
    CM_HOST_LIMITED, /* a default cannot be enforced, or the posture is weak */
    CM_HOST_UNABLE,  /* containers cannot be started */
};
/* 0, 2, 3. */
int cm_host_exit_status(enum cm_host_verdict verdict);

/* The report, in any of the formats. */
enum cm_host_verdict cm_host_report(const struct cm_host_facts *facts, const struct cm_report_options *options, struct cm_str *out);
