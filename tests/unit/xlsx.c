/* SPDX-License-Identifier: MIT */
/* Workbooks made by hand, with libzip. Source of truth: ECMA-376 part 1, chapter 18, for what
 * the XML means; what Excel shows for it; and the limits that the headers state. */
#include "ingest/xlsx.h"

#include <unistd.h>
#include <zip.h>

#include "ingest/package.h"
#include "tap.h"

#define WORKBOOK "xl/workbook.xml"
#define SHEET "xl/worksheets/sheet1.xml"
#define STRINGS "xl/sharedStrings.xml"
#define STYLES "xl/styles.xml"
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define R "xmlns:r=\"" REL "\""

static char path[] = "/tmp/crm-xlsx-XXXXXX";
static zip_t *archive;

static void put(const char *name, const char *text, size_t len)
{
	zip_source_t *source = zip_source_buffer(archive, text, len, 0);

	if (zip_file_add(archive, name, source, ZIP_FL_OVERWRITE) < 0)
		exit(1);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* An archive with all that a workbook of three sheets has, but their cells. */
static void begin(void)
{
	archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	put_text("_rels/.rels",
		 XML "<Relationships><Relationship Id=\"rId1\" Type=\"" REL
		     "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
	put_text(WORKBOOK,
		 XML "<workbook " MAIN " " R "><sheets>"
		     "<sheet name=\"Notes\" sheetId=\"7\" state=\"hidden\" r:id=\"rId2\"/>"
		     "<sheet name=\"Kunden\" sheetId=\"3\" r:id=\"rId1\"/>"
		     "<sheet name=\"Chart\" sheetId=\"4\" r:id=\"rId5\"/></sheets></workbook>");
	put_text("xl/_rels/workbook.xml.rels",
		 XML "<Relationships>"
		     "<Relationship Id=\"rId1\" Type=\"" REL
		     "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
		     "<Relationship Id=\"rId2\" Type=\"" REL
		     "/worksheet\" Target=\"/xl/worksheets/./sheet2.xml\"/>"
		     "<Relationship Id=\"rId5\" Type=\"" REL
		     "/chartsheet\" Target=\"chartsheets/sheet3.xml\"/>"
		     "<Relationship Id=\"rId3\" Type=\"" REL "/styles\" Target=\"styles.xml\"/>"
		     "<Relationship Id=\"rId4\" Type=\"" REL
		     "/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>");
	put_text(STRINGS,
		 XML "<sst><si><t>Name</t></si><si><t>Mail</t></si>"
		     "<si><r><rPr><b/></rPr><t>Ann</t></r><r><t xml:space=\"preserve\"> Lee</t></r>"
		     "<rPh sb=\"0\" eb=\"1\"><t>spoken</t></rPh></si>"
		     "<si><t>a_x000D_b_x005F_c &amp; d_xZZZZ_</t></si><si/></sst>");
	put_text(STYLES, XML "<styleSheet><numFmts><numFmt numFmtId=\"165\" "
			     "formatCode=\"dd.mm.yyyy\"/></numFmts>"
			     "<cellStyleXfs><xf numFmtId=\"165\"/></cellStyleXfs>"
			     "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"165\"/><xf "
			     "numFmtId=\"22\"/></cellXfs></styleSheet>");
	put_text("xl/worksheets/sheet2.xml",
		 XML "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>x</v></c>"
		     "<c t=\"str\"><v>y</v></c></row></sheetData></worksheet>");
}

static void rows(const char *xml)
{
	static struct crm_str text = CRM_STR_INIT;

	crm_str_clear(&text);
	crm_str_addf(&text, XML "<worksheet " MAIN "><sheetData>%s</sheetData></worksheet>", xml);
	put(SHEET, text.ptr, text.len);
}

static void end(void)
{
	if (zip_close(archive))
		exit(1);
}

/* --- reading --- */

/* All rows as "number: fields|…", one a line; BAD rows with their reason; at the end what was
 * wrong with the file, if something was. */
static void read_rows(struct crm_xlsx *x, struct crm_str *out)
{
	enum crm_read got;
	size_t n;

	while ((got = crm_xlsx_next(x)) == CRM_READ_OK || got == CRM_READ_BAD) {
		crm_str_addf(out, "%lld:", (long long)crm_xlsx_line(x));
		for (size_t i = 0; got == CRM_READ_OK && (crm_xlsx_fields(x, &n), i < n); i++) {
			crm_str_addc(out, i ? '|' : ' ');
			crm_str_add(out, crm_xlsx_fields(x, &n)[i].ptr,
				    crm_xlsx_fields(x, &n)[i].len);
		}
		if (got == CRM_READ_BAD)
			crm_str_addf(out, " BAD %s", crm_xlsx_reason(x));
		crm_str_addc(out, '\n');
	}
	if (got == CRM_READ_FAILED)
		crm_str_addf(out, "FAILED %s\n", crm_xlsx_err(x)->text);
}

static void reads_sheet(const char *sheet, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_input *input;
	struct crm_err err = {0};
	struct crm_xlsx *x = NULL;

	if (crm_input_open(&input, path, &err) == CRM_OK)
		x = crm_xlsx_new(input, sheet, &err);
	if (x)
		read_rows(x, &out);
	else
		crm_str_adds(&out, err.text);
	is_str(out.ptr, want, title);
	crm_xlsx_free(x);
	crm_input_close(input);
	crm_str_release(&out);
}

static void reads(const char *want, const char *title)
{
	reads_sheet(NULL, want, title);
}

/* A sheet of these rows reads as want. */
static void shows(const char *xml, const char *want, const char *title)
{
	begin();
	rows(xml);
	end();
	reads(want, title);
}

#define HEADER "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>"

static void values(void)
{
	shows(HEADER "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>2</v></c>"
		     "<c r=\"B2\" t=\"s\"><v>3</v></c></row>",
	      "1: Name|Mail\n2: Ann Lee|a\rb_c & d_xZZZZ_\n",
	      "shared texts: runs, escapes, not how they are spoken");
	shows(HEADER
	      "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><r><t>In</t></r><r><t>line</t></r>"
	      "</is></c><c r=\"B2\" t=\"str\"><f>A1&amp;\"t\"</f><v>t</v></c></row>",
	      "1: Name|Mail\n2: Inline|t\n", "inline texts; a formula's last value");
	shows(HEADER
	      "<row r=\"2\"><c r=\"A2\" t=\"b\"><v>1</v></c><c r=\"B2\" t=\"e\"><v>#N/A</v></c>"
	      "</row><row r=\"3\"><c r=\"A3\" t=\"b\"><v>0</v></c><c r=\"B3\"><f>1/7</f></c></row>",
	      "1: Name|Mail\n2: TRUE|#N/A\n3: FALSE|\n", "truth values, errors, no value");
	shows(HEADER
	      "<row r=\"2\"><c r=\"A2\"><v>42.0</v></c><c r=\"B2\" t=\"n\"><v>"
	      "1234567890123456</v></c></row><row r=\"3\"><c r=\"A3\" s=\"1\"><v>46328</v></c>"
	      "<c r=\"B3\" s=\"2\"><v>46328.395833333336</v></c></row>",
	      "1: Name|Mail\n2: 42|1234567890123456\n3: 2026-11-02|2026-11-02T09:30:00\n",
	      "numbers; dates by the format of their style");
	shows(HEADER "<row r=\"2\"><c r=\"A2\" s=\"1\" t=\"d\"><v>2026-11-02T00:00:00</v></c>"
		     "<c r=\"B2\" s=\"99\"><v>7</v></c></row>",
	      "1: Name|Mail\n2: 2026-11-02|7\n", "ISO dates; a style that is not there");
	shows(HEADER "<row r=\"2\"><c r=\"A2\"><v><![CDATA[a<b]]></v></c></row>",
	      "1: Name|Mail\n2: a<b|\n", "CDATA");
}

static void shapes(void)
{
	shows("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c/><c><v>3</v></c></row>",
	      "1: 1|2\n3: |3\n", "rows and cells without references");
	shows("<row r=\"2\"><c r=\"A2\"><v>9</v></c></row><row r=\"5\"><c r=\"B5\"><v>1</v></c>"
	      "<c r=\"D5\"><v>2</v></c></row><row r=\"9\"><c r=\"C9\"><v>3</v></c></row>",
	      "5: |1||2\n9: ||3|\n", "a title and empty rows above the header; gaps");
	shows("<row r=\"3\"><c r=\"A3\"><v>1</v></c></row><row r=\"4\"><c "
	      "r=\"A4\"><v>2</v></c></row>",
	      "3: 1\n4: 2\n", "a list of one column begins with its first value");
	shows(HEADER "<row r=\"2\" hidden=\"1\"><c r=\"A2\"><v>1</v></c></row>",
	      "1: Name|Mail\n2: 1|\n", "hidden rows are rows");
	shows(HEADER "<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>2</v></c></row>",
	      "1: Name|Mail\n2: 2|1\n", "cells in another order");
	shows("", "", "a sheet without rows");
	begin();
	rows(HEADER);
	end();
	reads_sheet("notes", "1: x|y\n", "a hidden sheet, by its name");
	reads_sheet("Chart", "has no sheet 'Chart'; it has 'Notes', 'Kunden', 'Chart'",
		    "a sheet without cells");
}

static void days_from_1904(void)
{
	begin();
	put_text(WORKBOOK, XML "<workbook " R "><workbookPr date1904=\"true\"/><sheets><sheet "
			       "name=\"S\" r:id=\"rId1\"/></sheets></workbook>");
	rows(HEADER "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>44866</v></c></row>");
	end();
	reads("1: Name|Mail\n2: 2026-11-02|\n", "dates counted from 1904");
}

static void line_of_csv(void)
{
	struct crm_input *input;
	struct crm_err err;
	struct crm_xlsx *x;
	size_t n;

	begin();
	rows("<row r=\"1\"><c t=\"str\"><v>two\nlines</v></c><c t=\"str\"><v>plain</v></c></row>"
	     "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>a,\"b\"</v></c><c r=\"C2\"><v>4</v></c></row>"
	     "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"XFD3\"><v>5</v></c></row>");
	end();
	if (crm_input_open(&input, path, &err) != CRM_OK || !(x = crm_xlsx_new(input, NULL, &err)))
		exit(1);
	crm_xlsx_next(x);
	is_str(crm_xlsx_bytes(x).ptr, "\"two\nlines\",plain,\n",
	       "the header as CSV, as wide as the table");
	crm_xlsx_next(x);
	is_str(crm_xlsx_bytes(x).ptr, "\"a,\"\"b\"\"\",,4\n", "a row as CSV");
	crm_xlsx_next(x);
	crm_xlsx_fields(x, &n);
	is_int((long long)n, 16384, "a stray value far to the right");
	is_str(crm_xlsx_bytes(x).ptr, "1,,,5\n", "makes no line of 16384 fields");
	crm_xlsx_free(x);
	crm_input_close(input);
}

/* --- what is refused --- */

static void bad_rows(void)
{
	shows(HEADER "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>77</v></c></row>"
		     "<row r=\"3\"><c r=\"XFE3\"><v>1</v></c></row><row r=\"4\"><c "
		     "r=\"A4\"><v>1</v></c></row>",
	      "1: Name|Mail\n2: BAD a cell refers to a text that is not there\n"
	      "3: BAD a cell lies beyond column XFD\n4: 1|\n",
	      "a bad row costs one row");
	shows(HEADER "<row r=\"1048577\"><c><v>1</v></c></row>",
	      "1: Name|Mail\nFAILED has more than 1048576 rows\n", "too many rows");
	shows(HEADER "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"3\"><c>",
	      "1: Name|Mail\n2: 1|\nFAILED " SHEET " is damaged: no good XML at its line 2\n",
	      "XML that breaks off: the rows before it are there");
}

/* A header as wide as a sheet can be, and rows of a single value. */
static void nearly_empty(void)
{
	struct crm_str xml = CRM_STR_INIT;
	struct crm_input *input;
	struct crm_err err;
	struct crm_xlsx *x = NULL;
	enum crm_read got;
	int n = 0;

	crm_str_adds(&xml, "<row><c r=\"A1\"><v>1</v></c><c r=\"XFD1\"><v>2</v></c></row>");
	for (int i = 0; i < 1000; i++)
		crm_str_adds(&xml, "<row><c><v>1</v></c></row>");
	begin();
	rows(xml.ptr);
	end();
	if (crm_input_open(&input, path, &err) == CRM_OK)
		x = crm_xlsx_new(input, NULL, &err);
	while (x && (got = crm_xlsx_next(x)) == CRM_READ_OK)
		n++;
	ok(x && got == CRM_READ_FAILED && n < 300, "rows of 16384 fields with one value: %d", n);
	is_str(x ? crm_xlsx_err(x)->text : "", "is nearly empty: fewer than one value in 64 cells",
	       "and why no more");
	crm_xlsx_free(x);
	crm_input_close(input);
	crm_str_release(&xml);
}

static void bad_files(void)
{
	begin();
	put_text(SHEET, "<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet>&b;</worksheet>");
	end();
	reads(SHEET " has a document type, which is refused", "a document type");
	begin();
	put_text(SHEET, "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
			"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
			"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>");
	end();
	reads(SHEET " has elements too deep in each other", "72 elements deep");
	begin();
	end();
	reads("lacks " SHEET, "a sheet that is not in the archive");
	archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	put_text("content.xml", "<a/>");
	end();
	reads("is an OpenDocument file: save it as .xlsx or CSV", "an .ods file");
	archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	put_text("readme.txt", "hello");
	end();
	reads("is a zip archive, but no .xlsx workbook: unpack it first", "some zip file");
}

static void write_file(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
		exit(1);
}

static void no_archives(void)
{
	write_file("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old workbook", 24);
	reads("is an .xls workbook, or one with a password: save it as .xlsx without a password, "
	      "or as CSV",
	      "an .xls file");
	write_file("PK\3\4 and nothing", 16);
	reads("cannot be unpacked: Not a zip archive", "a torn archive");
	ok(crm_xlsx_sniff(CRM_SLICE("PK\3\4")) && crm_xlsx_sniff(CRM_SLICE("\xD0\xCF\x11\xE0"))
		   && !crm_xlsx_sniff(CRM_SLICE("PK,b")) && !crm_xlsx_sniff(CRM_SLICE("")),
	   "workbooks by their first bytes");
}

static void bombs(void)
{
	size_t len = 32 * 1024 * 1024;
	char *blanks = malloc(len);

	memset(blanks, ' ', len);
	begin();
	put(SHEET, blanks, len);
	end();
	reads(SHEET " is a zip bomb: more than 200 times larger unpacked", "32 MiB of blanks");
	begin();
	rows(HEADER);
	memcpy(blanks, "<a>", 3);
	put(STRINGS, blanks, len);
	end();
	reads(STRINGS " is a zip bomb: more than 200 times larger unpacked", "in another file");
	free(blanks);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	values();
	shapes();
	days_from_1904();
	line_of_csv();
	bad_rows();
	nearly_empty();
	bad_files();
	no_archives();
	bombs();
	unlink(path);
	return done();
}
