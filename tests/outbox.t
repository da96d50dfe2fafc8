#!/bin/sh
# SPDX-License-Identifier: MIT
# The outbox: each message once, whatever happens to its sender, and never past a gate. The other
# side is a command that writes down what it got; a number in brackets is a complaint about other
# systems that the test would have raised (threads are named in the project's notes).
. "$(dirname "$0")/lib.sh"

need jq jq --version
export CRM_DB=shop.db

# The other side: says by its text what is to become of a message, else takes it.
cat >server <<'E'
#!/usr/bin/perl
use strict; use warnings; use JSON::PP; use IO::Handle;
STDOUT->autoflush(1);
while (my $line = <STDIN>) {
	my $m = decode_json($line);
	open(my $log, '>>', $ENV{GOT}) or die; print $log "$m->{to} $m->{text}\n"; close $log;
	select(undef, undef, undef, $ENV{SLOW}) if $ENV{SLOW};
	my ($what) = $m->{text} =~ /!(\w+)/;
	$what ||= '';
	if ($what eq 'later') { print encode_json({outcome => 'deferred', error => 'full'}), "\n" }
	elsif ($what eq 'wait') { print encode_json({outcome => 'deferred', retry_after => 7200}), "\n" }
	elsif ($what eq 'no') { print encode_json({outcome => 'refused', error => 'no'}), "\n" }
	elsif ($what eq 'perhaps') { print encode_json({outcome => 'unknown'}), "\n" }
	else { print encode_json({id => "id:$m->{key}"}), "\n" }
}
E
chmod +x server
GOT=$T/got
export GOT
talk() { # talk NAME MEMBERS: a channel that is answered by the other side
	jq -n --arg exec "perl $T/server" --argjson more "${2:-null}" '{
		medium: "chat", reads: "json", type: "message", scope: "talk", key: ["/id"],
		fields: {time: "/time", thread: "/thread", name: "/name", text: "/text", direction: "/dir",
			email: "/email", phone: "/phone", auto: "/auto", about: "/about", status: "/status", country: "/country"},
		handles: {user: "/user"},
		records: [{type: "message", when: {"/status": ""}}, {type: "status", when: {"/status": "*"}}],
		answers: ({by: "exec", $exec, stream: true} + $more)}' >"shop.d/channels/$1.json"
	printf '{"account":"us","channel":"%s"}\n' "$1" >>shop.d/accounts
}
fresh() { # a store with N conversations of N people
	rm -rf shop.db* shop.d got
	mkdir -p shop.d/channels shop.d/rules
	talk talk
	talk narrow '{"window": "24h", "limits": {"all": "3/1h"}}'
	crm-init -q
	i=0
	while [ $i -lt "${1:-1}" ]; do
		i=$((i + 1))
		echo "{\"id\":\"m$i\",\"time\":\"2026-11-02T10:00:00Z\",\"thread\":\"t$i\",\"user\":\"u$i\",\"name\":\"Ada $i\",\"text\":\"hello\",\"dir\":\"in\"}"
	done | crm-ingest -q --channel talk - >/dev/null
	: >got
}
said() { # said CHANNEL JSON…: what they write
	_channel=$1
	shift
	printf '%s\n' "$@" | crm-ingest -q --channel "$_channel" - >/dev/null
}
NOW=--now=2026-11-02T12:00:00Z
reply() { crm-reply -q "$@" 2>err; } # at noon
state() { sqlite3 shop.db "SELECT state || ' ' || coalesce(reason, '') FROM outbox ORDER BY id" | sed 's/ $//' | tr '\n' ','; }
need sqlite3 sqlite3 --version

