/* SPDX-License-Identifier: MIT */
/* The names of what records are made of, and the chunk they travel in. */
#include "store/record.h"

#include <stdlib.h>

const char *const crm_record_type_names[] = {
	[CRM_CONTACT] = "contact",
	[CRM_MESSAGE] = "message",
	[CRM_CALL] = "call",
	[CRM_ORDER] = "order",
	[CRM_ORDER_LINE] = "order_line",
	[CRM_VISIT] = "visit",
	[CRM_RATING] = "rating",
	[CRM_COST] = "cost",
	[CRM_NOTE] = "note",
	[CRM_CONSENT] = "consent",
	[CRM_STATUS] = "status",
};

const char *const crm_person_field_names[] = {
	[CRM_NAME] = "name",         [CRM_GIVEN] = "given",
	[CRM_FAMILY] = "family",     [CRM_BIRTH_DATE] = "birth_date",
	[CRM_ORG] = "org",           [CRM_STREET] = "street",
	[CRM_CITY] = "city",         [CRM_POSTCODE] = "postcode",
	[CRM_REGION] = "region",     [CRM_COUNTRY] = "country",
	[CRM_LANGUAGE] = "language",
};

const char *const crm_endpoint_kind_names[] = {
	[CRM_HANDLE] = "handle",
	[CRM_ID] = "id",
	[CRM_EMAIL] = "email",
	[CRM_PHONE] = "phone",
};

struct crm_record *crm_chunk_add(struct crm_chunk *chunk)
{
	CRM_GROW(chunk->records, chunk->n + 1, chunk->cap);
	chunk->records[chunk->n] = (struct crm_record){0};
	return &chunk->records[chunk->n++];
}

void crm_chunk_clear(struct crm_chunk *chunk)
{
	chunk->n = 0;
	chunk->pause = chunk->last = false;
	crm_arena_clear(&chunk->arena);
}

void crm_chunk_release(struct crm_chunk *chunk)
{
	free(chunk->records);
	crm_arena_release(&chunk->arena);
	*chunk = (struct crm_chunk)CRM_CHUNK_INIT;
}
