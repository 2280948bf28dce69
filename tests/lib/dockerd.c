/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for docker's daemon, which is its own prestart hook as /proc/PID/exe: it waits; called as libnetwork-setkey it writes its arguments, one a line,
 * and its standard input, the state of the container, to /run/replay/setkey.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char state[65536];
    size_t size = 0;
    ssize_t n;

    if (strcmp(argv[0], "libnetwork-setkey") != 0)
        for (;;)
            pause();
    FILE *f = fopen("/run/replay/setkey", "w");
    if (!f)
        return 1;
    for (int i = 1; i < argc; i++)
        fprintf(f, "%s\n", argv[i]);
    while ((n = read(0, state + size, sizeof(state) - size)) > 0)
        size += (size_t)n;
    fwrite(state, 1, size, f);
    return fclose(f) ? 1 : 0;
}
