/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading and attaching the device program with bpf(2). No hostile input: the program is ours. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/str.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/devices.h"

#define FIELD "/linux/resources/devices"
static int sys_bpf(unsigned int command, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* BPF descriptors are close-on-exec by definition. From Linux 5.11 on the memory is charged to the cgroup, so RLIMIT_MEMLOCK does not matter. */
static int load(const struct bpf_insn *insns, size_t n)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr)); /* the kernel wants the bytes between the members to be zero as well */
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = (uint64_t)(uintptr_t)insns;
    attr.insn_cnt = (uint32_t)n;
    attr.license = (uint64_t)(uintptr_t) "LGPL-2.1-or-later";
    memcpy(attr.prog_name, "casemate_dev", sizeof("casemate_dev"));
    int fd = sys_bpf(BPF_PROG_LOAD, &attr);
    return fd < 0 ? -errno : fd;
}

static int attach(int cgroup, int program)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.target_fd = (uint32_t)cgroup;
    attr.attach_bpf_fd = (uint32_t)program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    attr.attach_flags = BPF_F_ALLOW_MULTI;
    return sys_bpf(BPF_PROG_ATTACH, &attr) < 0 ? -errno : 0;
}

static int program_id(int program, uint32_t *ret)
{
    struct bpf_prog_info info;
    union bpf_attr attr;

    memset(&info, 0, sizeof(info));
    memset(&attr, 0, sizeof(attr));
    attr.info.bpf_fd = (uint32_t)program;
    attr.info.info_len = sizeof(info);
    attr.info.info = (uint64_t)(uintptr_t)&info;
    if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
        return -errno;
    *ret = info.id;
    return 0;
}

/* There is room for more than the kernel allows on one cgroup (BPF_CGROUP_MAX_PROGS). */
int cm_cgroup_device_programs(const struct cm_cgroup *cgroup, uint32_t ids[CM_DEVICE_PROGRAMS_MAX])
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.query.target_fd = (uint32_t)cgroup->fd;
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attr.query.prog_cnt = CM_DEVICE_PROGRAMS_MAX;
    if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
        return -errno;
    return (int)CM_MIN(attr.query.prog_cnt, (uint32_t)CM_DEVICE_PROGRAMS_MAX);
}

/* Attached is what the kernel says is attached. */
static int verify(const struct cm_cgroup *cgroup, int program, uint32_t *ret_id, struct cm_error *err)
{
    uint32_t ids[CM_DEVICE_PROGRAMS_MAX] = {0};
    int r = program_id(program, ret_id);
    int n = r < 0 ? r : cm_cgroup_device_programs(cgroup, ids);

    if (n < 0)
        return cm_fail_errno(err, -n, FIELD, "checking the device program of cgroup %s", cgroup->path);
    for (int i = 0; i < n; i++)
        if (ids[i] == *ret_id)
            return 0;
    return cm_fail(err, EBADE, FIELD, "the device program is not among the %d attached to cgroup %s although the kernel accepted it", n, cgroup->path);
}

int cm_cgroup_set_devices(const struct cm_cgroup *cgroup, const struct cm_device_rule *rules, size_t n, uint32_t *ret_id, struct cm_error *err)
{
    struct bpf_insn few[CM_DEVICE_INSNS(32)];
    CM_AUTO_FREE struct bpf_insn *many = NULL;
    size_t n_insns = 0;

    if (n > 32 && n <= CM_DEVICE_RULES_MAX) {
        many = calloc(CM_DEVICE_INSNS(n), sizeof(*many));
        if (!many)
            return cm_fail_errno(err, ENOMEM, FIELD, "compiling %zu device rules", n);
    }
    struct bpf_insn *insns = many ? many : few;
    int r = cm_devices_compile(rules, n, insns, &n_insns, err);
    if (r < 0)
        return r;

    CM_AUTO_CLOSE int program = load(insns, n_insns);
    if (program < 0)
        return cm_fail_errno(err, -program, FIELD,
                             "loading the device program (%zu instructions); CAP_BPF or CAP_SYS_ADMIN in the initial user namespace and a kernel with "
                             "CONFIG_CGROUP_BPF are needed",
                             n_insns);
    r = attach(cgroup->fd, program);
    if (r < 0)
        return cm_fail_errno(err, -r, FIELD, "attaching the device program to cgroup %s; a program attached further up without BPF_F_ALLOW_MULTI forbids it",
                             cgroup->path);
    return verify(cgroup, program, ret_id, err);
}

bool cm_cgroup_device_program_works(void)
{
    static const struct bpf_insn deny[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    CM_AUTO_CLOSE int program = load(deny, CM_ARRAY_LEN(deny));

    return program >= 0;
}
