#!/bin/sh
# SPDX-License-Identifier: MIT
# Linkage over stores that nobody wishes for: in another order, with texts of a megabyte and
# thousands of addresses, where all are alike, with a damaged snapshot. The source of truth is
# what the same records give in good order, and a limit of CPU seconds, which each of these once
# exceeded or could have.
# shellcheck disable=SC3045 # ulimit -t, -v: of dash, bash, ash and ksh
. "$(dirname "$0")/lib.sh"
need sqlite3 sqlite3 --version
need jq jq --version
export CRM_DB=t.db

store() { # store < SQL on profiles: a new t.db
	rm -f t.db*
	crm-init -q
	{
		echo "PRAGMA foreign_keys = OFF; BEGIN;
		INSERT INTO source VALUES (1, 'list', '', 'crm');
		INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);
		CREATE TEMP VIEW p AS SELECT NULL AS id, NULL AS given, NULL AS family, NULL AS birth, NULL AS city;
		CREATE TEMP TRIGGER put INSTEAD OF INSERT ON p BEGIN
			INSERT OR IGNORE INTO person (id, canon_id, created_at) VALUES (new.id, new.id, 0);
			INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, given, family,
				birth_date, city, raw) VALUES (new.id, 1, new.id, 1, new.id, 0, new.id, new.given,
				new.family, new.birth, new.city, '{}');
		END;
		CREATE TEMP VIEW n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			SELECT i, char(97 + i % 23, 97 + i % 5, 97 + i * 7 % 19, 101, 97 + i % 17) AS word,
			date('1950-01-01', i * 37 % 18000 || ' days') AS day FROM n;"
		cat
		echo 'COMMIT;'
	} | sqlite3 t.db
}
limited() { # limited COMMAND…: in 10 CPU seconds
	(ulimit -t 10 && "$@") </dev/null
}

# --- in another order
people() { # people ORDER: of 500, some twice, the second time with the names in each other's place
	echo id,first_name,last_name,dob,email,city
	awk 'BEGIN {
		split("Ada Bea Cem Dan Eva Finn Gil Hana Ivo Jan Kim Lea Max Nora Olaf", given)
		for (p = 0; p < 500; p++) {
			family = substr("abelbornczerdorneberfausgasthahnisler", 1 + p * 7 % 33, 5) \
				substr("bcdfghklmnprstvwz", 1 + p % 17, 1) substr("aeiouy", 1 + int(p / 17) % 6, 1) \
				substr("bcdfghklmnprstvwz", 1 + int(p / 102) % 17, 1)
			for (k = 0; k < 1 + (p % 3 == 0); k++)
				printf "%d,%s,%s,19%02d-%02d-%02d,%s,%s\n", p * 2 + k, k ? family : given[p % 15 + 1],
					k ? given[p % 15 + 1] : family, 40 + p % 50, 1 + p % 12, 1 + p % 28,
					p % 4 ? "" : "m" p "@example.org", p % 7 + k ? "Jena" : "Gera"
		}
	}' | eval "$1"
}
mkdir -p t.d/channels
cat >t.d/channels/people.json <<'JSON'
{"reads": "csv", "type": "contact", "key": ["id"],
 "fields": {"given": "first_name", "family": "last_name", "birth_date": "dob", "email": "email", "city": "city"}}
JSON
clusters() { # clusters ORDER: as lists of the source's ids
	rm -f t.db*
	crm-init -q
	people "$1" | crm-ingest -q -c people >/dev/null
	[ -e model ] || crm-dedupe -qn --all --save-model model >/dev/null
	sqlite3 t.db "SELECT json_object(CAST(id AS TEXT), raw ->> '\$.id') FROM profile" >names
	crm-dedupe -qn --all --clusters --model model | jq -c --slurpfile names names '($names | add) as $id
		| select(.type == "cluster") | [.profiles[] | $id[tostring] | tonumber] | sort' | sort
}
clusters cat >forwards
clusters tac >backwards
ok 'records that come in another order are grouped alike' cmp forwards backwards
ok 'and there are groups' test "$(wc -l <forwards)" -gt 100

# --- too much of everything
store <<'SQL'
INSERT INTO p SELECT i, word, word || 'son', day, NULL FROM n WHERE i <= 300;
INSERT INTO p SELECT 300 + i, 'Ann', 'Lee', NULL, NULL FROM n WHERE i <= 2;
INSERT INTO endpoint (id, kind, scope, value) SELECT i, 'email', '', 'a' || i || '@example.org' FROM n WHERE i <= 15000;
INSERT INTO profile_endpoint SELECT 301, i FROM n WHERE i <= 10000;
INSERT INTO profile_endpoint SELECT 302, i FROM n WHERE i BETWEEN 5000 AND 15000;
SQL
limited crm-dedupe -q --all >out
is 'two with 10,000 addresses, half of them the same, are compared' $? 0
ok 'by a model that can be used again' sh -c 'crm-linkage model >whole && crm-linkage records | crm-linkage key --model whole >/dev/null'

store <<'SQL'
INSERT INTO p SELECT i, word, word || 'son', day, NULL FROM n WHERE i <= 300;
INSERT INTO p SELECT 300 + i, 'Ann', replace(hex(zeroblob(250000)), '00', 'b ') || i, NULL, 'Rome' FROM n WHERE i <= 20;
SQL
limited crm-dedupe -qn --all >out
is 'names of 500,000 characters are compared' $? 0

store <<'SQL'
INSERT INTO p SELECT i, 'Ann', 'Lee', '1980-01-01', 'Rome' FROM n;
SQL
limited crm-dedupe -n --all >out 2>err
is 'where all are alike, nobody is linked' "$(wc -l <out)" 0
ok 'and it is said what was left out' grep -q 'too large blocks left out' err

for n in 0 1 2; do
	echo "INSERT INTO p SELECT i, word, 'Lee', day, 'Rome' FROM n WHERE i <= $n;" | store
	for way in --all --new '--all --clusters' '--all --plan' '--all --review 3'; do
		# shellcheck disable=SC2086 # several words
		limited crm-dedupe -qn $way >out
		is "$n profiles, $way" $? 0
	done
done

# --- a snapshot that is damaged is as if it were not there
store <<'SQL'
INSERT INTO p SELECT i, word, word || 'son', date(day, -(i % 3) || ' days'), 'Rome' FROM n WHERE i <= 1500;
SQL
crm-dedupe -q --all --save-model model >want
ok 'there is a snapshot' test "$(sqlite3 t.db 'SELECT sum(records) FROM link_snapshot')" -eq 1500
cp t.db kept.db
while read -r sql; do
	cp kept.db t.db
	sqlite3 t.db "$sql"
	(ulimit -v 2000000 && limited crm-dedupe -qn --all --model model) >got 2>err
	ok "damaged: $sql" cmp want got
done <<'SQL'
UPDATE link_snapshot SET records = 0
UPDATE link_snapshot SET records = 4000000000
UPDATE link_snapshot SET records = 1499
UPDATE link_snapshot SET last_id = 7
UPDATE link_snapshot_part SET numbers = x'' WHERE part = 'given'
UPDATE link_snapshot_part SET numbers = zeroblob(length(numbers)) WHERE part = '/profile'
UPDATE link_snapshot_part SET texts = substr(texts, 2) WHERE part = 'family'
UPDATE link_snapshot_part SET texts = x'ffffffffffffffffffff01' WHERE part = 'birth'
DELETE FROM link_snapshot_part WHERE part = 'email'
SQL
finish
