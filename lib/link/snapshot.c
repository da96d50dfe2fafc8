/* SPDX-License-Identifier: MIT */
/*
 * The snapshot of people; see snapshot.h.
 *
 * A chunk has parts: profile, person and source of the records, the column "name" and each base
 * column of the specification, and the pools of lists. A part has the numbers of its records,
 * one behind the other in 7 bits a byte, the lowest first, and the texts that are new in it,
 * each behind its length. A number of a text is written as 0 (none), 1 (one above all before)
 * or itself plus 1: most are new or small. So chunks in a row are a chunk.
 */
#include "link/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define FORMAT "3" /* of the parts, and of what people_load.c reads into them */

/* A record takes a byte or more: of one that claims to have more records there are none. */
static const char SQL_CHUNKS[] =
	"SELECT id, last_id, endpoint_id, CASE WHEN records BETWEEN 1 AND"
	" (SELECT length(numbers) FROM link_snapshot_part WHERE snapshot_id = link_snapshot.id"
	" AND part = '/profile') THEN records ELSE 0 END"
	" FROM link_snapshot WHERE spec = :spec ORDER BY last_id";
static const char SQL_PARTS[] =
	"SELECT part, numbers, texts FROM link_snapshot_part WHERE snapshot_id = :id";
static const char SQL_OTHERS[] = "DELETE FROM link_snapshot WHERE spec <> :spec";
static const char SQL_DROP[] = "DELETE FROM link_snapshot WHERE id = :id";
static const char SQL_CHUNK[] = "INSERT INTO link_snapshot (spec, last_id, endpoint_id, records)"
				" VALUES (:spec, :last, :endpoint, :records) RETURNING id";
static const char SQL_PART[] = "INSERT INTO link_snapshot_part (snapshot_id, part, numbers, texts)"
			       " VALUES (:id, :part, :numbers, :texts)";

/* ---- parts ---- */

#define PART_NAME 80

enum part_kind {
	PROFILES, /* the difference to the one before */
	PERSONS,
	SOURCES,
	NAMES,
	COLUMN, /* of one value a record */
	LIST,   /* how many, and these */
	POOL    /* texts of lists */
};

struct part {
	enum part_kind kind;
	int column;            /* COLUMN, LIST; POOL: enum crm_column_as */
	char name[PART_NAME];  /* cut names of columns may be equal: then only the first is found,
				* and the chunk is refused */
	struct crm_pool *pool; /* texts; NULL: none */
};

struct parts {
	struct part part[CRM_SNAPSHOT_PARTS];
	int n;
};

static void add_part(struct parts *parts, enum part_kind kind, int column, const char *name,
		     struct crm_pool *pool)
{
	struct part *p = &parts->part[parts->n++];

	*p = (struct part){.kind = kind, .column = column, .pool = pool};
	snprintf(p->name, sizeof(p->name), "%s", name);
}

/* Pools before what refers to them. */
static void find_parts(const struct crm_people *people, struct parts *parts)
{
	struct crm_people *p = (struct crm_people *)people; /* reading fills the pools */
	char name[20];
	int i;

	parts->n = 0;
	add_part(parts, PROFILES, 0, "/profile", NULL);
	add_part(parts, PERSONS, 0, "/person", NULL);
	add_part(parts, SOURCES, 0, "/source", NULL);
	add_part(parts, NAMES, 0, "/name", &p->name);
	for (i = CRM_AS_EMAIL; i <= CRM_AS_ID; i++) {
		snprintf(name, sizeof(name), "/pool%d", i);
		add_part(parts, POOL, i, name,
			 i < CRM_AS_HANDLE ? &p->pool[i] : &p->scoped[i - CRM_AS_HANDLE].whole);
	}
	for (i = 0; i < p->spec->n_base; i++)
		add_part(parts, p->spec->column[i].list ? LIST : COLUMN, i, p->spec->column[i].name,
			 p->spec->column[i].list ? NULL : &p->col[i].shown);
}

