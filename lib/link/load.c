/* SPDX-License-Identifier: MIT */
/* Reading the store into columns; see load.h. */
#include "link/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "norm/name.h"
#include "norm/text.h"

static const char SQL_PROFILES[] =
	"SELECT profile.id, person.canon_id, profile.name, given, family, birth_date, org, street,"
	" city, postcode FROM profile JOIN person ON person.id = profile.person_id"
	" ORDER BY profile.id";
static const char SQL_ENDPOINTS[] =
	"SELECT profile_id, kind, scope, value FROM profile_endpoint"
	" JOIN endpoint ON endpoint.id = endpoint_id WHERE flags & 1 = 0 ORDER BY profile_id";

/* ---- pools ---- */

void crm_pool_init(struct crm_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	CRM_GROW(pool->at, 16, pool->cap_at);
	pool->at[0] = pool->at[1] = 0;
}

void crm_pool_release(struct crm_pool *pool)
{
	free(pool->bytes);
	free(pool->at);
	free(pool->slots);
	free(pool->mask);
	memset(pool, 0, sizeof(*pool));
}

struct crm_slice crm_pool_get(const struct crm_pool *pool, uint32_t id)
{
	if (id == 0)
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){pool->bytes + pool->at[id], pool->at[id + 1] - pool->at[id]};
}

static void pool_rehash(struct crm_pool *pool)
{
	uint32_t id;

	pool->n_slots = pool->n_slots ? pool->n_slots * 2 : 1024;
	free(pool->slots);
	pool->slots = crm_calloc(pool->n_slots, sizeof(*pool->slots));
	for (id = 1; id <= pool->n; id++) {
		struct crm_slice s = crm_pool_get(pool, id);
		uint64_t h = crm_hash64(s.ptr, s.len);
		size_t at = (size_t)h & (pool->n_slots - 1);

		while (pool->slots[at])
			at = (at + 1) & (pool->n_slots - 1);
		pool->slots[at] = (h & 0xffffffff00000000u) | id;
	}
}

static uint32_t pool_append(struct crm_pool *pool, struct crm_slice text)
{
	uint32_t id = ++pool->n;

	CRM_GROW(pool->at, (size_t)id + 2, pool->cap_at);
	CRM_GROW(pool->bytes, pool->len + text.len + 1, pool->cap);
	memcpy(pool->bytes + pool->len, text.ptr, text.len);
	pool->len += text.len;
	pool->at[id + 1] = pool->len;
	return id;
}

/* The slot that holds text, whose hash is h, or else the empty one where it belongs. */
static size_t pool_slot(const struct crm_pool *pool, struct crm_slice text, uint64_t h)
{
	size_t at = (size_t)h & (pool->n_slots - 1);

	for (; pool->slots[at]; at = (at + 1) & (pool->n_slots - 1)) {
		struct crm_slice s;

		if ((pool->slots[at] ^ h) >> 32)
			continue;
		s = crm_pool_get(pool, (uint32_t)pool->slots[at]);
		if (s.len == text.len && memcmp(s.ptr, text.ptr, s.len) == 0)
			break;
	}
	return at;
}

uint32_t crm_pool_add(struct crm_pool *pool, struct crm_slice text)
{
	uint64_t h = crm_hash64(text.ptr, text.len);
	size_t at;

	if ((size_t)pool->n * 2 + 2 > pool->n_slots)
		pool_rehash(pool);
	at = pool_slot(pool, text, h);
	if (pool->slots[at])
		return (uint32_t)pool->slots[at];
	pool->slots[at] = (h & 0xffffffff00000000u) | (pool->n + 1);
	return pool_append(pool, text);
}

uint32_t crm_pool_find(const struct crm_pool *pool, struct crm_slice text)
{
	if (pool->n_slots == 0)
		return 0;
	return (uint32_t)pool->slots[pool_slot(pool, text, crm_hash64(text.ptr, text.len))];
}

uint32_t crm_letters(struct crm_slice text)
{
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c >= 'a' && c <= 'z')
			mask |= 1u << (c - 'a');
		else if (c >= '0' && c <= '9')
			mask |= 1u << (26 + (c - '0') % 5);
		else
			mask |= 1u << 31;
	}
	return mask;
}

