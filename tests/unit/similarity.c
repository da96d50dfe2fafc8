/* SPDX-License-Identifier: MIT */
/* The similarities, held against published examples and against the definitions written
 * out plainly. */
#include <math.h>
#include <string.h>

#include "link/similarity.h"
#include "link/sketch.h"
#include "tap.h"

static struct crm_slice of(const char *s)
{
	return crm_slice_of(s);
}

/* Winkler 1990, table 2.1, and Winkler 1994: rounded to three places there. */
static void published(void)
{
	static const struct {
		const char *a, *b;
		double want;
	} cases[] = {
		{"MARTHA", "MARHTA", .961},       {"DWAYNE", "DUANE", .840},
		{"DIXON", "DICKSONX", .813},      {"SHACKLEFORD", "SHACKELFORD", .982},
		{"NICHLESON", "NICHULSON", .956}, {"JONES", "JOHNSON", .832},
		{"MASSEY", "MASSIE", .933},       {"ABROMS", "ABRAMS", .922},
		{"JERALDINE", "GERALDINE", .926}, {"MICHELLE", "MICHAEL", .921},
		{"JULIES", "JULIUS", .933},       {"TANYA", "TONYA", .880},
		{"SEAN", "SUSAN", .805},          {"JON", "JOHN", .933},
		{"HARDIN", "MARTINEZ", .722},     {"ITMAN", "SMITH", .467},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double got = crm_jaro_winkler(of(cases[i].a), of(cases[i].b));

		if (!ok(fabs(got - cases[i].want) < .0006, "Winkler: %s, %s", cases[i].a,
			cases[i].b))
			printf("# got %.4f, published %.3f\n", got, cases[i].want);
	}
}

static void edges(void)
{
	char long_a[201], long_b[201];

	ok(crm_jaro_winkler(of(""), of("")) == 1, "two empty texts are equal");
	ok(crm_jaro_winkler(of(""), of("a")) == 0, "nothing is not like something");
	ok(crm_jaro_winkler(of("abc"), of("xyz")) == 0, "no letter in common");
	ok(fabs(crm_jaro_winkler(of("Müller"), of("Möller"))
		- crm_jaro_winkler(of("Muller"), of("Moller")))
		   < 1e-12,
	   "code points count, not bytes");
	ok(crm_osa_distance(of("Жуков"), of("Жуковa")) == 1, "an edit is one code point");
	ok(crm_osa_distance(of("\xff\xfe"), of("\xff")) == 1, "a stray byte is one character");
	memset(long_a, 'a', 200);
	memset(long_b, 'a', 200);
	long_a[200] = long_b[200] = '\0';
	long_b[150] = 'b';
	ok(crm_jaro_winkler(of(long_a), of(long_b)) == 1, "only the first 64 are looked at");
	is_int(crm_osa_distance(of(long_a), of("")), 64, "also by the distance");
}

