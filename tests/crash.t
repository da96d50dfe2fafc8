#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-ingest killed with -9 at moments that seeded dice choose, and run again until it is
# done: the store must be that of one clean run, ids included. And two at once.
. "$(dirname "$0")/lib.sh"

NOW=2026-11-01
"$ROOT/scripts/make-sample" --contacts "${CRASH_ROWS:-50000}" --out s >/dev/null
S=$ROOT/scripts/sample
# Some rows of the list are torn.
awk 'NR % 4001 == 9 { sub(/,/, ",\"") } { print }' s/contacts.csv >contacts.csv
# A list without ids in which every row stands twice: occurrences must be counted right.
{ sed 's/^[^,]*,//' s/contacts.csv | head -n 6001; sed -n '2,6001s/^[^,]*,//p' s/contacts.csv; } >no-ids.csv
# Callers without a name: leads, which later records with that number absorb.
{
	echo 'id,phone,time,duration'
	awk -F, 'NR % 7 == 2 && $5 != "" { print "call-" $1 "," $5 ",2026-10-01T09:30:00Z," NR % 300 }' s/contacts.csv
} >calls.csv
mkdir -p conf/channels
cat >conf/channels/callers.json <<'EOC'
{"reads": "csv", "type": "call", "key": "id", "region": "DE",
 "fields": {"phone": "phone", "time": "time", "duration": "duration"}}
EOC
export CRM_CONFIG="$T/conf"

# Killed while it waits for its pipe, with the first rows stored for sure.
halt() { # halt DB FILE ROWS
	mkfifo pipe
	crm-ingest -q --now $NOW --channel contacts -d "$1" - <pipe >/dev/null 2>&1 &
	pid=$!
	exec 3>pipe
	head -n $(($3 + 1)) "$2" >&3
	for _ in $(seq 100); do
		[ "$(sqlite3 "$1" "SELECT sum(records) FROM batch WHERE file = '-'")" = "$3" ] && break
		sleep 0.1
	done
	[ "$(sqlite3 "$1" "SELECT sum(records) FROM batch WHERE file = '-' AND finished_at IS NULL")" = "$3" ] &&
		halfway=$((halfway + 1))
	kill -9 $pid
	wait $pid 2>/dev/null
	exec 3>&-
	rm pipe
}

args() { # the arguments for FILE
	case $1 in
	calls.csv) echo "--channel callers $1" ;;
	*) echo "$1" ;;
	esac
}

# Everything there is, but for the copies of it that SQLite keeps for itself; of the search
# indexes, which words are in which rows. The key of tokens is each store's own.
dump() { # dump DB
	sqlite3 "$1" "SELECT name FROM pragma_table_list
	  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name" |
		while read -r table; do
			echo "-- $table"
			sqlite3 "$1" -cmd '.mode quote' "SELECT * FROM $table" | grep -v '^.token_key' | LC_ALL=C sort
		done
	for index in profile_words event_words; do
		echo "-- $index"
		sqlite3 "$1" "CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, $index, instance);
		  SELECT term, doc, \"offset\" FROM temp.v ORDER BY 1, 2, 3"
	done
}

whole() { # whole TITLE DB
	is "$1 is whole" "$(sqlite3 "$2" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
}

ms() { echo $(($(date +%s%N) / 1000000)); }

# shellcheck disable=SC2046 # a list of arguments
clean() { # clean DB FILE: one run; says how many ms it took
	begin=$(ms)
	crm-ingest -q --now $NOW -d "$1" $(args "$2") >/dev/null 2>clean.err
	[ $? -le 1 ] || sed 's/^/# /' clean.err >&2
	echo $(($(ms) - begin))
}

finished() { # finished DB FILE
	[ "$(sqlite3 "$1" "SELECT finished_at IS NOT NULL FROM batch WHERE file = '$2'")" = 1 ]
}

