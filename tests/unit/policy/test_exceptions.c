/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exceptions as a policy file has them: what they must say, which codes they can be for, when and for whom they hold. */
#include "check.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "policy/exceptions.h"
#include "policy/file.h"

static int add(struct cm_policy_draft *draft, const char *text, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str file = {0};

    cm_error_init(err);
    cm_str_addf(&file, "{\"version\":1,\"exceptions\":[%s]}", text);
    return cm_policy_draft_add(draft, "/p.json", cm_str_text(&file), file.size, err);
}

#define REST "\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"r\""

static const struct {
    const char *text, *wants[3];
} wrong[] = {
    {"{" REST "}", {"/exceptions/0: ", "\"codes\" is missing"}},
    {"{\"codes\":[]," REST "}", {"/exceptions/0/codes: ", "grants nothing"}},
    {"{\"codes\":[\"CM-NOPE\"]," REST "}", {"/exceptions/0/codes/0: ", "no code \"CM-NOPE\"", "CM-NONROOT"}},
    {"{\"codes\":[\"cm-nonroot\"]," REST "}", {"/exceptions/0/codes/0: ", "no code"}},
    {"{\"codes\":[\"CM-NONROOT\",\"CM-NS-USER\"]," REST "}", {"/exceptions/0/codes/1: floor: exceptions: CM-NS-USER cannot be excepted"}},
    {"{\"codes\":[\"CM-CAP-REFUSED\"]," REST "}", {"floor: exceptions: CM-CAP-REFUSED"}},
    {"{\"codes\":[\"CM-PRIVILEGED\"]," REST "}", {"floor: exceptions: "}},
    {"{\"codes\":[\"CM-MOUNT-SOURCE\"]," REST "}", {"floor: exceptions: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"r\"}",
     {"/exceptions/0/match: floor: exceptions: no place"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"annotation\":\"x\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"r\"}",
     {"/exceptions/0/match/annotation: unknown member"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"r\"}", {"/exceptions/0/match/bundle: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"cgroup\":\"pods\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"r\"}", {"/exceptions/0/match/cgroup: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"expires\":\"2026-02-01\",\"reason\":\"r\"}", {"\"from\" is missing"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"reason\":\"r\"}", {"\"expires\" is missing"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\"}", {"\"reason\" is missing"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"  \"}", {"/exceptions/0/reason: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01\",\"reason\":\"a\\nb\"}", {"/exceptions/0/reason: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-01-01\",\"reason\":\"r\"}",
     {"/exceptions/0/expires: ", "not after \"from\""}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2027-01-03\",\"reason\":\"r\"}",
     {"/exceptions/0/expires: floor: exceptions: 2027-01-03 is more than 366 days after 2026-01-01"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-1-1\",\"expires\":\"2026-02-01\",\"reason\":\"r\"}", {"/exceptions/0/from: ", "2027-01-31"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-30\",\"reason\":\"r\"}", {"/exceptions/0/expires: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":\"2026-01-01\",\"expires\":\"2026-02-01T00:00:00+01:00\",\"reason\":\"r\"}",
     {"/exceptions/0/expires: ", "in UTC"}},
    {"{\"codes\":[\"CM-NONROOT\"],\"match\":{\"bundle\":\"/b\"},\"from\":1767225600,\"expires\":\"2026-02-01\",\"reason\":\"r\"}", {"/exceptions/0/from: "}},
    {"{\"codes\":[\"CM-NONROOT\"],\"forever\":true," REST "}", {"/exceptions/0/forever: unknown member"}},
};

TEST(what_is_wrong_is_said)
{
    for (size_t i = 0; i < CM_ARRAY_LEN(wrong); i++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        struct cm_policy_draft draft = {.arena = &arena};
        struct cm_error err;
        if (add(&draft, wrong[i].text, &err) >= 0) {
            CHECK_FAIL("taken: %s", wrong[i].text);
            continue;
        }
        for (size_t j = 0; j < CM_ARRAY_LEN(wrong[i].wants) && wrong[i].wants[j]; j++)
            if (!strstr(err.message, wrong[i].wants[j]))
                CHECK_FAIL("%s: the message \"%s\" lacks \"%s\"", wrong[i].text, err.message, wrong[i].wants[j]);
    }
}

TEST(every_code_is_exceptable_or_a_floor)
{
    size_t n = 0;

    for (unsigned int code = 0; code < CM_CODE_COUNT; code++) {
        CM_AUTO_ARENA struct cm_arena arena = {0};
        CM_AUTO_STR struct cm_str text = {0};
        struct cm_policy_draft draft = {.arena = &arena};
        struct cm_error err;
        const struct cm_exceptable *exceptable = cm_exceptable_find((enum cm_code)code);
        cm_str_addf(&text, "{\"codes\":[\"%s\"]," REST "}", cm_code_info((enum cm_code)code)->code);
        int r = add(&draft, cm_str_text(&text), &err);
        CHECK((r == 0) == (exceptable != NULL));
        CHECK(r == 0 || strstr(err.message, "floor: exceptions: "));
        CHECK(!exceptable || exceptable->grants[0]);
        n += exceptable != NULL;
    }
    CHECK(n > 0 && cm_exceptable_at(n - 1) && !cm_exceptable_at(n));
}

TEST(what_is_read)
{
    CM_AUTO_ARENA struct cm_arena arena = {0};
    struct cm_policy_draft draft = {.arena = &arena};
    struct cm_error err;

    CHECK_INT(add(&draft, "{\"codes\":[\"CM-NONROOT\"]," REST "}", &err), 0);
    CHECK_INT(add(&draft, "{\"codes\":[\"CM-OOM\",\"CM-RLIMIT\"],\"match\":{\"bundle\":\"/b\",\"cgroup\":\"/pods/x\"},\"from\":\"2027-01-31\",\"expires\":\"2027-01-31T12:00:00Z\","
                          "\"reason\":\"ticket 4711: the vendor ships a fix in March\"}", &err), 0);
    CHECK_INT(draft.rules.n_exceptions, 2);
    if (draft.rules.n_exceptions != 2)
        return;
    const struct cm_exception *e = &draft.rules.exceptions[1];
    CHECK(e->n_codes == 2 && e->codes[0] == CM_CODE_OOM && e->codes[1] == CM_CODE_RLIMIT);
    CHECK_STR(e->bundle, "/b");
    CHECK_STR(e->cgroup, "/pods/x");
    CHECK_STR(e->reason, "ticket 4711: the vendor ships a fix in March");
    CHECK_STR(e->place, "/p.json: /exceptions/0");
    CHECK_STR(e->expires_text, "2027-01-31T12:00:00Z");
    CHECK_INT(e->expires - e->from, 12 * 3600);
    CHECK_INT(cm_exception_state(e, e->from - 1), CM_EXCEPTION_NOT_YET);
    CHECK_INT(cm_exception_state(e, e->from), CM_EXCEPTION_HOLDS);
    CHECK_INT(cm_exception_state(e, e->expires - 1), CM_EXCEPTION_HOLDS);
    CHECK_INT(cm_exception_state(e, e->expires), CM_EXCEPTION_EXPIRED);
    CHECK_INT(cm_exception_state(e, 0), CM_EXCEPTION_NOT_YET);
}

TEST(places)
{
    static const struct {
        const char *bundle, *cgroup, *of_bundle, *of_cgroup;
        bool want;
    } rows[] = {
        {"/b", NULL, "/b", NULL, true},         {"/b", NULL, "/b/1", NULL, true},        {"/b", NULL, "/bb", NULL, false},
        {"/b", NULL, "/", NULL, false},         {"/b", NULL, NULL, "/b", false},         {NULL, "/pods/x", "/b", "/pods/x/1", true},
        {NULL, "/pods/x", "/b", "/pods", false}, {NULL, "/pods/x", "/pods/x", NULL, false}, {"/b", "/pods", "/b/1", "/pods/1", true},
        {"/b", "/pods", "/b/1", "/other", false}, {"/b", "/pods", "/c", "/pods/1", false}, {NULL, NULL, "/b", "/pods", false},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        const struct cm_exception e = {.bundle = rows[i].bundle, .cgroup = rows[i].cgroup};
        if (cm_exception_is_for(&e, rows[i].of_bundle, rows[i].of_cgroup) != rows[i].want)
            CHECK_FAIL("row %zu", i);
    }
}

TEST(moments)
{
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01Z", 1},
        {"2000-02-29", 951782400},
        {"2000-03-01", 951868800},
        {"2026-11-29T20:17:03Z", 1795983423},
        {"2027-01-31", 1801353600},
        {"2100-02-28", 4107456000},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
        {"2100-02-29", -1}, {"2026-02-29", -1}, {"2026-00-01", -1}, {"2026-13-01", -1}, {"2026-01-00", -1}, {"2026-04-31", -1},  {"1969-12-31", -1}, {"", -1},
        {"2026-01-01 00:00:00Z", -1}, {"2026-01-01T24:00:00Z", -1}, {"2026-01-01T00:60:00Z", -1}, {"2026-01-01T00:00:60Z", -1},
        {"2026-01-01T00:00:00z", -1}, {"2026-01-01T00:00:00.0Z", -1}, {"2026/01/01", -1}, {"20260101T0000000000Z", -1}, {"-026-01-01", -1}, {"2026-0x-01", -1},
    };

    for (size_t i = 0; i < CM_ARRAY_LEN(rows); i++) {
        char back[CM_TIME_TEXT_MAX];
        if (cm_time_parse(rows[i].text) != rows[i].want)
            CHECK_FAIL("%s: %lld", rows[i].text, (long long)cm_time_parse(rows[i].text));
        if (rows[i].want < 0)
            continue;
        cm_time_rfc3339(rows[i].want, -1, back, sizeof(back));
        CHECK(strncmp(back, rows[i].text, strlen(rows[i].text) - (strlen(rows[i].text) > 10)) == 0);
    }
    /* every day of four centuries, there and back */
    for (int64_t day = 0; day < 400 * 366; day++) {
        char text[CM_TIME_TEXT_MAX];
        cm_time_rfc3339(day * 86400, -1, text, sizeof(text));
        if (cm_time_parse(text) != day * 86400) {
            CHECK_FAIL("%s", text);
            break;
        }
    }
}
