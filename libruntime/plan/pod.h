/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * To whom a container belongs: its pod and its sandbox, as far as the configuration tells in a place that the pod's author cannot write. Pure.
 *
 * kubelet chooses the cgroup's parent, so the pod's UID is taken from cgroupsPath. Annotations are the author's under CRI-O, but for the engine's own keys on
 * application containers, which are written last; under containerd the engine's keys are. So an annotation counts only for the engine that cgroupsPath speaks
 * of, and one that contradicts makes the pod unknown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "oci/config.h"

#define CM_CONTAINER_ID_SIZE ((size_t)64) /* of engines: hexadecimal digits */

struct cm_pod {
    char uid[37];              /* "": no pod */
    const char *contradiction; /* key of an annotation that names another pod; NULL: none */
    bool is_pod;               /* of Kubernetes, as far as anything says so */
    bool crio;                 /* by CRI-O */
    const char *sandbox;       /* id of the sandbox that the engine's annotation names; NULL: none that counts */
};

void cm_pod_of(const struct oci_config *config, struct cm_pod *ret);

/* The pod's UID alone, out of a cgroupsPath or out of a container's path in the cgroup2 tree. False: kubelet did not choose it. */
#define CM_POD_UID_SIZE 37
bool cm_pod_uid(const char *path, char ret[static CM_POD_UID_SIZE]);

/* The id that the engine gave the container, by the end of cgroupsPath; false: none is there. */
bool cm_pod_container_id(const struct oci_config *config, char ret_id[static CM_CONTAINER_ID_SIZE + 1]);

/*
 * Where the cgroup of the sandbox must be, next to the container's own: a path inside the cgroup2 mount; `parent` is that of relative ones. Who is in one pod
 * has one parent, which no author chooses. False: it cannot be told.
 */
bool cm_pod_sandbox_cgroup(const struct oci_config *config, const char *parent, const char *sandbox, char *buffer, size_t size);

/* 64 lower-case hexadecimal digits, as engines name containers; and a UID as kubelet writes it. */
bool cm_is_container_id(const char *text, size_t size);
bool cm_is_pod_uid(const char *text, size_t size);
