/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * swapper swap A B SEED: exchanges two names (renameat2 with RENAME_EXCHANGE) again and again, with pauses by the seed, until SIGTERM; then prints how often.
 * swapper remount PLACE A B SEED: mounts A and B in turn on PLACE, with pauses, until SIGTERM; then prints how often.
 * swapper naive SOURCE TARGET N FILE: a runtime as one would first write it: looks whether SOURCE is a directory and no link, mounts it by its name, reads FILE
 * below TARGET; N times. Prints each content once, with how often it was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int signal)
{
    ended = signal;
}

/* xorshift: the same pauses for the same seed. */
static void pause_a_little(unsigned long *state, unsigned long longest)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    struct timespec t = {0, (long)(*state % longest)};
    (void)nanosleep(&t, NULL);
}

static int swap(const char *a, const char *b, unsigned long seed)
{
    unsigned long n = 0, state = seed | 1;

    for (; !ended; n++) {
        if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0) {
            perror("renameat2");
            return 1;
        }
        pause_a_little(&state, 60000);
    }
    printf("%lu swaps, seed %lu\n", n, seed);
    return 0;
}

static int remount(const char *place, const char *a, const char *b, unsigned long seed)
{
    unsigned long n = 0, state = seed | 1;

    for (; !ended; n++) {
        if (mount(n % 2 ? a : b, place, NULL, MS_BIND, NULL) < 0) {
            perror("mount");
            return 1;
        }
        pause_a_little(&state, 2000000); /* a runtime needs some time to find it mounted at all */
        if (umount2(place, MNT_DETACH) < 0) {
            perror("umount");
            return 1;
        }
    }
    printf("%lu swaps, seed %lu\n", n, seed);
    return 0;
}

static int naive(const char *source, const char *target, unsigned long times, const char *name)
{
    char contents[8][64] = {""}, file[4096];
    unsigned long seen[8] = {0};

    (void)snprintf(file, sizeof(file), "%s/%s", target, name);
    for (unsigned long i = 0; i < times; i++) {
        struct stat st;
        char text[64] = "nothing";
        if (lstat(source, &st) < 0 || !S_ISDIR(st.st_mode) || mount(source, target, NULL, MS_BIND, NULL) < 0)
            continue;
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
        if (n > 0) {
            text[n] = '\0';
            text[strcspn(text, "\n")] = '\0';
        }
        if (fd >= 0)
            (void)close(fd);
        if (umount2(target, MNT_DETACH) < 0)
            return 1;
        for (size_t k = 0; k < 8; k++)
            if (seen[k] == 0 || strcmp(contents[k], text) == 0) {
                memcpy(contents[k], text, sizeof(text));
                seen[k]++;
                break;
            }
    }
    for (size_t k = 0; k < 8 && seen[k] > 0; k++)
        printf("%s %lu\n", contents[k], seen[k]);
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = end};

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)sigaction(SIGTERM, &action, NULL);
    if (argc == 5 && strcmp(argv[1], "swap") == 0)
        return swap(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    if (argc == 6 && strcmp(argv[1], "remount") == 0)
        return remount(argv[2], argv[3], argv[4], strtoul(argv[5], NULL, 10));
    if (argc == 6 && strcmp(argv[1], "naive") == 0)
        return naive(argv[2], argv[3], strtoul(argv[4], NULL, 10), argv[5]);
    fprintf(stderr, "usage: swapper swap A B SEED | remount PLACE A B SEED | naive SOURCE TARGET N FILE\n");
    return 2;
}
