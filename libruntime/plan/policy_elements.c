/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of a policy's lists in the form in which a policy file has them; see policy_show.h. */
#include "oci/config.h"
#include "plan/policy_show.h"

size_t cm_policy_list_size(const struct cm_policy *policy, enum cm_tunable_id list)
{
    return *(const size_t *)((const char *)policy + cm_tunables[list].count);
}

static void add_if(struct json_writer *writer, const char *key, bool value)
{
    if (value)
        json_add_bool(writer, key, true);
}

static void add_text_if(struct json_writer *writer, const char *key, const char *value)
{
    if (value)
        json_add_string(writer, key, value);
}

static void add_hook(struct json_writer *writer, const struct cm_hook_rule *rule)
{
    json_add_string(writer, "path", rule->path);
    add_text_if(writer, "sha256", rule->sha256);
    if (rule->arguments.n > 0) {
        json_array_begin(writer, "arguments");
        for (size_t i = 0; i < rule->arguments.n; i++)
            json_add_string(writer, NULL, rule->arguments.v[i]);
        json_array_end(writer);
    }
    if (rule->stages != 0) {
        json_array_begin(writer, "stages");
        for (unsigned int kind = 0; kind < OCI_HOOK_KINDS; kind++)
            if (rule->stages >> kind & 1)
                json_add_string(writer, NULL, oci_hook_word((enum oci_hook_kind)kind));
        json_array_end(writer);
    }
    add_if(writer, "inside", rule->inside);
}

static void add_device(struct json_writer *writer, const struct cm_policy_device *rule)
{
    bool read = rule->access & CM_DEVICE_READ, write = rule->access & CM_DEVICE_WRITE;

    json_add_string(writer, "path", rule->path);
    json_add_u64(writer, "major", rule->major);
    json_add_u64(writer, "minor", rule->minor);
    json_add_string(writer, "access", read && write ? "rw" : read ? "r" : "w");
}

static void add_mount(struct json_writer *writer, const struct cm_mount_rule *rule)
{
    json_add_string(writer, "prefix", rule->prefix);
    add_if(writer, "write", rule->allow_write);
    add_if(writer, "exec", rule->allow_exec);
    add_if(writer, "idmap", rule->allow_idmap);
    add_if(writer, "sockets", rule->allow_sockets);
    add_text_if(writer, "destination", rule->destination);
    if (rule->type != CM_SOURCE_ANY)
        json_add_string(writer, "type", rule->type == CM_SOURCE_DIRECTORY ? "directory" : "file");
    if (rule->n_filesystems == 0)
        return;
    json_array_begin(writer, "filesystems");
    for (size_t i = 0; i < rule->n_filesystems; i++)
        json_add_string(writer, NULL, rule->filesystems[i]);
    json_array_end(writer);
}

static void add_sink(struct json_writer *writer, const struct cm_audit_sink *sink)
{
    static const char *const kinds[] = {[CM_AUDIT_FILE] = "file", [CM_AUDIT_JOURNALD] = "journald", [CM_AUDIT_SYSLOG] = "syslog"};

    json_add_string(writer, "type", kinds[sink->kind]);
    if (sink->kind == CM_AUDIT_FILE)
        json_add_string(writer, "path", sink->path);
    add_if(writer, "required", sink->required);
}

static void add_exception(struct json_writer *writer, const struct cm_exception *exception)
{
    json_array_begin(writer, "codes");
    for (size_t i = 0; i < exception->n_codes; i++)
        json_add_string(writer, NULL, cm_code_info(exception->codes[i])->code);
    json_array_end(writer);
    json_object_begin(writer, "match");
    add_text_if(writer, "bundle", exception->bundle);
    add_text_if(writer, "cgroup", exception->cgroup);
    json_object_end(writer);
    json_add_string(writer, "from", exception->from_text);
    json_add_string(writer, "expires", exception->expires_text);
    json_add_string(writer, "reason", exception->reason);
}

static const char *class_word(enum cm_mount_class class_)
{
    return class_ < CM_MOUNT_CLASS_COUNT ? cm_mount_class_names[class_] : class_ == CM_MOUNT_CLASS_NONE ? "none" : "default";
}

/* Lists of strings; NULL: of something else. */
static const char *string_at(const struct cm_policy *policy, enum cm_tunable_id list, size_t index)
{
    const void *elements = *(const void *const *)((const char *)policy + cm_tunables[list].offset);

    if (list == CM_TUNABLE_MOUNT_CLASSES)
        return class_word(policy->mount_classes[index]);
    return cm_tunables[list].size == sizeof(char *) ? ((const char *const *)elements)[index] : NULL;
}

void cm_policy_add_element(struct json_writer *writer, const char *key, const struct cm_policy *policy, enum cm_tunable_id list, size_t index)
{
    const char *text = string_at(policy, list, index);

    if (text) {
        json_add_string(writer, key, text);
        return;
    }
    json_object_begin(writer, key);
    if (list == CM_TUNABLE_HOOKS_ALLOW)
        add_hook(writer, &policy->hook_rules[index]);
    else if (list == CM_TUNABLE_DEVICES_ALLOW)
        add_device(writer, &policy->devices[index]);
    else if (list == CM_TUNABLE_MOUNTS_ALLOW)
        add_mount(writer, &policy->mount_rules[index]);
    else if (list == CM_TUNABLE_AUDIT_SINKS)
        add_sink(writer, &policy->audit_sinks[index]);
    else if (list == CM_TUNABLE_EXCEPTIONS)
        add_exception(writer, &policy->exceptions[index]);
    json_object_end(writer);
}
