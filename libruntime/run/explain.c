/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate seccomp`: with the filter of a bundle if there is one. Touches nothing. Hostile: the bundle, and the names to explain. */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "run/bundle.h"
#include "run/runtime.h"

int cm_list_filters(const char *arch_word, const char *const *profiles, size_t n, const struct cm_seccomp_output *output, struct cm_error *err)
{
    uint32_t arch;
    int r = cm_seccomp_arch_of(arch_word, &arch, err);

    if (r < 0)
        return r;
    return n == 0 ? cm_seccomp_list_profiles(arch, output, err) : cm_seccomp_list_calls(arch, profiles, n, output, err);
}

int cm_explain_filter(const char *arch_word, const char *bundle, struct cm_seccomp_question *question, const struct cm_seccomp_output *output,
                      struct cm_error *err)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;
    CM_AUTO_CLOSE int dir = bundle ? open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC) : CM_FD_NONE;
    int r = cm_seccomp_arch_of(arch_word, &question->arch, err);

    if (r < 0)
        return r;
    if (bundle && dir < 0)
        return cm_fail_errno(err, errno, NULL, "opening the bundle %s; it must be a directory with a config.json", bundle);
    if (bundle)
        r = cm_bundle_config(dir, bundle, NULL, &config, NULL, err);
    if (r < 0)
        return r;
    question->bundle = config ? config->linux_->seccomp : NULL;
    if (config && !question->bundle)
        return cm_fail(err, ENOENT, "/linux/seccomp", "the bundle has no system call filter of its own, so only the built-in profile is loaded; leave --bundle out");
    return cm_seccomp_explain(question, output, err);
}
