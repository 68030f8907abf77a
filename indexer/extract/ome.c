/* OME-XML, alone or in the description of a TIFF. Elements are known by their local names: the namespace changes with each edition. */

#include "indexer/extract/ome.h"

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/extract_int.h"
#include "indexer/extract/image.h"
#include "indexer/extract/xml_tree.h"

#define CHANNELS_MOST	500u
#define IMAGES_MOST	5000u

struct ome { struct fact *f; bool first; uint64_t images, channels; struct slice start, end; };

static double number_of(struct slice s)
{
	char text[64], *end;
	double v;

	if (s.n == 0 || s.n >= sizeof(text))
		return NAN;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	v = strtod(text, &end);
	return *end == '\0' ? v : (double)NAN;
}

static int64_t size_of(const struct xn *n, const char *attr)
{
	uint64_t v;

	return slice_u64(xn_attr(n, attr), INT64_MAX / 2, &v) ? (int64_t)v : 0;
}

static void put_pixel_size(struct ome *o, const struct xn *pixels)
{
	static const char *const attr[] = { "PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ" }, *const key[] = { "x", "y", "z" };
	struct slice unit = xn_attr(pixels, "PhysicalSizeXUnit");
	json_t *j = NULL;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (number_of(xn_attr(pixels, attr[i])) > 0) {
			if (j == NULL && (j = json_object()) == NULL)
				return;
			fact_put_real(o->f, j, key[i], number_of(xn_attr(pixels, attr[i])));
		}
	if (j == NULL)
		return;
	fact_put_text(o->f, j, "unit", unit.n ? unit : slice_str("\xC2\xB5m"));	/* the schema's default */
	fact_put(o->f, fact_object(o->f, "image"), "pixelSize", j);
}

/* SizeX ... in the order in which planes follow each other, slowest first. */
static void put_shape(struct ome *o, json_t *v, const struct xn *pixels)
{
	struct slice order = xn_attr(pixels, "DimensionOrder");
	json_t *names = json_array(), *shape = json_array();
	char attr[8] = "SizeX", name[2] = "";
	size_t i;

	if (order.n != 5)
		order = slice_str("XYZCT");
	for (i = 5; i-- > 0 && names && shape;) {
		attr[4] = name[0] = order.p[i];
		if ((uint8_t)name[0] >= 0x80)
			continue;
		json_array_append_new(names, json_string(name));
		json_array_append_new(shape, json_integer(size_of(pixels, attr)));
	}
	fact_put(o->f, v, "dimensions", names);
	fact_put(o->f, v, "shape", shape);
}

static uint64_t put_channels(struct ome *o, json_t *attrs, const struct xn *pixels)
{
	struct xn *c;
	json_t *names = json_array();
	uint64_t n = 0;

	for (c = xn_child(pixels, "Channel"); c; c = xn_next(c), n++) {
		struct slice name = xn_attr(c, "Name");

		if (n < CHANNELS_MOST && names)
			json_array_append_new(names, fact_text(name.n ? name : xn_attr(c, "ID"), 200));
		if (n < CHANNELS_MOST && xn_attr(c, "EmissionWavelength").n && n == 0)
			fact_put_text(o->f, attrs, "EmissionWavelength", xn_attr(c, "EmissionWavelength"));
	}
	fact_put(o->f, attrs, "channels", names);
	return n;
}

static void put_pixels(struct ome *o, const struct xn *image, const struct xn *pixels)
{
	struct slice type = xn_attr(pixels, "Type").n ? xn_attr(pixels, "Type") : xn_attr(pixels, "PixelType"), name = xn_attr(image, "Name");
	json_t *v = fact_variable(o->f, name.n ? name : xn_attr(image, "ID")), *attrs = json_object();
	struct xn *c;
	int64_t samples = 0, per;
	uint64_t n;

	if (v == NULL || attrs == NULL) {
		json_decref(attrs);
		return;
	}
	fact_put(o->f, v, "type", json_string(slice_eq_str(type, "float") || slice_eq_str(type, "double") ? "number" :
	    slice_starts(type, "complex") || slice_starts(type, "double-") ? "complex" : "integer"));
	fact_put_text(o->f, v, "dtype", type);
	fact_put(o->f, v, "role", json_string("data"));
	put_shape(o, v, pixels);
	n = put_channels(o, attrs, pixels);
	o->channels += n;
	fact_put(o->f, v, "attributes", attrs);
	for (c = xn_child(pixels, "Channel"); c; c = xn_next(c)) {
		per = size_of(c, "SamplesPerPixel");
		samples += per > 0 && per < 1000000 ? per : 1;
	}
	if (n && samples != size_of(pixels, "SizeC"))
		fact_check(o->f, "inconsistent", true, "image %llu says %lld channels and describes %lld", (unsigned long long)o->images + 1,
		    (long long)size_of(pixels, "SizeC"), (long long)samples);
}

static void put_first(struct ome *o, const struct xn *pixels)
{
	json_t *j = fact_object(o->f, "image");

	if (json_object_get(j, "width") == NULL) {
		fact_put_int(o->f, j, "width", size_of(pixels, "SizeX"));
		fact_put_int(o->f, j, "height", size_of(pixels, "SizeY"));
	}
	fact_put_int(o->f, j, "channels", size_of(pixels, "SizeC"));
	fact_put_int(o->f, j, "slices", size_of(pixels, "SizeZ"));
	fact_put_int(o->f, j, "frames", size_of(pixels, "SizeT"));
	put_pixel_size(o, pixels);
}

