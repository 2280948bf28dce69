/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers of an overlay, by the options of its mount. */
#include "check.h"

#include "path/overlay.h"

#include <errno.h>
#include <string.h>

TEST(options)
{
    static const struct {
        const char *super, *layers; /* the upper one first, behind it a bar */
        const char *flags;
    } rows[] = {
        {"rw,lowerdir=/a,upperdir=/u,workdir=/w", "/u|/a", ""},
        {"rw,seclabel,lowerdir=/a:/b:/c", "|/a /b /c", ""},
        {"rw,lowerdir=/s/2/fs:/s/1/fs,upperdir=/s/3/fs,workdir=/s/3/work,uuid=on,nouserxattr", "/s/3/fs|/s/2/fs /s/1/fs", ""},
        /* names with a comma, a blank, a colon, a backslash */
        {"rw,lowerdir=/a\\054b:/c\\040d:/e\\134:f:/g\\134\\134h,upperdir=/u\\054v", "/u,v|/a,b /c d /e:f /g\\h", ""},
        {"rw,lowerdir+=/a,lowerdir+=/b:c,upperdir=/u", "/u|/a /b:c", ""},
        {"rw,lowerdir=l/AAA:l/BBB,upperdir=id/diff,workdir=id/work,metacopy=on,redirect_dir=on", "id/diff|l/AAA l/BBB", "metacopy redirect "},
        {"ro,lowerdir=/a:/b,redirect_dir=follow", "|/a /b", "redirect "},
        {"ro,lowerdir=/a:/b,redirect_dir=nofollow,metacopy=off", "|/a /b", ""},
        {"ro,lowerdir=/a::/data,metacopy=on", "|/a /data", "data metacopy "},
        {"ro,lowerdir+=/a,datadir+=/data", "|/a", "data "},
        {"rw,lowerdir=/a,upperdir=/u,userxattr", "/u|/a", "userxattr "},
        {"ro,lowerdir=/a:", NULL, "EINVAL"},
        {"ro,lowerdir=:/a", NULL, "EINVAL"},
        {"ro,lowerdir=", NULL, "EINVAL"},
        {"ro,lowerdir=/a:/b\\134", "|/a /b\\", ""}, /* a backslash at the end is itself */
        {"rw,upperdir=/u", NULL, "EINVAL"},
        {"", NULL, "EINVAL"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_overlay overlay;
        int r = cm_overlay_parse(rows[i].super, &arena, &overlay);
        CHECK_INT(r, rows[i].layers ? 0 : -EINVAL);
        if (r < 0)
            continue;
        const char *text = cm_arena_printf(&arena, "%s|", overlay.upper ? overlay.upper : "");
        for (size_t n = 0; n < overlay.n_lower; n++)
            text = cm_arena_printf(&arena, "%s%s%s", text, n > 0 ? " " : "", overlay.lower[n]);
        CHECK_STR(text, rows[i].layers);
        CHECK_STR(cm_arena_printf(&arena, "%s%s%s%s", overlay.data_only ? "data " : "", overlay.metacopy ? "metacopy " : "", overlay.redirect ? "redirect " : "",
                                  overlay.userxattr ? "userxattr " : ""),
                  rows[i].flags);
    }
}

TEST(too_many_layers)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_overlay overlay;
    char text[8192] = "ro,lowerdir=/0";

    for (size_t i = 1; i < CM_OVERLAY_LAYERS_MAX; i++)
        strcat(text, ":/a");
    CHECK_INT(cm_overlay_parse(text, &arena, &overlay), 0);
    CHECK_INT(overlay.n_lower, CM_OVERLAY_LAYERS_MAX);
    strcat(text, ":/a");
    CHECK_INT(cm_overlay_parse(text, &arena, &overlay), -E2BIG);
}
