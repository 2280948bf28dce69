#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor kernel=newest seconds=80 only=metrics|pause.and|limits.are
# Under containerd, called by ctr: a life of a container, what it is from the host's side, and nothing left. Control arms are runc under the same containerd.
# shellcheck disable=SC2154 # pid comes from task
load ../lib/common
load ../lib/containerd

in_cgroup() { cat "$(ct_cgroup_root)$(cgroup_of "$pid")/$1"; } # FILE

@test "run --rm: output and exit status; the container's root is nobody on the host" {
    run --rm $IMAGE "$ID" sh -c 'cat /proc/self/uid_map; echo wrong >&2; exit 7'
    exits 7
    prints '^ *0 +[1-9][0-9]{5,} +65536$'
    says wrong
    nothing_left
    # control arm
    run_with runc --rm $IMAGE "$ID" sh -c 'cat /proc/self/uid_map; exit 7'
    exits 7
    prints '^ *0 +0 +4294967295$'
}

@test "run -d, ps, exec, metrics, kill, delete, rm" {
    task
    c tasks ls
    prints "^$ID +$pid +RUNNING"
    [ "$(status_field "$pid" Uid | cut -f1)" -ge 65536 ] || fail "root of the host"
    c tasks ps "$ID"
    prints "^$pid"
    c tasks exec --exec-id e1 "$ID" sh -c 'cat /proc/self/uid_map; grep -E "^(Seccomp|NoNewPrivs|CapBnd)" /proc/self/status; exit 5'
    exits 5
    [ "$(grep -E '^(Seccomp|NoNewPrivs|CapBnd)' "$T/out")" = "$(grep -E '^(Seccomp|NoNewPrivs|CapBnd)' "/proc/$pid/status")" ] || show "exec is weaker than init"
    prints '^Seccomp:.2$'
    c tasks metrics "$ID"
    ok && prints '^METRIC'
    ! grep -qw pids "$(ct_cgroup_root)/cgroup.controllers" || prints 'pids.current +[1-9]'
    c tasks exec --exec-id e2 "$ID" /bin/no-such-program
    exits 1
    says 'OCI runtime exec failed: .*/bin/no-such-program.*no such file or directory'
    c tasks kill --signal SIGKILL "$ID"
    ok
    eventually ended "$pid" || fail "it lives"
    eventually is_stopped || fail "$(ctr tasks ls)"
    c tasks delete "$ID"
    says 'exit code 137'
    c containers rm "$ID"
    ok
    nothing_left
}

@test "pause and resume, as the host's cgroup files show it" {
    task
    c tasks pause "$ID"
    ok
    grep -q 'frozen 1' <<<"$(in_cgroup cgroup.events)"
    c tasks ls
    prints "^$ID +$pid +PAUSED"
    c tasks exec --exec-id e1 "$ID" true
    exits 1
    says 'paused'
    c tasks resume "$ID"
    ok
    grep -q 'frozen 0' <<<"$(in_cgroup cgroup.events)"
    # a paused one is killed and removed too
    c tasks pause "$ID"
    c tasks rm -f "$ID"
    ok
    c containers rm "$ID"
    ok
    nothing_left
}

@test "an image of the overlayfs snapshotter: its layers are read, and not written to" {
    run --rm $IMAGE "$ID" sh -c 'head -1 /etc/passwd; stat -c %u /etc/passwd; echo x >/written'
    exits 1
    [ "$(tr '\n' ' ' <"$T/out")" = 'root:x:0:0:root:/root:/bin/sh 0 ' ] || show "the image"
    says 'Read-only file system'
    task
    [ -z "$(find "$CD"/root/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs -name written)" ] || fail "it is in a layer"
    grep -q "$CD/state/io.containerd.runtime.v2.task/$CTR_NS/$ID/rootfs" /proc/self/mountinfo || fail "no mount of containerd's, so this proves nothing"
    ctr_gone "$ID"
    nothing_left
    # a writable one by annotation is thrown away
    run --rm --annotation casemate.rootfs=ephemeral $IMAGE "$ID" sh -c 'echo x >/written && cat /written'
    ok && prints '^x$'
    [ -z "$(find "$CD"/root/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs -name written)" ] || fail "it is in a layer"
    nothing_left
}

