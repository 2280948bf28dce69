/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What create leaves for exec: written and read back byte for byte, and every damaged file refused. */
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "place.h"
#include "state/confinement.h"

static struct cm_entry open_place(void)
{
    struct cm_entry entry = CM_ENTRY_NONE;

    entry.fd = place_make("confinement");
    (void)snprintf(entry.id, sizeof(entry.id), "box");
    return entry;
}

static void drop_place(struct cm_entry *entry)
{
    cm_entry_close(entry);
    place_drop();
}

static struct sock_filter program[] = {{0x20, 0, 0, 4}, {0x06, 0, 0, 0x7fff0000}, {0x06, 0, 0, 0x00050001}};
static struct oci_id_mapping map[] = {{0, 131072, 1}, {1, 300000, 65535}};
static struct cm_confined_mount mounts[] = {{"/tmp", CM_MOUNT_TMPFS, MOUNT_ATTR_NOSUID, true}, {"/\"\n\xc3\xa4", CM_MOUNT_BIND, 0, false}};

static struct cm_confinement example(void)
{
    return (struct cm_confinement){
        .caps = {UINT64_MAX, 3, 7, 1},
        .memory_deny_write_exec = true,
        .non_root = true,
        .landlock_abi = 7,
        .writable_root = true,
        .n_mounts = 2,
        .mounts = mounts,
        .apparmor_profile = "box//&other",
        .selinux_label = "system_u:system_r:container_t:s0:c1,c2",
        .affinity = {"0-1", "1"},
        .scheduling = {.policy_set = true, .policy = 3, .nice = 19, .flags = 1, .io_priority_set = true, .io_priority = 7, .memory_policy_set = true,
                       .memory_mode = 2, .memory_nodes = {1, ULONG_MAX}},
        .uid_map = {true, 2, map},
        .gid_map = {true, 1, map},
        .ours = {program, 3, SECCOMP_FILTER_FLAG_LOG},
        .extra = {program, 2, SECCOMP_FILTER_FLAG_NEW_LISTENER},
        .seccomp_agent = "/run/agent",
        .seccomp_metadata = "x\"y",
    };
}

static const char *names[] = {"/proc/kcore", "/\"\n", "null"};
static const uint32_t groups[] = {5, UINT32_MAX};
static const struct cm_plan_rlimit rlimits[] = {{7, 1024, 4096, ""}, {4, 1, UINT64_MAX, ""}};
static const struct cm_promised_mount promised[] = {{"/proc", CM_MOUNT_PROC, MOUNT_ATTR_NOEXEC, false, false}, {"/a\"b", CM_MOUNT_BIND, 1, true, true}};
static const struct cm_promised_limit limits[] = {{"memory.max", "4096", NULL, NULL}, {"io.weight", "default 10", "io.bfq.weight", "10"}};
static const struct cm_promise promise = {
    .uid = 1000,
    .gid = UINT32_MAX,
    .n_groups = 2,
    .groups = groups,
    .n_rlimits = 2,
    .rlimits = rlimits,
    .oom_score_adj = -998,
    .seccomp_profile = "default",
    .hooks = true,
    .device_program = true,
    .network_joined = true,
    .uts_joined = true,
    .network_owner = {4, 4026531837},
    .bound_nodes = {true, 1, names + 2},
    .masked = {true, 2, names},
    .n_mounts = 2,
    .mounts = promised,
    .n_limits = 2,
    .limits = limits,
};

TEST(a_promise_is_kept)
{
    struct cm_entry entry = open_place();
    CM_AUTO_PROMISE struct cm_promise *got = NULL;
    const struct cm_confinement want = example();

    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), 0);
    CHECK_INT(cm_promise_read(&entry, &got, NULL), 0);
    if (got) {
        CHECK(got->uid == 1000 && got->gid == UINT32_MAX && got->oom_score_adj == -998);
        CHECK(got->n_groups == 2 && memcmp(got->groups, groups, sizeof(groups)) == 0);
        CHECK(got->n_rlimits == 2 && got->rlimits[1].resource == 4 && got->rlimits[1].soft == 1 && got->rlimits[1].hard == UINT64_MAX);
        CHECK_STR(got->seccomp_profile, "default");
        CHECK(got->hooks && got->device_program && got->network_joined && got->uts_joined && !got->ipc_joined && !got->terminal && !got->root_idmap);
        CHECK(got->network_owner.dev == 4 && got->network_owner.ino == 4026531837);
        CHECK(got->bound_nodes.n == 1 && got->masked.n == 2 && got->readonly.n == 0);
        CHECK_STR(got->bound_nodes.v[0], "null");
        CHECK_STR(got->masked.v[1], names[1]);
        CHECK(got->n_mounts == 2 && got->mounts[0].attributes == MOUNT_ATTR_NOEXEC && !got->mounts[0].recursive && got->mounts[1].recursive);
        CHECK(got->mounts[1].kind == CM_MOUNT_BIND && got->mounts[1].idmap);
        CHECK_STR(got->mounts[1].target, "/a\"b");
        CHECK(got->n_limits == 2 && !got->limits[0].preferred_file);
        CHECK_STR(got->limits[0].value, "4096");
        CHECK_STR(got->limits[1].preferred_value, "10");
    }
    drop_place(&entry);
}

