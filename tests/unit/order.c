/* SPDX-License-Identifier: MIT */
/*
 * The same people, whatever the order: random records whose names, addresses and ids collide
 * on purpose are stored in random orders, cut into files and chunks at random, some runs being
 * abandoned and taken up again; who is one person with whom must always be the same. The first
 * order is the truth for the others: what the people should be is said in group.h, and tested
 * by hand in tests/unit/group.c. A difference is made as small as it gets by leaving records
 * out, and printed.
 *
 * ORDER_SEEDS: how many sets of records (80).
 */
#include "store/intake.h"

#include <inttypes.h>
#include <unistd.h>

#include "norm/email.h"
#include "tap.h"

#define MOST 16
#define ORDERS 12

struct sample {
	int name, handles[2], emails[2], phone, source, id;
	bool many; /* the second handle is one of several */
};

static const char *const names[][2] = {
	{NULL, NULL},       {"Ada", "King"},     {"A", "King"},    {"Anton", "King"},
	{"Ada", "Byron"},   {"William", "King"}, {"Bill", "King"}, {NULL, "King"},
	{"Bertha", "Vogt"}, {"Aad", "Kign"},     {"King", "Ada"},
};
static const char *const emails[] = {"ada@example.org",  "king@example.org", "bv@example.org",
				     "info@example.org", "x@example.org",    "y@example.org"};
static const char *const phones[] = {"+493023125001", "+493023125002", "+493023125003"};
static const char *const scopes[] = {"shop", "page", "device"}; /* device: many */

static uint64_t state;

static int dice(int n) /* 0 … n - 1, splitmix64 */
{
	uint64_t z = state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

static struct crm_slice text(const char *s)
{
	return s ? (struct crm_slice){s, strlen(s)} : (struct crm_slice){NULL, 0};
}

static struct crm_slice print(struct crm_chunk *chunk, const char *before, int n, const char *after)
{
	char buf[64];
	int len = snprintf(buf, sizeof(buf), "%s%d%s", before, n, after);

	return (struct crm_slice){crm_arena_strndup(&chunk->arena, buf, (size_t)len), (size_t)len};
}

static void add_address(struct crm_record *r, enum crm_endpoint_kind kind, const char *scope,
			struct crm_slice value, bool many)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (r->addresses[i].kind == kind && crm_slice_same(r->addresses[i].value, value)
		    && crm_slice_is(r->addresses[i].scope, scope))
			return;
	r->addresses[r->n_addresses++] =
		(struct crm_address){.kind = kind,
				     .scope = text(scope),
				     .value = value,
				     .role = kind == CRM_EMAIL && crm_email_is_role(value),
				     .many = many};
}

/* Record number n of the set. */
static void make(struct crm_chunk *chunk, const struct sample *s, int n)
{
	struct crm_record *r = crm_chunk_add(chunk);

	r->type = CRM_CONTACT;
	r->line = n + 1;
	r->digest = print(chunk, "", 1000000000 + n, "000000abcdefabcdefabcd");
	r->raw = print(chunk, "{\"n\":", n, "}");
	if (s->id)
		r->id = print(chunk, "id", s->id, "");
	r->person[CRM_NAME] = text(names[s->name][1]);
	r->person[CRM_GIVEN] = text(names[s->name][0]);
	r->person[CRM_FAMILY] = text(names[s->name][1]);
	for (int i = 0; i < 2; i++)
		if (s->handles[i])
			add_address(r, CRM_HANDLE, scopes[s->handles[i] % 3],
				    print(chunk, "h", s->handles[i] / 3, ""),
				    s->handles[i] % 3 == 2 || (i && s->many));
	for (int i = 0; i < 2; i++)
		if (s->emails[i])
			add_address(r, CRM_EMAIL, "", text(emails[s->emails[i] - 1]), false);
	if (s->phone)
		add_address(r, CRM_PHONE, "", text(phones[s->phone - 1]), false);
}

/* Of six kinds of sets: with and without handles, with few names and many, with the source's
 * own ids; and one of little else than handles of one scope. */
static void think_up(struct sample *set, int n, int kind)
{
	bool only_handles = kind % 6 == 5;

	for (int i = 0; i < n; i++) {
		struct sample *s = &set[i];

		*s = (struct sample){.name = dice(only_handles ? 2
						  : kind % 2   ? 4
							       : 11),
				     .source = dice(2),
				     .many = kind % 3 == 2 && !dice(3)};
		for (int k = 0; k < 2 && kind % 3; k++)
			s->handles[k] = only_handles ? 3 * (1 + dice(4))
					: dice(3)    ? 0
						     : 1 + dice(8);
		for (int k = 0; k < 2 && !only_handles; k++)
			s->emails[k] = dice(2) ? 0 : kind % 5 == 4 ? 3 + dice(2) : 1 + dice(6);
		s->phone = dice(only_handles ? 6 : 2) ? 0 : 1 + dice(3);
		s->id = kind % 4 == 3 && !dice(3) ? 1 + dice(3) : 0;
	}
}

/* --- storing --- */

static struct crm_golden_rules *rules;
static struct crm_db *db;

static void expect(enum crm_status rc)
{
	if (rc == CRM_OK)
		return;
	printf("Bail out! %s\n", crm_db_err(db)->text);
	exit(1);
}

