/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* linux.resources → cgroup v2 files: cpu, io, huge pages, RDMA and the unified map. Properties that only version 1 knew have no effect. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plan/planner.h"

#define RESOURCES "/linux/resources"

/* The weight that corresponds to cpu.shares: a curve through (2, 1), (1024, 100) and (262144, 10000), as other runtimes since 2025. */
uint64_t cm_cpu_weight(uint64_t shares)
{
    if (shares <= 2)
        return 1;
    if (shares >= 262144)
        return 10000;
    double l = log2((double)shares);
    /* the subtraction keeps 1024 at 100 whatever the last bit of pow() is */
    return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612 - 7.0 / 34) - 1e-9);
}

static void limit_cpu_time(struct cm_planner *p, const struct oci_cpu *cpu)
{
    int64_t quota = cpu->quota.set ? cpu->quota.v : 0;
    uint64_t period = cpu->period.set && cpu->period.v > 0 ? cpu->period.v : 100000;
    const char *field = RESOURCES "/cpu/quota";

    if (quota > 0 && cm_limit_wanted(p, CM_CTRL_CPU, field)) {
        cm_add_limit(p, CM_CTRL_CPU, "cpu.max", cm_text(p, "%" PRId64 " %" PRIu64, quota, period), field);
        if (cpu->burst.set && cpu->burst.v > 0)
            cm_add_limit(p, CM_CTRL_CPU, "cpu.max.burst", cm_text(p, "%" PRIu64, cpu->burst.v), RESOURCES "/cpu/burst");
    } else if (quota <= 0 && cpu->burst.set && cpu->burst.v > 0) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/cpu/burst", "a burst needs a quota; set cpu.quota too");
    } else if (quota <= 0 && cpu->period.set && cpu->period.v > 0 && cm_have_controller(p, CM_CTRL_CPU)) {
        /* limits nothing yet: an update with a quota alone will find the period here */
        cm_add_limit(p, CM_CTRL_CPU, "cpu.max", cm_text(p, "max %" PRIu64, period), RESOURCES "/cpu/period");
    }
}

static void limit_cpuset(struct cm_planner *p, const char *list, const char *file, const char *field)
{
    if (!list || !list[0])
        return;
    if (strspn(list, "0123456789,-") != strlen(list))
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "\"%.64s\" is not a list such as 0-3,7", list);
    else if (cm_limit_wanted(p, CM_CTRL_CPUSET, field))
        cm_add_limit(p, CM_CTRL_CPUSET, file, list, field);
}

void cm_limits_cpu(struct cm_planner *p, const struct oci_cpu *cpu)
{
    if (cpu->shares.set && cpu->shares.v > 0 && cm_limit_wanted(p, CM_CTRL_CPU, RESOURCES "/cpu/shares"))
        cm_add_limit(p, CM_CTRL_CPU, "cpu.weight", cm_text(p, "%" PRIu64, cm_cpu_weight(cpu->shares.v)), RESOURCES "/cpu/shares");
    if (cpu->idle.set && cpu->idle.v != 0 && cpu->idle.v != 1)
        cm_refuse(p, CM_CODE_LIMIT_INVALID, RESOURCES "/cpu/idle", "%" PRId64 " is neither 0 nor 1", cpu->idle.v);
    else if (cpu->idle.set && cpu->idle.v == 1 && cm_limit_wanted(p, CM_CTRL_CPU, RESOURCES "/cpu/idle"))
        cm_add_limit(p, CM_CTRL_CPU, "cpu.idle", "1", RESOURCES "/cpu/idle");
    limit_cpu_time(p, cpu);
    limit_cpuset(p, cpu->cpus, "cpuset.cpus", RESOURCES "/cpu/cpus");
    limit_cpuset(p, cpu->mems, "cpuset.mems", RESOURCES "/cpu/mems");
}

/* OCI weights are 10 … 1000, those of io.weight 1 … 10000. */
static bool io_weight(struct cm_planner *p, const struct oci_u16 *weight, const char *field, unsigned int *ret)
{
    if (!weight->set || weight->v == 0)
        return false;
    if (weight->v < 10 || weight->v > 1000) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "the weight %u is outside 10 to 1000", weight->v);
        return false;
    }
    *ret = 1 + (weight->v - 10u) * 9999u / 990u;
    return cm_limit_wanted(p, CM_CTRL_IO, field);
}

