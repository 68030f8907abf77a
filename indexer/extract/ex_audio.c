/*
 * Sound: WAV (RIFF, RIFX, RF64), AIFF, FLAC, MP3 and Ogg by their headers; of PCM also the loudest value, the root mean square and an envelope to
 * draw, from at most SAMPLED bytes.
 */

#include <math.h>
#include <stdlib.h>

#include "indexer/extract/bytes_int.h"
#include "indexer/extract/extract_int.h"

#define SAMPLED		((uint64_t)32 << 20)	/* bytes of PCM that are read; longer ones in pieces spread over the length */
#define PIECE		((size_t)64 << 10)
#define POINTS		400u
#define CHUNKS_MOST	10000u

struct sound {
	struct fact *f;
	struct source *src;
	unsigned channels, bits, container;	/* bits stored in ${container} bytes */
	double rate;
	uint64_t frames;
	double seconds;
	const char *codec;
	uint64_t data, bytes;		/* PCM; 0: none */
	bool big, is_float, offset;	/* offset: 8-bit values have 128 as zero */
};

static int audio_bid(const struct head *h)
{
	const uint8_t *p = h->p;

	if (h->n < 12)
		return 0;
	if ((memcmp(p, "RIFF", 4) == 0 || memcmp(p, "RIFX", 4) == 0 || memcmp(p, "RF64", 4) == 0) && memcmp(p + 8, "WAVE", 4) == 0)
		return 95;
	if (memcmp(p, "FORM", 4) == 0 && (memcmp(p + 8, "AIFF", 4) == 0 || memcmp(p + 8, "AIFC", 4) == 0))
		return 95;
	if (memcmp(p, "fLaC", 4) == 0 || memcmp(p, "OggS", 4) == 0)
		return 95;
	if (memcmp(p, "ID3", 3) == 0 && p[3] < 0xFF)
		return 85;
	/* MPEG audio has no mark but 11 bits: ask for two frames' worth of sense. */
	return p[0] == 0xFF && (p[1] & 0xE0) == 0xE0 && (p[1] & 0x06) != 0 && (p[1] & 0x18) != 0x08 && (p[2] & 0xF0) != 0xF0 && (p[2] & 0x0C) != 0x0C &&
	    (p[2] & 0xF0) != 0 && h->magic && strcmp(h->magic, "image/jpeg") != 0 ? 70 : 0;
}

static void put(struct sound *x)
{
	json_t *j = fact_object(x->f, "audio");

	if (x->seconds <= 0 && x->rate > 0)
		x->seconds = (double)x->frames / x->rate;
	if (x->channels)
		fact_put_int(x->f, j, "channels", x->channels);
	if (x->rate > 0) {
		if (x->rate == floor(x->rate))
			fact_put_int(x->f, j, "sampleRate", (int64_t)x->rate);
		else
			fact_put_real(x->f, j, "sampleRate", x->rate);
	}
	if (x->bits)
		fact_put_int(x->f, j, "bits", x->bits);
	fact_put_real(x->f, j, "seconds", x->seconds);
	if (x->frames)
		fact_put_int(x->f, j, "frames", (int64_t)x->frames);
	if (x->codec)
		fact_put(x->f, j, "codec", json_string(x->codec));
}

/* ---- PCM ---- */

struct level { double low[POINTS], high[POINTS], sum2; float peak; uint64_t n, seen; unsigned points; };

/* One value between -1 and 1. */
static double value(const struct sound *x, const uint8_t *p)
{
	switch (x->container) {
	case 1: return x->offset ? (p[0] - 128) / 128.0 : (int8_t)p[0] / 128.0;
	case 2: return (int16_t)get16(p, x->big) / 32768.0;
	case 3: return (int32_t)((uint32_t)(x->big ? p[0] : p[2]) << 24 | (uint32_t)p[1] << 16 | (uint32_t)(x->big ? p[2] : p[0]) << 8) / 2147483648.0;
	case 4: return x->is_float ? (double)get_float(p, x->big) : (int32_t)get32(p, x->big) / 2147483648.0;
	default: return get_double(p, x->big);
	}
}

