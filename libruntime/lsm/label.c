/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Labels of AppArmor and SELinux, asked for by lsm_set_self_attr(2) (Linux 6.8), which no procfs can misdirect, or through the private procfs. The names come
 * from the config and were judged by the planner. A label holds from the next execve on; what can be seen before that is what was asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "lsm/lsm.h"
#include "path/procfs.h"
#include "policy/labels.h"

/* include/uapi/linux/lsm.h, Linux 6.8; the numbers are the same on every architecture */
#define SYS_LSM_GET_SELF_ATTR 459
#define SYS_LSM_SET_SELF_ATTR 460
#define LSM_FLAG_SINGLE 1u
#define ID_SELINUX 101
#define ID_APPARMOR 104
#define TEXT_MAX 1536

struct lsm_text {
    uint64_t id, flags, len, ctx_len;
    char text[TEXT_MAX];
};
#define HEADER offsetof(struct lsm_text, text)

struct attribute {
    uint64_t id;
    unsigned int number;
    const char *file, *shared; /* of procfs; before Linux 5.8 all modules share one */
};
static const struct attribute apparmor_current = {ID_APPARMOR, 100, "apparmor/current", "current"};
static const struct attribute apparmor_exec = {ID_APPARMOR, 101, "apparmor/exec", "exec"};
static const struct attribute selinux_exec = {ID_SELINUX, 101, "exec", NULL};
static const struct attribute selinux_keycreate = {ID_SELINUX, 103, "keycreate", NULL};

bool cm_lsm_apparmor_active(void)
{
    char value[8];

    return cm_read_small_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", value, sizeof(value)) > 0 && value[0] == 'Y';
}

