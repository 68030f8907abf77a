/*
 * Pictures, volumes, maps and sound of the shared fixtures against what other programs found in them (manifest.json). Where the manifest is
 * not taken at its word, the reason stands beside it.
 */

#include <math.h>
#include <png.h>

#include "base/str.h"
#include "t/unit/indexer/facts.h"

static const char *shared_dir(void)
{
	static char path[4096];
	const char *s = getenv("AZEKURA_SHARED"), *src = getenv("AZEKURA_SRC"), *ci = getenv("CI");

	snprintf(path, sizeof(path), "%s%s", s ? s : src ? src : "..", s ? "/fixtures" : "/../shared/fixtures");
	if (fs_exists(path))
		return path;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("no shared folder at '%s'", path);
	skip();
	return NULL;
}

static json_t *manifest(void)
{
	struct buf b = BUF_INIT((size_t)64 << 20);
	struct err e = ERR_INIT;
	char *path = fs_join(shared_dir(), "manifest.json");
	json_t *j = NULL;

	assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
	assert_st_e(ST_OK, json_load(&j, buf_slice(&b), &e), &e);
	buf_release(&b);
	free(path);
	return j;
}

static json_t *fixture(const char *name)
{
	char *path = fs_join(shared_dir(), name);
	json_t *j = facts_file(path, name);

	free(path);
	return j;
}

/* Borrowed until the next call. */
static json_t *json_sreal(double v)
{
	static json_t *kept;

	json_decref(kept);
	return kept = json_real(v);
}

static unsigned bad;

static void same_number(const char *path, const json_t *ours, const char *at, const json_t *theirs, double within)
{
	const json_t *v = json_at(ours, at);
	double want;

	if (!json_is_number(theirs))
		return;
	want = json_number_value(theirs);
	if (json_is_number(v) && fabs(json_number_value(v) - want) <= within)
		return;
	print_error("%s: %s is %g, the manifest has %g\n", path, at, json_is_number(v) ? json_number_value(v) : (double)NAN, want);
	bad++;
}

static void same_text(const char *path, const json_t *ours, const char *at, const char *want)
{
	const char *s = json_string_value(json_at(ours, at));

	if (want == NULL || (s && strcmp(s, want) == 0))
		return;
	print_error("%s: %s is '%s', the manifest has '%s'\n", path, at, s ? s : "nothing", want);
	bad++;
}

/* Each file of a folder with its facts; returns how many there were. */
static unsigned each(const char *folder, const char *ext, void (*fn)(const char *path, const json_t *ours, const json_t *facts))
{
	json_t *m = manifest(), *file, *ours;
	const char *path;
	unsigned n = 0;
	size_t i;

	bad = 0;
	json_array_foreach(json_object_get(m, "files"), i, file) {
		path = json_text(file, "path");
		if (strncmp(path, folder, strlen(folder)) != 0 || (ext && !slice_ends(slice_str(path), ext)))
			continue;
		ours = fixture(path);
		fn(path, ours, json_object_get(file, "facts"));
		json_decref(ours);
		n++;
	}
	json_decref(m);
	assert_int_equal(bad, 0);
	return n;
}

/* "2008:05:30 15:56:01-07:00" */
static void same_moment(const char *path, const json_t *ours, const char *theirs)
{
	char iso[20];

	if (theirs == NULL || strlen(theirs) < 19)
		return;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.8s", theirs, theirs + 5, theirs + 8, theirs + 11);
	if (strncmp(json_string_value(json_at(ours, "time.start")) ? json_string_value(json_at(ours, "time.start")) : "", iso, 19) != 0) {
		print_error("%s: taken at another time than %s\n", path, iso);
		bad++;
	}
}

