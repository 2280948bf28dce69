# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for those who source it
#
# What build, run and suite share; sourced, not executed.

set -Eeuo pipefail

CT_VM_CACHE=${CT_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/casemate-vm}
VM_NOT_HERE=77 # exit status: this host cannot have a machine, and why is on stderr
VM_BROKEN=125  # exit status: it should have worked

say() { printf 'vm: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit "$VM_BROKEN"
}
not_here() {
    say "$*"
    exit "$VM_NOT_HERE"
}

# need COMMAND PACKAGE: installs PACKAGE where COMMAND is missing.
need() {
    ! command -v "$1" >/dev/null || return 0
    command -v apt-get >/dev/null || not_here "$1 is missing and there is no apt-get to install it"
    say "installing $2"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$2"; } >/dev/null 2>&1 </dev/null ||
        not_here "$2 cannot be installed"
    hash -r
}

# The Debian mirror that this host uses: the first URIs line (deb822) or deb line (one-line style).
mirror() {
    local url
    url=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
        awk '!url && /^URIs:/ { url = $2 }
            !url && /^deb / { sub(/\[[^]]*\] */, ""); url = $2 }
            END { print url }') || true
    [ -n "$url" ] || not_here "/etc/apt names no mirror"
    echo "$url"
}
