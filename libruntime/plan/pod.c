/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See pod.h. cgroupsPath has the form of kubelet and the engine, but a bundle by hand may say anything; annotations are hostile. */
#include "plan/pod.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

#define UID_SIZE ((size_t)36)
#define STATIC_UID_SIZE ((size_t)32) /* of static pods: a digest of their file */
#define HEX "0123456789abcdef"

bool cm_is_container_id(const char *text, size_t size)
{
    return size == CM_CONTAINER_ID_SIZE && strspn(text, HEX) >= size;
}

bool cm_is_pod_uid(const char *text, size_t size)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (size == STATIC_UID_SIZE)
        return strspn(text, HEX) >= size;
    if (size != UID_SIZE)
        return false;
    for (size_t i = 0; i < size; i++)
        if (form[i] == '-' ? text[i] != '-' : text[i] == '\0' || !strchr(HEX, text[i]))
            return false;
    return true;
}

/* What a cgroupsPath is made of: SLICE:PREFIX:NAME of the systemd driver, or PARENT/NAME. */
struct parts {
    bool systemd;
    const char *parent, *prefix, *name;
    size_t parent_size, prefix_size;
};

static bool split(const char *path, struct parts *ret)
{
    const char *colon = path ? strchr(path, ':') : NULL, *second = colon ? strchr(colon + 1, ':') : NULL, *slash = path ? strrchr(path, '/') : NULL;

    *ret = (struct parts){.systemd = colon != NULL, .parent = path};
    if (second && !strchr(second + 1, ':') && !slash) {
        ret->parent_size = (size_t)(colon - path);
        ret->prefix = colon + 1;
        ret->prefix_size = (size_t)(second - ret->prefix);
        ret->name = second + 1;
        return true;
    }
    if (colon || !slash)
        return false;
    ret->parent_size = (size_t)(slash - path);
    ret->name = slash + 1;
    /* CRI-O's own mark, where the driver is cgroupfs */
    ret->prefix = ret->name;
    ret->prefix_size = cm_has_prefix(ret->name, "crio-") ? strlen("crio") : 0;
    ret->name += ret->prefix_size > 0 ? strlen("crio-") : 0;
    return true;
}

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t n = strlen(end);

    return size >= n && memcmp(text + size - n, end, n) == 0;
}

/* "…kubepods", "…kubepods-burstable", "…kubepods-besteffort" (or with slashes): what kubelet has above its pods. */
static bool is_kubelets(const char *text, size_t size, char separator)
{
    static const char *const qualities[] = {"burstable", "besteffort"};

    for (size_t i = 0; i < CM_ARRAY_LEN(qualities); i++) {
        size_t n = strlen(qualities[i]);
        if (ends_with(text, size, qualities[i]) && size > n && text[size - n - 1] == separator) {
            size -= n + 1;
            break;
        }
    }
    size_t n = strlen("kubepods");
    return ends_with(text, size, "kubepods") && (size == n || text[size - n - 1] == separator || text[size - n - 1] == '-');
}

/* The last element of the parent is pod<UID>; systemd's slices have "_" where the UID has "-". */
static void find_uid(const struct parts *parts, struct cm_pod *ret)
{
    char separator = parts->systemd ? '-' : '/';
    size_t size = parts->parent_size;

    if (parts->systemd) {
        if (!ends_with(parts->parent, size, ".slice"))
            return;
        size -= strlen(".slice");
    }
    size_t start = size;
    while (start > 0 && parts->parent[start - 1] != separator)
        start--;
    if (start == 0 || size - start <= strlen("pod") || memcmp(parts->parent + start, "pod", strlen("pod")) != 0 ||
        !is_kubelets(parts->parent, start - 1, separator))
        return;
    char uid[sizeof(ret->uid)] = "";
    size_t n = size - start - strlen("pod");
    if (n >= sizeof(uid))
        return;
    memcpy(uid, parts->parent + start + strlen("pod"), n);
    for (size_t i = 0; parts->systemd && i < n; i++)
        uid[i] = uid[i] == '_' ? '-' : uid[i];
    if (cm_is_pod_uid(uid, n))
        memcpy(ret->uid, uid, sizeof(uid));
}

bool cm_pod_uid(const char *path, char ret[static CM_POD_UID_SIZE])
{
    struct cm_pod pod = {0};
    struct parts parts;

    if (!split(path, &parts))
        return false;
    if (!parts.systemd && ends_with(parts.parent, parts.parent_size, ".slice")) { /* systemd's tree: the last slice has all of the name */
        const char *end = parts.parent + parts.parent_size;
        while (parts.parent < end && memchr(parts.parent, '/', (size_t)(end - parts.parent)))
            parts.parent++;
        parts.parent_size = (size_t)(end - parts.parent);
        parts.systemd = true;
    }
    find_uid(&parts, &pod);
    memcpy(ret, pod.uid, sizeof(pod.uid));
    return pod.uid[0] != '\0';
}

