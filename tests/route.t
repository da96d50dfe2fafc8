#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-route and crm-agent on a small shop: who gets what, what comes back, what stays. Truth is
# crm-route(1); complaints about other systems that must not come true here are named by their
# threads.
. "$(dirname "$0")/lib.sh"
need jq sh -c 'command -v jq'

# shop: a store of its own with agents; ben works on weekdays from 9 to 18 in Berlin
shop() {
	rm -rf shop.db* shop.d
	CRM_DB=shop.db
	export CRM_DB
	crm-init -q
	mkdir -p shop.d/rules
	cat >shop.d/agents <<-'E'
		{"agent":"anna","teams":["support"],"capacity":10,"calendar":"berlin"}
		{"agent":"ben","teams":["support"],"capacity":10,"calendar":"berlin"}
	E
	echo '{"calendar":"berlin","zone":"Europe/Berlin","hours":{"mon-fri":["09:00-18:00"]}}' >shop.d/calendars
}

write() { # write ID THREAD TIME [TEXT [MORE]]: a customer of their own writes; MORE: members
	printf '{"id":"%s","from":"%s@x.example","text":"%s","time":"%s","thread":"%s"%s}\n' \
		"$1" "$2" "${4:-hello}" "$3" "$2" "${5:-}" | crm-ingest --channel messages - 2>/dev/null
}

route() { # route TIME ARGS…: what became of each, as conversation:agent:reason
	now=$1
	shift
	crm-route -q --now "$now" "$@" | jq -r '"\(.conversation):\(.agent):\(.back // .reason)"' |
		tr '\n' ' ' | sed 's/ $//'
}

assignee() { crm-query "SELECT coalesce(assignee, '-') AS a FROM conversation WHERE id = $1" | jq -r .a; }

# --- nobody waits unseen ---
shop
write m1 t1 2026-10-05T20:00:00Z >/dev/null
write m2 t2 2026-10-05T19:00:00Z >/dev/null
write m3 t3 2026-10-05T21:00:00Z >line
is 'at night a request waits, and says why' "$(route 2026-10-05T21:00:01Z <line)" '3:null:nobody on duty'
is 'in the morning all that waits is given away, the longest waiting first (chatwoot #5672, #10376)' \
	"$(route 2026-10-06T07:00:00Z -a)" '2:anna:least load 1:ben:least load 3:anna:least load'
is 'nothing is left for another sweep' "$(route 2026-10-06T07:00:00Z -a)" ''
is 'it was waiting in between, not lost' \
	"$(crm-query "SELECT count(*) AS n FROM event WHERE type = 'assignment'" | jq .n)" 3

# --- who is not there does not get it ---
write m4 t2 2026-10-06T08:00:00Z >line
is 'another message of theirs stays with the agent' "$(route 2026-10-06T08:00:00Z <line)" '2:anna:kept'
crm-request -q --now 2026-10-06T09:00:00Z --set resolved 2 >/dev/null
crm-agent --now 2026-10-06T09:30:00Z anna --away --for 8h >/dev/null
write m5 t2 2026-10-06T09:35:00Z >line
is 'a chat that returns does not go to an agent who is away (chatwoot #4158, #9587)' \
	"$(route 2026-10-06T09:35:00Z <line)" '2:ben:reopened'
is 'away for five minutes, she keeps what she has in hand' "$(assignee 3)" anna
is 'not for half an hour' "$(route 2026-10-06T10:01:00Z -a)" '3:ben:away'
is 'who deals with somebody gets them again' \
	"$(write m6 t6 2026-10-06T10:02:00Z >/dev/null; crm-request -q --now 2026-10-06T10:03:00Z --set resolved 3 >/dev/null
	write m7 t3 2026-10-06T10:05:00Z | route 2026-10-06T10:05:00Z)" '3:ben:kept'
grep -v ben shop.d/agents >a && mv a shop.d/agents
is 'what an agent had who left comes back; nobody there: it waits' \
	"$(crm-route -q --now 2026-10-06T10:10:00Z -a | jq -c '[.conversation, .agent, .back]' | sort | tr '\n' ' ')" \
	'[1,null,"gone"] [2,null,"gone"] [3,null,"gone"] [4,null,null] '
