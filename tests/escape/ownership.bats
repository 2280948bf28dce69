#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What holds when everything inside has failed: container root with every capability and without a filter, in all its namespaces. The
# control arm is the same program in namespaces made in the usual order.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

MOUNT_OPS='mount=tmpfs mount=proc mount=sysfs mount=mqueue mount=cgroup2 mount=ramfs mount=devpts bind remount-root make-shared fsopen fspick mount_setattr'
UNSHARE_OPS='unshare=user unshare=mnt unshare=pid unshare=net unshare=ipc unshare=uts unshare=cgroup unshare=time'
SYSCTLS='kernel/hostname kernel/domainname kernel/msgmax kernel/msgmnb kernel/shmmax kernel/sem kernel/pid_max fs/mqueue/msg_max'

@test "nsjoin is as strong as it claims" {
    start_container
    ct_helpers
    try "$CT_HELPERS/nsjoin" "$pid" "$BUNDLE/rootfs/bin/busybox" sh -c 'grep -E "^(Cap(Eff|Bnd)|Seccomp|NoNewPrivs|Uid)" /proc/self/status; readlink /proc/self/ns/mnt; readlink /proc/self/ns/user'
    ok
    prints '^CapEff:.0*1[f]{10}$'
    prints '^Seccomp:.0'
    prints '^NoNewPrivs:.0'
    prints '^Uid:.0.0.0.0'
    prints "$(ns_of "$pid" mnt | sed 's/[][]/\\&/g')"
    prints "$(ns_of "$pid" user | sed 's/[][]/\\&/g')"
}

@test "control: in the usual order all of it works" {
    # shellcheck disable=SC2086 # a list of words
    usual_order "$CT_HELPERS/probe" $MOUNT_OPS $UNSHARE_OPS sethostname setdomainname umount=/proc nested-mount \
        write-back=/proc/sys/kernel/msgmax write-back=/proc/sys/fs/mqueue/msg_max write-back=/proc/sys/kernel/shmmax
    ok
    local op
    for op in $MOUNT_OPS $UNSHARE_OPS sethostname setdomainname umount=/proc nested-mount write-back=/proc/sys/kernel/msgmax \
        write-back=/proc/sys/fs/mqueue/msg_max write-back=/proc/sys/kernel/shmmax; do
        probed_is "$T/out" "$op" OK
    done
}

@test "no mount, umount or remount" {
    start_container
    local op before
    before=$(cut -d' ' -f3- "/proc/$pid/mountinfo")
    # shellcheck disable=SC2086
    as_strongest "$pid" $MOUNT_OPS open_tree move_mount pivot_root umount=/proc umount=/proc/sys umount=/proc/keys umount=/dev/shm umount=/sys umount=/ \
        remount=/proc/sys remount=/sys remount=/dev
    ok
    for op in $MOUNT_OPS open_tree move_mount pivot_root umount=/proc umount=/proc/sys umount=/proc/keys umount=/dev/shm umount=/sys umount=/ \
        remount=/proc/sys remount=/sys remount=/dev; do
        probed_is "$T/out" "$op" EPERM
    done
    [ "$(cut -d' ' -f3- "/proc/$pid/mountinfo")" = "$before" ]
}

@test "no host or domain name, no sysctl" {
    start_container
    local name op files=()
    for name in /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /proc/sys/vm/drop_caches /proc/sysrq-trigger; do
        [ ! -e $name ] || files+=("open-w=$name") # what this kernel has
    done
    # shellcheck disable=SC2046
    as_strongest "$pid" sethostname setdomainname $(printf 'write-back=/proc/sys/%s ' $SYSCTLS user/max_user_namespaces user/max_mnt_namespaces kernel/core_pattern) \
        "${files[@]}"
    ok
    probed_is "$T/out" sethostname EPERM
    probed_is "$T/out" setdomainname EPERM
    for name in $SYSCTLS user/max_user_namespaces user/max_mnt_namespaces kernel/core_pattern; do
        probed_is "$T/out" "write-back=/proc/sys/$name" 'EACCES|EPERM|EROFS'
    done
    for op in "${files[@]}"; do
        probed_is "$T/out" "$op" 'EACCES|EPERM|EROFS'
    done
}

@test "no namespace of any of the eight types" {
    start_container
    local op
    # shellcheck disable=SC2086
    as_strongest "$pid" $UNSHARE_OPS nested-mount clone-newuser clone3-newuser
    ok
    for op in $UNSHARE_OPS nested-mount clone-newuser clone3-newuser; do
        probed_is "$T/out" "$op" ENOSPC
    done
}

@test "control: without the sealed user namespace they can be made, and mounting in a further one works" {
    need_hook ucounts
    local op
    without ucounts run --detach --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    # shellcheck disable=SC2086
    as_strongest "$pid" $UNSHARE_OPS nested-mount mount=tmpfs
    for op in $UNSHARE_OPS nested-mount; do
        probed_is "$T/out" "$op" OK
    done
    # ownership alone still holds for the container's own mounts
    probed_is "$T/out" mount=tmpfs EPERM
}

@test "control: without the inversion the container's mounts and names are its own" {
    need_hook inversion
    without inversion run --detach --bundle "$BUNDLE" "$ID"
    ok
    pid=$(pid_of)
    as_strongest "$pid" mount=tmpfs sethostname remount-root
    probed_is "$T/out" mount=tmpfs OK
    probed_is "$T/out" sethostname OK
}

@test "the namespaces belong to the host's user namespace, the network's to the container's" {
    start_container
    python3 - "$pid" <<'PY'
import fcntl, os, sys
NS_GET_USERNS = 0xB701
pid = sys.argv[1]
def ino(fd): return os.fstat(fd).st_ino
host, own = os.stat("/proc/self/ns/user").st_ino, os.stat(f"/proc/{pid}/ns/user").st_ino
bad = []
for kind, want in [(k, host) for k in ("mnt", "pid", "ipc", "uts", "cgroup")] + [("net", own)]:
    fd = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
    owner = ino(fcntl.ioctl(fd, NS_GET_USERNS))
    if owner != want:
        bad.append(f"{kind} belongs to user:[{owner}], not user:[{want}]")
sys.exit("\n".join(bad) or 0)
PY
}

@test "no device nodes, modules, clocks or other privileges of the host" {
    start_container
    local op
    as_strongest "$pid" mknod-null mknod-kmsg mknod-disk swapon acct syslog open_by_handle_at setuid-unmapped nice-down sched-fifo fanotify_init
    ok
    for op in mknod-null mknod-kmsg mknod-disk swapon acct syslog open_by_handle_at sched-fifo fanotify_init; do
        probed_is "$T/out" $op EPERM
    done
    probed_is "$T/out" setuid-unmapped EINVAL
    probed_is "$T/out" nice-down 'EACCES|EPERM'
}
