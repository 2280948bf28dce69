/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place of the container's cgroup. cgroupsPath is hostile: it must not name another tenant's or the root. */
#include "plan/unit.h"

#include <string.h>

#define FIELD "/linux/cgroupsPath"
#define COMPONENT_MAX ((size_t)255)
#define COMPONENTS_MAX 64u

/* Why the path is refused, or NULL. */
static const char *objection(const char *path)
{
    const char *c = path[0] == '/' ? path + 1 : path;
    unsigned int components = 0;

    if (!*c)
        return "it names the root cgroup";
    if (strlen(path) > CM_CGROUP_PATH_MAX)
        return "it is longer than 2048 bytes";
    for (;;) {
        if (++components > COMPONENTS_MAX)
            return "it has more than 64 components";
        size_t n = strcspn(c, "/");
        if (n == 0)
            return "it has an empty component";
        if ((n == 1 && c[0] == '.') || (n == 2 && c[0] == '.' && c[1] == '.'))
            return "it has a component \".\" or \"..\"";
        if (n > COMPONENT_MAX)
            return "a component is longer than 255 bytes";
        if (cm_has_prefix(c, "cgroup."))
            return "a component begins with \"cgroup.\", like the kernel's own files";
        for (size_t i = 0; i < n; i++)
            if ((unsigned char)c[i] < ' ' || c[i] == 0x7f)
                return "it has a control character";
        if (c[n] == '\0')
            return NULL;
        c += n + 1;
    }
}

const char *cm_cgroup_asked(struct cm_planner *p, const char **ret_why)
{
    struct cm_unit_place place;

    if (p->facts->systemd_driver) {
        *ret_why = cm_unit_place(p, p->linux_->cgroups_path, &place);
        return *ret_why ? NULL : place.path;
    }
    const char *path = p->linux_->cgroups_path, *parent = p->facts->cgroup_parent ? p->facts->cgroup_parent : "/";

    if (!path || !path[0])
        path = p->id;
    *ret_why = objection(path);
    if (*ret_why)
        return NULL;
    return path[0] == '/' ? path : cm_text(p, "%s/%s", cm_streq(parent, "/") ? "" : parent, path);
}

static void set_path(struct cm_planner *p)
{
    const char *path = p->linux_->cgroups_path && p->linux_->cgroups_path[0] ? p->linux_->cgroups_path : p->id, *why;

    struct cm_unit_place place = {0};

    p->plan->cgroup_path = "/"; /* if it is refused: so that limits are judged by their own merit */
    if (p->facts->systemd_driver) {
        why = cm_unit_place(p, p->linux_->cgroups_path, &place);
        if (why)
            cm_refuse(p, CM_CODE_CGROUP_PATH, FIELD, "the cgroup path \"%.128s\" is refused: %s", path, why);
        else
            p->plan->cgroup_path = place.path;
        p->plan->unit.name = place.unit;
        p->plan->unit.slice = place.slice;
        return;
    }
    if (strchr(path, ':')) {
        cm_refuse(p, CM_CODE_CGROUP_PATH, FIELD,
                  "\"%.128s\" has the form of the systemd cgroup driver; call with --systemd-cgroup, or give a path without a colon", path);
        return;
    }
    const char *asked = cm_cgroup_asked(p, &why);
    if (asked)
        p->plan->cgroup_path = asked;
    else
        cm_refuse(p, CM_CODE_CGROUP_PATH, FIELD, "the cgroup path \"%.128s\" is refused: %s", path, why);
}

void cm_check_cgroup(struct cm_planner *p)
{
    if (p->facts->cgroup_v1_only) {
        cm_refuse(p, CM_CODE_CGROUP_V1, "",
                  "the host has no cgroup2 filesystem, without which nothing can be limited; boot with systemd.unified_cgroup_hierarchy=1");
        return;
    }
    set_path(p);
    if (!p->facts->cgroup_available) {
        p->plan->cgroup_path = NULL;
        p->plan->unit.name = NULL;
        if (p->facts->rootless && p->facts->systemd_driver)
            cm_refuse(p, CM_CODE_CGROUP_NONE, FIELD,
                      "the systemd manager of the caller cannot be reached, or lacks its cgroup; log in through a session that has one "
                      "(loginctl enable-linger USER, and XDG_RUNTIME_DIR=/run/user/UID set), or leave --systemd-cgroup out");
        else if (p->facts->systemd_driver)
            cm_refuse(p, CM_CODE_CGROUP_NONE, FIELD, "systemd does not run here, or cannot be reached; leave --systemd-cgroup out");
        else if (p->facts->rootless)
            cm_not_enforced(p, "cgroup", "no cgroup is delegated to the caller; run below a delegated one (systemd-run --user --scope -p Delegate=yes)");
        else
            cm_refuse(p, CM_CODE_CGROUP_NONE, FIELD, "no cgroup can be made on this host; mount cgroup2 writable for the runtime");
    }
    p->plan->device_program = p->plan->cgroup_path && p->facts->device_program;
    if (!p->plan->device_program)
        cm_not_enforced(p, "device rules", "no device program can be loaded here; nodev mounts and the missing CAP_MKNOD stand in");
}
