/* SPDX-License-Identifier: MIT */
/* Reads conditions of SQL into a tree (splink_tree.h): a recursive descent, one function a
 * level of precedence. Functions are in splink_call.c. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "link/splink_tree.h"

#define DEPTH 64 /* of brackets; deeper ones are refused */

enum token {
	END,
	NAME,   /* also keywords */
	QUOTED, /* a name in quotes */
	NUMBER,
	TEXT,
	SIGN, /* of one or two characters */
};

struct reader {
	const struct crm_sql_columns *columns;
	struct crm_sql_maker make;
	const char *at, *end;
	enum token token;
	struct crm_slice text; /* of the token, without quotes */
	int depth;
};

/* ---- tokens ---- */

static bool of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* What is in quotes; doubled ones within it are left as they are, as no column has them. */
static void quoted(struct reader *r, char quote)
{
	const char *from = ++r->at;

	while (r->at < r->end && (*r->at != quote || (r->at + 1 < r->end && r->at[1] == quote)))
		r->at += *r->at == quote ? 2 : 1;
	r->text = (struct crm_slice){from, (size_t)(r->at - from)};
	if (r->at == r->end)
		crm_sql_refuse(&r->make, "a quote that does not end", (struct crm_slice){0});
	else
		r->at++;
}

static void sign(struct reader *r)
{
	static const char *const two[] = {"<=", ">=", "<>", "!=", "||", "::", "=="};
	size_t i, len = 1;

	for (i = 0; i < sizeof(two) / sizeof(*two); i++)
		if (r->end - r->at >= 2 && !memcmp(r->at, two[i], 2))
			len = 2;
	r->token = SIGN;
	r->text = (struct crm_slice){r->at, len};
	r->at += len;
}

static void next(struct reader *r)
{
	const char *from;

	while (r->at < r->end && isspace((unsigned char)*r->at))
		r->at++;
	from = r->at;
	r->token = END;
	r->text = (struct crm_slice){r->at, 0};
	if (r->at == r->end || r->make.failed)
		return;
	if (*r->at == '\'') {
		r->token = TEXT;
		quoted(r, '\'');
	} else if (*r->at == '"' || *r->at == '`') {
		r->token = QUOTED;
		quoted(r, *r->at);
	} else if (isdigit((unsigned char)*r->at) || *r->at == '.') {
		r->token =
			*r->at == '.' && (r->end - r->at < 2 || !isdigit((unsigned char)r->at[1]))
				? SIGN
				: NUMBER;
		do
			r->at++;
		while (r->token == NUMBER && r->at < r->end
		       && (isalnum((unsigned char)*r->at) || *r->at == '.'
			   || ((*r->at == '-' || *r->at == '+') && (r->at[-1] | 32) == 'e')));
		r->text.len = (size_t)(r->at - from);
	} else if (of_name(*r->at)) {
		r->token = NAME;
		while (r->at < r->end && of_name(*r->at))
			r->at++;
		r->text.len = (size_t)(r->at - from);
	} else {
		sign(r);
	}
}

static bool is_word(const struct reader *r, const char *word)
{
	return r->token == NAME && crm_slice_is_caseless(r->text, word);
}

static bool is_sign(const struct reader *r, const char *text)
{
	return r->token == SIGN && crm_slice_is(r->text, text);
}

static bool take_word(struct reader *r, const char *word)
{
	if (!is_word(r, word))
		return false;
	next(r);
	return true;
}

static bool take_sign(struct reader *r, const char *text)
{
	if (!is_sign(r, text))
		return false;
	next(r);
	return true;
}

static bool expect(struct reader *r, const char *text)
{
	if (take_sign(r, text))
		return true;
	if (r->token == END)
		crm_sql_refuse(&r->make, "it ends too early", (struct crm_slice){0});
	else
		crm_sql_refuse(&r->make, "not expected:", r->text);
	return false;
}

/* ---- nodes ---- */

struct crm_sql_column *crm_sql_find(const struct crm_sql_columns *columns, struct crm_slice name)
{
	size_t i;

	for (i = columns->n; i-- > 0;)
		if (crm_slice_is_caseless(name, columns->column[i].theirs))
			return &columns->column[i];
	return NULL;
}

static struct crm_sql_node *column_of(struct reader *r, struct crm_slice name, char side)
{
	struct crm_sql_column *column = crm_sql_find(r->columns, name);
	struct crm_sql_node *n;

