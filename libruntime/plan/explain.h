/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `casemate policy explain` prints, from the tables that decide. Pure. */
#pragma once

#include "base/layout.h"

/* Explains a code of a finding. False if the word is none; it may be in the wrong case. */
bool cm_explain(const char *word, bool json, struct cm_style style, struct cm_str *out);