static void level_piece(const struct sound *x, struct level *l, const uint8_t *p, size_t frames, uint64_t first)
{
	uint64_t all = x->frames ? x->frames : 1;
	unsigned c;
	size_t i, b;
	double v;

	for (i = 0; i < frames; i++) {
		b = (size_t)((double)(first + i) / (double)all * l->points);
		for (c = 0; c < x->channels; c++, p += x->container) {
			v = value(x, p);
			if (!isfinite(v))
				continue;
			l->sum2 += v * v;
			l->n++;
			if (fabs(v) > (double)l->peak)
				l->peak = (float)fabs(v);
			if (c || b >= l->points)
				continue;
			l->low[b] = l->low[b] < v ? l->low[b] : v;
			l->high[b] = l->high[b] > v ? l->high[b] : v;
		}
	}
	l->seen += frames;
}

static void plot(struct sound *x, const struct level *l)
{
	json_t *low = json_array(), *high = json_array();
	unsigned i;

	for (i = 0; i < l->points && low && high; i++) {
		double t = x->seconds * (i + 0.5) / l->points;

		if (l->low[i] > l->high[i])
			continue;
		json_array_append_new(low, json_pack("[f,f]", t, l->low[i]));
		json_array_append_new(high, json_pack("[f,f]", t, l->high[i]));
	}
	fact_put(x->f, fact_root(x->f), "plot", json_pack("{s:s,s:{s:s,s:s},s:{s:s},s:[{s:s,s:o},{s:s,s:o}]}", "kind", "line", "x", "label", "time",
	    "unit", "s", "y", "label", "amplitude", "series", "name", "lowest", "points", low, "name", "highest", "points", high));
}

/* Peak and root mean square relative to full scale, as a variable; the envelope of the first channel as a plot. */
static st_t levels(struct sound *x)
{
	size_t unit = (size_t)x->container * x->channels, per, got;
	uint64_t total, steps, s;
	struct level *l;
	uint8_t *p;
	json_t *v;
	unsigned i;

	if (x->data == 0 || unit == 0 || unit > 4096 || x->frames == 0)
		return ST_OK;
	l = calloc(1, sizeof(*l));
	p = malloc(PIECE);
	if (l == NULL || p == NULL) {
		free(l);
		free(p);
		return ST_NOMEM;
	}
	l->points = x->frames < POINTS ? (unsigned)x->frames : POINTS;
	for (i = 0; i < POINTS; i++)
		l->low[i] = INFINITY, l->high[i] = -INFINITY;
	per = PIECE / unit;
	total = (x->frames + per - 1) / per;
	steps = total * PIECE > SAMPLED ? SAMPLED / PIECE : total;
	for (s = 0; s < steps; s++) {
		uint64_t piece = steps == total ? s : (uint64_t)((double)s / (double)steps * (double)total), first = piece * per;

		if (first >= x->frames || source_read(x->src, x->data + first * unit, p, x->frames - first < per ? (size_t)(x->frames - first) * unit :
		    per * unit, &got, NULL) != ST_OK || got < unit)
			break;
		level_piece(x, l, p, got / unit, first);
	}
	if (l->n) {
		plot(x, l);
		if ((v = fact_variable(x->f, SLICE("amplitude"))) != NULL) {
			fact_put(x->f, v, "type", json_string("number"));
			fact_put(x->f, v, "role", json_string("data"));
			fact_put_int(x->f, v, "count", (int64_t)l->n);
			fact_put(x->f, v, "attributes", json_pack("{s:f,s:f}", "peak", (double)l->peak, "rms", sqrt(l->sum2 / (double)l->n)));
			if (steps < total)
				fact_put(x->f, v, "sampled", json_true());
		}
	}
	free(p);
	free(l);
	return ST_OK;
}

/* ---- WAV ---- */

static const char *wave_codec(unsigned tag)
{
	switch (tag) {
	case 1: return "PCM";
	case 2: return "Microsoft ADPCM";
	case 3: return "IEEE float";
	case 6: return "A-law";
	case 7: return "mu-law";
	case 0x11: return "IMA ADPCM";
	case 0x31: return "GSM 6.10";
	case 0x50: case 0x55: return "MPEG";
	default: return NULL;
	}
}

static void wave_format(struct sound *x, const uint8_t *p, size_t n, unsigned *align, unsigned *tag)
{
	*tag = get16(p, x->big);
	x->channels = get16(p + 2, x->big);
	x->rate = get32(p + 4, x->big);
	*align = get16(p + 12, x->big);
	x->bits = get16(p + 14, x->big);
	if (*tag == 0xFFFE && n >= 40)	/* extensible: the tag begins the GUID */
		*tag = get16(p + 24, x->big);
	x->codec = wave_codec(*tag);
	x->is_float = *tag == 3;
	if (x->codec == NULL)
		fact_check(x->f, "codec", false, "codec number %u is not known", *tag);
}