	if (!column)
		return crm_sql_refuse(&r->make, "no column of ours stands for", name);
	n = crm_sql_new(&r->make, CRM_SQL_COLUMN);
	column->used = true;
	n->a = column->ours;
	n->side = side;
	n->date = column->as == CRM_AS_DATE;
	return n;
}

/* name_l or name_r; l.name or r.name, the token being at the point. */
static struct crm_sql_node *column(struct reader *r, struct crm_slice name)
{
	size_t len = name.len;

	if (take_sign(r, ".")) {
		struct crm_slice whole = r->text;
		char side = (char)tolower((unsigned char)name.ptr[0]);

		if ((r->token != NAME && r->token != QUOTED) || name.len != 1
		    || (side != 'l' && side != 'r'))
			return crm_sql_refuse(&r->make, "neither l. nor r.:", name);
		next(r);
		return column_of(r, whole, side);
	}
	if (len < 3 || name.ptr[len - 2] != '_' || !strchr("lrLR", name.ptr[len - 1]))
		return crm_sql_refuse(
			&r->make, "a column of no record, as it ends in neither _l nor _r:", name);
	return column_of(r, (struct crm_slice){name.ptr, len - 2},
			 (char)tolower((unsigned char)name.ptr[len - 1]));
}

/* ---- values ---- */

static struct crm_sql_node *any_of(struct reader *r);
static struct crm_sql_node *with_casts(struct reader *r);

static struct crm_sql_node *cast(struct reader *r, struct crm_sql_node *n)
{
	static const char *const texts[] = {"text", "varchar", "string", "char", "bpchar"};
	static const char *const dates[] = {"date", "timestamp", "datetime"};
	struct crm_slice type = r->text;
	size_t i;

	if (r->token != NAME)
		return crm_sql_refuse(&r->make, "not a type:", r->text);
	next(r);
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (crm_slice_is_caseless(type, texts[i])
		    && (n->kind == CRM_SQL_COLUMN || n->kind == CRM_SQL_DATE))
			return n;
	for (i = 0; i < sizeof(dates) / sizeof(*dates); i++)
		if (crm_slice_is_caseless(type, dates[i]))
			return crm_sql_as_date(&r->make, n);
	return crm_sql_refuse(&r->make, "nothing of ours is the type", type);
}

/* extract(epoch from x), extract(year from x) */
static struct crm_sql_node *extract(struct reader *r)
{
	bool seconds = is_word(r, "epoch");
	struct crm_sql_call c = {CRM_SLICE("extract"), {NULL}, 1};

	if (!seconds && !is_word(r, "year"))
		return crm_sql_refuse(&r->make, "nothing of ours is extracted by", r->text);
	next(r);
	if (!take_word(r, "from"))
		return crm_sql_refuse(&r->make, "extract without FROM", (struct crm_slice){0});
	if (!(c.arg[0] = any_of(r)))
		return NULL;
	return seconds ? crm_sql_seconds(&r->make, &c) : crm_sql_year(&r->make, &c);
}

static bool arguments(struct reader *r, struct crm_sql_call *c)
{
	while (!r->make.failed && !is_sign(r, ")")) {
		if (c->n == CRM_SQL_ARGS) {
			crm_sql_refuse(&r->make, "too many arguments of", c->name);
			return false;
		}
		if (!(c->arg[c->n] = any_of(r)))
			return false;
		c->n++;
		/* substring(x from 1 for 3) has words for commas */
		if (!take_sign(r, ",") && !take_word(r, "from") && !take_word(r, "for"))
			break;
	}
	return expect(r, ")");
}

/* The token is behind the opening bracket. */
static struct crm_sql_node *function(struct reader *r, struct crm_slice name)
{
	struct crm_sql_call c = {name, {NULL}, 0};
	struct crm_sql_node *n;

	if (crm_slice_is_caseless(name, "cast") || crm_slice_is_caseless(name, "try_cast")) {
		if (!(n = any_of(r)))
			return NULL;
		if (!take_word(r, "as"))
			return crm_sql_refuse(&r->make, "CAST without AS", (struct crm_slice){0});
		n = cast(r, n);
		return n && expect(r, ")") ? n : NULL;
	}
	if (crm_slice_is_caseless(name, "extract")) {
		n = extract(r);
		return n && expect(r, ")") ? n : NULL;
	}
	return arguments(r, &c) ? crm_sql_apply(&r->make, &c) : NULL;
}

static struct crm_sql_node *number(struct reader *r)
{
	struct crm_sql_node *n = crm_sql_new(&r->make, CRM_SQL_NUMBER);
	char buf[40] = "", *end;

