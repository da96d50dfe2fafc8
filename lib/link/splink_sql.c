/* SPDX-License-Identifier: MIT */
/* Reads conditions of SQL into a tree (splink_tree.h): a recursive descent, one function a
 * level of precedence, and a table of the functions that have a meaning in our language. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "link/splink_tree.h"

#define DEPTH 64 /* of brackets; deeper ones are refused */
#define ARGS 4   /* of a function, at most */

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
	struct crm_arena *arena;
	struct crm_err *err;
	const char *at, *end;
	enum token token;
	struct crm_slice text; /* of the token, without quotes */
	int depth;
	bool failed;
};

/* ---- tokens ---- */

static struct crm_sql_node *refuse(struct reader *r, const char *what, struct crm_slice text)
{
	if (!r->failed)
		crm_fail(r->err, CRM_DATA, "%s%s%.*s", what, text.len ? " " : "",
			 (int)(text.len < 80 ? text.len : 80), text.len ? text.ptr : "");
	r->failed = true;
	return NULL;
}

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
		refuse(r, "a quote that does not end", (struct crm_slice){0});
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
	if (r->at == r->end || r->failed)
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
		refuse(r, "it ends too early", (struct crm_slice){0});
	else
		refuse(r, "not expected:", r->text);
	return false;
}

/* ---- nodes ---- */

static struct crm_sql_node *new_node(struct reader *r, enum crm_sql_kind kind)
{
	struct crm_sql_node *n = crm_arena_alloc(r->arena, sizeof(*n));

	memset(n, 0, sizeof(*n));
	n->kind = kind;
	return n;
}

static struct crm_sql_node *join(struct reader *r, enum crm_sql_kind kind,
				 struct crm_sql_node *left, struct crm_sql_node *right)
{
	struct crm_sql_node *n = new_node(r, kind);

	n->left = left;
	n->right = right;
	return n;
}

/* fn(a), fn(a, n): an expression of ours. */
static const char *derived(struct reader *r, const char *fn, const char *a, int n)
{
	struct crm_str s = CRM_STR_INIT;
	const char *kept;

	crm_str_addf(&s, n ? "%s(%s, %d)" : "%s(%s)", fn, a, n);
	kept = crm_arena_strndup(r->arena, s.ptr, s.len);
	crm_str_release(&s);
	return kept;
}

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
		return refuse(r, "no column of ours stands for", name);
	n = new_node(r, CRM_SQL_COLUMN);
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
			return refuse(r, "neither l. nor r.:", name);
		next(r);
		return column_of(r, whole, side);
	}
	if (len < 3 || name.ptr[len - 2] != '_' || !strchr("lrLR", name.ptr[len - 1]))
		return refuse(r, "a column of no record, as it ends in neither _l nor _r:", name);
	return column_of(r, (struct crm_slice){name.ptr, len - 2},
			 (char)tolower((unsigned char)name.ptr[len - 1]));
}

/* ---- functions ---- */

struct call {
	struct crm_slice name;
	struct crm_sql_node *arg[ARGS];
	int n;
};

static bool is_kind(const struct call *c, int i, enum crm_sql_kind kind)
{
	return i < c->n && c->arg[i]->kind == kind;
}

/* An argument that is a whole number; 0 where it is none. */
static int whole(const struct call *c, int i)
{
	double x = is_kind(c, i, CRM_SQL_NUMBER) ? c->arg[i]->number : 0;

	return x == floor(x) && fabs(x) < 1000 ? (int)x : 0;
}

static struct crm_sql_node *with(struct reader *r, const struct crm_sql_node *old, const char *a)
{
	struct crm_sql_node *n = new_node(r, CRM_SQL_COLUMN);

	if (strchr(old->a, '+'))
		return refuse(r, "only equality is known of", crm_slice_of(old->a));
	*n = *old;
	n->kind = CRM_SQL_COLUMN;
	n->a = a;
	n->date = false;
	return n;
}

static struct crm_sql_node *not_ours(struct reader *r, const struct call *c)
{
	return refuse(r, "nothing of ours is the function", c->name);
}

