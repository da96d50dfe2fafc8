#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/er against counts made here: true pairs are counted from the label column, and
# precision, recall and F1 computed from the counts. How good they must be says dedupe.t.
. "$(dirname "$0")/../lib.sh"
need 'sets of labelled people' test -e "$CRM_TEST_DATA/er/fake_1000.csv"
need jq command -v jq
ok 'the sets are run' sh -c "'$ROOT/scripts/er' --json '$CRM_TEST_DATA/er' >metrics"

true_pairs() { # true_pairs FILE COLUMN
	awk -F , -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) c = i; next }
		{ gsub(/\r/, ""); n[$c]++ }
		END { for (k in n) sum += n[k] * (n[k] - 1) / 2; print sum + 0 }' "$CRM_TEST_DATA/er/$1.csv"
}

check() { # check SET COLUMN
	[ -e "$CRM_TEST_DATA/er/$1.csv" ] || return 0
	is "$1: true pairs as the labels have them" \
		"$(jq -r "select(.set == \"$1\") | .true" metrics | sort -u)" "$(true_pairs "$1" "$2")"
	ok "$1: precision, recall and F1 follow from the counts" jq -se "
		map(select(.set == \"$1\")) | length > 5 and all(.[];
			def near(\$a; \$b): (\$a - \$b) | fabs < 0.00001;
			near(.precision; .right / .found) and near(.recall; .right / .true)
			and near(.f1; 2 * .right / (.found + .true)))" metrics
}

check fake_1000 cluster
check febrl3 cluster
check RLdata10000 ent_id
ok 'the table' sh -c "'$ROOT/scripts/er' '$CRM_TEST_DATA/er' >table"
is 'has a line for each metric' "$(tail -n +2 table | awk '{ print $1, $(NF - 5), $NF }')" \
	"$(jq -r '"\(.set) \(.found) \(.f1)"' metrics | awk '{ printf "%s %s %.4f\n", $1, $2, $3 }')"
finish