TEST(what_is_written_is_read)
{
    struct cm_entry entry = open_place();
    CM_AUTO_CONFINEMENT struct cm_confinement *got = NULL;
    const struct cm_confinement want = example();
    struct stat st;

    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), 0);
    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), -EEXIST); /* once */
    CHECK_INT(fstatat(entry.fd, "confinement", &st, 0), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(cm_confinement_read(&entry, &got, NULL), 0);
    if (got) {
        CHECK(memcmp(&got->caps, &want.caps, sizeof(want.caps)) == 0);
        CHECK(got->memory_deny_write_exec && got->non_root && got->writable_root && got->landlock_abi == 7);
        CHECK_INT(got->n_mounts, 2);
        CHECK_STR(got->mounts[1].target, mounts[1].target);
        CHECK(got->mounts[0].kind == CM_MOUNT_TMPFS && got->mounts[0].attributes == MOUNT_ATTR_NOSUID && got->mounts[0].is_directory);
        CHECK_STR(got->apparmor_profile, want.apparmor_profile);
        CHECK_STR(got->selinux_label, want.selinux_label);
        CHECK_STR(got->affinity.initial, "0-1");
        CHECK_STR(got->affinity.final, "1");
        CHECK(got->scheduling.policy == 3 && got->scheduling.nice == 19 && got->scheduling.io_priority == 7 && got->scheduling.memory_mode == 2);
        CHECK(memcmp(got->scheduling.memory_nodes, want.scheduling.memory_nodes, sizeof(want.scheduling.memory_nodes)) == 0);
        CHECK_STR(got->seccomp_agent, want.seccomp_agent);
        CHECK_STR(got->seccomp_metadata, want.seccomp_metadata);
        CHECK(got->uid_map.n == 2 && memcmp(got->uid_map.v, map, sizeof(map)) == 0);
        CHECK(got->gid_map.n == 1 && memcmp(got->gid_map.v, map, sizeof(map[0])) == 0);
        CHECK(got->ours.size == 3 && got->ours.flags == SECCOMP_FILTER_FLAG_LOG && memcmp(got->ours.code, program, sizeof(program)) == 0);
        CHECK(got->extra.size == 2 && got->extra.flags == SECCOMP_FILTER_FLAG_NEW_LISTENER && memcmp(got->extra.code, program, 2 * sizeof(program[0])) == 0);
    }
    drop_place(&entry);
}

TEST(labels_and_a_second_filter_may_be_missing)
{
    struct cm_entry entry = open_place();
    CM_AUTO_CONFINEMENT struct cm_confinement *got = NULL;
    struct cm_confinement want = example();

    want.apparmor_profile = want.selinux_label = NULL;
    want.extra = (struct cm_confined_filter){0};
    want.seccomp_agent = want.seccomp_metadata = NULL;
    want.n_mounts = 0;
    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), 0);
    CHECK_INT(cm_confinement_read(&entry, &got, NULL), 0);
    CHECK(got && !got->apparmor_profile && !got->selinux_label && got->extra.size == 0 && got->n_mounts == 0);
    drop_place(&entry);
}

/* Reads a file with these bytes: the result. */
static int read_bytes(struct cm_entry *entry, const void *data, size_t size, struct cm_error *err)
{
    CM_AUTO_CONFINEMENT struct cm_confinement *got = NULL;

    if (cm_replace_file_at(entry->fd, "confinement", 0600, data, size) < 0)
        return -EIO;
    return cm_confinement_read(entry, &got, err);
}

