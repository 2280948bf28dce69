/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of devices and device rules that the policy lists. */
#include <sys/stat.h>

#include "check.h"
#include "fixture.h"

static const struct cm_policy_device tun_rule = {"/dev/net/tun", 10, 200, CM_DEVICE_READ | CM_DEVICE_WRITE};
static void allow_tun(struct cm_facts *facts, struct cm_policy *policy)
{
    (void)facts;
    policy->n_devices = 1;
    policy->devices = &tun_rule;
}

/* Rules of the configuration keep their order between "deny all" and the default set. */
TEST(device_rules_in_order)
{
    AUTO_FIXTURE struct fixture f;

    fixture_make(&f, CM_POLICY_HARDENED, "{\"allow\":false,\"access\":\"rwm\"}",
                 "{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"rwm\"},"
                 "{\"allow\":false,\"type\":\"c\",\"major\":10,\"minor\":-1,\"access\":\"w\"}",
                 allow_tun);
    if (!f.plan)
        return;
    const struct cm_device_rule *rules = f.plan->device_rules;
    CHECK_INT(f.plan->n_device_rules, 1 + 2 + 9);
    CHECK(!rules[0].allow && rules[0].type == 'a' && rules[0].major == -1 && rules[0].minor == -1 && rules[0].access == 7);
    CHECK(rules[1].allow && rules[1].type == 'c' && rules[1].major == 10 && rules[1].minor == 200 && rules[1].access == (CM_DEVICE_READ | CM_DEVICE_WRITE));
    CHECK(!rules[2].allow && rules[2].type == 'c' && rules[2].major == 10 && rules[2].minor == -1 && rules[2].access == CM_DEVICE_WRITE);
    for (size_t i = 3; i < f.plan->n_device_rules; i++)
        CHECK(rules[i].allow && rules[i].type == 'c' && rules[i].access == (CM_DEVICE_READ | CM_DEVICE_WRITE));
}

TEST(device_node_of_the_policy)
{
    AUTO_FIXTURE struct fixture f;

    fixture_make(&f, CM_POLICY_HARDENED, "\"devices\":[],",
                 "\"devices\":[{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200,\"fileMode\":8608,\"uid\":7,\"gid\":8}],", allow_tun);
    if (!f.plan)
        return;
    CHECK_INT(f.plan->n_devices, 7);
    const struct cm_plan_device *node = &f.plan->devices[6];
    CHECK_STR(node->name, "net/tun");
    CHECK(node->major == 10 && node->minor == 200 && node->mode == (S_IFCHR | 0640) && node->uid == 7 && node->gid == 8);
    CHECK_INT(f.plan->n_device_rules, 10); /* a node alone opens nothing */
}
