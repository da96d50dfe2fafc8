/* SPDX-License-Identifier: MIT */
/*
 * SQL functions of reports. Sources of truth: Newcombe, "Two-sided confidence intervals
 * for the single proportion", Statistics in Medicine 17 (1998), table I, method 3, for
 * Wilson's interval; R's quantile(), type 7, for percentiles; ISO 4217 for currencies.
 */
#include "report/functions.h"

#include <math.h>
#include <unistd.h>

#include "tap.h"

static struct crm_db *db;

/* The only value of a query, as text; NULL for NULL. Borrowed until the next call. */
static const char *value(const char *sql)
{
	static char text[128];
	sqlite3_stmt *st = NULL;
	const char *got = NULL;

	if (sqlite3_prepare_v2(crm_db_handle(db), sql, -1, &st, NULL) == SQLITE_OK
	    && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0)) {
		snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(st, 0));
		got = text;
	} else if (sqlite3_errcode(crm_db_handle(db)) != SQLITE_ROW) {
		got = "error";
	}
	sqlite3_finalize(st);
	return got;
}

static void wilson(void)
{
	static const struct {
		int k, n;
		double low, high;
	} t[] = {{81, 263, 0.2553, 0.3662},
		 {15, 148, 0.0624, 0.1605},
		 {0, 20, 0.0000, 0.1611},
		 {1, 29, 0.0061, 0.1718}};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char sql[96];
		double low, high;

		snprintf(sql, sizeof(sql), "SELECT wilson_low(%d, %d)", t[i].k, t[i].n);
		low = atof(value(sql));
		snprintf(sql, sizeof(sql), "SELECT wilson_high(%d, %d)", t[i].k, t[i].n);
		high = atof(value(sql));
		ok(fabs(low - t[i].low) < 5e-5 && fabs(high - t[i].high) < 5e-5,
		   "Wilson's interval for %d of %d is %.4f to %.4f", t[i].k, t[i].n, low, high);
	}
	is_str(value("SELECT wilson_low(0, 0)"), NULL, "without data there is none");
	is_str(value("SELECT wilson_low(3, 2)"), NULL, "nor for 3 of 2");
	is_str(value("SELECT wilson_high(20, 20)"), "1.0", "a share is at most 1");
}

static void percentiles(void)
{
	is_str(value("SELECT median(value) FROM json_each('[5,1,3]')"), "3.0", "median of three");
	is_str(value("SELECT median(value) FROM json_each('[4,1,3,2]')"), "2.5", "median of four");
	is_str(value("SELECT median(value) FROM json_each('[null,7]')"), "7.0",
	       "NULL is passed over");
	is_str(value("SELECT median(value) FROM json_each('[]')"), NULL,
	       "median of nothing is NULL");
	is_str(value("SELECT percentile(value, 25) FROM json_each('[1,2,3,4]')"), "1.75",
	       "quantile(1:4, 0.25) of R is 1.75");
	is_str(value("SELECT percentile(value, 90) FROM json_each('[1,2,3,4,10]')"), "7.6",
	       "quantile(c(1,2,3,4,10), 0.9) is 7.6");
	is_str(value("SELECT percentile(value, 100) FROM json_each('[1,2]')"), "2.0", "the end");
	is_str(value("SELECT percentile(value, 101) FROM json_each('[1,2]')"), "error",
	       "101 % is an error");
}

static void money(void)
{
	is_str(value("SELECT money(1999, 'EUR')"), "19.99", "cents");
	is_str(value("SELECT money(-5, 'EUR')"), "-0.05", "less than one, below zero");
	is_str(value("SELECT money(8800, 'JPY')"), "8800", "the yen has no decimals");
	is_str(value("SELECT money(1234, 'KWD')"), "1.234", "the Kuwaiti dinar has three");
	is_str(value("SELECT money(100, NULL)"), "1.00", "two where the currency is not known");
	is_str(value("SELECT money(NULL, 'EUR')"), NULL, "no amount");
	is_str(value("SELECT money(-9223372036854775807 - 1, 'EUR')"), "-92233720368547758.08",
	       "the least integer");
}

static void times(void)
{
	is_str(value("SELECT rfc3339(0)"), "1970-01-01T00:00:00Z", "the epoch");
	is_str(value("SELECT rfc3339(1767225600123, 330)"), "2026-01-01T05:30:00.123+05:30",
	       "at an offset");
	is_str(value("SELECT rfc3339(9223372036854775807)"), NULL, "no year that RFC 3339 lacks");
	is_str(value("SELECT time_ms('2026-01-01T05:30:00.123+05:30')"), "1767225600123",
	       "and back");
	is_str(value("SELECT time_ms('yesterday')"), NULL, "what is no time");
}

static void orders(void)
{
	is_str(value("SELECT order_counts('paid')"), "1", "paid counts");
	is_str(value("SELECT order_counts(NULL)"), "1", "so does an order without a status");
	is_str(value("SELECT order_counts('')"), "1", "or with an empty one");
	is_str(value("SELECT order_counts('CANCELLED')"), "0", "cancelled does not");
	is_str(value("SELECT order_counts('cancel')"), "1", "only whole words are known");
}

int main(void)
{
	char path[] = "/tmp/crm-functions.XXXXXX";
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	if (crm_db_open(&db, path, CRM_DB_CREATE) != CRM_OK || crm_functions_register(db) != CRM_OK)
		return 1;
	wilson();
	percentiles();
	money();
	times();
	orders();
	crm_db_close(db);
	unlink(path);
	return done();
}
