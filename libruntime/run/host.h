/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `check --host`: what is looked at. Nothing of the host is changed: what is made for a try (a namespace, a detached mount, a process) ends with it. */
#pragma once

#include "plan/host_facts.h"
#include "run/runtime.h"

/* run/host_probe.c: tries every facility. */
void cm_host_probe(struct cm_runtime *runtime, struct cm_host_facts *facts);
/* run/host_look.c: reads what the host has set, and looks at what belongs to casemate itself. */
void cm_host_look(struct cm_runtime *runtime, const struct cm_host_request *request, struct cm_host_facts *facts);