TEST(every_cut_and_every_flipped_byte_is_refused)
{
    struct cm_entry entry = open_place();
    const struct cm_confinement want = example();
    CM_AUTO_FREE char *data = NULL;
    struct cm_error err;
    size_t size = 0;

    cm_error_init(&err);
    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), 0);
    CHECK_INT(cm_read_file_at(entry.fd, "confinement", 1 << 20, false, &data, &size), 0);
    CHECK_INT(read_bytes(&entry, data, size, &err), 0);
    for (size_t i = 0; i < size; i++) {
        if (read_bytes(&entry, data, i, &err) == 0)
            CHECK_FAIL("%zu of %zu bytes were taken", i, size);
        data[i] = (char)(data[i] ^ 1 << i % 8);
        if (read_bytes(&entry, data, size, &err) == 0)
            CHECK_FAIL("a changed byte %zu was taken", i);
        data[i] = (char)(data[i] ^ 1 << i % 8);
    }
    CHECK_CONTAINS(err.message, "confinement of the container \"box\"");
    drop_place(&entry);
}

static const char *forged_promise = "";

/* With a right checksum, so that what is looked at afterwards is looked at. */
static int read_forged(struct cm_entry *entry, const char *json, uint16_t ours, uint16_t extra, uint16_t ours_flags, uint16_t extra_flags)
{
    char data[4096] = {0};
    uint32_t magic = 0x34666343u, json_size = (uint32_t)strlen(json), promise_size = (uint32_t)strlen(forged_promise);
    uint16_t words[] = {ours, extra, ours_flags, extra_flags};
    size_t code = (size_t)(ours + extra) * sizeof(struct sock_filter), size = 24 + json_size + code + promise_size;

    if (size > sizeof(data))
        return -E2BIG;
    memcpy(data, &magic, 4);
    memcpy(data + 8, &json_size, 4);
    memcpy(data + 12, &promise_size, 4);
    memcpy(data + 16, words, 8);
    memcpy(data + 24, json, json_size);
    memcpy(data + 24 + json_size + code, forged_promise, promise_size);
    uint32_t crc = cm_crc32c(data + 8, size - 8);
    memcpy(data + 4, &crc, 4);
    return read_bytes(entry, data, size, NULL);
}

#define HEAD "{\"bounding\":1,\"effective\":1,\"permitted\":1,\"ambient\":0,\"memoryDenyWriteExec\":false,\"nonRoot\":false,\"landlockAbi\":1,\"writableRoot\":false,"
#define TAIL "\"uidMap\":[0,1,1],\"gidMap\":[0,1,1]}"