# shellcheck disable=SC2046,SC2013
torment() { # torment DB FILE MS TIMES: kills TIMES runs, each at some moment of MS
	for part in $(awk -v n="$4" 'BEGIN { srand(7); for (; n > 0; n--) print rand() }'); do
		crm-ingest -q --now $NOW -d "$1" $(args "$2") >/dev/null 2>&1 &
		pid=$!
		sleep "$(awk -v ms="$3" -v part="$part" 'BEGIN { print ms * part / 1000 }')"
		kill -9 $pid 2>/dev/null && killed=$((killed + 1))
		wait $pid 2>/dev/null
		[ "$(sqlite3 "$1" 'PRAGMA quick_check')" = ok ] || damaged=$((damaged + 1))
		finished "$1" "$2" && return
	done
	crm-ingest -q --now $NOW -d "$1" $(args "$2") >/dev/null 2>&1
}

crm-init -q -d clean.db
crm-init -q -d killed.db
killed=0 halfway=0 damaged=0
for file in calls.csv contacts.csv "$S/orders.csv" "$S/chat.csv" "$S/support.jsonl" "$S/calls.csv" "$S/newsletter.csv"; do
	took=$(clean clean.db "$file")
	case $file in
	contacts.csv) times=6 ;;
	*) times=2 ;;
	esac
	torment killed.db "$file" "$took" $times
done
crm-ingest -q --now $NOW --channel contacts -d clean.db - <no-ids.csv >/dev/null
for rows in 100 3000 7000 6500; do
	halt killed.db no-ids.csv $rows
done
crm-ingest -q --now $NOW --channel contacts -d killed.db - <no-ids.csv >/dev/null
is 'all of the pipes were cut half way' $halfway 4
ok "some of the runs were killed at work ($killed)" [ $killed -ge 5 ]
is 'no kill damaged the store' $damaged 0
whole 'the clean store' clean.db
whole 'the store of the killed runs' killed.db
is 'something was set aside, merged and left open, so that it is compared' \
	"$(sqlite3 clean.db 'SELECT count(*) > 5 FROM rejected; SELECT count(*) > 50 FROM link;
	  SELECT count(*) > 2 FROM suspect' | tr '\n' ' ')" '1 1 1 '
dump clean.db >clean.dump
dump killed.db >killed.dump
ok 'the store is that of one clean run' cmp clean.dump killed.dump
cmp -s clean.dump killed.dump || diff clean.dump killed.dump | head -n 20 | cut -c1-200 | sed 's/^/# /'

# Who is who, without ids: the keys of the profiles of each person.
people() {
	sqlite3 "$1" "SELECT group_concat(key, ' ') FROM (SELECT person_id, key FROM profile ORDER BY key)
	  GROUP BY person_id ORDER BY 1"
}

for file in contacts.csv no-ids.csv; do
	crm-init -q -d one-$file.db
	crm-init -q -d two-$file.db
	head -n 12001 $file >part.csv
	crm-ingest -q --channel contacts -d one-$file.db part.csv >/dev/null 2>&1
	crm-ingest -q --channel contacts -d two-$file.db part.csv >/dev/null 2>first.err &
	pid=$!
	crm-ingest -q --channel contacts -d two-$file.db part.csv >/dev/null 2>second.err
	second=$?
	wait $pid
	first=$?
	is "two at once on $file: both come to an end" "$((first <= 1)) $((second <= 1))" '1 1'
	people one-$file.db >one
	people two-$file.db >two
	ok "two at once on $file: the same records, the same people" cmp one two
	whole "the store of two at once on $file" two-$file.db
done

# A run that waits for its pipe is no killed run: another one takes up its batch and is done
# first, and yet no record without an id is taken for a second occurrence.
head -n 3001 no-ids.csv >part.csv
crm-init -q -d one.db
crm-init -q -d two.db
crm-ingest -q --channel contacts -d one.db part.csv >/dev/null
mkfifo pipe
crm-ingest -q --channel contacts -d two.db - <pipe >/dev/null &
pid=$!
exec 3>pipe
head -n 1001 part.csv >&3
for _ in $(seq 50); do
	[ "$(sqlite3 two.db 'SELECT count(*) FROM profile')" -ge 1000 ] && break
	sleep 0.1
done
crm-ingest -q --channel contacts -d two.db - <part.csv >/dev/null
tail -n +1002 part.csv >&3
exec 3>&-
wait $pid
people one.db >one
people two.db >two
ok 'one overtakes another: the same records, the same people' cmp one two
finish
