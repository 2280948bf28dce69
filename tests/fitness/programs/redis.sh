# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Snapshots and rewrites of the log in children, a replica, scripts, pipelined load.
. "${0%/*}/lib.sh"
mkdir -p r1 r2
redis-server --port 6379 --dir /tmp/r1 --appendonly yes --io-threads 2 --repl-diskless-sync-delay 0 --unixsocket /tmp/r1/socket --save '' >r1/log &
up 6379
is "$(redis-cli set a 1)" OK
is "$(redis-cli -s /tmp/r1/socket eval 'return redis.call("incr", KEYS[1])' 1 a)" 2
redis-benchmark -q -n 3000 -c 10 -P 5 -t set,get,lpush,hset >/dev/null
redis-cli bgsave >/dev/null
sleep 0.3
redis-cli bgrewriteaof >/dev/null
sleep 0.5
is "$(redis-cli info persistence | tr -d '\r' | grep -E 'rdb_last_bgsave_status|aof_last_bgrewrite_status' | cut -d: -f2 | tr '\n' ' ')" "ok ok "
redis-server --port 6380 --dir /tmp/r2 --replicaof 127.0.0.1 6379 --save '' >r2/log &
up 6380
for _ in {1..300}; do [ "$(redis-cli -p 6380 get a)" != 2 ] || break; sleep 0.1; done
is "$(redis-cli -p 6380 get a)" 2
redis-cli -p 6380 shutdown nosave
redis-cli shutdown nosave
wait
redis-server --port 6379 --dir /tmp/r1 --appendonly yes >r1/log &
up 6379
is "$(redis-cli get a)" 2
echo works
