/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pod's UID out of kubelet's paths of every form, and out of no other. */
#include "check.h"

#include "base/str.h"
#include "plan/pod.h"

#define UID "9e4477a5-46c8-4299-94a0-10770e972b57"
#define UNDERLINED "9e4477a5_46c8_4299_94a0_10770e972b57"

TEST(uid_of_a_cgroup)
{
    static const struct {
        const char *path, *uid; /* NULL: none */
    } rows[] = {
        {"kubepods-burstable-pod" UNDERLINED ".slice:cri-containerd:7e2b8d59", UID},
        {"kubepods-pod" UNDERLINED ".slice:crio:7e2b", UID},
        {"/kubepods/besteffort/pod" UID "/7e2b", UID},
        {"/kubepods/pod0123456789abcdef0123456789abcdef/7e2b", "0123456789abcdef0123456789abcdef"}, /* a static pod */
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UNDERLINED ".slice/cri-containerd-7e.scope", UID},
        {"/kubepods.slice/kubepods-pod" UNDERLINED ".slice/crio-7e.scope", UID},
        {"/kubelet/kubepods/burstable/pod" UID "/crio-7e", UID}, /* --cgroup-root */
        {"/pod" UID "/x", NULL},                                 /* not kubelet's */
        {"/system.slice/my-pod" UNDERLINED ".slice/x", NULL},
        {"/kubepods/besteffort/x", NULL},
        {"/kubepods/pod/x", NULL},
        {"/kubepods/pod" UID "x/x", NULL},
        {"/kubepods/pod9e4477a5-46c8-4299-94a0-10770e972b5\n/x", NULL},
        {"/kubepods/mypod" UID "/x", NULL},
        {".slice/x", NULL},
        {"machine.slice:libpod:7d2c", NULL},
        {"", NULL},
        {NULL, NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        char uid[CM_POD_UID_SIZE] = "";
        bool found = cm_pod_uid(rows[i].path, uid);
        if (found != (rows[i].uid != NULL) || (found && !cm_streq(uid, rows[i].uid)))
            CHECK_FAIL("%s: %s", rows[i].path ? rows[i].path : "(null)", found ? uid : "none");
    }
}