static const char *annotation(const struct oci_config *config, const char *key)
{
    for (size_t i = 0; i < config->annotations.n; i++)
        if (cm_streq(config->annotations.v[i].key, key))
            return config->annotations.v[i].value;
    return NULL;
}

/* CRI-O keeps kubelet's labels as one JSON object, as Go writes it: no blanks, and no quotes in the values of labels. */
static bool labels_agree(const char *labels, const char *uid)
{
    static const char key[] = "\"io.kubernetes.pod.uid\":\"";
    size_t n = strlen(uid);

    for (const char *at = labels ? strstr(labels, key) : NULL; at; at = strstr(at, key)) {
        at += sizeof(key) - 1;
        if (strncmp(at, uid, n) != 0 || at[n] != '"')
            return false;
    }
    return true;
}

static void cross_check(const struct oci_config *config, struct cm_pod *pod)
{
    static const char *const keys[] = {"io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"};

    for (size_t i = 0; i < CM_ARRAY_LEN(keys) && !pod->contradiction; i++) {
        const char *value = annotation(config, keys[i]);
        if (value && !cm_streq(value, pod->uid))
            pod->contradiction = keys[i];
    }
    if (!pod->contradiction && !labels_agree(annotation(config, "io.kubernetes.cri-o.Labels"), pod->uid))
        pod->contradiction = "io.kubernetes.cri-o.Labels";
}

/*
 * CRI-O writes the keys of an application container last, so that they are its own; those of a sandbox are the author's, but a sandbox needs no other one's
 * files. Of containerd's keys none is the author's.
 */
static const char *find_sandbox(const struct oci_config *config, const struct cm_pod *pod)
{
    const char *type = annotation(config, pod->crio ? "io.kubernetes.cri-o.ContainerType" : "io.kubernetes.cri.container-type");
    const char *id = annotation(config, pod->crio ? "io.kubernetes.cri-o.SandboxID" : "io.kubernetes.cri.sandbox-id");

    if (!id || !cm_streq(type, "container") || !cm_is_container_id(id, strlen(id)))
        return NULL;
    return pod->crio && !pod->uid[0] ? NULL : id;
}

void cm_pod_of(const struct oci_config *config, struct cm_pod *ret)
{
    struct parts parts;

    *ret = (struct cm_pod){.is_pod = annotation(config, "io.kubernetes.cri.container-type") || annotation(config, "io.kubernetes.cri-o.ContainerType")};
    if (!config->linux_ || !split(config->linux_->cgroups_path, &parts))
        return;
    ret->crio = parts.prefix_size == strlen("crio") && memcmp(parts.prefix, "crio", parts.prefix_size) == 0;
    find_uid(&parts, ret);
    if (ret->uid[0]) {
        ret->is_pod = true;
        cross_check(config, ret);
    }
    ret->sandbox = find_sandbox(config, ret);
}

bool cm_pod_container_id(const struct oci_config *config, char ret_id[static CM_CONTAINER_ID_SIZE + 1])
{
    struct parts parts;

    if (!config->linux_ || !split(config->linux_->cgroups_path, &parts) || !cm_is_container_id(parts.name, strlen(parts.name)))
        return false;
    memcpy(ret_id, parts.name, CM_CONTAINER_ID_SIZE + 1);
    return true;
}

/* a-b-c.slice lies in a-b.slice, and that in a.slice (systemd.slice(5)). */
static void add_slices(struct cm_str *out, const char *slice, size_t size)
{
    for (size_t i = 1; i <= size; i++)
        if (i == size || slice[i] == '-')
            cm_str_addf(out, "/%.*s.slice", (int)i, slice);
}

bool cm_pod_sandbox_cgroup(const struct oci_config *config, const char *parent, const char *sandbox, char *buffer, size_t size)
{
    CM_AUTO_STR struct cm_str path = {0};
    struct parts parts;

    if (!config->linux_ || !split(config->linux_->cgroups_path, &parts))
        return false;
    if (parts.systemd) {
        if (!ends_with(parts.parent, parts.parent_size, ".slice") || parts.parent_size > 1024)
            return false;
        add_slices(&path, parts.parent, parts.parent_size - strlen(".slice"));
        cm_str_addf(&path, "/%.*s-%s.scope", (int)parts.prefix_size, parts.prefix, sandbox);
    } else {
        if (parts.parent[0] != '/')
            cm_str_addf(&path, "%s/", cm_streq(parent, "/") ? "" : parent);
        cm_str_addf(&path, "%.*s/%s%s", (int)CM_MIN(parts.parent_size, (size_t)4096), parts.parent, parts.prefix_size > 0 ? "crio-" : "", sandbox);
    }
    const char *text = cm_str_text(&path);
    int n = text ? snprintf(buffer, size, "%s", text) : -1;
    return n > 0 && (size_t)n < size;
}
