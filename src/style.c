/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where standard output goes, and how a report for people looks there. The environment and the size of the terminal are hostile: numbers are bounded. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define WIDTH_MIN 40u
#define WIDTH_MAX 120u
#define WIDTH_UNKNOWN 80u

static unsigned int terminal_width(void)
{
    struct winsize size;
    uint32_t columns = 0;

    if (cm_parse_u32(getenv("COLUMNS"), &columns) < 0)
        columns = 0;
    if (columns == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    return columns == 0 ? WIDTH_UNKNOWN : CM_MIN(CM_MAX(columns, WIDTH_MIN), WIDTH_MAX);
}

struct cm_style cli_style(void)
{
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: any value that is not empty */

    if (!isatty(STDOUT_FILENO))
        return (struct cm_style){0};
    return (struct cm_style){
        .width = terminal_width(),
        .colour = !(no_color && no_color[0]) && !cm_streq(getenv("TERM"), "dumb"),
    };
}
