/* SPDX-License-Identifier: MIT */
/* Says in our language (spec.h) what was read from SQL. SQL's three values become two: what
 * is unknown is not true, and its negation is not true either, so that the negation of a test
 * also asks that both records have a value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/splink_tree.h"

enum binds { /* how closely: what stands within something closer gets brackets */
	LOOSE,
	BY_OR,
	BY_AND,
	BY_NOT
};

struct speech {
	struct crm_str *out;
	struct crm_err *err;
};

static enum crm_status say(struct speech *s, const struct crm_sql_node *n, bool negated,
			   enum binds around);

/* Our conditions have numbers without exponents, of up to 16 characters. */
static bool say_number(struct crm_str *out, double x)
{
	char buf[40];

	snprintf(buf, sizeof(buf), "%.14g", x);
	crm_str_adds(out, buf);
	return strtod(buf, NULL) == x && strlen(buf) <= 16 && !strchr(buf, 'e');
}

static bool is_whole(const char *expression)
{
	return strchr(expression, '+') != NULL;
}

/* fn(a), fn(a, b); given+family: fn(given) and fn(family) */
static void say_call(struct crm_str *out, const char *fn, const char *a, const char *b)
{
	const char *plus = strchr(a, '+');

	if (plus)
		crm_str_addf(out, "%s(%.*s) and %s(%s)", fn, (int)(plus - a), a, fn, plus + 1);
	else if (strcmp(a, b) == 0)
		crm_str_addf(out, "%s(%s)", fn, a);
	else
		crm_str_addf(out, "%s(%s, %s)", fn, a, b);
}

static void say_known(struct crm_str *out, const struct crm_sql_node *n, bool date)
{
	say_call(out, date ? "days" : "known", n->a, n->b);
	if (date) /* both are dates, not only digits like one */
		crm_str_addf(out, " <= %d", CRM_SQL_DAYS_MOST);
}

static enum crm_status say_test(struct speech *s, const struct crm_sql_node *n)
{
	say_call(s->out, n->fn, n->a, n->b);
	if (strcmp(n->fn, "exact") == 0 || strcmp(n->fn, "swapped") == 0)
		return CRM_OK;
	crm_str_adds(s->out, n->more ? " >= " : " <= ");
	return say_number(s->out, n->number)
		       ? CRM_OK
		       : crm_fail(s->err, CRM_DATA, "the bound %.17g has too many digits",
				  n->number);
}

static enum crm_status say_leaf(struct speech *s, const struct crm_sql_node *n, bool negated,
				enum binds around)
{
	bool test = n->kind == CRM_SQL_TEST;
	bool pair = is_whole(n->a);
	/* known(a) and not test(a); two tests for two columns; not (two tests) */
	bool both = (test && negated) || (pair && !negated);
	enum crm_status rc = CRM_OK;

	if (n->kind == CRM_SQL_LONE)
		return crm_fail(s->err, CRM_DATA,
				"that one record lacks %s, whatever the other has, is not said",
				n->a);
	if (!strncmp(n->a, "either(", 7) || !strncmp(n->a, "sorted(", 7))
		return crm_fail(s->err, CRM_DATA, "%s is only known of blocking rules", n->a);
	if ((is_whole(n->a) || is_whole(n->b))
	    && (strcmp(n->a, n->b) != 0 || (test && strcmp(n->fn, "exact") != 0)))
		return crm_fail(s->err, CRM_DATA, "only equality is known of %s",
				is_whole(n->a) ? n->a : n->b);
	if (both && around > BY_AND)
		crm_str_addc(s->out, '(');
	if (test && negated) {
		say_known(s->out, n, !strcmp(n->fn, "days"));
		crm_str_adds(s->out, " and ");
	}
	if (test ? negated : negated == n->has)
		crm_str_adds(s->out, pair ? "not (" : "not ");
	if (test)
		rc = say_test(s, n);
	else
		say_known(s->out, n, n->date);
	if (pair && (test ? negated : negated == n->has))
		crm_str_addc(s->out, ')');
	if (both && around > BY_AND)
		crm_str_addc(s->out, ')');
	return rc;
}

