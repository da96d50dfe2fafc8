/* SPDX-License-Identifier: MIT */
/* Reads files of configuration; see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

static enum crm_status read_all(int fd, const char *path, struct crm_str *out, struct crm_err *err)
{
	size_t before = out->len;
	ssize_t n;

	while ((n = read(fd, crm_str_reserve(out, PIECE), PIECE)) != 0) {
		if (n < 0 && errno != EINTR)
			return crm_fail(err, CRM_IO, "cannot read '%s': %s", path, strerror(errno));
		if (n > 0)
			crm_str_wrote(out, (size_t)n);
		if (out->len - before > CRM_FILE_MAX)
			return crm_fail(err, CRM_CONFIG, "'%s' is longer than %d bytes", path,
					CRM_FILE_MAX);
	}
	return CRM_OK;
}

enum crm_status crm_file_read(const char *path, struct crm_str *out, struct crm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum crm_status rc;

	if (fd < 0)
		return crm_fail(err, errno == ENOENT ? CRM_NO_INPUT : CRM_IO,
				"cannot open '%s': %s", path, strerror(errno));
	rc = read_all(fd, path, out, err);
	close(fd);
	return rc;
}
