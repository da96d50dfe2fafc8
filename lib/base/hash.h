/* SPDX-License-Identifier: MIT */
/*
 * hash: two hashes for two purposes. crm_hash64 is for tables in memory. crm_digest is
 * for what is stored and compared for ever: BLAKE2b (RFC 7693) of libsodium, cut to 128
 * bits, where an accidental collision would lose a record.
 */
#ifndef CRM_HASH_H
#define CRM_HASH_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* FNV-1a in words of eight bytes with a final mix (after MurmurHash3's fmix64). */
uint64_t crm_hash64(const void *bytes, size_t len);
/* Folds another number into a hash. */
uint64_t crm_hash64_with(uint64_t hash, uint64_t n);

#define CRM_DIGEST_SIZE 16
struct crm_digest {
	unsigned char bytes[CRM_DIGEST_SIZE];
};
struct crm_digest crm_digest_of(const void *bytes, size_t len);
/* Appends the digest as 32 hexadecimal digits. */
void crm_digest_hex(const struct crm_digest *digest, struct crm_str *out);

#endif
