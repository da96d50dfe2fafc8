/* SPDX-License-Identifier: MIT */
/* An export says nothing of its encoding, and a spreadsheet writes the one of its country.
 * The tables are ICU's, the statistics libuchardet's; what is ours is the order in which
 * they are believed. */
#include "norm/charset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uchardet/uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include "base/mem.h"
#include "base/utf8.h"

/* What is meant by a name, by the WHATWG Encoding Standard; and what ICU calls it where it
 * does not know libuchardet's name. */
static const struct {
	const char *name, *meant;
} meant[] = {
	{"ASCII", "windows-1252"},
	{"US-ASCII", "windows-1252"},
	{"ISO-8859-1", "windows-1252"},
	{"latin1", "windows-1252"},
	{"ISO-8859-9", "windows-1254"},
	{"ISO-8859-11", "windows-874"},
	{"TIS-620", "windows-874"},
	{"GB2312", "GB18030"},
	{"GBK", "GB18030"},
	{"HZ-GB-2312", "HZ-GB-2312"},
	{"EUC-KR", "windows-949"},
	{"UHC", "windows-949"},
	{"CP949", "windows-949"},
	{"SHIFT_JIS", "windows-31j"},
	{"CP932", "windows-31j"},
	{"MAC-CYRILLIC", "x-mac-cyrillic"},
	{"MAC-CENTRALEUROPE", "x-mac-centraleurroman"},
};