static void compare_picture(const char *path, const json_t *ours, const json_t *facts)
{
	same_text(path, ours, "status", "ok");
	same_text(path, ours, "media", json_text(facts, "MIMEType"));
	same_number(path, ours, "image.width", json_object_get(facts, "ImageWidth"), 0);
	same_number(path, ours, "image.height", json_object_get(facts, "ImageHeight"), 0);
	same_number(path, ours, "image.bits", json_object_get(facts, "BitsPerSample"), 0);
	same_number(path, ours, "image.bits", json_object_get(facts, "BitDepth"), 0);
	same_text(path, ours, "instrument.manufacturer", json_text(facts, "Make"));
	same_text(path, ours, "instrument.model", json_text(facts, "Model"));
	same_moment(path, ours, json_text(facts, "DateTimeOriginal"));
	same_number(path, ours, "geo.bbox[0]", json_object_get(facts, "GPSLongitude"), 1e-6);
	same_number(path, ours, "geo.bbox[3]", json_object_get(facts, "GPSLatitude"), 1e-6);
	same_number(path, ours, "geo.altitude", json_object_get(facts, "GPSAltitude"), 1e-6);
	same_text(path, ours, "record.titles[0].value", json_text(facts, "Title"));
	if (json_object_get(facts, "GPSLatitude") && !check(ours, "location")) {
		print_error("%s: nobody is told that it says where it was taken\n", path);
		bad++;
	}
}

static void pictures_are_described(void **state)
{
	(void)state;
	assert_int_equal(each("image/", ".jpg", compare_picture), 6);
	assert_int_equal(each("image/", ".png", compare_picture), 3);
	assert_int_equal(each("image/", ".heif", compare_picture), 1);
}

static void compare_sound(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *seconds = json_object_get(facts, "Duration");

	same_text(path, ours, "status", "ok");
	same_text(path, ours, "media", "audio/wav");
	same_number(path, ours, "audio.bits", json_object_get(facts, "BitsPerSample"), 0);
	same_number(path, ours, "audio.sampleRate", json_object_get(facts, "SampleRate"), 0);
	same_number(path, ours, "audio.channels", json_object_get(facts, "NumChannels"), 0);
	/* The manifest's duration is that of all bytes of the file at its rate, head included: ours is up to 80 bytes shorter. */
	if (seconds && (real(ours, "audio.seconds") > json_number_value(seconds) ||
	    (json_number_value(seconds) - real(ours, "audio.seconds")) * (double)number(facts, "AvgBytesPerSec") > 80)) {
		print_error("%s: %g s, the manifest has %g\n", path, real(ours, "audio.seconds"), json_number_value(seconds));
		bad++;
	}
}

static void sound_is_described(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(each("audio/", ".wav", compare_sound), 5);
	/* RIFX is what the manifest's program cannot read. */
	j = fixture("audio/test-44100Hz-2ch-32bit-float-be.wav");
	assert_int_equal(number(j, "audio.channels"), 2);
	assert_int_equal(number(j, "audio.frames"), 441);
	assert_string_equal(text(j, "audio.codec"), "IEEE float");
	assert_true(fabs(real(j, "variables[0].attributes.peak") - 0.8) < 1e-5);
	assert_int_equal(json_array_size(json_at(j, "plot.series[0].points")), 400);
	json_decref(j);
}

static void thumbnails_are_small_pictures(void **state)
{
	static const char *const names[] = { "image/cell.png", "image/DSCN0010.jpg", "image/Canon_40D.jpg" };
	struct buf png = BUF_INIT((size_t)64 << 10);
	json_t *j, *again;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		j = fixture(names[i]);
		buf_clear(&png);
		assert_st(ST_OK, base64_decode(&png, slice_str(text(j, "thumbnail.data"))));
		again = facts_of("t.png", png.p, png.n, 4096);
		assert_string_equal(text(again, "status"), "ok");
		assert_int_equal(number(again, "image.width"), number(j, "thumbnail.width"));
		assert_true(number(again, "image.width") <= 256 && number(again, "image.height") <= 256);
		/* As wide for its height as the picture, to a pixel. */
		assert_true(fabs((double)number(j, "image.width") / (double)number(j, "image.height") * (double)number(j, "thumbnail.height") -
		    (double)number(j, "thumbnail.width")) <= 2);
		json_decref(again);
		json_decref(j);
	}
	buf_release(&png);
}

