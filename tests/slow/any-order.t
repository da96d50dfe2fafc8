#!/bin/sh
# SPDX-License-Identifier: MIT
# All real files that some channel takes, and all mail, in one store: once, twice, backwards
# and in an order of digests. The same people (which records are together, not their ids),
# conversations and counts come out each time. The source of truth is the first run. Which of
# several versions of an event is the first one, and which its change, may differ.
. "$(dirname "$0")/../lib.sh"
CHANNELS=$CRM_TEST_DATA/channels TAB=$(printf '\t')
need 'real files' test -d "$CHANNELS"
need sqlite3 command -v sqlite3

{
	cat "$ROOT"/tests/data/fixtures/*.tsv | awk -F '\t' '$2 != "-" { sub(/^!/, "", $2); print $2 FS $1 }'
	for d in notmuch-corpora bounces-sisimai ruby-mail stalwart python-email; do
		printf 'email\temail/%s\n' "$d"
	done
} | sort -u >forwards
sort -r forwards >backwards
while read -r line; do printf '%s %s\n' "$(printf %s "$line" | cksum)" "$line"; done <forwards |
	sort -n | cut -d ' ' -f 3- >shuffled

take() { # take LIST: into t.db
	while IFS=$TAB read -r channel path; do
		crm-ingest -q -d t.db --now 2026-11-01 -c "$channel" "$CHANNELS/$path" </dev/null >/dev/null 2>&1
		case $? in 0 | 1) ;; *) echo "$channel $path" ;; esac
	done <"$1"
}

describe() { # what is in t.db, without ids
	sqlite3 t.db "
	SELECT 'batches, records set aside', count(*) FROM rejected;
	SELECT 'type', type, count(*) FROM event GROUP BY type;
	SELECT 'person', key FROM (SELECT group_concat(key) AS key FROM
	 (SELECT c.person_id, s.name || ':' || p.key AS key FROM profile_canon AS c
	  JOIN profile AS p ON p.id = c.profile_id JOIN source AS s ON s.id = p.source_id
	  ORDER BY 1, 2) GROUP BY person_id) ORDER BY key;
	SELECT 'conversation', key, status, asked FROM
	 (SELECT group_concat(key) AS key, status, asked FROM
	  (SELECT c.id, s.name || ':' || substr(iif(e.type = 'change', e.about, e.key), 1,
	    instr(iif(e.type = 'change', e.about, e.key) || '~', '~') - 1) || coalesce(e.text, '') AS key, c.status, ep.value AS asked
	   FROM conversation AS c JOIN event AS e ON e.conversation_id = c.id
	   JOIN source AS s ON s.id = e.source_id LEFT JOIN endpoint AS ep ON ep.id = c.endpoint_id
	   ORDER BY 1, 2) GROUP BY id) ORDER BY key;
	SELECT 'marked', value, flags FROM endpoint WHERE flags & 13 ORDER BY 1, 2;" | LC_ALL=C sort
}

crm-init -q -d t.db
is 'every file is taken' "$(take forwards)" ''
describe >first
echo "# $(wc -l <forwards) files; $(grep -c '^person' first) people, $(grep -c '^conversation' first) conversations"
sqlite3 t.db 'SELECT count(*) FROM event UNION ALL SELECT count(*) FROM profile' >counts
is 'again: every file' "$(take forwards)" ''
is 'again: nothing new' "$(sqlite3 t.db 'SELECT count(*) FROM event UNION ALL SELECT count(*) FROM profile')" "$(cat counts)"
describe >again
ok 'again: the same people and conversations' diff first again
for order in backwards shuffled; do
	rm -f t.db*
	crm-init -q -d t.db
	is "$order: every file" "$(take $order)" ''
	describe >other
	ok "$order: the same people, conversations and counts" diff first other
	sqlite3 t.db 'PRAGMA foreign_key_check' >broken
	is "$order: nothing refers to what is not there" "$(cat broken)" ''
done
finish
