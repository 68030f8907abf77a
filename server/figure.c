#include "server/figure.h"

#include <math.h>
#include <stdlib.h>

#include "server/coast.h"

#define PLOT_W	640.0
#define PLOT_H	280.0
#define LEFT	86.0			/* room for numbers of the y axis, in the larger letters of a telephone, too */
#define BOTTOM	44.0
#define TOP	34.0			/* and for its name */
#define RIGHT	12.0
#define SERIES_MOST	8
#define POINTS_MOST	2000
#define MAP_W	640.0

struct frame { double x0, x1, y0, y1; };	/* of the data */

/* ---- numbers ---- */

static void add_exponent(char *out, size_t room, int n)
{
	static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
	char digits[16];
	size_t i, at = (size_t)snprintf(out, room, " × 10%s", n < 0 ? "⁻" : "");

	snprintf(digits, sizeof(digits), "%d", abs(n));
	for (i = 0; digits[i] != '\0' && at < room; i++)
		at += (size_t)snprintf(out + at, room - at, "%s", raised[digits[i] - '0']);
}

void number_words(char out[64], double v, int digits)
{
	char text[48], *e;
	size_t i, n = 0, len, at = 0;

	/* Thousands set apart read better than powers, while there are few. */
	if (digits > 3 && fabs(v) >= 1e4 && fabs(v) < 1e9)
		snprintf(text, sizeof(text), "%.0f", fabs(v));
	else
		snprintf(text, sizeof(text), "%.*g", digits, fabs(v));
	e = strchr(text, 'e');
	if (e != NULL)
		*e = '\0';
	len = strspn(text, "0123456789");
	if (v < 0)
		at += (size_t)snprintf(out, 64, "−");
	for (i = 0; text[i] != '\0' && at < 40; i++) {
		n = len - i;
		if (i > 0 && i < len && n % 3 == 0)
			at += (size_t)snprintf(out + at, 64 - at, "\xe2\x80\xaf");
		out[at++] = text[i];
	}
	out[at] = '\0';
	if (e != NULL)
		add_exponent(out + at, 64 - at, (int)strtol(e + 1, NULL, 10));
}

void put_value(struct page *p, const json_t *v)
{
	char text[64];

	if (json_is_integer(v)) {
		json_int_t n = json_integer_value(v);

		if (n < 0)
			put(p, "−");
		put_number(p, n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n);
	} else if (json_is_real(v)) {
		number_words(text, json_real_value(v), 5);
		put(p, text);
	} else if (json_is_string(v)) {
		put_text(p, json_slice(v));
	}
}

/* ---- axes ---- */

/* Steps of 1, 2 or 5 times a power of ten, at most ${most} of them. */
static double nice_step(double span, int most)
{
	double raw = span / most, p = pow(10, floor(log10(raw))), m = raw / p;

	return p * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void number_text(char out[64], double v, double step)
{
	int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);

	if (fabs(v) < step * 1e-9) {
		snprintf(out, 64, "0");
		return;
	}
	if (fabs(v) >= 1e6 || (v != 0 && fabs(v) < 1e-4) || digits > 6)
		number_words(out, v, 3);
	else if (digits > 0)
		snprintf(out, 64, "%s%.*f", v < 0 ? "−" : "", digits, fabs(v));
	else
		number_words(out, v, 7);
}

static double px(const struct frame *f, double x)
{
	return LEFT + (x - f->x0) / (f->x1 - f->x0) * (PLOT_W - LEFT - RIGHT);
}

static double py(const struct frame *f, double y)
{
	return PLOT_H - BOTTOM - (y - f->y0) / (f->y1 - f->y0) * (PLOT_H - BOTTOM - TOP);
}

static void put_axis_name(struct page *p, const json_t *axis)
{
	const char *label = json_text(axis, "label"), *unit = json_text(axis, "unit");

	put_str(p, label);
	if (unit && unit[0]) {
		put(p, label ? " (" : "(");
		put_str(p, unit);
		put(p, ")");
	}
}

