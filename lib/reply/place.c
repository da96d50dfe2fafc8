/* SPDX-License-Identifier: MIT */
/* Files of templates: what they are called, and which one it is; see place.h. */
#include "reply/place.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names ---- */

/* No dot, no slash. */
bool crm_place_is_name(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n < CRM_PLACE_NAME && !s[n] && *s != '-';
}

void crm_place_language(const char *tag, char out[CRM_PLACE_NAME])
{
	size_t n = 0, part = 0, start = 0;

	*out = '\0';
	if (!tag || !crm_place_is_name(tag))
		return;
	for (; tag[n]; n++)
		out[n] = tag[n] == '_' ? '-' : (char)tolower((unsigned char)tag[n]);
	out[n] = '\0';
	if (strcspn(out, "-") < 2 || strcspn(out, "-") > 3) {
		*out = '\0';
		return;
	}
	for (size_t i = 0; i <= n; i++) {
		if (i < n && out[i] != '-')
			continue;
		if (part++ && i - start == 2) {
			out[start] = (char)toupper((unsigned char)out[start]);
			out[start + 1] = (char)toupper((unsigned char)out[start + 1]);
		} else if (part > 1 && i - start == 4 && isalpha((unsigned char)out[start])) {
			out[start] = (char)toupper((unsigned char)out[start]);
		}
		start = i + 1;
	}
}

/* ---- which file ---- */

static bool is_readable(struct crm_str *path, const char *suffix)
{
	size_t len = path->len;
	bool is;

	crm_str_adds(path, suffix);
	is = !access(path->ptr, F_OK);
	path->len = len;
	path->ptr[len] = '\0';
	return is;
}

static bool try_place(struct crm_place *p, const char *dir, const char *set, const char *kind,
		      const char *name, const char *language)
{
	crm_str_clear(&p->path);
	crm_str_addf(&p->path, "%s/%s%s%s%s%s%s", dir, set, *set ? "/" : "", kind, name,
		     *language ? "." : "", language);
	p->has_text = is_readable(&p->path, ".txt");
	p->has_html = is_readable(&p->path, ".html");
	p->set = set;
	snprintf(p->language, sizeof(p->language), "%s", language);
	return p->has_text || p->has_html;
}

/* In all folders and sets for one language, as it is written. */
static bool try_folders(const struct crm_place_dirs *ds, struct crm_place *p, const char *set,
			const char *kind, const char *name, const char *language)
{
	for (size_t i = 0; i < ds->n; i++)
		if ((*set && try_place(p, ds->dirs[i], set, kind, name, language))
		    || try_place(p, ds->dirs[i], "", kind, name, language))
			return true;
	return false;
}

/* For de-CH: de-CH, de, none. */
static bool try_language(const struct crm_place_dirs *ds, struct crm_place *p, const char *set,
			 const char *kind, const char *name, const char *language)
{
	char shorter[CRM_PLACE_NAME];

	snprintf(shorter, sizeof(shorter), "%s", language);
	for (;;) {
		char *dash = strrchr(shorter, '-');

		if (try_folders(ds, p, set, kind, name, shorter))
			return true;
		if (!*shorter)
			return false;
		*(dash ? dash : shorter) = '\0';
	}
}

bool crm_place_find(const struct crm_place_dirs *ds, const char *set, const char *kind,
		    const char *name, const char *language, struct crm_place *p)
{
	return try_language(ds, p, set, kind, name, language)
	       || (*ds->language && try_language(ds, p, set, kind, name, ds->language))
	       || try_language(ds, p, set, kind, name, "en");
}

void crm_place_at(const char *path, size_t len, struct crm_place *p)
{
	crm_str_clear(&p->path);
	crm_str_add(&p->path, path, len);
	p->has_text = is_readable(&p->path, ".txt");
	p->has_html = is_readable(&p->path, ".html");
}

/* ---- all there are ---- */

struct listing {
	enum crm_status (*each)(void *data, const struct crm_template_file *file);
	void *data;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* name.language.txt: the parts of a file's name. False for one that is no template's. */
static bool part_name(char *name, struct crm_template_file *file)
{
	char *suffix = strrchr(name, '.'), *dot;
	char spelt[CRM_PLACE_NAME];

	if (!suffix || (strcmp(suffix, ".txt") && strcmp(suffix, ".html")))
		return false;
	file->is_html = !strcmp(suffix, ".html");
	*suffix = '\0';
	dot = strchr(name, '.');
	file->language = dot ? dot + 1 : "";
	if (dot)
		*dot = '\0';
	crm_place_language(file->language, spelt);
	return crm_place_is_name(name) && !strcmp(spelt, file->language);
}

static enum crm_status list_folder(struct listing *l, const char *dir, const char *set)
{
	struct crm_str path = CRM_STR_INIT;
	struct dirent **names = NULL;
	enum crm_status rc = CRM_OK;
	int n;

	crm_str_addf(&path, "%s%s%s", dir, *set ? "/" : "", set);
	n = scandir(path.ptr, &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		struct crm_template_file file = {.set = set, .name = names[i]->d_name};
		size_t len = path.len;

		crm_str_addf(&path, "/%s", file.name);
		file.path = path.ptr;
		if (rc == CRM_OK && part_name(names[i]->d_name, &file))
			rc = l->each(l->data, &file);
		else if (rc == CRM_OK && !*set && crm_place_is_name(file.name)
			 && strcmp(file.name, "partials"))
			rc = list_folder(l, dir, file.name);
		path.len = len;
		path.ptr[len] = '\0';
		free(names[i]);
	}
	free(names);
	crm_str_release(&path);
	return rc;
}

enum crm_status crm_place_list(const struct crm_place_dirs *ds,
			       enum crm_status (*each)(void *data,
						       const struct crm_template_file *file),
			       void *data)
{
	struct listing l = {each, data};
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < ds->n && rc == CRM_OK; i++)
		rc = list_folder(&l, ds->dirs[i], "");
	return rc;
}
