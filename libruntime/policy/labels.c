/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See labels.h. */
#include "policy/labels.h"

#include "base/str.h"

#define LABEL_MAX ((size_t)1024)
#define CATEGORIES 1024u
#define SEPARATOR "//&"

bool cm_label_is_plain(const char *label)
{
    size_t n = strlen(label);

    if (n == 0 || n > LABEL_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (label[i] <= ' ' || label[i] > '~')
            return false;
    return true;
}

/* "&unconfined" and "unconfined//&unconfined" are unconfined too, and so may be what another namespace calls its own (apparmor(7), aa_stack_profile(2)). */
bool cm_apparmor_is_one_profile(const char *profile)
{
    return !cm_streq(profile, "unconfined") && profile[0] != '&' && profile[0] != ':' && !strstr(profile, SEPARATOR);
}

bool cm_apparmor_shows(const char *text, const char *profile)
{
    static const char *const modes[] = {" (enforce)", " (kill)", " (mixed)"};
    size_t size = strlen(text), wanted = strlen(profile), end = 0, parts = 0;
    bool found = false;

    size -= size > 0 && text[size - 1] == '\n';
    for (size_t i = 0; i < CM_ARRAY_LEN(modes) && end == 0; i++) {
        size_t n = strlen(modes[i]);
        if (size > n && memcmp(text + size - n, modes[i], n) == 0)
            end = size - n;
    }
    for (size_t at = 0; at < end; parts++) {
        const char *next = strstr(text + at, SEPARATOR);
        size_t n = next && (size_t)(next - text) < end ? (size_t)(next - text) - at : end - at;
        found = found || (n == wanted && memcmp(text + at, profile, n) == 0);
        at += n + (at + n < end ? strlen(SEPARATOR) : 0);
    }
    return found && (parts > 1 || text[end + 2] != 'm');
}

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t n = strlen(end);

    return size >= n && memcmp(text + size - n, end, n) == 0;
}

static bool starts_with(const char *text, size_t size, const char *start)
{
    size_t n = strlen(start);

    return size >= n && memcmp(text, start, n) == 0;
}

/* Host domains of the reference policy and of distributions' container policies. */
bool cm_selinux_is_escape(const char *type, size_t size)
{
    static const char *const names[] = {"init_t", "initrc_t", "kernel_t", "unlabeled_t", "kubelet_t", "crio_t", "podman_t", "udev_t"};
    static const char *const starts[] = {"unconfined_", "spc_", "sysadm_", "secadm_", "container_runtime_", "container_engine_", "docker", "systemd_"};

    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (size == strlen(names[i]) && memcmp(type, names[i], size) == 0)
            return true;
    for (size_t i = 0; i < CM_ARRAY_LEN(starts); i++)
        if (starts_with(type, size, starts[i]))
            return true;
    return ends_with(type, size, "_exec_t") || ends_with(type, size, "_runtime_t");
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* A name of the policy language, up to the colon behind it. */
static size_t name_size(const char *text)
{
    size_t n = strspn(text, LETTERS DIGITS "_.-");

    return text[n] == ':' || text[n] == '\0' ? n : 0;
}

bool cm_selinux_parse(const char *label, struct cm_selinux_parts *ret)
{
    struct cm_selinux_parts parts = {0};
    size_t user = name_size(label);

    if (strlen(label) > LABEL_MAX || user == 0 || label[user] != ':')
        return false;
    parts.role = label + user + 1;
    parts.role_size = name_size(parts.role);
    if (parts.role_size == 0 || parts.role[parts.role_size] != ':')
        return false;
    parts.type = parts.role + parts.role_size + 1;
    parts.type_size = name_size(parts.type);
    if (parts.type_size == 0)
        return false;
    parts.level = parts.type + parts.type_size;
    if (*parts.level == ':') {
        parts.level++;
        parts.level_size = strlen(parts.level);
        parts.has_level = true;
        parts.has_categories = memchr(parts.level, ':', parts.level_size) != NULL;
        if (parts.level_size == 0 || strspn(parts.level, "sc" DIGITS ".,:-") != parts.level_size)
            return false;
    }
    *ret = parts;
    return true;
}

/* The letter and digits behind it; 0: something else. */
static size_t unit_size(const char *text, char letter)
{
    size_t n = text[0] == letter ? strspn(text + 1, DIGITS) : 0;

    return n > 0 && n < 6 ? n + 1 : 0;
}

bool cm_selinux_level_is_narrow(const struct cm_selinux_parts *parts)
{
    if (!parts->has_level)
        return true;
    const char *c = parts->level;
    size_t n = unit_size(c, 's');
    if (n == 0)
        return false;
    c += n;
    for (int categories = 0; *c && categories < 2; categories++) {
        if (*c != (categories == 0 ? ':' : ','))
            return false;
        n = unit_size(++c, 'c');
        if (n == 0)
            return false;
        c += n;
    }
    return *c == '\0';
}

/* The pairs (0,1), (0,2), (1,2), (0,3), … */
void cm_selinux_pair(unsigned int index, unsigned int *ret_first, unsigned int *ret_second)
{
    unsigned int second = 1;

    for (index %= CM_SELINUX_PAIRS; index >= second && second < CATEGORIES - 1; second++)
        index -= second;
    *ret_first = index;
    *ret_second = second;
}
