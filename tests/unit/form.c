/* SPDX-License-Identifier: MIT */
/* Posts of forms as JSON. The expectations are the rules in form.h, and what the URL and
 * HTML standards (WHATWG) and RFC 7578 say of the same bytes. */
#include "ingest/form.h"
#include "items.h"
#include "tap.h"

static void reads_bytes(const char *bytes, size_t len, const char *want, const char *title)
{
	char *got = items_of(&crm_syntax_form, bytes, len);

	is_str(got, want, title);
	free(got);
}

static void reads(const char *text, const char *want, const char *title)
{
	reads_bytes(text, strlen(text), want, title);
}

static void test_pairs(void)
{
	reads("a=1&b=two+words&c=%C3%A9", "{\"a\":\"1\",\"b\":\"two words\",\"c\":\"é\"}",
	      "fields, blanks, escapes");
	reads("a=1\r\nb=2\n\nc=3", "{\"a\":\"1\"}\n{\"b\":\"2\"}\n{\"c\":\"3\"}", "a post a line");
	reads("a=1&b=2&a=3&a=&b=4", "{\"a\":[\"1\",\"3\",\"\"],\"b\":[\"2\",\"4\"]}",
	      "a name that comes again is a list, in the place of the first");
	reads("&&a&=x&b==c&", "{\"a\":\"\",\"\":\"x\",\"b\":\"=c\"}",
	      "no =, no name, two =, empty pieces");
	reads("a=100%&b=%zz&c=%4", "{\"a\":\"100%\",\"b\":\"%zz\",\"c\":\"%4\"}",
	      "bad escapes are kept as written");
	reads("a=%u20AC%uD83D%uDE00+%uD83Dx%u12", "{\"a\":\"€😀 \xEF\xBF\xBDx%u12\"}",
	      "%u: UTF-16 units, a lone surrogate, a short one");
	reads("a=caf%E9+%80&b=%C3%A9", "{\"a\":\"café €\",\"b\":\"é\"}",
	      "what is no UTF-8 is windows-1252, for that field only");
	reads("a=%E9%u20AC%E9", "{\"a\":\"é€é\"}", "bytes and UTF-16 units in one value");
	reads("k=%C1&_charset_=koi8-r", "{\"k\":\"а\",\"_charset_\":\"koi8-r\"}",
	      "_charset_ holds for the fields before it too");
	reads("k=%C3%A9&_charset_=no-such", "{\"k\":\"é\",\"_charset_\":\"no-such\"}",
	      "an unknown _charset_ is as none");
	reads("k=%E9&_charset_=utf_8", "{\"k\":\"é\",\"_charset_\":\"utf_8\"}",
	      "a _charset_ that is not true, under another of its names");
	reads("a=%00b", "{\"a\":\"\\u0000b\"}", "a NUL");
	reads("/hook?a=1", "{\"a\":\"1\"}", "a path with a query string");
	reads("?a=1&b=?x", "{\"a\":\"1\",\"b\":\"?x\"}", "a query string");
	reads("https://shop.example/x?a=1", "{\"a\":\"1\"}", "a URL");
	reads("a=1?b=2", "{\"a\":\"1?b=2\"}", "a question mark in a value");
	reads("@request=evil&@request=two", "{\"@@request\":[\"evil\",\"two\"]}",
	      "nobody can claim to be @request");
}

#define TYPE "Content-Type: multipart/form-data; boundary=B\r\n\r\n"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"
#define NAMED(name, file) \
	"Content-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\n"

