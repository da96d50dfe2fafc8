#!/bin/sh
# SPDX-License-Identifier: MIT
# Linkage on people that scripts/make-sample invents, which knows who is who: in families and
# firms with one address, telephone and mailbox, with nicknames, slips, moves, marriages, names
# in three scripts. With the defaults, as anybody's data. The floors are a little below what is
# reached; see scripts/er for the public sets.
. "$(dirname "$0")/lib.sh"
need crm-dedupe command -v crm-dedupe
need jq command -v jq
export CRM_DB=t.db

"$ROOT/scripts/make-sample" --contacts 2000 --out list
crm-init -q
ok 'contacts are stored' sh -c 'crm-ingest -q -c contacts list/contacts.csv >/dev/null'
ok 'and measured' sh -c 'crm-dedupe -q --all -n --evaluate list/truth.csv --truth-cluster person >metrics'

metric() { # metric WHAT KEY: at 0.95, in ten thousandths
	jq "select(.metric == \"$1\" and (.best | not) and (.probability // 0.95) == 0.95).$2 * 10000 | floor" metrics
}

floor() { # floor TITLE GOT LEAST
	ok "$1: $2 is at least $3" test "${2:-0}" -ge "$3"
}

# two records of a person are one pair, three are three
is 'true pairs as the truth has them' "$(jq -s '.[0].true' metrics)" \
	"$(tail -n +2 list/truth.csv | cut -d , -f 3 | sort | uniq -c | awk '{ n += $1 * ($1 - 1) / 2 } END { print n }')"
floor 'true pairs that are compared' "$(metric blocks recall)" 9900
floor 'pairs that are right' "$(metric pairs precision)" 9900
floor 'F1 of pairs' "$(metric pairs f1)" 9500
floor 'people that are right' "$(metric clusters precision)" 9850
floor 'F1 of people' "$(metric clusters f1)" 9600
finish
