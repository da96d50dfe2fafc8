/* SPDX-License-Identifier: MIT */
/*
 * bulk: inserts into one table, many rows a statement. A row costs about half of what it
 * costs with a statement of its own. Rows become visible to queries at crm_bulk_flush.
 * Text must live until then.
 */
#ifndef CRM_BULK_H
#define CRM_BULK_H

#include "store/db.h"

struct crm_bulk;

/* New: free with crm_bulk_free. verb is "INSERT OR FAIL" or "INSERT OR IGNORE"; columns is a
 * list separated by commas. OR FAIL since plain INSERT, which can take back the rows before
 * the one that fails, writes a journal of every page it touches; we roll back all. */
struct crm_bulk *crm_bulk_new(struct crm_db *db, const char *verb, const char *table,
			      const char *columns);
void crm_bulk_free(struct crm_bulk *bulk);

/* The values of a row, column after column; the last one completes it. A failure is kept
 * and returned by flush. */
void crm_bulk_int(struct crm_bulk *bulk, int64_t n);
void crm_bulk_int_or_null(struct crm_bulk *bulk, bool has, int64_t n);
void crm_bulk_real_or_null(struct crm_bulk *bulk, bool has, double x);
void crm_bulk_text(struct crm_bulk *bulk, struct crm_slice s); /* ptr NULL: NULL */
enum crm_status crm_bulk_flush(struct crm_bulk *bulk);

#endif