is 'and is theirs no more' "$(assignee 1)" -
is 'when she is back she has it' "$(route 2026-10-07T07:30:00Z -a | tr ' ' '\n' | grep -c anna)" 4

# --- who had it ---
shop
write m1 t1 2026-10-05T08:00:00Z >/dev/null # a Monday
write m2 t2 2026-10-05T08:00:00Z >/dev/null
route 2026-10-05T08:00:00Z -a >/dev/null
crm-route -q --now 2026-10-05T09:00:00Z --to - --force 1 >/dev/null # anna's
is 'what she gives back is not hers again by the next sweep' "$(route 2026-10-05T09:05:00Z -a)" '1:ben:least load'
crm-route -q --now 2026-10-05T09:10:00Z --to - --force 1 >/dev/null
crm-agent --now 2026-10-05T09:10:00Z anna --offline --until 2026-10-09T07:00:00Z >/dev/null
is 'nor if the other one is ill: then it is his, rather than nobody'\''s' "$(route 2026-10-05T09:45:00Z -a)" '1:ben:least load'
is 'on Friday night nobody loses what no other one could have' "$(
	route 2026-10-09T17:00:00Z -a) $(assignee 1)$(assignee 2)" '1:ben:absent 2:ben:absent benben'
is 'which says why, and who is not there' "$(crm-route -q --now 2026-10-09T17:00:00Z -a | head -n 1 |
	jq -c '[.kept, .back, .candidates[].not]')" '[true,"absent","off duty","off duty"]'
is 'and writes nothing but that they wait too long' "$(crm-query "SELECT agent, raw ->> 'kept' AS kept,
	raw ->> 'priority' AS p FROM event WHERE type = 'assignment' AND at > 1791504000000" | jq -c '[.agent, .kept, .p]' | sort -u)" '["ben",1,2]'
echo '{"agent":"zoe","teams":["support"],"calendar":"sat"}' >>shop.d/agents
echo '{"calendar":"sat","zone":"UTC","hours":{"sat":["08:00-16:00"]}}' >>shop.d/calendars
is 'who is there at the weekend gets it' "$(route 2026-10-10T09:00:00Z -a)" '1:zoe:absent 2:zoe:absent'

# An escalation gives a late one back to its queue; 15 of 15 went to the same agent again.
shop
echo '{"sla":"all","first":"1h"}
{"escalate":"late","do":{"assign":"none"}}' >shop.d/rules/requests
write m1 t1 2026-10-05T08:00:00Z >/dev/null
route 2026-10-05T08:00:00Z -a >/dev/null
crm-route -q --now 2026-10-05T09:01:00Z --escalate >/dev/null
is 'whoever was late does not get it again' "$(route 2026-10-05T09:02:00Z -a)" '1:ben:least load'

# --- old tickets that are imported ---
shop
cat >shop.d/rules/requests <<'E'
{"rule":"history","if":{"late":{">":"30d"}},"do":{"agent":"none"}}
{"sla":"usual","if":{"not":{"late":{">":"30d"}}},"first":"4h"}
{"escalate":"late","do":{"priority":"urgent","notify":"anna"}}
E
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	printf '{"id":"o%d","from":"o%d@x.example","text":"old","thread":"o%d","time":"2024-05-01T08:00:00Z"}\n' $i $i $i
done | crm-ingest --channel messages --now 2026-10-05T07:00:00Z - >old 2>err
echo '{"id":"m1","from":"t1@x.example","text":"new","time":"2026-10-05T07:30:00Z","thread":"t1"}' |
	crm-ingest -q --channel messages --now 2026-10-05T07:30:00Z -
is 'are nobody'"'"'s by themselves' "$(crm-route -q --now 2026-10-05T08:00:00Z <old | jq -r '[.agent, .reason] | @csv' |
	sort | uniq -c | tr -s ' ')" ' 200 ,"nobody, by rule"'
