/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option parser; see options.h. Every word is hostile: it is compared, copied by pointer, and quoted in messages only. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const struct cli_option cli_option_help = {"help", 'h', CLI_BOOL, false, offsetof(struct cli_values, help), "show help"};

/* The words that Go's flag package, and therefore every runc, takes for a boolean. */
static const struct {
    const char *word;
    bool value;
} boolean_words[] = {
    {"true", true}, {"false", false}, {"1", true}, {"0", false}, {"t", true},    {"f", false},
    {"TRUE", true}, {"FALSE", false}, {"T", true}, {"F", false}, {"True", true}, {"False", false},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The flag's name without its dashes, or NULL for a positional argument: "-", "-1" and "---" are values, not flags. */
static const char *flag_name(const char *word)
{
    if (word[0] != '-')
        return NULL;
    word += word[1] == '-' ? 2 : 1;
    return is_letter(word[0]) ? word : NULL;
}

static bool option_matches(const struct cli_option *option, const char *name, size_t size)
{
    if (size == 1 && option->letter == name[0])
        return true;
    return strlen(option->name) == size && memcmp(option->name, name, size) == 0;
}

static const struct cli_option *find_option(const struct cli_options *options, const char *name, size_t size)
{
    for (size_t i = 0; i < options->n; i++)
        if (option_matches(&options->v[i], name, size))
            return &options->v[i];
    return option_matches(&cli_option_help, name, size) ? &cli_option_help : NULL;
}

static int set_bool(const struct cli_option *option, const char *text, bool *value, struct cm_error *err)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(boolean_words); i++)
        if (!text || strcmp(text, boolean_words[i].word) == 0) {
            *value = text ? boolean_words[i].value : true;
            return 0;
        }
    return cm_fail(err, EINVAL, NULL, "invalid boolean value \"%s\" for -%s: parse error", text, option->name);
}

static int add_string(struct cli_strings *strings, const char *text, struct cm_error *err)
{
    if (strings->n == strings->room) {
        size_t room = strings->room > 0 ? strings->room * 2 : 16;
        const char **v = reallocarray(strings->v, room, sizeof(*v));
        if (!v)
            return cm_fail_errno(err, ENOMEM, NULL, "reading the command line");
        strings->v = v;
        strings->room = room;
    }
    strings->v[strings->n++] = text;
    return 0;
}

void cli_values_free(struct cli_values *values)
{
    struct cli_strings *const lists[] = {&values->env, &values->caps, &values->additional_gids, &values->cgroups};

    for (size_t i = 0; i < CM_ARRAY_LEN(lists); i++) {
        free(lists[i]->v);
        *lists[i] = (struct cli_strings){0};
    }
}

static int set_value(const struct cli_option *option, const char *text, struct cli_values *values, struct cm_error *err)
{
    void *place = (char *)values + option->offset;

    switch (option->type) {
    case CLI_BOOL:
        return set_bool(option, text, place, err);
    case CLI_NAME:
        if (!text[0])
            return cm_fail(err, EINVAL, NULL, "option --%s names nothing; give it a value or leave it out", option->name);
        *(const char **)place = text;
        return 0;
    case CLI_STRING:
        *(const char **)place = text[0] ? text : NULL;
        return 0;
    case CLI_STRINGS:
        return add_string(place, text, err);
    case CLI_U32:
        if (cm_parse_u32(text, place) < 0)
            return cm_fail(err, EINVAL, NULL, "invalid value \"%s\" for flag -%s: parse error", text, option->name);
        return 0;
    }
    return cm_fail(err, EINVAL, NULL, "option -%s has no type", option->name);
}

/* Parses the flag at *position and moves past it and its value. */
static int parse_flag(const struct cli_options *options, const char *name, const struct cli_words *words, size_t *position, struct cli_values *values,
                      struct cm_error *err)
{
    size_t size = strcspn(name, "=");
    const char *text = name[size] == '=' ? name + size + 1 : NULL;
    const struct cli_option *option = find_option(options, name, size);

    (*position)++;
    if (!option)
        return cm_fail(err, EINVAL, NULL, "flag provided but not defined: -%.*s", (int)CM_MIN(size, (size_t)256), name);
    if (!text && option->type != CLI_BOOL) {
        if (*position == words->n)
            return cm_fail(err, EINVAL, NULL, "flag needs an argument: -%s", option->name);
        text = words->v[(*position)++];
    }
    return set_value(option, text, values, err);
}

int cli_parse(const struct cli_options *options, bool stop_at_positional, const struct cli_words *words, struct cli_values *values, const char **args,
              size_t *ret_n_args, struct cm_error *err)
{
    size_t n = 0, i = 0;
    bool flags = true;

    while (i < words->n) {
        const char *name = flags ? flag_name(words->v[i]) : NULL;
        if (name) {
            int r = parse_flag(options, name, words, &i, values, err);
            if (r < 0)
                return r;
        } else if (flags && strcmp(words->v[i], "--") == 0) {
            flags = false;
            i++;
        } else {
            args[n++] = words->v[i++];
            flags = flags && !stop_at_positional;
        }
    }
    *ret_n_args = n;
    return 0;
}
