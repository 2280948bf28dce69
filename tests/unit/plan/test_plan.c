/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The planner: verdicts from the table, and what a plan holds when it is not a refusal. */
#include "check.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/resource.h>

#include "oci/capnames.h"
#include "plan/options.h"
#include "plan/planner.h"
#include "good.h"
#include "verdicts.h"

#define MAPS "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
#define TMP "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]}"

static const char *limit_of(const struct cm_plan *plan, const char *file)
{
    const char *value = NULL;

    for (size_t i = 0; i < plan->n_limits; i++)
        if (cm_streq(plan->limits[i].file, file))
            value = plan->limits[i].value; /* the last write wins */
    return value;
}

/* Resource -1: not there. */
static const struct cm_plan_rlimit *rlimit_of(const struct cm_plan *plan, int resource)
{
    static const struct cm_plan_rlimit none = {.resource = -1};

    for (size_t i = 0; i < plan->n_rlimits; i++)
        if (plan->rlimits[i].resource == resource)
            return &plan->rlimits[i];
    return &none;
}

static void check_refused(const char *find, const char *with, const char *code, const char *field)
{
    AUTO_FIXTURE struct fixture f = {0};

    fixture_make(&f, CM_POLICY_HARDENED, find, with, NULL);
    const struct cm_finding *finding = fixture_find(&f, code);
    CHECK(finding != NULL);
    if (finding) {
        CHECK_INT(finding->verdict, CM_VERDICT_REFUSED);
        CHECK_STR(finding->field, field);
    }
    verdict_mark(&f);
}

static void many_mappings(void)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_add(&text, "\"uidMappings\":[");
    for (unsigned int i = 0; i < 341; i++)
        cm_str_addf(&text, "%s{\"containerID\":%u,\"hostID\":%u,\"size\":10}", i > 0 ? "," : "", i * 10, 100000 + i * 10);
    cm_str_add(&text, "],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],");
    check_refused(MAPS, cm_str_text(&text), "CM-ID-LINES", "/linux/uidMappings");
}

static void many_mounts(void)
{
    CM_AUTO_STR struct cm_str text = {0};

    for (unsigned int i = 0; i < 1025; i++)
        cm_str_addf(&text, "%s{\"destination\":\"/m%u\",\"type\":\"tmpfs\"}", i > 0 ? "," : "", i);
    check_refused(TMP, cm_str_text(&text), "CM-MOUNT-COUNT", "/mounts");
}

static void privileged_shape(void)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};

    cm_str_add(&text, "\"bounding\":[");
    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        cm_str_addf(&text, "%s\"%s\"", i > 0 ? "," : "", cm_cap_name(i));
    cm_str_add(&text, "]");
    fixture_make(&f, CM_POLICY_HARDENED, "\"bounding\":[\"CAP_KILL\"]", cm_str_text(&text), NULL);
    CHECK(f.plan != NULL && !fixture_find(&f, "CM-PRIVILEGED")); /* many capabilities alone are not the shape */
    if (!f.plan)
        return;
    f.config->linux_->seccomp = NULL;
    f.config->linux_->masked_paths.n = 0;
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK(fixture_find(&f, "CM-PRIVILEGED") != NULL);
    CHECK(fixture_find(&f, "CM-CAP-REFUSED") != NULL);
    verdict_mark(&f);
}

TEST(every_row_of_the_table)
{
    char about[2048];

    for (size_t i = 0; i < verdict_rows(); i++) {
        const char *wrong = verdict_check(i, about, sizeof(about));
        if (wrong)
            CHECK_FAIL("%s %s", about, wrong);
    }
}

TEST(every_code_is_produced)
{
    char about[2048];

    for (size_t i = 0; i < verdict_rows(); i++)
        (void)verdict_check(i, about, sizeof(about));
    many_mappings();
    many_mounts();
    privileged_shape();
    struct cm_error err;
    CHECK_INT(cm_plan_refuse_checkpoint("checkpoint this container", &err), -EPERM);
    verdict_produced(err.message);
    const char *code = verdict_unproduced();
    if (code)
        CHECK_FAIL("no test produces %s", code);
}

