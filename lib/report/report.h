/* SPDX-License-Identifier: MIT */
/*
 * report: a report is an SQL file with a header of comment lines:
 *
 *	-- title: Customers by value
 *	-- column: NAME UNIT what it says      one for each column, in order
 *	-- param: NAME DEFAULT what it is for  beside as_of, since and until
 *
 * Its SQL uses :as_of (nothing after it counts), and may use :since and :until (from, and
 * before), all in ms; those not given are the ends of time, so that `at >= :since AND
 * at < :until AND at <= :as_of` is always right. A report without :as_of is refused: it
 * could not be repeated; person and profile say who was who then (store/past.h). The unit `money`
 *says that the text is an amount in the currency which the column `currency` names. The functions
 *of functions.h may be used.
 */
#ifndef CRM_REPORT_H
#define CRM_REPORT_H

#include "report/rows.h"
#include "store/db.h"
#include "store/golden.h"

struct crm_report_column {
	char *name, *unit, *text;
};

struct crm_report_param {
	char *name, *value, *text;
};

struct crm_report {
	char *name, *title;
	struct crm_str sql; /* the whole file */
	struct crm_report_column *columns;
	size_t n_columns, cap_columns;
	struct crm_report_param *params;
	size_t n_params, cap_params;
};

#define CRM_REPORT_SINCE_EVER INT64_MIN
#define CRM_REPORT_FOR_EVER INT64_MAX

struct crm_report_args {
	int64_t as_of, since, until; /* ms; the two above for "not given" */
	char *const *params;         /* NAME=VALUE */
	size_t n_params;
	const struct crm_golden_rules *rules; /* borrowed: for golden records of then */
};

/* Reads the file at path. *report is new: free it with crm_report_free; NULL on failure:
 * CRM_NO_INPUT, CRM_IO, or CRM_CONFIG naming file and line. */
enum crm_status crm_report_load(struct crm_report **report, const char *name, const char *path,
				struct crm_err *err);
void crm_report_free(struct crm_report *report);

/* Runs it and writes its rows, JSON lines with the type metric, the report's name, as_of
 * and the window; drain as for crm_query_run. The error is in crm_db_err. CRM_USAGE for a
 * parameter that it does not take, CRM_CONFIG when its SQL is not right. */
enum crm_status crm_report_run(struct crm_db *db, const struct crm_report *report,
			       const struct crm_report_args *args, struct crm_rows *rows,
			       struct crm_str *out, void (*drain)(struct crm_str *out));

#endif
