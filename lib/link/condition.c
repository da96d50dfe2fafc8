/* SPDX-License-Identifier: MIT */
/* Conditions are read into a tree, which is then laid out as a list of tests that know where
 * to go on, last test first: evaluating one is a short loop without recursion. */
#include "link/condition.h"

#include <string.h>

#include "link/derive.h"
#include "link/term.h"

#define MAX_NODES 120 /* of a condition; tests are numbered by a signed char */
#define MAX_DEPTH 24

static const struct function {
	const char *name;
	bool number; /* it has a bound */
	bool text;   /* columns need texts */
	const char *of;
	unsigned int as; /* bits of enum crm_column_as; 0: any */
} functions[CRM_MEASURE_FNS] = {
	[CRM_EXACT] = {"exact", false, false, NULL, 0},
	[CRM_KNOWN] = {"known", false, false, NULL, 0},
	[CRM_JARO_WINKLER] = {"jaro_winkler", true, true, NULL, 0},
	[CRM_OSA] = {"osa", true, true, NULL, 0},
	[CRM_LEVENSHTEIN] = {"levenshtein", true, true, NULL, 0},
	[CRM_STARTS] = {"starts", true, true, NULL, 0},
	[CRM_SHORT] = {"short", true, true, NULL, 0},
	[CRM_WITHIN] = {"within", false, true, NULL, 0},
	[CRM_NICKNAME] = {"nickname", false, true, "a name", 1u << CRM_AS_NAME},
	[CRM_WORDS] = {"words", true, true, NULL, 0},
	[CRM_DAYS] = {"days", true, true, "a date", 1u << CRM_AS_DATE},
	[CRM_PARTS] = {"parts", true, true, "a date", 1u << CRM_AS_DATE},
	[CRM_SWAPPED] = {"swapped", false, true, "a date", 1u << CRM_AS_DATE},
	[CRM_YEAR_ONLY] = {"year_only", false, true, "a date", 1u << CRM_AS_DATE},
	[CRM_LEVEL] = {"level", true, false, NULL, 0},
};

struct node {
	enum {
		TEST,
		AND,
		OR,
		NOT
	} how;
	int left, right; /* nodes */
	struct crm_test test;
};

struct reader {
	struct crm_scanner scan;
	struct node node[MAX_NODES];
	int n, depth;
};

static enum crm_status new_node(struct reader *r, int how, int left, int right, int *out)
{
	if (r->n == MAX_NODES)
		return crm_scan_fail(&r->scan, "a condition of more than %d parts", MAX_NODES);
	r->node[r->n] = (struct node){.how = how, .left = left, .right = right};
	*out = r->n++;
	return CRM_OK;
}

/* ---- measures ---- */

static int slot_of(struct crm_measures *all, int column)
{
	int i;

	for (i = 0; i < all->n_slots; i++)
		if (all->slot[i] == column)
			return i;
	all->slot[i] = column;
	return all->n_slots++;
}

/* The number of a measure, new or not. */
static enum crm_status number_of(struct crm_scanner *s, struct crm_measure m, unsigned char *out)
{
	struct crm_measures *all = s->spec->measures;
	int i;

	for (i = 0; i < all->n; i++)
		if (all->measure[i].fn == m.fn && all->measure[i].a == m.a
		    && all->measure[i].b == m.b)
			break;
	if (i == CRM_MEASURES)
		return crm_scan_fail(s, "more than %d different tests", CRM_MEASURES);
	if (i == all->n && m.fn != CRM_LEVEL) {
		m.slot_a = slot_of(all, m.a);
		m.slot_b = slot_of(all, m.b);
		m.scoped = s->spec->column[m.a].as >= CRM_AS_HANDLE;
	}
	if (i == all->n)
		all->measure[all->n++] = m;
	*out = (unsigned char)i;
	return CRM_OK;
}

static enum crm_status scan_level(struct crm_scanner *s, struct crm_measure *m)
{
	struct crm_slice word = crm_scan_word(s);
	int i;

