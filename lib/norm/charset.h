/* SPDX-License-Identifier: MIT */
/*
 * charset: files in the encodings of the world, into UTF-8. First a guess from the
 * beginning of a file, then a decoder through which the file flows in pieces of any size.
 *
 * Names are those of ICU and IANA ("windows-1252", "GB18030", "UTF-16LE"). As in the WHATWG
 * Encoding Standard a name stands for the superset that is meant in practice: ISO-8859-1
 * and US-ASCII are read as windows-1252, GB2312 as GB18030, EUC-KR as windows-949,
 * Shift_JIS as windows-31j.
 */
#ifndef CRM_CHARSET_H
#define CRM_CHARSET_H

#include "base/status.h"
#include "base/str.h"

#define CRM_CHARSET_SAMPLE (256 * 1024) /* more than this is not looked at */

/* The encoding that the beginning of a file is in; static. In this order: a byte order
 * mark; UTF-16 and UTF-32 by where their NULs lie; UTF-8 (also when one sequence in twenty
 * is broken); what libuchardet says, unless letters above ASCII stand alone, as those of a
 * Latin script do, and it says Cyrillic or worse; windows-1252. Pure ASCII is UTF-8. */
const char *crm_charset_sniff(const char *bytes, size_t len);

struct crm_decoder;

/* Opens a decoder; *out is new: free with crm_decoder_free. CRM_CONFIG, and *out NULL, when
 * nobody knows the name. */
enum crm_status crm_decoder_new(const char *encoding, struct crm_decoder **out,
				struct crm_err *err);
void crm_decoder_free(struct crm_decoder *decoder);

/* Appends to out what len more bytes decode to; a character that is cut at the end is kept
 * for the next call. final: there will be no more. A byte order mark at the start is
 * dropped. What is no character of the encoding becomes U+FFFD and is counted. UTF-8 passes
 * through as it is: whether it is valid is a question to each record. */
void crm_decoder_feed(struct crm_decoder *decoder, const char *bytes, size_t len, bool final,
		      struct crm_str *out);

/* Do the bytes to come pass through as they are (UTF-8, behind its mark)? Then they need not be
 * fed. */
bool crm_decoder_passes(const struct crm_decoder *decoder);

/* How many times something became U+FFFD so far. */
int64_t crm_decoder_bad(const struct crm_decoder *decoder);

/* Appends what bytes decode to, at once. Returns how many times something became U+FFFD; -1, and
 * nothing is appended, when nobody knows the name. */
int64_t crm_charset_decode(const char *encoding, struct crm_slice bytes, struct crm_str *out);

#endif
