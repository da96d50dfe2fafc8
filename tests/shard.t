#!/bin/sh
# SPDX-License-Identifier: MIT
# Linkage in parts: crm-linkage key, score, component and cluster over 8 shards against
# crm-dedupe on the same store in one process, which is the source of truth. The people are
# invented (scripts/make-people): households with one mailbox, slips, moves; blocks above the
# cap; some people are merged already, and a human has judged some pairs.
. "$(dirname "$0")/lib.sh"
need jq command -v jq
need sqlite3 command -v sqlite3
export CRM_DB=t.db
sorted() { LC_ALL=C sort "$@"; }

# id,cluster,first_name,last_name,dob,email,phone,address,city,postcode; a mailbox that 300 records
# of 15 names share; a telephone, a date and a name of mailboxes that identify nobody
{
	"$ROOT/scripts/make-people" 1300 7
	seq 300 | awk -v OFS=, '{ print 90000 + $1, 0, "nam" substr("aeiouybdfgklmnp", 1 + $1 % 15, 1), "quux", "",
		"desk@big.example", ($1 > 200 ? "" : "0899887766"), $1 " road", "town" $1 % 2, 2000 + $1 % 7 }'
	seq 60 | awk -v OFS=, '{ print 91000 + $1, 0, "given" $1, "fam" $1 * 7, "1900-01-01", "info@d" $1 ".example", "0899776655", "", "", "" }'
} >people.csv
mkdir -p t.d/channels
cat >t.d/channels/people.json <<'END'
{"about":"invented people","medium":"crm","reads":"csv","type":"contact","key":["id"],"region":"AU",
 "fields":{"given":"first_name","family":"last_name","birth_date":"dob","email":"email","phone":"phone",
  "street":"address","city":"city","postcode":"postcode"}}
END
crm-init -q
crm-ingest -q -c people people.csv >/dev/null
crm-dedupe -q --all -t 0.9999 --save-model model.json >sure
head -n 40 sure | crm-merge -q --threshold 0.9 >/dev/null
# yes to two who have nothing in common, no to a pair that looks sure
sqlite3 t.db "INSERT INTO decision (a, b, same, at, actor) VALUES (1, 900, 1, 0, 'ada'),
	($(sed -n 60p sure | jq -r '[.a, .b] | @csv'), 0, 0, 'ada'), ($(sed -n 80p sure | jq -r '[.a, .b] | @csv'), 1, 0, 'ada')"

# in_parts OUT [OPTION…]: all stages in 8 parts each; RUN runs a script for each part
each() { # each SCRIPT: with $1 the number of the part
	for part in 0 1 2 3 4 5 6 7; do
		sh -c "$1" - $part || return
	done
}
RUN=each
in_parts() {
	out=$1
	shift
	OPTIONS=$*
	export OPTIONS
	rm -rf parts && mkdir parts
	crm-linkage model model.json >whole.json
	crm-linkage records --model whole.json | awk '{ print >("parts/records." NR % 8) }'
	$RUN 'crm-linkage key --model whole.json parts/records.$1 >parts/keys.$1'
	cat parts/keys.* | awk '{ print >("parts/keyed." index("0123456789abcdef", substr($0, 34, 1)) % 8) }'
	$RUN 'LC_ALL=C sort -k 1,1 parts/keyed.$1 | crm-linkage score --model whole.json $OPTIONS >parts/matches.$1'
	sorted -u parts/matches.* >matches
	cat parts/records.* matches | crm-linkage component --model whole.json |
		awk '{ print >("parts/component." index("0123456789abcdef", substr($0, 16, 1)) % 8) }'
	$RUN '[ ! -e parts/component.$1 ] || LC_ALL=C sort -k 1,1 parts/component.$1 |
		crm-linkage cluster --model whole.json $OPTIONS >parts/clusters.$1'
	sorted parts/clusters.* >"$out"
}
in_one() { # in_one OUT [OPTION…]
	out=$1
	shift
	crm-dedupe -q --all --model model.json --clusters "$@" | sorted >"$out"
}