	if (r->text.len < sizeof(buf))
		memcpy(buf, r->text.ptr, r->text.len);
	n->number = strtod(buf, &end);
	if (*end || end == buf || !isfinite(n->number))
		return crm_sql_refuse(&r->make, "not a number:", r->text);
	next(r);
	return n;
}

static struct crm_sql_node *named(struct reader *r)
{
	static const char *const words[] = {"case", "exists", "in", "like", "between", "select"};
	struct crm_slice name = r->text;
	bool bare = r->token == NAME;
	size_t i;

	for (i = 0; bare && i < sizeof(words) / sizeof(*words); i++)
		if (is_word(r, words[i]))
			return crm_sql_refuse(&r->make, "nothing of ours is", name);
	if (take_word(r, "false"))
		return crm_sql_new(&r->make, CRM_SQL_FALSE);
	next(r);
	return bare && take_sign(r, "(") ? function(r, name) : column(r, name);
}

/* Goes behind a literal part of a template; NULL: it is not here. */
static const char *literal(struct reader *r, const char *sql)
{
	const char *from = r->text.ptr - (r->token == QUOTED || r->token == TEXT);
	size_t n = strcspn(sql, "{");

	while (n > 0 && *sql == ' ') /* tokens begin behind blanks */
		sql++, n--;
	while (n > 0 && sql[n - 1] == ' ')
		n--;
	if ((size_t)(r->end - from) < n || memcmp(from, sql, n) != 0)
		return NULL;
	r->at = from + n;
	next(r);
	return sql + strcspn(sql, "{");
}

/* What stands for one of {LRMSNB}. */
static bool filled(struct reader *r, char what, const char *value[4], struct crm_sql_node *test)
{
	static const char values[] = "LRMS";
	struct crm_sql_node *n;

	if (what == 'B' && !take_sign(r, ">="))
		return false;
	if (what == 'B' || what == 'N') {
		n = r->token == NUMBER ? number(r) : NULL;
		if (!n || (what == 'N' && test->number >= 0 && test->number != n->number))
			return false;
		test->number = n->number;
		return true;
	}
	n = with_casts(r);
	what = (char)(strchr(values, what) - values);
	if (!n || n->kind != CRM_SQL_COLUMN || n->side != (what % 2 ? 'r' : 'l')
	    || (value[(int)what] && strcmp(value[(int)what], n->a) != 0))
		return false;
	value[(int)what] = n->a;
	return true;
}

/* The words of ours, see splink_words.c; the token is their bracket. false: they are others. */
static bool read_own(struct reader *r, const char *sql, const char *value[4],
		     struct crm_sql_node *test)
{
	while (*sql)
		if (*sql == '{') {
			if (!filled(r, sql[1], value, test))
				return false;
			sql += 3;
		} else if (!(sql = literal(r, sql))) {
			return false;
		}
	return !r->make.failed;
}

/* either(a, b) or sorted(a, b), of both records. */
static struct crm_sql_node *own_key(struct reader *r, const char *fn, const char *value[4],
				    struct crm_sql_node *test)
{
	struct crm_str text = CRM_STR_INIT;

	if (strcmp(value[0], value[1]) != 0 || strcmp(value[2], value[3]) != 0)
		return NULL;
	crm_str_addf(&text, "%s(%s, %s)", fn, value[0], value[2]);
	test->fn = "exact";
	test->a = test->b = crm_arena_strndup(r->make.arena, text.ptr, text.len);
	crm_str_release(&text);
	return test;
}

/* A test of ours that is written as several; NULL, and nothing is read, where there is none. */
static struct crm_sql_node *own(struct reader *r)
{
	struct reader before = *r;
	struct crm_err err = *r->make.err;
	const char *fn, *sql;
	size_t i;

	for (i = 0; (fn = crm_sql_own(i, &sql)); i++) {
		struct crm_sql_node *test = crm_sql_new(&r->make, CRM_SQL_TEST);
		const char *value[4] = {NULL};

		test->fn = fn;
		test->more = true;
		test->number = -1;
		if (read_own(r, sql, value, test)) {
			test->a = value[0];
			test->b = value[1];
			if (!value[2] || own_key(r, fn, value, test))
				return test;
		}
		*r = before;
		*r->make.err = err;
	}
	return NULL;
}

static struct crm_sql_node *primary(struct reader *r)
{
	struct crm_sql_node *n;

