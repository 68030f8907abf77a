#include "indexer/extract/matter_int.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "indexer/extract/lines_int.h"

/* ---- words and numbers ---- */

bool num_read(struct slice s, double *out)
{
	char t[64];
	char *end;
	size_t i;

	s = slice_trim(s);
	if (s.n == 0 || s.n >= sizeof(t))
		return false;
	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E' || c == 'd' || c == 'D'))
			return false;
		t[i] = c == 'd' || c == 'D' ? 'e' : c;
	}
	t[s.n] = '\0';
	*out = strtod(t, &end);
	return *end == '\0' && end != t && isfinite(*out);
}

bool num_su(struct slice s, double *out)
{
	const char *open;
	size_t i;

	s = slice_trim(s);
	if (s.n && s.p[s.n - 1] == ')' && (open = memchr(s.p, '(', s.n)) != NULL) {
		for (i = (size_t)(open - s.p) + 1; i + 1 < s.n; i++)
			if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
				return false;
		s.n = (size_t)(open - s.p);
	}
	return num_read(s, out);
}

static bool parts(char c, const char *also)
{
	return c == ' ' || c == '\t' || c == '\r' || (*also && c && strchr(also, c) != NULL);
}

bool word_next(struct slice *s, const char *also, struct slice *word)
{
	size_t i = 0, from;

	while (i < s->n && parts(s->p[i], also))
		i++;
	from = i;
	while (i < s->n && !parts(s->p[i], also))
		i++;
	*word = slice_of(s->n ? s->p + from : "", i - from);
	if (s->n) {
		s->p += i;
		s->n -= i;
	}
	return word->n > 0;
}

unsigned words(struct slice s, const char *also, struct slice *out, unsigned most)
{
	struct slice w;
	unsigned n = 0;

	while (word_next(&s, also, &w)) {
		if (n == most)
			return most + 1;
		out[n++] = w;
	}
	return n;
}

unsigned numbers(struct slice s, const char *also, double *out, unsigned most)
{
	struct slice w;
	unsigned n = 0;

	while (n < most && word_next(&s, also, &w) && num_read(w, &out[n]))
		n++;
	return n;
}

