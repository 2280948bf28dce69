/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See overlay.h. The forms are those of ovl_show_options (fs/overlayfs/params.c) of Linux 5.19 to 7. */
#include "path/overlay.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "path/mountinfo.h"

static int add_lower(struct cm_overlay *ret, const char *path)
{
    if (path[0] == '\0')
        return -EINVAL;
    if (ret->n_lower == CM_OVERLAY_LAYERS_MAX)
        return -E2BIG;
    ret->lower[ret->n_lower++] = path;
    return 0;
}

/* "A:B::C" with colons and backslashes of names behind a backslash; what stands after two colons is only data. */
static int split_lower(char *list, struct cm_overlay *ret)
{
    char *out = list, *start = list;

    for (char *c = list;; c++) {
        if (c[0] == '\\' && c[1] != '\0') {
            *out++ = *++c;
            continue;
        }
        if (c[0] != ':' && c[0] != '\0') {
            *out++ = c[0];
            continue;
        }
        bool last = c[0] == '\0';
        *out++ = '\0'; /* never beyond c */
        int r = add_lower(ret, start);
        if (r < 0 || last)
            return r;
        if (c[1] == ':') {
            ret->data_only = true;
            c++;
        }
        start = out;
    }
}

static int parse_option(char *option, struct cm_overlay *ret)
{
    char *value = strchr(option, '=');

    if (!value) {
        ret->userxattr |= strcmp(option, "userxattr") == 0;
        return 0;
    }
    *value++ = '\0';
    cm_mount_decode(value);
    if (strcmp(option, "lowerdir") == 0)
        return split_lower(value, ret);
    if (strcmp(option, "lowerdir+") == 0)
        return add_lower(ret, value);
    if (strcmp(option, "upperdir") == 0)
        ret->upper = value;
    else if (strcmp(option, "datadir+") == 0)
        ret->data_only = true;
    else if (strcmp(option, "metacopy") == 0)
        ret->metacopy = strcmp(value, "on") == 0;
    else if (strcmp(option, "redirect_dir") == 0)
        ret->redirect = strcmp(value, "on") == 0 || strcmp(value, "follow") == 0;
    return 0;
}

int cm_overlay_parse(const char *super, struct cm_arena *arena, struct cm_overlay *ret)
{
    char *save = NULL, *text = cm_arena_strdup(arena, super);
    int r = 0;

    *ret = (struct cm_overlay){.lower = cm_arena_array(arena, CM_OVERLAY_LAYERS_MAX, sizeof(*ret->lower))};
    if (!text || !ret->lower)
        return -ENOMEM;
    for (char *option = strtok_r(text, ",", &save); option && r == 0; option = strtok_r(NULL, ",", &save))
        r = parse_option(option, ret);
    return r < 0 ? r : ret->n_lower > 0 ? 0 : -EINVAL;
}
