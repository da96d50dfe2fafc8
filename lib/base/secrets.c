/* SPDX-License-Identifier: MIT */
/* Reading the file of secrets, without leaving copies of it behind. */
#include "base/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The whole file into buf, which has room for CRM_SECRETS_MAX bytes and one. */
static enum crm_status slurp(int fd, const char *path, char *buf, size_t *len, struct crm_err *err)
{
	ssize_t n;

	*len = 0;
	do {
		n = read(fd, buf + *len, CRM_SECRETS_MAX + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return crm_fail(err, CRM_IO, "cannot read '%s': %s", path, strerror(errno));
	if (*len > CRM_SECRETS_MAX)
		return crm_fail(err, CRM_CONFIG, "'%s' is larger than 64 KiB", path);
	return CRM_OK;
}

/* What follows name on its line, or no value. */
static struct crm_slice find(struct crm_slice text, const char *name)
{
	size_t n = strlen(name);

	while (text.len) {
		const char *lf = memchr(text.ptr, '\n', text.len);
		size_t len = lf ? (size_t)(lf - text.ptr) : text.len;
		struct crm_slice line = crm_slice_trim((struct crm_slice){text.ptr, len});

		if (line.len >= n && line.ptr[0] != '#' && !memcmp(line.ptr, name, n)
		    && (line.len == n || line.ptr[n] == ' ' || line.ptr[n] == '\t'))
			return crm_slice_trim((struct crm_slice){line.ptr + n, line.len - n});
		text.ptr += len + (lf != NULL);
		text.len -= len + (lf != NULL);
	}
	return (struct crm_slice){NULL, 0};
}

static enum crm_status get(int fd, const char *path, const char *name, struct crm_str *value,
			   struct crm_err *err)
{
	struct crm_str text = CRM_STR_INIT;
	struct crm_slice found;
	enum crm_status rc;
	size_t len;

	crm_str_reserve(&text, CRM_SECRETS_MAX + 1); /* once: growing would leave a copy */
	rc = slurp(fd, path, text.ptr, &len, err);
	crm_str_wrote(&text, len);
	if (rc == CRM_OK) {
		found = find(crm_str_slice(&text), name);
		if (!found.ptr)
			rc = crm_fail(err, CRM_NO_INPUT, "'%s' has no secret '%s'", path, name);
		else if (!found.len)
			rc = crm_fail(err, CRM_CONFIG, "'%s': secret '%s' has no value", path,
				      name);
		else
			crm_str_add(value, found.ptr, found.len);
	}
	crm_secret_wipe(&text);
	return rc;
}

enum crm_status crm_secret_get(const char *dir, const char *name, struct crm_str *value,
			       struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc;
	struct stat info;
	int fd;

	crm_secret_wipe(value);
	crm_str_addf(&path, "%s/secrets", dir);
	fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info))
		rc = crm_fail(err, errno == ENOENT ? CRM_NO_INPUT : CRM_CONFIG,
			      "cannot open '%s': %s", path.ptr, strerror(errno));
	else if (info.st_mode & 077)
		rc = crm_fail(err, CRM_CONFIG, "'%s' is open to others: chmod 600 '%s'", path.ptr,
			      path.ptr);
	else
		rc = get(fd, path.ptr, name, value, err);
	if (fd >= 0)
		close(fd);
	crm_str_release(&path);
	return rc;
}

void crm_secret_wipe(struct crm_str *value)
{
	if (value->cap)
		sodium_memzero(value->ptr, value->cap);
	crm_str_release(value);
}
