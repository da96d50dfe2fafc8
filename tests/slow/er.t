#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/er against counts made here: true pairs are counted from the label column, and
# precision, recall and F1 computed from the counts. How good they must be says dedupe.t.
. "$(dirname "$0")/../lib.sh"
need 'sets of labelled people' test -e "$CRM_TEST_DATA/er/fake_1000.csv"
need jq command -v jq
ok 'the sets are run' sh -c "'$ROOT/scripts/er' --json '$CRM_TEST_DATA/er' >lines"
jq -c 'select(.type == "metric")' lines >metrics
is 'what each cost' "$(jq -c 'select(.type == "cost") | .set, (.cpu > 0)' lines | sort | uniq -c | awk '$1 > 1 { print $2 }')" true

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
is 'febrl4 is two lists of 5,000 people' "$(jq -r 'select(.set == "febrl4").true | values' metrics | sort -u)" 5000
ok 'the table' sh -c "'$ROOT/scripts/er' --only fake_1000 --seeds 2 '$CRM_TEST_DATA/er' >table"
is 'has what the lines have' "$(awk '/\|/ && NR == 3 { print $1, $3, $12 }' table)" \
	"$(jq -r 'select(.set == "fake_1000" and .metric == "clusters" and .probability == 0.95) | "\(.set) \(.true) \(.f1)"' metrics |
		awk '{ printf "%s %s %.3f\n", $1, $2, $3 }')"
is 'and a line for each seed' "$(awk '/^fake_1000 / { print $2 }' table | xargs)" '1 2'
is 'and says it in words' "$(grep -c '^fake_1000: merging at 0.95 brings [0-9.]* %' table)" 1
finish
