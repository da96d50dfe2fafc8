/* SPDX-License-Identifier: MIT */
/* Any bytes as HTML, and as a letter. Beside what the sanitizers see: the text is valid UTF-8
 * of bounded length; a reply has no line that the letter has not, and is empty only when the
 * letter is. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "check.h"
#include "norm/html.h"
#include "norm/quote.h"

static bool is_blank(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = i + 1 < len && !memcmp(s + i, "\xC2\xA0", 2) ? 2 : 1;
		if (n == 1 && !(s[i] && strchr(" \t\r\n\f\v", s[i])))
			return false;
	}
	return true;
}

static void split(struct crm_slice letter)
{
	static struct crm_str reply = CRM_STR_INIT, rest = CRM_STR_INIT;
	const char *line, *end, *at = letter.ptr;

	crm_str_clear(&reply);
	crm_str_clear(&rest);
	crm_quote_split(letter, &reply, &rest);
	check(reply.len <= letter.len && rest.len <= letter.len);
	check(reply.len || is_blank(letter.ptr, letter.len));
	for (line = reply.ptr; line < reply.ptr + reply.len; line = end + 1) {
		end = memchr(line, '\n', reply.ptr + reply.len - line);
		end = end ? end : reply.ptr + reply.len;
		if (end == line)
			continue;
		at = memmem(at, letter.ptr + letter.len - at, line, end - line);
		check(at != NULL);
		at += end - line;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_str text = CRM_STR_INIT;
	struct crm_slice in = {(const char *)bytes, len};

	crm_str_clear(&text);
	crm_html_text(in, &text);
	check(crm_utf8_valid(text.ptr, text.len) == text.len);
	check(text.len <= 32 * len + 64);
	split((struct crm_slice){text.ptr, text.len});
	split(in);
	return 0;
}
