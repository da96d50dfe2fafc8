#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/make-people: what is measured on its people counts only while they stay the same.
. "$(dirname "$0")/lib.sh"
"$ROOT/scripts/make-people" 500 7 >a.csv
"$ROOT/scripts/make-people" 500 7 >b.csv
"$ROOT/scripts/make-people" 500 8 >c.csv
ok 'the same numbers give the same bytes' cmp a.csv b.csv
ok 'on every machine' test "$(cksum <a.csv | cut -d' ' -f1)" = 2742886466
ok 'another seed gives others' sh -c '! cmp -s a.csv c.csv'
is 'all rows have all columns' "$(awk -F, '{ print NF }' a.csv | sort -u)" 10
is 'all people are there' "$(sed 1d a.csv | cut -d, -f2 | sort -un | wc -l)" 500
ok 'some of them several times' sh -c '[ "$(wc -l <a.csv)" -gt 700 ] && [ "$(wc -l <a.csv)" -lt 900 ]'
ok 'and some under one roof' sh -c 'cut -d, -f2,8,10 a.csv | sort -u | cut -d, -f2,3 | sort | uniq -d | grep -q .'
rc 'no number of people is 64' 64 "$ROOT/scripts/make-people"
finish
