# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Compiling, an archive, a shared library, link-time optimisation; and what was made runs, with threads.
. "${0%/*}/lib.sh"
cat >main.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
int part(int);
static void *thread(void *p) { *(int *)p = part(20); return NULL; }
int main(void)
{
    pthread_t t;
    int n = 0;
    void *h = dlopen("/tmp/libshared.so", RTLD_NOW);
    int (*shared)(void) = h ? (int (*)(void))dlsym(h, "shared") : NULL;
    if (pthread_create(&t, NULL, thread, &n) || pthread_join(t, NULL) || !shared) return 1;
    printf("%d %d\n", n, shared());
    return 0;
}
C
echo 'int part(int n) { return n + 1; }' >part.c
echo 'int shared(void) { return 7; }' >shared.c
gcc -O2 -flto -c main.c part.c
gcc-ar rc libpart.a part.o
gcc -shared -fPIC -pipe -o libshared.so shared.c
gcc -O2 -flto=2 -o program main.o libpart.a -ldl -pthread
is "$(./program)" "21 7"
echo works