	if (r->token == NAME || r->token == QUOTED)
		return named(r);
	if (r->token == NUMBER)
		return number(r);
	if (r->token == TEXT) {
		n = crm_sql_new(&r->make, CRM_SQL_TEXT);
		n->text = r->text;
		next(r);
		return n;
	}
	if (take_sign(r, "-")) {
		if (r->token != NUMBER)
			return crm_sql_refuse(&r->make, "not a number:", r->text);
		if ((n = number(r)))
			n->number = -n->number;
		return n;
	}
	if (is_sign(r, "(") && (n = own(r)))
		return n;
	if (!expect(r, "("))
		return NULL;
	n = any_of(r);
	return n && expect(r, ")") ? n : NULL;
}

static struct crm_sql_node *with_casts(struct reader *r)
{
	struct crm_sql_node *n = primary(r);

	while (n && take_sign(r, "::"))
		n = cast(r, n);
	return n;
}

/* One date less another; no other sums are known. */
static struct crm_sql_node *sum(struct reader *r)
{
	struct crm_sql_node *x = with_casts(r), *y;

	if (!x || !take_sign(r, "-"))
		return x;
	if (!(y = with_casts(r)))
		return NULL;
	if (crm_sql_across(x, y) && x->kind == CRM_SQL_SECONDS && y->kind == CRM_SQL_SECONDS)
		return crm_sql_apart(&r->make, x, y, 86400);
	if (crm_sql_across(x, y) && x->kind == CRM_SQL_DATE && y->kind == CRM_SQL_DATE)
		return crm_sql_apart(&r->make, x, y, 1);
	return crm_sql_refuse(&r->make, "only dates are taken from each other",
			      (struct crm_slice){0});
}

/* ---- conditions ---- */

static struct crm_sql_node *negate(struct reader *r, struct crm_sql_node *n)
{
	return crm_sql_join(&r->make, CRM_SQL_NOT, n, NULL);
}

static struct crm_sql_node *equal(struct reader *r, struct crm_sql_node *x, struct crm_sql_node *y)
{
	struct crm_sql_node *n;

	if (!crm_sql_across(x, y) || x->kind != y->kind || x->kind < CRM_SQL_COLUMN
	    || x->kind > CRM_SQL_SECONDS)
		return crm_sql_refuse(&r->make,
				      "only a column of one record is equal to one of the other",
				      (struct crm_slice){0});
	n = crm_sql_measure(&r->make, CRM_SQL_TEST, x->kind == CRM_SQL_COLUMN ? "exact" : "days", x,
			    y);
	return n;
}

/* A measure within a bound. Distances and days are whole numbers, so "under 3" is "up to 2". */
static struct crm_sql_node *within(struct reader *r, struct crm_sql_node *m, struct crm_slice op,
				   double bound)
{
	bool more = op.ptr[0] == '>', strict = op.len == 1;

	bound /= m->unit;
	if (m->kind == CRM_SQL_MEET) {
		bound = strict ? floor(bound) + 1 : ceil(bound);
		if (!more || bound != 1)
			return crm_sql_refuse(&r->make,
					      "how many values lists share is not counted",
					      (struct crm_slice){0});
	} else if (m->kind != CRM_SQL_MEASURE) {
		return crm_sql_refuse(&r->make, "the sign of a difference is not known to ours",
				      (struct crm_slice){0});
	} else if (m->more) {
		/* "over 0.5" is "not up to 0.5": the bound stays the number it was */
		m->more = strict ? !more : more;
	} else if (more) {
		bound = strict ? floor(bound) : ceil(bound) - 1;
	} else {
		bound = strict ? ceil(bound) - 1 : floor(bound);
	}
	if (bound < 0)
		return crm_sql_refuse(&r->make, "a bound that holds for all or none",
				      (struct crm_slice){0});
	m->kind = CRM_SQL_TEST;
	m->number = bound;
	return m->more == more || !strcmp(m->fn, "exact") ? m : negate(r, m);
}

static struct crm_sql_node *compare(struct reader *r, struct crm_sql_node *x, struct crm_slice op,
				    struct crm_sql_node *y)
{
	static const char *const turned[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
	struct crm_sql_node *n;
	size_t i;

	if (crm_slice_is(op, "=") || crm_slice_is(op, "=="))
		return equal(r, x, y);
	if (crm_slice_is(op, "<>") || crm_slice_is(op, "!="))
		return (n = equal(r, x, y)) ? negate(r, n) : NULL;
	if (x->kind == CRM_SQL_NUMBER && y->fn)
		for (i = 0; i < 4; i++)
			if (crm_slice_is(op, turned[i][0]))
				return within(r, y, crm_slice_of(turned[i][1]), x->number);
	if (y->kind != CRM_SQL_NUMBER || !x->fn || x->kind < CRM_SQL_COLUMN)
		return crm_sql_refuse(&r->make, "neither a likeness nor a distance is compared by",
				      op);
	return within(r, x, op, y->number);
}

static struct crm_sql_node *is_null(struct reader *r, struct crm_sql_node *x)
{
	struct crm_sql_node *n;
	bool has;