void crm_pool_finish(struct crm_pool *pool)
{
	uint32_t id;

	free(pool->slots);
	pool->slots = NULL;
	pool->n_slots = 0;
	pool->mask = crm_calloc((size_t)pool->n + 1, sizeof(*pool->mask));
	for (id = 1; id <= pool->n; id++)
		pool->mask[id] = crm_letters(crm_pool_get(pool, id));
}

/* ---- scanning ---- */

static void people_grow(struct crm_people *p)
{
	size_t cap = p->cap ? (size_t)p->cap * 2 : 1024;
	int i;

	p->profile = crm_realloc(p->profile, cap * sizeof(*p->profile));
	p->person = crm_realloc(p->person, cap * sizeof(*p->person));
	p->raw_name = crm_realloc(p->raw_name, cap * sizeof(*p->raw_name));
	for (i = 0; i < CRM_COLUMNS; i++)
		p->col[i].raw = crm_realloc(p->col[i].raw, cap * sizeof(*p->col[i].raw));
	p->cap = (uint32_t)cap;
}

static uint32_t add_shown(struct crm_pool *pool, struct crm_slice s)
{
	s = crm_slice_trim(s);
	return s.len == 0 ? 0 : crm_pool_add(pool, s);
}

static enum crm_status scan_profiles(struct crm_db *db, struct crm_people *p)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PROFILES);
	enum crm_status rc;
	bool row;
	int i;

	if (!st)
		return crm_db_err(db)->status;
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		if (p->n == p->cap)
			people_grow(p);
		p->profile[p->n] = sqlite3_column_int64(st, 0);
		p->person[p->n] = sqlite3_column_int64(st, 1);
		p->raw_name[p->n] = add_shown(&p->name, crm_column(st, 2));
		for (i = 0; i < CRM_COLUMNS; i++)
			p->col[i].raw[p->n] = add_shown(&p->col[i].shown, crm_column(st, 3 + i));
		p->n++;
	}
	return rc;
}

static uint32_t local_part(struct crm_pool *mailboxes, struct crm_slice email)
{
	char buf[64];
	size_t i, n = 0;

	for (i = 0; i < email.len && n < sizeof(buf); i++) {
		char c = email.ptr[i];

		if (c == '@' || (c == '+' && i > 0))
			break;
		if (c != '.')
			buf[n++] = c;
	}
	return n == 0 ? 0 : crm_pool_add(mailboxes, (struct crm_slice){buf, n});
}

static void add_address(struct crm_people *p, enum crm_multi_id which, struct crm_slice scope,
			struct crm_slice value, struct crm_str *buf)
{
	struct crm_multi *m = &p->multi[which];

	crm_str_clear(buf);
	if (which == CRM_MULTI_HANDLE) { /* a handle says something only within its scope */
		crm_str_add(buf, scope.ptr, scope.len);
		crm_str_addc(buf, CRM_SCOPE_END);
	}
	crm_str_add(buf, value.ptr, value.len);
	CRM_GROW(m->value, m->n + 1, m->cap);
	m->value[m->n++] = crm_pool_add(&m->values, (struct crm_slice){buf->ptr, buf->len});
}

static int multi_of(struct crm_slice kind)
{
	static const char *const kinds[CRM_MULTIS] = {"email", "phone", "handle"};
	int i;

	for (i = 0; i < CRM_MULTIS; i++)
		if (crm_slice_is(kind, kinds[i]))
			return i;
	return -1;
}

/* Rows come in the order of profiles, as records do: the two are walked together. */
static enum crm_status scan_endpoints(struct crm_db *db, struct crm_people *p)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_ENDPOINTS);
	struct crm_str buf = CRM_STR_INIT;
	uint32_t record = 0;
	enum crm_status rc;
	bool row;
	int i;

	if (!st)
		return crm_db_err(db)->status;
	for (i = 0; i < CRM_MULTIS; i++)
		p->multi[i].start = crm_calloc((size_t)p->n + 1, sizeof(uint32_t));
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		int64_t profile = sqlite3_column_int64(st, 0);
		int which = multi_of(crm_column(st, 1));

		while (record < p->n && p->profile[record] < profile) {
			record++;
			for (i = 0; i < CRM_MULTIS; i++)
				p->multi[i].start[record] = (uint32_t)p->multi[i].n;
		}
		if (which >= 0 && record < p->n && p->profile[record] == profile)
			add_address(p, (enum crm_multi_id)which, crm_column(st, 2),
				    crm_column(st, 3), &buf);
	}
	while (record < p->n) {
		record++;
		for (i = 0; i < CRM_MULTIS; i++)
			p->multi[i].start[record] = (uint32_t)p->multi[i].n;
	}
	crm_str_release(&buf);
	return rc;
}

