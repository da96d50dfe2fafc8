#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-ingest as a running filter: what goes in comes out, in order, while the other end is
# still open. How long it takes is measured elsewhere; here a line has five seconds.
. "$(dirname "$0")/lib.sh"

need sqlite3 sqlite3 --version
mkdir -p t.d/channels
cat >t.d/channels/live.json <<'END'
{"reads": "json", "type": "message", "key": "/id", "const": {"direction": "in"},
 "fields": {"text": "/text"}, "handles": {"user": "/user"}}
END
cat >t.d/channels/visits.json <<'END'
{"reads": "csv", "type": "note", "key": "id", "fields": {"time": "day", "text": "text"},
 "handles": {"user": "user"}}
END
cat >t.d/channels/posts.json <<'END'
{"reads": "form", "type": "message", "key": "/id", "const": {"direction": "in"},
 "fields": {"text": "/text"}, "handles": {"user": "/user"}}
END
crm-init -q -d t.db
sql() { sqlite3 -cmd ".timeout 10000" t.db "$1"; }

line() { printf '{"id":"%s","user":"u","text":"%s"}\n' "$1" "${2:-hi}"; }
# came N: the first N lines have come out within five seconds; prints their keys.
came() {
	for _ in $(seq 100); do
		[ "$(wc -l <out)" -ge "$1" ] && break
		sleep 0.05
	done
	sed -n 's/.*"key":"\([^"]*\)".*/\1/p' out | tr '\n' ' '
}
# crm-ingest in the background, its lines in out; what it says in err
start() {
	: >out
	crm-ingest -d t.db "$@" <"${IN:-/dev/null}" >out 2>err &
	job=$!
}
ends() { # waits for it, five seconds; its exit code goes to code
	(sleep 5 && kill -KILL $job 2>/dev/null) &
	watchdog=$!
	wait $job 2>/dev/null
	code=$?
	kill $watchdog 2>/dev/null
}

# --- a pipe that stays open ---

mkfifo pipe
IN=pipe start -c live
exec 9>pipe
line a1 >&9
is 'a line comes out while the pipe is open' "$(came 1)" 'a1 '
is 'and is in the store' "$(sql "SELECT count(*) FROM event WHERE key = 'a1'")" 1
printf '{"id":"a2","user":"u",' >&9
line a3 | sed 's/^/"text":"split"}\n/' >&9
is 'a line that comes in two pieces' "$(came 3)" 'a1 a2 a3 '
for i in 4 5 6 7; do line a$i; done >&9
is 'several at once, in order' "$(came 7)" 'a1 a2 a3 a4 a5 a6 a7 '
exec 9>&-
ends
is 'it ends with the pipe' $code 0

IN=pipe start -c posts
exec 9>pipe
echo 'id=f1&user=u&text=one' >&9
came 1 >/dev/null
echo 'id=f2&user=u&text=two' >&9
is 'posts of forms, a line each' "$(came 2)" 'f1 f2 '
exec 9>&-
ends

# 3/4 may be in March or April: only the whole column can tell.
IN=pipe start -c visits --unbuffered
exec 9>pipe
printf 'id,user,day,text\nv1,u,3/4/2026,x\n' >&9
is '--unbuffered: a column that is open is not waited for' "$(came 1)" 'v1 '
exec 9>&-
ends
is '  and what was taken for granted is said' "$(grep -c 'day' err)" 1

seq 300 | sed 's/.*/{"id":"n&","user":"u","text":"hi"}/' >many
crm-ingest -d t.db -q -c live --unbuffered many
is '--unbuffered: all are stored' "$(sql "SELECT count(*) FROM event WHERE key GLOB 'n*'")" 300
IN=pipe start -c live --unbuffered
exec 9>pipe
sed 's/"n/"m/' many >&9
is '  and come out in order, while the pipe is open' "$(came 300 | tr ' ' '\n' | head -n 300 | md5sum)" \
	"$(seq 300 | sed 's/^/m/' | md5sum)"
exec 9>&-
ends

# --- a file that grows ---

line b1 >log
start -c live --follow log
is '--follow: what is there' "$(came 1)" 'b1 '
line b2 >>log
is '  what is added' "$(came 2)" 'b1 b2 '
printf '{"id":"b3","user":"u",' >>log
sleep 0.4
printf '"text":"in two pieces"}\n' >>log
is '  a line that is written in pieces' "$(came 3)" 'b1 b2 b3 '
mv log log.1
line b4 >>log.1
is '  after it is renamed its writer may go on' "$(came 4)" 'b1 b2 b3 b4 '
: >log
line b5 >>log.1
is '  until there is something in the new one' "$(came 5)" 'b1 b2 b3 b4 b5 '
line b6 >>log
is '  which is then read' "$(came 6)" 'b1 b2 b3 b4 b5 b6 '
line b7 >>log
came 7 >/dev/null
cp log log.2 && : >log
sleep 0.4
line b8 >>log
is '  a file that is cut off' "$(came 8)" 'b1 b2 b3 b4 b5 b6 b7 b8 '
printf '%s' "$(line b9)" >>log
sleep 0.4
kill -TERM $job
is '  stopped, it takes what has no newline yet' "$(came 9)" 'b1 b2 b3 b4 b5 b6 b7 b8 b9 '
ends
is '  and ends well' $code 0
is '  with its batch finished' "$(sql "SELECT records, stored, finished_at IS NOT NULL FROM batch WHERE file = 'log'")" '9|9|1'
crm-ingest -q -d t.db -c live log log.1 log.2
is '  nothing was missed: reading it all stores nothing more' \
	"$(sql "SELECT count(*) FROM event WHERE key GLOB 'b*'")" 9

line c1 >log
start -c live --follow log
came 1 >/dev/null
kill -KILL $job
wait $job 2>/dev/null
line c2 >>log
start -c live --follow log
# What the killed one had stored is told again, since nobody may have heard of it.
is '--follow after kill -9 goes on' "$(came 2)" 'c1 c2 '
kill -TERM $job
ends
is '  and has each record once' "$(sql "SELECT count(*) FROM event WHERE key GLOB 'c*'")" 2

printf 'id,user,day,text\nw1,u,2026-01-02,x\n' >visits.csv
start -c visits --follow visits.csv
came 1 >/dev/null
mv visits.csv visits.1
printf 'id,user,day,text\nw2,u,2026-01-03,x\n' >visits.csv
is '--follow: a header comes again with the next file' "$(came 2)" 'w1 w2 '
mv visits.csv visits.2
printf 'user,id,day,text\nu,w3,2026-01-04,x\n' >visits.csv
ends
is '  another one is an error' "$code $(grep -c 'its header is another one now' err)" '65 1'

mkfifo named
start -c live --follow named
line d1 >named
came 1 >/dev/null
line d2 >named
is '--follow: a named pipe does not end with its writer' "$(came 2)" 'd1 d2 '
kill -TERM $job
ends
is '  it is stopped' $code 0

rc '--follow without a file' 64 crm-ingest -d t.db --follow
rc '--follow of a folder' 66 crm-ingest -d t.db -c live --follow t.d/channels
rc '--follow of two' 64 crm-ingest -d t.db --follow log log.1
finish