TEST(forged_files)
{
    static const char *const bad[] = {
        "", "[]", "{}", HEAD TAIL, HEAD "\"mounts\":{}," TAIL, HEAD "\"mounts\":[1]," TAIL, HEAD "\"mounts\":[],\"more\":1," TAIL,
        HEAD "\"mounts\":[{\"target\":\"/a\",\"kind\":0,\"attributes\":0}]," TAIL,
        HEAD "\"mounts\":[{\"target\":\"a\",\"kind\":0,\"attributes\":0,\"directory\":true}]," TAIL,
        HEAD "\"mounts\":[{\"target\":\"/a\",\"kind\":99,\"attributes\":0,\"directory\":true}]," TAIL,
        HEAD "\"mounts\":[{\"target\":\"/a\",\"kind\":0,\"attributes\":0,\"directory\":true,\"x\":0}]," TAIL,
        HEAD "\"mounts\":[],\"scheduling\":{}," TAIL, HEAD "\"mounts\":[],\"cpusFinal\":[]," TAIL,
        HEAD "\"mounts\":[],\"apparmorProfile\":1," TAIL, HEAD "\"mounts\":[],\"uidMap\":[0,1],\"gidMap\":[0,1,1]}",
        HEAD "\"mounts\":[],\"uidMap\":[0,1,4294967296],\"gidMap\":[0,1,1]}", HEAD "\"mounts\":[],\"bounding\":1," TAIL,
    };
    static const char good[] = HEAD "\"mounts\":[]," TAIL, agent[] = HEAD "\"mounts\":[],\"seccompAgent\":\"/run/agent\"," TAIL;
    struct cm_entry entry = open_place();

    CHECK_INT(read_forged(&entry, good, 1, 0, 0, 0), 0);
    CHECK_INT(read_forged(&entry, good, 1, 1, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_LOG), 0);
    CHECK(read_forged(&entry, good, 0, 0, 0, 0) < 0); /* no filter at all */
    CHECK(read_forged(&entry, good, 0, 1, 0, 0) < 0);
    CHECK(read_forged(&entry, good, 1, 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0) < 0);
    CHECK(read_forged(&entry, good, 1, 1, 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW) < 0);
    /* an agent and a filter that hands calls over go together; ours hands over none */
    CHECK_INT(read_forged(&entry, agent, 1, 1, 0, SECCOMP_FILTER_FLAG_NEW_LISTENER), 0);
    CHECK(read_forged(&entry, agent, 1, 1, 0, 0) < 0);
    CHECK(read_forged(&entry, agent, 1, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0) < 0);
    CHECK(read_forged(&entry, agent, 1, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0);
    CHECK(read_forged(&entry, good, 1, 1, 0, SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++)
        if (read_forged(&entry, bad[i], 1, 0, 0, 0) == 0)
            CHECK_FAIL("taken: %s", bad[i]);
    drop_place(&entry);
}

TEST(forged_promises)
{
#define KEPT_HEAD "{\"uid\":0,\"gid\":0,\"groups\":[],"
#define KEPT_FLAGS \
    "\"oomScoreAdj\":0,\"hooks\":false,\"terminal\":false,\"rootIdmap\":false,\"deviceProgram\":false,\"networkJoined\":false,\"ipcJoined\":false,\"utsJoined\":false,\"networkOwnerDev\":0," \
    "\"networkOwnerIno\":0,\"boundNodes\":[],\"masked\":[],\"readonly\":[],"
    static const struct {
        bool good;
        const char *text;
    } rows[] = {
        {true, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[],\"limits\":[]}"},
        {true, KEPT_HEAD "\"rlimits\":[7,1,1]," KEPT_FLAGS "\"mounts\":[\"/a\",0,1,3],\"limits\":[\"a\",\"b\",\"\",\"\"]}"},
        {false, ""},
        {false, "{}"},
        {false, "[]"},
        {false, KEPT_HEAD "\"rlimits\":[7,1]," KEPT_FLAGS "\"mounts\":[],\"limits\":[]}"},
        {false, KEPT_HEAD "\"rlimits\":[99,1,1]," KEPT_FLAGS "\"mounts\":[],\"limits\":[]}"},
        {false, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[\"/a\",99,1,3],\"limits\":[]}"},
        {false, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[0,0,1,3],\"limits\":[]}"},
        {false, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[\"/a\",0,1,9],\"limits\":[]}"},
        {false, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[],\"limits\":[\"a\",\"b\",\"\",1]}"},
        {false, KEPT_HEAD "\"rlimits\":[]," KEPT_FLAGS "\"mounts\":[],\"limits\":[],\"more\":1}"},
    };
    struct cm_entry entry = open_place();

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        CM_AUTO_PROMISE struct cm_promise *got = NULL;
        forged_promise = rows[i].text;
        CHECK_INT(read_forged(&entry, HEAD "\"mounts\":[]," TAIL, 1, 0, 0, 0), 0); /* exec does not look at it */
        if ((cm_promise_read(&entry, &got, NULL) == 0) != rows[i].good)
            CHECK_FAIL("%s: %s", rows[i].good ? "not taken" : "taken", rows[i].text);
    }
    forged_promise = "";
    drop_place(&entry);
}

TEST(only_a_private_regular_file_counts)
{
    struct cm_entry entry = open_place();
    CM_AUTO_CONFINEMENT struct cm_confinement *got = NULL;
    const struct cm_confinement want = example();
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(cm_confinement_read(&entry, &got, &err), -ENOENT);
    CHECK_INT(mkfifoat(entry.fd, "confinement", 0600), 0);
    CHECK(cm_confinement_read(&entry, &got, &err) < 0); /* does not wait for a writer */
    CHECK_INT(unlinkat(entry.fd, "confinement", 0), 0);
    CHECK_INT(cm_confinement_write(&entry, &want, &promise, NULL), 0);
    CHECK_INT(fchmodat(entry.fd, "confinement", 0644, 0), 0);
    CHECK_INT(cm_confinement_read(&entry, &got, &err), -EPERM);
    CHECK_INT(renameat(entry.fd, "confinement", entry.fd, "real"), 0);
    CHECK_INT(fchmodat(entry.fd, "real", 0600, 0), 0);
    CHECK_INT(symlinkat("real", entry.fd, "confinement"), 0);
    CHECK_INT(cm_confinement_read(&entry, &got, &err), -ELOOP);
    (void)unlinkat(entry.fd, "real", 0);
    drop_place(&entry);
}
