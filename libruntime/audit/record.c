/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See record.h. Hostile: everything of a bundle, which is most of it: ids that are none, annotations, paths, pointers into the configuration. */
#include "audit/record.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "json/json.h"
#include "oci/pod.h"
#include "plan/pod.h"

/* Bytes of a text in the line, with its escapes. Together they leave room for the rest of a line without lists. */
#define ID_MAX ((size_t)256)
#define PATH_TEXT_MAX ((size_t)1024)
#define CLAIM_MAX ((size_t)256)
#define FIELD_MAX ((size_t)256)
#define ELLIPSIS "..."

static const char *const event_words[] = {
    [CM_AUDIT_CREATE] = "create", [CM_AUDIT_START] = "start",   [CM_AUDIT_EXEC] = "exec", [CM_AUDIT_UPDATE] = "update",
    [CM_AUDIT_PAUSE] = "pause",   [CM_AUDIT_RESUME] = "resume", [CM_AUDIT_KILL] = "kill", [CM_AUDIT_DELETE] = "delete",
};
_Static_assert(CM_ARRAY_LEN(event_words) == CM_AUDIT_EVENTS, "a word for each event");

const char *cm_audit_event_word(enum cm_audit_event event)
{
    return event_words[event];
}

const char *cm_audit_outcome_word(enum cm_audit_outcome outcome)
{
    return outcome == CM_AUDIT_OK ? "ok" : outcome == CM_AUDIT_REFUSED ? "refused" : "failed";
}

/* One line as it is composed. */
struct line {
    struct json_writer writer;
    const struct cm_audit_record *record;
    size_t list_max; /* elements that are written of a list */
};

/* What a byte may take once it is escaped. */
static size_t cost(unsigned char c)
{
    return c < 0x20 || c >= 0x7f ? 6 : c == '"' || c == '\\' ? 2 : 1;
}

/* A text of at most `max` bytes in the line; left out when there is none. */
static void add_text(struct line *line, const char *key, const char *text, size_t max)
{
    char copy[PATH_TEXT_MAX + sizeof(ELLIPSIS)];
    size_t n = 0, used = 0;

    if (!text)
        return;
    for (; text[n] && used + cost((unsigned char)text[n]) <= max; n++)
        used += cost((unsigned char)text[n]);
    if (!text[n]) {
        json_add_string(&line->writer, key, text);
        return;
    }
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) /* whole characters */
        n--;
    memcpy(copy, text, n);
    memcpy(copy + n, ELLIPSIS, sizeof(ELLIPSIS));
    json_add_string(&line->writer, key, copy);
}

static void add_number(struct line *line, const char *key, uint64_t number)
{
    if (number != 0)
        json_add_u64(&line->writer, key, number);
}

static void add_left_out(struct line *line, const char *key, size_t n)
{
    if (n > line->list_max)
        json_add_u64(&line->writer, key, n - line->list_max);
}

static void add_pod(struct line *line)
{
    const struct cm_audit_record *record = line->record;
    struct oci_pod claims = {0};
    char uid[CM_POD_UID_SIZE];

    if (cm_pod_uid(record->cgroups_path ? record->cgroups_path : record->cgroup_path, uid))
        json_add_string(&line->writer, "podUid", uid);
    if (record->annotations)
        oci_pod_claims(record->annotations, &claims);
    if (!claims.engine)
        return;
    json_object_begin(&line->writer, "claims");
    json_add_string(&line->writer, "by", claims.by_pod ? "pod" : "engine");
    json_add_string(&line->writer, "engine", claims.engine);
    add_text(line, "podUid", claims.uid, CLAIM_MAX);
    add_text(line, "podNamespace", claims.namespace, CLAIM_MAX);
    add_text(line, "podName", claims.name, CLAIM_MAX);
    add_text(line, "container", claims.container, CLAIM_MAX);
    add_text(line, "image", claims.image, CLAIM_MAX);
    json_object_end(&line->writer);
}

static void add_findings(struct line *line, const char *key, const char *left_out, enum cm_verdict verdict)
{
    const struct cm_plan *plan = line->record->plan;
    size_t n = 0;

    for (size_t i = 0; i < plan->n_findings; i++) {
        if (plan->findings[i].verdict != verdict)
            continue;
        if (n == 0)
            json_array_begin(&line->writer, key);
        if (n++ >= line->list_max)
            continue;
        json_object_begin(&line->writer, NULL);
        json_add_string(&line->writer, "code", plan->findings[i].code);
        add_text(line, "field", plan->findings[i].field, FIELD_MAX);
        json_object_end(&line->writer);
    }
    if (n > 0)
        json_array_end(&line->writer);
    add_left_out(line, left_out, n);
}