struct slice columns(struct slice line, size_t from, size_t to)
{
	if (from > line.n)
		return SLICE_NULL;
	if (to > line.n)
		to = line.n;
	return slice_trim(slice_of(line.p + from - 1, to - from + 1));
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool slice_istarts(struct slice s, const char *prefix)
{
	size_t i, n = strlen(prefix);

	if (s.n < n)
		return false;
	for (i = 0; i < n; i++)
		if (lower(s.p[i]) != lower(prefix[i]))
			return false;
	return true;
}

bool slice_has(struct slice s, const char *word)
{
	for (; s.n >= strlen(word) && s.n; s.p++, s.n--)
		if (slice_istarts(s, word))
			return true;
	return false;
}

struct slice unquoted(struct slice s)
{
	s = slice_trim(s);
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return slice_trim(slice_of(s.p + 1, s.n - 2));
	return s;
}

/* ---- elements and formulas ---- */

static const char symbols[ELEMENTS][3] = {
	"", "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn",
	"Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn",
	"Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re",
	"Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm",
	"Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og", "D",
};

const char *element_symbol(unsigned z)
{
	return z < ELEMENTS ? symbols[z] : "";
}

unsigned element_of(struct slice s)
{
	unsigned z;

	if (s.n == 0 || s.n > 2)
		return 0;
	for (z = 1; z < ELEMENTS; z++)
		if (slice_ieq_str(s, symbols[z]))
			return z;
	return 0;
}

unsigned element_of_label(struct slice s)
{
	unsigned z;

	s = slice_trim(s);
	while (s.n && s.p[0] >= '0' && s.p[0] <= '9') {
		s.p++;
		s.n--;
	}
	if (s.n >= 2 && isalpha((unsigned char)s.p[1])) {
		/* "Cl1" is chlorine; "CL1" may be, "C1" and "CA1" of a protein are carbon: their columns say so before we are asked */
		if ((z = element_of(slice_of(s.p, 2))) != 0 && (islower((unsigned char)s.p[1]) || element_of(slice_of(s.p, 1)) == 0 || s.n == 2))
			return z;
	}
	return s.n ? element_of(slice_of(s.p, 1)) : 0;
}

static bool formula_count(struct slice s, size_t *i, double *n)
{
	size_t from = *i;

	while (*i < s.n && ((s.p[*i] >= '0' && s.p[*i] <= '9') || s.p[*i] == '.'))
		++*i;
	if (*i > from && s.p[*i - 1] == '.')	/* "CuSO4.5H2O" has its dot elsewhere; "2." is no count */
		--*i;
	*n = 1;
	return *i == from || num_read(slice_of(s.p + from, *i - from), n);
}

/* A run of symbols with counts, and groups in brackets, to the end or to the closing bracket. */
static bool formula_run(struct formula *f, struct slice s, size_t *i, double times, unsigned depth)
{
	while (*i < s.n) {
		char c = s.p[*i];
		struct formula in;
		unsigned z, k;
		double n;

		if (c == ' ' || c == '_' || c == '~') {
			++*i;
			continue;
		}
		if (c == ')' || c == ']')
			return depth > 0;
		if (c == '(' || c == '[') {
			memset(&in, 0, sizeof(in));
			++*i;
			if (depth > 8 || !formula_run(&in, s, i, 1, depth + 1) || *i >= s.n)
				return false;
			++*i;
			if (!formula_count(s, i, &n))
				return false;
			for (k = 1; k < ELEMENTS; k++)
				f->n[k] += in.n[k] * n * times;
			continue;
		}
		if (!isupper((unsigned char)c))
			return depth == 0 && (c == '.' || c == '*' || c == ',' || (unsigned char)c == 0xC2 || (unsigned char)c == 0xB7);
		z = *i + 1 < s.n && islower((unsigned char)s.p[*i + 1]) ? element_of(slice_of(s.p + *i, 2)) : 0;
		if (z)
			*i += 2;
		else if ((z = element_of(slice_of(s.p + *i, 1))) != 0)
			++*i;
		if (z == 0 || !formula_count(s, i, &n) || n > 1e9)
			return false;
		f->n[z] += n * times;
	}
	return depth == 0;
}

bool formula_read(struct formula *f, struct slice s)
{
	size_t i = 0;
	double times;

	s = unquoted(s);
	if (s.n == 0 || s.n > 2000)
		return false;
	while (i < s.n) {
		if (!formula_count(s, &i, &times) || !formula_run(f, s, &i, times, 0))
			return false;
		if (i == s.n)
			break;
		while (i < s.n && (s.p[i] == '.' || s.p[i] == '*' || s.p[i] == ',' || s.p[i] == ' ' || (unsigned char)s.p[i] == 0xC2 || (unsigned char)s.p[i] == 0xB7))
			i++;
	}
	return true;
}

static int by_symbol(const void *a, const void *b)
{
	return strcmp(symbols[*(const unsigned *)a], symbols[*(const unsigned *)b]);
}

void formula_put(struct fact *f, json_t *o, const struct formula *m)
{
	unsigned order[ELEMENTS], n = 0, i, z, front = 0;
	struct buf b = BUF_INIT(4000);
	json_t *list;

	for (z = 1; z < ELEMENTS; z++)
		if (m->n[z] > 0 && isfinite(m->n[z]))
			order[n++] = z;
	if (n == 0 || (list = json_array()) == NULL)
		return;
	qsort(order, n, sizeof(order[0]), by_symbol);
	for (i = 0; i < n; i++)
		json_push(list, json_string(symbols[order[i]]));
	fact_put(f, o, "elements", list);
	/* Hill: carbon, hydrogen, the rest by symbol; without carbon all by symbol. */
	for (z = 6; m->n[6] > 0 && (z == 6 || z == 1); z = z == 6 ? 1 : 0)
		for (i = front; i < n; i++)
			if (order[i] == z) {
				memmove(order + front + 1, order + front, (i - front) * sizeof(order[0]));
				order[front++] = z;
			}
	for (i = 0; i < n; i++) {
		buf_adds(&b, symbols[order[i]]);
		if (fabs(m->n[order[i]] - 1) > 1e-9)
			buf_addf(&b, "%.6g", m->n[order[i]]);
	}
	fact_put_text(f, o, "formula", buf_slice(&b));
	buf_release(&b);
}

/* ---- crystals ---- */

bool cell6_sane(const struct cell6 *c)
{
	return c->a > 0 && c->b > 0 && c->c > 0 && c->a < 1e6 && c->b < 1e6 && c->c < 1e6 && c->alpha > 0 && c->alpha < 180 && c->beta > 0 && c->beta < 180 &&
	    c->gamma > 0 && c->gamma < 180;
}

double cell6_volume(const struct cell6 *c)
{
	double x = cos(c->alpha * M_PI / 180), y = cos(c->beta * M_PI / 180), z = cos(c->gamma * M_PI / 180);

	return cell6_sane(c) ? c->a * c->b * c->c * sqrt(1 - x * x - y * y - z * z + 2 * x * y * z) : NAN;
}

static double dot(const double *a, const double *b)
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double angle(const double *a, const double *b)
{
	double d = sqrt(dot(a, a) * dot(b, b)), c = d > 0 ? dot(a, b) / d : 2;

	return fabs(c) > 1 ? fabs(c) < 1 + 1e-9 ? (c > 0 ? 0 : 180) : NAN : acos(c) * 180 / M_PI;
}

void cell6_of_vectors(struct cell6 *c, const double m[3][3])
{
	c->a = sqrt(dot(m[0], m[0]));
	c->b = sqrt(dot(m[1], m[1]));
	c->c = sqrt(dot(m[2], m[2]));
	c->alpha = angle(m[1], m[2]);
	c->beta = angle(m[0], m[2]);
	c->gamma = angle(m[0], m[1]);
}

void cell6_vectors(const struct cell6 *c, double m[3][3])
{
	double cg = cos(c->gamma * M_PI / 180), sg = sin(c->gamma * M_PI / 180), cb = cos(c->beta * M_PI / 180), ca = cos(c->alpha * M_PI / 180);

	memset(m, 0, 9 * sizeof(double));
	m[0][0] = c->a;
	m[1][0] = c->b * cg;
	m[1][1] = c->b * sg;
	m[2][0] = c->c * cb;
	m[2][1] = c->c * (ca - cb * cg) / sg;
	m[2][2] = cell6_volume(c) / (c->a * c->b * sg);
}

void fractional(const double inv[3][3], const double in[3], double out[3])
{
	int k;

	for (k = 0; k < 3; k++)
		out[k] = in[0] * inv[0][k] + in[1] * inv[1][k] + in[2] * inv[2][k];
}

bool vectors_invert(const double m[3][3], double out[3][3])
{
	double det = 0;
	int i, k;

	for (i = 0; i < 3; i++)
		det += m[0][i] * (m[1][(i + 1) % 3] * m[2][(i + 2) % 3] - m[1][(i + 2) % 3] * m[2][(i + 1) % 3]);
	if (!(fabs(det) > 1e-12) || !isfinite(det))
		return false;
	for (i = 0; i < 3; i++)
		for (k = 0; k < 3; k++)
			out[k][i] = (m[(i + 1) % 3][(k + 1) % 3] * m[(i + 2) % 3][(k + 2) % 3] - m[(i + 1) % 3][(k + 2) % 3] * m[(i + 2) % 3][(k + 1) % 3]) / det;
	return true;
}

/* To six places, so that 1/3 of a cell is not written with seventeen digits. */
static double rounded(double v)
{
	return fabs(v) < 1e9 ? round(v * 1e6) / 1e6 : v;
}

void crystal_cell(struct fact *f, const struct cell6 *c)
{
	json_t *o = fact_object(f, "crystal"), *cell = json_object();
	double v = cell6_volume(c);

	if (!cell6_sane(c)) {
		json_decref(cell);
		return;
	}
	fact_put_real(f, cell, "a", c->a);
	fact_put_real(f, cell, "b", c->b);
	fact_put_real(f, cell, "c", c->c);
	fact_put_real(f, cell, "alpha", c->alpha);
	fact_put_real(f, cell, "beta", c->beta);
	fact_put_real(f, cell, "gamma", c->gamma);
	fact_put_real(f, cell, "volume", rounded(v));
	fact_put(f, o, "cell", cell);
}

void crystal_group(struct fact *f, struct slice hm, unsigned number, struct slice hall)
{
	json_t *o = fact_object(f, "crystal");
	unsigned by_hm = hm.n ? spacegroup_of(hm) : 0, by_hall = hall.n ? spacegroup_of_hall(hall) : 0;
	unsigned n = by_hm ? by_hm : by_hall ? by_hall : number;

	if (number > 230) {
		fact_check(f, "space-group", true, "there is no space group %u", number);
		number = 0;
		n = by_hm ? by_hm : by_hall;
	}
	if (hm.n)
		fact_put_text(f, o, "spaceGroup", hm);
	else if (n)
		fact_put_text(f, o, "spaceGroup", slice_str(spacegroup_symbol(n)));
	if (hall.n)
		fact_put_text(f, o, "hall", hall);
	if (n)
		fact_put_int(f, o, "spaceGroupNumber", n);
	if (by_hm && number && by_hm != number)
		fact_check(f, "space-group", true, "the symbol is that of space group %u, the number says %u", by_hm, number);
	if (by_hm && by_hall && by_hm != by_hall)
		fact_check(f, "space-group", true, "the symbol is that of space group %u, the Hall symbol that of %u", by_hm, by_hall);
}

void crystal_site(struct fact *f, unsigned z, double x, double y, double z3)
{
	json_t *o = fact_object(f, "crystal"), *list = o ? json_object_get(o, "sites") : NULL;

	if (o == NULL || !isfinite(x) || !isfinite(y) || !isfinite(z3))
		return;
	if (list == NULL) {
		fact_put(f, o, "sites", json_array());
		list = json_object_get(o, "sites");
	}
	if (list && json_array_size(list) < SITES_MOST &&
	    json_push(list, json_pack("[s,f,f,f]", z ? element_symbol(z) : "X", rounded(x), rounded(y), rounded(z3))) != ST_OK)
		lines_nomem(f);
}

/* ---- curves ---- */

void curve_init(struct curve *c)
{
	c->n = 0;
	c->used = 0;
	c->per = 1;
	c->xmin = c->ymin = INFINITY;
	c->xmax = c->ymax = -INFINITY;
}

static void stretch_join(struct stretch *a, const struct stretch *b)
{
	if (b->y[0] < a->y[0]) {
		a->x[0] = b->x[0];
		a->y[0] = b->y[0];
		a->at[0] = b->at[0];
	}
	if (b->y[1] > a->y[1]) {
		a->x[1] = b->x[1];
		a->y[1] = b->y[1];
		a->at[1] = b->at[1];
	}
}

void curve_add(struct curve *c, double x, double y)
{
	struct stretch one = { { x, x }, { y, y }, { c->n, c->n } };
	unsigned i;

	if (!isfinite(x) || !isfinite(y))
		return;
	if (x < c->xmin)
		c->xmin = x;
	if (x > c->xmax)
		c->xmax = x;
	if (y < c->ymin)
		c->ymin = y;
	if (y > c->ymax)
		c->ymax = y;
	if (c->n < CURVE_POINTS) {
		c->raw[c->n][0] = x;
		c->raw[c->n][1] = y;
	}
	if (c->n / c->per == CURVE_POINTS / 2) {
		for (i = 0; i < CURVE_POINTS / 4; i++) {
			c->part[i] = c->part[2 * i];
			stretch_join(&c->part[i], &c->part[2 * i + 1]);
		}
		c->per *= 2;
	}
	i = (unsigned)(c->n / c->per);
	if (c->n % c->per == 0)
		c->part[i] = one;
	else
		stretch_join(&c->part[i], &one);
	c->used = i + 1;
	c->n++;
}

static void point(struct fact *f, json_t *list, double x, double y)
{
	if (json_push(list, json_pack("[f,f]", x, y)) != ST_OK)
		lines_nomem(f);
}

static json_t *curve_points(struct fact *f, const struct curve *c)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; list && c->n <= CURVE_POINTS && i < c->n; i++)
		point(f, list, c->raw[i][0], c->raw[i][1]);
	for (i = 0; list && c->n > CURVE_POINTS && i < c->used; i++) {
		const struct stretch *s = &c->part[i];
		unsigned first = s->at[1] < s->at[0];

		point(f, list, s->x[first], s->y[first]);
		if (s->at[0] != s->at[1])
			point(f, list, s->x[!first], s->y[!first]);
	}
	return list;
}

