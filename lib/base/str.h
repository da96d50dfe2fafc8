/* SPDX-License-Identifier: MIT */
/*
 * str: a growing byte string, and a slice of somebody else's bytes.
 *
 * Invariants of struct crm_str: ptr is never NULL and ptr[len] is always NUL, so that it
 * can be printed at any time (it may hold NULs of its own). clear keeps the memory;
 * release gives it back and leaves a string that can be used again.
 */
#ifndef CRM_STR_H
#define CRM_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else; not NUL-terminated. ptr is NULL for "no value",
 * which is not the same as the empty string. */
struct crm_slice {
	const char *ptr;
	size_t len;
};
#define CRM_SLICE(literal) ((struct crm_slice){(literal), sizeof(literal) - 1})

struct crm_slice crm_slice_of(const char *s); /* s may be NULL */
bool crm_slice_is(struct crm_slice s, const char *text);
/* Have they the same bytes? No value and the empty string have. */
bool crm_slice_same(struct crm_slice a, struct crm_slice b);
/* Is it this text, but for the case of ASCII letters? */
bool crm_slice_is_caseless(struct crm_slice s, const char *text);
/* Does it begin with text; the same, but for the case of ASCII letters? */
bool crm_slice_starts(struct crm_slice s, const char *text);
bool crm_slice_starts_caseless(struct crm_slice s, const char *text);
struct crm_slice crm_slice_trim(struct crm_slice s); /* ASCII white space */
/* What is behind its first n bytes. */
struct crm_slice crm_slice_from(struct crm_slice s, size_t n);
/* Takes the first line off *s; without its end, LF or CR LF. */
struct crm_slice crm_slice_line(struct crm_slice *s);

/* What a hexadecimal digit stands for; -1: it is none. */
int crm_hex_digit(char c);

struct crm_str {
	char *ptr;
	size_t len, cap;
};
extern char crm_str_empty[1];
#define CRM_STR_INIT                \
	{                           \
		crm_str_empty, 0, 0 \
	}

void crm_str_release(struct crm_str *s);
/* What it holds. Borrowed: until it grows. */
static inline struct crm_slice crm_str_slice(const struct crm_str *s)
{
	return (struct crm_slice){s->ptr, s->len};
}
void crm_str_clear(struct crm_str *s);
/* Makes room for extra more bytes. Returns where they may be written; the caller then
 * says how many it wrote with crm_str_wrote. */
char *crm_str_reserve(struct crm_str *s, size_t extra);
void crm_str_wrote(struct crm_str *s, size_t n);

void crm_str_add(struct crm_str *s, const char *bytes, size_t len);
void crm_str_adds(struct crm_str *s, const char *text);
void crm_str_addc(struct crm_str *s, char c);
void crm_str_add_lower(struct crm_str *s, struct crm_slice text); /* its ASCII letters as a to z */
void crm_str_addi(struct crm_str *s, int64_t n);
void crm_str_addf(struct crm_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* New: the bytes, NUL-terminated; s is empty afterwards. */
char *crm_str_detach(struct crm_str *s);

#endif