bool cm_lsm_selinux_active(void)
{
    return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

bool cm_lsm_selinux_mls(void)
{
    char value[8];

    return cm_read_small_at(AT_FDCWD, "/sys/fs/selinux/mls", value, sizeof(value)) > 0 && value[0] == '1';
}

/* The kernel answers EINVAL to a label that its policy does not know; whoever may not ask learns nothing. */
bool cm_lsm_selinux_unknown(const char *label)
{
    CM_AUTO_CLOSE int fd = open("/sys/fs/selinux/context", O_RDWR | O_CLOEXEC);

    return fd >= 0 && write(fd, label, strlen(label) + 1) < 0 && errno == EINVAL;
}

/* An old kernel, or a filter that we run under, has no such call. */
static bool no_such_call(void)
{
    return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM;
}

/* The task directory: labels are per thread, and "thread-self" would be a link. */
static int attribute_path(int proc, const char *file, char path[64])
{
    long pid = cm_procfs_self(proc);

    if (pid < 0)
        return (int)pid;
    (void)snprintf(path, 64, "%ld/task/%ld/attr/%s", pid, pid, file);
    return 0;
}

static int write_attribute(int proc, const struct attribute *attribute, const char *value)
{
    char path[64];
    int r = attribute_path(proc, attribute->file, path);

    if (r == 0)
        r = cm_procfs_write(proc, path, value);
    if (r == -ENOENT && attribute->shared && attribute_path(proc, attribute->shared, path) == 0)
        r = cm_procfs_write(proc, path, value);
    return r;
}

static int set_attribute(int proc, const struct attribute *attribute, const char *value)
{
    struct lsm_text context = {.id = attribute->id, .ctx_len = strlen(value) + 1};

    if (context.ctx_len > sizeof(context.text))
        return -ENAMETOOLONG;
    context.len = HEADER + context.ctx_len;
    memcpy(context.text, value, context.ctx_len);
    if (syscall(SYS_LSM_SET_SELF_ATTR, attribute->number, &context, (uint32_t)context.len, 0) == 0)
        return 0;
    return no_such_call() ? write_attribute(proc, attribute, value) : -errno;
}

static int read_attribute(int proc, const struct attribute *attribute, char *ret, size_t size)
{
    char path[64];
    int r = attribute_path(proc, attribute->file, path);

    if (r == 0)
        r = cm_procfs_read_value(proc, path, ret, size);
    if (r == -ENOENT && attribute->shared && attribute_path(proc, attribute->shared, path) == 0)
        r = cm_procfs_read_value(proc, path, ret, size);
    return r;
}

/* Its text, without the end of a line. */
static int get_attribute(int proc, const struct attribute *attribute, char ret[TEXT_MAX])
{
    struct lsm_text context = {.id = attribute->id};
    uint32_t size = sizeof(context);
    int r = 0;

    if (syscall(SYS_LSM_GET_SELF_ATTR, attribute->number, &context, &size, LSM_FLAG_SINGLE) >= 0)
        (void)snprintf(ret, TEXT_MAX, "%.*s", (int)CM_MIN(context.ctx_len, (uint64_t)TEXT_MAX - 1), context.text);
    else
        r = no_such_call() ? read_attribute(proc, attribute, ret, TEXT_MAX) : -errno;
    if (r >= 0)
        ret[strcspn(ret, "\n")] = '\0';
    return r < 0 ? r : 0;
}

/* A profile that gives a name and nothing else ("crun (unconfined)") is none. */
bool cm_lsm_apparmor_confined(int proc)
{
    static const char unconfined[] = "unconfined";
    char text[TEXT_MAX] = "";

    if (get_attribute(proc, &apparmor_current, text) < 0 || cm_streq(text, unconfined))
        return false;
    const char *mode = strrchr(text, '(');
    return !mode || strncmp(mode + 1, unconfined, sizeof(unconfined) - 1) != 0;
}

static int set_apparmor(const struct cm_plan *plan, int proc, struct cm_error *err)
{
    static const char field[] = "/process/apparmorProfile";
    const char *profile = plan->apparmor_profile;
    char text[TEXT_MAX];

    /* What runs confined can only be confined further: the container then has our rules and its own. */
    int n = snprintf(text, sizeof(text), "%s %s", plan->apparmor_stacks ? "stack" : "exec", profile);
    if (n < 0 || (size_t)n >= sizeof(text))
        return cm_fail_errno(err, ENAMETOOLONG, field, "setting the AppArmor profile");
    int r = set_attribute(proc, &apparmor_exec, text);
    if (r < 0 && plan->apparmor_stacks)
        return cm_fail_errno(err, -r, field,
                             "stacking the AppArmor profile %s on the one that the runtime itself runs under; give that one the rule \"change_profile -> &%s\"",
                             profile, profile);
    if (r < 0)
        return cm_fail_errno(err, -r, field, "asking for the AppArmor profile %s; %s", profile,
                             r == -ENOENT ? "it is not loaded: use apparmor_parser(8)" : "may this process change its profile?");
    r = get_attribute(proc, &apparmor_exec, text);
    if (r < 0)
        return cm_fail_errno(err, -r, field, "reading back the AppArmor profile %s that was asked for", profile);
    if (!cm_apparmor_shows(text, profile))
        return cm_fail(err, EPERM, field, "the AppArmor profile %s was asked for, and the kernel would set \"%.256s\", which does not confine", profile, text);
    return 0;
}

int cm_label_set(const struct cm_plan *plan, int proc, struct cm_error *err)
{
    int r = plan->apparmor_profile ? set_apparmor(plan, proc, err) : 0;

    if (r < 0 || !plan->selinux_label)
        return r;
    r = set_attribute(proc, &selinux_exec, plan->selinux_label);
    if (r < 0)
        return cm_fail_errno(err, -r, "/process/selinuxLabel", "asking for the SELinux label %s; does the policy let us (process setexec)?", plan->selinux_label);
    return 0;
}

int cm_label_keys(const struct cm_plan *plan, int proc, struct cm_error *err)
{
    int r = plan->selinux_label ? set_attribute(proc, &selinux_keycreate, plan->selinux_label) : 0;

    return r < 0 ? cm_fail_errno(err, -r, "/process/selinuxLabel", "labelling the session keyring %s", plan->selinux_label) : 0;
}
