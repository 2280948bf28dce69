/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subuid parsing, the choice of the id pool, CRC32C. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/crc32c.h"
#include "idmap/slots.h"
#include "idmap/subid.h"

static int note_line(const struct cm_subid *line, void *user)
{
    cm_str_addf(user, "%.*s=%u+%u ", (int)line->owner_size, line->owner, line->start, line->count);
    return 0;
}

TEST(crc32c_of_the_standard)
{
    unsigned char zeros[32] = {0}, ones[32];

    memset(ones, 0xff, sizeof(ones));
    CHECK(cm_crc32c("123456789", 9) == 0xe3069283);
    CHECK(cm_crc32c(zeros, sizeof(zeros)) == 0x8a9136aa); /* RFC 3720 B.4 */
    CHECK(cm_crc32c(ones, sizeof(ones)) == 0x62a8ab43);
    CHECK(cm_crc32c("", 0) == 0);
}

TEST(subid_lines)
{
    static const struct {
        const char *text;
        size_t size;
        const char *want;
    } table[] = {
#define ROW(text, want) {text, sizeof(text) - 1, want}
        ROW("", ""),
        ROW("a:100000:65536\n", "a=100000+65536 "),
        ROW("a:100000:65536", "a=100000+65536 "),
        ROW("a:1:2\n\n\nb:3:4\n", "a=1+2 b=3+4 "),
        ROW("1000:5:6\n", "1000=5+6 "),
        ROW("a:0:1\n", "a=0+1 "),
        ROW("a:0:0\n", ""),
        ROW(":1:2\n", ""),
        ROW("a:1\nb:1:2\n", "b=1+2 "),
        ROW("a:1:2:3\n", ""),
        ROW("a::2\na:1:\n:::\n", ""),
        ROW("a: 1:2\na:1 :2\na:+1:2\na:-1:2\na:0x1:2\na:1e3:2\n", ""),
        ROW("# a:1:2\n", "# a=1+2 "), /* an owner that nobody has */
        ROW("a:1:2\r\nb:3:4\n", "b=3+4 "),
        ROW("a\0b:1:2\nc:3:4\n", "a=1+2 c=3+4 "),
        ROW("a:1\0:2\nc:3:4\n", "c=3+4 "),
        ROW("a:4294967295:1\n", "a=4294967295+1 "),
        ROW("a:4294967295:2\n", "a=4294967295+1 "),
        ROW("a:100000:4294967295\n", "a=100000+4294867296 "),
        ROW("a:0:4294967295\n", "a=0+4294967295 "),
        ROW("a:4294967296:1\na:1:4294967296\na:99999999999999999999999:1\na:1:00000000000000000001\n", ""),
        ROW("a:000001:2\n", "a=1+2 "),
#undef ROW
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        CM_AUTO_STR struct cm_str got = {0};
        char *exact = malloc(table[i].size ? table[i].size : 1); /* so that the sanitizer sees a byte too many */
        memcpy(exact, table[i].text, table[i].size);
        CHECK_INT(cm_subid_each(exact, table[i].size, note_line, &got), 0);
        CHECK_STR(cm_str_text(&got), table[i].want);
        free(exact);
    }
}

static int stop_at_second(const struct cm_subid *line, void *user)
{
    (void)line;
    return ++*(int *)user == 2 ? -7 : 0;
}

TEST(subid_of_one_user)
{
    static const char text[] = "alice:1:1\n1000:2:2\nalic:3:3\nalice2:4:4\nalice:5:5\n01000:6:6\nroot:7:7\n";
    struct cm_subid got[4];
    int calls = 0;

    CHECK_INT(cm_subid_of(text, sizeof(text) - 1, "alice", 1000, got, 4), 4);
    CHECK_INT(got[0].start, 1);
    CHECK_INT(got[1].start, 2);
    CHECK_INT(got[2].start, 5);
    CHECK_INT(got[3].start, 6);
    CHECK_INT(cm_subid_of(text, sizeof(text) - 1, "alice", UINT32_MAX, got, 4), 2);
    CHECK_INT(cm_subid_of(text, sizeof(text) - 1, NULL, 1000, got, 4), 2);
    CHECK_INT(cm_subid_of(text, sizeof(text) - 1, "alice", 1000, got, 1), 1);
    CHECK_INT(cm_subid_of(text, sizeof(text) - 1, "bob", 12, got, 4), 0);
    CHECK_INT(cm_subid_each(text, sizeof(text) - 1, stop_at_second, &calls), -7);
    CHECK_INT(calls, 2);
}

