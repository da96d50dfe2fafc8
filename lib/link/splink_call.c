/* SPDX-License-Identifier: MIT */
/* The functions of SQL that have a meaning in our language (splink_tree.h), each by the names
 * that it has in the databases Splink works with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/splink_tree.h"

struct crm_sql_node *crm_sql_refuse(struct crm_sql_maker *r, const char *what,
				    struct crm_slice text)
{
	if (!r->failed)
		crm_fail(r->err, CRM_DATA, "%s%s%.*s", what, text.len ? " " : "",
			 (int)(text.len < 80 ? text.len : 80), text.len ? text.ptr : "");
	r->failed = true;
	return NULL;
}

struct crm_sql_node *crm_sql_new(struct crm_sql_maker *r, enum crm_sql_kind kind)
{
	struct crm_sql_node *n = crm_arena_alloc(r->arena, sizeof(*n));

	memset(n, 0, sizeof(*n));
	n->kind = kind;
	return n;
}

struct crm_sql_node *crm_sql_join(struct crm_sql_maker *r, enum crm_sql_kind kind,
				  struct crm_sql_node *left, struct crm_sql_node *right)
{
	struct crm_sql_node *n = crm_sql_new(r, kind);

	n->left = left;
	n->right = right;
	return n;
}

/* fn(a), fn(a, n): an expression of ours. */
static const char *derived(struct crm_sql_maker *r, const char *fn, const char *a, int n)
{
	struct crm_str s = CRM_STR_INIT;
	const char *kept;

	crm_str_addf(&s, n ? "%s(%s, %d)" : "%s(%s)", fn, a, n);
	kept = crm_arena_strndup(r->arena, s.ptr, s.len);
	crm_str_release(&s);
	return kept;
}

static bool is_kind(const struct crm_sql_call *c, int i, enum crm_sql_kind kind)
{
	return i < c->n && c->arg[i]->kind == kind;
}

/* An argument that is a whole number; 0 where it is none. */
static int whole(const struct crm_sql_call *c, int i)
{
	double x = is_kind(c, i, CRM_SQL_NUMBER) ? c->arg[i]->number : 0;

	return x == floor(x) && fabs(x) < 1000 ? (int)x : 0;
}

static struct crm_sql_node *with(struct crm_sql_maker *r, const struct crm_sql_node *old,
				 const char *a)
{
	struct crm_sql_node *n = crm_sql_new(r, CRM_SQL_COLUMN);

	if (strchr(old->a, '+'))
		return crm_sql_refuse(r, "only equality is known of", crm_slice_of(old->a));
	*n = *old;
	n->kind = CRM_SQL_COLUMN;
	n->a = a;
	n->date = false;
	return n;
}

static struct crm_sql_node *not_ours(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return crm_sql_refuse(r, "nothing of ours is the function", c->name);
}

static struct crm_sql_node *same_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return is_kind(c, 0, CRM_SQL_COLUMN) || is_kind(c, 0, CRM_SQL_DATE) ? c->arg[0]
									    : not_ours(r, c);
}

static struct crm_sql_node *first_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	int n = whole(c, 1);

	if (!is_kind(c, 0, CRM_SQL_COLUMN) || n < 1)
		return not_ours(r, c);
	/* YYYY-MM-DD */
	if (c->arg[0]->date)
		return n == 4 ? with(r, c->arg[0], derived(r, "year", c->arg[0]->a, 0))
			      : crm_sql_refuse(r, "of dates only the year is taken, not by",
					       c->name);
	return with(r, c->arg[0], derived(r, "first", c->arg[0]->a, n));
}

static struct crm_sql_node *last_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	int n = abs(whole(c, 1));

	if (!is_kind(c, 0, CRM_SQL_COLUMN) || n < 1)
		return not_ours(r, c);
	if (c->arg[0]->date)
		return n == 5 ? with(r, c->arg[0], derived(r, "month_day", c->arg[0]->a, 0))
			      : not_ours(r, c);
	return with(r, c->arg[0], derived(r, "last", c->arg[0]->a, n));
}

static struct crm_sql_node *part_of_address(struct crm_sql_maker *r, const struct crm_sql_call *c,
					    const char *fn)
{
	return is_kind(c, 0, CRM_SQL_COLUMN) && fn
		       ? with(r, c->arg[0], derived(r, fn, c->arg[0]->a, 0))
		       : not_ours(r, c);
}