/* ---- match keys ---- */

struct name_keys {
	uint32_t given, family;
};

static uint32_t add_key(struct crm_pool *keys, struct crm_slice s, struct crm_str *buf)
{
	crm_str_clear(buf);
	crm_text_key(s, buf);
	return buf->len == 0 ? 0 : crm_pool_add(keys, (struct crm_slice){buf->ptr, buf->len});
}

static struct name_keys split_name(struct crm_pool *names, struct crm_slice whole,
				   struct crm_str *buf)
{
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT;
	struct name_keys k;

	crm_name_split(whole, &given, &family);
	k.given = add_key(names, (struct crm_slice){given.ptr, given.len}, buf);
	k.family = add_key(names, (struct crm_slice){family.ptr, family.len}, buf);
	crm_str_release(&given);
	crm_str_release(&family);
	return k;
}

static void name_columns(struct crm_people *p, struct crm_str *buf)
{
	struct crm_column *given = &p->col[CRM_COL_GIVEN], *family = &p->col[CRM_COL_FAMILY];
	struct name_keys *whole = crm_calloc((size_t)p->name.n + 1, sizeof(*whole));
	uint32_t *g = crm_calloc((size_t)given->shown.n + 1, sizeof(*g));
	uint32_t *f = crm_calloc((size_t)family->shown.n + 1, sizeof(*f));
	struct name_keys *k;
	uint32_t i;

	for (i = 1; i <= given->shown.n; i++)
		g[i] = add_key(&p->names, crm_pool_get(&given->shown, i), buf);
	for (i = 1; i <= family->shown.n; i++)
		f[i] = add_key(&p->names, crm_pool_get(&family->shown, i), buf);
	given->key = crm_calloc(p->n, sizeof(uint32_t));
	family->key = crm_calloc(p->n, sizeof(uint32_t));
	for (i = 0; i < p->n; i++) {
		given->key[i] = g[given->raw[i]];
		family->key[i] = f[family->raw[i]];
		if (given->key[i] || family->key[i] || !p->raw_name[i])
			continue;
		k = &whole[p->raw_name[i]];
		if (!k->given && !k->family) /* not split yet; most need not be */
			*k = split_name(&p->names, crm_pool_get(&p->name, p->raw_name[i]), buf);
		given->key[i] = k->given;
		family->key[i] = k->family;
	}
	given->keys = family->keys = &p->names;
	free(whole);
	free(g);
	free(f);
}

/* Postcodes are written with and without the blank in the middle. */
static void squeeze(struct crm_str *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->len; i++)
		if (s->ptr[i] != ' ')
			s->ptr[n++] = s->ptr[i];
	if (s->len > 0)
		s->ptr[n] = '\0';
	s->len = n;
}

static void plain_column(struct crm_people *p, enum crm_column_id id, struct crm_str *buf)
{
	struct crm_column *c = &p->col[id];
	uint32_t *map = crm_calloc((size_t)c->shown.n + 1, sizeof(*map));
	uint32_t i;

	c->keys = &p->keys[id];
	for (i = 1; i <= c->shown.n; i++) {
		crm_str_clear(buf);
		crm_text_key(crm_pool_get(&c->shown, i), buf);
		if (id == CRM_COL_POSTCODE)
			squeeze(buf);
		if (buf->len > 0)
			map[i] = crm_pool_add(c->keys, (struct crm_slice){buf->ptr, buf->len});
	}
	c->key = crm_calloc(p->n, sizeof(uint32_t));
	for (i = 0; i < p->n; i++)
		c->key[i] = map[c->raw[i]];
	free(map);
}

