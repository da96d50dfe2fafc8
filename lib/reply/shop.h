/* SPDX-License-Identifier: MIT */
/*
 * shop: what the business says of itself, once: the file `shop` of the configuration folder, a
 * JSON object of texts.
 *
 *	{"name": "Shop", "language": "de", "zone": "Europe/Berlin", "templates": "friendly",
 *	 "request_url": "https://shop.example/request/", "phone": "+49 30 123456"}
 *
 * language, zone and templates (the set of templates) mean something here; all of them, and
 * any others, are values that templates may name (reply/context.h).
 */
#ifndef CRM_SHOP_H
#define CRM_SHOP_H

#include "base/json.h"

struct crm_shop {
	struct crm_str text;
	struct crm_json_doc doc;            /* n 0: there is no such file */
	struct crm_str language, zone, set; /* en, UTC and empty without */
};
#define CRM_SHOP_INIT                                                                     \
	{                                                                                 \
		CRM_STR_INIT, CRM_JSON_DOC_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT \
	}

/* Loads DIR/shop; no such file is no error. CRM_CONFIG with file and line of what is wrong.
 * shop is to be released in any case. */
enum crm_status crm_shop_load(struct crm_shop *shop, const char *dir, struct crm_err *err);
/* Appends a member, nothing when it is not there. */
void crm_shop_get(const struct crm_shop *shop, const char *name, struct crm_str *out);
void crm_shop_release(struct crm_shop *shop);

#endif