# ---- the same as in one process ----
ok 'blocks above the cap are among them' sh -c \
	'crm-dedupe -q --plan | jq -se "map(select(.used and .divided_blocks > 0).rule) | index(\"email\") and index(\"given\")"'
in_one one
in_parts many
ok 'values that identify nobody are' sh -c "jq -e '[.whole.columns[].junk[]] | index(\"info\") and index(\"1900-01-01\")' whole.json"
ok 'there are clusters and cuts' sh -c 'grep -c cluster one | grep -qE "..." && grep -q \"cut\" one'
ok 'the clusters are those of one process, byte for byte' cmp one many
ok 'what humans said is in them' grep -q '"profiles":\[1,.*900' many
crm-dedupe -q --all --model model.json | grep '"type":"match"' >single
sed 's/"group_probability":[^,]*,//' single | sorted >a
sorted matches >b
is 'each match of one process is found, with the same bytes' "$(comm -23 a b | wc -l)" 0
is 'and no other but those that it cuts' "$(comm -13 a b | wc -l)" "$(grep -c '"type":"cut"' one)"

for options in "-t 0.9" "-t 0.2 --all-pairs"; do
	# shellcheck disable=SC2086
	in_one one $options
	# shellcheck disable=SC2086
	in_parts many $options
	ok "the same with $options" cmp one many
done

# ---- parts as they come ----
in_one one
crm-linkage records --model whole.json >records
crm-linkage key --model whole.json records | sorted -k 1,1 >keyed
ok 'more than is held at once' test "$(wc -l <keyed)" -gt 25000
crm-linkage score --model whole.json keyed | sorted -u >matches
cat records matches | crm-linkage cluster --model whole.json | sorted >many
ok 'all in one part, and not sorted by components' cmp one many
sorted -R records >shuffled
crm-linkage key --model whole.json shuffled | sorted -k 1,1 | crm-linkage score --model whole.json | sorted -u >again
ok 'records in any order' cmp matches again
cat keyed keyed | sorted -k 1,1 | crm-linkage score --model whole.json | sorted -u >again
ok 'a part that was done twice changes nothing' cmp matches again
cat records matches matches records | crm-linkage cluster --model whole.json | sorted >many
ok 'nor does one of clusters' cmp one many
crm-linkage records --model whole.json | cmp - records >differs
is 'records are the same each time' "$(cat differs)" ''

# ---- what does not fit ----
rc 'no model' 64 crm-linkage key records
rc 'a model that says nothing of the whole' 65 crm-linkage key --model model.json records
rc 'no store is needed' 0 env -u CRM_DB crm-linkage key --model whole.json records
printf '%s\n' '{"type":"record"}' '[]' '{' 'zz	{"type":"record","profile":1}' '{"type":"match","a":1,"b":2,"weight":3}' |
	crm-linkage key --model whole.json >out 2>err
is 'what is no record is set aside, with its line' "$? $(wc -l <out) $(grep -c 'stdin>:[1-5]: ' err)" '1 0 5'
echo '{"type":"match","a":1,"b":2,"weight":3}' | crm-linkage cluster --model whole.json >out 2>err
is 'matches without their records are counted' "$? $(cat err)" \
	'1 crm-linkage: 1 matches left out: their records are not there'
echo '{"type":"record","profile":9,"values":{"given":7,"email":["A","a",{}],"phone":"x","handle":[["s"],["s","h"]],"no":1}}' |
	crm-linkage key --model whole.json >out 2>err
is 'odd values do no harm' "$? $(cat err)" '0 '

# ---- sources that have each person once ----
sqlite3 t.db "INSERT INTO single SELECT DISTINCT source_id FROM profile"
in_one one --all-pairs
in_parts many --all-pairs
ok 'the same with a source that has each person once' cmp one many

if command -v parallel >/dev/null; then
	sqlite3 t.db "DELETE FROM single"
	with_parallel() { seq 0 7 | parallel -j 2 "sh -c $(printf %s "$1" | sed "s/'/'\\\\''/g; s/.*/'&'/") - {}"; }
	in_one one
	RUN=with_parallel
	in_parts many
	ok 'the same with GNU parallel' cmp one many
else
	report 0 'the same with GNU parallel # SKIP parallel is not here'
fi
finish
