/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `casemate policy explain` prints, from the tables that decide. Pure. */
#pragma once

#include "base/layout.h"

/*
 * Explains a code (of a finding or of `check --host`), a member of a policy file by its pointer ("/limits/pids/max", also "limits.pids.max"; of a section all its
 * members), or a floor by its name. False if there is nothing of that name. Case does not matter.
 */
bool cm_explain(const char *word, bool json, struct cm_style style, struct cm_str *out);