static void put_axes(struct page *p, const struct frame *f, const json_t *plot)
{
	double step = nice_step(f->x1 - f->x0, 6), v;
	char text[64];
	int i;

	put(p, "<g class=\"axis\">");
	for (i = 0, v = ceil(f->x0 / step) * step; v <= f->x1 + step * 1e-9 && i < 12; v += step, i++) {
		number_text(text, v, step);
		putf(p, "<path d=\"M%.1f %.1fv4\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>", px(f, v), PLOT_H - BOTTOM, px(f, v), PLOT_H - BOTTOM + 18, text);
	}
	step = nice_step(f->y1 - f->y0, 4);
	for (i = 0, v = ceil(f->y0 / step) * step; v <= f->y1 + step * 1e-9 && i < 12; v += step, i++) {
		number_text(text, v, step);
		putf(p, "<path d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT, py(f, v), PLOT_W - RIGHT, LEFT - 6, py(f, v) + 4, text);
	}
	putf(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", (LEFT + PLOT_W - RIGHT) / 2, PLOT_H - 5);
	put_axis_name(p, json_object_get(plot, "x"));
	putf(p, "</text><text x=\"6\" y=\"20\">");
	put_axis_name(p, json_object_get(plot, "y"));
	put(p, "</text></g>");
}

/* ---- curves ---- */

static bool point_at(const json_t *points, size_t i, double *x, double *y)
{
	const json_t *pt = json_array_get(points, i);
	const json_t *a = json_array_get(pt, 0), *b = json_array_get(pt, 1);

	if (!json_is_number(a) || !json_is_number(b))
		return false;
	*x = json_number_value(a);
	*y = json_number_value(b);
	return isfinite(*x) && isfinite(*y) && fabs(*x) < 1e300 && fabs(*y) < 1e300;
}

static bool frame_of(const json_t *list, bool from_zero, struct frame *f)
{
	const json_t *one, *points;
	size_t i, k, n = 0;
	double x, y;

	*f = (struct frame){ INFINITY, -INFINITY, from_zero ? 0 : INFINITY, -INFINITY };
	json_array_foreach(list, i, one) {
		if (i == SERIES_MOST)
			break;
		points = json_object_get(one, "points");
		for (k = 0; k < json_array_size(points) && k < POINTS_MOST; k++) {
			if (!point_at(points, k, &x, &y))
				continue;
			n++;
			f->x0 = fmin(f->x0, x);
			f->x1 = fmax(f->x1, x);
			f->y0 = fmin(f->y0, y);
			f->y1 = fmax(f->y1, y);
		}
	}
	if (n < 2 || !(f->x1 > f->x0))
		return false;
	if (!(f->y1 > f->y0)) {
		f->y0 -= 1;
		f->y1 = f->y0 + 2;
	}
	return isfinite((f->x1 - f->x0)) && isfinite(f->y1 - f->y0);
}

static void put_curve(struct page *p, const struct frame *f, const json_t *points, bool line, unsigned colour)
{
	double x, y;
	size_t k;
	bool pen = false;

	putf(p, "<path class=\"s%u\" d=\"", colour % 4);
	for (k = 0; k < json_array_size(points) && k < POINTS_MOST; k++) {
		if (!point_at(points, k, &x, &y)) {
			pen = false;
			continue;
		}
		if (line)
			putf(p, "%c%.1f %.1f", pen ? 'L' : 'M', px(f, x), py(f, y));
		else
			putf(p, "M%.1f %.1fV%.1f", px(f, x), py(f, f->y0 > 0 ? f->y0 : 0), py(f, y));
		pen = true;
	}
	put(p, "\"/>");
}

static void put_legend(struct page *p, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list) < 2)
		return;
	put(p, "<p class=\"legend\">");
	json_array_foreach(list, i, one) {
		if (i == SERIES_MOST)
			break;
		putf(p, "<span class=\"s%zu\">", i % 4);
		put_str(p, json_text(one, "name"));
		put(p, "</span> ");
	}
	put(p, "</p>");
}

bool fig_plot(struct page *p, const json_t *plot)
{
	const char *kind = json_text(plot, "kind");
	json_t *list = json_object_get(plot, "series"), *one;
	bool line = kind == NULL || strcmp(kind, "line") == 0;
	struct frame f;
	size_t i, n = 0;

	if (!frame_of(list, !line, &f))
		return false;
	json_array_foreach(list, i, one)
		n += json_array_size(json_object_get(one, "points"));
	putf(p, "<svg class=\"plot\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", PLOT_W, PLOT_H);
	put_axis_name(p, json_object_get(plot, "y"));
	put(p, w(p, " against ", "、横軸 "));
	put_axis_name(p, json_object_get(plot, "x"));
	putf(p, w(p, ", from %.4g to %.4g; values from %.4g to %.4g, %zu points", "（%.4g～%.4g）、値 %.4g～%.4g、%zu 点"), f.x0, f.x1, f.y0, f.y1, n);
	put(p, "\">");
	put_axes(p, &f, plot);
	put(p, "<g class=\"curve\">");
	json_array_foreach(list, i, one) {
		if (i == SERIES_MOST)
			break;
		put_curve(p, &f, json_object_get(one, "points"), line, (unsigned)i);
	}
	put(p, "</g></svg>");
	put_legend(p, list);
	return true;
}

