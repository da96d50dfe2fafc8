/* SPDX-License-Identifier: MIT */
/* Precision and recall; see evaluate.h. */
#include "link/evaluate.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "link/place.h"

/* ---- reading the truth ---- */

struct reader {
	const char *id_name, *cluster_name;
	int id_column, cluster_column; /* -1: not met */
	int column;
	bool header_done;
	struct crm_pool ids, clusters;
	uint32_t id, cluster;
	uint32_t *of_id; /* id → cluster */
	size_t cap;
	uint32_t *size; /* cluster → rows */
	size_t cap_size;
	uint32_t rows;
};

static void header_cell(struct reader *r, struct crm_slice s)
{
	if (r->column == 0 && s.len >= 3 && memcmp(s.ptr, "\xef\xbb\xbf", 3) == 0)
		s.ptr += 3, s.len -= 3;
	if (crm_slice_is(s, r->id_name))
		r->id_column = r->column;
	if (crm_slice_is(s, r->cluster_name))
		r->cluster_column = r->column;
}

static void on_cell(void *bytes, size_t len, void *data)
{
	struct crm_slice s = crm_slice_trim((struct crm_slice){bytes ? bytes : "", len});
	struct reader *r = data;

	if (!r->header_done)
		header_cell(r, s);
	else if (s.len > 0 && r->column == r->id_column)
		r->id = crm_pool_add(&r->ids, s);
	if (r->header_done && s.len > 0 && r->column == r->cluster_column)
		r->cluster = crm_pool_add(&r->clusters, s);
	r->column++;
}

static void on_row(int end, void *data)
{
	struct reader *r = data;
	size_t had = r->cap, had_size = r->cap_size;

	(void)end;
	r->column = 0;
	if (!r->header_done) {
		r->header_done = true;
		return;
	}
	CRM_GROW(r->of_id, (size_t)r->ids.n + 1, r->cap);
	if (r->cap > had)
		memset(r->of_id + had, 0, (r->cap - had) * sizeof(*r->of_id));
	CRM_GROW(r->size, (size_t)r->clusters.n + 1, r->cap_size);
	if (r->cap_size > had_size)
		memset(r->size + had_size, 0, (r->cap_size - had_size) * sizeof(*r->size));
	if (r->id && r->cluster && !r->of_id[r->id]) {
		r->of_id[r->id] = r->cluster;
		r->size[r->cluster]++;
		r->rows++;
	}
	r->id = r->cluster = 0;
}

static enum crm_status read_csv(struct reader *r, const char *path, struct crm_err *err)
{
	enum crm_status rc = CRM_OK;
	struct csv_parser csv;
	char buf[65536];
	FILE *file;
	size_t n;

	if (!(file = fopen(path, "rb")))
		return crm_fail(err, CRM_NO_INPUT, "cannot open '%s': %s", path, strerror(errno));
	csv_init(&csv, CSV_APPEND_NULL);
	while (rc == CRM_OK && (n = fread(buf, 1, sizeof(buf), file)) > 0)
		if (csv_parse(&csv, buf, n, on_cell, on_row, r) != n)
			rc = crm_fail(err, CRM_DATA, "%s: %s", path, csv_strerror(csv_error(&csv)));
	if (rc == CRM_OK && ferror(file))
		rc = crm_fail(err, CRM_IO, "cannot read '%s': %s", path, strerror(errno));
	csv_fini(&csv, on_cell, on_row, r);
	csv_free(&csv);
	fclose(file);
	if (rc == CRM_OK && (r->id_column < 0 || r->cluster_column < 0))
		rc = crm_fail(err, CRM_DATA, "%s has no column '%s': name it by --truth-%s", path,
			      r->id_column < 0 ? r->id_name : r->cluster_name,
			      r->id_column < 0 ? "id" : "cluster");
	return rc;
}

/* ---- where the truth's records lie ---- */

/* New: the rows of n records that are placed. */
static struct crm_truth_row *place_rows(const struct reader *r, const uint32_t *record, size_t *n)
{
	struct crm_truth_row *rows = crm_malloc(((size_t)r->rows + 1) * sizeof(*rows));
	uint32_t id;

