/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `state` and `list`. Nothing is locked and nothing is trusted but the kernel: a record says which process to look at, pidfd and cgroup say how it is.
 * Hostile: ids, annotations and bundle paths, which end up on a terminal; containers that vanish while they are listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "cgroup/cgroup.h"
#include "run/launch.h"
#include "run/look.h"
#include "json/json.h"

#define PASSWD_MAX ((size_t)4 << 20)

int cm_look_open(struct cm_runtime *runtime, const char *id, bool lock, struct cm_entry *ret, struct cm_error *err)
{
    int r = cm_id_check(id, err);

    if (r < 0)
        return r;
    if (runtime->store.fd < 0)
        return cm_fail(err, ENOENT, NULL, "container does not exist");
    return cm_entry_open(&runtime->store, id, lock, ret, err);
}

static bool is_frozen(struct cm_runtime *runtime, const struct cm_record *record)
{
    if (!record->cgroup_path)
        return false;
    int cgroup_root = cm_runtime_cgroup_root(runtime, NULL);
    /* Not to be read means not frozen: the process is alive, and a cgroup that is gone cannot hold it up. */
    return cgroup_root >= 0 && cm_cgroup_path_frozen(cgroup_root, record->cgroup_path, record->cgroup_ino) == 1;
}

int cm_look_waits(const struct cm_entry *entry)
{
    /* The process at the barrier has the FIFO open for reading; without a reader this fails (fifo(7)). */
    CM_AUTO_CLOSE int fifo = openat(entry->fd, CM_START_FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

    if (fifo < 0)
        return errno == ENXIO || errno == ENOENT ? 0 : -errno;
    return 1;
}

int cm_look_pidfd(struct cm_runtime *runtime, const struct cm_record *record)
{
    if (record->pidfd_ino == 0 && record->pid > 0) {
        int proc = cm_runtime_proc(runtime, NULL);
        if (proc < 0)
            return proc;
    }
    return cm_record_pidfd(record, runtime->proc);
}

/* As far as the record and the kernel tell; the barrier is not looked at. */
static int status_of(struct cm_runtime *runtime, const struct cm_record *record, enum cm_status *ret, int *ret_pidfd, struct cm_error *err)
{
    CM_AUTO_CLOSE int pidfd = cm_look_pidfd(runtime, record);

    if (pidfd < 0 && pidfd != -ESRCH)
        return cm_fail_errno(err, -pidfd, NULL, "looking at process %d of container %s", (int)record->pid, record->id);
    bool alive = pidfd >= 0;
    *ret = cm_record_status(record, alive, alive && is_frozen(runtime, record));
    if (ret_pidfd)
        *ret_pidfd = alive ? CM_TAKE_FD(pidfd) : CM_FD_NONE;
    return 0;
}

int cm_look_status(struct cm_runtime *runtime, const struct cm_entry *entry, const struct cm_record *record, enum cm_status *ret, int *ret_pidfd,
                   struct cm_error *err)
{
    int r = status_of(runtime, record, ret, ret_pidfd, err);

    if (r == 0 && *ret == CM_STATUS_CREATED && cm_look_waits(entry) == 0)
        *ret = CM_STATUS_RUNNING;
    return r;
}

int cm_state(struct cm_runtime *runtime, const char *id, struct cm_str *out, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    enum cm_status status;
    struct json_writer writer;

    int r = cm_look_open(runtime, id, false, &entry, err);
    if (r == 0)
        r = cm_record_read(&entry, &record, err);
    if (r == 0)
        r = cm_look_status(runtime, &entry, record, &status, NULL, err);
    if (r < 0)
        return r;
    json_writer_init(&writer, out, 2);
    cm_state_document(record, status, "", &writer);
    return out->failed ? cm_fail_errno(err, ENOMEM, NULL, "writing the state of container %s", id) : 0;
}

/* ---- list ---- */

enum { COLUMNS = 6, COLUMN_WIDTH_MIN = 12, COLUMN_GAP = 3 };

struct list {
    struct cm_runtime *runtime;
    enum cm_list_format format;
    void (*broken)(const struct cm_error *err);
    struct cm_error *err;
    struct cm_str *out; /* JSON and quiet write here directly */
    struct json_writer writer;
    size_t n;
    struct cm_str cells; /* table: the cells of all rows, each NUL-terminated */
    size_t widths[COLUMNS];
    char *passwd; /* /etc/passwd, read when the first owner is asked for */
    size_t passwd_size;
    bool passwd_tried;
    bool owner_known; /* of owner_uid: nearly always the same for all */
    uint32_t owner_uid;
    char owner[64];
};

/* Name of a user, "#uid" without one. /etc/passwd is read here because name services would need shared libraries. */
static void find_owner(struct list *list, uint32_t uid)
{
    if (!list->passwd_tried) {
        list->passwd_tried = true;
        if (cm_read_file_at(AT_FDCWD, "/etc/passwd", PASSWD_MAX, true, &list->passwd, &list->passwd_size) < 0)
            list->passwd = NULL;
    }
    (void)snprintf(list->owner, sizeof(list->owner), "#%u", uid);
    for (const char *line = list->passwd; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        size_t size = strcspn(line, "\n"), name = strcspn(line, ":\n");
        const char *field = memchr(line, ':', size);
        field = field ? memchr(field + 1, ':', size - (size_t)(field + 1 - line)) : NULL;
        char number[16] = {0};
        uint32_t found;
        if (!field || name == 0 || name >= sizeof(list->owner))
            continue;
        field++;
        size_t digits = strcspn(field, ":\n");
        if (digits == 0 || digits >= sizeof(number))
            continue;
        memcpy(number, field, digits);
        if (cm_parse_u32(number, &found) < 0 || found != uid)
            continue;
        memcpy(list->owner, line, name);
        list->owner[name] = '\0';
        return;
    }
}

static const char *owner_of(struct list *list, uint32_t uid)
{
    if (!list->owner_known || list->owner_uid != uid) {
        find_owner(list, uid);
        list->owner_known = true;
        list->owner_uid = uid;
    }
    return list->owner;
}

/* Characters, as far as bytes of UTF-8 tell. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void add_row(struct list *list, const char *const cells[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t start = list->cells.size;
        cm_str_add_bytes(&list->cells, cells[i], strlen(cells[i]) + 1);
        if (list->cells.failed)
            return;
        cm_printable(list->cells.data + start);
        list->widths[i] = CM_MAX(list->widths[i], width_of(list->cells.data + start));
    }
    list->n++;
}

static void print_table(struct list *list)
{
    const char *cell = cm_str_text(&list->cells);

    for (size_t row = 0; cell && row < list->n; row++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            size_t column = CM_MAX(list->widths[i] + COLUMN_GAP, (size_t)COLUMN_WIDTH_MIN);
            cm_str_add(list->out, cell);
            for (size_t used = width_of(cell); i + 1 < COLUMNS && used < column; used++)
                cm_str_add_bytes(list->out, " ", 1);
            cell += strlen(cell) + 1;
        }
        cm_str_add_bytes(list->out, "\n", 1);
    }
}

static void add_container(struct list *list, const struct cm_record *record, enum cm_status status)
{
    const char *owner = owner_of(list, record->owner);
    char pid[16];

    if (list->format == CM_LIST_JSON) {
        if (list->n++ == 0)
            json_array_begin(&list->writer, NULL);
        cm_state_document(record, status, owner, &list->writer);
        return;
    }
    (void)snprintf(pid, sizeof(pid), "%d", status == CM_STATUS_STOPPED ? 0 : (int)record->pid);
    add_row(list, (const char *const[COLUMNS]){record->id, pid, cm_status_word(status), record->bundle ? record->bundle : "",
                                               record->created_at ? record->created_at : "", owner});
}

/* One container. -ENOENT: it is being made or has just gone, which is no news for a list. */
static int list_one(struct list *list, const char *id, struct cm_error *err)
{
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_AUTO_RECORD struct cm_record *record = NULL;
    enum cm_status status;

    int r = cm_record_read_of(&list->runtime->store, id, &record, err);
    if (r < 0)
        return r;
    if (list->format == CM_LIST_QUIET) {
        cm_str_addf(list->out, "%s\n", id);
        return 0;
    }
    r = status_of(list->runtime, record, &status, NULL, err);
    if (r == 0 && status == CM_STATUS_CREATED) {
        r = cm_entry_open(&list->runtime->store, id, false, &entry, err);
        if (r == 0 && cm_look_waits(&entry) == 0)
            status = CM_STATUS_RUNNING;
    }
    if (r == 0)
        add_container(list, record, status);
    return r;
}

static int list_each(const char *id, void *user)
{
    struct list *list = user;
    int r = list_one(list, id, list->err);

    if (r < 0 && r != -ENOENT && list->broken) {
        (void)cm_error_prefix(list->err, "load container %s: ", id);
        list->broken(list->err);
    }
    return list->out->failed || list->cells.failed ? -ENOMEM : 0;
}

int cm_list(struct cm_runtime *runtime, enum cm_list_format format, void (*broken)(const struct cm_error *err), struct cm_str *out, struct cm_error *err)
{
    static const char *const header[COLUMNS] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
    struct cm_error each_error;
    struct list list = {.runtime = runtime, .format = format, .broken = broken, .err = &each_error, .out = out};
    int r = 0;

    cm_error_init(&each_error);
    json_writer_init(&list.writer, out, 0);
    if (format == CM_LIST_TABLE)
        add_row(&list, header);
    if (runtime->store.fd >= 0)
        r = cm_store_each(&runtime->store, list_each, &list, err);
    if (format == CM_LIST_TABLE)
        print_table(&list);
    if (format == CM_LIST_JSON) {
        if (list.n > 0)
            json_array_end(&list.writer);
        else
            json_add_null(&list.writer, NULL);
        cm_str_add(out, "\n");
    }
    if (r == 0 && (out->failed || list.cells.failed))
        r = -ENOMEM;
    if (r == -ENOMEM)
        (void)cm_fail_errno(err, ENOMEM, NULL, "listing the containers");
    cm_str_free(&list.cells);
    free(list.passwd);
    return r;
}
