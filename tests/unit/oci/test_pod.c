/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For whom a container is made: whose word an annotation is. */
#include "check.h"

#include "base/str.h"
#include "oci/pod.h"

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
