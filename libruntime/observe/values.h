/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For observe/ and those who compare: values out of the text of cgroup files. What the numbers are depends on the container's processes; the forms are the kernel's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole file of at most 1 MiB, free() it. -ENOENT when the file or the cgroup is not there. */
int cm_value_text(int cgroup, const char *file, char **ret);
/* So many decimal digits; "max" is UINT64_MAX. False: they are no number. */
bool cm_value_parse(const char *digits, size_t size, uint64_t *ret);
/* A file of one number; "max" is UINT64_MAX. False when there is none. */
bool cm_value_number(int cgroup, const char *file, uint64_t *ret);
/* The number behind a key at the start of a line of "KEY NUMBER" lines; 0 when there is none. */
uint64_t cm_value_of(const char *text, const char *key);
/* The next line of "KEY NUMBER": its key's size and its number, or false for a line of another form. *text moves past the line; it ends at "". */
bool cm_value_next(const char **text, const char **ret_key, size_t *ret_size, uint64_t *ret);
/* Sums and products that stop at UINT64_MAX. */
uint64_t cm_value_add(uint64_t a, uint64_t b);
uint64_t cm_value_times(uint64_t a, uint64_t b);
