/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See command_line.h. No hostile input: the container's processes only look. */
#include "run/command_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cm_command_line_hide(char *const *argv, struct cm_command_line *line)
{
    char *const *last = argv;

    *line = (struct cm_command_line){0};
    if (!argv || !argv[0])
        return 0;
    while (last[1])
        last++;
    line->start = argv[0];
    line->size = (size_t)(*last - argv[0]) + strlen(*last);
    line->copy = malloc(line->size);
    if (!line->copy)
        return -ENOMEM;
    memcpy(line->copy, line->start, line->size);
    memset(line->start, 0, line->size);
    return 0;
}

void cm_command_line_show(struct cm_command_line *line)
{
    if (line->copy)
        memcpy(line->start, line->copy, line->size);
    free(line->copy);
    *line = (struct cm_command_line){0};
}
