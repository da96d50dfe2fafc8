/* SPDX-License-Identifier: MIT */
/*
 * The golden record. All profiles of a person are read once; then each group of fields
 * (name, address, …) is decided on its own: candidates are narrowed by one rule after the
 * other until one value is left.
 */
#include "store/golden.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucasemap.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "store/people.h"

/* SQL keeps its own lines. */
/* clang-format off */

/* Without ORDER BY: a sorter for each person would be most of the cost, so the few rows
 * are sorted here. The columns are those of enum crm_golden_field, e-mail and phone apart. */
static const char select_profiles[] =
	"SELECT p.id, p.seen_at, s.name, p.name, p.given, p.family, p.birth_date, NULL, NULL,"
	" p.org, p.street, p.city, p.postcode, p.region, p.country, p.language"
	" FROM " CRM_MEMBERS(":person") " AS m CROSS JOIN profile AS p ON p.person_id = m.id"
	" CROSS JOIN source AS s ON s.id = p.source_id";
static const char select_endpoints[] =
	"SELECT p.id, e.kind, e.value, e.flags & 1, e.id"
	" FROM " CRM_MEMBERS(":person") " AS m CROSS JOIN profile AS p ON p.person_id = m.id"
	" CROSS JOIN profile_endpoint AS pe ON pe.profile_id = p.id"
	" CROSS JOIN endpoint AS e ON e.id = pe.endpoint_id"
	" WHERE e.kind IN ('email', 'phone')";
static const char update_person[] =
	"UPDATE person SET name = :name, email = :email, phone = :phone WHERE id = :id"
	" AND (name IS NOT :name OR email IS NOT :email OR phone IS NOT :phone)";
/* clang-format on */

const char *const crm_golden_field_names[CRM_GOLDEN_FIELDS] = {
	"name",   "given", "family",   "birth_date", "email",   "phone",    "org",
	"street", "city",  "postcode", "region",     "country", "language",
};

/* A group of fields that is taken from one profile. */
enum group_id {
	NAME,
	BIRTH_DATE,
	EMAIL,
	PHONE,
	ORG,
	ADDRESS,
	LANGUAGE,
	GROUPS
};

static const struct group {
	const char *name;
	enum crm_golden_field first;
	int n;
} groups[GROUPS] = {
	[NAME] = {"name", CRM_GOLDEN_NAME, 3},
	[BIRTH_DATE] = {"birth_date", CRM_GOLDEN_BIRTH_DATE, 1},
	[EMAIL] = {"email", CRM_GOLDEN_EMAIL, 1},
	[PHONE] = {"phone", CRM_GOLDEN_PHONE, 1},
	[ORG] = {"org", CRM_GOLDEN_ORG, 1},
	[ADDRESS] = {"address", CRM_GOLDEN_STREET, 5},
	[LANGUAGE] = {"language", CRM_GOLDEN_LANGUAGE, 1},
};
#define GROUP_MAX 5

struct record { /* a profile */
	int64_t id, seen_at;
	const char *source;
	const char *column[CRM_GOLDEN_FIELDS];
};

struct candidate { /* a value that a group may take */
	const struct group *group;
	const struct record *from;
	const char *value[GROUP_MAX];
	uint64_t key; /* hash of the value without case: the same value has the same key */
	int64_t frequency;
	bool shared;
};

struct rule {
	const struct rule_kind *kind;
	char **sources; /* of source_rank */
	size_t n, cap;
};

/* What a candidate is worth by a rule: more is better. */
static int64_t score_newest(const struct rule *rule, const struct candidate *c)
{
	(void)rule;
	return c->from->seen_at;
}

static int64_t score_frequent(const struct rule *rule, const struct candidate *c)
{
	(void)rule;
	return c->frequency;
}

/* Letters and digits count two, a mixture of cases one: "Ada King" is more than "ADA
 * KING", and less than "Ada M. King". Every character beyond ASCII is taken for a letter. */
