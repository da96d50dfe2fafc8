#!/bin/sh
# SPDX-License-Identifier: MIT
# What becomes of a message that is sent by HTTP to a server that behaves badly in each way, and
# what such a request looks like. The server (tests/fake-http.py) logs what it got: what is said of
# a message must agree with that. Codes: RFC 9110, section 15, and RFC 6585 for 429.
. "$(dirname "$0")/lib.sh"

need python3 python3 --version
need jq jq --version
need openssl openssl version
DELIVER=$BUILD/tools/deliver
need 'the test tools (make tools)' test -x "$DELIVER"

mkdir -p t.d/channels s/answers tls
cat >t.d/channels/hook.json <<'END'
{"reads": "json", "type": "message",
 "answers": {"by": "http", "url": "{{account.url}}/send/{{to}}",
   "headers": {"Authorization": "Bearer {{secret.hook}}", "X-Name": "{{to_name?}}"},
   "json": {"to": "{{to}}", "text": "{{text}}", "n": "{{/n:number?}}", "re": {"id": "{{about?}}", "strict": true}},
   "ok": {"/ok": "true"}, "key": "/id", "error": "/error", "retry_after": "/wait",
   "credentials": {"/error": "bad token"}, "address_bad": {"/error": "no such user"},
   "deferred": {"/error": "busy"}, "unknown": {"/error": "internal"}, "text_max": 20}}
END
sed 's/"ok": {/"idempotent": true, "ok": {/' t.d/channels/hook.json >t.d/channels/again.json
sed 's/"json": {.*/"method": "GET", "query": {"text": "{{text}}"},/' t.d/channels/hook.json >t.d/channels/query.json
printf 'hook s3cret-of-hook\nhook:second s3cret-of-second\n' >t.d/secrets
chmod 600 t.d/secrets
start() { # start FOLDER ARGUMENTS: a server; its port is in FOLDER/port
	_dir=$1
	shift
	python3 "$ROOT/tests/fake-http.py" "$@" "$_dir" 2>"$_dir/said" &
	servers="${servers:-} $!"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		[ -s "$_dir/port" ] && break
		sleep 0.1
	done
}
# shellcheck disable=SC2086 # a list
trap 'kill $servers 2>/dev/null; rm -rf "$T"' EXIT
start s
U=http://127.0.0.1:$(cat s/port)

account() { # account NAME CHANNEL PATH MEMBERS
	printf '{"account":"%s","channel":"%s","url":"%s"%s}\n' "$1" "$2" "$3" "${4:-}" >>t.d/accounts
}
: >t.d/accounts
for name in fine said date later busy gone broken early cut odd slow big noise moved token nobody \
	fails internal wait once tells; do
	account "$name" hook "$U/$name" ',"timeout":2'
done
for name in broken cut slow; do
	account "$name" again "$U/$name" ',"timeout":2'
done
account second hook "$U/fine"
account query query "$U/once"
account nowhere hook http://127.0.0.1:9
account nohost hook https://no-such-host.invalid
account plain hook http://10.255.255.1
account file hook file:///etc/passwd
script() { printf '%s' "$2" >"s/answers/$1"; }
script fine '[{"body":{"ok":true,"id":"m1"}}]'
script said '[{"status":429,"headers":{"Retry-After":"7"},"body":{"wait":3}}]'
script date "[{\"status\":503,\"headers\":{\"Retry-After\":\"$(LC_ALL=C date -u -d '+100 seconds' '+%a, %d %b %Y %H:%M:%S GMT')\"}}]"
script later '[{"status":429,"body":{"ok":false,"wait":30}}]'
script busy '[{"body":{"ok":false,"error":"busy"}}]'
script gone '[{"status":400,"body":{"error":"the text\nis \u001b[31m bad"}}]'
script broken '[{"fault":"close-after"}]'
script cut '[{"body":{"ok":true,"id":"m1"},"fault":"close-body"}]'
script odd '[{"body":"<html>"}]'
script slow '[{"fault":"slow"}]'
script big '[{"fault":"giant"}]'
script noise '[{"fault":"garbage"}]'
script moved '[{"status":302,"headers":{"Location":"http://127.0.0.1:1/"}}]'
script token '[{"status":401,"body":{"error":"s3cret-of-hook is wrong"}}]'
script tells "[{\"status\":400,\"body\":{\"error\":\"$(printf '%0285d' 0) s3cret-of-hook\"}}]"
script nobody '[{"status":400,"body":{"error":"no such user"}}]'
script fails '[{"status":500,"body":"oops"}]'
script internal '[{"body":{"ok":false,"error":"internal"}}]'
script wait '[{"status":503,"body":{"ok":false,"wait":"x"}}]'
script once '[{"body":{"ok":true,"id":"m1"}},{"fault":"close-after"}]'