static void wave_info(struct sound *x, uint64_t at, uint32_t n)
{
	static const struct { const char *id, *name; } names[] = { { "INAM", "title" }, { "IART", "artist" }, { "ICRD", "created" }, { "ICMT", "comment" },
	    { "ICOP", "copyright" }, { "ISFT", "software" }, { "IENG", "engineer" }, { "IKEY", "keywords" } };
	uint8_t b[4096];
	size_t got, i, k;

	if (source_read(x->src, at, b, n < sizeof(b) ? n : sizeof(b), &got, NULL) != ST_OK || got < 4 || memcmp(b, "INFO", 4) != 0)
		return;
	for (i = 4; i + 8 <= got; i += 8 + (((size_t)get32(b + i + 4, x->big) + 1) & ~(size_t)1)) {
		if (get32(b + i + 4, x->big) > got - i - 8)
			return;
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (memcmp(b + i, names[k].id, 4) == 0)
				fact_put_text(x->f, fact_object(x->f, "attributes"), names[k].name, slice_of(b + i + 8, get32(b + i + 4, x->big)));
	}
}

struct wave { uint64_t data, bytes, long_data; unsigned align, tag; bool fmt; };

/* False: the chunks end here. */
static bool wave_chunk(struct sound *x, struct wave *w, const uint8_t *c, uint64_t at, uint64_t *n)
{
	uint8_t b[64];
	size_t got;

	if (memcmp(c, "ds64", 4) == 0 && source_read(x->src, at, b, 24, &got, NULL) == ST_OK && got == 24)
		w->long_data = get64(b + 8, false);
	else if (memcmp(c, "fmt ", 4) == 0 && *n >= 16 && !w->fmt) {
		if (source_read(x->src, at, b, *n < sizeof(b) ? (size_t)*n : sizeof(b), &got, NULL) != ST_OK || got < 16)
			return false;
		wave_format(x, b, got, &w->align, &w->tag);
		w->fmt = true;
	} else if (memcmp(c, "data", 4) == 0 && w->data == 0) {
		w->data = at;
		if (*n == 0xFFFFFFFF && w->long_data)
			*n = w->long_data;
		w->bytes = *n;
	} else if (memcmp(c, "LIST", 4) == 0)
		wave_info(x, at, (uint32_t)*n);
	return *n < (uint64_t)1 << 62;
}

static st_t wave(struct sound *x, const struct head *h)
{
	struct wave w = { 0 };
	uint64_t at = 12, n;
	uint8_t c[8];
	unsigned i;

	x->big = h->p[3] == 'X';
	fact_media(x->f, "audio/wav");
	fact_format(x->f, h->p[1] == 'F' ? "RF64" : "Waveform Audio", NULL, h->p[1] == 'F' ? "fmt/712" : "fmt/6");
	for (i = 0; i < CHUNKS_MOST && source_need(x->src, at, c, 8, NULL) == ST_OK; i++, at += 8 + n + (n & 1)) {
		n = get32(c + 4, x->big);
		if (!wave_chunk(x, &w, c, at + 8, &n))
			break;
	}
	if (!w.fmt || x->channels == 0 || x->rate <= 0) {
		fact_unreadable(x->f, "there is no description of the samples");
		return ST_OK;
	}
	if (w.data == 0)
		fact_partial(x->f, "cut off before the samples");
	else if (w.data + w.bytes > x->src->size) {
		fact_partial(x->f, "cut off: the header says %llu bytes of samples, %llu are there", (unsigned long long)w.bytes,
		    (unsigned long long)(x->src->size - w.data));
		w.bytes = x->src->size - w.data;
	}
	x->frames = w.align ? w.bytes / w.align : 0;
	if (w.align == 0 && x->bits)
		fact_check(x->f, "damaged-header", true, "the header says that a sample has no bytes");
	put(x);
	if ((w.tag == 1 || w.tag == 3) && w.align && w.align % x->channels == 0) {
		x->container = w.align / x->channels;
		x->offset = x->container == 1;
		x->data = (w.tag == 1 && x->container <= 4) || x->container == 4 || (w.tag == 3 && x->container == 8) ? w.data : 0;
	}
	return levels(x);
}

/* ---- AIFF ---- */

