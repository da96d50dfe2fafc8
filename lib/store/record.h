/* SPDX-License-Identifier: MIT */
/*
 * record: one record of a source in our own terms, as lib/ingest makes it and
 * lib/store/intake stores it.
 *
 * Everything a record points to lies in the arena of its chunk and lives as long as the
 * chunk. A text field without a value has ptr NULL. What was written in the source is in
 * raw, untouched; the other fields are normalised.
 */
#ifndef CRM_RECORD_H
#define CRM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

enum crm_record_type {
	CRM_CONTACT, /* becomes a profile */
	CRM_MESSAGE, /* this and the rest become events */
	CRM_CALL,
	CRM_ORDER,
	CRM_ORDER_LINE, /* but this one a line of an order */
	CRM_VISIT,
	CRM_RATING,
	CRM_COST,
	CRM_NOTE,
	CRM_CONSENT,
	CRM_STATUS, /* what became of a message (delivered, read, bounced, edited …) or of an
		     * address (subscribed …) */
	CRM_RECORD_TYPES
};
/* The name that crosses the pipe: contact, message … */
extern const char *const crm_record_type_names[CRM_RECORD_TYPES];

/* What a profile says of a person besides addresses; indexes of crm_record.person. */
enum crm_person_field {
	CRM_NAME,
	CRM_GIVEN,
	CRM_FAMILY,
	CRM_BIRTH_DATE,
	CRM_ORG,
	CRM_STREET,
	CRM_CITY,
	CRM_POSTCODE,
	CRM_REGION,
	CRM_COUNTRY,
	CRM_LANGUAGE,
	CRM_PERSON_FIELDS
};
extern const char *const crm_person_field_names[CRM_PERSON_FIELDS];

/* In order of precedence: what identifies best comes first. */
enum crm_endpoint_kind {
	CRM_HANDLE,
	CRM_EMAIL,
	CRM_PHONE,
	CRM_ID, /* of a document, as somebody typed it: linkage weighs it, nobody is told by it */
	CRM_ENDPOINT_KINDS
};
extern const char *const crm_endpoint_kind_names[CRM_ENDPOINT_KINDS];

struct crm_address {
	enum crm_endpoint_kind kind;
	struct crm_slice scope; /* empty, but never NULL, for e-mail and phone; of an id its
				 * kind, with its country: passport:DE */
	struct crm_slice value; /* normalised */
	bool role;              /* info@, sales@ …: belongs to a desk, not to a person */
	bool many;              /* a handle of which one person may have several */
};
/* A file that came with a message, or a word of one that the source keeps. */
struct crm_attachment {
	struct crm_slice name, type; /* type: MIME, or what the source calls it */
	struct crm_slice digest;     /* of its bytes, when they were given: see crm_blob */
	struct crm_slice url;        /* where the source has it, or its id there */
	bool has_size;
	int64_t size; /* bytes */
};
#define CRM_ATTACHMENTS 64 /* of one record; what is beyond stays in raw */
#define CRM_REFERENCES 64

#define CRM_ADDRESSES 16 /* of one record; what is beyond stays in raw */

struct crm_blob {                /* a file that came with a record */
	struct crm_slice digest; /* 32 hexadecimal digits */
	struct crm_slice bytes;
};

struct crm_record {
	enum crm_record_type type;
	int64_t line;           /* where it began in its file, from 1 */
	const char *aside;      /* why it cannot be used, or NULL; then only line and bytes count */
	struct crm_slice bytes; /* as it came, for a set-aside record */
	struct crm_slice id;    /* the source's own id of it */
	struct crm_slice digest; /* of raw: 32 hexadecimal digits */
	struct crm_slice raw;    /* a JSON object */

	struct crm_slice person[CRM_PERSON_FIELDS];
	struct crm_slice birth_written; /* a birth date that is none: profile.birth_written */
	struct crm_slice person_digest; /* of person and addresses: one profile for all the
					 * events that say the same of somebody */
	struct crm_address addresses[CRM_ADDRESSES]; /* ordered by kind */
	size_t n_addresses;

	bool has_at, has_offset;
	int64_t at;    /* ms */
	int at_offset; /* minutes east of UTC */
	struct crm_slice direction, thread, subject, text, status, ref, agent, currency;
	struct crm_slice about;     /* id of the message that it answers, or of what it tells */
	struct crm_slice account;   /* which of our addresses, pages, numbers it came to */
	struct crm_slice automatic; /* auto-reply, list, bounce, bot: no person wrote it to us */
	struct crm_slice reply_to;  /* where an answer goes, if not to its sender */
	struct crm_slice campaign;
	struct crm_slice token; /* an address it came to that may hold a conversation's token */
	bool by_reference;      /* its conversation is told by the ids of messages: its own and */
	struct crm_slice *references; /* those it refers to */
	size_t n_references;
	struct crm_attachment *attachments;
	size_t n_attachments;
	struct crm_blob *blobs;
	size_t n_blobs;
	struct crm_slice file; /* of several files the one it was in; NULL: the only one */
	bool has_amount, has_rating, has_rating_max, has_duration;
	int64_t amount; /* minor units of currency */
	double rating, rating_max;
	int64_t duration; /* s */

	bool has_line; /* an order with a line in the same row, or a CRM_ORDER_LINE */
	struct crm_slice line_id, sku, line_name;
	double quantity;
	bool has_price, has_extra;
	int64_t price, extra; /* minor units */
};

/* Some records on their way from the reader to the store. */
struct crm_chunk {
	struct crm_record *records;
	size_t n, cap;
	struct crm_arena arena;
	uint64_t bytes_read; /* of the file, up to here: for progress */
	bool pause;          /* the source has nothing more for now: commit */
	bool last;           /* the file ends here */
};
#define CRM_CHUNK_INIT                                      \
	{                                                   \
		NULL, 0, 0, CRM_ARENA_INIT, 0, false, false \
	}

/* The next record of chunk, zeroed. Borrowed: valid until the next call. */
struct crm_record *crm_chunk_add(struct crm_chunk *chunk);
void crm_chunk_clear(struct crm_chunk *chunk);
void crm_chunk_release(struct crm_chunk *chunk);

#endif
