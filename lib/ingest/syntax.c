/* SPDX-License-Identifier: MIT */
/* The list of syntaxes, and what they share. */
#include "ingest/syntax.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/form.h"
#include "ingest/headers.h"
#include "ingest/mail.h"
#include "ingest/vcard.h"
#include "ingest/whatsapp.h"

/* In the order in which a file is held against them. */
const struct crm_syntax *const crm_syntaxes[] = {
	&crm_syntax_headers, &crm_syntax_mail,     &crm_syntax_vcard,
	&crm_syntax_form,    &crm_syntax_whatsapp, NULL,
};

const struct crm_syntax *crm_syntax_named(const char *name)
{
	for (size_t i = 0; crm_syntaxes[i]; i++)
		if (!strcmp(crm_syntaxes[i]->name, name))
			return crm_syntaxes[i];
	return NULL;
}

void crm_item_clear(struct crm_item *item)
{
	crm_str_clear(&item->json);
	crm_arena_clear(&item->arena);
	item->bytes = (struct crm_slice){NULL, 0};
	item->reason = NULL;
	item->n_blobs = 0;
}

void crm_item_release(struct crm_item *item)
{
	crm_str_release(&item->json);
	crm_arena_release(&item->arena);
	free(item->blobs);
	*item = (struct crm_item)CRM_ITEM_INIT;
}

const char *crm_item_blob(struct crm_item *item, const void *bytes, size_t len)
{
	struct crm_digest digest = crm_digest_of(bytes, len);
	struct crm_str hex = CRM_STR_INIT;
	struct crm_blob *blob;

	CRM_GROW(item->blobs, item->n_blobs + 1, item->cap_blobs);
	blob = &item->blobs[item->n_blobs++];
	crm_digest_hex(&digest, &hex);
	blob->digest =
		(struct crm_slice){crm_arena_strndup(&item->arena, hex.ptr, hex.len), hex.len};
	blob->bytes = (struct crm_slice){crm_arena_strndup(&item->arena, bytes, len), len};
	crm_str_release(&hex);
	return blob->digest.ptr;
}