/* A picture of ours: 1 2 3 over 4 5 6, to be shown turned clockwise; taken in Tokyo. */
static void a_photograph_is_turned_upright(void **state)
{
	static const uint8_t want[6] = { 4, 1, 5, 2, 6, 3 };
	const char *src = getenv("AZEKURA_SRC");
	char *path = fs_join(src ? src : "..", "t/fuzz/corpus/png/grey8_text_exif");
	struct buf png = BUF_INIT((size_t)64 << 10);
	png_image image = { .version = PNG_IMAGE_VERSION };
	uint8_t got[6];
	json_t *j;

	(void)state;
	if (!fs_exists(path)) {
		free(path);
		skip();
	}
	j = facts_file(path, "a.png");
	assert_int_equal(number(j, "thumbnail.width"), 2);
	assert_int_equal(number(j, "thumbnail.height"), 3);
	assert_st(ST_OK, base64_decode(&png, slice_str(text(j, "thumbnail.data"))));
	assert_true(png_image_begin_read_from_memory(&image, png.p, png.n));
	image.format = PNG_FORMAT_GRAY;
	assert_true(png_image_finish_read(&image, NULL, got, 0, NULL));
	assert_memory_equal(got, want, sizeof(want));
	assert_true(fabs(real(j, "geo.bbox[0]") - (139 + 41.5 / 60)) < 1e-9 && fabs(real(j, "geo.bbox[1]") - (35 + 41 / 60.0 + 22 / 3600.0)) < 1e-9);
	assert_non_null(check(j, "location"));
	assert_string_equal(text(j, "time.start"), "2020-01-02T03:04:05");
	assert_string_equal(text(j, "record.titles[0].value"), "Plum");
	assert_string_equal(text(j, "attributes.Comment"), "hello hello");
	json_decref(j);
	buf_release(&png);
	free(path);
}

static void a_cut_picture_is_told(void **state)
{
	static const char *const names[] = { "image/cell.png", "image/DSCN0010.jpg", "image/samplefilehub.heif", "geo/coutwildrnp.shp", "geo/coutwildrnp.dbf", "geo/corrupt.tif", "dicom/CT_small.dcm", "nifti/anatomical.nii", "nifti/example4d.nii.gz", "audio/test-8000Hz-le-2ch-1byteu.wav" };
	struct buf b = BUF_INIT((size_t)4 << 20);
	struct err e = ERR_INIT;
	char *path;
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = fs_join(shared_dir(), names[i]);
		buf_clear(&b);
		assert_st_e(ST_OK, fs_read_file(path, &b, &e), &e);
		j = facts_of(names[i], b.p, b.n / 2, 65536);
		assert_string_equal(text(j, "status"), "partial");
		assert_non_null(strstr(text(j, "reason"), "cut off"));
		json_decref(j);
		free(path);
	}
	buf_release(&b);
}

/* ---- TIFF and maps ---- */

static void compare_place(const char *path, const json_t *ours, const json_t *gdal)
{
	const json_t *ring = json_at(gdal, "wgs84_extent[0]"), *point, *t = json_object_get(gdal, "geotransform"), *v;
	double w = INFINITY, s = INFINITY, e = -INFINITY, n = -INFINITY;
	char at[40];
	size_t i;

	json_array_foreach(t, i, v) {
		snprintf(at, sizeof(at), "geo.transform[%zu]", i);
		same_number(path, ours, at, v, 1e-9 * fabs(json_number_value(v)) + 1e-9);
	}
	if (json_is_integer(json_object_get(gdal, "epsg"))) {
		snprintf(at, sizeof(at), "EPSG:%lld", (long long)json_integer_value(json_object_get(gdal, "epsg")));
		same_text(path, ours, "geo.crs", at);
	}
	same_text(path, ours, "geo.crsName", json_text(gdal, "crs_name"));
	/* Its datum is "not specified": GDAL takes it for WGS 84, we leave it at coordinates. */
	if (ring == NULL || strcmp(path, "geo/rgb-byte-tenth.tif") == 0)
		return;
	json_array_foreach(ring, i, point) {
		w = fmin(w, json_number_value(json_array_get(point, 0))), e = fmax(e, json_number_value(json_array_get(point, 0)));
		s = fmin(s, json_number_value(json_array_get(point, 1))), n = fmax(n, json_number_value(json_array_get(point, 1)));
	}
	/* Edges bend between the corners, which are all that the manifest has: ours may be a little larger, but not smaller. */
	same_number(path, ours, "geo.bbox[0]", json_sreal(w), 1e-3);
	same_number(path, ours, "geo.bbox[1]", json_sreal(s), 1e-3);
	same_number(path, ours, "geo.bbox[2]", json_sreal(e), 1e-3);
	same_number(path, ours, "geo.bbox[3]", json_sreal(n), 1e-3);
	if (real(ours, "geo.bbox[0]") > w + 1e-7 || real(ours, "geo.bbox[1]") > s + 1e-7 || real(ours, "geo.bbox[2]") < e - 1e-7 ||
	    real(ours, "geo.bbox[3]") < n - 1e-7) {
		print_error("%s: the box does not hold its corners\n", path);
		bad++;
	}
}

