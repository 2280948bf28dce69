/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of --version: engines look for lines that begin with "commit: " and "spec: ". No input. */
#include "cli.h"

#include "oci/config.h"
#include "version.h"

void cli_version(struct cm_str *out)
{
    /* libseccomp gave the names of system calls when this was built; it is not linked. */
    cm_str_addf(out, "casemate version %s\ncommit: %s\nspec: %s\nlibseccomp: %s\n", CASEMATE_VERSION, CASEMATE_COMMIT, OCI_VERSION, CASEMATE_LIBSECCOMP);
}
