#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-ingest at size: memory does not grow with the file, a million contacts killed again
# and again end as one clean run does, and junk is set aside in seconds.
. "$(dirname "$0")/../lib.sh"

need 'GNU time' command time -f %M true
rows=${SLOW_ROWS:-1000000}
"$ROOT/scripts/make-sample" --contacts "$rows" --out s >/dev/null
# At a third SQLite's page cache of 128 MiB is full; what grows then, grows for ever.
head -n $((rows / 3 + 1)) s/contacts.csv >third.csv

peak() { # peak DB FILE: KiB
	crm-init -q -d "$1"
	command time -o peak -f %M crm-ingest -q --now 2026-11-01 -d "$1" "$2" >/dev/null 2>said
	tail -n 1 peak
}
small=$(peak small.db third.csv)
large=$(peak large.db s/contacts.csv)
ok "memory is flat: $small KiB for a third, $large KiB for all" [ "$large" -le $((small * 11 / 10)) ]
is 'all rows are stored' "$(sqlite3 large.db 'SELECT count(*) FROM profile')" "$rows"
is 'the store is whole' "$(sqlite3 large.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok

# The keys and people of two stores, compared without holding them.
same() {
	for db in "$1" "$2"; do
		sqlite3 "$db" 'SELECT id, key, line, person_id FROM profile; SELECT * FROM endpoint;
		  SELECT * FROM profile_endpoint; SELECT * FROM suspect; SELECT * FROM person' | cksum
	done | uniq | wc -l
}
crm-init -q -d killed.db
for wait in 1 3 2 5 4 3; do
	crm-ingest -q --now 2026-11-01 -d killed.db s/contacts.csv >/dev/null 2>&1 &
	pid=$!
	sleep $wait
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
crm-ingest -q --now 2026-11-01 -d killed.db s/contacts.csv >/dev/null 2>&1
is 'killed six times: the store of one clean run' "$(same large.db killed.db)" 1

# Junk must not take quadratic time: open brackets, open quotes, one endless line.
mkdir -p conf/channels
cp "$ROOT/tests/channels/rows.json" conf/channels
echo '{"reads": "json", "type": "note", "fields": {}}' >conf/channels/values.json
export CRM_CONFIG="$T/conf"
junk() { # junk TITLE CHANNEL: the file junk
	rm -f junk.db*
	crm-init -q -d junk.db
	timeout 60 crm-ingest -q --channel "$2" -d junk.db junk >/dev/null 2>&1
	is "$1: set aside, in time" $? 1
}
yes '{' | head -n 300000 >junk
junk 'open brackets' values
yes '"a": {' | head -n 300000 >junk
junk 'open objects' values
{ echo a,b; yes 'x,"y' | head -n 300001; } >junk
junk 'open quotes' rows
{ echo a,b; head -c 40000000 /dev/zero | tr '\0' x; echo; } >junk
junk 'an endless line' rows
finish
