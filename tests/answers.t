#!/bin/sh
# SPDX-License-Identifier: MIT
# For each channel: a customer writes, the answer goes out to a server that answers as the service
# documents, and what the service then tells us of our message (a receipt, or its own copy) meets
# it: the key that sending gives is the one that the channel's mapping gives.
# Source of truth: the services' documentation of their requests, answers and webhooks.
. "$(dirname "$0")/lib.sh"

need python3 python3 --version
need jq jq --version
need sqlite3 sqlite3 --version
DELIVER=$BUILD/tools/deliver
need 'the test tools (make tools)' test -x "$DELIVER"

mkdir -p t.d/channels s/answers
python3 "$ROOT/tests/fake-http.py" s 2>s/said &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$T"' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s s/port ] && break
	sleep 0.1
done
U=http://127.0.0.1:$(cat s/port)
for s in telegram-bot whatsapp messenger line-channel viber slack-bot matrix discord twilio sms kannel \
	kannel-send x-user; do
	echo "$s the-$s-secret"
done >t.d/secrets
chmod 600 t.d/secrets
crm-init -q -d t.db
sql() { sqlite3 -cmd ".timeout 10000" t.db "$1"; }

customer() { # customer CHANNEL <RECORD: what a customer wrote, as the service posts it
	crm-ingest -q -d t.db --channel "$1" --now 2026-10-01T10:00:00Z - >/dev/null 2>in.err || cat in.err >&2
}
# answer CHANNEL ACCOUNT MEMBERS ANSWER: our answer to the last one, and in $ID its key; $GOT is
# what the service got.
answer() {
	printf '%s' "$4" >"s/answers/$1"
	jq -nc --arg channel "$1" --arg account "$2" --arg url "$U/$1" --argjson more "$3" \
		'{$account, $channel, $url} + $more' >t.d/accounts
	: >s/log
	_now=$(sql "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(at) / 1000 + 60, 'unixepoch') FROM event AS e
	  JOIN source AS s ON s.id = e.source_id WHERE s.name = '$1' AND e.direction = 'in'")
	sql "SELECT json_object('conversation', e.conversation_id, 'text', 'Für <Sie> & mehr', 'agent', 'anna') FROM event AS e
	     JOIN source AS s ON s.id = e.source_id WHERE s.name = '$1' AND e.direction = 'in' ORDER BY e.id DESC LIMIT 1" |
		crm-reply -q -d t.db --now "$_now" >delivery 2>out.err || cat out.err >&2
	is "$1: sent" "$(jq -r '.state // .' delivery)" sent
	ID=$(sql "SELECT e.key FROM event AS e JOIN source AS s ON s.id = e.source_id
	  WHERE s.name = '$1' AND e.direction = 'out' ORDER BY e.id DESC LIMIT 1")
	GOT=$(jq -c '{method, url, auth: .headers.authorization, body}' s/log)
}
body() { echo "$GOT" | jq -r .body | jq -Sc "${1:-.}"; }
told() { # told CHANNEL STATUS <RECORD: it says so of our message
	customer "$1"
	is "$1: that it was $2 meets our message" "$(sql "SELECT h.status FROM event_history AS h
	  JOIN event AS e ON e.id = h.event_id WHERE e.key = '$ID'")" "$2"
}
copied() { # copied CHANNEL <RECORD: the service's own copy of it
	_n=$(sql "SELECT count(*) FROM event WHERE type = 'message'")
	customer "$1"
	is "$1: its own copy is no second message" "$(sql "SELECT count(*) FROM event WHERE type = 'message'")" "$_n"
}

# --- Telegram ---

customer telegram-bot <<'END'
{"update_id":1,"message":{"message_id":5,"from":{"id":77,"is_bot":false,"first_name":"Ada"},"chat":{"id":77,"type":"private","first_name":"Ada"},"date":1700000000,"text":"hi"}}
END
answer telegram-bot bot null '[{"body":{"ok":true,"result":{"message_id":6,"from":{"id":9,"is_bot":true,"first_name":"Shop"},"chat":{"id":77,"first_name":"Ada","type":"private"},"date":1700000001,"text":"x"}}}]'
is 'telegram-bot: the request' "$(echo "$GOT" | jq -r '.url') $(body)" \
	'/telegram-bot/botthe-telegram-bot-secret/sendMessage {"chat_id":"77","reply_parameters":{"allow_sending_without_reply":true,"message_id":5},"text":"Für <Sie> & mehr"}'
copied telegram-bot <<'END'
{"ok":true,"result":{"message_id":6,"from":{"id":9,"is_bot":true,"first_name":"Shop"},"chat":{"id":77,"first_name":"Ada","type":"private"},"date":1700000001,"text":"x"}}
END
customer telegram-bot <<'END'
{"update_id":2,"message":{"message_id":8,"message_thread_id":4,"is_topic_message":true,"from":{"id":77,"is_bot":false,"first_name":"Ada"},"chat":{"id":-1001,"type":"supergroup","title":"Shop"},"date":1700000100,"text":"and here?"}}
END
answer telegram-bot bot null '[{"body":{"ok":true,"result":{"message_id":9,"chat":{"id":-1001,"type":"supergroup"},"date":1700000101,"text":"x"}}}]'
is 'telegram-bot: in a group, the group and its topic' "$(body '[.chat_id, .message_thread_id]') $ID" '["-1001",4] -1001/9'

# --- WhatsApp ---

customer whatsapp-cloud <<'END'
{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Ada"},"wa_id":"250788123200"}],"messages":[{"from":"250788123200","id":"wamid.IN","timestamp":"1700000000","text":{"body":"hi"},"type":"text"}]},"field":"messages"}]}]}
END
answer whatsapp-cloud 106540352242922 null '[{"body":{"messaging_product":"whatsapp","contacts":[{"input":"+250788123200","wa_id":"250788123200"}],"messages":[{"id":"wamid.OUT"}]}}]'
is 'whatsapp-cloud: the request' "$(echo "$GOT" | jq -r '.url + " " + .auth') $(body)" \
	'/whatsapp-cloud/106540352242922/messages Bearer the-whatsapp-secret {"context":{"message_id":"wamid.IN"},"messaging_product":"whatsapp","recipient_type":"individual","text":{"body":"Für <Sie> & mehr"},"to":"+250788123200","type":"text"}'
told whatsapp-cloud delivered <<'END'
{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"statuses":[{"id":"wamid.OUT","status":"delivered","timestamp":"1700000005","recipient_id":"250788123200"}]},"field":"messages"}]}]}
END
is 'whatsapp-cloud: a template where the window is closed' "$(
	echo '{"channel":"whatsapp-cloud","key":"k","to":"+250788123200","text":"x","variables":"{\"name\":\"order\",\"language\":\"de\",\"components\":[{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":\"Ada\"}]}]}"}' |
		"$DELIVER" t.d "$ROOT/lib/channels" >/dev/null
	tail -n 1 s/log | jq -r .body | jq -c .template)" \
	'{"name":"order","language":{"policy":"deterministic","code":"de"},"components":[{"type":"body","parameters":[{"type":"text","text":"Ada"}]}]}'

