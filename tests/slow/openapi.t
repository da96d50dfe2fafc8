#!/bin/sh
# SPDX-License-Identifier: MIT
# Requests to WhatsApp, LINE and Twilio against the services' own OpenAPI descriptions, by prism,
# which answers 2xx only what fits; and Telegram's against its published list of methods.
# Source of truth: the descriptions in $CRM_TEST_DATA/channels. prism is installed by npm into a
# cache folder; without npm or network its part is skipped. One at a time: each takes 170 MB.
. "$(dirname "$0")/../lib.sh"

need python3 python3 --version
need jq jq --version
DELIVER=$BUILD/tools/deliver
need 'the test tools (make tools)' test -x "$DELIVER"
SPECS=$CRM_TEST_DATA/channels
mkdir -p t.d/channels
for s in whatsapp line-channel twilio; do echo "$s the-secret"; done >t.d/secrets
echo 'telegram-bot 123:ABC' >>t.d/secrets
chmod 600 t.d/secrets
UUID='^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

send() { "$DELIVER" "$@" t.d "$ROOT/lib/channels"; }

# --- Telegram: names, types and what is required, of sendMessage and what it holds ---

API=$SPECS/messenger/openapi/PaulSonOfLars+telegram-bot-api-spec/api.json
if [ -e "$API" ]; then
	echo '{"account":"bot","channel":"telegram-bot"}' >t.d/accounts
	jq -nc '{channel: "telegram-bot", key: "k", to: "77", text: "hi", origin: ({message_id: 8, chat: {id: -1001},
		message_thread_id: 4, is_topic_message: true, business_connection_id: "b1"} | tojson)}' | send -n >shown
	is 'telegram: the method is there' "$(head -n 1 shown)" "POST https://api.telegram.org/bot***/sendMessage"
	tail -n 1 shown >body
	is 'telegram: all fields are fields of it, of a type it takes; none is lacking' "$(
		jq -nc --slurpfile api "$API" --slurpfile body body '
		def kind: if type == "number" then "Integer" elif type == "string" then "String" elif type == "boolean" then "Boolean" else "object" end;
		def wrong($spec): . as $o | ([keys[] as $k | ($spec.fields[] | select(.name == $k)) // null | . as $f
		  | if $f == null then "no field \($k)"
		    elif ($o[$k] | kind) == "object" then ($f.types[0] as $t | $o[$k] | wrong($api[0].types[$t]) | .[])
		    elif ($f.types | index($o[$k] | kind)) then empty else "\($k) is a \($o[$k] | kind)" end]
		  + [$spec.fields[] | select(.required and (.name as $n | $o | has($n) | not)) | "lacks \(.name)"]);
		$body[0] | wrong($api[0].methods.sendMessage)')" '[]'
	is 'telegram: the longest text is the documented one' \
		"$(jq -r '.methods.sendMessage.fields[] | select(.name == "text") | .description | capture("1-(?<n>[0-9]+) characters").n' "$API")" \
		"$(jq .answers.text_max "$ROOT/lib/channels/telegram-bot.json")"
else
	report 0 'telegram: its list of methods # SKIP it is not here'
fi

# --- the others, by prism ---

need npm npm --version
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/crm-tests/prism
PRISM=$CACHE/node_modules/.bin/prism
[ -x "$PRISM" ] || npm install --silent --no-audit --no-fund --prefix "$CACHE" @stoplight/prism-cli@5.14.2 >/dev/null 2>&1
need 'prism, or a network to get it' test -x "$PRISM"

mock() { # mock FILE: prism serves it at $PORT
	PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	"$PRISM" mock --errors -h 127.0.0.1 -p "$PORT" "$1" >prism.log 2>&1 &
	prism=$!
	for _ in $(seq 300); do
		grep -q 'is listening' prism.log && return
		sleep 0.2
	done
}
stop() { kill "$prism" && wait "$prism" 2>/dev/null; }
trap 'kill $prism 2>/dev/null; rm -rf "$T"' EXIT
account() { printf '{"account":"%s","channel":"%s","url":"http://127.0.0.1:%s%s"%s}\n' "$1" "$2" "$PORT" "$3" "${4:-}" >t.d/accounts; }

spec=$SPECS/messenger/openapi/facebook+openapi/business-messaging-api_v23.0.yaml
if [ -e "$spec" ]; then
	mock "$spec"
	account 106540352242922 whatsapp-cloud /v23.0
	is 'whatsapp: a text that answers' "$(echo '{"channel":"whatsapp-cloud","key":"k","to":"+250788123200","text":"hi","about":"wamid.IN"}' | send | jq -r '.outcome + " " + .detail')" 'sent 200'
	is 'whatsapp: a text to somebody' "$(echo '{"channel":"whatsapp-cloud","key":"k","to":"+250788123200","text":"hi"}' | send | jq -r .outcome)" sent
	is 'whatsapp: a template' "$(jq -nc '{channel: "whatsapp-cloud", key: "k", to: "+250788123200", text: "hi", variables: ({name: "order", language: "de",
		components: [{type: "body", parameters: [{type: "text", text: "Ada"}]}]} | tojson)}' | send | jq -r .outcome)" sent
	sed 's/"messaging_product": "whatsapp",//' "$ROOT/lib/channels/whatsapp-cloud.json" >t.d/channels/whatsapp-cloud.json
	is 'whatsapp: what does not fit is seen' "$(echo '{"channel":"whatsapp-cloud","key":"k","to":"1","text":"hi"}' | send | jq -r .outcome)" refused
	rm t.d/channels/whatsapp-cloud.json
	stop
else
	report 0 'whatsapp # SKIP its description is not here'
fi

spec=$SPECS/messenger/openapi/line+line-openapi/messaging-api.yml
if [ -e "$spec" ]; then
	mock "$spec"
	account Ud line ''
	is 'line: a push with a retry key' "$(echo '{"channel":"line","key":"k","to":"U4af4980629","text":"hi"}' | send | jq -c '[.outcome, (.id | length > 0)]')" '["sent",true]'
	is 'line: its retry key is a UUID' "$(echo '{"channel":"line","key":"k","to":"U4af4980629","text":"hi"}' | send -n | sed -n 's/^X-Line-Retry-Key: //p' | grep -cE "$UUID")" 1
	stop
else
	report 0 'line # SKIP its description is not here'
fi

spec=$SPECS/telephony/twilio-openapi/twilio+twilio-oai/twilio_api_v2010.json
if [ -e "$spec" ]; then
	mock "$spec"
	account +493055512345 twilio-sms '' ',"sid":"AC00000000000000000000000000000001","hook":"https://shop.example/hook/twilio-sms"'
	is 'twilio: a message' "$(echo '{"channel":"twilio-sms","key":"k","to":"+4917012345678","text":"Grüße & mehr"}' | send | jq -c '[.outcome, .code]')" '["sent",201]'
	is 'twilio: by WhatsApp' "$(echo '{"channel":"twilio-sms","key":"k","to":"+4917012345678","text":"hi","origin":"{\"From\":\"whatsapp:+4917012345678\",\"To\":\"whatsapp:+493055512345\"}"}' | send | jq -r .outcome)" sent
	account +493055512345 twilio-sms '' ',"sid":"nonsense"'
	is 'twilio: what does not fit is seen' "$(echo '{"channel":"twilio-sms","key":"k","to":"+4917012345678","text":"hi"}' | send | jq -r .outcome)" refused
	stop
else
	report 0 'twilio # SKIP its description is not here'
fi
finish
