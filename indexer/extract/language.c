#include "indexer/extract/language.h"

#include <string.h>

#include "base/utf8.h"

static bool word_at(struct slice s, size_t i, const char *w)
{
	size_t n = strlen(w);

	return i + n <= s.n && memcmp(s.p + i, w, n) == 0;
}

static const char *latin_language(struct slice s)
{
	static const struct { const char *lang, *words[5]; } langs[] = {
		{ "en", { " the ", " of ", " and ", " is ", " to " } }, { "de", { " der ", " und ", " die ", " das ", " ist " } },
		{ "fr", { " les ", " des ", " et ", " est ", " une " } }, { "es", { " los ", " las ", " el ", " una ", " por " } },
	};
	unsigned n[4] = { 0 }, best = 0, k, w;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ' ')
			for (k = 0; k < 4; k++)
				for (w = 0; w < 5; w++)
					n[k] += word_at(s, i, langs[k].words[w]);
	for (k = 1; k < 4; k++)
		if (n[k] > n[best])
			best = k;
	for (k = 0; k < 4; k++)
		if (k != best && n[k] * 2 > n[best])
			return NULL;
	return n[best] >= 3 ? langs[best].lang : NULL;
}

const char *language_of(struct slice s)
{
	size_t i = 0, kana = 0, han = 0, hangul = 0, cyrillic = 0, all = 0;
	int32_t cp;

	while (all < 20000 && (cp = utf8_next(s, &i)) >= 0) {
		all++;
		kana += cp >= 0x3041 && cp <= 0x30FF;
		han += cp >= 0x4E00 && cp <= 0x9FFF;
		hangul += cp >= 0xAC00 && cp <= 0xD7A3;
		cyrillic += cp >= 0x0400 && cp <= 0x04FF;
	}
	if (kana >= 3 && kana * 50 > all)
		return "ja";
	if (hangul >= 3 && hangul * 20 > all)
		return "ko";
	if (han >= 10 && han * 5 > all)
		return kana ? "ja" : "zh";
	if (cyrillic || han || kana || hangul)
		return NULL;
	return latin_language(utf8_clip(s, 65536));
}
