/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what an IMAP server answers, as the name of a folder, and as a URL. Answers
 * are the same however the bytes are cut into pieces and never hold more than they may; a
 * folder's name that decodes is encoded to a name that decodes to the same; a URL that is
 * read is written so that it reads as the same.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "check.h"
#include "ingest/imap_url.h"
#include "ingest/imap_wire.h"

#define BODY_MAX 100

struct bytes {
	struct crm_slice rest;
	size_t piece;
};

static enum crm_status receive(void *data, char *buf, size_t cap, size_t *got, struct crm_err *err)
{
	struct bytes *b = data;

	*got = b->rest.len < b->piece ? b->rest.len : b->piece;
	*got = *got < cap ? *got : cap;
	if (!*got)
		return crm_fail(err, CRM_REMOTE, "end");
	memcpy(buf, b->rest.ptr, *got);
	b->rest.ptr += *got;
	b->rest.len -= *got;
	return CRM_OK;
}

static uint64_t hash_of(const struct crm_imap_answer *a, uint64_t hash)
{
	hash = crm_hash64_with(hash, (uint64_t)a->kind << 32 | (uint64_t)a->result);
	hash = crm_hash64_with(hash, a->uid + a->size + a->code_number + a->body_size);
	hash = crm_hash64_with(hash, crm_hash64(a->text.ptr, a->text.len));
	if (a->has_body)
		hash = crm_hash64_with(hash, crm_hash64(a->body.ptr, a->body.len));
	if (a->n_uids)
		hash = crm_hash64_with(hash, crm_hash64(a->uids, a->n_uids * sizeof(*a->uids)));
	return crm_hash64_with(hash, crm_hash64(a->name.ptr, a->name.len));
}

/* All answers, of which it returns a hash with the number and the way it ends. */
static uint64_t answers(struct crm_slice text, size_t piece)
{
	static struct crm_imap_wire wire;
	struct bytes b = {text, piece};
	struct crm_imap_answer a;
	struct crm_err err = {0}, again = {0};
	uint64_t hash = 1;

	crm_imap_answer_init(&a);
	crm_imap_wire_init(&wire, BODY_MAX, receive, &b);
	while (crm_imap_read(&wire, &a, &err) == CRM_OK) {
		/* a quoted body may be longer than body_max, but not than 64 KiB */
		check(a.body.len <= 64 * 1024 && a.text.len <= 1024 && a.name.len <= 64 * 1024);
		check(!a.has_body || a.body.len <= a.body_size);
		hash = hash_of(&a, hash);
	}
	check(err.status == CRM_REMOTE && crm_imap_read(&wire, &a, &again) == CRM_REMOTE);
	crm_imap_answer_release(&a);
	return crm_hash64_with(hash, crm_hash64(err.text, strlen(err.text)));
}

static void folder(struct crm_slice name)
{
	struct crm_str utf8 = CRM_STR_INIT, encoded = CRM_STR_INIT, again = CRM_STR_INIT;

	if (crm_imap_folder_decode(name, &utf8)) {
		check(crm_utf8_valid(utf8.ptr, utf8.len) == utf8.len);
		crm_imap_folder_encode(utf8.ptr, &encoded);
		check(crm_imap_folder_decode((struct crm_slice){encoded.ptr, encoded.len}, &again));
		check(!strcmp(utf8.ptr, again.ptr));
	}
	crm_str_release(&utf8);
	crm_str_release(&encoded);
	crm_str_release(&again);
}

static void url(const char *text)
{
	struct crm_imap_url a, b = CRM_IMAP_URL_INIT;
	struct crm_str written = CRM_STR_INIT;
	struct crm_err err;

	if (crm_imap_url_parse(&a, text, &err) == CRM_OK) {
		crm_imap_url_write(&a, a.folder, &written);
		check(crm_imap_url_parse(&b, written.ptr, &err) == CRM_OK
		      || written.len > CRM_IMAP_URL_MAX);
		check(!b.user || (!strcmp(a.user, b.user) && !strcmp(a.host, b.host)));
		check(!b.folder || !strcasecmp(a.folder, b.folder));
	}
	crm_imap_url_release(&a);
	crm_imap_url_release(&b);
	crm_str_release(&written);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct crm_slice text = {(const char *)bytes, len};
	char *line = strndup((const char *)bytes, len);

	check(answers(text, len + 1) == answers(text, 1 + len % 7));
	folder(text);
	url(line);
	free(line);
	return 0;
}
