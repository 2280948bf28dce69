/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids, the state root, entries and their locks; many and killed processes on one id. */
#include "check.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "state/store.h"

static char base_path[64];

static const char *path_of(const char *name)
{
    static char path[4][256];
    static unsigned int n;
    char *ret = path[n++ % 4];

    if (!base_path[0]) {
        (void)snprintf(base_path, sizeof(base_path), "%s/casemate-state-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(base_path))
            CHECK_FAIL("no temporary directory");
    }
    (void)snprintf(ret, sizeof(path[0]), "%s%s", base_path, name);
    return ret;
}

__attribute__((destructor)) static void clean_up(void)
{
    static const char *const left[] = {"/root", "/link", "/file", "/wide", "/a/b/c", "/a/b", "/a", ""};

    for (size_t i = 0; base_path[0] && i < CM_ARRAY_LEN(left); i++)
        (void)remove(path_of(left[i]));
}

static struct cm_store open_store(void)
{
    struct cm_store store = CM_STORE_NONE;
    struct cm_error err;

    cm_error_init(&err);
    if (cm_store_open(path_of("/root"), true, &store, &err) < 0)
        CHECK_FAIL("%s", err.message);
    return store;
}

static struct cm_record sample(const struct cm_entry *entry, bool created)
{
    return (struct cm_record){.id = entry->id, .created = created, .boot_id = "01234567-89ab-cdef-0123-456789abcdef"};
}

TEST(ids)
{
    static const struct {
        const char *id;
        int r;
        const char *message;
    } table[] = {
        {"a", 0, ""},
        {"A-Z_0.9+x", 0, ""},
        {"...", 0, ""},
        {"-x", 0, ""},
        {"", -EINVAL, "container id cannot be empty"},
        {NULL, -EINVAL, "container id cannot be empty"},
        {".", -EINVAL, "invalid container ID format"},
        {"..", -EINVAL, "invalid container ID format"},
        {"a/b", -EINVAL, "invalid container ID format"},
        {"/", -EINVAL, "invalid container ID format"},
        {"a b", -EINVAL, "invalid container ID format"},
        {"a\n", -EINVAL, "invalid container ID format"},
        {"a:b", -EINVAL, "invalid container ID format"},
        {"a,b", -EINVAL, "invalid container ID format"},
        {"\xc3\xa4", -EINVAL, "invalid container ID format"},
    };
    char id[CM_ID_MAX + 2];
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        cm_error_init(&err);
        CHECK_INT(cm_id_check(table[i].id, &err), table[i].r);
        CHECK_CONTAINS(err.message, table[i].message);
    }
    memset(id, 'x', sizeof(id));
    id[255] = '\0';
    CHECK_INT(cm_id_check(id, NULL), 0);
    id[255] = 'x';
    id[256] = '\0';
    CHECK_INT(cm_id_check(id, &err), -ENAMETOOLONG);
    CHECK_CONTAINS(err.message, "at most 255");
    id[256] = 'x';
    id[CM_ID_MAX + 1] = '\0';
    CHECK_INT(cm_id_check(id, &err), -EINVAL);
}

