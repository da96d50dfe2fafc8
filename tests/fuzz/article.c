/* SPDX-License-Identifier: MIT */
/* Any bytes as an article, and as a question. Beside what the sanitizers see: all texts are
 * valid UTF-8 without control characters, an article has a section, and terms hold nothing
 * that FTS5 could take for syntax. */
#include "answer/article.h"

#include <string.h>

#include "answer/terms.h"
#include "base/utf8.h"
#include "check.h"
#include "norm/language.h"

static void check_text(struct crm_slice s)
{
	check(crm_utf8_valid(s.ptr, s.len) == s.len);
	for (size_t i = 0; i < s.len; i++)
		check((unsigned char)s.ptr[i] >= 0x20 || s.ptr[i] == '\n' || s.ptr[i] == '\t');
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static struct crm_article a = CRM_ARTICLE_INIT;
	static struct crm_terms *terms;
	static struct crm_str out = CRM_STR_INIT;
	struct crm_slice text = {(const char *)bytes, len}, rest, term;
	const char *language = crm_language_of(text);

	crm_article_parse(&a, text);
	check(a.n_sections > 0);
	for (size_t i = 0; i < a.n_sections; i++) {
		check_text(a.sections[i].heading);
		check_text(a.sections[i].text);
	}
	crm_str_clear(&out);
	crm_article_paragraph(a.sections[0].text, 50, &out);
	check_text((struct crm_slice){out.ptr, out.len});
	if (!terms)
		terms = crm_terms_new();
	crm_str_clear(&out);
	crm_terms_add(terms, text, language, len % 2, &out);
	check(crm_utf8_valid(out.ptr, out.len) == out.len);
	rest = (struct crm_slice){out.ptr, out.len};
	while (crm_terms_next(&rest, &term))
		for (size_t i = 0; i < term.len; i++)
			check((unsigned char)term.ptr[i] >= 0x80
			      || strchr("abcdefghijklmnopqrstuvwxyz0123456789", term.ptr[i]));
	return 0;
}
