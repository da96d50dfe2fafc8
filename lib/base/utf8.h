/* SPDX-License-Identifier: MIT */
/*
 * utf8: what must be known of UTF-8 (RFC 3629) without a library: is it valid, where does
 * a character end. Case, normal forms and scripts are ICU's: see ingest/text.h.
 */
#ifndef CRM_UTF8_H
#define CRM_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Bytes of the valid character at s (1 to 4), or 0 if there is none in len bytes:
 * overlong forms, surrogates and what is above U+10FFFF are not valid. */
size_t crm_utf8_length(const char *s, size_t len);
/* Decodes the character at s, which must be valid; *used gets its length. */
uint32_t crm_utf8_decode(const char *s, size_t *used);
/* Writes c to out (at most 4 bytes); returns how many. */
size_t crm_utf8_encode(uint32_t c, char *out);
/* Length of the longest valid start of s: equal to len when all is valid. */
size_t crm_utf8_valid(const char *s, size_t len);
/* Columns that s takes on a terminal (wcwidth; C.UTF-8 or the user's locale). */
size_t crm_utf8_width(struct crm_slice s);
/* Appends s so that a terminal shows it and obeys none of it: control characters
 * (C0, DEL, C1, bidirectional overrides) and bytes that are no UTF-8 become U+FFFD,
 * newline and tab a blank. */
void crm_utf8_printable(struct crm_str *out, struct crm_slice s);

#endif
