#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# vm: lsm=apparmor,selinux,selinux-enforcing,none kernel=newest seconds=20
# vm: lsm=apparmor,selinux-enforcing,none kernel=6.12 seconds=20
# The machine itself is what the suites rely on: systemd, the controllers, the security module, and a container.
load ../../lib/common.bash

@test "systemd runs and has nothing that failed" {
    [ "$(systemctl is-system-running --wait)" = running ] || fail "$(systemctl --failed --no-legend)"
}

@test "all controllers of cgroup version 2 are there" {
    local controller
    for controller in cpu cpuset io memory pids hugetlb; do
        grep -qw $controller /sys/fs/cgroup/cgroup.controllers || fail "no $controller"
    done
}

@test "the security modules are those of the kernel's command line" {
    local wanted
    wanted=$(sed -n 's/.*\blsm=\([^ ]*\).*/\1/p' /proc/cmdline)
    case $wanted in
    *selinux*) [ "$(cat /sys/fs/selinux/enforce)" = "$(sed -n 's/.*enforcing=\(.\).*/\1/p' /proc/cmdline)" ] ;;
    *apparmor*) [ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] ;;
    *) [ ! -e /sys/fs/selinux/enforce ] && [ ! -e /sys/kernel/security/apparmor ] ;;
    esac
}

@test "a container runs, with its cgroup's limits" {
    make_bundle
    configure '.linux.resources = {"pids": {"limit": 33}}'
    run_inside 'cat /sys/fs/cgroup/pids.max'
    ok
    [ "$(cat "$T/out")" = 33 ] || show "limit"
}