static struct crm_sql_node *same_fn(struct reader *r, const struct call *c)
{
	return c->n >= 1 && c->arg[0]->kind <= CRM_SQL_DATE ? c->arg[0] : not_ours(r, c);
}

static struct crm_sql_node *first_fn(struct reader *r, const struct call *c)
{
	int n = whole(c, 1);

	if (!is_kind(c, 0, CRM_SQL_COLUMN) || n < 1)
		return not_ours(r, c);
	/* YYYY-MM-DD */
	if (c->arg[0]->date)
		return n == 4 ? with(r, c->arg[0], derived(r, "year", c->arg[0]->a, 0))
			      : refuse(r, "of dates only the year is taken, not by", c->name);
	return with(r, c->arg[0], derived(r, "first", c->arg[0]->a, n));
}

static struct crm_sql_node *last_fn(struct reader *r, const struct call *c)
{
	int n = abs(whole(c, 1));

	if (!is_kind(c, 0, CRM_SQL_COLUMN) || n < 1)
		return not_ours(r, c);
	if (c->arg[0]->date)
		return n == 5 ? with(r, c->arg[0], derived(r, "month_day", c->arg[0]->a, 0))
			      : not_ours(r, c);
	return with(r, c->arg[0], derived(r, "last", c->arg[0]->a, n));
}

static struct crm_sql_node *part_of_address(struct reader *r, const struct call *c, const char *fn)
{
	return is_kind(c, 0, CRM_SQL_COLUMN) && fn
		       ? with(r, c->arg[0], derived(r, fn, c->arg[0]->a, 0))
		       : not_ours(r, c);
}

/* The patterns of Splink's comparison of e-mail addresses, and the like. */
static struct crm_sql_node *extract_fn(struct reader *r, const struct call *c)
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
		return refuse(r, "nothing of ours is the pattern", c->arg[1]->text);
	return part_of_address(r, c, fn);
}

static struct crm_sql_node *substr_fn(struct reader *r, const struct call *c)
{
	struct call first = {c->name, {c->arg[0], c->n > 2 ? c->arg[2] : NULL}, c->n > 2 ? 2 : 1};

	if (is_kind(c, 1, CRM_SQL_TEXT)) /* substring(x from 'pattern') */
		return extract_fn(r, c);
	if (whole(c, 1) == 1 && c->n == 3)
		return first_fn(r, &first);
	if (is_kind(c, 0, CRM_SQL_COLUMN) && c->arg[0]->date && whole(c, 1) == 6
	    && (c->n == 2 || whole(c, 2) == 5))
		return with(r, c->arg[0], derived(r, "month_day", c->arg[0]->a, 0));
	if (whole(c, 1) < 0 && (c->n == 2 || whole(c, 2) == -whole(c, 1)))
		return last_fn(r, c);
	return refuse(r, "not from the first character:", c->name);
}

static struct crm_sql_node *split_fn(struct reader *r, const struct call *c)
{
	bool at = is_kind(c, 1, CRM_SQL_TEXT) && crm_slice_is(c->arg[1]->text, "@");

	return part_of_address(r, c,
			       !at                                     ? NULL
			       : whole(c, 2) == 1                      ? "user"
			       : whole(c, 2) == 2 || whole(c, 2) == -1 ? "domain"
								       : NULL);
}

static struct crm_sql_node *nullif_fn(struct reader *r, const struct call *c)
{
	return c->n == 2 && is_kind(c, 1, CRM_SQL_TEXT) && c->arg[1]->text.len == 0
		       ? same_fn(r, c)
		       : not_ours(r, c);
}

static struct crm_sql_node *coalesce_fn(struct reader *r, const struct call *c)
{
	return c->n == 2 && c->arg[0]->kind < CRM_SQL_COLUMN && is_kind(c, 1, CRM_SQL_FALSE)
		       ? join(r, CRM_SQL_SURE, c->arg[0], NULL)
		       : not_ours(r, c);
}

static struct crm_sql_node *soundex_fn(struct reader *r, const struct call *c)
{
	return is_kind(c, 0, CRM_SQL_COLUMN)
		       ? with(r, c->arg[0], derived(r, "soundex", c->arg[0]->a, 0))
		       : not_ours(r, c);
}

