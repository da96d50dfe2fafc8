/* SPDX-License-Identifier: MIT */
/* How a channel is answered: what is refused in its file, and what comes of a template and a
 * parcel. Source of truth: crm-channels(5). */
#include <unistd.h>

#include "ingest/answers.h"
#include "ingest/channel.h"
#include "reply/fill.h"
#include "reply/response.h"
#include "tap.h"

static char path[] = "/tmp/crm-answers.XXXXXX";

static struct crm_channel *load(const char *answers, struct crm_err *err)
{
	struct crm_channel *channel = NULL;
	FILE *f = fopen(path, "w");

	fprintf(f, "{\"reads\": \"json\", \"type\": \"message\",\n\"answers\": %s}", answers);
	fclose(f);
	crm_channel_load(&channel, "hook", path, err);
	return channel;
}

static void is_refused(const char *answers, const char *want)
{
	struct crm_err err = {0};
	struct crm_channel *channel = load(answers, &err);

	ok(!channel && strstr(err.text, want), "refused: %s", channel ? answers : err.text);
	crm_channel_free(channel);
}

#define BY "{\"by\": \"http\", \"url\": \"https://a.b/\", "

static void test_refused(void)
{
	is_refused("\"fax\"", ":2: 'answers' is by smtp, http or exec");
	is_refused("{\"url\": \"https://a.b\"}", "is by smtp, http or exec");
	is_refused("{\"by\": \"http\"}", "does not say its url");
	is_refused("{\"by\": \"http\", \"url\": \"ftp://a.b\"}", "begins with neither");
	is_refused("{\"by\": \"http\", \"url\": \"{{to}}/x\"}", "begins with neither");
	is_refused(BY "\"jsn\": {}}", "'jsn' is not known here");
	is_refused(BY "\"json\": {\"a\": [\"{{texd}}\"]}}", "{{name}} that is not known");
	is_refused(BY "\"json\": {\"a\": \"{{to||texd}}\"}}", "{{name}} that is not known");
	is_refused(BY "\"json\": {\"a\": \"{{to\"}}", "{{ without }}");
	is_refused(BY "\"headers\": {\"a b\": \"c\"}}", "no name of a header");
	is_refused(BY "\"headers\": {\"a\": \"c\\nd: e\"}}", "control character");
	is_refused(BY "\"json\": {}, \"form\": {\"a\": \"b\"}}", "both a form and json");
	is_refused(BY "\"template\": {\"a\": \"b\"}}", "no json to be instead of");
	is_refused(BY "\"method\": \"GET\", \"json\": {}}", "GET does not take");
	is_refused(BY "\"exec\": \"x\"}", "what only exec takes");
	is_refused("{\"by\": \"exec\", \"basic\": \"x\"}", "what only http takes");
	is_refused("{\"by\": \"exec\", \"exec\": \"mail {{to}}\"}", "data in its command");
	is_refused(BY "\"window\": \"soon\"}", "a time such as 24h");
	is_refused(BY "\"limits\": {\"all\": \"30\"}}", "such as 30/1s");
	is_refused(BY "\"limits\": {\"each\": \"1/1s\"}}", "all or address");
	is_refused(BY "\"text_max\": \"many\"}", "takes a number");
	is_refused(BY "\"ok\": \"yes\"}", "an object of places");
	is_refused(BY "\"key\": \"id\"}", "'key' ");
}

static struct crm_answers loaded; /* of the channel of is_filled */

/* JSON filled in for a parcel, or why not. */
static void is_filled(const char *json, const char *want, const char *title)
{
	const struct crm_parcel parcel = {
		.key = CRM_SLICE("k1"),
		.to = CRM_SLICE("+49 30"),
		.text = CRM_SLICE("a\"b\\\n<&>"),
		.thread = CRM_SLICE("C1/17.5"),
		.origin =
			CRM_SLICE("{\"id\":9007199254740993,\"n\":\"x\",\"from\":\"whatsapp:+49\","
				  "\"list\":[{\"a\":1}]}"),
		.variables = CRM_SLICE("{\"parts\":[1,{\"b\":\"ü\"}],\"s\":\"x\\\"y\"}"),
	};
	struct crm_channel channel = {.name = "hook", .answer = &loaded};
	struct crm_account account = {.account = "us", .channel = &channel};
	struct crm_str out = CRM_STR_INIT;
	struct crm_err err = {0};
	struct crm_fill fill;
	enum crm_status rc;

	crm_json_scan(&account.doc, "{\"account\":\"us\"}", 16);
	crm_fill_init(&fill, &account, "/nonexistent");
	crm_fill_begin(&fill, &parcel, false);
	rc = crm_fill_json(&fill, crm_slice_of(json), &out, &err);
	is_str(rc == CRM_OK ? out.ptr : rc == CRM_NO_INPUT ? "left out" : err.text, want, title);
	crm_fill_release(&fill);
	crm_json_doc_release(&account.doc);
	crm_str_release(&out);
}