static int64_t fullness(const char *s)
{
	bool upper = false, lower = false;
	int64_t n = 0;

	for (; *s; s++) {
		upper |= *s >= 'A' && *s <= 'Z';
		lower |= *s >= 'a' && *s <= 'z';
		n += (*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z')
		     || (unsigned char)*s >= 0xC0;
	}
	return 2 * n + (upper && lower);
}

static int64_t score_complete(const struct rule *rule, const struct candidate *c)
{
	int64_t filled = 0;

	(void)rule;
	if (c->group != &groups[ADDRESS])
		return fullness(c->value[0]);
	for (int i = 0; i < c->group->n; i++)
		filled += c->value[i] != NULL;
	return filled;
}

static int64_t score_source(const struct rule *rule, const struct candidate *c)
{
	size_t i = 0;

	while (i < rule->n && strcmp(rule->sources[i], c->from->source))
		i++;
	return -(int64_t)i;
}

static const struct rule_kind {
	const char *name;
	int64_t (*score)(const struct rule *rule, const struct candidate *c);
	bool takes_sources;
} rule_kinds[] = {
	{"most_complete", score_complete, false},
	{"most_frequent", score_frequent, false},
	{"newest", score_newest, false},
	{"source_rank", score_source, true},
};
#define RULE_KINDS (sizeof(rule_kinds) / sizeof(rule_kinds[0]))

struct rule_list {
	struct rule *rules;
	size_t n, cap;
	int line; /* that names the field in the file being read, 0: none yet */
};

struct crm_golden_rules {
	struct rule_list of[GROUPS];
};

/* ---- the file of rules ---- */

static void clear_list(struct rule_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		for (size_t k = 0; k < list->rules[i].n; k++)
			free(list->rules[i].sources[k]);
		free(list->rules[i].sources);
	}
	list->n = 0;
}

static struct rule *add_rule(struct rule_list *list, const struct rule_kind *kind)
{
	CRM_GROW(list->rules, list->n + 1, list->cap);
	list->rules[list->n] = (struct rule){.kind = kind};
	return &list->rules[list->n++];
}

static const struct rule_kind *find_kind(struct crm_slice name)
{
	for (size_t i = 0; i < RULE_KINDS; i++)
		if (crm_slice_is(name, rule_kinds[i].name))
			return &rule_kinds[i];
	return NULL;
}

struct crm_golden_rules *crm_golden_rules_new(void)
{
	struct crm_golden_rules *rules = crm_calloc(1, sizeof(*rules));

	for (int g = 0; g < GROUPS; g++)
		add_rule(&rules->of[g], find_kind(CRM_SLICE("newest")));
	return rules;
}

void crm_golden_rules_free(struct crm_golden_rules *rules)
{
	if (!rules)
		return;
	for (int g = 0; g < GROUPS; g++) {
		clear_list(&rules->of[g]);
		free(rules->of[g].rules);
	}
	free(rules);
}

struct parse { /* a line of the file */
	const char *name;
	int line;
	struct crm_slice rest;
	struct crm_err *err;
};

#define REFUSE(p, fmt, ...) \
	crm_fail((p)->err, CRM_CONFIG, "%s:%d: " fmt, (p)->name, (p)->line, __VA_ARGS__)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes what comes before one of the stops, which is left. */
static struct crm_slice take(struct parse *p, const char *stops)
{
	struct crm_slice word = {p->rest.ptr, 0};

	while (word.len < p->rest.len && !strchr(stops, word.ptr[word.len]))
		word.len++;
	p->rest.ptr += word.len;
	p->rest.len -= word.len;
	return word;
}

static void skip_blanks(struct parse *p)
{
	while (p->rest.len && is_blank(*p->rest.ptr))
		p->rest.ptr++, p->rest.len--;
}

/* p stands on the bracket. */
static enum crm_status parse_sources(struct parse *p, struct rule *rule)
{
	do {
		struct crm_slice source;

		p->rest.ptr++, p->rest.len--;
		source = crm_slice_trim(take(p, ",)"));
		if (!p->rest.len)
			return REFUSE(p, "%s( is not closed", rule->kind->name);
		if (!source.len)
			return REFUSE(p, "%s names an empty source", rule->kind->name);
		CRM_GROW(rule->sources, rule->n + 1, rule->cap);
		rule->sources[rule->n++] = crm_strndup(source.ptr, source.len);
	} while (*p->rest.ptr == ',');
	p->rest.ptr++, p->rest.len--;
	return CRM_OK;
}

static enum crm_status parse_rule(struct parse *p, struct rule_list *list)
{
	struct crm_slice name = take(p, " \t\r(");
	const struct rule_kind *kind = find_kind(name);
	bool bracket = p->rest.len && *p->rest.ptr == '(';