# --- Messenger, Instagram ---

for channel in messenger:page instagram:instagram; do
	object=${channel#*:} channel=${channel%:*}
	echo "$channel the-$channel-secret" >>t.d/secrets
	customer $channel <<END
{"object":"$object","entry":[{"id":"222","time":1700000000000,"messaging":[{"sender":{"id":"111"},"recipient":{"id":"222"},"timestamp":1700000000000,"message":{"mid":"m_in","text":"hi"}}]}]}
END
	answer $channel 222 null '[{"body":{"recipient_id":"111","message_id":"m_out_'$channel'"}}]'
	is "$channel: the request" "$(echo "$GOT" | jq -r '.url') $(body)" \
		"/$channel/222/messages {\"message\":{\"text\":\"Für <Sie> & mehr\"},\"messaging_type\":\"RESPONSE\",\"recipient\":{\"id\":\"111\"}}"
	copied $channel <<END
{"object":"$object","entry":[{"id":"222","time":1700000002000,"messaging":[{"sender":{"id":"222"},"recipient":{"id":"111"},"timestamp":1700000002000,"message":{"mid":"m_out_$channel","is_echo":true,"app_id":1,"text":"x"}}]}]}
END
	printf '[{"status":400,"body":{"error":{"message":"outside of the window","code":10}}}]' >"s/answers/$channel"
	is "$channel: what one customer does not get does not stop the others" "$(
		printf '{"channel":"%s","key":"k9","to":"111","text":"x"}\n' $channel |
			"$DELIVER" t.d "$ROOT/lib/channels" | jq -c '[.outcome, .detail]')" '["refused","400: outside of the window"]'
	told $channel read <<END
{"object":"$object","entry":[{"id":"222","time":1700000003000,"messaging":[{"sender":{"id":"111"},"recipient":{"id":"222"},"timestamp":1700000003000,"read":{"mid":"m_out_$channel"}}]}]}
END
done

