#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest only=a.fork.bomb
# What a program inside can reach: system calls, kernel files, devices. Each has a control arm in which it works.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

# Entry points with the answer that they must give inside.
ENTRY_POINTS='mount=tmpfs:EPERM mount=proc:EPERM bind:EPERM remount-root:EPERM umount=/proc:EPERM open_tree:EPERM|ENOSYS fsopen:EPERM|ENOSYS
fspick:EPERM|ENOSYS move_mount:EPERM|ENOSYS mount_setattr:EPERM|ENOSYS pivot_root:EPERM chroot:EPERM sethostname:EPERM setdomainname:EPERM
unshare=user:EPERM|ENOSPC unshare=mnt:EPERM|ENOSPC unshare=net:EPERM|ENOSPC unshare=pid:EPERM|ENOSPC setns=mnt:EPERM setns=user:EPERM|EINVAL
clone3-newuser:ENOSYS clone-newuser:EPERM|ENOSPC nested-mount:EPERM|ENOSPC mknod-null:EPERM mknod-kmsg:EPERM mknod-disk:EPERM
bpf:EPERM perf_event_open:EPERM|EACCES io_uring_setup:ENOSYS|EPERM userfaultfd:ENOSYS|EPERM keyctl:EPERM|ENOSYS add_key:EPERM|ENOSYS
request_key:EPERM|ENOSYS init_module:EPERM|ENOSYS delete_module:EPERM|ENOSYS kexec_load:EPERM|ENOSYS reboot:EPERM swapon:EPERM acct:EPERM
syslog:EPERM clock_settime:EPERM quotactl:EPERM name_to_handle_at:EPERM|ENOSYS open_by_handle_at:EPERM personality:EPERM|EINVAL
kcmp:EPERM|ENOSYS pidfd_getfd:EPERM|ENOSYS process_vm_readv:EPERM|ENOSYS mbind:EPERM|ENOSYS fanotify_init:EPERM|ENOSYS
memfd_secret:EPERM|ENOSYS notification-pipe:EPERM|EINVAL|ENOSYS tiocsti:EPERM tiocsti-high-bits:EPERM tioclinux:EPERM no-such-call:ENOSYS
iopl:EPERM|ENOSYS ioperm:EPERM|ENOSYS modify_ldt:EPERM|ENOSYS x32:signal.31 capset-all:EPERM set-mm:EPERM spec-allow:EPERM|EACCES|EINVAL
setuid-unmapped:EINVAL|EPERM nice-down:EACCES|EPERM sched-fifo:EPERM ptrace-parent:EPERM'
# FAMILY:TYPE:PROTOCOL: ALG, VSOCK, PACKET, raw INET, netlink audit and uevent, RXRPC, CAN, KCM, XDP, TIPC, BLUETOOTH
SOCKETS='38:5:0 40:1:0 17:3:0 2:3:1 16:3:9 16:3:15 33:2:0 29:3:1 41:2:0 44:3:0 30:1:0 31:3:0 15:3:2 2:1:132 2:2:136 socket-high-bits'

@test "entry points of the kernel answer as the filter says" {
    local entry words=() problems='' got op want
    for entry in $ENTRY_POINTS; do
        words+=("${entry%%:*}")
    done
    set_args /bin/probe "${words[@]}" int80
    ct run --bundle "$BUNDLE" "$ID"
    ok
    for entry in $ENTRY_POINTS; do
        op=${entry%%:*} want=${entry#*:}
        got=$(probed "$T/out" "$op")
        case "|${want//./ }|" in *"|$got|"*) ;; *) problems+="$op: $got, should be $want"$'\n' ;; esac
    done
    [ "$(uname -m)" != x86_64 ] || [ "$(probed "$T/out" int80)" = "signal 31" ] || problems+="int80: $(probed "$T/out" int80)"$'\n'
    [ -z "$problems" ] || fail "$problems"
}

@test "control: without the filter most of them are reachable" {
    need_hook seccomp
    local reachable=0 op
    set_args /bin/probe keyctl add_key io_uring_setup userfaultfd kcmp process_vm_readv mbind memfd_secret personality ptrace-parent int80 tiocsti
    without seccomp run --bundle "$BUNDLE" "$ID"
    ok
    for op in keyctl add_key io_uring_setup userfaultfd kcmp process_vm_readv mbind memfd_secret personality ptrace-parent int80; do
        [ "$(probed "$T/out" $op)" != OK ] || reachable=$((reachable + 1))
    done
    [ $reachable -ge 8 ] || show "only $reachable of 11 are reachable: the test of the filter proves little"
    probed_is "$T/out" tiocsti ENOTTY
}

