# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the programs' scripts share. They run inside of the container, as an ordinary user, with /tmp to write to; each says what it expects and ends at the first
# thing that is not so.
set -euo pipefail
export LC_ALL=C.UTF-8 HOME=/tmp PATH=/usr/bin:/usr/sbin
cd /tmp
echo 'max-time = 60' >.curlrc
trap 'echo "failed at line $LINENO: $BASH_COMMAND" >&2' ERR
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Waits until something listens on a port of the loopback interface.
up() { # PORT
    local i
    for ((i = 0; i < 1200; i++)); do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
        [ -n "$(jobs -r)" ] || break
        sleep 0.05
    done
    echo "nothing listens on port $1" >&2
    return 1
}
is() { [ "$1" = "$2" ] || { echo "got \"$1\", want \"$2\"" >&2; return 1; }; }
