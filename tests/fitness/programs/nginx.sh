# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Workers, sendfile, a proxy to itself, bodies on disk, reload and a graceful end. As root the workers change to another user.
. "${0%/*}/lib.sh"
mkdir -p n/www n/tmp
head -c 3000000 /dev/zero >n/www/big
echo hello >n/www/index.html
[ "$(id -u)" != 0 ] || chmod -R a+rX n
cat >n/nginx.conf <<'C'
worker_processes 2;
daemon off;
pid /tmp/n/pid;
error_log stderr warn;
events { worker_connections 256; use epoll; }
http {
    access_log /tmp/n/access.log;
    client_body_temp_path /tmp/n/tmp; proxy_temp_path /tmp/n/proxy; fastcgi_temp_path /tmp/n/f; uwsgi_temp_path /tmp/n/u; scgi_temp_path /tmp/n/s;
    sendfile on; tcp_nopush on; keepalive_timeout 5;
    client_body_in_file_only clean; client_max_body_size 10m;
    server {
        listen 127.0.0.1:8080 reuseport;
        listen unix:/tmp/n/socket;
        root /tmp/n/www;
        location /proxy/ { proxy_pass http://unix:/tmp/n/socket:/; }
    }
}
C
[ "$(id -u)" != 0 ] || sed -i '1i user www-data;' n/nginx.conf
nginx -p /tmp/n -e stderr -c /tmp/n/nginx.conf &
up 8080
for _ in 1 2 3 4 5; do is "$(curl -sf http://127.0.0.1:8080/)" hello; done
is "$(curl -sf http://127.0.0.1:8080/proxy/)" hello
is "$(curl -sf http://127.0.0.1:8080/big | wc -c)" 3000000
is "$(curl -sf http://127.0.0.1:8080/proxy/big | wc -c)" 3000000
is "$(curl -s -o /dev/null -w '%{http_code}' --data-binary @n/www/big http://127.0.0.1:8080/proxy/)" 405
[ "$(id -u)" != 0 ] || is "$(ps -o user= -C nginx | sort -u | tr '\n' ' ')" "root www-data "
kill -HUP "$(cat n/pid)"
sleep 0.3
is "$(curl -sf http://127.0.0.1:8080/)" hello
kill -QUIT "$(cat n/pid)"
wait
echo works
