/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs that must not be taken, with the place and the words of the error; and their neighbours that must be. */
#include "check.h"
#include "base/str.h"
#include "oci/config.h"

static struct cm_error err;

static int parse(const char *text, size_t size)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;

    cm_error_init(&err);
    return oci_config_parse(text, size, &config, &err);
}

struct refused {
    const char *text, *field, *message;
};

#define TOP(rest) "{\"ociVersion\":\"1.3.0\"," rest "}"
#define PROCESS(rest) TOP("\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}," rest "}")
#define LINUX(rest) TOP("\"linux\":{" rest "}")
#define RESOURCES(rest) LINUX("\"resources\":{" rest "}")
#define RULE(rest) LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"," rest "}]}")

static const struct refused cases[] = {
    {"", "", "empty"},
    {"  ", "", "line 1"},
    {"[]", "", "expected an object, got an array"},
    {"null", "", "expected an object, got null"},
    {"{}", "", "\"ociVersion\" is missing"},
    {"{\"ociVersion\":\"\"}", "/ociVersion", "must not be empty"},
    {"{\"OCIVersion\":\"1.0.0\"}", "/OCIVersion", "write \"ociVersion\""},
    {TOP("\"linux\":{},\"Linux\":{}"), "/Linux", "write \"linux\""},
    {TOP("\"hostname\":\"a\",\"hostname\":\"a\""), "/hostname", "twice"},
    {TOP("\"hostname\":\"a\\u0000b\""), "/hostname", "\\u0000"},
    {TOP("\"other\":{\"a\":[\"\xff\"]}"), "/other/a/0", "UTF-8"},
    {TOP("\"annotations\":{\"a\":1}"), "/annotations/a", "expected a string, got a number"},
    {TOP("\"annotations\":{\"a\":\"1\",\"a\":\"2\"}"), "/annotations/a", "twice"},
    {TOP("\"annotations\":{\"\":\"1\"}"), "/annotations/", "must not be empty"},
    {TOP("\"root\":{}"), "/root", "\"path\" is missing"},
    {TOP("\"mounts\":[{\"type\":\"proc\"}]"), "/mounts/0", "\"destination\" is missing"},
    {TOP("\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\",\"options\":[\"ro\",1]}]"), "/mounts/1/options/1", "expected a string, got a number"},
    {TOP("\"hooks\":{\"poststop\":[{\"path\":\"/h\",\"timeout\":0}]}"), "/hooks/poststop/0/timeout", "from 1 to 2147483647, got 0"},
    {TOP("\"hooks\":{\"Poststop\":[]}"), "/hooks/Poststop", "write \"poststop\""},
    {TOP("\"process\":{\"user\":{\"uid\":0,\"gid\":0}}"), "/process", "\"cwd\" is missing"},
    {TOP("\"process\":{\"cwd\":\"/\"}"), "/process", "\"user\" is missing"},
    {TOP("\"process\":{\"cwd\":\"/\",\"user\":null}"), "/process", "\"user\" is missing"},
    {TOP("\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":\"0\"}}"), "/process/user/uid", "expected a whole number from 0 to 4294967295, got a string"},
    {TOP("\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":-1}}"), "/process/user/uid", "from 0 to 4294967295, got -1"},
    {TOP("\"process\":{\"cwd\":\"/\",\"user\":{\"gid\":4294967296}}"), "/process/user/gid", "got 4294967296"},
    {TOP("\"process\":{\"cwd\":\"/\",\"user\":{\"additionalGids\":[1,-2]}}"), "/process/user/additionalGids/1", "got -2"},
    {PROCESS("\"NoNewPrivileges\":true"), "/process/NoNewPrivileges", "write \"noNewPrivileges\""},
    {PROCESS("\"noNewPrivileges\":\"true\""), "/process/noNewPrivileges", "expected true or false, got a string"},
    {PROCESS("\"args\":[\"a\",null]"), "/process/args/1", "got null"},
    {PROCESS("\"env\":\"A=b\""), "/process/env", "expected an array, got a string"},
    {PROCESS("\"oomScoreAdj\":2147483648"), "/process/oomScoreAdj", "from -2147483648 to 2147483647"},
    {PROCESS("\"consoleSize\":{\"height\":1}"), "/process/consoleSize", "\"width\" is missing"},
    {PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":2}]"), "/process/rlimits/1", "twice"},
    {PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1}]"), "/process/rlimits/0", "\"hard\" is missing"},
    {PROCESS("\"scheduler\":{\"policy\":\"SCHED_EXT\"}"), "/process/scheduler/policy", "unknown word \"SCHED_EXT\", expected one of SCHED_OTHER"},
    {PROCESS("\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"X\"]}"), "/process/scheduler/flags/0", "unknown word \"X\""},
    {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_NONE\"}"), "/process/ioPriority/class", "unknown word"},
    {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":8}"), "/process/ioPriority/priority", "from 0 to 7, got 8"},
    {PROCESS("\"execCPUAffinity\":{\"initial\":\"0-3;\"}"), "/process/execCPUAffinity/initial", "list of processors"},
    {LINUX("\"namespaces\":[{\"type\":\"net\"}]"), "/linux/namespaces/0/type", "unknown word \"net\""},
    {LINUX("\"namespaces\":[{\"type\":\"PID\"}]"), "/linux/namespaces/0/type", "unknown word \"PID\""},
    {LINUX("\"namespaces\":[{\"path\":\"/proc/1/ns/pid\"}]"), "/linux/namespaces/0", "\"type\" is missing"},
    {LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"uts\"},{\"type\":\"pid\",\"path\":\"/x\"}]"), "/linux/namespaces/2", "\"pid\" is there twice"},
    {LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":-1}]"), "/linux/uidMappings/0/size", "got -1"},
    {LINUX("\"gidMappings\":[{\"containerID\":0,\"hostID\":0}]"), "/linux/gidMappings/0", "\"size\" is missing"},
    {LINUX("\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}"), "/linux/timeOffsets/boottime/nanosecs", "to 999999999"},
    {LINUX("\"devices\":[{\"type\":\"a\",\"path\":\"/dev/x\"}]"), "/linux/devices/0/type", "c, b, u, p, got \"a\""},
    {LINUX("\"devices\":[{\"type\":\"cb\",\"path\":\"/dev/x\"}]"), "/linux/devices/0/type", "got \"cb\""},
    {LINUX("\"devices\":[{\"type\":\"c\"}]"), "/linux/devices/0", "\"path\" is missing"},
    {LINUX("\"netDevices\":{\"eth0\":{\"name\":23}}"), "/linux/netDevices/eth0/name", "expected a string"},
    {LINUX("\"netDevices\":{\"\":{}}"), "/linux/netDevices/", "must not be empty"},
    {LINUX("\"rootfsPropagation\":\"public\""), "/linux/rootfsPropagation", "unknown word"},
    {LINUX("\"personality\":{\"domain\":\"linux\"}"), "/linux/personality/domain", "unknown word"},
    {LINUX("\"memoryPolicy\":{\"nodes\":\"0\"}"), "/linux/memoryPolicy", "\"mode\" is missing"},
    {LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_X\"}"), "/linux/memoryPolicy/mode", "unknown word"},
    {LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"flags\":[\"MPOL_F_X\"]}"), "/linux/memoryPolicy/flags/0", "unknown word"},
    {LINUX("\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}"), "/linux/intelRdt/memBwSchema", "begins with MB:"},
    {LINUX("\"intelRdt\":{\"memBwSchema\":\"MB:0=1\\nL3:0=f\"}"), "/linux/intelRdt/memBwSchema", "one line"},
    {LINUX("\"seccomp\":{}"), "/linux/seccomp", "\"defaultAction\" is missing"},
    {LINUX("\"seccomp\":{\"defaultAction\":\"ALLOW\"}"), "/linux/seccomp/defaultAction", "unknown action \"ALLOW\""},
    {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"x86\"]}"), "/linux/seccomp/architectures/0", "unknown word"},
    {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"flags\":[\"TSYNC\"]}"), "/linux/seccomp/flags/0", "unknown word"},
    {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}]}"), "/linux/seccomp/syscalls/0/names",
     "at least one"},
    {LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[1],\"action\":\"SCMP_ACT_LOG\"}]}"), "/linux/seccomp/syscalls/0/names/0",
     "expected a string"},
    {RULE("\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]"), "/linux/seccomp/syscalls/0/args/0/index", "from 0 to 5, got 6"},
    {RULE("\"args\":[{\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}]"), "/linux/seccomp/syscalls/0/args/0/value", "got -1"},
    {RULE("\"args\":[{\"index\":0,\"value\":1,\"op\":\"==\"}]"), "/linux/seccomp/syscalls/0/args/0/op", "unknown word \"==\""},
    {RULE("\"args\":[{\"index\":0,\"value\":1}]"), "/linux/seccomp/syscalls/0/args/0", "\"op\" is missing"},
    {RULE("\"errnoRet\":-1"), "/linux/seccomp/syscalls/0/errnoRet", "got -1"},
    {RESOURCES("\"devices\":[{\"access\":\"rwm\"}]"), "/linux/resources/devices/0", "\"allow\" is missing"},
    {RESOURCES("\"devices\":[{\"allow\":true,\"access\":\"rwx\"}]"), "/linux/resources/devices/0/access", "got \"rwx\""},
    {RESOURCES("\"devices\":[{\"allow\":true,\"type\":\"u\"}]"), "/linux/resources/devices/0/type", "got \"u\""},
    {RESOURCES("\"memory\":{\"limit\":9223372036854775808}"), "/linux/resources/memory/limit", "got 9223372036854775808"},
    {RESOURCES("\"memory\":{\"limit\":1e9}"), "/linux/resources/memory/limit", "got 1e9"},
    {RESOURCES("\"memory\":{\"kernelTcp\":1}"), "/linux/resources/memory/kernelTcp", "write \"kernelTCP\""},
    {RESOURCES("\"cpu\":{\"shares\":-1}"), "/linux/resources/cpu/shares", "got -1"},
    {RESOURCES("\"pids\":{\"Limit\":1}"), "/linux/resources/pids/Limit", "write \"limit\""},
    {RESOURCES("\"blockIO\":{\"weight\":65536}"), "/linux/resources/blockIO/weight", "from 0 to 65535"},
    {RESOURCES("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}"),
     "/linux/resources/blockIO/throttleReadBpsDevice/0", "\"rate\" is missing"},
    {RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1}]"), "/linux/resources/hugepageLimits/0/pageSize", "got \"64kB\""},
    {RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2MB/../x\",\"limit\":1}]"), "/linux/resources/hugepageLimits/0/pageSize", "a size such as"},
    {RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"0MB\",\"limit\":1}]"), "/linux/resources/hugepageLimits/0/pageSize", "a size such as"},
    {RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"2\",\"limit\":1}]"), "/linux/resources/hugepageLimits/0/pageSize", "a size such as"},
    {RESOURCES("\"rdma\":{\"mlx\":{\"hcaHandles\":\"x\"}}"), "/linux/resources/rdma/mlx/hcaHandles", "got a string"},
    {RESOURCES("\"unified\":{\"memory.high\":1}"), "/linux/resources/unified/memory.high", "expected a string"},
};

