/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whichever allocation of a parse fails, the answer is -ENOMEM and nothing is lost (a sanitizer build looks for leaks); also inside yajl. */
#include <fcntl.h>

#include "base/io.h"
#include "base/str.h"
#include "check.h"
#include "oci/config.h"

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static int calls_left = -1; /* -1: never fail */

void *__wrap_calloc(size_t n, size_t size)
{
    if (calls_left == 0)
        return NULL;
    if (calls_left > 0)
        calls_left--;
    return __real_calloc(n, size);
}

static int parse_with(int calls, const char *text, size_t size)
{
    static struct cm_error err;
    struct oci_config *config = NULL;

    cm_error_init(&err);
    calls_left = calls;
    int r = oci_config_parse(text, size, &config, &err);
    calls_left = -1;
    if ((r == 0) != (config != NULL) || (r < 0 && (r != -ENOMEM || !strstr(err.message, "memory"))))
        CHECK_FAIL("%d allocations: %d %s", calls, r, err.message);
    oci_config_free(config);
    return r;
}

static void fail_each(const char *text, size_t size, int at_least)
{
    int calls = 0;

    while (calls < 10000 && parse_with(calls, text, size) < 0)
        calls++;
    CHECK(calls >= at_least && calls < 10000);
}

TEST(full_config)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size = 0;

    CHECK_INT(cm_read_file_at(AT_FDCWD, TEST_DATA "/full-config.json", OCI_CONFIG_SIZE_MAX, true, &text, &size), 0);
    fail_each(text, size, 5);
}

/* A long string with escapes makes yajl's own buffers grow, many keys need an array for the duplicate check. */
TEST(large_config)
{
    CM_AUTO_STR struct cm_str text = {0};

    cm_str_add(&text, "{\"ociVersion\":\"1\",\"annotations\":{");
    for (int i = 0; i < 500; i++)
        cm_str_addf(&text, "\"key%d\":\"value\",", i);
    cm_str_add(&text, "\"escapes\":\"");
    for (int i = 0; i < 20000; i++)
        cm_str_add(&text, "\\n\\u00e4");
    cm_str_add(&text, "\"}}");
    fail_each(text.data, text.size, 10);
}
