/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The option parser against runc's rules, and signal names. */
#include "check.h"

#include <stdint.h>

#include "commands.h"
#include "signals.h"

#define WORDS_MAX 12

/* One parse of a command's words: NULL error for success; then the values as one line, and the positional arguments joined by '|'. */
struct parse_case {
    const char *words[WORDS_MAX];
    const char *error;
    const char *args;
    const char *values;
};

static void join(const char *const *args, size_t n, char *buffer, size_t size)
{
    buffer[0] = '\0';
    for (size_t i = 0; i < n; i++)
        (void)snprintf(buffer + strlen(buffer), size - strlen(buffer), "%s%s", i > 0 ? "|" : "", args[i]);
}

static void describe(const struct cli_values *v, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "bundle=%s pid=%s fds=%u keyring=%d detach=%d keep=%d all=%d format=%s quiet=%d help=%d env=%zu:%s:%s cap=%zu", v->bundle ? v->bundle : "-",
                   v->pid_file ? v->pid_file : "-", v->preserve_fds, v->no_new_keyring, v->detach, v->keep, v->all, v->format ? v->format : "-", v->quiet,
                   v->help, v->env.n, v->env.n > 0 ? v->env.v[0] : "-", v->env.n > 1 ? v->env.v[1] : "-", v->caps.n);
}

static void run_cases(const char *command_name, const struct parse_case *cases, size_t n_cases)
{
    const struct cli_command *command = cli_command_find(command_name);

    for (size_t i = 0; i < n_cases; i++) {
        const struct parse_case *c = &cases[i];
        struct cli_values values = {0};
        struct cm_error err;
        const char *args[WORDS_MAX];
        char text[512];
        size_t n = 0;
        struct cli_words words = {0, c->words};

        while (words.n < WORDS_MAX && c->words[words.n])
            words.n++;
        cm_error_init(&err);
        int r = cli_parse(&command->options, command->stop_at_positional, &words, &values, args, &n, &err);
        CHECK_INT(r, c->error ? -EINVAL : 0);
        CHECK_STR(err.message, c->error ? c->error : "");
        if (r < 0 || c->error) {
            cli_values_free(&values);
            continue;
        }
        join(args, n, text, sizeof(text));
        CHECK_STR(text, c->args);
        describe(&values, text, sizeof(text));
        CHECK_CONTAINS(text, c->values);
        cli_values_free(&values);
    }
}

TEST(flags_have_all_of_runcs_spellings)
{
    static const struct parse_case cases[] = {
        {{"--bundle", "/b", "c1"}, NULL, "c1", "bundle=/b pid=- fds=0 keyring=0 detach=0 keep=0"},
        {{"--bundle=/b", "c1"}, NULL, "c1", "bundle=/b "},
        {{"-b", "/b", "c1"}, NULL, "c1", "bundle=/b "},
        {{"-b=/b", "c1"}, NULL, "c1", "bundle=/b "},
        {{"-bundle", "/b", "c1"}, NULL, "c1", "bundle=/b "},
        {{"-no-new-keyring", "c1"}, NULL, "c1", "keyring=1"},
        {{"-d", "--keep", "c1"}, NULL, "c1", "detach=1 keep=1"},
        {{"c1", "--bundle", "/b"}, NULL, "c1", "bundle=/b "},               /* flags may follow */
        {{"c1", "-d", "c2", "--keep"}, NULL, "c1|c2", "detach=1 keep=1"},
        {{"-b", "/1", "-b", "/2", "c1"}, NULL, "c1", "bundle=/2 "},         /* the last one counts */
        {{"--bundle", "--keep", "c1"}, NULL, "c1", "bundle=--keep pid=- fds=0 keyring=0 detach=0 keep=0"}, /* a value is taken whatever it looks like */
        {{"--bundle=a=b", "c1"}, NULL, "c1", "bundle=a=b "},
        {{"--bundle=", "--pid-file", "", "c1"}, NULL, "c1", "bundle=- pid=- "},
        {{"--preserve-fds", "3", "c1"}, NULL, "c1", "fds=3 "},
        {{"--preserve-fds=4294967295", "c1"}, NULL, "c1", "fds=4294967295 "},
        {{"--help"}, NULL, "", "help=1"},
        {{"-h"}, NULL, "", "help=1"},
        {{"c1", "-help"}, NULL, "c1", "help=1"},
    };
    run_cases("run", cases, CM_ARRAY_LEN(cases));
}

