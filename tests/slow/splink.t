#!/bin/sh
# SPDX-License-Identifier: MIT
# Models of Splink, with Splink itself as the source of truth: it trains on people, we take its
# model over, and find the same pairs on the same levels with the same weights; and it takes
# ours. Needs splink and duckdb (pip install splink); $SPLINK_PYTHON is the python that has
# them. Both see the same values: those of our store, in small letters, without signs.
. "$(dirname "$0")/../lib.sh"
: "${SPLINK_PYTHON:=python3}"
need 'Splink (pip install splink; SPLINK_PYTHON=its python)' "$SPLINK_PYTHON" -c 'import splink, duckdb'
need 'a set of labelled people ($CRM_TEST_DATA/er)' test -e "$CRM_TEST_DATA/er/fake_1000.csv"
peer() { "$SPLINK_PYTHON" "$ROOT/tests/peers/with_splink.py" "$@" >said 2>&1 || { cat said >&2; return 1; }; }
export CRM_DB=people.db

# scored MODEL: all pairs of the store that its rules find; crm-dedupe would leave out those that
# contradict others.
scored() {
	crm-linkage model "$1" >whole.json
	crm-linkage --model whole.json records | crm-linkage --model whole.json key | LC_ALL=C sort |
		crm-linkage --model whole.json -t 1e-15 --all-pairs score | LC_ALL=C sort -u
}

# table NAME...: the columns of profiles under Splink's names, as text without signs
plain() { echo "replace(replace(replace(lower($1), '-', ' '), '  ', ' '), '''', '') AS $2"; }
EMAIL="(SELECT value FROM endpoint e JOIN profile_endpoint pe ON pe.endpoint_id = e.id
	WHERE pe.profile_id = p.id AND e.kind = 'email' AND e.flags & 1 = 0 LIMIT 1)"

crm-init -q
crm-ingest -q -c fake1000 "$CRM_TEST_DATA/er/fake_1000.csv" >/dev/null
crm-query --format csv "SELECT p.id AS unique_id, $(plain given first_name), $(plain family surname),
	birth_date AS dob, $(plain city city), $EMAIL AS email FROM profile p ORDER BY p.id" >people.csv
ok 'Splink trains a model' peer train people people.csv splink
[ -s splink.csv ] || finish
ok 'it is imported' sh -c 'crm-linkage import -q splink.json >model.json'
scored model.json >matches
"$SPLINK_PYTHON" "$ROOT/tests/peers/with_splink.py" compare splink model.json matches >report
sed 's/^/# /' report
[ -s report ] || finish
is 'its rules find the same pairs' "$(jq -c '[.pairs, .ours_alone]' report)" \
	"[$(($(wc -l <splink.csv) - 1)),0]"
# Mailboxes are compared without dots and digits here, which is told in crm-linkage(1).
is 'all pairs are on the same levels, but for some mailboxes' "$(jq -c '.differ | keys' report)" '["email"]'
ok 'nearly all of them' jq -e '.same_levels > 0.99 * .pairs' report
ok 'their weights are the same to a millionth of a bit' jq -e '.weight < 1e-6' report
# Of rarity, and so of the whole, we have what is printed, each part rounded to 0.001.
ok 'so are term frequencies, as far as they are printed' jq -e '.rarity < 0.00051' report
ok 'and the sum of it all' jq -e '.total < 0.006' report

crm-linkage export -q --column first_name=given --column surname=family --column dob=birth model.json >back.json
ok 'Splink loads what we export' peer predict back.json people.csv back.csv
"$SPLINK_PYTHON" - splink.csv back.csv >far <<'EOP'
import csv, sys
def weights(path):
    with open(path) as f:
        return {(r["unique_id_l"], r["unique_id_r"]): float(r["match_weight"]) for r in csv.DictReader(f)}
a, b = map(weights, sys.argv[1:])
print(a.keys() == b.keys() and max(abs(a[k] - b[k]) for k in a) < 1e-6)
EOP
is 'and gives the same pairs the same weights as by its own' "$(cat far)" True

