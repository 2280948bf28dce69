/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every operation opens first. No hostile input but the state root's path, which the store checks. */
#include "run/runtime.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/euid.h"
#include "base/time.h"
#include "cgroup/cgroup.h"
#include "idmap/slots.h"
#include "ns/identity.h"
#include "path/procfs.h"
#include "run/policy_files.h"

int cm_runtime_open(const struct cm_runtime_options *options, struct cm_runtime *ret, struct cm_error *err)
{
    struct cm_runtime runtime = CM_RUNTIME_NONE;

    runtime.began_us = cm_now_us();
    runtime.pid = getpid();
    runtime.caller_uid = cm_euid();
    runtime.systemd_driver = options->systemd_driver;
    (void)umask(0); /* modes below are exact: 022 would make device nodes 0644 */
    if (!options->only_looks) {
        int proc = cm_runtime_proc(&runtime, err);
        if (proc < 0)
            return proc;
        runtime.rootless = runtime.caller_uid != 0 || !cm_ns_user_is_initial(proc, "self/ns/user");
    }
    runtime.policy = cm_policy_builtin(CM_POLICY_HARDENED);
    int r = 0;
    if (options->need_policy) {
        const struct cm_policy_source source = {options->policy, !runtime.rootless};
        r = cm_policy_load(&source, &runtime.policy_arena, &runtime.policy, err);
    }
    if (options->need_root && r == 0) {
        r = cm_store_open(options->root, options->make_root, &runtime.store, err);
        if (options->see_root || (r == -ENOENT && options->root_is_default && !options->make_root))
            r = 0; /* nothing was ever made here: every id is unknown, the list is empty */
    }
    if (r < 0) {
        cm_runtime_close(&runtime);
        return r;
    }
    *ret = runtime;
    return 0;
}

int cm_runtime_proc(struct cm_runtime *runtime, struct cm_error *err)
{
    if (runtime->proc < 0)
        runtime->proc = cm_procfs_make(err);
    return runtime->proc;
}

int cm_runtime_cgroup_root(struct cm_runtime *runtime, struct cm_error *err)
{
    if (runtime->cgroup_root < 0) {
        int fd = cm_cgroup_open_usual_root();
        int proc = fd < 0 ? cm_runtime_proc(runtime, err) : CM_FD_NONE;
        if (fd < 0 && proc < 0)
            return proc;
        if (fd < 0)
            fd = cm_cgroup_open_root(proc, err);
        if (fd < 0)
            return fd;
        runtime->cgroup_root = fd;
    }
    return runtime->cgroup_root;
}

int cm_runtime_ledger_directory(struct cm_runtime *runtime, struct cm_error *err)
{
    if (cm_streq(runtime->store.path, CM_LEDGER_DIRECTORY))
        return runtime->store.fd;
    if (runtime->ledger_directory < 0) {
        CM_AUTO_STORE struct cm_store directory = CM_STORE_NONE;
        int r = cm_store_open(CM_LEDGER_DIRECTORY, true, &directory, err);
        if (r < 0)
            return r;
        runtime->ledger_directory = CM_TAKE_FD(directory.fd);
    }
    return runtime->ledger_directory;
}

int cm_runtime_open_ledger(struct cm_runtime *runtime, const struct cm_id_pool *pool, struct cm_ledger *ret, struct cm_error *err)
{
    int directory = cm_runtime_ledger_directory(runtime, err);

    return directory < 0 ? directory : cm_ledger_open(directory, pool, ret, err);
}

void cm_runtime_close(struct cm_runtime *runtime)
{
    runtime->proc = cm_close(runtime->proc);
    runtime->cgroup_root = cm_close(runtime->cgroup_root);
    runtime->ledger_directory = cm_close(runtime->ledger_directory);
    cm_store_close(&runtime->store);
    cm_arena_free(&runtime->policy_arena);
}