/* Of which specification a snapshot is: what its columns are read from. */
static void spec_digest(const struct crm_spec *spec, struct crm_str *out)
{
	struct crm_str all = CRM_STR_INIT;
	struct crm_digest digest;
	int i;

	crm_str_adds(&all, FORMAT);
	for (i = 0; i < spec->n_base; i++)
		crm_str_addf(&all, "\n%s\t%s\t%d\t%d", spec->column[i].name, spec->column[i].from,
			     spec->column[i].as, spec->column[i].list);
	digest = crm_digest_of(all.ptr, all.len);
	crm_digest_hex(&digest, out);
	crm_str_release(&all);
}

/* ---- writing ---- */

static void put_number(struct crm_str *out, uint64_t n)
{
	char *p = crm_str_reserve(out, 10);
	size_t i = 0;

	for (; n >= 0x80; n >>= 7)
		p[i++] = (char)(n | 0x80);
	p[i++] = (char)n;
	crm_str_wrote(out, i);
}

static void put_code(struct crm_str *out, uint64_t n, uint64_t *most)
{
	put_number(out, n == 0 ? 0 : n == *most + 1 ? 1 : n + 1);
	if (n > *most)
		*most = n;
}

static void put_list(struct crm_str *out, const struct crm_people *p, int column, uint32_t record,
		     uint64_t *most)
{
	const struct crm_column *c = &p->col[column];
	size_t end = record + 1 < p->n ? c->start[record + 1] : c->n_value, i = c->start[record];

	put_number(out, end - i);
	for (; i < end; i++)
		put_code(out, c->value[i], most);
}

/* The numbers of the records from first on. */
static void put_numbers(struct crm_str *out, const struct crm_people *p, const struct part *part,
			const struct crm_snapshot_part *from, int64_t last, uint32_t first)
{
	uint64_t most = from->most;
	uint32_t i;

	for (i = first; i < p->n && part->kind != POOL; i++)
		switch (part->kind) {
		case PROFILES:
			put_number(out, (uint64_t)(p->profile[i] - last));
			last = p->profile[i];
			break;
		case PERSONS:
			put_code(out, (uint64_t)p->person[i], &most);
			break;
		case SOURCES:
			put_code(out, (uint64_t)p->source[i], &most);
			break;
		case NAMES:
			put_code(out, p->raw_name[i], &most);
			break;
		case COLUMN:
			put_code(out, p->col[part->column].raw[i], &most);
			break;
		case LIST:
			put_list(out, p, part->column, i, &most);
			break;
		case POOL:
			break;
		}
}

static void put_texts(struct crm_str *out, const struct crm_pool *pool, uint32_t known)
{
	uint32_t id;

	for (id = known + 1; pool && id <= pool->n; id++) {
		struct crm_slice s = crm_pool_get(pool, id);

		put_number(out, s.len);
		crm_str_add(out, s.ptr, s.len);
	}
}

/* A chunk to be written: of each part what there is so far. */
struct crm_snapshot_chunk {
	int64_t last, endpoint;
	uint32_t records;
	struct crm_str spec; /* of which it is */
	int n;
	struct chunk_part {
		char name[PART_NAME];
		struct crm_str numbers, texts;
	} part[CRM_SNAPSHOT_PARTS];
};

/* What a chunk that is kept has goes before what chunk has. */
static void prepend(struct crm_str *s, struct crm_slice more)
{
	struct crm_str both = CRM_STR_INIT;

	crm_str_add(&both, more.ptr, more.len);
	crm_str_add(&both, s->ptr, s->len);
	crm_str_release(s);
	*s = both;
}

struct kept {
	int64_t id, last, endpoint;
	uint32_t records;
};

static enum crm_status drop_chunk(struct crm_db *db, const struct kept *kept)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_DROP);

	crm_bind_int(st, ":id", kept->id);
	return crm_db_run(db, st);
}

