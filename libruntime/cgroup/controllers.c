/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers: the kernel's names for our bits. Input comes from the kernel only. */
#include "cgroup/controllers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cgroup/files.h"

static const struct {
    unsigned int bit;
    const char *name;
} names[] = {
    {CM_CTRL_CPU, "cpu"},       {CM_CTRL_MEMORY, "memory"},   {CM_CTRL_PIDS, "pids"}, {CM_CTRL_IO, "io"},
    {CM_CTRL_CPUSET, "cpuset"}, {CM_CTRL_HUGETLB, "hugetlb"}, {CM_CTRL_RDMA, "rdma"}, {CM_CTRL_MISC, "misc"},
};

unsigned int cm_controllers_parse(const char *text)
{
    unsigned int bits = 0;

    while (*text) {
        size_t n = strcspn(text, " \n");
        for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
            if (strlen(names[i].name) == n && memcmp(names[i].name, text, n) == 0)
                bits |= names[i].bit;
        text += n;
        text += strspn(text, " \n");
    }
    return bits;
}

const char *cm_controller_name(unsigned int controller)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (names[i].bit == controller)
            return names[i].name;
    return "";
}

unsigned int cm_cgroup_controllers(int dir)
{
    char text[512];

    return cm_cgfile_read(dir, "cgroup.controllers", text, sizeof(text)) < 0 ? 0 : cm_controllers_parse(text);
}

/* What works on threads too: cpu, cpuset and pids (cgroup-v2.rst, "Threads"). */
#define THREADED (CM_CTRL_CPU | CM_CTRL_CPUSET | CM_CTRL_PIDS)

static int any(pid_t pid CM_UNUSED, void *user CM_UNUSED)
{
    return 1;
}

/*
 * A cgroup that holds processes refuses controllers for its children, but not if they are all of the kind that works on threads: then it silently becomes the
 * root of a threaded subtree, in which no container can live, and stays that. The root of the tree (it has no type) may hold processes.
 */
static bool would_become_threaded(int dir, unsigned int wanted)
{
    char type[64];

    return !(wanted & ~(unsigned int)THREADED) && cm_cgfile_read(dir, "cgroup.type", type, sizeof(type)) >= 0 && cm_cgfile_each_pid(dir, any, NULL) != 0;
}

void cm_controllers_enable(int dir, unsigned int wanted)
{
    char text[512];
    size_t used = 0;

    if (wanted == 0 || cm_cgfile_read(dir, "cgroup.subtree_control", text, sizeof(text)) < 0)
        return;
    unsigned int missing = wanted & ~cm_controllers_parse(text);
    if (missing == 0 || would_become_threaded(dir, missing))
        return;

    text[0] = '\0';
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (missing & names[i].bit)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s+%s", used > 0 ? " " : "", names[i].name); /* eight short names: always fits */
    int all = cm_cgfile_write(dir, "cgroup.subtree_control", text);
    if (all == 0 || all == -EBUSY) /* it holds processes: none of them can be had */
        return;

    /* One that is refused (not compiled in, bound to v1) must not take the others with it. */
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++) {
        if (!(missing & names[i].bit) || would_become_threaded(dir, names[i].bit))
            continue;
        (void)snprintf(text, sizeof(text), "+%s", names[i].name);
        int r = cm_cgfile_write(dir, "cgroup.subtree_control", text);
        if (r < 0)
            cm_debug("cgroup: controller %s cannot be enabled: %s", names[i].name, strerror(-r));
    }
}