TEST(repeated_options_keep_every_value)
{
    static const struct parse_case cases[] = {
        {{"-e", "A=1,2", "--env=B=", "c1"}, NULL, "c1", "env=2:A=1,2:B= cap=0"}, /* not split */
        {{"--cap", "X", "-c=", "c1"}, NULL, "c1", "env=0:-:- cap=2"},
        {{"c1", "-e", "A=1"}, NULL, "c1|-e|A=1", "env=0:-:- cap=0"},
        {{"-e"}, "flag needs an argument: -env", NULL, NULL},
    };
    run_cases("exec", cases, CM_ARRAY_LEN(cases));
}

TEST(booleans_take_words)
{
    static const struct parse_case cases[] = {
        {{"--keep=true"}, NULL, "", "keep=1"},  {{"--keep=1"}, NULL, "", "keep=1"},       {{"--keep=T"}, NULL, "", "keep=1"},
        {{"--keep=false"}, NULL, "", "keep=0"}, {{"--keep", "--keep=0"}, NULL, "", "keep=0"}, {{"--keep=False"}, NULL, "", "keep=0"},
        {{"--keep", "false"}, NULL, "false", "keep=1"}, /* only after '=' */
        {{"--keep=maybe"}, "invalid boolean value \"maybe\" for -keep: parse error", NULL, NULL},
        {{"-d="}, "invalid boolean value \"\" for -detach: parse error", NULL, NULL},
    };
    run_cases("run", cases, CM_ARRAY_LEN(cases));
}

TEST(some_words_are_no_flags)
{
    static const struct parse_case cases[] = {
        {{"-1"}, NULL, "-1", "help=0"},
        {{"-"}, NULL, "-", "help=0"},
        {{"--", "--keep"}, NULL, "--keep", "keep=0"},
        {{"-d", "--", "-h", "--"}, NULL, "-h|--", "detach=1 keep=0"},
        {{"--9"}, NULL, "--9", "help=0"},
        {{""}, NULL, "", "help=0"},
    };
    run_cases("run", cases, CM_ARRAY_LEN(cases));
}

TEST(wrong_flags_are_errors)
{
    static const struct parse_case cases[] = {
        {{"-x"}, "flag provided but not defined: -x", NULL, NULL},
        {{"--nope=1"}, "flag provided but not defined: -nope", NULL, NULL},
        {{"--bundl", "x"}, "flag provided but not defined: -bundl", NULL, NULL}, /* no abbreviations */
        {{"--bundlee", "x"}, "flag provided but not defined: -bundlee", NULL, NULL},
        {{"-dd"}, "flag provided but not defined: -dd", NULL, NULL},             /* no bundling */
        {{"--root", "/r"}, "flag provided but not defined: -root", NULL, NULL},  /* a global one */
        {{"c1", "--bundle"}, "flag needs an argument: -bundle", NULL, NULL},
        {{"-b"}, "flag needs an argument: -bundle", NULL, NULL},
        {{"--preserve-fds", "x"}, "invalid value \"x\" for flag -preserve-fds: parse error", NULL, NULL},
        {{"--preserve-fds", "-1"}, "invalid value \"-1\" for flag -preserve-fds: parse error", NULL, NULL},
        {{"--preserve-fds=4294967296"}, "invalid value \"4294967296\" for flag -preserve-fds: parse error", NULL, NULL},
        {{"--preserve-fds="}, "invalid value \"\" for flag -preserve-fds: parse error", NULL, NULL},
        {{"--n\033[2Jo"}, "flag provided but not defined: -n?[2Jo", NULL, NULL},
    };
    run_cases("run", cases, CM_ARRAY_LEN(cases));
}