static enum crm_status join_chunk(struct crm_db *db, const struct kept *kept,
				  struct crm_snapshot_chunk *chunk)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PARTS);
	enum crm_status rc;
	bool row;
	int i;

	crm_bind_int(st, ":id", kept->id);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		for (i = 0; i < chunk->n; i++)
			if (crm_slice_is(crm_column(st, 0), chunk->part[i].name)) {
				prepend(&chunk->part[i].numbers, crm_column(st, 1));
				prepend(&chunk->part[i].texts, crm_column(st, 2));
			}
	chunk->records += kept->records;
	return rc == CRM_OK ? drop_chunk(db, kept) : rc;
}

#define KEPT 64 /* chunks: each is at least half again as large as the next, so never as many */

/* The chunks that are kept, in their order. */
static enum crm_status find_kept(struct crm_db *db, const struct crm_str *spec,
				 struct kept kept[KEPT], int *n)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_CHUNKS);
	enum crm_status rc;
	bool row;

	*n = 0;
	crm_bind_slice(st, ":spec", (struct crm_slice){spec->ptr, spec->len});
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		if (*n < KEPT)
			kept[(*n)++] = (struct kept){
				sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
				sqlite3_column_int64(st, 2), (uint32_t)sqlite3_column_int64(st, 3)};
	return rc;
}

static enum crm_status insert_part(struct crm_db *db, int64_t id, const struct chunk_part *part)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PART);

	crm_bind_int(st, ":id", id);
	crm_bind_text(st, ":part", part->name);
	crm_bind_blob(st, ":numbers", part->numbers.ptr, part->numbers.len);
	crm_bind_blob(st, ":texts", part->texts.ptr, part->texts.len);
	return crm_db_run(db, st);
}

static enum crm_status insert_chunk(struct crm_db *db, const struct crm_snapshot_chunk *chunk)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_CHUNK);
	enum crm_status rc;
	int64_t id;
	int i;

	crm_bind_slice(st, ":spec", (struct crm_slice){chunk->spec.ptr, chunk->spec.len});
	crm_bind_int(st, ":last", chunk->last);
	crm_bind_int(st, ":endpoint", chunk->endpoint);
	crm_bind_int(st, ":records", chunk->records);
	rc = crm_db_int(db, st, 0, &id);
	for (i = 0; i < chunk->n && rc == CRM_OK; i++)
		rc = insert_part(db, id, &chunk->part[i]);
	return rc;
}

static enum crm_status drop_others(struct crm_db *db, const struct crm_str *spec)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_OTHERS);

	crm_bind_slice(st, ":spec", (struct crm_slice){spec->ptr, spec->len});
	return crm_db_run(db, st);
}

/* Within a transaction: a chunk behind those that are kept, joined with the small ones. */
static enum crm_status keep_chunk(struct crm_db *db, const struct crm_snapshot *snapshot)
{
	struct crm_snapshot_chunk *chunk = snapshot->chunk;
	struct kept kept[KEPT];
	enum crm_status rc;
	int n;

	if ((rc = drop_others(db, &chunk->spec)) != CRM_OK
	    || (rc = find_kept(db, &chunk->spec, kept, &n)) != CRM_OK)
		return rc;
	for (; snapshot->last == 0 && n > 0 && rc == CRM_OK; n--)
		rc = drop_chunk(db, &kept[n - 1]); /* it could not be read */
	if (rc != CRM_OK || (n > 0 ? kept[n - 1].last : 0) != snapshot->last)
		return rc; /* another process was here */
	for (; n > 0 && rc == CRM_OK && kept[n - 1].records < 2 * chunk->records; n--)
		rc = join_chunk(db, &kept[n - 1], chunk);
	return rc == CRM_OK ? insert_chunk(db, chunk) : rc;
}

enum crm_status crm_snapshot_write(struct crm_db *db, const struct crm_snapshot *snapshot)
{
	enum crm_status rc;

	if (!snapshot->chunk)
		return CRM_OK;
	if ((rc = crm_db_begin(db)) == CRM_OK && (rc = keep_chunk(db, snapshot)) == CRM_OK)
		rc = crm_db_commit(db);
	crm_db_rollback(db);
	return rc;
}

void crm_snapshot_open(struct crm_people *people)
{
	struct parts parts;
	int i;

	find_parts(people, &parts);
	for (i = 0; i < parts.n; i++)
		if (parts.part[i].pool)
			crm_pool_open(parts.part[i].pool);
}