	for (id = 1; id <= r->ids.n; id++)
		if (r->of_id[id] && record[id] != CRM_NOWHERE)
			rows[(*n)++] = (struct crm_truth_row){record[id], r->of_id[id]};
	return rows;
}

static int row_order(const void *x, const void *y)
{
	const struct crm_truth_row *a = x, *b = y;

	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return (a->cluster > b->cluster) - (a->cluster < b->cluster);
}

/* n * (n - 1) / 2 */
static uint64_t pairs_of(uint64_t n)
{
	return n ? n * (n - 1) / 2 : 0;
}

void crm_truth_make(struct crm_truth *t, uint32_t records, struct crm_truth_row *rows, size_t n,
		    uint32_t *size, uint32_t clusters)
{
	uint32_t r, c, parts = 0;
	size_t i = 0;

	memset(t, 0, sizeof(*t));
	t->start = crm_calloc((size_t)records + 1, sizeof(*t->start));
	t->on = crm_calloc((size_t)records + 1, sizeof(*t->on));
	t->part = crm_malloc((n + 1) * sizeof(*t->part));
	t->size = size;
	if (n > 0)
		qsort(rows, n, sizeof(*rows), row_order);
	for (r = 0; r < records; r++) {
		for (; i < n && rows[i].record == r; i++, t->on[r]++) {
			if (!t->on[r] || rows[i].cluster != rows[i - 1].cluster)
				t->part[parts++] = (struct crm_truth_part){rows[i].cluster, 0};
			t->part[parts - 1].rows++;
		}
		t->start[r + 1] = parts;
	}
	for (c = 1; c <= clusters; c++) {
		t->rows += size[c];
		t->pairs += pairs_of(size[c]);
	}
	t->missing = t->rows - (uint32_t)n;
}

enum crm_status crm_truth_read(struct crm_truth *t, struct crm_db *db,
			       const struct crm_people *people, const char *path, const char *id,
			       const char *cluster)
{
	struct reader r = {
		.id_name = id, .cluster_name = cluster, .id_column = -1, .cluster_column = -1};
	uint32_t *record = NULL;
	struct crm_truth_row *rows;
	enum crm_status rc;
	size_t n = 0;

	memset(t, 0, sizeof(*t));
	crm_pool_init(&r.ids);
	crm_pool_init(&r.clusters);
	if ((rc = read_csv(&r, path, crm_db_err(db))) == CRM_OK) {
		record = crm_malloc(((size_t)r.ids.n + 1) * sizeof(*record));
		rc = crm_place_values(db, people, id, &r.ids, record);
	}
	if (rc == CRM_OK) {
		rows = place_rows(&r, record, &n);
		crm_truth_make(t, people->n, rows, n, r.size, r.size ? r.clusters.n : 0);
		free(rows);
	} else {
		free(r.size);
	}
	crm_pool_release(&r.ids);
	crm_pool_release(&r.clusters);
	free(r.of_id);
	free(record);
	return rc;
}

void crm_truth_release(struct crm_truth *t)
{
	free(t->start);
	free(t->part);
	free(t->on);
	free(t->size);
	memset(t, 0, sizeof(*t));
}

/* ---- measuring ---- */

static void finish(struct crm_metric *m)
{
	m->precision = m->found ? (double)m->right / (double)m->found : NAN;
	m->recall = m->all ? (double)m->right / (double)m->all : NAN;
	m->f1 = m->found + m->all ? 2 * (double)m->right / (double)(m->found + m->all) : NAN;
}

/* Counts what lies on one record: together whatever is linked. */
static void count_alone(const struct crm_truth *t, uint32_t record, struct crm_metric *m)
{
	uint32_t i;

	m->found += pairs_of(t->on[record]);
	for (i = t->start[record]; i < t->start[record + 1]; i++)
		m->right += pairs_of(t->part[i].rows);
}