static void axis_put(struct fact *f, json_t *o, const char *key, struct axis a, double min, double max)
{
	json_t *j = json_object();

	if (j && a.label)
		fact_put_text(f, j, "label", slice_str(a.label));
	if (j && a.unit)
		fact_put_text(f, j, "unit", slice_str(a.unit));
	if (j && min <= max) {
		fact_put_real(f, j, "min", min);
		fact_put_real(f, j, "max", max);
	}
	fact_put(f, o, key, j);
}

void plot_add(struct fact *f, const char *kind, struct axis x, struct axis y, struct slice name, const struct curve *c)
{
	json_t *o = json_object_get(fact_root(f), "plot"), *list, *one;

	if (c->n < 2)
		return;
	if (o == NULL && (o = fact_object(f, "plot")) != NULL) {
		fact_put_text(f, o, "kind", slice_str(kind));
		axis_put(f, o, "x", x, 1, 0);
		axis_put(f, o, "y", y, 1, 0);
		fact_put(f, o, "series", json_array());
	}
	list = o ? json_object_get(o, "series") : NULL;
	if (list == NULL || json_array_size(list) >= 8)
		return;
	one = json_object();
	fact_put(f, one, "name", fact_text(name, 200));
	fact_put(f, one, "points", curve_points(f, c));
	if (json_push(list, one) != ST_OK)
		lines_nomem(f);
}

