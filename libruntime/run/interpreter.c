/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executable files; see interpreter.h. Runs in the container's process, as its final user. Hostile: every byte of the file, which may also change while we
 * look: nothing read here decides anything but an error message, and every read is bounded.
 */
#include "run/interpreter.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path/rootpath.h"

#define SCRIPT_LINE_MAX 256       /* BINPRM_BUF_SIZE */
#define INTERPRETERS_MAX 5        /* the kernel's bound on interpreters of interpreters */
#define SEGMENTS_MAX ((size_t)64) /* real programs have about a dozen */

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
#define ELF_CLASS ELFCLASS64
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
#define ELF_CLASS ELFCLASS32
#endif

/* Opened for reading if that is possible, else only named. O_NONBLOCK: another container may hold a lease on it (fcntl(2)) or have put a FIFO in its place. */
static int open_program(struct cm_rootfd root, const char *path, bool *ret_readable)
{
    int fd = cm_root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, CM_LOOKUP_IN_ROOT);

    *ret_readable = fd >= 0;
    return fd >= 0 || fd == -ENOENT ? fd : cm_root_open(root, path, O_PATH, CM_LOOKUP_IN_ROOT);
}

/* 0, or -errno: why the kernel would not execute this file for the calling process. */
static int judge(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode) || faccessat(fd, "", X_OK, AT_EMPTY_PATH) < 0)
        return -EACCES;
    return 0;
}

/* The word behind "#!", as the kernel reads it (binfmt_script): up to white space, and only if that comes within the first 256 bytes. */
static bool script_interpreter(const char *text, size_t size, char *ret_name)
{
    size_t begin = 2, end;

    while (begin < size && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    for (end = begin; end < size && text[end] && !strchr(" \t\n", text[end]); end++)
        ;
    if (end == begin || (end == size && size == SCRIPT_LINE_MAX))
        return false;
    memcpy(ret_name, text + begin, end - begin);
    ret_name[end - begin] = '\0';
    return true;
}

/* Our own header, which the linker puts in front of the code. */
extern const elf_header __ehdr_start;

/* Of a program for another architecture the kernel would ask an emulator, whose business its interpreter is (binfmt_misc): only our own is looked at. */
static bool is_native(const elf_header *header)
{
    const elf_header *own = &__ehdr_start;

    return header->e_ident[EI_CLASS] == ELF_CLASS && header->e_ident[EI_DATA] == own->e_ident[EI_DATA] && header->e_machine == own->e_machine &&
           header->e_phentsize == sizeof(elf_segment);
}

static bool elf_interpreter(int fd, const char *text, size_t size, char *ret_name)
{
    elf_header header;
    elf_segment segments[SEGMENTS_MAX];

    if (size < sizeof(header))
        return false;
    memcpy(&header, text, sizeof(header));
    size_t n = CM_MIN((size_t)header.e_phnum, SEGMENTS_MAX);
    if (!is_native(&header) || header.e_phoff > INT32_MAX ||
        pread(fd, segments, n * sizeof(segments[0]), (off_t)header.e_phoff) != (ssize_t)(n * sizeof(segments[0])))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (segments[i].p_type != PT_INTERP)
            continue;
        size_t length = segments[i].p_filesz;
        if (length < 2 || length > CM_INTERPRETER_MAX || segments[i].p_offset > INT64_MAX ||
            pread(fd, ret_name, length, (off_t)segments[i].p_offset) != (ssize_t)length || ret_name[length - 1] != '\0')
            return false;
        return true;
    }
    return false;
}

/* The name of what the file needs. False: nothing, or nothing that we can tell. */
static bool interpreter_of(int fd, char *ret_name)
{
    char text[SCRIPT_LINE_MAX];
    ssize_t n = pread(fd, text, sizeof(text), 0);

    if (n >= 2 && memcmp(text, "#!", 2) == 0)
        return script_interpreter(text, (size_t)n, ret_name);
    return n >= SELFMAG && memcmp(text, ELFMAG, SELFMAG) == 0 && elf_interpreter(fd, text, (size_t)n, ret_name);
}

int cm_program_look(struct cm_rootfd root, const char *cwd, const char *path, char *ret_interpreter)
{
    char name[CM_INTERPRETER_MAX], absolute[PATH_MAX];

    ret_interpreter[0] = '\0';
    for (int i = 0; i < INTERPRETERS_MAX; i++) {
        bool readable;
        CM_AUTO_CLOSE int fd = open_program(root, path, &readable);
        int r = fd < 0 ? fd : judge(fd);
        if (r < 0) {
            if (i > 0)
                memcpy(ret_interpreter, name, sizeof(name));
            return r;
        }
        if (!readable || !interpreter_of(fd, name))
            return 0;
        int n = name[0] == '/' ? snprintf(absolute, sizeof(absolute), "%s", name) : snprintf(absolute, sizeof(absolute), "%s/%s", cwd, name);
        if (n < 0 || (size_t)n >= sizeof(absolute))
            return 0; /* longer than any path: execve(2) says so */
        path = absolute;
    }
    return 0;
}