/* The key of a date is the date: what is none does not count. */
static void birth_column(struct crm_people *p)
{
	struct crm_column *c = &p->col[CRM_COL_BIRTH];
	uint32_t *map = crm_calloc((size_t)c->shown.n + 1, sizeof(*map));
	uint32_t i;

	c->keys = &p->keys[CRM_COL_BIRTH];
	p->birth = crm_calloc((size_t)c->shown.n + 1, sizeof(*p->birth));
	for (i = 1; i <= c->shown.n; i++) {
		struct crm_slice s = crm_pool_get(&c->shown, i);
		int year, month, day;
		struct crm_time t;

		if (s.len != 10 || !crm_time_rfc3339(s.ptr, s.len, &t))
			continue;
		map[i] = crm_pool_add(c->keys, s);
		crm_date_of_days(t.ms / 86400000 - (t.ms % 86400000 < 0), &year, &month, &day);
		p->birth[map[i]] = (struct crm_birth){(uint16_t)year, (uint8_t)month, (uint8_t)day};
	}
	c->key = crm_calloc(p->n, sizeof(uint32_t));
	for (i = 0; i < p->n; i++)
		c->key[i] = map[c->raw[i]];
	free(map);
}

/* The first number in a street's key: its house number, wherever it is written. */
static uint32_t house_number(struct crm_slice s)
{
	uint32_t n = 0;
	size_t i = 0;

	while (i < s.len && (s.ptr[i] < '0' || s.ptr[i] > '9'))
		i++;
	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		n = n * 10 + (uint32_t)(s.ptr[i++] - '0');
	return n;
}

static void count_column(struct crm_column *c, uint32_t n)
{
	uint32_t i;

	c->count = crm_calloc((size_t)c->keys->n + 1, sizeof(*c->count));
	for (i = 0; i < n; i++)
		c->count[c->key[i]]++;
	c->known = n - c->count[0];
}

/* Leaves out what too many records have: a front desk, a placeholder. Returns how many
 * values those are. */
static uint32_t drop_crowded(struct crm_people *p, struct crm_multi *m)
{
	uint32_t i, j, from, dropped = 0;
	size_t kept = 0;

	for (i = from = 0; i < p->n; i++) {
		uint32_t end = m->start[i + 1];

		for (j = from; j < end; j++)
			if (m->count[m->value[j]] <= CRM_CROWD)
				m->value[kept++] = m->value[j];
		from = end;
		m->start[i + 1] = (uint32_t)kept;
	}
	m->n = kept;
	for (i = 1; i <= m->values.n; i++)
		if (m->count[i] > CRM_CROWD) {
			m->count[i] = 0;
			dropped++;
		}
	return dropped;
}

/* Mailboxes by which records can be found: not info, office, sales. */
static void drop_crowded_mailboxes(struct crm_people *p, struct crm_multi *m)
{
	uint32_t *count = crm_calloc((size_t)p->mailboxes.n + 1, sizeof(*count));
	uint32_t i;

	for (i = 1; i <= m->values.n; i++)
		count[m->group[i]] += m->count[i];
	for (i = 1; i <= m->values.n; i++)
		if (count[m->group[i]] > CRM_CROWD)
			m->group[i] = 0;
	free(count);
}

/* The scope of a handle. */
static struct crm_slice scope_of(struct crm_slice handle)
{
	const char *end = memchr(handle.ptr, CRM_SCOPE_END, handle.len);

	handle.len = end ? (size_t)(end - handle.ptr) : 0;
	return handle;
}

static void finish_multi(struct crm_people *p, enum crm_multi_id which)
{
	struct crm_multi *m = &p->multi[which];
	uint32_t i;
	size_t j;

	crm_pool_finish(&m->values);
	m->count = crm_calloc((size_t)m->values.n + 1, sizeof(*m->count));
	m->group = crm_calloc((size_t)m->values.n + 1, sizeof(*m->group));
	for (j = 0; j < m->n; j++)
		m->count[m->value[j]]++;
	m->crowded = drop_crowded(p, m);
	for (i = 0; i < p->n; i++)
		m->known += m->start[i + 1] > m->start[i];
	for (i = 1; i <= m->values.n; i++) {
		struct crm_slice s = crm_pool_get(&m->values, i);

		if (which == CRM_MULTI_EMAIL)
			m->group[i] = local_part(&p->mailboxes, s);
		else if (which == CRM_MULTI_HANDLE)
			m->group[i] = crm_pool_add(&p->scopes, scope_of(s));
	}
	if (which == CRM_MULTI_EMAIL)
		drop_crowded_mailboxes(p, m);
}

