#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole job on the sample shop: ingest, dedupe, merge, and how good it is by the metric
# people. The source of truth for its counts is truth.csv, joined to the store by SQL; the
# least that is asked for is what was reached when this was written, a little rounded down.
. "$(dirname "$0")/lib.sh"
need crm-dedupe command -v crm-dedupe
need sqlite3 command -v sqlite3
need jq command -v jq
SAMPLE=$ROOT/scripts/sample
export CRM_DB=t.db

# Pairs of records that are one person in the store, those of them that truly are, and all
# that truly are.
count() {
	sqlite3 t.db <<-SQL
		CREATE TEMP TABLE truth (file, id, person);
		.import --csv --skip 1 $SAMPLE/truth.csv truth
		CREATE TEMP TABLE stored (id, profile);
		INSERT INTO stored SELECT raw ->> 'id', id FROM profile;
		INSERT INTO stored SELECT raw ->> 'id', profile_id FROM event WHERE profile_id > 0;
		CREATE TEMP TABLE known AS SELECT person, (SELECT person_id FROM stored JOIN profile_canon
			ON profile_id = profile WHERE stored.id = truth.id LIMIT 1) AS canon
			FROM truth WHERE person <> '';
		SELECT (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM known GROUP BY canon)),
			(SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM known GROUP BY canon, person)),
			(SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM known GROUP BY person));
	SQL
}

evaluate() {
	crm-dedupe --evaluate "$SAMPLE/truth.csv" --truth-id id --truth-cluster person 2>said >metrics.json
	jq -c 'select(.metric == "people")' metrics.json >people.json
}

measured() {
	jq -r '"\(.found)|\(.right)|\(.true)"' people.json
}

crm-init -q
(cd "$SAMPLE" && exec crm-ingest -q -d "$T/t.db" orders.csv newsletter.csv support.jsonl chat.csv calls.csv) >/dev/null
evaluate
is 'every record of the truth is in the store' "$(grep -c 'not in the store' said)" 0
is 'after crm-ingest: the pairs that SQL counts' "$(measured)" "$(count)"
ok 'nine of a thousand are wrong at most, four of five are found' \
	jq -e '.precision > 0.991 and .recall > 0.8 and .b3_f1 > 0.9' people.json
# Most callers left a number alone, most readers of the newsletter an address alone.
ok 'who is known by one thing on one channel and another on the next is not parted for that' \
	jq -es 'map(select(.metric == "clusters" and .probability == 0.5))[0] | .recall > 0.79 and .precision > 0.995' metrics.json
crm-dedupe -q | crm-merge -q >/dev/null
cp people.json before.json
evaluate
is 'after crm-dedupe | crm-merge: the pairs that SQL counts' "$(measured)" "$(count)"
ok 'nearly nine of ten are found, with no more of them wrong than before by a quarter of a percent' \
	jq -es '.[1].recall > 0.88 and .[1].b3_f1 > 0.935 and .[1].precision > .[0].precision - 0.0025' before.json people.json
finish
