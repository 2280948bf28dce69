# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A new cluster, transactions of several clients, parallel workers, vacuum, a crash and the recovery from it.
. "${0%/*}/lib.sh"
trap 'pg_ctl -s -D /tmp/pg -m immediate stop 2>/dev/null || true' EXIT
export PGHOST=/tmp PGDATABASE=postgres PGUSER=user
initdb -D /tmp/pg -A trust -U user >initdb.log 2>&1 || { tail -n 5 initdb.log >&2; exit 1; }
printf "unix_socket_directories = '/tmp'\nlisten_addresses = '127.0.0.1'\nmax_wal_size = 128MB\nshared_buffers = 16MB\nlog_min_messages = error\n" >>pg/postgresql.conf
pg_ctl -s -w -D /tmp/pg -l pg.log start || { tail -n 5 pg.log >&2; exit 1; }
pgbench -q -i -s 1 2>/dev/null
pgbench -n -c 4 -j 2 -t 40 -h 127.0.0.1 >/dev/null 2>&1
is "$(psql -Atc 'select count(*) from pgbench_history')" 160
is "$(psql -Atc 'set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0; set parallel_tuple_cost = 0; select sum(aid) from pgbench_accounts' | tail -n 1)" 5000050000
psql -q -c 'vacuum full' -c checkpoint -c 'create index on pgbench_accounts (abalance)'
pg_ctl -s -D /tmp/pg -m immediate stop
pg_ctl -s -w -D /tmp/pg -l pg.log start
is "$(psql -Atc 'select count(*) from pgbench_history')" 160
pg_ctl -s -D /tmp/pg -m fast stop
echo works