static enum crm_status say_joined(struct speech *s, const struct crm_sql_node *n, bool negated,
				  enum binds around)
{
	bool or = (n->kind == CRM_SQL_OR) != negated; /* De Morgan */
	enum binds here = or ? BY_OR : BY_AND;
	enum crm_status rc;

	if (around > here)
		crm_str_addc(s->out, '(');
	if ((rc = say(s, n->left, negated, here)) != CRM_OK)
		return rc;
	crm_str_adds(s->out, or ? " or " : " and ");
	if ((rc = say(s, n->right, negated, here)) != CRM_OK)
		return rc;
	if (around > here)
		crm_str_addc(s->out, ')');
	return CRM_OK;
}

static enum crm_status say(struct speech *s, const struct crm_sql_node *n, bool negated,
			   enum binds around)
{
	enum crm_status rc;

	switch (n->kind) {
	case CRM_SQL_AND:
	case CRM_SQL_OR:
		return say_joined(s, n, negated, around);
	case CRM_SQL_NOT:
		return say(s, n->left, !negated, around);
	case CRM_SQL_SURE:
		if (!negated)
			return say(s, n->left, false, around);
		crm_str_adds(s->out, "not ");
		if ((rc = say(s, n->left, false, BY_NOT)) != CRM_OK)
			return rc;
		return CRM_OK;
	default:
		return say_leaf(s, n, negated, around);
	}
}

enum crm_status crm_sql_say(const struct crm_sql_node *node, bool negated, struct crm_str *out,
			    struct crm_err *err)
{
	struct speech s = {out, err};

	return say(&s, node, negated, LOOSE);
}

enum crm_status crm_sql_condition(const struct crm_sql_columns *columns, struct crm_slice sql,
				  bool negated, struct crm_str *out, struct crm_err *err)
{
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_sql_node *n = crm_sql_read(columns, sql, &arena, err);
	enum crm_status rc = n ? crm_sql_say(n, negated, out, err) : CRM_DATA;

	crm_arena_release(&arena);
	return rc;
}

/* ---- blocking ---- */

static enum crm_status add_key(const char *key[CRM_KEYS], int *n, const char *expression,
			       struct crm_err *err)
{
	int i;

	for (i = 0; i < *n; i++)
		if (!strcmp(key[i], expression))
			return CRM_OK;
	if (*n == CRM_KEYS)
		return crm_fail(err, CRM_DATA, "more than %d columns", CRM_KEYS);
	key[(*n)++] = expression;
	return CRM_OK;
}

static enum crm_status add_keys(const struct crm_sql_node *node, const char *key[CRM_KEYS], int *n,
				struct crm_arena *arena, struct crm_err *err)
{
	const char *plus;
	enum crm_status rc;

	if (node->kind == CRM_SQL_AND) {
		rc = add_keys(node->left, key, n, arena, err);
		return rc == CRM_OK ? add_keys(node->right, key, n, arena, err) : rc;
	}
	if (node->kind != CRM_SQL_TEST || strcmp(node->fn, "exact") != 0
	    || strcmp(node->a, node->b) != 0)
		return crm_fail(err, CRM_DATA,
				"pairs are only found by columns that are equal, joined by AND");
	if (!(plus = strchr(node->a, '+')))
		return add_key(key, n, node->a, err);
	rc = add_key(key, n, crm_arena_strndup(arena, node->a, (size_t)(plus - node->a)), err);
	return rc == CRM_OK ? add_key(key, n, plus + 1, err) : rc;
}

enum crm_status crm_sql_keys(const struct crm_sql_columns *columns, struct crm_slice sql,
			     const char *key[CRM_KEYS], int *n, struct crm_arena *arena,
			     struct crm_err *err)
{
	struct crm_sql_node *node = crm_sql_read(columns, sql, arena, err);

	*n = 0;
	return node ? add_keys(node, key, n, arena, err) : CRM_DATA;
}
