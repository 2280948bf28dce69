# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables are for the test files
#
# For tests of cgroups with real controllers; after common.bash. $CG is the container's cgroup, and its files are read by the host.

CG_TOP=/sys/fs/cgroup

need_controllers() { # NAME…
    local name
    for name in "$@"; do
        grep -qw "$name" "$CG_TOP/cgroup.controllers" 2>/dev/null || skip "this host has no $name controller in cgroup version 2"
    done
}

cgroup_setup() { # CONTROLLERS…
    need_root
    need_controllers "$@"
    ct_setup
    make_bundle
    # a block device to limit
    read -r MAJOR MINOR < <(lsblk -dnro MAJ:MIN,TYPE | awk '$2 == "disk" {sub(":", " ", $1); print $1; exit}')
}

resources() { configure --argjson r "$1" '.linux.resources = ({devices: .linux.resources.devices} + $r)'; } # JSON
cgroup_path() { configure --arg p "$1" '.linux.cgroupsPath = $p'; }
cgroup_dir() { ct_cgroups "${1:-$ID}" | tail -1; } # [ID]
file() { CG=$(cgroup_dir) && cat "$CG/$1"; }       # NAME
file_is() {                                        # NAME WANTED
    CG=$(cgroup_dir)
    [ "$(cat "$CG/$1")" = "$2" ] || fail "$1 is \"$(cat "$CG/$1")\", should be \"$2\""
}
files_are() { # lines of "NAME VALUE" on standard input, \n for a new line in a value
    local name value wrong=0
    CG=$(cgroup_dir)
    while read -r name value; do
        value=${value//\\n/$'\n'}
        [ "$(cat "$CG/$name" 2>&1)" = "$value" ] || { echo "$name is \"$(cat "$CG/$name" 2>&1)\", should be \"$value\"" && wrong=1; }
    done
    return $wrong
}
# All files that say what holds, and not what is used.
snapshot() { # [DIR]
    local dir=${1:-$(cgroup_dir)} name
    for name in "$dir"/{cpu.{max,max.burst,weight,idle,uclamp.{min,max}},cpuset.{cpus,mems,cpus.partition},io.{max,weight,bfq.weight,latency},misc.max,rdma.max} \
        "$dir"/memory.{max,high,low,min,oom.group,swap.{max,high},zswap.{max,writeback}} "$dir"/hugetlb.*max "$dir"/pids.max \
        "$dir"/cgroup.{freeze,subtree_control,type,max.depth,max.descendants}; do
        [ ! -e "$name" ] || echo "${name##*/} $(tr '\n' ';' <"$name")"
    done
}