void spectrum_put(struct fact *f, const char *kind, uint64_t count, struct axis x, struct axis y, const struct curve *c)
{
	json_t *o = fact_object(f, "spectrum");

	if (o == NULL)
		return;
	if (kind)
		fact_put_text(f, o, "kind", slice_str(kind));
	axis_put(f, o, "x", x, c->xmin, c->xmax);
	axis_put(f, o, "y", y, c->ymin, c->ymax);
	fact_put_int(f, o, "points", (int64_t)c->n);
	fact_put_int(f, o, "count", (int64_t)count);
}

/* ---- what a file proposes for the record ---- */

static void place_put(struct fact *f, const char *pointer, const char *place)
{
	json_t *o = fact_object(f, "record"), *p = o ? json_object_get(o, "places") : NULL;

	if (o && p == NULL) {
		fact_put(f, o, "places", json_object());
		p = json_object_get(o, "places");
	}
	if (p)
		fact_put(f, p, pointer, fact_text(slice_str(place), 200));
}

/* ${value} is taken. */
static void record_push(struct fact *f, const char *key, json_t *value, const char *place, size_t most)
{
	json_t *o = fact_object(f, "record"), *list = o ? json_object_get(o, key) : NULL;
	char pointer[80];

	if (o && list == NULL) {
		fact_put(f, o, key, json_array());
		list = json_object_get(o, key);
	}
	if (list == NULL || json_array_size(list) >= most) {
		json_decref(value);
		return;
	}
	snprintf(pointer, sizeof(pointer), "/%s/%zu", key, json_array_size(list));
	if (json_push(list, value) != ST_OK)
		lines_nomem(f);
	place_put(f, pointer, place);
}

