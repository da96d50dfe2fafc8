/* SPDX-License-Identifier: MIT */
/* The stages component and cluster; see shard.h. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "link/cluster.h"
#include "link/groups.h"
#include "link/shard_parts.h"

/* ---- components ---- */

struct parting {
	struct crm_shard *s;
	struct crm_shard_entry **record; /* by profile, n of them */
	uint32_t n;
	struct crm_clusters clusters,
		firm;    /* firm: who is together so firmly that it is learnt from */
	uint32_t *first; /* root → the first record of its component */
	size_t lost;     /* matches without their records */
};

static bool find_record(const struct parting *p, int64_t profile, uint32_t *record)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->record[mid]->profile < profile)
			low = mid + 1;
		else
			high = mid;
	}
	*record = low;
	return low < p->n && p->record[low]->profile == profile;
}

/* Joins what is linked: what is linked firmly in firm as well. */
static void join_pairs(struct parting *p)
{
	size_t i;

	for (i = 0; i < p->s->n_pairs; i++) {
		const struct crm_shard_pair *pair = &p->s->pair[i];
		uint32_t a, b;

		if (!find_record(p, pair->a, &a) || !find_record(p, pair->b, &b)) {
			p->lost++;
			continue;
		}
		crm_clusters_join(&p->clusters, a, b);
		if (pair->weight >= CRM_GROUPS_FIRM)
			crm_clusters_join(&p->firm, a, b);
	}
}

static int person_order(const void *x, const void *y)
{
	const struct crm_shard_entry *a = *(const struct crm_shard_entry *const *)x;
	const struct crm_shard_entry *b = *(const struct crm_shard_entry *const *)y;

	return (a->person > b->person) - (a->person < b->person);
}

static void join_people(struct parting *p)
{
	struct crm_shard_entry **e = crm_malloc(((size_t)p->n + 1) * sizeof(*e));
	uint32_t i;

	for (i = 0; i < p->n; i++)
		e[i] = p->record[i];
	qsort(e, p->n, sizeof(struct crm_shard_entry *), person_order);
	for (i = 1; i < p->n; i++)
		if (e[i]->person == e[i - 1]->person) {
			crm_clusters_join(&p->clusters, e[i]->record, e[i - 1]->record);
			crm_clusters_join(&p->firm, e[i]->record, e[i - 1]->record);
		}
	free(e);
}

/* Who is linked with anybody is in one component: sources that have each person once say
 * something of all of their pairs. */
static void join_all(struct parting *p)
{
	uint32_t i, last = p->n;

	for (i = 0; i < p->n; i++) {
		uint32_t root = crm_clusters_root(&p->clusters, i);

		if (p->clusters.size[root] < 2)
			continue;
		if (last < p->n)
			crm_clusters_join(&p->clusters, last, i);
		last = i;
	}
}

static void write_key(const struct parting *p, uint32_t root, struct crm_str *out)
{
	crm_str_addf(out, "%016llx\t", (unsigned long long)p->record[p->first[root]]->profile);
}

static void write_line(const struct parting *p, uint32_t root, size_t at, size_t len,
		       struct crm_str *out)
{
	write_key(p, root, out);
	crm_str_add(out, p->s->text.ptr + at, len);
	crm_str_addc(out, '\n');
}

/* The line that each component has, with what is counted over all. */
static void write_head(const struct parting *p, uint32_t root, float third, struct crm_str *out)
{
	struct crm_str line = CRM_STR_INIT;

	crm_json_open(&line, '{');
	crm_json_put(&line, "type", "component");
	crm_json_key(&line, "third");
	crm_json_real(&line, (double)third, 17);
	crm_json_close(&line, '}');
	write_key(p, root, out);
	crm_str_add(out, line.ptr, line.len);
	crm_str_addc(out, '\n');
	crm_str_release(&line);
}

