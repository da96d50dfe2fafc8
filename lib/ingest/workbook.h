/* SPDX-License-Identifier: MIT */
/*
 * workbook: what must be known of an .xlsx file (ECMA-376 part 1, SpreadsheetML) before the
 * rows of one of its sheets can be read: where the sheet is, the texts that cells refer to,
 * and which number formats make a number a date.
 *
 * The texts are all that is kept in memory. Limits: CRM_STRINGS_MAX bytes of texts, and as
 * many as that makes offsets of four bytes; CRM_SHEETS_MAX sheets; CRM_STYLES_MAX styles.
 */
#ifndef CRM_WORKBOOK_H
#define CRM_WORKBOOK_H

#include "ingest/numfmt.h"
#include "ingest/package.h"

#define CRM_STRINGS_MAX ((size_t)64 * 1024 * 1024)
#define CRM_SHEETS_MAX 4096
#define CRM_STYLES_MAX 65536

struct crm_workbook {
	struct crm_package *package;
	char *sheet, *part; /* the sheet that is read: its name, its file in the package */
	size_t n_sheets;    /* that there are in all */
	bool from_1904;
	struct crm_numfmt *formats; /* by the number of a cell's style */
	size_t n_formats;
	struct crm_str strings; /* one behind the other */
	uint32_t *ends;         /* where each ends */
	size_t n_strings;
};

/* Opens the file behind fd, which it takes ownership of, for the sheet of that name; NULL:
 * the first that is not hidden. *workbook is new, on success: free with crm_workbook_free.
 * CRM_DATA, with words of what to do, when it is something else than a workbook. */
enum crm_status crm_workbook_open(struct crm_workbook **workbook, int fd, const char *sheet,
				  struct crm_err *err);
void crm_workbook_free(struct crm_workbook *workbook);

/* The text of a number, ptr NULL when there is none. Borrowed: valid until free. */
struct crm_slice crm_workbook_string(const struct crm_workbook *workbook, size_t i);
/* Decodes the escapes _xHHHH_ of ST_Xstring (22.9.2.19) from byte `from` of s on. */
void crm_workbook_unescape(struct crm_str *s, size_t from);

#endif