TEST(refused)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(cases); i++) {
        int r = parse(cases[i].text, strlen(cases[i].text));
        if ((r != -EINVAL && r != -ERANGE) || strcmp(err.field, cases[i].field) != 0 || !strstr(err.message, cases[i].message))
            CHECK_FAIL("%s: %d \"%s\": %s", cases[i].text, r, err.field, err.message);
    }
}

static const char *const taken[] = {
    TOP("\"windows\":{\"a\":[1,2,{\"NAMESPACES\":null}]},\"vm\":1"), TOP("\"annotations\":{\"k\":\"\",\"K\":\"x\"}"),
    PROCESS("\"oomScoreAdj\":-1000"), PROCESS("\"rlimits\":[]"), PROCESS("\"rlimits\":null,\"capabilities\":{\"bounding\":null}"),
    PROCESS("\"commandLine\":\"x\",\"apparmorProfile\":\"\""), LINUX("\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]"),
    LINUX("\"rootfsPropagation\":\"rslave\""), LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":null}"),
    LINUX("\"netDevices\":{\"eth0\":{}}"), RESOURCES("\"devices\":[{\"allow\":false,\"type\":\"\",\"access\":\"\"}]"),
    RESOURCES("\"memory\":{\"limit\":-9223372036854775808},\"pids\":{}"), RESOURCES("\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":0}]"),
    RULE("\"args\":[{\"index\":5,\"value\":0,\"valueTwo\":0,\"op\":\"SCMP_CMP_GT\"}]"), RULE("\"comment\":\"\",\"includes\":{}"),
};

