/* SPDX-License-Identifier: MIT */
/* check: what every fuzzer has: its entry, and a way to say that something must be so. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static inline void check(bool good)
{
	if (!good)
		abort();
}

#endif