static json_t *one_line(struct slice s, size_t max)
{
	struct buf b = BUF_INIT(max * 2 + 16);
	struct slice w;
	json_t *j;

	while (b.n < max && word_next(&s, "\n", &w)) {
		if (b.n)
			buf_addc(&b, ' ');
		buf_add(&b, w.p, w.n < max ? w.n : max);
	}
	j = fact_text(b.n ? buf_slice(&b) : SLICE(""), max);
	buf_release(&b);
	return j;
}

void propose_title(struct fact *f, struct slice title, const char *place)
{
	if (slice_trim(title).n >= 4)
		record_push(f, "titles", json_pack("{s:o}", "value", one_line(title, 2000)), place, 1);
}

void propose_creator(struct fact *f, struct slice name, const char *place)
{
	if (slice_trim(name).n >= 2)
		record_push(f, "creators", json_pack("{s:[{s:o}]}", "names", "value", one_line(name, 300)), place, 100);
}

void propose_relation(struct fact *f, const char *relation, const char *type, struct slice value, const char *place)
{
	if (slice_trim(value).n)
		record_push(f, "relations", json_pack("{s:s,s:{s:s,s:o}}", "relationType", relation, "identifier", "type", type, "value", fact_text(value, 500)), place, 50);
}

void propose_subject(struct fact *f, struct slice value, const char *place)
{
	if (slice_trim(value).n)
		record_push(f, "subjects", json_pack("{s:o}", "value", one_line(value, 300)), place, 50);
}

