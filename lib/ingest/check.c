/* SPDX-License-Identifier: MIT */
/* Counting what the records of a file say: their JSON lines tell it field by field. */
#include "ingest/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ingest/emit.h"

#define EXAMPLE_MAX 200 /* bytes */

struct types { /* how many records of each */
	int64_t n[CRM_RECORD_TYPES];
};

struct counting {
	struct crm_check *check;
	struct types types;
	struct crm_json_doc doc;
	struct crm_str line;
};

static struct crm_check_line *line_for(struct crm_check *c, enum crm_check_part part,
				       const char *type, struct crm_slice name)
{
	struct crm_check_line *line;

	for (size_t i = 0; i < c->n; i++)
		if (c->lines[i].part == part && crm_slice_is(name, c->lines[i].name)
		    && !strcmp(c->lines[i].type, type))
			return &c->lines[i];
	CRM_GROW(c->lines, c->n + 1, c->cap);
	line = &c->lines[c->n++];
	*line = (struct crm_check_line){
		.part = part, .type = crm_strdup(type), .name = crm_strndup(name.ptr, name.len)};
	return line;
}

static char *example_of(const struct crm_json_value *v)
{
	struct crm_str s = CRM_STR_INIT;

	if (v->type == CRM_JSON_ARRAY && v->count == 1)
		v++; /* an address alone */
	crm_json_text(v, &s);
	if (s.len > EXAMPLE_MAX)
		s.len = crm_utf8_valid(s.ptr, EXAMPLE_MAX); /* not within a character */
	s.ptr[s.len] = '\0';
	return crm_str_detach(&s);
}

static bool is_ours(struct crm_slice key)
{
	static const char *const keys[] = {"type", "id", "channel", "line", "file"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (crm_slice_is(key, keys[i]))
			return true;
	return false;
}

static void count_member(struct counting *c, const struct crm_map *map, enum crm_record_type type,
			 enum crm_check_part part, const struct crm_json_value *v)
{
	struct crm_check_line *line = line_for(c->check, part, crm_record_type_names[type], v->key);
	struct crm_str from = CRM_STR_INIT;

	line->n++;
	if (line->example)
		return;
	line->example = example_of(v);
	if (part == CRM_CHECK_FIELD)
		crm_map_from(map, type, line->name, &from);
	line->from = crm_str_detach(&from);
}

static void count_members(struct counting *c, const struct crm_map *map, const struct crm_record *r,
			  enum crm_check_part part)
{
	const struct crm_json_value *v, *root = c->doc.values;

	for (uint32_t i = 1; root->type == CRM_JSON_OBJECT && i < root->next; i = v->next) {
		v = &c->doc.values[i];
		if (part == CRM_CHECK_FIELD ? !is_ours(v->key)
					    : v->type != CRM_JSON_NULL && v->text.len
						      && !crm_map_reads(map, v->key))
			count_member(c, map, r->type, part, v);
	}
}

static void count_aside(struct counting *c, const struct crm_record *r)
{
	struct crm_check_line *line =
		line_for(c->check, CRM_CHECK_ASIDE, "", crm_slice_of(r->aside));
	struct crm_str at = CRM_STR_INIT;

	c->check->set_aside++;
	line->n++;
	if (line->example)
		return;
	crm_str_addf(&at, "line %lld", (long long)r->line);
	line->example = crm_str_detach(&at);
	line->from = crm_strdup("");
}

static void count_chunk(void *data, const struct crm_channel *channel, const struct crm_map *map,
			const struct crm_chunk *chunk)
{
	static const struct crm_outcome nothing = {.kind = CRM_STORED};
	struct counting *c = data;

	c->check->channel = channel->name;
	for (size_t i = 0; i < chunk->n; i++) {
		const struct crm_record *r = &chunk->records[i];

		c->check->records++;
		if (r->aside) {
			count_aside(c, r);
			continue;
		}
		c->types.n[r->type]++;
		crm_str_clear(&c->line);
		crm_emit_record(channel, r, &nothing, &c->line);
		if (crm_json_scan(&c->doc, c->line.ptr, c->line.len) == CRM_OK)
			count_members(c, map, r, CRM_CHECK_FIELD);
		if (crm_json_scan(&c->doc, r->raw.ptr, r->raw.len) == CRM_OK)
			count_members(c, map, r, CRM_CHECK_UNREAD);
	}
}

enum crm_status crm_check_file(struct crm_check *check, const struct crm_channels *channels,
			       const char *path, const struct crm_job_options *options,
			       struct crm_err *err)
{
	struct counting c = {.check = check, .doc = CRM_JSON_DOC_INIT, .line = CRM_STR_INIT};
	enum crm_status rc = crm_job_check(channels, path, options, count_chunk, &c, err);

	for (size_t i = 0; i < check->n; i++)
		for (int t = 0; t < CRM_RECORD_TYPES; t++)
			if (!strcmp(check->lines[i].type, crm_record_type_names[t]))
				check->lines[i].of = c.types.n[t];
	crm_json_doc_release(&c.doc);
	crm_str_release(&c.line);
	return rc;
}

void crm_check_release(struct crm_check *check)
{
	for (size_t i = 0; i < check->n; i++) {
		free(check->lines[i].type);
		free(check->lines[i].name);
		free(check->lines[i].from);
		free(check->lines[i].example);
	}
	free(check->lines);
	*check = (struct crm_check)CRM_CHECK_INIT;
}