void crm_snapshot_take(struct crm_snapshot *snapshot, const struct crm_people *p, int64_t endpoint)
{
	struct crm_snapshot_chunk *chunk = crm_calloc(1, sizeof(*chunk));
	struct parts parts;
	int i;

	crm_snapshot_release(snapshot);
	snapshot->chunk = chunk;
	find_parts(p, &parts);
	chunk->last = p->profile[p->n - 1];
	chunk->endpoint = endpoint;
	chunk->records = p->n - snapshot->records;
	chunk->spec = (struct crm_str)CRM_STR_INIT;
	spec_digest(p->spec, &chunk->spec);
	chunk->n = parts.n;
	for (i = 0; i < parts.n; i++) {
		struct chunk_part *part = &chunk->part[i];

		memcpy(part->name, parts.part[i].name, sizeof(part->name));
		part->numbers = part->texts = (struct crm_str)CRM_STR_INIT;
		put_numbers(&part->numbers, p, &parts.part[i], &snapshot->part[i], snapshot->last,
			    snapshot->records);
		put_texts(&part->texts, parts.part[i].pool, snapshot->part[i].texts);
	}
}

void crm_snapshot_release(struct crm_snapshot *snapshot)
{
	struct crm_snapshot_chunk *chunk = snapshot->chunk;
	int i;

	for (i = 0; chunk && i < chunk->n; i++) {
		crm_str_release(&chunk->part[i].numbers);
		crm_str_release(&chunk->part[i].texts);
	}
	if (chunk)
		crm_str_release(&chunk->spec);
	free(chunk);
	snapshot->chunk = NULL;
}

/* ---- reading ---- */

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

static uint64_t get_number(struct reader *r)
{
	uint64_t n = 0;
	int shift;

	for (shift = 0; shift < 64; shift += 7) {
		if (r->at == r->end)
			break;
		n |= (uint64_t)(*r->at & 0x7f) << shift;
		if (!(*r->at++ & 0x80))
			return n;
	}
	r->bad = true;
	r->at = r->end;
	return 0;
}

static uint64_t get_code(struct reader *r, uint64_t *most)
{
	uint64_t n = get_number(r);

	n = n == 0 ? 0 : n == 1 ? *most + 1 : n - 1;
	if (n > *most)
		*most = n;
	return n;
}

static void get_list(struct reader *r, struct crm_column *c, uint32_t record, uint64_t *most)
{
	uint64_t n = get_number(r);

	c->start[record] = (uint32_t)c->n_value;
	if (n > (uint64_t)(r->end - r->at)) { /* each takes a byte or more */
		r->bad = true;
		return;
	}
	CRM_GROW(c->value, c->n_value + n, c->cap_value);
	for (; n > 0; n--) {
		uint64_t code = get_code(r, most);

		c->value[c->n_value++] = (uint32_t)code;
		r->bad = r->bad || code == 0;
	}
}

/* The numbers of records from … end - 1, for which there is room. */
static void get_numbers(struct reader *r, struct crm_people *p, const struct part *part,
			uint64_t *most, uint32_t from, uint32_t end)
{
	uint64_t last = from ? (uint64_t)p->profile[from - 1] : 0;
	uint32_t i;

	for (i = from; i < end && !r->bad && part->kind != POOL; i++)
		switch (part->kind) {
		case PROFILES:
			p->profile[i] = (int64_t)(last += get_number(r));
			r->bad = r->bad || (i > 0 && p->profile[i] <= p->profile[i - 1]);
			break;
		case PERSONS:
			p->person[i] = (int64_t)get_code(r, most);
			break;
		case SOURCES:
			p->source[i] = (int64_t)get_code(r, most);
			break;
		case NAMES:
			p->raw_name[i] = (uint32_t)get_code(r, most);
			break;
		case COLUMN:
			p->col[part->column].raw[i] = (uint32_t)get_code(r, most);
			break;
		case LIST:
			get_list(r, &p->col[part->column], i, most);
			break;
		case POOL:
			break;
		}
	r->bad = r->bad || r->at != r->end;
}