# ---- once ----
fresh 3
printf '{"conversation":%d,"text":"Hi"}\n' 1 2 3 >lines
rc 'answers go out' 0 crm-reply "$NOW" lines
is '  each to whom it is for' "$(sort got)" 'u1 Hi
u2 Hi
u3 Hi'
rc '[15] the same lines again' 0 crm-reply "$NOW" lines
is '  send nothing' "$(wc -l <got | tr -d ' ')" 3
is '  and say so' "$(reply "$NOW" lines | jq -c '[.outbox, .state, .duplicate]' | tr '\n' ' ')" '[1,"sent",true] [2,"sent",true] [3,"sent",true] '
is 'an answer is an event of its channel, under the key that it got' \
	"$(sqlite3 shop.db "SELECT type, direction, key LIKE 'id:said:%', text, about, e.source_id = m.source_id FROM event AS e, (SELECT source_id FROM event WHERE key = 'm1') AS m WHERE conversation_id = 1 AND direction = 'out'")" 'message|out|1|Hi|m1|1'
is 'the request now waits for them' "$(sqlite3 shop.db 'SELECT status, waiting_since IS NULL FROM conversation WHERE id = 1')" 'pending|1'
said talk '{"id":"m4","time":"2026-11-02T13:00:00Z","thread":"t1","user":"u1","text":"thanks","dir":"in"}'
echo '{"conversation":1,"text":"Hi"}' | reply --now=2026-11-02T14:00:00Z >/dev/null
is 'the same words in answer to another message are another one' "$(wc -l <got | tr -d ' ')" 4
echo '{"conversation":1,"text":"Hi","id":"x"} {"conversation":1,"text":"Ho","id":"x"}' | sed 's/} {/}\n{/' | reply "$NOW" >/dev/null
is 'a key of the caller counts for more than the words' "$(tail -n 1 got; wc -l <got | tr -d ' ')" 'u1 Hi
5'

fresh 40
jq -nc 'range(40) | {conversation: (. + 1), text: "two at once"}' >lines
crm-reply -q --queue lines >/dev/null
SLOW=0.01 crm-reply -q --all >a 2>&1 &
SLOW=0.01 crm-reply -q --all >b 2>&1 &
crm-reply -q lines >c 2>&1
wait
is '[15] three senders at once: each goes out once' "$(sort got | uniq -c | awk '{print $1}' | sort | uniq -c | awk '{print $1, $2}')" '40 1'
is '  and each is told of once as sent' "$(cat a b c | jq -r 'select(.duplicate | not) | select(.state == "sent") | .outbox' | sort -n | uniq -c | awk '$1 == 1' | wc -l | tr -d ' ')" 40

# ---- killed ----
fresh 60
jq -nc 'range(60) | {conversation: (. + 1), text: "n\(.)"}' >lines
crm-reply -q --queue lines >/dev/null
for pause in 0.02 0.05 0.09 0.13 0.2 0.08 0.06 0.11; do
	SLOW=0.004 crm-reply -q --all >/dev/null 2>&1 &
	sleep $pause
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
done
crm-reply -q --all --now="$(date -u -d '+10 minutes' +%Y-%m-%dT%H:%M:%SZ)" >/dev/null 2>&1
sort got | uniq -c | awk '$1 > 1' >twice
is '[15] kill -9: nothing goes out twice' "$(cat twice)" ""
is '  nothing is lost: all were sent, or it is said that nobody knows' "$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'unknown')")" 0
sqlite3 shop.db "SELECT 'u' || conversation_id || ' n' || (conversation_id - 1) FROM outbox WHERE state = 'sent'" | sort >sent
is '  what counts as sent went out' "$(sort got | comm -13 - sent)" ""
sqlite3 shop.db "SELECT 'u' || conversation_id || ' n' || (conversation_id - 1) FROM outbox WHERE state = 'unknown'" | sort >unknown
is '  what went out and does not count as sent is unknown' "$(sort got | comm -23 - sent | comm -23 - unknown)" ""
is '  each shows its tries' "$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state = 'unknown' AND id NOT IN (SELECT outbox_id FROM attempt WHERE outcome = 'unknown')")" 0
before=$(wc -l <got) unknown=$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state = 'unknown'")
reply --all --now="$(date -u -d '+30 minutes' +%Y-%m-%dT%H:%M:%SZ)" >/dev/null
is '  and is not sent again unasked' "$(wc -l <got)" "$before"
reply --retry-unknown >/dev/null
is '  but when somebody asks' "$(wc -l <got)" "$((before + unknown))"
is '  then all are there' "$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state = 'sent'")" 60

