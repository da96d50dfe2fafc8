/* SPDX-License-Identifier: MIT */
/* Files of a line: where they are, what they are called, of what type they are. */
#include "reply/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "store/blob.h"

#define NAME_MAX_BYTES 200

struct reading {
	const struct crm_json_doc *doc;
	const char *folder;
	struct crm_arena *arena;
	const char **why;
	size_t left; /* bytes that still may come */
};

/* False, with the reason and what it is about. */
static bool wrong(struct reading *r, struct crm_slice what, const char *why)
{
	struct crm_str text = CRM_STR_INIT;

	crm_str_adds(&text, "attachment ");
	crm_utf8_printable(&text, (struct crm_slice){what.ptr, what.len < 200 ? what.len : 200});
	crm_str_addf(&text, ": %s", why);
	*r->why = crm_arena_strndup(r->arena, text.ptr, text.len);
	crm_str_release(&text);
	return false;
}

/* ---- names and types ---- */

static struct crm_slice base_name(struct crm_slice path)
{
	const char *slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;

	return slash ? (struct crm_slice){slash + 1, path.len - (size_t)(slash + 1 - path.ptr)}
		     : path;
}

/* A name that a mail program may offer to save it under, on any system. */
static bool is_name(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f
		    || strchr("/\\:*?\"<>|", s.ptr[i]))
			return false;
	return s.len && s.len <= NAME_MAX_BYTES && s.ptr[0] != '.'
	       && crm_utf8_valid(s.ptr, s.len) == s.len;
}

static const char *type_of(struct crm_slice name)
{
	static const char *const types[][2] = {
		{"pdf", "application/pdf"},
		{"png", "image/png"},
		{"jpg", "image/jpeg"},
		{"jpeg", "image/jpeg"},
		{"gif", "image/gif"},
		{"webp", "image/webp"},
		{"svg", "image/svg+xml"},
		{"txt", "text/plain"},
		{"csv", "text/csv"},
		{"html", "text/html"},
		{"ics", "text/calendar"},
		{"vcf", "text/vcard"},
		{"json", "application/json"},
		{"xml", "application/xml"},
		{"zip", "application/zip"},
		{"mp3", "audio/mpeg"},
		{"mp4", "video/mp4"},
		{"doc", "application/msword"},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"odt", "application/vnd.oasis.opendocument.text"},
		{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
	};
	const char *dot = memrchr(name.ptr, '.', name.len);

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = (size_t)(name.ptr + name.len - dot) - 1;

		if (strlen(types[i][0]) == len && !strncasecmp(dot + 1, types[i][0], len))
			return types[i][1];
	}
	return "application/octet-stream";
}

/* type/subtype, of the characters of RFC 6838 4.2. Parts of messages would be read as mail. */
static bool is_type(struct crm_slice s)
{
	const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;
	size_t slashes = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		slashes += c == '/';
		if (c <= ' ' || c > '~' || strchr("()<>@,;:\\\"[]?=%*", c))
			return false;
	}
	return slashes == 1 && slash > s.ptr && slash < s.ptr + s.len - 1 && s.len <= 100
	       && strncasecmp(s.ptr, "multipart/", 10) != 0
	       && strncasecmp(s.ptr, "message/", 8) != 0;
}

/* ---- bytes ---- */

/* Opens path below folder, step by step, so that nothing leads out of it; -1 with errno. */
static int open_below(const char *folder, char *path)
{
	int at, fd = -1;
	char *save = NULL;

	errno = EACCES;
	if (!*path || *path == '/')
		return -1;
	at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (char *step = strtok_r(path, "/", &save), *next; step && at >= 0; step = next) {
		next = strtok_r(NULL, "/", &save);
		fd = -1;
		if (strcmp(step, "..") != 0)
			fd = openat(at, step,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
					    | (next ? O_DIRECTORY : 0));
		else
			errno = EACCES;
		close(at);
		at = fd;
	}
	return fd;
}

/* As much as may come, and a byte more. */
static bool read_all(int fd, size_t max, struct crm_str *out)
{
	ssize_t n = 1;

	while (n > 0 && out->len <= max) {
		size_t want = max + 1 - out->len;

		n = read(fd, crm_str_reserve(out, want < 65536 ? want : 65536),
			 want < 65536 ? want : 65536);
		crm_str_wrote(out, n > 0 ? (size_t)n : 0);
	}
	return n >= 0;
}

static bool read_file(struct reading *r, struct crm_slice path, struct crm_str *out)
{
	char *copy = crm_arena_strndup(r->arena, path.ptr, path.len);
	struct stat info;
	int fd;
	bool done;

	if (!r->folder)
		return wrong(r, path, "files are taken from the folder that --files names");
	if (strlen(copy) != path.len || (fd = open_below(r->folder, copy)) < 0)
		return wrong(r, path,
			     errno == ENOENT  ? "there is no such file"
			     : errno == ELOOP ? "it is a symbolic link"
					      : "it cannot be read in the folder of --files");
	done = !fstat(fd, &info) && S_ISREG(info.st_mode) && read_all(fd, r->left, out);
	close(fd);
	return done || wrong(r, path, "it is no file that can be read");
}

static bool read_content(struct reading *r, struct crm_slice name, struct crm_slice text,
			 struct crm_str *out)
{
	size_t len = 0;