void propose_date(struct fact *f, const char *type, struct slice date, const char *place)
{
	size_t i;

	date = slice_trim(date);
	if (date.n > 10)
		date.n = 10;
	if (date.n != 4 && date.n != 7 && date.n != 10)
		return;
	for (i = 0; i < date.n; i++)
		if (i == 4 || i == 7 ? date.p[i] != '-' : date.p[i] < '0' || date.p[i] > '9')
			return;
	if (date.n >= 7 && (memcmp(date.p + 5, "01", 2) < 0 || memcmp(date.p + 5, "12", 2) > 0))
		return;
	if (date.n == 10 && (memcmp(date.p + 8, "01", 2) < 0 || memcmp(date.p + 8, "31", 2) > 0))
		return;
	record_push(f, "dates", json_pack("{s:s,s:o}", "type", type, "value", fact_text(date, 10)), place, 20);
}

/* ---- names counted in order ---- */

void roll_release(struct roll *r)
{
	map_free(r->m, free);
	json_decref(r->list);
	buf_release(&r->last);
	memset(r, 0, sizeof(*r));
}

bool roll_add(struct roll *r, struct slice name)
{
	uint64_t *n;

	if (r->last_count && slice_eq(buf_slice(&r->last), name)) {
		++*r->last_count;
		return true;
	}
	if (name.n > 500)
		name.n = 500;
	if (r->m == NULL) {
		buf_init(&r->last, 512);
		if ((r->m = map_new()) == NULL || (r->list = json_array()) == NULL)
			return false;
	}
	if ((n = map_get(r->m, name)) == NULL) {
		r->n++;
		if (json_array_size(r->list) >= ROLL_MOST) {
			r->full = true;
			return true;
		}
		if ((n = calloc(1, sizeof(*n))) == NULL)
			return false;
		if (map_put(r->m, name, n, NULL) != ST_OK) {
			free(n);
			return false;
		}
		if (json_push(r->list, fact_text(name, 500)) != ST_OK)
			return false;
	}
	++*n;
	buf_clear(&r->last);
	r->last_count = buf_addsl(&r->last, name) == ST_OK ? n : NULL;
	return true;
}

uint64_t roll_count(const struct roll *r, struct slice name)
{
	uint64_t *n = r->m ? map_get(r->m, name) : NULL;

	return n ? *n : 0;
}

json_t *roll_names(const struct roll *r)
{
	return r->list && json_array_size(r->list) ? json_incref(r->list) : NULL;
}

json_t *roll_counts(const struct roll *r)
{
	json_t *o, *name;
	size_t i;
	uint64_t *n;

	if (r->list == NULL || json_array_size(r->list) == 0 || (o = json_object()) == NULL)
		return NULL;
	json_array_foreach(r->list, i, name)
		if ((n = map_get(r->m, json_slice(name))) != NULL)
			json_object_set_new(o, json_string_value(name), json_integer((json_int_t)*n));
	return o;
}