static struct crm_sql_node *year_fn(struct reader *r, const struct call *c)
{
	return is_kind(c, 0, CRM_SQL_DATE) || (is_kind(c, 0, CRM_SQL_COLUMN) && c->arg[0]->date)
		       ? with(r, c->arg[0], derived(r, "year", c->arg[0]->a, 0))
		       : not_ours(r, c);
}

static struct crm_sql_node *as_date(struct reader *r, struct crm_sql_node *old)
{
	struct crm_sql_node *n;

	if (old->kind == CRM_SQL_DATE)
		return old;
	if (old->kind != CRM_SQL_COLUMN || !old->date)
		return refuse(r, "read as a date, but ours is none:", crm_slice_of(old->a));
	if ((n = with(r, old, old->a)))
		n->kind = CRM_SQL_DATE;
	return n;
}

static struct crm_sql_node *date_fn(struct reader *r, const struct call *c)
{
	return as_date(r, c->arg[0]);
}

static struct crm_sql_node *seconds_fn(struct reader *r, const struct call *c)
{
	struct crm_sql_node *date = as_date(r, c->arg[0]), *n = NULL;

	if (date && (n = with(r, date, date->a)))
		n->kind = CRM_SQL_SECONDS;
	return n;
}

/* Two values of the same column, or of two, of the one record and of the other. */
static bool across(const struct crm_sql_node *x, const struct crm_sql_node *y)
{
	return x && y && x->side && y->side && x->side != y->side;
}

/* A measure of x of one record and y of the other; that of the left one comes first. */
static struct crm_sql_node *measure(struct reader *r, enum crm_sql_kind kind, const char *fn,
				    const struct crm_sql_node *x, const struct crm_sql_node *y)
{
	struct crm_sql_node *n = new_node(r, kind);

	n->fn = fn;
	n->a = x->side == 'l' ? x->a : y->a;
	n->b = x->side == 'l' ? y->a : x->a;
	n->unit = 1;
	return n;
}

static struct crm_sql_node *pair_fn(struct reader *r, const struct call *c, const char *fn,
				    bool more)
{
	struct crm_sql_node *n;

	if (c->n != 2 || !is_kind(c, 0, CRM_SQL_COLUMN) || !is_kind(c, 1, CRM_SQL_COLUMN)
	    || !across(c->arg[0], c->arg[1]))
		return not_ours(r, c);
	n = measure(r, CRM_SQL_MEASURE, fn, c->arg[0], c->arg[1]);
	n->more = more;
	return n;
}

static struct crm_sql_node *jaro_winkler_fn(struct reader *r, const struct call *c)
{
	return pair_fn(r, c, "jaro_winkler", true);
}

static struct crm_sql_node *levenshtein_fn(struct reader *r, const struct call *c)
{
	return pair_fn(r, c, "levenshtein", false);
}

static struct crm_sql_node *osa_fn(struct reader *r, const struct call *c)
{
	return pair_fn(r, c, "osa", false);
}

static struct crm_sql_node *meet_fn(struct reader *r, const struct call *c)
{
	if (c->n != 2 || !is_kind(c, 0, CRM_SQL_COLUMN) || !is_kind(c, 1, CRM_SQL_COLUMN)
	    || !across(c->arg[0], c->arg[1]))
		return not_ours(r, c);
	return measure(r, CRM_SQL_MEET, "exact", c->arg[0], c->arg[1]);
}

static struct crm_sql_node *size_fn(struct reader *r, const struct call *c)
{
	return is_kind(c, 0, CRM_SQL_MEET) ? c->arg[0] : not_ours(r, c);
}

static struct crm_sql_node *overlap_fn(struct reader *r, const struct call *c)
{
	struct crm_sql_node *n = meet_fn(r, c);

	if (n)
		n->kind = CRM_SQL_TEST;
	return n;
}

static struct crm_sql_node *apart(struct reader *r, struct crm_sql_node *x, struct crm_sql_node *y,
				  double unit)
{
	struct crm_sql_node *n = measure(r, CRM_SQL_APART, "days", x, y);

	n->unit = unit;
	return n;
}

