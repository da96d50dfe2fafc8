#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-dedupe --explain: what it says of a pair is what the match line says, its steps add up,
# and it can be shown on any terminal and opened by any program that takes XML. The source of
# truth for the weight is the match line; for what a human said, the table decision.
. "$(dirname "$0")/lib.sh"
CRM_DB=$T/t.db
export CRM_DB
need jq sh -c 'command -v jq'
crm-init -q && sqlite3 t.db <"$ROOT/tests/data/duplicates.sql"
explain() {
	crm-dedupe -q --explain "$@"
}

# ---- the same as in the match line, and adding up ----
crm-dedupe -q --all --threshold 0.000001 | jq -r 'select(.type == "match") | [.a, .b, .weight] | @tsv' >matches
ok 'there are pairs to explain' test "$(wc -l <matches)" -gt 10
head -n 12 matches | while read -r a b weight; do
	explain "$b" "$a" | jq -r --arg w "$weight" '[
		.a < .b, (.weight - ($w | tonumber) | fabs) < 0.0000001,
		(([.steps[].bits] | add) - .weight | fabs) < 0.0000001,
		(.steps | . as $s | all(range(1; length); ($s[.].total - $s[. - 1].total - $s[.].bits | fabs) < 0.0000001)),
		.steps[0].step == "prior", .steps[-1].total == .weight,
		(.probability - 1 / (1 + pow(2; -.weight)) | fabs) < 0.00001,
		.found_by != null] | all'
done | sort | uniq -c >all
is 'steps add up to the weight of the match line' "$(tr -s ' ' <all)" ' 12 true'

# A level's bits are what its m and u say.
explain 3 103 | jq -e '[.steps[] | select(.step == "level") | (pow(2; .bits) * .u / .m - 1 | fabs) < 0.01] | all' >bits
is 'bits are log2 of m to u' "$(cat bits)" true
is 'the values of both sides' "$(explain 7 107 | jq -c '.steps[] | select(.field == "birth_date" and .step == "level") | [.a, .b]')" \
	'["1953-06-20","1985-06-17"]'

# ---- who is meant ----
is 'a person is that of its profiles which fits best' \
	"$(explain person:5 105 | jq -c '[.a, .b]')" "$(crm-dedupe -q --all-pairs --all -t 0.000001 |
		jq -c 'select((.a == 5 or .a == 106 or .b == 106) and (.a == 105 or .b == 105)) | [.a, .b]' | head -n 1)"
is 'a record against its copy' "$(explain 3 3 | jq -c '[.a, .b, .found_by, .weight > 10]')" '[3,3,null,true]'
rc 'a profile that is not there' 66 crm-dedupe -q --explain 3 999999
rc 'a person that is not there' 66 crm-dedupe -q --explain person:99999 3
ok 'who was merged can be looked up' sh -c "crm-dedupe -q --explain person:99999 3 2>&1 | grep -q 'crm-show 99999'"
rc 'what is no id' 66 crm-dedupe -q --explain 3 ada
rc 'one profile alone' 64 crm-dedupe --explain 3
rc 'a picture of nothing' 64 crm-dedupe --svg
rc 'two jobs at once' 64 crm-dedupe --explain --review 3 1 2

# ---- what stands above the weight ----
sqlite3 t.db "INSERT INTO decision (a, b, same, at, actor) VALUES (1, 101, 0, 0, 'ada'), (7, 107, 1, 0, 'ada'),
	(105, 106, 0, 0, 'ada')"
is 'a human said no, yes; parted their people; one person already; nothing' \
	"$(for pair in '1 101' '107 7' '5 105' '106 5' '3 103'; do
		# shellcheck disable=SC2086
		explain $pair | jq -r .standing
	done | tr '\n' ' ')" 'no yes apart same open '
is 'who said so, and when' "$(explain 1 101 | jq -c '[.actor, .at]')" '["ada","1970-01-01T00:00:00Z"]'
is 'no rule finds two who have nothing in common' "$(explain 12 60 | jq -c '[.found_by, .weight < -5]')" '[null,true]'

# ---- names that would do harm ----
sqlite3 t.db "UPDATE profile SET given = char(27) || '[31m<b>&' || char(1) || char(0x202e) || char(0xffff) || 'Clara',
	family = '渡邉' || char(10) || 'Özgür' WHERE id = 103"
sqlite3 t.db "UPDATE profile SET street = CAST(x'ff3c2f7465787438c3' AS TEXT) WHERE id = 3"
explain 3 103 >line
ok 'JSON whatever is in the names' jq -e .weight line
is 'one line' "$(wc -l <line)" 1
explain 3 103 --svg >picture.svg
is 'nothing in the picture controls anything' "$(LC_ALL=C tr -d '\n' <picture.svg | LC_ALL=C grep -c '[[:cntrl:]]')" 0
is 'nor is anything of it run or fetched' \
	"$(grep -ciE '<script|<b>|href|url\(|@import|onload' picture.svg)" 0

# ---- on a terminal ----
need 'terminal (make tools)' test -x "$BUILD/tools/terminal"
for width in 64 80 120 200; do
	"$BUILD/tools/terminal" $width '' '' crm-dedupe -q --explain 3 103 </dev/null | tr -d '\r' >text
	ok "no line is longer than $width columns" test "$(wc -L <text)" -le $width
	is "nothing controls a terminal of $width columns" "$(LC_ALL=C grep -c '[[:cntrl:]]' text)" 0
done
for width in 80 120; do
	"$BUILD/tools/terminal" $width '' '' crm-dedupe -q --plan --budget 40 </dev/null | tr -d '\r' >plan
	ok "nor is one of a plan" test "$(wc -L <plan)" -le $width
done
is 'a plan says of each rule that is left out why' \
	"$(crm-dedupe -q --plan --budget 40 | jq -c 'select(.rule and (.used | not))' | wc -l)" "$(grep -c '^  - .*[a-z]' plan)"
ok 'it says by which rule the pair is found' grep -q 'blocking rule' text
ok 'the text has m and u' grep -qE '0\.[0-9]{4} ' text

need xmllint sh -c 'command -v xmllint'
ok 'the picture is XML' xmllint --noout --nonet picture.svg
explain 3 3 --svg >self.svg
ok 'that of one record too' xmllint --noout --nonet self.svg
finish