is 'nor does a sweep give them away' "$(crm-route -q --now 2026-10-05T08:00:00Z -a | jq -r 'select(.agent) | .conversation')" 201
is 'and nobody is called for them' "$(crm-route -q --now 2026-10-07T08:00:00Z --escalate | jq -r .conversation)" 201
is 'until somebody takes one' "$(route 2026-10-05T08:01:00Z --to ben 7)" '7:ben:by hand'
is 'or they write again' "$(printf '{"id":"n8","from":"o8@x.example","text":"well?","thread":"o8","time":"2026-10-05T08:02:00Z"}\n' |
	crm-ingest --channel messages --now 2026-10-05T08:02:00Z - 2>err | route 2026-10-05T08:03:00Z)" '8:anna:least load'

# --- languages ---
shop
echo '{"agent":"anna","languages":["de"],"calendar":"berlin"}
{"agent":"ben","languages":["en"]}' >shop.d/agents
write m1 t1 2026-10-05T15:00:00Z 'hallo' ',"language":"de"' >/dev/null
is 'who speaks their language comes tomorrow: it waits' "$(route 2026-10-05T17:00:00Z -a)" '1:null:nobody on duty'
crm-agent --now 2026-10-05T17:01:00Z anna --offline --until 2026-10-08T07:00:00Z --reason ill >/dev/null
is 'not for one who is ill' "$(route 2026-10-05T17:02:00Z -a)" '1:ben:least load'

# --- load ---
shop
for i in 1 2 3 4 5 6; do write "m$i" "t$i" "2026-10-05T07:0$i:00Z" >/dev/null; done
route 2026-10-05T08:00:00Z -a >/dev/null
is 'work is shared' "$(crm-agent --now 2026-10-05T08:00:00Z | jq -c '[.agent, .load]' | tr '\n' ' ')" \
	'["anna",3] ["ben",3] '
crm-request -q --now 2026-10-05T08:01:00Z --snooze 2d 1 3 >/dev/null # anna's
write m7 t7 2026-10-05T08:02:00Z >line
is 'what is put off is no load' "$(route 2026-10-05T08:02:00Z <line)" '7:anna:least load'
echo '{"agent":"ada","teams":["support"]}' >>shop.d/agents
write m8 t8 2026-10-05T08:03:00Z >line
is 'a new agent is chosen at once (SuiteCRM never chose one; chatwoot #11034)' \
	"$(route 2026-10-05T08:03:00Z <line)" '8:ada:least load'
is 'what was put off waits again when its time has come, and stays with its agent' \
	"$(crm-agent --now 2026-10-07T08:02:00Z anna | jq .load)" 4

# --- what is no request ---
shop
write m1 t1 2026-10-05T08:00:00Z 'I am on holiday' ',"direction":"out"' >line
is 'what we wrote is not routed' "$(route 2026-10-05T08:00:00Z <line)$(route 2026-10-05T08:00:00Z -a)" ''
{ echo 'From a@x.example Mon Oct  5 08:00:00 2026'; printf '%s\n' 'From: a@x.example' 'To: help@shop.example' \
	'Date: Mon, 5 Oct 2026 08:00:00 +0000' 'Message-ID: <1@x.example>' 'Auto-Submitted: auto-replied' \
	'Subject: Out of office' '' 'away'; } >auto.mbox
is 'nor is an absence notice' "$(crm-ingest -q --channel email auto.mbox >/dev/null 2>&1
	crm-ingest --channel email auto.mbox 2>/dev/null | route 2026-10-05T08:00:00Z; route 2026-10-05T08:00:00Z -a)" ''

# --- rules, and what filters say ---
shop
cat >shop.d/rules/requests <<'E'
{"rule":"test complaint","if":{"f":"text","op":"words","v":["zzbroken"]},"do":{"motive":"complaint","priority":"urgent","queue":"support"}}
{"rule":"test language","if":{"f":"text","op":"words","v":["zzwolof"]},"do":{"language":"wo"}}
E
write m1 t1 2026-10-05T06:00:00Z 'zzquiet' >/dev/null
write m2 t2 2026-10-05T07:00:00Z 'it is zzbroken' >/dev/null
is 'an urgent one goes before those that wait longer' \
	"$(route 2026-10-05T08:00:00Z -a)" '2:anna:least load 1:ben:least load'
write m3 t3 2026-10-05T08:00:00Z 'zzbroken' | jq -c '. + {motive:"praise"}' >line
is 'a motive that another filter found counts more than that of keywords' \
	"$(crm-route -q --now 2026-10-05T08:00:00Z <line | jq -r .motive)" praise
