/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of one mount entry. Words we know change attributes; the rest is filesystem data, which is parsed and never passed on as text. */
#include <linux/mount.h>

#include "plan/mounts.h"
#include "plan/options.h"

static const char *option_field(struct cm_planner *p, const struct cm_mount_work *work, size_t i)
{
    return cm_text(p, "%s/options/%zu", work->field, i);
}

/* Access time is a field of three values, not bits: a new one replaces the old (mount_setattr(2)). */
static uint64_t set_attribute(uint64_t attributes, uint64_t attribute)
{
    if (attribute == MOUNT_ATTR_NOATIME || attribute == MOUNT_ATTR_STRICTATIME)
        attributes &= ~(uint64_t)MOUNT_ATTR__ATIME;
    return attributes | attribute;
}

static void apply_attribute(struct cm_mount_work *work, const struct cm_mount_option *option)
{
    bool access_time = option->attribute & MOUNT_ATTR__ATIME;

    if (option->kind == CM_OPT_SET) {
        uint64_t *asked = option->recursive ? &work->asked_all : &work->asked;
        *asked = set_attribute(*asked, option->attribute);
    } else {
        work->asked &= ~option->attribute;
        work->asked_all &= option->recursive ? ~option->attribute : UINT64_MAX;
    }
    work->access_time |= access_time;
    work->access_time_all |= access_time && option->recursive;
}

/* What the recursive words say holds for the topmost mount as well. */
static void join_attributes(struct cm_mount_work *work)
{
    if (work->access_time_all)
        work->asked &= ~(uint64_t)MOUNT_ATTR__ATIME;
    work->asked |= work->asked_all;
}

static void apply(struct cm_planner *p, struct cm_mount_work *work, const struct cm_mount_option *option, const char *field)
{
    switch (option->kind) {
    case CM_OPT_SET:
    case CM_OPT_CLEAR:
        apply_attribute(work, option);
        break;
    case CM_OPT_UNSAFE:
        cm_refuse(p, CM_CODE_MOUNT_FLAGS, field, "\"%s\" would allow set-id programs or device files on the mount; remove the option", option->word);
        break;
    case CM_OPT_BIND:
        work->bind = true;
        work->recursive |= option->recursive;
        break;
    case CM_OPT_PROPAGATION:
        work->slave = false;
        break;
    case CM_OPT_SLAVE:
        work->slave = true;
        break;
    case CM_OPT_SHARED:
        cm_refuse(p, CM_CODE_MOUNT_PROPAGATION, field, "\"%s\" would let mounts cross into the host; use rprivate", option->word);
        break;
    case CM_OPT_IDMAP:
        work->idmap = true;
        work->idmap_all |= option->recursive;
        break;
    case CM_OPT_REMOUNT:
        cm_refuse(p, CM_CODE_MOUNT_OPTION, field, "\"remount\" changes a mount that is there already; give every mount its options at once");
        break;
    case CM_OPT_COPY_UP:
        work->copy_up = true;
        break;
    case CM_OPT_SYNC:
        work->sync = option->word;
        break;
    case CM_OPT_NOTHING:
        break;
    }
}

void cm_mount_read_options(struct cm_planner *p, struct cm_mount_work *work)
{
    const struct oci_strings *options = &work->mount->options;

    work->data = cm_take(p, options->n, sizeof(*work->data));
    work->data_index = cm_take(p, options->n, sizeof(*work->data_index));
    if (!work->data || !work->data_index)
        return;
    for (size_t i = 0; i < options->n; i++) {
        const struct cm_mount_option *option = cm_mount_option_find(options->v[i]);
        if (option) {
            apply(p, work, option, option_field(p, work, i));
        } else {
            work->data[work->n_data] = options->v[i];
            work->data_index[work->n_data++] = i;
        }
    }
    join_attributes(work);
}