/* The recurrence of the definition, in full. */
static int plain_osa(const char *a, const char *b)
{
	int d[20][20], n = (int)strlen(a), m = (int)strlen(b), i, j;

	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++) {
			int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
			    && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

/* Jaro's definition: equal letters within half the longer length, less one. */
static double plain_jaro(const char *a, const char *b)
{
	int n = (int)strlen(a), m = (int)strlen(b), i, j, k, common = 0, moved = 0;
	int window = (n > m ? n : m) / 2 - 1;
	bool in_a[20] = {false}, in_b[20] = {false};

	if (window < 0)
		window = 0;
	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			if (abs(i - j) <= window && !in_a[j] && b[i] == a[j]) {
				in_a[j] = in_b[i] = true;
				common++;
				break;
			}
	if (common == 0)
		return 0;
	for (i = k = 0; i < m; i++)
		if (in_b[i]) {
			while (!in_a[k])
				k++;
			moved += b[i] != a[k++];
		}
	return ((double)common / n + (double)common / m + (common - moved / 2) / (double)common)
	       / 3;
}

static void random_word(unsigned int *state, char *out)
{
	int n, i;

	*state = *state * 1103515245u + 12345u;
	n = 1 + (int)(*state >> 16) % 12;
	for (i = 0; i < n; i++) {
		*state = *state * 1103515245u + 12345u;
		out[i] = (char)('a' + (*state >> 16) % 4);
	}
	out[n] = '\0';
}

static void by_definition(void)
{
	unsigned int state = 7;
	int bad_osa = 0, bad_jaro = 0, lopsided = 0, i;
	char a[20], b[20];

	for (i = 0; i < 20000; i++) {
		double jaro, got;
		int prefix = 0;

		random_word(&state, a);
		random_word(&state, b);
		bad_osa += plain_osa(a, b) != crm_osa_distance(of(a), of(b));
		got = crm_jaro_winkler(of(a), of(b));
		lopsided += got > crm_jaro_winkler(of(b), of(a))
			    || got < crm_jaro_winkler(of(b), of(a));
		/* as documented: the shorter one is walked, of equal length the lesser */
		if (strlen(a) < strlen(b) || (strlen(a) == strlen(b) && strcmp(a, b) < 0))
			jaro = plain_jaro(b, a);
		else
			jaro = plain_jaro(a, b);
		while (jaro > .7 && prefix < 4 && a[prefix] && a[prefix] == b[prefix])
			prefix++;
		bad_jaro += fabs(got - (jaro + prefix * .1 * (1 - jaro))) > 1e-12;
	}
	is_int(bad_osa, 0, "20,000 words: distance as by the recurrence");
	is_int(bad_jaro, 0, "20,000 words: Jaro-Winkler as by the definition");
	is_int(lopsided, 0, "and the same both ways round");
}

static void osa_examples(void)
{
	is_int(crm_osa_distance(of("ca"), of("abc")), 3, "OSA(ca, abc) = 3, unlike full Damerau");
	is_int(crm_osa_distance(of("kitten"), of("sitting")), 3, "kitten, sitting");
	is_int(crm_osa_distance(of("smtih"), of("smith")), 1, "a swap is one edit");
	is_int(crm_osa_distance(of(""), of("abc")), 3, "from nothing");
	is_int(crm_osa_distance(of("abc"), of("abc")), 0, "to itself");
}

static bool sounds(const char *word, const char *want)
{
	uint32_t got = crm_soundex(of(word)), as = 0;

	for (; *want; want++)
		as = as << 8 | (unsigned char)*want;
	return got == as;
}

/* Examples of the National Archives' page on the Soundex indexing system. */
static void soundex(void)
{
	ok(sounds("washington", "w252"), "Washington is W252");
	ok(sounds("lee", "l000"), "Lee is L000");
	ok(sounds("gutierrez", "g362"), "Gutierrez is G362");
	ok(sounds("pfister", "p236"), "Pfister is P236");
	ok(sounds("jackson", "j250"), "Jackson is J250");
	ok(sounds("tymczak", "t522"), "Tymczak is T522");
	ok(sounds("ashcraft", "a261"), "Ashcraft is A261");
	is_int(crm_soundex(of("12")), 0, "digits have no sound");
}

static bool within(const char *a, const char *b)
{
	bool one = crm_words_within(of(a), of(b)), other = crm_words_within(of(b), of(a));

	ok(one == other, "%s, %s: whichever comes first", a, b);
	return one;
}

static void words(void)
{
	ok(within("anna", "anna lena"), "one of two forenames");
	ok(within("berg", "van der berg"), "a name without its particles");
	ok(within("12 main st", "flat 3 12 main st"), "an address without the unit");
	ok(within("j fitzgerald", "john fitzgerald"), "an initial and a name");
	ok(!within("j", "john"), "an initial alone says too little");
	ok(!within("ann bob", "ann zoe"), "bob is not among them");
	ok(!within("de", "de la cruz"), "nor does a particle");
	ok(!within("anna maria", "anna lena"), "another second name");
	ok(!within("", "anna") && !within("", ""), "nothing is within nothing");
	ok(fabs(crm_words_in_common(of("a b c"), of("b c d")) - .5) < 1e-12, "two of four words");
	ok(crm_words_in_common(of("a a b"), of("b a")) == 1, "words count once");
	ok(crm_words_in_common(of(""), of("a")) == 0, "none of one");
}

/* Bounds hold: of random texts, and the more alike the more they are put to the test. */
static void sketches(void)
{
	static const char letters[] = "abcde 09'", digits[] = "0123456+9";
	uint64_t seed = 1;
	int i, k, wrong = 0, close = 0;

	for (i = 0; i < 40000; i++) {
		char text[2][70];
		struct crm_slice s, t;

		for (k = 0; k < 140; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[k / 70][k % 70] = (i % 2 ? letters : digits)[(seed >> 33) % 9];
		}
		s = (struct crm_slice){text[0], (seed >> 40) % 12};
		t = (struct crm_slice){text[(seed >> 45) % 2], (seed >> 50) % 70};
		wrong += crm_sketch_similarity(crm_sketch(s), crm_sketch(t))
			 < crm_jaro_winkler(s, t);
		wrong += crm_sketch_distance(crm_sketch(s), crm_sketch(t)) > crm_osa_distance(s, t);
		wrong += crm_sketch_distance(crm_sketch(s), crm_sketch(t)) > crm_levenshtein(s, t);
		wrong += crm_words_within(s, t)
			 && !crm_sketch_may_part(crm_sketch(s), crm_sketch(t))
			 && !crm_slice_same(s, t);
		close += crm_sketch_similarity(crm_sketch(s), crm_sketch(t)) < .8;
	}
	is_int(wrong, 0, "sketches bound similarity and distances");
	ok(close > 5000, "and settle many (%d of 20000 of letters)", close);
	ok(crm_sketch_similarity(crm_sketch(of("Müller")), crm_sketch(of("x"))) >= 1
		   && crm_sketch_distance(crm_sketch(of("Müller")), crm_sketch(of("x"))) == 0,
	   "what is not ASCII is not bounded");
}

/* Of digits, one edit is told from more for certain: all texts of up to four of "0", "7", "+". */
static void digits(void)
{
	char text[121][5] = {""};
	int n = 1, i, k, wrong = 0, close = 0;

	for (i = 0; n < 121; i++)
		for (k = 0; k < 3; k++, n++) {
			memcpy(text[n], text[i], sizeof(text[n]));
			text[n][strlen(text[i])] = "07+"[k];
		}
	for (i = 1; i < n; i++)
		for (k = 1; k < n; k++) {
			int least = crm_sketch_distance(crm_sketch(of(text[i])),
							crm_sketch(of(text[k])));
			int exact = crm_osa_distance(of(text[i]), of(text[k]));

			wrong += least != (exact < 2 ? exact : 2);
			close += exact == 1;
		}
	ok(wrong == 0 && close > 800, "one edit of digits (%d pairs, %d wrong)", close, wrong);
	is_int(crm_sketch_distance(crm_sketch(of("+61768764493")), crm_sketch(of("+61768764439"))),
	       1, "a number, two digits swapped");
	is_int(crm_sketch_distance(crm_sketch(of("123456789012345")),
				   crm_sketch(of("1234567890123456"))),
	       0, "what is too long is not bounded by what is not");
}

int main(void)
{
	published();
	edges();
	osa_examples();
	by_definition();
	soundex();
	words();
	sketches();
	digits();
	return done();
}