	if (!kind)
		return REFUSE(p,
			      "unknown rule '%.*s': there are newest, most_frequent, most_complete"
			      " and source_rank(…)",
			      (int)name.len, name.ptr);
	if (kind->takes_sources && !bracket)
		return REFUSE(p, "%s needs its sources: %s(webshop,newsletter)", kind->name,
			      kind->name);
	if (!kind->takes_sources && bracket)
		return REFUSE(p, "%s takes nothing in brackets", kind->name);
	if (!bracket) {
		add_rule(list, kind);
		return CRM_OK;
	}
	return parse_sources(p, add_rule(list, kind));
}

static struct rule_list *find_list(struct crm_golden_rules *rules, struct crm_slice field)
{
	for (int g = 0; g < GROUPS; g++)
		if (crm_slice_is(field, groups[g].name))
			return &rules->of[g];
	return NULL;
}

static enum crm_status parse_line(struct parse *p, struct crm_golden_rules *rules)
{
	struct crm_slice field;
	struct rule_list *list;
	enum crm_status rc = CRM_OK;

	p->rest = take(p, "#"); /* the comment is left, and so forgotten */
	skip_blanks(p);
	if (!p->rest.len)
		return CRM_OK;
	field = take(p, " \t\r");
	if (!(list = find_list(rules, field)))
		return REFUSE(p,
			      "unknown field '%.*s': there are name, birth_date, email, phone, org,"
			      " address and language",
			      (int)field.len, field.ptr);
	if (list->line)
		return REFUSE(p, "%.*s has its rules in line %d already", (int)field.len, field.ptr,
			      list->line);
	list->line = p->line;
	clear_list(list);
	for (skip_blanks(p); p->rest.len && rc == CRM_OK; skip_blanks(p))
		rc = parse_rule(p, list);
	if (rc == CRM_OK && !list->n)
		rc = REFUSE(p, "%.*s without a rule", (int)field.len, field.ptr);
	return rc;
}

enum crm_status crm_golden_rules_parse(struct crm_golden_rules *rules, const char *name,
				       struct crm_slice text, struct crm_err *err)
{
	struct parse p = {.name = name, .err = err};
	enum crm_status rc = CRM_OK;

	for (int g = 0; g < GROUPS; g++)
		rules->of[g].line = 0;
	while (text.len && rc == CRM_OK) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		p.line++;
		p.rest = (struct crm_slice){text.ptr, len};
		text.ptr += len + (end != NULL);
		text.len -= len + (end != NULL);
		if (crm_utf8_valid(p.rest.ptr, len) != len || memchr(p.rest.ptr, '\0', len))
			rc = REFUSE(&p, "%s", "not a line of text");
		else
			rc = parse_line(&p, rules);
	}
	return rc;
}

enum crm_status crm_golden_rules_read(struct crm_golden_rules *rules, const char *path,
				      struct crm_err *err)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc = crm_file_read(path, &text, err);

	if (rc == CRM_OK)
		rc = crm_golden_rules_parse(rules, path, crm_str_slice(&text), err);
	crm_str_release(&text);
	return rc;
}

/* ---- what is known of a person ---- */

struct known {
	struct record *records;
	size_t n, cap;
	struct candidate *of[GROUPS];
	size_t count[GROUPS], room[GROUPS];
	struct crm_arena *arena;
	UCaseMap *cases; /* opened when a value is not ASCII */
};

static const char *keep(struct crm_arena *arena, struct crm_slice s)
{
	return s.len ? crm_arena_strndup(arena, s.ptr, s.len) : NULL;
}

static int by_profile(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static enum crm_status read_profiles(struct crm_db *db, int64_t person, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(db, select_profiles);
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":person", person);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct record *r;

		CRM_GROW(k->records, k->n + 1, k->cap);
		r = &k->records[k->n++];
		r->id = sqlite3_column_int64(st, 0);
		r->seen_at = sqlite3_column_int64(st, 1);
		r->source =
			crm_arena_strndup(k->arena, crm_column(st, 2).ptr, crm_column(st, 2).len);
		for (int f = 0; f < CRM_GOLDEN_FIELDS; f++)
			r->column[f] = keep(k->arena, crm_column(st, 3 + f));
	}
	if (k->n)
		qsort(k->records, k->n, sizeof(*k->records), by_profile);
	return rc;
}

/* s without case; in room where it is not ASCII. ICU cannot fail here but for memory: then
 * the text counts as it is written. */