/* date_diff('day', a, b); Spark's datediff(a, b). Other units count boundaries, not days. */
static struct crm_sql_node *diff_fn(struct reader *r, const struct call *c)
{
	int from = c->n == 3 ? 1 : 0;
	struct crm_sql_node *x, *y;

	if (c->n < 2 || c->n > 3
	    || (c->n == 3
		&& (!is_kind(c, 0, CRM_SQL_TEXT)
		    || !crm_slice_is_caseless(c->arg[0]->text, "day"))))
		return not_ours(r, c);
	x = as_date(r, c->arg[from]);
	y = as_date(r, c->arg[from + 1]);
	return across(x, y) ? apart(r, x, y, 1) : not_ours(r, c);
}

static struct crm_sql_node *abs_fn(struct reader *r, const struct call *c)
{
	if (!is_kind(c, 0, CRM_SQL_APART))
		return not_ours(r, c);
	c->arg[0]->kind = CRM_SQL_MEASURE;
	return c->arg[0];
}

static const struct {
	const char *name;
	struct crm_sql_node *(*read)(struct reader *, const struct call *);
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
	{"epoch", seconds_fn},
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
	{"unix_timestamp", seconds_fn},
	{"upper", same_fn},
	{"year", year_fn},
};

/* ---- values ---- */

static struct crm_sql_node *any_of(struct reader *r);

static struct crm_sql_node *cast(struct reader *r, struct crm_sql_node *n)
{
	static const char *const texts[] = {"text", "varchar", "string", "char", "bpchar"};
	static const char *const dates[] = {"date", "timestamp", "datetime"};
	struct crm_slice type = r->text;
	size_t i;

	if (r->token != NAME)
		return refuse(r, "not a type:", r->text);
	next(r);
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (crm_slice_is_caseless(type, texts[i])
		    && (n->kind == CRM_SQL_COLUMN || n->kind == CRM_SQL_DATE))
			return n;
	for (i = 0; i < sizeof(dates) / sizeof(*dates); i++)
		if (crm_slice_is_caseless(type, dates[i]))
			return as_date(r, n);
	return refuse(r, "nothing of ours is the type", type);
}

/* extract(epoch from x), extract(year from x) */
static struct crm_sql_node *extract(struct reader *r)
{
	bool seconds = is_word(r, "epoch");
	struct call c = {CRM_SLICE("extract"), {NULL}, 1};

	if (!seconds && !is_word(r, "year"))
		return refuse(r, "nothing of ours is extracted by", r->text);
	next(r);
	if (!take_word(r, "from"))
		return refuse(r, "extract without FROM", (struct crm_slice){0});
	if (!(c.arg[0] = any_of(r)))
		return NULL;
	return seconds ? seconds_fn(r, &c) : year_fn(r, &c);
}