# ---- two senders and the clock ----
later() { date -u -d "+$1" +%Y-%m-%dT%H:%M:%SZ; }
fresh 6
jq -nc 'range(6) | {conversation: (. + 1), text: "n\(.)"}' >lines
crm-reply -q --queue lines >/dev/null
SLOW=1.5 crm-reply -q --all >first 2>&1 & # gives message 1 away, and sleeps as it waits for the answer
sender=$!
until [ -s got ]; do sleep 0.05; done
kill -STOP $sender
crm-reply -q --all --now="$(later '6 minutes')" >second 2>&1
kill -CONT $sender
wait $sender
is 'a sender that slept past its lease: what it held goes out once, by another' "$(sort got | uniq -c | awk '{print $1}' | sort -u) $(wc -l <got | tr -d ' ')" '1 6'
is '  what it was sending was unknown meanwhile, then what it turned out to be' "$(jq -r 'select(.outbox == 1) | .state' second first | paste -sd,)" 'unknown,sent'
fresh 3
jq -nc 'range(3) | {conversation: (. + 1), text: "n\(.)"}' >lines
crm-reply -q --queue lines >/dev/null
SLOW=9 crm-reply -q --all --now="$(later '300 days')" >/dev/null 2>&1 & # the clock is wrong
sender=$!
until [ -s got ]; do sleep 0.05; done
kill -9 $sender
crm-reply -q --all >/dev/null 2>&1 # and is set right
is 'a clock that is set back: nothing waits until it is there again' "$(state)" 'unknown interrupted,sent,sent,'
is '  nor counts for limits of rate and share' "$(sqlite3 shop.db 'SELECT count(*) FROM attempt')" 3

# ---- a full disk ----
fresh 30
jq -nc 'range(30) | {conversation: (. + 1), text: "n\(.)"}' >lines
crm-reply -q --queue lines >/dev/null
sqlite3 shop.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
(trap '' XFSZ; ulimit -f 100; exec crm-reply -q --all >out 2>err) # no file may grow past 50 KB
is 'a full disk: it ends, and says why' "$?" 74
out=$(sed -n 's/.*; message \([0-9]*\): sent, which is not stored$/\1/p' err)
ok "  and what it knew of a message and could not store ($out)" [ -n "$out" ]
crm-reply -q --all --now="$(later '6 minutes')" >/dev/null 2>&1
is '  when there is room again: each goes out once' "$(sort got | uniq -c | awk '{print $1}' | sort -u) $(wc -l <got | tr -d ' ')" '1 30'
is '  and that one is unknown' "$(sqlite3 shop.db "SELECT id FROM outbox WHERE state <> 'sent'")" "$out"