send() { # send ACCOUNT MEMBERS CHANNEL: the receipt
	jq -nc --arg account "$1" --arg channel "${3:-hook}" --argjson more "${2:-null}" \
		'{$channel, $account, key: "k1", to: "4711", text: "hi"} + $more' |
		"$DELIVER" t.d "$ROOT/lib/channels"
}
got() { jq -c --arg name "$1" 'select(.url | startswith("/\($name)/"))' s/log; } # what the server got
count() { got "$1" | wc -l | tr -d ' '; }

# --- what goes out ---

is 'taken: the key that the service gives' "$(send fine)" '{"outcome":"sent","id":"m1","code":200,"detail":"200"}'
is 'as the channel says' "$(got fine | jq -c '[.method, .url, .headers.authorization, .headers["content-type"], .body]')" \
	'["POST","/fine/send/4711","Bearer s3cret-of-hook","application/json","{\"to\":\"4711\",\"text\":\"hi\"}"]'
is 'what is optional and missing is left out, and an object with it' \
	"$(got fine | jq -c '[.headers["x-name"], (.body | fromjson | has("re"))]')" '[null,false]'
: >s/log
is 'hostile values stay where they are put' "$(send fine '{"to":"../a?b=c#d\r\nX: y","text":"\"},{\"a\\","to_name":"Ada","about":"<1>","origin":"{\"n\":12}"}' | jq -r .outcome)" sent
is '  in the url, in JSON' "$(got fine | jq -c '[.url, .headers.x, (.body | fromjson)]')" \
	'["/fine/send/..%2Fa%3Fb%3Dc%23d%0D%0AX:%20y",null,{"to":"../a?b=c#d\r\nX: y","text":"\"},{\"a\\","n":12,"re":{"id":"<1>","strict":true}}]'
: >s/log
is 'a line break for a header is refused, and nothing is sent' "$(send fine '{"to_name":"a\r\nX: y"}')$(count fine)" \
	'{"outcome":"refused","detail":"{{to_name}} holds a control character"}0'
is 'a path that would lead elsewhere' "$(send fine '{"to":".."}' | jq -r .detail)" '{{to}} is no part of an address'
is 'what is missing is named' "$(send fine '{"text":""}')" '{"outcome":"refused","detail":"{{text}} is missing"}'
is 'what is no number is none' "$(send fine '{"origin":"{\"n\":\"1}\"}"}' | jq -r .detail)" '{{/n}} is no whole number'
is 'bytes that are no UTF-8' "$(printf '{"channel":"hook","account":"fine","to":"1","text":"a\\u0000b"}\n' |
	"$DELIVER" t.d "$ROOT/lib/channels" | jq -r .outcome)" sent
is 'a text that is too long is for its writer' "$(send fine '{"text":"0123456789012345678😀"}')" \
	'{"outcome":"refused","detail":"the text is too long: 21 characters, not more than 20"}'
: >s/log
send second >/dev/null
is 'an account may have a secret of its own' "$(got fine | jq -r .headers.authorization)" 'Bearer s3cret-of-second'
: >s/log
printf '{"channel":"hook","account":"fine","key":"k","to":"1","text":"hi"}\n%.0s' 1 2 3 | "$DELIVER" t.d "$ROOT/lib/channels" >/dev/null
is 'a connection is used again' "$(got fine | jq -r .connection | sort -u | wc -l | tr -d ' ')" 1
is 'a dry run shows all but the secrets' "$(printf '{"channel":"hook","account":"fine","to":"1","text":"hi"}\n' |
	"$DELIVER" -n t.d "$ROOT/lib/channels")" "POST $U/fine/send/1
Authorization: Bearer ***
Content-Type: application/json

