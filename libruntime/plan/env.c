/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container's environment: NAME=value, the last one of a name wins and the order is kept. Entries are hostile and may be many, so they are compared by
 * sorting. */
#include "plan/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *text;
    size_t name_size, index;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    size_t n = CM_MIN(x->name_size, y->name_size);
    int r = memcmp(x->text, y->text, n);

    if (r == 0)
        r = (x->name_size > y->name_size) - (x->name_size < y->name_size);
    return r != 0 ? r : (x->index > y->index) - (x->index < y->index);
}

static bool same_name(const struct entry *a, const struct entry *b)
{
    return a->name_size == b->name_size && memcmp(a->text, b->text, a->name_size) == 0;
}

void cm_check_env(struct cm_planner *p)
{
    const struct oci_process *process = p->config->process;
    size_t n = 0, total = process ? process->env.n : 0;

    const char **env = cm_take(p, total + 1, sizeof(*env));
    struct entry *entries = cm_take(p, total, sizeof(*entries));
    p->plan->env = env;
    p->plan->env_home_missing = true;
    if (!env || (total > 0 && !entries))
        return;
    for (size_t i = 0; i < total; i++) {
        const char *text = process->env.v[i], *equals = strchr(text, '=');
        if (!equals || equals == text)
            cm_refuse(p, CM_CODE_ENV, cm_text(p, "/process/env/%zu", i), "\"%.64s\" is not NAME=value", text);
        else if (!cm_streq(text, "HOME="))
            entries[n++] = (struct entry){text, (size_t)(equals - text), i};
    }
    if (n > 1)
        qsort(entries, n, sizeof(*entries), compare);

    /* survivors go back to their old places; the empty ones are then closed up */
    const char **by_index = cm_take(p, total, sizeof(*by_index));
    if (total > 0 && !by_index)
        return;
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !same_name(&entries[i], &entries[i + 1]))
            by_index[entries[i].index] = entries[i].text;
    size_t used = 0;
    for (size_t i = 0; i < total; i++) {
        if (!by_index[i])
            continue;
        env[used++] = by_index[i];
        if (cm_has_prefix(by_index[i], "HOME="))
            p->plan->env_home_missing = false;
    }
}

/* The container's own socket; the caller's address means nothing inside. */
void cm_check_notify_env(struct cm_planner *p)
{
    if (p->facts->notify && p->plan->env && cm_plan_set_env(p->plan, "NOTIFY_SOCKET=" CM_NOTIFY_TARGET "/notify.sock") < 0)
        p->no_memory = true;
}

int cm_plan_set_env(struct cm_plan *plan, const char *entry)
{
    size_t name = strcspn(entry, "=") + 1, n = 0, used = 0;

    while (plan->env[n])
        n++;
    const char **env = cm_arena_array(plan->arena, n + 2, sizeof(*env));
    const char *copy = cm_arena_strdup(plan->arena, entry);
    if (!env || !copy)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (strncmp(plan->env[i], entry, name) != 0)
            env[used++] = plan->env[i];
    env[used] = copy;
    plan->env = env;
    return 0;
}
