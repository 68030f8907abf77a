#include "indexer/extract/personal.h"

#include <stdlib.h>

#include "base/utf8.h"

const char *personal_name(enum personal p)
{
	static const char *const names[PD_COUNT] = { NULL, "email", "phone", "postal-address", "mynumber", "person-name", "birth-date", "ip-address", "card-number" };

	return p < PD_COUNT ? names[p] : NULL;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool word(char c)
{
	return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* local@domain.tld: one at-sign, a point behind it, letters at the end. */
static bool is_email(struct slice s)
{
	const char *at = memchr(s.p, '@', s.n), *dot;
	size_t i, host;

	if (at == NULL || at == s.p || s.n > 254)
		return false;
	for (i = 0; i < (size_t)(at - s.p); i++)
		if (!word(s.p[i]) && !strchr(".!#$%&'*+/=?^_`{|}~-", s.p[i]))
			return false;
	host = s.n - (size_t)(at - s.p) - 1;
	dot = memrchr(at + 1, '.', host);
	if (dot == NULL || dot == at + 1 || (size_t)(s.p + s.n - dot) < 3)
		return false;
	for (i = (size_t)(at - s.p) + 1; i < s.n; i++)
		if (!word(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return false;
	for (dot++; dot < s.p + s.n; dot++)
		if (digit(*dot))
			return false;
	return true;
}

static bool is_ip(struct slice s)
{
	unsigned parts = 0, v = 0, n = 0;
	size_t i;

	for (i = 0; i <= s.n; i++) {
		if (i < s.n && digit(s.p[i])) {
			v = v * 10 + (unsigned)(s.p[i] - '0');
			if (++n > 3 || v > 255)
				return false;
		} else if (i == s.n || s.p[i] == '.') {
			if (n == 0)
				return false;
			parts++;
			v = n = 0;
		} else
			return false;
	}
	return parts == 4;
}

/* The check digit of an individual number (ordinance 85 of 2014, article 5): weights 2..7 twice from the right, modulus 11. */
static bool is_mynumber(const char *d)
{
	unsigned sum = 0, i, r;

	for (i = 1; i <= 11; i++)
		sum += (unsigned)(d[11 - i] - '0') * (i <= 6 ? i + 1 : i - 5);
	r = sum % 11;
	return (unsigned)(d[11] - '0') == (r <= 1 ? 0 : 11 - r);
}

static bool is_card(const char *d, size_t n)
{
	unsigned sum = 0, v;
	size_t i;

	/* First digits in use: 3 to 6, and 2 for one brand; the same digit throughout is a filler. */
	if (d[0] < '2' || d[0] > '6')
		return false;
	for (i = 0; i < n; i++) {
		v = (unsigned)(d[n - 1 - i] - '0');
		if (i & 1)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return sum % 10 == 0;
}

/* Digits with at most blanks, hyphens and brackets between; into ${d}. 0: something else. */
static size_t digits_of(struct slice s, char d[20], bool *marks, bool *plus)
{
	size_t i, n = 0;

	*marks = false;
	*plus = s.n && s.p[0] == '+';
	for (i = *plus ? 1 : 0; i < s.n; i++) {
		if (digit(s.p[i])) {
			if (n == 19)
				return 0;
			d[n++] = s.p[i];
		} else if (strchr("- ()", s.p[i]))
			*marks = true;
		else
			return 0;
	}
	return n;
}

/* Japanese numbers begin with 0 and have 10 or 11 digits; others are believed with + and marks only. */
static bool is_phone(const char *d, size_t n, struct slice s, bool marks, bool plus)
{
	size_t hyphens = 0, i;

	for (i = 0; i < s.n; i++)
		hyphens += s.p[i] == '-';
	if (plus)
		return n >= 9 && n <= 15;
	if (d[0] == '0' && (n == 10 || n == 11) && d[1] != '0')
		return (marks && hyphens <= 3) || n == 11 || d[1] != '1';
	return marks && n == 10 && s.p[0] == '(';
}

enum personal personal_value(struct slice s)
{
	char d[20];
	bool marks, plus;
	size_t n, hyphen;

	s = slice_trim(s);
	if (s.n < 7 || s.n > 254)
		return PD_NONE;
	if (is_email(s))
		return PD_EMAIL;
	if (s.n <= 15 && is_ip(s))
		return PD_IP;
	if (slice_starts(s, "\xE3\x80\x92"))
		return PD_ADDRESS;
	if (s.n > 24 || (n = digits_of(s, d, &marks, &plus)) == 0)
		return PD_NONE;
	for (hyphen = 0; hyphen < s.n && s.p[hyphen] != '-'; hyphen++)
		;
	if (n == 7 && s.n == 8 && hyphen == 3)
		return PD_ADDRESS;
	if (is_phone(d, n, s, marks, plus))
		return PD_PHONE;
	if (n == 12 && !plus && is_mynumber(d))
		return PD_MYNUMBER;
	if (n >= 14 && n <= 16 && !plus && is_card(d, n))
		return PD_CARD;
	return PD_NONE;
}

/* Lower-case ASCII words of a name, other characters as they are, with one blank round each: " patient name ". */
static size_t words_of(struct slice s, char *out, size_t max)
{
	size_t i, n = 0;
	bool lower = false;

	s = utf8_clip(s, 200);
	out[n++] = ' ';
	for (i = 0; i < s.n && n + 3 < max; i++) {
		char c = s.p[i];
		bool upper = c >= 'A' && c <= 'Z';

		if ((uint8_t)c >= 0x80 || word(c)) {
			if (upper && lower)
				out[n++] = ' ';
			out[n++] = (char)(upper ? c + 32 : c);
		} else if (out[n - 1] != ' ')
			out[n++] = ' ';
		lower = c >= 'a' && c <= 'z';
	}
	if (out[n - 1] != ' ')
		out[n++] = ' ';
	out[n] = '\0';
	return n;
}

enum personal personal_header(struct slice name)
{
	/* With blanks: whole words. Without: anywhere (Japanese has no blanks). */
	static const struct { enum personal kind; const char *word; } known[] = {
		{ PD_EMAIL, " email " }, { PD_EMAIL, " e mail " }, { PD_EMAIL, " mail address " }, { PD_EMAIL, "メールアドレス" }, { PD_EMAIL, "電子メール" },
		{ PD_PHONE, " phone " }, { PD_PHONE, " telephone " }, { PD_PHONE, " mobile " }, { PD_PHONE, " tel " }, { PD_PHONE, "電話番号" }, { PD_PHONE, "携帯電話" },
		{ PD_MYNUMBER, "マイナンバー" }, { PD_MYNUMBER, "個人番号" }, { PD_MYNUMBER, " my number " }, { PD_MYNUMBER, " mynumber " },
		{ PD_BIRTH, " birth date " }, { PD_BIRTH, " date of birth " }, { PD_BIRTH, " birthdate " }, { PD_BIRTH, " birthday " }, { PD_BIRTH, " dob " }, { PD_BIRTH, "生年月日" },
		{ PD_NAME, " first name " }, { PD_NAME, " last name " }, { PD_NAME, " firstname " }, { PD_NAME, " lastname " }, { PD_NAME, " surname " }, { PD_NAME, " given name " },
		{ PD_NAME, " family name " }, { PD_NAME, " full name " }, { PD_NAME, " patient name " }, { PD_NAME, " participant name " }, { PD_NAME, " student name " },
		{ PD_NAME, "氏名" }, { PD_NAME, "患者名" }, { PD_NAME, "フリガナ" }, { PD_NAME, "ふりがな" },
		{ PD_ADDRESS, " home address " }, { PD_ADDRESS, " postal address " }, { PD_ADDRESS, " street address " }, { PD_ADDRESS, "自宅住所" }, { PD_ADDRESS, "現住所" },
		{ PD_IP, " ip address " }, { PD_IP, " ipaddress " }, { PD_CARD, " card number " }, { PD_CARD, "クレジットカード" },
	};
	char words[260];
	size_t i;

	words_of(name, words, sizeof(words));
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(words, known[i].word))
			return known[i].kind;
	return PD_NONE;
}

enum personal personal_column(const struct personal_count *c, struct slice name, struct slice label, bool text, bool dates)
{
	enum personal said = personal_header(name), p;

	if (said == PD_NONE)
		said = personal_header(label);
	if (said == PD_NAME && !text)
		said = PD_NONE;
	if (said == PD_BIRTH && !text && !dates)
		said = PD_NONE;
	if (said != PD_NONE)
		return said;
	/* One address in a hundred values is one too many; numbers that look alike by chance need half of them. One in eleven twelve-digit numbers has the check digit. */
	if (c->n[PD_EMAIL] && c->n[PD_EMAIL] * 100u >= c->seen)
		return PD_EMAIL;
	for (p = PD_PHONE; p < PD_COUNT; p++)
		if (c->n[p] >= 3 && c->n[p] * 2u >= c->seen && (text || p == PD_MYNUMBER || p == PD_CARD))
			return p;
	return PD_NONE;
}
