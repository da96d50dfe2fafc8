#!/bin/sh
# SPDX-License-Identifier: MIT
# 10,000 replies, eight senders at once, an other side that refuses, defers, forgets to answer and
# hangs up, and senders that are killed: in the end each reply went out once, or is marked as
# refused, given up or unknown. The other side's own log is the source of truth.
. "$(dirname "$0")/../lib.sh"

need jq jq --version
need sqlite3 sqlite3 --version
export CRM_DB=shop.db
N=${CRM_TEST_REPLIES:-10000}
GOT=$T/got
export GOT

# What happens depends on the message and on how often it came, not on chance. What was taken is
# in the log, also where the answer gets lost.
cat >server <<'E'
#!/usr/bin/perl
use strict; use warnings;
$| = 1;
while (my $line = <STDIN>) {
	my ($n) = $line =~ /parcel (\d+)/;
	my $fault = $n % 50;
	if ($fault == 1 && !-e "$ENV{GOT}.d/$n") { # full, once
		open(my $f, '>', "$ENV{GOT}.d/$n"); close $f;
		print qq({"outcome":"deferred","error":"full"}\n);
		next;
	}
	if ($fault == 2) { print qq({"outcome":"refused","error":"no such customer"}\n); next }
	open(my $log, '>>', $ENV{GOT}) or die;
	syswrite $log, "$n\n";
	close $log;
	if ($fault == 3) { exit 1 }                                # hangs up before it answers
	if ($fault == 4) { print qq({"outcome":"unknown"}\n); next }
	print qq({"id":"sent-$n"}\n);
}
E
mkdir -p shop.d/channels got.d
jq -n --arg exec "exec perl $T/server" '{medium: "chat", reads: "json", type: "message", scope: "talk", key: ["/id"],
	fields: {time: "/time", thread: "/thread", name: "/name", text: "/text", direction: "/dir"}, handles: {user: "/user"},
	answers: {by: "exec", $exec, stream: true}}' >shop.d/channels/talk.json
echo '{"account":"us","channel":"talk"}' >shop.d/accounts
mkdir -p shop.d/rules
echo '{"retry":"default","base":"1s","cap":"1s","tries":5,"for":"1d"}' >shop.d/rules/replies
crm-init -q
jq -nc "range($N) | {id: \"m\(.)\", time: \"2026-11-02T10:00:00Z\", thread: \"t\(.)\", user: \"u\(.)\", name: \"Ada \(.)\", text: \"where is it?\", dir: \"in\"}" |
	crm-ingest -q --channel talk - >/dev/null
jq -nc "range($N) | {conversation: (. + 1), text: \"Your parcel \(.) is on its way.\"}" >lines
: >got

# All eight queue the same lines and deliver what they find; every now and then one is killed.
sender() {
	while :; do
		crm-reply -q lines >/dev/null 2>&1
		[ $? -ge 128 ] || return
	done
}
pids=
for _ in 1 2 3 4 5 6 7 8; do
	sender &
	pids="$pids $!"
done
kills=0
while [ "$(wc -l <got)" -lt $((N * 9 / 10)) ] && kill -0 $pids 2>/dev/null; do
	sleep 2
	victim=$(ps -o pid= --ppid "$(echo "$pids" | tr ' ' '\n' | grep . | sed -n "$((kills % 8 + 1))p")" | head -n 1)
	[ -z "$victim" ] || { kill -9 $victim 2>/dev/null && kills=$((kills + 1)); }
done
wait
later=$(date -u -d '+20 minutes' +%Y-%m-%dT%H:%M:%SZ)
crm-reply -q --all --now="$later" >/dev/null 2>&1
crm-reply -q --all --now="$(date -u -d '+40 minutes' +%Y-%m-%dT%H:%M:%SZ)" >/dev/null 2>&1
echo "# killed $kills times"

count() { sqlite3 shop.db "SELECT count(*) FROM outbox WHERE $1"; }
is 'each line was queued once' "$(count 1)" "$N"
is 'nothing went out twice' "$(sort got | uniq -d | wc -l | tr -d ' ')" 0
is 'nothing is left behind' "$(count "state IN ('queued', 'claimed')")" 0
# A sender killed with one of these in hand leaves it unknown, as any other.
is 'refused is failed' "$(count "(state = 'failed' AND reason = 'refused' OR state = 'unknown')
	AND (conversation_id - 1) % 50 = 2")" $(((N + 47) / 50))
is 'nothing was given up' "$(count "state = 'failed' AND reason <> 'refused'")" 0
sqlite3 shop.db "SELECT conversation_id - 1 FROM outbox WHERE state = 'sent'" | sort >sent
sqlite3 shop.db "SELECT conversation_id - 1 FROM outbox WHERE state = 'unknown'" | sort >unknown
sort got >took
is 'what counts as sent was taken' "$(comm -23 sent took | wc -l | tr -d ' ')" 0
is 'what was taken and does not count as sent is unknown' "$(comm -13 sent took | comm -23 - unknown | wc -l | tr -d ' ')" 0
is 'each that was sent is one event' \
	"$(sqlite3 shop.db "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE direction = 'out'")" "$(wc -l <sent | tr -d ' ')|$(wc -l <sent | tr -d ' ')"
is 'unknown are those without an answer, and what the killed held' \
	"$(awk -v max=$((N / 50 * 2 + kills)) 'END { print (NR <= max) ? "few" : NR " of " max }' unknown)" few
ok 'the store is whole' sh -c '[ "$(sqlite3 shop.db "PRAGMA integrity_check")" = ok ]'
finish
