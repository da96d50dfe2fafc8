#!/bin/sh
# SPDX-License-Identifier: MIT
# Real bounces, complaints and automatic replies, and what is made of each. Source of truth:
# the names of the files say which host wrote them (lhost-…, rhost-…, rfc3464: bounces; arf:
# complaints; rfc3834: automatic replies); tests/data/bounces.tsv says the rest, read against
# the mails by eye. ACCEPT=1 rewrites the table; read what has changed in it.
. "$(dirname "$0")/lib.sh"

D=$CRM_TEST_DATA/channels/email
need "bounces-sisimai in $CRM_TEST_DATA" [ -d "$D/bounces-sisimai" ]
need 'jq' jq --version
need 'automatic-json (make tools)' [ -x "$BUILD/tools/automatic-json" ]

cd "$D/bounces-sisimai" || exit 1
find . -type f -name '*.eml' | LC_ALL=C sort | xargs "$BUILD/tools/automatic-json" >"$T/got"
cd "$T" || exit 1

# File, kind, is it known what it is about, and of each recipient what became of it.
jq -r '(.file | sub(".*/(?<a>[^/]*/[^/]*)$"; "\(.a)")) as $file
	| [$file, .kind, (if .about then "about" else "-" end)]
		+ [.reports[]? | [.recipient // "-", .status, .code // .reply // "-", .reason // "-",
			(if .hard then "hard" else empty end)] | join(" ")] | @tsv' got >table
[ -z "${ACCEPT:-}" ] || cp table "$ROOT/tests/data/bounces.tsv"
while IFS= read -r want; do
	file=${want%%	*}
	is "$file" "$(grep -F "$file	" table)" "$want"
done <"$ROOT/tests/data/bounces.tsv"
is 'no file is missing in the table' "$(wc -l <table)" "$(wc -l <"$ROOT/tests/data/bounces.tsv")"

kinds() { # kinds NAME: how many files of these names there are of each kind
	jq -r --arg name "$1" 'select(.file | test("/(" + $name + ")[^/]*$")) | .kind' got |
		sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }'
}
# Not bounces: a notification that a mail was delivered, a report of a test delivery that was
# a success, and a bounce that a person forwards.
is 'bounces are bounces' "$(kinds 'lhost|rhost|rfc3464|make-test|issue')" '198 bounce, 1 message, 2 receipt'
is 'complaints are complaints' "$(kinds arf)" '5 complaint'
is 'automatic replies are that' "$(kinds rfc3834)" '3 auto-reply'
is 'every bounce names its recipient' \
	"$(jq -r 'select(.kind == "bounce") | select(all(.reports[]; .recipient) | not) | .file' got)" ''
is 'every complaint names its recipient or its message' \
	"$(jq -r 'select(.kind == "complaint") | select((.reports | length) == 0 and (.about | not)) | .file' got)" ''
# A code stands in the mail; if one does after Status: it must have been found.
is 'a status that is stated is found' "$(jq -r 'select(.kind == "bounce" and all(.reports[]; .code | not)) | .file' got |
	while read -r f; do
		# Google Workspace writes a line that ends before the code.
		tr '\r' '\n' <"$D/bounces-sisimai/$f" | grep -aqiE '^Status: *[245]\.[0-9]' && echo "$f"
	done)" ''

# Mail of people, lists and libraries' tests, which must not be taken for reports.
cd "$D" || exit 1
find notmuch-corpora ruby-mail stalwart python-email replies-crisp -type f ! -name '*.json' |
	LC_ALL=C sort | xargs "$BUILD/tools/automatic-json" >"$T/others"
cd "$T" || exit 1
is 'among other mail only reports are reports' \
	"$(jq -r 'select(.reports) | [(.file | sub(".*/"; "")), .kind] | join(" ")' others)" \
	'msg_16.txt bounce
msg_25.txt bounce
msg_43.txt bounce
raw_email_with_mimepart_without_content_type.eml bounce
multi_address_bounce1.eml bounce
multi_address_bounce2.eml bounce
multipart_report_multiple_status.eml bounce
report_422.eml bounce
report_530.eml bounce'
finish