# ---- tries ----
fresh 4
echo '{"conversation":1,"text":"a !later"}' >line; rc 'not taken for now' 69 crm-reply -q "$NOW" line
is '  it waits for its next try, after a minute and a little' "$(state) $(sqlite3 shop.db 'SELECT due_at - state_at BETWEEN 60000 AND 75000 FROM outbox')" 'queued deferred, 1'
reply --all "$NOW" >/dev/null
is '  not before' "$(wc -l <got | tr -d ' ')" 1
echo '{"conversation":1,"text":"b"}' | reply "$NOW" >/dev/null
is '  and what follows in the same conversation waits behind it' "$(cat got)" 'u1 a !later'
echo '{"conversation":2,"text":"c !wait"}' | reply "$NOW" >/dev/null
is 'one that is told how long waits as long' "$(sqlite3 shop.db 'SELECT due_at - state_at >= 7200000 FROM outbox WHERE conversation_id = 2')" 1
echo '{"conversation":3,"text":"d !no"}' >line; rc 'refused' 1 crm-reply -q "$NOW" line
reply --all --now=2026-11-02T13:00:00Z >/dev/null
is '  is never tried again' "$(grep -c '!no' got)" 1
reply --retry 4 "$NOW" | jq -r .state >retried
is '[16] a retry is a try, and says what came of it' "$(cat retried) $(grep -c '!no' got) $(crm-reply -q --show 4 | jq -c '[.tries[].outcome]')" 'failed 2 ["refused","refused"]'
echo '{"conversation":4,"text":"e"}' | reply "$NOW" >/dev/null
rc '  what was sent is not sent again' 65 crm-reply --retry 5
for day in 03 04 05 06; do reply --all --now=2026-11-${day}T12:30:00Z >/dev/null; done
is 'given up after three days' "$(sqlite3 shop.db "SELECT state, reason FROM outbox WHERE id = 1")" 'failed|given_up'
is '  then the next of the conversation goes' "$(sqlite3 shop.db "SELECT state FROM outbox WHERE id = 2")" 'sent'
again() { fresh 1; echo '{"conversation":1,"text":"a !later","id":"k"}' | reply "$NOW" >/dev/null; sqlite3 shop.db 'SELECT due_at FROM outbox'; }
is 'when is the same each time' "$(again)" "$(again)"
fresh 2
echo '{"conversation":1,"text":"a"}' | reply "$NOW" --queue >/dev/null
is 'nothing is said to be cancelled when another one cannot be' "$(reply --cancel 1 999999 "$NOW"; sqlite3 shop.db 'SELECT state FROM outbox WHERE id = 1')" queued
reply --cancel 1 "$NOW" >/dev/null
reply --all "$NOW" >/dev/null
is 'cancelled' "$(state)$(cat got)" 'cancelled asked,'
echo '{"conversation":1,"text":"b","expires_at":"2026-11-02T13:00:00Z"}' | reply "$NOW" --queue >/dev/null
reply --all --now=2026-11-02T14:00:00Z >/dev/null
is 'of no use any more' "$(state)$(cat got)" 'cancelled asked,failed expired,'

# ---- to whom ----
fresh 2
said talk '{"id":"s1","time":"2026-11-02T11:00:00Z","thread":"t1","user":"stranger","name":"Eve Mallory","text":"me too","dir":"in"}'
echo '{"conversation":1,"text":"Hi"}' | reply "$NOW" >/dev/null
is '[13] an answer goes to the customer, not to who wrote last' "$(cat got)" 'u1 Hi'
echo '{"conversation":2,"text":"Later"}' | reply "$NOW" --queue >/dev/null
sqlite3 shop.db "UPDATE endpoint SET value = 'moved' WHERE value = 'u2'" # whatever happens to it
reply --all "$NOW" >/dev/null
is '[13] where it goes was fixed when it was queued' "$(tail -n 1 got)" 'u2 Later'
echo '{"person":2,"channel":"talk","text":"Hello you"}' | reply "$NOW" >/dev/null
is 'a person may be named instead' "$(tail -n 1 got)" 'moved Hello you'
echo '{"conversation":99,"text":"Hi"}' >line; rc 'nobody' 1 crm-reply "$NOW" line
rc 'what is no number of a request' 64 crm-route abc
is '  is told as such' "$(grep abc .out)" "crm-route: 'abc' is no number of a request"
rc 'nor is there a request of every number' 1 crm-route "$NOW" 99
is '  which is told' "$(grep 99 .out)" 'crm-route: no request 99'
echo '{"conversation":99,"text":"Hi"}' >line; crm-reply "$NOW" line >.out 2>&1
cat .out >out; is '  says which line' "$(cat out)" "$(printf 'crm-reply: line:1: there is no conversation 99: crm-request lists those that wait\ncrm-reply: 1 set aside')"

# ---- what is said in the end: each message once, as it is then ----
fresh 1
talk slow '{"limits": {"address": "1/1s"}}'
said slow '{"id":"s","time":"2026-11-02T10:00:00Z","thread":"s","user":"s","text":"hello","dir":"in"}'
printf '{"conversation":2,"text":"%s"}\n' one two >line
is 'what waited a second for its turn is sent, not queued as well' \
	"$(crm-reply line 2>&1 >/dev/null)" 'crm-reply: 2 sent'
