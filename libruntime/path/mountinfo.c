/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mountinfo.h. Names in the table are hostile only as names; who mounts is the host's root. */
#include "path/mountinfo.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

void cm_mount_decode(char *text)
{
    char *out = text;

    for (const char *c = text; *c; out++) {
        if (c[0] == '\\' && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' && c[2] <= '7' && c[3] >= '0' && c[3] <= '7') {
            *out = (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
            c += 4;
        } else {
            *out = *c++;
        }
    }
    *out = '\0';
}

/* ID PARENT DEVICE ROOT PLACE OPTIONS [TAGS] - TYPE SOURCE SUPER */
static int parse_line(char *line, struct cm_mount_entry *ret)
{
    enum { ID, PARENT, DEVICE, ROOT, PLACE, OPTIONS, FIELDS };
    char *field[FIELDS], *save = NULL, *type = strstr(line, " - ");

    if (!type)
        return -EINVAL;
    *type = '\0';
    type += strlen(" - ");
    char *source = type + strcspn(type, " "), *super = *source ? source + 1 + strcspn(source + 1, " ") : source;
    ret->super = *super ? super + 1 : super;
    *source = '\0';
    for (int i = 0; i < FIELDS; i++) {
        field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (!field[i])
            return -EINVAL;
    }
    if (cm_parse_u64(field[ID], &ret->id) < 0)
        return -EINVAL;
    cm_mount_decode(field[ROOT]);
    cm_mount_decode(field[PLACE]);
    if (field[PLACE][0] != '/' || type[0] == '\0')
        return -EINVAL;
    ret->device = field[DEVICE];
    ret->root = field[ROOT];
    ret->place = field[PLACE];
    ret->type = type;
    ret->options = field[OPTIONS];
    for (const char *tag = strtok_r(NULL, " ", &save); tag; tag = strtok_r(NULL, " ", &save))
        ret->propagates |= cm_has_prefix(tag, "shared:") || cm_has_prefix(tag, "master:");
    return 0;
}

bool cm_mount_has(const struct cm_mount_entry *mount, const char *option)
{
    size_t n = strlen(option);

    for (const char *word = mount->options; *word; word += strcspn(word, ","), word += *word == ',')
        if (strncmp(word, option, n) == 0 && (word[n] == ',' || word[n] == '\0'))
            return true;
    return false;
}

int cm_mount_table_parse(char *text, struct cm_arena *arena, struct cm_mount_table *ret)
{
    size_t lines = 1;
    char *save = NULL;
    int r = 0;

    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    *ret = (struct cm_mount_table){.v = cm_arena_array(arena, lines, sizeof(*ret->v))};
    if (!ret->v)
        return -ENOMEM;
    for (char *line = strtok_r(text, "\n", &save); line && r == 0; line = strtok_r(NULL, "\n", &save))
        r = parse_line(line, &ret->v[ret->n++]);
    return r;
}

/* What is left of `path` below `dir`, which it lies in: "" or "/…". */
static const char *rest_of(const char *path, const char *dir)
{
    return strcmp(dir, "/") == 0 ? (strcmp(path, "/") == 0 ? "" : path) : path + strlen(dir);
}

static const char *join(struct cm_arena *arena, const char *dir, const char *rest)
{
    return cm_arena_printf(arena, "%s%s", strcmp(dir, "/") == 0 && rest[0] ? "" : dir, rest);
}

const struct cm_mount_entry *cm_mount_find(const struct cm_mount_table *table, uint64_t id)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->v[i].id == id)
            return &table->v[i];
    return NULL;
}

const struct cm_mount_entry *cm_mount_over(const struct cm_mount_table *table, const char *path)
{
    const struct cm_mount_entry *best = NULL;

    /* of several at one place the last is on top */
    for (size_t i = 0; i < table->n; i++)
        if (cm_path_is_below(path, table->v[i].place) && (!best || strlen(table->v[i].place) >= strlen(best->place)))
            best = &table->v[i];
    return best;
}

const char *cm_mount_inside(const struct cm_mount_entry *mount, const char *path, struct cm_arena *arena)
{
    return join(arena, mount->root, rest_of(path, mount->place));
}

bool cm_mount_is_deleted(const struct cm_mount_entry *mount)
{
    static const char mark[] = "//deleted"; /* no path of a file has two slashes */
    size_t n = strlen(mount->root);

    return n >= sizeof(mark) - 1 && strcmp(mount->root + n - (sizeof(mark) - 1), mark) == 0;
}

struct places {
    const struct cm_mount_table *table;
    struct cm_arena *arena;
    const char **v;
    size_t n;
};

static int add_place(struct places *places, const char *place)
{
    if (!place)
        return -ENOMEM;
    for (size_t i = 0; i < places->n; i++)
        if (strcmp(places->v[i], place) == 0)
            return 0;
    if (places->n == CM_MOUNT_PLACES_MAX)
        return -E2BIG;
    places->v[places->n++] = place;
    return 0;
}

/* All places of `inside`, a path within the filesystem of `mount`, or of something below it. */
static int add_places(struct places *places, const struct cm_mount_entry *mount, const char *inside)
{
    int r = 0;

    for (size_t i = 0; i < places->table->n && r == 0; i++) {
        const struct cm_mount_entry *other = &places->table->v[i];
        if (strcmp(other->device, mount->device) != 0)
            continue;
        if (cm_path_is_below(inside, other->root))
            r = add_place(places, join(places->arena, other->place, rest_of(inside, other->root)));
        else if (cm_path_is_below(other->root, inside))
            r = add_place(places, other->place);
    }
    return r;
}

int cm_mount_places(const struct cm_mount_table *table, uint64_t id, const char *path, struct cm_arena *arena, const char ***ret, size_t *ret_own,
                    size_t *ret_n)
{
    struct places places = {.table = table, .arena = arena, .v = cm_arena_array(arena, CM_MOUNT_PLACES_MAX, sizeof(*places.v))};
    const struct cm_mount_entry *mount = cm_mount_find(table, id);

    if (!mount || !cm_path_is_below(path, mount->place))
        return -ENOENT;
    const char *inside = cm_mount_inside(mount, path, arena);
    int r = places.v && inside ? add_place(&places, path) : -ENOMEM;
    if (r == 0)
        r = add_places(&places, mount, inside);
    *ret_own = places.n;
    for (size_t i = 0; i < table->n && r == 0; i++)
        if (strcmp(table->v[i].place, path) != 0 && cm_path_is_below(table->v[i].place, path))
            r = add_places(&places, &table->v[i], table->v[i].root);
    *ret = places.v;
    *ret_n = places.n;
    return r;
}
