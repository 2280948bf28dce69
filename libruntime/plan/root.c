/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root filesystem: where it is, what may be one, and in which mode it is used. The path is the engine's, its contents are hostile. */
#include "plan/planner.h"

#include <string.h>

#include "plan/filesystems.h"

/* A scratch layer that only holds missing mount points: directories and empty files. */
#define MOUNT_POINTS_SIZE (UINT64_C(1) << 20)
#define FIELD "/root/path"

/* What no engine keeps roots in: nothing below them either. */
static const char *const closed_trees[] = {
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/root/.cache",
    "/root/.config",
    "/root/.gnupg",
    "/root/.ssh",
    "/sbin",
    "/sys",
    "/usr",
    "/var/backups",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/misc",
    "/var/lib/polkit-1",
    "/var/lib/private",
    "/var/lib/systemd",
    "/var/mail",
    "/var/spool",
};

/* Directories of the host and of engines: a root may lie below them, never be one of them or what they lie in. */
static const char *const whole_trees[] = {
    "/home",
    "/media",
    "/mnt",
    "/nix",
    "/opt",
    "/root",
    "/run/casemate",
    "/run/containerd",
    "/run/containers",
    "/run/crio",
    "/run/docker",
    "/run/lock",
    "/run/netns",
    "/run/systemd",
    "/run/user",
    "/srv",
    "/tmp",
    "/var/cache",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/log",
    "/var/tmp",
};

/* Whether it is "/home/USER" itself. */
static bool is_home(const char *real)
{
    static const char homes[] = "/home/";

    return cm_has_prefix(real, homes) && !strchr(real + sizeof(homes) - 1, '/');
}

const char *cm_root_objection(struct cm_planner *p, const char *real)
{
    const struct cm_facts *facts = p->facts;

    for (size_t i = 0; i < CM_ARRAY_LEN(closed_trees); i++)
        if (cm_path_is_below(real, closed_trees[i]) || cm_path_is_below(closed_trees[i], real))
            return cm_text(p, "it is, holds or lies in %s of the host", closed_trees[i]);
    for (size_t i = 0; i < CM_ARRAY_LEN(whole_trees); i++)
        if (cm_path_is_below(whole_trees[i], real))
            return cm_text(p, "it is or holds %s of the host", whole_trees[i]);
    if (is_home(real))
        return "it is the home directory of a user";
    if (facts->bundle && cm_path_is_below(facts->bundle, real))
        return "it is or holds the bundle itself";
    if (facts->state_root && cm_path_is_below(facts->state_root, real))
        return "it is or holds the state of containers";
    return NULL;
}

static void check_real_path(struct cm_planner *p, const char *path)
{
    const char *real = p->facts->rootfs_real;
    const char *why = real && real[0] == '/' ? cm_root_objection(p, real) : "where it really lies cannot be told";

    if (why)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "\"%.128s\" cannot be a container's root: %s; give it a directory of its own", path, why);
}

static void check_place(struct cm_planner *p, const char *path)
{
    const struct cm_facts *facts = p->facts;

    if (facts->rootfs_has_symlink)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "invalid rootfs: \"%.128s\" contains a symbolic link; give the real path", path);
    else if (!facts->rootfs_exists)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the root filesystem \"%.128s\" cannot be opened: %s", path, strerror(facts->rootfs_errnum));
    else if (!facts->rootfs_is_directory)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "the root filesystem \"%.128s\" is not a directory", path);
    else if (facts->rootfs_is_host_root)
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "\"%.128s\" is the host's own root; give the container a directory of its own", path);
    else if (cm_fs_is_forbidden(facts->rootfs_fs_magic))
        cm_refuse(p, CM_CODE_ROOTFS, FIELD, "\"%.128s\" lies on a kernel filesystem, which cannot be a container's root", path);
    else
        check_real_path(p, path);
}

static void check_mode(struct cm_planner *p, const struct oci_root *root)
{
    bool asked = root->readonly.set && root->readonly.v;
    const char *field = root->readonly.set ? "/root/readonly" : "/root";

    if (p->plan->root_mode == CM_ROOT_EPHEMERAL && asked) {
        /* an annotation never loosens what the configuration asks */
        p->plan->root_mode = CM_ROOT_READONLY;
        cm_tighten(p, CM_CODE_ROOT_READONLY, field,
                   "readonly is true, so the annotation casemate.rootfs=ephemeral has no effect; set readonly to false for it");
    } else if (p->plan->root_mode == CM_ROOT_READONLY && !asked) {
        cm_tighten(p, CM_CODE_ROOT_READONLY, field, "the root filesystem was not asked to be read-only; it was made so");
    }
    p->plan->root_scratch = p->plan->root_mode == CM_ROOT_EPHEMERAL;
    p->plan->root_scratch_size = p->plan->root_scratch ? (uint64_t)p->policy->ephemeral_size : MOUNT_POINTS_SIZE;
}

static void check_propagation(struct cm_planner *p)
{
    static const char *const accepted[] = {"", "private", "rprivate", "slave", "rslave"};
    const char *word = p->linux_->rootfs_propagation;

    for (size_t i = 0; word && i < CM_ARRAY_LEN(accepted); i++)
        if (cm_streq(word, accepted[i]))
            return;
    if (word)
        cm_refuse(p, CM_CODE_PROPAGATION, "/linux/rootfsPropagation", "\"%.64s\" would let mounts cross into the host; use private or slave", word);
}

void cm_check_root(struct cm_planner *p)
{
    const struct oci_root *root = p->config->root;

    p->plan->rootfs = p->facts->rootfs_real;
    p->plan->root_idmap = !p->facts->rootless;
    check_propagation(p);
    if (!root || !root->path || !root->path[0]) {
        cm_refuse(p, CM_CODE_ROOTFS, root ? FIELD : "/root", "there is no root filesystem; set root.path");
        return;
    }
    check_place(p, root->path);
    check_mode(p, root);
}