@test "socket families and types beyond the list" {
    local s problems='' words=()
    for s in $SOCKETS; do
        case $s in *:*) words+=("socket=$s") ;; *) words+=("$s") ;; esac
    done
    set_args /bin/probe "${words[@]}" socket=1:1:0 socket=2:1:6 socket=2:2:17 socket=10:1:0 socket=16:3:0
    ct run --bundle "$BUNDLE" "$ID"
    ok
    for s in "${words[@]}"; do
        case $(probed "$T/out" "$s") in EAFNOSUPPORT | EPROTONOSUPPORT | EPERM | EACCES) ;; *) problems+="$s: $(probed "$T/out" "$s")"$'\n' ;; esac
    done
    [ -z "$problems" ] || fail "$problems"
    for s in 1:1:0 2:1:6 2:2:17 10:1:0 16:3:0; do
        probed_is "$T/out" "socket=$s" OK
    done
}

@test "control: the packet and raw sockets exist on this kernel" {
    usual_order "$CT_HELPERS/probe" socket=17:3:0 socket=2:3:1 socket=16:3:9 socket=16:3:15
    probed_is "$T/out" socket=17:3:0 OK
    probed_is "$T/out" socket=2:3:1 OK
    probed_is "$T/out" socket=16:3:15 OK
}

@test "every system call number answers as the compiled table says" {
    local table=
    for table in "$CT_BUILD/libruntime/seccomp/seccomp-table" "$CT_BUILD/seccomp-table"; do
        [ ! -x "$table" ] || break
    done
    [ -x "$table" ] || skip "the build has no seccomp-table to compare with"
    set_args /bin/death
    CT_TIMEOUT=120 ct run --bundle "$BUNDLE" "$ID"
    ok
    [ "$(wc -l <"$T/out")" = 1024 ] || show "1024 answers"
    "$table" default >"$T/table"
    # columns of the table: number, action, errno; what is allowed may fail with any errno of its own, but never by the filter's hand
    awk 'NR == FNR {action[$1] = $2; number[$1] = $3; next}
        !($1 in action) {print $1 ": not in the table, answered " $2 " " $3; next}
        action[$1] ~ /^errno/ && !($2 == "errno" && $3 == number[$1]) {print $1 ": should be errno " number[$1] ", answered " $2 " " $3}
        action[$1] ~ /^kill/ && !($2 == "signal" && $3 == 31) {print $1 ": should kill, answered " $2 " " $3}
        action[$1] ~ /^allow/ && $2 == "signal" && $3 == 31 {print $1 ": should be allowed, was killed"}' "$T/table" "$T/out" >"$T/differences"
    [ ! -s "$T/differences" ] || fail "$(head -30 "$T/differences")"
    # and what is allowed is so in fact: it answers as it does without any filter, unless that needs a privilege
    usual_order "$CT_HELPERS/death"
    awk 'FNR == 1 {file++} file == 1 {action[$1] = $2} file == 2 {native[$1] = $2 " " $3} file == 3 && action[$1] ~ /^allow/ && $2 == "errno" && $3 == 38 && native[$1] != "errno 38" {print}' \
        "$T/table" "$T/out" <(:) >"$T/differences"
    [ ! -s "$T/differences" ] || fail "$(head -30 "$T/differences")"
}

@test "the root and the kernel's trees cannot be written, the places for it can" {
    run_inside 'for f in /x /etc/x /bin/x /usr /proc/x /sys/x /sys/fs/cgroup/x /dev/x; do (echo >$f) 2>/dev/null && echo "wrote $f"; done
        mkdir /sys/fs/cgroup/x 2>/dev/null && echo "made a cgroup"; (echo $$ >/sys/fs/cgroup/cgroup.procs) 2>/dev/null && echo "moved"
        (echo max >/sys/fs/cgroup/pids.max) 2>/dev/null && echo raised
        echo ok >/dev/shm/x && cat /dev/shm/x; mv /bin/ls /bin/ls2 2>/dev/null && echo moved; rm -f /etc/passwd 2>/dev/null; cat /etc/passwd | head -1'
    prints '^ok$'
    prints '^root:'
    ! grep -qE '^(wrote /(x|etc|bin|usr|proc|sys)|made|moved|raised)' "$T/out" || show "something was written"
}

@test "control: without the read-only root it is written" {
    need_test_build
    set_args /bin/sh -c 'echo >/x && echo wrote'
    without readonly,landlock run --bundle "$BUNDLE" "$ID"
    prints '^wrote$'
}

@test "/dev holds what it should and nothing else" {
    run_inside 'find /dev -mindepth 1 -maxdepth 1 | sort | tr "\n" " "; echo; ls -l /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; echo x >/dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c'
    ok
    head -1 "$T/out" | tr ' ' '\n' | grep -vxE '/dev/(null|zero|full|random|urandom|tty|ptmx|pts|shm|mqueue|fd|stdin|stdout|stderr)|' >"$T/extra" || true
    [ ! -s "$T/extra" ] || fail "more than expected: $(cat "$T/extra")"
    for node in null:1,.*3 zero:1,.*5 full:1,.*7 random:1,.*8 urandom:1,.*9 tty:5,.*0; do
        grep -qE "^c.* ${node#*:} .*/dev/${node%:*}$" "$T/out" || show "/dev/${node%:*}"
    done
    [ "$(tail -2 "$T/out" | tr '\n' ' ')" = "4 4 " ] || show "the nodes work"
}