# --- LINE ---

customer line <<'END'
{"destination":"Ud","events":[{"type":"message","message":{"type":"text","id":"444","quoteToken":"q","text":"hi"},"webhookEventId":"01FZ","deliveryContext":{"isRedelivery":false},"timestamp":1692251666727,"source":{"type":"user","userId":"U80696558e1aa831"},"replyToken":"38ef","mode":"active"}]}
END
answer line Ud null '[{"body":{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}}]'
is 'line: the request' "$(echo "$GOT" | jq -r '.url') $(body)" \
	'/line/v2/bot/message/push {"messages":[{"text":"Für <Sie> & mehr","type":"text"}],"to":"U80696558e1aa831"}'
is 'line: a UUID by which it knows a second try' "$(jq -r '.headers["x-line-retry-key"] | test("^[0-9a-f-]{36}$")' s/log)" true
printf '[{"status":409,"body":{"message":"The retry key is already accepted","sentMessages":[{"id":"461230966842064897"}]}}]' >s/answers/line
echo '{"channel":"line","key":"k1","to":"U80696558e1aa831","text":"x"}' | "$DELIVER" t.d "$ROOT/lib/channels" >receipt
is 'line: a second try is the first' "$(jq -c '[.outcome, .id]' receipt)" '["sent","461230966842064897"]'
told line deleted <<'END'
{"destination":"Ud","events":[{"type":"unsend","unsend":{"messageId":"461230966842064897"},"webhookEventId":"02FZ","timestamp":1692251666999,"source":{"type":"user","userId":"U80696558e1aa831"}}]}
END

# --- Viber ---

customer viber <<'END'
{"event":"message","timestamp":1457764197627,"message_token":4912661846655238145,"sender":{"id":"01234567890A=","name":"Ada","language":"en","country":"UK","api_version":1},"message":{"type":"text","text":"hi"}}
END
answer viber shop '{"name":"Shop"}' '[{"body":{"status":0,"status_message":"ok","message_token":5741311803571721087,"chat_hostname":"SN-CALLBACK-05_"}}]'
is 'viber: the request' "$(body) $(jq -r '.headers["x-viber-auth-token"]' s/log)" \
	'{"min_api_version":1,"receiver":"01234567890A=","sender":{"name":"Shop"},"text":"Für <Sie> & mehr","type":"text"} the-viber-secret'
is 'viber: an id beyond 2^53 keeps its digits' "$ID" 5741311803571721087
told viber delivered <<'END'
{"event":"delivered","timestamp":1457764197637,"message_token":5741311803571721087,"user_id":"01234567890A="}
END

# --- Slack ---

customer slack-events <<'END'
{"token":"t","team_id":"T1","api_app_id":"A1","event":{"type":"message","channel":"C1","user":"U1","text":"hi","ts":"1700000000.000100","thread_ts":"1699999999.000100","team":"T1","channel_type":"channel"},"type":"event_callback","event_id":"Ev1","event_time":1700000000}
END
answer slack-events A1 null '[{"body":{"ok":true,"channel":"C1","ts":"1700000005.000200","message":{"text":"x","bot_id":"B1","team":"T1","type":"message","ts":"1700000005.000200"}}}]'
is 'slack-events: the request, in the thread; nobody is called by <!channel>' "$(echo "$GOT" | jq -r '.url + " " + .body')" \
	'/slack-events/chat.postMessage channel=C1&thread_ts=1699999999.000100&text=F%C3%BCr%20%26lt%3BSie%26gt%3B%20%26amp%3B%20mehr'