/* Encodings whose letters above ASCII stand alone among ASCII letters. */
static const char *const latin[] = {
	"WINDOWS-1250", "WINDOWS-1252", "WINDOWS-1254", "WINDOWS-1257",
	"WINDOWS-1258", "ISO-8859-1",   "ISO-8859-2",   "ISO-8859-3",
	"ISO-8859-4",   "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",
	"ISO-8859-15",  "ISO-8859-16",  "IBM852",       "MAC-CENTRALEUROPE",
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *meaning(const char *name)
{
	size_t i;

	for (i = 0; i < N(meant); i++)
		if (!strcasecmp(name, meant[i].name))
			return meant[i].meant;
	return name;
}

static const char *sniff_mark(const unsigned char *s, size_t len)
{
	if (len >= 3 && s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF)
		return "UTF-8";
	if (len >= 4 && s[0] == 0xFF && s[1] == 0xFE && !s[2] && !s[3])
		return "UTF-32LE";
	if (len >= 4 && !s[0] && !s[1] && s[2] == 0xFE && s[3] == 0xFF)
		return "UTF-32BE";
	if (len >= 2 && s[0] == 0xFF && s[1] == 0xFE)
		return "UTF-16LE";
	if (len >= 2 && s[0] == 0xFE && s[1] == 0xFF)
		return "UTF-16BE";
	if (len >= 4 && s[0] == 0x84 && s[1] == 0x31 && s[2] == 0x95 && s[3] == 0x33)
		return "GB18030";
	return NULL;
}

static bool is_ascii_text(unsigned char c)
{
	return c >= 0x20 ? c < 0x7F : c == '\n' || c == '\r' || c == '\t';
}

/* Are most units of 16 bits two bytes of ASCII text? Of Chinese in UTF-16 a fifth are. */
static bool are_pairs(const unsigned char *s, size_t len)
{
	size_t pairs = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		pairs += is_ascii_text(s[i]) && is_ascii_text(s[i + 1]);
	return pairs > len / 4;
}

/* Blanks and line ends, at least, have a NUL in UTF-16, and always on the same side; every
 * character has one or two in UTF-32. In other encodings a NUL is an accident. */
static const char *sniff_nuls(const unsigned char *s, size_t len)
{
	size_t at[4] = {0}, i, even, odd;

	for (i = 0; i < len; i++)
		at[i & 3] += !s[i];
	even = at[0] + at[2];
	odd = at[1] + at[3];
	if (len < 4 || (even + odd) * 64 < len || are_pairs(s, len))
		return NULL;
	if (at[0] * 4 > len * 9 / 10 && at[1] * 4 > len * 7 / 10 && at[3] * 10 < len)
		return "UTF-32BE";
	if (at[3] * 4 > len * 9 / 10 && at[2] * 4 > len * 7 / 10 && at[0] * 10 < len)
		return "UTF-32LE";
	if (even > 20 * odd)
		return "UTF-16BE";
	if (odd > 20 * even)
		return "UTF-16LE";
	return NULL;
}

static const char *sniff_utf8(const char *s, size_t len)
{
	size_t i = 0, good = 0, bad = 0, n;

	while (i < len) {
		if (!(s[i] & 0x80)) {
			i++;
			continue;
		}
		n = crm_utf8_length(s + i, len - i);
		if (!n && len - i < 4 && good) /* the sample may end within a character */
			break;
		good += n != 0;
		bad += n == 0;
		i += n ? n : 1;
	}
	return bad * 20 <= good ? "UTF-8" : NULL;
}

/* Do bytes above ASCII seldom stand side by side? *high gets how many there are. */
static bool stand_alone(const char *s, size_t len, size_t *high)
{
	size_t i, pairs = 0;

	*high = 0;
	for (i = 0; i < len; i++) {
		*high += (s[i] & 0x80) != 0;
		pairs += i && (s[i] & 0x80) && (s[i - 1] & 0x80);
	}
	return pairs * 5 < *high;
}

/* ICU has names of encodings for which its data has no table. */
static bool is_readable(const char *name)
{
	UErrorCode code = U_ZERO_ERROR;

	ucnv_close(ucnv_open(name, &code));
	return U_SUCCESS(code);
}

static bool is_latin(const char *name)
{
	size_t i;

	for (i = 0; i < N(latin); i++)
		if (!strcasecmp(name, latin[i]))
			return true;
	return false;
}

/* libuchardet's opinion; static (ICU's own copy of the name), or NULL. */
static const char *sniff_statistics(const char *s, size_t len)
{
	uchardet_t detector = uchardet_new();
	const char *found = NULL, *name;
	UErrorCode code = U_ZERO_ERROR;
	size_t high;

	if (!uchardet_handle_data(detector, s, len)) {
		uchardet_data_end(detector);
		name = uchardet_get_charset(detector);
		if (stand_alone(s, len, &high) && (!is_latin(name) || high < 8))
			name = "";
		if (*name && is_readable(meaning(name)))
			found = ucnv_getAlias(meaning(name), 0, &code);
	}
	uchardet_delete(detector);
	if (U_FAILURE(code) || !found)
		return NULL;
	name = ucnv_getStandardName(found, "MIME", &code);
	if (!name || U_FAILURE(code)) {
		code = U_ZERO_ERROR;
		name = ucnv_getStandardName(found, "IANA", &code);
	}
	return name && U_SUCCESS(code) ? name : found;
}

const char *crm_charset_sniff(const char *bytes, size_t len)
{
	const unsigned char *u = (const unsigned char *)bytes;
	const char *name;

	if (len > CRM_CHARSET_SAMPLE)
		len = CRM_CHARSET_SAMPLE;
	if ((name = sniff_mark(u, len)) || (name = sniff_nuls(u, len))
	    || (name = sniff_utf8(bytes, len)) || (name = sniff_statistics(bytes, len)))
		return name;
	return "windows-1252";
}

struct crm_decoder {
	UConverter *from, *to; /* NULL: UTF-8 passes through */
	UChar pivot[1024], *source, *target;
	bool begun;   /* a byte order mark can no longer come */
	char held[3]; /* the start of what may be one, UTF-8 only */
	size_t n_held;
	int64_t bad;
};

static void count_bad(const void *context, UConverterToUnicodeArgs *args, const char *units,
		      int32_t length, UConverterCallbackReason reason, UErrorCode *code)
{
	static const UChar replacement = 0xFFFD;

	(void)units;
	(void)length;
	if (reason > UCNV_IRREGULAR)
		return; /* reset, close or clone */
	(*(int64_t *)context)++;
	*code = U_ZERO_ERROR;
	ucnv_cbToUWriteUChars(args, &replacement, 1, 0, code);
}

enum crm_status crm_decoder_new(const char *encoding, struct crm_decoder **out, struct crm_err *err)
{
	struct crm_decoder *d = crm_calloc(1, sizeof(*d));
	UErrorCode code = U_ZERO_ERROR;

	*out = NULL;
	d->source = d->target = d->pivot;
	d->from = ucnv_open(meaning(encoding), &code);
	/* ICU takes NULL and "" for the encoding of the machine, which says nothing */
	if (U_FAILURE(code) || !*encoding) {
		crm_decoder_free(d);
		return crm_fail(err, CRM_CONFIG, "no such character encoding: '%s'", encoding);
	}
	if (ucnv_getType(d->from) == UCNV_UTF8) {
		ucnv_close(d->from);
		d->from = NULL;
	} else {
		ucnv_setToUCallBack(d->from, count_bad, &d->bad, NULL, NULL, &code);
		d->to = ucnv_open("UTF-8", &code);
		if (U_FAILURE(code)) {
			crm_decoder_free(d);
			return crm_fail(err, CRM_BUG, "ICU: %s", u_errorName(code));
		}
	}
	*out = d;
	return CRM_OK;
}

void crm_decoder_free(struct crm_decoder *decoder)
{
	if (!decoder)
		return;
	ucnv_close(decoder->from);
	ucnv_close(decoder->to);
	free(decoder);
}

static void pass(struct crm_decoder *d, const char *bytes, size_t len, bool final,
		 struct crm_str *out)
{
	static const char mark[] = "\xEF\xBB\xBF";

	while (!d->begun && len && d->n_held < 3 && *bytes == mark[d->n_held]) {
		d->held[d->n_held++] = *bytes++;
		len--;
	}
	if (!d->begun && (len || final || d->n_held == 3)) {
		d->begun = true;
		if (d->n_held < 3)
			crm_str_add(out, d->held, d->n_held);
	}
	crm_str_add(out, bytes, len);
}

static void convert(struct crm_decoder *d, const char *bytes, size_t len, bool final,
		    struct crm_str *out)
{
	const char *end = bytes + len;
	UErrorCode code;

	do {
		char *start = crm_str_reserve(out, 2 * (size_t)(end - bytes) + 256), *to = start;

		code = U_ZERO_ERROR;
		ucnv_convertEx(d->to, d->from, &to, out->ptr + out->cap - 1, &bytes, end, d->pivot,
			       &d->source, &d->target, d->pivot + N(d->pivot), false, final, &code);
		crm_str_wrote(out, (size_t)(to - start));
	} while (code == U_BUFFER_OVERFLOW_ERROR);
}

void crm_decoder_feed(struct crm_decoder *decoder, const char *bytes, size_t len, bool final,
		      struct crm_str *out)
{
	size_t start = out->len;

	if (!decoder->from) {
		pass(decoder, bytes, len, final, out);
		return;
	}
	convert(decoder, bytes, len, final, out);
	if (decoder->begun || out->len == start)
		return;
	decoder->begun = true;
	if (out->len - start >= 3 && !memcmp(out->ptr + start, "\xEF\xBB\xBF", 3)) {
		out->len -= 3;
		memmove(out->ptr + start, out->ptr + start + 3, out->len - start);
		out->ptr[out->len] = '\0';
	}
}

bool crm_decoder_passes(const struct crm_decoder *decoder)
{
	return !decoder->from && decoder->begun;
}

int64_t crm_decoder_bad(const struct crm_decoder *decoder)
{
	return decoder->bad;
}

int64_t crm_charset_decode(const char *encoding, struct crm_slice bytes, struct crm_str *out)
{
	struct crm_decoder *decoder;
	struct crm_err err;
	int64_t bad;

	if (crm_decoder_new(encoding, &decoder, &err) != CRM_OK)
		return -1;
	crm_decoder_feed(decoder, bytes.ptr, bytes.len, true, out);
	bad = crm_decoder_bad(decoder);
	crm_decoder_free(decoder);
	return bad;
}