is 'what waits for the next run is queued, once' \
	"$(printf '{"conversation":2,"text":"%s"}\n' 3 4 5 | crm-reply "$NOW" 2>&1 >/dev/null)" 'crm-reply: 1 sent, 2 queued'

# ---- an account that cannot be one ----
printf '{"account":"help","channel":"email","smtp":"smtp://127.0.0.1:1"}\n' >>shop.d/accounts
rc 'mail from what is no address is refused before anything is queued' 78 crm-reply "$NOW" line
is '  with the line of the file' "$(cat .out)" \
	"crm-reply: shop.d/accounts:4: 'help' is no e-mail address"

# ---- gates ----
fresh 2
printf '%s\n' '{"type":"note","conversation":1,"text":"she is a pain"}' '{"type":"message","id":1,"conversation":1,"text":"hello"}' >lines
rc '[29] a note is no answer, nor is what they wrote' 0 crm-reply -q "$NOW" lines
is '  both are passed on' "$(reply "$NOW" lines | diff - lines)$(cat got)" ""
crm-note -q 1 'she is a pain' >/dev/null 2>&1
printf '%s\n' '{"type":"note","id":3,"conversation":1,"text":"a"}' | reply "$NOW" --template received >/dev/null
is '[29] a note gets no template either' "$(cat got)" ""
reply --suppress moved "$NOW"; rc 'an address that is none' 66 crm-reply -q --suppress moved
is 'what was suppressed is said' "$(crm-reply --suppress u1 2>&1)" 'crm-reply: u1 gets nothing more'
is '  but not what was not, since another could not be' "$(crm-reply --suppress u1 moved 2>&1 | grep -c 'gets nothing')" 0
echo '{"conversation":1,"text":"Hi"}' >line; rc 'a suppressed address' 1 crm-reply -q "$NOW" line
is '  gets nothing' "$(state)$(cat got)" 'skipped suppressed,'
is 'what was skipped and is given again is not passed off as sent' \
	"$(crm-reply "$NOW" line 2>&1 >/dev/null)" 'crm-reply: 1 queued before and not sent (see crm-reply --retry)'
echo '{"a":1,"b":2}' | crm-merge -q >/dev/null
echo '{"conversation":1,"text":"Hi again"}' | reply "$NOW" >/dev/null
is '[17] not even after a merge' "$(state)$(cat got)" 'skipped suppressed,skipped suppressed,'
reply --unsuppress u1
reply --retry 1 2 "$NOW" >/dev/null
is '  until it is taken back' "$(cat got)" 'u1 Hi
u1 Hi again'
echo '{"conversation":2,"text":"Buy!","campaign":"autumn","purpose":"marketing"}' | reply "$NOW" >/dev/null
is 'marketing without a yes' "$(state)" 'sent,sent,skipped no_consent,'

fresh 7
said talk '{"id":"v1","time":"2026-11-02T11:00:00Z","thread":"t1","user":"u1","text":"I am away","dir":"in","auto":"auto-reply"}'
echo '{"type":"message","id":8,"conversation":1}' | reply "$NOW" --template received >/dev/null
is '[14] what answers by itself is not answered by itself' "$(state)$(cat got)" 'skipped loop,'
echo '{"conversation":1,"text":"Yes?","agent":"anna"}' | reply "$NOW" >/dev/null
is '  a person may' "$(tail -n 1 got)" 'u1 Yes?'
said talk '{"id":"n1","time":"2026-11-02T11:00:00Z","thread":"n","email":"no-reply@big.example","text":"hi","dir":"in"}'
echo '{"type":"message","conversation":8}' | reply "$NOW" --template received >/dev/null
is '[14] nor who reads no answers' "$(state)" 'skipped loop,sent,skipped loop,'
jq -nc 'range(8) | {conversation: 2, text: "bot \(.)", automatic: "bot"}' | reply "$NOW" >/dev/null
is '[14] nor does anybody get more than five in an hour' "$(grep -c '^u2' got)" 5
is 'a template once for a request' "$(for i in 1 2 3; do echo '{"type":"message","conversation":3,"id":3}'; done | reply "$NOW" --template received | jq -r '.state, .duplicate // empty' | tr '\n' ' ')$(grep -c '^u3' got)" "queued true queued true sent 1"

