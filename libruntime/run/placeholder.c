/* SPDX-License-Identifier: LGPL-2.1-or-later */ typedef int placeholder_is_not_empty;
