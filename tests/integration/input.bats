#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad input: one line that says what is wrong, status 1, nothing left; with the release build and with the one under sanitizers.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
}

binaries() {
    echo "$RUNTIME"
    [ ! -x "$RUNTIME_ASAN" ] || echo "$RUNTIME_ASAN"
}

# The config on stdin must be refused by create and by check of every build.
refuse() { # WHAT REGEX
    local binary
    cat >"$BUNDLE/config.json"
    while read -r binary; do
        try "$binary" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
        fails_with "$2" || fail "$1, $binary" || return 1
        assert_gone "$ID" || fail "$1, $binary" || return 1
        try "$binary" check "$BUNDLE"
        [ "$status" = 1 ] || [ "$status" = 3 ] || show "$1: check by $binary" || return 1
        ! grep -qE 'AddressSanitizer|runtime error' "$T/err" || show "$1: check by $binary" || return 1
    done < <(binaries)
}

@test "config.json that is no config" {
    cp "$BUNDLE/config.json" "$T/good"
    refuse empty 'config.json' </dev/null
    refuse null 'config.json' <<<null
    refuse number 'config.json' <<<7
    refuse string 'config.json' <<<'"x"'
    refuse array 'config.json' <<<'[]'
    refuse 'empty object' 'config.json|ociVersion|process|root' <<<'{}'
    refuse 'not JSON' 'config.json' <<<'hello'
    refuse comments 'config.json' <<<'{/* c */}'
    { cat "$T/good"; echo x; } | refuse 'trailing garbage' 'config.json'
}

@test "config.json cut off at any place" {
    local size n
    cp "$BUNDLE/config.json" "$T/good"
    size=$(stat -c %s "$T/good")
    for n in 1 2 10 50 100 500 $((size / 2)) $((size - 3)); do
        head -c "$n" "$T/good" | refuse "$n bytes" 'config.json' || return 1
    done
}

@test "config.json of 64 MiB" {
    (
        printf '{"ociVersion":"1.0.2","annotations":{"a":"'
        head -c 67108864 /dev/zero | tr '\0' x
        printf '"}}'
    ) | refuse '64 MiB' 'config.json.*(large|size|MiB|bytes|limit)'
}

@test "config.json nested 100000 deep" {
    python3 -c 'print("{\"a\":" * 100000 + "1" + "}" * 100000)' | refuse 'deep objects' 'config.json.*(deep|nest)'
    python3 -c 'print("{\"a\":" + "[" * 100000 + "]" * 100000 + "}")' | refuse 'deep arrays' 'config.json.*(deep|nest)'
}

@test "duplicate and case-variant keys" {
    cp "$BUNDLE/config.json" "$T/good"
    sed '0,/"process"/s//"process": {}, "process"/' "$T/good" | refuse duplicate 'process'
    sed 's/"noNewPrivileges"/"NoNewPrivileges"/' "$T/good" | refuse 'case variant' '[nN]oNewPrivileges'
    jq '.Linux = {}' "$T/good" | refuse 'case variant at the top' 'Linux'
}

@test "NUL, control characters and bad UTF-8 in strings" {
    cp "$BUNDLE/config.json" "$T/good"
    sed 's|"/bin/sleep"|"/bin/sl\\u0000eep"|' "$T/good" | refuse NUL 'process/args/0|NUL'
    sed 's|"/bin/sleep"|"/bin/sl\xff\xfeeep"|' "$T/good" | refuse 'bad UTF-8' 'config.json'
    printf '{"oci\x01Version": "1"}' | refuse 'control character' 'config.json'
    # what a program is called is not check's business, so only create is asked; its one line must stay one line without colours
    jq '.process.args = ["/bin/\u001b[31mred\nline"]' "$T/good" >"$BUNDLE/config.json"
    create "$ID"
    fails_with 'exec'
}

