/* SPDX-License-Identifier: MIT */
/* SQL functions for reports; what each gives is in functions.h. */
#include "report/functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "norm/money.h"
#include "store/order.h"
#include "store/request.h"

#define Z95 1.959963984540054 /* the normal distribution's 97.5 % point */

struct values { /* of one aggregate */
	double *x;
	size_t n, cap;
	double p;
};

static bool has_null(int argc, sqlite3_value **argv)
{
	for (int i = 0; i < argc; i++)
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return true;
	return false;
}

static void values_step(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct values *v = sqlite3_aggregate_context(ctx, sizeof(*v));

	if (!v || has_null(argc, argv))
		return;
	v->p = argc > 1 ? sqlite3_value_double(argv[1]) : 50;
	CRM_GROW(v->x, v->n + 1, v->cap);
	v->x[v->n++] = sqlite3_value_double(argv[0]);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void values_final(sqlite3_context *ctx)
{
	struct values *v = sqlite3_aggregate_context(ctx, 0);
	double at, low;
	size_t i;

	if (!v || !v->n)
		return;
	if (!(v->p >= 0 && v->p <= 100)) {
		sqlite3_result_error(ctx, "percentile() takes a P from 0 to 100", -1);
		free(v->x);
		return;
	}
	qsort(v->x, v->n, sizeof(*v->x), ascending);
	at = v->p / 100 * (double)(v->n - 1);
	low = floor(at);
	i = (size_t)low;
	sqlite3_result_double(ctx, i + 1 < v->n ? v->x[i] + (v->x[i + 1] - v->x[i]) * (at - low)
						: v->x[i]);
	free(v->x);
}

static void wilson(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	double k = sqlite3_value_double(argv[0]), n = sqlite3_value_double(argv[1]);
	double sign = *(const double *)sqlite3_user_data(ctx), p = k / n, z2 = Z95 * Z95;
	double bound;

	if (has_null(argc, argv) || n <= 0 || k < 0 || k > n)
		return;
	bound = (p + z2 / (2 * n) + sign * Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)))
		/ (1 + z2 / n);
	sqlite3_result_double(ctx, bound < 0 ? 0 : bound > 1 ? 1 : bound);
}

static void result_str(sqlite3_context *ctx, struct crm_str *s)
{
	sqlite3_result_text64(ctx, s->ptr, s->len, SQLITE_TRANSIENT, SQLITE_UTF8);
	crm_str_release(s);
}

static void rfc3339(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct crm_str s = CRM_STR_INIT;
	int64_t ms = sqlite3_value_int64(argv[0]);

	/* years 0 to 9999: RFC 3339 has no others */
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL || ms < -62167219200000
	    || ms > 253402300799999)
		return;
	crm_time_format(ms, argc > 1 ? sqlite3_value_int(argv[1]) : 0, &s);
	result_str(ctx, &s);
}

static void time_ms(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[0]);
	struct crm_time t;

	(void)argc;
	if (text && crm_time_rfc3339(text, (size_t)sqlite3_value_bytes(argv[0]), &t))
		sqlite3_result_int64(ctx, t.ms);
}

static void money(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *currency = (const char *)sqlite3_value_text(argv[1]);
	struct crm_str s = CRM_STR_INIT;

	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	crm_money_format(sqlite3_value_int64(argv[0]),
			 crm_currency_digits(currency ? currency : ""), &s);
	result_str(ctx, &s);
}

static void order_counts(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	sqlite3_result_int(
		ctx, crm_order_counts(crm_slice_of((const char *)sqlite3_value_text(argv[0]))));
}

static const double low = -1, high = 1;

static const struct function {
	const char *name;
	int args;
	const void *data;
	void (*call)(sqlite3_context *, int, sqlite3_value **);
	void (*step)(sqlite3_context *, int, sqlite3_value **);
	void (*final)(sqlite3_context *);
} functions[] = {
	{"median", 1, NULL, NULL, values_step, values_final},
	{"money", 2, NULL, money, NULL, NULL},
	{"order_counts", 1, NULL, order_counts, NULL, NULL},
	{"percentile", 2, NULL, NULL, values_step, values_final},
	{"rfc3339", 1, NULL, rfc3339, NULL, NULL},
	{"rfc3339", 2, NULL, rfc3339, NULL, NULL},
	{"time_ms", 1, NULL, time_ms, NULL, NULL},
	{"wilson_high", 2, &high, wilson, NULL, NULL},
	{"wilson_low", 2, &low, wilson, NULL, NULL},
};

enum crm_status crm_functions_register(struct crm_db *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct function *f = &functions[i];
		int rc = sqlite3_create_function_v2(crm_db_handle(db), f->name, f->args, flags,
						    (void *)f->data, f->call, f->step, f->final,
						    NULL);

		if (rc != SQLITE_OK)
			return crm_db_check(db, rc, f->name);
	}
	return crm_request_functions(db);
}
