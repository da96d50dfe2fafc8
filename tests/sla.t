#!/bin/sh
# SPDX-License-Identifier: MIT
# What was promised, through the commands: what is due, what is late, and what is done about it.
# Source of truth: the calendar, counted by hand (2026-10-02 is a Friday, the shop is open
# mon-fri 09:00-17:00 in Berlin, which is UTC+2 until 25 October). The definitions themselves:
# tests/unit/sla.c.
. "$(dirname "$0")/lib.sh"
need jq jq --version

export CRM_DB=$T/shop.db
mkdir -p shop.d/rules
cat >shop.d/calendars <<'END'
{"calendar":"shop","zone":"Europe/Berlin","hours":{"mon-fri":["09:00-17:00"]}}
END
cat >shop.d/agents <<'END'
{"agent":"anna"}
{"agent":"chief"}
END
cat >shop.d/rules/requests <<'END'
{"sla":"vip","if":{"subject":{"words":["gold"]}},"first":"1h","next":"1h","resolve":"16h","calendar":"shop","warn":"30m"}
{"sla":"usual","first":"4h","resolve":"24h","calendar":"shop"}
{"escalate":"hurry","on":"due","within":"1h","target":"first","do":{"priority":"high"}}
{"escalate":"late","on":"missed","target":"first","do":{"priority":"urgent","queue":"lead","assign":"chief","notify":"chief"}}
END
crm-init -q
say() { # say ID THREAD TIME DIRECTION TEXT
	jq -cn --arg id "$1" --arg thread "$2" --arg time "$3" --arg direction "$4" --arg text "$5" \
		'{$id, $thread, $time, $direction, $text, subject: $text, email: ($thread + "@x.example")}'
}
put() { crm-ingest -q --channel messages - >>said.out 2>&1; }
due() { # due NOW WITHIN: conversation, target, state, due, left
	crm-route -q --due "$2" --now "$1" | jq -r '[.conversation, .sla, .target, .state, .due_at, .left, .agent // "-"] | join(" ")'
}
{
	say 1 ada 2026-10-02T14:30:00Z in 'Where is my order?'   # Friday 16:30
	say 2 bob 2026-10-02T14:40:00Z in 'gold member here'     # Friday 16:40
	say 3 eve 2026-10-02T07:00:00Z in 'hello'                # Friday 09:00
	say 4 eve 2026-10-02T12:00:00Z out 'hello eve'           # 14:00: late by an hour
} | put

is 'due within an hour' "$(due 2026-10-05T06:45:00Z 1h)" \
	'2 vip first running 2026-10-05T07:40:00Z 2400 -'
is 'the weekend does not count, within a day of open time' "$(due 2026-10-02T15:30:00Z 8h)" \
	'2 vip first running 2026-10-05T07:40:00Z 2400 -
1 usual first running 2026-10-05T10:30:00Z 12600 -'
is 'those over are there too, due first first' "$(due 2026-10-05T11:00:00Z 0)" \
	'2 vip first missed 2026-10-05T07:40:00Z -12000 -
1 usual first missed 2026-10-05T10:30:00Z -1800 -'
is 'each as its promise warns' "$(due 2026-10-05T07:09:00Z warn)$(due 2026-10-05T07:10:00Z warn)" \
	'2 vip first running 2026-10-05T07:40:00Z 1800 -'
is 'nothing is due when nothing was asked' "$(due 2026-10-01T00:00:00Z 30d)" ''

is '--escalate --dry-run does nothing' "$(crm-route -q --escalate -n --now 2026-10-05T07:10:00Z | jq -r '[.rule, .on, .conversation, .do.priority] | join(" ")')" \
	'hurry due 2 high'