TEST(taken)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(taken); i++)
        if (parse(taken[i], strlen(taken[i])) != 0)
            CHECK_FAIL("%s: \"%s\": %s", taken[i], err.field, err.message);
}

TEST(actions)
{
    static const struct {
        const char *word;
        enum oci_seccomp_action action;
    } actions[] = {
        {"KILL", OCI_ACT_KILL_THREAD}, {"KILL_THREAD", OCI_ACT_KILL_THREAD}, {"KILL_PROCESS", OCI_ACT_KILL_PROCESS}, {"TRAP", OCI_ACT_TRAP},
        {"ERRNO", OCI_ACT_ERRNO}, {"TRACE", OCI_ACT_TRACE}, {"ALLOW", OCI_ACT_ALLOW}, {"LOG", OCI_ACT_LOG}, {"NOTIFY", OCI_ACT_NOTIFY},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(actions); i++) {
        OCI_AUTO_CONFIG struct oci_config *config = NULL;
        char text[256];
        (void)snprintf(text, sizeof(text), LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_%s\"}"), actions[i].word);
        CHECK_INT(oci_config_parse(text, strlen(text), &config, &err), 0);
        CHECK(config && config->linux_->seccomp->default_action == actions[i].action);
    }
}

TEST(operators)
{
    static const struct {
        const char *word;
        enum oci_seccomp_op op;
    } operators[] = {
        {"NE", OCI_CMP_NE}, {"LT", OCI_CMP_LT}, {"LE", OCI_CMP_LE}, {"EQ", OCI_CMP_EQ}, {"GE", OCI_CMP_GE}, {"GT", OCI_CMP_GT},
        {"MASKED_EQ", OCI_CMP_MASKED_EQ},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(operators); i++) {
        OCI_AUTO_CONFIG struct oci_config *config = NULL;
        char text[256];
        (void)snprintf(text, sizeof(text), RULE("\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_%s\"}]"), operators[i].word);
        CHECK_INT(oci_config_parse(text, strlen(text), &config, &err), 0);
        CHECK(config && config->linux_->seccomp->rules[0].args[0].op == operators[i].op);
    }
}

