/* SPDX-License-Identifier: MIT */
/*
 * What is answered to a post. The signatures are those that the senders publish as examples
 * of their schemes; where one publishes none, openssl(1) made it:
 * printf %s TEXT | openssl dgst -sha1 -hmac KEY -binary | base64
 */
#include <sodium.h>
#include <strings.h>

#include "ingest/webhook.h"
#include "tap.h"

static struct crm_arena arena = CRM_ARENA_INIT;
static struct crm_json_doc doc = CRM_JSON_DOC_INIT;
static char mistake[200];

static void wrong(void *data, const struct crm_json_value *at, const char *what)
{
	(void)data;
	if (!*mistake)
		snprintf(mistake, sizeof(mistake), "'%.*s' %s", (int)at->key.len,
			 at->key.ptr ? at->key.ptr : "", what);
}

static const struct crm_webhook *load(const char *json)
{
	struct crm_section file = {&doc, &arena, wrong, NULL};

	*mistake = '\0';
	if (crm_json_scan(&doc, json, strlen(json)) != CRM_OK)
		exit(1);
	return crm_webhook_load(&file, &doc.values[0]);
}

/* Headers and secrets of the test at hand: name, value, …, NULL. */
static const char *const *headers, *secret;

static const char *header(void *data, const char *name)
{
	(void)data;
	for (const char *const *h = headers; h && *h; h += 2)
		if (!strcasecmp(*h, name))
			return h[1];
	return NULL;
}

static enum crm_status get_secret(void *data, const char *name, struct crm_str *value,
				  struct crm_err *err)
{
	(void)data;
	if (!secret || strcmp(name, "key") != 0)
		return crm_fail(err, CRM_NO_INPUT, "no secret '%s'", name);
	crm_str_adds(value, secret);
	return CRM_OK;
}

static struct crm_webhook_request post(const char *type, const char *body)
{
	return (struct crm_webhook_request){
		.method = "POST",
		.url = "https://shop.example/hook",
		.type = crm_slice_of(type),
		.body = crm_slice_of(body),
		.query = {"", 0},
		.header = header,
		.secret = get_secret,
	};
}

static int judged(const char *hook, const char *reads, const struct crm_webhook_request *r,
		  struct crm_str *text)
{
	struct crm_webhook_verdict v = CRM_WEBHOOK_VERDICT_INIT;
	int status;

