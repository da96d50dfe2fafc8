#!/bin/sh
# SPDX-License-Identifier: MIT
# The sample's five exports in six orders, and all of it twice: the same people, conversations
# and counts. What the people are held against is the first order; how right they are, the
# truth that the generator wrote down. (Random records in random orders: tests/unit/order.c.)
. "$(dirname "$0")/lib.sh"
S=$ROOT/scripts/sample

people() { # people DB: the records of each person, by their sources' keys
	sqlite3 "$1" "SELECT group_concat(k, ' ') FROM (SELECT c.person_id AS p, s.name || ':' || key AS k
	  FROM profile JOIN source AS s ON s.id = source_id JOIN profile_canon AS c ON c.profile_id = profile.id
	  ORDER BY k) GROUP BY p ORDER BY 1"
}
talks() { # talks DB: each conversation, its state, and who asked
	sqlite3 "$1" "SELECT s.name, t.thread, t.status, t.opened_at, t.updated_at, t.subject,
	  (SELECT count(*) FROM event WHERE conversation_id = t.id), q.key FROM conversation AS t JOIN source AS s ON s.id = t.source_id
	  LEFT JOIN profile AS q ON q.id = t.profile_id ORDER BY 1, 2"
}
counts() { # counts DB: rows of everything but people's ids and links
	sqlite3 "$1" "SELECT (SELECT count(*) FROM profile), (SELECT count(*) FROM event), (SELECT count(*) FROM order_line),
	  (SELECT count(*) FROM endpoint), (SELECT count(*) FROM endpoint WHERE flags & 1),
	  (SELECT count(*) FROM conversation), (SELECT count(*) FROM rejected),
	  (SELECT count(DISTINCT person_id) FROM profile_canon), (SELECT sum(amount) FROM order_value),
	  (SELECT count(*) FROM unsettled)"
}
store() { # store DB FILE…
	db=$1
	shift
	crm-init -q -d "$db"
	for file; do
		crm-ingest -q --now 2026-11-01 -d "$db" "$S/$file" >/dev/null 2>>said
	done
}

n=0
while read -r order; do
	n=$((n + 1))
	# shellcheck disable=SC2086 # a list of files
	store $n.db $order
	people $n.db >$n.people
	talks $n.db >$n.talks
	counts $n.db >$n.counts
	[ $n -gt 1 ] || continue
	ok "the same people: $order" cmp 1.people $n.people
	ok "the same conversations: $order" cmp 1.talks $n.talks
	is "the same counts: $order" "$(cat $n.counts)" "$(cat 1.counts)"
done <<'EOC'
orders.csv newsletter.csv support.jsonl chat.csv calls.csv
calls.csv chat.csv support.jsonl newsletter.csv orders.csv
chat.csv orders.csv calls.csv newsletter.csv support.jsonl
support.jsonl calls.csv orders.csv chat.csv newsletter.csv
newsletter.csv chat.csv orders.csv support.jsonl calls.csv
calls.csv newsletter.csv orders.csv support.jsonl chat.csv
EOC

cp 2.people before
store 2.db orders.csv newsletter.csv support.jsonl chat.csv calls.csv
people 2.db >after
ok 'all of it twice: the same people' cmp before after
is 'and nothing is stored again' "$(counts 2.db)" "$(cat 2.counts)"

# How right they are: pairs of records (an order, a message, a call, a subscription) that are
# one person's by the truth, and by the store.
cat >f1.sql <<'EOC'
CREATE TEMP TABLE truth (file, id, person);
.import --csv --skip 1 truth.csv truth
CREATE TEMP TABLE r AS SELECT t.person AS a, g.p AS b FROM truth AS t JOIN (
  SELECT s.name, e.key AS id, c.person_id AS p FROM event AS e JOIN source AS s ON s.id = e.source_id
   JOIN profile_canon AS c ON c.profile_id = e.profile_id WHERE e.type <> 'change'
  UNION ALL SELECT s.name, substr(p.key, 1, instr(p.key, '#') - 1), c.person_id FROM profile AS p
   JOIN source AS s ON s.id = p.source_id JOIN profile_canon AS c ON c.profile_id = p.id WHERE s.name = 'newsletter') AS g
  ON g.id = t.id WHERE t.person <> '';
WITH both AS (SELECT sum(n * (n - 1) / 2) AS x FROM (SELECT count(*) AS n FROM r GROUP BY a, b)),
 found AS (SELECT sum(n * (n - 1) / 2) AS x FROM (SELECT count(*) AS n FROM r GROUP BY b)),
 fact AS (SELECT sum(n * (n - 1) / 2) AS x FROM (SELECT count(*) AS n FROM r GROUP BY a))
SELECT printf('precision %.3f, recall %.3f', 1.0 * both.x / found.x, 1.0 * both.x / fact.x),
 both.x >= 0.99 * found.x AND both.x >= 0.88 * fact.x FROM both, found, fact;
EOC
cp "$S/truth.csv" .
right=$(sqlite3 1.db <f1.sql)
is "people are right enough (${right%|*})" "${right#*|}" 1
finish