fresh 1
said narrow '{"id":"w1","time":"2026-11-01T10:00:00Z","thread":"w","user":"u1","text":"hello","dir":"in"}'
echo '{"conversation":2,"text":"too late"}' | reply "$NOW" >/dev/null
is 'a closed window' "$(state)$(cat got)" 'skipped window_closed,'
echo '{"conversation":2,"text":"by template","variables":{"name":"hello"}}' | reply "$NOW" >/dev/null
is "  takes a template of the channel's own" "$(state)" 'skipped window_closed,sent,'
said narrow '{"id":"w2","time":"2026-11-02T11:00:00Z","thread":"w","user":"u1","text":"hello?","dir":"in"}'
jq -nc 'range(4) | {conversation: 2, text: "n\(.)"}' | reply "$NOW" >/dev/null
is 'no more than the channel allows; the rest is due later' "$(state)$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state = 'queued' AND due_at > state_at")" 'skipped window_closed,sent,sent,sent,queued rate,queued,1'

fresh 1
cat >shop.d/rules/replies <<'E'
{"gate":"consent","off":true}
{"gate":"frequency","purpose":["marketing"],"max":2,"per":"1d"}
{"retry":"default","base":"10s","cap":"1m","tries":2,"for":"1d"}
E
said talk '{"id":"b1","time":"2026-11-02T11:00:00Z","thread":"b","user":"b1","name":"Bo","country":"US","text":"hi","dir":"in"}'
ad() { jq -nc --arg t "$1" '{conversation: 2, text: $t, purpose: "marketing", campaign: "c"}' | reply "$2" >/dev/null; }
ad one --now=2026-11-02T12:00:00Z
is 'quiet hours are those of the customer: of a country as long as it is night anywhere in it' \
	"$(state) $(sqlite3 shop.db "SELECT datetime(due_at / 1000, 'unixepoch') FROM outbox")" 'queued quiet_hours, 2026-11-02 18:00:00'
reply --all --now=2026-11-02T18:00:00Z >/dev/null
ad two --now=2026-11-02T18:10:00Z
ad three --now=2026-11-02T18:20:00Z
is 'no more than their share, over all channels' "$(state) $(sqlite3 shop.db "SELECT datetime(due_at / 1000, 'unixepoch') FROM outbox WHERE id = 3")" \
	'sent,sent,queued frequency, 2026-11-03 18:00:00'
echo '{"conversation":1,"text":"x !later"}' | reply "$NOW" >/dev/null
reply --all --now=2026-11-02T12:00:30Z >/dev/null
is 'how often it is tried is a line of the rules' "$(sqlite3 shop.db 'SELECT state, reason, attempts FROM outbox WHERE id = 4')" 'failed|given_up|2'

# ---- what is told later ----
fresh 3
jq -nc 'range(3) | {conversation: (. + 1), text: "n\(.)", id: "k\(.)"}' | reply "$NOW" >/dev/null
said talk '{"id":"r1","time":"2026-11-02T12:10:00Z","about":"id:id:k0","status":"read"}' \
	'{"id":"r2","time":"2026-11-02T12:11:00Z","about":"id:id:k0","status":"delivered"}' \
	'{"id":"r3","time":"2026-11-02T12:11:00Z","about":"id:id:k1","status":"failed","text":"phone is off"}'