TEST(roots)
{
    struct cm_store store = CM_STORE_NONE;
    struct cm_error err;

    CHECK_INT(cm_store_open(path_of("/root"), false, &store, &err), -ENOENT);
    CHECK_INT(cm_store_open("relative", true, &store, &err), -EINVAL);
    CHECK_INT(cm_store_open("", true, &store, &err), -EINVAL);
    CHECK_INT(cm_store_open("/", true, &store, &err), -EINVAL);
    CHECK_STR(err.message, "Option --root argument should not be set to /");
    CHECK_INT(cm_store_open("/../", true, &store, &err), -EINVAL);
    CHECK_CONTAINS(err.message, "--root");
    CHECK_INT(cm_store_open(path_of("/a/b/c///"), true, &store, &err), 0);
    CHECK_STR(store.path, path_of("/a/b/c"));
    struct stat st;
    CHECK(fstat(store.fd, &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK(stat(path_of("/a/b"), &st) == 0 && (st.st_mode & 07777) == 0755);
    cm_store_close(&store);
    CHECK(store.fd < 0 && !store.path);
    CHECK_INT(symlink(path_of("/a/b/c"), path_of("/link")), 0);
    CHECK_INT(cm_store_open(path_of("/link"), true, &store, &err) < 0, 1);
    CHECK_INT(cm_store_open(path_of("/link/"), true, &store, &err) < 0, 1);
    CHECK_CONTAINS(err.message, "is a link");
    CHECK_INT(mknod(path_of("/file"), S_IFREG | 0600, 0), 0);
    CHECK_INT(cm_store_open(path_of("/file"), true, &store, &err), -ENOTDIR);
    static const mode_t modes[] = {0720, 0702, 01777, 0777};
    CHECK_INT(mkdir(path_of("/wide"), 0700), 0);
    for (size_t i = 0; i < CM_ARRAY_LEN(modes); i++) {
        CHECK_INT(chmod(path_of("/wide"), modes[i]), 0);
        CHECK_INT(cm_store_open(path_of("/wide"), true, &store, &err), -EPERM);
    }
    CHECK_CONTAINS(err.message, "writable by others");
    CHECK_INT(chmod(path_of("/wide"), 01711), 0);
    CHECK_INT(cm_store_open(path_of("/wide"), true, &store, &err), 0);
    cm_store_close(&store);
    if (geteuid() == 0) {
        CHECK_INT(chown(path_of("/wide"), 1234, 1234), 0);
        CHECK_INT(cm_store_open(path_of("/wide"), true, &store, &err), -EPERM);
        CHECK_CONTAINS(err.message, "belongs to uid 1234");
    }
}

TEST(life_of_an_entry)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    struct cm_entry entry = CM_ENTRY_NONE, other = CM_ENTRY_NONE;
    struct cm_error err;

    CHECK_INT(cm_entry_open(&store, "c1", false, &other, &err), -ENOENT);
    CHECK_STR(err.message, "container does not exist");
    CHECK_INT(cm_entry_create(&store, "c1", &entry, &err), 0);
    CHECK(entry.fresh && entry.locked);
    struct stat st;
    CHECK(fstat(entry.fd, &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK_INT(cm_entry_create(&store, "c1", &other, &err), -EEXIST); /* locked: its maker works */
    CHECK_STR(err.message, "container with given ID already exists");
    cm_entry_close(&entry);

    CHECK_INT(cm_entry_create(&store, "c1", &entry, &err), 0); /* left by a killed maker, no record */
    CHECK(!entry.fresh && entry.locked);
    struct cm_record record = sample(&entry, false);
    CHECK_INT(cm_record_write(&entry, &record, &err), 0);
    cm_entry_close(&entry);
    CHECK_INT(cm_entry_create(&store, "c1", &entry, &err), 0); /* the same with one that says creating */
    CHECK(!entry.fresh);
    record = sample(&entry, true);
    CHECK_INT(cm_record_write(&entry, &record, &err), 0);
    cm_entry_close(&entry);
    CHECK_INT(cm_entry_create(&store, "c1", &entry, &err), -EEXIST);

    CHECK_INT(cm_entry_open(&store, "c1", true, &entry, &err), 0);
    CHECK_INT(cm_entry_open(&store, "c1", false, &other, &err), 0);
    CHECK_INT(mkfifoat(entry.fd, "start", 0600), 0);
    CHECK_INT(mkdirat(entry.fd, "notify", 0700), 0);
    CHECK_INT(mknodat(entry.fd, "notify/socket", S_IFSOCK | 0600, 0), 0);
    CHECK_INT(mknodat(entry.fd, ".state.json.tmp", S_IFREG | 0600, 0), 0);
    CHECK_INT(symlinkat("/", entry.fd, "link"), 0);
    CHECK_INT(cm_entry_remove(&store, &entry, &err), 0);
    CHECK_INT(cm_entry_remove(&store, &entry, &err), 0); /* gone already */
    CM_AUTO_RECORD struct cm_record *read = NULL;
    CHECK_INT(cm_record_read(&other, &read, &err), -ENOENT); /* whoever has it open sees nothing */
    CHECK_STR(err.message, "container does not exist");
    cm_entry_close(&other);
    cm_entry_close(&entry);
    CHECK_INT(cm_entry_open(&store, "c1", true, &entry, &err), -ENOENT);
}

TEST(a_record_that_is_a_directory)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    struct cm_entry entry = CM_ENTRY_NONE;
    struct cm_error err;

    cm_error_init(&err);
    CHECK_INT(cm_entry_create(&store, "c2", &entry, &err), 0);
    CHECK_INT(mkdirat(entry.fd, "state.json", 0700), 0);
    CHECK_INT(symlinkat("/etc/passwd", entry.fd, "state.json/link"), 0);
    CHECK_INT(mkdirat(entry.fd, "notify", 0700), 0);
    CHECK_INT(cm_entry_remove(&store, &entry, &err), 0);
    CHECK_STR(err.message, "");
    CHECK(faccessat(store.fd, "c2", F_OK, 0) < 0);
    cm_entry_close(&entry);
}

TEST(removal_takes_only_its_own)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    struct cm_entry entry = CM_ENTRY_NONE, second = CM_ENTRY_NONE;
    struct cm_error err;

    CHECK_INT(cm_entry_create(&store, "c2", &entry, &err), 0);
    CHECK_INT(mkdirat(entry.fd, "x", 0700), 0);
    CHECK_INT(mkdirat(entry.fd, "x/y", 0700), 0);
    CHECK(cm_entry_remove(&store, &entry, &err) < 0); /* never deeper than one level */
    CHECK_CONTAINS(err.message, "c2");
    CHECK_INT(unlinkat(entry.fd, "x/y", AT_REMOVEDIR), 0);
    CHECK_INT(cm_entry_remove(&store, &entry, &err), 0);
    /* The name is another container's by now: the old entry must leave it alone. */
    CHECK_INT(cm_entry_create(&store, "c2", &second, &err), 0);
    CHECK(second.fresh);
    CHECK_INT(cm_entry_remove(&store, &entry, &err), 0);
    CHECK_INT(faccessat(store.fd, "c2", F_OK, 0), 0);
    CHECK_INT(cm_entry_remove(&store, &second, &err), 0);
    cm_entry_close(&entry);
    cm_entry_close(&second);
}

TEST(what_is_no_directory_is_refused)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    struct cm_entry entry = CM_ENTRY_NONE;
    struct cm_error err;

    CHECK_INT(symlinkat("/tmp", store.fd, "link"), 0);
    CHECK_INT(mknodat(store.fd, "file", S_IFREG | 0600, 0), 0);
    CHECK_INT(mkfifoat(store.fd, "fifo", 0600), 0);
    static const char *const names[] = {"link", "file", "fifo"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(cm_entry_create(&store, names[i], &entry, &err), -EEXIST);
        CHECK(cm_entry_open(&store, names[i], true, &entry, &err) < 0);
        CHECK_CONTAINS(err.message, "no directory");
        CHECK_INT(unlinkat(store.fd, names[i], 0), 0);
    }
    CHECK_INT(cm_entry_open(&store, "..", false, &entry, &err), -EINVAL);
    CHECK_INT(cm_entry_create(&store, "../x", &entry, &err), -EINVAL);
}

