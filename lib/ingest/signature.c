/* SPDX-License-Identifier: MIT */
/* Signatures of webhooks, as their senders make them. */
#include "ingest/signature.h"

#include <glib.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BASE64 sodium_base64_VARIANT_ORIGINAL

const char *const crm_signature_methods[CRM_SIGN_METHODS] = {
	[CRM_SIGN_TOKEN] = "token",
	[CRM_SIGN_HMAC_SHA1] = "hmac-sha1",
	[CRM_SIGN_HMAC_SHA256] = "hmac-sha256",
	[CRM_SIGN_HMAC_SHA512] = "hmac-sha512",
	[CRM_SIGN_ED25519] = "ed25519",
};

const char *const crm_encodings[CRM_ENCODINGS] = {
	[CRM_ENCODED_HEX] = "hex",
	[CRM_ENCODED_BASE64] = "base64",
	[CRM_ENCODED_NOT] = "plain",
};

bool crm_encoded_get(struct crm_slice text, enum crm_encoding encoding, struct crm_str *out)
{
	unsigned char *to = (unsigned char *)crm_str_reserve(out, text.len);
	size_t len = 0;
	int failed = 0;

	if (encoding == CRM_ENCODED_NOT) {
		memcpy(to, text.ptr ? text.ptr : "", text.len);
		len = text.len;
	} else if (encoding == CRM_ENCODED_HEX) {
		failed = sodium_hex2bin(to, text.len, text.ptr, text.len, NULL, &len, NULL)
			 || 2 * len != text.len;
	} else {
		failed = sodium_base642bin(to, text.len, text.ptr, text.len, NULL, &len, NULL,
					   BASE64);
	}
	crm_str_wrote(out, failed ? 0 : len);
	return !failed;
}

void crm_encoded_put(struct crm_slice bytes, enum crm_encoding encoding, struct crm_str *out)
{
	const unsigned char *from = (const unsigned char *)bytes.ptr;
	size_t size = sodium_base64_encoded_len(bytes.len, BASE64);

	if (encoding == CRM_ENCODED_HEX) {
		sodium_bin2hex(crm_str_reserve(out, 2 * bytes.len), 2 * bytes.len + 1, from,
			       bytes.len);
		crm_str_wrote(out, 2 * bytes.len);
	} else if (encoding == CRM_ENCODED_BASE64) {
		sodium_bin2base64(crm_str_reserve(out, size), size, from, bytes.len, BASE64);
		crm_str_wrote(out, size - 1);
	} else {
		crm_str_add(out, bytes.ptr, bytes.len);
	}
}

bool crm_token_same(struct crm_slice a, struct crm_slice b)
{
	unsigned char x[crypto_generichash_BYTES], y[crypto_generichash_BYTES];

	crypto_generichash(x, sizeof(x), (const unsigned char *)a.ptr, a.len, NULL, 0);
	crypto_generichash(y, sizeof(y), (const unsigned char *)b.ptr, b.len, NULL, 0);
	return sodium_memcmp(x, y, sizeof(x)) == 0;
}

void crm_signature_make(enum crm_signature_method method, struct crm_slice key,
			struct crm_slice text, struct crm_str *out)
{
	GChecksumType type = method == CRM_SIGN_HMAC_SHA1     ? G_CHECKSUM_SHA1
			     : method == CRM_SIGN_HMAC_SHA256 ? G_CHECKSUM_SHA256
							      : G_CHECKSUM_SHA512;
	gsize len = (gsize)g_checksum_type_get_length(type);
	GHmac *hmac = g_hmac_new(type, (const guchar *)key.ptr, key.len);

	g_hmac_update(hmac, (const guchar *)(text.ptr ? text.ptr : ""), (gssize)text.len);
	g_hmac_get_digest(hmac, (guint8 *)crm_str_reserve(out, len), &len);
	crm_str_wrote(out, len);
	g_hmac_unref(hmac);
}

bool crm_signature_fits(enum crm_signature_method method, struct crm_slice key,
			struct crm_slice text, struct crm_slice given)
{
	struct crm_str want = CRM_STR_INIT;
	bool fits;

	if (method == CRM_SIGN_TOKEN)
		return key.len && crm_token_same(key, given);
	if (method == CRM_SIGN_ED25519)
		return key.len == crypto_sign_PUBLICKEYBYTES && given.len == crypto_sign_BYTES
		       && !crypto_sign_verify_detached((const unsigned char *)given.ptr,
						       (const unsigned char *)text.ptr, text.len,
						       (const unsigned char *)key.ptr);
	if (!key.len)
		return false;
	crm_signature_make(method, key, text, &want);
	fits = given.len == want.len && !sodium_memcmp(given.ptr, want.ptr, want.len);
	crm_str_release(&want);
	return fits;
}
