/* SPDX-License-Identifier: MIT */
/* Articles as they are written, and the terms of texts. Source of truth: crm-kb(1), CommonMark,
 * and what a reader of each language calls the same word. */
#include "answer/article.h"

#include "answer/terms.h"
#include "norm/language.h"
#include "tap.h"

static struct crm_article a = CRM_ARTICLE_INIT;

static void parse(const char *text)
{
	crm_article_parse(&a, crm_slice_of(text));
}

static void members(void)
{
	parse("Title: Returning something\r\nLANGUAGE: en\nLink: https://shop.example/r\n"
	      "Questions: How do I send it back?\n  Can I return it?\n- Is it free?\n"
	      "Answer: Send it back\n within 30 days.\n\n# How\n\nPack it.\n\n## Cost\nNothing.\n");
	is_str(a.title.ptr, "Returning something", "the title");
	is_str(a.language.ptr, "en", "keys in any case");
	is_str(a.link.ptr, "https://shop.example/r", "the link, colons and all");
	is_int(a.n_questions, 3, "a question a line, and in list form");
	is_str(a.questions[2].ptr, "Is it free?", "  without the dash");
	is_str(a.answer.ptr, "Send it back within 30 days.", "an answer on two lines");
	is_int(a.n_sections, 3, "parts: before the first heading, and each heading's");
	is_str(a.sections[0].text.ptr, "", "  nothing before the first");
	is_str(a.sections[2].heading.ptr, "Cost", "  the heading");
	is_str(a.sections[2].text.ptr, "Nothing.", "  its text");
	parse("---\ntitle: \"Opening hours\"\ntags: [a]\nquestions:\n  - When?\n---\nText.\n");
	is_str(a.title.ptr, "Opening hours", "front matter");
	is_str(a.questions[0].ptr, "When?", "  with a list");
	is_str(a.unknown.ptr, "tags: [a]", "  what is not known is named");
	is_str(a.answer.ptr, "Text.", "without an answer the first paragraph is");
	parse("# The title\n\nOne.\n\nTwo.\n");
	is_str(a.title.ptr, "The title", "without lines above the first heading is the title");
	is_str(a.answer.ptr, "One.", "  and its first paragraph the answer");
	is_int(a.n_sections, 1, "  which is section 0");
	parse("Note: this is a text that begins with a word and a colon.\n");
	is_str(a.answer.ptr, "Note: this is a text that begins with a word and a colon.",
	       "a text that begins with another word and a colon is text");
	parse("");
	ok(a.n_sections == 1 && !a.answer.len && !a.title.len, "nothing is an empty article");
}

static void plain(void)
{
	parse("Title: t\n\nSee **the** [page](https://x.example/a) or <https://y.example>.\n"
	      "Line two\\\nbroken `code`\n\n- one\n- two\n  - deeper\n\n3. third\n4. fourth\n\n"
	      "<b onclick=x>HTML</b> in line\n\n<script>alert(1)</script>\n\n> quoted\n");
	is_str(a.sections[0].text.ptr,
	       "See the page (https://x.example/a) or https://y.example. Line two\nbroken code\n\n"
	       "- one\n- two\n  - deeper\n\n3. third\n4. fourth\n\nHTML in line\n\nquoted",
	       "Markdown as plain text: no marks, no HTML, links with their address");
	is_int(a.n_links, 2, "links are known");
	parse("Title: t\n\nred \033[31m bell \a done\n");
	is_str(a.sections[0].text.ptr, "red [31m bell  done", "no control characters");
	parse("Title: \xff\n\nbad \xC3( end\n");
	is_str(a.title.ptr, "\xEF\xBF\xBD", "bytes that are no UTF-8 are marked");
}

static void paragraph_is(const char *text, size_t max, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT;

	crm_article_paragraph(crm_slice_of(text), max, &out);
	is_str(out.ptr, want, title);
	crm_str_release(&out);
}

static void terms_are(const char *text, const char *language, bool content, const char *want,
		      const char *title)
{
	static struct crm_terms *t;
	struct crm_str out = CRM_STR_INIT;

	if (!t)
		t = crm_terms_new();
	if (text) {
		crm_terms_add(t, crm_slice_of(text), language, content, &out);
		is_str(out.ptr, want, title);
	} else {
		crm_terms_free(t);
		t = NULL;
	}
	crm_str_release(&out);
}

static void terms(void)
{
	terms_are("Returned, returning: the RETURNS!", "en", false, "return return the return",
		  "English stems");
	terms_are("Returned, returning: the RETURNS!", "en", true, "return return return",
		  "  without small words");
	terms_are("Rückgaben rueckgabe", "de-AT", false, "ruckgab ruckgab",
		  "German stems, ü written as ue too");
	terms_are("Café CAFÉ cafe\xCC\x81", NULL, false, "cafe cafe cafe", "accents in any form");
	terms_are("我的包裹", "zh", true, "包裹", "Chinese by words, small ones dropped");
	terms_are("\"a\" AND (b:c) NEAR/2 x*", NULL, false, "a and b c near 2 x",
		  "nothing is left that FTS5 would take for syntax");
	terms_are("don't 3.5 ...", NULL, false, "dont 35", "apostrophes and points join");
	terms_are(NULL, NULL, false, NULL, NULL);
}

static void language_is(const char *text, const char *want)
{
	const char *got = crm_language_of(crm_slice_of(text));

	is_str(got, want, text);
}

static void languages(void)
{
	language_is("Where is my parcel?", "en");
	language_is("Wo bleibt mein Paket?", "de");
	language_is("Où est mon colis ?", "fr");
	language_is("¿Dónde está mi paquete?", "es");
	language_is("Dov'è il mio pacco?", "it");
	language_is("Onde está a minha encomenda?", "pt");
	language_is("Waar is mijn pakket?", "nl");
	language_is("Gdzie jest moja paczka?", "pl");
	language_is("Где мой заказ?", "ru");
	language_is("Де моє замовлення, чи його вже надіслано?", "uk");
	language_is("我的包裹在哪里？", "zh");
	language_is("荷物はどこですか", "ja");
	language_is("제 소포는 어디에 있나요?", "ko");
	language_is("iPhone 15 Pro 256 GB", NULL);
	language_is("", NULL);
	ok(crm_language_small("en", CRM_SLICE("the"))
		   && !crm_language_small("en", CRM_SLICE("der")),
	   "small words are those of the language");
	ok(crm_language_small("de", CRM_SLICE("für")) && crm_language_small("de", CRM_SLICE("fur")),
	   "  with or without their accents");
	ok(crm_language_same(CRM_SLICE("zh-TW"), CRM_SLICE("ZH"))
		   && !crm_language_same(CRM_SLICE(""), CRM_SLICE("")),
	   "tags are compared by their language");
}

int main(void)
{
	members();
	plain();
	paragraph_is("One\ntwo\n\nthree", 100, "One\ntwo", "a paragraph ends with a blank line");
	paragraph_is("We take:\n\n- cash\n- cards\n\nMore", 100, "We take:\n\n- cash\n- cards",
		     "a list belongs to what announces it");
	paragraph_is("alpha beta gamma", 12, "alpha beta …", "cut between words");
	paragraph_is("退货标签", 7, "退货 …", "or between characters");
	terms();
	languages();
	crm_article_release(&a);
	return done();
}
