/* SPDX-License-Identifier: MIT */
/* Names and addresses arrive in every script, in several normal forms and with debris of
 * copy and paste. Here they are cleaned for people and folded for comparison. ICU does
 * the work that needs tables; we see to it that it is asked as little as possible, since
 * a transliteration costs about 15 microseconds. */
#include "norm/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#define MEMO_SLOTS 16384 /* runs remembered by a thread, a power of two */
#define MEMO_BYTES 96    /* longer runs are not remembered */
#define DIRECT 0x250     /* Latin letters below have a table of their own */

/* Russian letters first, as the ICAO and most passports write them, though е without its
 * "y"; what these rules do not know is left to Any-Latin. */
static const char rules[] = ":: NFKC; :: Lower; "
			    "\\u0435 > e; \\u0451 > e; "
			    ":: Russian-Latin/BGN; :: Any-Latin; :: NFD; :: [:Mn:] Remove; "
			    ":: Latin-ASCII; :: Lower;";

struct memo {
	uint64_t hash; /* 0: free */
	unsigned char in_len, out_len;
	char bytes[2 * MEMO_BYTES]; /* the run, then its key */
};

struct folder {
	UTransliterator *trans;
	struct memo *memo;
	char direct[DIRECT][4]; /* key of a character, NUL-terminated; [3]: known */
	UChar *units;
	size_t cap;
};

static pthread_key_t folder_key;
static pthread_once_t folder_once = PTHREAD_ONCE_INIT;
static _Thread_local struct folder *folder;

static void folder_free(void *p)
{
	struct folder *f = p;

	utrans_close(f->trans);
	free(f->memo);
	free(f->units);
	free(f);
}

static void folder_end(void)
{
	if (folder)
		folder_free(folder);
}

static void folder_make_key(void)
{
	pthread_key_create(&folder_key, folder_free);
	atexit(folder_end); /* the key's destructor is not called for the main thread */
}

static struct folder *folder_get(void)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar text[sizeof(rules)], id[] = {'c', 'r', 'm', 0};
	UParseError where;
	struct folder *f;

	if (folder)
		return folder;
	pthread_once(&folder_once, folder_make_key);
	f = folder = crm_calloc(1, sizeof(*f));
	u_charsToUChars(rules, text, sizeof(rules));
	f->trans = utrans_openU(id, -1, UTRANS_FORWARD, text, -1, &where, &code);
	if (U_FAILURE(code))
		f->trans = NULL; /* an ICU without this data: what is not ASCII is dropped */
	f->memo = crm_calloc(MEMO_SLOTS, sizeof(*f->memo));
	pthread_setspecific(folder_key, f);
	return f;
}

/* The next character of s; a byte that is no UTF-8 is U+FFFD. */
static uint32_t next(const char *s, size_t len, size_t *used)
{
	if (!crm_utf8_length(s, len)) {
		*used = 1;
		return 0xFFFD;
	}
	return crm_utf8_decode(s, used);
}

static bool is_white(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680
	       || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F
	       || c == 0x205F || c == 0x3000;
}

static bool is_invisible(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E
	       || c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E)
	       || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB)
	       || (c >= 0xE0000 && c < 0xE0080);
}

/* Puts what was appended to out since start into normal form C. */
static void compose(struct crm_str *out, size_t start)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&code);
	struct crm_str wide = CRM_STR_INIT;
	int32_t bytes = (int32_t)(out->len - start), n = 0, m;
	UChar *from, *to;

	/* UTF-16 never has more units than UTF-8 has bytes; NFC at most triples them. */
	from = (UChar *)crm_str_reserve(&wide, 4 * sizeof(UChar) * ((size_t)bytes + 1));
	to = from + bytes + 1;
	u_strFromUTF8(from, bytes + 1, &n, out->ptr + start, bytes, &code);
	if (U_SUCCESS(code) && unorm2_quickCheck(nfc, from, n, &code) != UNORM_YES) {
		m = unorm2_normalize(nfc, from, n, to, 3 * (bytes + 1), &code);
		if (U_SUCCESS(code)) {
			out->len = start;
			crm_str_reserve(out, 3 * (size_t)m);
			u_strToUTF8(out->ptr + start, 3 * m + 1, &n, to, m, &code);
			crm_str_wrote(out, (size_t)n);
		}
	}
	crm_str_release(&wide);
}

void crm_text_clean(struct crm_slice in, struct crm_str *out)
{
	size_t start = out->len, i = 0, used;
	bool gap = false, plain = true;
	uint32_t c;
	char *to;

	to = crm_str_reserve(out, 3 * in.len); /* a bad byte becomes three */
	for (; i < in.len; i += used) {
		used = 1;
		c = (unsigned char)in.ptr[i];
		if (c >= 0x80)
			c = next(in.ptr + i, in.len - i, &used);
		if (is_white(c)) {
			gap = true;
			continue;
		}
		if (is_invisible(c))
			continue;
		if (gap && to != out->ptr + start)
			*to++ = ' ';
		gap = false;
		plain = plain && c < 0x300; /* all before is its own normal form */
		to += crm_utf8_encode(c, to);
	}
	crm_str_wrote(out, (size_t)(to - (out->ptr + start)));
	if (!plain)
		compose(out, start);
}

