/* SPDX-License-Identifier: MIT */
/*
 * attach: files that go out with a message.
 *
 * A line brings them itself, or names files of one folder that whoever runs the command has
 * chosen; a line is data, and must not be able to send a customer what else there is on this
 * machine. So a name leads neither out of that folder nor through a symbolic link. What a file
 * holds is fixed when the message is queued.
 *
 *	"attachments": [{"file": "2026/invoice-17.pdf"},
 *	                {"name": "label.png", "type": "image/png", "content": "iVBORw0K…"}]
 *
 * content is base64. The name is that of the file, and the type follows from its ending, where
 * they are not given.
 */
#ifndef CRM_ATTACH_H
#define CRM_ATTACH_H

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"

#define CRM_ATTACH_COUNT 20
/* Bytes of all of them: written in base64 they stay below 25 MB, which most mail servers take. */
#define CRM_ATTACH_MAX ((size_t)18 * 1024 * 1024)

struct crm_file {
	struct crm_slice name, type; /* of MIME: image/png */
	struct crm_slice digest;     /* hexadecimal, of the bytes */
	struct crm_slice bytes;
};

struct crm_files { /* borrowed from an arena */
	struct crm_file *list;
	size_t n;
};

/* Reads the member attachments of a line at v (NULL: none). folder: of the files that it may
 * name; NULL: it may name none. All lies in arena; false with *why, there too, or static, when
 * they cannot be sent. */
bool crm_attach_read(const struct crm_json_doc *doc, const struct crm_json_value *v,
		     const char *folder, struct crm_arena *arena, struct crm_files *files,
		     const char **why);

/* Keeps the bytes in the store, inside the caller's transaction, and appends a JSON list of what
 * they are: name, type, size, digest. */
enum crm_status crm_attach_store(struct crm_db *db, const struct crm_files *files,
				 struct crm_str *list);
/* The files of such a list, out of the store. */
enum crm_status crm_attach_load(struct crm_db *db, const struct crm_json_doc *doc,
				const struct crm_json_value *list, struct crm_arena *arena,
				struct crm_files *files);

#endif
