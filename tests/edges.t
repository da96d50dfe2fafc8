#!/bin/sh
# SPDX-License-Identifier: MIT
# Faults that were found by trying to break requests, routing and replies: each test would fail
# without its mending.
. "$(dirname "$0")/lib.sh"

need sqlite3 sqlite3 --version
need jq jq --version
export CRM_DB=shop.db
sql() { sqlite3 -cmd ".timeout 10000" shop.db "$1"; }

fresh() { # fresh N COMMAND: a store with N conversations, answered by a command
	rm -rf shop.db* shop.d
	mkdir -p shop.d/channels
	jq -n --arg exec "$2" '{medium: "chat", reads: "json", type: "message", scope: "talk", key: ["/id"],
		fields: {time: "/time", thread: "/thread", text: "/text", status: "/status"}, handles: {user: "/user"},
		records: [{type: "message", when: {"/status": ""}}, {type: "status", when: {"/status": "*"}}],
		answers: {by: "exec", $exec}}' >shop.d/channels/talk.json
	echo '{"account":"us","channel":"talk"}' >shop.d/accounts
	crm-init -q
	seq "$1" | jq -c '{id: "m\(.)", thread: "t\(.)", user: "u\(.)", text: "hello", time: "2026-03-01T10:00:00Z"}' |
		crm-ingest -q --channel talk
}
reply() { jq -nc --argjson c "$1" --argjson more "${2:-null}" '{conversation: $c, text: "answer \($c)"} + $more'; }

# --- a service that calls all its messages the same ---

fresh 3 'cat >/dev/null; echo "{\"id\":\"ok\"}"'
for c in 1 2 3; do reply $c; done | crm-reply -q >/dev/null
is 'each answer is in its conversation, though a service gives all of them one id' \
	"$(sql "SELECT group_concat(conversation_id || ' ' || text, ', ') FROM (SELECT * FROM event WHERE direction = 'out' ORDER BY conversation_id)")" \
	'1 answer 1, 2 answer 2, 3 answer 3'
is '  which waits no more' "$(sql "SELECT group_concat(DISTINCT status) FROM conversation")" pending
is '  and each is told from the others' "$(sql 'SELECT count(DISTINCT sent_key) FROM outbox')" 3

# --- ids that are none ---

for c in 1 2 3; do reply $c '{"id":""}'; done | crm-reply -q >out 2>err
is 'an empty id is refused: else the second answer would be taken for the first' "$?$(wc -l <out | tr -d ' ')$(grep -c 'id is empty' err)" 103

# --- a line cannot stop those after it ---

{ reply 1 '{"template":"../../etc/passwd","text":null}'; reply 2 '{"templates":"../x","template":"received"}'; reply 3; } | crm-reply -q >out 2>err
is 'a template that leads elsewhere is set aside, the next line is sent' "$?$(jq -r .state out | tr '\n' ' ')$(grep -c 'must be the name of' err)" '1sent 2'

# --- threads that are parted between two times that a line comes ---

fresh 1 'cat >/dev/null'
echo '{"id":"m1b","thread":"t1","user":"u1","text":"again","time":"2026-05-01T10:00:00Z"}' | crm-ingest -q --channel talk
M=$(sql "SELECT id FROM event WHERE key = 'm1b'")
line="{\"type\":\"assignment\",\"conversation\":1,\"message\":$M,\"agent\":\"anna\"}"
echo "$line" | crm-reply -q --template received >/dev/null
reply 1 "{\"message\":$M}" | crm-reply -q >/dev/null
echo '{"id":"s1","thread":"t1","user":"u1","status":"resolved","time":"2026-03-02T10:00:00Z"}' | crm-ingest -q --channel talk
is 'late news: the second message was a request of its own' "$(sql "SELECT conversation_id <> 1 FROM event WHERE id = $M")" 1
reply 1 "{\"message\":$M}" | crm-reply -q >/dev/null
is '  the same answer to it is not sent twice' "$(sql "SELECT count(*) FROM outbox WHERE template IS NULL")" 1

# --- long threads ---

