/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For whom a container is made: kubelet's paths of every form, and whose word an annotation is. */
#include "check.h"

#include "base/str.h"
#include "oci/pod.h"

TEST(uid_of_a_cgroup)
{
    static const struct {
        const char *path, *uid; /* NULL: none */
    } rows[] = {
        {"kubepods-burstable-pod9e4477a5_46c8_4299_94a0_10770e972b57.slice:cri-containerd:7e2b8d59", "9e4477a5-46c8-4299-94a0-10770e972b57"},
        {"kubepods-pod9e4477a5_46c8_4299_94a0_10770e972b57.slice:crio:7e2b", "9e4477a5-46c8-4299-94a0-10770e972b57"},
        {"/kubepods/besteffort/pod9e4477a5-46c8-4299-94a0-10770e972b57/7e2b", "9e4477a5-46c8-4299-94a0-10770e972b57"},
        {"/kubepods/pod0123456789abcdef0123456789abcdef/7e2b", "0123456789abcdef0123456789abcdef"}, /* a static pod */
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1a_2b.slice/cri-containerd-7e.scope", "1a-2b"},
        {"/kubelet/kubepods/burstable/pod1a-2b/crio-7e", "1a-2b"}, /* --cgroup-root */
        {"/pod1a-2b/x", NULL},                                     /* not kubelet's */
        {"/kubepods/besteffort/x", NULL},
        {"/kubepods/pod/x", NULL},
        {"/kubepods/podXYZ/x", NULL},
        {"/kubepods/pod1a\n/x", NULL},
        {"/kubepods/mypod1a/x", NULL},
        {"/kubepods/pod0123456789012345678901234567890123456789012345678901234567890123456789/x", NULL},
        {"machine.slice:libpod:7d2c", NULL},
        {"", NULL},
        {NULL, NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        char uid[OCI_POD_UID_SIZE] = "";
        bool found = oci_pod_uid(rows[i].path, uid);
        if (found != (rows[i].uid != NULL) || (found && !cm_streq(uid, rows[i].uid)))
            CHECK_FAIL("%s: %s", rows[i].path ? rows[i].path : "(null)", found ? uid : "none");
    }
}

TEST(whose_word_it_is)
{
    static const struct {
        struct oci_pair pairs[4];
        const char *engine;
        bool by_pod;
        const char *name;
    } rows[] = {
        {{{"io.kubernetes.cri.sandbox-name", "web"}, {"io.kubernetes.cri.container-type", "sandbox"}}, "containerd", false, "web"},
        {{{"io.kubernetes.cri-o.KubeName", "web"}, {"io.kubernetes.cri-o.ContainerType", "container"}}, "cri-o", false, "web"},
        /* a sandbox of CRI-O: the pod's own annotations come last */
        {{{"io.kubernetes.cri-o.KubeName", "web"}, {"io.kubernetes.cri-o.ContainerType", "sandbox"}}, "cri-o", true, "web"},
        {{{"io.kubernetes.cri-o.KubeName", "web"}}, "cri-o", true, "web"},
        {{{"io.container.manager", "cri-o"}}, "cri-o", true, NULL},
        /* a pod that plays containerd */
        {{{"io.kubernetes.cri.sandbox-name", "lie"}, {"io.kubernetes.cri-o.KubeName", "web"}, {"io.kubernetes.cri-o.ContainerType", "container"}}, "cri-o", true, "web"},
        {{{"io.kubernetes.cri.sandbox-name", "lie"}, {"io.container.manager", "cri-o"}}, "cri-o", true, NULL},
        {{{"io.container.manager", "libpod"}}, "podman", false, NULL},
        {{{"io.container.manager", "other"}, {"org.example", "x"}}, NULL, false, NULL},
        {{{"io.kubernetes.criX", "x"}}, NULL, false, NULL},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        struct oci_pair pairs[4];
        struct oci_map map = {.set = true, .v = pairs};
        struct oci_pod pod;
        memcpy(pairs, rows[i].pairs, sizeof(pairs));
        while (map.n < CM_ARRAY_LEN(pairs) && pairs[map.n].key)
            map.n++;
        oci_pod_claims(&map, &pod);
        if (!(cm_streq(pod.engine, rows[i].engine) || (!pod.engine && !rows[i].engine)) || pod.by_pod != rows[i].by_pod ||
            !(cm_streq(pod.name, rows[i].name) || (!pod.name && !rows[i].name)))
            CHECK_FAIL("row %zu: %s, %s, %s", i, pod.engine ? pod.engine : "none", pod.by_pod ? "by the pod" : "by the engine", pod.name ? pod.name : "none");
    }
}
