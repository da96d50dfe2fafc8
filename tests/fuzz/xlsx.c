/* SPDX-License-Identifier: MIT */
/* Any bytes as a workbook: as an archive, and, since a mutated archive seldom unpacks, as the
 * XML of a sheet, of the shared texts and of the styles in a good one. Every row has a number,
 * valid UTF-8 and no more fields than a sheet has columns; its line of CSV is never empty. */
#include <string.h>
#include <zip.h>

#include "base/utf8.h"
#include "check.h"
#include "file.h"
#include "ingest/xlsx.h"

static void read_rows(struct crm_xlsx *x)
{
	enum crm_read got;
	size_t n;

	while ((got = crm_xlsx_next(x)) == CRM_READ_OK || got == CRM_READ_BAD) {
		struct crm_slice line = crm_xlsx_bytes(x);
		const struct crm_slice *fields = crm_xlsx_fields(x, &n);

		check((got == CRM_READ_BAD) == (crm_xlsx_reason(x) != NULL));
		check(n <= CRM_XLSX_COLUMNS && line.len && line.ptr[line.len - 1] == '\n');
		for (size_t i = 0; i < n; i++)
			check(crm_utf8_valid(fields[i].ptr, fields[i].len) == fields[i].len);
	}
	check(got == CRM_READ_END || (got == CRM_READ_FAILED && crm_xlsx_err(x)->status));
}

static void read_file(const char *path)
{
	struct crm_input *input;
	struct crm_err err = {0};
	struct crm_xlsx *x;

	check(crm_input_open(&input, path, &err) == CRM_OK);
	x = crm_xlsx_new(input, NULL, &err);
	if (x)
		read_rows(x);
	else
		check(err.status != CRM_OK && err.text[0]);
	crm_xlsx_free(x);
	crm_input_close(input);
}

static void put(zip_t *zip, const char *name, const void *text, size_t len)
{
	zip_int64_t i = zip_file_add(zip, name, zip_source_buffer(zip, text, len, 0), 0);

	check(i >= 0);
	zip_set_file_compression(zip, (zip_uint64_t)i, ZIP_CM_STORE, 0);
}

/* bytes as one of the parts of a good workbook. */
static void as_part(const void *bytes, size_t len, const char *path)
{
	static const char workbook[] = "<w><sheet name='a' r:id='1' xmlns:r='r'/></w>",
			  relations[] =
				  "<r><Relationship Id='1' Type='/worksheet' Target='s'/>"
				  "<Relationship Id='2' Type='/styles' Target='y'/>"
				  "<Relationship Id='3' Type='/sharedStrings' Target='t'/></r>",
			  sheet[] = "<w><row><c t='s'><v>0</v></c><c s='1'><v>46328.5</v></c></row>"
				    "<row><c t='s'><v>1</v></c></row></w>";
	const char *parts[] = {"xl/s", "xl/t", "xl/y"};
	zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

	put(zip, "xl/workbook.xml", workbook, sizeof(workbook) - 1);
	put(zip, "xl/_rels/workbook.xml.rels", relations, sizeof(relations) - 1);
	put(zip, parts[len % 3], bytes, len);
	if (len % 3)
		put(zip, "xl/s", sheet, sizeof(sheet) - 1);
	check(zip_close(zip) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static char part[64];
	const char *path;
	int fd = file_of(bytes, len, &path);

	read_file(path);
	close(fd);
	if (!*part) {
		snprintf(part, sizeof(part), "/tmp/crm-fuzz-%ld.xlsx", (long)getpid());
	}
	as_part(bytes, len, part);
	read_file(part);
	unlink(part);
	return 0;
}