static void write_components(struct parting *p, float third, struct crm_str *out)
{
	const struct crm_shard *s = p->s;
	uint32_t i, a, b, root;
	size_t k;

	p->first = crm_malloc(((size_t)p->n + 1) * sizeof(*p->first));
	for (i = p->n; i-- > 0;)
		p->first[crm_clusters_root(&p->clusters, i)] = i;
	for (i = 0; i < p->n; i++) {
		root = crm_clusters_root(&p->clusters, i);
		if (p->clusters.size[root] < 2)
			continue;
		if (p->first[root] == i)
			write_head(p, root, third, out);
		write_line(p, root, p->record[i]->at, p->record[i]->len, out);
	}
	for (k = 0; k < s->n_pairs; k++)
		if (find_record(p, s->pair[k].a, &a) && find_record(p, s->pair[k].b, &b))
			write_line(p, crm_clusters_root(&p->clusters, a), s->pair[k].at,
				   s->pair[k].len, out);
}

size_t crm_shard_component(struct crm_shard *s, struct crm_str *out)
{
	struct parting p = {.s = s};
	float third;

	p.record = crm_shard_order(s, &p.n);
	crm_clusters_init(&p.clusters, p.n);
	crm_clusters_init(&p.firm, p.n);
	join_pairs(&p);
	join_people(&p);
	third = crm_groups_third(s->whole->profiles, &p.firm);
	if (s->whole->n_single > 0) {
		join_all(&p);
		third = NAN; /* to be found there, where all are together */
	}
	write_components(&p, third, out);
	crm_clusters_release(&p.clusters);
	crm_clusters_release(&p.firm);
	free(p.record);
	free(p.first);
	crm_shard_clear(s);
	return p.lost;
}

/* ---- clusters ---- */

/* The pairs with their weights, which lines have rounded. Returns how many lack a record. */
static size_t take_pairs(struct crm_shard *s)
{
	struct crm_link *l = &s->link;
	signed char level[CRM_COMPARISONS];
	size_t i, lost = 0;

	l->pairs = crm_malloc((s->n_pairs + 1) * sizeof(*l->pairs));
	for (i = 0; i < s->n_pairs; i++) {
		int64_t x = crm_people_find(l->people, s->pair[i].a);
		int64_t y = crm_people_find(l->people, s->pair[i].b);
		uint32_t a = (uint32_t)(x < y ? x : y), b = (uint32_t)(x < y ? y : x);
		double weight = s->pair[i].weight;

		if (x < 0 || y < 0 || x == y) {
			lost++;
			continue;
		}
		if (isfinite(weight)) {
			crm_compare(l->people, a, b, level);
			weight = crm_scorer_weight(l->scorer, a, b, crm_pattern(l->spec, level));
		}
		l->pairs[l->n_pairs++] = (struct crm_pair){a, b, (float)weight, 0};
	}
	crm_pairs_sort(l->pairs, l->n_pairs, 1);
	for (i = 0, s->n_pairs = 0; i < l->n_pairs; i++) /* what came twice, once */
		if (s->n_pairs == 0 || l->pairs[i].a != l->pairs[s->n_pairs - 1].a
		    || l->pairs[i].b != l->pairs[s->n_pairs - 1].b)
			l->pairs[s->n_pairs++] = l->pairs[i];
	l->n_pairs = s->n_pairs;
	return lost;
}

size_t crm_shard_cluster(struct crm_shard *s, double threshold, bool all, struct crm_str *out)
{
	struct crm_link_options options = {.threads = 1};
	struct crm_link *l = &s->link;
	uint32_t from, end;
	size_t lost, i;

	crm_shard_people(s);
	crm_shard_decisions(s);
	l->scorer = crm_scorer_new(&l->model, l->people);
	lost = take_pairs(s);
	crm_link_group(l, threshold, &options);
	crm_link_cut(l, threshold);
	for (from = 0; from < l->groups.n; from = end) {
		end = crm_groups_end(&l->groups, from, threshold);
		if (crm_group_counts(l, from, threshold, all))
			crm_group_write(l, from, threshold, out);
	}
	for (i = 0; i < l->n_cuts; i++)
		crm_cut_write(l, &l->cuts[i], threshold, out);
	crm_shard_clear(s);
	return lost;
}
