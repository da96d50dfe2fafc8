/* SPDX-License-Identifier: MIT */
/* HTML as text. Sources of truth: what a browser shows of the same document, by the HTML
 * standard, and for quotes and signatures what the mail programs named write. */
#include "norm/html.h"

#include <time.h>

#include "norm/quote.h"
#include "tap.h"

static void text_is(const char *html, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT;

	crm_html_text(crm_slice_of(html), &out);
	is_str(out.ptr, want, title);
	crm_str_release(&out);
}

/* The sender's words in a mail as HTML. */
static void reply_is(const char *html, const char *want, const char *title)
{
	struct crm_str out = CRM_STR_INIT, reply = CRM_STR_INIT;

	crm_html_text(crm_slice_of(html), &out);
	crm_quote_split((struct crm_slice){out.ptr, out.len}, &reply, NULL);
	if (!is_str(reply.ptr, want, title))
		printf("# text: %s\n", out.ptr);
	crm_str_release(&out);
	crm_str_release(&reply);
}

static void lines(void)
{
	text_is("", "", "nothing");
	text_is("plain text", "plain text", "no markup");
	text_is("<p>a</p><p>b</p>", "a\n\nb", "paragraphs");
	text_is("<p>a<p>b", "a\n\nb", "that nobody closed");
	text_is("a<br>b<br/><br>c", "a\nb\n\nc", "breaks");
	text_is("<div>a</div><div>b</div>", "a\nb", "divisions");
	text_is("<div>a</div><div><br></div><div>b</div>", "a\n\nb", "Gmail's blank line");
	text_is("<div>a<br></div><div>b</div>", "a\nb", "a break at the end of a block is none");
	text_is("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
		"a\n\nb", "Outlook's");
	text_is("<p style='margin: 0'>a</p><p style='margin: 0'>b</p>", "a\nb", "flat paragraphs");
	text_is("a<br><br><br><br><br>b", "a\n\nb", "one blank line is enough");
	text_is("  a \n\t b&nbsp;&nbsp; c  ", "a b c", "blanks");
	text_is("a<b>b</b>c <i>d</i> e", "abc d e", "inline elements");
	text_is("<ul><li>a<li>b<ol start=9><li>c</li><li>d</li></ol></ul>e",
		"- a\n- b\n  9. c\n  10. d\n\ne", "lists");
	text_is("<table><tr><td>a<td>b</tr><tr><th> c </th><th>d</th></tr></table>e", "a b\nc d\ne",
		"tables");
	text_is("a<pre>\n  b\n\n\tc</pre>d", "a\n\n  b\n\n\tc\n\nd", "preformatted text");
	text_is("<h1>a</h1>b<hr>c<hr><hr>",
		"a\n\nb\n________________________________\nc\n"
		"________________________________",
		"headings and rules");
}

static void characters(void)
{
	text_is("&lt;&amp;&gt; &euro;&#8364;&#x20AC; &#128;", "<&> €€€ €", "references");
	text_is("&copy;x &amp y &nosuch; a&b &amp", "©x & y &nosuch; a&b &", "and what is none");
	text_is("a\xE2\x80\x8B\xEF\xBB\xBF&shy;b&#x202E;c", "abc", "invisible marks");
	text_is("\xE2\x80\x8C&nbsp;&zwnj; a &zwnj;", "a", "fillers of previews");
	text_is("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
		"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB", "a joined emoji stays");
	text_is("a\xFF\xC3", "a\xEF\xBF\xBD\xEF\xBF\xBD", "bytes that are no UTF-8");
	text_is("a\x01\x1B[31mb", "a[31mb", "control characters");
	text_is("<meta charset=iso-8859-1>\xC3\xA9", "\xC3\xA9",
		"what a meta says does not matter");
	text_is("&#0;&#xD800;&#99999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
		"no characters");
}