TEST(documents_that_are_too_large)
{
    CM_AUTO_STR struct cm_str text = {0};
    CM_AUTO_FREE char *large = calloc(1, (size_t)64 << 20);

    CHECK(large != NULL);
    if (!large)
        return;
    CHECK_INT(parse(large, (size_t)64 << 20), -EFBIG);
    CHECK_INT(parse(large, OCI_CONFIG_SIZE_MAX + 1), -EFBIG);
    CHECK_INT(parse(large, OCI_CONFIG_SIZE_MAX), -EINVAL); /* NUL bytes */
    cm_str_add(&text, TOP("\"annotations\":{\"a\":\""));
    text.size -= 1;
    while (text.size < OCI_CONFIG_SIZE_MAX - 3)
        cm_str_add(&text, "x");
    cm_str_add(&text, "\"}}");
    CHECK_INT(text.size, OCI_CONFIG_SIZE_MAX);
    CHECK_INT(parse(text.data, text.size), 0);
    memset(large, '[', 100000);
    CHECK_INT(parse(large, 100000), -EINVAL);
    CHECK_CONTAINS(err.message, "nested too deeply");
}

TEST(many_rlimits_end_soon)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_add(&text, "{\"ociVersion\":\"1\",\"process\":{\"cwd\":\"/\",\"user\":{},\"rlimits\":[");
    for (int i = 0; i < 40000; i++)
        cm_str_addf(&text, "%s{\"type\":\"RLIMIT_%d\",\"soft\":0,\"hard\":0}", i > 0 ? "," : "", i);
    cm_str_add(&text, "]}}");
    CHECK_INT(parse(text.data, text.size), -EINVAL);
    CHECK_STR(err.field, "/process/rlimits");
    CHECK_CONTAINS(err.message, "40000 entries");
}
