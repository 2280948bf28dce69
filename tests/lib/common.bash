# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for the test files
#
# What every bats file loads: a bundle, the runtime under test, and the questions asked of the host about a container.
#
#   RUNTIME       the program under test          (default: build/casemate)
#   RUNTIME_TEST  the one with protections that can be taken away, for control arms (build-hooks/casemate-test)
#   RUNTIME_ASAN  the one with sanitizers         (build-asan/casemate)
#   CT_HELPERS    directory of probe, death, nsjoin (built here when it is not given)

CT_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CT_BUILD=${CT_BUILD:-$CT_TOP/build}

ct_binary() { # DIR NAME: where meson put a program
    local try
    for try in "$1/$2" "$1/src/$2"; do
        [ ! -x "$try" ] || { echo "$try"; return; }
    done
    echo "$1/$2"
}
RUNTIME=${RUNTIME:-$(ct_binary "$CT_BUILD" casemate)}
RUNTIME_TEST=${RUNTIME_TEST:-$(ct_binary "$CT_BUILD-hooks" casemate-test)}
RUNTIME_ASAN=${RUNTIME_ASAN:-$(ct_binary "$CT_BUILD-asan" casemate)}
CT_HELPERS=${CT_HELPERS:-$CT_BUILD-helpers}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:exitcode=99}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1:exitcode=99}
unset LISTEN_FDS LISTEN_PID NOTIFY_SOCKET

fail() {
    printf '%s\n' "$*"
    return 1
}

# bats keeps the stack by a trap before every command of every function: 0.4 ms each, and 10 in an emulated machine, which is more than most
# commands take. From here on only the lines of the test itself have it, enough to tell which of them failed. CT_TRACE=1: all have it.
ct_untraced() {
    local name
    [ "${CT_TRACE:-}" != 1 ] || return 0
    set +o functrace
    # the handlers of failures as well: bash calls the trap at wrong lines before them, which they find out only if they are traced
    for name in "${BATS_TEST_NAME:-}" setup teardown setup_file teardown_file bats_error_trap bats_check_status_from_trap; do
        ! declare -F "$name" >/dev/null || declare -ft "$name"
    done
}

# ---- one directory, one state root and one id per test; everything in it is gone afterwards ----

ct_setup() {
    ct_untraced
    ct_begin
}
ct_begin() {
    [ -x "$RUNTIME" ] || fail "no program to test: $RUNTIME (build it, or give RUNTIME=)"
    umask 022
    T=$(mktemp -d "${CT_TMP:-/tmp}/ct.XXXXXXXX")
    chmod 755 "$T"
    ct_for_containers "$T"
    ROOT=$T/state
    CT_TAG=ct${CT_RUN:-$$}x${T##*/ct.}
    ID=$CT_TAG-1
    BUNDLE=$T/bundle
    CT_HOST_MOUNTS=$(</proc/self/mountinfo)
}

ct_teardown() {
    local ended=0
    ct_sweep
    # A failed test has reported already; only a passed one is judged by what it left.
    [ "${BATS_TEST_COMPLETED:-}" != 1 ] || assert_no_residue || ended=1
    [ "${CT_KEEP:-}" = 1 ] || rm -rf --one-file-system "$T"
    return $ended
}

setup() { ct_setup; }
teardown() { ct_teardown; }

# The same for a user without privilege who exists in a private view of /etc only: "rl" is the runtime as called by that user.
ct_setup_unprivileged() { # USER-ID START-OF-SUBORDINATE-IDS
    need_root
    command -v newuidmap >/dev/null || skip "newuidmap is missing (package uidmap)"
    ct_setup
    install -m 755 "$RUNTIME" "$T/casemate"
    UNPRIVILEGED=("$CT_TOP/tests/lib/as-user" "$T/etc" "$1" "$2" env -i "PATH=$PATH" HOME=/ "XDG_RUNTIME_DIR=$T/xdg")
    install -d -m 700 -o "$1" -g "$1" "$T/xdg"
    "${UNPRIVILEGED[@]}" unshare -U true 2>/dev/null || skip "this host does not let users make user namespaces"
    ROOT=$T/xdg/casemate
    make_bundle
    configure 'del(.linux.resources.memory, .linux.resources.pids) | .process.user = {"uid": 1000, "gid": 1000}'
    chown -R "$1:$1" "$BUNDLE"
}
ct_teardown_unprivileged() {
    [ -n "${T:-}" ] || return 0
    [ ! -d "$ROOT/$ID" ] || "${UNPRIVILEGED[@]}" timeout 20 "$T/casemate" delete --force "$ID" 3>&- || true
    ct_teardown
}
rl() { try "${UNPRIVILEGED[@]}" "$T/casemate" "$@"; }

# Deletes what the test did not: through the runtime, then whatever carries the test's tag.
ct_sweep() {
    local id dir root
    for root in "$T"/state*; do
        [ -d "$root" ] || continue
        for id in "$root"/"$CT_TAG"*; do
            [ ! -d "$id" ] || timeout -k 5 20 "$RUNTIME" --root "$root" delete --force "$(basename "$id")" >/dev/null 2>&1 </dev/null 3>&- || true
        done
    done
    while read -r dir; do
        CT_SWEPT+="$dir "
        echo 1 2>/dev/null >"$dir/cgroup.kill" || true
        sleep 0.1
        rmdir "$dir" 2>/dev/null || true
    done < <(ct_cgroups)
}

ct_cgroup_root() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo /sys/fs/cgroup
    else
        echo /sys/fs/cgroup/unified
    fi
}
# Others make and remove cgroups at the same time: what find could not enter is not ours.
ct_cgroups() { find "$(ct_cgroup_root)" -depth -type d -name "*${1:-$CT_TAG}*" 2>/dev/null || true; }
ct_host_mounts() { ct_mounts_of "$(</proc/self/mountinfo)"; }
ct_mounts_of() { awk '{print $3, $4, $5, $6}' <<<"$1" | sort; } # MOUNTINFO

