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
#include "link/cluster.h"

static const char SQL_IDS[] =
	"SELECT id, CAST(json_extract(raw, :path) AS TEXT) FROM profile ORDER BY id";

/* ---- reading the truth ---- */

struct reader {
	const char *id_name, *cluster_name;
	int id_column, cluster_column; /* -1: not met */
	int column;
	bool header_done, unusable;
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
		rc = crm_fail(err, CRM_DATA, "%s has no column '%s'", path,
			      r->id_column < 0 ? r->id_name : r->cluster_name);
	return rc;
}

/* The index of an id that may not be there, without adding it for good. */
static uint32_t lookup(struct reader *r, struct crm_slice s)
{
	uint32_t had = r->ids.n, id;

	if (s.len == 0 || (id = crm_pool_add(&r->ids, s)) > had)
		return 0;
	return id;
}

static enum crm_status match_profiles(struct crm_truth *t, struct crm_db *db,
				      const struct crm_people *people, struct reader *r)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_IDS);
	bool *met = crm_calloc((size_t)r->ids.n + 1, sizeof(*met));
	struct crm_str path = CRM_STR_INIT, quoted = CRM_STR_INIT;
	uint32_t known = r->ids.n, record = 0, id, found = 0;
	enum crm_status rc;
	bool row;

	crm_json_string(&quoted, crm_slice_of(r->id_name));
	crm_str_addf(&path, "$.%s", quoted.ptr);
	if (st)
		crm_bind_text(st, ":path", path.ptr);
	rc = st ? CRM_OK : crm_db_err(db)->status;
	while (rc == CRM_OK && (rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		while (record < people->n && people->profile[record] < sqlite3_column_int64(st, 0))
			record++;
		if (record == people->n)
			continue;
		id = lookup(r, crm_slice_trim(crm_column(st, 1)));
		if (!id || id > known || !r->of_id[id])
			continue;
		t->cluster[record] = r->of_id[id];
		found += !met[id];
		met[id] = true;
	}
	t->rows = r->rows;
	t->missing = r->rows - found;
	crm_str_release(&path);
	crm_str_release(&quoted);
	free(met);
	return rc;
}

enum crm_status crm_truth_read(struct crm_truth *t, struct crm_db *db,
			       const struct crm_people *people, const char *path, const char *id,
			       const char *cluster)
{
	struct reader r = {
		.id_name = id, .cluster_name = cluster, .id_column = -1, .cluster_column = -1};
	enum crm_status rc;
	uint32_t i;

	memset(t, 0, sizeof(*t));
	t->cluster = crm_calloc((size_t)people->n + 1, sizeof(*t->cluster));
	crm_pool_init(&r.ids);
	crm_pool_init(&r.clusters);
	if ((rc = read_csv(&r, path, crm_db_err(db))) == CRM_OK)
		rc = match_profiles(t, db, people, &r);
	for (i = 1; rc == CRM_OK && i <= r.clusters.n; i++)
		t->pairs += (uint64_t)r.size[i] * (r.size[i] - (r.size[i] > 0)) / 2;
	crm_pool_release(&r.ids);
	crm_pool_release(&r.clusters);
	free(r.of_id);
	free(r.size);
	return rc;
}

void crm_truth_release(struct crm_truth *t)
{
	free(t->cluster);
	t->cluster = NULL;
}

/* ---- measuring ---- */

static void finish(struct crm_metric *m)
{
	m->precision = m->found ? (double)m->right / (double)m->found : NAN;
	m->recall = m->all ? (double)m->right / (double)m->all : NAN;
	m->f1 = m->found + m->all ? 2 * (double)m->right / (double)(m->found + m->all) : NAN;
}

static bool known(const struct crm_truth *t, const struct crm_pair *p)
{
	return t->cluster[p->a] && t->cluster[p->b];
}

static bool same(const struct crm_truth *t, const struct crm_pair *p)
{
	return t->cluster[p->a] == t->cluster[p->b];
}

