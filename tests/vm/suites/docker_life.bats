#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=200
# docker with its own drop-in files: the life of a container, and what it is from the host's side. Control arms are the same with runc.
# shellcheck disable=SC2154,SC2016 # pid comes from up; programs for shells in containers
load ../../lib/common
load ../docker

@test "run --rm: output, status, the bridge; root is nobody on the host" {
    box box sh -c 'cat /proc/self/uid_map; ip -o addr show dev eth0; echo wrong >&2; exit 7'
    exits 7
    prints '^ *0 +[1-9][0-9]{5,} +65536$'
    prints 'eth0 +inet 172\.'
    says wrong
    nothing_left
    # control arm
    box --runtime runc box cat /proc/self/uid_map
    prints '^ *0 +0 +4294967295$'
}

@test "--network none, --init, another user" {
    box --network none --init --user 1000 box sh -c 'ls /sys/class/net; id -u; tr "\0" " " </proc/1/cmdline'
    ok
    [ "$(head -n 2 "$T/out" | tr '\n' ' ')" = 'lo 1000 ' ] || show "the network, or the user"
    prints '^/sbin/docker-init -- sh'
}

@test "limits, capabilities, volumes, tmpfs, a health check, exec, logs, top, stats, pause, update, stop with grace, restart, kill" {
    up --read-only --memory 64m --pids-limit 50 --cap-drop ALL --tmpfs /scratch -v named:/data --health-cmd 'test -e /data/well' --health-interval 1s --health-start-period 60s \
        box sh -c 'trap "echo bye; exit 3" TERM; touch /data/well; echo up; while :; do sleep 1 & wait $!; done'
    has memory.max=67108864 pids.max=50
    [ "$(status_field "$pid" Uid | cut -f1)" -ge 65536 ] || fail "root of the host"
    [ "$(status_field "$pid" CapBnd) $(status_field "$pid" CapEff) $(status_field "$pid" Seccomp) $(status_field "$pid" NoNewPrivs)" = '0000000000000000 0000000000000000 2 1' ] || fail "$(cat "/proc/$pid/status")"
    [ "$(cat "/proc/$pid/attr/apparmor/current" 2>/dev/null || cat "/proc/$pid/attr/current")" = 'docker-default (enforce)' ] || fail "the label: $(cat "/proc/$pid/attr/current")"
    d exec c1 sh -c 'touch /scratch/x /data/x && echo wrote; grep -E "^(CapBnd|Seccomp|NoNewPrivs)" /proc/self/status; touch /x; exit 7'
    exits 7
    prints wrote
    says '/x: Read-only file system'
    [ "$(grep -E '^(CapBnd|Seccomp|NoNewPrivs)' "$T/out")" = "$(grep -E '^(CapBnd|Seccomp|NoNewPrivs)' "/proc/$pid/status")" ] || show "exec is weaker than init"
    [ -e "$(docker volume inspect -f '{{.Mountpoint}}' named)/x" ] || fail "the volume"
    d top c1 -eo pid,comm
    prints "^$pid +sh"
    d stats --no-stream c1
    ok && prints ' / 64MiB'
    d pause c1
    ok && grep -q 'frozen 1' "$CG/cgroup.events"
    d exec c1 true
    exits 1
    says 'Container c1 is paused, unpause the container before exec'
    d unpause c1
    ok && grep -q 'frozen 0' "$CG/cgroup.events"
    d update --memory 96m --memory-swap 96m --pids-limit 60 --cpus 0.5 c1
    ok
    has memory.max=100663296 memory.swap.max=0 pids.max=60 'cpu.max=50000 100000'
    eventually is_healthy || fail "$(inspect '{{json .State.Health}}')"
    d stop -t 60 c1
    ok
    [ "$(inspect '{{.State.ExitCode}}')" = 3 ] || fail "exit status $(inspect '{{.State.ExitCode}}')"
    d logs c1
    [ "$(cat "$T/out")" = $'up\nbye' ] || show "the log"
    d restart c1
    ok && [ "$(inspect '{{.State.Running}}')" = true ]
    d kill c1
    ok && [ "$(inspect '{{.State.ExitCode}}')" = 137 ]
    nothing_left
}
is_healthy() { [ "$(inspect '{{.State.Health.Status}}')" = healthy ]; }

@test "terminals: run -it and exec -it" {
    "$CT_TOP/tests/lib/on-terminal" 'expect=[$#] ' 'send=tty && echo run-$((1 + 1))\r' 'expect=/dev/.*' 'expect=run-2' 'send=exit 4\r' exit=4 -- docker run --rm -it box sh 3>&-
    up box sleep 1000
    "$CT_TOP/tests/lib/on-terminal" 'expect=[$#] ' 'send=tty && echo exec-$((1 + 1))\r' 'expect=/dev/.*' 'expect=exec-2' 'send=exit 5\r' exit=5 -- docker exec -it c1 sh 3>&-
    nothing_left
}

@test "cp, diff and commit are about docker's own root; what the container writes to an ephemeral one is not in it" {
    up --annotation casemate.rootfs=ephemeral box sh -c 'echo x >/own; exec sleep 1000'
    echo hello >"$T/hello"
    d cp "$T/hello" c1:/hello
    ok
    d cp c1:/etc/passwd "$T/passwd"
    ok && grep -q '^root:' "$T/passwd"
    d diff c1
    prints '^A /hello$'
    ! grep -q own "$T/out" || show "what the container wrote"
    own() { d exec c1 cat /own && grep -q x "$T/out"; }
    eventually own || show "what the container wrote itself"
    d commit c1 box2
    ok
    box box2 sh -c 'cat /hello; stat -c %u /hello; [ ! -e /own ]'
    ok
    [ "$(cat "$T/out")" = $'hello\n0' ] || show "the new image"
    nothing_left
}

@test "exit codes of what cannot be executed" {
    box box /no/such
    exits 127
    says 'OCI runtime create failed: .*/no/such.*no such file or directory'
    box box /etc/passwd
    exits 126
    says 'permission denied'
    nothing_left
}

@test "another container's network and processes, in its user namespace; exec --privileged is refused" {
    up box sleep 1000
    box --network container:c1 --pid container:c1 box sh -c 'ps; ip -o addr show dev eth0; cat /proc/self/uid_map'
    ok
    prints ' 1 root +sleep 1000'
    prints "$(inspect '{{.NetworkSettings.IPAddress}}')/"
    [ "$(grep -E '^ *0 +[0-9]+ +65536$' "$T/out")" = "$(cat "/proc/$pid/uid_map")" ] || show "another user namespace"
    # its processes without its network: a network of its own could only belong to that user namespace
    box --pid container:c1 box true
    exits 125
    says '\[CM-NS-JOIN\] /linux/namespaces: .*join its network as well: unknown\.$'
    d exec --privileged c1 true
    exits 126
    prints '^OCI runtime exec failed: exec failed: .*casemate policy refuses this process: .*\[CM-CAP-REFUSED\] .*CAP_SYS_ADMIN reaches beyond the container and no policy grants it; remove it'
    nothing_left
}
