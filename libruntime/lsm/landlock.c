/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Landlock as a second wall behind the read-only mounts and the missing device nodes, with what the kernel's ABI offers of it (Linux 5.19 and later).
 *
 * Left out on purpose: the scopes of ABI 6, since a process that joins the container later gets an equal but separate domain and could neither signal init nor
 * reach its abstract sockets, and the pid and network namespaces separate these from the host already; and rules for ports, which can only name single ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "lsm/lsm.h"
#include "path/rootpath.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

#ifndef LANDLOCK_ACCESS_FS_RESOLVE_UNIX
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX (1ULL << 16)
#endif
/* Linux 6.15: what the program is denied is logged, although it is executed later; not what it denies itself in domains of its own making. */
#define LOG_NEW_EXEC_ON (1u << 1)
#define LOG_SUBDOMAINS_OFF (1u << 2)

#define ACCESS_READ ((uint64_t)LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE                                                                                                                                           \
    ((uint64_t)LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                  \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER |      \
     LANDLOCK_ACCESS_FS_TRUNCATE)
#define ACCESS_NODES ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK) /* handled and granted nowhere */

unsigned int cm_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (unsigned int)abi : 0;
}

uint64_t cm_landlock_handled(unsigned int abi)
{
    uint64_t access = ACCESS_READ | ACCESS_WRITE | ACCESS_NODES;

    if (abi < 3)
        access &= ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 5)
        access |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    if (abi >= 9)
        access |= LANDLOCK_ACCESS_FS_RESOLVE_UNIX; /* sockets in the container's tree, and none that a descriptor leads to */
    return access;
}

static int allow_below(struct cm_rootfd root, int ruleset, const char *path, uint64_t access)
{
    CM_AUTO_CLOSE int fd = cm_root_open(root, path, O_PATH, CM_LOOKUP_IN_ROOT);
    struct landlock_path_beneath_attr attr = {.allowed_access = access, .parent_fd = fd};

    if (fd < 0)
        return fd;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0 ? -errno : 0;
}

static int allow_mounts(const struct cm_plan *plan, struct cm_rootfd root, int ruleset, uint64_t handled, struct cm_error *err)
{
    for (size_t i = 0; i < plan->n_mounts; i++) {
        const struct cm_plan_mount *m = &plan->mounts[i];
        uint64_t access = ACCESS_READ;
        if (!(m->attributes & MOUNT_ATTR_RDONLY))
            access |= ACCESS_WRITE;
        if (m->kind == CM_MOUNT_DEV)
            access |= ACCESS_WRITE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
        if (m->kind == CM_MOUNT_BIND && !m->source_is_directory)
            access &= (uint64_t)LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
        /* Message queues are opened (mq_open) by way of a mount of the kernel's own, above which is nothing: a rule must be at their directory itself. */
        if ((access & ACCESS_WRITE) == 0 || (cm_has_prefix(m->target, "/dev/") && m->kind != CM_MOUNT_MQUEUE))
            continue; /* the rule of the root covers it, or that of /dev: rules reach into mounts below */
        int r = allow_below(root, ruleset, m->target, access & handled);
        if (plan->joins && (r == -ENOENT || r == -ENOTDIR || r == -ELOOP))
            continue; /* the container has moved what lies above the mount: a rule less is stricter */
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "adding the Landlock rule for %s", m->target);
    }
    return 0;
}

int cm_landlock_prepare(const struct cm_plan *plan, struct cm_rootfd root, unsigned int abi, struct cm_error *err)
{
    uint64_t handled = cm_landlock_handled(abi);
    struct landlock_ruleset_attr attr = {.handled_access_fs = handled};
    CM_AUTO_CLOSE int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);

    if (ruleset < 0)
        return cm_fail_errno(err, errno, NULL, "making a Landlock ruleset (ABI %u)", abi);
    uint64_t everywhere = plan->root_mode == CM_ROOT_EPHEMERAL ? ACCESS_READ | ACCESS_WRITE : ACCESS_READ | LANDLOCK_ACCESS_FS_REFER;
    int r = allow_below(root, ruleset, "/", (everywhere | LANDLOCK_ACCESS_FS_RESOLVE_UNIX) & handled);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "adding the Landlock rule for /");
    r = allow_mounts(plan, root, ruleset, handled, err);
    return r < 0 ? r : CM_TAKE_FD(ruleset);
}

int cm_landlock_enforce(int ruleset, unsigned int abi, struct cm_error *err)
{
    if (syscall(SYS_landlock_restrict_self, ruleset, abi >= 7 ? LOG_NEW_EXEC_ON | LOG_SUBDOMAINS_OFF : 0) < 0)
        return cm_fail_errno(err, errno, NULL, "enforcing the Landlock ruleset");
    return 0;
}