/* Stores order[0 … n) of one source in chunks; stop: abandons it after as many. */
static void feed(const struct sample *set, const int *order, int n, int file, int stop)
{
	struct crm_intake_source source = {.scope = "",
					   .medium = "test",
					   .file = file ? "second" : "first",
					   .mapping = "{}",
					   .name = set[order[0]].source ? "a" : "b"};
	struct crm_chunk chunk = CRM_CHUNK_INIT;
	struct crm_outcome outcomes[MOST];
	struct crm_intake *in;

	expect(crm_intake_open(&in, db, &source, rules));
	for (int i = 0; i < n && i < stop;) {
		crm_chunk_clear(&chunk);
		for (int most = 1 + dice(6); most-- && i < n; i++)
			make(&chunk, &set[order[i]], order[i]);
		expect(crm_intake_store(in, &chunk, outcomes));
		if (stop <= MOST || dice(2))
			expect(crm_intake_commit(in));
	}
	if (stop > MOST)
		expect(crm_intake_finish(in));
	crm_intake_close(in);
	crm_chunk_release(&chunk);
}

/* A file is a run of records of one source. */
static void store(const struct sample *set, const int *order, int n)
{
	for (int i = 0, end, file = 0; i < n; i = end, file++) {
		for (end = i + 1; end < n && set[order[end]].source == set[order[i]].source;)
			end++;
		if (!dice(3))
			feed(set, order + i, end - i, file & 1, dice(end - i));
		feed(set, order + i, end - i, file & 1, MOST + 1);
	}
}

/* Who is with whom: for each record the smallest record of its person. */
static void partition(int *out)
{
	static const char sql[] =
		"SELECT raw ->> '$.n', (SELECT min(raw ->> '$.n') FROM profile AS "
		"o JOIN profile_canon AS d ON d.profile_id = o.id WHERE "
		"d.person_id = c.person_id) FROM profile AS p JOIN profile_canon "
		"AS c ON c.profile_id = p.id";
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	bool row;

	for (int i = 0; i < MOST; i++)
		out[i] = -1;
	while (crm_db_step(db, st, &row) == CRM_OK && row)
		out[sqlite3_column_int(st, 0)] = sqlite3_column_int(st, 1);
}

static void run(const struct sample *set, const int *order, int n, int *out)
{
	expect(crm_db_exec(db, "PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM profile_endpoint;"
			       "DELETE FROM endpoint; DELETE FROM link; DELETE FROM suspect;"
			       "DELETE FROM unsettled; DELETE FROM profile; DELETE FROM person;"
			       "DELETE FROM batch; DELETE FROM source;"
			       "INSERT INTO profile_words (profile_words) VALUES ('delete-all');"
			       "COMMIT"));
	store(set, order, n);
	partition(out);
}

static void shuffle(int *order, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int k = dice(i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
}

static bool same(const struct sample *set, const int *a, const int *b, int n)
{
	int x[MOST], y[MOST];

	run(set, a, n, x);
	run(set, b, n, y);
	return !memcmp(x, y, sizeof(x));
}

static void show(const struct sample *set, const int *order, int n)
{
	int out[MOST];

	run(set, order, n, out);
	for (int i = 0; i < n; i++) {
		const struct sample *s = &set[order[i]];

		printf("# %d: source %d id %d, %s %s, handles %d %d, emails %d %d, phone %d -> "
		       "%d\n",
		       order[i], s->source, s->id, names[s->name][0] ? names[s->name][0] : "-",
		       names[s->name][1] ? names[s->name][1] : "-", s->handles[0], s->handles[1],
		       s->emails[0], s->emails[1], s->phone, out[order[i]]);
	}
	puts("#");
}

/* Leaves out records as long as the two orders still differ. */
static void minimise(const struct sample *set, int *a, int *b, int n)
{
	for (int i = 0; i < n;) {
		int c[MOST], d[MOST], k = 0, l = 0;

		for (int j = 0; j < n; j++) {
			if (a[j] != a[i])
				c[k++] = a[j];
			if (b[j] != a[i])
				d[l++] = b[j];
		}
		if (same(set, c, d, k)) {
			i++;
			continue;
		}
		memcpy(a, c, sizeof(c));
		memcpy(b, d, sizeof(d));
		n--;
		i = 0;
	}
	show(set, a, n);
	show(set, b, n);
}

int main(void)
{
	const char *env = getenv("ORDER_SEEDS");
	char path[] = "/tmp/crm-order.XXXXXX";
	int seeds = env ? atoi(env) : 80, bad = 0, merged = 0;

	close(mkstemp(path));
	expect(crm_db_open(&db, path, CRM_DB_CREATE));
	expect(crm_db_exec(db, "PRAGMA synchronous = OFF"));
	crm_db_set_now(db, 1);
	rules = crm_golden_rules_new();
	for (int seed = 1; seed <= seeds && bad < 3; seed++) {
		struct sample set[MOST];
		int first[MOST], order[MOST], truth[MOST], got[MOST], n;

		state = (uint64_t)seed;
		n = 2 + dice(seed % 3 ? 4 : MOST - 2); /* in small ones little else is contested */
		think_up(set, n, seed);
		for (int i = 0; i < n; i++)
			first[i] = order[i] = i;
		run(set, first, n, truth);
		for (int i = 0; i < n; i++)
			merged += truth[i] != i;
		for (int k = 0; k < ORDERS; k++) {
			shuffle(order, n);
			run(set, order, n, got);
			if (memcmp(got, truth, sizeof(got)) != 0) {
				printf("# seed %d, order %d\n", seed, k);
				minimise(set, first, order, n);
				bad++;
				break;
			}
		}
	}
	is_int(bad, 0, "the same people in every order");
	ok(merged > seeds, "records were one person's (%d)", merged);
	crm_golden_rules_free(rules);
	crm_db_close(db);
	unlink(path);
	return done();
}
