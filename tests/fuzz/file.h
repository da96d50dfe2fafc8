/* SPDX-License-Identifier: MIT */
/* file: the bytes of a fuzzer as a file that has a path. */
#ifndef CRM_FUZZ_FILE_H
#define CRM_FUZZ_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory; *path gets its name, static. The caller closes the descriptor. */
static int file_of(const void *bytes, size_t len, const char **path)
{
	static char name[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	*path = name;
	return fd;
}

#endif