copied slack-events <<'END'
{"token":"t","team_id":"T1","api_app_id":"A1","event":{"type":"message","channel":"C1","bot_id":"B1","app_id":"A1","text":"x","ts":"1700000005.000200","thread_ts":"1699999999.000100"},"type":"event_callback","event_id":"Ev2","event_time":1700000005}
END

# --- Matrix ---

customer matrix <<'END'
{"next_batch":"s1","rooms":{"join":{"!room:example.org":{"timeline":{"events":[{"type":"m.room.message","event_id":"$in","sender":"@ada:example.org","origin_server_ts":1700000000000,"content":{"msgtype":"m.text","body":"hi"}}]}}}}}
END
answer matrix @shop:example.org null '[{"body":{"event_id":"$out"}}]'
is 'matrix: the request' "$(echo "$GOT" | jq -r '.method + " " + (.url | sub("[0-9a-f-]{36}$"; "UUID"))') $(body)" \
	'PUT /matrix/_matrix/client/v3/rooms/%21room:example.org/send/m.room.message/UUID {"body":"Für <Sie> & mehr","m.relates_to":{"m.in_reply_to":{"event_id":"$in"}},"msgtype":"m.text"}'
copied matrix <<'END'
{"next_batch":"s2","rooms":{"join":{"!room:example.org":{"timeline":{"events":[{"type":"m.room.message","event_id":"$out","sender":"@shop:example.org","origin_server_ts":1700000001000,"content":{"msgtype":"m.text","body":"x"},"unsigned":{"transaction_id":"k1"}}]}}}}}
END

# --- Discord ---

customer discord <<'END'
{"op":0,"s":1,"t":"MESSAGE_CREATE","d":{"id":"1100000000000000001","channel_id":"900","type":0,"author":{"id":"800","username":"ada"},"content":"hi","timestamp":"2026-09-30T10:00:00+00:00"}}
END
answer discord bot null '[{"body":{"id":"1100000000000000002","channel_id":"900","type":0,"author":{"id":"1","bot":true,"username":"shop"},"content":"x","timestamp":"2026-09-30T10:00:01+00:00"}}]'
is 'discord: the request; nobody is called by @everyone' "$(echo "$GOT" | jq -r '.url + " " + .auth') $(body)" \
	'/discord/channels/900/messages Bot the-discord-secret {"allowed_mentions":{"parse":[]},"content":"Für <Sie> & mehr","message_reference":{"fail_if_not_exists":false,"message_id":"1100000000000000001"}}'
copied discord <<'END'
{"op":0,"s":2,"t":"MESSAGE_CREATE","d":{"id":"1100000000000000002","channel_id":"900","type":0,"author":{"id":"1","bot":true,"username":"shop"},"content":"x","timestamp":"2026-09-30T10:00:01+00:00"}}
END

# --- Twilio: SMS and WhatsApp ---

customer twilio-sms <<'END'
MessageSid=SM1&AccountSid=AC1&From=%2B4917012345678&To=%2B493055512345&Body=hi
END
answer twilio-sms +493055512345 '{"sid":"AC1","hook":"https://shop.example/hook/twilio-sms"}' '[{"status":201,"body":{"sid":"SM2","status":"queued","error_code":null}}]'
is 'twilio-sms: the request' "$(echo "$GOT" | jq -r '.url, .body' | tr '\n' ' ')" \
	'/twilio-sms/2010-04-01/Accounts/AC1/Messages.json To=%2B4917012345678&From=%2B493055512345&Body=F%C3%BCr%20%3CSie%3E%20%26%20mehr&StatusCallback=https:%2F%2Fshop.example%2Fhook%2Ftwilio-sms '
is 'twilio-sms: who we are' "$(echo "$GOT" | jq -r .auth)" "Basic $(printf AC1:the-twilio-secret | base64)"
told twilio-sms delivered <<'END'
MessageSid=SM2&AccountSid=AC1&From=%2B493055512345&To=%2B4917012345678&MessageStatus=delivered
END
customer twilio-sms <<'END'
MessageSid=SM3&AccountSid=AC1&From=whatsapp%3A%2B4917012345678&To=whatsapp%3A%2B493055512345&Body=hello
END
answer twilio-sms +493055512345 '{"sid":"AC1"}' '[{"status":201,"body":{"sid":"SM4"}}]'
is 'twilio-sms: what came by WhatsApp is answered there' "$(echo "$GOT" | jq -r .body | cut -d '&' -f 1-2)" \
	'To=whatsapp:%2B4917012345678&From=whatsapp:%2B493055512345'

