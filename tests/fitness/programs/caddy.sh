# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A Go program: a file server and a proxy to it, reloaded through its own interface.
. "${0%/*}/lib.sh"
mkdir www
head -c 1000000 /dev/zero >www/big
printf '{\n admin localhost:2019\n}\nhttp://127.0.0.1:8083 {\n root * /tmp/www\n file_server\n}\nhttp://127.0.0.1:8084 {\n reverse_proxy 127.0.0.1:8083\n}\n' >Caddyfile
caddy run --config Caddyfile >log 2>&1 &
up 8084
for _ in {1..10}; do is "$(curl -sf http://127.0.0.1:8084/big | wc -c)" 1000000; done
caddy reload --config Caddyfile >log2 2>&1
is "$(curl -sf http://127.0.0.1:8083/big | wc -c)" 1000000
echo works