# 900 messages and states of one thread, an hour apart; a rest of three weeks before the last 100.
fresh 0 'cat >/dev/null'
seq 900 | jq -c '(1767225600 + . * 3600 + if . > 800 then 1814400 else 0 end) as $t |
	{id: "e\(.)", thread: "long", user: "u\(. * 7 % 5)", time: ($t | todate)} +
	if . % 97 == 0 or . == 800 then {status: "resolved"} elif . % 31 == 0 then {status: "pending"} else {text: "m \(.)"} end' >events
state() { sql "SELECT thread LIKE '%#%', status, opened_at, updated_at, waiting_since, snoozed_until, (SELECT count(*) FROM event AS e WHERE e.conversation_id = c.id),
	(SELECT n.value FROM endpoint AS n WHERE n.id = c.endpoint_id) FROM conversation AS c ORDER BY opened_at"; }
crm-ingest -q --channel talk events
state >at-once
fresh 0 'cat >/dev/null'
split -l 30 events part.
for f in part.*; do crm-ingest -q --channel talk "$f"; done
state >by-parts
is 'a long thread that grows is what it is at once' "$(cat by-parts)" "$(cat at-once)"
is '  two requests, after the rest' "$(wc -l <at-once | tr -d ' ')" 2
fresh 0 'cat >/dev/null'
ls part.* | sort -k1.7,1.7 -k1.6,1.6r >order
[ "$(cat order)" != "$(ls part.*)" ] || echo '# the order is the same'
while read -r f; do crm-ingest -q --channel talk "$f"; done <order
is '  nor does it matter in which order its parts come' "$(state)" "$(cat at-once)"
fresh 0 'cat >/dev/null'
head -n 600 events | crm-ingest -q --channel talk
is '  of which not all is read again' "$(sql 'SELECT events = 500 FROM request_fold')" 1
sql "UPDATE event SET subject = 'read again' WHERE key = 'e1'" # never so in earnest; it would show
sed -n '601p' events | crm-ingest -q --channel talk
is '    for each message' "$(sql 'SELECT status, subject FROM conversation')" 'open|'

# --- a large store: what is of one request does not read all people and threads ---

fresh 1 'cat >/dev/null'
sql "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN;
	CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM c WHERE i < 60000) SELECT i FROM c;
	INSERT INTO person (id, canon_id, created_at, name) SELECT i, i, 0, 'Person ' || i FROM n;
	INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, raw)
		SELECT i, 1, 'p' || i, 1, i, 0, i, 'Person ' || i, '{}' FROM n;
	INSERT INTO endpoint (id, kind, scope, value) SELECT i, 'handle', 'talk:user', 'v' || i FROM n;
	INSERT INTO conversation (id, source_id, thread, profile_id, endpoint_id, opened_at, updated_at, status, waiting_since, assignee)
		SELECT i, 1, 'x' || i, i, i, i, i, 'open', i, 'anna' FROM n;
	INSERT INTO event (id, source_id, key, batch_id, line, type, at, direction, profile_id, endpoint_id, conversation_id, text, raw)
		SELECT i, 1, 'k' || i, 1, i, 'message', i, 'in', i, i, i, 'hi', '{}' FROM n; COMMIT"
is 'one of 60,000 requests is shown' "$(crm-request 50000 | head -n 1 | jq -r .name)" 'Person 50000'
seq 1000 1030 | jq -c '{type: "assignment", conversation: ., agent: "anna"}' >lines
crm-reply -q --queue --template received <lines >out
is '31 letters are written' "$(grep -c '"state":"queued"' out)" 31
is 'what agents have in hand is counted as it changes' "$(sql "SELECT n = (SELECT count(*) FROM conversation WHERE assignee = 'anna' AND status IN ('new', 'open')) FROM in_hand")" 1
crm-request -q --set resolved 2000 2001 >/dev/null
crm-request -q --snooze 2h 2002 >/dev/null
is '  also when it is resolved, and put off' "$(sql "SELECT n, n = (SELECT count(*) FROM conversation WHERE assignee = 'anna' AND status IN ('new', 'open')) FROM in_hand WHERE assignee = 'anna'")" '59898|1'

finish