# --- SMS ---

customer sms <<'END'
{"message_uuid":"aaaa","from":"4917012345678","to":"493055512345","channel":"sms","message_type":"text","text":"hi","timestamp":"2026-09-30T10:00:00Z"}
END
answer sms 493055512345 '{"user":"key1"}' '[{"status":202,"body":{"message_uuid":"bbbb"}}]'
is 'sms: the request' "$(body 'del(.client_ref)')" \
	'{"channel":"sms","from":"493055512345","message_type":"text","text":"Für <Sie> & mehr","to":"4917012345678"}'
told sms delivered <<'END'
{"message_uuid":"bbbb","to":"4917012345678","from":"493055512345","timestamp":"2026-09-30T10:00:05Z","status":"delivered"}
END

# --- Kannel ---

customer kannel <<'END'
from=%2B4917012345678&to=4711&text=hi&id=mo-1
END
answer kannel 4711 '{"user":"shop","hook":"http://127.0.0.1/hook/kannel"}' '[{"status":202,"body":"0: Accepted for delivery"}]'
is 'kannel: the request' "$(echo "$GOT" | jq -r '.method + " " + (.url | split("?")[0])') $(echo "$GOT" | jq -r .url | tr '?&' '\n\n' | grep '^[tc]' | tr '\n' ' ')" \
	'GET /kannel to=%2B4917012345678 charset=UTF-8 coding=0 text=F%C3%BCr%20%3CSie%3E%20%26%20mehr '
is 'kannel: where its reports go' "$(echo "$GOT" | jq -r .url | tr '&' '\n' | grep '^dlr-url' | sed 's/%3F/?/; s/%3D/=/g; s/%26/\&/g; s/%2F/\//g; s/%25/%/g')" \
	"dlr-url=http://127.0.0.1/hook/kannel?token=the-kannel-secret&id=$ID&type=%d&from=%p&to=%P&reply=%A"
told kannel delivered <<END
token=x&id=$ID&type=1&from=%2B4917012345678&to=4711&reply=
END

# --- smstools ---

customer smstools <<'END'
From: 4917012345678
From_SMSC: 4917000
Sent: 26-09-30 10:00:00
Received: 26-09-30 10:00:05
Subject: GSM1

hi
END
answer smstools GSM1 "$(jq -nc --arg exec "cat >'$T/spooled'" '{$exec}')" '[]'
is 'smstools: the file' "$(cat spooled)" "To: 4917012345678
Alphabet: UTF
Report: yes
X-CRM-Id: $ID

Für <Sie> & mehr"
copied smstools <<END
To: 4917012345678
Alphabet: UTF
Report: yes
X-CRM-Id: $ID
Modem: GSM1
Sent: 26-09-30 10:01:00
Message_id: 12

Für <Sie> & mehr
END

# --- X ---

customer x-dm <<'END'
{"for_user_id":"1","direct_message_events":[{"type":"message_create","id":"50","created_timestamp":"1700000000000","message_create":{"target":{"recipient_id":"1"},"sender_id":"2","message_data":{"text":"hi"}}}],"users":{"2":{"id":"2","name":"Ada"}}}
END
answer x-dm 1 null '[{"status":201,"body":{"data":{"dm_conversation_id":"1-2","dm_event_id":"51"}}}]'
is 'x-dm: the request' "$(echo "$GOT" | jq -r '.url') $(body)" '/x-dm/2/dm_conversations/with/2/messages {"text":"Für <Sie> & mehr"}'
copied x-dm <<'END'
{"for_user_id":"1","direct_message_events":[{"type":"message_create","id":"51","created_timestamp":"1700000001000","message_create":{"target":{"recipient_id":"2"},"sender_id":"1","message_data":{"text":"x"}}}]}
END
finish