static struct crm_metric measure_pairs(const struct crm_link *l, const struct crm_truth *t,
				       double least, bool best)
{
	struct crm_metric m = {.what = "pairs", .weight = least, .all = t->pairs}, top;
	size_t i;

	finish(&m);
	top = m;
	for (i = 0; i < l->n_pairs && (best || (double)l->pairs[i].weight >= least); i++) {
		const struct crm_pair *p = &l->pairs[i];

		if (!known(t, p))
			continue;
		m.found++;
		m.right += same(t, p);
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

/* Of records sorted by (root, true cluster), counts pairs within roots and within both. */
static void count_clusters(const uint64_t *keys, size_t n, struct crm_metric *m)
{
	uint64_t in_root = 0, in_both = 0;
	size_t i;

	for (i = 1; i < n; i++) {
		in_root = keys[i] >> 32 == keys[i - 1] >> 32 ? in_root + 1 : 0;
		in_both = keys[i] == keys[i - 1] ? in_both + 1 : 0;
		m->found += in_root;
		m->right += in_both;
	}
}

static int by_number(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

static struct crm_metric measure_clusters(const struct crm_link *l, const struct crm_truth *t,
					  double least)
{
	struct crm_metric m = {.what = "clusters", .weight = least, .all = t->pairs};
	uint64_t *keys = crm_malloc(((size_t)l->people->n + 1) * sizeof(*keys));
	struct crm_clusters clusters;
	size_t i, n = 0;
	uint32_t r;

	crm_clusters_init(&clusters, l->people->n);
	for (i = 0; i < l->n_pairs && (double)l->pairs[i].weight >= least; i++)
		crm_clusters_join(&clusters, l->pairs[i].a, l->pairs[i].b);
	for (r = 0; r < l->people->n; r++) {
		uint32_t root = crm_clusters_root(&clusters, r);

		if (t->cluster[r] && clusters.size[root] > 1)
			keys[n++] = (uint64_t)root << 32 | t->cluster[r];
	}
	qsort(keys, n, sizeof(*keys), by_number);
	count_clusters(keys, n, &m);
	finish(&m);
	crm_clusters_release(&clusters);
	free(keys);
	return m;
}

/* The best of the weights -10, -9.5, … 40. */
static struct crm_metric best_clusters(const struct crm_link *l, const struct crm_truth *t)
{
	struct crm_metric top = measure_clusters(l, t, -10);
	int half;

	for (half = -19; half <= 80; half++) {
		struct crm_metric m = measure_clusters(l, t, half / 2.0);

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
	struct crm_metric blocks = {.what = "blocks", .weight = NAN, .all = t->pairs};
	size_t i;

	for (i = 0; i < l->n_pairs; i++) {
		blocks.found += known(t, &l->pairs[i]);
		blocks.right += known(t, &l->pairs[i]) && same(t, &l->pairs[i]);
	}
	finish(&blocks);
	out[0] = blocks;
	for (i = 0; i < 3; i++) {
		out[1 + i] = measure_pairs(l, t, crm_weight(probabilities[i]), false);
		out[5 + i] = measure_clusters(l, t, crm_weight(probabilities[i]));
	}
	out[4] = measure_pairs(l, t, 0, true);
	out[8] = best_clusters(l, t);
}

void crm_metric_write(const struct crm_metric *m, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "metric");
	crm_json_put(out, "metric", m->what);
	crm_json_key(out, "best");
	crm_json_bool(out, m->best);
	crm_json_key(out, "probability");
	crm_json_real(out, crm_probability(m->weight), 6);
	crm_json_key(out, "weight");
	crm_json_real(out, m->weight, 6);
	crm_json_put_int(out, "found", (int64_t)m->found);
	crm_json_put_int(out, "right", (int64_t)m->right);
	crm_json_put_int(out, "true", (int64_t)m->all);
	crm_json_key(out, "precision");
	crm_json_real(out, m->precision, 6);
	crm_json_key(out, "recall");
	crm_json_real(out, m->recall, 6);
	crm_json_key(out, "f1");
	crm_json_real(out, m->f1, 6);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