/* BFQ has weights of its own, on the scale of the specification; where it is there, io.weight belongs to a cost model that is mostly off. */
static void add_io_weight(struct cm_planner *p, const char *device, unsigned int weight, unsigned int given, const char *field)
{
    size_t before = p->plan->n_limits;

    cm_add_limit(p, CM_CTRL_IO, "io.weight", cm_text(p, "%s%u", device, weight), field);
    if (p->plan->n_limits > before) {
        p->plan->limits[before].preferred_file = "io.bfq.weight";
        p->plan->limits[before].preferred_value = cm_text(p, "%s%u", device, given);
    }
}

static bool device_number_is_valid(struct cm_planner *p, int64_t major, int64_t minor, const char *field)
{
    if (major >= 0 && major < (1 << 12) && minor >= 0 && minor < (1 << 20))
        return true;
    cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "%" PRId64 ":%" PRId64 " is not a device number", major, minor);
    return false;
}

void cm_limits_io(struct cm_planner *p, const struct oci_block_io *io)
{
    static const struct {
        const char *key, *word;
    } throttles[OCI_THROTTLES] = {
        [OCI_THROTTLE_READ_BPS] = {"rbps", "throttleReadBpsDevice"},
        [OCI_THROTTLE_WRITE_BPS] = {"wbps", "throttleWriteBpsDevice"},
        [OCI_THROTTLE_READ_IOPS] = {"riops", "throttleReadIOPSDevice"},
        [OCI_THROTTLE_WRITE_IOPS] = {"wiops", "throttleWriteIOPSDevice"},
    };
    unsigned int weight;

    if (io_weight(p, &io->weight, RESOURCES "/blockIO/weight", &weight))
        add_io_weight(p, "", weight, io->weight.v, RESOURCES "/blockIO/weight");
    for (size_t i = 0; i < io->n_weight_devices; i++) {
        const struct oci_weight_device *d = &io->weight_devices[i];
        const char *field = cm_text(p, RESOURCES "/blockIO/weightDevice/%zu", i);
        if (device_number_is_valid(p, d->major, d->minor, field) && io_weight(p, &d->weight, field, &weight))
            add_io_weight(p, cm_text(p, "%" PRId64 ":%" PRId64 " ", d->major, d->minor), weight, d->weight.v, field);
    }
    for (unsigned int t = 0; t < OCI_THROTTLES; t++)
        for (size_t i = 0; i < io->n_throttle[t]; i++) {
            const struct oci_throttle_device *d = &io->throttle[t][i];
            const char *field = cm_text(p, RESOURCES "/blockIO/%s/%zu", throttles[t].word, i);
            const char *rate = d->rate > 0 ? cm_text(p, "%" PRIu64, d->rate) : "max";
            if (device_number_is_valid(p, d->major, d->minor, field) && cm_limit_wanted(p, CM_CTRL_IO, field))
                cm_add_limit(p, CM_CTRL_IO, "io.max", cm_text(p, "%" PRId64 ":%" PRId64 " %s=%s", d->major, d->minor, throttles[t].key, rate), field);
        }
}

uint64_t cm_page_size_kib(const char *text)
{
    static const struct {
        const char *unit;
        unsigned int shift;
    } units[] = {{"KB", 0}, {"MB", 10}, {"GB", 20}};
    size_t n = text ? strspn(text, "0123456789") : 0;
    char digits[12];
    uint64_t number;

    if (n == 0 || n >= sizeof(digits))
        return 0;
    memcpy(digits, text, n);
    digits[n] = '\0';
    for (size_t i = 0; i < CM_ARRAY_LEN(units); i++)
        if (cm_streq(text + n, units[i].unit) && cm_parse_u64(digits, &number) == 0)
            return number << units[i].shift;
    return 0;
}