static void get_texts(struct reader *r, struct crm_people *p, const struct part *part)
{
	while (r->at < r->end && !r->bad) {
		uint64_t len = get_number(r);
		struct crm_slice s = {(const char *)r->at, (size_t)len};

		if (r->bad || !part->pool || len == 0 || len > (uint64_t)(r->end - r->at)
		    || part->pool->n == UINT32_MAX - 1) {
			r->bad = true;
			return;
		}
		if (part->kind == POOL)
			crm_people_text(p, (enum crm_column_as)part->column, s);
		else
			crm_pool_append(part->pool, s);
		r->at += len;
	}
}

static int part_named(const struct parts *parts, struct crm_slice name)
{
	int i;

	for (i = 0; i < parts->n; i++)
		if (crm_slice_is(name, parts->part[i].name))
			return i;
	return -1;
}

static struct reader reader_of(struct crm_slice s)
{
	const unsigned char *at = (const unsigned char *)s.ptr;

	return (struct reader){at, at + s.len, false};
}

/* One chunk; *good is false where it is damaged. */
static enum crm_status read_chunk(struct crm_db *db, struct crm_people *p,
				  const struct parts *parts, const struct kept *kept,
				  struct crm_snapshot *snapshot, bool *good)
{
	sqlite3_stmt *st = crm_db_stmt(db, SQL_PARTS);
	uint32_t from = p->n;
	enum crm_status rc;
	int found = 0;
	bool row;

	if (kept->records == 0) {
		*good = false;
		return CRM_OK;
	}
	crm_people_reserve(p, from + kept->records);
	crm_bind_int(st, ":id", kept->id);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		int i = part_named(parts, crm_column(st, 0));
		struct reader numbers = reader_of(crm_column(st, 1));
		struct reader texts = reader_of(crm_column(st, 2));

		if (i < 0)
			continue;
		get_numbers(&numbers, p, &parts->part[i], &snapshot->part[i].most, from,
			    from + kept->records);
		get_texts(&texts, p, &parts->part[i]);
		*good = *good && !numbers.bad && !texts.bad;
		found++;
	}
	p->n = from + kept->records;
	*good = *good && found == parts->n && p->profile[p->n - 1] == kept->last;
	snapshot->records = p->n;
	snapshot->last = kept->last;
	snapshot->endpoint = kept->endpoint;
	return rc;
}

/* Do all numbers stand for texts that there are? */
static bool is_sound(const struct crm_people *p, const struct parts *parts,
		     struct crm_snapshot *snapshot)
{
	int i;

	for (i = 0; i < parts->n; i++) {
		const struct part *part = &parts->part[i];
		const struct crm_pool *pool = part->pool;

		if (part->kind == LIST)
			pool = &p->pool[p->spec->column[part->column].as];
		if (pool && part->kind != POOL && snapshot->part[i].most > pool->n)
			return false;
		snapshot->part[i].texts = part->pool ? part->pool->n : 0;
	}
	return true;
}

enum crm_status crm_snapshot_read(struct crm_db *db, struct crm_people **people,
				  struct crm_snapshot *snapshot)
{
	const struct crm_spec *spec = (*people)->spec;
	struct crm_str digest = CRM_STR_INIT;
	struct kept kept[KEPT];
	struct parts parts;
	enum crm_status rc;
	bool good = true;
	int i, n;

	memset(snapshot, 0, sizeof(*snapshot));
	spec_digest(spec, &digest);
	find_parts(*people, &parts);
	rc = find_kept(db, &digest, kept, &n);
	for (i = 0; i < n && rc == CRM_OK && good; i++)
		rc = read_chunk(db, *people, &parts, &kept[i], snapshot, &good);
	if (rc == CRM_OK && !(good && is_sound(*people, &parts, snapshot))) {
		crm_people_free(*people);
		*people = crm_people_new(spec);
		memset(snapshot, 0, sizeof(*snapshot));
	}
	crm_str_release(&digest);
	return rc;
}
