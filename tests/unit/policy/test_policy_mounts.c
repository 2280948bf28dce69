/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The section "mounts" of policy files, and the floors of bind mounts. */
#include "check.h"

#include <limits.h>

#include "base/arena.h"
#include "base/str.h"
#include "policy/file.h"
#include "policy/floors_mounts.h"

#define FILE_OF(members) "{\"version\":1,\"mounts\":{" members "}}"
#define RULE(members) FILE_OF("\"allow\":[{\"prefix\":\"/srv\"," members "}]")
#define ROOTS(members) FILE_OF("\"roots\":{" members "}")

static const struct cm_policy *policy_of(struct cm_arena *arena, const char *text, const char *second, struct cm_error *err)
{
    struct cm_policy_draft draft = {.arena = arena};
    const struct cm_policy *policy = NULL;

    if (cm_policy_draft_add(&draft, "/a.json", text, strlen(text), err) < 0 ||
        (second && cm_policy_draft_add(&draft, "/b.json", second, strlen(second), err) < 0) ||
        cm_policy_draft_finish(&draft, CM_POLICY_HARDENED, NULL, &policy, err) < 0)
        return NULL;
    return policy;
}

TEST(members)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_error err;
    const struct cm_policy *policy = policy_of(
        &arena,
        FILE_OF("\"allow\":[{\"prefix\":\"/opt/lib.so\",\"destination\":\"/lib/lib.so\",\"type\":\"file\",\"exec\":true,\"filesystems\":[\"ext4\",\"fuse.x\"]},"
                "{\"prefix\":\"/srv\",\"sockets\":true,\"type\":\"directory\"}],\"classes\":[\"default\",\"kubelet-local\"],"
                "\"roots\":{\"kubelet\":\"/data/kubelet\"},\"configExec\":true,\"unmapped\":[\"nfs4\"]"),
        FILE_OF("\"classes\":[\"docker-files\"],\"roots\":{\"docker\":\"/data/docker\",\"containerdState\":\"/run/k3s/containerd\"},\"unmapped\":[\"cifs\"]"),
        &err);

    if (!policy) {
        CHECK_FAIL("%s", err.message);
        return;
    }
    CHECK_INT(policy->n_mount_rules, 2);
    CHECK_STR(policy->mount_rules[0].destination, "/lib/lib.so");
    CHECK_INT(policy->mount_rules[0].type, CM_SOURCE_FILE);
    CHECK_INT(policy->mount_rules[0].n_filesystems, 2);
    CHECK_STR(policy->mount_rules[0].filesystems[1], "fuse.x");
    CHECK(policy->mount_rules[0].allow_exec && !policy->mount_rules[0].allow_sockets && !policy->mount_rules[0].allow_write);
    CHECK(policy->mount_rules[1].allow_sockets && !policy->mount_rules[1].destination && policy->mount_rules[1].n_filesystems == 0);
    CHECK_INT(policy->mount_rules[1].type, CM_SOURCE_DIRECTORY);
    CHECK_INT(policy->n_mount_classes, 3);
    CHECK_STR(policy->mount_roots[CM_MOUNT_ROOT_KUBELET], "/data/kubelet");
    CHECK_STR(policy->mount_roots[CM_MOUNT_ROOT_DOCKER], "/data/docker");
    CHECK_STR(policy->mount_roots[CM_MOUNT_ROOT_CONTAINERD_STATE], "/run/k3s/containerd");
    CHECK_STR(policy->mount_roots[CM_MOUNT_ROOT_CONTAINERD_ROOT], "/var/lib/containerd");
    CHECK(policy->config_exec);
    CHECK_INT(policy->n_unmapped, 2);
    CHECK_STR(policy->unmapped[1], "cifs");
}

