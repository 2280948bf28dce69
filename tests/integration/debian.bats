#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian packages: built once from what git knows, without a network, then taken apart, installed into a root of their own, and used.
load ../lib/common

setup_file() {
    local missing
    [ "$(id -u)" = 0 ] || skip "needs root"
    for tool in dpkg-buildpackage dpkg-checkbuilddeps git; do command -v "$tool" >/dev/null || skip "$tool is missing (packages dpkg-dev, git)"; done
    missing=$(cd "$CT_TOP" && dpkg-checkbuilddeps 2>&1) || skip "packages cannot be built: ${missing##*: }"
    export WORK=$BATS_FILE_TMPDIR/work
    mkdir -p "$WORK/casemate"
    git -c safe.directory='*' -C "$CT_TOP" ls-files -z -co --exclude-standard >"$WORK/files" || skip "this is no git checkout"
    (cd "$CT_TOP" && tar -c --null -T "$WORK/files" --ignore-failed-read) 2>/dev/null | tar -x -C "$WORK/casemate"
    # a network namespace of its own: whoever would fetch something fails
    (cd "$WORK/casemate" && DEB_BUILD_OPTIONS="noautodbgsym parallel=$(nproc)" unshare -n dpkg-buildpackage -us -uc -b) >"$WORK/log" 2>&1 </dev/null 3>&- 4>&- ||
        { tail -n 40 "$WORK/log"; return 1; }
    DEB=$(echo "$WORK"/casemate_*.deb) HELPER_DEB=$(echo "$WORK"/casemate-systemd_*.deb) # the words of one name each
    export DEB HELPER_DEB
    mkdir "$WORK/tree" "$WORK/helper"
    dpkg-deb -x "$DEB" "$WORK/tree"
    dpkg-deb -x "$HELPER_DEB" "$WORK/helper"
}
setup() { ct_setup; }
field() { dpkg-deb -f "$1" "$2"; } # DEB FIELD

@test "two packages, of the version that the program has, and one of them depends on nothing" {
    [ "$(find "$WORK" -maxdepth 1 -name '*.deb' | wc -l)" = 2 ] || fail "$(ls "$WORK")"
    [ "$(field "$DEB" Version)" = "$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$CT_TOP/meson.build")" ] || fail "debian/changelog and meson.build have different versions: $(field "$DEB" Version)"
    [ -z "$(field "$DEB" Depends)" ] || fail "Depends: $(field "$DEB" Depends)"
    [[ "$(field "$DEB" Recommends)" == "casemate-systemd (= "* ]] || fail "Recommends: $(field "$DEB" Recommends)"
    [[ "$(field "$HELPER_DEB" Depends)" == *libsystemd0* ]] || fail "Depends: $(field "$HELPER_DEB" Depends)"
    # whose archives are in it, so that a fix of theirs leads to a new build
    for source in glibc yajl; do [[ "$(field "$DEB" Static-Built-Using)" == *"$source (= "* ]] || fail "Static-Built-Using: $(field "$DEB" Static-Built-Using)" || return 1; done
    ! grep -E '(^|[^-])warning: ' "$WORK/log" | grep -vE 'dpkg-shlibdeps|Wl,--fatal-warnings' || fail "the build warns"
}