static int join_ids(const char *id, void *user)
{
    cm_str_addf(user, "%s ", id);
    return cm_streq(id, "stop") ? -5 : 0;
}

TEST(listing)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    static const char *const names[] = {"b", "a", "Z", "a-1", ".x", "a b"};

    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        CHECK_INT(mkdirat(store.fd, names[i], 0700), 0);
    CHECK_INT(mknodat(store.fd, "file", S_IFREG | 0600, 0), 0);
    CHECK_INT(symlinkat("a", store.fd, "link"), 0);
    for (int i = 0; i < 2; i++) { /* twice: the position of the descriptor does not matter */
        CM_AUTO_STR struct cm_str out = {0};
        CHECK_INT(cm_store_each(&store, join_ids, &out, NULL), 0);
        CHECK_STR(cm_str_text(&out), ".x Z a a-1 b ");
    }
    CHECK_INT(mkdirat(store.fd, "stop", 0700), 0);
    CM_AUTO_STR struct cm_str out = {0};
    CHECK_INT(cm_store_each(&store, join_ids, &out, NULL), -5);
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        CHECK_INT(unlinkat(store.fd, names[i], AT_REMOVEDIR), 0);
    CHECK_INT(unlinkat(store.fd, "stop", AT_REMOVEDIR), 0);
    CHECK_INT(unlinkat(store.fd, "file", 0), 0);
    CHECK_INT(unlinkat(store.fd, "link", 0), 0);
}

