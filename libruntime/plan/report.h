/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `casemate check` says about a bundle: for people, for programs, and for what collects the results of analyses. Pure. Findings hold printable text only;
 * the rest of a plan may quote the configuration, and is made printable here.
 */
#pragma once

#include "base/layout.h"
#include "json/json.h"
#include "plan/plan.h"

enum cm_report_format { CM_REPORT_TEXT, CM_REPORT_JSON, CM_REPORT_SARIF };
/* False: no such word. */
bool cm_report_format_find(const char *word, enum cm_report_format *ret);

struct cm_report_options {
    enum cm_report_format format;
    struct cm_style style; /* of text */
    bool controls;         /* with what becomes of published controls */
};

/* The configuration as it was read, to show places in it. */
struct cm_report_source {
    const char *file; /* absolute */
    const char *text;
    size_t size;
};

void cm_plan_report(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out);

/* The exit status of `check`, and what is in its reports. */
int cm_verdict_exit_status(enum cm_verdict verdict);
/* "ok", "tightened", "refused". */
const char *cm_verdict_word(enum cm_verdict verdict);

/* The rule of what a host cannot enforce of our defaults: none of the codes of findings, because nothing in a bundle is to blame. */
#define CM_NOT_ENFORCED "CM-NOT-ENFORCED"
#define CM_NOT_ENFORCED_MEANING "this host cannot enforce a protection that containers get by default"
#define CM_NOT_ENFORCED_REMEDY "give the host what the message names, or choose the policy strict, which refuses instead"

/* ---- inside of the reports ---- */

void cm_report_text(const struct cm_plan *plan, const struct cm_report_options *options, struct cm_str *out);
void cm_report_json(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out);
void cm_report_sarif(const struct cm_plan *plan, const struct cm_report_options *options, const struct cm_report_source *source, struct cm_str *out);

struct cm_report_summary {
    size_t refused, tightened, unenforced;
};
struct cm_report_summary cm_report_summarise(const struct cm_plan *plan);
/* What to do about a finding, what its code means. */
const char *cm_finding_remedy(const struct cm_finding *finding);
const char *cm_finding_meaning(const struct cm_finding *finding);

/* Which rules of the policy let something pass, as the member "allowed". */
void cm_allowed_json(struct json_writer *writer, const struct cm_plan *plan);

/* Places in the source are looked up one by one; what that may cost is bounded, and a finding beyond it has none. Begin with zero. */
struct cm_place_budget {
    size_t used;
};
bool cm_report_place(const struct cm_report_source *source, const char *pointer, struct cm_place_budget *budget, struct json_place *ret);

/* The effective posture as (name, value) pairs, so that all formats show the same. */
enum cm_posture_row {
    CM_POSTURE_USER_NS,
    CM_POSTURE_NAMESPACES,
    CM_POSTURE_USER,
    CM_POSTURE_TERMINAL,
    CM_POSTURE_CAPS,
    CM_POSTURE_SECCOMP,
    CM_POSTURE_ROOT,
    CM_POSTURE_MOUNTS,
    CM_POSTURE_MASKS,
    CM_POSTURE_LIMITS,
    CM_POSTURE_LANDLOCK,
    CM_POSTURE_LABEL,
    CM_POSTURE_ROWS,
};

/* JSON key and the name for people. */
struct cm_posture_name {
    const char *key, *title;
};
extern const struct cm_posture_name cm_posture_names[CM_POSTURE_ROWS];

/* Printable. */
void cm_posture_value(const struct cm_plan *plan, enum cm_posture_row row, struct cm_str *out);
