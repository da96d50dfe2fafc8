#!/bin/sh
# SPDX-License-Identifier: MIT
# Real mails, and what others say is in them. Sources of truth: Stalwart's mail-parser has a
# .json beside each message; of CPython's samples Python's own email package says it; Ruby's
# only have to be read. tests/data/mail-differences.tsv lists each field in which we differ on
# purpose, with the reason: a difference that is not listed fails, and so does a listed one
# that is none any more.
. "$(dirname "$0")/lib.sh"

D=$CRM_TEST_DATA/channels/email
need "stalwart in $CRM_TEST_DATA" [ -d "$D/stalwart" ]
need 'jq' jq --version
need 'syntax-json (make tools)' [ -x "$BUILD/tools/syntax-json" ]

# Both sides as {from, to, cc, subject, date, text, attachments}: people as [name, address],
# text without white space, attachments as [name, bytes], or their kind where bytes cannot be
# compared: a text may be given in UTF-8, a message taken apart.
cat >stalwart.jq <<'JQ'
def field($name): [.parts[0].headers[] | select(.name == $name) | .value] | last;
def people: if type != "object" then [] elif .Address.List then [.Address.List[]]
	elif .Address.Group then [.Address.Group[].addresses[]] else [] end
	| map([.name, .address] | map(select(. != "")));
def two: tostring | if length < 2 then "0" + . else . end;
def date: .DateTime | if . == null then null else
	"\(.year)-\(.month | two)-\(.day | two)T\(.hour | two):\(.minute | two):\(.second | two)"
	+ if .tz_hour == 0 and .tz_minute == 0 then "Z"
		else (if .tz_before_gmt then "-" else "+" end) + "\(.tz_hour | two):\(.tz_minute | two)" end
	end;
def parameter($header; $name): [.headers[] | select(.name == $header) | .value.ContentType?.attributes[]?
	| select(.name == $name) | .value] | first;
def name: parameter("content_disposition"; "filename") // parameter("content_type"; "name");
def file: (.body | keys[0]) as $kind | if $kind == "Message" then "message"
	else [name, if $kind | test("Binary") then .body[$kind] | length else "text" end] end;
. as $all
| [.text_body[] as $i | .parts[$i].body] as $bodies
| {
	from: field("from") | people[:1], to: field("to") | people, cc: field("cc") | people,
	subject: (field("subject") | if type == "object" then .Text else null end),
	date: (field("date") | if type == "object" then date else null end),
	text: (if any($bodies[]; .Html) then null
		else [$bodies[] | .Text // ""] | add // "" | gsub("\\s"; "") end),
	attachments: [.attachments[] as $i | $all.parts[$i] | file]
}
JQ
cat >ours.jq <<'JQ'
def people: [(. // [])[] | [.name, .email]];
. as $all | {
	from: [.from // empty] | people, to: .to | people, cc: .cc | people, subject,
	date: (if .date_from == "date" then .date else null end),
	text: (.text // "" | gsub("\\s"; "")),
	attachments: [.attachments[]? | if .type == "message/rfc822" then "message"
		else [.name, if .type // "" | test("^text/") then "text" else .size end] end]
}
JQ
cat >differ.jq <<'JQ'
$want[0] as $want | $got[0] as $got | $want | to_entries[]
| select(.value != null or .key == "subject" or .key == "date")
| select(.value != $got[.key])
| [$file, .key, (.value | tojson), ($got[.key] | tojson)] | join("\t")
JQ

compare() { # compare NAME FILE < WANTED: what differs goes to ./differences
	cat >want.json
	"$BUILD/tools/syntax-json" mail "$2" 2>/dev/null | jq -c -f ours.jq >got.json
	is "$1 is one message" "$(wc -l <got.json)" 1
	jq -n -r --slurpfile want want.json --slurpfile got got.json --arg file "$1" \
		-f differ.jq >>differences
}

: >differences
for eml in "$D"/stalwart/*/eml/*/*.eml; do
	name=stalwart/$(basename "$(dirname "$eml")")/$(basename "$eml" .eml)
	jq -c -f stalwart.jq "${eml%.eml}.json" >theirs.json
	compare "$name" "$eml" <theirs.json
done

# The same of a file by Python's email package.
cat >peer.py <<'PY'
import email.policy, json, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
def people(name):
    return [[a.display_name or None, a.addr_spec if '@' in a.addr_spec else None]
            for h in m.get_all(name, []) for a in h.addresses]
def text(part):
    try:
        return part.get_content()
    except (LookupError, KeyError):
        return part.get_payload(decode=True).decode('latin-1')
date = m['date'].datetime if m['date'] and m['date'].datetime else None
body = m.get_body(('plain',))
print(json.dumps({
    'from': people('from')[:1], 'to': people('to'), 'cc': people('cc'),
    'subject': ' '.join(m['subject'].split()) if m['subject'] is not None else None,
    'date': date.isoformat().replace('+00:00', 'Z') if date else None,
    'text': ''.join(text(body).split()) if body is not None and not m.is_multipart() else None,
}))
PY
if python3 -c 'import email.policy' 2>/dev/null; then
	for file in "$D"/python-email/*/msg_*.txt; do
		case $file in
		*/msg_19.txt) # it has no header at all
			is 'python/msg_19 is set aside' \
				"$("$BUILD/tools/syntax-json" mail "$file" 2>/dev/null | jq -r '.["@bad"]')" \
				'not a mail message'
			continue
			;;
		esac
		if python3 peer.py "$file" >peer.json 2>/dev/null; then
			compare "python/$(basename "$file" .txt)" "$file" <peer.json
		else
			report 0 "python/$(basename "$file" .txt) # SKIP Python cannot read it"
		fi
	done
else
	report 0 'CPython: # SKIP there is no python3'
fi

n=0
for eml in $(find "$D/ruby-mail" -name '*.eml' | sort); do
	"$BUILD/tools/syntax-json" mail "$eml" >got.json 2>err
	[ $? -eq 0 ] && [ "$(wc -l <got.json)" -eq 1 ] || {
		report 1 "ruby-mail: $(basename "$eml")"
		sed 's/^/# /' err got.json
	}
	n=$((n + 1))
done
ok "all $n of ruby-mail are read, each as one message" [ $n -gt 100 ]

listed=$ROOT/tests/data/mail-differences.tsv
while IFS='	' read -r file key want got; do
	why=$(awk -F '\t' -v f="$file" -v k="$key" '$1 == f && $2 == k { print $3 }' "$listed")
	ok "$file: $key differs: ${why:-nobody knows why}" [ -n "$why" ]
	[ -n "$why" ] || printf '%s\n' "theirs: $want" "ours:   $got" | cut -c 1-600 | sed 's/^/# /'
done <differences
cut -f 1,2 "$listed" | grep -v '^#' | sort >wanted
cut -f 1,2 differences | sort >found
is 'no difference is listed that is none' "$(comm -23 wanted found)" ''
[ -z "${KEEP:-}" ] || cp differences "$KEEP"
finish
