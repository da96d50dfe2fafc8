/* SPDX-License-Identifier: MIT */
/* Any JSON through a channel that uses all there is of paths, conditions and conversions:
 * each record is whole, or has a reason and the bytes it stood in. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "file.h"
#include "ingest/map.h"

/* The names are short, so that they are soon found. */
#define CHANNEL                                                                                   \
	"{\"reads\":\"json\",\"type\":\"message\",\"each\":[\"/a/**/b\",\"/?!a/*/c\",\"\"],"      \
	"\"key\":{\"from\":[\"1#\",\"/id\",\"2/id\"],\"join\":\"/\",\"prefix\":\"k/\"},"          \
	"\"handles\":{\"u\":{\"from\":\"/u\",\"within\":[\"2#\",\"1/?u=@id/x\"],\"many\":true}}," \
	"\"fields\":{\"text\":{\"from\":[\"/t/*t\",\"/t\"],\"join\":\"\"},\"time\":\"/d\","       \
	"\"name\":{\"from\":\"/n\",\"as\":\"utf8\"},\"subject\":{\"from\":\"/"                    \
	"s\",\"as\":\"html\"},"                                                                   \
	"\"phone\":{\"from\":\"/"                                                                 \
	"p\",\"strip\":[\"tel:\",\"00\"],\"prefix\":\"+\",\"split\":\";\"},"                      \
	"\"about\":{\"from\":[\"2/id\",\"/r\"],\"join\":\"/\",\"all\":true},"                     \
	"\"attachments\":[\"/f\",\"/f/-1\",\"/g/*/f\"],\"amount\":{\"from\":\"/"                  \
	"m\",\"as\":\"minor\"}},"                                                                 \
	"\"records\":["                                                                           \
	"{\"when\":{\"x\":{\"from\":[\"/u\",\"/v\"],\"same\":{\"from\":\"1/"                      \
	"u\",\"prefix\":\"+\"}}}},"                                                               \
	"{\"when\":{\"x\":{\"from\":\"/u\",\"differs\":\"1/u\"},\"/"                              \
	"v\":[\"\",\"*\"]},\"type\":\"note\"},"                                                   \
	"{\"when\":{\"\":\"*\"},\"type\":\"status\",\"const\":{\"status\":\"s\"}},"               \
	"{\"each\":\"/a/?t!=x/?c=@id\",\"type\":\"contact\"}]}"

static struct crm_channel *load(void)
{
	struct crm_channel *channel;
	struct crm_err err;
	const char *path;
	int fd = file_of(CHANNEL, sizeof(CHANNEL) - 1, &path);

	check(crm_channel_load(&channel, "fuzz", path, &err) == CRM_OK);
	close(fd);
	return channel;
}

static void check_chunk(const struct crm_chunk *chunk)
{
	static struct crm_json_doc raw;

	for (size_t i = 0; i < chunk->n; i++) {
		const struct crm_record *r = &chunk->records[i];

		check(r->n_addresses <= CRM_ADDRESSES && r->n_attachments <= CRM_ATTACHMENTS);
		if (r->aside)
			check(*r->aside && r->bytes.ptr);
		else
			check(crm_json_scan(&raw, r->raw.ptr, r->raw.len) == CRM_OK);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_channel *channel;
	static struct crm_json_doc doc;
	const struct crm_map_options options = {.this_year = 2026};
	struct crm_row row = {.line = 1, .bytes = {(const char *)bytes, len}, .doc = &doc};
	struct crm_chunk chunk = CRM_CHUNK_INIT;
	struct crm_str words = CRM_STR_INIT;
	struct crm_err err;
	struct crm_map *map;

	if (!channel)
		channel = load();
	if (crm_json_scan(&doc, (const char *)bytes, len) != CRM_OK)
		return 0;
	check(crm_map_new(&map, channel, NULL, 0, &options, &err) == CRM_OK);
	crm_map_observe(map, &row);
	crm_map_decide(map, &words);
	crm_map_row(map, &row, &chunk);
	check_chunk(&chunk);
	crm_map_free(map);
	crm_chunk_release(&chunk);
	crm_str_release(&words);
	return 0;
}
