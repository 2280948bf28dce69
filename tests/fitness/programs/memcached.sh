# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Threads that serve; values in and out.
. "${0%/*}/lib.sh"
memcached -l 127.0.0.1 -p 11211 -t 4 &
up 11211
for i in {1..20}; do
    exec 3<>/dev/tcp/127.0.0.1/11211
    printf 'set k%s 0 0 5\r\nvalue\r\nget k%s\r\nquit\r\n' "$i" "$i" >&3
    is "$(tr -d '\r' <&3 | sed -n 3p)" value
    exec 3>&-
done
echo works
