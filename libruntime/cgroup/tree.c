/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and opening a container's cgroup. The path comes from the planner; it is still walked one component at a time on held
 * descriptors, so that nothing outside the cgroup2 mount can ever be made or opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"
#include "cgroup/files.h"

#define FIELD "/linux/cgroupsPath"
/* A parent that another container's removal takes away under our feet is made again, so often. */
#define CREATE_TRIES 8

void cm_cgroup_close(struct cm_cgroup *cgroup)
{
    (void)cm_close(cgroup->fd);
    (void)cm_close(cgroup->parent);
    free(cgroup->name);
    free(cgroup->path);
    *cgroup = CM_CGROUP_NONE;
}

/* Absolute, below the root, and made of plain components only: "", "." and ".." would name another cgroup than the text says. */
static bool path_ok(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *part = path; *part;) {
        part++;
        size_t n = strcspn(part, "/");
        if (n == 0 || n > NAME_MAX || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += n;
    }
    return path[1] != '\0' && !strchr(path, '\n');
}

static int bad_path(const char *path, struct cm_error *err)
{
    return cm_fail(err, EINVAL, FIELD, "cgroup path \"%s\" is not an absolute, normalised path below the root cgroup", path);
}

static const char *mkdir_remedy(int errnum)
{
    static const struct {
        int errnum;
        const char *text;
    } table[] = {
        {EACCES, "; an unprivileged caller needs a delegated cgroup (systemd: Delegate=yes) and must run inside it"},
        {EPERM, "; an unprivileged caller needs a delegated cgroup (systemd: Delegate=yes) and must run inside it"},
        {EROFS, "; the cgroup2 filesystem is mounted read-only here"},
        {EAGAIN, "; cgroup.max.descendants or cgroup.max.depth of a cgroup above is reached"},
        {ENOTDIR, "; a cgroup must not be named like one of the files of a cgroup"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++)
        if (table[i].errnum == errnum)
            return table[i].text;
    return "";
}

/*
 * A container's own cgroup is marked, so that no other is ever made inside it: that one would be killed with it. The attribute that only host root can write,
 * or, where that is not ours to use, the other.
 */
enum mark { MARK_LEAF, MARK_PARENT };

static const char *const marks[][2] = {
    [MARK_LEAF] = {"trusted.casemate", "user.casemate"}, [MARK_PARENT] = {"trusted.casemate_parent", "user.casemate_parent"}, /* made for what is below: goes
                                                                                                                                 with it */
};

static bool is_marked(int dir, enum mark mark)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(marks[mark]); i++)
        if (fgetxattr(dir, marks[mark][i], NULL, 0) >= 0)
            return true;
    return false;
}

bool cm_cgroup_is_made_parent(int dir)
{
    return is_marked(dir, MARK_PARENT);
}

static int set_mark(int dir, enum mark mark)
{
    int r = 0;

    for (size_t i = 0; i < CM_ARRAY_LEN(marks[mark]); i++) {
        r = fsetxattr(dir, marks[mark][i], "1", 1, 0) < 0 ? -errno : 0;
        if (r != -EPERM)
            break;
    }
    return r == -EOPNOTSUPP ? 0 : r; /* cgroup2 has had both since Linux 5.7 */
}

static int fail_inside(const char *path, struct cm_error *err)
{
    return cm_fail(err, EBUSY, FIELD, "the cgroup of another container is above %s; choose another cgroupsPath", path);
}

/* Makes or (unless it is the last) opens one component below cgroup->fd, which becomes the parent. cgroup->path ends with this component. */
static int step_down(struct cm_cgroup *cgroup, const char *name, bool last, struct cm_error *err)
{
    bool made = mkdirat(cgroup->fd, name, 0755) == 0;

    if (!made && errno != EEXIST)
        return cm_fail(err, errno, FIELD, "making cgroup %s: %s%s", cgroup->path, strerror(errno), mkdir_remedy(errno));
    int fd = cm_cgfile_open(cgroup->fd, name, O_RDONLY | O_DIRECTORY);
    int r = fd < 0 ? fd : 0;
    if (r == 0 && made)
        r = set_mark(fd, last ? MARK_LEAF : MARK_PARENT);
    if (r < 0) {
        if (made)
            (void)unlinkat(cgroup->fd, name, AT_REMOVEDIR);
        (void)cm_close(fd);
        return cm_fail(err, -r, FIELD, "%s cgroup %s: %s%s", fd < 0 ? "opening" : "marking", cgroup->path, strerror(-r), mkdir_remedy(-r));
    }
    if (!made && !last && is_marked(fd, MARK_LEAF)) {
        (void)cm_close(fd);
        return fail_inside(cgroup->path, err);
    }
    if (cgroup->created)
        cgroup->n_created_above++;
    cgroup->created = made;
    (void)cm_close(cgroup->parent);
    cgroup->parent = cgroup->fd;
    cgroup->fd = fd;
    return 0;
}