static void compare_tiff(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *gdal = json_object_get(facts, "gdal"), *bands = json_object_get(gdal, "bands");
	const char *type = json_text(json_array_get(bands, 0), "type");
	char dtype[20];

	/* Three quarters of its pixels are there. */
	same_text(path, ours, "status", strcmp(path, "geo/corrupt.tif") == 0 ? "partial" : "ok");
	same_text(path, ours, "media", "image/tiff");
	same_number(path, ours, "image.width", json_object_get(facts, "ImageWidth"), 0);
	same_number(path, ours, "image.height", json_object_get(facts, "ImageHeight"), 0);
	same_number(path, ours, "image.bits", json_object_get(facts, "BitsPerSample"), 0);
	/* The manifest counted a word that tiffinfo prints twice a page. */
	if (number(ours, "image.pages") * 2 != json_integer_value(json_object_get(facts, "pages"))) {
		print_error("%s: %lld pages\n", path, number(ours, "image.pages"));
		bad++;
	}
	/* The description of an OME-TIFF counts channels, which lie on pages of their own. */
	if (strcmp(path, "image/ome.tiff") != 0 && (long long)json_array_size(bands) != number(ours, "image.channels")) {
		print_error("%s: %lld channels\n", path, number(ours, "image.channels"));
		bad++;
	}
	if (json_object_get(ours, "geo") && strcmp(type, "Byte") != 0) {
		snprintf(dtype, sizeof(dtype), "%c%s", type[0] | 32, type + 1);
		same_text(path, ours, "variables[0].dtype", dtype);
	}
	same_number(path, ours, "variables[0].attributes.nodata", json_object_get(json_array_get(bands, 0), "nodata"), 0);
	compare_place(path, ours, gdal);
	if (!json_object_get(ours, "thumbnail")) {
		print_error("%s: no thumbnail\n", path);
		bad++;
	}
}

static void tiff_is_described_and_placed(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(each("image/", ".tif", compare_tiff), 3);
	assert_int_equal(each("image/", ".tiff", compare_tiff), 3);
	assert_int_equal(each("geo/", ".tif", compare_tiff), 7);
	j = fixture("geo/float_nan.tif");
	assert_int_equal(number(j, "variables[0].missing"), 1);
	assert_int_equal(number(j, "variables[0].count"), 5);
	json_decref(j);
}

static void compare_ome(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *first = json_object_get(facts, "Pixels_first"), *v, *d;
	const char *unit = json_text(first, "PhysicalSizeXUnit");
	size_t i, channels = 0, k;
	char axis[8];

	same_text(path, ours, "status", "ok");
	assert_int_equal(json_array_size(json_object_get(ours, "variables")), json_integer_value(json_object_get(facts, "count_Image")));
	json_array_foreach(json_object_get(ours, "variables"), i, v)
		channels += json_array_size(json_at(v, "attributes.channels"));
	assert_int_equal(channels, json_integer_value(json_object_get(facts, "count_Channel")));
	json_array_foreach(json_at(ours, "variables[0].dimensions"), k, d) {
		snprintf(axis, sizeof(axis), "Size%s", json_string_value(d));
		assert_int_equal(json_integer_value(json_array_get(json_at(ours, "variables[0].shape"), k)), strtol(json_text(first, axis), NULL, 10));
	}
	same_text(path, ours, "variables[0].dtype", json_text(first, "Type"));
	if (json_text(first, "PhysicalSizeX")) {
		same_number(path, ours, "image.pixelSize.x", json_sreal(strtod(json_text(first, "PhysicalSizeX"), NULL)), 1e-12);
		same_text(path, ours, "image.pixelSize.unit", unit);
	}
}