	for (i = 0; word.ptr && i < s->spec->n_comparisons; i++)
		if (crm_slice_is(word, s->spec->comparison[i].name)) {
			m->a = m->b = i;
			return CRM_OK;
		}
	return crm_scan_fail(s, "level is of a comparison that stands before this one");
}

static enum crm_status check_column(struct crm_scanner *s, const struct function *f, int column)
{
	const struct crm_column_spec *c = &s->spec->column[column];

	if (f->as && (c->derive || !(f->as >> c->as & 1)))
		return crm_scan_fail(s, "%s is of %s, which %s is not", f->name, f->of, c->name);
	if (f->text && crm_derived_is_number(c->derive))
		return crm_scan_fail(s, "%s is of texts, and %s is a number", f->name, c->name);
	return CRM_OK;
}

static enum crm_status scan_columns(struct crm_scanner *s, const struct function *f,
				    struct crm_measure *m)
{
	enum crm_status rc = crm_scan_term(s, &m->a);

	m->b = m->a;
	if (rc == CRM_OK && crm_scan_sign(s, ","))
		rc = crm_scan_term(s, &m->b);
	if (rc == CRM_OK)
		rc = check_column(s, f, m->a);
	if (rc == CRM_OK)
		rc = check_column(s, f, m->b);
	if (rc == CRM_OK && !crm_columns_alike(s->spec, m->a, m->b))
		return crm_scan_fail(s, "%s and %s are not of one kind", s->spec->column[m->a].name,
				     s->spec->column[m->b].name);
	return rc;
}

static enum crm_status scan_bound(struct crm_scanner *s, const struct function *f,
				  struct crm_test *t)
{
	t->sign = 1;
	t->bound = 1;
	if (!f->number)
		return CRM_OK;
	if (crm_scan_sign(s, "<="))
		t->sign = -1;
	else if (crm_scan_sign(s, "="))
		t->sign = 0;
	else if (!crm_scan_sign(s, ">="))
		return crm_scan_fail(s, "%s needs a bound: >=, <= or = and a number", f->name);
	return crm_scan_number(s, &t->bound);
}

static int function_of(struct crm_slice word)
{
	int i;

	for (i = 0; i < CRM_MEASURE_FNS; i++)
		if (crm_slice_is(word, functions[i].name))
			return i;
	return -1;
}

static enum crm_status no_test(struct crm_scanner *s)
{
	struct crm_str names = CRM_STR_INIT;
	enum crm_status rc;
	int i;

	for (i = 0; i < CRM_MEASURE_FNS; i++)
		crm_str_addf(&names, i ? ", %s" : "%s", functions[i].name);
	rc = crm_scan_fail(s, "there is no such test; there are %s", names.ptr);
	crm_str_release(&names);
	return rc;
}

static enum crm_status scan_test(struct crm_scanner *s, struct crm_test *t)
{
	size_t from = s->at;
	struct crm_slice word = crm_scan_word(s);
	struct crm_measure m = {0};
	enum crm_status rc;
	int fn = word.ptr ? function_of(word) : -1;

	if (fn < 0) {
		s->at = from;
		return no_test(s);
	}
	m.fn = (enum crm_measure_fn)fn;
	if ((rc = crm_scan_need(s, "(")) != CRM_OK)
		return rc;
	rc = m.fn == CRM_LEVEL ? scan_level(s, &m) : scan_columns(s, &functions[fn], &m);
	if (rc == CRM_OK)
		rc = crm_scan_need(s, ")");
	if (rc == CRM_OK)
		rc = scan_bound(s, &functions[fn], t);
	return rc == CRM_OK ? number_of(s, m, &t->measure) : rc;
}

/* ---- and, or, not ---- */

static enum crm_status read_or(struct reader *r, int *out);

static enum crm_status read_bracket(struct reader *r, int *out)
{
	enum crm_status rc;

