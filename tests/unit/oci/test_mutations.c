/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tests/data/full-config.json holds every property of the schema (which is checked against the schema itself), each of the right form. So every single
 * change of form must be refused: another type, a number out of range, a member left out that is required, a key in another case.
 */
#include <fcntl.h>

#include "base/io.h"
#include "check.h"
#include "json/json.h"
#include "oci/config.h"

static struct cm_error err;
static struct cm_arena arena;

static const struct json_value *load(const char *path)
{
    CM_AUTO_FREE char *text = NULL;
    struct json_value *root = NULL;
    size_t size;

    if (cm_read_file_at(AT_FDCWD, path, OCI_CONFIG_SIZE_MAX, true, &text, &size) < 0 || json_parse(text, size, OCI_CONFIG_SIZE_MAX, &arena, &root, &err) < 0) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }
    return root;
}

static const struct json_value *full(void)
{
    static const struct json_value *root;

    if (!root)
        root = load(TEST_DATA "/full-config.json");
    return root;
}

/* One change of the document: the value at `place` becomes `value` (NULL: the member is left out), or its key becomes `key`. */
struct change {
    const struct json_value *place;
    const char *value, *key;
};

/* The data has no character that would need an escape. */
static void emit(struct cm_str *out, const struct json_value *value, const struct change *change)
{
    const char *brackets = value->type == JSON_OBJECT ? "{}" : "[]";
    bool first = true;

    if (value == change->place && change->value) {
        cm_str_add(out, change->value);
        return;
    }
    switch (value->type) {
    case JSON_STRING: cm_str_addf(out, "\"%s\"", value->text); return;
    case JSON_NUMBER: cm_str_add(out, value->text); return;
    case JSON_BOOL: cm_str_add(out, value->boolean ? "true" : "false"); return;
    case JSON_NULL: cm_str_add(out, "null"); return;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    cm_str_addf(out, "%c", brackets[0]);
    for (const struct json_value *child = value->child; child; child = child->next) {
        if (child == change->place && !change->value && !change->key)
            continue;
        cm_str_add(out, first ? "" : ",");
        first = false;
        if (child->key)
            cm_str_addf(out, "\"%s\":", child == change->place && change->key ? change->key : child->key);
        emit(out, child, change);
    }
    cm_str_addf(out, "%c", brackets[1]);
}

static int parse_changed(const struct change *change)
{
    CM_AUTO_STR struct cm_str text = {0};
    OCI_AUTO_CONFIG struct oci_config *config = NULL;

    emit(&text, full(), change);
    cm_error_init(&err);
    int r = oci_config_parse(text.data, text.size, &config, &err);
    if ((r == 0) != (config != NULL) || (r < 0 && err.message[0] == '\0'))
        CHECK_FAIL("result %d without its output", r);
    return r;
}

/* Goes through the tree without recursion: the value after `value`. */
static const struct json_value *next_value(const struct json_value *value)
{
    if (value->child)
        return value->child;
    while (value && !value->next)
        value = value->parent;
    return value ? value->next : NULL;
}

#define EACH_VALUE(v) for (const struct json_value *v = full(); v; v = next_value(v))

static const char *pointer_of(const struct json_value *value)
{
    static char buffer[256];

    return json_pointer(value, buffer, sizeof(buffer));
}

static bool is_map(const struct json_value *value)
{
    static const char *const maps[] = {"annotations", "sysctl", "unified", "netDevices", "rdma"};

    for (size_t i = 0; value && value->key && i < CM_ARRAY_LEN(maps); i++)
        if (strcmp(value->key, maps[i]) == 0)
            return true;
    return false;
}

static bool is_required(const struct json_value *value)
{
    static const char *const places[] = {
        "/ociVersion", "/root/path", "/process/cwd", "/process/user", "/process/consoleSize/*", "/process/rlimits/N/*", "/process/scheduler/policy",
        "/process/ioPriority/class", "/mounts/N/destination", "/mounts/N/uidMappings/N/*", "/mounts/N/gidMappings/N/*", "/linux/uidMappings/N/*",
        "/linux/gidMappings/N/*", "/linux/namespaces/N/type", "/linux/devices/N/type", "/linux/devices/N/path", "/linux/resources/devices/N/allow",
        "/linux/resources/blockIO/weightDevice/N/major", "/linux/resources/blockIO/weightDevice/N/minor", "/linux/resources/hugepageLimits/N/*",
        "/linux/resources/blockIO/throttleReadBpsDevice/N/*", "/linux/resources/blockIO/throttleWriteBpsDevice/N/*",
        "/linux/resources/blockIO/throttleReadIOPSDevice/N/*", "/linux/resources/blockIO/throttleWriteIOPSDevice/N/*",
        "/linux/resources/network/priorities/N/*", "/linux/seccomp/defaultAction", "/linux/seccomp/syscalls/N/names", "/linux/seccomp/syscalls/N/action",
        "/linux/seccomp/syscalls/N/args/N/index", "/linux/seccomp/syscalls/N/args/N/value", "/linux/seccomp/syscalls/N/args/N/op",
        "/linux/memoryPolicy/mode", "/hooks/prestart/N/path", "/hooks/createRuntime/N/path", "/hooks/createContainer/N/path",
        "/hooks/startContainer/N/path", "/hooks/poststart/N/path", "/hooks/poststop/N/path",
    };
    CM_AUTO_STR struct cm_str place = {0};

    /* The pointer with N for every index. */
    for (const char *at = pointer_of(value); *at; at++) {
        bool index = at[0] == '/' && at[1] >= '0' && at[1] <= '9';
        cm_str_addf(&place, "%c%s", *at, index ? "N" : "");
        while (index && at[1] >= '0' && at[1] <= '9')
            at++;
    }
    for (size_t i = 0; i < CM_ARRAY_LEN(places); i++) {
        size_t n = strlen(places[i]) - 1;
        if (strcmp(places[i], place.data) == 0 || (places[i][n] == '*' && strncmp(places[i], place.data, n) == 0))
            return true;
    }
    return false;
}

TEST(other_types)
{
    static const struct {
        enum json_type type;
        const char *text;
    } others[] = {{JSON_BOOL, "true"}, {JSON_NUMBER, "0"}, {JSON_STRING, "\"x\""}, {JSON_ARRAY, "[]"}, {JSON_OBJECT, "{}"}};
    int n = 0;

    EACH_VALUE(v)
        for (size_t i = 0; i < CM_ARRAY_LEN(others); i++, n++) {
            struct change change = {.place = v, .value = others[i].text};
            if (others[i].type == v->type)
                (void)parse_changed(&change);
            else if (parse_changed(&change) != -EINVAL || strcmp(err.field, pointer_of(v)) != 0)
                CHECK_FAIL("%s = %s: \"%s\" %s", pointer_of(v), others[i].text, err.field, err.message);
        }
    CHECK(n > 1500);
}

TEST(null_is_absent)
{
    EACH_VALUE(v)
    {
        struct change change = {.place = v, .value = "null"};
        bool must = !v->parent || v->parent->type == JSON_ARRAY || is_map(v->parent) || is_required(v);
        if ((parse_changed(&change) < 0) != must)
            CHECK_FAIL("%s = null: %s", pointer_of(v), must ? "taken" : err.message);
    }
}

TEST(left_out)
{
    EACH_VALUE(v)
    {
        struct change change = {.place = v};
        char want[256];
        if (!v->key)
            continue;
        int r = parse_changed(&change);
        if ((r < 0) != is_required(v))
            CHECK_FAIL("%s left out: %s", pointer_of(v), r < 0 ? err.message : "taken");
        (void)snprintf(want, sizeof(want), "\"%s\" is missing", v->key);
        if (r < 0 && (strcmp(err.field, pointer_of(v->parent)) != 0 || !strstr(err.message, want)))
            CHECK_FAIL("%s left out: \"%s\" %s", pointer_of(v), err.field, err.message);
    }
}

TEST(empty_strings)
{
    EACH_VALUE(v)
    {
        struct change change = {.place = v, .value = "\"\""};
        if (v->type != JSON_STRING || !v->key || is_map(v->parent))
            continue;
        if ((parse_changed(&change) < 0) != is_required(v))
            CHECK_FAIL("%s = \"\": %s", pointer_of(v), err.message);
    }
}

TEST(numbers)
{
    static const char *const never[] = {
        "1.5", "1.0", "1e400", "1e3", "-1e-400", "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
    };

    EACH_VALUE(v)
        for (size_t i = 0; v->type == JSON_NUMBER && i < CM_ARRAY_LEN(never); i++) {
            struct change change = {.place = v, .value = never[i]};
            int r = parse_changed(&change);
            if ((r != -EINVAL && r != -ERANGE) || strcmp(err.field, pointer_of(v)) != 0)
                CHECK_FAIL("%s = %s: %d %s", pointer_of(v), never[i], r, err.message);
        }
}

/* Go's decoder takes any case, and the long s and the Kelvin sign for s and k. */
TEST(keys_in_another_case)
{
    EACH_VALUE(v)
    {
        CM_AUTO_STR struct cm_str upper = {0}, strange = {0};
        bool differs = false;
        if (!v->key || is_map(v->parent))
            continue;
        for (const char *at = v->key; *at; at++) {
            bool special = strchr("skSK", *at) != NULL;
            cm_str_addf(&upper, "%c", *at >= 'a' && *at <= 'z' ? *at - 32 : *at);
            cm_str_addf(&strange, special ? "%s" : "%.0s%c", *at == 's' || *at == 'S' ? "\xc5\xbf" : "\xe2\x84\xaa", *at);
            differs = differs || special;
        }
        struct change changes[] = {{.place = v, .key = upper.data}, {.place = v, .key = strange.data}};
        for (size_t i = 0; i < (differs ? 2 : 1); i++)
            if (parse_changed(&changes[i]) != -EINVAL || !strstr(err.message, "case sensitive") || !strstr(err.message, v->key))
                CHECK_FAIL("%s written %s: %s", pointer_of(v), changes[i].key, err.message);
    }
}

TEST(other_keys_are_ignored)
{
    EACH_VALUE(v)
    {
        struct change change = {.place = v, .key = "org.example.other"};
        if (!v->key || is_map(v->parent) || is_required(v))
            continue;
        if (parse_changed(&change) < 0)
            CHECK_FAIL("%s renamed: %s", pointer_of(v), err.message);
    }
}

TEST(cut_at_every_byte)
{
    CM_AUTO_FREE char *text = NULL;
    size_t size;

    CHECK_INT(cm_read_file_at(AT_FDCWD, TEST_DATA "/full-config.json", OCI_CONFIG_SIZE_MAX, true, &text, &size), 0);
    for (size_t cut = 0; text && cut < (size_t)(strrchr(text, '}') - text); cut++) {
        CM_AUTO_FREE char *copy = malloc(cut ? cut : 1);
        struct oci_config *config = NULL;
        if (!copy)
            abort();
        memcpy(copy, text, cut);
        if (oci_config_parse(copy, cut, &config, &err) != -EINVAL)
            CHECK_FAIL("taken when cut at %zu", cut);
    }
}

/* The schema of a $ref such as "defs.json#/definitions/uint32". */
static const struct json_value *resolve(const struct json_value *schema)
{
    const struct json_value *ref = json_member(schema, "$ref");
    char path[512], name[128];

    if (!ref)
        return schema;
    const char *hash = strchr(ref->text, '#');
    if (!hash)
        return NULL;
    if (hash == ref->text) { /* within the same file */
        while (schema->parent)
            schema = schema->parent;
    } else {
        (void)snprintf(path, sizeof(path), TEST_DATA "/oci-spec/schema/%.*s", (int)(hash - ref->text), ref->text);
        schema = load(path);
    }
    for (const char *at = hash + 1; *at == '/' && schema; at += strlen(name) + 1) {
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "/"), at + 1);
        schema = json_member(schema, name);
    }
    return schema ? resolve(schema) : NULL;
}

