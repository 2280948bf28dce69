/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The default configuration, as tables. No hostile input. */
#include "oci/spec.h"

#include <errno.h>

#include "oci/config.h"
#include "json/json.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

struct default_mount {
    const char *destination, *type, *source;
    const char *const *options; /* NULL: none */
};

static const struct default_mount mounts[] = {
    {"/proc", "proc", "proc", NULL},
    {"/dev", "tmpfs", "tmpfs", LIST("nosuid", "strictatime", "mode=755", "size=65536k")},
    {"/dev/pts", "devpts", "devpts", LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")},
    {"/dev/shm", "tmpfs", "shm", LIST("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")},
    {"/dev/mqueue", "mqueue", "mqueue", LIST("nosuid", "noexec", "nodev")},
    {"/sys", "sysfs", "sysfs", LIST("nosuid", "noexec", "nodev", "ro")},
    {"/sys/fs/cgroup", "cgroup", "cgroup", LIST("nosuid", "noexec", "nodev", "relatime", "ro")},
};

static const char *const masked[] = {
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/kernel/notes",
    "/sys/kernel/vmcoreinfo",
    NULL,
};
static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/pressure", "/proc/sys", "/proc/sysrq-trigger", NULL};

/* Every runtime that reads this file makes what is listed; casemate adds a user namespace by itself. */
static const char *const namespaces[] = {"pid", "network", "ipc", "uts", "mount", "cgroup", NULL};

static void add_strings(struct json_writer *writer, const char *key, const char *const *list)
{
    json_array_begin(writer, key);
    for (; *list; list++)
        json_add_string(writer, NULL, *list);
    json_array_end(writer);
}

static void add_process(struct json_writer *writer)
{
    const char *const *capabilities = LIST("CAP_KILL", "CAP_NET_BIND_SERVICE");

    json_object_begin(writer, "process");
    json_add_bool(writer, "terminal", true);
    json_object_begin(writer, "user");
    json_add_u64(writer, "uid", 0);
    json_add_u64(writer, "gid", 0);
    json_object_end(writer);
    add_strings(writer, "args", LIST("sh"));
    add_strings(writer, "env", LIST("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"));
    json_add_string(writer, "cwd", "/");
    json_object_begin(writer, "capabilities");
    add_strings(writer, "bounding", capabilities);
    add_strings(writer, "effective", capabilities);
    add_strings(writer, "permitted", capabilities);
    json_object_end(writer);
    json_array_begin(writer, "rlimits");
    json_object_begin(writer, NULL);
    json_add_string(writer, "type", "RLIMIT_NOFILE");
    json_add_u64(writer, "hard", 1024);
    json_add_u64(writer, "soft", 1024);
    json_object_end(writer);
    json_array_end(writer);
    json_add_bool(writer, "noNewPrivileges", true);
    json_object_end(writer);
}

/* Without privilege a caller may have one id only, and the kernel refuses options that name another. */
static void add_mount(struct json_writer *writer, const struct default_mount *mount, bool rootless)
{
    json_object_begin(writer, NULL);
    json_add_string(writer, "destination", mount->destination);
    json_add_string(writer, "type", mount->type);
    json_add_string(writer, "source", mount->source);
    if (mount->options) {
        json_array_begin(writer, "options");
        for (const char *const *option = mount->options; *option; option++)
            if (!rootless || (!cm_has_prefix(*option, "uid=") && !cm_has_prefix(*option, "gid=")))
                json_add_string(writer, NULL, *option);
        json_array_end(writer);
    }
    json_object_end(writer);
}

static void add_mounts(struct json_writer *writer, bool rootless)
{
    json_array_begin(writer, "mounts");
    for (size_t i = 0; i < CM_ARRAY_LEN(mounts); i++)
        add_mount(writer, &mounts[i], rootless);
    json_array_end(writer);
}

static void add_mapping(struct json_writer *writer, const char *key, uint32_t host_id)
{
    json_array_begin(writer, key);
    json_object_begin(writer, NULL);
    json_add_u64(writer, "containerID", 0);
    json_add_u64(writer, "hostID", host_id);
    json_add_u64(writer, "size", 1);
    json_object_end(writer);
    json_array_end(writer);
}

static void add_resources(struct json_writer *writer)
{
    json_object_begin(writer, "resources");
    json_array_begin(writer, "devices");
    json_object_begin(writer, NULL);
    json_add_bool(writer, "allow", false);
    json_add_string(writer, "access", "rwm");
    json_object_end(writer);
    json_array_end(writer);
    json_object_end(writer);
}

static void add_namespace(struct json_writer *writer, const char *type)
{
    json_object_begin(writer, NULL);
    json_add_string(writer, "type", type);
    json_object_end(writer);
}

/* A rootless container keeps its own network namespace (and so a sysfs of its own): casemate refuses the host's, which other runtimes use here. */
static void add_linux(struct json_writer *writer, bool rootless, uint32_t uid, uint32_t gid)
{
    json_object_begin(writer, "linux");
    if (rootless) {
        add_mapping(writer, "uidMappings", uid);
        add_mapping(writer, "gidMappings", gid);
    } else
        add_resources(writer);
    json_array_begin(writer, "namespaces");
    for (const char *const *type = namespaces; *type; type++)
        add_namespace(writer, *type);
    if (rootless)
        add_namespace(writer, "user");
    json_array_end(writer);
    add_strings(writer, "maskedPaths", masked);
    add_strings(writer, "readonlyPaths", readonly);
    json_object_end(writer);
}

int oci_spec_generate(bool rootless, uint32_t uid, uint32_t gid, struct cm_str *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out, JSON_INDENT_TAB);
    json_object_begin(&writer, NULL);
    json_add_string(&writer, "ociVersion", OCI_VERSION);
    add_process(&writer);
    json_object_begin(&writer, "root");
    json_add_string(&writer, "path", "rootfs");
    json_add_bool(&writer, "readonly", true);
    json_object_end(&writer);
    json_add_string(&writer, "hostname", "casemate");
    add_mounts(&writer, rootless);
    add_linux(&writer, rootless, uid, gid);
    json_object_end(&writer);
    cm_str_add(out, "\n");
    return cm_str_text(out) ? 0 : -ENOMEM;
}