	if (++r->depth > MAX_DEPTH)
		return crm_scan_fail(&r->scan, "too many brackets within each other");
	if ((rc = read_or(r, out)) == CRM_OK)
		rc = crm_scan_need(&r->scan, ")");
	r->depth--;
	return rc;
}

static enum crm_status read_one(struct reader *r, int *out)
{
	enum crm_status rc;
	bool negative = false;

	while (crm_scan_sign(&r->scan, "not"))
		negative = !negative;
	if (crm_scan_sign(&r->scan, "(")) {
		rc = read_bracket(r, out);
	} else if ((rc = new_node(r, TEST, 0, 0, out)) == CRM_OK) {
		rc = scan_test(&r->scan, &r->node[*out].test);
	}
	return rc == CRM_OK && negative ? new_node(r, NOT, *out, 0, out) : rc;
}

static enum crm_status read_and(struct reader *r, int *out)
{
	enum crm_status rc = read_one(r, out);
	int right;

	while (rc == CRM_OK && crm_scan_sign(&r->scan, "and"))
		if ((rc = read_one(r, &right)) == CRM_OK)
			rc = new_node(r, AND, *out, right, out);
	return rc;
}

static enum crm_status read_or(struct reader *r, int *out)
{
	enum crm_status rc = read_and(r, out);
	int right;

	while (rc == CRM_OK && crm_scan_sign(&r->scan, "or"))
		if ((rc = read_and(r, &right)) == CRM_OK)
			rc = new_node(r, OR, *out, right, out);
	return rc;
}

/* Lays out a node whose outcomes lead to yes and no; returns where it begins. */
static int lay_out(const struct reader *r, int node, int yes, int no, struct crm_condition *c)
{
	const struct node *n = &r->node[node];
	struct crm_test *t;

	switch (n->how) {
	case NOT:
		return lay_out(r, n->left, no, yes, c);
	case AND:
		return lay_out(r, n->left, lay_out(r, n->right, yes, no, c), no, c);
	case OR:
		return lay_out(r, n->left, yes, lay_out(r, n->right, yes, no, c), c);
	default:
		t = &c->test[c->n];
		*t = n->test;
		t->yes = (signed char)yes;
		t->no = (signed char)no;
		return c->n++;
	}
}

enum crm_status crm_condition_read(struct crm_spec *spec, const char *text,
				   struct crm_condition **out, struct crm_err *err)
{
	struct reader r = {.scan = {spec, text, 0, err}};
	struct crm_condition *c;
	enum crm_status rc;
	int root;

	if ((rc = read_or(&r, &root)) != CRM_OK)
		return rc;
	if (!crm_scan_end(&r.scan))
		return crm_scan_fail(&r.scan, "'and' or 'or' is missing");
	c = crm_arena_alloc(&spec->arena, sizeof(*c) + (size_t)r.n * sizeof(c->test[0]));
	c->n = 0;
	c->first = lay_out(&r, root, CRM_HOLDS, CRM_FAILS, c);
	*out = c;
	return CRM_OK;
}

bool crm_condition_holds(const struct crm_condition *c, double (*measure)(void *data, int number),
			 void *data)
{
	int at = c->first;

	while (at >= 0) {
		const struct crm_test *t = &c->test[at];

		at = crm_test_holds(t, measure(data, t->measure)) ? t->yes : t->no;
	}
	return at == CRM_HOLDS;
}

int crm_condition_exact(const struct crm_condition *c, const struct crm_measures *measures,
			int column[CRM_KEYS])
{
	int at = c->first, n = 0;

	for (; at >= 0; at = c->test[at].yes) {
		const struct crm_measure *m = &measures->measure[c->test[at].measure];

		if (c->test[at].no != CRM_FAILS || m->fn != CRM_EXACT || m->a != m->b
		    || n == CRM_KEYS)
			return 0;
		column[n++] = m->a;
	}
	return at == CRM_HOLDS ? n : 0;
}
