/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pod.h. Hostile: annotations. */
#include "oci/pod.h"

#include <string.h>

#include "base/str.h"

#define CONTAINERD "io.kubernetes.cri."
#define CRIO "io.kubernetes.cri-o."

static const char *value_of(const struct oci_map *map, const char *key)
{
    for (size_t i = 0; key && i < map->n; i++)
        if (cm_streq(map->v[i].key, key))
            return map->v[i].value;
    return NULL;
}

static bool has_family(const struct oci_map *map, const char *prefix)
{
    for (size_t i = 0; i < map->n; i++)
        if (cm_has_prefix(map->v[i].key, prefix))
            return true;
    return false;
}

/* Where each engine has them. */
static const struct keys {
    const char *engine, *uid, *namespace, *name, *container, *image;
} containerd = {"containerd", CONTAINERD "sandbox-uid", CONTAINERD "sandbox-namespace", CONTAINERD "sandbox-name", CONTAINERD "container-name", CONTAINERD "image-name"},
  crio = {"cri-o", "io.kubernetes.pod.uid", CRIO "Namespace", CRIO "KubeName", CRIO "ContainerName", CRIO "ImageName"};

void oci_pod_claims(const struct oci_map *annotations, struct oci_pod *ret)
{
    const char *manager = value_of(annotations, "io.container.manager");
    bool of_containerd = has_family(annotations, CONTAINERD), of_crio = has_family(annotations, CRIO) || cm_streq(manager, "cri-o");
    const struct keys *keys = of_crio ? &crio : &containerd;

    *ret = (struct oci_pod){0};
    if (!of_containerd && !of_crio) {
        ret->engine = cm_streq(manager, "libpod") ? "podman" : NULL;
        return;
    }
    ret->engine = keys->engine;
    /*
     * containerd puts its own keys over what a pod brings. CRI-O does so for containers, and writes a pod's annotations over its own for the sandbox. It passes
     * any key on, so that both families together may be a CRI-O pod that plays containerd.
     */
    ret->by_pod = (of_containerd && of_crio) || (of_crio && !cm_streq(value_of(annotations, CRIO "ContainerType"), "container"));
    ret->uid = value_of(annotations, keys->uid);
    ret->namespace = value_of(annotations, keys->namespace);
    ret->name = value_of(annotations, keys->name);
    ret->container = value_of(annotations, keys->container);
    ret->image = value_of(annotations, keys->image);
}
