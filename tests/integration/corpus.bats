#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The specification's good and bad examples, and thousands of changed ones, through `check`: always a verdict or a plain error.
load ../lib/common

setup() {
    need_root
    ct_setup
    make_bundle
    examples=("$CT_TOP"/tests/data/oci-spec/config/{good,bad}/*.json "$CT_TOP"/tests/data/full-config.json)
    cp "$BUNDLE/config.json" "$T/spec.json"
}

@test "the specification's good examples are judged, the bad ones are errors or refused" {
    local file
    for file in "$CT_TOP"/tests/data/oci-spec/config/good/*.json; do
        cp "$file" "$BUNDLE/config.json"
        try "$RUNTIME" check --format json "$BUNDLE"
        case $(basename "$file") in
        freebsd-example.json) exits 1 ;; # has no process.user
        *) [ "$status" = 3 ] || [ "$status" = 2 ] || [ "$status" = 0 ] || show "$file" ;;
        esac
    done
    for file in "$CT_TOP"/tests/data/oci-spec/config/bad/*.json; do
        cp "$file" "$BUNDLE/config.json"
        try "$RUNTIME" check --format json "$BUNDLE"
        [ "$status" = 1 ] || [ "$status" = 3 ] || show "$file"
    done
}

@test "examples with one property missing or hostile" {
    CT_TIMEOUT=300 try "$CT_TOP/tests/lib/corpus" "$RUNTIME" "$BUNDLE" 2 "${examples[@]}" "$T/spec.json"
    ok
    prints '^[0-9]{4,} configurations$'
}

@test "create refuses changed examples with the codes that check gives" {
    CT_TIMEOUT=300 try "$CT_TOP/tests/lib/corpus" --agree "$ROOT" "$ID" "$RUNTIME" "$BUNDLE" 1 "$CT_TOP/tests/data/full-config.json" "$T/spec.json"
    ok
    prints '^[0-9]{3,} configurations$'
}

@test "check with sanitizers" {
    [ -x "$RUNTIME_ASAN" ] || skip "the build with sanitizers is not there: $RUNTIME_ASAN"
    CT_TIMEOUT=300 try "$CT_TOP/tests/lib/corpus" "$RUNTIME_ASAN" "$BUNDLE" 1 "$CT_TOP"/tests/data/oci-spec/config/good/spec-example.json "$CT_TOP"/tests/data/full-config.json
    ok
}