@test "a plain directory, and one told to be read-only" {
    before=$(tree_hash "$CD/rootfs")
    run --rm --rootfs "$CD/rootfs" "$ID" sh -c 'stat -c %u /etc/passwd; echo x >/written'
    exits 1
    prints '^0$'
    run --rm --read-only --rootfs "$CD/rootfs" "$ID" sh -c 'echo x >/written'
    exits 1
    says 'Read-only file system'
    [ "$before" = "$(tree_hash "$CD/rootfs")" ] || fail "the directory changed"
    nothing_left
}

@test "a terminal of its own" {
    run_options "$RUNTIME"
    "$CT_TOP/tests/lib/on-terminal" 'expect=[$#] ' 'send=tty && stty size\r' 'expect=/dev/' 'send=exit 4\r' exit=4 -- \
        ctr --address "$CD/sock" --namespace "$CTR_NS" "${RUN[@]}" --rm -t $IMAGE "$ID" sh 3>&- 4>&-
    nothing_left
}

@test "no namespace can be nested, though ctr gives no filter" {
    run --rm $IMAGE "$ID" sh -c 'unshare -Ur true'
    [ "$status" != 0 ] || show "a user namespace was made"
    run --rm $IMAGE "$ID" sh -c 'grep Seccomp: /proc/self/status'
    prints '^Seccomp:.2$'
    # control arm
    run_with runc --rm $IMAGE "$ID" sh -c 'unshare -Ur true && grep Seccomp: /proc/self/status'
    ok && prints '^Seccomp:.0$'
}

@test "refused, with the whole text in ctr's error, and nothing left" {
    local options want
    mkdir "$T/host"
    while IFS=$'\t' read -r options want; do
        options=${options//TMP/$T}
        [[ "$options" != --device* || -e "${options#* }" ]] || continue # a host without it
        # shellcheck disable=SC2086 # words
        run --rm ${options//PID/$$} $IMAGE "$ID" true
        exits 1 || return 1
        says "^ctr: failed to create shim task: OCI runtime create failed: casemate create failed: .*$want(: unknown)?$" || fail "$options" || return 1
        ctr_gone "$ID"
    done <<'END'
--privileged	\[CM-PRIVILEGED\]: this is a privileged container .*: it would own the host; run it without --privileged; .*; and [0-9]+ more, which .casemate check. lists
--net-host	/linux/namespaces: casemate policy refuses this container: .*\[CM-NS-NET\] /linux/namespaces: there is no network namespace in the list, which would leave the container in the host's; add .*
--mount type=bind,src=TMP/host,dst=/mnt,options=rbind:rw	\[CM-MOUNT-SOURCE\] /mounts/[0-9]+/source: no rule of the policy allows the host path .*/host.; add one to mounts.allow or remove the mount
--mount type=bind,src=/,dst=/mnt,options=rbind:ro	\[CM-MOUNT-SOURCE\] /mounts/[0-9]+/source: the source ./. is refused: it is the host's root; mount a directory made for the container
--with-ns pid:/proc/PID/ns/pid	\[CM-NS-PID\] /linux/namespaces/[0-9]+/path: .*host.*
--cap-add CAP_SYS_ADMIN	\[CM-CAP-REFUSED\] /process/capabilities/bounding/[0-9]+: CAP_SYS_ADMIN reaches beyond the container and no policy grants it; remove it
--device /dev/mem	\[CM-DEVICE\] /linux/devices/0: the device ./dev/mem. is none that a policy could allow: .*; remove it.*
END
    nothing_left
}

@test "limits are in the host's cgroup files before the program runs" {
    for name in memory pids cpu; do grep -qw $name "$(ct_cgroup_root)/cgroup.controllers" || skip "this host has no $name controller in cgroup version 2"; done
    task --memory-limit 67108864 --cpu-quota 20000 --cpu-period 100000
    [ "$(in_cgroup memory.max) $(in_cgroup cpu.max) $(in_cgroup pids.max)" = '67108864 20000 100000 2048' ] || fail "$(in_cgroup memory.max) $(in_cgroup cpu.max) $(in_cgroup pids.max)"
    c tasks metrics "$ID"
    ok && prints 'memory.usage_limit +67108864'
    c tasks exec --exec-id e1 "$ID" sh -c 'dd if=/dev/zero of=/dev/null bs=128M count=1'
    [ "$status" != 0 ] || show "more memory than there is"
}
