/* SPDX-License-Identifier: MIT */
/* Any bytes through every normaliser. Beside what the sanitizers see: what comes out must be
 * valid UTF-8, and normalising it again must change nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "check.h"
#include "norm/charset.h"
#include "norm/email.h"
#include "norm/money.h"
#include "norm/name.h"
#include "norm/phone.h"
#include "norm/place.h"
#include "norm/text.h"
#include "norm/when.h"

static struct crm_str once = CRM_STR_INIT, twice = CRM_STR_INIT;

static struct crm_slice slice(const struct crm_str *s)
{
	return (struct crm_slice){s->ptr, s->len};
}

static void stable(void)
{
	check(once.len == twice.len && !memcmp(once.ptr, twice.ptr, once.len));
	check(crm_utf8_valid(once.ptr, once.len) == once.len);
	crm_str_clear(&once);
	crm_str_clear(&twice);
}

static void words(struct crm_slice in)
{
	crm_text_clean(in, &once);
	crm_text_clean(slice(&once), &twice);
	stable();
	crm_text_key(in, &once);
	crm_text_key(slice(&once), &twice);
	stable();
	crm_name_split(in, &once, &twice);
	crm_names_agree(slice(&once), slice(&twice), in, slice(&once));
	crm_str_clear(&once);
	crm_str_clear(&twice);
	crm_country_code(in);
	crm_postcode_clean(in, "DE", &once);
	crm_str_clear(&once);
}

static void addresses(struct crm_slice in)
{
	static struct crm_phone *phone;

	if (crm_email_normalise(in, &once, NULL)) {
		check(crm_email_normalise(slice(&once), &twice, NULL));
		crm_email_is_role(in);
	}
	stable();
	if (!phone)
		phone = crm_phone_new();
	if (crm_phone_normalise(phone, in, "DE", &once))
		check(crm_phone_normalise(phone, slice(&once), NULL, &twice));
	stable();
	crm_phone_normalise(phone, in, "BR", &once);
	crm_phone_direct(phone, in, "BR", &twice);
	stable();
}

static void values(struct crm_slice in)
{
	struct crm_decimals decimals;
	struct crm_dates dates;
	struct crm_money money;
	struct crm_time when;
	char format[32];

	crm_dates_init(&dates, NULL, NULL);
	crm_dates_observe(&dates, in);
	crm_dates_decide(&dates);
	crm_dates_parse(&dates, in, &when);
	memset(format, 0, sizeof(format));
	memcpy(format, in.ptr, in.len < 31 ? in.len : 31);
	crm_dates_init(&dates, NULL, format);
	crm_dates_parse(&dates, in, &when);
	crm_decimals_init(&decimals, NULL);
	crm_decimals_observe(&decimals, in);
	crm_decimals_decide(&decimals);
	crm_money_parse(&decimals, in, "JPY", &money);
}

static void decode(struct crm_slice in)
{
	const char *name = crm_charset_sniff(in.ptr, in.len);
	struct crm_decoder *decoder;
	struct crm_err err;
	size_t cut = in.len / 2;

	check(crm_decoder_new(name, &decoder, &err) == CRM_OK);
	crm_decoder_feed(decoder, in.ptr, cut, false, &once);
	crm_decoder_feed(decoder, in.ptr + cut, in.len - cut, true, &once);
	crm_decoder_free(decoder);
	crm_decoder_new(name, &decoder, &err);
	crm_decoder_feed(decoder, in.ptr, in.len, true, &twice);
	crm_decoder_free(decoder);
	check(once.len == twice.len && !memcmp(once.ptr, twice.ptr, once.len));
	crm_str_clear(&once);
	crm_str_clear(&twice);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_slice in = {(const char *)bytes, len};

	words(in);
	addresses(in);
	values(in);
	decode(in);
	return 0;
}