TEST(codes_are_unique_and_documented)
{
    for (unsigned int i = 0; i < CM_CODE_COUNT; i++) {
        const struct cm_code_info *info = cm_code_info((enum cm_code)i);
        CHECK(cm_has_prefix(info->code, "CM-") && info->meaning[0] && info->remedy[0]);
        CHECK(cm_code_find(info->code) == info);
    }
    CHECK(cm_code_find("CM-NOPE") == NULL);
}

TEST(all_refusals_at_once_in_one_line)
{
    AUTO_FIXTURE struct fixture f = {0};
    struct cm_error err;

    fixture_make(&f, CM_POLICY_HARDENED, "{\"type\":\"pid\"},{\"type\":\"network\"},", "", NULL);
    CHECK(f.plan != NULL);
    if (!f.plan)
        return;
    cm_error_init(&err);
    CHECK_INT(cm_plan_refusal_error(f.plan, &err), -EPERM);
    CHECK(cm_has_prefix(err.message, "casemate policy refuses this container: [CM-NS-PID] /linux/namespaces: "));
    CHECK_CONTAINS(err.message, "; [CM-NS-NET] /linux/namespaces: ");
    CHECK_STR(err.field, "/linux/namespaces");
    CHECK(!strchr(err.message, '\n'));
}

TEST(a_flood_of_refusals_is_counted)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};
    struct cm_error err;

    cm_str_add(&text, "\"hooks\":{\"prestart\":[");
    for (int i = 0; i < 500; i++)
        cm_str_addf(&text, "%s{\"path\":\"/hook\"}", i > 0 ? "," : "");
    cm_str_add(&text, "]}");
    fixture_make(&f, CM_POLICY_HARDENED, "\"hooks\":{}", cm_str_text(&text), NULL);
    CHECK(f.plan != NULL);
    if (!f.plan)
        return;
    CHECK_INT(f.plan->n_findings, 500);
    cm_error_init(&err);
    CHECK_INT(cm_plan_refusal_error(f.plan, &err), -EPERM);
    CHECK_CONTAINS(err.message, " more, which `casemate check` lists");
    CHECK(strlen(err.message) < CM_ERROR_MESSAGE_MAX - 512);
}

TEST(hostile_text_stays_on_one_short_line)
{
    CM_AUTO_STR struct cm_str text = {0};
    AUTO_FIXTURE struct fixture f = {0};

    cm_str_add(&text, "\"annotations\":{\"casemate.\\u001b[2J\\n");
    for (int i = 0; i < 5000; i++)
        cm_str_add(&text, "/");
    cm_str_add(&text, "\":\"x\"}");
    fixture_make(&f, CM_POLICY_HARDENED, "\"annotations\":{}", cm_str_text(&text), NULL);
    const struct cm_finding *finding = fixture_find(&f, "CM-ANNOTATION");
    CHECK(finding != NULL);
    if (!finding)
        return;
    CHECK(strlen(finding->field) < 300 && strlen(finding->message) < 700);
    CHECK(!strchr(finding->field, '\033') && !strchr(finding->field, '\n') && !strchr(finding->message, '\033'));
}

TEST(options_are_sorted_and_complete)
{
    const char *previous = "";
    size_t position = 0, n = 0;

    for (const char *word; (word = cm_mount_option_word(&position)); n++) {
        CHECK(strcmp(previous, word) < 0);
        CHECK(cm_mount_option_find(word) && strcmp(cm_mount_option_find(word)->word, word) == 0);
        previous = word;
    }
    CHECK(n >= 50);
    CHECK(!cm_mount_option_word(&position));
    CHECK(cm_mount_option_find("ridmap") && !cm_mount_option_find("size=1") && !cm_mount_option_find(""));
    const struct cm_mount_option *nosuid = cm_mount_option_find("nosuid");
    CHECK(nosuid && nosuid->attribute == MOUNT_ATTR_NOSUID);
}

TEST(capability_names)
{
    CHECK_STR(cm_cap_name(CAP_SYS_ADMIN), "CAP_SYS_ADMIN");
    CHECK(cm_cap_name(CM_CAP_COUNT) == NULL);
    for (unsigned int i = 0; i < CM_CAP_COUNT; i++)
        CHECK_INT(cm_cap_number(cm_cap_name(i)), i);
    CHECK_INT(cm_cap_number("SYS_ADMIN"), -1);
    CHECK_INT(cm_cap_number("CAP_CHOWN "), -1);
    CHECK_INT(cm_cap_number(""), -1);
}

