#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-ingest --cgi behind lighttpd, of our own on a free port: posts by curl, signatures by
# openssl. What is answered must be so in the store: 2xx and the record is there, anything else
# and it is not, or it is among what was set aside.
. "$(dirname "$0")/lib.sh"

need lighttpd lighttpd -v
need curl curl --version
need openssl openssl version
need jq jq --version
need python3 python3 --version

# --- a shop with channels for senders of each kind ---

mkdir -p t.d/channels
channel() { # channel NAME READS WEBHOOK: messages with id, from, text
	at=/ key=/id
	[ "$2" = form ] && key=/@request/id
	[ "$1" = sms ] && key=/MessageSid
	cat >"t.d/channels/$1.json" <<END
{"reads": "$2", "type": "message", "key": "$key", "const": {"direction": "in"},
 "fields": {"email": "${at}from", "phone": "${at}From", "text": ["${at}text", "${at}Body"]},
 "handles": {"user": "${at}user"},
 "webhook": $3}
END
}
channel page json '{"secret": "meta", "signature": {"method": "hmac-sha256",
	"header": "X-Hub-Signature-256", "prefix": "sha256="},
	"challenge": {"when": {"hub.mode": "subscribe"}, "verify": "hub.verify_token",
	"secret": "meta-verify", "answer": "hub.challenge"}}'
channel sms form '{"secret": "twilio", "url": "https://shop.example/hook/sms",
	"signature": {"method": "hmac-sha1", "encoding": "base64", "header": "X-Twilio-Signature",
	"over": "{url}{parameters}"}, "reply": "<Response/>", "reply_type": "text/xml"}'
channel team json '{"secret": "slack", "signature": {"method": "hmac-sha256",
	"header": "X-Slack-Signature", "prefix": "v0=", "over": "v0:{time}:{body}",
	"time": "X-Slack-Request-Timestamp"},
	"challenge": {"when": {"/type": "url_verification"}, "answer": "/challenge"}}'
channel line json '{"secret": "line", "signature": {"method": "hmac-sha256",
	"encoding": "base64", "header": "X-Line-Signature"}}'
channel pay json '{"secret": "stripe", "signature": {"method": "hmac-sha256",
	"header": "Stripe-Signature", "element": "v1", "time": "t", "over": "{time}.{body}"}}'
channel bot json '{"secret": "bot", "signature": {"method": "token",
	"header": "X-Telegram-Bot-Api-Secret-Token"}}'
channel contact form '{"open": true, "redirect": "https://shop.example/thanks"}'
channel closed json '{"secret": "not-there", "signature": {"method": "token", "header": "X"}}'
cat >t.d/secrets <<'END'
# of the tests
meta        app secret
meta-verify agreed
twilio      12345
slack       8f742231b10e8888abcd99
line        channel-secret
stripe      whsec_test
bot         s3cret
END
chmod 600 t.d/secrets
crm-init -q -d t.db

# --- the server ---

PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >hook <<END
#!/bin/sh
exec "$BUILD/bin/crm-ingest" --cgi -d "$T/t.db"
END
chmod +x hook
cat >lighttpd.conf <<END
server.document-root = "$T"
server.port = $PORT
server.bind = "127.0.0.1"
server.errorlog = "$T/server.log"
server.max-worker = 0
server.max-request-size = 20480
server.upload-dirs = ("$T")
server.modules = ("mod_alias", "mod_cgi")
alias.url = ("/hook" => "$T/hook")
\$HTTP["url"] =~ "^/hook" { cgi.assign = ("" => "") }
END
lighttpd -D -f lighttpd.conf >lighttpd.out 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$T"' EXIT
U=http://127.0.0.1:$PORT/hook
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	curl -s -o /dev/null "$U/" && break
	sleep 0.1
done
need 'a lighttpd that starts' curl -s -o /dev/null "$U/"

