/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records: written and read back, hostile files, whose process it is, the state document. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"
#include "path/procfs.h"
#include "place.h"
#include "state/store.h"
#include "json/json.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"

static struct cm_entry open_place(void)
{
    struct cm_entry entry = CM_ENTRY_NONE;

    entry.fd = place_make("record");
    (void)snprintf(entry.id, sizeof(entry.id), "box");
    return entry;
}

static void drop_place(struct cm_entry *entry)
{
    cm_entry_close(entry);
    place_drop();
}

TEST(what_is_written_is_read)
{
    struct cm_entry entry = open_place();
    struct oci_pair pairs[] = {{"a.b/c", "1\n\"2\""}, {"", ""}, {"\xc3\xa4", "\xe2\x82\xac"}};
    const char *tightened[] = {"CM-CAPS /process/capabilities: dropped", ""}, *unenforced[] = {"pids limit"}, *exceptions[] = {"CM-OOM /x: y (FILE until 2027: \"why\")"};
    const char *words[] = {"one", "", "A=b"};
    struct oci_hook hooks[] = {{.path = "/first", .args = {true, 2, words}, .env = {true, 1, words + 2}, .timeout = {true, INT32_MAX}}, {.path = "/second", .sha256 = "00ff"}};
    struct cm_record record = {
        .id = "box",
        .created = true,
        .started = true,
        .pid = INT32_MAX,
        .pid_start = UINT64_MAX,
        .pidfd_ino = UINT64_MAX - 1,
        .boot_id = BOOT,
        .bundle = "/b u\"n",
        .rootfs = "/r",
        .created_at = "2026-01-02T03:04:05.000000006Z",
        .owner = UINT32_MAX,
        .cgroup_path = "/x",
        .rootless = true,
        .slot_held = true,
        .slot_index = 1,
        .slot_host_id = 4294836224u,
        .slot_ids = 65536,
        .slot_generation = UINT64_MAX,
        .external_ids = true,
        .cgroup_ino = UINT64_MAX - 1,
        .cgroup_parents = 3,
        .annotations = {true, 3, pairs},
        .tightened = {true, 2, tightened},
        .unenforced = {true, 1, unenforced},
        .exceptions = {true, 1, exceptions},
        .policy = "hardened",
        .start_hooks = true,
        .poststart = {1, hooks},
        .poststop = {2, hooks},
    };
    CM_AUTO_RECORD struct cm_record *r = NULL;
    struct cm_error err;

    for (enum oci_namespace_type i = 0; i < OCI_NS_TYPES; i++) {
        record.namespaces[i].type = oci_namespace_word(i);
        record.namespaces[i].dev = 4;
        record.namespaces[i].ino = 4026531835u + i;
    }
    cm_error_init(&err);
    CHECK_INT(cm_record_write(&entry, &record, &err), 0);
    if (cm_record_read(&entry, &r, &err) < 0) {
        CHECK_FAIL("%s %s", err.field, err.message);
        drop_place(&entry);
        return;
    }
    CHECK_INT(r->version, 1);
    CHECK_STR(r->id, record.id);
    CHECK(r->created && r->started && r->rootless && r->slot_held && r->external_ids);
    CHECK(r->pid == record.pid && r->pid_start == record.pid_start && r->pidfd_ino == record.pidfd_ino && r->owner == record.owner);
    CHECK_STR(r->boot_id, BOOT);
    CHECK_STR(r->bundle, record.bundle);
    CHECK_STR(r->rootfs, record.rootfs);
    CHECK_STR(r->created_at, record.created_at);
    CHECK_STR(r->cgroup_path, record.cgroup_path);
    CHECK_STR(r->policy, record.policy);
    CHECK(r->cgroup_ino == record.cgroup_ino && r->cgroup_parents == 3);
    CHECK(r->slot_index == 1 && r->slot_host_id == record.slot_host_id && r->slot_ids == 65536 && r->slot_generation == UINT64_MAX);
    for (size_t i = 0; i < OCI_NS_TYPES; i++) {
        CHECK_STR(r->namespaces[i].type, record.namespaces[i].type);
        CHECK(r->namespaces[i].dev == 4 && r->namespaces[i].ino == record.namespaces[i].ino);
    }
    CHECK(r->annotations.n == 3 && r->tightened.n == 2 && r->unenforced.n == 1);
    for (size_t i = 0; i < 3 && r->annotations.n == 3; i++) {
        CHECK_STR(r->annotations.v[i].key, pairs[i].key);
        CHECK_STR(r->annotations.v[i].value, pairs[i].value);
    }
    CHECK_STR(r->tightened.v[0], tightened[0]);
    CHECK(r->exceptions.n == 1 && cm_streq(r->exceptions.v[0], exceptions[0]));
    CHECK(r->start_hooks && r->poststart.n == 1 && r->poststop.n == 2);
    for (size_t i = 0; i < 2 && r->poststop.n == 2; i++) {
        const struct oci_hook *hook = &r->poststop.v[i];
        CHECK_STR(hook->path, hooks[i].path);
        CHECK(hook->args.n == hooks[i].args.n && hook->env.n == hooks[i].env.n && hook->timeout.set == hooks[i].timeout.set);
        CHECK(hook->timeout.v == hooks[i].timeout.v);
        CHECK(hooks[i].sha256 ? cm_streq(hook->sha256, hooks[i].sha256) : !hook->sha256);
        for (size_t j = 0; j < hook->args.n; j++)
            CHECK_STR(hook->args.v[j], hooks[i].args.v[j]);
    }
    struct stat st;
    CHECK(fstatat(entry.fd, "state.json", &st, 0) == 0 && (st.st_mode & 07777) == 0600);
    drop_place(&entry);
}

