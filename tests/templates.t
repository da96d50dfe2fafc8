#!/bin/sh
# SPDX-License-Identifier: MIT
# Templates: the page against the program, and those that come with it against customers of whom
# little is known. The source of truth for values is crm-template --values.
. "$(dirname "$0")/lib.sh"
PAGE=$ROOT/man/crm-templates.5
CRM_DB=$T/shop.db
export CRM_DB
crm-init -q

is 'the page lists the values that there are, and no others' \
	"$(sed -n '/^\.Ss Values/,/^\.Ss Templates/s/^\.It Va //p' "$PAGE" | sort)" \
	"$(crm-template --values | sort)"

# The page's first example is a template.
mkdir -p shop.d/templates
awk '/^\.Bd/ && !n { on = n = 1; next } /^\.Ed/ { on = 0 } on' "$PAGE" >shop.d/templates/page.txt
ok 'the example of the page is a template' crm-template page
is 'with the subject that it shows' "$(crm-template page | head -n 1)" 'Subject: Re: Where is my order?'
echo '{"name": "Velofuchs"}' >shop.d/shop

ok 'all that come with the program are right' crm-template
is 'in each language there is the same' \
	"$(crm-template | jq -r 'select(.file | contains("/share/")) | .name' | sort | uniq -c |
		awk '{ print $2 ":" $1 }' | paste -sd ' ')" \
	'assigned:2 due:2 handed-over:4 mentioned:2 received:4 resolved:4'

# One customer says their name, one has only an address and no subject.
mail() {
	printf 'Date: 1 Nov 2026 12:00:00 +0000\nFrom: %s\nTo: help@shop.example\nMessage-ID: <%s@x>\n%s\nHello\n' \
		"$1" "$2" "$3" | crm-ingest -q -c email
}
mail 'Ada King <ada@example.org>' a 'Subject: Re: Bike
'
mail bob@example.net b ''
mail '"Cheap: http://spam.example" <mal@example.org>' c ''
for template in received resolved handed-over assigned due; do # mentioned has always a note
	for language in en de fr es; do
		for id in 1 2; do
			crm-template "$template" -c "$id" -l "$language" >>letters 2>>faults || echo "$template $id" >>faults
		done
	done
done
is 'they need no more than an address' "$(cat faults)" ''
is 'no placeholder is left over, nor an address without a name' \
	"$(grep -c -e '{{' -e 'Hello ,' -e ' ,$' letters)" 0
is 'who said their name is called so' "$(crm-template received -c 1 | sed -n 3p)" 'Hello Ada King,'
is 'who did not is not' "$(crm-template received -c 2 | sed -n 3p)" 'Hello,'
is 'nobody is sent an advertisement in the name of a customer' \
	"$(crm-template received -c 3 | grep -c spam)" 0

# Of somebody of whom no record tells the language their own words do (a shop writes German, and
# the customer French: the answer is French).
say() {
	printf 'Date: 1 Nov 2026 12:00:00 +0000\nFrom: %s\nTo: help@shop.example\nMessage-ID: <%s>\n\n%s\n' \
		"$1" "$1" "$2" | crm-ingest -q -c email
}
say remi@example.org 'Bonjour, les freins sont cassés. Que faire ?'
say kim@example.org '2610-32973'
echo '{"name": "Velofuchs", "language": "de"}' >shop.d/shop
is 'an answer is in the language of the message' "$(crm-template received -c 4 | sed -n 3p)" 'Bonjour,'
is 'else in that of the shop' "$(crm-template received -c 5 | sed -n 3p)" 'Guten Tag,'
is 'and in that which is asked for' "$(crm-template received -c 4 -l es | sed -n 3p)" 'Hola,'
echo '{"account":"help@shop.example","channel":"email","name":"The workshop","smtp":"smtp://127.0.0.1:1"}' \
	>shop.d/accounts
is 'a look at one signs as the account that would send it' \
	"$(crm-template received -c 1 | tail -n 1)" 'The workshop'
echo '{"name": "Velofuchs"}' >shop.d/shop

# What is wrong is told with file and line; a missing value stops the letter (nobody is "Hello ,").
printf '\nHello {{person.nmae|you}},\n' >shop.d/templates/typo.txt
printf '\nHello {{person.phone}},\n' >shop.d/templates/phone.txt
rc 'a misspelt value is found' 78 crm-template typo
is 'with file and line' "$(crm-template typo 2>&1)" \
	"crm-template: $T/shop.d/templates/typo.txt:2: there is no value called {{person.nmae}}"
rc 'also in the list' 78 crm-template
rm shop.d/templates/typo.txt
rc 'a missing value stops the letter' 65 crm-template phone -c 1
is 'and is named' "$(crm-template phone -c 1 2>&1)" \
	"crm-template: $T/shop.d/templates/phone.txt:2: no value for {{person.phone}}"
rc 'no such template' 66 crm-template nope
rc 'a name that is a path' 64 crm-template ../received
rc 'no such conversation' 66 crm-template received -c 99

# A note is no message: no template can say it.
crm-note -q 1 'do not trust them' >/dev/null
for value in $(crm-template --values | sed 's/\.\*/.text/'); do
	printf '{{%s|}}\n' "$value"
done | sed '1i\\' >shop.d/templates/all.txt
ok 'a template with all values' crm-template all -c 1
is 'does not say what a note says' "$(crm-template all -c 1 | grep -c trust)" 0
finish