send() { # send CURL-ARGUMENTS: the status, the type and the body in one line
	curl -s -o reply -w '%{http_code} %{content_type} ' "$@"
	cat reply
}
json() { # json PATH BODY CURL-ARGUMENTS
	_path=$1 _body=$2
	shift 2
	send "$U/$_path" -H 'Content-Type: application/json' --data-binary "$_body" "$@"
}
hmac() { openssl dgst "-$1" -hmac "$2" -binary; } # hmac ALGORITHM KEY <TEXT
hex() { od -An -v -tx1 | tr -d ' \n'; }
sql() { sqlite3 -cmd ".timeout 10000" t.db "$1"; }
STORED='200 application/json {"stored":1,"duplicate":0,"set_aside":0}'
KNOWN='200 application/json {"stored":0,"duplicate":1,"set_aside":0}'
UNSIGNED='403 application/json {"error":"no signature"}'
WRONG='403 application/json {"error":"the signature does not fit"}'
STALE='403 application/json {"error":"the time of the signature is not now"}'

# --- each sender's signature: right, wrong, for another body, none ---

B='{"id":"m1","from":"ada@example.org","text":"Grüße"}'
S=sha256=$(printf %s "$B" | hmac sha256 'app secret' | hex)
is 'Meta: signed' "$(json page "$B" -H "X-Hub-Signature-256: $S")" "$STORED"
is 'Meta: it is in the store' "$(sql "SELECT text FROM event WHERE key = 'm1'")" 'Grüße'
is 'Meta: delivered again' "$(json page "$B" -H "X-Hub-Signature-256: $S")" "$KNOWN"
is 'Meta: another body' "$(json page '{"id":"m2","text":"x"}' -H "X-Hub-Signature-256: $S")" "$WRONG"
is 'Meta: no signature' "$(json page "$B")" "$UNSIGNED"
is 'Meta: asks whether we are there' \
	"$(send "$U/page?hub.mode=subscribe&hub.verify_token=agreed&hub.challenge=1158201444")" \
	'200 text/plain 1158201444'
is 'Meta: somebody else asks' \
	"$(send "$U/page?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1")" \
	'403 application/json {"error":"the challenge has another token"}'

twilio() { printf %s "https://shop.example/hook/sms$1" | hmac sha1 12345 | base64; }
S=$(twilio 'BodyHello thereFrom+4930123456MessageSidSM1To+4930999')
is 'Twilio: signed' "$(send "$U/sms" -H "X-Twilio-Signature: $S" --data-urlencode 'To=+4930999' \
	--data-urlencode 'Body=Hello there' -d MessageSid=SM1 --data-urlencode 'From=+4930123456')" \
	'200 text/xml <Response/>'
is 'Twilio: it is in the store' "$(sql "SELECT text FROM event WHERE key = 'SM1'")" 'Hello there'
is 'Twilio: another text' "$(send "$U/sms" -H "X-Twilio-Signature: $S" -d To=1 -d Body=x)" "$WRONG"
S=$(twilio '?bodySHA256=00')
is 'Twilio: a body that its signature does not cover' \
	"$(json 'sms?bodySHA256=00' '{"MessageSid":"SM2"}' -H "X-Twilio-Signature: $S")" "$WRONG"

slack() { # slack TIME BODY
	S=v0=$(printf %s "v0:$1:$2" | hmac sha256 8f742231b10e8888abcd99 | hex)
	json team "$2" -H "X-Slack-Signature: $S" -H "X-Slack-Request-Timestamp: $1"
}
NOW=$(date +%s)
is 'Slack: signed' "$(slack "$NOW" '{"id":"t1","user":"U1","text":"hi"}')" "$STORED"
is 'Slack: six minutes old' "$(slack $((NOW - 360)) '{"id":"t2","user":"U1","text":"hi"}')" "$STALE"
is 'Slack: asks' "$(slack "$NOW" '{"type":"url_verification","challenge":"3eZbrw1a"}')" \
	'200 text/plain 3eZbrw1a'
is 'Slack: somebody else asks' "$(json team '{"type":"url_verification","challenge":"x"}')" "$UNSIGNED"

