# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Commits, merges, clones by file and by protocol, repacking and verification.
. "${0%/*}/lib.sh"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q -b main one
cd one
for i in {1..5}; do echo "$i" >"f$i"; git add .; git commit -qm "$i"; done
git checkout -qb side HEAD~2
echo side >side
git add .
git commit -qm side
git checkout -q main
git merge -q -m merge side
cd ..
git clone -q one two
git clone -q --no-local --bare file:///tmp/one three
git -C two repack -qad
git -C two gc -q --aggressive --prune=now
git -C two fsck --full --strict
echo more >two/more
git -C two add more
git -C two commit -qm more
git -C two push -q /tmp/three main
git -C two stash list
is "$(git -C three rev-parse main)" "$(git -C two rev-parse main)"
is "$(git -C two grep -l side)" side
echo works