static bool arguments(struct reader *r, struct call *c)
{
	while (!r->failed && !is_sign(r, ")")) {
		if (c->n == ARGS) {
			not_ours(r, c);
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
	struct call c = {name, {NULL}, 0};
	struct crm_sql_node *n;
	size_t i;

	if (crm_slice_is_caseless(name, "cast") || crm_slice_is_caseless(name, "try_cast")) {
		if (!(n = any_of(r)))
			return NULL;
		if (!take_word(r, "as"))
			return refuse(r, "CAST without AS", (struct crm_slice){0});
		n = cast(r, n);
		return n && expect(r, ")") ? n : NULL;
	}
	if (crm_slice_is_caseless(name, "extract")) {
		n = extract(r);
		return n && expect(r, ")") ? n : NULL;
	}
	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (crm_slice_is_caseless(name, functions[i].name))
			return !arguments(r, &c) ? NULL
			       : c.n == 0        ? not_ours(r, &c)
						 : functions[i].read(r, &c);
	return not_ours(r, &c);
}

static struct crm_sql_node *number(struct reader *r)
{
	struct crm_sql_node *n = new_node(r, CRM_SQL_NUMBER);
	char buf[40] = "", *end;

	if (r->text.len < sizeof(buf))
		memcpy(buf, r->text.ptr, r->text.len);
	n->number = strtod(buf, &end);
	if (*end || end == buf || !isfinite(n->number))
		return refuse(r, "not a number:", r->text);
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
			return refuse(r, "nothing of ours is", name);
	if (take_word(r, "false"))
		return new_node(r, CRM_SQL_FALSE);
	next(r);
	return bare && take_sign(r, "(") ? function(r, name) : column(r, name);
}

static struct crm_sql_node *primary(struct reader *r)
{
	struct crm_sql_node *n;

	if (r->token == NAME || r->token == QUOTED)
		return named(r);
	if (r->token == NUMBER)
		return number(r);
	if (r->token == TEXT) {
		n = new_node(r, CRM_SQL_TEXT);
		n->text = r->text;
		next(r);
		return n;
	}
	if (take_sign(r, "-")) {
		if (r->token != NUMBER)
			return refuse(r, "not a number:", r->text);
		if ((n = number(r)))
			n->number = -n->number;
		return n;
	}
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
	if (across(x, y) && x->kind == CRM_SQL_SECONDS && y->kind == CRM_SQL_SECONDS)
		return apart(r, x, y, 86400);
	if (across(x, y) && x->kind == CRM_SQL_DATE && y->kind == CRM_SQL_DATE)
		return apart(r, x, y, 1);
	return refuse(r, "only dates are taken from each other", (struct crm_slice){0});
}

/* ---- conditions ---- */

static struct crm_sql_node *negate(struct reader *r, struct crm_sql_node *n)
{
	return join(r, CRM_SQL_NOT, n, NULL);
}

static struct crm_sql_node *equal(struct reader *r, struct crm_sql_node *x, struct crm_sql_node *y)
{
	struct crm_sql_node *n;

	if (!across(x, y) || x->kind != y->kind || x->kind > CRM_SQL_SECONDS)
		return refuse(r, "only a column of one record is equal to one of the other",
			      (struct crm_slice){0});
	n = measure(r, CRM_SQL_TEST, x->kind == CRM_SQL_COLUMN ? "exact" : "days", x, y);
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
			return refuse(r, "how many values lists share is not counted",
				      (struct crm_slice){0});
	} else if (m->kind != CRM_SQL_MEASURE) {
		return refuse(r, "the sign of a difference is not known to ours",
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
		return refuse(r, "a bound that holds for all or none", (struct crm_slice){0});
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
		return refuse(r, "neither a likeness nor a distance is compared by", op);
	return within(r, x, op, y->number);
}

static struct crm_sql_node *is_null(struct reader *r, struct crm_sql_node *x)
{
	struct crm_sql_node *n;
	bool has;

	has = take_word(r, "not");
	if (!take_word(r, "null"))
		return refuse(r, "neither IS NULL nor IS NOT NULL:", r->text);
	if (x->kind != CRM_SQL_COLUMN && x->kind != CRM_SQL_DATE)
		return refuse(r, "IS NULL of what is no column", (struct crm_slice){0});
	n = new_node(r, CRM_SQL_LONE);
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
		refuse(r, "a value where a condition should be", (struct crm_slice){0});
	return n && !r->failed;
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
	return paired(x, kind, y, true) ? x : join(r, kind, x, y);
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
		return refuse(r, "too many brackets", (struct crm_slice){0});
	n = all_of(r);
	while (n && take_word(r, "or"))
		n = chain(r, n, CRM_SQL_OR, all_of(r));
	r->depth--;
	return n;
}

struct crm_sql_node *crm_sql_read(const struct crm_sql_columns *columns, struct crm_slice sql,
				  struct crm_arena *arena, struct crm_err *err)
{
	struct reader r = {.columns = columns, .arena = arena, .err = err};
	struct crm_sql_node *n;

	r.at = sql.ptr;
	r.end = sql.ptr + sql.len;
	next(&r);
	n = any_of(&r);
	if (n && r.token != END)
		refuse(&r, "not expected:", r.text);
	return is_condition(&r, n) ? n : NULL;
}
