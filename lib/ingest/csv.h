/* SPDX-License-Identifier: MIT */
/*
 * csv: records of a CSV file (RFC 4180), by libcsv in its strict mode.
 *
 * libcsv is fed a physical line at a time, so that every record has its bytes and its
 * line, and an error costs one line: a stray or unterminated quote sets the line aside
 * where it stands, and reading goes on with the next one. Blanks belong to fields, as the
 * RFC says; libcsv would trim them.
 */
#ifndef CRM_CSV_H
#define CRM_CSV_H

#include "ingest/input.h"

struct crm_csv;

/* Borrows input. New: free with crm_csv_free. */
struct crm_csv *crm_csv_new(struct crm_input *input, char delimiter, char quote);
void crm_csv_free(struct crm_csv *csv);

/* The next record that is not a blank line. CRM_READ_BAD: see crm_csv_reason. The bytes of
 * it are crm_input_record(input) until crm_csv_next is called again. */
enum crm_read crm_csv_next(struct crm_csv *csv);
/* Its fields. Borrowed: valid until the next call. */
const struct crm_slice *crm_csv_fields(const struct crm_csv *csv, size_t *n);
const char *crm_csv_reason(const struct crm_csv *csv); /* a static string */

/* The delimiter that the first lines of text fit best: , ; TAB or |. */
char crm_csv_sniff(struct crm_slice text, char quote);

#endif