TEST(mistakes)
{
    static const struct {
        const char *text, *second, *wants[3];
    } wrong[] = {
        {RULE("\"destination\":\"lib\""), NULL, {"/mounts/allow/0/destination: ", "absolute"}},
        {RULE("\"destination\":\"/a/../b\""), NULL, {"/mounts/allow/0/destination: "}},
        {RULE("\"type\":\"socket\""), NULL, {"/mounts/allow/0/type: ", "directory, file"}},
        {RULE("\"filesystems\":[]"), NULL, {"/mounts/allow/0/filesystems: ", "no filesystem"}},
        {RULE("\"filesystems\":[\"ext4\",\"a b\"]"), NULL, {"/mounts/allow/0/filesystems/1: ", "type of a filesystem"}},
        {RULE("\"filesystems\":\"ext4\""), NULL, {"/mounts/allow/0/filesystems: "}},
        {RULE("\"sockets\":1"), NULL, {"/mounts/allow/0/sockets: "}},
        {FILE_OF("\"classes\":[\"kubelet\"]"), NULL, {"/mounts/classes/0: ", "kubelet-volumes", "none"}},
        {FILE_OF("\"classes\":[]"), NULL, {"/mounts/classes: ", "[\"none\"]"}},
        {FILE_OF("\"classes\":\"none\""), NULL, {"/mounts/classes: ", "array"}},
        {FILE_OF("\"unmapped\":[\"NFS\"]"), NULL, {"/mounts/unmapped/0: ", "type of a filesystem"}},
        {FILE_OF("\"unmapped\":[7]"), NULL, {"/mounts/unmapped/0: "}},
        {FILE_OF("\"configExec\":\"yes\""), NULL, {"/mounts/configExec: "}},
        {FILE_OF("\"configExec\":true"), FILE_OF("\"configExec\":true"), {"/mounts/configExec: ", "/a.json"}},
        {FILE_OF("\"deny\":[]"), NULL, {"/mounts/deny: ", "unknown member"}},
        {ROOTS("\"kubelet\":\"data\""), NULL, {"/mounts/roots/kubelet: ", "absolute"}},
        {ROOTS("\"Kubelet\":\"/data\""), NULL, {"/mounts/roots/Kubelet: "}},
        {ROOTS("\"crio\":\"/data\""), NULL, {"/mounts/roots/crio: ", "unknown member"}},
        {ROOTS("\"kubelet\":\"/etc\""), NULL, {"/mounts/roots/kubelet: ", "floor: host-trees"}},
        {ROOTS("\"kubelet\":\"/etc/kubelet\""), NULL, {"/mounts/roots/kubelet: ", "floor: "}},
        {ROOTS("\"kubelet\":\"/home\""), NULL, {"/mounts/roots/kubelet: ", "floor: "}},
        {ROOTS("\"docker\":\"/proc/1/root\""), NULL, {"/mounts/roots/docker: ", "floor: "}},
        {ROOTS("\"docker\":\"/dev/x\""), NULL, {"/mounts/roots/docker: ", "floor: "}},
        {ROOTS("\"docker\":\"/run/systemd\""), NULL, {"/mounts/roots/docker: ", "floor: "}},
        {ROOTS("\"docker\":\"/a\""), ROOTS("\"docker\":\"/a\""), {"/b.json", "/mounts/roots/docker: ", "/a.json"}},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_error err;
        if (policy_of(&arena, wrong[i].text, wrong[i].second, &err)) {
            CHECK_FAIL("taken: %s", wrong[i].text);
            continue;
        }
        for (size_t w = 0; w < 3 && wrong[i].wants[w]; w++)
            CHECK_CONTAINS(err.message, wrong[i].wants[w]);
    }
}

TEST(whole_trees)
{
    static const char *const roots[CM_MOUNT_ROOT_COUNT] = {"/data/kubelet", "/data/c", "/data/s", "/data/t", "/data/u", "/data/docker"};
    static const char *const denied[] = {"/",
                                         "/etc",
                                         "/usr",
                                         "/run",
                                         "/run/docker",
                                         "/run/systemd",
                                         "/run/containerd",
                                         "/var/lib/kubelet",
                                         "/var/lib/kubelet/pods",
                                         "/var/lib/docker",
                                         "/var/lib/docker/volumes",
                                         "/proc",
                                         "/proc/1",
                                         "/sys/fs/cgroup",
                                         "/dev",
                                         "/dev/disk",
                                         "/data/kubelet",
                                         "/data/kubelet/pods",
                                         "/data/kubelet/device-plugins",
                                         "/data/docker",
                                         "/data/docker/containers"};
    static const char *const fine[] = {"/srv",  "/etc/ssl",       "/dev/shm",     "/run/containerdx", "/var/lib/kubelet/pods/x",
                                       "/data", "/data/kubelet2", "/data/dockerx"};

    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        if (!cm_floor_mount_source(denied[i], roots))
            CHECK_FAIL("%s is no whole tree", denied[i]);
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        if (cm_floor_mount_source(fine[i], roots))
            CHECK_FAIL("%s is one", fine[i]);
    CHECK(!cm_floor_mount_source("/data/kubelet", NULL));
}

TEST(lists_by_number)
{
    static const char *const roots[CM_MOUNT_ROOT_COUNT] = {"/data/kubelet", "/data/c", "/data/s", "/data/t", "/data/u", "/data/docker"};
    char path[PATH_MAX];
    bool root = false, pods = false, docker = false, kubelet = false, moved = false;
    size_t n = 0;

    for (; cm_denied_directory(n, roots, path, sizeof(path)); n++) {
        root |= strcmp(path, "/") == 0;
        pods |= strcmp(path, "/data/kubelet/pods") == 0;
        CHECK(path[0] == '/' && (n == 0 || strcmp(path, "/") != 0));
    }
    CHECK(root && pods && n < 64); /* run/sources.h keeps as many */
    for (n = 0; cm_denied_socket(n, roots, path, sizeof(path)); n++) {
        docker |= strcmp(path, "/run/docker.sock") == 0;
        kubelet |= strcmp(path, "/data/kubelet/pod-resources/kubelet.sock") == 0;
        moved |= strcmp(path, "/data/s/containerd.sock") == 0;
    }
    CHECK(docker && kubelet && moved);
}
