# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The write-ahead log with several writers, vacuum, backup, memory-mapped reading.
. "${0%/*}/lib.sh"
sqlite3 base.db 'pragma journal_mode=wal; create table t(a, b);' >/dev/null
for n in 1 2 3; do
    sqlite3 -cmd '.timeout 10000' base.db "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into t select i, hex(randomblob(20)) from n" &
done
wait
is "$(sqlite3 base.db 'pragma mmap_size=10000000; select count(*) from t' | tail -n 1)" 6000
sqlite3 base.db 'create index i on t(b); delete from t where a % 2; vacuum; pragma wal_checkpoint(truncate);' >/dev/null
sqlite3 base.db '.backup copy.db'
is "$(sqlite3 copy.db 'pragma integrity_check; select count(*) from t' | tr '\n' ' ')" "ok 3000 "
sqlite3 copy.db 'pragma journal_mode=delete; update t set a = a + 1' >/dev/null
echo works
