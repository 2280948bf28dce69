/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The `features` document of the runtime-spec (features.md, features-linux.md): what this program accepts from a config, from the tables that judge configs.
 * What is left out means "unknown" to readers, so that "no" is said where it is meant. No hostile input.
 */
#include <stdint.h>

#include "cgroup/systemd.h"
#include "oci/config.h"
#include "oci/capnames.h"
#include "plan/memory_policy.h"
#include "plan/options.h"
#include "policy/policy.h"
#include "run/runtime.h"
#include "seccomp/seccomp.h"
#include "json/json.h"

/* Of the specification's own 1.0 on: later versions only added properties. */
#define VERSION_MIN "1.0.0"

/* Annotations of a config that engines should not let users set; one that ends in '.' stands for all that begin with it. Ours can only tighten, and still: they
 * are the operator's. */
static const char *const unsafe_annotations[] = {"bundle", "casemate.", "org.systemd.property.", "org.criu.config", NULL};

/* What containers get of their own. */
static const enum oci_namespace_type namespaces[] = {OCI_NS_CGROUP, OCI_NS_IPC, OCI_NS_MOUNT, OCI_NS_NETWORK, OCI_NS_PID, OCI_NS_TIME, OCI_NS_USER, OCI_NS_UTS};

static void add_words(struct json_writer *writer, const char *key, const char *const *words)
{
    json_array_begin(writer, key);
    for (; words && *words; words++)
        json_add_string(writer, NULL, *words);
    json_array_end(writer);
}

static void add_enabled(struct json_writer *writer, const char *key, bool enabled)
{
    json_object_begin(writer, key);
    json_add_bool(writer, "enabled", enabled);
    json_object_end(writer);
}

/* Only what a policy may grant: asking for another one is refused (or dropped, for those that engines ask for unasked). */
static void add_capabilities(struct json_writer *writer)
{
    uint64_t ceiling = cm_policy_builtin(CM_POLICY_HARDENED)->cap_ceiling;

    json_array_begin(writer, "capabilities");
    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        if ((ceiling & (UINT64_C(1) << i)) != 0)
            json_add_string(writer, NULL, cm_cap_name(i));
    json_array_end(writer);
}

static void add_mount_options(struct json_writer *writer)
{
    size_t position = 0;

    json_array_begin(writer, "mountOptions");
    for (const char *word; (word = cm_mount_option_word(&position));)
        json_add_string(writer, NULL, word);
    json_array_end(writer);
}

static void add_cgroup(struct json_writer *writer)
{
    json_object_begin(writer, "cgroup");
    json_add_bool(writer, "v1", false);
    json_add_bool(writer, "v2", true);
    json_add_bool(writer, "systemd", cm_systemd_is_built());
    json_add_bool(writer, "systemdUser", cm_systemd_is_built());
    json_add_bool(writer, "rdma", true);
    json_object_end(writer);
}

static void add_seccomp(struct json_writer *writer)
{
    json_object_begin(writer, "seccomp");
    json_add_bool(writer, "enabled", true);
    add_words(writer, "actions", cm_seccomp_actions());
    add_words(writer, "operators", cm_seccomp_operators());
    add_words(writer, "archs", cm_seccomp_archs());
    add_words(writer, "knownFlags", cm_seccomp_flags());
    add_words(writer, "supportedFlags", cm_seccomp_supported_flags());
    json_object_end(writer);
}

static void add_linux(struct json_writer *writer)
{
    json_object_begin(writer, "linux");
    json_array_begin(writer, "namespaces");
    for (size_t i = 0; i < CM_ARRAY_LEN(namespaces); i++)
        json_add_string(writer, NULL, oci_namespace_word(namespaces[i]));
    json_array_end(writer);
    add_capabilities(writer);
    add_cgroup(writer);
    add_seccomp(writer);
    add_enabled(writer, "apparmor", true);
    add_enabled(writer, "selinux", true);
    json_object_begin(writer, "intelRdt");
    json_add_bool(writer, "enabled", false);
    json_add_bool(writer, "schemata", false);
    json_add_bool(writer, "monitoring", false);
    json_object_end(writer);
    json_object_begin(writer, "memoryPolicy");
    add_words(writer, "modes", cm_memory_policy_modes());
    add_words(writer, "flags", cm_memory_policy_flags());
    json_object_end(writer);
    json_object_begin(writer, "mountExtensions");
    add_enabled(writer, "idmap", true);
    json_object_end(writer);
    add_enabled(writer, "netDevices", false);
    json_object_end(writer);
}

void cm_features(struct cm_str *out)
{
    const char *hooks[OCI_HOOK_KINDS + 1] = {NULL}; /* those that are known; which program may be one is the policy's */
    struct json_writer writer;

    for (enum oci_hook_kind kind = 0; kind < OCI_HOOK_KINDS; kind++)
        hooks[kind] = oci_hook_word(kind);
    json_writer_init(&writer, out, 4);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "ociVersionMin", VERSION_MIN);
    json_add_string(&writer, "ociVersionMax", OCI_VERSION);
    add_words(&writer, "hooks", hooks);
    add_mount_options(&writer);
    add_linux(&writer);
    json_object_begin(&writer, "annotations");
    json_add_string(&writer, "casemate.version", CASEMATE_VERSION);
    /* What readers ask before a checkpoint. runc's version and commit are not claimed: nothing depends on them, and they would be taken for runc's bugs. */
    json_add_string(&writer, "org.opencontainers.runc.checkpoint.enabled", "false");
    json_object_end(&writer);
    add_words(&writer, "potentiallyUnsafeConfigAnnotations", unsafe_annotations);
    json_object_end(&writer);
}