void fig_spark(struct page *p, const json_t *values)
{
	size_t n = json_array_size(values), i;
	double lo = INFINITY, hi = -INFINITY, v;
	const json_t *one;
	bool pen = false;

	if (n < 3 || n > 400)
		return;
	json_array_foreach(values, i, one) {
		v = json_number_value(one);
		lo = json_is_number(one) && isfinite(v) ? fmin(lo, v) : lo;
		hi = json_is_number(one) && isfinite(v) ? fmax(hi, v) : hi;
	}
	if (!(hi >= lo))
		return;
	putf(p, "<svg class=\"spark\" width=\"120\" height=\"24\" viewBox=\"0 0 120 24\" role=\"img\" aria-label=\"");
	putf(p, w(p, "in order of rows: between %.4g and %.4g", "行の順の推移：%.4g～%.4g"), lo, hi);
	put(p, "\"><path d=\"");
	json_array_foreach(values, i, one) {
		if (!json_is_number(one))
			continue;
		v = hi > lo ? (json_number_value(one) - lo) / (hi - lo) : 0.5;
		putf(p, "%c%.1f %.1f", pen ? 'L' : 'M', 1 + (double)i / (double)(n - 1) * 118, 22 - v * 20);
		pen = true;
	}
	put(p, "\"/></svg>");
}

/* ---- map ---- */

struct view { double west, north, scale, h; };

static double mx(const struct view *v, double lon) { return (lon - v->west) * v->scale; }
static double my(const struct view *v, double lat) { return (v->north - lat) * v->scale; }

/* What of the world is shown: the boxes and about as much round them, never less than 36 degrees (coasts are no finer), never past the poles. */
static struct view view_of(const struct fig_box *b, size_t n)
{
	double west = 180, south = 90, east = -180, north = -90, w, h, cx, cy;
	struct view v;
	size_t i;

	for (i = 0; i < n; i++) {
		west = fmin(west, b[i].west);
		south = fmin(south, b[i].south);
		east = fmax(east, b[i].east < b[i].west ? 180 : b[i].east);
		north = fmax(north, b[i].north);
	}
	cx = (west + east) / 2;
	cy = (south + north) / 2;
	w = fmax((east - west) * 2, 36);
	h = fmax((north - south) * 2, 18);
	w = fmin(fmax(w, h * 2), 360);
	h = fmin(w / 2, 180);
	v.west = fmin(fmax(cx - w / 2, -180), 180 - w);
	v.north = fmax(fmin(cy + h / 2, 90), -90 + h);
	v.scale = MAP_W / w;
	v.h = h * v.scale;
	return v;
}

/* One coastline; stretches outside of the view are left out, and points too near to the one before to be seen. */
static void put_line(struct page *p, const struct view *v, const int16_t *pts, size_t n)
{
	double x, y, was_x = 0, was_y = 0, drawn_x = 0, drawn_y = 0;
	bool in, was_in = false, pen = false;
	size_t i;

	for (i = 0; i + 1 < n; i += 2, was_x = x, was_y = y, was_in = in) {
		x = mx(v, pts[i] / 10.0);
		y = my(v, pts[i + 1] / 10.0);
		in = x > -10 && x < MAP_W + 10 && y > -10 && y < v->h + 10;
		if (i == 0)
			continue;
		if (!in && !was_in) {
			pen = false;
			continue;
		}
		if (!pen) {
			putf(p, "M%.0f %.0f", was_x, was_y);
			drawn_x = was_x;
			drawn_y = was_y;
			pen = true;
		}
		if (i + 3 < n && fabs(x - drawn_x) < 2 && fabs(y - drawn_y) < 2)
			continue;
		putf(p, "L%.0f %.0f", x, y);
		drawn_x = x;
		drawn_y = y;
	}
}

static void put_coast(struct page *p, const struct view *v)
{
	const size_t n = sizeof(coast) / sizeof(coast[0]);
	size_t from, i;

	put(p, "<path class=\"coast\" d=\"");
	for (from = i = 0; i < n; i++)
		if (coast[i] == END) {
			put_line(p, v, coast + from, i - from);
			from = i + 1;
		}
	put(p, "\"/>");
}