	has = take_word(r, "not");
	if (!take_word(r, "null"))
		return crm_sql_refuse(&r->make, "neither IS NULL nor IS NOT NULL:", r->text);
	if (x->kind != CRM_SQL_COLUMN && x->kind != CRM_SQL_DATE)
		return crm_sql_refuse(&r->make, "IS NULL of what is no column",
				      (struct crm_slice){0});
	n = crm_sql_new(&r->make, CRM_SQL_LONE);
	n->a = n->b = x->a;
	n->side = x->side;
	n->has = has;
	n->date = x->kind == CRM_SQL_DATE;
	return n;
}

static struct crm_sql_node *comparison(struct reader *r)
{
	static const char *const ops[] = {"=", "==", "<>", "!=", "<", "<=", ">", ">="};
	struct crm_sql_node *x = sum(r), *y;
	struct crm_slice op = r->text;
	size_t i;

	if (!x)
		return NULL;
	if (take_word(r, "is"))
		return is_null(r, x);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (take_sign(r, ops[i]))
			return (y = sum(r)) ? compare(r, x, op, y) : NULL;
	return x;
}

static bool is_condition(struct reader *r, const struct crm_sql_node *n)
{
	if (n && n->kind >= CRM_SQL_COLUMN)
		crm_sql_refuse(&r->make, "a value where a condition should be",
			       (struct crm_slice){0});
	return n && !r->make.failed;
}

static struct crm_sql_node *denial(struct reader *r)
{
	bool not = false;
	struct crm_sql_node *n;

	while (take_word(r, "not"))
		not = !not ;
	n = comparison(r);
	return !not || !n ? n : is_condition(r, n) ? negate(r, n) : NULL;
}

/* Looks for "the other record lacks the same" among what is joined in chain, and makes the two
 * one: only together do they have words in our language. Where x is all there is, it may be of
 * another column. */
static bool paired(struct crm_sql_node *chain, enum crm_sql_kind kind,
		   const struct crm_sql_node *lone, bool any)
{
	if (chain->kind == kind)
		return paired(chain->left, kind, lone, false)
		       || paired(chain->right, kind, lone, false);
	if (chain->kind != CRM_SQL_LONE || lone->kind != CRM_SQL_LONE || chain->side == lone->side
	    || chain->has != lone->has || chain->has != (kind == CRM_SQL_AND)
	    || chain->date != lone->date || (!any && strcmp(chain->a, lone->a) != 0))
		return false;
	chain->kind = CRM_SQL_MISSING;
	chain->b = chain->side == 'l' ? lone->a : chain->a;
	chain->a = chain->side == 'l' ? chain->a : lone->a;
	return true;
}

static struct crm_sql_node *chain(struct reader *r, struct crm_sql_node *x, enum crm_sql_kind kind,
				  struct crm_sql_node *y)
{
	if (!is_condition(r, x) || !is_condition(r, y))
		return NULL;
	return paired(x, kind, y, true) ? x : crm_sql_join(&r->make, kind, x, y);
}

static struct crm_sql_node *all_of(struct reader *r)
{
	struct crm_sql_node *n = denial(r);

	while (n && take_word(r, "and"))
		n = chain(r, n, CRM_SQL_AND, denial(r));
	return n;
}

static struct crm_sql_node *any_of(struct reader *r)
{
	struct crm_sql_node *n;

	if (++r->depth > DEPTH)
		return crm_sql_refuse(&r->make, "too many brackets", (struct crm_slice){0});
	n = all_of(r);
	while (n && take_word(r, "or"))
		n = chain(r, n, CRM_SQL_OR, all_of(r));
	r->depth--;
	return n;
}

struct crm_sql_node *crm_sql_read(const struct crm_sql_columns *columns, struct crm_slice sql,
				  struct crm_arena *arena, struct crm_err *err)
{
	struct reader r = {.columns = columns, .make = {.arena = arena, .err = err}};
	struct crm_sql_node *n;

	r.at = sql.ptr;
	r.end = sql.ptr + sql.len;
	next(&r);
	n = any_of(&r);
	if (n && r.token != END)
		crm_sql_refuse(&r.make, "not expected:", r.text);
	return is_condition(&r, n) ? n : NULL;
}