static bool is_foreign(const char *key)
{
    static const char *const foreign[] = {"solaris", "windows", "vm", "zos", "freebsd", "commandLine"};

    for (size_t i = 0; i < CM_ARRAY_LEN(foreign); i++)
        if (strcmp(key, foreign[i]) == 0)
            return true;
    return false;
}

static int schema_properties, schema_words;

/* Every word of the schema is known at its place. */
static void try_words(const struct json_value *words, const struct json_value *place)
{
    for (const struct json_value *word = words ? words->child : NULL; word; word = word->next) {
        CM_AUTO_STR struct cm_str text = {0};
        cm_str_addf(&text, "\"%s\"", word->text);
        struct change change = {.place = place, .value = text.data};
        if (parse_changed(&change) < 0 && !strstr(err.message, "there twice"))
            CHECK_FAIL("%s = %s: %s", pointer_of(place), word->text, err.message);
        schema_words++;
    }
}

static void compare(const struct json_value *schema, const struct json_value *const *values, size_t n);

/* The property has to be in one of the values, which are the elements of one array. */
static void compare_property(const struct json_value *property, const struct json_value *const *values, size_t n)
{
    const struct json_value *found[16];
    size_t n_found = 0;

    for (size_t i = 0; i < n; i++) {
        found[n_found] = json_member(values[i], property->key);
        n_found += found[n_found] != NULL;
    }
    schema_properties++;
    if (n_found == 0)
        CHECK_FAIL("full-config.json lacks %s at %s", property->key, pointer_of(values[0]));
    else
        compare(property, found, n_found);
}