B='{"id":"l1","user":"U4af","text":"hi"}'
S=$(printf %s "$B" | hmac sha256 channel-secret | base64)
is 'LINE: signed' "$(json line "$B" -H "X-Line-Signature: $S")" "$STORED"
is 'LINE: wrong' "$(json line "$B" -H "X-Line-Signature: A$S")" "$WRONG"

B='{"id":"evt_1","user":"cus_1","text":"hi"}'
S=$(printf %s "$NOW.$B" | hmac sha256 whsec_test | hex)
is 'Stripe: signed, one of two' "$(json pay "$B" -H "Stripe-Signature: t=$NOW,v1=00,v1=$S,v0=1")" "$STORED"
is 'Stripe: an old scheme alone' "$(json pay "$B" -H "Stripe-Signature: t=$NOW,v0=$S")" "$WRONG"
is 'Stripe: another time than the signed' \
	"$(json pay "$B" -H "Stripe-Signature: t=$((NOW - 1)),v1=$S")" "$WRONG"
S=$(printf %s "$((NOW - 400)).$B" | hmac sha256 whsec_test | hex)
is 'Stripe: stale' "$(json pay "$B" -H "Stripe-Signature: t=$((NOW - 400)),v1=$S")" "$STALE"

B='{"id":"u1","user":"7","text":"hi"}'
is 'Telegram: its token' "$(json bot "$B" -H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" "$STORED"
is 'Telegram: another' "$(json bot "$B" -H 'X-Telegram-Bot-Api-Secret-Token: s3cre')" "$WRONG"
is 'a channel whose secret is missing' "$(json closed "$B" -H 'X: 1')" \
	'500 application/json {"error":"configuration"}'
chmod 640 t.d/secrets
is 'a file of secrets that others can read' \
	"$(json bot "$B" -H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" \
	'500 application/json {"error":"configuration"}'
chmod 600 t.d/secrets
is 'no secret was told to anybody' "$(cat server.log reply | grep -c 's3cret\|app secret\|whsec')" 0

# --- forms ---

is 'a form: the browser is sent on' "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' \
	"$U/contact" --data-urlencode 'text=Where is my order?' -d from=bob@example.org)" \
	'303 https://shop.example/thanks'
printf 'a picture\r\n' >shot.png
is 'a form with a file' "$(curl -s -o /dev/null -w '%{http_code}' "$U/contact" -F 'text=See here' \
	-F from=bob@example.org -F 'file=@shot.png;type=image/png')" 303
is 'one person wrote both' "$(sql "SELECT count(*), count(DISTINCT profile.person_id) FROM event
	JOIN profile ON profile.id = profile_id JOIN source ON source.id = event.source_id
	WHERE source.name = 'contact'")" '2|1'
is 'the file is described' "$(sql "SELECT json_extract(raw, '\$.file.name', '\$.file.type', '\$.file.size')
	FROM event WHERE text = 'See here'")" '["shot.png","image/png",11]'
is 'what the sender says of itself is not believed' "$(curl -s -o /dev/null -w '%{http_code}' "$U/contact" \
	-H 'CRM-Id: 1' -H 'X-Forwarded-For: 8.8.8.8' -d '@request=1' -d text=hm -d from=c@example.org
	sql "SELECT json_extract(raw, '\$.\"@request\".remote_addr') FROM event WHERE text = 'hm'")" \
	'303127.0.0.1'

# --- what is refused ---

is 'a channel that is not there' "$(json nope "$B")" '404 application/json {"error":"nothing is here"}'
for path in page/a/b Page page/a%20b 'page/..%2fx%2fy'; do
	is "a path that is none: $path" "$(json "$path" "$B")" \
		'404 application/json {"error":"nothing is here"}'
done
is 'a channel that takes no posts' "$(json contacts "$B")" \
	'403 application/json {"error":"this channel takes no posts"}'
