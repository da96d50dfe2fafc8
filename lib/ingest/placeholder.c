/* SPDX-License-Identifier: MIT */
/* Finding placeholders, and telling the names that there are. */
#include "ingest/placeholder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/path.h"

static const struct {
	const char *word;
	enum crm_placeholder_as as;
} turns[] = {
	{":digits", CRM_PUT_DIGITS}, {":entities", CRM_PUT_ENTITIES}, {":head", CRM_PUT_HEAD},
	{":json", CRM_PUT_JSON},     {":number", CRM_PUT_NUMBER},     {":scheme", CRM_PUT_SCHEME},
	{":tail", CRM_PUT_TAIL},
};

static bool ends_with(struct crm_slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len > len && !memcmp(s.ptr + s.len - len, end, len);
}

struct crm_placeholder crm_placeholder_parse(struct crm_slice inside)
{
	const char *bar = inside.len ? memchr(inside.ptr, '|', inside.len) : NULL;
	struct crm_placeholder p = {.name = inside};

	if (bar) {
		p.name.len = (size_t)(bar - inside.ptr);
		p.fallback = (struct crm_slice){bar + 1, inside.len - p.name.len - 1};
		if (p.fallback.len && *p.fallback.ptr == '|') {
			p.other = (struct crm_slice){bar + 2, p.fallback.len - 1};
			p.fallback = (struct crm_slice){NULL, 0};
		}
	} else if (ends_with(inside, "?")) {
		p.optional = true;
		p.name.len--;
	}
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
		if (ends_with(p.name, turns[i].word)) {
			p.as = turns[i].as;
			p.name.len -= strlen(turns[i].word);
			break;
		}
	return p;
}

bool crm_placeholder_next(struct crm_slice *rest, struct crm_slice *before,
			  struct crm_placeholder *placeholder)
{
	const char *end = rest->ptr + rest->len, *open, *close;

	*before = *rest;
	open = rest->len ? memmem(rest->ptr, rest->len, "{{", 2) : NULL;
	close = open ? memmem(open, (size_t)(end - open), "}}", 2) : NULL;
	if (!close) {
		*rest = (struct crm_slice){end, 0};
		return false;
	}
	before->len = (size_t)(open - rest->ptr);
	*placeholder =
		crm_placeholder_parse((struct crm_slice){open + 2, (size_t)(close - open) - 2});
	*rest = (struct crm_slice){close + 2, (size_t)(end - close) - 2};
	return true;
}

bool crm_placeholder_alone(struct crm_slice text, struct crm_placeholder *placeholder)
{
	struct crm_slice before;

	return crm_placeholder_next(&text, &before, placeholder) && !before.len && !text.len;
}

/* A name behind one of these: account.NAME. */
static bool has_family(struct crm_slice name)
{
	static const char *const families[] = {"account.", "secret.", "variables."};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		size_t len = strlen(families[i]);

		if (name.len > len && !memcmp(name.ptr, families[i], len))
			return true;
	}
	return false;
}

static bool is_known(struct crm_slice name)
{
	static const char *const known[] = {"about",  "account", "agent",   "coding",
					    "html",   "key",     "subject", "text",
					    "thread", "to",      "to_name", "uuid"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (crm_slice_is(name, known[i]))
			return true;
	return has_family(name);
}

static const char *wrong_one(struct crm_placeholder p)
{
	const char *why = NULL;

	if (p.name.len && p.name.ptr[0] == '/') {
		char *path = crm_strndup(p.name.ptr, p.name.len);

		why = crm_path_wrong(path);
		free(path);
	} else if (!is_known(p.name)) {
		why = "has a {{name}} that is not known; see crm-channels(5)";
	}
	return why || !p.other.ptr ? why : wrong_one(crm_placeholder_parse(p.other));
}

const char *crm_placeholder_wrong(struct crm_slice text)
{
	struct crm_placeholder p;
	struct crm_slice before;

	while (crm_placeholder_next(&text, &before, &p)) {
		const char *why = wrong_one(p);

		if (why)
			return why;
	}
	return before.len && memmem(before.ptr, before.len, "{{", 2) ? "has {{ without }}" : NULL;
}
