/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NOTIFY_SOCKET adds to a plan. */
#include <linux/mount.h>
#include <string.h>

#include "check.h"
#include "good.h"

static void notify_missing(struct cm_facts *facts, struct cm_policy *policy CM_UNUSED)
{
    facts->notify = true;
    facts->target_notify = CM_TARGET_MISSING;
}

static void notify_there(struct cm_facts *facts, struct cm_policy *policy CM_UNUSED)
{
    facts->notify = true;
    facts->target_notify = CM_TARGET_DIRECTORY;
}

TEST(readiness_has_its_socket_inside)
{
    AUTO_FIXTURE struct fixture f = {0};
    const char *socket = NULL;

    good(&f, "\"TERM=xterm\"", "\"NOTIFY_SOCKET=/run/systemd/notify\"", notify_there);
    const struct cm_plan_mount *mount = mount_at(f.plan, CM_NOTIFY_TARGET);
    CHECK(mount->notify);
    CHECK_INT(mount->attributes, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    CHECK(!mount->writable);
    CHECK(!f.plan->root_scratch);
    for (const char *const *e = f.plan->env; *e; e++)
        if (strncmp(*e, "NOTIFY_SOCKET=", 14) == 0) {
            CHECK(socket == NULL); /* once, and not the host's address */
            socket = *e;
        }
    CHECK_STR(socket, "NOTIFY_SOCKET=" CM_NOTIFY_TARGET "/notify.sock");
}

TEST(readiness_does_not_write_into_the_image)
{
    AUTO_FIXTURE struct fixture f = {0};

    good(&f, NULL, NULL, notify_missing);
    CHECK(f.plan->root_scratch);
}
