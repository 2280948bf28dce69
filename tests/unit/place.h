/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of a test's own, with small files that imitate a kernel's or a record's. One at a time. Include after check.h. */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"

static char place[64];

/* Returns its descriptor, the caller's. */
static inline int place_make(const char *name)
{
    (void)snprintf(place, sizeof(place), "/tmp/casemate-%s-XXXXXX", name);
    int dir = mkdtemp(place) ? open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    CHECK(dir >= 0);
    return dir;
}

static inline void place_drop(void)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", place);
    CHECK_INT(system(command), 0); /* a test's own directory */
}

static inline void put_file(int dir, const char *name, const char *text)
{
    CM_AUTO_CLOSE int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && cm_write_full(fd, text, strlen(text)) == 0);
}

static inline void check_file(int dir, const char *name, const char *want)
{
    char text[512];

    CHECK(cm_read_small_at(dir, name, text, sizeof(text)) >= 0);
    CHECK_STR(text, want);
}
