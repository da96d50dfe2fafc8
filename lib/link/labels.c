/* SPDX-License-Identifier: MIT */
/* Judged pairs from files; see labels.h. */
#include "link/labels.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/place.h"

/* What a column or member is for. */
enum role {
	ROLE_LEFT,
	ROLE_RIGHT,
	ROLE_SCORE,
	ROLES
};

/* Splink names the table a record is from like this; it is no id. */
static const char source_column[] = "source_dataset";
static const char *const score_columns[] = {"score", "same", "decision", "answer",
					    "clerical_match_score"};

struct line {
	uint32_t left, right; /* in ids */
	float score;
};

struct reader {
	const char *path;
	struct crm_err *err;
	enum crm_status rc;
	uint64_t row;
	bool header_done;
	int column, role[ROLES]; /* CSV: which column; -1 */
	struct crm_str cell[ROLES];
	struct crm_str name; /* NAME of NAME_l and NAME_r; empty: profiles */
	struct crm_pool ids;
	struct line *lines;
	size_t n, cap;
};

static enum crm_status bad(struct reader *r, const char *what)
{
	if (r->rc == CRM_OK)
		r->rc = crm_fail(r->err, CRM_DATA, "%s:%llu: %s", r->path,
				 (unsigned long long)r->row, what);
	return r->rc;
}

/* A judgement; false for one that says nothing. CRM_DATA is set where it is none. */
static bool judgement(struct reader *r, struct crm_slice s, float *score)
{
	char buf[40], *end;

	if (s.len == 0 || crm_slice_is(s, "?") || crm_slice_is(s, "null"))
		return false;
	*score = 1;
	if (crm_slice_is_caseless(s, "yes") || crm_slice_is_caseless(s, "y")
	    || crm_slice_is_caseless(s, "true"))
		return true;
	*score = 0;
	if (crm_slice_is_caseless(s, "no") || crm_slice_is_caseless(s, "n")
	    || crm_slice_is_caseless(s, "false"))
		return true;
	if (s.len < sizeof(buf)) {
		memcpy(buf, s.ptr, s.len);
		buf[s.len] = '\0';
		*score = strtof(buf, &end);
		if (end > buf && !*end && *score >= 0 && *score <= 1)
			return true;
	}
	bad(r, "a judgement is 0 to 1, yes or no");
	return false;
}

static void take(struct reader *r)
{
	struct crm_slice part[ROLES];
	struct line line;
	int i;

	for (i = 0; i < ROLES; i++)
		part[i] = crm_slice_trim((struct crm_slice){r->cell[i].ptr, r->cell[i].len});
	if (!judgement(r, part[ROLE_SCORE], &line.score))
		return;
	if (part[ROLE_LEFT].len == 0 || part[ROLE_RIGHT].len == 0) {
		bad(r, "a record is missing");
		return;
	}
	line.left = crm_pool_add(&r->ids, part[ROLE_LEFT]);
	line.right = crm_pool_add(&r->ids, part[ROLE_RIGHT]);
	CRM_GROW(r->lines, r->n + 1, r->cap);
	r->lines[r->n++] = line;
}

/* ---- names ---- */

static bool is_score(struct crm_slice name)
{
	size_t i;

	for (i = 0; i < sizeof(score_columns) / sizeof(score_columns[0]); i++)
		if (crm_slice_is(name, score_columns[i]))
			return true;
	return false;
}

/* Is it NAME and this ending? A first one decides what NAME is. */
static bool is_side(struct reader *r, struct crm_slice s, const char *end)
{
	if (s.len < 3 || memcmp(s.ptr + s.len - 2, end, 2) != 0)
		return false;
	s.len -= 2;
	if (crm_slice_is(s, source_column))
		return false;
	if (r->name.len == 0)
		crm_str_add(&r->name, s.ptr, s.len);
	return crm_slice_same(s, (struct crm_slice){r->name.ptr, r->name.len});
}

/* What a name stands for; ROLES: nothing. */
static enum role role_of(struct reader *r, struct crm_slice s)
{
	if (is_score(s))
		return ROLE_SCORE;
	if (r->name.len == 0 && crm_slice_is(s, "a"))
		return ROLE_LEFT;
	if (r->name.len == 0 && crm_slice_is(s, "b"))
		return ROLE_RIGHT;
	if (is_side(r, s, "_l"))
		return ROLE_LEFT;
	return is_side(r, s, "_r") ? ROLE_RIGHT : ROLES;
}

/* ---- CSV ---- */

static void on_cell(void *bytes, size_t len, void *data)
{
	struct crm_slice s = crm_slice_trim((struct crm_slice){bytes ? bytes : "", len});
	struct reader *r = data;
	int i;

	if (!r->header_done) {
		enum role role = role_of(r, s);

		if (role < ROLES && r->role[role] < 0)
			r->role[role] = r->column;
	} else {
		for (i = 0; i < ROLES; i++)
			if (r->column == r->role[i])
				crm_str_add(&r->cell[i], s.ptr, s.len);
	}
	r->column++;
}

static void on_row(int end, void *data)
{
	struct reader *r = data;
	int i;

	(void)end;
	r->row++;
	r->column = 0;
	if (r->header_done)
		take(r);
	else if (r->role[ROLE_LEFT] < 0 || r->role[ROLE_RIGHT] < 0 || r->role[ROLE_SCORE] < 0)
		bad(r, "a file of judgements has columns a and b, or NAME_l and NAME_r, and score");
	r->header_done = true;
	for (i = 0; i < ROLES; i++)
		crm_str_clear(&r->cell[i]);
}

