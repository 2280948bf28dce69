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

TEST(what_is_written_is_read)
{
    struct cm_entry entry = open_place();
    CM_AUTO_CONFINEMENT struct cm_confinement *got = NULL;
    const struct cm_confinement want = example();
    struct stat st;

    CHECK_INT(cm_confinement_write(&entry, &want, NULL), 0);
    CHECK_INT(cm_confinement_write(&entry, &want, NULL), -EEXIST); /* once */
    CHECK_INT(fstatat(entry.fd, "confinement", &st, 0), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(cm_confinement_read(&entry, &got, NULL), 0);
    if (got) {
        CHECK(memcmp(&got->caps, &want.caps, sizeof(want.caps)) == 0);
        CHECK(got->memory_deny_write_exec && got->writable_root && got->landlock_abi == 7);
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
    CHECK_INT(cm_confinement_write(&entry, &want, NULL), 0);
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
    CHECK_INT(cm_confinement_write(&entry, &want, NULL), 0);
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

/* With a right checksum, so that what is looked at afterwards is looked at. */
static int read_forged(struct cm_entry *entry, const char *json, uint16_t ours, uint16_t extra, uint16_t ours_flags, uint16_t extra_flags)
{
    char data[4096] = {0};
    uint32_t magic = 0x32666343u, json_size = (uint32_t)strlen(json);
    uint16_t words[] = {ours, extra, ours_flags, extra_flags};
    size_t size = 20 + json_size + (size_t)(ours + extra) * sizeof(struct sock_filter);

    if (size > sizeof(data))
        return -E2BIG;
    memcpy(data, &magic, 4);
    memcpy(data + 8, &json_size, 4);
    memcpy(data + 12, words, 8);
    memcpy(data + 20, json, json_size);
    uint32_t crc = cm_crc32c(data + 8, size - 8);
    memcpy(data + 4, &crc, 4);
    return read_bytes(entry, data, size, NULL);
}

#define HEAD "{\"bounding\":1,\"effective\":1,\"permitted\":1,\"ambient\":0,\"memoryDenyWriteExec\":false,\"landlockAbi\":1,\"writableRoot\":false,"
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
    CHECK_INT(cm_confinement_write(&entry, &want, NULL), 0);
    CHECK_INT(fchmodat(entry.fd, "confinement", 0644, 0), 0);
    CHECK_INT(cm_confinement_read(&entry, &got, &err), -EPERM);
    CHECK_INT(renameat(entry.fd, "confinement", entry.fd, "real"), 0);
    CHECK_INT(fchmodat(entry.fd, "real", 0600, 0), 0);
    CHECK_INT(symlinkat("real", entry.fd, "confinement"), 0);
    CHECK_INT(cm_confinement_read(&entry, &got, &err), -ELOOP);
    (void)unlinkat(entry.fd, "real", 0);
    drop_place(&entry);
}
