/* SPDX-License-Identifier: MIT */
/* E-mail addresses. Source of truth: RFC 5321 and 5322 by way of the isemail test set
 * (CRM_TEST_DATA/channels/emails), UTS 46 for domains, RFC 6068 for mailto. */
#include "norm/email.h"

#include "base/utf8.h"
#include "tap.h"

static void good(const char *raw, const char *want)
{
	struct crm_str out = CRM_STR_INIT;
	const char *why = "";

	crm_str_adds(&out, "=");
	if (!crm_email_normalise(crm_slice_of(raw), &out, &why))
		printf("# refused: %s\n", why);
	is_str(out.ptr + 1, want, raw);
	crm_str_release(&out);
}

static void bad(const char *raw, size_t len, const char *reason)
{
	struct crm_str out = CRM_STR_INIT;
	const char *why = "accepted";

	crm_str_adds(&out, "=");
	crm_email_normalise((struct crm_slice){raw, len}, &out, &why);
	is_str(why, reason, reason);
	is_str(out.ptr, "=", "and nothing is appended");
	crm_str_release(&out);
}
#define BAD(literal, reason) bad(literal, sizeof(literal) - 1, reason)

static void long_ones(void)
{
	struct crm_str out = CRM_STR_INIT;
	char s[400];

	memset(s, 'a', sizeof(s));
	strcpy(s + 64, "@x.org");
	ok(crm_email_normalise(crm_slice_of(s), &out, NULL), "64 bytes before the @");
	crm_str_release(&out);
	memset(s, 'a', sizeof(s));
	strcpy(s + 65, "@x.org");
	bad(s, strlen(s), "more than 64 bytes before the @");
	memset(s, 'a', sizeof(s));
	memcpy(s, "a@", 2);
	strcpy(s + 66, ".org");
	bad(s, strlen(s), "a label of the domain above 63 bytes");
}

static void key(const char *email, const char *want)
{
	struct crm_str out = CRM_STR_INIT;

	crm_email_match_key(crm_slice_of(email), &out);
	is_str(out.ptr, want, email);
	crm_str_release(&out);
}

/* The text of an XML element within s, entities decoded; the control pictures with which
 * the set writes control bytes become those bytes. Where the element ends, or NULL. */
static const char *element(const char *s, const char *end, const char *name, struct crm_str *out)
{
	char open[64], close[64];
	const char *p, *stop;

	crm_str_clear(out);
	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	if (!(p = strstr(s, open)) || p > end || !(stop = strstr(p, close)))
		return NULL;
	for (p += strlen(open); p < stop; p++) {
		unsigned long c = (unsigned char)*p;
		char *after, utf8[4];

		if (!strncmp(p, "&#", 2)) {
			c = strtoul(p + 2 + (p[2] == 'x'), &after, p[2] == 'x' ? 16 : 10);
			p = after;
			if (c >= 0x2400 && c < 0x2420)
				c -= 0x2400;
			crm_str_add(out, utf8, crm_utf8_encode((uint32_t)c, utf8));
		} else if (*p == '&') {
			crm_str_addc(out, p[1] == 'l'   ? '<'
					  : p[1] == 'g' ? '>'
					  : p[1] == 'q' ? '"'
							: '&');
			p = strchr(p, ';');
		} else if (!strncmp(p, "\xE2\x90", 2) && (unsigned char)p[2] < 0xA0) {
			crm_str_addc(out, (char)(p[2] & 0x7F));
			p += 2;
		} else {
			crm_str_addc(out, *p);
		}
	}
	return stop;
}

/* What is wanted of an address in the test set. Accepted: what isemail calls valid, or
 * valid but for the DNS or for RFC 5321's remarks, as dot-atom and with a dotted domain.
 * Blanks and line ends around an address and a final dot are dirt of exports that we take
 * off on purpose, where isemail sees errors. All else must be refused: its errors, and what
 * is valid only by quotes, comments, folding or address literals. */
static bool wanted(const char *category, const char *diagnosis, const char *address)
{
	struct crm_slice trimmed = crm_slice_trim(crm_slice_of(address));
	const char *at = strrchr(address, '@');

	if (trimmed.len < strlen(address) || !strcmp(diagnosis, "ISEMAIL_ERR_DOT_END"))
		return !strncmp(trimmed.ptr, "test@iana.org", 13) && trimmed.len <= 14;
	if (!at || !strchr(at, '.') || strpbrk(address, "\"([")
	    || !strcmp(diagnosis, "ISEMAIL_RFC5321_TLDNUMERIC"))
		return false;
	return !strcmp(category, "ISEMAIL_VALID_CATEGORY") || !strcmp(category, "ISEMAIL_DNSWARN")
	       || !strcmp(category, "ISEMAIL_RFC5321");
}

