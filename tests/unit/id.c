/* SPDX-License-Identifier: MIT */
/* Numbers of documents: what is the same number however it is typed, and what is none. */
#include "norm/id.h"
#include "tap.h"

static void is_id(const char *text, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	bool any;

	crm_str_adds(&out, ":");
	any = crm_id_normalise(crm_slice_of(text), &out);
	is_str(out.ptr + 1, want, text);
	ok(any == (*want != '\0'), "and it says so");
	crm_str_release(&out);
}

static void is_masked(const char *value, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_id_mask(crm_slice_of(value), &out);
	is_str(out.ptr, want, value);
	crm_str_release(&out);
}

int main(void)
{
	is_id("123-45-6789", "123456789");
	is_id(" ab 12/34.", "AB1234");
	is_id("ＡＢ１２３４", "AB1234");
	is_id("000-00-0000", "");
	is_id("xxxx", "");
	is_id("7", "");
	is_id("n/a", "");
	is_id("unknown", "");
	is_id("--", "");
	is_id("", "");
	is_masked("AB1234", "•••234");
	is_masked("12345", "••••5");
	is_masked("12", "•2");
	is_masked("1", "•");
	is_masked("", "");
	return done();
}