TEST(mounts_of_a_good_plan)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, NULL, NULL, NULL);
    if (!f.plan)
        return;
    CHECK_INT(f.plan->n_mounts, 8);
    const struct cm_plan_mount *dev = mount_at(f.plan, "/dev"), *pts = mount_at(f.plan, "/dev/pts"), *proc = mount_at(f.plan, "/proc"),
                               *tmp = mount_at(f.plan, "/tmp");
    CHECK(dev->target[0] && pts->target[0] && proc->target[0] && tmp->target[0]);
    CHECK_INT(dev->kind, CM_MOUNT_DEV);
    CHECK_INT(dev->attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_STRICTATIME);
    CHECK_INT(dev->size, 64 << 20);
    CHECK_INT(dev->mode, 0755);
    CHECK(dev->target_must_be_plain && proc->target_must_be_plain && !tmp->target_must_be_plain);
    CHECK_INT(pts->gid, 5);
    CHECK_INT(pts->mode, 0620);
    CHECK_INT(pts->ptmx_mode, 0666);
    CHECK_INT(pts->max_ptys, 1024);
    CHECK(!(pts->attributes & MOUNT_ATTR_NODEV));
    CHECK_INT(proc->attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    CHECK(mount_at(f.plan, "/sys")->attributes & MOUNT_ATTR_RDONLY);
    CHECK(mount_at(f.plan, "/sys/fs/cgroup")->attributes & MOUNT_ATTR_RDONLY);
    CHECK_INT(mount_at(f.plan, "/dev/shm")->mode, 01777);
    CHECK_INT(tmp->size, 64 << 20);
    CHECK_INT(tmp->nr_inodes, 16384);
    CHECK(tmp->writable && !mount_at(f.plan, "/sys")->writable);
    CHECK(!f.plan->root_scratch && f.plan->root_idmap && f.plan->root_mode == CM_ROOT_READONLY);
}

TEST(mounts_that_would_hide_others_come_first)
{
    static const char *const order[] = {"/dev", "/proc", "/sys", "/tmp", "/a", "/dev/pts", "/dev/shm", "/dev/mqueue", "/a/b", "/sys/fs/cgroup"};
    AUTO_FIXTURE struct fixture f = {0};

    good(
        &f,
        "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},",
        "{\"destination\":\"/a/b\",\"type\":\"tmpfs\"},{\"destination\":\"/proc\",\"type\":\"proc\"},", NULL);
    if (f.plan)
        CHECK_INT(f.plan->n_mounts, 9);
    fixture_free(&f);
    good(&f, TMP, TMP ",{\"destination\":\"/a/b\",\"type\":\"tmpfs\"},{\"destination\":\"/a\",\"type\":\"tmpfs\"}", NULL);
    if (!f.plan)
        return;
    CHECK_INT(f.plan->n_mounts, CM_ARRAY_LEN(order));
    size_t a = 0, ab = 0;
    for (size_t i = 0; i < f.plan->n_mounts; i++) {
        a = cm_streq(f.plan->mounts[i].target, "/a") ? i : a;
        ab = cm_streq(f.plan->mounts[i].target, "/a/b") ? i : ab;
        for (size_t j = 0; j < i; j++)
            CHECK(!cm_path_is_below(f.plan->mounts[j].target, f.plan->mounts[i].target));
    }
    CHECK(a < ab);
    CHECK_STR(f.plan->mounts[0].target, "/proc"); /* equally deep ones keep their order */
    CHECK_STR(f.plan->mounts[1].target, "/dev");
}

static void bare_root(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->target_proc = facts->target_dev = facts->target_sys = facts->cwd = CM_TARGET_MISSING;
}

TEST(missing_mount_points_need_a_scratch_layer)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},", "", bare_root);
    if (!f.plan)
        return;
    CHECK(f.plan->root_scratch && f.plan->cwd_missing);
    CHECK_INT(f.plan->root_scratch_size, 1 << 20);
    CHECK_STR(mount_at(f.plan, "/proc")->target, "/proc");
}

