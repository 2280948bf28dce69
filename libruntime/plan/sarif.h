/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Static Analysis Results Interchange Format, 2.1.0 (OASIS), as far as reports use it: one run of one tool, its rules, and results that name a place in one
 * file, a logical place, or both. Texts may be hostile: the writer escapes them. Pure.
 */
#pragma once

#include "json/json.h"

enum cm_sarif_level {
    CM_SARIF_PASSED, /* "pass": looked at, and well */
    CM_SARIF_OPEN,   /* nobody could tell */
    CM_SARIF_NOTE,
    CM_SARIF_WARNING,
    CM_SARIF_ERROR,
};

struct cm_sarif_rule {
    const char *id;    /* stable */
    const char *title; /* a few words; NULL: the text alone */
    const char *text;  /* what it means */
    const char *remedy;
    uint64_t subjects; /* of controls (plan/controls.h) */
    enum cm_sarif_level level;
};

struct cm_sarif_result {
    const char *rule;
    size_t rule_index; /* of that rule, in the order in which they were written */
    enum cm_sarif_level level;
    const char *message;
    const struct json_place *place; /* in the run's file; NULL: no place in it */
    const char *logical;            /* a JSON pointer, or the name of what it is about */
    const char *logical_kind;       /* "member", "resource", … */
};

struct cm_sarif {
    struct json_writer writer;
    const char *file;
};

/*
 * The parts of a document, in their order: begin, every rule, results, every result, end. `file` is the absolute path of what was looked at, NULL: no file.
 * Between `properties` and `end` the caller may write members of the run's property bag.
 */
void cm_sarif_begin(struct cm_sarif *sarif, const char *file, struct cm_str *out);
void cm_sarif_rule(struct cm_sarif *sarif, const struct cm_sarif_rule *rule);
void cm_sarif_results(struct cm_sarif *sarif, int exit_status);
void cm_sarif_result(struct cm_sarif *sarif, const struct cm_sarif_result *result);
void cm_sarif_properties(struct cm_sarif *sarif);
void cm_sarif_end(struct cm_sarif *sarif);
