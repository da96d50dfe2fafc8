/* SPDX-License-Identifier: MIT */
/*
 * The rules of group.h, by union-find: the smallest profile of a set is its root, so that a
 * root is the same whichever way the set came about.
 *
 * Names are compared once for each pair of distinct ones. A unit has a set of names (mostly
 * one), numbered as its signature; people are then sets of signatures, and whether two may
 * be joined is a look into a matrix for each pair of these.
 */
#include "store/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/table.h"
#include "norm/name.h"

#define UNKNOWN_YET 0xFF

struct set { /* of numbers, in the order they came */
	uint32_t *ids;
	size_t n, cap;
};

enum level {
	NEVER,
	AGREED,
	NOT_COMPARED
};

struct seen { /* a unit at an address */
	uint32_t profile, signature;
};

struct work {
	struct crm_group *g;
	uint32_t *root;    /* union-find: parents */
	struct set *names; /* of each root: numbers of names; later of signatures */
	struct set *labels, *scopes;
	struct crm_group_name *name; /* distinct names; 0: none */
	uint32_t n_names;
	struct crm_table name_table, signature_table;
	struct set *signature; /* distinct sets of names; 0: none */
	uint32_t n_signatures;
	size_t cap_names, cap_signatures;
	uint32_t *signature_of; /* of each profile: that of its unit */
	uint32_t *unit;         /* of each profile: the root when units were complete */
	bool units;             /* they are */
	unsigned char *match;   /* signature × signature: enum crm_name_match */

	/* for one address */
	struct set here;      /* signatures */
	unsigned char *level; /* place in here × place in here: enum level */
	size_t cap_level;
	uint32_t *place; /* of each signature in here */
	struct seen *seen;
	size_t n_seen, cap_seen;
};

static void set_add(struct set *set, uint32_t id)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->ids[i] == id)
			return;
	CRM_GROW(set->ids, set->n + 1, set->cap);
	set->ids[set->n++] = id;
}

static bool set_has(const struct set *set, uint32_t id)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->ids[i] == id)
			return true;
	return false;
}

static void set_take(struct set *set, struct set *from)
{
	for (size_t i = 0; i < from->n; i++)
		set_add(set, from->ids[i]);
	free(from->ids);
	*from = (struct set){0};
}

static enum crm_name_match match_names(const struct crm_group_name *a,
				       const struct crm_group_name *b)
{
	return crm_names_agree(a->given, a->family, b->given, b->family);
}

bool crm_group_shared(const struct crm_group_name *names, size_t n, bool role)
{
	const struct crm_group_name *differ[CRM_SHARED_NAMES];
	size_t n_differ = 0;

	if (n >= CRM_SHARED_NAMES)
		return true;
	for (size_t i = 0; i + 1 < n; i++) {
		if (match_names(&names[i], &names[n - 1]) != CRM_NAMES_DIFFER)
			continue;
		if (role)
			return true;
		for (size_t j = 0; j < n_differ; j++)
			if (match_names(differ[j], &names[i]) == CRM_NAMES_DIFFER)
				return true;
		differ[n_differ++] = &names[i];
	}
	return false;
}

static uint32_t find(struct work *w, uint32_t i)
{
	while (w->root[i] != i)
		i = w->root[i] = w->root[w->root[i]];
	return i;
}

/* --- names and signatures --- */

static bool number_name(struct work *w, const struct crm_group_name *name, uint32_t *number)
{
	uint64_t hash = crm_hash64_with(crm_hash64(name->given.ptr, name->given.len),
					crm_hash64(name->family.ptr, name->family.len));

	*number = 0;
	if (!name->given.len && !name->family.len)
		return true;
	for (struct crm_probe p = crm_table_probe(&w->name_table, hash);
	     crm_table_next(&w->name_table, &p);)
		if (crm_slice_same(w->name[p.index].given, name->given)
		    && crm_slice_same(w->name[p.index].family, name->family)) {
			*number = p.index;
			return true;
		}
	if (w->n_names > CRM_GROUP_NAMES)
		return false;
	CRM_GROW(w->name, w->n_names + 1, w->cap_names);
	crm_table_add(&w->name_table, hash, w->n_names);
	*number = w->n_names;
	w->name[w->n_names++] = *name;
	return true;
}