crm-route -q --escalate --now 2026-10-05T07:10:00Z >one.out
is 'it says what it did' "$(cat one.out)" \
	'{"type":"escalation","id":5,"rule":"hurry","on":"due","conversation":2,"sla":"vip","target":"first","state":"running","started_at":"2026-10-02T14:40:00Z","due_at":"2026-10-05T07:40:00Z","left":1800,"do":{"priority":"high"}}'
is 'the request has it' "$(crm-request -q 2 --now 2026-10-05T07:11:00Z --format jsonl | jq -r 'select(.type == "request") | .priority')" high
is 'twice does nothing' "$(crm-route -q --escalate --now 2026-10-05T07:11:00Z)" ''
is 'nor does a dry run' "$(crm-route -q --escalate -n --now 2026-10-05T07:11:00Z)" ''
for i in 1 2 3 4; do crm-route -q --escalate --now 2026-10-05T08:00:00Z >"many.$i" & done
wait
is 'of four at once one acts' "$(cat many.? | jq -r '[.rule, .conversation, .due_at] | join(" ")')" \
	'late 2 2026-10-05T07:40:00Z'
is 'a missed one goes to the chief' "$(crm-request -q 2 --now 2026-10-05T08:01:00Z --format jsonl | jq -r 'select(.type == "request") | [.agent, .queue, .priority, .status] | join(" ")')" \
	'chief lead urgent open'
is 'and is due of the chief' "$(due 2026-10-05T08:01:00Z 0)" \
	'2 vip first missed 2026-10-05T07:40:00Z -1260 chief'
is 'but was nobody'\''s before' "$(due 2026-10-05T07:50:00Z 0)" \
	'2 vip first missed 2026-10-05T07:40:00Z -600 -'

say 5 bob 2026-10-05T08:10:00Z out 'here we are' | put
is 'an answer ends it' "$(due 2026-10-05T08:30:00Z 0)" ''
say 6 bob 2026-10-05T08:40:00Z in 'gold question' | put
is 'the next question starts the next target' "$(due 2026-10-05T08:50:00Z 1h)" \
	'2 vip next running 2026-10-05T09:40:00Z 3000 chief'
is 'a past moment is what it was then' "$(due 2026-10-05T07:59:00Z 0)" \
	'2 vip first missed 2026-10-05T07:40:00Z -1140 -'

crm-request -q 1 --set resolved --now 2026-10-05T10:31:00Z >/dev/null
is 'what was resolved is owed no more' "$(due 2026-10-06T10:00:00Z 0 | grep -c '^1 ')" 0
is 'on the day before it was' "$(due 2026-10-05T10:30:30Z 0 | grep '^1 ')" \
	'1 usual first missed 2026-10-05T10:30:00Z -30 -'

bad() { # bad LINE: what crm-route says of it
	printf '%s\n' "$1" >"$T/shop.d/rules/requests"
	crm-route --check 2>&1 | sed 's|.*/requests|requests|'
}
is 'an unknown calendar' "$(bad '{"sla":"a","first":"1h","calendar":"none"}')" \
	"requests:1: no calendar 'none': it must be a line of the file calendars"
is 'an unknown pause' "$(bad '{"sla":"a","first":"1h","pause":["closed"]}')" \
	'requests:1: pause must be a list of new, open, pending and snoozed, or []'
is 'an unknown agent' "$(bad '{"escalate":"a","do":{"assign":"zoe"}}')" \
	"requests:1: no agent 'zoe' in the file of agents"
is 'an unknown agent to be told' "$(bad '{"escalate":"a","do":{"notify":"zoe"}}')" \
	"requests:1: no agent 'zoe' in the file of agents"
is 'a misspelt member' "$(bad '{"escalate":"a","withn":"1h","do":{"assign":"none"}}')" \
	"requests:1: unknown member 'withn': did you mean 'within'?"
is 'nothing to do' "$(bad '{"escalate":"a","on":"due"}')" \
	'requests:1: do must say what is done: priority, queue, assign or notify'
rc '--due with operands' 64 crm-route --due 1h 3
finish
