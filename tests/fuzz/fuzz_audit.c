/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of an audit record are the input, cut at its NUL bytes: always one line of ASCII, strict JSON, never longer than it may be. */
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "base/arena.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXTS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_AUTO_STR struct cm_str line = {0};
    CM_AUTO_ARENA struct cm_arena arena = {0};
    CM_AUTO_FREE char *text = malloc(size + 1);
    const char *texts[TEXTS];
    struct json_value *root;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *next = text;
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = next;
        next += strlen(next) + (next + strlen(next) < text + size);
    }
    struct oci_pair pairs[] = {{texts[0], texts[1]},
                               {"io.container.manager", texts[2]},
                               {"io.kubernetes.cri-o.Namespace", texts[3]},
                               {"io.kubernetes.cri.image-name", texts[4]},
                               {"io.kubernetes.cri-o.ContainerType", texts[5]}};
    const struct oci_map annotations = {true, CM_ARRAY_LEN(pairs), pairs};
    struct cm_finding finding = {CM_VERDICT_TIGHTENED, "CM-NNP", texts[6], texts[7]};
    struct cm_finding findings[] = {finding, finding, finding, finding, finding, finding, finding, finding, finding};
    struct cm_plan plan = {.verdict = CM_VERDICT_TIGHTENED, .n_findings = CM_ARRAY_LEN(findings), .findings = findings};
    struct cm_audit_record record = {.event = (enum cm_audit_event)(size % CM_AUDIT_EVENTS), .id = texts[8], .bundle = texts[9], .cgroups_path = texts[10],
                                     .cgroup_path = texts[11], .annotations = &annotations, .policy = texts[12], .plan = &plan, .apparmor = texts[13],
                                     .selinux = texts[14], .field = texts[15], .outcome = CM_AUDIT_FAILED, .errnum = (int)size};
    cm_audit_format(&record, &line);
    const char *got = cm_str_text(&line);
    if (!got)
        return 0;
    if (line.size > CM_AUDIT_LINE_MAX || strchr(got, '\n') != got + line.size - 1)
        abort();
    for (size_t i = 0; i + 1 < line.size; i++)
        if ((unsigned char)got[i] < ' ' || (unsigned char)got[i] > '~')
            abort();
    if (json_parse(got, line.size, line.size, &arena, &root, NULL) < 0)
        abort();
    return 0;
}
