/* SPDX-License-Identifier: MIT */
/* Files by the members that the programs of this world give them. */
#include "ingest/attachments.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"name", "file_name", "filename", "fileName", "title", NULL};
static const char *const types[] = {"mime_type",      "content_type", "mimetype",
				    "/info/mimetype", "type",         NULL};
static const char *const sizes[] = {"size",     "file_size",  "filesize",
				    "fileSize", "/info/size", NULL};
static const char *const urls[] = {"url",
				   "content_url",
				   "link",
				   "url_private",
				   "data_url",
				   "mxc",
				   "/payload/url",
				   "/file/url",
				   "geo_uri",
				   "media_url_https",
				   "media_url",
				   "file_id",
				   "/contentProvider/originalContentUrl",
				   "media",
				   "uri",
				   "id",
				   "file",
				   NULL};
static const char *const digests[] = {"digest", NULL};
static const char *const latitudes[] = {"latitude", "lat", NULL};
static const char *const longitudes[] = {"longitude", "long", "lon", "lng", NULL};

struct attaching {
	const struct crm_view *view;
	struct crm_record *record;
	struct crm_slice kind; /* the last step of the path: photo, voice … */
};

/* The first of the members that is there. */
static struct crm_slice member(const struct crm_view *view, const struct crm_spot *spot,
			       const char *const list[])
{
	const struct crm_json_value *of = crm_spot_value(spot), *v = NULL;

	for (size_t i = 0; list[i] && !v; i++) {
		v = *list[i] == '/' ? crm_json_pointer(spot->doc, of, list[i])
				    : crm_json_member(spot->doc, of, list[i]);
		if (v && (v->type == CRM_JSON_NULL || v->type >= CRM_JSON_ARRAY))
			v = NULL;
	}
	return v ? crm_values_clean(view, crm_values_text(view, v)) : (struct crm_slice){NULL, 0};
}

/* A place on earth as an address of RFC 5870. */
static struct crm_slice geo(const struct crm_view *view, const struct crm_spot *spot)
{
	struct crm_slice parts[] = {CRM_SLICE("geo:"), member(view, spot, latitudes),
				    CRM_SLICE(","), member(view, spot, longitudes)};

	return parts[1].ptr && parts[3].ptr ? crm_values_join(view, parts, 4, "")
					    : (struct crm_slice){NULL, 0};
}

static bool add_attachment(const struct crm_spot *spot, void *data)
{
	struct attaching *a = data;
	struct crm_record *r = a->record;
	const struct crm_json_value *v = crm_spot_value(spot);
	struct crm_attachment file = {.has_size = false};

	if (v->type <= CRM_JSON_TRUE || r->n_attachments == CRM_ATTACHMENTS)
		return r->n_attachments < CRM_ATTACHMENTS;
	if (v->type != CRM_JSON_OBJECT) {
		file.url = crm_values_clean(a->view, crm_values_text(a->view, v));
	} else {
		struct crm_slice size = member(a->view, spot, sizes);

		file.name = member(a->view, spot, names);
		file.type = member(a->view, spot, types);
		file.url = geo(a->view, spot);
		if (!file.url.ptr)
			file.url = member(a->view, spot, urls);
		file.digest = member(a->view, spot, digests);
		file.has_size = size.ptr && size.len < 16;
		file.size = file.has_size ? strtoll(size.ptr, NULL, 10) : 0;
	}
	if (!file.type.ptr)
		file.type = a->kind;
	if (v->type == CRM_JSON_OBJECT || file.url.ptr)
		r->attachments[r->n_attachments++] = file;
	return true;
}

static struct crm_slice copy(const struct crm_view *view, struct crm_slice s)
{
	return s.ptr ? (struct crm_slice){crm_arena_strndup(view->arena, s.ptr, s.len), s.len} : s;
}

/* What a path calls the files it leads to: its last step that is a name. */
static struct crm_slice kind_of(const char *path)
{
	const char *end = path + strlen(path), *slash;

	for (; (slash = memrchr(path, '/', (size_t)(end - path))); end = slash)
		if (end > slash + 1 && !strchr("*?-", slash[1]))
			return (struct crm_slice){slash + 1, (size_t)(end - slash) - 1};
	return CRM_SLICE("file");
}

bool crm_attachments_put(const struct crm_view *view, const struct crm_place *place,
			 struct crm_record *r)
{
	if (!place->n || !view->spot)
		return false;
	r->attachments = crm_arena_alloc(view->arena, CRM_ATTACHMENTS * sizeof(*r->attachments));
	for (size_t i = 0; i < place->n; i++) {
		const char *from = place->where->from[i], *last = strrchr(from, '/');
		struct attaching a = {view, r, copy(view, kind_of(from))};
		struct crm_str path = CRM_STR_INIT;
		bool elements = last && (last[1] == '*' || last[1] == '-');

		crm_str_addf(&path, "%s%s", from, elements ? "" : "/*");
		crm_path_walk(view->spot, path.ptr, add_attachment, &a);
		crm_str_release(&path);
	}
	return r->n_attachments > 0;
}

void crm_blobs_put(const struct crm_view *view, struct crm_record *r)
{
	r->n_blobs = view->row->n_blobs;
	r->blobs = crm_arena_alloc(view->arena, (r->n_blobs + 1) * sizeof(*r->blobs));
	for (size_t i = 0; i < r->n_blobs; i++) {
		r->blobs[i].digest = copy(view, view->row->blobs[i].digest);
		r->blobs[i].bytes = copy(view, view->row->blobs[i].bytes);
	}
}