/* Threaded mode (cgroup-v2.rst, "Threads"): no process can be born in such a cgroup, or memory and io limits do not exist in it. */
static int check_type(const struct cm_cgroup *cgroup, struct cm_error *err)
{
    char type[64];
    ssize_t n = cm_cgfile_read(cgroup->fd, "cgroup.type", type, sizeof(type));

    if (n == -ENOENT || (n >= 0 && cm_streq(type, "domain")))
        return 0;
    if (n < 0)
        return cm_fail_errno(err, (int)-n, FIELD, "reading cgroup.type of %s", cgroup->path);
    return cm_fail(err, EOPNOTSUPP, FIELD,
                   "cgroup %s is of type \"%s\": threaded mode is in use there, in which a container's limits cannot work; choose another cgroupsPath",
                   cgroup->path, type);
}

static int check_idle(const struct cm_cgroup *cgroup, struct cm_error *err)
{
    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);

    if (events == -ENOENT)
        return 0;
    int frozen = 0, populated = events < 0 ? events : cm_cgfile_events(events, &frozen);
    if (populated < 0)
        frozen = populated;
    if (frozen < 0)
        return cm_fail_errno(err, -frozen, FIELD, "reading cgroup.events of %s", cgroup->path);
    if (populated > 0) {
        size_t n = 0;
        pid_t first = 0;
        int r = cm_cgfile_count(cgroup->fd, &n, &first);
        if (r < 0)
            return cm_fail_errno(err, -r, FIELD, "counting the processes of cgroup %s", cgroup->path);
        return cm_fail(err, EBUSY, FIELD, "container's cgroup is not empty: %zu process(es) found in %s", n, cgroup->path);
    }
    if (frozen > 0) /* also when a cgroup above is frozen: our first process would never run */
        return cm_fail(err, EBUSY, FIELD, "container's cgroup unexpectedly frozen: %s; thaw it (cgroup.freeze) or choose another cgroupsPath", cgroup->path);
    return 0;
}

/* Walks down path, which is cut after the component in work and whole again at the end. */
static int walk(struct cm_cgroup *cgroup, unsigned int controllers, struct cm_error *err)
{
    char *part = cgroup->path + 1;

    for (;;) {
        char *end = strchr(part, '/');
        if (end)
            *end = '\0';
        cm_controllers_enable(cgroup->fd, controllers);
        int r = step_down(cgroup, part, !end, err);
        if (r < 0 || !end)
            return r;
        *end = '/';
        part = end + 1;
    }
}

static void undo(struct cm_cgroup *cgroup, bool stepped)
{
    if (!cgroup->created)
        return;
    if (!stepped) /* path names the component that could not be made: what is to be removed ends before it */
        *strrchr(cgroup->path, '/') = '\0';
    (void)cm_cgroup_remove_now(cgroup->parent, cgroup->path, cgroup->n_created_above);
}

/*
 * Of two that make one cgroup inside the other at the same time, the upper one marks before it looks for others below, and the lower one is there before it
 * looks for marks above (again): at least one sees the other.
 */
static int check_alone(struct cm_cgroup *cgroup, struct cm_error *err)
{
    CM_AUTO_CLOSE int held = CM_FD_NONE;
    struct stat st;
    int dir = cgroup->parent;

    if (fstat(cgroup->fd, &st) < 0)
        return cm_fail_errno(err, errno, FIELD, "examining cgroup %s", cgroup->path);
    cgroup->ino = st.st_ino;
    if (st.st_nlink > 2) /* "." and its name: each more is a cgroup in it */
        return cm_fail(err, EBUSY, FIELD, "another cgroup was made in %s at the same time; choose another cgroupsPath", cgroup->path);
    for (const char *end = strrchr(cgroup->path, '/'); end > cgroup->path; end = memrchr(cgroup->path, '/', (size_t)(end - cgroup->path))) {
        if (is_marked(dir, MARK_LEAF))
            return fail_inside(cgroup->path, err);
        int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* cgroupfs has no rename: where we came from */
        if (up < 0)
            return cm_fail_errno(err, errno, FIELD, "opening the cgroup above one of %s", cgroup->path);
        (void)cm_close(held);
        held = dir = up;
    }
    return 0;
}

static int check_new(struct cm_cgroup *cgroup, struct cm_error *err)
{
    int r = check_type(cgroup, err);

    if (r == 0)
        r = check_idle(cgroup, err);
    if (r == 0 && !cgroup->created)
        r = cm_fail(err, EEXIST, FIELD, "cgroup %s exists already; remove it or choose another cgroupsPath", cgroup->path);
    return r < 0 ? r : check_alone(cgroup, err);
}

static int create_once(int root, const char *path, unsigned int controllers, struct cm_cgroup *ret, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;

    cgroup.path = strdup(path);
    cgroup.name = strdup(strrchr(path, '/') + 1);
    if (!cgroup.path || !cgroup.name)
        return cm_fail_errno(err, ENOMEM, NULL, "making cgroup %s", path);
    cgroup.fd = fcntl(root, F_DUPFD_CLOEXEC, 3);
    if (cgroup.fd < 0)
        return cm_fail_errno(err, errno, NULL, "making cgroup %s", path);

    int r = walk(&cgroup, controllers, err);
    if (r < 0) {
        undo(&cgroup, false);
        return r;
    }
    r = check_new(&cgroup, err);
    if (r < 0) {
        undo(&cgroup, true);
        return r;
    }
    *ret = cgroup;
    cgroup = CM_CGROUP_NONE;
    return 0;
}

