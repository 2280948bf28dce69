/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of the planner: what its checks share. Each check looks at one subject of the configuration, adds findings and fills in its part of
 * the plan. A check never stops at the first problem (all of them are reported at once) and always leaves its part well-formed.
 *
 * Memory: a failed allocation sets no_memory and yields a harmless value; cm_plan_make looks at it once, at the end.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>

#include "policy/codes.h"
#include "plan/exec.h"
#include "plan/plan.h"
#include "plan/pod.h"
#include "policy/tunables.h"

struct cm_planner {
    const struct oci_config *config;
    const struct oci_linux *linux_;
    const struct cm_policy *policy;
    const struct cm_facts *facts;
    const char *id;
    struct cm_arena *arena;
    struct cm_plan *plan;
    const struct cm_exec_request *exec; /* NULL: the plan is init's */
    bool no_memory;
    struct cm_pod pod;                            /* that the container belongs to: cm_check_mounts */
    const char *mount_roots[CM_MOUNT_ROOT_COUNT]; /* see cm_bind_roots */
    size_t n_forced;                              /* files and volumes that were made read-only or noexec by their class; the first of them */
    const char *first_forced;

    struct oci_hooks *hooks; /* the plan's own list; NULL: the config's is as good */

    const struct cm_exception **exceptions; /* of the policy, that are for this container and hold now */
    size_t n_exceptions;

    size_t exceptions_room, lapsed_room, granted_room, allowed_room, findings_room, unenforced_room;
    size_t mounts_room, sysctls_room, limits_room, rules_room, rlimits_room, devices_room, properties_room;
};

/* Findings; the message may quote hostile text (cut it with %.128s). `field` must live as long as the plan. */
void cm_refuse(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...) CM_PRINTF(4, 5);
void cm_tighten(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...) CM_PRINTF(4, 5);
void cm_not_enforced(struct cm_planner *p, const char *what, const char *fmt, ...) CM_PRINTF(3, 4);
/* Notes which rule of the policy let something pass; all strings must live as long as the plan. */
void cm_allowed(struct cm_planner *p, const char *field, const char *member, const char *rule);

/* Looks up the exceptions for the container with this bundle and this cgroup (either may be NULL). Before anything is judged. */
void cm_find_exceptions(struct cm_planner *p, const char *bundle, const char *cgroup);
/* Whether an exception grants what would be refused or tightened with this code. If so its use is noted, with a clause that says what was granted. */
bool cm_excepted(struct cm_planner *p, enum cm_code code, const char *field, const char *fmt, ...) CM_PRINTF(4, 5);
/* The ceiling for what is asked for: the policy's, or with an exception as much as is asked, but never more than any policy may say. */
int64_t cm_ceiling(struct cm_planner *p, enum cm_tunable_id id, enum cm_code code, int64_t asked, const char *field);

/* The message of a finding: printable, and cut to a sane length. */
CM_PRINTF(2, 0) const char *cm_message(struct cm_planner *p, const char *fmt, va_list args);
/* A string in the arena; "" when memory runs out. */
const char *cm_text(struct cm_planner *p, const char *fmt, ...) CM_PRINTF(2, 3);
/* A JSON pointer "PREFIX/KEY" with the key escaped (RFC 6901) and cut to a sane length. */
const char *cm_field_key(struct cm_planner *p, const char *prefix, const char *key);
/* Zeroed array; NULL only if n is 0 or memory ran out. */
void *cm_take(struct cm_planner *p, size_t n, size_t size);
/* Room for one more element of a growing array; the new element (zeroed) or NULL. */
void *cm_grow(struct cm_planner *p, void **array, size_t *n, size_t *room, size_t size);

/* The absolute path without empty and "." components; relative ones start at "/". NULL (no finding) if it has ".." or it or a component of it is
 * too long. */
const char *cm_normalise(struct cm_planner *p, const char *path);

/* The kernel's memparse without its surprises (no hexadecimal, no trailing text): decimal, one of k m g t at most, or N% of `whole` where that is allowed
 * (whole > 0). 0 or -1. */
int cm_parse_size(const char *text, uint64_t whole, uint64_t *ret);

/* Adds the members of a list such as "0-3,7", all below `limit`, to a set of bits. Returns how many it has, or -1 if it is no such list. */
int cm_parse_set(const char *text, unsigned int limit, unsigned long *set);

/* The id that a process asks for is mapped in the container. */
bool cm_ids_map_contains(const struct oci_id_mappings *map, uint32_t id);
/* Refuses an id ("user", "group") that the container does not have. */
void cm_check_id_mapped(struct cm_planner *p, enum cm_code code, const struct oci_id_mappings *map, uint32_t id, const char *what, const char *field);
/* The pids controller bounds this container. */
bool cm_pids_limited(const struct cm_planner *p);
void cm_add_rlimit(struct cm_planner *p, int resource, uint64_t soft, uint64_t hard, const char *field);
/* Asked-for capabilities of one set, unknown names left out. */
uint64_t cm_caps_asked(const struct oci_strings *names);