/* Where less was asked of a container than the policy asks of others. */
static void add_exceptions(struct line *line)
{
    const struct cm_plan *plan = line->record->plan;

    if (plan->n_granted == 0)
        return;
    json_array_begin(&line->writer, "exceptions");
    for (size_t i = 0; i < plan->n_granted && i < line->list_max; i++) {
        const struct cm_granted *granted = &plan->granted[i];
        json_object_begin(&line->writer, NULL);
        json_add_string(&line->writer, "code", granted->code);
        add_text(line, "field", granted->field, FIELD_MAX);
        add_text(line, "exception", granted->exception->place, FIELD_MAX);
        add_text(line, "expires", granted->exception->expires_text, FIELD_MAX);
        json_object_end(&line->writer);
    }
    json_array_end(&line->writer);
    add_left_out(line, "exceptionsLeftOut", plan->n_granted);
}

static void add_limits(struct line *line)
{
    const struct cm_plan *plan = line->record->plan;

    if (line->record->event != CM_AUDIT_UPDATE || line->record->outcome == CM_AUDIT_REFUSED || plan->n_limits == 0)
        return;
    json_array_begin(&line->writer, "limits");
    for (size_t i = 0; i < plan->n_limits && i < line->list_max; i++) {
        json_object_begin(&line->writer, NULL);
        add_text(line, "file", plan->limits[i].file, FIELD_MAX);
        add_text(line, "value", plan->limits[i].value, FIELD_MAX);
        json_object_end(&line->writer);
    }
    json_array_end(&line->writer);
    add_left_out(line, "limitsLeftOut", plan->n_limits);
}

/* What was decided: by this operation, else by the create that made the container. */
static void add_decision(struct line *line)
{
    const struct cm_audit_record *record = line->record;
    const struct cm_plan *plan = record->plan;

    add_text(line, "policy", record->policy, FIELD_MAX);
    if (!plan)
        return;
    json_add_string(&line->writer, "verdict",
                    plan->verdict == CM_VERDICT_REFUSED     ? "refused"
                    : plan->verdict == CM_VERDICT_TIGHTENED ? "tightened"
                                                            : "ok");
    add_findings(line, "refusals", "refusalsLeftOut", CM_VERDICT_REFUSED);
    add_findings(line, "tightenings", "tighteningsLeftOut", CM_VERDICT_TIGHTENED);
    add_exceptions(line);
    if (plan->n_unenforced > 0)
        json_array_begin(&line->writer, "notEnforced");
    for (size_t i = 0; i < plan->n_unenforced && i < line->list_max; i++)
        add_text(line, NULL, plan->unenforced[i].what, FIELD_MAX);
    if (plan->n_unenforced > 0)
        json_array_end(&line->writer);
    add_left_out(line, "notEnforcedLeftOut", plan->n_unenforced);
    add_limits(line);
}

static void add_users(struct line *line)
{
    const struct oci_id_mappings *users = line->record->users;

    if (!users || users->n == 0)
        return;
    json_array_begin(&line->writer, "users");
    for (size_t i = 0; i < users->n && i < line->list_max; i++) {
        json_object_begin(&line->writer, NULL);
        json_add_u64(&line->writer, "first", users->v[i].container_id);
        json_add_u64(&line->writer, "host", users->v[i].host_id);
        json_add_u64(&line->writer, "count", users->v[i].size);
        json_object_end(&line->writer);
    }
    json_array_end(&line->writer);
    add_left_out(line, "usersLeftOut", users->n);
}

static void add_namespaces(struct line *line)
{
    const struct cm_audit_record *record = line->record;

    if (record->n_namespaces == 0)
        return;
    json_object_begin(&line->writer, "namespaces");
    for (size_t i = 0; i < record->n_namespaces; i++)
        json_add_u64(&line->writer, record->namespaces[i].type, record->namespaces[i].ino);
    json_object_end(&line->writer);
}