TEST(a_bare_record)
{
    struct cm_entry entry = open_place();
    const struct cm_record record = {.id = "box"};
    const struct cm_record wrong = {.id = "another"};
    CM_AUTO_RECORD struct cm_record *r = NULL;

    CHECK_INT(cm_record_read(&entry, &r, NULL), -ENOENT);
    CHECK_INT(cm_record_write(&entry, &wrong, NULL), -EINVAL);
    CHECK_INT(cm_record_write(&entry, &record, NULL), 0);
    CHECK_INT(cm_record_read(&entry, &r, NULL), 0);
    CHECK(r && !r->created && !r->slot_held && !r->cgroup_path && !r->bundle && r->annotations.n == 0 && !r->namespaces[0].type && r->pid == 0 && !*r->boot_id);
    drop_place(&entry);
}

#define GOOD                                                                                                                                                   \
    "\"version\":1,\"id\":\"box\",\"created\":true,\"started\":false,\"pid\":5,\"pidStart\":6,\"pidfdInode\":7,\"bootId\":\"" BOOT                             \
    "\",\"owner\":0,\"cgroupInode\":8,\"cgroupParents\":1,\"rootless\":false,\"externalIds\":false,\"startHooks\":false,\"namespaces\":[]"

TEST(what_a_spoilt_record_still_says)
{
    static const struct {
        const char *text;
        bool found;
        pid_t pid;
        uint64_t inode, start;
    } table[] = {
        {"{" GOOD "}", true, 5, 7, 6},
        {"{" GOOD ",\"surprise\":1", true, 5, 7, 6},
        {"\"pid\":5,\"pidStart\":6,\"bootId\":\"" BOOT "\"", true, 5, 0, 6},
        {"\"pid\":5,\"bootId\":\"" BOOT "\"", false, 0, 0, 0},
        {"\"pid\":5,\"pidStart\":6,\"bootId\":\"0\"", false, 0, 0, 0},
        {"\"pid\":5,\"pidStart\":6", false, 0, 0, 0},
        {"\"pid\":0,\"pidStart\":6,\"bootId\":\"" BOOT "\"", false, 0, 0, 0},
        {"\"pid\":-5,\"pidStart\":6,\"bootId\":\"" BOOT "\"", false, 0, 0, 0},
        {"\"pid\":2147483648,\"pidStart\":6,\"bootId\":\"" BOOT "\"", false, 0, 0, 0},
        {"\"pid\":99999999999999999999999999999999,\"pidStart\":6,\"bootId\":\"" BOOT "\"", false, 0, 0, 0},
        {"", false, 0, 0, 0},
    };
    struct cm_entry entry = open_place();
    struct cm_record record;

    CHECK(!cm_record_salvage(&entry, &record));
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CHECK_INT(cm_replace_file_at(entry.fd, "state.json", 0600, table[i].text, strlen(table[i].text)), 0);
        bool found = cm_record_salvage(&entry, &record);
        if (found != table[i].found)
            CHECK_FAIL("row %zu", i);
        if (found && table[i].found) {
            CHECK(record.pid == table[i].pid && record.pidfd_ino == table[i].inode && record.pid_start == table[i].start);
            CHECK_STR(record.boot_id, BOOT);
        }
    }
    drop_place(&entry);
}