static void test_fill(void)
{
	is_filled("{\"a\": \"{{text}}\", \"b\": [1, true, null]}",
		  "{\"a\":\"a\\\"b\\\\\\n<&>\",\"b\":[1,true,null]}", "a value is escaped");
	is_filled("{\"a\": \"{{text:entities}}\"}", "{\"a\":\"a\\\"b\\\\\\n&lt;&amp;&gt;\"}",
		  "entities");
	is_filled("{\"a\": \"{{to:digits}} {{thread:head}} {{thread:tail}} {{/from:scheme}}\"}",
		  "{\"a\":\"4930 C1 17.5 whatsapp:\"}", "parts of values");
	is_filled("{\"a\": \"{{/id:number}}\"}", "{\"a\":9007199254740993}",
		  "a number keeps its digits");
	is_filled("{\"a\": \"{{about:number||to}}\", \"b\": \"{{about:number|12}}\", \"c\": "
		  "\"{{about:number|x}}\"}",
		  "{\"a\":\"+49 30\",\"b\":12,\"c\":\"x\"}", "what stands in for a number");
	is_filled("{\"a\": \"{{/n:number}}\"}", "{{/n}} is no whole number", "what is none");
	is_filled("{\"a\": \"{{variables.parts:json}}\", \"b\": \"{{variables.s:json}}\", \"c\": "
		  "\"{{variables.s}}\"}",
		  "{\"a\":[1,{\"b\":\"ü\"}],\"b\":\"x\\\"y\",\"c\":\"x\\\"y\"}", "JSON as it is");
	is_filled("{\"a\": \"{{/list:json}}\"}", "{\"a\":[{\"a\":1}]}", "a list of the message");
	is_filled("{\"a\": \"{{about||/nothing||to}}\", \"b\": \"{{about|}}{{about||subject|-}}\"}",
		  "{\"a\":\"+49 30\",\"b\":\"-\"}", "or another value, or a text");
	is_filled("{\"a\": \"{{about}}\"}", "{{about}} is missing", "a value that is missing");
	is_filled("{\"a\": \"re {{about?}}\", \"b\": \"{{to}}\"}", "{\"b\":\"+49 30\"}",
		  "one that may be");
	is_filled("{\"a\": {\"x\": 1, \"y\": [{\"z\": \"{{about?}}\", \"q\": true}]}, \"b\": "
		  "\"{{to}}\"}",
		  "{\"b\":\"+49 30\"}", "and what holds nothing else that is filled in");
	is_filled("{\"a\": {\"x\": \"{{to}}\", \"y\": \"{{about?}}\"}, \"c\": {}, \"d\": []}",
		  "{\"a\":{\"x\":\"+49 30\"},\"c\":{},\"d\":[]}", "what is empty by itself stays");
	is_filled("{\"a\": \"{{about?}}\"}", "left out", "nothing is left");
	is_filled("{\"a\": \"{{secret.x}}\"}",
		  "cannot open '/nonexistent/secrets': No such file or directory",
		  "a secret that is missing");
	is_filled("{\"a\": \"{{coding}}\"}", "{\"a\":\"0\"}", "SMS writes it with 7 bits");
}

static void test_units(void)
{
	is_int(crm_fill_units(CRM_SLICE("aü€😀"), false), 5, "characters as services count them");
	is_int(crm_fill_units(CRM_SLICE("aü€😀"), true), 10, "bytes");
}

int main(void)
{
	struct crm_err err = {0};
	struct crm_channel *channel;
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_refused();
	channel = load(
		BY "\"window\": \"1d\", \"limits\": {\"all\": \"30/1s\", \"address\": \"5/2m\"}, "
		   "\"text_max\": \"1000 bytes\"}",
		&err);
	ok(channel && channel->answer->window == 86400000 && channel->answer->rate.n == 30
		   && channel->answer->rate.ms == 1000 && channel->answer->rate_address.ms == 120000
		   && channel->answer->text_max == 1000 && channel->answer->text_max_bytes,
	   "limits are read %s", err.text);
	is_str(channel ? channel->answers : "", "http", "and the way");
	crm_channel_free(channel);
	test_fill();
	test_units();
	unlink(path);
	return done();
}
