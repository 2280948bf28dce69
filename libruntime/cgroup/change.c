/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the limits of a container that runs: what holds now, and a change that is whole or not at all. Hostile: a container may use more than it is to have,
 * so that the kernel refuses a value in the middle of several.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/files.h"

#define VALUE_MAX ((size_t)65536)

/* "max" is -1. */
static int parse_limit(const char *text, int64_t *ret)
{
    if (!cm_streq(text, "max"))
        return cm_parse_i64(text, ret) < 0 || *ret < 0 ? -EPROTO : 0;
    *ret = -1;
    return 0;
}

int cm_cgroup_limit_now(const struct cm_cgroup *cgroup, const char *file, int64_t *ret)
{
    char text[64];
    ssize_t n = cm_cgfile_read(cgroup->fd, file, text, sizeof(text));

    return n < 0 ? (int)n : parse_limit(text, ret);
}

int cm_cgroup_cpu_now(const struct cm_cgroup *cgroup, int64_t *ret_quota, uint64_t *ret_period)
{
    char text[64];
    ssize_t n = cm_cgfile_read(cgroup->fd, "cpu.max", text, sizeof(text));
    char *blank = n < 0 ? NULL : strchr(text, ' ');

    if (n < 0)
        return (int)n;
    if (!blank)
        return -EPROTO;
    *blank = '\0';
    return parse_limit(text, ret_quota) < 0 || cm_parse_u64(blank + 1, ret_period) < 0 ? -EPROTO : 0;
}

void cm_cgroup_enable_above(int root, const char *path, unsigned int wanted)
{
    CM_AUTO_STR struct cm_str part = {0};

    cm_controllers_enable(root, wanted);
    for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        part.size = 0;
        cm_str_add_bytes(&part, path + 1, (size_t)(end - path) - 1);
        if (!cm_str_text(&part))
            return;
        CM_AUTO_CLOSE int dir = cm_cgfile_open(root, part.data, O_RDONLY | O_DIRECTORY);
        if (dir < 0)
            return;
        cm_controllers_enable(dir, wanted);
    }
}

/* What a file said before the change; text is NULL where it could not be read, which the write will report better. */
struct saved {
    const char *file;
    char *text;
};

struct change {
    const struct cm_cgroup *cgroup;
    struct saved *saved;
    size_t n;
};

static void change_done(struct change *change)
{
    for (size_t i = 0; i < change->n; i++)
        free(change->saved[i].text);
    free(change->saved);
}

static int save(struct change *change, const char *file)
{
    for (size_t i = 0; i < change->n; i++)
        if (cm_streq(change->saved[i].file, file))
            return 0;
    char *text = malloc(VALUE_MAX);
    if (!text)
        return -ENOMEM;
    if (strchr(file, '/') || cm_cgfile_read(change->cgroup->fd, file, text, VALUE_MAX) < 0) {
        free(text);
        text = NULL;
    }
    change->saved[change->n++] = (struct saved){file, text};
    return 0;
}

/* Files with a line a device: what a line says for a device that had none. */
static const char *no_line(const char *file)
{
    static const struct {
        const char *file, *text;
    } table[] = {
        {"io.max", "rbps=max wbps=max riops=max wiops=max"},
        {"io.weight", "default"},
        {"io.bfq.weight", "default"},
        {"io.latency", "target=0"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        if (cm_streq(table[i].file, file))
            return table[i].text;
    return NULL;
}

static bool has_line(const char *text, const char *key, size_t size)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncmp(line, key, size) == 0 && line[size] == ' ')
            return true;
    return false;
}

static int reset_device(const struct change *change, const struct saved *saved, const char *value)
{
    const char *nothing = no_line(saved->file);
    size_t key = strcspn(value, " ");
    char line[256];

    if (!nothing || value[key] != ' ' || !memchr(value, ':', key) || has_line(saved->text, value, key))
        return 0;
    int n = snprintf(line, sizeof(line), "%.*s %s", (int)CM_MIN(key, (size_t)64), value, nothing);
    return n < 0 || (size_t)n >= sizeof(line) ? -E2BIG : cm_cgfile_write(change->cgroup->fd, saved->file, line);
}

static int write_back(const struct change *change, const struct saved *saved)
{
    int r = 0;

    if (!*saved->text && !no_line(saved->file)) /* an empty list is written as an empty line: nothing at all would be no write */
        return cm_cgfile_write(change->cgroup->fd, saved->file, "\n");
    for (char *line = saved->text, *end; *line && r == 0; line = end) {
        size_t n = strcspn(line, "\n");
        char kept = line[n];
        line[n] = '\0';
        r = cm_cgfile_write(change->cgroup->fd, saved->file, line);
        line[n] = kept;
        end = line + n + (kept == '\n');
    }
    return r;
}

static int set_back(const struct change *change, const struct saved *saved, const struct cm_plan_limit *limits, size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++)
        if (cm_streq(limits[i].file, saved->file))
            r = reset_device(change, saved, limits[i].value);
    return r < 0 ? r : write_back(change, saved);
}

/* The last change first. Some values hold each other up (a burst and its quota), so what fails is tried once more when the others are back. */
static void undo(const struct change *change, const struct cm_plan_limit *limits, size_t n, struct cm_error *err)
{
    bool failed[2] = {false, false};

    for (size_t round = 0; round < CM_ARRAY_LEN(failed); round++) {
        for (size_t i = change->n; i-- > 0;) {
            const struct saved *saved = &change->saved[i];
            bool touched = false;
            for (size_t k = 0; k < n; k++)
                touched |= cm_streq(limits[k].file, saved->file);
            if (!touched || !saved->text || set_back(change, saved, limits, n) == 0)
                continue;
            failed[round] = true;
            if (round == 0)
                continue;
            size_t used = strlen(err->message);
            (void)snprintf(err->message + used, sizeof(err->message) - used, "; and %.64s could not be set back", saved->file);
        }
        if (!failed[round])
            return;
    }
}

int cm_cgroup_change_limits(const struct cm_cgroup *cgroup, const struct cm_plan_limit *limits, size_t n, struct cm_error *err)
{
    CM_CLEANUP(change_done) struct change change = {.cgroup = cgroup, .saved = calloc(n + 1, sizeof(*change.saved))};

    if (!change.saved)
        return cm_fail_errno(err, ENOMEM, NULL, "changing the limits of cgroup %s", cgroup->path);
    for (size_t i = 0; i < n; i++)
        if (save(&change, limits[i].file) < 0)
            return cm_fail_errno(err, ENOMEM, NULL, "changing the limits of cgroup %s", cgroup->path);
    for (size_t i = 0; i < n; i++) {
        int r = cm_cgroup_set_limits(cgroup, &limits[i], 1, err);
        if (r < 0) {
            undo(&change, limits, strchr(limits[i].value, '\n') ? i + 1 : i, err); /* of one line that was refused nothing was taken */
            return r;
        }
    }
    return 0;
}