{\"to\":\"1\",\"text\":\"hi\"}"

# --- what the service says ---

is '429, and when' "$(send said | jq -c '[.outcome, .retry_after]')" '["deferred",7000]'
is '503, with a date' "$(send date | jq -c '[.outcome, (.retry_after > 90000 and .retry_after <= 100000)]')" '["deferred",true]'
is '429, and when in its body' "$(send later | jq -c '[.outcome, .retry_after]')" '["deferred",30000]'
is 'a wait that is none' "$(send wait | jq -c '[.outcome, .retry_after]')" '["deferred",null]'
is '400: not again; its words cannot steer a terminal' "$(send gone | jq -c '[.outcome, .detail]')" \
	'["refused","400: the text is �[31m bad"]'
is 'nobody is there' "$(send nobody | jq -c '[.outcome, .address_bad]')" '["refused","yes"]'
is 'no, with 200: later' "$(send busy | jq -r .outcome)" deferred
is 'no, with 200: perhaps' "$(send internal | jq -r .outcome)" unknown
is '500: perhaps it has it' "$(send fails | jq -c '[.outcome, .detail]')" '["unknown","500: oops"]'
is '200 and what is no JSON: perhaps' "$(send odd | jq -r .outcome)" unknown
is '200 and far too much: perhaps' "$(send big | jq -r .outcome)" unknown
is 'our token: nothing more is sent, and the token is not told' "$(send token)" \
	'{"error":"token (hook): the service does not let us in: 401: *** is wrong"}'
is '  nor a part of it, where the words are cut' "$(send tells | jq -r '.detail[-6:]')" '00 ***'
is 'a redirection is not followed' "$(send moved | jq -r .error)" \
	'moved (hook): the service is elsewhere (it redirects): change its url: 302'

# --- what the network does: the server's log says what it had ---

: >s/log
is 'closed after the request: perhaps' "$(send broken | jq -r .outcome) $(count broken)" 'unknown 1'
is 'closed within the answer: perhaps' "$(send cut | jq -r .outcome) $(count cut)" 'unknown 1'
is 'no answer in time: perhaps' "$(send slow | jq -r .outcome) $(count slow)" 'unknown 1'
is 'what is no HTTP: perhaps' "$(send noise | jq -r .outcome) $(count noise)" 'unknown 1'
is 'an idempotent service: the same again' "$(send broken '' again | jq -r .outcome) $(send cut '' again | jq -r .outcome)" \
	'deferred deferred'
touch s/close-first
is 'closed before it read: from here that cannot be told' "$(send fine | jq -r .outcome)" unknown
rm s/close-first
is 'nobody listens' "$(send nowhere | jq -r .outcome)" deferred
is 'a name that is not there' "$(send nohost | jq -r .outcome)" deferred
: >s/log
is 'a kept connection that closes: perhaps, and not twice by itself' "$(
	printf '{"channel":"hook","account":"once","key":"%s","to":"1","text":"hi"}\n' a b |
		"$DELIVER" t.d "$ROOT/lib/channels" | jq -r .outcome | tr '\n' ' ')$(count once)" 'sent unknown 2'
script once '[{"body":{"ok":true,"id":"m1"}},{"fault":"close-after"},{"body":{"ok":true,"id":"m2"}}]'
: >s/log
is '  neither a GET' "$(
	printf '{"channel":"query","account":"query","key":"%s","to":"1","text":"hi & so"}\n' a b |
		"$DELIVER" t.d "$ROOT/lib/channels" | jq -r .outcome | tr '\n' ' ')$(count once)" 'sent sent 2'
is '  whose text is in its query' "$(got once | jq -r .url | sort -u)" '/once/send/1?text=hi%20%26%20so'

# --- ours ---

is 'plain http goes to loopback alone' "$(send plain | jq -r .error)" \
	'plain (hook): plain http sends secrets in the clear: use https, or say "plain": true in accounts'
is 'no other protocol' "$(send file | jq -r .error)" 'file (hook): the url is neither https nor http'
mv t.d/secrets kept
is 'a secret that is missing' "$(send fine | jq -r .error)" "cannot open 't.d/secrets': No such file or directory"
mv kept t.d/secrets
chmod 640 t.d/secrets
is 'secrets that others can read' "$(send fine | jq -r .error)" \
	"'t.d/secrets' is open to others: chmod 600 't.d/secrets'"
chmod 600 t.d/secrets

# --- TLS ---

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout tls/key -out tls/cert \
	-subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
mkdir -p tls/answers
cp s/answers/fine tls/answers/fine
start tls --tls tls/cert tls/key
P=$(cat tls/port)
account bad-cert hook "https://127.0.0.1:$P/fine"
account good-cert hook "https://127.0.0.1:$P/fine" ",\"ca\":\"$T/tls/cert\""
account other-name hook "https://127.0.0.2:$P/fine" ",\"ca\":\"$T/tls/cert\""
is 'a certificate that nobody vouches for: nothing is sent' "$(send bad-cert | jq -r .outcome)$(cat tls/log 2>/dev/null)" deferred
is 'one that we trust' "$(send good-cert | jq -r .outcome)" sent
is 'what is sent to the server of another name' "$(send other-name | jq -r .outcome)" deferred
is 'no secret was told' "$(cat s/said tls/said "$T/.out" 2>/dev/null | grep -c s3cret)" 0
finish
