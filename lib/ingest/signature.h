/* SPDX-License-Identifier: MIT */
/*
 * signature: does a text come from somebody who has the key? HMAC (RFC 2104) by GLib, Ed25519
 * (RFC 8032) by libsodium, and the plain comparison of a token. All comparisons take the
 * same time wherever two values differ.
 */
#ifndef CRM_SIGNATURE_H
#define CRM_SIGNATURE_H

#include "base/str.h"

enum crm_signature_method {
	CRM_SIGN_TOKEN, /* the signature is the key itself; there is no text */
	CRM_SIGN_HMAC_SHA1,
	CRM_SIGN_HMAC_SHA256,
	CRM_SIGN_HMAC_SHA512,
	CRM_SIGN_ED25519, /* the key is the public one, of 32 bytes */
	CRM_SIGN_METHODS
};
/* token, hmac-sha1, hmac-sha256, hmac-sha512, ed25519 */
extern const char *const crm_signature_methods[CRM_SIGN_METHODS];

enum crm_encoding {
	CRM_ENCODED_HEX,
	CRM_ENCODED_BASE64,
	CRM_ENCODED_NOT, /* as it is */
	CRM_ENCODINGS
};
extern const char *const crm_encodings[CRM_ENCODINGS]; /* hex, base64, plain */

/* Appends what text stands for; false when it is not of that encoding. */
bool crm_encoded_get(struct crm_slice text, enum crm_encoding encoding, struct crm_str *out);
/* Appends bytes in that encoding. */
void crm_encoded_put(struct crm_slice bytes, enum crm_encoding encoding, struct crm_str *out);

/* Is given (bytes, not encoded) the signature of text? */
bool crm_signature_fits(enum crm_signature_method method, struct crm_slice key,
			struct crm_slice text, struct crm_slice given);
/* Appends the signature of text; method is one of the HMACs. */
void crm_signature_make(enum crm_signature_method method, struct crm_slice key,
			struct crm_slice text, struct crm_str *out);
/* Are two tokens the same? How long they are does not show either. */
bool crm_token_same(struct crm_slice a, struct crm_slice b);

#endif
