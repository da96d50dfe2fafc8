/* SPDX-License-Identifier: MIT */
/* vCards: each rule on a card of its own. Sources of truth: versit's vCard 2.1, RFC 2426,
 * RFC 6350, RFC 2045 (quoted-printable), and for what the standards do not allow the files
 * that Outlook, Android, iPhone and BlackBerry write. */
#include "ingest/vcard.h"

#include <unistd.h>

#include "base/json.h"
#include "tap.h"

static char path[] = "/tmp/crm-vcard-XXXXXX";

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(1);
}

/* Every record of the file, one a line; of one set aside its line and reason. */
static void read_all(struct crm_str *out)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_item item = CRM_ITEM_INIT;
	struct crm_input *input;
	struct crm_err err;
	enum crm_read got;
	void *reader;

	if (crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		exit(1);
	reader = crm_syntax_vcard.open(input);
	do {
		crm_item_clear(&item);
		got = crm_syntax_vcard.next(reader, &item);
		if (got == CRM_READ_OK
		    && crm_json_scan(&doc, item.json.ptr, item.json.len) != CRM_OK)
			crm_str_addf(out, "NO JSON: %s: ", doc.error);
		if (got == CRM_READ_OK)
			crm_str_adds(out, item.json.ptr);
		if (got == CRM_READ_BAD)
			crm_str_addf(out, "%lld: %s", (long long)item.line, item.reason);
		crm_str_addc(out, '\n');
	} while (got != CRM_READ_END && got != CRM_READ_FAILED);
	out->len = out->len ? out->len - 1 : 0;
	crm_str_reserve(out, 1)[0] = '\0';
	crm_syntax_vcard.close(reader);
	crm_item_release(&item);
	crm_json_doc_release(&doc);
	crm_input_close(input);
}

static void file_reads(const char *text, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT;

	write_file(text);
	read_all(&out);
	is_str(out.ptr, want, title);
	crm_str_release(&out);
}

/* A card of this version with these lines has these members after "version". */
static void card(const char *version, const char *lines, const char *members, const char *title)
{
	struct crm_str text = CRM_STR_INIT, want = CRM_STR_INIT;

	crm_str_addf(&text, "BEGIN:VCARD\r\nVERSION:%s\r\n%s\r\nEND:VCARD\r\n", version, lines);
	crm_str_addf(&want, "{\"version\":\"%s\"%s%s}\n", version, *members ? "," : "", members);
	file_reads(text.ptr, want.ptr, title);
	crm_str_release(&text);
	crm_str_release(&want);
}

static void folding(void)
{
	card("3.0", "FN:Jo\r\n hn\r\n\t Doe", "\"fn\":\"John Doe\"", "3.0: a blank or a tab folds");
	card("3.0",
	     "NOTE:M\xC3\r\n \xBC"
	     "ller",
	     "\"note\":\"Müller\"", "folded within a character");
	card("2.1", "NOTE:two\r\n words", "\"note\":\"two words\"", "2.1: the blank is text");
	card("2.1", "NOTE;ENCODING=QUOTED-PRINTABLE:a=3D=\r\nb=0D=0A=\r\n c",
	     "\"note\":\"a=b\\n c\"", "2.1: soft line breaks");
	card("2.1", "NOTE;QUOTED-PRINTABLE:a=zz=4=", "\"note\":\"a=zz=4\"",
	     "no hexadecimal digits");
	card("3.0", "FN:A\r\r\n\r\n B\r\r\nTITLE:C\r\r", "\"fn\":\"AB\",\"title\":\"C\"",
	     "CR CR LF at the end of lines");
	card("3.0", "NOTE:one\r\ntwo\r\nFN:A", "\"fn\":\"A\",\"note\":\"one\\ntwo\"",
	     "a line of its own that is no property");
	card("2.1", "PHOTO;BASE64;PNG:\r\nAQID\r\nBAU=\r\n\r\nFN:A",
	     "\"fn\":\"A\",\"photo\":{\"type\":\"image/png\",\"size\":5,"
	     "\"digest\":\"2a6ad53c3c6986406e1d6c7cfd06b69a\"}",
	     "base64 that is not indented");
}