static void test_parts(void)
{
	reads(TYPE "--B\r\n" FIELD("a") "\r\n1\r\n2\r\n--B\r\n" FIELD("a") "\r\n\r\n--B--\r\n",
	      "{\"a\":[\"1\\r\\n2\",\"\"]}", "a field twice, one with a line's end in it");
	reads("--B\nContent-Disposition: form-data; name=a\n\n1\n\n--B--", "{\"a\":\"1\\n\"}",
	      "without a type, lines end in LF alone, a name without quotes");
	reads("Content-Type: multipart/form-data\r\n\r\n\r\n--B\r\n" FIELD("a") "\r\n1\r\n--B--",
	      "{\"a\":\"1\"}", "a type without a boundary: the first line has it");
	reads(TYPE "pre\r\n--B \t\r\n" FIELD("a") "\r\n1\r\n--B--\r\nepilogue\r\n--B\r\n",
	      "{\"a\":\"1\"}", "preamble, blanks behind a boundary, epilogue");
	reads(TYPE "--B\r\n" FIELD("a") "\r\n1\r\n--B", "{\"a\":\"1\"}",
	      "the last boundary without its hyphens");
	reads(TYPE "--B\r\n" FIELD("a") "\r\n1\r\n--BB\r\n--B-x\r\n --B\r\n--B--",
	      "{\"a\":\"1\\r\\n--BB\\r\\n--B-x\\r\\n --B\"}", "what only looks like a boundary");
	reads(TYPE "--B--\r\n", "{}", "no parts");
	reads(TYPE "--B\r\n" FIELD("a") "--B--\r\n", "{\"a\":\"\"}", "a part of headers only");
	reads(TYPE "--B\r\ncontent-disposition:form-data;\r\n name*=x;\r\n\tNAME = \"a\" x ;b\r\n"
		   "\r\n1\r\n--B--",
	      "{\"a\":\"1\"}", "folded, in any case, with blanks");
	reads(TYPE "--B\r\n" FIELD("a%22b\\\"c\\d") "\r\n1\r\n--B--",
	      "{\"a\\\"b\\\"c\\\\d\":\"1\"}",
	      "quotes in a name, as browsers write them and wrote them");
	reads(TYPE "--B\r\n" FIELD("caf\xE9") "\r\n\xE9\r\n--B--", "{\"café\":\"é\"}",
	      "names and values in windows-1252");
	reads(TYPE
	      "--B\r\n" FIELD("k") "\r\n\xC1\r\n--B\r\n" FIELD("_charset_") "\r\nkoi8-r\r\n--B--",
	      "{\"k\":\"а\",\"_charset_\":\"koi8-r\"}", "_charset_ in a part");
	reads(TYPE "--B\r\n" FIELD("k") "Content-Type: text/plain; charset=\"koi8-r\"\r\n\r\n\xC1"
					"\r\n--B--",
	      "{\"k\":\"а\"}", "a part says its own charset");
}

/* Digests: printf … | b2sum -l 128 */
static void test_files(void)
{
	static const char binary[] = TYPE "--B\r\n" NAMED(
		"f", "C:\\\\dir\\x.bin") "Content-Type: a/b\r\n\r\n\0\r\r\n\r\n--B--";

	reads_bytes(binary, sizeof(binary) - 1,
		    "{\"f\":{\"name\":\"x.bin\",\"type\":\"a/b\",\"size\":4,\"digest\":"
		    "\"f217e34812f80b91597083256bdccd0e\"}}",
		    "bytes as they are, the name without folders");
	reads(TYPE
	      "--B\r\n" NAMED("f", "") "Content-Type: application/octet-stream\r\n\r\n\r\n--B--",
	      "{\"f\":null}", "no file was chosen");
	reads(TYPE "--B\r\n" NAMED("f", "e.txt") "\r\n\r\n--B--",
	      "{\"f\":{\"name\":\"e.txt\",\"size\":0,\"digest\":"
	      "\"cae66941d9efbd404e4d88758ea67670\"}}",
	      "an empty file");
	reads(TYPE "--B\r\nContent-Disposition: form-data; name=f; filename=\"x\"; "
		   "filename*=UTF-8''%e2%82%ac%20r.txt\r\n\r\n\r\n--B--",
	      "{\"f\":{\"name\":\"€ r.txt\",\"size\":0,\"digest\":"
	      "\"cae66941d9efbd404e4d88758ea67670\"}}",
	      "filename* goes first");
	reads(TYPE "--B\r\n" NAMED("f", "../../etc/passwd") "\r\n\r\n--B--",
	      "{\"f\":{\"name\":\"passwd\",\"size\":0,\"digest\":"
	      "\"cae66941d9efbd404e4d88758ea67670\"}}",
	      "a path is no name");
	reads(TYPE "--B\r\n" FIELD("f") "Content-Type: image/png\r\n\r\n\x89PNG\r\n--B--",
	      "{\"f\":{\"name\":\"\",\"type\":\"image/png\",\"size\":4,\"digest\":"
	      "\"070d3b3c795cd5e15ad12953ce31f4e3\"}}",
	      "bytes that are no text need no name to be a file");
}