int cm_cgroup_create(int root, const char *path, unsigned int controllers, struct cm_cgroup *ret, struct cm_error *err)
{
    int r = -ENOENT;

    if (!path_ok(path))
        return bad_path(path, err);
    for (int i = 0; i < CREATE_TRIES && r == -ENOENT; i++)
        r = create_once(root, path, controllers, ret, err);
    return r;
}

int cm_cgroup_open(int root, const char *path, struct cm_cgroup *ret, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;

    if (!path_ok(path))
        return bad_path(path, err);
    cgroup.path = strdup(path);
    cgroup.name = strdup(strrchr(path, '/') + 1);
    if (!cgroup.path || !cgroup.name)
        return cm_fail_errno(err, ENOMEM, NULL, "opening cgroup %s", path);

    char *last = strrchr(cgroup.path, '/');
    *last = '\0';
    cgroup.parent = last == cgroup.path ? fcntl(root, F_DUPFD_CLOEXEC, 3) : cm_cgfile_open(root, cgroup.path + 1, O_RDONLY | O_DIRECTORY);
    *last = '/';
    if (last == cgroup.path && cgroup.parent < 0)
        cgroup.parent = -errno;
    cgroup.fd = cgroup.parent < 0 ? cgroup.parent : cm_cgfile_open(cgroup.parent, cgroup.name, O_RDONLY | O_DIRECTORY);
    struct stat st;
    if (cgroup.fd >= 0 && fstat(cgroup.fd, &st) < 0)
        return cm_fail_errno(err, errno, FIELD, "examining cgroup %s", path);
    if (cgroup.fd < 0)
        return cm_fail_errno(err, -cgroup.fd, FIELD, "opening cgroup %s", path);
    cgroup.ino = st.st_ino;
    *ret = cgroup;
    cgroup = CM_CGROUP_NONE;
    return 0;
}

static int check_thawed(const struct cm_cgroup *cgroup, struct cm_error *err)
{
    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);
    int frozen = 0, populated = events < 0 ? events : cm_cgfile_events(events, &frozen);

    if (populated < 0)
        return cm_fail_errno(err, -populated, FIELD, "reading cgroup.events of %s", cgroup->path);
    return frozen > 0 ? cm_fail(err, EBUSY, FIELD, "container's cgroup unexpectedly frozen: %s; thaw the slice it lies in", cgroup->path) : 0;
}

int cm_cgroup_adopt(int root, const char *path, struct cm_cgroup *ret, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    int r = cm_cgroup_open(root, path, &cgroup, err);

    if (r < 0)
        return r;
    r = set_mark(cgroup.fd, MARK_LEAF);
    if (r < 0)
        return cm_fail_errno(err, -r, FIELD, "marking cgroup %s", path);
    r = check_type(&cgroup, err);
    if (r == 0)
        r = check_thawed(&cgroup, err);
    if (r == 0)
        r = check_alone(&cgroup, err);
    if (r < 0)
        return r;
    *ret = cgroup;
    cgroup = CM_CGROUP_NONE;
    return 0;
}

int cm_cgroup_open_ours(int root, const char *path, uint64_t ino, struct cm_cgroup *ret, struct cm_error *err)
{
    CM_AUTO_CGROUP struct cm_cgroup cgroup = CM_CGROUP_NONE;
    int r = cm_cgroup_open(root, path, &cgroup, err);

    if (r == 0 && cgroup.ino != ino)
        r = cm_fail(err, ENOENT, FIELD, "cgroup %s is not the one that was made for the container; that is gone", path);
    if (r < 0)
        return r;
    *ret = cgroup;
    cgroup = CM_CGROUP_NONE;
    return 0;
}

/* Component by component, so that neither "x/../.." nor a name that only begins like ours leads out (opencontainers/runc#5351). */
int cm_cgroup_descend(struct cm_cgroup *cgroup, const char *path, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str whole = {0};
    const char *below = cm_streq(path, "/") ? "." : path;

    cm_str_addf(&whole, "/%s", path);
    if (!cm_str_text(&whole))
        return cm_fail_errno(err, ENOMEM, NULL, "opening a cgroup");
    if (path[0] != '\0' && !cm_streq(path, "/") && !path_ok(whole.data))
        return cm_fail(err, EINVAL, NULL, "bad sub cgroup path: \"%.256s\" is not a plain path below the container's cgroup", path);
    CM_AUTO_CLOSE int fd = cm_cgfile_open(cgroup->fd, *below ? below : ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return cm_fail_errno(err, -fd, NULL, "opening the cgroup %.256s below the container's", path);
    (void)cm_close(cgroup->fd);
    cgroup->fd = CM_TAKE_FD(fd);
    return 0;
}
