/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See floors.h. Constant tables; paths and numbers come from a policy file or a bundle. */
#include "policy/floors.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

/*
 * Character devices that are the host itself (Documentation/admin-guide/devices.txt): its memory, its log, its screens and keyboards, its disks by another
 * door, its power. Numbers that the kernel hands out at run time cannot be listed here.
 */
static const struct {
    uint32_t major, first, last; /* minors */
    const char *why;
} closed[] = {
    {1, 0, UINT32_MAX, "it is the host's memory, ports or log, or a device that every container has"},
    {4, 0, 63, "it is a virtual console of the host"},
    {5, 0, UINT32_MAX, "terminals are made by the runtime"},
    {7, 0, UINT32_MAX, "it is the memory of the host's virtual consoles"},
    {9, 0, UINT32_MAX, "it is a tape drive"},
    {10, 63, 63, "it is the host's performance counters"},
    {10, 130, 130, "it is the watchdog, which resets the host"},
    {10, 134, 134, "it is the host's power management"},
    {10, 144, 144, "it is the host's firmware memory"},
    {10, 223, 223, "it types on the host's keyboard"},
    {10, 227, 227, "it is the host's machine check log"},
    {10, 231, 231, "it is an image of the host's memory"},
    {10, 234, 237, "it makes block devices or mounts on the host"},
    {10, 239, 240, "it makes input devices on the host"},
    {10, 242, 242, "it switches the host's radios"},
    {13, 0, UINT32_MAX, "it is an input device of the host"},
    {21, 0, UINT32_MAX, "it is a disk of the host by way of SCSI commands"},
    {86, 0, UINT32_MAX, "it is a SCSI changer of the host"},
    {90, 0, UINT32_MAX, "it is flash memory of the host"},
    {136, 0, UINT32_MAX, "terminals are made by the runtime"},
    {162, 0, UINT32_MAX, "it is a disk of the host"},
    {202, 0, UINT32_MAX, "it is the processors' model specific registers"},
    {206, 0, UINT32_MAX, "it is a tape drive"},
};

const char *cm_floor_char_device(uint32_t major, uint32_t minor)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(closed); i++)
        if (major == closed[i].major && minor >= closed[i].first && minor <= closed[i].last)
            return closed[i].why;
    return major >= 137 && major <= 143 ? "terminals are made by the runtime" : NULL;
}

bool cm_path_is_normalised(const char *path)
{
    if (path[0] != '/' || !path[1] || strlen(path) >= PATH_MAX)
        return false;
    for (const char *c = path; *c;) {
        size_t n = strcspn(++c, "/");
        if (n == 0 || n > NAME_MAX || (n <= 2 && strncmp(c, "..", n) == 0))
            return false;
        c += n;
    }
    return true;
}

const char *cm_floor_device_path(const char *path)
{
    /* what is in /dev already, and what is mounted there */
    static const char *const taken[] = {"/dev/console", "/dev/core", "/dev/fd",     "/dev/full",  "/dev/mqueue", "/dev/null", "/dev/ptmx",    "/dev/pts",
                                        "/dev/random",  "/dev/shm",  "/dev/stderr", "/dev/stdin", "/dev/stdout", "/dev/tty",  "/dev/urandom", "/dev/zero"};

    if (!cm_path_is_normalised(path) || !cm_has_prefix(path, "/dev/"))
        return "it must be an absolute path below /dev without empty, \".\" and \"..\" components";
    for (size_t i = 0; i < CM_ARRAY_LEN(taken); i++)
        if (cm_path_is_below(path, taken[i]))
            return "that place in /dev belongs to the runtime";
    return NULL;
}

/* Only what root alone writes to. */
static bool is_search_path_of_root(const char *list)
{
    static const char *const places[] = {"/usr", "/bin", "/sbin", "/opt", "/nix/store", "/run/current-system/sw", "/snap/bin"};
    char entry[PATH_MAX];

    for (size_t size; *list; list += size + (list[size] == ':')) {
        bool known = false;
        size = strcspn(list, ":");
        if (size >= sizeof(entry))
            return false;
        memcpy(entry, list, size);
        entry[size] = '\0';
        for (size_t i = 0; i < CM_ARRAY_LEN(places); i++)
            known |= cm_path_is_normalised(entry) && cm_path_is_below(entry, places[i]);
        if (!known || (list[size] == ':' && !list[size + 1])) /* an empty entry is the working directory */
            return false;
    }
    return true;
}

/*
 * With these the loader, the C library or a common interpreter runs, or reads as its own, what the variable names: a rule for one program would be one for all
 * (ld.so(8), bash(1), the lists of what set-id programs drop).
 */
const char *cm_floor_hook_env(const char *entry)
{
    static const char *const prefixes[] = {"LD_",  "DYLD_",    "BASH_FUNC_", "PYTHON", "PERL",   "RUBY", "NODE_",   "LUA_",
                                           "GIT_", "OPENSSL_", "DOTNET_",    "JAVA_",  "_JAVA_", "JDK_", "MALLOC_", "GCONV_"};
    static const char *const names[] = {"GLIBC_TUNABLES", "LOCPATH",  "NLSPATH", "HOSTALIASES", "RESOLV_HOST_CONF", "BASH_ENV",   "ENV",
                                        "SHELLOPTS",      "BASHOPTS", "PS4",     "IFS",         "CDPATH",           "GETCONF_DIR"};
    size_t size = strcspn(entry, "=");

    for (size_t i = 0; i < CM_ARRAY_LEN(prefixes); i++)
        if (cm_has_prefix(entry, prefixes[i]))
            return "it can make the host's programs run other code";
    for (size_t i = 0; i < CM_ARRAY_LEN(names); i++)
        if (strlen(names[i]) == size && memcmp(entry, names[i], size) == 0)
            return "it can make the host's programs run other code";
    if (cm_has_prefix(entry, "PATH=") && !is_search_path_of_root(entry + strlen("PATH=")))
        return "it may only list directories of the system's own programs, below /usr, /bin, /sbin or /opt";
    return NULL;
}