static void compare(const struct json_value *schema, const struct json_value *const *values, size_t n)
{
    schema = resolve(schema);
    const struct json_value *all = json_member(schema, "allOf"), *any = json_member(schema, "anyOf");
    const struct json_value *properties = json_member(schema, "properties"), *items = json_member(schema, "items");
    const struct json_value *rest = json_member(schema, "additionalProperties");
    const struct json_value *elements[16];
    size_t n_elements = 0;

    try_words(json_member(schema, "enum"), values[0]);
    for (const struct json_value *part = all ? all->child : any ? any->child : NULL; part; part = part->next)
        compare(part, values, n);
    for (const struct json_value *property = properties ? properties->child : NULL; property; property = property->next)
        if (!is_foreign(property->key))
            compare_property(property, values, n);
    if (!items && (!rest || rest->type != JSON_OBJECT))
        return;
    for (size_t i = 0; i < n; i++)
        for (const struct json_value *child = values[i]->child; child && n_elements < CM_ARRAY_LEN(elements); child = child->next)
            elements[n_elements++] = child;
    if (n_elements > 0)
        compare(items ? items : rest, elements, n_elements);
}

TEST(full_config_has_the_whole_schema)
{
    const struct json_value *root = full();

    compare(load(TEST_DATA "/oci-spec/schema/config-schema.json"), &root, 1);
    CHECK(schema_properties > 200);
    CHECK(schema_words > 80);
    printf("# %d properties, %d words\n", schema_properties, schema_words);
    cm_arena_free(&arena); /* the last test */
}
