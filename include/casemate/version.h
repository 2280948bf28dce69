/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions that users of casemate may compile against. The library's operations become public here once their interface is settled. */
#pragma once

/* The newest runtime-spec whose configuration is understood in full. */
#define CASEMATE_OCI_VERSION "1.3.0"
#define CASEMATE_OCI_VERSION_MIN "1.0.0"
