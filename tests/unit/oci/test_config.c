/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every property of tests/data/full-config.json arrives in its member; the specification's own examples are taken and refused as they say. */
#include "oci/config.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "check.h"

static struct cm_error err;

static int parse(const char *text, struct oci_config **ret)
{
    cm_error_init(&err);
    return oci_config_parse(text, strlen(text), ret, &err);
}

static int parse_file(const char *path, struct oci_config **ret)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size;
    int r = cm_read_file_at(AT_FDCWD, path, OCI_CONFIG_SIZE_MAX, true, &text, &size);

    if (r < 0) {
        CHECK_FAIL("%s cannot be read: %s", path, strerror(-r));
        return r;
    }
    cm_error_init(&err);
    return oci_config_parse(text, size, ret, &err);
}

static struct oci_config *parse_full(void)
{
    struct oci_config *config = NULL;

    if (parse_file(TEST_DATA "/full-config.json", &config) < 0) {
        CHECK_FAIL("%s: %s", err.field, err.message);
        exit(1);
    }
    return config;
}

#define CHECK_OPTION(got, want)         \
    do {                                \
        CHECK((got).set);               \
        CHECK_INT((got).v, want);       \
    } while (0)

static void check_strings(const struct oci_strings *got, size_t n, const char *const *want)
{
    CHECK(got->set);
    CHECK_INT(got->n, n);
    for (size_t i = 0; i < n && i < got->n; i++)
        CHECK_STR(got->v[i], want[i]);
}

#define CHECK_STRINGS(got, ...) check_strings(&(got), CM_ARRAY_LEN(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

static void check_mapping(const struct oci_id_mappings *got, size_t i, uint32_t container_id, uint32_t host_id, uint32_t size)
{
    CHECK(got->set && got->n > i);
    CHECK_INT(got->v[i].container_id, container_id);
    CHECK_INT(got->v[i].host_id, host_id);
    CHECK_INT(got->v[i].size, size);
}

static void check_map(const struct oci_map *got, size_t i, const char *key, const char *value)
{
    CHECK(got->set && got->n == 2);
    CHECK_STR(got->v[i].key, key);
    CHECK_STR(got->v[i].value, value);
}

TEST(full_top_and_mounts)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();

    CHECK_STR(c->oci_version, "1.3.0");
    CHECK_STR(c->root->path, "full-rootfs");
    CHECK_OPTION(c->root->readonly, true);
    CHECK_STR(c->hostname, "full-host");
    CHECK_STR(c->domainname, "full.example");
    check_map(&c->annotations, 0, "org.example.empty", "");
    check_map(&c->annotations, 1, "org.example.key", "value");
    CHECK_STR(oci_config_annotation(c, "org.example.key"), "value");
    CHECK(!oci_config_annotation(c, "org.example"));
    CHECK_INT(c->n_mounts, 2);
    CHECK_STR(c->mounts[0].destination, "/proc");
    CHECK(!c->mounts[0].options.set && !c->mounts[0].uid_mappings.set);
    CHECK_STR(c->mounts[1].destination, "/data");
    CHECK_STR(c->mounts[1].type, "bind");
    CHECK_STR(c->mounts[1].source, "/srv/data");
    CHECK_STRINGS(c->mounts[1].options, "rbind", "ro");
    check_mapping(&c->mounts[1].uid_mappings, 0, 0, 100000, 10);
    CHECK_INT(c->mounts[1].gid_mappings.n, 2);
    check_mapping(&c->mounts[1].gid_mappings, 0, 1, 200000, 20);
    check_mapping(&c->mounts[1].gid_mappings, 1, 21, 4294967295, 1);
}

