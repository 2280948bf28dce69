/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of --version: engines look for lines that begin with "commit: " and "spec: ". No input. */
#include "cli.h"

#include <seccomp.h>

#include "oci/config.h"
#include "version.h"

void cli_version(struct cm_str *out)
{
    const struct scmp_version *seccomp = seccomp_version();

    cm_str_addf(out, "casemate version %s\ncommit: %s\nspec: %s\n", CASEMATE_VERSION, CASEMATE_COMMIT, OCI_VERSION);
    if (seccomp)
        cm_str_addf(out, "libseccomp: %u.%u.%u\n", seccomp->major, seccomp->minor, seccomp->micro);
}
