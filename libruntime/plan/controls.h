/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Published controls: which of them a code, a row about the host or a member of the policy is about, and what a plan makes of them. Numbers and names are of the
 * editions given; they are to be compared with the edition that a claim is made for. Pure.
 *
 * What joins both sides is a subject: a control is about some, a code is about some.
 */
#pragma once

#include "base/layout.h"
#include "json/json.h"
#include "plan/plan.h"
#include "policy/codes.h"

enum cm_subject {
    CM_SUBJECT_NONE, /* of a code: it is about no control, on purpose */
    CM_SUBJECT_PRIVILEGED,
    CM_SUBJECT_HOST_PID,
    CM_SUBJECT_HOST_IPC,
    CM_SUBJECT_HOST_NET,
    CM_SUBJECT_HOST_UTS,
    CM_SUBJECT_USER_NS,
    CM_SUBJECT_CAPS,      /* within the baseline's list */
    CM_SUBJECT_CAPS_FEW,  /* at most NET_BIND_SERVICE */
    CM_SUBJECT_CAPS_NONE, /* none at all */
    CM_SUBJECT_NET_RAW,
    CM_SUBJECT_HOST_PATHS,
    CM_SUBJECT_SOCKETS,
    CM_SUBJECT_PLACES, /* of the host, reached through a root filesystem */
    CM_SUBJECT_VOLUMES,
    CM_SUBJECT_LSM,   /* a label of a security module is on */
    CM_SUBJECT_LABEL, /* none that confines nothing is asked for */
    CM_SUBJECT_PROC_MOUNT,
    CM_SUBJECT_SECCOMP,
    CM_SUBJECT_SYSCTLS,
    CM_SUBJECT_NNP,
    CM_SUBJECT_NONROOT,
    CM_SUBJECT_ROOT,
    CM_SUBJECT_MEMORY,
    CM_SUBJECT_CPU,
    CM_SUBJECT_PIDS,
    CM_SUBJECT_RLIMITS,
    CM_SUBJECT_DEVICES,
    CM_SUBJECT_PROPAGATION,
    CM_SUBJECT_CGROUP,
    CM_SUBJECT_HOST_CODE, /* programs of the host that a configuration names */
    CM_SUBJECT_EXEC,
    CM_SUBJECT_KERNEL,     /* what the kernel itself offers to an attacker, and what it protects */
    CM_SUBJECT_HOST_USERS, /* who may change what the host runs */
    CM_SUBJECT_ELSEWHERE,  /* of a control: nothing that a runtime sees */
    CM_SUBJECTS,
};

#define CM_ABOUT(subject) (UINT64_C(1) << CM_SUBJECT_##subject)

enum cm_framework {
    CM_FRAMEWORK_PSS,
    CM_FRAMEWORK_CIS_DOCKER,
    CM_FRAMEWORK_CIS_KUBERNETES,
    CM_FRAMEWORK_NIST,
    CM_FRAMEWORKS,
};

struct cm_framework_info {
    const char *key; /* "cis-docker": in front of an id where both stand together, "cis-docker:5.4" */
    const char *name, *edition;
};
extern const struct cm_framework_info cm_frameworks[CM_FRAMEWORKS];

struct cm_control {
    enum cm_framework framework;
    const char *id, *title;
    uint64_t subjects;
};
#define CM_CONTROLS 75
extern const struct cm_control cm_controls[CM_CONTROLS];

/* What numbers and verdicts are worth. */
extern const char cm_controls_note[];

/* The subjects of a code, CM_ABOUT(NONE) if it is about none on purpose. By its text: 0 if there is no such code. */
uint64_t cm_code_subjects(const char *code);
/* Of a member of a policy file, by its pointer ("/capabilities/ceiling"); 0 if it is about none. */
uint64_t cm_tunable_subjects(const char *pointer);
/* The controls about any of the subjects: the first from index `from` on, CM_CONTROLS if there is none left. */
size_t cm_control_about(uint64_t subjects, size_t from);

enum cm_control_verdict {
    CM_CONTROL_ELSEWHERE, /* ascending weight: of a control with several subjects, the highest counts */
    CM_CONTROL_UNDECIDED, /* nothing would start, and nothing in the bundle is against it */
    CM_CONTROL_MET,
    CM_CONTROL_TIGHTENED, /* met because the container is made stricter than it asks */
    CM_CONTROL_NOT_MET,   /* nothing asks for it, and the policy does not want it */
    CM_CONTROL_REFUSED,   /* the bundle is against it and does not start */
    CM_CONTROL_VERDICTS,
};
/* "met": for programs; "met, made stricter": for people. */
const char *cm_control_verdict_key(enum cm_control_verdict verdict);
const char *cm_control_verdict_words(enum cm_control_verdict verdict);

/* What becomes of every subject. */
struct cm_judged {
    enum cm_control_verdict subjects[CM_SUBJECTS];
};
void cm_control_judge(const struct cm_plan *plan, struct cm_judged *ret);
/* Of a control's subjects, the one that weighs most. */
enum cm_control_verdict cm_control_verdict(const struct cm_judged *judged, const struct cm_control *control);

/* Writes the member "controls": an array of "framework:id". */
void cm_controls_add(struct json_writer *writer, uint64_t subjects);
/* The same as words behind `lead`; false if there are none. */
bool cm_controls_list(uint64_t subjects, const char *lead, struct cm_str *out);

/* What becomes of every control: tables for people, and members for programs ("frameworks", "controlsNote", "controlVerdicts"). */
void cm_controls_text(const struct cm_layout *layout, const struct cm_judged *judged);
void cm_controls_json(struct json_writer *writer, const struct cm_judged *judged);