TEST(kill_stops_at_the_id)
{
    static const struct parse_case cases[] = {
        {{"c1", "-9"}, NULL, "c1|-9", "all=0"},
        {{"c1", "-a"}, NULL, "c1|-a", "all=0"},
        {{"--all", "c1", "KILL"}, NULL, "c1|KILL", "all=1"},
        {{"-a", "c1", "9"}, NULL, "c1|9", "all=1"},
    };
    run_cases("kill", cases, CM_ARRAY_LEN(cases));
}

TEST(same_letter_means_what_the_command_says)
{
    static const struct parse_case list_cases[] = {
        {{"-f", "json", "-q"}, NULL, "", "format=json quiet=1"},
        {{"-f"}, "flag needs an argument: -format", NULL, NULL},
    };
    static const struct parse_case delete_cases[] = {
        {{"-f", "c1"}, NULL, "c1", "format=- "},
        {{"-q", "c1"}, "flag provided but not defined: -q", NULL, NULL},
    };
    run_cases("list", list_cases, CM_ARRAY_LEN(list_cases));
    run_cases("delete", delete_cases, CM_ARRAY_LEN(delete_cases));
}

TEST(global_flags_end_at_the_command)
{
    static const char *const words[] = {"--root", "/r", "--log=/l", "-log-format", "json", "--debug", "--systemd-cgroup", "create", "--bundle", "/b", "c1"};
    struct cli_words all = {CM_ARRAY_LEN(words), words};
    struct cli_values values = {0};
    struct cm_error err;
    const char *args[CM_ARRAY_LEN(words)];
    size_t n;

    CHECK_INT(cli_parse(&cli_global_options, true, &all, &values, args, &n, &err), 0);
    CHECK_STR(values.root, "/r");
    CHECK_STR(values.log, "/l");
    CHECK_STR(values.log_format, "json");
    CHECK(values.debug && values.systemd_cgroup && !values.version);
    CHECK(!values.bundle);
    CHECK_INT(n, 4);
    CHECK_STR(args[0], "create");
    CHECK_STR(args[3], "c1");

    /* As main does it: parsed in place, behind the command's name. */
    struct cli_words rest = {n - 1, args + 1};
    CHECK_INT(cli_parse(&cli_command_find("create")->options, false, &rest, &values, args, &n, &err), 0);
    CHECK_INT(n, 1);
    CHECK_STR(args[0], "c1");
    CHECK_STR(values.bundle, "/b");
}

TEST(signals_by_number_and_name)
{
    static const struct { const char *text; int number; } good[] = {
        {"9", 9}, {"0", 0}, {"64", 64}, {"KILL", 9}, {"SIGKILL", 9}, {"sigkill", 9}, {"kill", 9}, {"Term", 15}, {"HUP", 1}, {"usr1", 10}, {"SIGCLD", 17},
        {"winch", 28}, {"SYS", 31}, {"RTMIN", 34}, {"SIGRTMIN+3", 37}, {"rtmax", 64}, {"SIGRTMAX-1", 63}, {"RTMIN+30", 64}, {"STKFLT", 16},
    };
    static const char *const bad[] = {"", "-9", "65", "+9", "9 ", "0x9", "SIG", "SIGSIGKILL", "KILLX", "SIG9", "RTMIN-1", "RTMAX+1", "RTMIN+31", "RTMIN+",
                                      "RTMINX", "18446744073709551625", "SIGKILL\n"};
    struct cm_error err;

    for (size_t i = 0; i < CM_ARRAY_LEN(good); i++) {
        int number = -1;
        CHECK_INT(cli_signal_parse(good[i].text, &number, &err), 0);
        CHECK_INT(number, good[i].number);
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(bad); i++) {
        int number = -1;
        cm_error_init(&err);
        CHECK_INT(cli_signal_parse(bad[i], &number, &err), -EINVAL);
        CHECK_INT(number, -1);
        CHECK_CONTAINS(err.message, "unknown signal \"");
    }
}