static void hidden(void)
{
	text_is("<head><title>t</title><style>a>b{}</style></head>c", "c", "a head");
	text_is("a<script>if (x<y) document.write('<p>z</p>')</script>b", "ab", "a script");
	text_is("a<!-- <p>b</p> -->c<!-->d<![if !mso]>e<![endif]><?xml x?>f", "acdef", "comments");
	text_is("<div style='DISPLAY : none'>a<div>b</div></div>c", "c", "display: none");
	text_is("<p style='display:none'>a<p>c", "c", "until the next paragraph");
	text_is("<span hidden>a</span><span style='max-height:0;overflow:hidden'>b</span>c", "c",
		"and other ways to hide");
	text_is("<div style=display:none>a</div>", "a", "but when all is hidden it is the text");
	text_is("a<img src=x width=1 height=1 alt=b><img alt='c'><img alt=d.png><img>", "ac",
		"images");
}

static void links(void)
{
	text_is("<a href='https://x.example/a?b=1&amp;c=2'>shop</a>.",
		"shop <https://x.example/a?b=1&c=2>.", "a link");
	text_is("<a href='https://x.example/'>x.example</a>", "x.example",
		"that says where it goes");
	text_is("<a href='http://www.x.example/A'>HTTP://x.example/a</a>", "HTTP://x.example/a",
		"in its own way");
	text_is("<a href='mailto:a@x.example?subject=b'>a@x.example</a>", "a@x.example", "mail");
	text_is("<a href='mailto:a@x.example'>Ann</a>", "Ann <mailto:a@x.example>",
		"mail to a name");
	text_is("<a href='javascript:x()'>a</a> <a href='#b'>b</a> <a href=/c>c</a>", "a b c",
		"what cannot be followed");
	text_is("<a href='https://x.example/t'><img width=1></a>a", "a", "a link without text");
	text_is("<a href='https://x.example/ a>\n b'>c</a>", "c <https://x.example/%20a%3E%20b>",
		"what would break out of <>");
	text_is("<a href='https://x.example/bank'>https://bank.example</a>",
		"https://bank.example <https://x.example/bank>", "a link that lies");
}

static void broken(void)
{
	text_is("1 < 2 > 0 <3 a<b", "1 < 2 > 0 <3 a<b", "less than");
	text_is("<p>a</b></i></p></div>b", "a\n\nb", "end tags of nothing");
	text_is("<table><tr><td><span style='display:none'>a</td><td>b</span>c", "bc",
		"a cell closes what is in it");
	text_is("a<!-- b", "a<!-- b", "a comment without end");
	text_is("a <b title='x>y</b> z", "a y z", "a quote without end");
	text_is("a<title>b", "ab", "a title without end");
	text_is("a<td class=\"x", "a", "cut off within a tag");
	text_is("<DIV CLASS=x>A</DIV>b", "A\nb", "capitals");
	text_is("<a\nhref =\n'http://x.example/1' >b</a\n>", "b <http://x.example/1>",
		"line breaks in tags");
	text_is("<p/>a<br / >b", "a\nb", "slashes");
}

