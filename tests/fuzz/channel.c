/* SPDX-License-Identifier: MIT */
/* Any bytes as a channel file: it is loaded, and can then be prepared for a file, or it is
 * refused in words. */
#include <string.h>

#include "check.h"
#include "file.h"
#include "ingest/map.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static const struct crm_slice columns[] = {{"name", 4}, {"e-mail", 6}, {"", 0}};
	const struct crm_map_options options = {.this_year = 2026};
	struct crm_channel *channel;
	struct crm_err err = {0};
	struct crm_map *map;
	const char *path;
	int fd = file_of(bytes, len, &path);
	enum crm_status rc = crm_channel_load(&channel, "fuzz", path, &err);

	close(fd);
	check((rc == CRM_OK) == (channel != NULL));
	check(rc == CRM_OK || (rc == CRM_CONFIG && *err.text));
	if (!channel)
		return 0;
	check(channel->name && channel->scope && channel->medium && channel->quote);
	if (crm_map_new(&map, channel, columns, channel->is_csv ? 3 : 0, &options, &err) == CRM_OK)
		crm_map_free(map);
	else
		check(*err.text != 0);
	crm_channel_free(channel);
	return 0;
}
