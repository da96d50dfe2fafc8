#!/bin/sh
# SPDX-License-Identifier: MIT
# Faults that were found by trying to break requests, routing and replies: each test would fail
# without its mending.
. "$(dirname "$0")/lib.sh"

need sqlite3 sqlite3 --version
need jq jq --version
export CRM_DB=shop.db
sql() { sqlite3 shop.db "$1"; }

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

finish