static void microscopy_is_described(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(each("image/", ".ome.xml", compare_ome), 4);
	j = fixture("image/bad.ome.xml");
	assert_non_null(check(j, "inconsistent"));
	json_decref(j);
}

/* ---- medicine ---- */

static bool says(const json_t *ours, const char *word)
{
	struct buf b = BUF_INIT((size_t)8 << 20);
	json_t *copy = json_deep_copy(ours);
	bool found;

	json_object_del(copy, "thumbnail");
	assert_st(ST_OK, json_dump(&b, copy, false));
	found = memmem(b.p, b.n, word, strlen(word)) != NULL;
	buf_release(&b);
	json_decref(copy);
	return found;
}

static bool hinted(const json_t *ours, const char *where)
{
	const json_t *hint;
	size_t i;

	json_array_foreach(json_object_get(ours, "personal"), i, hint)
		if (strcmp(json_text(hint, "where"), where) == 0)
			return true;
	return false;
}

static void compare_dicom(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *v, *frames = json_object_get(facts, "NumberOfFrames");
	const char *name = json_text(facts, "PatientName"), *id = json_text(facts, "PatientID"), *maker = json_text(facts, "Manufacturer");
	size_t i;

	same_text(path, ours, "status", strstr(path, "truncated") ? "partial" : "ok");
	same_text(path, ours, "attributes.TransferSyntax", json_text(facts, "TransferSyntax"));
	same_text(path, ours, "attributes.Modality", json_text(facts, "Modality"));
	same_text(path, ours, "attributes.SOPClass", json_text(facts, "SOPClass"));
	same_text(path, ours, "image.photometric", json_text(facts, "PhotometricInterpretation"));
	same_number(path, ours, "image.height", json_object_get(facts, "Rows"), 0);
	same_number(path, ours, "image.width", json_object_get(facts, "Columns"), 0);
	same_number(path, ours, "image.bits", json_object_get(facts, "BitsAllocated"), 0);
	same_number(path, ours, "image.frames", json_is_integer(frames) ? frames : NULL, 0);
	if (maker && maker[0])
		same_text(path, ours, "instrument.manufacturer", maker);
	if (json_text(facts, "StudyDate") && json_text(facts, "StudyDate")[0])
		same_text(path, ours, "attributes.StudyDate", json_text(facts, "StudyDate"));
	/* Who it is stays in the file. */
	json_array_foreach(json_object_get(facts, "personal_data_elements_present"), i, v)
		if (!hinted(ours, json_string_value(v)) || !check(ours, "patient-data")) {
			print_error("%s: nobody is told of its %s\n", path, json_string_value(v));
			bad++;
		}
	if ((name && name[0] && says(ours, name)) || (id && id[0] && says(ours, id))) {
		print_error("%s: the facts tell who the patient is\n", path);
		bad++;
	}
}

static void medical_images_are_described_without_names(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(each("dicom/", ".dcm", compare_dicom), 9);
	j = fixture("dicom/badVR.dcm");		/* "1A" frames */
	assert_non_null(check(j, "bad-value"));
	json_decref(j);
	j = fixture("dicom/CT_small.dcm");
	assert_int_equal(number(j, "thumbnail.width"), 128);
	assert_true(json_is_array(json_at(j, "thumbnail.stretched")));
	json_decref(j);
}

/* Explicit little-endian elements behind a preamble and a meta group. */
static size_t dicom_file(char *out, const char *elements, size_t n)
{
	static const char meta[] = "\2\0\x10\0UI\x14\0" "1.2.840.10008.1.2.1\0";

	memset(out, 0, 128);
	memcpy(out + 128, "DICM", 4);
	memcpy(out + 132, meta, sizeof(meta) - 1);
	memcpy(out + 132 + sizeof(meta) - 1, elements, n);
	return 132 + sizeof(meta) - 1 + n;
}