static bool take_names(struct work *w)
{
	uint32_t number;

	CRM_GROW(w->name, 1, w->cap_names);
	w->name[0] = (struct crm_group_name){{NULL, 0}, {NULL, 0}};
	w->n_names = 1;
	for (uint32_t i = 0; i < w->g->n; i++) {
		if (!number_name(w, &w->g->names[i], &number))
			return false;
		if (number)
			set_add(&w->names[i], number);
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The number of a set of names, which it takes over. */
static bool number_signature(struct work *w, struct set *names, uint32_t *number)
{
	uint64_t hash;

	*number = 0;
	if (!names->n)
		return true;
	qsort(names->ids, names->n, sizeof(*names->ids), by_number);
	hash = crm_hash64(names->ids, names->n * sizeof(*names->ids));
	for (struct crm_probe p = crm_table_probe(&w->signature_table, hash);
	     crm_table_next(&w->signature_table, &p);) {
		const struct set *s = &w->signature[p.index];

		if (s->n == names->n && !memcmp(s->ids, names->ids, s->n * sizeof(*s->ids))) {
			*number = p.index;
			free(names->ids);
			*names = (struct set){0};
			return true;
		}
	}
	if (w->n_signatures > CRM_GROUP_NAMES)
		return false;
	CRM_GROW(w->signature, w->n_signatures + 1, w->cap_signatures);
	crm_table_add(&w->signature_table, hash, w->n_signatures);
	*number = w->n_signatures;
	w->signature[w->n_signatures++] = *names;
	*names = (struct set){0};
	return true;
}

/* Units are complete: from here on a root's names are signatures. */
static bool take_signatures(struct work *w)
{
	uint32_t number;

	CRM_GROW(w->signature, 1, w->cap_signatures);
	w->signature[0] = (struct set){0};
	w->n_signatures = 1;
	for (uint32_t i = 0; i < w->g->n; i++) {
		w->unit[i] = find(w, i);
		if (w->unit[i] != i) { /* its root is smaller, and has been seen */
			w->signature_of[i] = w->signature_of[w->unit[i]];
			continue;
		}
		if (!number_signature(w, &w->names[i], &number))
			return false;
		w->signature_of[i] = number;
		if (number)
			set_add(&w->names[i], number);
	}
	w->units = true;
	w->match = crm_malloc((size_t)w->n_signatures * w->n_signatures);
	memset(w->match, UNKNOWN_YET, (size_t)w->n_signatures * w->n_signatures);
	w->place = crm_calloc(w->n_signatures, sizeof(*w->place));
	return true;
}

static enum crm_name_match compare(const struct work *w, const struct set *a, const struct set *b)
{
	enum crm_name_match best = CRM_NAMES_UNKNOWN;

	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++) {
			enum crm_name_match m =
				match_names(&w->name[a->ids[i]], &w->name[b->ids[j]]);

			if (m == CRM_NAMES_AGREE)
				return m;
			if (m == CRM_NAMES_DIFFER)
				best = m;
		}
	return best;
}

/* Of two signatures: agree where any of their names do, else differ where any do. */
static enum crm_name_match match(struct work *w, uint32_t a, uint32_t b)
{
	unsigned char *cell =
		&w->match[(size_t)(a < b ? a : b) * w->n_signatures + (a < b ? b : a)];

	if (*cell == UNKNOWN_YET)
		*cell = (unsigned char)(a == b && a
						? CRM_NAMES_AGREE
						: compare(w, &w->signature[a], &w->signature[b]));
	return (enum crm_name_match) * cell;
}

/* --- joining --- */

static void join_roots(struct work *w, uint32_t x, uint32_t y)
{
	uint32_t low = x < y ? x : y, high = x < y ? y : x;

	w->root[high] = low;
	set_take(&w->names[low], &w->names[high]);
	set_take(&w->labels[low], &w->labels[high]);
	set_take(&w->scopes[low], &w->scopes[high]);
}

static bool is_parted(const struct work *w, uint32_t x, uint32_t y)
{
	const struct set *a = &w->labels[x], *b = &w->labels[y];

	if (!a->n || !b->n)
		return false;
	for (size_t i = 0; i < w->g->n_parted; i++) {
		const struct crm_group_pair *p = &w->g->parted[i];

		if ((set_has(a, p->a) && set_has(b, p->b))
		    || (set_has(a, p->b) && set_has(b, p->a)))
			return true;
	}
	return false;
}

/* Would a handle give somebody two ids of which one has but one? */
static bool has_both(const struct work *w, uint32_t x, uint32_t y)
{
	for (size_t i = 0; i < w->scopes[x].n; i++)
		if (set_has(&w->scopes[y], w->scopes[x].ids[i]))
			return true;
	return false;
}

static bool do_differ(struct work *w, uint32_t x, uint32_t y)
{
	for (size_t i = 0; i < w->names[x].n; i++)
		for (size_t j = 0; j < w->names[y].n; j++)
			if (match(w, w->names[x].ids[i], w->names[y].ids[j]) == CRM_NAMES_DIFFER)
				return true;
	return false;
}

/* Joins the people of profiles a and b, or notes why not. */
static void join(struct work *w, uint32_t a, uint32_t b, uint32_t by)
{
	struct crm_group *g = w->g;
	uint32_t x = find(w, a), y = find(w, b);
	enum crm_group_kind kind = g->addresses[by].kind;

	if (x == y)
		return;
	if (is_parted(w, x, y) || (kind == CRM_BY_MANY && has_both(w, x, y))
	    || (w->units && do_differ(w, x, y))) {
		CRM_GROW(g->refused, g->n_refused + 1, g->cap_refused);
		g->refused[g->n_refused++] = (struct crm_group_pair){a, b, by};
		return;
	}
	CRM_GROW(g->joined, g->n_joined + 1, g->cap_joined);
	g->joined[g->n_joined++] = (struct crm_group_pair){a, b, by};
	join_roots(w, x, y);
}

static void see(struct work *w, uint32_t profile)
{
	CRM_GROW(w->seen, w->n_seen + 1, w->cap_seen);
	w->seen[w->n_seen++] = (struct seen){profile, w->units ? w->signature_of[profile] : 0};
}

/* Joins profile with all that were seen at this handle, people being seen once each. */
static void join_all(struct work *w, uint32_t profile, uint32_t by)
{
	for (size_t i = 0; i < w->n_seen; i++)
		if (find(w, w->seen[i].profile) == find(w, profile))
			return;
	for (size_t i = 0; i < w->n_seen; i++)
		join(w, w->seen[i].profile, profile, by);
	see(w, profile);
}

/* Ids of records and handles. What a parting keeps from the first may belong to another. */
static void make_units(struct work *w)
{
	const struct crm_group *g = w->g;

	for (size_t i = 0; i < g->n_must; i++) {
		uint32_t x = find(w, g->must[i].a), y = find(w, g->must[i].b);

		if (x != y)
			join_roots(w, x, y);
	}
	for (uint32_t i = 0; i < g->n_addresses && g->addresses[i].kind <= CRM_BY_MANY; i++) {
		const struct crm_group_address *a = &g->addresses[i];

		w->n_seen = 0;
		for (uint32_t m = 0; m < a->n; m++)
			join_all(w, g->members[a->first + m], i);
	}
}

/* --- an address --- */

/* Where a name could belong to several who differ, it belongs to none of them. */
static bool is_ambiguous(struct work *w, size_t s, enum crm_name_match wanted)
{
	for (size_t i = 0; i < w->here.n; i++) {
		if (i == s || match(w, w->here.ids[s], w->here.ids[i]) != wanted)
			continue;
		for (size_t j = i + 1; j < w->here.n; j++)
			if (j != s && match(w, w->here.ids[s], w->here.ids[j]) == wanted
			    && match(w, w->here.ids[i], w->here.ids[j]) == CRM_NAMES_DIFFER)
				return true;
	}
	return false;
}

/* What signature s asks for at this address: names that agree where there are such. */
static enum crm_name_match wish(struct work *w, size_t s)
{
	for (size_t i = 0; i < w->here.n; i++)
		if (i != s && match(w, w->here.ids[s], w->here.ids[i]) == CRM_NAMES_AGREE)
			return CRM_NAMES_AGREE;
	return CRM_NAMES_UNKNOWN;
}

static void set_level(struct work *w, size_t s, size_t t, enum level level)
{
	w->level[s * w->here.n + t] = w->level[t * w->here.n + s] = (unsigned char)level;
}

/* Nobody here differs: all are one; of a desk's address those whose names agree. */
static void level_plain(struct work *w, bool role)
{
	for (size_t s = 0; s < w->here.n; s++)
		for (size_t t = 0; t < s; t++) {
			enum crm_name_match m = match(w, w->here.ids[s], w->here.ids[t]);

			set_level(w, s, t,
				  m == CRM_NAMES_AGREE ? AGREED
				  : role               ? NEVER
						       : NOT_COMPARED);
		}
}

/* At a desk's address a record without a name belongs to the only one named there. */
static void level_nameless_at_desk(struct work *w)
{
	size_t nameless = w->here.n, first = w->here.n;

	for (size_t s = 0; s < w->here.n; s++)
		if (!w->here.ids[s])
			nameless = s;
		else if (first == w->here.n)
			first = s;
	if (nameless == w->here.n)
		return;
	for (size_t s = 0; s < w->here.n; s++)
		if (s != nameless && s != first && w->level[s * w->here.n + first] != AGREED)
			return;
	for (size_t s = 0; s < w->here.n; s++)
		if (s != nameless)
			set_level(w, s, nameless, NOT_COMPARED);
}

static void level_differing(struct work *w)
{
	size_t n = w->here.n;
	bool *ambiguous = crm_malloc(n * sizeof(*ambiguous));
	enum crm_name_match *wanted = crm_malloc(n * sizeof(*wanted));

	for (size_t s = 0; s < n; s++) {
		wanted[s] = wish(w, s);
		ambiguous[s] = is_ambiguous(w, s, wanted[s]);
	}
	for (size_t s = 0; s < n; s++)
		for (size_t t = 0; t < s; t++) {
			enum crm_name_match m = match(w, w->here.ids[s], w->here.ids[t]);
			bool may = !ambiguous[s] && !ambiguous[t]
				   && (m == wanted[s] || m == wanted[t]);

			set_level(w, s, t,
				  !may || m == CRM_NAMES_DIFFER ? NEVER
				  : m == CRM_NAMES_AGREE        ? AGREED
								: NOT_COMPARED);
		}
	free(ambiguous);
	free(wanted);
}

/* Who may be joined with whom at this address, by signature. */
static void level_address(struct work *w, const struct crm_group_address *a)
{
	bool differing = false;
	size_t n;

	w->here.n = 0;
	for (uint32_t m = 0; m < a->n; m++) {
		uint32_t s = w->signature_of[w->g->members[a->first + m]];

		if (w->place[s] < w->here.n && w->here.ids[w->place[s]] == s)
			continue;
		CRM_GROW(w->here.ids, w->here.n + 1, w->here.cap);
		w->place[s] = (uint32_t)w->here.n;
		w->here.ids[w->here.n++] = s;
	}
	n = w->here.n;
	CRM_GROW(w->level, n * n, w->cap_level);
	for (size_t s = 0; s < n; s++) {
		w->level[s * n + s] = w->here.ids[s] ? AGREED : NOT_COMPARED;
		for (size_t t = 0; t < s; t++)
			differing |= match(w, w->here.ids[s], w->here.ids[t]) == CRM_NAMES_DIFFER;
	}
	if (differing) {
		level_differing(w);
	} else {
		level_plain(w, a->role);
		if (a->role)
			level_nameless_at_desk(w);
	}
}

/* The same at an e-mail address or telephone number, where each name of a person counts. */
static void join_unit(struct work *w, uint32_t profile, enum level level, uint32_t by)
{
	uint32_t s = w->signature_of[profile];

	for (size_t i = 0; i < w->n_seen; i++)
		if (w->seen[i].signature == s && find(w, w->seen[i].profile) == find(w, profile))
			return;
	for (size_t i = 0; i < w->n_seen; i++)
		if (w->level[(size_t)w->place[s] * w->here.n + w->place[w->seen[i].signature]]
		    == level)
			join(w, w->seen[i].profile, profile, by);
	see(w, profile);
}

static void join_at(struct work *w, enum crm_group_kind kind, enum level level)
{
	for (uint32_t i = 0; i < w->g->n_addresses; i++) {
		const struct crm_group_address *a = &w->g->addresses[i];

		if (a->kind != kind || a->n < 2)
			continue;
		level_address(w, a);
		w->n_seen = 0;
		for (uint32_t m = 0; m < a->n; m++)
			join_unit(w, w->g->members[a->first + m], level, i);
	}
}

/* --- the whole --- */

static void open_work(struct work *w)
{
	struct crm_group *g = w->g;

	w->root = g->person = crm_malloc((g->n + 1) * sizeof(*w->root));
	w->unit = crm_malloc((g->n + 1) * sizeof(*w->unit));
	w->signature_of = crm_malloc((g->n + 1) * sizeof(*w->signature_of));
	w->names = crm_calloc(g->n + 1, sizeof(*w->names));
	w->labels = crm_calloc(g->n + 1, sizeof(*w->labels));
	w->scopes = crm_calloc(g->n + 1, sizeof(*w->scopes));
	for (uint32_t i = 0; i < g->n; i++)
		w->root[i] = i;
	for (size_t i = 0; i < g->n_labels; i++)
		set_add(&w->labels[g->labels[i].a], g->labels[i].b);
	for (size_t i = 0; i < g->n_addresses; i++)
		for (uint32_t m = 0; g->addresses[i].kind == CRM_BY_HANDLE && m < g->addresses[i].n;
		     m++)
			set_add(&w->scopes[g->members[g->addresses[i].first + m]],
				g->addresses[i].scope);
}

static void close_work(struct work *w)
{
	for (uint32_t i = 0; i < w->g->n; i++) {
		free(w->names[i].ids);
		free(w->labels[i].ids);
		free(w->scopes[i].ids);
	}
	for (uint32_t i = 0; i < w->n_signatures; i++)
		free(w->signature[i].ids);
	free(w->signature);
	free(w->names);
	free(w->labels);
	free(w->scopes);
	free(w->unit);
	free(w->signature_of);
	free(w->name);
	free(w->match);
	free(w->here.ids);
	free(w->level);
	free(w->place);
	free(w->seen);
	crm_table_release(&w->name_table);
	crm_table_release(&w->signature_table);
}

bool crm_group_people(struct crm_group *g)
{
	struct work w = {.g = g};
	bool fits;

	open_work(&w);
	if ((fits = take_names(&w))) {
		make_units(&w);
		fits = take_signatures(&w);
	}
	if (fits) {
		join_at(&w, CRM_BY_EMAIL, AGREED);
		join_at(&w, CRM_BY_PHONE, AGREED);
		join_at(&w, CRM_BY_EMAIL, NOT_COMPARED);
		join_at(&w, CRM_BY_PHONE, NOT_COMPARED);
		for (uint32_t i = 0; i < g->n; i++)
			g->person[i] = find(&w, i);
	}
	close_work(&w);
	return fits;
}

void crm_group_release(struct crm_group *g)
{
	free(g->person);
	free(g->joined);
	free(g->refused);
}
