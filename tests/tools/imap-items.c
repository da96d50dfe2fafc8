/* SPDX-License-Identifier: MIT */
/*
 * imap-items URL [UIDVALIDITY UID [MESSAGE-MAX [TIMEOUT]]] <PASSWORD: what a mailbox gives as a
 * feed, a line an item: name, bytes, a digest of them, and why it cannot be used. At the end the
 * place to go on from. With DIR in $ITEMS, each item is written there too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/imap.h"

static void keep(const char *dir, size_t n, const struct crm_str *bytes)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%zu", dir, n);
	if (!(f = fopen(path, "w")) || fwrite(bytes->ptr, 1, bytes->len, f) != bytes->len
	    || fclose(f))
		exit(74);
}

static void print(const struct crm_str *name, const struct crm_str *bytes, const char *why)
{
	struct crm_digest digest = crm_digest_of(bytes->ptr, bytes->len);
	struct crm_str hex = CRM_STR_INIT;

	crm_digest_hex(&digest, &hex);
	printf("%s %zu %s%s%s\n", name->ptr, bytes->len, hex.ptr, why ? " " : "", why ? why : "");
	crm_str_release(&hex);
}

static enum crm_status items(struct crm_imap *imap, struct crm_err *err)
{
	const struct crm_feed *feed = crm_imap_feed(imap);
	struct crm_str name = CRM_STR_INIT, bytes = CRM_STR_INIT;
	const char *dir = getenv("ITEMS");
	uint64_t total = 0;
	enum crm_read got;
	size_t n = 0;

	while ((got = feed->next(feed->data, &name, &bytes, err)) != CRM_READ_END
	       && got != CRM_READ_FAILED) {
		if (got == CRM_READ_WAIT)
			continue;
		print(&name, &bytes, got == CRM_READ_BAD ? err->text : NULL);
		if (dir)
			keep(dir, ++n, &bytes);
		total += bytes.len;
		crm_str_clear(&name);
		crm_str_clear(&bytes);
	}
	crm_imap_stored(imap, total, true);
	crm_str_release(&name);
	crm_str_release(&bytes);
	return got == CRM_READ_END ? CRM_OK : err->status;
}

int main(int argc, char **argv)
{
	struct crm_imap_url url = CRM_IMAP_URL_INIT;
	struct crm_imap_options options = {.ca_file = getenv("SSL_CERT_FILE")};
	struct crm_imap_place place = {0, 0};
	struct crm_imap *imap = NULL;
	struct crm_err err = {0};
	char password[256] = "";
	enum crm_status rc;

	if (argc < 2 || !fgets(password, sizeof(password), stdin))
		return 64;
	password[strcspn(password, "\n")] = '\0';
	options.secret = password;
	if (argc > 3)
		place = (struct crm_imap_place){(uint32_t)strtoul(argv[2], NULL, 10),
						(uint32_t)strtoul(argv[3], NULL, 10)};
	options.message_max = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	options.timeout = argc > 5 ? atoi(argv[5]) : 0;
	if ((rc = crm_imap_url_parse(&url, argv[1], &err)) == CRM_OK
	    && (rc = crm_imap_open(&imap, &url, &options, &err)) == CRM_OK
	    && (rc = crm_imap_enter(imap, url.folder, place, &err)) == CRM_OK)
		rc = items(imap, &err);
	if (imap && (rc == CRM_OK || rc == CRM_REMOTE)) {
		place = crm_imap_place(imap);
		printf("%u %u\n", place.uidvalidity, place.uid);
	}
	if (rc != CRM_OK)
		fprintf(stderr, "imap-items: %s\n", err.text);
	crm_imap_close(imap);
	crm_imap_url_release(&url);
	return crm_status_exit(rc);
}