static void put_grid(struct page *p, const struct view *v)
{
	double step = nice_step(MAP_W / v->scale, 6), d;

	if (step > 30)
		step = 60;
	put(p, "<g class=\"axis\">");
	for (d = ceil(v->west / step) * step; mx(v, d) < MAP_W; d += step) {
		putf(p, "<path d=\"M%.1f 0V%.1f\"/>", mx(v, d), v->h);
		if (mx(v, d) > 12 && mx(v, d) < MAP_W - 12)
			putf(p, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g°%s</text>", mx(v, d), v->h - 4, fabs(d), d < 0 ? "W" : d > 0 ? "E" : "");
	}
	for (d = ceil((v->north - v->h / v->scale) / step) * step; d <= v->north; d += step) {
		putf(p, "<path d=\"M0 %.1fH%.0f\"/>", my(v, d), MAP_W);
		if (my(v, d) > 14 && my(v, d) < v->h - 14)
			putf(p, "<text x=\"4\" y=\"%.1f\">%g°%s</text>", my(v, d) - 3, fabs(d), d < 0 ? "S" : d > 0 ? "N" : "");
	}
	put(p, "</g>");
}

static void put_box(struct page *p, const struct view *v, const struct fig_box *b)
{
	double x = mx(v, b->west), y = my(v, b->north), bw = mx(v, b->east) - x, bh = my(v, b->south) - y;

	if (b->east < b->west) {	/* over the date line: its two halves */
		struct fig_box a = *b, c = *b;

		a.east = 180;
		c.west = -180;
		put_box(p, v, &a);
		put_box(p, v, &c);
	} else if (bw < 6 && bh < 6)
		putf(p, "<circle class=\"box\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>", x + bw / 2, y + bh / 2);
	else
		putf(p, "<rect class=\"box\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x, y, fmax(bw, 2), fmax(bh, 2));
}

void fig_map(struct page *p, const struct fig_box *boxes, size_t n)
{
	struct view v = view_of(boxes, n);
	size_t i;

	putf(p, "<svg class=\"map\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s", MAP_W, v.h, w(p, "Map: ", "地図："));
	for (i = 0; i < n && i < 3; i++)
		putf(p, w(p, "%slongitude %.4g to %.4g, latitude %.4g to %.4g", "%s経度 %.4g～%.4g、緯度 %.4g～%.4g"), i ? "; " : "", boxes[i].west, boxes[i].east, boxes[i].south, boxes[i].north);
	put(p, "\">");
	put_grid(p, &v);
	put_coast(p, &v);
	for (i = 0; i < n; i++)
		put_box(p, &v, &boxes[i]);
	put(p, "</svg>");
}

/* ---- crystal ---- */

struct cell { double m[3][3]; };	/* rows: a, b, c in cartesian */

static bool cell_of(const json_t *c, struct cell *out)
{
	static const char *const names[] = { "a", "b", "c", "alpha", "beta", "gamma" };
	double v[6], ca, cb, cg, sg, cx, cy, cz2;
	int i;

	for (i = 0; i < 6; i++) {
		if (!json_is_number(json_object_get(c, names[i])))
			return false;
		v[i] = json_number_value(json_object_get(c, names[i]));
	}
	if (!(v[0] > 0.1 && v[1] > 0.1 && v[2] > 0.1 && v[0] < 1e5 && v[1] < 1e5 && v[2] < 1e5))
		return false;
	ca = cos(v[3] * M_PI / 180);
	cb = cos(v[4] * M_PI / 180);
	cg = cos(v[5] * M_PI / 180);
	sg = sin(v[5] * M_PI / 180);
	if (!(sg > 0.01))
		return false;
	cx = v[2] * cb;
	cy = v[2] * (ca - cb * cg) / sg;
	cz2 = v[2] * v[2] - cx * cx - cy * cy;
	if (!(cz2 > 0))
		return false;
	*out = (struct cell){ { { v[0], 0, 0 }, { v[1] * cg, v[1] * sg, 0 }, { cx, cy, sqrt(cz2) } } };
	return true;
}

/* Seen from a little above and to the side. */
static void project(const struct cell *c, double fx, double fy, double fz, double out[3])
{
	double x = fx * c->m[0][0] + fy * c->m[1][0] + fz * c->m[2][0], y = fy * c->m[1][1] + fz * c->m[2][1], z = fz * c->m[2][2];
	const double turn = 0.35, tilt = 0.28;
	double u = x * cos(turn) - y * sin(turn), d = x * sin(turn) + y * cos(turn);

	out[0] = u;
	out[1] = -(z * cos(tilt) + d * sin(tilt));
	out[2] = d * cos(tilt) - z * sin(tilt);		/* how far away */
}

struct atom { double p[3]; char symbol[4]; unsigned colour; };

static int by_depth(const void *a, const void *b)
{
	const struct atom *x = a, *y = b;

	return x->p[2] > y->p[2] ? -1 : x->p[2] < y->p[2];
}

/* Atoms of one element share one of eight colours, in order of appearance; the legend names them. */
static size_t atoms_of(const json_t *sites, const struct cell *c, struct atom *out, size_t most, char seen[8][4], size_t *n_seen)
{
	const json_t *s;
	size_t i, k, n = 0;

	*n_seen = 0;
	json_array_foreach(sites, i, s) {
		const char *symbol = json_string_value(json_array_get(s, 0));

		if (n == most || symbol == NULL || !json_is_number(json_array_get(s, 1)) || !json_is_number(json_array_get(s, 2)) || !json_is_number(json_array_get(s, 3)))
			continue;
		snprintf(out[n].symbol, sizeof(out[n].symbol), "%.3s", symbol);
		for (k = 0; k < *n_seen && strcmp(seen[k], out[n].symbol) != 0; k++)
			;
		if (k == *n_seen && *n_seen < 8)
			memcpy(seen[(*n_seen)++], out[n].symbol, 4);
		out[n].colour = (unsigned)(k < 8 ? k : 7);
		project(c, json_number_value(json_array_get(s, 1)), json_number_value(json_array_get(s, 2)), json_number_value(json_array_get(s, 3)), out[n].p);
		n += isfinite(out[n].p[0]) && isfinite(out[n].p[1]) && fabs(out[n].p[0]) < 1e5 && fabs(out[n].p[1]) < 1e5;
	}
	qsort(out, n, sizeof(*out), by_depth);
	return n;
}

bool fig_crystal(struct page *p, const json_t *crystal)
{
	static const uint8_t edges[12][2] = { { 0, 1 }, { 2, 3 }, { 4, 5 }, { 6, 7 }, { 0, 2 }, { 1, 3 }, { 4, 6 }, { 5, 7 }, { 0, 4 }, { 1, 5 }, { 2, 6 }, { 3, 7 } };
	double corner[8][3], x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, scale, pad = 18;
	struct atom *atoms;
	struct cell c;
	char seen[8][4];
	size_t n, n_seen, i;

	if (!cell_of(json_object_get(crystal, "cell"), &c) || (atoms = calloc(500, sizeof(*atoms))) == NULL)
		return false;
	for (i = 0; i < 8; i++) {
		project(&c, (double)(i & 1), (double)(i >> 1 & 1), (double)(i >> 2 & 1), corner[i]);
		x0 = fmin(x0, corner[i][0]);
		x1 = fmax(x1, corner[i][0]);
		y0 = fmin(y0, corner[i][1]);
		y1 = fmax(y1, corner[i][1]);
	}
	n = atoms_of(json_object_get(crystal, "sites"), &c, atoms, 500, seen, &n_seen);
	for (i = 0; i < n; i++) {
		x0 = fmin(x0, atoms[i].p[0]);
		x1 = fmax(x1, atoms[i].p[0]);
		y0 = fmin(y0, atoms[i].p[1]);
		y1 = fmax(y1, atoms[i].p[1]);
	}
	scale = fmin(300 / (x1 - x0), 260 / (y1 - y0));
	putf(p, "<svg class=\"crystal\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" role=\"img\" aria-label=\"", (x1 - x0) * scale + pad * 2, (y1 - y0) * scale + pad * 2, (x1 - x0) * scale + pad * 2);
	put(p, w(p, "Unit cell of ", "単位胞："));
	put_str(p, json_text(crystal, "formula"));
	putf(p, w(p, " with %zu atoms drawn", "、%zu 原子を表示"), n);
	put(p, "\"><g class=\"edges\">");
	for (i = 0; i < 12; i++)
		putf(p, "<path d=\"M%.1f %.1fL%.1f %.1f\"/>", (corner[edges[i][0]][0] - x0) * scale + pad, (corner[edges[i][0]][1] - y0) * scale + pad,
		    (corner[edges[i][1]][0] - x0) * scale + pad, (corner[edges[i][1]][1] - y0) * scale + pad);
	put(p, "</g>");
	for (i = 0; i < n; i++)
		putf(p, "<circle class=\"e%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", atoms[i].colour, (atoms[i].p[0] - x0) * scale + pad, (atoms[i].p[1] - y0) * scale + pad,
		    n > 150 ? 4.0 : n > 40 ? 6.0 : 9.0);
	put(p, "</svg>");
	if (n_seen) {
		put(p, "<p class=\"legend\">");
		for (i = 0; i < n_seen; i++) {
			putf(p, "<span class=\"e%zu\">", i);
			put_str(p, seen[i]);
			put(p, "</span> ");
		}
		put(p, "</p>");
	}
	free(atoms);
	return true;
}
