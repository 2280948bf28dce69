/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remarks about a policy that is in order; see policy_show.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/policy_show.h"
#include "policy/exceptions.h"

static CM_PRINTF(5, 0) void add(struct cm_remarks *remarks, enum cm_remark_level level, const char *file, const char *pointer, const char *fmt, va_list args)
{
    char text[1024];

    if (remarks->n == remarks->room) {
        size_t room = remarks->room > 0 ? remarks->room * 2 : 16;
        struct cm_remark *v = cm_arena_array(remarks->arena, room, sizeof(*v));
        if (!v) {
            remarks->failed = true;
            return;
        }
        if (remarks->n > 0)
            memcpy(v, remarks->v, remarks->n * sizeof(*v));
        remarks->v = v;
        remarks->room = room;
    }
    (void)vsnprintf(text, sizeof(text), fmt, args);
    struct cm_remark *remark = &remarks->v[remarks->n++];
    *remark = (struct cm_remark){
        .level = level, .file = file, .pointer = cm_arena_strdup(remarks->arena, pointer), .message = cm_arena_strdup(remarks->arena, text)};
    remarks->failed |= !remark->pointer || !remark->message;
}

void cm_remark(struct cm_remarks *remarks, enum cm_remark_level level, const char *file, const char *pointer, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add(remarks, level, file, pointer, fmt, args);
    va_end(args);
}

void cm_remark_element(struct cm_remarks *remarks, enum cm_remark_level level, const struct cm_policy_origin *origin, enum cm_tunable_id list, size_t index,
                       const char *fmt, ...)
{
    size_t place = 0;
    const char *file = cm_policy_origin_of(origin, list, index, &place);
    char pointer[128];
    va_list args;

    if (!file)
        return;
    (void)snprintf(pointer, sizeof(pointer), "%s/%zu", cm_tunables[list].pointer, place);
    va_start(args, fmt);
    add(remarks, level, file, pointer, fmt, args);
    va_end(args);
}

struct lint {
    const struct cm_policy *policy;
    const struct cm_policy_origin *origin;
    struct cm_remarks *remarks;
};

/* ---- mounts ---- */

/* As plan/bind_rules.c decides: of rules for one prefix the first that is for the destination. */
static bool decides_before(const struct cm_mount_rule *first, const struct cm_mount_rule *second)
{
    return cm_streq(first->prefix, second->prefix) && (!first->destination || cm_streq(first->destination, second->destination));
}

static bool has_all_filesystems(const struct cm_mount_rule *wide, const struct cm_mount_rule *narrow)
{
    for (size_t i = 0; i < narrow->n_filesystems && wide->n_filesystems > 0; i++) {
        bool found = false;
        for (size_t k = 0; k < wide->n_filesystems; k++)
            found |= cm_streq(wide->filesystems[k], narrow->filesystems[i]);
        if (!found)
            return false;
    }
    return wide->n_filesystems == 0 || narrow->n_filesystems > 0;
}

static bool grants_less(const struct cm_mount_rule *a, const struct cm_mount_rule *b)
{
    return (!a->allow_write && b->allow_write) || (!a->allow_exec && b->allow_exec) || (!a->allow_idmap && b->allow_idmap) ||
           (!a->allow_sockets && b->allow_sockets) || (a->type != CM_SOURCE_ANY && a->type != b->type) || !has_all_filesystems(a, b);
}

static bool is_around(const struct cm_mount_rule *outer, const struct cm_mount_rule *inner)
{
    return !outer->destination && !cm_streq(outer->prefix, inner->prefix) && cm_path_is_below(inner->prefix, outer->prefix);
}

static void lint_mount(const struct lint *lint, size_t i)
{
    const struct cm_mount_rule *rules = lint->policy->mount_rules, *rule = &rules[i], *around = NULL;

    for (size_t k = 0; k < i; k++)
        if (decides_before(&rules[k], rule)) {
            cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_MOUNTS_ALLOW, i,
                              "this rule decides nothing: an earlier one for \"%.128s\" is asked first; remove one of the two", rule->prefix);
            return;
        }
    for (size_t k = 0; k < lint->policy->n_mount_rules; k++)
        if (is_around(&rules[k], rule) && (!around || strlen(rules[k].prefix) > strlen(around->prefix)))
            around = &rules[k];
    if (!around)
        return;
    if (!grants_less(around, rule) && !grants_less(rule, around))
        cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_MOUNTS_ALLOW, i,
                          "this rule adds nothing: the one for \"%.128s\" allows the same of everything below it; remove it", around->prefix);
    else if (grants_less(rule, around))
        cm_remark_element(
            lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_MOUNTS_ALLOW, (size_t)(around - rules),
            "this rule is wider than the one for \"%.128s\", which lies in it: a mount of \"%.128s\" shows that place with what this rule allows; "
            "name narrower directories here",
            rule->prefix, around->prefix);
}

/* ---- the other lists ---- */

