/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fixture.h"

size_t verdict_rows(void);
/* NULL if row i comes out as it says, else what is wrong; `about` describes the row and what came out. */
const char *verdict_check(size_t i, char *about, size_t size);
/* Counts the codes of a plan made elsewhere. */
void verdict_mark(const struct fixture *f);
/* A code that no plan so far had, or NULL. */
/* A message with codes in brackets, made elsewhere, counts too. */
void verdict_produced(const char *message);
const char *verdict_unproduced(void);
