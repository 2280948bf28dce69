/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* casemate update. Id, numbers and the document are hostile: engines pass on what somebody asked a cluster for. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "run/look.h"
#include "size.h"

#define DOCUMENT_MAX ((size_t)4 << 20)
#define BAD_NUMBER "invalid value for %s: \"%.128s\" is not a number in range"

struct request {
    struct cm_arena arena;
    struct oci_resources *resources;
};

static void request_done(struct request *request)
{
    cm_arena_free(&request->arena);
}

/* ---- the document ---- */

static int read_stdin(struct cm_str *text, struct cm_error *err)
{
    char block[8192];

    for (;;) {
        ssize_t n = read(STDIN_FILENO, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cm_fail_errno(err, errno, NULL, "cannot read the resources from standard input");
        if (n == 0)
            return text->failed ? cm_fail_errno(err, ENOMEM, NULL, "cannot read the resources from standard input") : 0;
        if (text->size + (size_t)n > DOCUMENT_MAX)
            return cm_fail(err, EFBIG, NULL, "the resources on standard input are longer than 4 MiB");
        cm_str_add_bytes(text, block, (size_t)n);
    }
}

static int parse_document(const char *path, struct request *request, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str text = {0};
    CM_AUTO_FREE char *data = NULL;
    size_t size = 0;
    int r;

    if (strcmp(path, "-") == 0) {
        r = read_stdin(&text, err);
        if (r == 0)
            r = oci_resources_parse(text.data ? text.data : "", text.size, &request->arena, &request->resources, err);
        return r;
    }
    r = cm_read_file_at(AT_FDCWD, path, DOCUMENT_MAX, true, &data, &size);
    if (r < 0)
        return cm_fail_errno(err, -r, NULL, "cannot read the resources file %s", path);
    return oci_resources_parse(data, size, &request->arena, &request->resources, err);
}

/* ---- the options ---- */

static int read_u64(const char *name, const char *text, struct oci_u64 *ret, struct cm_error *err)
{
    if (!text)
        return 0;
    ret->set = true;
    return cm_parse_u64(text, &ret->v) < 0 ? cm_fail(err, EINVAL, NULL, BAD_NUMBER, name, text) : 0;
}

static int read_i64(const char *name, const char *text, struct oci_i64 *ret, struct cm_error *err)
{
    if (!text)
        return 0;
    ret->set = true;
    return cm_parse_i64(text, &ret->v) < 0 ? cm_fail(err, EINVAL, NULL, BAD_NUMBER, name, text) : 0;
}

static int read_size(const char *name, const char *text, struct oci_i64 *ret, struct cm_error *err)
{
    if (!text)
        return 0;
    ret->set = true;
    ret->v = -1;
    if (strcmp(text, "-1") != 0 && cli_size_parse(text, &ret->v) < 0)
        return cm_fail(err, EINVAL, NULL, "invalid value for %s: \"%.128s\" is not a size such as 536870912, 512m or 1.5g, nor -1 for no limit", name, text);
    return 0;
}

static int read_weight(const char *text, struct oci_block_io *io, struct cm_error *err)
{
    struct oci_u64 weight = {0};
    int r = read_u64("blkio-weight", text, &weight, err);

    if (r == 0 && weight.v > UINT16_MAX)
        r = cm_fail(err, EINVAL, NULL, BAD_NUMBER, "blkio-weight", text);
    io->weight = (struct oci_u16){weight.v > 0, (uint16_t)weight.v};
    return r;
}

/* 0 is "not given", as with runc: a container without any process is no use. */
static int read_pids(const char *text, struct oci_i64 *ret, struct cm_error *err)
{
    int r = read_i64("pids-limit", text, ret, err);

    ret->set = ret->set && ret->v != 0;
    return r;
}

static int parse_options(const struct cli_values *values, struct request *request, struct cm_error *err)
{
    struct oci_resources *resources = cm_arena_alloc(&request->arena, sizeof(*resources));
    struct oci_memory *memory = cm_arena_alloc(&request->arena, sizeof(*memory));
    struct oci_cpu *cpu = cm_arena_alloc(&request->arena, sizeof(*cpu));
    struct oci_block_io *io = cm_arena_alloc(&request->arena, sizeof(*io));

    if (!resources || !memory || !cpu || !io)
        return cm_fail_errno(err, ENOMEM, NULL, "cannot read the options");
    cpu->cpus = values->update.cpuset_cpus;
    cpu->mems = values->update.cpuset_mems;
    int r = read_weight(values->update.blkio_weight, io, err);
    if (r == 0)
        r = read_i64("cpu-idle", values->update.cpu_idle, &cpu->idle, err);
    if (r == 0)
        r = read_u64("cpu-burst", values->update.cpu_burst, &cpu->burst, err);
    if (r == 0)
        r = read_u64("cpu-period", values->update.cpu_period, &cpu->period, err);
    if (r == 0)
        r = read_u64("cpu-rt-period", values->update.cpu_rt_period, &cpu->realtime_period, err);
    if (r == 0)
        r = read_u64("cpu-share", values->update.cpu_share, &cpu->shares, err);
    if (r == 0)
        r = read_i64("cpu-quota", values->update.cpu_quota, &cpu->quota, err);
    if (r == 0)
        r = read_i64("cpu-rt-runtime", values->update.cpu_rt_runtime, &cpu->realtime_runtime, err);
    if (r == 0)
        r = read_size("memory", values->update.memory, &memory->limit, err);
    if (r == 0)
        r = read_size("memory-swap", values->update.memory_swap, &memory->swap, err);
    if (r == 0)
        r = read_size("memory-reservation", values->update.memory_reservation, &memory->reservation, err);
    if (r == 0)
        r = read_pids(values->update.pids_limit, &resources->pids_limit, err);
    resources->memory = memory;
    resources->cpu = cpu;
    resources->block_io = io;
    request->resources = resources;
    return r;
}

int cmd_update(const struct cli_context *context, struct cm_error *err)
{
    CM_AUTO_RUNTIME struct cm_runtime runtime = CLI_RUNTIME_NONE;
    CM_AUTO_ENTRY struct cm_entry entry = CM_ENTRY_NONE;
    CM_CLEANUP(request_done) struct request request = {0};
    const struct cli_values *values = context->values;

    int r = cli_open_runtime(context, CLI_NEED_STORE, &runtime, err);
    if (r == 0) /* an unknown container is an unknown container, whatever is wrong with the values */
        r = cm_look_open(&runtime, context->args[0], false, &entry, err);
    if (r == 0)
        r = values->update.resources ? parse_document(values->update.resources, &request, err) : parse_options(values, &request, err);
    if (r < 0)
        return r;
    const struct cm_update_request update = {.resources = request.resources, .rdt = values->update.l3_cache_schema || values->update.mem_bw_schema};
    return cm_update(&runtime, context->args[0], &update, err);
}