write m4 t4 2026-10-05T08:00:00Z | jq -c '. + {skills:["law"]}' >line
sed 's/"capacity":10/"capacity":10,"skills":[]/' shop.d/agents >a && mv a shop.d/agents
is 'a need nobody meets: it waits, and says which' \
	"$(crm-route -q --now 2026-10-05T08:00:00Z <line | jq -c '[.agent, .reason, .candidates[0].lacks]')" \
	'[null,"nobody has the skill","law"]'
write m5 t5 2026-10-05T08:00:00Z 'zzwolof' >line
sed 's/"capacity":10/"capacity":10,"languages":["de"]/' shop.d/agents >a && mv a shop.d/agents
is 'a language that a rule asks for' "$(route 2026-10-05T08:00:00Z <line)" '5:null:nobody speaks the language'
echo '{"set":"route","answer_within":"1h"}' >>shop.d/rules/requests
is 'who does not answer in time loses it, and does not get it again' \
	"$(route 2026-10-05T09:30:00Z -a | tr ' ' '\n' | grep unanswered | sort | tr '\n' ' ')" \
	'1:anna:unanswered 2:ben:unanswered 3:ben:unanswered '

# --- responsible ---
shop
write m1 t1 2026-10-05T08:00:00Z >/dev/null
crm-agent --now 2026-10-05T08:00:00Z ben --responsible 1 >/dev/null
is 'the responsible agent' "$(route 2026-10-05T08:00:00Z -a)" '1:ben:responsible'
is 'who is listed' "$(crm-agent ben --people | jq -c '[.person, .agent]')" '[1,"ben"]'
crm-agent --now 2026-10-05T08:30:00Z --not-responsible 1 >/dev/null
is 'and is no more' "$(crm-agent ben --people)" ''
rc 'no such person' 66 crm-agent ben --responsible 99
rc 'no such agent' 66 crm-agent zoe --away
rc 'away for no time at all is not away for ever' 64 crm-agent ben --away --for 0s

# --- presence ---
shop
echo '{"agent":"kim","presence":"required"}' >shop.d/agents
duty() { crm-agent --as-of "$1" kim | jq -r '"\(.on_duty) \(.off)"'; }
crm-agent --now 2026-10-05T08:00:00Z kim --online --for 20m >/dev/null
crm-agent --now 2026-10-05T09:00:00Z kim --offline --until 2026-10-12T00:00:00Z >/dev/null
crm-agent --now 2026-10-06T09:00:00Z kim --online --for 1h >/dev/null
is 'online by heartbeat' "$(duty 2026-10-05T08:19:00Z)" 'yes null'
is 'not when it stops' "$(duty 2026-10-05T08:21:00Z)" 'no offline'
is 'a shorter word goes before a longer one' "$(duty 2026-10-06T09:59:00Z)" 'yes null'
is 'which then goes on' "$(crm-agent --as-of 2026-10-06T10:01:00Z kim | jq -r .since)" 2026-10-05T09:00:00Z
is 'all of it is in the log' "$(crm-agent --log | wc -l | tr -d ' ')" 3

# --- by hand ---
shop
write m1 t1 2026-10-05T08:00:00Z >/dev/null
is 'by hand' "$(route 2026-10-05T08:00:00Z --to ben 1)" '1:ben:by hand'
rc 'what another one has is refused' 1 crm-route --to anna 1
is 'who has it may pass it on, and it is said who did' "$(crm-route -q --to anna --actor ben -n 1 |
	jq -c '[.agent, .by, .from]')" '["anna","ben","ben"]'
is 'and stays' "$(assignee 1)" ben
is 'but with --force' "$(route 2026-10-05T08:00:00Z --to anna --force 1)" '1:anna:by hand'
is 'back to nobody' "$(route 2026-10-05T08:00:00Z --to - --force 1)$(assignee 1)" '1:null:by hand-'
rc 'no such request' 1 crm-route --to anna 99
rc 'no such agent' 66 crm-route --to zoe 1

