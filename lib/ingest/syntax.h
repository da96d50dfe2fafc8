/* SPDX-License-Identifier: MIT */
/*
 * syntax: how the records of a file are told apart and read, for what is neither CSV nor
 * JSON: mail, vCards, form posts, chat logs.
 *
 * A syntax turns each record into one JSON object. From there on it is JSON like any
 * other: a channel file says by JSON Pointers what its members mean. So a syntax knows a
 * format, and nothing of customers.
 *
 * It reads from a crm_input, keeps a record's lines there until the next call (they are
 * the bytes of a record that is set aside), and holds one record at a time.
 */
#ifndef CRM_SYNTAX_H
#define CRM_SYNTAX_H

#include "base/mem.h"
#include "ingest/input.h"
#include "store/record.h"

/* A record on its way from a syntax to the map; cleared by crm_item_clear. */
struct crm_item {
	struct crm_str json;    /* an object; valid UTF-8 */
	int64_t line;           /* where it begins in its file, from 1 */
	struct crm_slice bytes; /* of the record, borrowed until the next call; NULL: they are
				 * crm_input_record */
	const char *reason; /* CRM_READ_BAD: why it cannot be read; borrowed until the next call */
	struct crm_arena arena;
	struct crm_blob *blobs; /* files that came with it; their bytes lie in arena */
	size_t n_blobs, cap_blobs;
};
#define CRM_ITEM_INIT                                                        \
	{                                                                    \
		CRM_STR_INIT, 0, {NULL, 0}, NULL, CRM_ARENA_INIT, NULL, 0, 0 \
	}

void crm_item_clear(struct crm_item *item);
void crm_item_release(struct crm_item *item);
/* Keeps bytes (copied) as a file of the record and returns its digest, 32 hexadecimal
 * digits: what "digest" of an attachment in the JSON is. Borrowed: valid until clear. */
const char *crm_item_blob(struct crm_item *item, const void *bytes, size_t len);

struct crm_syntax {
	const char *name; /* as a channel's "reads" */
	bool binary;      /* takes the bytes of a file as they are, in whatever encoding */
	size_t limit;     /* bytes of a record; 0: CRM_RECORD_MAX */
	/* Does a file that begins with these bytes (decoded, unless binary) look like it? */
	bool (*sniff)(struct crm_slice start);
	/* A reader of input (borrowed), at its first line. New: freed by close. */
	void *(*open)(struct crm_input *input);
	/* The next record. CRM_READ_BAD: item->reason. */
	enum crm_read (*next)(void *reader, struct crm_item *item);
	void (*close)(void *reader);
};

extern const struct crm_syntax *const crm_syntaxes[];        /* NULL at the end */
const struct crm_syntax *crm_syntax_named(const char *name); /* NULL: there is none */

#endif
