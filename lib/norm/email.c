/* SPDX-License-Identifier: MIT */
/* The address is the strongest sign of who somebody is, so all spellings of one must come
 * out the same, and nothing may come out that a mail program would take for two addresses
 * or for a header of its own. */
#include "norm/email.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uidna.h>
#include <unicode/ustring.h>

#include "base/utf8.h"
#include "norm/text.h"

#define LOCAL_MAX 64
#define DOMAIN_MAX 253 /* of text; 255 on the wire */
#define ADDRESS_MAX 254

/* Local parts, sorted by bytes, of functions rather than people. */
static const char *const roles[] = {
	"abuse",
	"accounting",
	"accounts",
	"admin",
	"administracao",
	"administracion",
	"administration",
	"amministrazione",
	"anfrage",
	"ask",
	"atencionalcliente",
	"atendimento",
	"bestellung",
	"billing",
	"bookings",
	"buchhaltung",
	"buero",
	"careers",
	"comercial",
	"commercial",
	"compras",
	"comptabilite",
	"contabilidad",
	"contact",
	"contacto",
	"contactus",
	"contato",
	"contatti",
	"customercare",
	"customerservice",
	"datenschutz",
	"dpo",
	"einkauf",
	"enquiries",
	"enquiry",
	"facturacion",
	"faturamento",
	"feedback",
	"finance",
	"ftp",
	"hallo",
	"hello",
	"help",
	"helpdesk",
	"hilfe",
	"hola",
	"hostmaster",
	"hr",
	"info",
	"info1",
	"informacion",
	"information",
	"inquiries",
	"invoices",
	"it",
	"jobs",
	"klantenservice",
	"kontakt",
	"kundenservice",
	"legal",
	"list",
	"mail",
	"mailer-daemon",
	"mailerdaemon",
	"marketing",
	"media",
	"news",
	"newsletter",
	"no-reply",
	"noc",
	"noreply",
	"notifications",
	"office",
	"order",
	"orders",
	"ordini",
	"pedidos",
	"post",
	"postmaster",
	"press",
	"presse",
	"privacy",
	"recepcion",
	"receptie",
	"reception",
	"rechnung",
	"rh",
	"root",
	"sac",
	"sales",
	"secretaria",
	"security",
	"sekretariat",
	"service",
	"serviceclient",
	"shop",
	"soporte",
	"spam",
	"suporte",
	"support",
	"team",
	"unsubscribe",
	"usenet",
	"vendas",
	"vendite",
	"ventas",
	"vente",
	"ventes",
	"verkauf",
	"verkoop",
	"vertrieb",
	"webmaster",
	"www",
};

static bool fail(const char **why, const char *reason)
{
	if (why)
		*why = reason;
	return false;
}

static bool has_prefix(struct crm_slice s, const char *lower)
{
	size_t i;

	for (i = 0; lower[i]; i++)
		if (i >= s.len || (s.ptr[i] | 0x20) != (lower[i] | 0x20))
			return false;
	return true;
}

/* Takes the address out of what stands around it. */
static struct crm_slice unwrap(struct crm_slice s)
{
	const char *open, *p;

	s = crm_slice_trim(s);
	if (s.len && s.ptr[s.len - 1] == '>' && (open = memrchr(s.ptr, '<', s.len))) {
		s.len = (size_t)(s.ptr + s.len - 1 - (open + 1));
		s.ptr = open + 1;
		s = crm_slice_trim(s);
	}
	if (has_prefix(s, "mailto:")) {
		s.ptr += 7;
		s.len -= 7;
		if ((p = memchr(s.ptr, '?', s.len)) && memchr(s.ptr, '@', (size_t)(p - s.ptr)))
			s.len = (size_t)(p - s.ptr);
		s = crm_slice_trim(s);
	}
	return s;
}

/* RFC 5322 atext. */
static bool is_atext(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
	       || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool add_local(struct crm_slice s, struct crm_str *out, const char **why)
{
	bool ascii = true;
	size_t i, start = out->len;

	if (!s.len)
		return fail(why, "nothing before the @");
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '.' && (i == 0 || i == s.len - 1 || s.ptr[i - 1] == '.'))
			return fail(why, "a dot out of place before the @");
		if (c < 0x80 && c != '.' && !is_atext(c))
			return fail(why, "a character before the @ that addresses do not have");
		ascii = ascii && c < 0x80;
	}
	if (ascii) {
		for (i = 0; i < s.len; i++)
			crm_str_addc(out, s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] | 0x20
									     : s.ptr[i]);
	} else {
		UErrorCode code = U_ZERO_ERROR;
		UChar wide[4 * LOCAL_MAX], low[4 * LOCAL_MAX];
		char narrow[4 * LOCAL_MAX];
		int32_t n;

		if (s.len > LOCAL_MAX)
			return fail(why, "more than 64 bytes before the @");
		u_strFromUTF8(wide, 4 * LOCAL_MAX, &n, s.ptr, (int32_t)s.len, &code);
		n = u_strToLower(low, 4 * LOCAL_MAX, wide, n, "", &code);
		u_strToUTF8(narrow, sizeof(narrow), &n, low, n, &code);
		/* U+FFFD stands for bytes that are lost: two such addresses are not the same */
		if (U_FAILURE(code) || u_memchr(low, 0xFFFD, u_strlen(low)))
			return fail(why, "not UTF-8");
		crm_text_clean((struct crm_slice){narrow, (size_t)n}, out);
		if (memchr(out->ptr + start, ' ', out->len - start) || out->len == start)
			return fail(why, "a blank inside");
	}
	if (out->len - start > LOCAL_MAX)
		return fail(why, "more than 64 bytes before the @");
	return true;
}

