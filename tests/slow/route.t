#!/bin/sh
# SPDX-License-Identifier: MIT
# Eight routers at once, and one that is killed, on 10,000 requests: each is given away exactly
# once, and what a router wrote is in the store. The truth is the count of events.
. "$(dirname "$0")/../lib.sh"
need jq sh -c 'command -v jq'
N=10000

CRM_DB=shop.db
export CRM_DB
crm-init -q
mkdir shop.d
for i in 1 2 3 4 5 6 7 8 9; do echo "{\"agent\":\"agent$i\",\"teams\":[\"support\"]}"; done >shop.d/agents
sqlite3 shop.db <<E
INSERT INTO source (id, name, scope, medium) VALUES (1, 'email', '', 'email');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $N)
INSERT INTO conversation (id, source_id, thread, opened_at, updated_at, status, waiting_since)
SELECT i, 1, 't' || i, 1000, 1000, 'new', 1000 FROM n;
INSERT INTO event (source_id, key, batch_id, line, type, at, direction, conversation_id, text, raw)
SELECT 1, 'm' || id, 1, id, 'message', 1000, 'in', id, 'hello', '{}' FROM conversation;
E
crm-query 'SELECT id AS conversation FROM conversation' >all
crm-route -q -a --now 2026-10-05T08:00:00Z >killed &
killed=$!
pids=
for i in 1 2 3 4; do
	crm-route -q -a --now 2026-10-05T08:00:00Z >"sweep$i" &
	pids="$pids $!"
	shuf --random-source=/bin/sh all | crm-route -q --now 2026-10-05T08:00:00Z | jq -c 'select(.kept | not)' >"lines$i" &
	pids="$pids $!"
done
sleep 0.7
kill -9 $killed 2>/dev/null
for p in $pids; do wait "$p" || echo "# a router failed"; done
is "each of $N requests was given away once" \
	"$(crm-query "SELECT count(*) AS n, count(DISTINCT conversation_id) AS d, min(agent <> '') AS a
		FROM event WHERE type = 'assignment'" | jq -c '[.n, .d, .a]')" "[$N,$N,1]"
is 'what was written was done' "$(cat sweep? lines? killed | jq -R 'fromjson? | .conversation' | sort | uniq -d | wc -l | tr -d ' ')" 0
is 'the work is shared to within one request' \
	"$(crm-report assignments --as-of 2026-10-06T00:00:00Z | jq -s 'map(.assignments) | max - min <= 1')" true
is 'nothing waits' "$(crm-route -q -a --now 2026-10-05T08:00:00Z)" ''
finish
