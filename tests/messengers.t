#!/bin/sh
# SPDX-License-Identifier: MIT
# What the cases of messengers show of one file each, for all of them in one store: a file
# that comes again, or in another order, is told to be the same channel's and changes nothing,
# and whoever writes by two channels of one service is one person.
# The source of truth: the files themselves, and that order must not matter.
. "$(dirname "$0")/lib.sh"
need crm-ingest command -v crm-ingest
need sqlite3 command -v sqlite3
cases=$ROOT/tests/cases/crm-ingest
channels='discord facebook-export instagram line matrix messenger slack-events telegram-bot telegram-export viber whatsapp-cloud x-dm'

# take DB LIST: the samples of channels, each from standard input
take() {
	crm-init -q -d "$1"
	for channel in $2; do
		crm-ingest -d "$1" --now 2026-11-01 - <"$cases/$channel/in" 2>/dev/null
	done
}
# state DB: who there is by which addresses, and what was said where, without the store's ids
state() {
	sqlite3 "$1" "SELECT group_concat(a, ' ') FROM (
	  SELECT p.canon_id AS who, e.scope || '=' || e.value AS a FROM endpoint AS e
	    JOIN profile_endpoint AS pe ON pe.endpoint_id = e.id JOIN profile AS f ON f.id = pe.profile_id
	    JOIN person AS p ON p.id = f.person_id GROUP BY 1, 2 ORDER BY 2) GROUP BY who ORDER BY 1;
	  SELECT s.name, count(*), count(DISTINCT conversation_id), count(profile_id IS NOT NULL) FROM event AS e
	    JOIN source AS s ON s.id = e.source_id GROUP BY 1 ORDER BY 1"
}
backwards() {
	printf '%s\n' "$@" | sort -r | tr '\n' ' '
}

take a.db "$channels" >first
is 'every sample is told apart' "$(sqlite3 a.db 'SELECT group_concat(name) FROM (SELECT DISTINCT name FROM source ORDER BY 1)' | tr ',' ' ')" "$channels"
take a.db "$channels" >again 2>/dev/null
is 'again nothing is stored' "$(cat again)" ''
# shellcheck disable=SC2086 # a list of words
take b.db "$(backwards $channels)" >other
is 'as many records in another order' "$(wc -l <other)" "$(wc -l <first)"
state a.db >a.state
state b.db >b.state
ok 'the same people and conversations in another order' diff a.state b.state
is 'who writes to a bot is who is in the export' \
	"$(jq -c 'select(.handle[0] == {"scope": "telegram:user", "value": "77"} and .person) | .person' first | sort -u | wc -l)" 1
is 'the same number on two services is not one person' \
	"$(jq -r 'select(.handle[0].value == "77" and .person) | "\(.handle[0].scope) \(.person)"' first | sort -u | cut -d ' ' -f 2 | sort | uniq -d)" ''
finish
