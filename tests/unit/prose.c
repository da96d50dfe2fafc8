/* SPDX-License-Identifier: MIT */
/* Texts with places for values. Expectations are what the places are documented to do
 * (reply/prose.h, crm-templates(5)), written by hand. */
#include "reply/prose.h"

#include "tap.h"

static const char values[] =
	"{\"person\":{\"name\":\"Ada \\u202eKing\",\"empty\":\"\",\"blank\":\" \\n\",\"none\":null,"
	"\"no\":false,\"zero\":0,\"big\":90071992547409931,\"evil\":\"<b onclick='x'>&\\\"\","
	"\"braces\":\"{{person.name}}\",\"lines\":\"a\\r\\nBcc: "
	"b@x\\nc\",\"bell\":\"a\\u0007\\u009bb\"},"
	"\"url\":\"https://x.example/?a=1&b=2\",\"script\":\"JavaScript:alert(1)\","
	"\"tags\":[\"a\",\"b\"],\"none\":[],"
	"\"items\":[{\"n\":\"pen\",\"of\":[\"x\",\"y\"]},{\"n\":\"ink\",\"of\":[]}]}";

static enum crm_status find_part(void *data, const char *name, struct crm_prose_part *part,
				 struct crm_err *err)
{
	(void)data, (void)err;
	*part = (struct crm_prose_part){CRM_SLICE("Dear {{person.name}}\n"), "greeting.txt", true};
	if (!strcmp(name, "loop"))
		*part = (struct crm_prose_part){CRM_SLICE("x{{> loop}}"), "loop.txt", false};
	else if (!strcmp(name, "half"))
		*part = (struct crm_prose_part){CRM_SLICE("{{/url}}"), "half.txt", false};
	else if (strcmp(name, "greeting") != 0)
		return CRM_NO_INPUT;
	return CRM_OK;
}

/* What text becomes: filled, or the error. Borrowed: until the next call. */
static const char *fill(enum crm_prose_form form, const char *text)
{
	static struct crm_str out = CRM_STR_INIT;
	static struct crm_err err;
	struct crm_prose_parts parts = {find_part, NULL};
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_prose *f;
	enum crm_status rc;

	crm_str_clear(&out);
	rc = crm_prose_parse(&f, form, "f", 1, crm_slice_of(text), &parts, &err);
	if (rc == CRM_OK && crm_json_scan(&doc, values, sizeof(values) - 1) == CRM_OK)
		rc = crm_prose_render(f, &doc, &out, &err);
	crm_prose_free(f);
	crm_json_doc_release(&doc);
	return rc == CRM_OK ? out.ptr : err.text;
}

static const struct {
	const char *text, *becomes;
} texts[] = {
	{"", ""},
	{"Hello {{person.name}},\n", "Hello Ada King,\n"},
	{"{{ person.name }}", "Ada King"},
	{"Hello {{person.given|there}}", "Hello there"},
	{"Hello{{person.given|}}.", "Hello."},
	{"{{person.zero}} {{person.big}}", "0 90071992547409931"},
	{"{{person.braces}}", "{{person.name}}"},
	{"{{person.bell}}", "ab"},
	/* missing ones are named, and nothing is sent */
	{"a\n\nHi {{person.nmae}}", "f:3: no value for {{person.nmae}}"},
	{"{{person.empty}}", "f:1: no value for {{person.empty}}"},
	{"{{person.blank}}", "f:1: no value for {{person.blank}}"},
	{"{{person.none}}", "f:1: no value for {{person.none}}"},
	{"{{person.no}}", "f:1: no value for {{person.no}}"},
	{"{{person}}", "f:1: no value for {{person}}"},
	{"{{tags}}", "f:1: no value for {{tags}}"},
	{"{{person.name.first}}", "f:1: no value for {{person.name.first}}"},
	{"{{.}}", "f:1: no value for {{.}}"},
	/* sections */
	{"{{#url}}yes{{/url}}{{^url}}no{{/url}}", "yes"},
	{"{{#nope}}yes{{nope}}{{/nope}}{{^nope}}no{{/nope}}", "no"},
	{"{{#none}}yes{{/none}}{{^none}}no{{/none}}", "no"},
	{"{{#person.zero}}there{{/person.zero}}", "there"},
	{"{{#tags}}<{{.}}>{{/tags}}", "<a><b>"},
	{"{{#items}}{{.n}}:{{#.of}} {{.}}{{/.of}}{{^.of}} -{{/.of}} {{url}};{{/items}}",
	 "pen: x y https://x.example/?a=1&b=2;ink: - https://x.example/?a=1&b=2;"},
	{"{{#items}}{{.price}}{{/items}}", "f:1: no value for {{.price}}"},
	/* lines */
	{"a\n{{#url}}\nb\n{{/url}}\nc\n", "a\nb\nc\n"},
	{"a\r\n  {{#url}}  \r\nb\r\n{{/url}}\r\n", "a\r\nb\r\n"},
	{"{{! a comment\nof two lines }}\nb", "b"},
	{"a {{! not alone }}\nb", "a \nb"},
	{"{{#tags}}\n- {{.}}\n{{/tags}}", "- a\n- b\n"},
	{"{{^url}}\n{{/url}}\n{{#url}}\nx\n{{/url}}", "x\n"},
	/* other texts */
	{"{{> greeting}},\nwe", "Dear Ada King,\nwe"},
	{"{{> nope}}", "f:1: there is no partial {{nope}}"},
	{"{{> loop}}", "loop.txt:1: texts are nested too deeply: {{loop}}"},
	{"{{#url}}{{> half}}", "half.txt:1: ends a section that did not begin: {{url}}"},
	/* what is no text */
	{"a\n{{b", "f:2: {{ without }}"},
	{"{{}}", "f:1: names no value: {{}}"},
	{"{{a b}}", "f:1: not the name of a value: {{a b}}"},
	{"{{a..b}}", "f:1: not the name of a value: {{a..b}}"},
	{"{{#a}}\n{{#b}}{{/a}}{{/b}}",
	 "f:2: ends another section than the one that began last: {{a}}"},
	{"\n{{#a}}\n\n", "f:2: a section that does not end: {{a}}"},
	{"{{/a}}", "f:1: ends a section that did not begin: {{a}}"},
	{"{{{a}}}", "f:1: values are always escaped; this is not offered: {{{a}}"},
	{"{{&a}}", "f:1: values are always escaped; this is not offered: {{&a}}"},
	{"\xff", "f:1: the text is not UTF-8"},
};