TEST(ephemeral_root)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, ",\"readonly\":true", "", NULL);
    if (!f.plan || !f.config)
        return;
    f.config->annotations.v = cm_arena_array(&f.arena, 1, sizeof(*f.config->annotations.v));
    if (!f.config->annotations.v)
        return;
    f.config->annotations.n = 1;
    f.config->annotations.v[0] = (struct oci_pair){"casemate.rootfs", "ephemeral"};
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK_INT(f.plan->verdict, CM_VERDICT_OK);
    CHECK_INT(f.plan->root_mode, CM_ROOT_EPHEMERAL);
    CHECK(f.plan->root_scratch);
    CHECK_INT(f.plan->root_scratch_size, f.policy.ephemeral_size);
}

TEST(environment_keeps_the_last_of_a_name)
{
    static const char *const want[] = {"B=2", "AA=1", "A=3"};
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"PATH=/bin\",\"TERM=xterm\"", "\"A=1\",\"B=2\",\"A=2\",\"HOME=\",\"AA=1\",\"A=3\"", NULL);
    if (!f.plan)
        return;
    for (size_t i = 0; i < CM_ARRAY_LEN(want); i++)
        CHECK_STR(f.plan->env[i], want[i]);
    CHECK(f.plan->env[3] == NULL);
    CHECK(f.plan->env_home_missing);
    fixture_free(&f);
    good(&f, "\"TERM=xterm\"", "\"HOME=/h\"", NULL);
    CHECK(f.plan && !f.plan->env_home_missing);
}

static void no_pids(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->controllers = CM_CTRL_MEMORY;
}

TEST(limits)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(
        &f, "\"unified\":{}",
        "\"cpu\":{\"shares\":1024,\"quota\":50000,\"burst\":10,\"idle\":1,\"cpus\":\"0-1\"},\"blockIO\":{\"weight\":1000,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":5}]},"
        "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}],\"rdma\":{\"mlx\":{\"hcaHandles\":3}},\"unified\":{\"memory.high\":\"9\",\"pids.max\":\"7\"}",
        NULL);
    if (!f.plan)
        return;
    static const struct {
        const char *file, *value;
    } want[] = {
        {"memory.max", "1000000"}, {"memory.swap.max", "0"},      {"memory.oom.group", "1"},        {"memory.high", "9"},
        {"pids.max", "7"},         {"cpu.weight", "100"},         {"cpu.max", "50000 100000"},      {"cpu.max.burst", "10"},
        {"cpu.idle", "1"},         {"cpuset.cpus", "0-1"},        {"io.weight", "10000"},           {"io.max", "8:0 rbps=5"},
        {"hugetlb.2MB.max", "7"},  {"hugetlb.2MB.rsvd.max", "7"}, {"rdma.max", "mlx hca_handle=3"},
    };
    for (size_t i = 0; i < CM_ARRAY_LEN(want); i++)
        CHECK_STR(limit_of(f.plan, want[i].file), want[i].value);
    CHECK_STR(f.plan->cgroup_path, "/engine/tenant/box");
    CHECK(f.plan->device_program);
    CHECK_INT(f.plan->n_device_rules, 10);
    CHECK(!f.plan->device_rules[0].allow && f.plan->device_rules[0].type == 'a');
    for (size_t i = 0; i < f.plan->n_device_rules; i++)
        CHECK(!f.plan->device_rules[i].allow || !(f.plan->device_rules[i].access & 1));
}

TEST(default_limits)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"memory\":{\"limit\":1000000,\"swap\":1000000},\"pids\":{\"limit\":100},", "", NULL);
    if (!f.plan)
        return;
    CHECK_STR(limit_of(f.plan, "memory.max"), "4000000000");
    CHECK_STR(limit_of(f.plan, "memory.swap.max"), "0");
    CHECK_STR(limit_of(f.plan, "pids.max"), "2048");
    CHECK_INT(rlimit_of(f.plan, RLIMIT_NPROC)->resource, -1);
    const struct cm_finding *finding = fixture_find(&f, "CM-LIMIT-DEFAULT");
    CHECK_CONTAINS(finding ? finding->message : NULL, "memory 4000000000, swap 0, pids 2048");
    fixture_free(&f);
    good(&f, "\"pids\":{\"limit\":100},", "", no_pids);
    if (!f.plan)
        return;
    CHECK(limit_of(f.plan, "pids.max") == NULL);
    const struct cm_plan_rlimit *nproc = rlimit_of(f.plan, RLIMIT_NPROC);
    CHECK(nproc->resource == RLIMIT_NPROC && nproc->hard == 2048 && nproc->soft == 2048);
    bool said = false;
    for (size_t i = 0; i < f.plan->n_unenforced; i++)
        said |= cm_streq(f.plan->unenforced[i].what, "pids limit");
    CHECK(said);
}