static void add_processes(struct line *line)
{
    const struct cm_audit_record *record = line->record;

    if (record->init > 0) {
        json_object_begin(&line->writer, "init");
        json_add_i64(&line->writer, "pid", record->init);
        add_number(line, "start", record->init_start);
        add_number(line, "pidfdInode", record->init_pidfd);
        json_object_end(&line->writer);
    }
    if (record->process > 0 || record->user_set) {
        json_object_begin(&line->writer, "process");
        if (record->process > 0)
            json_add_i64(&line->writer, "pid", record->process);
        if (record->user_set) {
            json_add_u64(&line->writer, "uid", record->uid);
            json_add_u64(&line->writer, "gid", record->gid);
        }
        json_object_end(&line->writer);
    }
}

static void add_confinement(struct line *line)
{
    const struct cm_audit_record *record = line->record;

    if (record->filter_sha256) {
        json_object_begin(&line->writer, "seccomp");
        add_text(line, "profile", record->seccomp_profile, FIELD_MAX);
        json_add_string(&line->writer, "filterSha256", record->filter_sha256);
        add_text(line, "bundleFilterSha256", record->bundle_filter_sha256, FIELD_MAX);
        json_object_end(&line->writer);
    }
    if (record->apparmor || record->selinux) {
        json_object_begin(&line->writer, "labels");
        add_text(line, "apparmor", record->apparmor, FIELD_MAX);
        add_text(line, "selinux", record->selinux, FIELD_MAX);
        json_object_end(&line->writer);
    }
}

static void add_outcome(struct line *line)
{
    const struct cm_audit_record *record = line->record;

    if (record->outcome != CM_AUDIT_FAILED)
        return;
    json_object_begin(&line->writer, "error");
    const char *name = strerrorname_np(record->errnum);
    json_add_string(&line->writer, "errno", name ? name : "EIO");
    add_text(line, "field", record->field, FIELD_MAX);
    json_object_end(&line->writer);
}

static void add_caller(struct line *line)
{
    const struct cm_audit_caller *caller = &line->record->caller;

    json_object_begin(&line->writer, "caller");
    json_add_u64(&line->writer, "uid", caller->uid);
    if (caller->login_uid_set)
        json_add_u64(&line->writer, "loginUid", caller->login_uid);
    json_add_i64(&line->writer, "pid", caller->pid);
    json_add_i64(&line->writer, "parent", caller->parent);
    add_text(line, "parentName", caller->parent_name, FIELD_MAX);
    json_object_end(&line->writer);
}

static void compose(struct line *line)
{
    const struct cm_audit_record *record = line->record;
    char stamp[CM_TIME_TEXT_MAX];

    cm_time_rfc3339(record->seconds, record->nanoseconds, stamp, sizeof(stamp));
    json_object_begin(&line->writer, NULL);
    json_add_u64(&line->writer, "version", CM_AUDIT_VERSION);
    json_add_string(&line->writer, "time", stamp);
    json_add_string(&line->writer, "event", cm_audit_event_word(record->event));
    json_add_string(&line->writer, "outcome", cm_audit_outcome_word(record->outcome));
    if (record->foreground)
        json_add_string(&line->writer, "command", "run");
    add_text(line, "id", record->id, ID_MAX);
    if (record->rootless)
        json_add_bool(&line->writer, "rootless", true);
    add_outcome(line);
    add_number(line, "signal", (uint64_t)record->signal);
    add_pod(line);
    add_decision(line);
    add_text(line, "bundle", record->bundle, PATH_TEXT_MAX);
    add_text(line, "config", record->config, PATH_TEXT_MAX);
    add_text(line, "configSha256", record->config_sha256, FIELD_MAX);
    add_users(line);
    add_namespaces(line);
    if (record->cgroup_path) {
        json_object_begin(&line->writer, "cgroup");
        add_text(line, "path", record->cgroup_path, PATH_TEXT_MAX);
        add_number(line, "id", record->cgroup_ino);
        json_object_end(&line->writer);
    }
    add_processes(line);
    add_confinement(line);
    add_caller(line);
    json_add_u64(&line->writer, "durationUs", record->duration_us);
    add_number(line, "lost", record->lost);
    json_object_end(&line->writer);
    cm_str_add(line->writer.out, "\n");
}

void cm_audit_format(const struct cm_audit_record *record, struct cm_str *out)
{
    static const size_t list_max[] = {64, 8, 0};
    size_t before = out->size;

    for (size_t i = 0; i < CM_ARRAY_LEN(list_max); i++) {
        struct line line = {.record = record, .list_max = list_max[i]};
        out->size = before; /* of the try before */
        json_writer_init(&line.writer, out, 0);
        line.writer.ascii = true;
        compose(&line);
        if (out->failed || out->size - before <= CM_AUDIT_LINE_MAX)
            return;
    }
}
