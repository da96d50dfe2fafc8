#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-merge killed with -9 again and again: the store is whole each time, every merge that
# was printed is in it, and in the end it is the store of one clean run.
. "$(dirname "$0")/../lib.sh"

crm-init -q -d clean.db
sqlite3 clean.db "
INSERT INTO source VALUES (1, 's', '', 'crm');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);
INSERT INTO person (id, canon_id, created_at, name)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT i, i, 0, 'x' FROM n;
INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, raw)
  SELECT id, 1, id, 1, id, id % 1000, id, 'Name ' || (id % 977), '{}' FROM person"
cp clean.db killed.db
# Pairs that join people by twos, then by fours.
seq 1 2 39999 | sed 's/.*/{"type":"match","probability":0.99,"a":&/; s/$/,"b":/' >odd
seq 2 2 40000 | sed 's/$/}/' | paste -d '' odd - >matches
seq 1 4 39997 | awk '{ printf "{\"a\":%d,\"b\":%d}\n", $1, $1 + 3 }' >>matches

dump() {
	sqlite3 "$1" 'SELECT id, canon_id, name FROM person; SELECT a, b, kind, at, evidence FROM link'
}
merge() { crm-merge -q --actor test --now 2026-10-01 -d "$1" matches; }

merge clean.db >out
is 'all are merged' "$(wc -l <out)" 30000

killed=0
: >printed
for wait in 0.02 0.05 0.1 0.15 0.2 0.3; do
	crm-merge -q --actor test --now 2026-10-01 -d killed.db matches >part &
	pid=$!
	sleep $wait
	kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	wait $pid 2>/dev/null
	grep '}$' part | sed 's/.*"link":\([0-9]*\),"person".*/\1/' >>printed
	is "after $wait s the store is whole" "$(sqlite3 killed.db 'PRAGMA integrity_check')" ok
done
ok 'some runs were killed half way' [ "$killed" -gt 0 ]
merge killed.db >/dev/null
sqlite3 killed.db 'SELECT id FROM link ORDER BY id' | sort >ids
lost=$(sort -u printed | comm -23 - ids | wc -l)
is 'every merge that was printed is in the store' "$lost" 0
dump clean.db >a
dump killed.db >b
ok 'the store is that of one clean run' cmp a b
merge killed.db >again
is 'and running it once more does nothing' "$(wc -c <again)" 0
finish
