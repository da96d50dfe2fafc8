/* SPDX-License-Identifier: MIT */
/* items: what a syntax makes of some bytes, for tests of syntaxes. */
#ifndef ITEMS_H
#define ITEMS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ingest/syntax.h"

/* A line for each record, its JSON, or "LINE! reason" where it cannot be read. New. */
static char *items_of(const struct crm_syntax *syntax, const char *bytes, size_t len)
{
	struct crm_item item = CRM_ITEM_INIT;
	struct crm_str out = CRM_STR_INIT;
	struct crm_input *input;
	struct crm_err err;
	enum crm_read got;
	char path[64];
	void *reader;
	int fd = memfd_create("items", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		exit(1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (crm_input_open(&input, path, &err) != CRM_OK
	    || crm_input_set_encoding(input, "UTF-8", &err) != CRM_OK)
		exit(1);
	if (syntax->limit)
		crm_input_set_limit(input, syntax->limit);
	reader = syntax->open(input);
	do {
		crm_item_clear(&item);
		got = syntax->next(reader, &item);
		if (got == CRM_READ_OK)
			crm_str_addf(&out, "%s%s", out.len ? "\n" : "", item.json.ptr);
		else if (got == CRM_READ_BAD)
			crm_str_addf(&out, "%s%lld! %s", out.len ? "\n" : "", (long long)item.line,
				     item.reason);
	} while (got != CRM_READ_END);
	syntax->close(reader);
	crm_item_release(&item);
	crm_input_close(input);
	close(fd);
	return crm_str_detach(&out);
}

#endif
