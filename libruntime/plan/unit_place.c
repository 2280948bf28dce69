/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scope that a cgroupsPath of the form SLICE:PREFIX:NAME names. Nothing in it is repaired: a text that systemd would read in another way than it is written
 * here is refused. Hostile: all of it.
 */
#include "plan/unit.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE_MAX ((size_t)255) /* of a unit, and of a component of a path */
#define SLICE ".slice"
#define SCOPE ".scope"
/* What systemd's unit names may have (systemd.unit(5)), but for ":", which separates here, and "@", which makes an instance of a template. */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.\\-"

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && memcmp(text + n - m, end, m) == 0;
}

/* a-b.slice lies in a.slice: every dash is a level, so none may be empty. */
static const char *slice_objection(const char *slice)
{
    size_t size = strlen(slice);

    if (size > NAME_SIZE_MAX)
        return "the name of the slice is longer than 255 bytes";
    if (!ends_with(slice, SLICE) || size == strlen(SLICE))
        return "the slice does not end in \".slice\"";
    if (slice[strspn(slice, NAME_CHARACTERS)])
        return "the slice has a character that no unit has in its name";
    if (cm_streq(slice, "-.slice"))
        return "it names the root slice, where containers would be next to the host's own slices";
    if (slice[0] == '-' || slice[size - strlen(SLICE) - 1] == '-' || strstr(slice, "--"))
        return "the slice has an empty component";
    return NULL;
}

/* systemd puts "_" in front of what would look like one of the kernel's files (its cg_escape). */
static bool needs_escape(const char *name)
{
    static const char *const files[] = {"notify_on_release", "release_agent", "tasks"};
    static const char *const prefixes[] = {
        "cgroup.",  "cpu.",  "cpuacct.",      "cpuset.",      "io.",          "blkio.",           "memory.",
        "devices.", "pids.", "bpf-firewall.", "bpf-devices.", "bpf-foreign.", "bpf-socket-bind.", "bpf-restrict-network-interfaces."};

    if (name[0] == '_' || name[0] == '.')
        return true;
    for (size_t i = 0; i < CM_ARRAY_LEN(files); i++)
        if (cm_streq(name, files[i]))
            return true;
    for (size_t i = 0; i < CM_ARRAY_LEN(prefixes); i++)
        if (cm_has_prefix(name, prefixes[i]))
            return true;
    return false;
}

static void add_component(struct cm_str *path, const char *name, size_t size, const char *suffix)
{
    char text[NAME_SIZE_MAX + 8];

    (void)snprintf(text, sizeof(text), "%.*s%s", (int)size, name, suffix); /* both are bounded by the caller */
    cm_str_addf(path, "/%s%s", needs_escape(text) ? "_" : "", text);
}

static const char *path_of(struct cm_planner *p, const char *slice, const char *unit)
{
    CM_AUTO_STR struct cm_str path = {0};
    size_t size = strlen(slice) - strlen(SLICE);

    if (p->facts->systemd_base)
        cm_str_add(&path, p->facts->systemd_base);
    for (size_t i = 1; i <= size; i++)
        if (i == size || slice[i] == '-')
            add_component(&path, slice, i, SLICE);
    add_component(&path, unit, strlen(unit), "");
    const char *text = cm_str_text(&path);
    p->no_memory |= !text;
    return text ? cm_text(p, "%s", text) : "";
}

static const char *name_objection(const char *prefix, const char *name)
{
    if (!name[0])
        return "it names no unit";
    if (ends_with(name, SLICE))
        return "a container is a scope and not a slice";
    if (prefix[strspn(prefix, NAME_CHARACTERS)] || name[strspn(name, NAME_CHARACTERS)])
        return "it has a character that no unit has in its name";
    if (strlen(prefix) + 1 + strlen(name) + strlen(SCOPE) >= NAME_SIZE_MAX) /* one for the escape */
        return "the name of the unit would be longer than 255 bytes";
    if (cm_streq(prefix, "session"))
        return "scopes whose names begin with \"session-\" are those of logins";
    return NULL;
}

/* The characters of ids that units do not have are written as systemd-escape(1) does. */
static const char *name_of_id(struct cm_planner *p)
{
    CM_AUTO_STR struct cm_str name = {0};

    for (const char *c = p->id; *c; c++)
        if (strchr(NAME_CHARACTERS, *c) && *c != '\\')
            cm_str_addf(&name, "%c", *c);
        else
            cm_str_addf(&name, "\\x%02x", (unsigned int)(unsigned char)*c);
    const char *text = cm_str_text(&name);
    p->no_memory |= !text;
    return text ? cm_text(p, "%s", text) : "";
}

const char *cm_unit_place(struct cm_planner *p, const char *asked, struct cm_unit_place *ret)
{
    const char *slice = "", *prefix = "casemate", *name;

    if (!asked || !asked[0]) {
        name = name_of_id(p);
    } else {
        const char *first = strchr(asked, ':'), *second = first ? strchr(first + 1, ':') : NULL;
        if (!second || strchr(second + 1, ':'))
            return "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups";
        if (strlen(asked) > 4 * NAME_SIZE_MAX)
            return "it is longer than the names of units can be";
        slice = cm_text(p, "%.*s", (int)(first - asked), asked);
        prefix = cm_text(p, "%.*s", (int)(second - first - 1), first + 1);
        name = second + 1;
    }
    if (!slice[0])
        slice = p->facts->rootless ? "user.slice" : "system.slice";
    const char *why = slice_objection(slice);
    if (!why)
        why = name_objection(prefix, name);
    if (why)
        return why;
    ret->slice = slice;
    ret->unit = cm_text(p, "%s-%s" SCOPE, prefix, name);
    ret->path = path_of(p, slice, ret->unit);
    if (strlen(ret->path) > CM_CGROUP_PATH_MAX) /* it has each slice's name once for every dash in it */
        return "the cgroups of its slices would have a path of more than 2048 bytes";
    return NULL;
}
