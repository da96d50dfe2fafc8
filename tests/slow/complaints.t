#!/bin/sh
# SPDX-License-Identifier: MIT
# Lost mail and mail sent twice (complaints 9 and 15), the hard way: 300 mails come in small lots,
# and cron's pipe is killed each time, one of its programs after the other, at another moment.
# Source of truth: the mails that went in and those that the customers got, counted.
. "$(dirname "$0")/../lib.sh"
need jq jq --version
need sqlite3 sqlite3 --version
# shellcheck source=tests/data/desk.sh
. "$ROOT/tests/data/desk.sh"
N=${CRM_TEST_MAILS:-300}

shop
n=0
while [ $n -lt "$N" ]; do
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		n=$((n + 1))
		mail "a$n" "Ada $n <ada$n@x.example>" "Bike $n"
	done
	case $((n / 10 % 3)) in 0) who=crm-ingest ;; 1) who=crm-route ;; *) who=crm-reply ;; esac
	cut $who "0.$(printf %03d $((n * 37 % 180)))" 2>/dev/null
done
sql "SELECT state, count(*) FROM outbox GROUP BY 1" | sed 's/^/# after the kills: /'
sleep 1
cron >/dev/null
route -a >/dev/null
again >/dev/null
at 10:20 # what a killed sender held is free again
crm-reply -q --all --now "$NOW" >/dev/null 2>&1
is 'each mail is stored once' "$(sql "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE type = 'message' AND direction = 'in'")" "$N|$N"
is 'each request has an agent, and was given away once' "$(sql "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE type = 'assignment'")" "$N|$N"
is 'nobody is told twice' "$(cat got/* | grep '^To:' | sort | uniq -d)" ''
is 'each was told, or is marked: nobody knows' "$(sql "SELECT count(DISTINCT conversation_id), count(*) FROM outbox WHERE state IN ('sent', 'unknown')")" "$N|$N"
sql "SELECT address FROM outbox WHERE state = 'sent'" | sort >sent
cat got/* | sed -n 's/^To: .*<\(.*\)>/\1/p' | sort >have
is 'who counts as told was told' "$(comm -23 sent have)" ''
sql "SELECT address FROM outbox WHERE state = 'unknown'" | sort >unknown
is 'who was told and does not count as such is marked' "$(comm -13 sent have | comm -23 - unknown)" ''
is 'the store is whole' "$(sql 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
crm-reply -q --retry-unknown --now "$NOW" >/dev/null 2>&1
is 'and on demand all are told' "$(cat got/* | grep '^To:' | sort -u | wc -l | tr -d ' ')" "$N"
finish