static const char *without_case(struct known *k, const char *s, char *room, int32_t size)
{
	UErrorCode status = U_ZERO_ERROR;
	const char *p = s;

	while (*p && (unsigned char)*p < 0x80)
		p++;
	if (!*p)
		return s;
	if (!k->cases)
		k->cases = ucasemap_open("", U_FOLD_CASE_DEFAULT, &status);
	ucasemap_utf8FoldCase(k->cases, room, size, s, -1, &status);
	return status == U_ZERO_ERROR ? room : s; /* it was too long for room, say */
}

static uint64_t key_of(struct known *k, const struct candidate *c)
{
	/* Of a name the whole counts, not how a source parted it. */
	int n = c->group == &groups[NAME] ? 1 : c->group->n;
	uint64_t key = 0;
	char room[512];

	for (int i = 0; i < n; i++) {
		const char *s = c->value[i] ? without_case(k, c->value[i], room, sizeof(room)) : "";
		uint64_t h = 0;

		for (; *s; s++)
			h = crm_hash64_with(h, (uint64_t)(*s >= 'A' && *s <= 'Z' ? *s | 32 : *s));
		key = crm_hash64_with(key, h);
	}
	return key;
}

static void add_candidate(struct known *k, enum group_id g, struct candidate c)
{
	c.group = &groups[g];
	c.key = key_of(k, &c);
	CRM_GROW(k->of[g], k->count[g] + 1, k->room[g]);
	k->of[g][k->count[g]++] = c;
}

/* The whole name where a source has only its parts. */
static const char *whole_name(struct crm_arena *arena, const struct candidate *c)
{
	struct crm_str name = CRM_STR_INIT;
	const char *kept;

	if (c->value[0] || !c->value[1] || !c->value[2])
		return c->value[0] ? c->value[0] : c->value[1] ? c->value[1] : c->value[2];
	crm_str_addf(&name, "%s %s", c->value[1], c->value[2]);
	kept = crm_arena_strndup(arena, name.ptr, name.len);
	crm_str_release(&name);
	return kept;
}

/* The groups that are columns of a profile. */
static void add_columns(struct known *k, enum group_id g)
{
	for (size_t i = 0; i < k->n; i++) {
		struct candidate c = {.from = &k->records[i]};
		bool any = false;

		for (int f = 0; f < groups[g].n; f++)
			any |= (c.value[f] = c.from->column[groups[g].first + f]) != NULL;
		if (any && g == NAME)
			c.value[0] = whole_name(k->arena, &c);
		if (any)
			add_candidate(k, g, c);
	}
}

struct address {
	int64_t profile, endpoint;
	bool is_email;
	struct candidate c;
};

static int by_profile_and_endpoint(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	if (x->profile != y->profile)
		return x->profile < y->profile ? -1 : 1;
	return x->endpoint < y->endpoint ? -1 : x->endpoint > y->endpoint;
}

static enum crm_status read_endpoints(struct crm_db *db, int64_t person, struct known *k)
{
	sqlite3_stmt *st = crm_db_stmt(db, select_endpoints);
	struct address *list = NULL;
	size_t n = 0, cap = 0, r = 0;
	enum crm_status rc;
	bool row;

	crm_bind_int(st, ":person", person);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		CRM_GROW(list, n + 1, cap);
		list[n++] = (struct address){
			.profile = sqlite3_column_int64(st, 0),
			.endpoint = sqlite3_column_int64(st, 4),
			.is_email = crm_slice_is(crm_column(st, 1), "email"),
			.c = {.shared = sqlite3_column_int(st, 3),
			      .value = {keep(k->arena, crm_column(st, 2))}},
		};
	}
	if (n)
		qsort(list, n, sizeof(*list), by_profile_and_endpoint);
	for (size_t i = 0; i < n; i++) {
		while (k->records[r].id != list[i].profile)
			r++; /* both are in the order of profiles */
		list[i].c.from = &k->records[r];
		if (list[i].c.value[0])
			add_candidate(k, list[i].is_email ? EMAIL : PHONE, list[i].c);
	}
	free(list);
	return rc;
}

/* ---- deciding ---- */

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many candidates have the value of each. */
static void count_values(struct candidate *c, size_t n)
{
	uint64_t *keys = crm_malloc(n * sizeof(*keys));

	for (size_t i = 0; i < n; i++)
		keys[i] = c[i].key;
	qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 0; i < n; i++) {
		uint64_t *hit = bsearch(&c[i].key, keys, n, sizeof(*keys), by_key);
		const uint64_t *first = hit, *last = hit;

		while (first > keys && first[-1] == c[i].key)
			first--;
		while (last < keys + n - 1 && last[1] == c[i].key)
			last++;
		c[i].frequency = last - first + 1;
	}
	free(keys);
}

