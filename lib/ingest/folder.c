/* SPDX-License-Identifier: MIT */
/* Listing a folder, and finding again what moved meanwhile. */
#include "ingest/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define FOLDERS_DEEP 8

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_type(const char *path, mode_t type)
{
	struct stat info;

	return stat(path, &info) == 0 && (info.st_mode & S_IFMT) == type;
}

bool crm_folder_is(const char *path)
{
	return is_type(path, S_IFDIR);
}

static bool has_folder(const char *path, const char *name)
{
	struct crm_str full = CRM_STR_INIT;
	bool has;

	crm_str_addf(&full, "%s/%s", path, name);
	has = crm_folder_is(full.ptr);
	crm_str_release(&full);
	return has;
}

/* Where a walk is: a folder, and those that it lies in. */
struct level {
	const struct level *up; /* NULL: the first */
	dev_t device;
	ino_t inode;
};

/* False: it is none, or one that it lies in itself, by a link. */
static bool enter(struct level *l, const char *path, const struct level *up)
{
	struct stat info;

	if (stat(path, &info) || !S_ISDIR(info.st_mode))
		return false;
	*l = (struct level){up, info.st_dev, info.st_ino};
	for (; up; up = up->up)
		if (up->device == l->device && up->inode == l->inode)
			return false;
	return true;
}

/* Adds the files in the folder path/below and in those within it, so many deep. */
static void add_files(struct crm_folder *f, const char *path, const char *below, int deep,
		      const struct level *up)
{
	struct level here;
	struct crm_str full = CRM_STR_INIT;
	struct dirent *e;
	DIR *dir;

	crm_str_addf(&full, "%s/%s", path, below);
	dir = enter(&here, full.ptr, up) ? opendir(full.ptr) : NULL;
	while (dir && (e = readdir(dir))) {
		struct crm_str name = CRM_STR_INIT;

		if (e->d_name[0] == '.')
			continue;
		crm_str_addf(&name, "%s%s%s", below, *below ? "/" : "", e->d_name);
		crm_str_clear(&full);
		crm_str_addf(&full, "%s/%s", path, name.ptr);
		if (is_type(full.ptr, S_IFREG)) {
			CRM_GROW(f->files, f->n + 1, f->cap);
			f->files[f->n++] = crm_strdup(name.ptr);
		} else if (deep) {
			add_files(f, path, name.ptr, deep - 1, &here);
		}
		crm_str_release(&name);
	}
	if (dir)
		closedir(dir);
	crm_str_release(&full);
}

/* How many folders in path are Maildirs themselves. */
static size_t count_maildirs(const char *path)
{
	struct crm_str name = CRM_STR_INIT;
	DIR *dir = opendir(path);
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		crm_str_clear(&name);
		crm_str_addf(&name, "%s/%s", path, e->d_name);
		n += has_folder(name.ptr, "cur") && has_folder(name.ptr, "new");
	}
	if (dir)
		closedir(dir);
	crm_str_release(&name);
	return n;
}

enum crm_status crm_folder_list(struct crm_folder *f, const char *path, struct crm_err *err)
{
	*f = (struct crm_folder){.maildir = has_folder(path, "cur") && has_folder(path, "new")};
	if (f->maildir) {
		f->within = count_maildirs(path);
		/* what is moved to cur meanwhile comes twice, and is stored once */
		add_files(f, path, "new", 0, NULL);
		add_files(f, path, "cur", 0, NULL);
	} else {
		add_files(f, path, "", FOLDERS_DEEP, NULL);
	}
	if (f->n)
		qsort(f->files, f->n, sizeof(*f->files), by_name);
	else if (!f->maildir)
		return crm_fail(err, CRM_NO_INPUT, "'%s' is a folder without files", path);
	return CRM_OK;
}

bool crm_folder_find_moved(struct crm_folder *f, const char *path, size_t i)
{
	const char *was = strchr(f->files[i], '/') + 1;
	size_t len = strcspn(was, ":");
	struct crm_str name = CRM_STR_INIT;
	struct dirent *e = NULL;
	DIR *dir;

	crm_str_addf(&name, "%s/cur", path);
	dir = opendir(name.ptr);
	while (dir && (e = readdir(dir)))
		if (strcspn(e->d_name, ":") == len && !strncmp(e->d_name, was, len)) {
			crm_str_clear(&name);
			crm_str_addf(&name, "cur/%s", e->d_name);
			free(f->files[i]);
			f->files[i] = crm_str_detach(&name);
			break;
		}
	if (dir)
		closedir(dir);
	crm_str_release(&name);
	return e;
}

void crm_folder_release(struct crm_folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->files[i]);
	free(f->files);
	*f = (struct crm_folder){0};
}
