#!/bin/sh
# SPDX-License-Identifier: MIT
# The reply in the fixtures of the email-reply-parser project: 90 mails in a dozen languages.
# Source of truth: tests/data/replies.tsv, the numbers of the lines that are the reply, found
# by reading each file beside what the project's own tests state of it.
. "$(dirname "$0")/lib.sh"

D=$CRM_TEST_DATA/channels/email/replies-crisp/crisp-oss+email-reply-parser
need "replies-crisp in $CRM_TEST_DATA" [ -d "$D" ]
need 'the unit test that prints a reply' [ -x "$BUILD/unit/quote" ]

# Lines without the blanks at their ends; where something is taken out, one blank line.
tidy() { sed 's/[[:space:]]*$//' | cat -s; }

tab=$(printf '\t')
while IFS=$tab read -r name lines; do
	case $name in '#'*) continue ;; esac
	: >want
	for range in $(echo "$lines" | tr , ' '); do
		[ ! -s want ] || echo >>want
		sed -n "$(echo "$range" | tr - ,)p" "$D/$name.txt" >>want
	done
	is "$name" "$("$BUILD/unit/quote" "$D/$name.txt" | tidy)" "$(tidy <want)"
done <"$ROOT/tests/data/replies.tsv"
finish