TEST(subid_garbage_never_reads_outside)
{
    unsigned int seed = 12345;

    for (int round = 0; round < 20000; round++) {
        static const char alphabet[] = "a:0129\n\0 -";
        size_t n = (size_t)(rand_r(&seed) % 40);
        char *text = malloc(n ? n : 1);
        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
        struct cm_subid got[2];
        CHECK(cm_subid_of(text, n, "a", 1, got, 2) <= 2);
        free(text);
    }
}

/* An invented /etc. NULL: the file is missing. */
static int make_etc(const char *subuid, const char *subgid, const char *passwd, const char *group)
{
    const struct {
        const char *name, *text;
    } files[] = {{"subuid", subuid}, {"subgid", subgid}, {"passwd", passwd}, {"group", group}};
    char path[] = "/tmp/casemate-etc-XXXXXX";
    int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    for (size_t i = 0; dir >= 0 && i < CM_ARRAY_LEN(files); i++)
        if (files[i].text && cm_replace_file_at(dir, files[i].name, 0644, files[i].text, strlen(files[i].text)) < 0)
            CHECK_FAIL("cannot write %s", files[i].name);
    CHECK(dir >= 0);
    return dir;
}

static void drop_etc(int dir)
{
    static const char *const names[] = {"subuid", "subgid", "passwd", "group"};
    char link[64], path[128] = "";

    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        (void)unlinkat(dir, names[i], 0);
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    if (readlink(link, path, sizeof(path) - 1) > 0)
        (void)rmdir(path);
    (void)close(dir);
}

#define BUILTIN 1879048192u
#define BUILTIN_SLOTS 4094u

