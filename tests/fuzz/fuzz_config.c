/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer entry: any bytes as config.json and as process.json. Seeds: tests/data/full-config.json and tests/data/oci-spec/config. */
#include <stdint.h>
#include <stdlib.h>

#include "oci/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OCI_AUTO_CONFIG struct oci_config *config = NULL;
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct oci_process *process = NULL;
    struct cm_error err;

    cm_error_init(&err);
    int r = oci_config_parse((const char *)data, size, &config, &err);
    if ((r == 0) != (config != NULL) || (r < 0) != (err.errnum != 0) || (config && !config->linux_))
        abort();
    cm_error_init(&err);
    r = oci_process_parse((const char *)data, size, &arena, &process, &err);
    if ((r == 0) != (process != NULL) || (process && !process->cwd))
        abort();
    return 0;
}
