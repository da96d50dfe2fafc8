/* SPDX-License-Identifier: MIT */
/* The list of our own addresses, sorted. */
#include "norm/own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "norm/email.h"
#include "norm/phone.h"

struct crm_own {
	char **list;
	size_t n, cap;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool normalise(struct crm_phone *phone, struct crm_slice line, struct crm_str *out)
{
	crm_str_clear(out);
	if (line.ptr[0] != '@')
		return memchr(line.ptr, '@', line.len)
			       ? crm_email_normalise(line, out, NULL)
			       : crm_phone_normalise(phone, line, NULL, out);
	crm_str_addc(out, 'x'); /* a domain is what follows the @ of some address there */
	crm_str_add(out, line.ptr, line.len);
	line = (struct crm_slice){crm_strndup(out->ptr, out->len), out->len};
	crm_str_clear(out);
	if (crm_email_normalise(line, out, NULL)) {
		memmove(out->ptr, out->ptr + 1, out->len);
		out->len--;
	} else {
		crm_str_clear(out);
	}
	free((char *)line.ptr);
	return out->len > 0;
}

static enum crm_status read_lines(struct crm_own *own, FILE *f, const char *path,
				  struct crm_err *err)
{
	struct crm_phone *phone = crm_phone_new();
	struct crm_str address = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	char line[512], *hash;

	for (int n = 1; rc == CRM_OK && fgets(line, sizeof(line), f); n++) {
		struct crm_slice s;

		if ((hash = strchr(line, '#')))
			*hash = '\0';
		s = crm_slice_trim(crm_slice_of(line));
		if (!s.len)
			continue;
		if (!normalise(phone, s, &address)) {
			rc = crm_fail(err, CRM_CONFIG,
				      "%s:%d: '%.*s' is neither an e-mail address, nor @domain, "
				      "nor a phone number with +",
				      path, n, (int)s.len, s.ptr);
			break;
		}
		CRM_GROW(own->list, own->n + 1, own->cap);
		own->list[own->n++] = crm_strdup(address.ptr);
	}
	crm_str_release(&address);
	crm_phone_free(phone);
	return rc;
}

enum crm_status crm_own_load(struct crm_own **out, const char *path, struct crm_err *err)
{
	struct crm_own *own = crm_calloc(1, sizeof(*own));
	FILE *f = fopen(path, "re");
	enum crm_status rc;

	*out = NULL;
	if (f)
		rc = read_lines(own, f, path, err);
	else
		rc = crm_fail(err, CRM_CONFIG, "cannot open '%s': %s", path, strerror(errno));
	if (f)
		fclose(f);
	if (rc != CRM_OK) {
		crm_own_free(own);
		return rc;
	}
	if (own->n)
		qsort(own->list, own->n, sizeof(*own->list), by_text);
	*out = own;
	return CRM_OK;
}

void crm_own_free(struct crm_own *own)
{
	if (!own)
		return;
	for (size_t i = 0; i < own->n; i++)
		free(own->list[i]);
	free(own->list);
	free(own);
}

bool crm_own_has(const struct crm_own *own, struct crm_slice address)
{
	const char *at = address.ptr ? memchr(address.ptr, '@', address.len) : NULL;
	struct crm_str key = CRM_STR_INIT;
	bool has = false;

	if (!own || !own->n || !address.ptr)
		return false;
	crm_str_add(&key, address.ptr, address.len);
	has = bsearch(&key.ptr, own->list, own->n, sizeof(*own->list), by_text);
	if (!has && at) {
		const char *domain = key.ptr + (at - address.ptr);

		has = bsearch(&domain, own->list, own->n, sizeof(*own->list), by_text);
	}
	crm_str_release(&key);
	return has;
}