/* Elements since 2008, an attribute before. ISO 8601 in both. */
static void take_time(struct ome *o, const struct xn *image)
{
	struct slice t = xn_text(image, "AcquisitionDate");

	if (t.n == 0)
		t = xn_text(image, "AcquiredDate");
	if (t.n == 0)
		t = xn_text(image, "CreationDate");
	if (t.n < 10 || t.n > 40 || t.p[4] != '-' || t.p[7] != '-')
		return;
	if (o->start.n == 0 || slice_cmp(t, o->start) < 0)
		o->start = t;
	if (o->end.n == 0 || slice_cmp(t, o->end) > 0)
		o->end = t;
}

static void put_instrument(struct ome *o, const struct xn *root)
{
	static const char *const parts[] = { "Microscope", "Detector", "Objective" };
	struct xn *instrument = xn_child(root, "Instrument"), *n;
	struct slice make, model;
	size_t i;
	json_t *j;

	if (instrument == NULL)
		return;
	for (i = 0; i < 3; i++) {
		if ((n = xn_child(instrument, parts[i])) == NULL)
			continue;
		make = xn_attr(n, "Manufacturer");
		model = xn_attr(n, "Model");
		if (make.n == 0 && model.n == 0)
			continue;
		j = fact_object(o->f, "instrument");
		fact_put_text(o->f, j, "manufacturer", make);
		fact_put_text(o->f, j, "model", model);
		fact_put_text(o->f, j, "name", model.n ? model : make);
		fact_put_text(o->f, j, "serial", xn_attr(n, "SerialNumber"));
		return;
	}
}

static void put_people(struct ome *o, const struct xn *root)
{
	struct buf name = BUF_INIT(500);
	struct slice family, given;
	struct xn *n;
	unsigned count = 0, mail = 0;

	for (n = xn_child(root, "Experimenter"); n && count < 50; n = xn_next(n)) {
		family = xn_attr(n, "LastName").n ? xn_attr(n, "LastName") : xn_text(n, "LastName");
		given = xn_attr(n, "FirstName").n ? xn_attr(n, "FirstName") : xn_text(n, "FirstName");
		mail += xn_attr(n, "Email").n != 0 || xn_text(n, "Email").n != 0;
		if (family.n == 0)
			continue;
		buf_clear(&name);
		buf_addsl(&name, family);
		if (given.n) {
			buf_adds(&name, ", ");
			buf_addsl(&name, given);
		}
		if (name.st == ST_OK) {
			image_propose(o->f, "creators", json_pack("{s:s,s:[{s:o}]}", "nameType", "Personal", "names", "value", fact_text(buf_slice(&name), 500)),
			    "OME Experimenter");
			count++;
		}
	}
	buf_release(&name);
	if (mail)
		json_push(fact_array(o->f, "personal"), json_pack("{s:s,s:s,s:i}", "kind", "email", "where", "OME Experimenter", "count", (int)mail));
}

static void read_root(struct ome *o, const struct xn *root)
{
	struct xn *image, *pixels;

	for (image = xn_child(root, "Image"); image && o->images < IMAGES_MOST; image = xn_next(image), o->images++) {
		take_time(o, image);
		if ((pixels = xn_child(image, "Pixels")) == NULL)
			continue;
		put_pixels(o, image, pixels);
		if (!o->first)
			put_first(o, pixels);
		o->first = true;
	}
	if (o->images > 1)
		fact_put_int(o->f, fact_object(o->f, "image"), "images", (int64_t)o->images);
	if (o->start.n) {
		fact_put_text(o->f, fact_object(o->f, "time"), "start", o->start);
		fact_put_text(o->f, fact_object(o->f, "time"), "end", o->end);
	}
	fact_put_text(o->f, fact_object(o->f, "attributes"), "Creator", xn_attr(root, "Creator"));
	put_instrument(o, root);
	put_people(o, root);
}

bool ome_read(struct fact *f, struct slice xml)
{
	struct ome o = { .f = f };
	struct arena *a = arena_new(0);
	struct xn *root = NULL;
	struct err e = ERR_INIT;
	bool is = false;

	while (xml.n && (uint8_t)xml.p[xml.n - 1] <= ' ')
		xml.n--;
	if (a == NULL)
		return false;
	if (xml_tree(&root, a, xml, &e) != ST_OK) {
		fact_partial(f, "the OME-XML cannot be read: %s", e.text);
	} else if ((is = strcmp(root->name, "OME") == 0))
		read_root(&o, root);
	arena_free(a);
	return is;
}

/* ---- a file of its own ---- */

static int ome_bid(const struct head *h)
{
	size_t n = h->n < 4096 ? h->n : 4096;

	if (h->magic || h->text.n == 0 || memmem(h->p, n, "<OME", 4) == NULL)
		return 0;
	return memmem(h->p, n, "openmicroscopy.org/", 19) || memmem(h->p, n, "<OME>", 5) ? 85 : 0;
}

static st_t ome_facts(struct fact *f, const struct head *h, struct source *src)
{
	struct buf b = BUF_INIT(XML_TREE_MAX + 1);
	size_t got = 0;
	st_t st;

	(void)h;
	fact_media(f, "application/xml");
	fact_format(f, "OME-XML", NULL, NULL);
	if (src->size > XML_TREE_MAX) {
		fact_unreadable(f, "longer than %zu bytes", XML_TREE_MAX);
		return ST_OK;
	}
	if ((st = buf_reserve(&b, (size_t)src->size + 1)) == ST_OK && (st = source_read(src, 0, b.p, (size_t)src->size, &got, NULL)) == ST_OK)
		if (!ome_read(f, slice_of(b.p, got))) {
			fact_unreadable(f, "no OME-XML that can be read");
		}
	buf_release(&b);
	return st == ST_NOMEM ? st : ST_OK;
}

const struct extractor ex_ome = { .name = "ome", .version = 1, .bid = ome_bid, .read = ome_facts };