is 'a GET' "$(send "$U/bot")" '405 application/json {"error":"not by this method"}'
is 'a form where JSON is read' "$(send "$U/bot" -d a=1 -H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" \
	'415 application/json {"error":"not this type of content"}'
is 'something compressed' "$(json bot "$B" -H 'Content-Encoding: gzip')" \
	'415 application/json {"error":"not compressed, please"}'
head -c 17000000 /dev/zero >big
is 'more than 16 MiB' "$(send "$U/contact" -H 'Expect:' --data-binary @big)" \
	'413 application/json {"error":"larger than 16 MiB"}'
is 'what cannot be read' "$(json bot '{"id":' -H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" \
	'400 application/json {"stored":0,"duplicate":0,"set_aside":1}'
is 'is kept, with its reason' "$(sql "SELECT CAST(bytes AS TEXT), reason FROM rejected")" \
	'{"id":|a value was expected'
crm-ingest -d t.db --rejected 2>/dev/null | jq -c 'select(.channel == "bot") | .bytes = "{\"id\":\"u9\",\"user\":\"7\",\"text\":\"mended\"}"' |
	crm-ingest -q -d t.db --replay
is 'and replayed' "$(sql "SELECT text FROM event WHERE key = 'u9'")" mended
is 'a scope in the path' "$(json bot/second '{"id":"u1","user":"7","text":"hi"}' \
	-H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" "$STORED"
is 'is another namespace' "$(sql "SELECT group_concat(scope) FROM source WHERE name = 'bot'")" 'bot,second'

# --- many at once ---

for i in 1 2 3 4 5 6 7 8; do
	json bot "{\"id\":\"p$i\",\"user\":\"7\",\"text\":\"hi\"}" -o reply$i -w '%{http_code}\n' \
		-H 'X-Telegram-Bot-Api-Secret-Token: s3cret' >/dev/null 2>&1 &
	posts="${posts:-} $!"
done
# shellcheck disable=SC2086 # a list
wait $posts
is 'eight at once are all stored' "$(sql "SELECT count(*) FROM event WHERE key GLOB 'p[1-8]'")" 8

# --- a store that is busy ---

mkfifo hold
sqlite3 t.db <hold >/dev/null 2>&1 &
holder=$!
exec 9>hold
echo 'BEGIN IMMEDIATE;' >&9
sleep 0.3
B='{"id":"busy1","user":"7","text":"hi"}'
is 'busy: the sender is told to try again' "$(json bot "$B" -D headers \
	-H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" '503 application/json {"error":"busy: try again"}'
is 'busy: and when' "$(tr -d '\r' <headers | grep -i '^Retry-After')" 'Retry-After: 10'
echo 'ROLLBACK;' >&9
exec 9>&-
wait $holder
is 'tried again: stored' "$(json bot "$B" -H 'X-Telegram-Bot-Api-Secret-Token: s3cret')" "$STORED"

# --- killed at any moment: no 2xx without a commit ---

said=0 lost=0
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	B="{\"id\":\"k$i\",\"user\":\"7\",\"text\":\"hi\"}"
	printf %s "$B" >killed
	REQUEST_METHOD=POST CONTENT_TYPE=application/json PATH_INFO=/bot QUERY_STRING='' \
		CONTENT_LENGTH=${#B} HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN=s3cret \
		timeout -s KILL "0.$((i * 8 / 100))$((i * 8 / 10 % 10))$((i * 8 % 10))" crm-ingest --cgi -d t.db <killed >answer 2>/dev/null
	if grep -q '^Status: 200' answer; then
		said=$((said + 1))
		[ "$(sql "SELECT count(*) FROM event WHERE key = 'k$i'")" = 1 ] || lost=$((lost + 1))
	fi
done
is "killed after 8 to 96 ms: all that was answered 200 ($said of 12) is stored" "$lost" 0
is 'nothing went wrong within the programs' "$(grep -c 'Sanitizer\|runtime error' server.log)" 0
is 'the store is whole' "$(sql 'PRAGMA integrity_check')" ok
finish
