/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose the namespaces are that a container is told to join: a container of ours, of the same pod. Part of the facts. */
#pragma once

#include "run/runtime.h"

/* Fills in facts->peer, once the namespaces' paths were examined. Nothing is done for a configuration without such paths, and without privilege. */
void cm_peers_facts(const struct cm_runtime *runtime, const struct oci_config *config, struct cm_facts *facts);
