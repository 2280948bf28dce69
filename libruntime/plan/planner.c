/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the planner's checks share: findings, arena arrays, path normalisation. Paths, keys and quoted values are hostile. */
#include "plan/planner.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Longer messages are cut, so that one hostile value cannot push the other findings out of the error text. */
#define MESSAGE_MAX ((size_t)640)
#define KEY_MAX ((size_t)128)

void *cm_take(struct cm_planner *p, size_t n, size_t size)
{
    if (n == 0)
        return NULL;
    void *memory = cm_arena_array(p->arena, n, size);
    p->no_memory |= !memory;
    return memory;
}

void *cm_grow(struct cm_planner *p, void **array, size_t *n, size_t *room, size_t size)
{
    if (*n == *room) {
        size_t more = *room > 0 ? *room * 2 : 16;
        char *fresh = cm_take(p, more, size);
        if (!fresh)
            return NULL;
        if (*n > 0)
            memcpy(fresh, *array, *n * size);
        *array = fresh;
        *room = more;
    }
    return (char *)*array + (*n)++ * size;
}

CM_PRINTF(2, 0) static const char *format(struct cm_planner *p, const char *fmt, va_list args)
{
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n < 0 ? NULL : cm_arena_alloc(p->arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    p->no_memory |= !text;
    return text ? text : "";
}

const char *cm_text(struct cm_planner *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    const char *text = format(p, fmt, args);
    va_end(args);
    return text;
}

const char *cm_message(struct cm_planner *p, const char *fmt, va_list args)
{
    char buffer[MESSAGE_MAX];

    int n = vsnprintf(buffer, sizeof(buffer), fmt, args);
    if (n < 0)
        return "";
    if ((size_t)n >= sizeof(buffer))
        memcpy(buffer + sizeof(buffer) - 4, "...", 4);
    cm_printable(buffer);
    return cm_text(p, "%s", buffer);
}

static void add_finding(struct cm_planner *p, enum cm_verdict verdict, enum cm_code code, const char *field, const char *message)
{
    struct cm_plan *plan = p->plan;
    struct cm_finding *finding = cm_grow(p, (void **)&plan->findings, &plan->n_findings, &p->findings_room, sizeof(*finding));

    if (finding)
        *finding = (struct cm_finding){verdict, cm_code_info(code)->code, field, message};
    plan->verdict = CM_MAX(plan->verdict, verdict);
}

void cm_refuse(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_finding(p, CM_VERDICT_REFUSED, code, field, cm_message(p, fmt, args));
    va_end(args);
}

void cm_tighten(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_finding(p, CM_VERDICT_TIGHTENED, code, field, cm_message(p, fmt, args));
    va_end(args);
}

void cm_not_enforced(struct cm_planner *p, const char *what, const char *fmt, ...)
{
    struct cm_plan *plan = p->plan;
    va_list args;

    va_start(args, fmt);
    struct cm_unenforced *entry = cm_grow(p, (void **)&plan->unenforced, &plan->n_unenforced, &p->unenforced_room, sizeof(*entry));
    if (entry)
        *entry = (struct cm_unenforced){what, cm_message(p, fmt, args)};
    va_end(args);
}

void cm_allowed(struct cm_planner *p, const char *field, const char *member, const char *rule)
{
    const struct cm_allowed *last = p->plan->n_allowed > 0 ? &p->plan->allowed[p->plan->n_allowed - 1] : NULL;

    if (last && last->field == field && last->rule == rule)
        return; /* of a mount whose source can be seen at several places */
    struct cm_allowed *entry = cm_grow(p, (void **)&p->plan->allowed, &p->plan->n_allowed, &p->allowed_room, sizeof(*entry));
    if (entry)
        *entry = (struct cm_allowed){field, member, rule};
}

const char *cm_field_key(struct cm_planner *p, const char *prefix, const char *key)
{
    char escaped[2 * KEY_MAX + 1];
    size_t used = 0;

    for (size_t i = 0; key[i] && i < KEY_MAX; i++) {
        if (key[i] == '~' || key[i] == '/') {
            escaped[used++] = '~';
            escaped[used++] = key[i] == '~' ? '0' : '1';
        } else {
            escaped[used++] = key[i];
        }
    }
    escaped[used] = '\0';
    cm_printable(escaped);
    return cm_text(p, "%s/%s", prefix, escaped);
}

const char *cm_normalise(struct cm_planner *p, const char *path)
{
    size_t size = strlen(path), used = 0;

    if (size >= PATH_MAX - 1)
        return NULL;
    char *out = cm_take(p, size + 2, 1);
    if (!out)
        return "/";
    for (const char *c = path; *c;) {
        size_t n = strcspn(c, "/");
        if (n > NAME_MAX || (n == 2 && c[0] == '.' && c[1] == '.'))
            return NULL;
        if (n > 0 && !(n == 1 && c[0] == '.')) {
            out[used++] = '/';
            memcpy(out + used, c, n);
            used += n;
        }
        c += n + (c[n] == '/');
    }
    if (used == 0)
        out[used++] = '/';
    out[used] = '\0';
    return out;
}
