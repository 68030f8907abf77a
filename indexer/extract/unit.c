/*
 * Units as people write them: a product or quotient of symbols, each with an optional SI prefix and power. The table holds
 * symbols, not quantities: it answers "is this a unit?", not "which?".
 */

#include "indexer/extract/cell_int.h"

/* Symbols that take SI prefixes, and those that do not; blank-separated, looked up as whole words. */
static const char prefixed[] =
    " m g s A K mol cd rad sr Hz N Pa J W C V F \xCE\xA9 \xE2\x84\xA6 Ohm ohm S Wb T H lm lx Bq Gy Sv kat L l eV bar cal t u Da B b bit byte M Wh Wp "
    "Torr G Oe \xC3\x85 ppm sec var VA molar gram meter metre liter litre pixel counts cps bp ";
static const char plain[] =
    " % \xE2\x80\xB0 \xC2\xB0 \xC2\xB0""C \xC2\xB0""F \xC2\xB0""K \xE2\x84\x83 \xE2\x84\x89 degC degF deg Deg degree degrees degrees_C C F min h hr hrs d day days "
    "hour hours minutes minute seconds second yr year years a month months week weeks ha ac acre psi atm mmHg dB dBm ppb ppt ppmv ppbv rpm a.u. arb. au AU pc ly ft "
    "in inch inches mi mile miles mile/h yd kn kt kts oz lb lbs gal NTU PSU psu pH AU px count counts cts cps a.u arb.unit "
    "meters metres meter metre kilometers grams kilograms Celsius Kelvin Fahrenheit Volt Volts Ampere Watt Pascal Hertz "
    "USD EUR JPY \xE5\x86\x86 \xE4\xBA\xBA \xE5\x80\x8B \xE4\xBB\xB6 \xE5\x9B\x9E \xE6\x9C\xAC \xE5\x8F\xB0 \xE5\xB9\xB4 \xE6\x9C\x88 \xE6\x97\xA5 \xE6\x99\x82\xE9\x96\x93 \xE5\x88\x86 \xE7\xA7\x92 \xE5\xBA\xA6 ";
static const char *const prefixes[] = { "da", "Y", "Z", "E", "P", "T", "G", "M", "k", "K", "h", "d", "c", "m", "\xC2\xB5", "\xCE\xBC", "u", "n", "p", "f", "a", "" };
/* Safe behind an underscore in a column name: long enough not to be a word's own letters. */
static const char tails[] =
    " degC degF deg degrees mm cm km nm um mg kg ug ng ml mL dl uL Pa hPa kPa MPa GPa mbar bar Hz kHz MHz GHz mV kV mA uA mW kW kWh MW ms us ns sec min hr hours days "
    "mol mmol umol nmol uM mM nM eV keV MeV ppm ppb pct percent USD EUR JPY Ohm ohm psi atm dB rad mrad Torr ";

static bool in_list(const char *list, struct slice s)
{
	char key[36];

	if (s.n == 0 || s.n > 32 || memchr(s.p, ' ', s.n) || memchr(s.p, 0, s.n))
		return false;
	key[0] = ' ';
	memcpy(key + 1, s.p, s.n);
	key[s.n + 1] = ' ';
	key[s.n + 2] = '\0';
	return strstr(list, key) != NULL;
}

/* Powers behind a symbol: m2 m^2 m-1 m**2 m² m⁻¹ */
static struct slice cut_power(struct slice s)
{
	size_t was;

	do {
		was = s.n;
		while (s.n > 1 && ((s.p[s.n - 1] >= '0' && s.p[s.n - 1] <= '9') || strchr("-+^*", s.p[s.n - 1])))
			s.n--;
		if (s.n > 2 && (memcmp(s.p + s.n - 2, "\xC2\xB2", 2) == 0 || memcmp(s.p + s.n - 2, "\xC2\xB3", 2) == 0 || memcmp(s.p + s.n - 2, "\xC2\xB9", 2) == 0))
			s.n -= 2;
		if (s.n > 3 && memcmp(s.p + s.n - 3, "\xE2\x81", 2) == 0)
			s.n -= 3;
	} while (s.n != was);
	return s;
}

static bool symbol(struct slice s)
{
	struct slice bare = cut_power(s);
	unsigned i;
	size_t k;

	if (in_list(plain, s) || in_list(plain, bare))
		return true;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		k = strlen(prefixes[i]);
		if (bare.n > k && memcmp(bare.p, prefixes[i], k) == 0 && in_list(prefixed, slice_of(bare.p + k, bare.n - k)))
			return true;
	}
	return slice_eq_str(s, "1") || slice_eq_str(s, "10");
}

bool unit_like(struct slice s)
{
	struct slice one;
	size_t i, from = 0, len;
	unsigned parts = 0;

	s = slice_trim(s);
	if (s.n >= 2 && ((s.p[0] == '[' && s.p[s.n - 1] == ']') || (s.p[0] == '(' && s.p[s.n - 1] == ')')))
		s = slice_of(s.p + 1, s.n - 2);
	if (s.n == 0 || s.n > 32)
		return false;
	if (slice_eq_str(s, "Deg C") || slice_eq_str(s, "deg C") || slice_eq_str(s, "deg. C") || slice_eq_str(s, "arb. units"))
		return true;
	for (i = 0; i <= s.n; i += len) {
		/* U+00B7 and U+22C5 multiply, as do blank, point and asterisk. */
		len = i < s.n && (uint8_t)s.p[i] == 0xC2 && i + 1 < s.n && (uint8_t)s.p[i + 1] == 0xB7 ? 2 : 1;
		if (i < s.n && len == 1 && !strchr(" /*.", s.p[i]))
			continue;
		one = slice_of(s.p + from, i - from);
		from = i + len;
		if (one.n == 0 && i < s.n)
			continue;
		if (one.n && !symbol(one))
			return in_list(plain, s);
		parts++;
	}
	return parts > 0;
}

struct slice unit_of_name(struct slice name)
{
	const char *q;
	struct slice in;

	if (name.n > 300 || name.n < 3)
		return SLICE_NULL;
	if (name.p[name.n - 1] == ']' && (q = memrchr(name.p, '[', name.n)) != NULL) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - 1 - q - 1));
		return in.n && in.n <= 32 ? slice_trim(in) : SLICE_NULL;
	}
	if (name.p[name.n - 1] == ')' && (q = memrchr(name.p, '(', name.n)) != NULL) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - 1 - q - 1));
		return unit_like(in) ? slice_trim(in) : SLICE_NULL;
	}
	if ((q = memrchr(name.p, '_', name.n)) != NULL && q > name.p) {
		in = slice_of(q + 1, (size_t)(name.p + name.n - q - 1));
		if (in_list(tails, in))
			return in;
	}
	return SLICE_NULL;
}