static void read_csv(struct reader *r, const char *text, size_t len)
{
	struct csv_parser csv;

	csv_init(&csv, CSV_APPEND_NULL);
	if (csv_parse(&csv, text, len, on_cell, on_row, r) != len)
		bad(r, csv_strerror(csv_error(&csv)));
	csv_fini(&csv, on_cell, on_row, r);
	csv_free(&csv);
}

/* ---- JSON lines ---- */

static void take_object(struct reader *r, const struct crm_json_doc *doc)
{
	const struct crm_json_value *root = &doc->values[0];
	bool met[ROLES] = {false};
	uint32_t i;
	int k;

	for (k = 0; k < ROLES; k++)
		crm_str_clear(&r->cell[k]);
	for (i = 1; root->type == CRM_JSON_OBJECT && i < root->next; i = doc->values[i].next) {
		enum role role = role_of(r, doc->values[i].key);

		if (role < ROLES && !met[role]) {
			crm_json_text(&doc->values[i], &r->cell[role]);
			met[role] = true;
		}
	}
	if (met[ROLE_LEFT] && met[ROLE_RIGHT] && met[ROLE_SCORE])
		take(r);
	else
		bad(r, "a judgement has a and b, or NAME_l and NAME_r, and score");
}

static void read_lines(struct reader *r, const char *text, size_t len)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const char *end = text + len, *next;

	for (; text < end && r->rc == CRM_OK; text = next) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		struct crm_slice s = crm_slice_trim(
			(struct crm_slice){text, (size_t)((stop ? stop : end) - text)});

		next = stop ? stop + 1 : end;
		r->row++;
		if (s.len == 0)
			continue;
		if (crm_json_scan(&doc, s.ptr, s.len) != CRM_OK)
			bad(r, doc.error);
		else
			take_object(r, &doc);
	}
	crm_json_doc_release(&doc);
}

static enum crm_status read_text(struct reader *r, struct crm_slice s)
{
	if (s.len >= 3 && memcmp(s.ptr, "\xef\xbb\xbf", 3) == 0)
		s.ptr += 3, s.len -= 3;
	if (crm_slice_trim(s).len > 0 && *crm_slice_trim(s).ptr == '{')
		read_lines(r, s.ptr, s.len);
	else
		read_csv(r, s.ptr, s.len);
	return r->rc;
}

/* ---- the pairs ---- */

void crm_labels_add(struct crm_labels *labels, uint32_t a, uint32_t b, double score)
{
	CRM_GROW(labels->label, labels->n + 1, labels->cap);
	labels->label[labels->n] =
		(struct crm_label){a < b ? a : b, a < b ? b : a, (float)score, (uint32_t)labels->n};
	labels->n++;
}

static enum crm_status place(struct reader *r, struct crm_labels *labels, struct crm_db *db,
			     const struct crm_people *people)
{
	uint32_t *record = crm_malloc(((size_t)r->ids.n + 1) * sizeof(*record));
	enum crm_status rc = CRM_OK;
	size_t i;

	if (r->name.len > 0)
		rc = crm_place_values(db, people, r->name.ptr, &r->ids, record);
	else
		crm_place_profiles(people, &r->ids, record);
	for (i = 0; rc == CRM_OK && i < r->n; i++) {
		uint32_t a = record[r->lines[i].left], b = record[r->lines[i].right];

		if (a == CRM_NOWHERE || b == CRM_NOWHERE)
			labels->unknown++;
		else if (a != b)
			crm_labels_add(labels, a, b, (double)r->lines[i].score);
	}
	free(record);
	return rc;
}

enum crm_status crm_labels_parse(struct crm_labels *labels, struct crm_db *db,
				 const struct crm_people *people, const char *name,
				 struct crm_slice text)
{
	struct reader r = {.path = name, .err = crm_db_err(db), .role = {-1, -1, -1}};
	enum crm_status rc;
	int i;

	for (i = 0; i < ROLES; i++)
		r.cell[i] = (struct crm_str)CRM_STR_INIT;
	r.name = (struct crm_str)CRM_STR_INIT;
	crm_pool_init(&r.ids);
	if ((rc = read_text(&r, text)) == CRM_OK)
		rc = place(&r, labels, db, people);
	for (i = 0; i < ROLES; i++)
		crm_str_release(&r.cell[i]);
	crm_str_release(&r.name);
	crm_pool_release(&r.ids);
	free(r.lines);
	return rc;
}

enum crm_status crm_labels_read(struct crm_labels *labels, struct crm_db *db,
				const struct crm_people *people, const char *path)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc = crm_file_read(path, &text, crm_db_err(db));

	if (rc == CRM_OK)
		rc = crm_labels_parse(labels, db, people, path,
				      (struct crm_slice){text.ptr, text.len});
	crm_str_release(&text);
	return rc;
}

static int pair_order(const struct crm_label *p, const struct crm_label *q)
{
	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

static int label_order(const void *x, const void *y)
{
	const struct crm_label *p = x, *q = y;
	int order = pair_order(p, q);

	return order ? order : (p->nth > q->nth) - (p->nth < q->nth);
}

void crm_labels_sort(struct crm_labels *labels)
{
	size_t i, kept = 0;

	if (labels->n > 0)
		qsort(labels->label, labels->n, sizeof(*labels->label), label_order);
	for (i = 0; i < labels->n; i++)
		if (i + 1 == labels->n || pair_order(&labels->label[i], &labels->label[i + 1]) != 0)
			labels->label[kept++] = labels->label[i];
	labels->n = kept;
}

void crm_labels_release(struct crm_labels *labels)
{
	free(labels->label);
	*labels = (struct crm_labels)CRM_LABELS_INIT;
}