TEST(full_process)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();
    const struct oci_process *p = c->process;

    CHECK_OPTION(p->terminal, true);
    CHECK(p->console_size_set && p->console_height == 101 && p->console_width == 102);
    CHECK_STR(p->cwd, "/app");
    CHECK_STRINGS(p->env, "PATH=/bin", "EMPTY=", "");
    CHECK_STRINGS(p->args, "/bin/full", "--flag");
    CHECK(p->user.uid_set && p->user.gid_set && p->user.uid == 1001 && p->user.gid == 1002);
    CHECK_OPTION(p->user.umask, 18);
    CHECK(p->user.additional_gids_set && p->user.n_additional_gids == 2);
    CHECK(p->user.additional_gids[0] == 5 && p->user.additional_gids[1] == 4294967295);
    CHECK_STR(p->user.username, "nobody");
    CHECK_STRINGS(p->capabilities->sets[OCI_CAP_BOUNDING], "CAP_KILL", "CAP_CHOWN");
    CHECK_STRINGS(p->capabilities->sets[OCI_CAP_EFFECTIVE], "CAP_KILL");
    CHECK_STRINGS(p->capabilities->sets[OCI_CAP_INHERITABLE], "CAP_SETUID");
    CHECK_STRINGS(p->capabilities->sets[OCI_CAP_PERMITTED], "CAP_SETGID");
    CHECK_STRINGS(p->capabilities->sets[OCI_CAP_AMBIENT], "CAP_FOWNER");
    CHECK_INT(p->n_rlimits, 2);
    CHECK_STR(p->rlimits[0].type, "RLIMIT_NOFILE");
    CHECK(p->rlimits[0].soft == 1024 && p->rlimits[0].hard == UINT64_MAX && p->rlimits[1].soft == 0 && p->rlimits[1].hard == 1);
    CHECK_OPTION(p->no_new_privileges, true);
    CHECK_STR(p->apparmor_profile, "full-profile");
    CHECK_STR(p->selinux_label, "system_u:system_r:container_t:s0:c1,c2");
    CHECK_OPTION(p->oom_score_adj, -999);
    CHECK_STR(p->scheduler->policy, "SCHED_DEADLINE");
    CHECK_OPTION(p->scheduler->nice, -20);
    CHECK_OPTION(p->scheduler->priority, 99);
    CHECK_STRINGS(p->scheduler->flags, "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_UTIL_CLAMP_MAX");
    CHECK_OPTION(p->scheduler->runtime, 201);
    CHECK_OPTION(p->scheduler->deadline, 202);
    CHECK_OPTION(p->scheduler->period, 203);
    CHECK_STR(p->io_priority->class_name, "IOPRIO_CLASS_BE");
    CHECK_OPTION(p->io_priority->priority, 7);
    CHECK_STR(p->exec_cpu_affinity->initial, "0-1,3");
    CHECK_STR(p->exec_cpu_affinity->final, "2");
}

TEST(full_hooks)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();
    static const char *const words[OCI_HOOK_KINDS] = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};

    for (unsigned int i = 0; i < OCI_HOOK_KINDS; i++) {
        char path[64], env[64];
        const struct oci_hook *hook = c->hooks->v[i];
        (void)snprintf(path, sizeof(path), "/hook/%s", words[i]);
        (void)snprintf(env, sizeof(env), "HOOK=%s", words[i]);
        CHECK_STR(oci_hook_word((enum oci_hook_kind)i), words[i]);
        CHECK_INT(c->hooks->n[i], 1);
        CHECK_STR(hook->path, path);
        CHECK_STRINGS(hook->args, words[i], "arg");
        CHECK_STRINGS(hook->env, env);
        CHECK_OPTION(hook->timeout, i + 1);
    }
}

TEST(full_linux)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();
    const struct oci_linux *l = c->linux_;
    static const char *const words[OCI_NS_TYPES] = {"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"};

    CHECK_INT(l->n_namespaces, OCI_NS_TYPES);
    for (unsigned int i = 0; i < OCI_NS_TYPES; i++) {
        CHECK_INT(l->namespaces[i].type, i);
        CHECK_STR(oci_namespace_word((enum oci_namespace_type)i), words[i]);
        CHECK(oci_config_namespace(c, (enum oci_namespace_type)i) == &l->namespaces[i]);
    }
    CHECK_STR(l->namespaces[OCI_NS_NETWORK].path, "/run/netns/full");
    CHECK(!l->namespaces[OCI_NS_MOUNT].path);
    check_mapping(&l->uid_mappings, 0, 0, 300000, 65536);
    check_mapping(&l->gid_mappings, 0, 0, 400000, 65535);
    CHECK(l->monotonic.set && l->monotonic.secs == -172800 && l->monotonic.nanosecs == 999999999);
    CHECK(l->boottime.set && l->boottime.secs == 604800 && l->boottime.nanosecs == 1);
    CHECK_INT(l->n_devices, 2);
    CHECK_STR(l->devices[0].type, "c");
    CHECK_STR(l->devices[0].path, "/dev/fuse");
    CHECK_OPTION(l->devices[0].major, 10);
    CHECK_OPTION(l->devices[0].minor, 229);
    CHECK_OPTION(l->devices[0].file_mode, 438);
    CHECK_OPTION(l->devices[0].uid, 11);
    CHECK_OPTION(l->devices[0].gid, 12);
    CHECK(!l->devices[1].major.set && !l->devices[1].file_mode.set && !l->devices[1].uid.set);
    CHECK_INT(l->n_net_devices, 2);
    CHECK_STR(l->net_devices[0].host_name, "eth0");
    CHECK_STR(l->net_devices[0].name, "container0");
    CHECK_STR(l->net_devices[1].host_name, "eth1");
    CHECK(!l->net_devices[1].name);
    CHECK_STR(l->cgroups_path, "/full/container");
    CHECK_STR(l->rootfs_propagation, "slave");
    CHECK_STRINGS(l->masked_paths, "/proc/kcore", "/proc/keys");
    CHECK_STRINGS(l->readonly_paths, "/proc/sys");
    CHECK_STR(l->mount_label, "system_u:object_r:container_file_t:s0:c1,c2");
    check_map(&l->sysctl, 0, "net.ipv4.ip_forward", "1");
    check_map(&l->sysctl, 1, "kernel.shmmax", "4096");
    CHECK_STR(l->intel_rdt->clos_id, "guaranteed");
    CHECK_STR(l->intel_rdt->l3_cache_schema, "L3:0=7f0");
    CHECK_STR(l->intel_rdt->mem_bw_schema, "MB:0=20");
    CHECK_STRINGS(l->intel_rdt->schemata, "L2:0=f", "MB:1=70");
    CHECK_OPTION(l->intel_rdt->enable_monitoring, true);
    CHECK_STR(l->personality->domain, "LINUX32");
    CHECK_STRINGS(l->personality->flags, "ADDR_NO_RANDOMIZE");
    CHECK_STR(l->memory_policy->mode, "MPOL_INTERLEAVE");
    CHECK_STR(l->memory_policy->nodes, "0-1");
    CHECK_STRINGS(l->memory_policy->flags, "MPOL_F_STATIC_NODES");
}

