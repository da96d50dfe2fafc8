/* SPDX-License-Identifier: MIT */
/* Names. Source of truth: how the people of each country write and shorten theirs, and
 * households as every shop has them. */
#include "norm/name.h"

#include "tap.h"

static void split(const char *whole, const char *want_given, const char *want_family)
{
	struct crm_str given = CRM_STR_INIT, family = CRM_STR_INIT, got = CRM_STR_INIT;
	char want[200];

	crm_name_split(crm_slice_of(whole), &given, &family);
	crm_str_addf(&got, "%s|%s", given.ptr, family.ptr);
	snprintf(want, sizeof(want), "%s|%s", want_given, want_family);
	is_str(got.ptr, want, whole);
	crm_str_release(&given);
	crm_str_release(&family);
	crm_str_release(&got);
}

static void splitting(void)
{
	split("Ada King", "Ada", "King");
	split("  Ada   Augusta King ", "Ada Augusta", "King");
	split("King, Ada", "Ada", "King");
	split("King, Dr. Ada Augusta", "Ada Augusta", "King");
	split("Dr. Ada King", "Ada", "King");
	split("Prof. Dr.-Ing. Ada King, PhD", "Ada", "King");
	split("Martin King Jr.", "Martin", "King");
	split("Martin King, Jr.", "Martin", "King");
	split("Martin King III", "Martin", "King");
	split("Frau Müller", "", "Müller");
	split("Ludwig van Beethoven", "Ludwig", "van Beethoven");
	split("Juan de la Cruz", "Juan", "de la Cruz");
	split("Maria Da Silva", "Maria", "Da Silva");
	split("van Dyk", "", "van Dyk");
	split("Al Gore", "Al", "Gore");
	split("John E Smith", "John E", "Smith");
	split("van der Berg, Jan", "Jan", "van der Berg");
	split("KING Ada", "Ada", "KING");
	split("ADA KING", "ADA", "KING");
	split("王小明", "小明", "王");
	split("欧阳修文", "修文", "欧阳");
	split("王 小明", "小明", "王");
	split("山田太郎", "太郎", "山田");
	split("김철수", "철수", "김");
	split("Иван Щербаков", "Иван", "Щербаков");
	split("Ada", "", "Ada");
	split("Robert \"Bob\" King", "Robert", "King");
	split("\"King, Ada\"", "Ada", "King");
	split("Ada King (Sales)", "Ada", "King");
	split("ada@x.org", "", "");
	split("", "", "");
	split(",", "", "");
	split("Dr.", "", "Dr.");
	split("a b c d e f g h i j k l m n o p q r s t", "a b c d e f g h i j k l m n o",
	      "p q r s t");
}

static void pair(const char *a, const char *b, enum crm_name_match want)
{
	struct crm_str part[4] = {CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT};
	struct crm_slice s[4];
	char title[200];
	int i;

	crm_name_split(crm_slice_of(a), &part[0], &part[1]);
	crm_name_split(crm_slice_of(b), &part[2], &part[3]);
	for (i = 0; i < 4; i++)
		s[i] = (struct crm_slice){part[i].ptr, part[i].len};
	snprintf(title, sizeof(title), "%s : %s", a, b);
	is_int(crm_names_agree(s[0], s[1], s[2], s[3]), want, title);
	snprintf(title, sizeof(title), "%s : %s, the other way round", b, a);
	is_int(crm_names_agree(s[2], s[3], s[0], s[1]), want, title);
	for (i = 0; i < 4; i++)
		crm_str_release(&part[i]);
}

static void agreeing(void)
{
	pair("Ada King", "Ada King", CRM_NAMES_AGREE);
	pair("Ada King", "ADA KING", CRM_NAMES_AGREE);
	pair("Ada King", "A. King", CRM_NAMES_AGREE);
	pair("Ada King", "King Ada", CRM_NAMES_AGREE);
	pair("Ada King", "Ada Augusta King", CRM_NAMES_AGREE);
	pair("Ada Augusta King", "Augusta King", CRM_NAMES_AGREE);
	pair("Ada King", "Ada King-Noel", CRM_NAMES_AGREE);
	pair("Robert Smith", "Bob Smith", CRM_NAMES_AGREE);
	pair("Alexander Smith", "Alex Smith", CRM_NAMES_AGREE);
	pair("Alexandra Smith", "Alex Smith", CRM_NAMES_AGREE);
	pair("Jonathan Smith", "Jonathon Smiht", CRM_NAMES_AGREE);
	pair("Katherine Smith", "Catherine Smith", CRM_NAMES_AGREE);
	pair("Jürgen Müller", "Juergen Mueller", CRM_NAMES_AGREE);
	pair("Jürgen Müller", "Jurgen Muller", CRM_NAMES_AGREE);
	pair("Иван Щербаков", "Ivan Shcherbakov", CRM_NAMES_AGREE);
	pair("王小明", "Xiaoming Wang", CRM_NAMES_AGREE);
	pair("Ludwig van Beethoven", "Ludwig Beethoven", CRM_NAMES_AGREE);
	pair("Ada", "Ada King", CRM_NAMES_AGREE);
	pair("Ada", "Ada", CRM_NAMES_AGREE);
	pair("", "Ada King", CRM_NAMES_UNKNOWN);
	pair("King", "Ada King", CRM_NAMES_UNKNOWN);
	pair("Bob", "Ada King", CRM_NAMES_UNKNOWN);
	pair("Ada King", "Ada Byron", CRM_NAMES_UNKNOWN);
	pair("???", "Ada King", CRM_NAMES_UNKNOWN);
	pair("Ada King", "William King", CRM_NAMES_DIFFER);
	pair("Ada King", "B. King", CRM_NAMES_DIFFER);
	pair("Martin Braun", "Martina Braun", CRM_NAMES_DIFFER);
	pair("Mario Rossi", "Maria Rossi", CRM_NAMES_DIFFER);
	pair("Christian Braun", "Christiane Braun", CRM_NAMES_DIFFER);
	pair("Ada King", "Zoe Byron", CRM_NAMES_DIFFER);
	pair("Jan Berg", "Jon Berg", CRM_NAMES_DIFFER);
	pair("Anna Maria Berg", "Eva Maria Berg", CRM_NAMES_DIFFER);
	pair("A. King", "A. Byron", CRM_NAMES_DIFFER);
}

int main(void)
{
	struct crm_str out = CRM_STR_INIT;

	splitting();
	agreeing();
	crm_name_join(CRM_SLICE("Ada"), CRM_SLICE("King"), &out);
	is_str(out.ptr, "Ada King", "joined with a blank");
	crm_str_clear(&out);
	crm_name_join(CRM_SLICE("小明"), CRM_SLICE("王"), &out);
	is_str(out.ptr, "王小明", "Chinese without, family first");
	crm_str_clear(&out);
	crm_name_join(CRM_SLICE(""), CRM_SLICE("King"), &out);
	is_str(out.ptr, "King", "one part alone");
	crm_str_release(&out);
	return done();
}