# Processes in any cgroup of this test (or of one id). One that has ended and waits for the host's init to reap it is none.
ct_processes() {
    local dir
    for dir in $(grep -l -s -- "${1:-$CT_TAG}" /proc/[0-9]*/cgroup); do
        dir=${dir%/cgroup}
        ended "${dir#/proc/}" || echo "${dir#/proc/}"
    done
}
ended() { # PID
    local state
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || true
    [ -z "$state" ] || [ "$state" = Z ] || [ "$state" = X ]
}

# PID: it has executed its program. What is told at the end of `start` and of a detached exec is that it will, with nothing left to fail.
executed() {
    local program
    program=$(readlink "/proc/$1/exe") && [[ ${program##*/} != *casemate* ]] && [ -n "$(tr -d '\0' 2>/dev/null <"/proc/$1/cmdline")" ]
}

catches() { ((16#$(status_field "$1" SigCgt) >> ($2 - 1) & 1)); } # PID SIGNAL: before it has said so, the first process of a container loses it
in_front() { # COMMAND: a process with that command line is in the foreground of its terminal
    local pid
    for pid in $(pgrep -fx "$1"); do
        ! awk '{exit $5 != $8}' "/proc/$pid/stat" || return 0
    done
    return 1
}

is_crowded() { [ "$(wc -c <"/proc/$1/status")" -gt 500000 ]; } # PID: of crowd, with all its groups

# Nothing of the test's containers is left: process, cgroup, mount, state directory.
assert_no_residue() {
    local left
    left=$(ct_processes | tr '\n' ' ')
    [ -z "$left" ] || fail "processes left: $left" || return 1
    left=$(ct_cgroups)
    [ -z "$left$CT_SWEPT" ] || fail "cgroups left: $left $CT_SWEPT" || return 1
    left=$(</proc/self/mountinfo)
    if [ "$left" != "$CT_HOST_MOUNTS" ]; then # nearly always it is, and no program need be started to see that
        left=$(comm -13 <(ct_mounts_of "$CT_HOST_MOUNTS") <(ct_mounts_of "$left"))
        [ -z "$left" ] || fail "mounts left on the host: $left" || return 1
    fi
    for left in "$ROOT/$CT_TAG"*; do
        [ ! -e "$left" ] && [ ! -L "$left" ] || fail "state left: $left" || return 1
    done
}
# The same for one id, while others may live.
assert_gone() { # ID
    [ ! -e "$ROOT/$1" ] || fail "state directory of $1 is left" || return 1
    [ -z "$(ct_cgroups "$1")" ] || fail "cgroup of $1 is left" || return 1
    [ -z "$(ct_processes "$1")" ] || fail "a process of $1 is left"
}

# ---- bundles ----

# Where SELinux labels, containers use what is theirs only; what is made in a directory has its type.
ct_for_containers() { # DIR
    [ ! -e /sys/fs/selinux/enforce ] || chcon -R -t container_file_t "$1"
}

ct_helpers() {
    [ -n "${CT_HELPERS_READY:-}" ] || "$CT_TOP/tests/lib/build-helpers" "$CT_HELPERS" || return 1
    CT_HELPERS_READY=1
}

# CT_ROOTFS, where it is given, is made once and copied from then on, and so is the configuration beside it: where starting a program costs a tenth of a second, fifty links cost five.
make_rootfs() { # DIR
    local applet
    if [ -n "${CT_ROOTFS:-}" ] && [ "$1" != "$CT_ROOTFS" ]; then
        [ -e "$CT_ROOTFS/etc/group" ] || { make_rootfs "$CT_ROOTFS" && ct_for_containers "$CT_ROOTFS"; } || return 1
        mkdir -p "$1" && cp -a "$CT_ROOTFS/." "$1"
        return
    fi
    ct_helpers || return 1
    mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp,run,var,home}
    cp "$(ct_busybox)" "$1/bin/busybox"
    cp "$CT_HELPERS/probe" "$CT_HELPERS/death" "$1/bin/"
    for applet in sh cat ls id sleep true false env printenv grep sed awk mount umount hostname stat touch mkdir rm cp echo head tail wc nice \
        kill ps find readlink test tr cut sort od dd pwd chmod chown ln sync seq ulimit; do
        ln -s busybox "$1/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n' >"$1/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\n' >"$1/etc/group"
}

ct_busybox() {
    local b
    for b in /bin/busybox /usr/bin/busybox /usr/lib/busybox-static/busybox; do
        [ ! -x "$b" ] || { echo "$b"; return; }
    done
    fail "no busybox (package busybox-static)"
}

make_bundle() { # [DIR]: rootfs and the runtime's own `spec`, without a terminal, running sleep
    local dir=${1:-$BUNDLE}
    mkdir -p "$dir"
    make_rootfs "$dir/rootfs" || return 1
    if [ -n "${CT_ROOTFS:-}" ] && [ -e "$CT_ROOTFS.json" ]; then
        cp "$CT_ROOTFS.json" "$dir/config.json"
        return
    fi
    "$RUNTIME" spec --bundle "$dir" || return 1
    configure_in "$dir" '.process.terminal = false | .process.args = ["/bin/sleep", "1000"]' || return 1
    [ -z "${CT_ROOTFS:-}" ] || cp "$dir/config.json" "$CT_ROOTFS.json"
}

configure_in() { # DIR JQ-EXPRESSION [JQ-OPTIONS]
    local dir=$1
    shift
    jq "$@" "$dir/config.json" >"$dir/config.json.new" && mv "$dir/config.json.new" "$dir/config.json"
}
configure() { configure_in "$BUNDLE" "$@"; }
set_args() { jq '.process.args = $ARGS.positional' --args -- "$@" <"$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"; }

# What a policy allows to be mounted, as $T/policy, and the bundle with one bind mount on /mnt, for tests of such rules.
mount_rules() { printf '{"version": 1, "mounts": {"allow": [%s]}}\n' "$*" >"$T/policy/policy.json"; } # RULE: as JSON
bind_on_mnt() { # SOURCE OPTION…
    jq --arg source "$1" '.mounts |= map(select(.destination != "/mnt")) | .mounts += [{destination: "/mnt", type: "bind", source: $source, options: $ARGS.positional}]' \
        --args -- "${@:2}" <"$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
}

# ---- calling the runtime ----

# Runs a command with files for its output (a pipe would stay open in a detached container) and with none of bats' descriptors: $status, $T/out, $T/err.
try() {
    status=0
    timeout -k 5 "${CT_TIMEOUT:-30}" "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
}
ct() { try "$RUNTIME" --root "$ROOT" "$@"; }
# Control arm: the test build, with the named protections (comma separated) taken away.
without() {
    local what=$1
    shift
    CASEMATE_TEST_WITHOUT=$what try "$RUNTIME_TEST" --root "$ROOT" "$@"
}
need_test_build() { [ -x "$RUNTIME_TEST" ] || skip "control arm needs the test build: $RUNTIME_TEST is not there"; }
need_hook() { # NAME: of something that the test build can take away
    need_test_build
    grep -qa -- "$1" "$RUNTIME_TEST" || skip "the test build cannot take \"$1\" away"
}
need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

show() {
    printf '%s\nstatus: %s\nstdout: %s\nstderr: %s\n' "$1" "$status" "$(head -c 3000 "$T/out")" "$(head -c 3000 "$T/err")"
    return 1
}
ok() { [ "$status" = 0 ] || show "${1:-it should have succeeded}"; }
exits() { [ "$status" = "$1" ] || show "exit status should be $1"; }
says() { grep -qE -- "$1" "$T/err" || show "stderr should match: $1"; }
prints() { grep -qE -- "$1" "$T/out" || show "stdout should match: $1"; }
# What was said, but for the notice of what this host cannot enforce, which is not the tests' subject.
errors() { grep -v 'level=warning msg="not enforced on this host: ' "$T/err" || true; }
silent() { [ -z "$(errors)" ] || show "stderr should be empty"; }

# A failure as everybody wants it: status 1, one line, nothing of sanitizers or crashes, and its text.
fails_with() { # EXTENDED-REGEX
    [ "$status" = 1 ] || show "exit status should be 1" || return 1
    ! grep -qE 'AddressSanitizer|runtime error|LeakSanitizer' "$T/err" || show "a sanitizer complains" || return 1
    [ "$(grep -c . "$T/err")" = 1 ] || show "the error should be one line" || return 1
    ! LC_ALL=C grep -q '[^[:print:][:space:]]' <(LC_ALL=C tr -d '\200-\377' <"$T/err") || show "the error has control characters" || return 1
    says "$1"
}

create() { ct create --bundle "$BUNDLE" "$@"; }
start_container() { # [ID]: create and start, and the pid of init in $pid
    create "${1:-$ID}"
    ok "create" || return 1
    ct start "${1:-$ID}"
    ok "start" || return 1
    pid=$(pid_of "${1:-$ID}")
}
pid_of() { "$RUNTIME" --root "$ROOT" state "${1:-$ID}" 3>&- | jq -r .pid; }
status_of() { "$RUNTIME" --root "$ROOT" state "${1:-$ID}" 3>&- | jq -r .status; }
# Runs a shell script in a fresh container; its output in $T/out.
run_inside() { # SCRIPT
    set_args /bin/sh -c "$1"
    ct run --bundle "$BUNDLE" "$ID"
}
# A bound that is only there to end at all: on a busy machine minutes may pass between two looks, so that there are always some more than the seconds allow.
within() { # SECONDS COMMAND...
    local i end=$((SECONDS + $1))
    shift
    for ((i = 0; i < 100 || SECONDS <= end; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    return 1
}
eventually() { within "${CT_PATIENCE:-30}" "$@"; } # COMMAND...
is_status() { [ "$(status_of "$2")" = "$1" ]; }
wait_status() { eventually is_status "$1" "${2:-$ID}" || fail "status of ${2:-$ID} is $(status_of "${2:-$ID}"), should become $1"; }

# ---- what the host sees ----

status_field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; } # PID FIELD
ns_of() { readlink "/proc/$1/ns/$2"; }                              # PID TYPE
is_in() { # PID OTHER-PID TYPE…: the same namespaces
    local a=$1 b=$2 type
    shift 2
    for type in "$@"; do
        [ "$(ns_of "$a" "$type")" = "$(ns_of "$b" "$type")" ] || fail "$type of $a is not that of $b" || return 1
    done
}
is_out() { # PID OTHER-PID TYPE…
    local a=$1 b=$2 type
    shift 2
    for type in "$@"; do
        [ "$(ns_of "$a" "$type")" != "$(ns_of "$b" "$type")" ] || fail "$type of $a is that of $b" || return 1
    done
}
fds_of() { find "/proc/$1/fd" -mindepth 1 -printf '%f\n' | sort -n | tr '\n' ' '; }
cgroup_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
mount_flags() { awk -v at="$2" '$5 == at {flags = $6} END {print flags}' "/proc/$1/mountinfo"; } # PID MOUNT-POINT: of the topmost
has_word() { case ",$1," in *",$2,"*) ;; *) fail "$1 lacks $2" ;; esac; }
cap_value() { # CAP_A CAP_B…: as status shows a set
    local name number value=0
    for name in "$@"; do
        number=$(awk -v n="$name" '$1 == "#define" && $2 == n {print $3}' /usr/include/linux/capability.h)
        value=$((value | 1 << number))
    done
    printf '%016x' "$value"
}

# How many ranges of ids are held.
slots_held() { "$CT_TOP/tests/lib/held" "$@" | wc -l; } # [STATE-ROOT]

# A directory as a whole: names, types, modes, owners, link counts, times and contents. Access times are left out: reading is allowed.
tree_hash() {
    (
        cd "$1" && find . -xdev -printf '%p %y %m %U:%G %s %T@ %C@ %n %l\n' | LC_ALL=C sort
        find . -xdev -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
    ) | sha256sum
}

# ---- what probe said ----

probed() { # FILE OP: OK, an errno name, or signal N
    jq -rn --arg op "$2" 'first(inputs | select(.op == $op)) | if .ok then "OK" else .errno // "signal \(.signal)" end' "$1" 2>/dev/null
}
probed_is() { # FILE OP WANTED: names separated by |
    local got
    got=$(probed "$1" "$2")
    case "|$3|" in
    *"|$got|"*) ;;
    *) fail "probe $2: ${got:-no answer}, should be $3; all: $(head -c 2000 "$1")" ;;
    esac
}
# The control arm for ownership: every namespace made in the usual order, all capabilities, no filter.
usual_order() {
    try unshare -UrmpiunC --fork --mount-proc "$@"
}
# As container root with everything that could be wrong being wrong: all capabilities, no filter.
as_strongest() { # PID PROBE-OPERATIONS…
    ct_helpers || return 1
    try "$CT_HELPERS/nsjoin" "$1" "$CT_HELPERS/probe" "${@:2}"
}
