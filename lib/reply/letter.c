/* SPDX-License-Identifier: MIT */
/* Letters, and a page to look at one before it is sent. */
#include "reply/letter.h"

void crm_letter_clear(struct crm_letter *letter)
{
	crm_str_clear(&letter->subject);
	crm_str_clear(&letter->text);
	crm_str_clear(&letter->html);
	crm_str_clear(&letter->variables);
}

void crm_letter_release(struct crm_letter *letter)
{
	crm_str_release(&letter->subject);
	crm_str_release(&letter->text);
	crm_str_release(&letter->html);
	crm_str_release(&letter->variables);
}

static void add_escaped(struct crm_str *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '&')
			crm_str_adds(out, "&amp;");
		else if (s[i] == '<')
			crm_str_adds(out, "&lt;");
		else if (s[i] == '"')
			crm_str_adds(out, "&quot;");
		else
			crm_str_addc(out, s[i]);
}

void crm_letter_page(const struct crm_letter *letter, const char *title, struct crm_str *out)
{
	crm_str_adds(out, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">\n"
			  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			  "'none'; style-src 'unsafe-inline'; img-src data:\">\n<title>");
	add_escaped(out, title, crm_slice_of(title).len);
	crm_str_adds(out, "</title>\n<style>body{font-family:sans-serif;margin:2em auto;"
			  "max-width:45em}pre{white-space:pre-wrap;border:1px solid #ccc;"
			  "padding:1em}iframe{width:100%;height:40em;border:1px solid #ccc}"
			  "</style></head>\n<body><h1>");
	add_escaped(out, letter->subject.ptr, letter->subject.len);
	crm_str_adds(out, "</h1>\n<pre>");
	add_escaped(out, letter->text.ptr, letter->text.len);
	crm_str_adds(out, "</pre>\n");
	if (letter->html.len) {
		crm_str_adds(out, "<iframe sandbox title=\"HTML\" srcdoc=\"");
		add_escaped(out, letter->html.ptr, letter->html.len);
		crm_str_adds(out, "\"></iframe>\n");
	}
	crm_str_adds(out, "</body></html>\n");
}