static void escapes(void)
{
	card("3.0", "NOTE:a\\nb\\Nc\\, \\; \\: \\\\n \\x",
	     "\"note\":\"a\\nb\\nc, ; : \\\\n \\\\x\"", "3.0: escapes");
	card("2.1", "NOTE:C:\\new\\, a\\;b", "\"note\":\"C:\\\\new\\\\, a;b\"",
	     "2.1: none but before a semicolon");
	card("3.0", "N:O\\;Neil;Ann,Mary Lou;;Dr.,Prof.;",
	     "\"n\":{\"family\":\"O;Neil\",\"given\":\"Ann Mary Lou\",\"prefix\":\"Dr. Prof.\"}",
	     "lists within a name");
	card("2.1", "N:Lee, Jr.;Ann", "\"n\":{\"family\":\"Lee, Jr.\",\"given\":\"Ann\"}",
	     "2.1 has no lists");
	card("3.0", "CATEGORIES:a,b\\,c, ,d", "\"categories\":[\"a\",\"b,c\",\"d\"]", "categories");
	card("4.0", "ORG:Lee\\, Ray & Co;Sales;West",
	     "\"org\":\"Lee, Ray & Co\",\"unit\":[\"Sales\",\"West\"]", "a company and its parts");
}

static void charsets(void)
{
	card("2.1", "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg", "\"fn\":\"Jörg\"",
	     "a charset that is named");
	card("2.1", "FN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=93=FA=96=7B",
	     "\"fn\":\"日本\"", "Shift_JIS, whose bytes may be ASCII");
	card("2.1", "FN;ENCODING=QUOTED-PRINTABLE:J=F6rg", "\"fn\":\"Jörg\"",
	     "none is named: windows-1252 when it is no UTF-8");
	card("2.1", "FN;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg", "\"fn\":\"Jörg\"",
	     "and UTF-8 when it is");
	card("2.1", "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=F6rg", "\"fn\":\"Jörg\"",
	     "one that is named and wrong");
	card("2.1", "FN;CHARSET=X-NONE;ENCODING=QUOTED-PRINTABLE:J=F6rg", "\"fn\":\"Jörg\"",
	     "one that nobody knows");
	card("3.0", "FN;CHARSET=ISO-8859-1:Jörg", "\"fn\":\"Jörg\"",
	     "text in the file's encoding has been decoded already");
	card("2.1", "FN;ENCODING=B:SsO2cmc=", "\"fn\":\"Jörg\"", "a name in base64");
}

static void parameters(void)
{
	card("2.1", "TEL;WORK;VOICE;PREF:1",
	     "\"tel\":[{\"value\":\"1\",\"type\":[\"work\",\"voice\",\"pref\"]}]",
	     "2.1: types without a name");
	card("3.0", "TEL;TYPE=work,Voice;type=pref:1",
	     "\"tel\":[{\"value\":\"1\",\"type\":[\"work\",\"voice\",\"pref\"]}]",
	     "3.0: lists of types");
	card("4.0", "TEL;VALUE=uri;TYPE=\"work,voice\";PREF=1:tel:+1-418-656-9254;ext=102",
	     "\"tel\":[{\"value\":\"+1-418-656-9254 ext. "
	     "102\",\"type\":[\"work\",\"voice\",\"pref\"]}]",
	     "4.0: quoted lists, telephone numbers as URIs");
	card("3.0", "TEL;TYPE=FAX,WORK:1\r\nTEL;TYPE=FAX,VOICE:2",
	     "\"tel\":[{\"value\":\"2\",\"type\":[\"fax\",\"voice\"]}],"
	     "\"fax\":[{\"value\":\"1\",\"type\":[\"fax\",\"work\"]}]",
	     "a fax machine is no telephone");
	card("2.1", "REV:20120305T131933Z", "\"rev\":\"2012-03-05T13:19:33Z\"",
	     "when it was changed");
	card("4.0", "TEL:tel:7042;phone-context=+1-914-555",
	     "\"tel\":[{\"value\":\"+1-914-5557042\",\"type\":[]}]", "a number in a context");
	card("4.0", "EMAIL;X=\"a:b;c\":mailto:a@b.c",
	     "\"email\":[{\"value\":\"a@b.c\",\"type\":[]}]", "colons within quotes");
	card("3.0", "EMAIL;X=a\"b:a@b.c", "\"email\":[{\"value\":\"a@b.c\",\"type\":[]}]",
	     "a quote that is not closed");
	card("3.0", "item1.EMAIL:a@b.c\r\nitem1.X-ABLabel:_$!<Home>!$_",
	     "\"email\":[{\"value\":\"a@b.c\",\"type\":[],\"label\":\"Home\"}]",
	     "groups and labels");
}

