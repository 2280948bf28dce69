#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A bundle's profile is in force while the runtime's own process still has something to do behind it. Whatever it answers there: soon a working
# container or one clear error, and nothing is left.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    cp "$BUNDLE/config.json" "$T/good.json"
    LIMIT=5 # seconds for each call of the runtime
}

# PROFILE is what stands in .linux.seccomp.
ends_well() { # WHAT PROFILE
    local verb first=''
    for verb in run create; do
        jq --argjson profile "$2" '.linux.seccomp = $profile' "$T/good.json" >"$BUNDLE/config.json"
        if [ $verb = run ]; then set_args /bin/echo alive; fi
        CT_TIMEOUT=$LIMIT ct $verb --bundle "$BUNDLE" "$ID"
        [ "$status" != 124 ] || show "$1: $verb hung" || return 1
        if [ "$status" = 1 ] && grep -q 'level=error' "$T/err"; then
            fails_with 'level=error' || fail "$1: $verb" || return 1
            assert_gone "$ID" || fail "$1: $verb failed" || return 1
        elif [ $verb = create ]; then
            ok "$1: create" || return 1
            first=$(pid_of)
            CT_TIMEOUT=$LIMIT ct start "$ID"
            [ "$status" != 124 ] || show "$1: start hung" || return 1
            CT_TIMEOUT=$LIMIT ct state "$ID"
            ok "$1: state" || return 1
        elif [ "$status" = 0 ]; then
            prints '^alive$' || fail "$1: it ran without running" || return 1
        fi
        # after every outcome: delete works, and is the end of it
        CT_TIMEOUT=$LIMIT ct delete --force "$ID"
        ok "$1: delete" || return 1
        [ -z "$first" ] || ended "$first" || fail "$1: process $first is left" || return 1
        first=''
        assert_gone "$ID" || fail "$1: $verb" || return 1
    done
}
rule() { # ACTION ERRNO NAME...: a profile that answers so for these calls and allows the rest
    local action=$1 number=$2
    shift 2
    jq -cn --arg action "$action" --argjson errno "$number" '{defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{names: $ARGS.positional, action: $action} + if $action == "SCMP_ACT_ERRNO" then {errnoRet: $errno} else {} end]}' --args -- "$@"
}

@test "control: a profile that allows everything runs" {
    jq '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"}' "$T/good.json" >"$BUNDLE/config.json"
    set_args /bin/echo alive
    ct run --bundle "$BUNDLE" "$ID"
    ok
    prints '^alive$'
}

@test "read and write answer EINTR or another error" {
    local call number
    for call in read write; do
        for number in 1 4 11 0; do # EPERM EINTR EAGAIN, and "nothing read"
            ends_well "$call errno $number" "$(rule SCMP_ACT_ERRNO $number $call)" || return 1
        done
    done
    ends_well "read and write EINTR" "$(rule SCMP_ACT_ERRNO 4 read write readv writev pread64 pwrite64 recvfrom sendto recvmsg sendmsg)"
}

@test "close, dup, fcntl and what else tidies up answer an error" {
    local call
    for call in close close_range dup2 dup3 fcntl openat openat2 open lseek poll ppoll exit exit_group getpid gettid kill tgkill rt_sigaction rt_sigprocmask; do
        ends_well "$call EPERM" "$(rule SCMP_ACT_ERRNO 1 $call)" || return 1
    done
    ends_well "close EINTR" "$(rule SCMP_ACT_ERRNO 4 close close_range)"
}

@test "nothing but read, write and execve is called behind the profile" {
    jq --argjson profile "$(rule SCMP_ACT_KILL_PROCESS 1 getpid gettid getppid clock_gettime poll sendmsg recvmsg close fcntl kill fork vfork pipe2)" \
        '.linux.seccomp = $profile' "$T/good.json" >"$BUNDLE/config.json"
    set_args /bin/true
    ct run --bundle "$BUNDLE" "$ID"
    [ "$status" != 137 ] && [ "$status" != 159 ] || show "the runtime's own process was killed"
    ok
}

@test "prctl and seccomp answer an error or kill" {
    local action
    for action in SCMP_ACT_ERRNO SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
        ends_well "prctl $action" "$(rule $action 1 prctl)" || return 1
        ends_well "seccomp $action" "$(rule $action 1 seccomp)" || return 1
    done
}

@test "execve is killed or refused" {
    local action
    for action in SCMP_ACT_ERRNO SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
        ends_well "execve $action" "$(rule $action 1 execve execveat)" || return 1
    done
    # an error that stands for success: the process goes on after an exec that was none
    ends_well "execve errno 0" "$(rule SCMP_ACT_ERRNO 0 execve execveat)"
}

@test "everything is killed, everything is an error" {
    local action
    for action in SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP SCMP_ACT_ERRNO; do
        ends_well "all $action" "{\"defaultAction\": \"$action\"}" || return 1
    done
    ends_well "all errno 4" '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4}'
    ends_well "all errno 0" '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 0}'
}

# A call that answers EINTR if its argument INDEX is OP VALUE.
interrupted() { # NAME INDEX OP VALUE
    jq -cn --arg name "$1" --argjson index "$2" --arg op "SCMP_CMP_$3" --argjson value "$4" '{defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{names: [$name], action: "SCMP_ACT_ERRNO", errnoRet: 4, args: [{index: $index, value: $value, op: $op}]}]}'
}

@test "rules for arguments: what is allowed at large and refused for the runtime's own descriptors" {
    local n call
    for n in 0 1 2 3 4 5 6; do
        for call in read write close; do
            ends_well "$call($n) EINTR" "$(interrupted $call 0 EQ $n)" || return 1
        done
    done
    # read and write of one byte, of the size of a report, of anything but nothing
    for call in read write; do
        for n in 1 4 8 16; do
            ends_well "$call of $n bytes" "$(interrupted $call 2 EQ $n)" || return 1
        done
        ends_well "$call of more than nothing" "$(interrupted $call 2 GT 0)" || return 1
    done
}
