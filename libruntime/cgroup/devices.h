/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to cgroup/: the device rules as a program of BPF_PROG_TYPE_CGROUP_DEVICE. Pure. */
#pragma once

#include <linux/bpf.h>

#include "base/error.h"
#include "plan/plan.h"

/* More rules than any host has devices for: a program stays far below the reach of a 16 bit jump. */
#define CM_DEVICE_RULES_MAX 1024

/* Instructions that n rules need at most. */
#define CM_DEVICE_INSNS(n) (10 + 5 * (n))

/*
 * Compiles the rules. Each requested access (mknod, read, write) is decided by the last rule that matches device and access; none: denied. All of them must be
 * allowed. `insns` has room for CM_DEVICE_INSNS(n). -EINVAL for a rule that no device can match, -E2BIG for too many.
 */
int cm_devices_compile(const struct cm_device_rule *rules, size_t n, struct bpf_insn *insns, size_t *ret_n, struct cm_error *err) CM_MUST_USE;
