# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables are for the test files, and from common.bash
#
# For tests of the systemd driver, besides common.bash: a bundle whose scope has the test's tag in its name, and what systemd says of it.

SLICE=casemate_test.slice
unit_of() { echo "lab-${1:-$ID}.scope"; }
scope_of() { echo "/sys/fs/cgroup/$SLICE/$(unit_of "${1:-$ID}")"; }
property() { systemctl ${USER_MANAGER:-} show -P "$1" "${2:-$(unit_of)}"; } # NAME [UNIT]
has_properties() { # NAME=VALUE…: asked for at once, since each call takes long in an emulated machine
    local all one
    all=$(systemctl show "$(unit_of)")
    for one in "$@"; do
        grep -qxF -- "$one" <<<"$all" || fail "it should be $one: $(grep -- "^${one%%=*}=" <<<"$all")" || return 1
    done
}
has_unit() { [ "$(property LoadState "$(unit_of "${1:-$ID}")")" != not-found ]; }
no_unit() { ! has_unit "${1:-$ID}"; }
units_left() { systemctl ${USER_MANAGER:-} list-units --all --plain --no-legend "*$CT_TAG*"; }
no_units() { [ -z "$(units_left)" ]; }

setup_systemd() {
    [ "$(cat /proc/1/comm)" = systemd ] || skip "systemd does not run here"
    ct_setup
    make_bundle
    place "$ID"
}
place() { configure ".linux.cgroupsPath = \"$SLICE:lab:$1\""; } # ID
sd() { try "$RUNTIME" --systemd-cgroup --root "$ROOT" "$@"; }
sd_create() { sd create --bundle "$BUNDLE" "${1:-$ID}"; }
sd_start() { # [ID]: create and start
    sd_create "${1:-$ID}"
    ok "create" || return 1
    ct start "${1:-$ID}"
    ok "start" || return 1
    pid=$(pid_of "${1:-$ID}")
}
teardown_systemd() {
    [ -n "${T:-}" ] || return 0
    ct_teardown || return 1
    [ "${BATS_TEST_COMPLETED:-}" != 1 ] || eventually no_units || fail "units left: $(units_left)"
}

# The files of a cgroup that limit, one a line.
limits_of() { # DIRECTORY
    local file
    for file in memory.max memory.high memory.low memory.min memory.swap.max memory.oom.group pids.max cpu.max cpu.max.burst cpu.weight cpu.idle cpuset.cpus cpuset.mems \
        io.max io.weight hugetlb.2MB.max; do
        [ ! -e "$1/$file" ] || echo "$file $(tr '\n' ' ' <"$1/$file")"
    done
}
