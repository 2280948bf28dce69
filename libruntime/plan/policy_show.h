/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `casemate policy show` and `validate` say. Pure: files, time and what the host has are given. Policies are root's own text, which is escaped all the same. */
#pragma once

#include "base/layout.h"
#include "json/json.h"
#include "policy/origin.h"

/* The effective policy: every value and where it came from, rules, exceptions with their state at `now`, floors. */
void cm_policy_show(const struct cm_policy *policy, const struct cm_policy_origin *origin, int64_t now, bool json, struct cm_style style, struct cm_str *out);

/* Element `index` of a list as a policy file has it: an object or a string. */
void cm_policy_add_element(struct json_writer *writer, const char *key, const struct cm_policy *policy, enum cm_tunable_id list, size_t index);
size_t cm_policy_list_size(const struct cm_policy *policy, enum cm_tunable_id list);

/* ---- validate ---- */

enum cm_remark_level { CM_REMARK_NOTE, CM_REMARK_WARNING, CM_REMARK_ERROR };

struct cm_remark {
    enum cm_remark_level level;
    const char *file, *pointer, *message; /* pointer: "" of the file as a whole */
    size_t line, column;                  /* 0: no place */
};

/* A list that grows; what lies in it lives in the arena. */
struct cm_remarks {
    struct cm_arena *arena;
    size_t n, room;
    struct cm_remark *v;
    bool failed; /* memory ran out */
};
void cm_remark(struct cm_remarks *remarks, enum cm_remark_level level, const char *file, const char *pointer, const char *fmt, ...) CM_PRINTF(5, 6);
/* About an element of a list, wherever that came from; nothing about one that is built in. */
void cm_remark_element(struct cm_remarks *remarks, enum cm_remark_level level, const struct cm_policy_origin *origin, enum cm_tunable_id list, size_t index,
                       const char *fmt, ...) CM_PRINTF(6, 7);

/* What is allowed and does not do what it looks like: rules that decide nothing or are wider than others, things that are there twice, exceptions that do not hold. */
void cm_policy_lint(const struct cm_policy *policy, const struct cm_policy_origin *origin, int64_t now, struct cm_remarks *remarks);

/* Of the files in the order of `files`, with those that have nothing to remark; the remarks are sorted by their places. Returns whether there is an error. */
bool cm_policy_report(struct cm_remarks *remarks, const char *const *files, size_t n_files, bool json, struct cm_style style, struct cm_str *out);