static void test_refused(void)
{
	struct crm_str big = CRM_STR_INIT;

	reads(TYPE "--B\r\n" FIELD("a") "\r\ncut", "1! is cut off: the last boundary is missing",
	      "a body that was cut off");
	reads("Content-Type: multipart/form-data\r\n\r\nnothing", "1! multipart without a boundary",
	      "no boundary at all");
	reads("Content-Type: text/xml\r\n\r\n<a/>", "1! its type is not that of a form",
	      "another type");
	for (int i = 0; i < 1000; i++)
		crm_str_adds(&big, "a=1&");
	crm_str_adds(&big, "b=1\nc=1");
	reads(big.ptr, "1! has more than 1,000 fields\n{\"c\":\"1\"}", "1,001 fields");
	crm_str_clear(&big);
	for (int i = 0; i < 1025; i++)
		crm_str_addc(&big, 'n');
	reads(big.ptr, "1! the name of a field is longer than 1 KiB", "a name of 1,025 bytes");
	crm_str_release(&big);
}

static void test_head(void)
{
	struct crm_str head = CRM_STR_INIT;
	const struct crm_form_note notes[] = {{"received", "2026-10-01T00:00:00Z"},
					      {"remote_addr", "::1"},
					      {"id", "x\r\nCRM-Id: y"},
					      {"none", NULL},
					      {NULL, NULL}};

	crm_form_head(&head, "application/x-www-form-urlencoded", notes);
	crm_str_adds(&head, "a=1\r\n");
	reads(head.ptr,
	      "{\"a\":\"1\",\"@request\":{\"received\":\"2026-10-01T00:00:00Z\","
	      "\"remote_addr\":\"::1\",\"id\":\"x  CRM-Id: y\"}}",
	      "what the receiver says of a post");
	crm_str_release(&head);
}

/* The id that a post without one gets. */
static char *made_up(const char *boundary, const char *received, const char *address,
		     const char *value)
{
	struct crm_str text = CRM_STR_INIT;
	char *got, *id;

	crm_str_addf(&text,
		     "Content-Type: multipart/form-data; boundary=%s\r\nCRM-Received: %s\r\n"
		     "CRM-Remote-Addr: %s\r\n\r\n--%s\r\n" FIELD("a") "\r\n%s\r\n--%s--\r\n",
		     boundary, received, address, boundary, value, boundary);
	got = items_of(&crm_syntax_form, text.ptr, text.len);
	id = strstr(got, "\"id\":");
	id = crm_strdup(id ? id : "");
	free(got);
	crm_str_release(&text);
	return id;
}

static void test_id(void)
{
	char *first = made_up("X", "2026-10-01T00:00:01Z", "::1", "v");
	const struct {
		const char *boundary, *received, *address, *value, *title;
		bool same;
	} others[] = {
		{"Y", "2026-10-01T00:00:59Z", "::1", "v", "sent again within the minute", true},
		{"X", "2026-10-01T00:01:00Z", "::1", "v", "the same another time", false},
		{"X", "2026-10-01T00:00:01Z", "::2", "v", "the same from somebody else", false},
		{"X", "2026-10-01T00:00:01Z", "::1", "w", "something else", false},
	};

	ok(strstr(first, "-2026-10-01T00:00\"") != NULL, "a post without an id gets one: %s",
	   first);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		char *other = made_up(others[i].boundary, others[i].received, others[i].address,
				      others[i].value);

		ok(!strcmp(first, other) == others[i].same, "%s has %s id", others[i].title,
		   others[i].same ? "the same" : "another");
		free(other);
	}
	free(first);
	first = made_up("X",
			"1234567\xC3\xBC"
			"901234567\xC3\xBC",
			"::1", "v"); /* ü at 8 and 18 */
	ok(strstr(first, "-1234567\xC3\xBC"
			 "9012345\"")
		   != NULL,
	   "what is no time is cut: %s", first);
	free(first);
	first = made_up("X", "123456789012345\xC3\xBC", "::1", "v");
	ok(strstr(first, "-123456789012345\"") != NULL, "but not within a character: %s", first);
	free(first);
}

int main(void)
{
	test_id();
	test_pairs();
	test_parts();
	test_files();
	test_refused();
	test_head();
	return done();
}