TEST(pool_of_etc)
{
    static const struct {
        const char *subuid, *subgid, *passwd, *group;
        int r;
        const char *message;
        uint32_t base, slots;
        bool configured;
    } table[] = {
        {NULL, NULL, NULL, NULL, 0, NULL, BUILTIN, BUILTIN_SLOTS, false},
        {"", "", "root:x:0:0::/:/\n", "root:x:0:\n", 0, NULL, BUILTIN, BUILTIN_SLOTS, false},
        {"alice:100000:65536\n", "alice:100000:65536\n", "", "", 0, NULL, BUILTIN, BUILTIN_SLOTS, false},
        {"casemate:131072:1073741824\n", "casemate:131072:1073741824\n", "", "", 0, NULL, 131072, 16384, true},
        {"990:131072:65536\n", "casemate:131072:65536\n", "casemate:x:990:990::/:/\n", "", 0, NULL, 131072, 1, true},
        {"casemate:1048576:70000\n", "casemate:1048576:70000\n", "", "", 0, NULL, 1048576, 1, true},            /* the rest is not used */
        {"casemate:4294836224:131072\n", "casemate:4294836224:131072\n", "", "", 0, NULL, 4294836224, 1, true}, /* without the last block */
        {"casemate:131072:65536\n", "", "", "", -EINVAL, "differ", 0, 0, false},
        {"", "casemate:131072:65536\n", "", "", -EINVAL, "differ", 0, 0, false},
        {"casemate:131072:65536\n", "casemate:196608:65536\n", "", "", -EINVAL, "differ", 0, 0, false},
        {"casemate:131072:131072\n", "casemate:131072:65536\n", "", "", -EINVAL, "differ", 0, 0, false},
        {"casemate:131072:65536\ncasemate:196608:65536\n", "casemate:131072:65536\n", "", "", -EINVAL, "more than one line", 0, 0, false},
        {"casemate:131073:65536\n", "casemate:131073:65536\n", "", "", -EINVAL, "not a multiple of 65536", 0, 0, false},
        {"casemate:65536:65536\n", "casemate:65536:65536\n", "", "", -EINVAL, "must start at 131072", 0, 0, false},
        {"casemate:0:4294967295\n", "casemate:0:4294967295\n", "", "", -EINVAL, "must start at 131072", 0, 0, false},
        {"casemate:131072:65535\n", "casemate:131072:65535\n", "", "", -EINVAL, "less than the 65536", 0, 0, false},
        {"casemate:4294901760:65536\n", "casemate:4294901760:65536\n", "", "", -EINVAL, "less than the 65536", 0, 0, false},
        {"casemate:131072:655360\nbob:720896:65536\n", "casemate:131072:655360\n", "", "", -EADDRINUSE, "\"bob\" in /etc/subuid", 0, 0, false},
        {"casemate:131072:655360\n", "casemate:131072:655360\nbob:100000:31073\n", "", "", -EADDRINUSE, "\"bob\" in /etc/subgid", 0, 0, false},
        {"casemate:131072:655360\nbob:100000:31072\n", "casemate:131072:655360\nbob:786432:1\n", "", "", 0, NULL, 131072, 10, true},
        {"casemate:131072:65536\nkubelet:65536:4294901760\n", "casemate:131072:65536\n", "", "", -EADDRINUSE, "kubelet", 0, 0, false},
        {"casemate:131072:65536\n", "casemate:131072:65536\n", "x:x:131072:0::/:/\n", "", -EADDRINUSE, "\"x\" in /etc/passwd", 0, 0, false},
        {"casemate:131072:65536\n", "casemate:131072:65536\n", "", "g:x:196607:\n", -EADDRINUSE, "\"g\" in /etc/group", 0, 0, false},
        {"casemate:131072:65536\n", "casemate:131072:65536\n", "x:x:196608:0::/:/\ny:x:131071:1:\nz:x:nonsense:1:\n", "", 0, NULL, 131072, 1, true},
        /* The built-in one goes round what is there. */
        {"bob:1879048192:65537\n", "", "", "", 0, NULL, BUILTIN + 131072, BUILTIN_SLOTS - 2, false},
        {"", "bob:2147000000:100000\n", "", "", 0, NULL, BUILTIN, (2147000000u - BUILTIN) / 65536u, false},
        {"", "", "x:x:2013265920:0::/:/\n", "", 0, NULL, BUILTIN, 2048, false},                                       /* the longer half */
        {"bob:1879048192:134217728\neve:1879113728:65536\n", "", "", "", 0, NULL, BUILTIN + 134217728u, 2046, false}, /* one inside the other */
        {"kubelet:65536:4294901760\n", "", "", "", -EADDRINUSE, "add a line", 0, 0, false},
        {"containers:2147483647:2147483648\n", "containers:2147483647:2147483648\n", "", "", 0, NULL, BUILTIN, BUILTIN_SLOTS, false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(table); i++) {
        struct cm_id_pool pool = {7, 7, false};
        struct cm_error err;
        int dir = make_etc(table[i].subuid, table[i].subgid, table[i].passwd, table[i].group);
        cm_error_init(&err);
        int r = cm_id_pool_find(dir, &pool, &err);
        drop_etc(dir);
        if (r != table[i].r || (r < 0 && (!strstr(err.message, table[i].message) || pool.base != 7)) ||
            (r == 0 && (pool.base != table[i].base || pool.slots != table[i].slots || pool.configured != table[i].configured)))
            CHECK_FAIL("row %zu: r=%d base=%u slots=%u \"%s\"", i, r, pool.base, pool.slots, err.message);
        CHECK(r < 0 || pool.configured || (pool.base >= BUILTIN && (uint64_t)pool.base + (uint64_t)pool.slots * 65536u <= 2147352576u));
    }
}

TEST(pool_with_many_lines)
{
    CM_AUTO_STR struct cm_str text = {0};
    struct cm_id_pool pool;

    for (uint32_t i = 0; i < 10000; i++) /* every second block from the top down, so that they are not sorted */
        cm_str_addf(&text, "user%u:%u:1000\n", i, 2147352576u - 65536u - (i % 4094u) * 65536u / 2u * 2u);
    int dir = make_etc(cm_str_text(&text), "", "", "");
    CHECK_INT(cm_id_pool_find(dir, &pool, NULL), -EADDRINUSE);
    drop_etc(dir);
    cm_str_add(&text, "casemate:131072:655360000\n");
    dir = make_etc(cm_str_text(&text), "casemate:131072:655360000\n", "", "");
    CHECK_INT(cm_id_pool_find(dir, &pool, NULL), 0);
    CHECK_INT(pool.slots, 10000);
    drop_etc(dir);
}

TEST(pool_needs_readable_files)
{
    struct cm_id_pool pool;
    struct cm_error err;
    int dir = make_etc("", NULL, "", "");

    CHECK_INT(mkdirat(dir, "subgid", 0700), 0);
    CHECK_INT(cm_id_pool_find(dir, &pool, &err), -EISDIR);
    CHECK_CONTAINS(err.message, "/etc/subgid");
    CHECK_INT(unlinkat(dir, "subgid", AT_REMOVEDIR), 0);
    drop_etc(dir);
}
