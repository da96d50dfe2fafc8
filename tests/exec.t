#!/bin/sh
# SPDX-License-Identifier: MIT
# Messages out through a command: what it is told, and what is made of how it ends. Exit codes:
# sysexits (75, 78) and sh (126, 127).
. "$(dirname "$0")/lib.sh"

need jq jq --version
DELIVER=$BUILD/tools/deliver
need 'the test tools (make tools)' test -x "$DELIVER"

mkdir -p t.d/channels
channel() { # channel NAME COMMAND MEMBERS
	jq -n --arg exec "$2" --argjson more "${3:-null}" \
		'{reads: "json", type: "message", answers: ({by: "exec", $exec} + $more)}' >"t.d/channels/$1.json"
	printf '{"account":"us","channel":"%s","timeout":1}\n' "$1" >>t.d/accounts
}
channel keep "cat >>'$T/got'"
channel says 'echo "{\"id\":\"m-1\"}"'
channel later 'echo try again >&2; echo "{\"retry_after\":12,\"error\":\"full\"}"; exit 75'
channel no 'echo "no such number"; exit 1'
channel nay 'echo "{\"error\":\"blocked\"}"'
channel perhaps 'echo "{\"outcome\":\"unknown\"}"'
channel lies 'echo "{\"outcome\":\"sent\"}"; exit 1'
channel dies 'kill -9 $$'
channel sleeps "sleep 30 & echo \$! >'$T/child'; wait"
channel stays 'exec >&-; sleep 30'
channel missing no-such-program-anywhere
channel deaf 'exec <&-; exit 0'
channel chatty 'yes | head -c 10000000'
channel form "cat >'$T/form'" '{"input": "To: {{to:digits}}\nNote: {{about|}}\n\n{{text}}", "key": "/@request/uuid"}'
channel short "cat" '{"text_max": 3}'
# shellcheck disable=SC2016 # for the command
channel stream 'echo started >>starts; while IFS= read -r l; do printf "%s\n" "$l" >>lines; case $l in *die*) exit 3;; *mute*) sleep 9;; *odd*) echo hm;; *) echo "{\"id\":\"s$((n += 1))\"}";; esac; done' '{"stream": true}'
channel again 'exit 0' '{"stream": true, "idempotent": true}'

send() { # send CHANNEL MEMBERS…: the receipts
	_channel=$1
	shift
	[ $# -gt 0 ] || set -- null
	for _more; do
		jq -nc --arg channel "$_channel" --argjson more "$_more" '{$channel, key: "k1", to: "+49 30", text: "hi"} + $more'
	done | "$DELIVER" t.d "$ROOT/lib/channels" 2>/dev/null
}

is 'exit 0: sent' "$(send keep)" '{"outcome":"sent"}'
is 'it is told by a line of JSON' "$(cat got)" '{"key":"k1","to":"+49 30","account":"us","text":"hi"}'
: >got
send keep '{"text":"$(touch hacked)`touch hacked`; touch hacked\n\"","to":"; touch hacked","variables":"{\"a\":[1]}"}' >/dev/null
is 'nothing in it is run' "$(ls hacked 2>/dev/null)$(jq -c '[.to, (.text | length), .variables]' got)" '["; touch hacked",45,{"a":[1]}]'
is 'it may say the key' "$(send says)" '{"outcome":"sent","id":"m-1"}'
is '75: later' "$(send later)" '{"outcome":"deferred","detail":"full","retry_after":12000}'
is 'any other code: no' "$(send no)" '{"outcome":"refused","detail":"no such number"}'
is 'an error: no' "$(send nay)" '{"outcome":"refused","detail":"blocked"}'
is 'it does not know' "$(send perhaps)" '{"outcome":"unknown"}'
is 'its code counts for more than its words' "$(send lies | jq -r .outcome)" refused
is 'killed: perhaps' "$(send dies)" '{"outcome":"unknown","detail":"the command was killed"}'
is 'too slow: perhaps' "$(send sleeps)" '{"outcome":"unknown","detail":"the command took too long and was ended"}'
sleep 0.1
is '  and what it started is ended' "$(grep -c '^State:.[SR]' "/proc/$(cat child)/status" 2>/dev/null | grep -v '^0')" ""
is 'one that closes its output and stays does not stop us' "$(send stays)" '{"outcome":"unknown","detail":"the command took too long and was ended"}'
is 'not there: nothing is sent' "$(send missing)" \
	"{\"error\":\"us (missing): 'no-such-program-anywhere' is not set up: it exits 127\"}"
is 'one that does not read' "$(send deaf "$(jq -nc '{text: ("x" * 120000)}')")" '{"outcome":"sent"}'
is 'one that writes without end' "$(send chatty | jq -c '[.outcome, (.detail | length)]')" '["sent",300]'
is 'an input of its own, and the key that we gave' "$(send form | jq -r '.id | test("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")')" true
is '  it is the same at each try' "$(send form | jq -r .id)" "$(send form | jq -r .id)"
is '  and another for another message' "$([ "$(send form | jq -r .id)" = "$(send form '{"key":"k2"}' | jq -r .id)" ] || echo other)" other
is '  filled in' "$(cat form)" 'To: 4930
Note: 

hi'
is 'too long' "$(send short '{"text":"four"}' | jq -r .outcome)" refused

printf '{"account":"help@shop.example","channel":"email","name":"Shop","exec":"cat >sent.eml"}\n' >>t.d/accounts
is 'mail goes to a command as it is' "$(echo '{"channel":"email","key":"k","to":"ada@example.org","subject":"Re: Käse","text":"Grüße","message_id":"m1@shop.example"}' |
	"$DELIVER" t.d "$ROOT/lib/channels")" '{"outcome":"sent"}'
is '  in the lines of this system' "$(grep -c "$(printf '\r')" sent.eml) $(grep -E '^(To|From|Message-I[dD]):' sent.eml | sort | tr '\n' ' ')" \
	'0 From: Shop <help@shop.example> Message-ID: <m1@shop.example> To: ada@example.org '
is '  and what cannot be a mail is refused' "$(printf '%s\n' '{"channel":"email","key":"k","to":"ada@example.org\r\nBcc: x@y.z","text":"x","message_id":"m1@shop.example"}' |
	"$DELIVER" t.d "$ROOT/lib/channels" | jq -r .outcome)" refused

is 'a stream takes one after the other' "$(send stream '{"text":"a"}' '{"text":"b"}' '{"text":"c"}' | tr '\n' ' ')$(cat starts)" \
	'{"outcome":"sent","id":"s1"} {"outcome":"sent","id":"s2"} {"outcome":"sent","id":"s3"} started'
: >lines
is 'one that ends leaves that one open, and the next gets another' \
	"$(send stream '{"text":"a"}' '{"text":"die"}' '{"text":"c"}' | jq -r .outcome | tr '\n' ' ')$(wc -l <lines | tr -d ' ')" \
	'sent unknown sent 3'
is 'one that says nothing, or nothing that helps' \
	"$(send stream '{"text":"mute"}' '{"text":"odd"}' '{"text":"c"}' | jq -r .outcome | tr '\n' ' ')" 'unknown unknown sent '
is 'where the same twice is one, it is tried again' "$(send again | jq -r .outcome)" deferred
finish
