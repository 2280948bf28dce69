/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate spec. The bundle's directory may hold anything at the name we write: it is never followed nor replaced. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "oci/spec.h"

static int write_config(int directory, const char *bundle, const struct cm_str *text, struct cm_error *err)
{
    CM_AUTO_CLOSE int fd = openat(directory, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0 && errno == EEXIST)
        return cm_fail(err, EEXIST, NULL, "File config.json exists. Remove it first");
    if (fd < 0)
        return cm_fail_errno(err, errno, NULL, "cannot make config.json in %s", bundle);
    int r = cm_write_full(fd, text->data, text->size);
    if (r == 0)
        return 0;
    (void)unlinkat(directory, "config.json", 0); /* half a file would be taken for a whole one; the write's error is the one to report */
    return cm_fail_errno(err, -r, NULL, "cannot write config.json in %s", bundle);
}

int cmd_spec(const struct cli_context *context, struct cm_error *err)
{
    const char *bundle = context->values->bundle ? context->values->bundle : ".";
    CM_AUTO_CLOSE int directory = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CM_AUTO_STR struct cm_str text = {0};

    if (directory < 0)
        return cm_fail_errno(err, errno, NULL, "cannot open the bundle %s", bundle);
    if (oci_spec_generate(context->values->spec_rootless, geteuid(), getegid(), &text) < 0)
        return cm_fail_errno(err, ENOMEM, NULL, "cannot build config.json");
    return write_config(directory, bundle, &text, err);
}