static void derive(struct crm_people *p)
{
	struct crm_str buf = CRM_STR_INIT;
	struct crm_pool *streets = &p->keys[CRM_COL_STREET];
	uint32_t i;

	name_columns(p, &buf);
	birth_column(p);
	for (i = CRM_COL_ORG; i < CRM_COLUMNS; i++)
		plain_column(p, (enum crm_column_id)i, &buf);
	for (i = 0; i < CRM_COLUMNS; i++) {
		count_column(&p->col[i], p->n);
		if (i >= CRM_COL_BIRTH)
			crm_pool_finish(&p->keys[i]);
	}
	crm_pool_finish(&p->names);
	p->house = crm_calloc((size_t)streets->n + 1, sizeof(*p->house));
	for (i = 1; i <= streets->n; i++)
		p->house[i] = house_number(crm_pool_get(streets, i));
	for (i = 0; i < CRM_MULTIS; i++)
		finish_multi(p, (enum crm_multi_id)i);
	crm_pool_finish(&p->mailboxes);
	crm_pool_finish(&p->scopes);
	crm_str_release(&buf);
}

enum crm_status crm_people_load(struct crm_db *db, struct crm_people **out)
{
	struct crm_people *p = *out = crm_calloc(1, sizeof(*p));
	enum crm_status rc;
	int i;

	crm_pool_init(&p->name);
	crm_pool_init(&p->names);
	crm_pool_init(&p->mailboxes);
	crm_pool_init(&p->scopes);
	for (i = 0; i < CRM_COLUMNS; i++) {
		crm_pool_init(&p->col[i].shown);
		crm_pool_init(&p->keys[i]);
	}
	for (i = 0; i < CRM_MULTIS; i++)
		crm_pool_init(&p->multi[i].values);
	people_grow(p);
	if ((rc = scan_profiles(db, p)) == CRM_OK)
		rc = scan_endpoints(db, p);
	if (rc == CRM_OK)
		derive(p);
	return rc;
}

void crm_people_free(struct crm_people *p)
{
	int i;

	if (!p)
		return;
	for (i = 0; i < CRM_COLUMNS; i++) {
		crm_pool_release(&p->col[i].shown);
		crm_pool_release(&p->keys[i]);
		free(p->col[i].raw);
		free(p->col[i].key);
		free(p->col[i].count);
	}
	for (i = 0; i < CRM_MULTIS; i++) {
		crm_pool_release(&p->multi[i].values);
		free(p->multi[i].start);
		free(p->multi[i].value);
		free(p->multi[i].count);
		free(p->multi[i].group);
	}
	crm_pool_release(&p->name);
	crm_pool_release(&p->names);
	crm_pool_release(&p->mailboxes);
	crm_pool_release(&p->scopes);
	free(p->profile);
	free(p->person);
	free(p->raw_name);
	free(p->birth);
	free(p->house);
	free(p);
}

int64_t crm_people_find(const struct crm_people *p, int64_t profile)
{
	uint32_t low = 0, high = p->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (p->profile[mid] < profile)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n && p->profile[low] == profile ? (int64_t)low : -1;
}

void crm_people_name(const struct crm_people *p, uint32_t record, struct crm_str *out)
{
	struct crm_slice name = crm_pool_get(&p->name, p->raw_name[record]);
	struct crm_slice given = crm_pool_get(&p->col[0].shown, p->col[0].raw[record]);
	struct crm_slice family = crm_pool_get(&p->col[1].shown, p->col[1].raw[record]);

	if (name.len > 0) {
		crm_str_add(out, name.ptr, name.len);
		return;
	}
	crm_str_add(out, given.ptr, given.len);
	if (given.len > 0 && family.len > 0)
		crm_str_addc(out, ' ');
	crm_str_add(out, family.ptr, family.len);
}