static void japanese_in_medical_images_is_read(void **state)
{
	/* ISO 2022 IR 13 and 87: half-width katakana, then JIS X 0208 behind an escape. */
	static const char words[] = "\x08\0\x05\0CS\x1e\0ISO 2022 IR 13\\ISO 2022 IR 87 " "\x08\0\x30\x10LO\x04\0\xd4\xcf\xc0\xde"
	    "\x08\0\x3e\x10LO\x0a\0\x1b$B;3ED\x1b(B" "\x10\0\x10\0PN\x06\0Yamada";
	char file[400];
	json_t *j = facts_of("a.dcm", file, dicom_file(file, words, sizeof(words) - 1), 4096);

	(void)state;
	assert_string_equal(text(j, "status"), "ok");
	assert_string_equal(text(j, "attributes.StudyDescription"), "\xef\xbe\x94\xef\xbe\x8f\xef\xbe\x80\xef\xbe\x9e");
	assert_string_equal(text(j, "attributes.SeriesDescription"), "\xe5\xb1\xb1\xe7\x94\xb0");
	assert_true(hinted(j, "PatientName"));
	assert_false(says(j, "Yamada"));
	json_decref(j);
}

static void a_name_in_a_description_is_left_out(void **state)
{
	static const char words[] = "\x08\0\x30\x10LO\x12\0Knee of mr yamada." "\x08\0\x3e\x10LO\x04\0Knee" "\x10\0\x10\0PN\x0c\0Yamada^Taro " "\x10\0\x20\0LO\x06\0P12345";
	char file[400];
	json_t *j = facts_of("a.dcm", file, dicom_file(file, words, sizeof(words) - 1), 4096);

	(void)state;
	assert_string_equal(text(j, "status"), "ok");
	assert_null(json_at(j, "attributes.StudyDescription"));
	assert_string_equal(text(j, "attributes.SeriesDescription"), "Knee");
	assert_false(says(j, "yamada") || says(j, "Yamada") || says(j, "P12345"));
	json_decref(j);
}

static void compare_volume(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *v;
	const char *type = json_text(facts, "type");
	char at[60];
	size_t i;

	same_text(path, ours, "status", "ok");
	assert_int_equal(json_array_size(json_at(ours, "variables[0].shape")), json_array_size(json_object_get(facts, "shape")));
	json_array_foreach(json_object_get(facts, "shape"), i, v) {
		snprintf(at, sizeof(at), "variables[0].shape[%zu]", i);
		same_number(path, ours, at, v, 0);
	}
	json_array_foreach(json_object_get(facts, "zooms"), i, v) {
		snprintf(at, sizeof(at), "variables[0].attributes.pixdim[%zu]", i);
		same_number(path, ours, at, v, 2e-6);	/* the files have 2.199999, which the manifest rounds */
	}
	same_text(path, ours, "variables[0].dtype", strcmp(type, ">i2") == 0 ? "int16" : type);
	same_text(path, ours, "variables[0].attributes.byteOrder", type[0] == '>' ? "big" : "little");
	same_text(path, ours, "variables[0].attributes.spaceUnit", json_string_value(json_at(facts, "units[0]")));
	same_text(path, ours, "variables[0].attributes.timeUnit", "s");
}

static void brain_volumes_are_described(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(each("nifti/", NULL, compare_volume), 3);
	j = fixture("nifti/anatomical.nii");
	assert_int_equal(number(j, "variables[0].count"), 33 * 41 * 25);
	assert_int_equal(number(j, "thumbnail.width"), 33);
	json_decref(j);
}

/* ---- maps in vectors ---- */

/* OGR's words: "Multi Polygon"; a type that its driver has no word for is mixed. */
static void same_geometry(const char *path, const json_t *ours, const char *theirs)
{
	char name[40];
	size_t n = 0;

	for (; theirs && *theirs && n < sizeof(name) - 1; theirs++)
		if (*theirs != ' ')
			name[n++] = *theirs;
	name[n] = '\0';
	same_text(path, ours, "geo.geometry", name);
}