/* Counts the pairs of a record of the truth on a and one on b. */
static void count_pair(const struct crm_truth *t, const struct crm_pair *p, struct crm_metric *m)
{
	uint32_t i = t->start[p->a], j = t->start[p->b];

	m->found += (uint64_t)t->on[p->a] * t->on[p->b];
	while (i < t->start[p->a + 1] && j < t->start[p->b + 1]) {
		const struct crm_truth_part *x = &t->part[i], *y = &t->part[j];

		if (x->cluster == y->cluster)
			m->right += (uint64_t)x->rows * y->rows;
		i += x->cluster <= y->cluster;
		j += y->cluster <= x->cluster;
	}
}

/* Of no pair of records at all. */
static struct crm_metric measure_none(const struct crm_link *l, const struct crm_truth *t,
				      const char *what, double weight)
{
	struct crm_metric m = {.what = what, .weight = weight, .all = t->pairs};
	uint32_t r;

	for (r = 0; r < l->people->n; r++)
		count_alone(t, r, &m);
	finish(&m);
	return m;
}

static struct crm_metric measure_pairs(const struct crm_link *l, const struct crm_truth *t,
				       double least, bool best)
{
	struct crm_metric m = measure_none(l, t, "pairs", least), top = m;
	size_t i;

	for (i = 0; i < l->n_pairs && (best || (double)l->pairs[i].weight >= least); i++) {
		const struct crm_pair *p = &l->pairs[i];

		count_pair(t, p, &m);
		if (i + 1 < l->n_pairs && l->pairs[i + 1].weight >= p->weight)
			continue; /* of equal weights all or none */
		finish(&m);
		m.weight = (double)p->weight;
		if (best && m.f1 > top.f1)
			top = m;
	}
	if (best) {
		top.best = true;
		return top;
	}
	m.weight = least;
	finish(&m);
	return m;
}

/* ---- measuring groups ---- */

/* A part with the group that its record is in. */
struct member {
	uint64_t group;
	struct crm_truth_part part;
};

struct members {
	struct member *m;
	size_t n;
};

static int member_order(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->part.cluster > b->part.cluster) - (a->part.cluster < b->part.cluster);
}

static struct members members_new(const struct crm_link *l, const struct crm_truth *t)
{
	size_t parts = t->start[l->people->n];

	return (struct members){crm_malloc((parts + 1) * sizeof(struct member)), 0};
}

static void members_add(struct members *all, const struct crm_truth *t, uint32_t record,
			uint64_t group)
{
	uint32_t i;

	for (i = t->start[record]; i < t->start[record + 1]; i++)
		all->m[all->n++] = (struct member){group, t->part[i]};
}

/* Counts n members, all of one group and in the order of clusters: rows of them. The sums
 * of B-cubed over records go to where its means will be. */
static void count_group(const struct crm_truth *t, const struct member *g, size_t n, uint64_t rows,
			struct crm_metric *m)
{
	size_t i, end;

	m->found += pairs_of(rows);
	for (i = 0; i < n; i = end) {
		uint64_t same = 0;

		for (end = i; end < n && g[end].part.cluster == g[i].part.cluster; end++)
			same += g[end].part.rows;
		m->right += pairs_of(same);
		m->b3_precision += (double)same * (double)same / (double)rows;
		m->b3_recall += (double)same * (double)same / (double)t->size[g[i].part.cluster];
	}
}

/* Adds the groups and finishes m. */
static void count_groups(struct members *all, const struct crm_truth *t, struct crm_metric *m)
{
	double stored = (double)(t->rows - t->missing), rows = (double)t->rows;
	size_t i, end;

	qsort(all->m, all->n, sizeof(*all->m), member_order);
	for (i = 0; i < all->n; i = end) {
		uint64_t in_group = 0;

		for (end = i; end < all->n && all->m[end].group == all->m[i].group; end++)
			in_group += all->m[end].part.rows;
		count_group(t, &all->m[i], end - i, in_group, m);
	}
	finish(m);
	m->grouped = true;
	m->b3_precision = stored > 0 ? m->b3_precision / stored : NAN;
	m->b3_recall = rows > 0 ? m->b3_recall / rows : NAN;
	m->b3_f1 = 2 * m->b3_precision * m->b3_recall / (m->b3_precision + m->b3_recall);
}

