/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See sarif.h. References like "3.14" are to sections of the standard. */
#include "plan/sarif.h"

#include <string.h>

#include "base/sha256.h"
#include "plan/controls.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define BASE "DIRECTORY" /* the file's name is relative to it, so that a report does not depend on where a bundle lies */

static void add_text(struct json_writer *writer, const char *key, const char *text)
{
    json_object_begin(writer, key);
    json_add_string(writer, "text", text);
    json_object_end(writer);
}

/* Bytes of a path as RFC 3986 wants them. */
static void add_uri(struct json_writer *writer, const char *before, const char *path, size_t size, const char *after)
{
    CM_AUTO_STR struct cm_str uri = {0};

    cm_str_add(&uri, before);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)path[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("/-._~", c));
        if (plain)
            cm_str_add_bytes(&uri, &c, 1);
        else
            cm_str_addf(&uri, "%%%02X", c);
    }
    cm_str_add(&uri, after);
    writer->out->failed |= uri.failed;
    json_add_string(writer, "uri", cm_str_text(&uri));
}

static const char *name_of(const struct cm_sarif *sarif)
{
    const char *slash = strrchr(sarif->file, '/');

    return slash ? slash + 1 : sarif->file;
}

static void add_file_location(struct cm_sarif *sarif, const char *key)
{
    json_object_begin(&sarif->writer, key);
    add_uri(&sarif->writer, "", name_of(sarif), strlen(name_of(sarif)), "");
    json_add_string(&sarif->writer, "uriBaseId", BASE);
    json_add_u64(&sarif->writer, "index", 0);
    json_object_end(&sarif->writer);
}

void cm_sarif_begin(struct cm_sarif *sarif, const char *file, struct cm_str *out)
{
    struct json_writer *writer = &sarif->writer;

    sarif->file = file;
    json_writer_init(writer, out, 2);
    json_object_begin(writer, NULL);
    json_add_string(writer, "$schema", SCHEMA);
    json_add_string(writer, "version", "2.1.0");
    json_array_begin(writer, "runs");
    json_object_begin(writer, NULL);
    json_object_begin(writer, "tool");
    json_object_begin(writer, "driver");
    json_add_string(writer, "name", "casemate");
    json_add_string(writer, "version", CASEMATE_VERSION);
    json_add_string(writer, "semanticVersion", CASEMATE_VERSION);
    json_array_begin(writer, "rules");
}

static const char *level_word(enum cm_sarif_level level)
{
    static const char *const words[] = {
        [CM_SARIF_PASSED] = "none", [CM_SARIF_OPEN] = "none", [CM_SARIF_NOTE] = "note", [CM_SARIF_WARNING] = "warning", [CM_SARIF_ERROR] = "error",
    };

    return words[level];
}

void cm_sarif_rule(struct cm_sarif *sarif, const struct cm_sarif_rule *rule)
{
    struct json_writer *writer = &sarif->writer;
    CM_AUTO_STR struct cm_str help = {0};

    json_object_begin(writer, NULL);
    json_add_string(writer, "id", rule->id);
    add_text(writer, "shortDescription", rule->title ? rule->title : rule->text);
    add_text(writer, "fullDescription", rule->text);
    cm_str_addf(&help, "%s%s%s", rule->text, rule->remedy[0] ? ". Remedy: " : "", rule->remedy);
    writer->out->failed |= help.failed;
    add_text(writer, "help", cm_str_text(&help));
    json_object_begin(writer, "defaultConfiguration");
    json_add_string(writer, "level", level_word(rule->level));
    json_object_end(writer);
    json_object_begin(writer, "properties");
    cm_controls_add(writer, rule->subjects);
    json_array_begin(writer, "tags");
    json_add_string(writer, NULL, "security");
    json_array_end(writer);
    json_object_end(writer);
    json_object_end(writer);
}