@test "only the container's own processes exist" {
    sleep 4321 &
    local marker=$!
    run_inside 'ls /proc | grep -E "^[0-9]+$" | wc -l; cat /proc/*/cmdline | tr "\0" " "; kill -0 '$marker' 2>/dev/null && echo signalled; true'
    kill $marker
    ok
    ! grep -qE 'sleep.4321|^signalled' "$T/out" || show "a process of the host"
    [ "$(head -1 "$T/out")" -le 6 ] || show "too many processes"
}

@test "only loopback, up, and no abstract socket of the host" {
    python3 -c 'import socket,time,sys
s = socket.socket(socket.AF_UNIX); s.bind("\0'"$CT_TAG"'-abstract"); s.listen(); time.sleep(1000)' &
    local listener=$!
    eventually grep -q "$CT_TAG-abstract" /proc/net/unix
    run_inside 'ls /sys/class/net | tr "\n" " "; cat /proc/net/unix; cat /sys/class/net/lo/flags'
    kill $listener
    ok
    head -1 "$T/out" | grep -q '^lo ' || show interfaces
    ! grep -q "$CT_TAG-abstract" "$T/out" || show "the host's abstract socket"
    prints '^0x9$'
}

@test "set-id programs and file capabilities gain nothing" {
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/home/id"
    chmod 4755 "$BUNDLE/rootfs/home/id"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/home/grep"
    setcap cap_sys_admin,cap_setuid+ep "$BUNDLE/rootfs/home/grep" 2>/dev/null || python3 -c 'import os,struct,sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 21 | 1 << 7, 0, 0, 0))' "$BUNDLE/rootfs/home/grep"
    configure '.process.user = {"uid": 1000, "gid": 1000}'
    run_inside 'grep -E "^(Uid|CapEff|CapPrm|NoNewPrivs)" /proc/self/status; /home/grep CapEff /proc/self/status; /home/id -u'
    ok
    [ "$(grep -c '^Cap...:.0000000000000000$' "$T/out")" = 3 ] || show capabilities
    prints '^1000$'
    prints '^Uid:.1000.1000.1000.1000$'
}

@test "ids outside the map do not exist inside" {
    run_inside 'cat /proc/self/uid_map; chown 70000 /dev/shm 2>/dev/null && echo chowned; cat /proc/self/setgroups'
    ! grep -q chowned "$T/out" || show chown
}

@test "core dumps run no helper of the host" {
    local before
    before=$(cat /proc/sys/kernel/core_pattern)
    set_args /bin/sh -c 'sh -c "kill -SEGV \$\$"; find / -xdev -name "core*" -type f 2>/dev/null | grep -v -E "^/(proc|sys)" | head -3'
    ct run --bundle "$BUNDLE" "$ID"
    [ ! -s "$T/out" ] || show "a core file"
    [ "$(cat /proc/sys/kernel/core_pattern)" = "$before" ]
}

# The program sits on the cgroup, so it also binds a process of the host that enters it, and works before `start`. That shows it from outside.
@test "the device program is on the cgroup as soon as create returns" {
    local dir pid
    ct create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID"
    ok
    pid=$(cat "$T/pid")
    dir=$(ct_cgroup_root)$(cgroup_of "$pid")
    # kmsg, tun and a disk, made and opened: first where no program is (control), then in the container's cgroup
    cat >"$T/try" <<'END'
[ -z "$2" ] || echo $$ >"$2/cgroup.procs" || exit 1
for node in c:1:11 c:10:200 b:7:200; do
    rm -f "$1/made"
    mknod "$1/made" ${node//:/ } 2>/dev/null && echo "made $node"
done
(exec <"$1/zero") 2>/dev/null && echo "opened zero"
(exec <"$1/tun") 2>/dev/null && echo "opened tun"
true
END
    mknod "$T/zero" c 1 5
    mknod "$T/tun" c 10 200
    bash "$T/try" "$T" '' >"$T/control"
    [ "$(grep -c '^made' "$T/control")" = 3 ] || skip "this host lets nobody make device nodes"
    bash "$T/try" "$T" "$dir" >"$T/inside"
    ! grep -q '^made' "$T/inside" || fail "$(cat "$T/inside")"
    ! grep -q 'opened tun' "$T/inside" || fail "tun was opened"
    ! grep -q 'opened zero' "$T/control" || grep -q 'opened zero' "$T/inside" || fail "an allowed device could not be opened"
    ct delete --force "$ID"
    ok
}

@test "a fork bomb ends at the limit" {
    case " $(cat "$(ct_cgroup_root)/cgroup.controllers") " in *" pids "*) ;; *) skip "this host's cgroup2 has no pids controller" ;; esac
    configure '.linux.resources.pids.limit = 30'
    CT_TIMEOUT=30 run_inside 'for i in $(seq 200); do sleep 5 & done 2>/dev/null; echo survived'
    [ "$status" -lt 124 ] || show "it hung"
}
