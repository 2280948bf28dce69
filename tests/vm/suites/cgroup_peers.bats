#!/usr/bin/env bats
# vm: lsm=none kernel=newest seconds=50
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same config.json with another runtime: all files of the two cgroups side by side. Each difference is explained here, or an error.
load ../../lib/common
load ../../lib/cgroups

setup() { cgroup_setup cpu cpuset io memory pids hugetlb; }

# The files of the peer's container that is made of $BUNDLE.
theirs() { # RUNTIME
    local dir=$CG_TOP/$CT_TAG-peer
    configure --arg p "/$CT_TAG-peer" '.linux.cgroupsPath = $p'
    "$1" --root "$T/peer" create --bundle "$BUNDLE" peer </dev/null >/dev/null 2>"$T/err" 3>&- || { configure 'del(.linux.cgroupsPath)' && fail "$1: $(head -c 500 "$T/err")"; }
    snapshot "$dir" >"$T/theirs"
    "$1" --root "$T/peer" delete --force peer 3>&- || true
    configure 'del(.linux.cgroupsPath)'
}
# What differs: "NAME OURS | THEIRS" a line.
differences() { # RUNTIME JSON
    resources "$2"
    theirs "$1" || return 1
    cgroup_path "/$ID" # beside theirs: the same controllers are there
    create "$ID"
    ok || return 1
    snapshot >"$T/ours"
    ct delete --force "$ID"
    ok || return 1
    join -a1 -a2 -e- -t"$(printf '\t')" -o 0,1.2,2.2 <(sed 's/ /\t/' "$T/ours" | sort) <(sed 's/ /\t/' "$T/theirs" | sort) | awk -F'\t' '$2 != $3 {print $1, $2, "|", $3}'
}
# Differences that are meant: the defaults of ours, and files that only differ because a controller was switched on for the other.
explained='^(memory.max|memory.swap.max|memory.oom.group|pids.max|hugetlb\..*|cgroup.type) '

compare() { # RUNTIME
    command -v "$1" >/dev/null || skip "no $1 here"
    local differs
    # nothing asked for: our defaults, and nothing else
    differs=$(differences "$1" '{}')
    echo "$differs"
    [ -z "$(grep -vE "$explained" <<<"$differs" || true)" ] || fail "unexplained: $(grep -vE "$explained" <<<"$differs")"
    # all asked for: nothing but what is named
    differs=$(differences "$1" '{"memory": {"limit": 134217728, "reservation": 67108864, "swap": 201326592},
        "cpu": {"shares": 512, "quota": 20000, "period": 50000, "cpus": "0-1", "mems": "0"}, "pids": {"limit": 99},
        "blockIO": {"throttleReadBpsDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 1048576}], "throttleWriteIOPSDevice": [{"major": '"$MAJOR"', "minor": '"$MINOR"', "rate": 400}]},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "unified": {"memory.high": "130023424", "cpu.max.burst": "10000"}}')
    echo "$differs"
    differs=$(grep -vE '^memory.oom.group 1; \| 0;$' <<<"$differs" || true)
    # crun leaves the reservations of huge pages out (it writes no hugetlb.SIZE.rsvd.max)
    [ "$1" != crun ] || differs=$(grep -vE '^hugetlb.2MB.rsvd.max 4194304; \| max;$' <<<"$differs" || true)
    # runc before 1.3.2 and crun before 1.22 draw a line where the curve is now
    differs=$(grep -vE '^cpu.weight 59; \| (20|59);$' <<<"$differs" || true)
    [ -z "$differs" ] || fail "unexplained: $differs"
}

@test "crun: the same files, but for the defaults of ours" { compare crun; }
@test "runc: the same files, but for the defaults of ours" { compare runc; }