@test "numbers out of range" {
    local value
    cp "$BUNDLE/config.json" "$T/good"
    for value in 99999999999999999999999999 -99999999999999999999999999 1e400 1e9 4294967296 -1 0.5; do
        sed "s/\"uid\": *0/\"uid\": $value/" "$T/good" | refuse "uid $value" '/process/user/uid|config.json' || return 1
    done
    jq '.linux.resources.memory = {"limit": 1}' "$T/good" | sed 's/"limit": 1/"limit": 9223372036854775808/' | refuse 'limit 2^63' 'memory'
}

@test "wrong types name the field" {
    cp "$BUNDLE/config.json" "$T/good"
    jq '.process.terminal = "no"' "$T/good" | refuse terminal '/process/terminal'
    jq '.process.args = {"a": 1}' "$T/good" | refuse args '/process/args'
    jq '.mounts[0].options = "ro"' "$T/good" | refuse options '/mounts/0/options'
    jq '.linux.namespaces[0].type = 3' "$T/good" | refuse type '/linux/namespaces/0/type'
}

@test "a root filesystem that is not there, or not a directory, or the host's" {
    cp "$BUNDLE/config.json" "$T/good"
    jq '.root.path = "nowhere"' "$T/good" | refuse missing '/root|nowhere'
    jq '.root.path = "config.json"' "$T/good" | refuse file '/root|config.json'
    jq '.root.path = "/"' "$T/good" | refuse host '/root|CM-ROOTFS'
    jq '.root.path = ""' "$T/good" | refuse empty '/root'
    ln -s rootfs "$BUNDLE/link"
    jq '.root.path = "link"' "$T/good" | refuse link '/root|symbolic|symlink|link'
    ln -s / "$BUNDLE/host"
    jq '.root.path = "host"' "$T/good" | refuse 'link to the host' '/root'
    jq '.root.path = "../../../../../../../.."' "$T/good" | refuse 'dots to the host' '/root|CM-ROOTFS'
}

@test "no bundle, no config.json, config.json that is no file" {
    local binary
    while read -r binary; do
        try "$binary" --root "$ROOT" create --bundle "$T/none" "$ID"
        fails_with "$T/none|no such"
        mkdir -p "$T/empty"
        try "$binary" --root "$ROOT" create --bundle "$T/empty" "$ID"
        fails_with 'config.json'
        rm -rf "$T/odd"
        mkdir "$T/odd"
        mkfifo "$T/odd/config.json"
        CT_TIMEOUT=5 try "$binary" --root "$ROOT" create --bundle "$T/odd" "$ID"
        fails_with 'config.json'
        rm "$T/odd/config.json"
        mkdir "$T/odd/config.json"
        try "$binary" --root "$ROOT" create --bundle "$T/odd" "$ID"
        fails_with 'config.json'
        rmdir "$T/odd/config.json"
        ln -s /dev/zero "$T/odd/config.json"
        CT_TIMEOUT=5 try "$binary" --root "$ROOT" create --bundle "$T/odd" "$ID"
        fails_with 'config.json'
    done < <(binaries)
    assert_no_residue
}

@test "ids that are none" {
    local id binary
    while read -r binary; do
        for id in ../x . .. a/b /abs '' "$(printf 'a\nb')" 'a b' '%s%n' $'\e[31m' 'é' '*' "$(printf 'x%.0s' $(seq 1025))"; do
            try "$binary" --root "$ROOT" create --bundle "$BUNDLE" "$id"
            fails_with 'container id cannot be empty|invalid container ID|ID' || fail "id '$id'" || return 1
            try "$binary" --root "$ROOT" delete --force "$id"
            [ "$status" = 1 ] || show "delete --force of '$id'" || return 1
        done
    done < <(binaries)
    [ -z "$(find "$T" -newer "$BUNDLE/config.json" -name '*x*' -path '*/state/*' 2>/dev/null)" ]
    [ ! -e "$T/x" ]
}