static bool one_value(const struct candidate *c, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (c[i].key != c[0].key)
			return false;
	return true;
}

/* Leaves those with the best score, in their order; returns how many. */
static size_t narrow(const struct rule *rule, struct candidate *c, size_t n)
{
	int64_t best = INT64_MIN;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t score = rule->kind->score(rule, &c[i]);

		if (score > best) {
			best = score;
			kept = 0;
		}
		if (score == best)
			c[kept++] = c[i];
	}
	return kept;
}

static size_t drop_shared(struct candidate *c, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!c[i].shared)
			c[kept++] = c[i];
	return kept ? kept : n;
}

/* Rules go on after one value is left: they then choose between its spellings. */
static void decide(const struct rule_list *rules, struct candidate *c, size_t n,
		   struct crm_golden *golden)
{
	const char *by = NULL;

	n = drop_shared(c, n);
	count_values(c, n);
	if (one_value(c, n))
		by = "only";
	for (size_t i = 0; i < rules->n; i++) {
		n = narrow(&rules->rules[i], c, n);
		if (!by && one_value(c, n))
			by = rules->rules[i].kind->name;
	}
	for (int f = 0; f < c->group->n; f++)
		if (c->value[f])
			golden->field[c->group->first + f] = (struct crm_golden_value){
				c->value[f], c->from->id, by ? by : "first_profile"};
}

enum crm_status crm_golden_derive(struct crm_db *db, const struct crm_golden_rules *rules,
				  int64_t person, struct crm_golden *golden)
{
	struct known k = {.arena = &golden->arena};
	enum crm_status rc;

	crm_arena_clear(&golden->arena);
	golden->person = person;
	memset(golden->field, 0, sizeof(golden->field));
	if ((rc = read_profiles(db, person, &k)) == CRM_OK)
		rc = read_endpoints(db, person, &k);
	golden->profiles = k.n;
	for (int g = 0; g < GROUPS; g++) {
		if (g != EMAIL && g != PHONE)
			add_columns(&k, g);
		if (k.count[g] && rc == CRM_OK)
			decide(&rules->of[g], k.of[g], k.count[g], golden);
		free(k.of[g]);
	}
	free(k.records);
	ucasemap_close(k.cases);
	return rc;
}

enum crm_status crm_golden_store(struct crm_db *db, const struct crm_golden *golden)
{
	sqlite3_stmt *st = crm_db_stmt(db, update_person);

	crm_bind_int(st, ":id", golden->person);
	crm_bind_text(st, ":name", golden->field[CRM_GOLDEN_NAME].value);
	crm_bind_text(st, ":email", golden->field[CRM_GOLDEN_EMAIL].value);
	crm_bind_text(st, ":phone", golden->field[CRM_GOLDEN_PHONE].value);
	return crm_db_run(db, st);
}

enum crm_status crm_golden_refresh(struct crm_db *db, const struct crm_golden_rules *rules,
				   const int64_t *given, size_t n)
{
	struct crm_golden golden = CRM_GOLDEN_INIT;
	int64_t *ids = crm_calloc(n + 1, sizeof(*ids));
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < n; i++)
		ids[i] = given[i];
	qsort(ids, n, sizeof(*ids), crm_ids_order);
	for (size_t i = 0; i < n && rc == CRM_OK; i++) {
		if (i && ids[i] == ids[i - 1])
			continue; /* each time would read all records of this person again */
		if ((rc = crm_golden_derive(db, rules, ids[i], &golden)) == CRM_OK)
			rc = crm_golden_store(db, &golden);
	}
	free(ids);
	crm_golden_release(&golden);
	return rc;
}

void crm_golden_release(struct crm_golden *golden)
{
	crm_arena_release(&golden->arena);
	*golden = (struct crm_golden)CRM_GOLDEN_INIT;
}

void crm_golden_json(const struct crm_golden *golden, struct crm_str *out)
{
	crm_json_open(out, '{');
	for (int f = 0; f < CRM_GOLDEN_FIELDS; f++) {
		const struct crm_golden_value *v = &golden->field[f];

		if (!v->value)
			continue;
		crm_json_key(out, crm_golden_field_names[f]);
		crm_json_open(out, '{');
		crm_json_put(out, "value", v->value);
		crm_json_put_int(out, "profile", v->profile);
		crm_json_put(out, "rule", v->rule);
		crm_json_close(out, '}');
	}
	crm_json_close(out, '}');
}