TEST(hostile_text)
{
    static const struct {
        const char *text;
        int r;
        const char *message;
    } table[] = {
        {"{" GOOD "}", 0, ""},
        {"", -EINVAL, "state.json of the container \"box\""},
        {"{}", -EINVAL, "\"version\" is missing"},
        {"[]", -EINVAL, "\"version\" is missing"},
        {"{\"version\":2}", -EPROTO, "format version 2"},
        {"{\"version\":1}", -EINVAL, "\"id\" is missing"},
        {"{" GOOD ",\"surprise\":1}", -EINVAL, "nobody knows"},
        {"{" GOOD ",\"pid\":6}", -EINVAL, ""},
        {"{" GOOD "} x", -EINVAL, ""},
        {"{" GOOD ",\"bundle\":7}", -EINVAL, ""},
        {"{" GOOD ",\"bundle\":null}", -EINVAL, ""},
        {"{" GOOD ",\"slot\":{}}", -EINVAL, "missing"},
        {"{" GOOD ",\"slot\":[]}", -EINVAL, "object"},
        {"{" GOOD ",\"slot\":{\"index\":1,\"hostId\":4294967296,\"ids\":1,\"generation\":1}}", -ERANGE, ""},
        {"{" GOOD ",\"slot\":{\"index\":1,\"hostId\":-1,\"ids\":1,\"generation\":1}}", -ERANGE, ""},
        {"{" GOOD ",\"slot\":{\"index\":1,\"hostId\":1,\"ids\":1,\"generation\":1,\"more\":1}}", -EINVAL, "nobody knows"},
        {"{" GOOD ",\"slot\":{\"index\":1,\"hostId\":1,\"ids\":1,\"generation\":1}}", 0, ""},
        {"{" GOOD ",\"annotations\":{\"a\":1}}", -EINVAL, ""},
        {"{" GOOD ",\"annotations\":[]}", -EINVAL, "object"},
        {"{" GOOD ",\"tightened\":{}}", -EINVAL, "array"},
        {"{" GOOD ",\"tightened\":[1]}", -EINVAL, ""},
        {"{" GOOD ",\"poststop\":[{\"path\":\"/x\",\"args\":[\"x\"],\"env\":[],\"timeout\":1}]}", 0, ""},
        {"{" GOOD ",\"poststop\":{}}", -EINVAL, "hooks"},
        {"{" GOOD ",\"poststop\":[1]}", -EINVAL, "hook"},
        {"{" GOOD ",\"poststart\":[{\"args\":[]}]}", -EINVAL, "hook"},
        {"{" GOOD ",\"poststart\":[{\"path\":\"/x\",\"more\":1}]}", -EINVAL, "hook"},
        {"{" GOOD ",\"poststart\":[{\"path\":1}]}", -EINVAL, ""},
        {"{" GOOD ",\"poststart\":[{\"path\":\"/x\",\"timeout\":0}]}", -ERANGE, ""},
        {"{" GOOD ",\"poststart\":[{\"path\":\"/x\",\"env\":[1]}]}", -EINVAL, ""},
    };
    static const struct {
        const char *find, *put;
        int r;
    } changes[] = {
        {"\"pid\":5", "\"pid\":2147483648", -ERANGE},
        {"\"pid\":5", "\"pid\":-1", -ERANGE},
        {"\"pid\":5", "\"pid\":5.5", -EINVAL},
        {"\"pid\":5", "\"pid\":\"5\"", -EINVAL},
        {"\"id\":\"box\"", "\"id\":\"other\"", -EINVAL},
        {BOOT, "short", -EINVAL},
        {BOOT, "01234567-89ab-cdef-0123-456789abcdeX", -EINVAL},
        {BOOT, "01234567-89ab-cdef-0123-456789abcdef0", -EINVAL},
        {"[]", "[{\"type\":\"pid\",\"dev\":1,\"ino\":2}]", 0},
        {"[]", "[{\"type\":\"dip\",\"dev\":1,\"ino\":2}]", -EINVAL},
        {"[]", "[{\"type\":\"pid\",\"dev\":1}]", -EINVAL},
        {"[]", "[{\"type\":\"pid\",\"dev\":1,\"ino\":2},{\"type\":\"pid\",\"dev\":1,\"ino\":2}]", -EINVAL},
        {"[]", "[1]", -EINVAL},
        {"[]", "[[],[],[],[],[],[],[],[],[]]", -EINVAL},
    };
    struct cm_entry entry = open_place();

    for (size_t i = 0; i < CM_ARRAY_LEN(table) + CM_ARRAY_LEN(changes); i++) {
        CM_AUTO_RECORD struct cm_record *r = NULL;
        struct cm_error err;
        char text[4096], good[] = "{" GOOD "}";
        int want = i < CM_ARRAY_LEN(table) ? table[i].r : changes[i - CM_ARRAY_LEN(table)].r;
        if (i < CM_ARRAY_LEN(table)) {
            (void)snprintf(text, sizeof(text), "%s", table[i].text);
        } else {
            const char *find = changes[i - CM_ARRAY_LEN(table)].find;
            char *at = strstr(good, find);
            (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, changes[i - CM_ARRAY_LEN(table)].put, at + strlen(find));
        }
        cm_error_init(&err);
        CHECK_INT(cm_replace_file_at(entry.fd, "state.json", 0600, text, strlen(text)), 0);
        int got = cm_record_read(&entry, &r, &err);
        if (got != want || (i < CM_ARRAY_LEN(table) && !strstr(err.message, table[i].message)))
            CHECK_FAIL("%s gives %d, want %d: %s", text, got, want, err.message);
        CHECK((got == 0) == (r != NULL));
    }
    drop_place(&entry);
}