	if (text.len / 4 * 3 > r->left + 3)
		return wrong(r, name, "too large");
	if (sodium_base642bin((unsigned char *)crm_str_reserve(out, text.len + 1), text.len + 1,
			      text.ptr ? text.ptr : "", text.len, " \r\n", &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL)
	    != 0)
		return wrong(r, name, "its content is no base64");
	crm_str_wrote(out, len);
	return true;
}

/* ---- one ---- */

/* A text; {0}: there is none. */
static struct crm_slice member(const struct reading *r, const struct crm_json_value *v,
			       const char *name)
{
	const struct crm_json_value *m = crm_json_member(r->doc, v, name);

	return crm_json_keep(m && m->type == CRM_JSON_STRING ? m : NULL, r->arena);
}

static struct crm_slice keep_digest(struct reading *r, const struct crm_str *bytes)
{
	struct crm_digest digest = crm_digest_of(bytes->ptr, bytes->len);
	struct crm_str hex = CRM_STR_INIT;
	struct crm_slice kept;

	crm_digest_hex(&digest, &hex);
	kept = crm_arena_keep(r->arena, (struct crm_slice){hex.ptr, hex.len});
	crm_str_release(&hex);
	return kept;
}

static bool read_one(struct reading *r, const struct crm_json_value *v, struct crm_file *f)
{
	struct crm_slice path = member(r, v, "file"), content = member(r, v, "content");
	struct crm_str bytes = CRM_STR_INIT;
	bool good;

	f->name = member(r, v, "name");
	f->type = member(r, v, "type");
	if (!f->name.ptr)
		f->name = base_name(path);
	if (!path.ptr == !content.ptr)
		return wrong(r, f->name, "it needs file or content, and not both");
	if (!is_name(f->name))
		return wrong(r, f->name, "name must be one that a file can have anywhere");
	if (!f->type.ptr)
		f->type = crm_slice_of(type_of(f->name));
	if (!is_type(f->type))
		return wrong(r, f->name, "type must be one such as application/pdf");
	good = path.ptr ? read_file(r, path, &bytes) : read_content(r, f->name, content, &bytes);
	if (good && bytes.len > r->left)
		good = wrong(r, f->name, "too large: all together may have 18 MiB");
	if (good && !bytes.len)
		good = wrong(r, f->name, "it is empty");
	if (good) {
		r->left -= bytes.len;
		f->digest = keep_digest(r, &bytes);
		f->bytes = crm_arena_keep(r->arena, (struct crm_slice){bytes.ptr, bytes.len});
	}
	crm_str_release(&bytes);
	return good;
}

bool crm_attach_read(const struct crm_json_doc *doc, const struct crm_json_value *v,
		     const char *folder, struct crm_arena *arena, struct crm_files *files,
		     const char **why)
{
	struct reading r = {doc, folder, arena, why, CRM_ATTACH_MAX};
	const struct crm_json_value *item;

	*files = (struct crm_files){NULL, 0};
	if (!v || v->type == CRM_JSON_NULL)
		return true;
	*why = "attachments must be a list of at most 20 objects with file or content";
	if (v->type != CRM_JSON_ARRAY || v->count > CRM_ATTACH_COUNT)
		return false;
	files->list = crm_arena_alloc(arena, (v->count + 1) * sizeof(*files->list));
	item = v + 1;
	for (uint32_t i = 0; i < v->count; i++, item = &doc->values[item->next])
		if (item->type != CRM_JSON_OBJECT || !read_one(&r, item, &files->list[files->n++]))
			return false;
	*why = NULL;
	return true;
}

/* ---- in the store ---- */

enum crm_status crm_attach_store(struct crm_db *db, const struct crm_files *files,
				 struct crm_str *list)
{
	enum crm_status rc = CRM_OK;

	crm_json_open(list, '[');
	for (size_t i = 0; i < files->n && rc == CRM_OK; i++) {
		const struct crm_file *f = &files->list[i];

		rc = crm_blob_add(db, f->digest, f->bytes);
		crm_json_open(list, '{');
		crm_json_key(list, "name");
		crm_json_string(list, f->name);
		crm_json_key(list, "type");
		crm_json_string(list, f->type);
		crm_json_put_int(list, "size", (int64_t)f->bytes.len);
		crm_json_key(list, "digest");
		crm_json_string(list, f->digest);
		crm_json_close(list, '}');
	}
	crm_json_close(list, ']');
	return rc;
}

enum crm_status crm_attach_load(struct crm_db *db, const struct crm_json_doc *doc,
				const struct crm_json_value *list, struct crm_arena *arena,
				struct crm_files *files)
{
	struct reading r = {.doc = doc, .arena = arena};
	struct crm_str bytes = CRM_STR_INIT;
	const struct crm_json_value *item;
	enum crm_status rc = CRM_OK;

	*files = (struct crm_files){NULL, 0};
	if (!list || list->type != CRM_JSON_ARRAY)
		return CRM_OK;
	files->list = crm_arena_alloc(arena, (list->count + 1) * sizeof(*files->list));
	item = list + 1;
	for (uint32_t i = 0; i < list->count && rc == CRM_OK;
	     i++, item = &doc->values[item->next]) {
		struct crm_file *f = &files->list[files->n++];

		crm_str_clear(&bytes);
		*f = (struct crm_file){.name = member(&r, item, "name"),
				       .type = member(&r, item, "type"),
				       .digest = member(&r, item, "digest")};
		rc = crm_blob_get(db, f->digest, &bytes);
		f->bytes = crm_arena_keep(arena, (struct crm_slice){bytes.ptr, bytes.len});
	}
	crm_str_release(&bytes);
	return rc;
}
