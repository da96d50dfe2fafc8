/* SPDX-License-Identifier: MIT */
/* The file `shop`; see shop.h. */
#include "reply/shop.h"

#include "base/file.h"
#include "norm/when.h"

void crm_shop_release(struct crm_shop *shop)
{
	crm_str_release(&shop->text);
	crm_json_doc_release(&shop->doc);
	crm_str_release(&shop->language);
	crm_str_release(&shop->zone);
	crm_str_release(&shop->set);
}

void crm_shop_get(const struct crm_shop *shop, const char *name, struct crm_str *out)
{
	const struct crm_json_value *v =
		shop->doc.n ? crm_json_member(&shop->doc, shop->doc.values, name) : NULL;

	if (v)
		crm_json_text(v, out);
}

static int line_at(const struct crm_shop *shop, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < shop->text.len; i++)
		line += shop->text.ptr[i] == '\n';
	return line;
}

static enum crm_status check(const struct crm_shop *shop, const char *path, struct crm_err *err)
{
	const struct crm_json_value *root = shop->doc.values;

	if (root->type != CRM_JSON_OBJECT)
		return crm_fail(err, CRM_CONFIG, "%s:1: the shop is a JSON object", path);
	for (uint32_t k = 1; k < root->next; k = shop->doc.values[k].next) {
		const struct crm_json_value *v = &shop->doc.values[k];

		if (v->type != CRM_JSON_STRING)
			return crm_fail(err, CRM_CONFIG, "%s:%d: '%.*s' must be a text", path,
					line_at(shop, (size_t)(v->key.ptr - shop->text.ptr)),
					(int)(v->key.len < 40 ? v->key.len : 40), v->key.ptr);
	}
	return CRM_OK;
}

static enum crm_status read_shop(struct crm_shop *shop, const char *path, struct crm_err *err)
{
	enum crm_status rc = crm_file_read(path, &shop->text, err);

	if (rc != CRM_OK)
		return rc == CRM_NO_INPUT ? CRM_OK : rc;
	if (crm_json_scan(&shop->doc, shop->text.ptr, shop->text.len) != CRM_OK) {
		shop->doc.n = 0;
		return crm_fail(err, CRM_CONFIG, "%s:%d: %s", path,
				line_at(shop, shop->doc.error_at), shop->doc.error);
	}
	if ((rc = check(shop, path, err)) != CRM_OK)
		return rc;
	crm_shop_get(shop, "language", &shop->language);
	crm_shop_get(shop, "zone", &shop->zone);
	crm_shop_get(shop, "templates", &shop->set);
	if (shop->zone.len && !crm_zone_is_known(shop->zone.ptr))
		return crm_fail(err, CRM_CONFIG,
				"%s: '%.60s' is no time zone such as Europe/Berlin", path,
				shop->zone.ptr);
	return CRM_OK;
}

enum crm_status crm_shop_load(struct crm_shop *shop, const char *dir, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc;

	crm_str_addf(&path, "%s/shop", dir);
	rc = read_shop(shop, path.ptr, err);
	if (!shop->language.len)
		crm_str_adds(&shop->language, "en");
	crm_str_release(&path);
	return rc;
}