static void members(void)
{
	card("3.0", "ADR;TYPE=home:1;2;3\\n4;5;6;7;8;9",
	     "\"adr\":[{\"box\":\"1\",\"extended\":\"2\",\"street\":\"3\\n4\",\"city\":\"5\","
	     "\"region\":"
	     "\"6\",\"postcode\":\"7\",\"country\":\"8\",\"type\":[\"home\"]}]",
	     "an address");
	card("3.0", "BDAY:1980-03-22T00:00:00Z", "\"bday\":\"1980-03-22\"",
	     "a birthday with a clock");
	card("4.0", "BDAY:--0203", "\"bday\":\"--02-03\"", "without a year");
	card("3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-03", "\"bday\":\"--02-03\"",
	     "without a year, as Apple writes it");
	card("4.0", "BDAY;VALUE=text:circa 1800", "\"bday\":\"circa 1800\"", "one that is no date");
	card("3.0", "X-ADDRESSBOOKSERVER-KIND:Group\r\nFN:Us", "\"kind\":\"group\",\"fn\":\"Us\"",
	     "a group");
	card("3.0", "X-A:1\r\nx-a:2\r\nGEO:3",
	     "\"x\":{\"X-A\":\"1\",\"X-A.2\":\"2\",\"GEO\":\"3\"}", "all others");
	card("3.0", "NOTE:a\r\nNOTE:b\r\nFN:\r\nFN:c", "\"fn\":\"c\",\"note\":\"a\\n\\nb\"",
	     "several of a kind");
	card("4.0", "PHOTO:data:image/gif;base64,AQID\r\nURL:http\\://a",
	     "\"url\":[\"http://a\"],\"photo\":{\"type\":\"image/gif\",\"size\":3,"
	     "\"digest\":\"3918c58061547dffc0618e6bf1d46ea2\"}",
	     "a picture as a URI of data");
	card("4.0", "PHOTO:http://a/b.png", "\"photo\":{\"uri\":\"http://a/b.png\"}",
	     "a picture that is elsewhere");
	card("3.0", "KEY;ENCODING=b:AQID\r\n:x\r\n.:y\r\n b\r\nno", "", "what is left out");
}

static void files(void)
{
	file_reads("\xEF\xBB\xBF\n\nbegin:vcard\nFN:A\nend:vcard \n\nBEGIN:VCARD\nFN:B\nEND:VCARD",
		   "{\"version\":\"3.0\",\"fn\":\"A\"}\n{\"version\":\"3.0\",\"fn\":\"B\"}\n",
		   "several cards, in any case, with blank lines");
	file_reads("hello\nBEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\nBEGIN:VCARD\nFN:C\n",
		   "1: no vCard: BEGIN:VCARD is missing\n2: the vCard has no end\n"
		   "{\"version\":\"3.0\",\"fn\":\"B\"}\n7: the vCard has no end\n",
		   "broken cards are set aside one by one");
	file_reads(
		"BEGIN:VCARD\nVERSION:2.1\nFN:A\nAGENT:\nBEGIN:VCARD\nFN:B\nEND:VCARD\nTITLE:C\n"
		"END:VCARD\nBEGIN:VCARD\nFN:D\nAGENT:BEGIN:VCARD\\nFN:E\\nEND:VCARD\nEND:VCARD\n",
		"{\"version\":\"2.1\",\"fn\":\"A\",\"title\":\"C\"}\n{\"version\":\"3.0\",\"fn\":"
		"\"D\"}\n",
		"agents are skipped");
	file_reads("", "", "an empty file");
}

static void limits(void)
{
	struct crm_str text = CRM_STR_INIT;

	crm_str_adds(&text, "BEGIN:VCARD\n");
	for (int i = 0; i <= CRM_VCARD_PROPERTIES; i++)
		crm_str_adds(&text, "X-A:1\n");
	crm_str_adds(&text, "END:VCARD\nBEGIN:VCARD\nFN:A\nEND:VCARD\n");
	file_reads(text.ptr,
		   "1: has more than 2000 properties\n{\"version\":\"3.0\",\"fn\":\"A\"}\n",
		   "2,001 properties");
	crm_str_release(&text);
}

static void sniffs(void)
{
	ok(crm_syntax_vcard.sniff(CRM_SLICE("\xEF\xBB\xBF\r\nbegin:vcard\r\n")), "a card is seen");
	ok(!crm_syntax_vcard.sniff(CRM_SLICE("BEGIN:VCALENDAR\n")), "a calendar is none");
	ok(!crm_syntax_vcard.sniff(CRM_SLICE("")), "nothing is none");
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	folding();
	escapes();
	charsets();
	parameters();
	members();
	files();
	limits();
	sniffs();
	unlink(path);
	return done();
}