static void lint_hook(const struct lint *lint, size_t i)
{
    const struct cm_hook_rule *rules = lint->policy->hook_rules, *rule = &rules[i];

    for (size_t k = 0; k < lint->policy->n_hook_rules; k++) {
        bool stages = rules[k].stages == 0 || (rule->stages != 0 && (rule->stages & ~rules[k].stages) == 0);
        bool content = !rules[k].sha256 || cm_streq(rules[k].sha256, rule->sha256);
        if (k == i || !cm_streq(rules[k].path, rule->path) || rules[k].inside != rule->inside || !stages || !content ||
            !cm_hook_begins(&rule->arguments, &rules[k].arguments))
            continue;
        if (k > i && !rule->sha256 == !rules[k].sha256 && rule->stages == rules[k].stages && rule->arguments.n == rules[k].arguments.n)
            continue; /* the same twice: the later one is remarked */
        cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_HOOKS_ALLOW, i,
                          "this rule decides nothing: another one allows \"%.128s\"%s; remove one of the two", rule->path,
                          rule->sha256 && !rules[k].sha256 ? " whatever it contains" : " too");
        return;
    }
}

static void lint_device(const struct lint *lint, size_t i)
{
    const struct cm_policy_device *rules = lint->policy->devices, *rule = &rules[i];

    for (size_t k = 0; k < lint->policy->n_devices; k++) {
        bool same = cm_streq(rules[k].path, rule->path) && rules[k].major == rule->major && rules[k].minor == rule->minor;
        if (k == i || !same || rule->access & ~rules[k].access || (k > i && rules[k].access == rule->access))
            continue;
        cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_DEVICES_ALLOW, i,
                          "this rule decides nothing: another one allows the same of \"%.128s\"; remove one of the two", rule->path);
        return;
    }
}

/* Lists of strings. */
static void lint_twice(const struct lint *lint, enum cm_tunable_id list)
{
    const char *const *elements = *(const char *const *const *)((const char *)lint->policy + cm_tunables[list].offset);

    for (size_t i = 1; i < cm_policy_list_size(lint->policy, list); i++)
        for (size_t k = 0; k < i; k++)
            if (cm_streq(elements[i], elements[k])) {
                cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, list, i, "\"%.128s\" is in the list already; remove one of the two",
                                  elements[i]);
                break;
            }
}

/* What kubelet has above its pods, with either driver: into which of them a pod comes follows from the resources that its author asks for. */
static bool is_above_all_pods(const char *cgroup)
{
    static const char *const ends[] = {"kubepods", "kubepods.slice", "/burstable", "/besteffort", "-burstable.slice", "-besteffort.slice"};
    size_t n = strlen(cgroup);

    for (size_t i = 0; i < CM_ARRAY_LEN(ends); i++) {
        size_t end = strlen(ends[i]);
        if (n > end && strcmp(cgroup + n - end, ends[i]) == 0)
            return true;
    }
    return cm_streq(cgroup, "/");
}

static void lint_exception(const struct lint *lint, size_t i, int64_t now)
{
    const struct cm_exception *exception = &lint->policy->exceptions[i];
    enum cm_exception_state state = cm_exception_state(exception, now);

    if (state == CM_EXCEPTION_EXPIRED)
        cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_EXCEPTIONS, i, "expired on %.32s, and grants nothing; remove it",
                          exception->expires_text);
    else if (state == CM_EXCEPTION_NOT_YET)
        cm_remark_element(lint->remarks, CM_REMARK_NOTE, lint->origin, CM_TUNABLE_EXCEPTIONS, i, "begins on %.32s, and grants nothing before",
                          exception->from_text);
    if (exception->cgroup && !exception->bundle && is_above_all_pods(exception->cgroup))
        cm_remark_element(lint->remarks, CM_REMARK_WARNING, lint->origin, CM_TUNABLE_EXCEPTIONS, i,
                          "every author of a pod can have it: pods come to the cgroup \"%.128s\" by what they ask for; give the pods that it is for a handler with a policy of "
                          "its own (--policy), or name a narrower cgroup",
                          exception->cgroup);
}

void cm_policy_lint(const struct cm_policy *policy, const struct cm_policy_origin *origin, int64_t now, struct cm_remarks *remarks)
{
    static const enum cm_tunable_id strings[] = {CM_TUNABLE_SECCOMP_LISTENER_PATHS, CM_TUNABLE_SYSCTLS_ALLOW, CM_TUNABLE_APPARMOR_ALLOW,
                                                 CM_TUNABLE_SELINUX_TYPES, CM_TUNABLE_UNMAPPED};
    const struct lint lint = {policy, origin, remarks};

    for (size_t i = 0; i < policy->n_mount_rules; i++)
        lint_mount(&lint, i);
    for (size_t i = 0; i < policy->n_hook_rules; i++)
        lint_hook(&lint, i);
    for (size_t i = 0; i < policy->n_devices; i++)
        lint_device(&lint, i);
    for (size_t i = 0; i < CM_ARRAY_LEN(strings); i++)
        lint_twice(&lint, strings[i]);
    for (size_t i = 0; i < policy->n_exceptions; i++)
        lint_exception(&lint, i, now);
}