/* The patterns of Splink's comparison of e-mail addresses, and the like. */
static struct crm_sql_node *extract_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	static const char *const user[] = {"^[^@]+", "(^[^@]+)", "^([^@]+)@", "^(.*)@", "^(.+)@"};
	static const char *const domain[] = {"@([^@]+)$", "@(.*)$", "@(.+)$", "[^@]+$"};
	const char *fn = NULL;
	size_t i;

	for (i = 0; is_kind(c, 1, CRM_SQL_TEXT) && i < 5; i++)
		if (crm_slice_is(c->arg[1]->text, user[i]))
			fn = "user";
	for (i = 0; is_kind(c, 1, CRM_SQL_TEXT) && i < 4; i++)
		if (crm_slice_is(c->arg[1]->text, domain[i]))
			fn = "domain";
	if (is_kind(c, 1, CRM_SQL_TEXT) && !fn)
		return crm_sql_refuse(r, "nothing of ours is the pattern", c->arg[1]->text);
	return part_of_address(r, c, fn);
}

static struct crm_sql_node *substr_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	struct crm_sql_call first = {
		c->name, {c->arg[0], c->n > 2 ? c->arg[2] : NULL}, c->n > 2 ? 2 : 1};

	if (is_kind(c, 1, CRM_SQL_TEXT)) /* substring(x from 'pattern') */
		return extract_fn(r, c);
	if (whole(c, 1) == 1 && c->n == 3)
		return first_fn(r, &first);
	if (is_kind(c, 0, CRM_SQL_COLUMN) && c->arg[0]->date && whole(c, 1) == 6
	    && (c->n == 2 || whole(c, 2) == 5))
		return with(r, c->arg[0], derived(r, "month_day", c->arg[0]->a, 0));
	if (whole(c, 1) < 0 && (c->n == 2 || whole(c, 2) == -whole(c, 1)))
		return last_fn(r, c);
	return crm_sql_refuse(r, "not from the first character:", c->name);
}

static struct crm_sql_node *split_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	bool at = is_kind(c, 1, CRM_SQL_TEXT) && crm_slice_is(c->arg[1]->text, "@");

	return part_of_address(r, c,
			       !at                                     ? NULL
			       : whole(c, 2) == 1                      ? "user"
			       : whole(c, 2) == 2 || whole(c, 2) == -1 ? "domain"
								       : NULL);
}

static struct crm_sql_node *nullif_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return c->n == 2 && is_kind(c, 1, CRM_SQL_TEXT) && c->arg[1]->text.len == 0
		       ? same_fn(r, c)
		       : not_ours(r, c);
}

static struct crm_sql_node *coalesce_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return c->n == 2 && c->arg[0]->kind < CRM_SQL_COLUMN && is_kind(c, 1, CRM_SQL_FALSE)
		       ? crm_sql_join(r, CRM_SQL_SURE, c->arg[0], NULL)
		       : not_ours(r, c);
}

static struct crm_sql_node *soundex_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return is_kind(c, 0, CRM_SQL_COLUMN)
		       ? with(r, c->arg[0], derived(r, "soundex", c->arg[0]->a, 0))
		       : not_ours(r, c);
}

struct crm_sql_node *crm_sql_year(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return is_kind(c, 0, CRM_SQL_DATE) || (is_kind(c, 0, CRM_SQL_COLUMN) && c->arg[0]->date)
		       ? with(r, c->arg[0], derived(r, "year", c->arg[0]->a, 0))
		       : not_ours(r, c);
}

struct crm_sql_node *crm_sql_as_date(struct crm_sql_maker *r, struct crm_sql_node *old)
{
	struct crm_sql_node *n;

	if (old->kind == CRM_SQL_DATE)
		return old;
	if (old->kind != CRM_SQL_COLUMN || !old->date)
		return crm_sql_refuse(r, "read as a date, but ours is none:", crm_slice_of(old->a));
	if ((n = with(r, old, old->a)))
		n->kind = CRM_SQL_DATE;
	return n;
}

static struct crm_sql_node *date_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return crm_sql_as_date(r, c->arg[0]);
}

struct crm_sql_node *crm_sql_seconds(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	struct crm_sql_node *date = crm_sql_as_date(r, c->arg[0]), *n = NULL;

	if (date && (n = with(r, date, date->a)))
		n->kind = CRM_SQL_SECONDS;
	return n;
}

/* Two values of the same column, or of two, of the one record and of the other. */
bool crm_sql_across(const struct crm_sql_node *x, const struct crm_sql_node *y)
{
	return x && y && x->side && y->side && x->side != y->side;
}

/* A measure of x of one record and y of the other; that of the left one comes first. */
struct crm_sql_node *crm_sql_measure(struct crm_sql_maker *r, enum crm_sql_kind kind,
				     const char *fn, const struct crm_sql_node *x,
				     const struct crm_sql_node *y)
{
	struct crm_sql_node *n = crm_sql_new(r, kind);

	n->fn = fn;
	n->a = x->side == 'l' ? x->a : y->a;
	n->b = x->side == 'l' ? y->a : x->a;
	n->unit = 1;
	return n;
}