/* A number of 80 bits, as 68000 processors had them. */
static double extended(const uint8_t *p)
{
	int e = (get16(p, true) & 0x7FFF) - 16383 - 63;
	double v = ldexp((double)get64(p + 2, true), e);

	return p[0] & 0x80 ? -v : v;
}

static void aiff_common(struct sound *x, const uint8_t *b, size_t got, bool packed)
{
	x->channels = get16(b, true);
	x->frames = get32(b + 2, true);
	x->bits = get16(b + 6, true);
	x->rate = extended(b + 8);
	x->codec = "PCM";
	if (packed && got >= 22) {
		if (memcmp(b + 18, "sowt", 4) == 0)
			x->big = false;
		else if (memcmp(b + 18, "fl32", 4) == 0 || memcmp(b + 18, "FL32", 4) == 0 || memcmp(b + 18, "fl64", 4) == 0) {
			x->codec = "IEEE float";
			x->is_float = true;
		} else if (memcmp(b + 18, "NONE", 4) != 0 && memcmp(b + 18, "twos", 4) != 0)
			x->codec = memcmp(b + 18, "ulaw", 4) == 0 ? "mu-law" : memcmp(b + 18, "alaw", 4) == 0 ? "A-law" : "other";
	}
}

static st_t aiff(struct sound *x, const struct head *h)
{
	uint64_t at = 12, data = 0, bytes = 0, n;
	uint8_t c[8], b[32];
	size_t got;
	unsigned i;
	bool common = false;

	x->big = true;
	fact_media(x->f, "audio/aiff");
	fact_format(x->f, "Audio Interchange File Format", h->p[11] == 'C' ? "AIFC" : NULL, h->p[11] == 'C' ? "x-fmt/136" : "fmt/414");
	for (i = 0; i < CHUNKS_MOST && source_need(x->src, at, c, 8, NULL) == ST_OK; i++, at += 8 + n + (n & 1)) {
		n = get32(c + 4, true);
		if (memcmp(c, "COMM", 4) == 0 && n >= 18 && source_read(x->src, at + 8, b, n < sizeof(b) ? (size_t)n : sizeof(b), &got, NULL) == ST_OK &&
		    got >= 18) {
			aiff_common(x, b, got, h->p[11] == 'C');
			common = true;
		} else if (memcmp(c, "SSND", 4) == 0 && data == 0) {
			data = at + 16;
			bytes = n >= 8 ? n - 8 : 0;
		}
	}
	if (!common || x->channels == 0 || !(x->rate > 0) || !isfinite(x->rate) || x->rate > 1e9) {
		fact_unreadable(x->f, "there is no description of the samples");
		return ST_OK;
	}
	put(x);
	if (data == 0 || data + bytes > x->src->size)
		fact_partial(x->f, "cut off inside the samples");
	x->container = (x->bits + 7) / 8;
	if (strcmp(x->codec, "PCM") == 0 ? x->container <= 4 : x->is_float && (x->container == 4 || x->container == 8))
		x->data = data;
	if (x->container && (x->src->size - (data < x->src->size ? data : x->src->size)) / ((uint64_t)x->container * x->channels) < x->frames)
		fact_partial(x->f, "fewer samples than the header says");
	return levels(x);
}

/* ---- FLAC (RFC 9639) and the comments it shares with Ogg ---- */