static const json_t *column_called(const json_t *columns, const char *name)
{
	const json_t *c;
	size_t i;

	json_array_foreach(columns, i, c)
		if (strcmp(json_text(c, "name"), name) == 0)
			return c;
	return NULL;
}

/* A column without values, or one whose numbers are all whole, is told as such whatever the file declares. */
static bool type_fits(const char *ours, const char *theirs)
{
	if (strcmp(ours, "empty") == 0)
		return true;
	if (strcmp(theirs, "String") == 0)
		return strcmp(ours, "string") == 0;
	if (strcmp(theirs, "Real") == 0)
		return strcmp(ours, "number") == 0 || strcmp(ours, "integer") == 0;
	return strncmp(theirs, "Integer", 7) != 0 || strcmp(ours, "integer") == 0;
}

static void same_fields(const char *path, const json_t *ours, const json_t *fields)
{
	const json_t *columns = json_at(ours, "tables[0].columns"), *field, *c;
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *name = json_string_value(json_array_get(field, 0)), *type = json_string_value(json_array_get(field, 1));

		if ((c = column_called(columns, name)) != NULL && type_fits(json_text(c, "type"), type))
			continue;
		print_error("%s: column %s is %s, the manifest has %s\n", path, name, c ? json_text(c, "type") : "not there", type);
		bad++;
	}
}

/* ${at}: "bbox" or "extent". */
static void same_extent(const char *path, const json_t *ours, const char *at, const json_t *theirs)
{
	const json_t *v;
	char where[40];
	size_t i;

	json_array_foreach(theirs, i, v) {
		snprintf(where, sizeof(where), "geo.%s[%zu]", at, i);
		same_number(path, ours, where, v, 1e-6);	/* six digits in the manifest */
	}
}

static void compare_vector(const char *path, const json_t *ours, const json_t *facts)
{
	const json_t *layer = json_at(facts, "ogr.layers[0]");
	bool shape = slice_ends(slice_str(path), ".shp");

	same_text(path, ours, "status", "ok");
	same_number(path, ours, "geo.features", json_object_get(layer, "features"), 0);
	same_geometry(path, ours, json_text(layer, "geometry"));
	same_extent(path, ours, shape ? "extent" : "bbox", json_object_get(layer, "extent"));
	/* Of a shapefile the system and the table are in files of their own. */
	if (!shape) {
		same_text(path, ours, "geo.crsName", json_text(layer, "crs"));
		same_fields(path, ours, json_object_get(layer, "fields"));
	}
}

static void vector_maps_are_described(void **state)
{
	json_t *m = manifest(), *file, *j;
	const char *path;
	size_t i;

	(void)state;
	assert_int_equal(each("geo/", ".geojson", compare_vector) + each("tabular/", ".geojson", compare_vector), 2);
	assert_int_equal(each("geo/", ".shp", compare_vector), 2);
	assert_int_equal(each("generated/", ".gpkg", compare_vector), 1);
	/* The fields that OGR tells of a shapefile are those of its table. */
	bad = 0;
	json_array_foreach(json_object_get(m, "files"), i, file) {
		char dbf[200];

		path = json_text(file, "path");
		if (strncmp(path, "geo/", 4) != 0 || !slice_ends(slice_str(path), ".shp"))
			continue;
		snprintf(dbf, sizeof(dbf), "%.*s.dbf", (int)strlen(path) - 4, path);
		j = fixture(dbf);
		same_fields(dbf, j, json_at(file, "facts.ogr.layers[0].fields"));
		same_number(dbf, j, "tables[0].rows", json_at(file, "facts.ogr.layers[0].features"), 0);
		json_decref(j);
		snprintf(dbf, sizeof(dbf), "%.*s.prj", (int)strlen(path) - 4, path);
		j = fixture(dbf);
		same_text(dbf, j, "geo.crsName", json_string_value(json_at(file, "facts.ogr.layers[0].crs")));
		same_text(dbf, j, "geo.crs", "EPSG:4326");
		json_decref(j);
		snprintf(dbf, sizeof(dbf), "%.*s.shx", (int)strlen(path) - 4, path);
		j = fixture(dbf);
		same_number(dbf, j, "attributes.records", json_at(file, "facts.ogr.layers[0].features"), 0);
		same_number(dbf, j, "attributes.bytesOfShapes", json_object_get(file, "bytes"), 0);
		json_decref(j);
	}
	assert_int_equal(bad, 0);
	json_decref(m);
}

