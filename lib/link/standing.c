/* SPDX-License-Identifier: MIT */
/* What is settled of two records; see standing.h. */
#include "link/standing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/single.h"

static const char SQL_DECISIONS[] =
	"SELECT min(a, b) AS low, max(a, b) AS high, same FROM decision ORDER BY low, high, id";
/* People whom crm_people_check (store/people.h) would not let merge without a human: a merge
 * of theirs was undone, unless it may be made again (then the undo has evidence), or a
 * profile was split off the one and is the other's, not by crm-ingest alone. */
static const char SQL_PARTED[] =
	"SELECT min(x.canon_id, y.canon_id), max(x.canon_id, y.canon_id) FROM link"
	" JOIN person AS x ON x.id = link.a JOIN person AS y ON y.id = link.b"
	" LEFT JOIN link AS u ON u.undoes = link.id"
	" WHERE x.canon_id <> y.canon_id AND (link.kind = 'split' AND u.id IS NULL"
	" AND link.actor <> 'crm-ingest'"
	" OR link.kind = 'merge' AND u.id IS NOT NULL AND u.evidence IS NULL)";

/* Scopes of handles that tell people apart: of none of them a person has several
 * (CRM_ENDPOINT_MANY). */
static const char SQL_STRONG[] = "SELECT scope FROM endpoint WHERE kind = 'handle'"
				 " GROUP BY scope HAVING max(flags & 2) = 0";

/* ---- decisions ---- */

static void add_decision(struct crm_link *l, size_t *cap, sqlite3_stmt *st)
{
	int64_t a = crm_people_find(l->people, sqlite3_column_int64(st, 0));
	int64_t b = crm_people_find(l->people, sqlite3_column_int64(st, 1));
	struct crm_decided d = {(uint32_t)a, (uint32_t)b, sqlite3_column_int(st, 2) != 0};
	struct crm_decided *last = l->n_decided ? &l->decided[l->n_decided - 1] : NULL;

	if (a < 0 || b < 0 || a == b)
		return;
	if (last && last->a == d.a && last->b == d.b) {
		*last = d; /* the newer one holds */
		return;
	}
	CRM_GROW(l->decided, l->n_decided + 1, *cap);
	l->decided[l->n_decided++] = d;
}

struct crm_apart crm_apart_of(const struct crm_people *p, uint32_t a, uint32_t b)
{
	int64_t x = p->person[a], y = p->person[b];

	return x < y ? (struct crm_apart){x, y} : (struct crm_apart){y, x};
}

static int apart_order(const void *x, const void *y)
{
	const struct crm_apart *p = x, *q = y;

	if (p->low != q->low)
		return p->low < q->low ? -1 : 1;
	return (p->high > q->high) - (p->high < q->high);
}

void crm_apart_sort(struct crm_apart *apart, size_t n)
{
	if (n > 0)
		qsort(apart, n, sizeof(*apart), apart_order);
}

/* Did a human say of two people that they are one? That is later than his parting them, and
 * holds (crm_people_check). */
static bool said_one(const struct crm_link *l, struct crm_apart two)
{
	struct crm_apart said;
	size_t i;

	for (i = 0; i < l->n_decided; i++) {
		said = crm_apart_of(l->people, l->decided[i].a, l->decided[i].b);
		if (l->decided[i].same && !apart_order(&said, &two))
			return true;
	}
	return false;
}

static enum crm_status find_apart(struct crm_db *db, struct crm_link *l)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PARTED);
	size_t cap = 0, i;
	enum crm_status rc;
	bool row;

	CRM_GROW(l->apart, l->n_decided + 1, cap);
	for (i = 0; i < l->n_decided; i++)
		if (!l->decided[i].same)
			l->apart[l->n_apart++] =
				crm_apart_of(l->people, l->decided[i].a, l->decided[i].b);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_apart two = {sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1)};

		CRM_GROW(l->apart, l->n_apart + 1, cap);
		if (!said_one(l, two))
			l->apart[l->n_apart++] = two;
	}
	crm_apart_sort(l->apart, l->n_apart);
	return rc;
}

static enum crm_status load_decisions(struct crm_db *db, struct crm_link *l)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_DECISIONS);
	enum crm_status rc;
	size_t cap = 0;
	bool row;

	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		add_decision(l, &cap, st);
	return rc == CRM_OK ? find_apart(db, l) : rc;
}

/* ---- handles ---- */

int crm_standing_handles(const struct crm_spec *spec)
{
	int i;

	for (i = 0; i < spec->n_base; i++)
		if (spec->column[i].as == CRM_AS_HANDLE && !strcmp(spec->column[i].from, "handle"))
			return i;
	return -1;
}

static enum crm_status load_strong(struct crm_db *db, struct crm_link *l)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_STRONG);
	enum crm_status rc;
	uint32_t scope;
	bool row;

	l->strong = crm_calloc((size_t)l->people->scopes.n + 1, sizeof(*l->strong));
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		if ((scope = crm_pool_find(&l->people->scopes, crm_column(st, 0))))
			l->strong[scope] = true;
	return rc;
}

enum crm_status crm_standing_load(struct crm_db *db, struct crm_link *l)
{
	enum crm_status rc = load_decisions(db, l);

	l->handles = crm_standing_handles(l->spec);
	if (rc == CRM_OK)
		rc = crm_single_load(db, l);
	return rc == CRM_OK && l->handles >= 0 ? load_strong(db, l) : rc;
}

/* ---- two records ---- */

static const struct crm_decided *decision_on(const struct crm_link *l, uint32_t a, uint32_t b)
{
	size_t low = 0, high = l->n_decided;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct crm_decided *d = &l->decided[mid];

		if (d->a < a || (d->a == a && d->b < b))
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n_decided && l->decided[low].a == a && l->decided[low].b == b
		       ? &l->decided[low]
		       : NULL;
}

bool crm_link_kept_apart(const struct crm_link *l, uint32_t a, uint32_t b)
{
	struct crm_apart key = crm_apart_of(l->people, a, b);

	return l->n_apart > 0
	       && bsearch(&key, l->apart, l->n_apart, sizeof(key), apart_order) != NULL;
}

enum crm_standing crm_link_standing(const struct crm_link *l, uint32_t a, uint32_t b)
{
	const struct crm_decided *d = decision_on(l, a, b);

	if (d)
		return d->same ? CRM_STANDS_YES : CRM_STANDS_NO;
	if (l->people->person[a] == l->people->person[b])
		return CRM_STANDS_SAME;
	return crm_link_kept_apart(l, a, b) ? CRM_STANDS_APART : CRM_STANDS_OPEN;
}

bool crm_link_settled(const struct crm_link *l, uint32_t a, uint32_t b, bool all_pairs)
{
	enum crm_standing standing = crm_link_standing(l, a, b);

	return standing == CRM_STANDS_SAME ? !all_pairs || crm_link_kept_apart(l, a, b)
					   : standing != CRM_STANDS_OPEN;
}
