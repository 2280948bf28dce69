#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=150 only=podman.run|stop.with.grace|cp,
# podman with casemate, as contrib/podman makes it known: a container's life, and what the host sees of it.
load ../lib/common
load ../lib/podman

@test "podman run: output, exit status, the image's user, what is missing" {
    pm run --rm --network none $PODMAN_IMAGE sh -c 'id -u; echo said >&2; exit 7'
    exits 7
    prints '^0$'
    says '^said$'
    pm run --rm --network none --user 1000:1000 --workdir /tmp --env A=b $PODMAN_IMAGE sh -c 'id -u; pwd; echo $A; [ "$(hostname)" = "$(cat /etc/hostname)" ] && exit 5'
    exits 5
    [ "$(tr '\n' ' ' <"$T/out")" = "1000 /tmp b " ] || show
    pm run --rm --network none $PODMAN_IMAGE /not/there
    exits 127
    says 'exec: "/not/there": stat /not/there: no such file or directory'
    pm run --rm --network none $PODMAN_IMAGE /etc
    exits 126
}

@test "podman run -d: hardened as the host sees it, though nothing was asked for" {
    pm_start a
    local range
    range=$(awk '{print $1, $3}' "/proc/$pid/uid_map")
    [ "$range" = "0 65536" ] && [ "$(awk '{print $2}' "/proc/$pid/uid_map")" -ge 65536 ] || fail "mapped: $(cat "/proc/$pid/uid_map")"
    for type in user mnt pid ipc uts net cgroup; do
        [ "$(ns_of "$pid" $type)" != "$(ns_of self $type)" ] || fail "the host's $type namespace" || return 1
    done
    [ "$(status_field "$pid" NoNewPrivs)" = 1 ] && [ "$(status_field "$pid" Seccomp_filters)" = 2 ] || fail "filters: $(status_field "$pid" Seccomp_filters)" # ours and podman's
    [ "$((16#$(status_field "$pid" CapBnd) & ~16#00000000000005fb))" = 0 ] || fail "$(status_field "$pid" CapBnd)"
    has_word "$(mount_flags "$pid" /)" ro
    as_strongest "$pid" mount sethostname umount=/proc unshare-user
    probed_is "$T/out" mount EPERM
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" umount=/proc EPERM
    try "${VIEW[@]}" casemate check --container "$(said inspect -f '{{.Id}}' a)"
    ok "drift"
}

@test "control: with a usual runtime the same runs as the host's root, and root in it may write its root" {
    usual_runs --network none $PODMAN_IMAGE sh -c 'cat /proc/self/uid_map; touch /new'
    ok
    prints ' 0 *0 *4294967295'
}

@test "podman exec, top, logs, ps" {
    pm_start a --env A=b
    pm exec --user 1000 --env C=d a sh -c 'id -u; echo $A$C; exit 3'
    exits 3
    [ "$(tr '\n' ' ' <"$T/out")" = "1000 bd " ] || show
    pm exec a nosuch
    exits 127
    says 'exec: "nosuch": executable file not found in \$PATH'
    pm exec -d a sh -c 'echo of exec; sleep 1000'
    ok
    ct_sleeps() { [ "$(said top a args | grep -c 'sleep 1000')" = 2 ]; }
    eventually ct_sleeps || fail "$(said top a)"
    # whoever joins is confined as init is
    local second
    second=$(pgrep -f -n 'sleep 1000' --ns "$pid" --nslist pid)
    for field in Seccomp_filters NoNewPrivs CapBnd CapEff; do
        [ "$(status_field "$second" $field)" = "$(status_field "$pid" $field)" ] || fail "$field of exec: $(status_field "$second" $field)" || return 1
    done
    [ "$(ns_of "$second" user)" = "$(ns_of "$pid" user)" ]
    pm rm -f -t 0 a
    pm run --name l --network none $PODMAN_IMAGE sh -c 'echo one; echo two >&2'
    pm logs l
    ok
    grep -q one "$T/out" && cat "$T/out" "$T/err" | grep -q two || show "logs"
    pm ps -a --format '{{.Names}} {{.Status}}'
    prints '^l Exited \(0\)'
}