# --- dry, repeatable, hostile ---
cp shop.db a.db && cp shop.db b.db && cp -r shop.d a.d && cp -r shop.d b.d
is '--dry-run changes nothing' "$(crm-route -q -n -a --now 2026-10-05T08:00:00Z >/dev/null
	crm-query "SELECT count(*) AS n FROM event WHERE type = 'assignment'" | jq .n)" 3
crm-route -q -d a.db -a --explain --now 2026-10-05T08:00:00Z >one
crm-route -q -d b.db -a --explain --now 2026-10-05T08:00:00Z >two
ok 'the same input gives the same bytes' cmp one two
printf '%s\n' 'not json' '[1]' '{"conversation":1e999}' '{"conversation":9223372036854775807}' \
	'{"type":"message","id":99999999999999999999}' '{"type":"message","conversation":"1"}' '' '{"type":"person"}' >bad
rc 'lines that are none are set aside' 1 crm-route --now 2026-10-05T08:00:00Z <bad
is 'and counted' "$(crm-route --now 2026-10-05T08:00:00Z <bad 2>&1 | tail -n 1)" \
	'crm-route: 7 lines = 3 of other kinds + 4 set aside'
echo '{"agent":"anna","capacty":3}' >shop.d/agents
rc 'a mistake in a file is an error' 78 crm-route -a
rc 'which --check finds, too' 78 crm-route --check
echo '{"agent":"anna","teams":["support"],"skills":[],"languages":["de"]}' >shop.d/agents
cat >shop.d/rules/requests <<'E'
{"rule":"a","do":{"queue":"suport","skills":["law"],"language":"fr","agent":"zoe"}}
{"rule":"b","do":{"queue":"support","language":"de-AT","agent":"none"}}
E
is 'so does it a team, a skill, a language, an agent that nobody is or has' "$(crm-route --check 2>&1 |
	sed -n 's/^crm-route: rule //p' | cut -d '(' -f 1 | tr '\n' ';')" \
	"'a': nobody is of the team 'suport' ;'a': nobody has the skill 'law' ;'a': nobody speaks 'fr' ;'a': there is no agent 'zoe' ;"

# --- a live pipe: a line in, a line out, while the pipe stays open ---
shop
write m1 t1 2026-10-05T08:00:00Z >line
mkfifo in out
crm-route -q --now 2026-10-05T08:00:00Z <in >out &
exec 3>in 4<out
cat line >&3
got=$(timeout 5 head -n 1 <&4 | jq -r .agent)
exec 3>&- 4<&-
wait
is 'a line in gives a line out at once' "$got" anna

# --- claims are atomic ---
shop
sqlite3 shop.db <<'E'
INSERT INTO source (id, name, scope, medium) VALUES (1, 'email', '', 'email');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO conversation (id, source_id, thread, opened_at, updated_at, status, waiting_since)
SELECT i, 1, 't' || i, 1000, 1000, 'new', 1000 FROM n;
INSERT INTO event (source_id, key, batch_id, line, type, at, direction, conversation_id, text, raw)
SELECT 1, 'm' || id, 1, id, 'message', 1000, 'in', id, 'hello', '{}' FROM conversation;
E
sed 's/"capacity":10,//' shop.d/agents >a && mv a shop.d/agents
for i in 1 2 3 4; do
	crm-route -q -a --now 2026-10-05T08:00:00Z >"sweep$i" &
	crm-query "SELECT id AS conversation FROM conversation ORDER BY id * $i % 3001" |
		crm-route -q --now 2026-10-05T08:00:00Z | jq -c 'select(.kept | not)' >"lines$i" &
done
wait
is 'eight at once give each request away once' \
	"$(crm-query "SELECT count(*) AS n, count(DISTINCT conversation_id) AS d, min(agent <> '') AS a
		FROM event WHERE type = 'assignment'" | jq -c '[.n, .d, .a]')" '[3000,3000,1]'
is 'and each says only what it did' "$(cat sweep? lines? | jq .conversation | sort -u | wc -l | tr -d ' ') $(
	cat sweep? lines? | wc -l | tr -d ' ')" '3000 3000'
is 'fairly' "$(crm-agent --now 2026-10-05T08:00:00Z | jq -c .load | tr '\n' ' ')" '1500 1500 '
finish