/* The absolute path of the cgroup inside of the cgroup2 mount that the config asks for, or NULL and why not. */
const char *cm_cgroup_asked(struct cm_planner *p, const char **ret_why);
/* A host or domain name: NULL when it is empty, with a finding when the kernel or a prompt would not take it. */
const char *cm_check_name(struct cm_planner *p, const char *name, const char *field);
void cm_check_time(struct cm_planner *p);
void cm_check_memory_policy(struct cm_planner *p);

/* Limits of linux.resources; `asked` limits need their controller. */
bool cm_limit_wanted(struct cm_planner *p, enum cm_controller controller, const char *field);
void cm_add_limit(struct cm_planner *p, enum cm_controller controller, const char *file, const char *value, const char *field);
/* The ceiling for an amount of memory that `field` asks for, with an exception as much as is asked and there is; without a field: the policy's. */
uint64_t cm_memory_ceiling(struct cm_planner *p, uint64_t asked, const char *field);
/* The memory.max that will apply, once those of linux.resources.memory are planned; false: none. */
bool cm_memory_bound(struct cm_planner *p, uint64_t *ret);
/* What they set themselves, because nothing was given, they add to `defaults`. */
void cm_limit_memory(struct cm_planner *p, const struct oci_memory *memory, struct cm_str *defaults);
void cm_limit_pids(struct cm_planner *p, const struct oci_resources *resources, struct cm_str *defaults);
const char *cm_unified(const struct cm_planner *p, const char *key);
void cm_limits_cpu(struct cm_planner *p, const struct oci_cpu *cpu);
void cm_limits_io(struct cm_planner *p, const struct oci_block_io *io);
void cm_limits_other(struct cm_planner *p, const struct oci_resources *resources);
void cm_limits_huge_pages(struct cm_planner *p, const struct oci_resources *resources, struct cm_str *defaults);
bool cm_have_controller(const struct cm_planner *p, enum cm_controller controller);
void cm_limits_unified(struct cm_planner *p, const struct oci_map *unified);
void cm_limits_ignored(struct cm_planner *p, const struct oci_resources *resources);
uint64_t cm_cpu_weight(uint64_t shares);

/* Why this place of the host must not become a container's root, or a layer of it; NULL: it may. */
const char *cm_root_objection(struct cm_planner *p, const char *real);

/* The parts of checks that a joining process goes through too (exec.c). */
void cm_check_process_ids(struct cm_planner *p);
void cm_check_asked_rlimits(struct cm_planner *p);
void cm_check_process_labels(struct cm_planner *p);
/* A label of the configuration, or NULL if it names none. */
enum cm_selinux_use { CM_SELINUX_PROCESS, CM_SELINUX_MOUNT };
const char *cm_check_selinux(struct cm_planner *p, const char *label, const char *field, enum cm_selinux_use use);
/* Where the configuration names none. Returns why there is none, or NULL. */
const char *cm_add_selinux_default(struct cm_planner *p);
void cm_check_mount_label(struct cm_planner *p); /* once the label of the process is known */
/* Whether it is init's, but for categories that we gave that. */
bool cm_selinux_is_init(const char *asked, const char *init);
void cm_check_suid_dumpable(struct cm_planner *p);
void cm_check_affinity(struct cm_planner *p);

/* The checks, in the order of make.c. */
void cm_check_annotations(struct cm_planner *p);
void cm_check_root(struct cm_planner *p);
void cm_check_identity(struct cm_planner *p);
void cm_check_namespaces(struct cm_planner *p);
void cm_check_ids(struct cm_planner *p);
void cm_check_layers(struct cm_planner *p);
void cm_check_mounts(struct cm_planner *p);
void cm_check_masks(struct cm_planner *p);
void cm_check_devices(struct cm_planner *p);
void cm_check_sysctls(struct cm_planner *p);
void cm_check_cgroup(struct cm_planner *p);
void cm_check_limits(struct cm_planner *p);
void cm_check_unit(struct cm_planner *p);
void cm_check_process(struct cm_planner *p);
void cm_check_env(struct cm_planner *p);
void cm_check_notify_env(struct cm_planner *p);
/* Whether no process may be of uid 0: by the policy of now, or by that of the create. */
bool cm_wants_non_root(const struct cm_planner *p);
void cm_check_user(struct cm_planner *p);
void cm_check_rlimits(struct cm_planner *p);
void cm_check_scheduling(struct cm_planner *p);
void cm_check_caps(struct cm_planner *p);
void cm_check_seccomp(struct cm_planner *p);
/* The agent that a filter hands calls to; `path` may be NULL: none. */
void cm_check_agent(struct cm_planner *p, const char *path, const char *metadata, const char *field);
void cm_check_lsm(struct cm_planner *p);
void cm_check_hooks(struct cm_planner *p);
void cm_check_host(struct cm_planner *p);
void cm_check_privileged(struct cm_planner *p);