static const UIDNA *idna;
static pthread_once_t idna_once = PTHREAD_ONCE_INIT;

static void idna_end(void)
{
	uidna_close((UIDNA *)idna);
}

static void idna_open(void)
{
	UErrorCode code = U_ZERO_ERROR;

	idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES
				       | UIDNA_NONTRANSITIONAL_TO_ASCII
				       | UIDNA_NONTRANSITIONAL_TO_UNICODE,
			       &code);
	atexit(idna_end);
}

/* Letters, digits, hyphens inside, dots between (RFC 1123 2.1), in lower case. */
static bool check_host(const char *s, size_t len, const char **why)
{
	size_t i, label = 0;
	bool digits = true;

	for (i = 0; i <= len; i++) {
		char c = i < len ? s[i] : '.';

		if (c == '.') {
			if (i == label)
				return fail(why,
					    len ? "a dot out of place in the domain" : "no domain");
			if (i - label > 63)
				return fail(why, "a label of the domain above 63 bytes");
			if (s[label] == '-' || s[i - 1] == '-')
				return fail(why, "a hyphen at the edge of a domain's label");
			if (i < len) {
				label = i + 1;
				digits = true;
			}
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return fail(why, "a character in the domain that host names do not have");
		digits = digits && c >= '0' && c <= '9';
	}
	if (len > DOMAIN_MAX)
		return fail(why, "a domain above 255 bytes");
	if (!label && (len != 9 || memcmp(s, "localhost", 9)))
		return fail(why, "a domain without a dot");
	if (digits)
		return fail(why, "a top-level domain of digits");
	return true;
}

static bool add_domain(struct crm_slice s, struct crm_str *out, const char **why)
{
	size_t start = out->len, i;
	bool plain = !memmem(s.ptr, s.len, "--", 2); /* xn-- is checked by ICU */

	if (s.len > 4 * DOMAIN_MAX)
		return fail(why, "a domain above 255 bytes");
	if (s.len && s.ptr[s.len - 1] == '.')
		s.len--;
	for (i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		plain = plain && !(c & 0x80);
		crm_str_addc(out, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	if (!plain) {
		UErrorCode code = U_ZERO_ERROR;
		UIDNAInfo info = UIDNA_INFO_INITIALIZER;
		char ascii[4 * DOMAIN_MAX];
		int32_t n;

		pthread_once(&idna_once, idna_open);
		n = uidna_nameToASCII_UTF8(idna, out->ptr + start, (int32_t)(out->len - start),
					   ascii, sizeof(ascii), &info, &code);
		/* Two hyphens in places 3 and 4 are bad style but in use (r3---sn.…). */
		if (U_FAILURE(code) || (info.errors & ~(uint32_t)UIDNA_ERROR_HYPHEN_3_4))
			return fail(why, "a domain that IDNA does not allow");
		out->len = start;
		crm_str_add(out, ascii, (size_t)n);
	}
	return check_host(out->ptr + start, out->len - start, why);
}

bool crm_email_normalise(struct crm_slice raw, struct crm_str *out, const char **why)
{
	size_t start = out->len;
	struct crm_slice s = unwrap(raw), domain;
	const char *at = s.len ? memrchr(s.ptr, '@', s.len) : NULL;

	if (!at)
		return fail(why, s.len ? "no @" : "empty");
	domain = (struct crm_slice){at + 1, (size_t)(s.ptr + s.len - at - 1)};
	s.len = (size_t)(at - s.ptr);
	if (!add_local(s, out, why))
		goto out;
	crm_str_addc(out, '@');
	if (!add_domain(domain, out, why))
		goto out;
	if (out->len - start > ADDRESS_MAX) {
		fail(why, "more than 254 bytes");
		goto out;
	}
	return true;
out:
	out->len = start;
	if (out->cap)
		out->ptr[start] = '\0';
	return false;
}

void crm_email_match_key(struct crm_slice email, struct crm_str *out)
{
	const char *at = email.len ? memrchr(email.ptr, '@', email.len) : NULL;
	struct crm_slice domain;
	const char *plus;
	size_t local, i;
	bool gmail;

	if (!at) {
		crm_str_add(out, email.ptr, email.len);
		return;
	}
	domain = (struct crm_slice){at + 1, (size_t)(email.ptr + email.len - at - 1)};
	gmail = crm_slice_is(domain, "gmail.com") || crm_slice_is(domain, "googlemail.com");
	local = (size_t)(at - email.ptr);
	if ((plus = memchr(email.ptr, '+', local)) && plus > email.ptr)
		local = (size_t)(plus - email.ptr);
	for (i = 0; i < local; i++)
		if (!gmail || email.ptr[i] != '.')
			crm_str_addc(out, email.ptr[i]);
	crm_str_addc(out, '@');
	if (gmail)
		crm_str_adds(out, "gmail.com");
	else
		crm_str_add(out, domain.ptr, domain.len);
}

static int compare_role(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

bool crm_email_is_role(struct crm_slice email)
{
	const char *at = email.len ? memchr(email.ptr, '@', email.len) : NULL;
	size_t n = at ? (size_t)(at - email.ptr) : email.len;
	char local[LOCAL_MAX + 1], *plus;

	if (n > LOCAL_MAX || !n)
		return false;
	memcpy(local, email.ptr, n);
	local[n] = '\0';
	if ((plus = strchr(local, '+')))
		*plus = '\0';
	return bsearch(local, roles, sizeof(roles) / sizeof(roles[0]), sizeof(roles[0]),
		       compare_role)
	       || strstr(local, "noreply") || strstr(local, "no-reply")
	       || strstr(local, "donotreply") || strstr(local, "do-not-reply")
	       || strstr(local, "no_reply");
}
