/* SPDX-License-Identifier: MIT */
/* Cleaning and match keys. Expected values: Unicode's definitions of NFC and white space;
 * transliterations as the passports and common use of each language write them. */
#include "norm/text.h"

#include <pthread.h>

#include "tap.h"

typedef void form(struct crm_slice in, struct crm_str *out);

static void check(form *f, const char *in, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT;

	crm_str_adds(&out, "=");
	f(crm_slice_of(in), &out);
	is_str(out.ptr + 1, want, title);
	crm_str_release(&out);
}

static void *other_thread(void *arg)
{
	struct crm_str out = CRM_STR_INIT;
	long wrong = 0;
	int i;

	(void)arg;
	for (i = 0; i < 20000; i++) {
		crm_str_clear(&out);
		crm_text_key(CRM_SLICE("Сергей Müller"), &out);
		wrong += strcmp(out.ptr, "sergey muller") != 0;
	}
	crm_str_release(&out);
	return (void *)wrong;
}

static void threads(void)
{
	pthread_t t[3];
	void *wrong;
	long all = 0;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, other_thread, NULL);
	for (i = 0; i < 3; i++) {
		pthread_join(t[i], &wrong);
		all += (long)wrong;
	}
	is_int(all, 0, "three threads at once get the same keys");
}

int main(void)
{
	check(crm_text_clean, "  Ada \t\r\n King ", "Ada King", "white space is one blank");
	check(crm_text_clean, "Ada\xC2\xA0\xE3\x80\x80King", "Ada King", "so are NBSP and U+3000");
	check(crm_text_clean, "Jose\xCC\x81", "Jos\xC3\xA9", "accents are composed");
	check(crm_text_clean,
	      "\xEF\xBB\xBF"
	      "a\xE2\x80\x8B"
	      "b\x07\xE2\x80\xAE"
	      "c",
	      "abc", "what cannot be seen goes");
	check(crm_text_clean, "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "한", "jamo are composed");
	check(crm_text_clean,
	      "a\xFF"
	      "b\xC3",
	      "a\xEF\xBF\xBD"
	      "b\xEF\xBF\xBD",
	      "bytes that are no UTF-8 show as such");
	check(crm_text_clean, "👩\xE2\x80\x8D🚀", "👩\xE2\x80\x8D🚀", "emoji stay joined");
	check(crm_text_clean, " \t", "", "blanks alone are nothing");
	check(crm_text_clean, "東京都", "東京都", "Japanese stays");

	check(crm_text_key, "Ada KING", "ada king", "case folds");
	check(crm_text_key, "  Jean-Luc (Picard)! ", "jean luc picard", "punctuation parts");
	check(crm_text_key, "O'Brien", "obrien", "an apostrophe joins");
	check(crm_text_key,
	      "O\xE2\x80\x99"
	      "Brien",
	      "obrien", "so does a typographic one");
	check(crm_text_key, "Müller", "muller", "ü is u");
	check(crm_text_key, "MU\xCC\x88LLER", "muller", "decomposed as well");
	check(crm_text_key, "Weiß Straße", "weiss strasse", "ß is ss");
	check(crm_text_key, "Łódź Ærø Đặng Nguyễn", "lodz aero dang nguyen",
	      "Polish, Danish, Vietnamese");
	check(crm_text_key, "İstanbul Işık", "istanbul isik", "Turkish");
	check(crm_text_key, "Иван Щербаков", "ivan shcherbakov", "Russian");
	check(crm_text_key, "Елена Жукова", "elena zhukova", "Russian е has no y");
	check(crm_text_key, "Ольга", "olga", "the soft sign goes");
	check(crm_text_key, "Γιώργος Παπαδόπουλος", "giorgos papadopoulos", "Greek");
	check(crm_text_key, "王小明", "wang xiao ming", "Chinese");
	check(crm_text_key, "王 小明", "wang xiao ming", "Chinese with a blank");
	check(crm_text_key, "محمد", "mhmd", "Arabic");
	check(crm_text_key, "ＡＢＣ１２", "abc12", "full width");
	check(crm_text_key, "ﬁne", "fine", "ligatures");
	check(crm_text_key,
	      "a\xC2\xA0"
	      "b",
	      "a b", "NBSP parts words");
	check(crm_text_key, "…—!", "", "punctuation alone is nothing");
	check(crm_text_key, "\xFF\xFE", "", "nor is what is no UTF-8");
	threads();
	return done();
}
