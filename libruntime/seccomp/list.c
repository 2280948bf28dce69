/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `casemate seccomp list`; see describe.h. */
#include <errno.h>

#include "json/json.h"
#include "policy/profiles.h"
#include "seccomp/answers.h"

struct sizes {
    uint64_t allowed, arguments, denied;
    unsigned int instructions;
};

static int sizes_of(uint32_t arch, const char *profile, struct sizes *ret, struct cm_error *err)
{
    CM_AUTO_FILTER struct cm_filter filter = {0};
    struct cm_seccomp_rule room[CM_SECCOMP_BRANCHES];
    struct cm_seccomp_verdict verdict;
    int nr, r = cm_filter_builtin_for(arch, profile, &filter, err);

    *ret = (struct sizes){.instructions = filter.size};
    for (size_t i = 0; r == 0 && cm_seccomp_name(i, arch, &nr); i++) {
        if (nr < 0 || cm_verdict_of(profile, i, arch, room, &verdict) < 0)
            continue;
        if (cm_arguments_decide(&verdict.rules))
            ret->arguments++;
        else
            *(cm_plain_answer(&verdict.rules) == SECCOMP_RET_ALLOW ? &ret->allowed : &ret->denied) += 1;
    }
    return r;
}

int cm_seccomp_list_profiles(uint32_t arch, const struct cm_seccomp_output *output, struct cm_error *err)
{
    const struct cm_layout layout = {output->out, output->style, 0};
    struct json_writer writer;

    json_writer_init(&writer, output->out, 2);
    if (output->json)
        json_array_begin(&writer, NULL);
    else
        cm_str_addf(output->out, "%-9s %8s %12s %8s %14s  %s\n", "PROFILE", "ALLOWED", "BY ARGUMENT", "DENIED", "INSTRUCTIONS", "FOR");
    for (size_t i = 0; cm_profile_name(i); i++) {
        struct sizes s;
        int r = sizes_of(arch, cm_profile_name(i), &s, err);
        if (r < 0)
            return r;
        if (!output->json) {
            cm_str_addf(output->out, "%-9s %8u %12u %8u %14u  %s\n", cm_profile_name(i), (unsigned int)s.allowed, (unsigned int)s.arguments,
                        (unsigned int)s.denied, s.instructions, cm_profile_purpose(i));
            continue;
        }
        json_object_begin(&writer, NULL);
        json_add_string(&writer, "profile", cm_profile_name(i));
        json_add_string(&writer, "arch", cm_arch_word(arch));
        json_add_u64(&writer, "allowed", s.allowed);
        json_add_u64(&writer, "byArgument", s.arguments);
        json_add_u64(&writer, "denied", s.denied);
        json_add_u64(&writer, "instructions", s.instructions);
        json_add_string(&writer, "for", cm_profile_purpose(i));
        json_object_end(&writer);
    }
    if (output->json)
        json_array_end(&writer);
    return layout.out->failed ? cm_fail(err, ENOMEM, NULL, "no memory for the list") : 0;
}

static const char *short_verdict(const char *profile, size_t call, uint32_t arch, char buffer[CM_ANSWER_SIZE])
{
    struct cm_seccomp_rule room[CM_SECCOMP_BRANCHES];
    struct cm_seccomp_verdict verdict;

    if (cm_verdict_of(profile, call, arch, room, &verdict) < 0)
        return "";
    return cm_arguments_decide(&verdict.rules) ? CM_ARGUMENTS_DECIDE : cm_answer_word(cm_plain_answer(&verdict.rules), buffer);
}

#define NUMBERS 1024

int cm_seccomp_list_calls(uint32_t arch, const char *const *profiles, size_t n, const struct cm_seccomp_output *output, struct cm_error *err)
{
    struct json_writer writer;
    char buffer[CM_ANSWER_SIZE];
    int nr;

    for (size_t i = 0; i < n; i++) {
        int r = cm_check_profile(profiles[i], err);
        if (r < 0)
            return r;
    }
    json_writer_init(&writer, output->out, 2);
    if (output->json)
        json_array_begin(&writer, NULL);
    else
        cm_str_addf(output->out, "%6s %-24s", "NUMBER", "CALL");
    for (size_t i = 0; i < n && !output->json; i++)
        cm_str_addf(output->out, i + 1 < n ? " %-15s" : " %s", profiles[i]);
    for (uint32_t number = 0; number < NUMBERS; number++) {
        size_t call = cm_call_with(arch, number);
        if (call == SIZE_MAX)
            continue;
        const char *name = cm_seccomp_name(call, arch, &nr);
        if (!output->json)
            cm_str_addf(output->out, "\n%6u %-24s", number, name);
        else {
            json_object_begin(&writer, NULL);
            json_add_u64(&writer, "number", number);
            json_add_string(&writer, "call", name);
        }
        for (size_t i = 0; i < n; i++) {
            const char *word = short_verdict(profiles[i], call, arch, buffer);
            if (output->json)
                json_add_string(&writer, profiles[i], word);
            else
                cm_str_addf(output->out, i + 1 < n ? " %-15s" : " %s", word);
        }
        if (output->json)
            json_object_end(&writer);
    }
    if (output->json)
        json_array_end(&writer);
    return output->out->failed ? cm_fail(err, ENOMEM, NULL, "no memory for the list") : 0;
}
