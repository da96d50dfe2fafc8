/* SPDX-License-Identifier: MIT */
/* Guessing and decoding of encodings. Sources of truth: glibc's iconv, an implementation
 * that shares nothing with ICU, for what bytes mean; the folders of the chardet project's
 * test files (CRM_TEST_DATA/channels/charsets), named by true encoding, for guesses. */
#include "norm/charset.h"

#include <dirent.h>
#include <iconv.h>
#include <strings.h>

#include "tap.h"

static const char sample[] = "Müller; Straße 5; Łódź; Иван; Ελλάδα; 王小明; 𠮷; 😀; ﬁ";

/* UTF-8 text in another encoding, by iconv; what it lacks is left out. Length in bytes. */
static size_t encode(const char *encoding, const char *text, char *out, size_t size)
{
	char name[80], *in = (char *)text, *to = out;
	size_t n = strlen(text), room = size;
	iconv_t cd;

	snprintf(name, sizeof(name), "%s//IGNORE", encoding);
	cd = iconv_open(name, "UTF-8");
	if (cd == (iconv_t)-1)
		return 0;
	iconv(cd, &in, &n, &to, &room);
	iconv(cd, NULL, NULL, &to, &room);
	iconv_close(cd);
	return size - room;
}

/* Decodes bytes in pieces of step bytes. */
static bool decode(const char *encoding, const char *bytes, size_t len, size_t step,
		   struct crm_str *out, int64_t *bad)
{
	struct crm_decoder *d;
	struct crm_err err;
	size_t i, n;

	if (crm_decoder_new(encoding, &d, &err))
		return false;
	for (i = 0; i < len; i += n) {
		n = len - i < step ? len - i : step;
		crm_decoder_feed(d, bytes + i, n, false, out);
	}
	crm_decoder_feed(d, "", 0, true, out);
	*bad = crm_decoder_bad(d);
	crm_decoder_free(d);
	return true;
}

static void round_trip(const char *encoding, const char *text)
{
	struct crm_str whole = CRM_STR_INIT;
	char bytes[4096];
	size_t step, n = encode(encoding, text, bytes, sizeof(bytes));
	int64_t bad;

	for (step = 1; step < 8; step++) {
		crm_str_clear(&whole);
		if (!decode(encoding, bytes, n, step, &whole, &bad) || strcmp(whole.ptr, text)
		    || bad)
			break;
	}
	if (!ok(n && step == 8, "%s, in pieces of 1 to 7 bytes", encoding))
		printf("# in pieces of %zu: %s\n", step, whole.ptr);
	crm_str_release(&whole);
}

static void decoding(void)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_decoder *d;
	struct crm_err err;
	int64_t bad;

	round_trip("UTF-8", sample);
	round_trip("GB18030", sample);
	round_trip("UTF-16LE", sample);
	round_trip("UTF-16BE", sample);
	round_trip("UTF-16", sample);
	round_trip("UTF-32LE", sample);
	round_trip("windows-1252", "Müller – €5 – Œuvre");
	round_trip("windows-1251", "Иван Щербаков №5");
	round_trip("windows-1250", "Łódź Dvořák");
	round_trip("Shift_JIS", "山田太郎、カタカナ");
	round_trip("EUC-KR", "김철수 고객");
	round_trip("Big5", "王小明客戶");
	round_trip("ISO-2022-JP", "山田太郎 abc");
	round_trip("KOI8-R", "Иван");
	decode("UTF-8",
	       "\xEF\xBB\xBF"
	       "a",
	       4, 1, &out, &bad);
	is_str(out.ptr, "a", "the byte order mark goes, byte by byte");
	crm_str_clear(&out);
	decode("UTF-8", "\xEF\xBB", 2, 1, &out, &bad);
	is_str(out.ptr, "\xEF\xBB", "half of one stays");
	crm_str_clear(&out);
	decode("UTF-16LE",
	       "\xFF\xFE"
	       "a\0",
	       4, 1, &out, &bad);
	is_str(out.ptr, "a", "it goes in UTF-16LE as well");
	crm_str_clear(&out);
	decode("Shift_JIS", "a\x81", 2, 2, &out, &bad);
	is_str(out.ptr, "a\xEF\xBF\xBD", "a character cut at the end of the file is replaced");
	is_int(bad, 1, "and counted");
	crm_str_clear(&out);
	decode("ISO-8859-1", "\x80", 1, 1, &out, &bad);
	is_str(out.ptr, "€", "Latin 1 is read as windows-1252");
	is_int(crm_decoder_new("klingon", &d, &err), CRM_CONFIG, "an unknown name is refused");
	is_str(err.text, "no such character encoding: 'klingon'", "by name");
	is_int(crm_decoder_new("", &d, &err), CRM_CONFIG, "so is no name");
	crm_str_release(&out);
}