static void quotes(void)
{
	text_is("a<blockquote>b<p>c</p><blockquote>d</blockquote></blockquote>e",
		"a\n> b\n>\n> c\n>\n> > d\n\ne", "quotes in quotes");
	text_is("a<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>b</blockquote>",
		"a\nb", "Gmail's indented text is no quote");
	reply_is("<div>New</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">Den tis "
		 "5 mars 2024 kl 09:12 skrev A &lt;<a href=\"mailto:a@x.example\">a@x.example</a>"
		 "&gt;:<br></div><blockquote class=\"gmail_quote\">old</blockquote><div>and "
		 "new</div>"
		 "<blockquote class=\"gmail_quote\">old</blockquote></div>last",
		 "New\n\nand new\n\nlast", "Gmail, with answers between");
	reply_is("<p>New</p><div class=\"moz-cite-prefix\">Siku ya 5.3. A aliandika:<br></div>"
		 "<blockquote type=\"cite\" style=\"border:none\">old</blockquote>",
		 "New", "Thunderbird, in a language that is not known");
	reply_is("<div>New</div><div id=\"x_appendonsend\"></div><hr><div id=\"divRplyFwdMsg\">"
		 "<b>From:</b> A &lt;a@x.example&gt;<br><b>Sent:</b> Tuesday, March 5, 2024<br>"
		 "<b>To:</b> B<br><b>Subject:</b> c</div><div>old</div>",
		 "New", "Outlook on the web");
	reply_is("<p class=MsoNormal>New</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
		 "padding:3.0pt 0in 0in 0in'><p class=MsoNormal><b>Leketso:</b> A "
		 "&lt;a@x.example&gt;"
		 "<br><b>Letsatsi:</b> 5 Hlakubele 2024<br><b>Ho:</b> B<br><b>Taba:</b> c</p></div>"
		 "<p class=MsoNormal>old</p>",
		 "New", "Outlook, in a language that is not known");
	reply_is("New<div id=\"yahoo_quoted_123\" class=\"yahoo_quoted\"><div>On Tuesday, A wrote:"
		 "</div><div>old</div></div>",
		 "New", "Yahoo");
	reply_is("New<div name=\"quote\" style=\"margin:10px\"><b>Gesendet:</b> "
		 "Dienstag<br>alt</div>",
		 "New", "GMX");
	reply_is("New<div class=\"protonmail_signature_block\">Bob</div><div "
		 "class=\"protonmail_quote\">"
		 "On Tuesday A wrote:<blockquote>old</blockquote></div>",
		 "New", "Proton");
	reply_is("New<div dir=ltr class=\"gmail_signature\"><div>Bob</div>Acme</div>", "New",
		 "Gmail's signature");
	reply_is("New<pre class=\"moz-signature\" cols=\"72\">-- \nBob</pre>", "New",
		 "Thunderbird's signature has its mark already");
	reply_is("New<br><div id=\"AppleMailSignature\" dir=ltr>Sent from my "
		 "iPhone</div><div><br>On Mar 5, "
		 "2024, at 9:12 AM, A &lt;a@x.example&gt; wrote:<br><br></div><blockquote "
		 "type=cite>old"
		 "</blockquote>",
		 "New", "Apple Mail");
}

/* Appends text until there are n bytes. */
static void fill(struct crm_str *s, const char *text, size_t n)
{
	while (s->len < n)
		crm_str_adds(s, text);
}

/* What would take a careless reader minutes: a second is far more than any takes. */
static void bombs(void)
{
	static const char *const bombs[] = {"<div>", "<a ",           "<!--",      "<title>",
					    "</b>",  "<a b=\"",       "<!",        "<a b='\"",
					    "&#",    "<q><p>",        "<ul><li>x", "<blockquote>",
					    "</",    "<td><a href=x>"};
	struct crm_str html = CRM_STR_INIT, out = CRM_STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		clock_t start = clock();

		crm_str_clear(&html);
		crm_str_clear(&out);
		fill(&html, bombs[i], 1 << 20);
		crm_str_adds(&html, "<p>end</p>");
		crm_html_text((struct crm_slice){html.ptr, html.len}, &out);
		ok(clock() - start < CLOCKS_PER_SEC && out.len <= 10 * html.len, "a megabyte of %s",
		   bombs[i]);
	}
	crm_str_clear(&html);
	crm_str_clear(&out);
	crm_str_adds(&html, "<p ");
	for (i = 0; html.len < 1 << 20; i++)
		crm_str_addf(&html, "a%zu ", i);
	crm_str_adds(&html, ">end");
	crm_html_text((struct crm_slice){html.ptr, html.len}, &out);
	is_str(out.ptr, "end", "a tag of a megabyte");
	crm_str_clear(&html);
	crm_str_clear(&out);
	fill(&html, "<div>", 5000);
	crm_str_adds(&html, "deep");
	fill(&html, "</div>", 11000);
	crm_str_adds(&html, "<p>after");
	crm_html_text((struct crm_slice){html.ptr, html.len}, &out);
	is_str(out.ptr, "deep\n\nafter", "a thousand elements deep");
	crm_str_release(&html);
	crm_str_release(&out);
}

int main(void)
{
	lines();
	characters();
	hidden();
	links();
	broken();
	quotes();
	bombs();
	return done();
}