@test "on a terminal: run -it and exec -it" {
    try "${VIEW[@]}" "$CT_TOP/tests/lib/on-terminal" --size=33x99 'expect=# ' 'send=stty size; tty; exit 4\r' 'expect=33 99' 'expect=/dev/pts/0|/dev/console' exit=4 -- \
        podman --runtime casemate run --rm -it --network none $PODMAN_IMAGE sh
    ok "run -it"
    pm_start a
    try "${VIEW[@]}" "$CT_TOP/tests/lib/on-terminal" 'expect=# ' 'send=test -t 0 && echo is a terminal; exit 5\r' 'expect=is a terminal' exit=5 -- podman --runtime casemate exec -it a sh
    ok "exec -it"
}

@test "stop with grace, kill, restart, wait" {
    pm run -d --name a --network none $PODMAN_IMAGE sh -c 'trap "echo ended well; exit 9" TERM; echo ready; while :; do sleep 0.1; done'
    ok
    eventually ready_said || fail "$(said logs a)"
    pm stop -t 60 a
    ok
    [ "$(said inspect -f '{{.State.ExitCode}}' a)" = 9 ]
    said logs a | grep -q 'ended well'
    pm start a
    ok
    eventually ready_again || fail "$(said logs a)"
    first=$(podman_pid a)
    pm restart -t 60 a
    ok
    [ "$(podman_pid a)" != "$first" ] && is_up a
    pm kill --signal KILL a
    ok
    pm wait a
    prints '^137$'
    # a process that ignores TERM is killed when its time is over
    pm_start b
    pm stop -t 1 b
    ok
    [ "$(said inspect -f '{{.State.ExitCode}}' b)" = 137 ]
    ended "$pid"
}
ready_said() { said logs a | grep -q ready; }
ready_again() { [ "$(said logs a | grep -c ready)" = 2 ]; } # before that it does not listen yet, and is waited for in vain
is_up() { [ "$(said inspect -f '{{.State.Status}}' "$1")" = running ]; }

@test "pause and unpause: nothing of it runs meanwhile" {
    pm_start a
    pm pause a
    ok
    grep -q '^frozen 1' "$(ct_cgroup_root)$(cgroup_of "$pid")/cgroup.events" || fail "not frozen: $(cgroup_of "$pid")"
    [ "$(said inspect -f '{{.State.Status}}' a)" = paused ]
    pm exec a true
    [ "$status" != 0 ] || show "exec into a paused one"
    pm unpause a
    ok
    pm exec a true
    ok
    pm pause a
    pm rm -f -t 0 a
    ok "removing a paused one"
}

@test "cp, diff and commit: the engine's own layers are as it left them, and what is mounted is reached" {
    pm_start a --tmpfs /scratch
    echo from the host >"$T/file"
    podman_cp "$T/file" a:/scratch/file
    pm exec a cat /scratch/file
    prints 'from the host'
    podman_cp a:/etc/passwd "$T/passwd"
    cmp "$T/passwd" "$PODMAN/rootfs/etc/passwd"
    pm cp "$T/file" a:/etc/file # the root of what runs is read-only for everybody
    exits 125
    says 'read-only file system'
    pm stop -t 0 a
    podman_cp "$T/file" a:/etc/file # what does not run has only the engine's layers
    pm container diff a # the first image whose id begins with a would be it otherwise
    ok
    prints '^A /etc/file$'
    pm start a
    ok
    pm exec a cat /etc/file
    prints 'from the host'
    pm commit -q a localhost/ct-committed
    ok
    pm run --rm --network none localhost/ct-committed cat /etc/file
    prints 'from the host'
    said rmi localhost/ct-committed >/dev/null
}
podman_cp() {
    pm cp "$@"
    ok "cp"
}