static const struct {
	const char *text, *becomes;
} html[] = {
	{"<p>{{person.evil}}</p>", "<p>&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;</p>"},
	{"<p>{{person.lines}}</p>", "<p>a<br>\nBcc: b@x<br>\nc</p>"},
	{"<p title='{{person.lines}}'>", "<p title='a&#10;Bcc: b@x&#10;c'>"},
	{"<a href=\"{{url}}\">x</a>", "<a href=\"https://x.example/?a=1&amp;b=2\">x</a>"},
	{"<a href=\"https://y/?q={{person.evil}}\">",
	 "<a href=\"https://y/?q=&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;\">"},
	{"<a HREF='{{script}}'>",
	 "f:1: not an address with http, https, mailto or tel: {{script}}"},
	{"<a href='{{#url}}{{script}}{{/url}}'>",
	 "f:1: not an address with http, https, mailto or tel: {{script}}"},
	{"<a href={{url}}>", "f:1: a value within a tag stands in quotes: {{url}}"},
	{"<a {{url}}>", "f:1: a value within a tag stands in quotes: {{url}}"},
	{"<!-- don't <a --><a title=\"{{url}}\">{{tags|none}}",
	 "<!-- don't <a --><a title=\"https://x.example/?a=1&amp;b=2\">none"},
	{"<p>{{> greeting}} & co</p>", "<p>Dear Ada King & co</p>"},
	{"<p>{{nope|<3}}</p>", "<p>&lt;3</p>"},
};

/* A title of one line. Borrowed: until the next call. */
static const char *title(const char *text)
{
	static char line[200];
	size_t i = 0;

	for (; text[i] && i < sizeof(line) - 1; i++)
		line[i] = (unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~' ? '~'
										       : text[i];
	line[i] = '\0';
	return *line ? line : "nothing";
}

int main(void)
{
	struct crm_str many = CRM_STR_INIT;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_str(fill(CRM_PROSE_TEXT, texts[i].text), texts[i].becomes, title(texts[i].text));
	for (size_t i = 0; i < sizeof(html) / sizeof(html[0]); i++)
		is_str(fill(CRM_PROSE_HTML, html[i].text), html[i].becomes, title(html[i].text));
	is_str(fill(CRM_PROSE_LINE, "Re: {{person.lines}}"), "Re: a Bcc: b@x c",
	       "no value begins a header line of its own");
	for (int i = 0; i < 40; i++)
		crm_str_adds(&many, "{{#url}}");
	is_str(fill(CRM_PROSE_TEXT, many.ptr), "f:1: sections are nested too deeply: {{url}}",
	       "forty sections within each other");
	crm_str_clear(&many);
	for (int i = 0; i < 20; i++)
		crm_str_adds(&many, "{{#tags}}");
	for (int i = 0; i < 20; i++)
		crm_str_adds(&many, "{{/tags}}");
	ok(strstr(fill(CRM_PROSE_TEXT, many.ptr), "becomes too large") != NULL,
	   "lists within lists come to an end");
	crm_str_release(&many);
	return done();
}
