/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The generated configuration is one that the parser takes, with what it promises. */
#include "oci/spec.h"

#include "check.h"
#include "oci/config.h"

static struct cm_error err;

static struct oci_config *generate(bool rootless, struct cm_str *out)
{
    struct oci_config *config = NULL;

    CHECK_INT(oci_spec_generate(rootless, 1000, 2000, out), 0);
    cm_error_init(&err);
    if (oci_config_parse(out->data, out->size, &config, &err) < 0)
        CHECK_FAIL("%s: %s", err.field, err.message);
    return config;
}

static const struct oci_mount *mount_at(const struct oci_config *config, const char *destination)
{
    for (size_t i = 0; i < config->n_mounts; i++)
        if (strcmp(config->mounts[i].destination, destination) == 0)
            return &config->mounts[i];
    return NULL;
}

static bool has_option(const struct oci_mount *mount, const char *option)
{
    for (size_t i = 0; mount && i < mount->options.n; i++)
        if (strcmp(mount->options.v[i], option) == 0)
            return true;
    return false;
}

TEST(text)
{
    CM_AUTO_STR struct cm_str out = {0};

    CHECK_INT(oci_spec_generate(false, 0, 0, &out), 0);
    CHECK(cm_has_prefix(out.data, "{\n\t\"ociVersion\": \"" OCI_VERSION "\",\n\t\"process\": {\n\t\t\"terminal\": true,\n"));
    CHECK_STR(out.data + out.size - 3, "\n}\n");
    CHECK(!strchr(out.data, '\r') && !strstr(out.data, "AUDIT_WRITE") && !strstr(out.data, "  "));
}

TEST(defaults)
{
    CM_AUTO_STR struct cm_str out = {0};
    OCI_AUTO_CONFIG struct oci_config *config = generate(false, &out);

    if (!config)
        return;
    CHECK_STR(config->oci_version, OCI_VERSION);
    CHECK_STR(config->root->path, "rootfs");
    CHECK(config->root->readonly.v);
    CHECK_STR(config->hostname, "casemate");
    CHECK(config->process->terminal.v && config->process->no_new_privileges.v);
    CHECK_STR(config->process->args.v[0], "sh");
    CHECK_STR(config->process->cwd, "/");
    CHECK_INT(config->process->env.n, 2);
    CHECK(config->process->user.uid_set && config->process->user.uid == 0);
    CHECK_INT(config->process->rlimits[0].hard, 1024);
    for (int i = 0; i < OCI_CAP_SETS; i++)
        CHECK_INT(config->process->capabilities->sets[i].n, i == OCI_CAP_INHERITABLE || i == OCI_CAP_AMBIENT ? 0 : 2);
    CHECK_INT(config->n_mounts, 7);
    CHECK(has_option(mount_at(config, "/sys"), "ro"));
    const struct oci_mount *cgroup = mount_at(config, "/sys/fs/cgroup");
    CHECK_STR(cgroup ? cgroup->type : NULL, "cgroup");
    CHECK(has_option(cgroup, "ro") && has_option(cgroup, "relatime"));
    CHECK(has_option(mount_at(config, "/dev/pts"), "gid=5"));
    CHECK_INT(config->linux_->n_namespaces, 6);
    CHECK(oci_config_namespace(config, OCI_NS_NETWORK) && !oci_config_namespace(config, OCI_NS_USER));
    CHECK_INT(config->linux_->resources->n_devices, 1);
    CHECK(!config->linux_->resources->devices[0].allow);
    CHECK_INT(config->linux_->masked_paths.n, 15);
    CHECK_INT(config->linux_->readonly_paths.n, 6);
}

TEST(rootless)
{
    CM_AUTO_STR struct cm_str out = {0};
    OCI_AUTO_CONFIG struct oci_config *config = generate(true, &out);

    if (!config)
        return;
    CHECK(oci_config_namespace(config, OCI_NS_USER) && oci_config_namespace(config, OCI_NS_NETWORK));
    CHECK(!config->linux_->resources);
    CHECK_INT(config->linux_->uid_mappings.n, 1);
    CHECK_INT(config->linux_->uid_mappings.v[0].host_id, 1000);
    CHECK_INT(config->linux_->gid_mappings.v[0].host_id, 2000);
    CHECK_INT(config->linux_->gid_mappings.v[0].size, 1);
    CHECK(!has_option(mount_at(config, "/sys"), "rbind") && has_option(mount_at(config, "/sys"), "ro"));
    CHECK(!has_option(mount_at(config, "/dev/pts"), "gid=5") && has_option(mount_at(config, "/dev/pts"), "mode=0620"));
}