TEST(hostile_files)
{
    struct cm_entry entry = open_place();
    CM_AUTO_RECORD struct cm_record *r = NULL;
    struct cm_error err;
    static const char good[] = "{" GOOD "}";

    CHECK_INT(mkfifoat(entry.fd, "state.json", 0600), 0);
    CHECK_INT(cm_record_read(&entry, &r, &err), -EPERM); /* and does not wait for a writer */
    CHECK_INT(unlinkat(entry.fd, "state.json", 0), 0);
    CHECK_INT(symlinkat("/etc/passwd", entry.fd, "state.json"), 0);
    CHECK_INT(cm_record_read(&entry, &r, &err), -ELOOP);
    CHECK_INT(unlinkat(entry.fd, "state.json", 0), 0);
    CHECK_INT(mkdirat(entry.fd, "state.json", 0700), 0);
    CHECK_INT(cm_record_read(&entry, &r, &err), -EPERM);
    CHECK_INT(unlinkat(entry.fd, "state.json", AT_REMOVEDIR), 0);
    CHECK_INT(cm_replace_file_at(entry.fd, "state.json", 0644, good, strlen(good)), 0);
    CHECK_INT(cm_record_read(&entry, &r, &err), -EPERM);
    CHECK_CONTAINS(err.message, "only uid");
    CHECK_INT(cm_replace_file_at(entry.fd, "state.json", 0600, good, strlen(good)), 0);
    if (geteuid() == 0) {
        CHECK_INT(fchownat(entry.fd, "state.json", 1234, 0, 0), 0);
        CHECK_INT(cm_record_read(&entry, &r, &err), -EPERM);
        CHECK_INT(cm_replace_file_at(entry.fd, "state.json", 0600, good, strlen(good)), 0);
    }
    CHECK_INT(cm_record_read(&entry, &r, &err), 0);
    cm_record_free_ptr(&r);
    CM_AUTO_CLOSE int fd = openat(entry.fd, "state.json", O_WRONLY | O_CLOEXEC);
    CHECK_INT(ftruncate(fd, (1 << 20) + 1), 0);
    CHECK_INT(cm_record_read(&entry, &r, &err), -EFBIG);
    CHECK(!r);
    drop_place(&entry);
}

TEST(too_much_is_not_written)
{
    struct cm_entry entry = open_place();
    char *huge = calloc(1, (1 << 20) + 1);
    struct oci_pair pair = {"a", huge};
    const struct cm_record record = {.id = "box", .annotations = {true, 1, &pair}};
    struct cm_error err;

    memset(huge, 'x', 1 << 20);
    CHECK_INT(cm_record_write(&entry, &record, &err), -EFBIG);
    CHECK_STR(err.field, "/annotations");
    CHECK_INT(faccessat(entry.fd, "state.json", F_OK, 0), -1);
    free(huge);
    drop_place(&entry);
}

