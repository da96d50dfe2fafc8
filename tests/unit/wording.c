/* SPDX-License-Identifier: MIT */
/* Streets and companies in one wording, as people write them. */
#include "link/wording.h"

#include "tap.h"

static void check(void (*wording)(struct crm_str *, size_t), const char *key, const char *want)
{
	struct crm_str s = CRM_STR_INIT;
	char all[100];

	crm_str_adds(&s, "kept ");
	crm_str_adds(&s, key);
	wording(&s, 5);
	snprintf(all, sizeof(all), "kept %s", want);
	is_str(s.ptr, all, key);
	if (s.len != strlen(s.ptr))
		ok(false, "length of %s", key);
	crm_str_release(&s);
}

int main(void)
{
	check(crm_wording_street, "12 main street", "12 main st");
	check(crm_wording_street, "flat 3 12 main road", "apt 3 12 main rd");
	check(crm_wording_street, "hauptstrasse 5", "hauptst 5");
	check(crm_wording_street, "hauptstr 5", "hauptst 5");
	check(crm_wording_street, "berliner str 5", "berliner st 5");
	check(crm_wording_street, "strasse des 17 juni", "st des 17 juni");
	check(crm_wording_street, "elm", "elm");
	check(crm_wording_street, "", "");
	check(crm_wording_org, "acme gmbh and co kg", "acme");
	check(crm_wording_org, "acme s a", "acme");
	check(crm_wording_org, "the acme company ltd", "acme");
	check(crm_wording_org, "gmbh", "gmbh");
	check(crm_wording_org, "the", "the");
	check(crm_wording_org, "bank of scotland", "bank of scotland");
	check(crm_wording_org, "", "");
	return done();
}
