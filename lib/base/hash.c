/* SPDX-License-Identifier: MIT */
/* The hash of the tables in memory, and the digest of what is stored. */
#include "base/hash.h"

#include <string.h>

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdull;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 33;
}

uint64_t crm_hash64(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t h = 14695981039346656037ull ^ len, word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 1099511628211ull;
		h ^= h >> 29;
	}
	word = 0;
	if (len)
		memcpy(&word, p, len);
	return mix((h ^ word) * 1099511628211ull);
}

uint64_t crm_hash64_with(uint64_t hash, uint64_t n)
{
	return mix(hash * 1099511628211ull ^ n);
}

struct crm_digest crm_digest_of(const void *bytes, size_t len)
{
	struct crm_digest d;

	crypto_generichash(d.bytes, sizeof(d.bytes), bytes, len, NULL, 0);
	return d;
}

void crm_digest_hex(const struct crm_digest *digest, struct crm_str *out)
{
	char hex[CRM_DIGEST_SIZE * 2 + 1];

	sodium_bin2hex(hex, sizeof(hex), digest->bytes, sizeof(digest->bytes));
	crm_str_add(out, hex, sizeof(hex) - 1);
}
