/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For whom an engine says that it makes a container. Pure. All of it is claims: annotations come from the engine, and with some engines from the author of the
 * pod. What nobody but kubelet writes is the cgroup's path.
 */
#pragma once

#include <stdbool.h>

#include "oci/config.h"

struct oci_pod {
    const char *engine; /* "containerd", "cri-o", "podman"; NULL: none that is known */
    bool by_pod;        /* the author of the pod can have written these values: the engine does not put its own over them, or who the engine is cannot be told */
    const char *uid, *namespace, *name, *container, *image; /* NULL: not given */
};
/* Borrows from the annotations. */
void oci_pod_claims(const struct oci_map *annotations, struct oci_pod *ret);