/* Transliterates len bytes at s; appends the ASCII that results, as it comes. */
static void transliterate(struct folder *f, const char *s, size_t len, struct crm_str *out)
{
	UErrorCode code = U_ZERO_ERROR;
	size_t need = 8 * len + 64;
	int32_t n, limit, i;

	if (!f->trans || len > INT32_MAX / 16)
		return;
	CRM_GROW(f->units, need, f->cap);
	u_strFromUTF8WithSub(f->units, (int32_t)need, &n, s, (int32_t)len, ' ', NULL, &code);
	limit = n;
	utrans_transUChars(f->trans, f->units, &n, (int32_t)need, 0, &limit, &code);
	if (U_FAILURE(code))
		return;
	for (i = 0; i < n; i++) {
		UChar u = f->units[i];

		if ((u >= 'a' && u <= 'z') || (u >= '0' && u <= '9'))
			crm_str_addc(out, (char)u);
		else if (u < 0x80 && u != '\'' && u != '"' && u != '`')
			crm_str_addc(out, ' ');
	}
}

/* The key of one Latin letter that is not ASCII. */
static const char *direct_key(struct folder *f, uint32_t c, const char *s, size_t len)
{
	char *entry = f->direct[c];
	struct crm_str key = CRM_STR_INIT;

	if (!entry[3]) {
		if (c == 0xAD || (c >= 0x80 && c < 0xA0 && c != 0x85))
			;
		else if (is_white(c))
			crm_str_addc(&key, ' ');
		else
			transliterate(f, s, len, &key);
		memcpy(entry, key.ptr, key.len < 2 ? key.len : 2);
		entry[3] = key.len > 2 ? 2 : 1; /* 2: too long for the table */
		crm_str_release(&key);
	}
	return entry[3] == 1 ? entry : NULL;
}

static void run_key(struct folder *f, const char *s, size_t len, struct crm_str *out)
{
	uint64_t hash = crm_hash64(s, len) | 1;
	struct memo *m = &f->memo[(hash >> 8) & (MEMO_SLOTS - 1)];
	size_t start = out->len;

	if (m->hash == hash && m->in_len == len && !memcmp(m->bytes, s, len)) {
		crm_str_add(out, m->bytes + len, m->out_len);
		return;
	}
	transliterate(f, s, len, out);
	if (len > MEMO_BYTES || out->len - start > MEMO_BYTES)
		return;
	m->hash = hash;
	m->in_len = (unsigned char)len;
	m->out_len = (unsigned char)(out->len - start);
	memcpy(m->bytes, s, len);
	memcpy(m->bytes + len, out->ptr + start, m->out_len);
}

/* Appends a piece of key to out, where blanks may only stand between words. */
static void add_piece(struct crm_str *out, size_t start, bool *gap, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == ' ') {
			*gap = true;
			continue;
		}
		if (*gap && out->len > start)
			crm_str_addc(out, ' ');
		*gap = false;
		crm_str_addc(out, s[i]);
	}
}

/* Bytes of the run of characters at s that neither ASCII nor the table covers; *ideographs
 * says whether it is of a script that needs no blanks to part words. */
static size_t run_length(const char *s, size_t len, bool *ideographs)
{
	size_t n = 0, used;

	*ideographs = false;
	while (n < len && (s[n] & 0x80)) {
		uint32_t c = next(s + n, len - n, &used);

		if (c < DIRECT)
			break;
		if ((c >= 0x2E80 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00))
			*ideographs = true;
		n += used;
	}
	return n;
}

static size_t wide_key(struct crm_slice in, size_t i, struct crm_str *out, size_t start, bool *gap)
{
	struct folder *f = folder_get();
	struct crm_str piece = CRM_STR_INIT;
	size_t used;
	uint32_t c = next(in.ptr + i, in.len - i, &used);
	const char *key = c < DIRECT ? direct_key(f, c, in.ptr + i, used) : NULL;
	bool ideographs = false;

	if (key) {
		add_piece(out, start, gap, key, strlen(key));
		return used;
	}
	if (c >= DIRECT)
		used = run_length(in.ptr + i, in.len - i, &ideographs);
	run_key(f, in.ptr + i, used, &piece);
	*gap = *gap || ideographs;
	add_piece(out, start, gap, piece.ptr, piece.len);
	*gap = *gap || ideographs;
	crm_str_release(&piece);
	return used;
}

void crm_text_key(struct crm_slice in, struct crm_str *out)
{
	size_t start = out->len, i = 0;
	bool gap = false;

	while (i < in.len) {
		char c = in.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			if (gap && out->len > start)
				crm_str_addc(out, ' ');
			gap = false;
			crm_str_addc(out, c);
			i++;
		} else if (!(c & 0x80)) {
			gap = gap || (c != '\'' && c != '`');
			i++;
		} else {
			i += wide_key(in, i, out, start, &gap);
		}
	}
}
