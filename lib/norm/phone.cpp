/* SPDX-License-Identifier: MIT */
/* The one file that knows libphonenumber, a C++ library, and the table that spares us most
 * calls of it. */
#include "norm/phone.h"

#include <phonenumbers/phonenumberutil.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "base/hash.h"
}

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

constexpr int DIGITS_MAX = 20;       /* more is no number; E.164 has 15 */
constexpr size_t SLOTS = 1 << 17;    /* a power of two */
constexpr size_t SLOTS_REGION = 676; /* aa … zz */

/* What to do with numbers of one beginning and length. */
struct lesson {
	uint64_t key;       /* 0: free */
	char before[8];     /* put before what is left, with the + */
	unsigned char n;    /* bytes of before */
	unsigned char cut;  /* digits dropped at the start */
	unsigned char code; /* digits of the country code */
	bool good;
};

/* A number of digits and perhaps a leading plus, without what stands between. */
struct plain {
	bool plus;
	int n;
	char digits[DIGITS_MAX + 1];
};

} // namespace

struct crm_phone {
	const PhoneNumberUtil *util;
	std::vector<lesson> lessons;
	bool supported[SLOTS_REGION];
	std::vector<std::string> regions;
	std::string text, e164; /* reused */
};

namespace
{

int region_index(const char *region)
{
	int a = region[0] | 0x20, b = region[0] ? region[1] | 0x20 : 0;

	if (a < 'a' || a > 'z' || b < 'a' || b > 'z' || region[2])
		return -1;
	return (a - 'a') * 26 + b - 'a';
}

/* The region in capitals, or "ZZ", libphonenumber's word for none. */
void region_code(const crm_phone *phone, const char *region, char out[3])
{
	int i;

	strcpy(out, "ZZ");
	if (!region)
		return;
	if (!strcasecmp(region, "UK"))
		region = "GB";
	i = region_index(region);
	if (i < 0 || !phone->supported[i])
		return;
	out[0] = static_cast<char>('A' + i / 26);
	out[1] = static_cast<char>('A' + i % 26);
}

/* Reads raw as digits and punctuation; false if there is more to it. */
bool read_plain(crm_slice raw, plain *p)
{
	size_t i;

	p->plus = false;
	p->n = 0;
	for (i = 0; i < raw.len; i++) {
		unsigned char c = static_cast<unsigned char>(raw.ptr[i]);

		if (c >= '0' && c <= '9') {
			if (p->n == DIGITS_MAX)
				return false;
			p->digits[p->n++] = static_cast<char>(c);
		} else if (c == '+' && !p->n && !p->plus) {
			p->plus = true;
		} else if (c == 0xC2 && i + 1 < raw.len
			   && static_cast<unsigned char>(raw.ptr[i + 1]) == 0xA0) {
			i++;
		} else if (!c || !strchr(" -/.()\t", c)) {
			return false;
		}
	}
	p->digits[p->n] = '\0';
	return true;
}

/* 4.9301E+11, 4,9E11: what a spreadsheet made of a number. */
bool is_scientific(crm_slice s)
{
	size_t i = 0, digits;

	while (i < s.len
	       && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.' || s.ptr[i] == ','))
		i++;
	if (!i || i >= s.len || (s.ptr[i] | 0x20) != 'e')
		return false;
	i++;
	if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
		i++;
	for (digits = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		digits++;
	return digits && i == s.len;
}

/* Takes off blanks, "tel:" and the ".0" with which tables write whole numbers. */
crm_slice prepare(crm_slice s)
{
	s = crm_slice_trim(s);
	if (s.len > 4 && !strncasecmp(s.ptr, "tel:", 4)) {
		s.ptr += 4;
		s.len -= 4;
	}
	if (s.len > 8 && s.ptr[s.len - 1] == '0' && s.ptr[s.len - 2] == '.') {
		size_t i = s.ptr[0] == '+';

		while (i < s.len - 2 && s.ptr[i] >= '0' && s.ptr[i] <= '9')
			i++;
		if (i == s.len - 2)
			s.len -= 2;
	}
	return s;
}

/* Asks the library; the result in phone->e164, the digits of its country code returned, or
 * 0 if it is no number. */
int ask(crm_phone *phone, const std::string &text, const char *region)
{
	std::string again;
	PhoneNumber number;
	int code, n = 0;

	if (phone->util->Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return 0;
	if (phone->util->IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE)
		return 0;
	number.clear_extension();
	phone->util->Format(number, PhoneNumberUtil::E164, &phone->e164);
	for (code = number.country_code(); code; code /= 10)
		n++;
	/* "0000025" is possible by its length, but its zeros would be read as prefixes the next
	 * time: what is not its own normal form is no number. National prefixes begin with
	 * these digits; the slow test looks for others. */
	if (strchr("0189", phone->e164[1 + static_cast<size_t>(n)])) {
		if (phone->util->Parse(phone->e164, "ZZ", &number)
		    != PhoneNumberUtil::NO_PARSING_ERROR)
			return 0;
		phone->util->Format(number, PhoneNumberUtil::E164, &again);
		if (again != phone->e164)
			return 0;
	}
	return n;
}

/* Is all after the country code one digit? */
bool is_monotone(const char *e164, size_t len, int code)
{
	const char *s = e164 + 1 + code;
	size_t i, n = len - 1 - static_cast<size_t>(code);

	for (i = 1; i < n; i++)
		if (s[i] != s[0])
			return false;
	return true;
}

/* Brazil put a 9 before all of its mobile numbers, area by area until 2016 (Anatel, resolution
 * 553/2010): those of eight digits, which begin with 6 to 9, still stand in old lists, and
 * WhatsApp goes on to name many of its users by them. Both are one telephone. */
void add(crm_str *out, const char *e164, size_t n)
{
	if (n == 13 && !memcmp(e164, "+55", 3) && e164[5] >= '6') {
		crm_str_add(out, e164, 5);
		crm_str_addc(out, '9');
		e164 += 5, n -= 5;
	}
	crm_str_add(out, e164, n);
}

bool direct(crm_phone *phone, const char *region, crm_str *out)
{
	int code = ask(phone, phone->text, region);

	if (!code || is_monotone(phone->e164.data(), phone->e164.size(), code))
		return false;
	add(out, phone->e164.data(), phone->e164.size());
	return true;
}

/* Derives from one answer of the library what is done to all numbers of its kind. */
void learn(crm_phone *phone, const plain *p, const char *region, int digits, lesson *l)
{
	const std::string &e = phone->e164;
	size_t same = 0, n = static_cast<size_t>(p->n);

	l->code = static_cast<unsigned char>(ask(phone, phone->text, region));
	l->good = l->code != 0;
	if (!l->good)
		return;
	while (same < n && same < e.size() && p->digits[n - 1 - same] == e[e.size() - 1 - same])
		same++;
	l->cut = static_cast<unsigned char>(n - same);
	l->n = static_cast<unsigned char>(e.size() - same);
	if (l->cut > digits || l->n > sizeof(l->before)) {
		l->key = 0; /* reaches beyond what the key covers */
		return;
	}
	memcpy(l->before, e.data(), l->n);
}

/* How many digits of a number decide what is done with it; 0: it must not be learned. The
 * shortest depths at which the slow test of tests/unit/phone.c finds no difference in
 * millions of numbers of all regions. */
int depth(const plain *p, const char *region)
{
	if (p->plus)
		return 6; /* country code, then as below */
	if (!strcmp(region, "AR"))
		return 0; /* takes a 15 out of the middle */
	if (p->digits[0] == '0' && p->digits[1] <= '1')
		return 7; /* may be an international prefix: 00, 001, 0011, 010, 011 … */
	return 5;
}

uint64_t lesson_key(const plain *p, const char *region, int digits)
{
	uint64_t key = 1;
	int i;

	for (i = 0; i < digits; i++)
		key = key * 10 + static_cast<uint64_t>(p->digits[i] - '0');
	key = key * 32 + static_cast<uint64_t>(p->n);
	return key * 1024 + (p->plus ? 1023 : static_cast<uint64_t>(region_index(region)));
}

/* Normalises by what was learned; asks the library when it is the first of its kind. */
bool learned(crm_phone *phone, const plain *p, const char *region, int digits, crm_str *out)
{
	uint64_t key = lesson_key(p, region, digits);
	lesson *l = &phone->lessons[crm_hash64_with(key, 0) & (SLOTS - 1)];
	char e164[DIGITS_MAX + 16];
	size_t n;

	if (l->key != key) {
		*l = lesson();
		l->key = key;
		learn(phone, p, region, digits, l);
		if (!l->key)
			return direct(phone, region, out);
	}
	if (!l->good)
		return false;
	memcpy(e164, l->before, l->n);
	n = static_cast<size_t>(p->n - l->cut);
	memcpy(e164 + l->n, p->digits + l->cut, n);
	n += l->n;
	if (is_monotone(e164, n, l->code))
		return false;
	add(out, e164, n);
	return true;
}

bool normalise(crm_phone *phone, crm_slice raw, const char *region, crm_str *out, bool memo)
{
	char code[3];
	int digits;
	plain p;

	raw = prepare(raw);
	if (raw.len < 3 || raw.len > 250)
		return false;
	region_code(phone, region, code);
	if (!read_plain(raw, &p)) {
		if (is_scientific(raw))
			return false;
		phone->text.assign(raw.ptr, raw.len);
		return direct(phone, code, out);
	}
	if (!p.plus && !strcmp(code, "ZZ")) {
		if (p.n < 3 || p.digits[0] != '0' || p.digits[1] != '0')
			return false;
		p.plus = true;
		p.n -= 2;
		memmove(p.digits, p.digits + 2, static_cast<size_t>(p.n) + 1);
	}
	phone->text.assign(p.plus ? "+" : "");
	phone->text.append(p.digits, static_cast<size_t>(p.n));
	digits = memo ? depth(&p, code) : 0;
	if (digits && p.n >= digits)
		return learned(phone, &p, code, digits, out);
	return direct(phone, code, out);
}

} // namespace

struct crm_phone *crm_phone_new(void)
{
	crm_phone *phone = new crm_phone();
	std::set<std::string> regions;

	phone->util = PhoneNumberUtil::GetInstance();
	phone->lessons.resize(SLOTS);
	phone->util->GetSupportedRegions(&regions);
	phone->regions.assign(regions.begin(), regions.end());
	for (const std::string &r : phone->regions) {
		int i = region_index(r.c_str());

		if (i >= 0)
			phone->supported[i] = true;
	}
	return phone;
}

void crm_phone_free(struct crm_phone *phone)
{
	delete phone;
}

bool crm_phone_normalise(struct crm_phone *phone, struct crm_slice raw, const char *region,
			 struct crm_str *out)
{
	return normalise(phone, raw, region, out, true);
}

bool crm_phone_direct(struct crm_phone *phone, struct crm_slice raw, const char *region,
		      struct crm_str *out)
{
	return normalise(phone, raw, region, out, false);
}

bool crm_phone_region(struct crm_phone *phone, struct crm_slice e164, char region[3])
{
	PhoneNumber number;
	std::string code;

	phone->text.assign(e164.ptr, e164.len);
	if (phone->util->Parse(phone->text, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return false;
	phone->util->GetRegionCodeForNumber(number, &code);
	if (code.size() != 2 || code == "ZZ")
		return false;
	memcpy(region, code.c_str(), 3);
	return true;
}

const char *crm_phone_example(struct crm_phone *phone, size_t index, int kind,
			      struct crm_str *national)
{
	PhoneNumber number;

	if (index >= phone->regions.size())
		return nullptr;
	if (phone->util->GetExampleNumberForType(
		    phone->regions[index], static_cast<PhoneNumberUtil::PhoneNumberType>(kind),
		    &number)) {
		phone->util->Format(number, PhoneNumberUtil::NATIONAL, &phone->text);
		crm_str_add(national, phone->text.data(), phone->text.size());
	}
	return phone->regions[index].c_str();
}
