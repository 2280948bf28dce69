/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See exceptions.h. */
#include "policy/exceptions.h"

#include "base/macros.h"
#include "base/str.h"

static const struct cm_exceptable exceptable[] = {
    {CM_CODE_NONROOT, "uid 0 may run"},
    {CM_CODE_ROOT_READONLY, "the annotation casemate.rootfs=ephemeral is granted"},
    {CM_CODE_CAP_DROPPED, "capabilities above the ceiling stay, of the 14 that engines ask for by default"},
    {CM_CODE_LIMIT_CEILING, "processes, memory and swap are limited as asked, up to what any policy may say"},
    {CM_CODE_LIMIT_UNENFORCEABLE, "limits that the host cannot enforce are reported instead of refused"},
    {CM_CODE_RLIMIT, "resource limits of processes are as asked, up to what any policy may say"},
    {CM_CODE_OOM, "the OOM score adjustment is as asked, down to what any policy may say and the runtime itself has"},
    {CM_CODE_SECCOMP_ABSENT, "a configuration without a filter starts with the built-in one"},
    {CM_CODE_SECCOMP_DEFAULT, "a configuration whose filter allows by default starts with the built-in one below it"},
    {CM_CODE_LSM_MISSING, "a container without a label starts"},
    {CM_CODE_SUID_DUMPABLE, "fs.suid_dumpable=1 on the host is reported instead of refused"},
};

const struct cm_exceptable *cm_exceptable_at(size_t i)
{
    return i < CM_ARRAY_LEN(exceptable) ? &exceptable[i] : NULL;
}

const struct cm_exceptable *cm_exceptable_find(enum cm_code code)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(exceptable); i++)
        if (exceptable[i].code == code)
            return &exceptable[i];
    return NULL;
}

enum cm_exception_state cm_exception_state(const struct cm_exception *exception, int64_t now)
{
    return now < exception->from ? CM_EXCEPTION_NOT_YET : now >= exception->expires ? CM_EXCEPTION_EXPIRED : CM_EXCEPTION_HOLDS;
}

bool cm_exception_is_for(const struct cm_exception *exception, const char *bundle, const char *cgroup)
{
    if (exception->bundle && !(bundle && cm_path_is_below(bundle, exception->bundle)))
        return false;
    if (exception->cgroup && !(cgroup && cm_path_is_below(cgroup, exception->cgroup)))
        return false;
    return exception->bundle || exception->cgroup;
}