TEST(zero_pids_is_one)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":0}", NULL);
    if (f.plan)
        CHECK_STR(limit_of(f.plan, "pids.max"), "1");
}

TEST(cpu_weight_formula)
{
    static const struct {
        uint64_t shares, weight;
    } points[] = {{1, 1}, {2, 1}, {10, 4}, {1024, 100}, {262144, 10000}, {UINT64_MAX, 10000}};

    for (size_t i = 0; i < CM_ARRAY_LEN(points); i++)
        CHECK_INT(cm_cpu_weight(points[i].shares), points[i].weight);
    for (uint64_t s = 3; s < 262144; s += 97)
        CHECK(cm_cpu_weight(s) >= cm_cpu_weight(s - 1));
}

TEST(process_of_a_good_plan)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, NULL, NULL, NULL);
    if (!f.plan)
        return;
    CHECK_STR(f.plan->args[2], "true");
    CHECK(f.plan->args[3] == NULL);
    CHECK_INT(f.plan->uid, 1000);
    CHECK_INT(f.plan->umask, 022);
    CHECK_INT(f.plan->n_groups, 2);
    CHECK_STR(f.plan->cwd, "/app");
    CHECK(f.plan->caps.bounding == UINT64_C(1) << CAP_KILL && f.plan->caps.effective == f.plan->caps.bounding && f.plan->caps.ambient == 0);
    CHECK_INT(rlimit_of(f.plan, RLIMIT_CORE)->hard, 1);
    CHECK_INT(rlimit_of(f.plan, RLIMIT_CORE)->soft, 1);
    CHECK_INT(f.plan->oom_score_adj, 100);
    CHECK(f.plan->oom_score_adj_set && f.plan->session_keyring && f.plan->landlock);
    CHECK_STR(f.plan->seccomp_profile, "default");
    CHECK(f.plan->seccomp_extra != NULL && f.plan->new_network && !f.plan->join_network && !f.plan->allocate_ids);
    CHECK_INT(f.plan->uid_map.v[0].host_id, 200000);
    CHECK_INT(f.plan->masked_paths.n, 15);
}

TEST(sets_stay_inside_each_other)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]",
         "\"effective\":[\"CAP_KILL\",\"CAP_SETUID\"],\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\",\"CAP_NET_RAW\"],\"ambient\":[\"CAP_KILL\",\"CAP_SETGID\"]",
         NULL);
    if (!f.plan)
        return;
    CHECK(f.plan->caps.permitted == UINT64_C(1) << CAP_KILL);
    CHECK(f.plan->caps.effective == UINT64_C(1) << CAP_KILL);
    CHECK(f.plan->caps.ambient == UINT64_C(1) << CAP_KILL);
}

TEST(kernel_views_are_read_only_whatever_is_asked)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]", "\"source\":\"sysfs\",\"options\":[\"rw\",\"exec\"]", NULL);
    if (!f.plan)
        return;
    const struct cm_plan_mount *sys = mount_at(f.plan, "/sys");
    CHECK_INT(sys->attributes, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    CHECK(!sys->writable);
}

TEST(allocated_ids_end_at_65535)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, MAPS, "", NULL);
    if (!f.plan || !f.config || !f.config->process)
        return;
    CHECK(f.plan->allocate_ids && f.plan->uid_map.n == 0);
    f.config->process->user.uid = 65535;
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK_INT(f.plan->verdict, CM_VERDICT_OK);
    f.config->process->user.uid = 65536;
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK(fixture_find(&f, "CM-ID-USER") != NULL);
}