TEST(full_resources)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();
    const struct oci_resources *r = c->linux_->resources;

    CHECK_INT(r->n_devices, 2);
    CHECK(!r->devices[0].allow && !r->devices[0].type && !r->devices[0].major.set && r->devices[1].allow);
    CHECK_STR(r->devices[0].access, "rwm");
    CHECK_STR(r->devices[1].type, "b");
    CHECK_OPTION(r->devices[1].major, 8);
    CHECK_OPTION(r->devices[1].minor, -1);
    CHECK_OPTION(r->memory->limit, 301);
    CHECK_OPTION(r->memory->reservation, 302);
    CHECK_OPTION(r->memory->swap, -1);
    CHECK_OPTION(r->memory->kernel, 303);
    CHECK_OPTION(r->memory->kernel_tcp, 304);
    CHECK_OPTION(r->memory->swappiness, 60);
    CHECK_OPTION(r->memory->disable_oom_killer, true);
    CHECK_OPTION(r->memory->use_hierarchy, true);
    CHECK_OPTION(r->memory->check_before_update, true);
    CHECK_OPTION(r->cpu->shares, 401);
    CHECK_OPTION(r->cpu->quota, -402);
    CHECK_OPTION(r->cpu->burst, 403);
    CHECK_OPTION(r->cpu->period, 404);
    CHECK_OPTION(r->cpu->realtime_runtime, 405);
    CHECK_OPTION(r->cpu->realtime_period, 406);
    CHECK_STR(r->cpu->cpus, "0-3");
    CHECK_STR(r->cpu->mems, "0");
    CHECK_OPTION(r->cpu->idle, 1);
    CHECK_OPTION(r->pids_limit, 501);
    CHECK_OPTION(r->block_io->weight, 601);
    CHECK_OPTION(r->block_io->leaf_weight, 602);
    CHECK_INT(r->block_io->n_weight_devices, 1);
    CHECK(r->block_io->weight_devices[0].major == 8 && r->block_io->weight_devices[0].minor == 1);
    CHECK_OPTION(r->block_io->weight_devices[0].weight, 603);
    CHECK_OPTION(r->block_io->weight_devices[0].leaf_weight, 604);
    for (int i = 0; i < OCI_THROTTLES; i++) {
        CHECK_INT(r->block_io->n_throttle[i], 1);
        CHECK_INT(r->block_io->throttle[i][0].minor, 2 + i);
        CHECK_INT(r->block_io->throttle[i][0].rate, 605 + i);
    }
    CHECK_INT(r->n_hugepage_limits, 2);
    CHECK_STR(r->hugepage_limits[1].page_size, "64KB");
    CHECK_INT(r->hugepage_limits[1].limit, 702);
    CHECK_OPTION(r->network->class_id, 1048577);
    CHECK_STR(r->network->priorities[0].name, "eth0");
    CHECK_INT(r->network->priorities[0].priority, 801);
    CHECK_INT(r->n_rdma, 1);
    CHECK_STR(r->rdma[0].device, "mlx5_1");
    CHECK_OPTION(r->rdma[0].hca_handles, 901);
    CHECK_OPTION(r->rdma[0].hca_objects, 902);
    check_map(&r->unified, 0, "memory.high", "1000");
    check_map(&r->unified, 1, "io.weight", "default 50");
}