# A model of ours, from these people.
crm-dedupe -q --save-model ours.json >/dev/null
crm-linkage export -q --column first_name=given --column surname=family --column dob=birth ours.json |
	jq '.comparisons |= map(select(.output_column_name | IN("name", "birth_date", "email")))
		| .blocking_rules_to_generate_predictions |= map(select([.blocking_rule | scan("l.\"([a-z_]+)\"")[0]]
			- ["first_name", "surname", "dob", "city", "email"] == []))' >ours-splink.json
ok 'Splink loads a model of ours' peer predict ours-splink.json people.csv ours.csv
ok 'and finds pairs by it' test "$(wc -l <ours.csv)" -gt 1000

# Each test that has SQL of its own: Splink puts all pairs on the levels that we do.
level() { echo "{\"level\": \"$1\", \"when\": \"$2\", \"match\": 0.2, \"near\": 0.1}"; }
last='{"level": "differs", "match": 0.2, "near": 0.5}'
cat >linkage.json <<EOL
{"columns": {"given": {"from": "given", "as": "name"}, "family": {"from": "family", "as": "name"},
	"birth": {"from": "birth_date", "as": "date"}, "city": {"from": "city", "as": "text"},
	"email": {"from": "email", "as": "email"}},
"comparisons": [
	{"name": "forename", "ladders": [{"if": "known(given)", "levels": [
		$(level short 'short(given) >= 2'), $(level starts 'starts(given) >= 2'),
		$(level last 'exact(last(given, 2))'), $(level first 'exact(first(given, 1))'), $last]}]},
	{"name": "names", "ladders": [{"if": "known(given) and known(family)", "levels": [
		$(level swapped 'exact(given, family) and exact(family, given)'),
		$(level other 'not exact(given) and not (exact(family) or osa(family) <= 1) and jaro_winkler(family) >= 0.7'),
		$(level near 'jaro_winkler(family) >= 0.85 or levenshtein(given) <= 2'), $last]}]},
	{"name": "born", "ladders": [{"if": "days(birth) <= 4000000", "levels": [
		$(level swapped 'swapped(birth)'), $(level parts 'parts(birth) >= 2'),
		$(level day 'exact(month_day(birth))'), $(level months 'days(birth) <= 100'),
		$(level year 'exact(year(birth))'), $last]}]},
	{"name": "place", "ladders": [{"if": "known(city)", "levels": [
		$(level same 'exact(city)'), $(level similar 'levenshtein(city) <= 2'), $last]},
		{"if": "known(email)", "levels": [$(level domain 'exact(domain(email))'),
		{"level": "domain differs", "match": 0.2, "near": 0.5}]}]}],
"blocks": [{"name": "given", "keys": ["given"]}, {"name": "family", "keys": ["family"]},
	{"name": "names", "keys": ["sorted(given, family)"]}, {"name": "name", "keys": ["either(given, family)", "city"]},
	{"name": "initials", "keys": ["first(given, 1)", "first(family, 1)"]}, {"name": "year", "keys": ["year(birth)", "city"]}],
"propose": false}
EOL
crm-dedupe -q -n --all --linkage linkage.json --save-model levels.json >/dev/null
ok 'a model with all these tests is exported' sh -c 'crm-linkage export --column first_name=given \
	--column surname=family --column dob=birth levels.json >levels-splink.json'
is 'and loses nothing but near and kinds of matches' "$(grep -v 'without the' "$T/.out")" ''
ok 'it can be taken back' sh -c 'crm-linkage import -q --column first_name=given --column surname=family \
	--column dob=birth levels-splink.json >again.json && jq -e "[.linkage.comparisons[].ladders[].levels[].when] |
		length > 14 and any(. == \"swapped(birth)\")" again.json'
ok 'Splink loads it' peer predict levels-splink.json people.csv levels.csv
cp levels-splink.json levels.splink.json
cp levels.csv levels.splink.csv
scored levels.json >matches
"$SPLINK_PYTHON" "$ROOT/tests/peers/with_splink.py" compare levels.splink levels.json matches >report
sed 's/^/# /' report
ok 'and puts all pairs on the levels that we do' jq -e '.pairs > 4000 and .same_levels == .pairs and .ours_alone == 0' report
ok 'with the same weights, near apart' jq -e '.weight < 1e-6' report
finish