is 'a report moves the state, upward only' "$(crm-reply --list | jq -r .state | tr '\n' ' ')" 'read failed sent '
is '  and says why' "$(crm-reply --list failed | jq -r .detail)" 'phone is off'
said talk '{"id":"id:id:k9","time":"2026-11-02T12:20:00Z","thread":"t3","user":"u3","text":"echo","dir":"out"}'
echo '{"conversation":3,"text":"echo","id":"k9"}' | reply "$NOW" >/dev/null
is "the channel's own copy may come first" "$(sqlite3 shop.db "SELECT count(*) FROM event WHERE key = 'id:id:k9'")$(crm-reply --show 4 | jq -r .state)" '1sent'

fresh 0
mail() { printf 'From: Ada <ada@x.example>\nTo: help@shop.example\nDate: Mon, 02 Nov 2026 %s:00 +0000\nMessage-ID: <%s@x.example>\n%sSubject: Hi\n\nHello\n' "$1" "$2" "$3" | crm-ingest -q --channel email - >/dev/null; }
printf '{"account":"help@shop.example","channel":"email","exec":"cat >>got; kill $$"}\n' >>shop.d/accounts
mail 10:00 a ''
echo '{"conversation":1,"text":"Hi"}' | reply "$NOW" >/dev/null
is 'mail of which nobody knows whether it arrived' "$(state)$(grep -c '^Message-I[dD]:' got)" 'unknown no_answer,1'
id=$(sed -n 's/^Message-I[dD]: <\(.*\)>.*/\1/p' got | head -n 1)
mail 13:00 b "In-Reply-To: <$id>
"
reply --all --now=2026-11-02T13:05:00Z >/dev/null
is '  was sent, when somebody answers it' "$(state) $(sqlite3 shop.db "SELECT key = '$id', datetime(at / 1000, 'unixepoch'), (SELECT count(*) FROM conversation) FROM event WHERE direction = 'out'")" 'sent, 1|2026-11-02 12:00:00|1'
echo '{"conversation":1,"text":"Hi there","id":7}' | reply --now=2026-11-02T14:00:00Z >/dev/null
reply --retry-unknown --now=2026-11-02T14:01:00Z >/dev/null
is '  and when it is sent again, it is under the same Message-ID' "$(grep '^Message-I[dD]:' got | tail -n 2 | uniq -c | awk '{print $1}')" 2
mail 15:00 v "Auto-Submitted: auto-replied
"
is '[20] a vacation notice marks no address' "$(sqlite3 shop.db 'SELECT max(flags) FROM endpoint')" 0

fresh 0
printf '{"account":"help@shop.example","channel":"email","name":"Shop","exec":"cat >got"}\n' >>shop.d/accounts
printf 'name=Bob&email=bob%%40x.example&message=Is+it+blue%%3F%%0AOr+green%%3F' >form
crm-ingest -q --channel web-form form >/dev/null
is 'what came by a form is answered by mail' "$(echo '{"conversation":1,"text":"Blue"}' | reply "$NOW" | jq -c '[.conversation, .channel, .to, .state]')$(grep '^Subject' got)" \
	'[1,"email","bob@x.example","sent"]Subject: Re: Is it blue?'
id=$(sed -n 's/^Message-I[dD]: <\(.*\)>.*/\1/p' got)
mail 13:00 f "In-Reply-To: <$id>
"
is '  and their answer to that is in the same conversation' "$(sqlite3 shop.db "SELECT conversation_id FROM event WHERE key = 'f@x.example'")" 1
echo '{"person":1,"text":"We have red ones now"}' | reply "$NOW" >/dev/null
id=$(sed -n 's/^Message-I[dD]: <\(.*\)>.*/\1/p' got)
mail 14:00 g "In-Reply-To: <$id>
"
is 'what we write unasked begins a conversation, and their answer is in it' "$(sqlite3 shop.db "SELECT conversation_id, (SELECT count(*) FROM conversation) FROM event WHERE key = 'g@x.example'")" '2|2'

mkfifo pipe
crm-reply -q <pipe >live 2>&1 &
exec 3>pipe
echo '{"conversation":1,"text":"at once"}' >&3
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s live ] && break; sleep 0.2; done
is 'in a live pipe a line is sent when it comes' "$(jq -r .state live)" sent
exec 3>&-
wait

