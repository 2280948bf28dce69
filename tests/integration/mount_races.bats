#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Somebody exchanges what a bind mount comes from while the container is made: what is mounted is what was judged. The seed of the pauses is printed; CT_SEED sets it.
load ../lib/common

setup() {
    need_root
    ct_setup
    ct_helpers
    make_bundle
    mkdir -m 755 "$T/policy"
    mkdir -p "$T/share/sub" "$T/secret" "$BUNDLE/rootfs/mnt"
    echo inside >"$T/share/sub/file"
    echo secret >"$T/secret/file"
    chmod -R go+rX "$T/share" "$T/secret"
    SEED=${CT_SEED:-$RANDOM$RANDOM}
    SWAPPER=$CT_HELPERS/swapper
    POD=$(cat /proc/sys/kernel/random/uuid)
    PODS=/var/lib/kubelet/pods/$POD
    SUBPATH=$PODS/volume-subpaths/vol/app/0
    VOLUME=$PODS/volumes/kubernetes.io~empty-dir/vol
}

bind() { # SOURCE
    jq --arg source "$1" '.mounts |= map(select(.destination != "/mnt")) | .mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["rbind", "ro"]}] | .process.args = ["/bin/cat", "/mnt/file"]' \
        "$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
}
start_swapper() {
    "$SWAPPER" "$@" "$SEED" >"$T/swaps" 3>&- 4>&- &
    swapper=$!
}
# At least 2000 swaps, and as many as there were are said.
end_swapper() {
    kill -TERM $swapper
    wait $swapper || fail "the swapper ended before" || return 1
    echo "# $(cat "$T/swaps")" >&3
    [ "$(sed 's/ .*//' "$T/swaps")" -ge 2000 ] || fail "too few: $(cat "$T/swaps")"
}

@test "below an allowed prefix: a directory and a link to somewhere else" {
    local i seen=0 refused=0 bad=''
    echo "{\"version\": 1, \"mounts\": {\"allow\": [{\"prefix\": \"$T/share\"}]}}" >"$T/policy/policy.json"
    ln -s "$T/secret" "$T/share/other"
    bind "$T/share/sub"
    start_swapper swap "$T/share/sub" "$T/share/other"
    for ((i = 0; i < 60; i++)); do
        try "$CT_TOP/tests/lib/with-policy" "$T/etc" "$T/policy" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
        case $status:$(cat "$T/out") in
        0:inside) seen=$((seen + 1)) ;;
        1:) refused=$((refused + 1)) ;;
        *) bad="round $i, seed $SEED: $status $(cat "$T/out" "$T/err")" && break ;;
        esac
    done
    end_swapper
    [ -z "$bad" ] || fail "$bad"
    [ $seen -gt 0 ] && [ $refused -gt 0 ] || fail "seen $seen, refused $refused: nothing was raced"
}

@test "control arm: by its name the link is mounted" {
    ln -s "$T/secret" "$T/share/other"
    mkdir "$T/target"
    start_swapper swap "$T/share/sub" "$T/share/other"
    unshare -m --propagation private "$SWAPPER" naive "$T/share/sub" "$T/target" 300000 file >"$T/naive"
    end_swapper
    cat "$T/naive"
    grep -q '^secret ' "$T/naive"
}

# A kubelet that follows links, as it once did (CVE-2017-1002101): what it binds at the place of the subPath may be anything.
pod() { # COMMAND…: with the pod's tree at its real place
    bind "$SUBPATH"
    jq --arg path "/kubepods/pod$POD/$ID" '.linux.cgroupsPath = $path' "$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
    cat >"$T/pod.sh" <<SCRIPT
set -e
mount -t tmpfs -o mode=755 trees /var/lib
mkdir -p -m 750 $SUBPATH $VOLUME/sub
chmod 750 /var/lib/kubelet /var/lib/kubelet/pods $PODS $PODS/* $PODS/volumes/*
chmod 777 $VOLUME
echo inside >$VOLUME/sub/file
ln -s $T/secret $VOLUME/other
$1
SCRIPT
    shift
    unshare -m --propagation private bash "$T/pod.sh" "$@" 3>&- 4>&-
}
verdicts() { # of the lines "STATUS OUTPUT"
    ! grep -qvE '^(0 inside|1 )$' "$T/rounds" || fail "seed $SEED: $(sort "$T/rounds" | uniq -c)" || return 1
    grep -q '^0 inside$' "$T/rounds" && grep -q '^1 $' "$T/rounds" || fail "nothing was raced: $(sort "$T/rounds" | uniq -c)"
}
remove_cgroups() { rmdir "/sys/fs/cgroup/kubepods/pod$POD" /sys/fs/cgroup/kubepods 2>/dev/null || true; }

@test "a subPath: a kubelet that follows the pod's links" {
    pod "\"$SWAPPER\" swap $VOLUME/sub $VOLUME/other $SEED >'$T/swaps' & swapper=\$!
for i in \$(seq 60); do
    mount --bind $VOLUME/sub $SUBPATH
    status=0
    '$RUNTIME' --root '$ROOT' run --bundle '$BUNDLE' '$ID' >'$T/one' 2>>'$T/errors' </dev/null || status=\$?
    echo \"\$status \$(cat '$T/one')\" >>'$T/rounds'
    umount $SUBPATH
done
kill -TERM \$swapper; wait \$swapper" || fail "$(cat "$T/errors")" || return 1
    remove_cgroups
    echo "# $(cat "$T/swaps")" >&3
    [ "$(sed 's/ .*//' "$T/swaps")" -ge 2000 ] || fail "too few swaps" || return 1
    verdicts || return 1
    grep -q 'CM-MOUNT-LAUNDERED' "$T/errors"
}

@test "a subPath that is mounted anew while it is judged" {
    pod "mkdir $VOLUME/fine; echo inside >$VOLUME/fine/file
\"$SWAPPER\" remount $SUBPATH $VOLUME/fine '$T/secret' $SEED >'$T/swaps' & swapper=\$!
end=\$((SECONDS + 8))
while [ \$SECONDS -lt \$end ]; do
    status=0
    '$RUNTIME' --root '$ROOT' run --bundle '$BUNDLE' '$ID' >'$T/one' 2>>'$T/errors' </dev/null || status=\$?
    echo \"\$status \$(cat '$T/one')\" >>'$T/rounds'
done
kill -TERM \$swapper; wait \$swapper" || fail "$(tail -5 "$T/errors")" || return 1
    remove_cgroups
    echo "# $(cat "$T/swaps")" >&3
    [ "$(sed 's/ .*//' "$T/swaps")" -ge 2000 ] || fail "too few swaps" || return 1
    verdicts
}