static void comments(struct fact *f, const uint8_t *p, size_t n)
{
	static const char *const known[] = { "TITLE", "ARTIST", "ALBUM", "DATE", "COPYRIGHT", "LICENSE", "DESCRIPTION", "GENRE", "LOCATION" };
	size_t at, i, k;
	uint32_t len;

	if (n < 8 || (len = get32(p, false)) > n - 8)
		return;
	for (at = 4 + (size_t)len + 4, i = 0; i < 1000 && at + 4 <= n; i++, at += 4 + (size_t)len) {
		struct slice s, key;

		if ((len = get32(p + at, false)) > n - at - 4)
			return;
		s = slice_of(p + at + 4, len);
		if (memchr(s.p, '=', s.n) == NULL)
			continue;
		key = slice_cut(&s, '=');
		for (k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (slice_ieq_str(key, known[k]))
				fact_put_text(f, fact_object(f, "attributes"), known[k], s);
	}
}

static st_t flac(struct sound *x, const struct head *h)
{
	const uint8_t *p = h->p;
	uint64_t at = 4;
	uint8_t c[4];
	struct buf b = BUF_INIT((size_t)1 << 20);
	uint32_t n;
	unsigned i;
	bool last = false;
	size_t got;

	fact_media(x->f, "audio/flac");
	fact_format(x->f, "FLAC", NULL, "fmt/279");
	if (h->n < 42 || (p[4] & 0x7F) != 0 || (get32(p + 4, true) & 0xFFFFFF) < 34) {
		fact_unreadable(x->f, "cut off or damaged in the header");
		return ST_OK;
	}
	x->codec = "FLAC";
	x->rate = get32(p + 18, true) >> 12;
	x->channels = (p[20] >> 1 & 7) + 1u;
	x->bits = ((p[20] & 1u) << 4 | p[21] >> 4) + 1;
	x->frames = (uint64_t)(p[21] & 15) << 32 | get32(p + 22, true);
	put(x);
	for (i = 0; i < 1000 && !last && source_need(x->src, at, c, 4, NULL) == ST_OK; i++, at += 4 + (uint64_t)n) {
		last = c[0] & 0x80;
		n = get32(c, true) & 0xFFFFFF;
		if ((c[0] & 0x7F) != 4 || n > b.max)
			continue;
		buf_clear(&b);
		if (buf_reserve(&b, n) == ST_OK && source_read(x->src, at + 4, b.p, n, &got, NULL) == ST_OK)
			comments(x->f, (const uint8_t *)b.p, got);
	}
	buf_release(&b);
	if (!last || at >= x->src->size)
		fact_partial(x->f, "cut off before the samples");
	return ST_OK;
}

/* ---- Ogg (RFC 3533): the first packet names the codec, the last page the length ---- */

static void ogg_packets(struct sound *x, const struct head *h, uint32_t *skip)
{
	const uint8_t *p = h->p + 28;
	size_t n = h->n - 28;

	if (n >= 16 && memcmp(p, "\1vorbis", 7) == 0) {
		x->codec = "Vorbis";
		x->channels = p[11];
		x->rate = get32(p + 12, false);
	} else if (n >= 16 && memcmp(p, "OpusHead", 8) == 0) {
		x->codec = "Opus";
		x->channels = p[9];
		*skip = get16(p + 10, false);
		x->rate = 48000;	/* of its clock, whatever it was recorded with */
	} else if (n >= 51 && memcmp(p, "\x7F" "FLAC", 5) == 0) {
		x->codec = "FLAC";
		x->rate = get32(p + 27, true) >> 12;
		x->channels = (p[29] >> 1 & 7) + 1u;
		x->bits = ((p[29] & 1u) << 4 | p[30] >> 4) + 1;
	}
}

static st_t ogg(struct sound *x, const struct head *h)
{
	uint8_t *tail = malloc(65536 + 32);
	uint64_t from = x->src->size > 65536 ? x->src->size - 65536 : 0, granule = 0;
	uint32_t skip = 0;
	size_t got = 0, i;

	if (tail == NULL)
		return ST_NOMEM;
	fact_media(x->f, "audio/ogg");
	fact_format(x->f, "Ogg", NULL, NULL);
	if (h->n > 60)
		ogg_packets(x, h, &skip);
	if (source_read(x->src, from, tail, 65536, &got, NULL) == ST_OK)
		for (i = 0; i + 27 <= got; i++)
			if (memcmp(tail + i, "OggS", 4) == 0 && get64(tail + i + 6, false) != UINT64_MAX)
				granule = get64(tail + i + 6, false);
	free(tail);
	if (x->codec == NULL) {
		fact_media(x->f, "application/ogg");
		fact_partial(x->f, "an Ogg stream of another kind than Vorbis, Opus or FLAC");
		return ST_OK;
	}
	x->frames = granule > skip && granule < (uint64_t)1 << 50 ? granule - skip : 0;
	put(x);
	return ST_OK;
}

/* ---- MP3 (ISO/IEC 11172-3, 13818-3) ---- */

static const uint16_t mp3_kbps[2][16] = {
	{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0 },	/* MPEG 1, layer III */
	{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0 },		/* MPEG 2 and 2.5 */
};
static const uint16_t mp3_rates[3] = { 44100, 48000, 32000 };

struct mp3 { unsigned rate, kbps, channels, samples; size_t bytes; bool low; };

static bool mp3_head(const uint8_t *p, struct mp3 *m)
{
	unsigned version = p[1] >> 3 & 3, layer = p[1] >> 1 & 3, rate = p[2] >> 2 & 3;

	if (p[0] != 0xFF || (p[1] & 0xE0) != 0xE0 || version == 1 || layer != 1 || rate == 3)
		return false;
	m->low = version != 3;
	m->kbps = mp3_kbps[m->low][p[2] >> 4];
	m->rate = mp3_rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
	m->channels = (p[3] >> 6) == 3 ? 1 : 2;
	m->samples = m->low ? 576 : 1152;
	if (m->kbps == 0)
		return false;
	m->bytes = (size_t)m->samples / 8 * m->kbps * 1000 / m->rate + (p[2] >> 1 & 1);
	return true;
}

static void id3(struct fact *f, const uint8_t *p, size_t n)
{
	static const struct { const char *id, *name; } names[] = { { "TIT2", "title" }, { "TPE1", "artist" }, { "TALB", "album" }, { "TDRC", "created" },
	    { "TYER", "created" }, { "TCOP", "copyright" } };
	size_t at = 10, k;
	uint32_t len;

	while (p[3] >= 3 && at + 11 <= n) {
		len = p[3] == 4 ? (uint32_t)(p[at + 4] & 127) << 21 | (uint32_t)(p[at + 5] & 127) << 14 | (uint32_t)(p[at + 6] & 127) << 7 | (p[at + 7] & 127u) :
		    get32(p + at + 4, true);
		if (len == 0 || len > n - at - 10)
			return;
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (memcmp(p + at, names[k].id, 4) == 0 && (p[at + 10] == 0 || p[at + 10] == 3))	/* Latin-1, UTF-8 */
				fact_put_text(f, fact_object(f, "attributes"), names[k].name, slice_of(p + at + 11, len - 1));
		at += 10 + (size_t)len;
	}
}

/* A header of Xing or Info in the first frame has the number of frames; without one the rate is taken as constant, and that is said. */
static st_t mp3(struct sound *x, const struct head *h)
{
	uint8_t *p = malloc(65536);
	uint64_t at = 0, side;
	struct mp3 m = { 0 }, second;
	size_t got = 0, i;

	if (p == NULL)
		return ST_NOMEM;
	fact_media(x->f, "audio/mpeg");
	fact_format(x->f, "MPEG Audio", "layer III", "fmt/134");
	if (memcmp(h->p, "ID3", 3) == 0) {
		at = 10 + ((uint64_t)(h->p[6] & 127) << 21 | (uint64_t)(h->p[7] & 127) << 14 | (uint64_t)(h->p[8] & 127) << 7 | (h->p[9] & 127u));
		id3(x->f, h->p, at < h->n ? (size_t)at : h->n);
	}
	if (source_read(x->src, at, p, 65536, &got, NULL) != ST_OK)
		got = 0;
	for (i = 0; i + 4 <= got; i++)
		if (mp3_head(p + i, &m) && (i + m.bytes + 4 > got || mp3_head(p + i + m.bytes, &second)))
			break;
	if (i + 4 > got) {
		fact_unreadable(x->f, "no frame of sound in it");
		free(p);
		return ST_OK;
	}
	x->codec = "MP3";
	x->rate = m.rate;
	x->channels = m.channels;
	side = i + 4 + (m.low ? (m.channels == 1 ? 9u : 17u) : m.channels == 1 ? 17u : 32u);
	if (side + 12 <= got && (memcmp(p + side, "Xing", 4) == 0 || memcmp(p + side, "Info", 4) == 0) && p[side + 7] & 1)
		x->frames = (uint64_t)get32(p + side + 8, true) * m.samples;
	else {
		x->seconds = (double)(x->src->size - at - i) * 8 / (m.kbps * 1000.0);
		fact_check(x->f, "estimated-length", false, "the length is estimated from the rate of the first frame, %u kbit/s", m.kbps);
	}
	free(p);
	put(x);
	return ST_OK;
}

static st_t audio_read(struct fact *f, const struct head *h, struct source *src)
{
	struct sound x = { .f = f, .src = src };

	if (memcmp(h->p, "RI", 2) == 0 || memcmp(h->p, "RF", 2) == 0)
		return wave(&x, h);
	if (memcmp(h->p, "FORM", 4) == 0)
		return aiff(&x, h);
	if (memcmp(h->p, "fLaC", 4) == 0)
		return flac(&x, h);
	return memcmp(h->p, "OggS", 4) == 0 ? ogg(&x, h) : mp3(&x, h);
}

const struct extractor ex_audio = { .name = "audio", .version = 1, .bid = audio_bid, .read = audio_read };