@test "each file where it belongs, root's, and none with power of its own" {
    local page
    (cd "$WORK/tree" && find . \( -type f -o -type l \) -printf '%P\n' | sort) >"$T/files"
    # what is not documentation is this
    cat >"$T/wanted" <<END
etc/apparmor.d/casemate-default
usr/bin/casemate
usr/bin/casemate@strict
usr/share/bash-completion/completions/casemate
usr/share/fish/vendor_completions.d/casemate.fish
usr/share/lintian/overrides/casemate
usr/share/zsh/vendor-completions/_casemate
END
    diff "$T/wanted" <(grep -vE '^usr/share/(doc|man)/' "$T/files") || fail "other files than wanted (left), or missing ones"
    (cd "$WORK/helper" && find . -type f -printf '%P\n' | grep -v '^usr/share/doc/') | diff <(echo usr/libexec/casemate/casemate-systemd) - || fail "of the helper's package"
    for page in "$CT_TOP"/docs/man/*.scd; do
        page=$(basename "$page" .scd)
        grep -qx "usr/share/man/man${page##*.}/$page.gz" "$T/files" || fail "no manual page $page" || return 1
    done
    for page in "$CT_TOP"/docs/*.md; do
        grep -qxE "usr/share/doc/casemate/docs/$(basename "$page")(\.gz)?" "$T/files" || fail "$(basename "$page") is missing" || return 1
    done
    dpkg-deb -c "$DEB" >"$T/modes"
    dpkg-deb -c "$HELPER_DEB" >>"$T/modes"
    ! awk '$2 != "root/root" || $1 !~ /^l/ && ($1 ~ /[sStT]/ || $1 ~ /^.....w/ || $1 ~ /^........w/)' "$T/modes" | grep . || fail "owners or modes"
    [ -d "$WORK/tree/etc/casemate/policy.d" ] && [ -d "$WORK/tree/etc/casemate/policies" ]
    [ "$(dpkg-deb --ctrl-tarfile "$DEB" | tar -xO ./conffiles)" = /etc/apparmor.d/casemate-default ]
}

@test "examples: every file of contrib that somebody configures with, as it is" {
    local file
    for file in $(cd "$CT_TOP/contrib" && find . -type f | sed 's,^\./,,'); do
        case $file in apparmor/* | completions/* | quickstart) continue ;; esac
        cmp "$CT_TOP/contrib/$file" "$WORK/tree/usr/share/doc/casemate/examples/$file" || return 1
    done
}

@test "the packaged program is as hardened and as small as the one of a plain build" {
    try env CT_TMP="$T" "$CT_TOP/tests/lint/run" "$WORK/tree/usr/bin" 'static-pie|small|knows nothing of'
    ok
    ! grep -q '# SKIP\|^not ok' "$T/out" || show "a check was not made"
    [ "$(grep -c '^ok' "$T/out")" = 3 ] || show "three checks"
    [ "$(readlink "$WORK/tree/usr/bin/casemate@strict")" = casemate ]
    readelf -hW "$WORK/helper/usr/libexec/casemate/casemate-systemd" | grep -q 'DYN (' || fail "the helper is not position independent"
    grep -qa '^/usr/libexec/casemate/casemate-systemd$' <(strings -n 8 "$WORK/tree/usr/bin/casemate") || fail "the program looks for its helper elsewhere"
}

@test "lintian has no errors" {
    command -v lintian >/dev/null || skip "lintian is missing"
    try lintian --allow-root --fail-on error "$DEB" "$HELPER_DEB"
    ok
    ! grep -q '^[EW]:' "$T/out" || show "lintian complains"
}

@test "the AppArmor profile is one that this release's parser takes" {
    local parser
    parser=$(command -v apparmor_parser || echo /sbin/apparmor_parser)
    [ -x "$parser" ] || skip "apparmor_parser is missing (package apparmor)"
    try "$parser" --skip-kernel-load --skip-cache "$WORK/tree/etc/apparmor.d/casemate-default"
    ok
}

@test "installed into a root with nothing but a shell, used, and removed again" {
    local root=$T/root
    mkdir -p "$root"/{bin,etc,proc,tmp,var/lib/dpkg/{info,updates,triggers}}
    touch "$root/var/lib/dpkg/status"
    cp "$(ct_busybox)" "$root/bin/busybox"
    for applet in sh mkdir touch chmod cat rm test dirname; do ln -s busybox "$root/bin/$applet"; done
    # busybox has no install(1), with which the package makes an empty file
    printf '#!/bin/sh\nfor last; do :; done\necho >"$last"\n' >"$root/bin/install"
    chmod 755 "$root/bin/install"
    try dpkg --root="$root" --log="$T/dpkg.log" -i "$DEB"
    ok "dpkg -i"
    [ "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Status}' casemate)" = "install ok installed" ]
    # inside that root, where there is neither libc nor /proc
    try chroot "$root" /usr/bin/casemate --version
    ok
    prints '^casemate version '
    try chroot "$root" /usr/bin/casemate features
    ok
    jq -e '.ociVersionMax and .linux.seccomp' "$T/out" >/dev/null || show "features"
    # and containers of the host with it
    RUNTIME=$root/usr/bin/casemate
    make_bundle
    run_inside 'id -u; cat /proc/self/uid_map; grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status'
    ok
    prints '^0$'
    [ "$(awk 'NF == 3 && $1 == 0 {print ($2 >= 65536)}' "$T/out")" = 1 ] || show "the ids are the host's"
    prints '^Seccomp:[[:space:]]2$'
    RUNTIME=$root/usr/bin/casemate@strict
    ct run --bundle "$BUNDLE" "$ID"
    fails_with 'CM-NONROOT'
    RUNTIME=$root/usr/bin/casemate
    # what an administrator wrote stays
    echo '{"version": 1}' >"$root/etc/casemate/policy.json"
    try dpkg --root="$root" --log="$T/dpkg.log" --purge casemate
    ok "dpkg --purge"
    [ ! -e "$root/usr/bin/casemate" ] && [ -e "$root/etc/casemate/policy.json" ]
    [ -z "$(find "$root" -name '*casemate*' ! -path '*/etc/casemate' ! -path '*/var/lib/dpkg/*')" ] || fail "left: $(find "$root" -name '*casemate*')"
}