@test "--read-only, --tmpfs, named volumes: what can be written to, and whose it is on the host" {
    pm run --rm --network none $PODMAN_IMAGE touch /new
    exits 1
    says 'Read-only file system'
    pm run --rm --network none --read-only $PODMAN_IMAGE sh -c 'touch /tmp/x && touch /new'
    exits 1
    says '/new: Read-only file system'
    pm run --rm --network none --tmpfs /x:size=1m -v ct-volume:/data $PODMAN_IMAGE sh -c 'echo kept >/data/file; cp /bin/busybox /x/file'
    exits 1
    says 'No space left'
    file=$(said volume inspect -f '{{.Mountpoint}}' ct-volume)/file
    [ "$(in_view cat "$file")" = kept ]
    pm run --rm --network none -v ct-volume:/data:ro $PODMAN_IMAGE sh -c 'cat /data/file; touch /data/other'
    exits 1
    prints kept
    pm run --rm --network none --annotation casemate.rootfs=ephemeral $PODMAN_IMAGE sh -c 'echo new >/new && cat /new'
    ok "a throw-away root"
}

@test "secrets, and what is mounted below a volume where nothing was yet: mount points are made, and are the container's" {
    local data options
    printf hidden >"$T/secret"
    said secret create ct-secret "$T/secret" >/dev/null
    for options in '' '--uidmap 0:200000:65536 --gidmap 0:200000:65536'; do
        # shellcheck disable=SC2086 # several words
        pm run --rm --network none $options --secret ct-secret $PODMAN_IMAGE sh -c 'cat /run/secrets/ct-secret; echo; touch /run/secrets/new'
        exits 1
        prints '^hidden$'
        says '/run/secrets/new: Read-only file system'
    done
    said secret rm ct-secret >/dev/null
    said volume create ct-outer >/dev/null
    data=$(said volume inspect -f '{{.Mountpoint}}' ct-outer)
    for options in 0 1000; do # the volume's directory is somebody's of the image, too
        in_view chown $options:$options "$data"
        pm_start a -v ct-outer:/data --tmpfs /data/tmp$options -v ct-inner:/data/in$options/deep
        [ "$(in_view stat -c %u:%g "$data/tmp$options" "$data/in$options" "$data/in$options/deep" | sort -u)" = 0:0 ] || fail "$(in_view ls -lnR "$data")" || return 1
        pm exec a sh -c "stat -c %u /data /data/tmp$options /data/in$options/deep; touch /data/in$options/deep/file && grep -c ' /data' /proc/mounts"
        ok
        [ "$(tr '\n' ' ' <"$T/out")" = "$options 0 0 3 " ] || show "$options" || return 1
        [ "$(status_field "$pid" NoNewPrivs) $((16#$(status_field "$pid" CapEff) & ~16#00000000000005fb))" = "1 0" ] || fail "$(status_field "$pid" CapEff)" || return 1
        [ "$(awk '$1 == "Uid:" {print ($2 == $5)}' "/proc/$pid/status")" = 1 ] || fail "$(grep Uid "/proc/$pid/status")" || return 1
        pm rm -f -t 0 a
    done
}

@test "a health check, and rm -f of what runs" {
    pm_start a --health-cmd 'test -e /etc/passwd' --health-interval disable
    pm healthcheck run a
    ok
    pm_start b --health-cmd 'test -e /etc/nothing' --health-interval disable --health-retries 1
    pm healthcheck run b
    exits 1
    [ "$(said inspect -f '{{.State.Health.Status}}' a b | tr '\n' ' ')" = "healthy unhealthy " ]
    pm rm -f -t 0 a b
    ok
    ended "$pid"
}

@test "100 containers, 20 at a time, each with a status of its own, and nothing is left" {
    local n wrong=0
    one_of_many() {
        local status=0
        in_view podman --runtime casemate run --rm --name "n$1" --network none $PODMAN_IMAGE sh -c "exit $1" >"$T/said$1" 2>&1 </dev/null 3>&- 4>&- || status=$?
        echo "$status" >"$T/status$1"
    }
    for n in {1..100}; do
        [ "$(jobs -pr | wc -l)" -lt 20 ] || wait -n
        one_of_many "$n" &
    done
    wait
    for n in {1..100}; do
        [ "$(cat "$T/status$n")" = "$n" ] || { echo "the ${n}th: status $(cat "$T/status$n"): $(cat "$T/said$n")"; wrong=1; }
    done
    none_left() { [ -z "$(said ps -aq)" ]; }
    [ $wrong = 0 ] && eventually none_left
}