static void guess(const char *encoding, const char *text, const char *want, const char *title)
{
	char bytes[4096];
	size_t n = encode(encoding, text, bytes, sizeof(bytes));

	is_str(crm_charset_sniff(bytes, n), want, title);
}

static void guessing(void)
{
	const char *csv = "name;city\nMüller;Köln\nSchäfer;Düsseldorf\nGroß;Gießen\n";

	is_str(crm_charset_sniff("", 0), "UTF-8", "nothing is UTF-8");
	is_str(crm_charset_sniff("a,b\n", 4), "UTF-8", "so is ASCII");
	guess("UTF-8", sample, "UTF-8", "and UTF-8");
	is_str(crm_charset_sniff("M\xC3\xBCller M\xC3", 10), "UTF-8",
	       "and UTF-8 cut within a character");
	guess("windows-1252", csv, "windows-1252", "a small German file");
	guess("windows-1252", "Jos\xC3\xA9\n", "windows-1252", "a single accent");
	guess("UTF-16LE", csv, "UTF-16LE", "UTF-16LE without mark");
	guess("UTF-16BE", csv, "UTF-16BE", "UTF-16BE without mark");
	guess("UTF-32LE", csv, "UTF-32LE", "UTF-32LE without mark");
	guess("UTF-32BE", csv, "UTF-32BE", "UTF-32BE without mark");
	guess("UTF-16", csv, "UTF-16LE", "UTF-16 with mark");
	guess("UTF-16BE", "姓名,城市\n王小明,北京\n李雷,上海\n", "UTF-16BE", "Chinese in UTF-16BE");
	guess("UTF-16LE", "Имя;Город\nИван;Москва\n", "UTF-16LE", "Russian in UTF-16LE");
	is_str(crm_charset_sniff("Hi te\0xt, all of it.\n", 21), "UTF-8",
	       "a stray NUL in ASCII makes no UTF-16");
	is_str(crm_charset_sniff("Hi tex\0t, all of it.\n", 21), "UTF-8",
	       "on whichever side it stands");
	/* libuchardet says ISO-8859-10 or the like, for which ICU has a name and no table */
	is_str(crm_charset_sniff("Josji\xB8\x8F", 7), "windows-1252",
	       "what nobody could decode is not guessed");
	is_str(crm_charset_sniff("\xEF\xBB\xBF", 3), "UTF-8", "a mark alone");
}

/* A guess is right when it reads the file as the true encoding does. */
static bool same_text(const char *bytes, size_t len, const char *guess, const char *truth)
{
	struct crm_str a = CRM_STR_INIT, b = CRM_STR_INIT;
	int64_t bad;
	bool same = decode(guess, bytes, len, len + 1, &a, &bad)
		    && decode(truth, bytes, len, len + 1, &b, &bad) && a.len == b.len
		    && !memcmp(a.ptr, b.ptr, a.len);

	crm_str_release(&a);
	crm_str_release(&b);
	return same;
}

static void one_folder(const char *root, const char *folder, int *hits, int *all)
{
	static char bytes[1 << 20];
	char path[8192], truth[300];
	struct dirent *e;
	int right = 0, n = 0;
	DIR *dir;

	/* "windows-1250-hungarian": without the language */
	snprintf(truth, sizeof(truth), "%s", folder);
	if (!strncasecmp(truth, "iso-8859-", 9) && strchr(truth + 9, '-'))
		*strchr(truth + 9, '-') = '\0';
	if (!strncasecmp(truth, "windows-", 8) && strchr(truth + 8, '-'))
		*strchr(truth + 8, '-') = '\0';
	if (!strcmp(truth, "MacCyrillic"))
		strcpy(truth, "x-mac-cyrillic");
	snprintf(path, sizeof(path), "%s/%s", root, folder);
	if (!(dir = opendir(path)))
		return;
	while ((e = readdir(dir))) {
		size_t len;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/%s", root, folder, e->d_name);
		if (e->d_name[0] == '.' || !(f = fopen(path, "rb")))
			continue;
		len = fread(bytes, 1, sizeof(bytes), f);
		fclose(f);
		n++;
		right += same_text(bytes, len, crm_charset_sniff(bytes, len), truth);
	}
	closedir(dir);
	printf("# %-24s %d of %d\n", folder, right, n);
	*hits += right;
	*all += n;
}

static void real_data(void)
{
	const char *data = getenv("CRM_TEST_DATA");
	int hits = 0, all = 0;
	char root[4096];
	struct dirent *e;
	DIR *dir = NULL;

	snprintf(root, sizeof(root), "%s/channels/charsets/chardet/chardet+chardet",
		 data ? data : "");
	if (!data || !(dir = opendir(root))) {
		skip("chardet's files", "CRM_TEST_DATA does not hold them");
		return;
	}
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			one_folder(root, e->d_name, &hits, &all);
	closedir(dir);
	ok(hits * 100 >= all * 80, "chardet's files: %d of %d read right", hits, all);
}

int main(void)
{
	decoding();
	guessing();
	real_data();
	return done();
}