TEST(a_lock_ends_with_its_entry_although_a_child_has_a_copy)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    struct cm_entry entry = CM_ENTRY_NONE, other = CM_ENTRY_NONE;

    CHECK_INT(cm_entry_create(&store, "c3", &entry, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    cm_entry_close(&entry);
    CHECK_INT(cm_entry_open(&store, "c3", true, &other, NULL), 0);
    CHECK_INT(cm_entry_remove(&store, &other, NULL), 0);
    cm_entry_close(&other);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

#define WORKERS 100

/* All of them create one id again and again: at any time one has it at most. The winner writes a record, lets the others try, and deletes. */
TEST(one_winner_a_round)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    atomic_uint *wins = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    atomic_uint *held = wins + 1, *violations = wins + 2, *tries = wins + 3;

    for (int i = 0; i < WORKERS; i++) {
        pid_t child = fork();
        if (child != 0)
            continue;
        const time_t end = time(NULL) + 5;
        while (atomic_load(wins) < 300 && time(NULL) < end) {
            struct cm_entry entry = CM_ENTRY_NONE;
            int r = cm_entry_create(&store, "same", &entry, NULL);
            if (r == 0) {
                struct cm_record record = sample(&entry, true);
                atomic_fetch_add(wins, 1);
                if (atomic_fetch_add(held, 1) != 0 || cm_record_write(&entry, &record, NULL) < 0)
                    atomic_fetch_add(violations, 1);
                cm_entry_close(&entry); /* created: nobody else may have it now */
                (void)sched_yield();
                if (cm_entry_open(&store, "same", true, &entry, NULL) < 0)
                    atomic_fetch_add(violations, 1);
                atomic_fetch_sub(held, 1);
                if (cm_entry_remove(&store, &entry, NULL) < 0)
                    atomic_fetch_add(violations, 1);
            } else if (r != -EEXIST && r != -EBUSY) {
                atomic_fetch_add(violations, 1);
            }
            cm_entry_close(&entry);
            atomic_fetch_add(tries, 1);
            const struct timespec pause = {.tv_nsec = 200000};
            (void)nanosleep(&pause, NULL);
        }
        _exit(0);
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = -1;
        CHECK(wait(&status) > 0 && status == 0);
    }
    printf("# %u wins of %u tries\n", atomic_load(wins), atomic_load(tries));
    CHECK(atomic_load(wins) > 20);
    CHECK_INT(atomic_load(violations), 0);
    CHECK_INT(faccessat(store.fd, "same", F_OK, 0), -1);
    (void)munmap(wins, 4096);
}

/* Makers are killed anywhere; the next create of the id gets it at once, or its record says that it is finished. */
TEST(a_killed_maker_blocks_nobody)
{
    CM_AUTO_STORE struct cm_store store = open_store();
    unsigned int seed = (unsigned int)getpid();
    int taken_over = 0;

    for (int round = 0; round < 200; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (;;) {
                struct cm_entry entry = CM_ENTRY_NONE;
                if (cm_entry_create(&store, "k", &entry, NULL) < 0)
                    _exit(1);
                struct cm_record record = sample(&entry, false);
                if (cm_record_write(&entry, &record, NULL) < 0 || mkfifoat(entry.fd, "start", 0600) < 0 || cm_entry_remove(&store, &entry, NULL) < 0)
                    _exit(2);
                cm_entry_close(&entry);
            }
        }
        const struct timespec pause = {.tv_nsec = 200000 + rand_r(&seed) % 1500000};
        (void)nanosleep(&pause, NULL);
        int status = 0;
        (void)kill(child, SIGKILL);
        CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        struct cm_entry entry = CM_ENTRY_NONE;
        struct cm_error err;
        cm_error_init(&err);
        if (cm_entry_create(&store, "k", &entry, &err) < 0)
            CHECK_FAIL("round %d: %s", round, err.message);
        taken_over += !entry.fresh;
        CHECK_INT(cm_entry_remove(&store, &entry, NULL), 0);
        cm_entry_close(&entry);
    }
    printf("# %d leftovers of 200\n", taken_over);
    CHECK(taken_over > 0);
    CHECK_INT(faccessat(store.fd, "k", F_OK, 0), -1);
}