@test "state roots that cannot be trusted" {
    mkdir "$T/real"
    chmod 700 "$T/real"
    ln -s real "$T/linked"
    try "$RUNTIME" --root "$T/linked" create --bundle "$BUNDLE" "$ID"
    fails_with 'linked'
    mkdir "$T/open"
    chmod 777 "$T/open"
    try "$RUNTIME" --root "$T/open" create --bundle "$BUNDLE" "$ID"
    fails_with 'open'
    mkdir -m 700 "$T/foreign"
    chown 12345 "$T/foreign"
    try "$RUNTIME" --root "$T/foreign" create --bundle "$BUNDLE" "$ID"
    fails_with 'foreign'
    touch "$T/file"
    try "$RUNTIME" --root "$T/file" create --bundle "$BUNDLE" "$ID"
    fails_with 'file'
    [ -z "$(find "$T/real" "$T/open" "$T/foreign" -mindepth 1)" ]
}

@test "entries of the state root that are not ours" {
    create "$ID"
    ok
    ln -s "$ROOT/$ID" "$ROOT/$CT_TAG-link"
    mkfifo "$ROOT/$CT_TAG-fifo"
    echo x >"$ROOT/$CT_TAG-file"
    mkdir "$ROOT/$CT_TAG-empty"
    mkdir "$ROOT/$CT_TAG-broken"
    echo '{"not":' >"$ROOT/$CT_TAG-broken/state.json"
    local id
    for id in link fifo file empty broken; do
        CT_TIMEOUT=15 ct state "$CT_TAG-$id"
        [ "$status" = 1 ] || show "state $id" || return 1
        CT_TIMEOUT=15 ct kill "$CT_TAG-$id" KILL
        [ "$status" = 1 ] || show "kill $id" || return 1
    done
    ct list
    ok
    prints "^$ID "
    [ "$(status_of)" = created ]
    rm -rf "$ROOT/$CT_TAG"-{link,fifo,file,empty,broken}
}

@test "hostile process environment: no argv, no limits, no descriptors" {
    python3 - "$RUNTIME" <<'PY'
import ctypes, os, sys
pid = os.fork()
if pid == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    empty = (ctypes.c_char_p * 1)(None)
    libc.execve(sys.argv[1].encode(), empty, empty)
    os._exit(99)
_, status = os.waitpid(pid, 0)
sys.exit(0 if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 99 else 1)
PY
    status=0
    (ulimit -n 4 && timeout 10 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&-) || status=$?
    [ "$status" = 1 ] || [ "$status" = 0 ] || show "few descriptors"
    [ "$status" = 0 ] && ct delete --force "$ID" || assert_gone "$ID"
    status=0
    (ulimit -f 0 && trap '' XFSZ && timeout 10 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null 3>&- 4>&-) || status=$?
    [ "$status" != 0 ]
    assert_gone "$ID"
}

@test "random mutations of a good config never crash" {
    local binary=$RUNTIME_ASAN i
    [ -x "$binary" ] || skip "needs the build with sanitizers: $binary is not there"
    cp "$BUNDLE/config.json" "$T/good"
    for ((i = 0; i < 150; i++)); do
        python3 - "$T/good" $i >"$BUNDLE/config.json" <<'PY'
import random, sys
data, r = bytearray(open(sys.argv[1], "rb").read()), random.Random(int(sys.argv[2]))
for _ in range(r.choice([1, 1, 2, 5])):
    at = r.randrange(len(data))
    how = r.randrange(4)
    if how == 0: data[at] = r.randrange(256)
    elif how == 1: del data[at:at + r.randrange(40)]
    elif how == 2: data[at:at] = data[r.randrange(len(data)):][:r.randrange(60)]
    else: data[at:at] = r.choice([b"{", b"[", b'"', b"-", b"9" * 30, b"\\u0000", b"\xff", b"null", b"1e9", b",,"])
sys.stdout.buffer.write(data)
PY
        CT_TIMEOUT=20 try "$binary" check --format json "$BUNDLE"
        case $status in 0 | 1 | 2 | 3) ;; *) show "mutation $i" || return 1 ;; esac
    done
}