TEST(whose_process)
{
    CM_AUTO_CLOSE int proc = cm_procfs_make(NULL);
    pid_t child = fork();

    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    struct cm_record record = {.id = "box", .created = true, .pid = child};
    CM_AUTO_CLOSE int pidfd = cm_pidfd_open(child);
    uint64_t start = 0, own = 0;
    CHECK_INT(cm_boot_id(proc, record.boot_id), 0);
    CHECK_INT(strlen(record.boot_id), 36);
    CHECK_INT(cm_pid_start_time(proc, child, &start), 0);
    CHECK_INT(cm_pid_start_time(proc, getpid(), &own), 0);
    CHECK(own > 0 && start >= own);
    CHECK(cm_pidfd_inode(proc) == 0); /* no pidfd */
    uint64_t inode = cm_pidfd_inode(pidfd);

    const struct {
        uint64_t start, inode;
        bool alive;
    } table[] = {
        {start, inode, true}, {start, 0, true}, {start + 1, 0, false}, {0, 0, false}, {start, inode + 1, inode == 0}, {start + 1, inode, inode != 0},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        record.pid_start = table[i].start;
        record.pidfd_ino = table[i].inode;
        CM_AUTO_CLOSE int fd = cm_record_pidfd(&record, proc);
        if ((fd >= 0) != table[i].alive || (fd < 0 && fd != -ESRCH))
            CHECK_FAIL("row %zu gives %d", i, fd);
    }
    record.pid_start = start;
    record.pidfd_ino = inode;
    record.boot_id[0] = record.boot_id[0] == '0' ? '1' : '0';
    CHECK_INT(cm_record_pidfd(&record, proc), -ESRCH); /* of another boot */
    CHECK_INT(cm_boot_id(proc, record.boot_id), 0);
    (void)kill(child, SIGKILL);
    siginfo_t info;
    CHECK_INT(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    CHECK_INT(cm_record_pidfd(&record, proc), -ESRCH); /* a zombie */
    (void)waitpid(child, NULL, 0);
    CHECK_INT(cm_record_pidfd(&record, proc), -ESRCH);
    CHECK_INT(cm_pid_start_time(proc, child, &start), -ESRCH);
    record.pid = 0;
    CHECK_INT(cm_record_pidfd(&record, proc), -ESRCH);
    record.pid = -1;
    CHECK_INT(cm_record_pidfd(&record, proc), -ESRCH);
}

TEST(start_time_behind_a_hostile_name)
{
    CM_AUTO_CLOSE int proc = cm_procfs_make(NULL);
    uint64_t before = 0, after = 1;
    char name[16] = "";

    CHECK_INT(cm_pid_start_time(proc, getpid(), &before), 0);
    CHECK_INT(prctl(PR_GET_NAME, name), 0);
    CHECK_INT(prctl(PR_SET_NAME, ") R 1 2 (x"), 0);
    CHECK_INT(cm_pid_start_time(proc, getpid(), &after), 0);
    CHECK(after == before);
    CHECK_INT(prctl(PR_SET_NAME, name), 0);
}

TEST(statuses)
{
    static const struct {
        bool created, started, alive, frozen;
        pid_t pid;
        const char *want;
    } table[] = {
        {false, false, false, false, 0, "creating"}, {false, false, true, false, 5, "creating"}, {false, false, false, false, 5, "stopped"},
        {true, false, true, false, 5, "created"},    {true, true, true, false, 5, "running"},    {true, true, true, true, 5, "paused"},
        {true, false, true, true, 5, "paused"},      {true, true, false, true, 5, "stopped"},    {true, true, false, false, 0, "stopped"},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        const struct cm_record record = {.created = table[i].created, .started = table[i].started, .pid = table[i].pid};
        CHECK_STR(cm_status_word(cm_record_status(&record, table[i].alive, table[i].frozen)), table[i].want);
    }
}

TEST(state_documents)
{
    struct oci_pair pair = {"k", "v"};
    struct cm_record record = {.id = "box", .pid = 42, .bundle = "/b", .rootfs = "/b/rootfs", .created_at = "2026-01-02T03:04:05.000000006Z"};
    CM_AUTO_STR struct cm_str out = {0}, line = {0};
    struct json_writer writer;

    json_writer_init(&writer, &out, 2);
    cm_state_document(&record, CM_STATUS_RUNNING, "", &writer);
    CHECK_STR(cm_str_text(&out), "{\n  \"ociVersion\": \"" OCI_VERSION
                                 "\",\n  \"id\": \"box\",\n  \"pid\": 42,\n  \"status\": \"running\",\n  \"bundle\": \"/b\",\n  \"rootfs\": \"/b/rootfs\",\n"
                                 "  \"created\": \"2026-01-02T03:04:05.000000006Z\",\n  \"owner\": \"\"\n}");
    record.annotations = (struct oci_map){true, 1, &pair};
    json_writer_init(&writer, &line, 0);
    cm_state_document(&record, CM_STATUS_STOPPED, "root", &writer);
    CHECK_STR(cm_str_text(&line),
              "{\"ociVersion\":\"" OCI_VERSION
              "\",\"id\":\"box\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\",\"rootfs\":\"/b/rootfs\",\"created\":\"2026-01-02T03:04:05.000000006Z\","
              "\"annotations\":{\"k\":\"v\"},\"owner\":\"root\"}");
}