TEST(full_seccomp)
{
    OCI_AUTO_CONFIG struct oci_config *c = parse_full();
    const struct oci_seccomp *s = c->linux_->seccomp;

    CHECK_INT(s->default_action, OCI_ACT_ERRNO);
    CHECK_OPTION(s->default_errno_ret, 38);
    CHECK_STRINGS(s->architectures, "SCMP_ARCH_X86_64", "SCMP_ARCH_RISCV64");
    CHECK_STRINGS(s->flags, "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
    CHECK_STR(s->listener_path, "/run/listener.sock");
    CHECK_STR(s->listener_metadata, "metadata");
    CHECK_INT(s->n_rules, 2);
    CHECK_STRINGS(s->rules[0].names, "read", "write");
    CHECK_INT(s->rules[0].action, OCI_ACT_ALLOW);
    CHECK(!s->rules[0].errno_ret.set && s->rules[0].n_args == 0);
    CHECK_INT(s->rules[1].action, OCI_ACT_TRACE);
    CHECK_OPTION(s->rules[1].errno_ret, 13);
    CHECK_INT(s->rules[1].n_args, 2);
    CHECK(s->rules[1].args[0].index == 5 && s->rules[1].args[0].value == UINT64_MAX && s->rules[1].args[0].value_two == 9);
    CHECK_INT(s->rules[1].args[0].op, OCI_CMP_MASKED_EQ);
    CHECK_INT(s->rules[1].args[1].op, OCI_CMP_NE);
}

TEST(absent)
{
    OCI_AUTO_CONFIG struct oci_config *c = NULL;

    CHECK_INT(parse("{\"ociVersion\":\"1.0.2\",\"hostname\":\"\",\"mounts\":null,\"linux\":null,\"process\":{\"cwd\":\"/\",\"user\":{},\"env\":[]}}", &c), 0);
    if (!c)
        return;
    CHECK(!c->root && !c->hostname && c->n_mounts == 0 && !c->hooks && !c->annotations.set);
    CHECK(c->linux_ && c->linux_->n_namespaces == 0 && !c->linux_->resources && !oci_config_namespace(c, OCI_NS_PID));
    CHECK(c->process->env.set && c->process->env.n == 0 && !c->process->args.set);
    CHECK(!c->process->user.uid_set && !c->process->user.umask.set && !c->process->terminal.set && !c->process->oom_score_adj.set);
}

TEST(process_document)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct oci_process *process = NULL;
    const char *text = "{\"cwd\":\"/\",\"user\":{\"uid\":7,\"gid\":8},\"args\":[\"id\"]}";

    CHECK_INT(oci_process_parse(text, strlen(text), &arena, &process, &err), 0);
    CHECK(process && process->user.uid == 7 && process->args.n == 1);
    CHECK_INT(oci_process_parse("{\"cwd\":\"/\"}", 11, &arena, &process, &err), -EINVAL);
    CHECK_CONTAINS(err.message, "\"user\" is missing");
    CHECK_INT(oci_process_parse("{\"cwd\":1,\"user\":{}}", 19, &arena, &process, &err), -EINVAL);
    CHECK_STR(err.field, "/cwd");
}

/* What the specification's examples say about platforms other than Linux does not bind us. */
static bool is_exception(const char *name)
{
    return strcmp(name, "freebsd-example.json") == 0 /* good there, but has no process.user */ ||
           strcmp(name, "freebsd-vnet-disable.json") == 0 /* bad in an object that we ignore */;
}

static int examples(const char *dir, bool good)
{
    DIR *stream = opendir(dir);
    int n = 0;

    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        char path[512];
        OCI_AUTO_CONFIG struct oci_config *config = NULL;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        n++;
        if ((parse_file(path, &config) == 0) != (good != is_exception(entry->d_name)))
            CHECK_FAIL("%s: %s: %s", path, err.field, config ? "taken" : err.message);
    }
    if (stream)
        (void)closedir(stream);
    return n;
}

TEST(examples_of_the_specification)
{
    CHECK_INT(examples(TEST_DATA "/oci-spec/config/good", true), 9);
    CHECK_INT(examples(TEST_DATA "/oci-spec/config/bad", false), 5);
}
