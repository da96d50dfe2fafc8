#!/bin/sh
# SPDX-License-Identifier: MIT
# Night after night: crm-dedupe --new finds what a run over all would find of the new profiles,
# byte for byte, and nothing a second time. What it keeps in the store to be quick changes no
# result. The source of truth is always a run over all that reads everything anew.
. "$(dirname "$0")/lib.sh"
need crm-dedupe command -v crm-dedupe
need jq command -v jq
need sqlite3 command -v sqlite3
export CRM_DB=t.db

"$ROOT/scripts/make-sample" --contacts 1300 --out list
rows() { # rows FROM TO: of the list, with its header
	head -1 list/contacts.csv
	tail -n +2 list/contacts.csv | sed -n "$1,$2p"
}
rows 1 1200 >monday.csv
rows 1201 1300 >tuesday.csv

anew() { # anew OPTION…: a run over all of a copy of the store without what is kept
	sqlite3 t.db 'VACUUM INTO "anew.db"'
	sqlite3 anew.db 'DELETE FROM link_snapshot_part; DELETE FROM link_snapshot'
	crm-dedupe -q -n --all -d anew.db "$@"
	rm -f anew.db
}

kept() { # profiles in the snapshot
	sqlite3 t.db 'SELECT coalesce(sum(records), 0) FROM link_snapshot'
}

crm-init -q
crm-ingest -q -c contacts monday.csv >/dev/null
crm-dedupe -qn --new >/dev/null
is 'a dry run keeps nothing' "$(kept)" 0
crm-dedupe -q --new --save-model model >first
is 'the first run is over all' "$(anew --model model | cmp - first && wc -l <first)" "$(wc -l <first)"
ok 'it finds something' test -s first
is 'what it read is kept' "$(kept)" 1200
is 'the second finds nothing new' "$(crm-dedupe --new 2>&1)" 'crm-dedupe: no profile is new'

last=$(sqlite3 t.db 'SELECT max(id) FROM profile')
crm-ingest -q -c contacts tuesday.csv >/dev/null
anew --model model | jq -c "select(.a > $last or .b > $last)" >want
crm-dedupe -qn --new >dry
ok 'of the new ones it finds what a run over all finds' cmp want dry
ok 'and that is something' test -s want
rc 'when what it found cannot be written' 74 sh -c 'crm-dedupe -q --new >/dev/full'
crm-dedupe -q --new >torn &
sleep 0.02
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
cp torn killed
# whether it was quick enough to note that it was done or not, one whole answer is there
crm-dedupe -q --new >after
ok 'or it was killed, the next run finds it all' sh -c 'cmp want after || { [ ! -s after ] && cmp want killed; }'
is 'once' "$(crm-dedupe --new 2>&1)" 'crm-dedupe: no profile is new'

# --- line by line: what comes through a pipe is answered at once
sqlite3 t.db "VACUUM INTO 'live.db'"
jq -nc "range($last + 1; $last + 101) | {profile: .}" >asked
ok 'lines through a pipe get what a run over all says' \
	test "$(crm-dedupe -q -d live.db <asked | sort)" = "$(cat asked | crm-dedupe -q -d live.db | sort | tee got)"
is 'all of it' "$(sort want | cmp - got && echo same)" same
is 'each once, however often it is asked for' "$(cat asked asked | crm-dedupe -q -d live.db | sort | cmp - got && echo same)" same
is 'a file of lines too' "$(crm-dedupe -q -d live.db <asked | sort | cmp - got && echo same)" same
rc 'a profile that is not there is said' 1 sh -c 'printf "{\"profile\":99999}\n{\"profile\":1}\n" | crm-dedupe -d live.db >got 2>said'
is 'with its line' "$(grep -c '<stdin>:1: there is no profile 99999' said)" 1

rows 1 1200 >some.csv
for row in $(jq -r "select(.b > $last) | .b" want | head -1); do
	rm -f live.db* batch.db*
	crm-init -q -d live.db && crm-ingest -q -d live.db -c contacts some.csv
	crm-dedupe -q -d live.db --new >some # and its model
	sqlite3 live.db "VACUUM INTO 'batch.db'"
	rows "$row" "$row" >one.csv
	rm -f in out && mkfifo in out
	crm-dedupe -q -d live.db <in >out 2>said &
	pid=$!
	exec 3>in 4<out
	echo '{"profile":1}' >&3 # it is warm when it has answered this, or nothing
	sleep 1
	crm-ingest -c contacts -d live.db one.csv 2>said >&3
	crm-ingest -q -c contacts -d batch.db one.csv
	crm-dedupe -q -d batch.db --new >expected
	lines=$(wc -l <expected)
	timeout 20 head -n "$lines" <&4 >answer # while the input is still open
	exec 3>&- 4<&-
	wait $pid
	ok "profile $row, stored later, is answered at once, byte for byte" cmp expected answer
	ok 'with something' test -s expected
done

# --- what may change of profiles that are kept
jq -c 'select(.probability > 0.99)' first | head -50 | crm-merge -q >merged
ok 'people are merged' test -s merged
id=$(sqlite3 t.db 'SELECT id FROM link ORDER BY id LIMIT 1')
crm-merge -q --undo "$id" >/dev/null
mail=$(sqlite3 t.db "SELECT value FROM endpoint JOIN profile_endpoint ON endpoint_id = endpoint.id WHERE kind = 'email' AND flags = 0 ORDER BY endpoint.id LIMIT 1")
printf 'id,first_name,last_name,email\n9001,Xaver,Quast,%s\n9002,Yolanda,Pfister,%s\n9003,Zoltan,Okafor,%s\n' "$mail" "$mail" "$mail" >shared.csv
crm-ingest -q -c contacts shared.csv >/dev/null
is 'an address is shared from now on' "$(sqlite3 t.db "SELECT flags & 1 FROM endpoint WHERE value = '$mail'")" 1
anew --all-pairs --model model >want
crm-dedupe -qn --all --all-pairs --model model >got
ok 'it is read anew' cmp want got
anew --model model >fewer
ok 'who is one person by now is no match' test "$(wc -l <fewer)" -lt "$(wc -l <want)"

# --- what cannot be used is as if it were not there
anew >want
ok 'with what is kept' sh -c 'crm-dedupe -qn --all >got && cmp want got'
sqlite3 t.db "UPDATE link_snapshot_part SET numbers = substr(numbers, 2) WHERE part = 'email'"
ok 'with a part that is cut' sh -c 'crm-dedupe -qn --all >got && cmp want got'
sqlite3 t.db "UPDATE link_snapshot_part SET texts = CAST('' AS BLOB) WHERE part = 'family'"
ok 'with texts missing' sh -c 'crm-dedupe -qn --all >got && cmp want got'
sqlite3 t.db "DELETE FROM link_snapshot_part WHERE part = 'given'"
ok 'with a part missing' sh -c 'crm-dedupe -qn --all >got && cmp want got'
crm-dedupe -q --all >/dev/null
is 'the next run keeps it anew' "$(kept)" "$(sqlite3 t.db 'SELECT count(*) FROM profile')"
is 'in one piece' "$(sqlite3 t.db 'SELECT count(*) FROM link_snapshot')" 1
finish