static void isemail(const char *xml)
{
	struct crm_str address = CRM_STR_INIT, category = CRM_STR_INIT, diagnosis = CRM_STR_INIT;
	struct crm_str out = CRM_STR_INIT;
	const char *p = xml, *end;
	int accepted = 0, all = 0, wrong = 0;

	for (; (p = strstr(p, "<test id")); p = end) {
		const char *why = "";
		bool got, want;

		if (!(end = strstr(p, "</test>")))
			break;
		element(p, end, "category", &category);
		element(p, end, "diagnosis", &diagnosis);
		element(p, end, "address", &address);
		crm_str_clear(&out);
		got = crm_email_normalise((struct crm_slice){address.ptr, address.len}, &out, &why);
		want = wanted(category.ptr, diagnosis.ptr, address.ptr);
		all++;
		accepted += got;
		if (got != want) {
			wrong++;
			printf("# %s %s \"%s\": %s\n", got ? "accepted" : "refused", diagnosis.ptr,
			       address.ptr, why);
		}
	}
	ok(all > 150, "isemail has its tests (%d)", all);
	ok(accepted > 20, "some are accepted (%d)", accepted);
	is_int(wrong, 0, "isemail: as its categories say");
	crm_str_release(&address);
	crm_str_release(&category);
	crm_str_release(&diagnosis);
	crm_str_release(&out);
}

static void real_data(void)
{
	const char *data = getenv("CRM_TEST_DATA");
	char path[4096], *text;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/channels/emails/isemail/dominicsayers+isemail/tests.xml",
		 data ? data : "");
	if (!data || !(f = fopen(path, "r"))) {
		skip("isemail's test set", "CRM_TEST_DATA does not hold it");
		return;
	}
	text = calloc(1, 1 << 20);
	n = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	if (n)
		isemail(text);
	free(text);
}

int main(void)
{
	good("ada@example.org", "ada@example.org");
	good("  Ada.King@Example.ORG\r\n", "ada.king@example.org");
	good("Ada King <Ada@x.org>", "ada@x.org");
	good("\"King, Ada\" <ada@x.org>", "ada@x.org");
	good("<ada@x.org>", "ada@x.org");
	good("MAILTO:Ada@x.org?subject=Hi@you", "ada@x.org");
	good("ada+news@x.org", "ada+news@x.org");
	good("ada@müller.de", "ada@xn--mller-kva.de");
	good("ada@MÜLLER.de", "ada@xn--mller-kva.de");
	good("ada@xn--mller-kva.de", "ada@xn--mller-kva.de");
	good("ada@straße.de", "ada@xn--strae-oqa.de");
	good("ada@例え。jp", "ada@xn--r8jz45g.jp");
	good("JOSÉ@x.org", "josé@x.org");
	good("root@localhost", "root@localhost");
	good("ada@x.org.", "ada@x.org");
	good("o'brien@x.org", "o'brien@x.org");
	BAD("", "empty");
	BAD("ada", "no @");
	BAD("@x.org", "nothing before the @");
	BAD("ada@", "no domain");
	BAD("ada@host", "a domain without a dot");
	BAD("ada@10.0.0.1", "a top-level domain of digits");
	BAD("ada@x..org", "a dot out of place in the domain");
	BAD("ada.@x.org", "a dot out of place before the @");
	BAD("ada king@x.org", "a character before the @ that addresses do not have");
	BAD("ada@x.org\nRCPT TO:<b@y.org", "a character before the @ that addresses do not have");
	BAD("ada\0@x.org", "a character before the @ that addresses do not have");
	BAD("a@x.org,b@y.org", "a character before the @ that addresses do not have");
	BAD("ada@x\0.org", "a character in the domain that host names do not have");
	BAD("ada@-x.org", "a hyphen at the edge of a domain's label");
	BAD("ada@xn--zzzzzzz99999.org", "a domain that IDNA does not allow");
	BAD("\xFF\xFE@x.org", "not UTF-8");
	BAD("a\xEF\xBF\xBD@x.org", "not UTF-8"); /* U+FFFD: what stood there is lost */
	long_ones();
	key("a.d.a+x@gmail.com", "ada@gmail.com");
	key("a.da@googlemail.com", "ada@gmail.com");
	key("a.da+x@x.org", "a.da@x.org");
	key("+x@x.org", "+x@x.org");
	ok(crm_email_is_role(CRM_SLICE("info@x.org")), "info@ is a role");
	ok(crm_email_is_role(CRM_SLICE("ventas@x.org")), "ventas@ as well");
	ok(crm_email_is_role(CRM_SLICE("www@x.org")), "and the last of the table");
	ok(crm_email_is_role(CRM_SLICE("abuse@x.org")), "and the first");
	ok(crm_email_is_role(CRM_SLICE("shop-noreply@x.org")), "noreply wherever it stands");
	ok(!crm_email_is_role(CRM_SLICE("ada@info.org")), "a person at info.org is none");
	real_data();
	return done();
}