static struct crm_metric measure_people(const struct crm_link *l, const struct crm_truth *t)
{
	struct crm_metric m = {.what = "people", .weight = NAN, .all = t->pairs};
	struct members all = members_new(l, t);
	uint32_t r;

	for (r = 0; r < l->people->n; r++)
		members_add(&all, t, r, (uint64_t)l->people->person[r]);
	count_groups(&all, t, &m);
	free(all.m);
	return m;
}

/* Counts the groups of records that are laid out in order, where a new one begins at each
 * place of a level below least. */
static struct crm_metric measure_groups(const struct crm_link *l, const struct crm_truth *t,
					const struct crm_groups *g, const char *what, double least)
{
	struct crm_metric m = {.what = what, .weight = least, .all = t->pairs};
	struct members all = members_new(l, t);
	uint32_t from, end, i;

	for (from = 0; from < g->n; from = end) {
		size_t had = all.n;

		end = crm_groups_end(g, from, least);
		for (i = from; i < end; i++)
			members_add(&all, t, g->order[i], from);
		if (end - from > 1)
			continue;
		/* Most are by themselves: at once, without sorting them. */
		count_group(t, all.m + had, all.n - had, t->on[g->order[from]], &m);
		all.n = had;
	}
	count_groups(&all, t, &m);
	free(all.m);
	return m;
}

/* The best of the weights -10, -9.5, … 40. */
static struct crm_metric best_groups(const struct crm_link *l, const struct crm_truth *t,
				     const struct crm_groups *g, const char *what)
{
	struct crm_metric top = measure_groups(l, t, g, what, -10);
	int half;

	for (half = -19; half <= 80; half++) {
		struct crm_metric m = measure_groups(l, t, g, what, half / 2.0);

		if (m.f1 > top.f1)
			top = m;
	}
	top.best = true;
	return top;
}

void crm_evaluate(const struct crm_link *l, const struct crm_truth *t,
		  struct crm_metric out[CRM_METRICS])
{
	static const double probabilities[3] = {.5, .95, .99};
	struct crm_metric blocks = measure_none(l, t, "blocks", NAN);
	struct crm_groups components;
	size_t i;

	crm_groups_components(l->people->n, l->pairs, l->n_pairs, &components);

	for (i = 0; i < l->n_pairs; i++)
		count_pair(t, &l->pairs[i], &blocks);
	finish(&blocks);
	out[0] = measure_people(l, t);
	out[1] = blocks;
	for (i = 0; i < 3; i++) {
		out[2 + i] = measure_pairs(l, t, crm_weight(probabilities[i]), false);
		out[6 + i] = measure_groups(l, t, &components, "components",
					    crm_weight(probabilities[i]));
		out[10 + i] =
			measure_groups(l, t, &l->groups, "clusters", crm_weight(probabilities[i]));
	}
	out[5] = measure_pairs(l, t, 0, true);
	out[9] = best_groups(l, t, &components, "components");
	out[13] = best_groups(l, t, &l->groups, "clusters");
	crm_groups_release(&components);
}

static void put_real(struct crm_str *out, const char *key, double x)
{
	crm_json_key(out, key);
	crm_json_real(out, x, 6);
}

void crm_metric_write(const struct crm_metric *m, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "metric");
	crm_json_put(out, "metric", m->what);
	crm_json_key(out, "best");
	crm_json_bool(out, m->best);
	put_real(out, "probability", crm_probability(m->weight));
	put_real(out, "weight", m->weight);
	crm_json_put_int(out, "found", (int64_t)m->found);
	crm_json_put_int(out, "right", (int64_t)m->right);
	crm_json_put_int(out, "true", (int64_t)m->all);
	put_real(out, "precision", m->precision);
	put_real(out, "recall", m->recall);
	put_real(out, "f1", m->f1);
	if (m->grouped) {
		put_real(out, "b3_precision", m->b3_precision);
		put_real(out, "b3_recall", m->b3_recall);
		put_real(out, "b3_f1", m->b3_f1);
	}
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
