/* SPDX-License-Identifier: MIT */
/*
 * The rules of group.h, one household, desk and device at a time. What is expected was worked
 * out by hand from the rules; in each case a line is a record: its name, then its addresses
 * (h: handle, m: one of several, e: e-mail, i: a desk's e-mail, t: telephone; the letter, a
 * scope's digit for handles, a value's). Expected is a letter for each record's person.
 */
#include "store/group.h"

#include "tap.h"

#define MOST 12

struct record {
	const char *given, *family, *addresses;
};

struct kind {
	char letter;
	enum crm_group_kind kind;
};
static const struct kind kinds[] = {{'h', CRM_BY_HANDLE},
				    {'m', CRM_BY_MANY},
				    {'e', CRM_BY_EMAIL},
				    {'i', CRM_BY_EMAIL},
				    {'t', CRM_BY_PHONE}};

static struct crm_slice text(const char *s)
{
	return s ? (struct crm_slice){s, strlen(s)} : (struct crm_slice){NULL, 0};
}

/* One address, with all records that have it; false when nobody does. */
static bool gather(const struct record *r, uint32_t n, const struct kind *kind, const char *what,
		   struct crm_group_address *a, uint32_t *members, uint32_t *at)
{
	*a = (struct crm_group_address){.kind = kind->kind,
					.scope = (uint32_t)what[1],
					.role = kind->letter == 'i',
					.first = *at};
	for (uint32_t i = 0; i < n; i++)
		if (strstr(r[i].addresses, what)) {
			members[(*at)++] = i;
			a->n++;
		}
	return a->n > 0;
}

static void check(const char *title, const struct record *r, const char *expected, int parted)
{
	uint32_t n = 0, at = 0, members[MOST * 8];
	struct crm_group_name names[MOST];
	struct crm_group_address addresses[64];
	static const struct crm_group_pair labels[] = {{0, 0, 0}, {1, 1, 0}}, apart = {0, 1, 0};
	struct crm_group g = {.names = names,
			      .addresses = addresses,
			      .members = members,
			      .labels = labels,
			      .n_labels = parted ? 2 : 0,
			      .parted = &apart,
			      .n_parted = parted ? 1 : 0};
	char got[MOST + 1] = "";

	for (; r[n].addresses; n++)
		names[n] = (struct crm_group_name){text(r[n].given), text(r[n].family)};
	g.n = n;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (char scope = '1'; scope <= '3'; scope++)
			for (char value = '1'; value <= '3'; value++) {
				char what[] = {kinds[k].letter, scope, value, '\0'};

				g.n_addresses += gather(r, n, &kinds[k], what,
							&addresses[g.n_addresses], members, &at);
			}
	ok(crm_group_people(&g), "%s: few enough", title);
	for (uint32_t i = 0; i < n; i++)
		got[i] = (char)('a' + g.person[i]);
	is_str(got, expected, title);
	crm_group_release(&g);
}

#define CASE(title, expected, ...) \
	check(title, (const struct record[]){__VA_ARGS__, {NULL, NULL, NULL}}, expected, 0)

static void people(void)
{
	CASE("no difference, no doubt: all at an address are one", "aaaa", {"Ada", "King", "e11"},
	     {NULL, NULL, "e11"}, {"Ada", "Byron", "e11"}, {"Ada Mary", "King", "e11"});
	CASE("a household: two, and whoever says no name is neither", "abaae",
	     {"Ada", "King", "t11"}, {"William", "King", "t11"}, {"Ada", "King", "t11"},
	     {"Ada", "Byron", "t11"}, {NULL, NULL, "t11"});
	CASE("nameless callers of a household are one among themselves", "abcc",
	     {"Ada", "King", "t11"}, {"William", "King", "t11"}, {NULL, NULL, "t11"},
	     {NULL, NULL, "t11"});
	CASE("an initial that fits two who differ fits none", "abcc", {"Ada", "King", "e11"},
	     {"Anton", "King", "e11"}, {"A", "King", "e11"}, {"A", "King", "e11"});
	CASE("a record with the addresses of two joins them where names agree", "aaa",
	     {"Ada", "King", "e11"}, {"Ada", "King", "t11"}, {"A", "King", "e11 t11"});
	CASE("but not where they differ: the e-mail address decides", "aba", {"Ada", "King", "e11"},
	     {"Bob", "Stone", "t11"}, {NULL, NULL, "e11 t11"});
	CASE("nor where they differ from somebody met on the way", "aac", {"Ada", "King", "e11"},
	     {"A", "King", "e11 t11"}, {"Anton", "King", "t11"});
	CASE("names that agree go before an e-mail address where they cannot be compared", "abb",
	     {"Ada", "King", "e11"}, {"Ada", "Byron", "e11 t11"}, {"A", "Byron", "t11"});
}

static void ids(void)
{
	CASE("a handle identifies alone", "aa", {"Ada", "King", "h11"}, {"Bob", "Stone", "h11"});
	CASE("two handles in one record are one person's", "aaa", {"Ada", "King", "h11"},
	     {"Bob", "Stone", "h21"}, {NULL, NULL, "h11 h21"});
	CASE("the same number in two scopes is not", "ab", {"Ada", "King", "h11"},
	     {"Ada", "King", "h21"});
	CASE("a device that two customers use joins neither", "aba", {NULL, NULL, "h11 m31"},
	     {NULL, NULL, "h12 m31"}, {NULL, NULL, "m31"});
	CASE("but ids that the source merged do", "aa", {"Ada", "King", "h11 m12"},
	     {"Bob", "Stone", "m12"});
	CASE("a unit that has a name agrees by it, whatever else it is called", "aaa",
	     {"Ada", "King", "h11 e11"}, {"Bertha", "Vogt", "h11 e11"}, {"Ada", "King", "e11"});
	check("what was parted stays parted",
	      (const struct record[]){{"Ada", "King", "h11 e11"},
				      {"Ada", "King", "h11 e11"},
				      {"Ada", "King", "e11"},
				      {NULL, NULL, NULL}},
	      "aba", 1);
}

static void desks(void)
{
	CASE("at a desk only agreement counts", "abaa", {"Ada", "King", "i11"},
	     {"Ada", "Byron", "i11"}, {"Ada", "King", "i11"}, {"A", "King", "i11"});
	CASE("who says no name is the only one named there", "aa", {"Ada", "King", "i11"},
	     {NULL, NULL, "i11"});
	CASE("but nobody of two", "abc", {"Ada", "King", "i11"}, {"Ada", "Byron", "i11"},
	     {NULL, NULL, "i11"});
}

static void shared(void)
{
	struct crm_group_name n[CRM_SHARED_NAMES] = {{text("Ada"), text("King")},
						     {text("A"), text("King")},
						     {text("William"), text("King")},
						     {text("Cem"), text("King")}};

	ok(!crm_group_shared(n, 2, false), "names that agree share nothing");
	ok(!crm_group_shared(n, 3, false), "two share a household");
	ok(crm_group_shared(n, 4, false), "three are too many");
	ok(!crm_group_shared(n, 2, true), "at a desk: one, who agrees with himself");
	ok(crm_group_shared(n, 3, true), "two are too many there");
	for (int i = 0; i < CRM_SHARED_NAMES; i++)
		n[i] = n[0];
	ok(crm_group_shared(n, CRM_SHARED_NAMES, false), "so many names are nobody's");
}

int main(void)
{
	people();
	ids();
	desks();
	shared();
	return done();
}