void cm_sarif_results(struct cm_sarif *sarif, int exit_status)
{
    struct json_writer *writer = &sarif->writer;

    json_array_end(writer);
    json_object_end(writer); /* driver */
    json_object_end(writer); /* tool */
    json_array_begin(writer, "invocations");
    json_object_begin(writer, NULL);
    json_add_bool(writer, "executionSuccessful", true);
    json_add_i64(writer, "exitCode", exit_status);
    json_object_end(writer);
    json_array_end(writer);
    if (sarif->file) {
        json_object_begin(writer, "originalUriBaseIds");
        json_object_begin(writer, BASE);
        add_uri(writer, "file://", sarif->file, strlen(sarif->file) - strlen(name_of(sarif)), "");
        json_object_end(writer);
        json_object_end(writer);
        json_array_begin(writer, "artifacts");
        json_object_begin(writer, NULL);
        add_file_location(sarif, "location");
        json_array_begin(writer, "roles");
        json_add_string(writer, NULL, "analysisTarget");
        json_array_end(writer);
        json_add_string(writer, "mimeType", "application/json");
        json_object_end(writer);
        json_array_end(writer);
    }
    json_add_string(writer, "columnKind", "unicodeCodePoints");
    json_array_begin(writer, "results");
}

static void add_location(struct cm_sarif *sarif, const struct cm_sarif_result *result)
{
    struct json_writer *writer = &sarif->writer;

    json_array_begin(writer, "locations");
    json_object_begin(writer, NULL);
    if (sarif->file) {
        json_object_begin(writer, "physicalLocation");
        add_file_location(sarif, "artifactLocation");
        if (result->place) {
            json_object_begin(writer, "region");
            json_add_u64(writer, "startLine", result->place->line);
            json_add_u64(writer, "startColumn", result->place->column);
            json_add_u64(writer, "endLine", result->place->end_line);
            json_add_u64(writer, "endColumn", result->place->end_column);
            json_object_end(writer);
        }
        json_object_end(writer);
    }
    json_array_begin(writer, "logicalLocations");
    json_object_begin(writer, NULL);
    json_add_string(writer, "fullyQualifiedName", result->logical);
    json_add_string(writer, "kind", result->logical_kind);
    json_object_end(writer);
    json_array_end(writer);
    json_object_end(writer);
    json_array_end(writer);
}

/* The same finding of the next run is the same result to whoever compares runs (3.27.17). */
static void add_fingerprint(struct json_writer *writer, const struct cm_sarif_result *result)
{
    struct cm_sha256 sha;
    char hex[CM_SHA256_HEX_MAX];

    cm_sha256_begin(&sha);
    cm_sha256_add(&sha, result->rule, strlen(result->rule) + 1);
    cm_sha256_add(&sha, result->logical, strlen(result->logical) + 1);
    cm_sha256_add(&sha, result->message, strlen(result->message));
    cm_sha256_end(&sha, hex);
    json_object_begin(writer, "partialFingerprints");
    json_add_string(writer, "finding/v1", hex);
    json_object_end(writer);
}

void cm_sarif_result(struct cm_sarif *sarif, const struct cm_sarif_result *result)
{
    struct json_writer *writer = &sarif->writer;

    json_object_begin(writer, NULL);
    json_add_string(writer, "ruleId", result->rule);
    json_add_u64(writer, "ruleIndex", result->rule_index);
    json_add_string(writer, "kind", result->level == CM_SARIF_PASSED ? "pass" : result->level == CM_SARIF_OPEN ? "open" : "fail");
    json_add_string(writer, "level", level_word(result->level));
    add_text(writer, "message", result->message);
    add_location(sarif, result);
    add_fingerprint(writer, result);
    json_object_end(writer);
}

void cm_sarif_properties(struct cm_sarif *sarif)
{
    json_array_end(&sarif->writer);
    json_object_begin(&sarif->writer, "properties");
}

void cm_sarif_end(struct cm_sarif *sarif)
{
    json_object_end(&sarif->writer);
    json_object_end(&sarif->writer); /* run */
    json_array_end(&sarif->writer);
    json_object_end(&sarif->writer);
    cm_str_add(sarif->writer.out, "\n");
}