static void limit_rdma(struct cm_planner *p, const struct oci_rdma *rdma, const char *field)
{
    static const char valid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    if (!rdma->device || !rdma->device[0] || strspn(rdma->device, valid) != strlen(rdma->device)) {
        cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "\"%.64s\" is not the name of an RDMA device", rdma->device ? rdma->device : "");
        return;
    }
    if ((!rdma->hca_handles.set && !rdma->hca_objects.set) || !cm_limit_wanted(p, CM_CTRL_RDMA, field))
        return; /* an entry without a number limits nothing, and the kernel would refuse its line */
    const char *handles = rdma->hca_handles.set ? cm_text(p, " hca_handle=%u", rdma->hca_handles.v) : "";
    const char *objects = rdma->hca_objects.set ? cm_text(p, " hca_object=%u", rdma->hca_objects.v) : "";
    cm_add_limit(p, CM_CTRL_RDMA, "rdma.max", cm_text(p, "%s%s%s", rdma->device, handles, objects), field);
}

/* As the kernel names the files of a size of pages: 2048KB is "2MB". */
static const char *page_size_name(struct cm_planner *p, uint64_t kib)
{
    unsigned int unit = kib % (1024 * 1024) == 0 ? 2 : kib % 1024 == 0 ? 1 : 0;

    return cm_text(p, "%" PRIu64 "%cB", kib >> (10 * unit), "KMG"[unit]);
}

static bool is_asked_for(struct cm_planner *p, const struct oci_resources *resources, uint64_t kib, const char *size)
{
    for (size_t i = 0; resources && i < resources->n_hugepage_limits; i++)
        if (cm_page_size_kib(resources->hugepage_limits[i].page_size) == kib)
            return true;
    return cm_unified(p, cm_text(p, "hugetlb.%s.max", size)) != NULL;
}

/* Pages that the host has set aside are somebody's: they are not part of the limit of memory, and without one of their own a container takes them all. */
void cm_limits_huge_pages(struct cm_planner *p, const struct oci_resources *resources, struct cm_str *defaults)
{
    size_t n = 0;

    for (size_t i = 0; cm_have_controller(p, CM_CTRL_HUGETLB) && i < p->facts->n_huge_page_sizes; i++) {
        uint64_t kib = p->facts->huge_page_sizes[i];
        const char *size = page_size_name(p, kib);
        if (is_asked_for(p, resources, kib, size))
            continue;
        cm_add_limit(p, CM_CTRL_HUGETLB, cm_text(p, "hugetlb.%s.max", size), "0", "");
        cm_add_limit(p, CM_CTRL_HUGETLB, cm_text(p, "hugetlb.%s.rsvd.max", size), "0", "");
        if (n++ == 0)
            cm_str_add(defaults, ", huge pages 0");
    }
}

void cm_limits_other(struct cm_planner *p, const struct oci_resources *resources)
{
    for (size_t i = 0; i < resources->n_hugepage_limits; i++) {
        const struct oci_hugepage_limit *limit = &resources->hugepage_limits[i];
        const char *field = cm_text(p, RESOURCES "/hugepageLimits/%zu", i), *value = cm_text(p, "%" PRIu64, limit->limit);
        uint64_t kib = cm_page_size_kib(limit->page_size);
        if (kib == 0) {
            cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "\"%.64s\" is not a page size such as 2MB", limit->page_size ? limit->page_size : "");
        } else if (p->facts->page_size_missing && p->facts->page_size_missing[i]) {
            cm_refuse(p, CM_CODE_LIMIT_INVALID, field, "this kernel has no pages of %.64s; remove the limit", limit->page_size);
        } else if (cm_limit_wanted(p, CM_CTRL_HUGETLB, field)) {
            const char *size = page_size_name(p, kib);
            cm_add_limit(p, CM_CTRL_HUGETLB, cm_text(p, "hugetlb.%s.max", size), value, field);
            cm_add_limit(p, CM_CTRL_HUGETLB, cm_text(p, "hugetlb.%s.rsvd.max", size), value, field);
        }
    }
    for (size_t i = 0; i < resources->n_rdma; i++)
        limit_rdma(p, &resources->rdma[i], cm_field_key(p, RESOURCES "/rdma", resources->rdma[i].device ? resources->rdma[i].device : ""));
}
