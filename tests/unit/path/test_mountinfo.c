/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of mounts, and where one file can be seen through it. */
#include "check.h"

#include "path/mountinfo.h"

static const char table_text[] =
    "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "22 21 0:20 / /proc rw - proc proc rw\n"
    "30 21 8:2 / /srv rw - xfs /dev/sdb rw\n"
    "31 30 8:1 /etc /srv/etc ro shared:1 master:2 - ext4 /dev/sda1 rw\n"    /* a bind of /etc */
    "32 30 8:2 /a /srv/b rw - xfs /dev/sdb rw\n"                            /* one directory at two places */
    "33 21 8:2 /a/deep /opt/my\\040dir rw - xfs /dev/sdb rw\n"            /* part of it elsewhere */
    "34 21 8:1 /var/lib/x//deleted /mnt rw - ext4 /dev/sda1 rw\n"
    "35 30 0:40 / /srv/tmp rw - tmpfs none rw\n";

static struct cm_mount_table parse(struct cm_arena *arena)
{
    char *text = cm_arena_strdup(arena, table_text);
    struct cm_mount_table table = {0};

    CHECK_INT(cm_mount_table_parse(text, arena, &table), 0);
    return table;
}

/* The places as one text; those below behind a bar. */
static const char *places(const struct cm_mount_table *table, struct cm_arena *arena, uint64_t id, const char *path)
{
    const char **v = NULL, *text = "";
    size_t own, n;
    int r = cm_mount_places(table, id, path, arena, &v, &own, &n);

    if (r < 0)
        return r == -ENOENT ? "ENOENT" : "error";
    for (size_t i = 0; i < n; i++)
        text = cm_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : i == own ? " | " : " ", v[i]);
    return text;
}

TEST(table)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_mount_table table = parse(&arena);

    CHECK_INT(table.n, 8);
    CHECK_INT(table.v[3].id, 31);
    CHECK_STR(table.v[3].device, "8:1");
    CHECK_STR(table.v[3].root, "/etc");
    CHECK_STR(table.v[3].place, "/srv/etc");
    CHECK_STR(table.v[3].type, "ext4");
    CHECK_STR(table.v[5].place, "/opt/my dir");
    CHECK(cm_mount_has(&table.v[0], "rw") && cm_mount_has(&table.v[0], "relatime") && !cm_mount_has(&table.v[0], "rel") && !cm_mount_has(&table.v[0], "ro"));
    CHECK(cm_mount_has(&table.v[3], "ro") && table.v[3].propagates && table.v[0].propagates && !table.v[1].propagates);
}

TEST(where_a_file_can_be_seen)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_mount_table table = parse(&arena);

    CHECK_STR(places(&table, &arena, 30, "/srv/c"), "/srv/c");
    CHECK_STR(places(&table, &arena, 31, "/srv/etc"), "/srv/etc /etc");
    CHECK_STR(places(&table, &arena, 31, "/srv/etc/ssl"), "/srv/etc/ssl /etc/ssl");
    CHECK_STR(places(&table, &arena, 21, "/etc"), "/etc /srv/etc");
    CHECK_STR(places(&table, &arena, 32, "/srv/b"), "/srv/b /srv/a /opt/my dir");
    CHECK_STR(places(&table, &arena, 30, "/srv/a/deep/er"), "/srv/a/deep/er /srv/b/deep/er /opt/my dir/er");
    CHECK_STR(places(&table, &arena, 33, "/opt/my dir"), "/opt/my dir /srv/a/deep /srv/b/deep");
    CHECK_STR(places(&table, &arena, 35, "/srv/tmp/x"), "/srv/tmp/x");
    /* with what is mounted below: /etc, and a tmpfs that is nowhere else */
    CHECK_STR(places(&table, &arena, 30, "/srv"), "/srv /srv/b /opt/my dir | /etc /srv/etc /srv/a /srv/tmp");
    /* what cannot be told is no answer */
    CHECK_STR(places(&table, &arena, 99, "/srv"), "ENOENT");
    CHECK_STR(places(&table, &arena, 32, "/srv/c"), "ENOENT");
}

TEST(the_mount_of_a_path)
{
    static const struct {
        const char *path;
        uint64_t id;
        const char *inside;
    } rows[] = {
        {"/", 21, "/"},
        {"/etc", 21, "/etc"},
        {"/srv", 30, "/"},
        {"/srv/b", 32, "/a"},
        {"/srv/b/c", 32, "/a/c"},
        {"/srv/bc", 30, "/bc"},
        {"/opt/my dir/x", 33, "/a/deep/x"},
        {"/mnt/y", 34, "/var/lib/x//deleted/y"},
    };
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_mount_table table = parse(&arena);

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        const struct cm_mount_entry *mount = cm_mount_over(&table, rows[i].path);
        CHECK(mount != NULL);
        if (!mount)
            continue;
        CHECK_INT(mount->id, rows[i].id);
        CHECK_STR(cm_mount_inside(mount, rows[i].path, &arena), rows[i].inside);
        CHECK(cm_mount_find(&table, rows[i].id) == mount);
        CHECK_INT(cm_mount_is_deleted(mount), rows[i].id == 34);
    }
    CHECK(!cm_mount_find(&table, 99));
    /* of two at one place the later one is on top */
    char *text = cm_arena_strdup(&arena, "1 0 8:1 / / rw - ext4 x rw\n2 1 8:2 / /a rw - ext4 x rw\n3 2 8:3 / /a rw - xfs x rw\n");
    CHECK_INT(cm_mount_table_parse(text, &arena, &table), 0);
    CHECK_INT(cm_mount_over(&table, "/a/b")->id, 3);
}

TEST(lines_that_are_not_understood)
{
    static const char *const bad[] = {"x", "1 2 3:4 / /", "1 2 3:4 / - ext4 x rw", "x 2 3:4 / / rw - ext4 x rw", "21 1 8:1 / / rw - ext4 x rw\n22 21",
                                      "1 2 3:4 / x rw - ext4 x rw", "1 2 3:4 / /x rw - "};

    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_FREE char *text = strdup(bad[i]);
        struct cm_mount_table table;
        if (cm_mount_table_parse(text, &arena, &table) != -EINVAL)
            CHECK_FAIL("taken: %s", bad[i]);
    }
}

TEST(too_many_places)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_FREE char *text = malloc(1 << 16);
    struct cm_mount_table table;
    const char **v;
    size_t own, n, used = 0;

    for (size_t i = 0; i <= CM_MOUNT_PLACES_MAX; i++)
        used += (size_t)sprintf(text + used, "%zu 1 8:1 / /m%zu rw - ext4 x rw\n", i + 1, i);
    CHECK_INT(cm_mount_table_parse(text, &arena, &table), 0);
    CHECK_INT(cm_mount_places(&table, 1, "/m0/x", &arena, &v, &own, &n), -E2BIG);
}
