/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The form of the file `confinement`, private to state/: this header, a JSON object, the instructions of the one or two filters. */
#pragma once

#include <stdint.h>

#define CONFINEMENT_NAME "confinement"
#define CONFINEMENT_MAGIC 0x32666343u /* "Ccf2" as the machine that wrote it has it: the file does not outlive a boot */
#define CONFINEMENT_JSON_MAX ((uint32_t)1 << 20)
#define CONFINEMENT_SIZE_MAX ((size_t)2 << 20)

struct confinement_header {
    uint32_t magic;
    uint32_t crc; /* of all that follows */
    uint32_t json_size;
    uint16_t ours_size, extra_size; /* instructions */
    uint16_t ours_flags, extra_flags;
};
_Static_assert(sizeof(struct confinement_header) == 20, "no padding: every byte is summed");