static struct crm_sql_node *pair_fn(struct crm_sql_maker *r, const struct crm_sql_call *c,
				    const char *fn, bool more)
{
	struct crm_sql_node *n;

	if (c->n != 2 || !is_kind(c, 0, CRM_SQL_COLUMN) || !is_kind(c, 1, CRM_SQL_COLUMN)
	    || !crm_sql_across(c->arg[0], c->arg[1]))
		return not_ours(r, c);
	n = crm_sql_measure(r, CRM_SQL_MEASURE, fn, c->arg[0], c->arg[1]);
	n->more = more;
	return n;
}

static struct crm_sql_node *jaro_winkler_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return pair_fn(r, c, "jaro_winkler", true);
}

static struct crm_sql_node *levenshtein_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return pair_fn(r, c, "levenshtein", false);
}

static struct crm_sql_node *osa_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return pair_fn(r, c, "osa", false);
}

static struct crm_sql_node *meet_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	if (c->n != 2 || !is_kind(c, 0, CRM_SQL_COLUMN) || !is_kind(c, 1, CRM_SQL_COLUMN)
	    || !crm_sql_across(c->arg[0], c->arg[1]))
		return not_ours(r, c);
	return crm_sql_measure(r, CRM_SQL_MEET, "exact", c->arg[0], c->arg[1]);
}

static struct crm_sql_node *size_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	return is_kind(c, 0, CRM_SQL_MEET) ? c->arg[0] : not_ours(r, c);
}

static struct crm_sql_node *overlap_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	struct crm_sql_node *n = meet_fn(r, c);

	if (n)
		n->kind = CRM_SQL_TEST;
	return n;
}

struct crm_sql_node *crm_sql_apart(struct crm_sql_maker *r, struct crm_sql_node *x,
				   struct crm_sql_node *y, double unit)
{
	struct crm_sql_node *n = crm_sql_measure(r, CRM_SQL_APART, "days", x, y);

	n->unit = unit;
	return n;
}

/* date_diff('day', a, b); Spark's datediff(a, b). Other units count boundaries, not days. */
static struct crm_sql_node *diff_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	int from = c->n == 3 ? 1 : 0;
	struct crm_sql_node *x, *y;

	if (c->n < 2 || c->n > 3
	    || (c->n == 3
		&& (!is_kind(c, 0, CRM_SQL_TEXT)
		    || !crm_slice_is_caseless(c->arg[0]->text, "day"))))
		return not_ours(r, c);
	x = crm_sql_as_date(r, c->arg[from]);
	y = crm_sql_as_date(r, c->arg[from + 1]);
	return crm_sql_across(x, y) ? crm_sql_apart(r, x, y, 1) : not_ours(r, c);
}

static struct crm_sql_node *abs_fn(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	if (!is_kind(c, 0, CRM_SQL_APART))
		return not_ours(r, c);
	c->arg[0]->kind = CRM_SQL_MEASURE;
	return c->arg[0];
}

static const struct {
	const char *name;
	struct crm_sql_node *(*read)(struct crm_sql_maker *, const struct crm_sql_call *);
} functions[] = {
	{"abs", abs_fn},
	{"array_length", size_fn},
	{"array_intersect", meet_fn},
	{"arrays_overlap", overlap_fn},
	{"cardinality", size_fn},
	{"coalesce", coalesce_fn},
	{"damerau_levenshtein", osa_fn},
	{"date", date_fn},
	{"date_diff", diff_fn},
	{"datediff", diff_fn},
	{"epoch", crm_sql_seconds},
	{"jaro_winkler", jaro_winkler_fn},
	{"jaro_winkler_sim", jaro_winkler_fn},
	{"jaro_winkler_similarity", jaro_winkler_fn},
	{"left", first_fn},
	{"len", size_fn},
	{"levenshtein", levenshtein_fn},
	{"list_has_any", overlap_fn},
	{"list_intersect", meet_fn},
	{"lower", same_fn},
	{"nullif", nullif_fn},
	{"regexp_extract", extract_fn},
	{"right", last_fn},
	{"size", size_fn},
	{"soundex", soundex_fn},
	{"split_part", split_fn},
	{"strptime", date_fn},
	{"substr", substr_fn},
	{"substring", substr_fn},
	{"to_date", date_fn},
	{"to_timestamp", date_fn},
	{"trim", same_fn},
	{"try_cast_date", date_fn},
	{"try_strptime", date_fn},
	{"try_to_timestamp", date_fn},
	{"unix_timestamp", crm_sql_seconds},
	{"upper", same_fn},
	{"year", crm_sql_year},
};

struct crm_sql_node *crm_sql_apply(struct crm_sql_maker *r, const struct crm_sql_call *c)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (c->n > 0 && crm_slice_is_caseless(c->name, functions[i].name))
			return functions[i].read(r, c);
	return not_ours(r, c);
}
