# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A Rust program: threads that walk directories and map files.
. "${0%/*}/lib.sh"
is "$(rg -j 4 --mmap -l '^root:' /etc/passwd)" /etc/passwd
[ "$(rg -j 4 --files /usr/share | wc -l)" -gt 100 ]
rg -z -j 4 -c perl /usr/share/perl >out || true
[ -s out ]
echo works