/* An image's author chooses the owner of its top directory; only an engine that brings mappings has shifted the files to them. */
TEST(a_pods_ids_are_not_given)
{
    static struct oci_id_mapping ids = {0, 200000, 65536};
    AUTO_FIXTURE struct fixture of_engine = {0}, f = {0};

    good(&of_engine, NULL, NULL, NULL);
    good(&f, MAPS, "", NULL);
    if (!f.plan || !of_engine.plan)
        return;
    of_engine.facts.rootfs_uid = f.facts.rootfs_uid = ids.host_id;
    CHECK_INT(cm_plan_make(of_engine.config, &of_engine.policy, &of_engine.facts, "box", &of_engine.arena, &of_engine.plan), 0);
    CHECK(of_engine.plan->ids_given && !of_engine.plan->root_idmap);
    f.facts.peer = (struct cm_peer_fact){.id = "sandbox", .user_path = "/proc/7/ns/user", .uid_map = {true, 1, &ids}, .gid_map = {true, 1, &ids}};
    CHECK_INT(cm_plan_make(f.config, &f.policy, &f.facts, "box", &f.arena, &f.plan), 0);
    CHECK(!f.plan->allocate_ids && !f.plan->ids_given && f.plan->root_idmap && f.plan->uid_map.v == &ids);
}

TEST(core_and_oom_are_bounded)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, "{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":1024}", "{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}", NULL);
    if (f.plan)
        CHECK_INT(rlimit_of(f.plan, RLIMIT_CORE)->hard, 1);
    fixture_free(&f);
    good(&f, "\"oomScoreAdj\":100", "\"oomScoreAdj\":-1000", NULL);
    if (f.plan)
        CHECK_INT(f.plan->oom_score_adj, 0);
}

static const struct oci_id_mapping outer[] = {{0, 1000, 1}, {1, 100000, 65536}};

static void rootless(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)policy;
    facts->rootless = true;
    facts->n_outer_map = facts->n_outer_gid_map = 2;
    facts->outer_uid_map = facts->outer_gid_map = cm_arena_array(&facts->arena, 2, sizeof(*outer));
    if (facts->outer_uid_map)
        memcpy(facts->outer_uid_map, outer, sizeof(outer));
}

TEST(rootless_copies_the_outer_map)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, MAPS, "", rootless);
    if (!f.plan)
        return;
    CHECK(f.plan->rootless && !f.plan->allocate_ids && !f.plan->root_idmap);
    CHECK_INT(f.plan->uid_map.n, 2);
    CHECK_INT(f.plan->uid_map.v[1].container_id, 1);
    CHECK_INT(f.plan->uid_map.v[1].host_id, 1);
    CHECK_INT(f.plan->uid_map.v[1].size, 65536);
    CHECK_INT(f.plan->gid_map.v[0].host_id, 0);
}

static void engine(struct cm_facts *facts, struct cm_policy *policy)
{
    rootless(facts, policy);
    facts->outer_is_callers = true;
}

TEST(rootless_keeps_an_engines_map)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, MAPS,
         "\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1000},{\"containerID\":1000,\"hostID\":0,\"size\":1}],"
         "\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":65536}],",
         engine);
    if (!f.plan)
        return;
    CHECK(f.plan->rootless && !f.plan->allocate_ids && !f.plan->root_idmap);
    CHECK_INT(f.plan->uid_map.n, 2);
    CHECK_INT(f.plan->uid_map.v[0].host_id, 1);
    CHECK_INT(f.plan->uid_map.v[1].container_id, 1000);
    CHECK_INT(f.plan->uid_map.v[1].host_id, 0);
    CHECK_INT(f.plan->gid_map.n, 1);
    CHECK_INT(f.plan->gid_map.v[0].size, 65536);
}

TEST(builtin_policies)
{
    const struct cm_policy *hardened = cm_policy_builtin(CM_POLICY_HARDENED), *strict = cm_policy_builtin(CM_POLICY_STRICT);

    CHECK_STR(hardened->name, "hardened");
    CHECK_STR(strict->name, "strict");
    CHECK_INT(__builtin_popcountll(hardened->cap_ceiling), 9);
    CHECK(strict->cap_ceiling == UINT64_C(1) << CAP_NET_BIND_SERVICE);
    CHECK(hardened->n_mount_rules == 0 && strict->n_mount_rules == 0 && hardened->n_hook_rules == 0 && strict->n_hook_rules == 0);
    CHECK(cm_policy_builtin((enum cm_policy_level)77) == strict);
}