static void tracks_are_described(void **state)
{
	json_t *m = manifest(), *file, *j = fixture("geo/test_gpx.gpx");
	size_t i;

	(void)state;
	bad = 0;
	json_array_foreach(json_object_get(m, "files"), i, file)
		if (strcmp(json_text(file, "path"), "geo/test_gpx.gpx") == 0) {
			same_number("gpx", j, "geo.features", json_at(file, "facts.ogr.layers[2].features"), 0);
			same_extent("gpx", j, "bbox", json_at(file, "facts.ogr.layers[2].extent"));
			same_geometry("gpx", j, json_string_value(json_at(file, "facts.ogr.layers[2].geometry")));
		}
	assert_int_equal(bad, 0);
	assert_true(hinted(j, "GPX track"));
	json_decref(j);
	json_decref(m);
}

static void small_maps_are_read(void **state)
{
	json_t *j;

	(void)state;
	j = facts_str("a.kml", "<kml xmlns='http://www.opengis.net/kml/2.2'><Document><name>Ume</name><Placemark><name>a</name><ExtendedData><Data name='h'><value>3</value>"
	    "</Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>139,35 140,35,1 140,36 139,35</coordinates></LinearRing></outerBoundaryIs></Polygon>"
	    "</Placemark></Document></kml>");
	assert_string_equal(text(j, "geo.geometry"), "Polygon");
	assert_true(real(j, "geo.bbox[0]") == 139 && real(j, "geo.bbox[3]") == 36);
	assert_string_equal(text(j, "tables[0].columns[1].name"), "h");
	json_decref(j);
	/* EPSG:4326 as a URN has latitude first. */
	j = facts_str("a.gml", "<g:FeatureCollection xmlns:g='http://www.opengis.net/gml'><g:featureMember><t><p><g:Point srsName='urn:ogc:def:crs:EPSG::4326'>"
	    "<g:pos>35 139</g:pos></g:Point></p></t></g:featureMember></g:FeatureCollection>");
	assert_true(real(j, "geo.bbox[0]") == 139 && real(j, "geo.bbox[1]") == 35);
	assert_int_equal(number(j, "geo.features"), 1);
	json_decref(j);
	j = facts_str("a.kml", "<!DOCTYPE kml [<!ENTITY a 'b'>]><kml>&a;</kml>");
	assert_string_equal(text(j, "status"), "unreadable");
	json_decref(j);
	j = facts_str("a.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{\"a\":1},\"geometry\":{\"type\":\"Point\","
	    "\"coordinates\":[1,2]}},{\"type\":\"Feat");
	assert_string_equal(text(j, "status"), "partial");
	assert_int_equal(number(j, "geo.features"), 1);
	json_decref(j);
	/* Metres where degrees should be. */
	j = facts_str("a.geojson", "{\"type\":\"Point\",\"coordinates\":[500000,4000000]}");
	assert_null(json_at(j, "geo.bbox"));
	assert_non_null(check(j, "not-degrees"));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_maps_are_described),
		cmocka_unit_test(tracks_are_described),
		cmocka_unit_test(small_maps_are_read),
		cmocka_unit_test(medical_images_are_described_without_names),
		cmocka_unit_test(japanese_in_medical_images_is_read),
		cmocka_unit_test(a_name_in_a_description_is_left_out),
		cmocka_unit_test(brain_volumes_are_described),
		cmocka_unit_test(tiff_is_described_and_placed),
		cmocka_unit_test(microscopy_is_described),
		cmocka_unit_test(pictures_are_described),
		cmocka_unit_test(sound_is_described),
		cmocka_unit_test(thumbnails_are_small_pictures),
		cmocka_unit_test(a_photograph_is_turned_upright),
		cmocka_unit_test(a_cut_picture_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
