# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# HTTP and HTTPS with a certificate of our own, several transfers at once, uploads, a lookup that has to fail.
. "${0%/*}/lib.sh"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' 2>/dev/null
head -c 1000000 /dev/urandom >data
openssl s_server -quiet -accept 8443 -key key -cert cert -WWW &
up 8443
is "$(curl -sSf --cacert cert https://localhost:8443/data | sha256sum)" "$(sha256sum <data)"
curl -sSf --parallel --cacert cert -o a https://localhost:8443/data -o b https://localhost:8443/data -o c https://localhost:8443/data
is "$(cat a b c | sha256sum)" "$(cat data data data | sha256sum)"
! curl -sf https://localhost:8443/data || exit 1
is "$(curl -s -o /dev/null -w '%{exitcode}' http://nowhere.invalid/ || true)" 6
curl -sf file:///etc/passwd >/dev/null
echo works