# ---- looking before leaping ----
fresh 1
echo '{"conversation":1,"text":"Hi"}' | crm-reply -q -n "$NOW" >dry
is 'a dry run shows the bytes' "$(jq -r '.dry_run, (.bytes | split("\n")[1] | fromjson | .text)' dry | tr '\n' ' ')" 'true Hi '
is '  and stores and sends nothing' "$(sqlite3 shop.db 'SELECT count(*) FROM outbox')$(cat got)" 0
printf '%s\n' '{"conversation":1,"text":" "}' '{"conversation":"1","text":"x"}' '{"conversation":99999999999999999999,"text":"x"}' \
	'{"conversation":1,"text":"x","subject":"a\r\nBcc: all@x.example"}' '{"conversation":1}' 'x' '[]' '{"text":"x"}' >lines
rc 'lines that cannot be used' 1 crm-reply "$NOW" lines
cp .out out
is '  are set aside, each with its reason' "$(grep -c 'lines:[1-8]: ' out)" 8
is '  nothing went out' "$(cat got)" ""
# ---- how it stands ----
fresh 8
echo '{"account":"gone","channel":"narrow"}' >>shop.d/accounts
is 'where nothing waits nobody has to do anything' "$(crm-reply --status -q; echo $?)" 0
printf '{"conversation":%d,"text":"%s","agent":"anna"}\n' 1 Hi 2 '!later' 3 '!no' 4 '!perhaps' | reply "$NOW" >/dev/null
stand() { crm-reply --status "$@" | jq -r '[.state, .reason // "", .messages, .needs, .next // ""] | join("|")'; }
is 'how it stands: what needs somebody first, and what to do' "$(stand "$NOW")" \
	'failed|refused|1|true|see what they answered, mend that; then crm-reply --retry 3
unknown|no_answer|1|true|ask the other side whether it came; if it did not: crm-reply --retry 4
queued|deferred|1|false|
sent||1|false|'
rc '  the exit code is for a watchdog' 1 crm-reply --status -q "$NOW"
is '  who answered what' "$(crm-reply --status "$NOW" | jq -r 'select(.state == "failed") | .detail')" 'no'
is 'what is not taken for an hour needs somebody' "$(stand --now=2026-11-02T13:00:01Z | grep deferred)" \
	'queued|deferred|1|true|nobody delivers: run crm-reply --all every few minutes (cron), or --wait'
reply --all --now=2026-11-02T13:00:01Z >/dev/null
is '  also where it is tried' "$(stand --now=2026-11-02T13:00:02Z | grep deferred)" \
	'queued|deferred|1|true|it is tried again by itself; at once: crm-reply --retry 2'
crm-reply -q --suppress "$(sqlite3 shop.db "SELECT value FROM endpoint WHERE id = (SELECT endpoint_id FROM outbox WHERE id = 1)")"
echo '{"conversation":1,"text":"Ho","agent":"anna"} {"conversation":1,"text":"Bot","automatic":"bot"}' | sed 's/} {/}\n{/' | reply "$NOW" >/dev/null
is 'what a person wrote and was not said needs somebody' "$(stand "$NOW" | grep skipped)" \
	'skipped|suppressed|2|true|reach them another way; if the address works again: crm-reply --unsuppress ADDRESS'
is 'a week later only what is not done with is left' "$(stand --now=2026-11-20T12:00:00Z | cut -d'|' -f1 | sort | paste -sd,)" 'queued,unknown'
need 'terminal (make tools)' test -x "$BUILD/tools/terminal"
is 'on a terminal it is a table' "$("$BUILD/tools/terminal" 80 '' '' crm-reply --status "$NOW" </dev/null | tr -d '\r' | head -n 4)" \
	'        state     reason        since             account
      1 failed    refused       2026-11-02T12:00  talk us
        no
     -> see what they answered, mend that; then crm-reply --retry 3'
finish
