#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Covers of masked and read-only paths, and mounts of the config, when links of the image lead their paths to / or into /proc, /sys and /dev.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
}

MASKED='interrupts kcore keys timer_list latency_stats sched_debug'

# Bytes of the masked files under their names and above the root.
reads() {
    local name
    for name in $MASKED; do
        [ ! -e "/proc/$name" ] || printf 'read=/proc/%s read=/../proc/%s read=/../../proc/%s ' "$name" "$name" "$name"
    done
}
still_masked() { # WHAT
    local op
    for op in $(reads); do
        case $(probed "$T/out" "$op") in
        OK) [ "$(jq -rn --arg op "$op" 'first(inputs | select(.op == $op)) | .ret' "$T/out")" = 0 ] || show "$1: $op shows what is masked" || return 1 ;;
        EACCES | EPERM | ENOENT) ;;
        *) show "$1: $op" || return 1 ;;
        esac
    done
}

@test "control: these files have something to show without masks" {
    need_hook masks
    # shellcheck disable=SC2046 # words
    set_args /bin/probe $(reads)
    without masks run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(jq -r 'select(.ok and .ret > 0) | .op' "$T/out" | grep -c interrupts)" = 3 ] || show "/proc/interrupts"
}

@test "a link to / as a masked or read-only path: refused, or everything stays masked" {
    local kind path to ran=0
    for to in / .. /. ../../ /proc/.. /sys/../; do
        rm -f "$BUNDLE/rootfs/foo"
        ln -s "$to" "$BUNDLE/rootfs/foo"
        for path in /foo /foo/ /foo/.; do
            for kind in readonlyPaths maskedPaths; do
                # shellcheck disable=SC2046 # words
                jq --arg path "$path" ".linux.$kind |= [\$path] + ." "$T/good.json" >"$BUNDLE/config.json"
                # shellcheck disable=SC2046 # words
                set_args /bin/probe $(reads) open-w=/proc/sys/kernel/msgmax open-w=/../proc/sys/kernel/msgmax create=/new create=/../new
                ct run --bundle "$BUNDLE" "$ID"
                if [ "$status" = 0 ]; then
                    ran=$((ran + 1))
                    still_masked "foo -> $to, $kind $path" || return 1
                    for op in open-w=/proc/sys/kernel/msgmax open-w=/../proc/sys/kernel/msgmax create=/new create=/../new; do
                        probed_is "$T/out" $op 'EACCES|EPERM|EROFS|ENOENT' || fail "foo -> $to, $kind $path" || return 1
                    done
                else
                    fails_with "/linux/$kind|CM-[A-Z-]+|masking|read-only" || fail "foo -> $to, $kind $path" || return 1
                fi
                assert_gone "$ID" || return 1
            done
        done
    done
}

@test "a link to / in front of a kernel path masks that path" {
    # the path is another name of one that is covered already, or will be
    local kind
    ln -s / "$BUNDLE/rootfs/foo"
    for kind in readonlyPaths maskedPaths; do
        jq ".linux.$kind |= [\"/foo/proc/interrupts\", \"/foo/proc/sys\"] + ." "$T/good.json" >"$BUNDLE/config.json"
        # shellcheck disable=SC2046 # words
        set_args /bin/probe $(reads)
        ct run --bundle "$BUNDLE" "$ID"
        [ "$status" != 0 ] || still_masked "$kind" || return 1
        [ "$status" = 0 ] || fails_with "/linux/$kind|masking|read-only|CM-" || return 1
        assert_gone "$ID" || return 1
    done
}

# A mount of the config through a link: refused with the reason. One that comes before /proc, /sys and /dev in the config is covered by them.
leads_into() { # DESTINATION IMAGE-DIRECTORY KERNEL-PATH-THAT-MUST-BE-THERE
    mkdir -p "$BUNDLE/rootfs/$2"
    local where
    for where in '. + [$m]' '[$m] + .'; do
        jq --arg to "$1" '{destination: $to, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]} as $m | .mounts |= ('"$where)" "$T/good.json" \
            >"$BUNDLE/config.json"
        set_args /bin/sh -c "test -e $3 && test -c /dev/null && test -e /proc/self/attr/current && test -d /sys/class && echo intact"
        ct run --bundle "$BUNDLE" "$ID"
        if [ "$status" = 0 ] && [ "$where" = '[$m] + .' ]; then
            prints '^intact$' || fail "$1 ($where)" || return 1
        else
            fails_with 'a link in the rootfs leads the mount point|CM-MOUNT-TARGET' || fail "$1 ($where)" || return 1
        fi
        assert_gone "$ID" || return 1
    done
}

@test "links of the image that lead mounts into /proc, /sys and /dev" {
    ln -s proc "$BUNDLE/rootfs/lp"
    ln -s /sys "$BUNDLE/rootfs/ls"
    ln -s ./dev "$BUNDLE/rootfs/ld"
    ln -s lp/self "$BUNDLE/rootfs/lps"
    leads_into /lp/self/attr proc/self/attr /proc/self/attr/current
    leads_into /lp/sys proc/sys /proc/sys/kernel
    leads_into /lp/sys/kernel proc/sys/kernel /proc/sys/kernel/ostype
    leads_into /lp proc /proc/self
    leads_into /lps/attr proc/self/attr /proc/self/attr/current
    leads_into /ls sys /sys/class
    leads_into /ls/kernel sys/kernel /sys/kernel/mm
    leads_into /ls/fs/cgroup sys/fs/cgroup /sys/fs/cgroup/cgroup.procs
    leads_into /ld dev /dev/zero
    leads_into /ld/pts dev/pts /dev/pts/ptmx
}

@test "control: the same mounts work where no link leads them astray" {
    mkdir -p "$BUNDLE/rootfs/place/self/attr"
    ln -s place "$BUNDLE/rootfs/lp"
    configure '.mounts += [{"destination": "/lp/self/attr", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}]'
    run_inside 'touch /place/self/attr/x && grep " /place/self/attr " /proc/self/mountinfo'
    ok
}

# What moves is a mount point in another mount namespace, which the kernel allows. A container that starts must have every mount and mask all the same.
@test "somebody who renames /proc and /sys of the image while containers are made cannot keep a mask away" {
    cat >"$T/mover.py" <<'PY'
import os, sys, time
root = sys.argv[1]
while True:
    for name in ("proc", "sys"):
        try:
            os.rename(f"{root}/{name}", f"{root}/{name}.away")
            time.sleep(0.0001)
            os.rename(f"{root}/{name}.away", f"{root}/{name}")
        except OSError:
            pass
    time.sleep(0.0003)
PY
    mkdir -p "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/sys"
    # Opened before the mover takes /proc away again: what counts is how many mounts there are, whatever they are called now.
    set_args /bin/sh -c 'exec 3</proc/self/mountinfo || exit 9; cat <&3 | wc -l'
    ct run --bundle "$BUNDLE" "$ID"
    ok
    local whole i started=0 bad=
    whole=$(cat "$T/out")
    [ "$whole" -ge 12 ]
    python3 "$T/mover.py" "$BUNDLE/rootfs" 3>&- &
    local mover=$!
    for ((i = 0; i < 60; i++)); do
        ct run --bundle "$BUNDLE" "$ID"
        [ "$status" = 0 ] || continue
        started=$((started + 1))
        [ "$(cat "$T/out")" = "$whole" ] || { bad="launch $i: $(cat "$T/out") mounts instead of $whole"; break; }
    done
    kill $mover
    wait $mover 2>/dev/null || true
    [ -z "$bad" ] || fail "$bad"
    echo "# $started of 60 ran" >&3
}
