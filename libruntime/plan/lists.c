/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of numbers such as "0-3,7", of processors and memory nodes, as sets of bits. Hostile text. */
#include "plan/planner.h"

#define WORD_BITS (8 * sizeof(unsigned long))

/* One number of the list, and what follows it; NULL if there is none or it is too large. */
static const char *parse_member(const char *text, unsigned int limit, unsigned int *ret)
{
    unsigned int member = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '9' && member < limit; c++)
        member = member * 10 + (unsigned int)(*c - '0');
    *ret = member;
    return c == text || member >= limit ? NULL : c;
}

int cm_parse_set(const char *text, unsigned int limit, unsigned long *set)
{
    int n = 0;

    while (*text) {
        unsigned int first, last;
        text = parse_member(text, limit, &first);
        last = first;
        if (text && *text == '-')
            text = parse_member(text + 1, limit, &last);
        if (!text || last < first || (*text && (*text != ',' || !text[1])))
            return -1;
        for (unsigned int member = first; member <= last; member++) {
            unsigned long bit = 1UL << (member % WORD_BITS);
            n += !(set[member / WORD_BITS] & bit);
            set[member / WORD_BITS] |= bit;
        }
        text += *text == ',';
    }
    return n;
}