	crm_webhook_judge(load(hook), reads, r, &v);
	status = v.status;
	if (*mistake)
		printf("# %s\n", mistake);
	if (text)
		crm_str_add(text, status ? v.body.ptr : v.record.ptr,
			    status ? v.body.len : v.record.len);
	crm_webhook_verdict_release(&v);
	return status;
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

struct sender {
	const char *name, *hook, *secret, *type, *body;
	const char *header, *value, *time_header, *time;
	int64_t now; /* s */
};

#define TWILIO                                                                           \
	"{\"secret\":\"key\",\"url\":\"https://mycompany.com/myapp.php\",\"signature\":" \
	"{\"method\":\"hmac-sha1\",\"encoding\":\"base64\",\"header\":\"X-Twilio-"       \
	"Signature\",\"over\":\"{url}{parameters}\"}}"
#define SLACK                                                                                      \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"header\":\"X-Slack-"      \
	"Signature\",\"prefix\":\"v0=\",\"over\":\"v0:{time}:{body}\",\"time\":\"X-Slack-Request-" \
	"Timestamp\"},\"challenge\":{\"when\":{\"/type\":\"url_verification\"},\"answer\":"        \
	"\"/challenge\"}}"
#define GITHUB                                                                              \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"header\":\"X-Hub-" \
	"Signature-256\",\"prefix\":\"sha256=\"},\"challenge\":{\"when\":{\"hub.mode\":"    \
	"\"subscribe\"},\"verify\":\"hub.verify_token\",\"answer\":\"hub.challenge\"}}"
#define STANDARD                                                                            \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"encoding\":"       \
	"\"base64\",\"secret_encoding\":\"base64\",\"header\":\"webhook-signature\","       \
	"\"prefix\":\"v1,\",\"time\":\"webhook-timestamp\",\"over\":\"{webhook-id}.{time}." \
	"{body}\"}}"
#define STRIPE                                                                               \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"header\":\"Stripe-" \
	"Signature\",\"element\":\"v1\",\"time\":\"t\",\"over\":\"{time}.{body}\"}}"
#define LINE                                                                                     \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"encoding\":\"base64\"," \
	"\"header\":\"X-Line-Signature\"}}"
#define DISCORD                                                                                  \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"ed25519\",\"secret_encoding\":\"hex\"," \
	"\"header\":\"X-Signature-Ed25519\",\"over\":\"{X-Signature-Timestamp}{body}\"}}"
#define TELEGRAM                                                                  \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"token\",\"header\":\"X-" \
	"Telegram-Bot-Api-Secret-Token\"}}"

static const struct sender senders[] = {
	{"GitHub's example, as Meta's", GITHUB, "It's a Secret to Everybody", JSON, "Hello, World!",
	 "X-Hub-Signature-256",
	 "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", NULL, NULL, 0},
	{"Twilio's example", TWILIO, "12345", FORM,
	 "Digits=1234&To=%2B18005551212&From=%2B12349013030&Caller=%2B12349013030&CallSid="
	 "CA1234567890ABCDE",
	 "X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", NULL, NULL, 0},
	{"Slack's form (openssl)", SLACK, "8f742231b10e8888abcd99yyyzzz85a5", FORM,
	 "token=xyzz0WbapA4vBCDEFx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
	 "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command="
	 "%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F"
	 "T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
	 "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
	 "X-Slack-Signature", "v0=dab5c759ae43df6c110485dc3effd58fe16cdd87f3ed68a8cd2cff2555cf6b07",
	 "X-Slack-Request-Timestamp", "1531420618", 1531420618},
	{"the example of Standard Webhooks, the second of two", STANDARD,
	 "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", JSON, "{\"test\": 2432232314}", "webhook-signature",
	 "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "webhook-timestamp",
	 "1614265330", 1614265330},
	{"Stripe's form (openssl)", STRIPE, "whsec_test", JSON, "{\"id\":\"evt_1\"}",
	 "Stripe-Signature",
	 "t=1700000000,v1=00ff,v1="
	 "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925,v0=11",
	 NULL, NULL, 1700000000},
	{"LINE's form (openssl)", LINE, "channel secret", JSON, "{\"events\":[]}",
	 "x-line-signature", "9IkLPEMwVkXanMxwj1+5nNTSANJuNDBlRsRTJULAsyE=", NULL, NULL, 0},
	{"Discord's form: RFC 8032, test 3", DISCORD,
	 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", JSON, "\x82",
	 "X-Signature-Ed25519",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	 "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	 "X-Signature-Timestamp", "\xAF", 0},
	{"Telegram's token", TELEGRAM, "s3cret-token", JSON, "{\"update_id\":1}",
	 "X-Telegram-Bot-Api-Secret-Token", "s3cret-token", NULL, NULL, 0},
};

static int send_as(const struct sender *s, const char *key, const char *body, const char *value,
		   int64_t now, struct crm_str *text)
{
	const char *const list[] = {"webhook-id",
				    "msg_p5jXN8AQM9LWM0D4loKWxJek",
				    value ? s->header : "x",
				    value ? value : "",
				    s->time_header,
				    s->time,
				    NULL,
				    NULL};
	struct crm_webhook_request r = post(s->type, body);

	headers = list;
	secret = key;
	r.now = now * 1000;
	if (!strcmp(s->hook, TWILIO))
		r.query = CRM_SLICE("foo=1&bar=2");
	return judged(s->hook, strcmp(s->type, FORM) ? "json" : "form", &r, text);
}

static void test_sender(const struct sender *s)
{
	struct crm_str text = CRM_STR_INIT, body = CRM_STR_INIT;

	is_int(send_as(s, s->secret, s->body, s->value, s->now, &text), 0, s->name);
	ok(text.len >= strlen(s->body) && !strcmp(text.ptr + text.len - strlen(s->body), s->body),
	   "  the record ends with the body");
	crm_str_addf(&body, "%s!", s->body);
	if (strcmp(s->hook, TELEGRAM) != 0)
		is_int(send_as(s, s->secret, body.ptr, s->value, s->now, NULL), 403,
		       "  another body");
	is_int(send_as(s, s->secret, s->body, "bm8=", s->now, NULL), 403, "  another signature");
	is_int(send_as(s, s->secret, s->body, NULL, s->now, NULL), 403, "  no signature");
	is_int(send_as(s, "00000000", s->body, s->value, s->now, NULL), 403, "  another key");
	is_int(send_as(s, NULL, s->body, s->value, s->now, NULL), 500,
	       "  without our key nothing is lost: the sender tries again");
	if (s->now) {
		is_int(send_as(s, s->secret, s->body, s->value, s->now + 300, NULL), 0,
		       "  five minutes late");
		is_int(send_as(s, s->secret, s->body, s->value, s->now + 301, NULL), 403,
		       "  a second more");
		is_int(send_as(s, s->secret, s->body, s->value, s->now - 301, NULL), 403,
		       "  too far in the future");
	}
	crm_str_release(&text);
	crm_str_release(&body);
}

static void asks(const char *hook, struct crm_webhook_request r, const char *query, int status,
		 const char *want, const char *title)
{
	struct crm_str text = CRM_STR_INIT;

	r.query = crm_slice_of(query);
	is_int(judged(hook, "json", &r, &text), status, title);
	if (want)
		is_str(text.ptr, want, "  the answer");
	crm_str_release(&text);
}

#define CRC                                                                            \
	"{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha256\",\"encoding\":"  \
	"\"base64\",\"header\":\"x-signature\",\"prefix\":\"sha256=\"},\"challenge\":" \
	"{\"answer\":\"crc_token\",\"sign\":\"hmac-sha256\",\"encoding\":\"base64\","  \
	"\"reply\":\"{\\\"response_token\\\":\\\"sha256={signed}\\\"}\"}}"

static void test_challenges(void)
{
	struct crm_webhook_request get = post("", "");
	struct crm_str text = CRM_STR_INIT;
	struct sender slack = senders[2];

	get.method = "GET";
	secret = "agreed";
	headers = NULL;
	asks(GITHUB, get, "hub.mode=subscribe&hub.verify_token=agreed&hub.challenge=1158201444",
	     200, "1158201444", "Meta asks");
	asks(GITHUB, get, "hub.mode=subscribe&hub.verify_token=other&hub.challenge=1", 403, NULL,
	     "  with another token");
	asks(GITHUB, get, "hub.mode=subscribe&hub.challenge=1", 403, NULL, "  without one");
	asks(GITHUB, get, "hub.mode=unsubscribe&hub.verify_token=agreed&hub.challenge=1", 405, NULL,
	     "  for something else");
	asks(GITHUB, get, "hub.mode=subscribe&hub.verify_token=agreed&hub.challenge=%0d%0aX:1", 400,
	     NULL, "  with what would be more than one line");

	/* printf %s abc | openssl dgst -sha256 -hmac agreed -binary | base64 */
	asks(CRC, get, "crc_token=abc", 200,
	     "{\"response_token\":\"sha256=qjyWJcOSHeEgB4UuxOQ8FSL7eW5y/8CaxnoeGMA0ZXE=\"}",
	     "X asks");
	asks(CRC, get, "crc_token=%7B%22text%22:%22forged%22%7D", 400, NULL,
	     "  what could be a body is not signed");
	asks(CRC, get, "crc_token=a%3Db", 400, NULL, "  nor a form");

	slack.type = JSON;
	slack.body = "{\"token\":\"x\",\"challenge\":\"3eZbrw1aB\",\"type\":\"url_verification\"}";
	slack.value = "v0=a78620fa7a25da61d66b164b89ac6382d8a683af103265371937fec9958dee5a";
	is_int(send_as(&slack, slack.secret, slack.body, slack.value, slack.now, &text), 200,
	       "Slack asks");
	is_str(text.ptr, "3eZbrw1aB", "  the answer");
	crm_str_release(&text);
}

static void refuses(const char *hook, const char *want)
{
	load(hook);
	is_str(mistake, want, hook);
}

#define SIGNED(more) "{\"secret\":\"key\",\"signature\":{\"method\":\"hmac-sha1\"," more "}}"

static void test_mistakes(void)
{
	refuses("{}", "'' takes either a signature or open: true");
	refuses("{\"open\":true,\"tokens\":1}", "'tokens' is not known here; see crm-channels(5)");
	refuses("{\"secret\":\"k\",\"open\":1}", "'open' is true or false");
	refuses("{\"open\":true,\"signature\":{\"header\":\"X\"}}",
		"'signature' does not say its method");
	refuses("{\"signature\":{\"method\":\"token\",\"header\":\"X\"}}",
		"'' has a signature and names no secret");
	refuses("{\"secret\":\"k\",\"signature\":{\"method\":\"md5\"}}",
		"'method' is token, hmac-sha1, hmac-sha256, hmac-sha512 or ed25519");
	refuses(SIGNED("\"prefix\":\"x\""),
		"'' does not say in which header or parameter the signature is");
	refuses(SIGNED("\"header\":\"X\",\"over\":\"{url}\""),
		"'' has a signature that is not over the {body} or {parameters}");
	refuses(SIGNED("\"header\":\"X\",\"time\":\"T\""),
		"'' has a time that its signature is not over");
	refuses(SIGNED("\"header\":\"X\",\"tolerance\":60"), "'' has a tolerance and no time");
	refuses("{\"open\":true,\"redirect\":\"/thanks\\r\\nX: 1\"}",
		"'redirect' takes visible ASCII characters");
	refuses("{\"open\":true,\"challenge\":{\"verify\":\"v\"}}",
		"'' has a challenge, and not where its answer is");
}

static void test_requests(void)
{
	static const char open[] = "{\"open\":true,\"id\":[\"Idempotency-Key\"]}";
	struct crm_webhook_request r = post(FORM, "a=1");
	const char *const id[] = {"idempotency-key", "7", NULL};
	struct crm_str text = CRM_STR_INIT;
	struct crm_webhook_verdict v = CRM_WEBHOOK_VERDICT_INIT;

	headers = id;
	is_int(judged(open, "form", &r, &text), 0, "anybody may post");
	is_str(text.ptr,
	       "Content-Type: application/x-www-form-urlencoded\r\n"
	       "CRM-received: 1970-01-01T00:00:00Z\r\nCRM-id: 7\r\n\r\na=1",
	       "  with the id of the header");
	is_int(judged(open, "json", &r, NULL), 415, "a form where JSON is read");
	r.type = CRM_SLICE("application/json; charset=utf-8");
	is_int(judged(open, "json", &r, NULL), 0, "JSON where it is");
	is_int(judged(open, "form", &r, NULL), 0, "and where a form is");
	r.type = CRM_SLICE("text/plain");
	is_int(judged(open, "form", &r, NULL), 415, "but not any text");
	r.type = CRM_SLICE("application/json; charset=utf-8");
	r.method = "GET";
	is_int(judged(open, "form", &r, NULL), 405, "a GET");
	r.query = CRM_SLICE("token=s3cret&a=1&token=x");
	crm_str_clear(&text);
	secret = "s3cret";
	is_int(judged("{\"secret\":\"key\",\"get\":true,\"signature\":{\"method\":\"token\","
		      "\"parameter\":\"token\"}}",
		      "form", &r, &text),
	       0, "a GET where they are taken, with a token");
	ok(strstr(text.ptr, "\r\n\r\na=1") && !strstr(text.ptr, "s3cret"), "  which is not stored");
	crm_webhook_judge(NULL, "form", &r, &v);
	is_int(v.status, 403, "a channel without a webhook");
	crm_webhook_verdict_release(&v);
	crm_str_release(&text);
}

static void ends(const char *hook, struct crm_webhook_result result, int status, const char *want,
		 const char *title)
{
	struct crm_webhook_verdict v = CRM_WEBHOOK_VERDICT_INIT;

	crm_webhook_done(load(hook), &result, &v);
	is_int(v.status, status, title);
	is_str(v.location ? v.location : v.body.ptr, want, "  what is said");
	crm_webhook_verdict_release(&v);
}

static void test_ends(void)
{
	ends("{\"open\":true}", (struct crm_webhook_result){CRM_OK, 2, 1, 1}, 200,
	     "{\"stored\":2,\"duplicate\":1,\"set_aside\":1}", "stored");
	ends("{\"open\":true}", (struct crm_webhook_result){CRM_OK, 0, 0, 1}, 400,
	     "{\"stored\":0,\"duplicate\":0,\"set_aside\":1}", "set aside");
	ends("{\"open\":true}", (struct crm_webhook_result){CRM_OK, 0, 1, 0}, 200,
	     "{\"stored\":0,\"duplicate\":1,\"set_aside\":0}", "known already");
	ends("{\"open\":true}", (struct crm_webhook_result){CRM_BUSY, 0, 0, 0}, 503,
	     "{\"error\":\"busy: try again\"}", "busy");
	ends("{\"open\":true}", (struct crm_webhook_result){CRM_IO, 0, 0, 0}, 500,
	     "{\"error\":\"could not be stored\"}", "the disk is full");
	ends("{\"open\":true,\"redirect\":\"https://shop.example/thanks\"}",
	     (struct crm_webhook_result){CRM_OK, 1, 0, 0}, 303, "https://shop.example/thanks",
	     "a browser is sent on");
	ends("{\"open\":true,\"reply\":\"<Response/>\",\"reply_type\":\"text/xml\"}",
	     (struct crm_webhook_result){CRM_OK, 1, 0, 0}, 200, "<Response/>",
	     "a sender who wants XML");
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		test_sender(&senders[i]);
	test_challenges();
	test_mistakes();
	test_requests();
	test_ends();
	crm_json_doc_release(&doc);
	crm_arena_release(&arena);
	return done();
}
